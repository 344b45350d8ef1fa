/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps "make workspace" and "clone at the commit". */
#include <stdio.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "berth/text.h"
#include "launch_impl.h"

/* ---- the volume ---- */
static void volume_seen(void *launch, const struct engine_volume *v)
{
	struct launch *l = launch;
	const char *pending = label_get(v->labels, v->n_labels, LABEL("pending"));
	if (strcmp(v->name, l->session.volume) == 0 && pending && strcmp(pending, l->token_of_owner) == 0)
		l->found = true;
}

/* Making a volume that exists is no error to an engine: only its labels say whose it is. */
static void volume_checked(void *launch, const struct err *err)
{
	struct launch *l = launch;
	struct err taken = { 0 };
	if (!l->found && !err) {
		l->made &= ~(unsigned)MADE_VOLUME;
		err_set(&taken, ERR_CONFLICT, "a volume %s is there already, and it is not this session's", l->session.volume);
		err_hint(&taken, "Take another name with --name.");
		err = &taken;
	}
	l->volume_ours = l->found;
	if (!call_ok(l, err))
		return;
	step_detail(l, "%s, for user %u:%u", l->session.volume, l->user.uid, l->user.gid);
	step_next(l);
}

static void volume_made(void *launch, const struct err *err)
{
	struct launch *l = launch;
	l->found = false;
	if (!call_is_over(l))
		return;
	if (err) {
		step_fail(l, err);
		return;
	}
	AUTO_STR filter = xasprintf(LABEL("session") "=%s", l->session.name);
	l->atomic = true;
	l->call = engine_volumes(l->deps.engine, filter, volume_seen, volume_checked, l);
}

static void make_volume(struct launch *l)
{
	AUTO(labels_fini) struct label_set labels = { .n = 0 };
	launch_labels(l, &labels);
	l->made |= MADE_VOLUME;
	l->atomic = true;
	l->call = engine_volume_create(l->deps.engine, l->session.volume, labels.items, labels.n, volume_made, l);
}

/* ---- who and what ---- */
static void warn_of_own_server(struct launch *l)
{
	if (l->plan.port && !l->plan.jupyter)
		launch_warn(l, "%s runs the image's own server on port %u, with the image's own password or none: everybody on the engine's machine can reach it",
		            l->session.name, l->plan.port);
	else if (!l->plan.port && !l->image.has_jupyter && l->options.values[OPT_ENVIRONMENT].source != FROM_DEFAULT &&
	         strcmp(options_text(&l->options, OPT_ENVIRONMENT), "shell") != 0)
		launch_warn(l, "the image has neither Jupyter nor a port of its own, so %s can't be opened: attach a shell", options_text(&l->options, OPT_ENVIRONMENT));
}

static void looked(struct launch *l)
{
	struct err err = { 0 };
	if (image_user_resolve(l->image.user, buf_sv(&l->passwd), buf_sv(&l->group), &l->user, &err) < 0) {
		step_fail(l, &err);
		return;
	}
	AUTO_STR folder = folder_name_of(l->project.name);
	run_plan_make(&l->image, options_text(&l->options, OPT_ENVIRONMENT), &l->plan);
	l->work_root = work_root_of(&l->image, &l->user);
	l->workdir = path_join(l->work_root, folder);
	str_replace(&l->session.workdir, l->workdir);
	l->session.default_url = xstrdup(l->plan.default_url);
	l->session.has_token = l->plan.jupyter;
	l->session.port = l->plan.port ? net_free_port() : 0;
	warn_of_own_server(l);
	if (l->plan.jupyter)
		l->token = secret_random(16); /* 32 digits: the address fits one line of a screen of 80 columns */
	make_volume(l);
}

