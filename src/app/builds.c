/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds: begun as processes of their own, known from their records on disk, whoever began them. */
#include "app/app_impl.h"

enum { RUNNING_EVERY_MS = 1000 };

static bool is_active(const struct build *b)
{
	return b->state == BUILD_QUEUED || b->state == BUILD_RUNNING;
}

/* ---- records ---- */
static void say_end(struct app *a, const struct build *b, bool awaited)
{
	char sha[8];
	oid_sha7(&b->commit, sha);
	if (b->state == BUILD_DONE)
		app_say(a, MESSAGE_GOOD, awaited ? "The session that waited for it starts." : "s starts a session from it.", "The image of %s %s is built", b->project, sha);
	else if (b->state == BUILD_CANCELED)
		app_say(a, MESSAGE_INFO, NULL, "The build of %s %s was canceled", b->project, sha);
	else
		app_say(a, MESSAGE_ERROR, b->hint, "The build of %s %s failed: %s", b->project, sha, b->error ? b->error : build_state_name(b->state));
}

static bool differs(const struct build *old, const struct build *b)
{
	return !old || old->state != b->state || old->step != b->step || old->steps != b->steps || old->pid != b->pid;
}

/* Reduces one record; true when a build began or ended, so that images' states are old. begun: the build that we have just begun, which
 * may have ended before anybody looked; or NULL. */
static bool take_record(struct app *a, struct build *b, const char *begun)
{
	const struct build *old = store_build(a->store, b->id);
	bool just_begun = !old && begun && strcmp(begun, b->id) == 0;
	bool was_active = just_begun || (old && is_active(old)), moved = differs(old, b), turned = !old || old->state != b->state;
	if (was_active && !is_active(b))
		say_end(a, b, waits_for(a, b->id));
	waits_tell(a, b);
	if (!moved) {
		build_fini(b);
		return false;
	}
	store_put_build(a->store, b);
	return turned;
}

static void remove_gone(struct app *a, const builds *now)
{
	for (size_t i = store_n_builds(a->store); i-- > 0;) {
		const struct build *b = store_build_at(a->store, i);
		bool there = false;
		for (size_t k = 0; k < now->len && !there; k++)
			there = strcmp(now->items[k].id, b->id) == 0;
		if (!there)
			store_remove_build(a->store, b->id);
	}
}

static void say_once(struct app *a, const struct err *err, const char *note)
{
	const char *text = err->code ? err->text : note;
	if (text && (!a->builds.said || strcmp(a->builds.said, text) != 0))
		app_say(a, MESSAGE_WARN, err->hint[0] ? err->hint : NULL, "%s", text);
	str_replace(&a->builds.said, text);
}

static void poll_records(void *app);

/* While nothing runs and nobody waits, nothing wakes us but a change in the folder. */
static void poll_while(struct app *a, bool needed)
{
	struct builds_watch *w = &a->builds;
	if (needed && !w->poll)
		w->poll = loop_timer_start(a->loop, RUNNING_EVERY_MS, RUNNING_EVERY_MS, poll_records, a);
	if (!needed) {
		loop_timer_stop(w->poll);
		w->poll = NULL;
	}
}

static void poll_records(void *app)
{
	struct app *a = app;
	if (schedule_asleep(a) && !a->builds.waits)
		poll_while(a, false);
	else
		builds_read_now(a);
}

static void read_records(struct app *a, const char *begun)
{
	builds now = VEC_INIT;
	struct err err = { 0 };
	bool turned = false, active = false;
	AUTO_STR note = NULL;
	int r = builds_read(&now, &note, &err);
	say_once(a, &err, note);
	if (r < 0)
		return;
	remove_gone(a, &now);
	for (size_t i = 0; i < now.len; i++) {
		active |= is_active(&now.items[i]);
		turned |= take_record(a, &now.items[i], begun);
	}
	VEC_FINI(&now);
	waits_check_gone(a);
	poll_while(a, active || a->builds.waits);
	if (turned)
		images_changed(a);
}

void builds_read_now(struct app *a)
{
	read_records(a, NULL);
}

void builds_init(struct app *a)
{
	const char *dir = builds_dir();
	/* Where folders can't be watched, what runs is polled and the rest is seen at a refresh. */
	a->builds.path = dir ? loop_path_watch(a->loop, dir, poll_records, a, NULL) : NULL;
	builds_read_now(a);
}

void builds_watch_fini(struct app *a)
{
	loop_timer_stop(a->builds.poll);
	loop_path_unwatch(a->builds.path);
	waits_fini(a);
	free(a->builds.said);
}

/* ---- actions ---- */
int build_for(struct app *a, const struct app_build_query *q, char **ret_id, bool *ret_running, struct err *reterr)
{
	const struct project *project = store_project(a->store, q->project);
	struct engine_config where;
	int r = refuse_read_only(a, reterr);
	if (r < 0)
		return r;
	if (!project)
		return err_set(reterr, ERR_NOT_FOUND, "the project is gone");
	struct engine *e = link_up(a, reterr);
	if (!e)
		return -ERR_NET;
	struct build_spec spec = { .forge = project->forge, .project_path = project->path, .project_dir = project->dir, .commit = q->commit,
	                           .engine = engine_name(e), .program = a->build_program, .no_cache = q->no_cache, .classic = q->classic };
	/* The worker begins in another folder; a repository of this machine needs no configuration. */
	AUTO_STR config = project->dir ? NULL : realpath(config_path(a->config), NULL);
	spec.config_file = config;
	if (link_config(a, &where))
		spec.engine_config = &where;
	r = build_begin(a->loop, &spec, ret_id, ret_running, reterr);
	if (r == 0)
		read_records(a, *ret_running ? NULL : *ret_id);
	return r;
}

int app_build(struct app *a, const struct app_build_query *q, char **ret_id, struct err *reterr)
{
	AUTO_STR id = NULL;
	bool running = false;
	int r = build_for(a, q, &id, &running, reterr);
	if (r == 0 && ret_id)
		*ret_id = xstrdup(id);
	return r;
}

int app_build_cancel(struct app *a, const char *id, struct err *reterr)
{
	int r = refuse_read_only(a, reterr);
	if (r < 0)
		return r;
	r = build_cancel(id, reterr);
	builds_read_now(a);
	return r;
}

int app_build_worker(const struct app_deps *deps, const char *build_id)
{
	const struct build_worker_forges forges = { host_for_build, deps ? deps->config : NULL };
	return build_worker_main(build_id, deps ? &forges : NULL);
}
