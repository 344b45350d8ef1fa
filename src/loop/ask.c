/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child that is asked something and answers on its standard output. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/secret.h"
#include "loop_impl.h"

enum { INPUT_MAX = 32 << 10, OUTPUT_MAX = 64 << 10, TIMEOUT_MS = 30000, OUT = 0, ERRORS = 1 };

struct stream { struct loop_ask *ask; int fd; struct loop_fd *watch; struct buf said; };

struct loop_ask {
	struct loop *loop;
	char *name;
	struct loop_child *child;
	struct loop_timer *timer;
	struct stream streams[2];
	void (*done)(void *ctx, const struct loop_answer *a, const struct err *err);
	void *ctx;
	struct loop_answer answer;
	struct err err;
	uint32_t timeout_ms;
	bool exited;
};

static void stream_end(struct stream *s)
{
	loop_fd_unwatch(s->watch);
	s->watch = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void ask_free(struct loop_ask *a)
{
	if (a->child && !a->exited)
		kill(-loop_child_pid(a->child), SIGTERM); /* a session of its own, and what it started with it */
	loop_child_forget(a->child);
	loop_timer_stop(a->timer);
	for (int i = 0; i < 2; i++) {
		stream_end(&a->streams[i]);
		if (a->streams[i].said.p)
			wipe(a->streams[i].said.p, a->streams[i].said.cap);
		buf_fini(&a->streams[i].said);
	}
	free(a->name);
	free(a);
}

static void tell(void *ctx)
{
	struct loop_ask *a = ctx;
	a->answer.out = buf_sv(&a->streams[OUT].said);
	a->answer.errors = buf_sv(&a->streams[ERRORS].said);
	a->done(a->ctx, a->err.code ? NULL : &a->answer, a->err.code ? &a->err : NULL);
	ask_free(a);
}

/* Reads what is there. False: no more will come, or too much has. */
static bool take(struct stream *s)
{
	char room[4096];
	for (;;) {
		ssize_t n = read(s->fd, room, sizeof room);
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
		buf_add(&s->said, room, (size_t)n);
		wipe(room, (size_t)n);
		if (s->said.overflow)
			return false;
	}
}

static void said(void *ctx, unsigned events)
{
	struct stream *s = ctx;
	struct loop_ask *a = s->ask;
	if (take(s))
		return;
	stream_end(s);
	if (!s->said.overflow)
		return;
	err_set(&a->err, ERR_TOO_BIG, "%s says more than %zu bytes", a->name, s->said.max);
	tell(a);
}

static void exited(void *ctx, int status, int signo)
{
	struct loop_ask *a = ctx;
	a->exited = true;
	a->answer.status = status;
	a->answer.signo = signo;
	for (int i = 0; i < 2; i++)             /* not up to the end: what it started may hold the pipes */
		if (a->streams[i].fd >= 0)
			take(&a->streams[i]);
	if (a->streams[OUT].said.overflow)
		err_set(&a->err, ERR_TOO_BIG, "%s says more than %zu bytes", a->name, a->streams[OUT].said.max);
	tell(a);
}

static void late(void *ctx)
{
	struct loop_ask *a = ctx;
	err_set(&a->err, ERR_TIMEOUT, "%s did not answer in %u s", a->name, a->timeout_ms / 1000);
	tell(a);
}

static int pipes(int in[2], int out[2], int errors[2])
{
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(errors, O_CLOEXEC))
		return -1;
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(errors[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static void start(struct loop_ask *a, const struct loop_ask_spec *spec)
{
	int fd[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipes(fd[0], fd[1], fd[2])) {
		err_set_errno(&a->err, errno, "can't start %s", a->name);
	} else if (spec->input.len > INPUT_MAX || write(fd[0][1], spec->input.p, spec->input.len) != (ssize_t)spec->input.len) {
		err_set(&a->err, ERR_TOO_BIG, "the question to %s is too long", a->name);
	} else {
		struct loop_child_spec child = { .argv = spec->argv, .env = spec->env, .cwd = spec->cwd, .detached = true,
		                                 .stdin_fd = fd[0][0], .stdout_fd = fd[1][1], .stderr_fd = fd[2][1] };
		a->child = loop_child_spawn(a->loop, &child, exited, a, &a->err);
	}
	for (int i = 0; i < 2; i++) {
		a->streams[i].fd = fd[i + 1][0];
		if (a->child)
			a->streams[i].watch = loop_fd_watch(a->loop, fd[i + 1][0], LOOP_READ, said, &a->streams[i]);
	}
	int ours[] = { fd[0][0], fd[0][1], fd[1][1], fd[2][1] };
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (ours[i] >= 0)
			close(ours[i]);
}

struct loop_ask *loop_ask(struct loop *l, const struct loop_ask_spec *spec,
                          void (*done)(void *ctx, const struct loop_answer *a, const struct err *err), void *ctx)
{
	struct loop_ask *a = xcalloc(1, sizeof *a);
	a->loop = l;
	a->name = xstrdup(spec->argv[0]);
	a->done = done;
	a->ctx = ctx;
	a->timeout_ms = spec->timeout_ms ? spec->timeout_ms : TIMEOUT_MS;
	for (int i = 0; i < 2; i++) {
		a->streams[i] = (struct stream){ .ask = a, .fd = -1, .said = BUF_INIT_MAX(spec->max_output ? spec->max_output : OUTPUT_MAX) };
		buf_reserve(&a->streams[i].said, MIN_OF(a->streams[i].said.max, (size_t)4096)); /* seldom grows: no unwiped copies */
	}
	start(a, spec);
	if (a->child)
		a->timer = loop_timer_start(l, a->timeout_ms, 0, late, a);
	else
		loop_defer(l, tell, a);
	return a;
}

void loop_ask_cancel(struct loop_ask *a)
{
	if (!a)
		return;
	loop_defer_cancel(a->loop, tell, a);
	ask_free(a);
}