static void workspace_start(struct launch *l)
{
	struct err err = { 0 };
	AUTO_STR dir = path_of(PATH_CACHE, "clones");
	AUTO(secret_free_p) struct secret *tail = secret_random(6);
	struct sv text = secret_reveal(tail);
	l->clone_dir = xasprintf("%s/%s-%.*s", dir, l->session.name, (int)text.len, text.p);
	struct journal_entry e = { (char *)engine_identity(l->deps.engine), l->session.name, l->token_of_owner, l->clone_dir, false };
	l->made |= MADE_JOURNAL;
	notes_forget(engine_identity(l->deps.engine), l->session.name); /* of one that had the name before */
	if (path_make_dirs(dir, &err) < 0 || journal_add(&e, &err) < 0) {
		step_fail(l, &err);
		return;
	}
	step_detail(l, "looking into the image");
	look_into_image(l, looked);
}

/* ---- back ---- */
static void workspace_undone(struct launch *l)
{
	struct journal_entry e = { (char *)engine_identity(l->deps.engine), l->session.name, l->token_of_owner, l->clone_dir, .failed = true };
	if ((l->made & MADE_JOURNAL) && l->leftovers)
		journal_add(&e, NULL); /* what is left shall go, whatever became of it meanwhile */
	else if (l->made & MADE_JOURNAL)
		journal_remove(e.engine, e.session);
	undo_next(l);
}

static void volume_removed(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (undo_call_over(l, err, "the workspace"))
		workspace_undone(l);
}

static void volume_looked_at(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (!undo_call_over(l, err, "the workspace"))
		return;
	if (l->found)
		l->call = engine_volume_remove(l->deps.engine, l->session.volume, volume_removed, l);
	else
		workspace_undone(l);
}

/* A volume of that name is removed only when its label says that it is this launch's. */
static void probe_gone(struct launch *l)
{
	AUTO_STR filter = xasprintf(LABEL("session") "=%s", l->session.name);
	l->found = l->volume_ours;
	if (!(l->made & MADE_VOLUME))
		workspace_undone(l);
	else if (l->volume_ours)
		volume_looked_at(l, NULL);
	else
		l->call = engine_volumes(l->deps.engine, filter, volume_seen, volume_looked_at, l);
}

static void workspace_undo(struct launch *l)
{
	look_undo(l, probe_gone);
}

const struct step_ops workspace_step = { "make workspace", workspace_start, workspace_undo };

/* ---- step "clone at the commit" ------------------------------------------------------------------------------------------ */
void clone_progress(void *launch, const char *what, uint64_t now, uint64_t total)
{
	struct launch *l = launch;
	if (!launch_goes_on(l) || l->undoing)
		return;
	if (what && strcmp(l->status[l->current].detail, what) != 0)
		step_detail(l, "%s", what);
	step_progress(l, now, total);
}

static void clone_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	l->clone = NULL;
	if (call_ok(l, err))
		tree_begin(l);
}

static void clone_start(struct launch *l)
{
	struct forge_clone_query q = {
		.project = &l->project, .branch = l->session.branch, .commit = l->restore ? l->restore_tip : l->session.commit, .into = l->clone_dir,
	};
	l->made |= MADE_CLONE;
	l->clone = forge_clone(l->deps.forge, &q, clone_progress, clone_end, l);
}

/* Removing a big clone takes a while: a worker does it, and nobody waits. */
static void remove_tree(struct loop_work *w, void *path)
{
	(void)w;
	path_remove_tree(path, NULL);
}

static void tree_removed(void *path, bool cancelled)
{
	if (cancelled)
		path_remove_tree(path, NULL);
	free(path);
}

void clone_forget(struct launch *l)
{
	if (l->made & MADE_CLONE)
		loop_work_submit(l->deps.loop, remove_tree, tree_removed, xstrdup(l->clone_dir));
	l->made &= ~(unsigned)MADE_CLONE;
}

static void clone_undo(struct launch *l)
{
	clone_forget(l);
	undo_next(l);
}

const struct step_ops clone_step = { "clone at the commit", clone_start, clone_undo };
