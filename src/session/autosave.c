/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop's side of an autosave: one of a session at a time, a container whose files can be read, the tar on its way to the worker,
 * and once more when the workspace changed while it was read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "autosave_impl.h"
#include "berth/mem.h"
#include "berth/path.h"

enum { LOCK_AGAIN_MS = 200, TRIES = 4, TRY_AGAIN_MS = 300 };

/* ---- the end --------------------------------------------------------------------------------------------------------------------- */
static void autosave_free(struct autosave *a)
{
	loop_timer_stop(a->timer);
	loop_fd_unwatch(a->watch);
	if (a->out >= 0)
		close(a->out);
	if (a->lock >= 0)
		close(a->lock);
	buf_fini(&a->waiting);
	session_fini(&a->session);
	git_place_fini(&a->place);
	free(a->user);
	free(a->author_name);
	free(a->author_email);
	free(a->container);
	free(a->helper);
	free(a);
}

static void finish(struct autosave *a, const struct err *err)
{
	session_end_fn end = a->ev.end;
	void *ctx = a->ctx;
	struct err copy = { 0 };

	if (a->cancelled)
		err_set(&copy, ERR_CANCELLED, "cancelled");
	else if (err)
		copy = *err;
	autosave_free(a);
	if (end)
		end(ctx, copy.code ? &copy : NULL);
}

static void helper_gone(void *autosave, const struct err *err)
{
	struct autosave *a = autosave;
	(void)err; /* the sweep removes it later */
	a->call = NULL;
	finish(a, a->err.code ? &a->err : NULL);
}

void autosave_wind_up(struct autosave *a, const struct err *err)
{
	if (err)
		a->err = *err;
	if (a->helper)
		a->call = engine_remove(a->deps.engine, a->helper, true, helper_gone, a);
	else
		finish(a, a->err.code ? &a->err : NULL);
}

/* ---- what the worker found ---------------------------------------------------------------------------------------------------------- */
static void work_of(const struct salvage_counts *n, bool on_branch, struct session_work *ret)
{
	*ret = (struct session_work){ .changed = n->changed, .untracked = n->untracked, .staged = n->staged, .unmerged = n->unmerged,
		.ahead = n->ahead, .behind = n->behind, .unpushed = n->unpushed, .stashes = n->stashes, .detached = n->detached, .unborn = n->unborn, .tip = on_branch ? oid_number(&n->tip) : 0 };
}

static void give(struct autosave *a, const struct save_job *j)
{
	VEC(struct autosave_ref) refs = VEC_INIT;
	struct autosave_result r = { .outcome = j->found.saved.len ? AUTOSAVE_SAVED : AUTOSAVE_NOTHING };

	for (size_t i = 0; i < j->refs.len; i++) {
		const struct save_ref *f = &j->refs.items[i];
		VEC_PUSH(&refs, ((struct autosave_ref){ f->name, f->branch, f->tip, f->was_there }));
	}
	r.refs = refs.items;
	r.n_refs = refs.len;
	r.notes = (const char *const *)j->found.notes.items;
	r.n_notes = j->found.notes.len;
	work_of(&j->found.counts, j->found.on_branch, &r.work);
	if (a->ev.got)
		a->ev.got(a->ctx, &r);
	VEC_FINI(&refs);
}

static void job_free(struct save_job *j)
{
	for (size_t i = 0; i < j->refs.len; i++) {
		free(j->refs.items[i].name);
		free(j->refs.items[i].branch);
	}
	VEC_FINI(&j->refs);
	salvage_result_fini(&j->found);
	git_place_fini(&j->place);
	char *const owned[] = { j->dir, j->root, j->user, j->author_name, j->author_email, j->session, j->branch };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	free(j);
}

static void try_again(struct autosave *a)
{
	loop_timer_stop(a->timer);
	a->timer = loop_timer_start(a->deps.loop, TRY_AGAIN_MS * a->tries, 0, autosave_look_for_container, a);
}

/* Both sides have ended. */
static void judged(struct autosave *a, struct save_job *j)
{
	struct err err = j->err;
	bool again = j->rc == -ERR_CONFLICT && a->tries < TRIES && !a->cancelled;

	if (a->err.code) /* the engine's own trouble explains the cut */
		err = a->err;
	if (a->err.code && a->err.code != ERR_NOT_FOUND && a->tries < TRIES && !a->cancelled)
		again = true;
	if (again) {
		a->err = (struct err){ 0 };
		job_free(j);
		try_again(a);
		return;
	}
	if (j->rc == 0 && !a->err.code && !a->cancelled)
		give(a, j);
	job_free(j);
	autosave_wind_up(a, err.code ? &err : NULL);
}

void autosave_job_over(struct save_job *j)
{
	struct autosave *a = j->a;

	if (j->in >= 0)
		close(j->in);
	scratch_remove(j->dir); /* small once the worker has removed it */
	a->worker_left = true;
	if (a->call)
		engine_cancel(a->call); /* nobody reads any more; its end goes on */
	else
		judged(a, j);
}

static bool job_begin(struct autosave *a)
{
	AUTO_STR dir = scratch_new(a->session.name, &a->err);
	const char *slash = strrchr(a->session.workdir, '/');
	int ends[2];
	struct save_job *j;

	if (!dir)
		return false;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		err_set_errno(&a->err, errno, "making a pipe");
		scratch_remove(dir);
		return false;
	}
	j = xcalloc(1, sizeof *j);
	*j = (struct save_job){ .a = a, .in = ends[0], .dir = xstrdup(dir), .root = xstrdup(slash ? slash + 1 : a->session.workdir),
		.user = xstrdup(a->user), .author_name = xstrdup(a->author_name), .author_email = xstrdup(a->author_email),
		.session = xasprintf("%s (%lld)", a->session.name, (long long)a->session.created_at_s), .start = a->session.commit, .branch = xstrdup(a->session.branch), .look_only = a->look_only };
	git_place_dup(&j->place, &a->place);
	a->job = j;
	a->out = ends[1];
	fcntl(a->out, F_SETFL, O_NONBLOCK);
	a->worker_left = a->copied = false;
	buf_fini(&a->waiting);
	a->waiting = BUF_INIT;
	autosave_job_start(j);
	return true;
}

