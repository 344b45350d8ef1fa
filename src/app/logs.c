/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs as bytes, wherever they come from: a build's file, a session's program, a file on disk. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_impl.h"

enum { FILE_PIECE = 64 << 10 };

struct app_log {
	struct app *app;
	struct app_log_events ev;      /* ev.end NULL: nobody listens any more */
	void *ctx;
	struct build_follow *build;
	struct engine_call *session;
	struct job_log *job;
	struct loop_fd *watch;
	int fd;
	struct err err;                /* what stopped it before it began */
};

static void fail_now(void *log);
static void hand_over(void *log);
static void end_now(void *log);

static void log_free(struct app_log *l)
{
	loop_defer_cancel(l->app->loop, fail_now, l);
	loop_defer_cancel(l->app->loop, hand_over, l);
	loop_defer_cancel(l->app->loop, end_now, l);
	loop_fd_unwatch(l->watch);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

static void finish(struct app_log *l, const struct err *err)
{
	void (*end)(void *, const struct err *) = l->ev.end;
	void *ctx = l->ctx;
	log_free(l);
	if (end)
		end(ctx, err);
}

static void fail_now(void *log)
{
	struct app_log *l = log;
	struct err err = l->err;
	finish(l, &err);
}

/* ---- builds ---- */
static void build_piece(void *log, struct sv bytes)
{
	struct app_log *l = log;
	l->ev.piece(l->ctx, bytes);
}

static void build_end(void *log, const struct build *final, const struct err *err)
{
	(void)final;
	struct app_log *l = log;
	l->build = NULL;
	finish(l, err);
}

/* ---- sessions ---- */
static void session_piece(void *log, int stream, struct sv bytes)
{
	(void)stream;
	struct app_log *l = log;
	if (l->ev.end)
		l->ev.piece(l->ctx, bytes);
}

static void session_end(void *log, const struct err *err)
{
	struct app_log *l = log;
	l->session = NULL;
	finish(l, err);
}

static void open_session(struct app_log *l, const char *name, bool follow)
{
	struct engine *e;
	const struct session *s = known_session(l->app, name, &e, &l->err);
	if (!s)
		return;
	struct engine_logs_query q = { .container = s->container_id, .follow = follow };
	l->session = engine_logs(e, &q, session_piece, session_end, l);
}

/* ---- jobs of a host ---- */
static bool is_folder(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static void open_file(struct app_log *l, const char *path);

static void job_piece(void *log, struct sv bytes)
{
	struct app_log *l = log;
	l->ev.piece(l->ctx, bytes);
}

static void job_rewritten(void *log)
{
	struct app_log *l = log;
	if (l->ev.rewritten)
		l->ev.rewritten(l->ctx);
}

static void job_state(void *log, int64_t grown_at_s, const char *words)
{
	struct app_log *l = log;
	if (l->ev.state)
		l->ev.state(l->ctx, grown_at_s, words);
}

static void job_end(void *log, const struct err *err)
{
	struct app_log *l = log;
	l->job = NULL;
	finish(l, err);
}

static void open_job(struct app_log *l, const char *id, bool follow)
{
	static const struct app_log_events events = { .piece = job_piece, .rewritten = job_rewritten, .state = job_state, .end = job_end };
	AUTO_STR kept = job_log_kept(l->app, id);
	if (kept) {
		open_file(l, kept);
		if (!l->err.code)
			return;
		l->err = (struct err){ 0 }; /* it went just now */
	}
	l->job = job_log_begin(l->app, id, follow, &events, l, &l->err);
}

/* ---- files ---- */
/* A piece a turn, so that neither a long file nor a slow pipe holds anybody up. */
static void readable(void *log, unsigned events)
{
	struct app_log *l = log;
	char room[FILE_PIECE];
	struct err err = { 0 };
	ssize_t n = read(l->fd, room, sizeof room);
	(void)events;
	if (n > 0) {
		l->ev.piece(l->ctx, (struct sv){ room, (size_t)n });
		return;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0)
		err_set_errno(&err, errno, "the log could not be read");
	finish(l, n < 0 ? &err : NULL);
}

/* A regular file is not read here at all when the listener can do that. (It may stop the log while it hears of it.) */
static void end_now(void *log)
{
	finish(log, NULL);
}

static void hand_over(void *log)
{
	struct app_log *l = log;
	struct stat st;
	if (fstat(l->fd, &st) < 0) {
		err_set_errno(&l->err, errno, "the log could not be read");
		fail_now(l);
		return;
	}
	loop_defer(l->app->loop, end_now, l);
	l->ev.file(l->ctx, l->fd, (uint64_t)st.st_size);
}

static bool is_regular(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && lseek(fd, 0, SEEK_CUR) == 0;
}

static void open_file(struct app_log *l, const char *path)
{
	l->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (l->fd < 0) {
		err_set_errno(&l->err, errno, "the log %s can't be opened", path);
		err_hint(&l->err, "Check its name, and that you may read it.");
	} else if (is_folder(l->fd)) {
		err_set(&l->err, ERR_USAGE, "%s is a folder, not a log", path);
		err_hint(&l->err, "Name a file in it, or - for standard input.");
	} else if (l->ev.file && is_regular(l->fd)) {
		loop_defer(l->app->loop, hand_over, l);
	} else {
		l->watch = loop_fd_watch(l->app->loop, l->fd, LOOP_READ, readable, l);
	}
}

static void open_build(struct app_log *l, const char *id, bool follow)
{
	struct build b = { 0 };
	if (follow) {
		l->build = build_follow(l->app->loop, id, 0, build_piece, build_end, l);
		return;
	}
	if (build_read(id, &b, &l->err) == 0) {
		if (b.log_path)
			open_file(l, b.log_path);
		else
			err_set(&l->err, ERR_NOT_FOUND, "the build %s has no log", id);
	}
	build_fini(&b);
}

struct app_log *app_log_follow(struct app *a, enum app_log_kind kind, const char *id, bool follow, const struct app_log_events *ev, void *ctx)
{
	struct app_log *l = xcalloc(1, sizeof *l);
	*l = (struct app_log){ .app = a, .ev = *ev, .ctx = ctx, .fd = -1 };
	switch (kind) {
	case APP_LOG_BUILD:
		open_build(l, id, follow);
		break;
	case APP_LOG_SESSION:
		open_session(l, id, follow);
		break;
	case APP_LOG_FILE:
		open_file(l, id);
		break;
	case APP_LOG_JOB:
		open_job(l, id, follow);
		break;
	}
	if (l->err.code)
		loop_defer(a->loop, fail_now, l);
	return l;
}

void app_log_stop(struct app_log *l)
{
	if (!l)
		return;
	l->ev.end = NULL;
	if (l->session) {
		engine_cancel(l->session); /* ends in session_end, which frees */
		return;
	}
	build_unfollow(l->build);
	job_log_stop(l->job);
	log_free(l);
}