/* ---- the tar ------------------------------------------------------------------------------------------------------------------------------ */
static void pipe_end(struct autosave *a)
{
	loop_fd_unwatch(a->watch);
	a->watch = NULL;
	if (a->out >= 0)
		close(a->out);
	a->out = -1;
}

static void pour(struct autosave *a)
{
	while (a->out >= 0 && a->waiting.len) {
		ssize_t n = write(a->out, a->waiting.p, a->waiting.len);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno != EINTR) {
			buf_clear(&a->waiting); /* the worker has had enough, and says why */
			pipe_end(a);
			return;
		}
		if (n > 0)
			buf_cut_front(&a->waiting, (size_t)n);
	}
	if (a->copied)
		pipe_end(a);
}

static void can_pour(void *autosave, unsigned events)
{
	struct autosave *a = autosave;
	(void)events;
	pour(a);
	if (a->waiting.len)
		return;
	loop_fd_unwatch(a->watch);
	a->watch = NULL;
	if (a->call)
		engine_archive_hold(a->call, false);
}

static void wait_to_pour(struct autosave *a)
{
	if (a->waiting.len && !a->watch && a->out >= 0)
		a->watch = loop_fd_watch(a->deps.loop, a->out, LOOP_WRITE, can_pour, a);
}

static void tar_piece(void *autosave, struct sv bytes)
{
	struct autosave *a = autosave;
	if (a->out < 0 || a->cancelled)
		return;
	buf_add_sv(&a->waiting, bytes);
	pour(a);
	if (a->waiting.len)
		engine_archive_hold(a->call, true);
	wait_to_pour(a);
}

static void tar_end(void *autosave, const struct err *err)
{
	struct autosave *a = autosave;
	a->call = NULL;
	if (err && !a->worker_left) {
		a->err = *err;
		atomic_store(&a->job->cut, true);
		buf_clear(&a->waiting);
	}
	a->copied = true;
	pour(a);
	wait_to_pour(a);
	if (a->worker_left)
		judged(a, a->job);
}

void autosave_get_workspace(struct autosave *a)
{
	a->tries++;
	if (!job_begin(a)) {
		autosave_wind_up(a, NULL);
		return;
	}
	a->call = engine_archive_get(a->deps.engine, a->container, a->session.workdir, tar_piece, tar_end, a);
}

/* ---- one at a time ------------------------------------------------------------------------------------------------------------------------- */
static int lock_file(struct autosave *a)
{
	AUTO_STR dir = path_of(PATH_STATE, "saves");
	AUTO_STR path = session_save_lock(a->session.name);
	if (path_make_dirs(dir, &a->err) < 0)
		return -1;
	a->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return a->lock < 0 ? err_set_errno(&a->err, errno, "opening %s", path) : 0;
}

static void take_turn(void *autosave)
{
	struct autosave *a = autosave;
	loop_timer_stop(a->timer);
	a->timer = NULL;
	if (a->err.code || (a->lock < 0 && lock_file(a) < 0))
		autosave_wind_up(a, NULL);
	else if (flock(a->lock, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		a->timer = loop_timer_start(a->deps.loop, LOCK_AGAIN_MS, 0, take_turn, a);
	else
		autosave_look_for_container(a);
}

struct autosave *autosave_start(const struct autosave_deps *deps, const struct autosave_query *q, const struct autosave_events *ev, void *ctx)
{
	struct autosave *a = xcalloc(1, sizeof *a);
	const char *user = q->user && *q->user ? q->user : q->session->owner && *q->session->owner ? q->session->owner : "unknown";

	*a = (struct autosave){ .deps = *deps, .ev = *ev, .ctx = ctx, .look_only = q->look_only, .lock = -1, .out = -1 };
	session_dup(&a->session, q->session);
	a->user = xstrdup(user);
	a->author_name = xstrdup(q->author_name && *q->author_name ? q->author_name : user);
	a->author_email = q->author_email && *q->author_email ? xstrdup(q->author_email) : xasprintf("%s@localhost", user);
	if (!a->session.workdir || !strchr(a->session.workdir + 1, '/')) {
		err_set(&a->err, ERR_UNSUPPORTED, "%s was started by an older berth, which did not note where its project is", a->session.name);
		err_hint(&a->err, "Commit and push from inside the session: berth attach %s", a->session.name);
	} else if (!forge_git_place(deps->forge, q->project, &a->place) && !q->look_only) {
		err_set(&a->err, ERR_NOT_FOUND, "%s has no repository that work could be saved to", q->project->path);
	}
	a->timer = loop_timer_start(deps->loop, 0, 0, take_turn, a);
	return a;
}

void autosave_cancel(struct autosave *a)
{
	if (!a || a->cancelled)
		return;
	a->cancelled = true;
	if (a->job && !a->worker_left)
		atomic_store(&a->job->stop, true);
	pipe_end(a);
	if (a->job && !a->worker_left && a->job->upload) {
		autosave_upload_cancel(a->job);
	} else if (a->timer) {
		err_set(&a->err, ERR_CANCELLED, "cancelled");
		loop_timer_again(a->timer, 0);
	} else if (a->call) {
		engine_cancel(a->call); /* a may be gone */
	}
}
