/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_LOOP_H
#define BERTH_LOOP_H
/*
 * The one thread's turn: file descriptors, timers, signals, children, file changes, and workers that compute (libuv inside,
 * seen by nobody else). Handles are ended exactly once by their _stop/_unwatch function, which accepts NULL and may be
 * called from any callback, its own included; after it no callback of that handle runs. loop_free() reports (log_debug)
 * what is still registered and ends it; it cancels work under way, waits for its threads and runs its `done`. A nested
 * loop_run, _turn or _advance is a BUG. A turn: what is ready and due is called, then what was deferred, then the hooks.
 * The first loop ignores SIGPIPE for the process (children get the default back).
 *
 * loop_new_virtual() gives a loop whose clock stands still until loop_advance(): tests run a day in milliseconds.
 */
#include <sys/types.h>
#include "berth/str.h"

struct loop;
struct loop *loop_new(void);
struct loop *loop_new_virtual(void);
void loop_free(struct loop *l);
void loop_run(struct loop *l);                          /* until loop_stop() or nothing is left that could happen */
void loop_stop(struct loop *l);
/* One turn; waits for an event when `wait` (with the virtual clock some milliseconds at most). True while anything can still
 * happen. For tests and for tools that poll. */
bool loop_turn(struct loop *l, bool wait);
uint64_t loop_now_ms(const struct loop *l);             /* monotonic, or virtual */
void loop_advance(struct loop *l, uint64_t ms);         /* virtual only: runs every timer due on the way, in order, and pending IO */
int loop_backend_fd(const struct loop *l);

struct loop_timer;
/* First after delay_ms, then every repeat_ms (0: once; the handle still wants its stop). */
struct loop_timer *loop_timer_start(struct loop *l, uint64_t delay_ms, uint64_t repeat_ms, void (*fn)(void *ctx), void *ctx);
void loop_timer_again(struct loop_timer *t, uint64_t delay_ms); /* re-arms */
void loop_timer_stop(struct loop_timer *t);

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HUP = 4 };
struct loop_fd;
/* Does not own fd: unwatch before closing it; one watch for a descriptor. events may be 0 (paused). With an error in the
 * descriptor fn gets the events it asked for and LOOP_HUP. What can't be polled (a regular file, /dev/null) is always ready. */
struct loop_fd *loop_fd_watch(struct loop *l, int fd, unsigned events, void (*fn)(void *ctx, unsigned events), void *ctx);
void loop_fd_change(struct loop_fd *w, unsigned events);
void loop_fd_unwatch(struct loop_fd *w);

struct loop_signal;
struct loop_signal *loop_signal_watch(struct loop *l, int signo, void (*fn)(void *ctx, int signo), void *ctx);
void loop_signal_unwatch(struct loop_signal *w);

/* Runs fn once at the end of this turn (before hooks), in order of asking. Cancelled by loop_defer_cancel with both equal. */
void loop_defer(struct loop *l, void (*fn)(void *ctx), void *ctx);
void loop_defer_cancel(struct loop *l, void (*fn)(void *ctx), void *ctx);
/* fn runs once a turn, just before the loop waits: where change notices are flushed and the screen is drawn. */
struct loop_hook;
struct loop_hook *loop_hook_add(struct loop *l, void (*fn)(void *ctx), void *ctx);
void loop_hook_remove(struct loop_hook *h);

/* A closed box for a worker thread: `process` touches nothing but its ctx; `done` runs on the loop's thread and owns ctx
 * from then on (the handle is gone). cancel: `done` still runs, later, with cancelled true (soon when process had not begun;
 * else after it: let process poll loop_work_cancelled()). */
struct loop_work;
struct loop_work *loop_work_submit(struct loop *l, void (*process)(struct loop_work *w, void *ctx),
                                   void (*done)(void *ctx, bool cancelled), void *ctx);
bool loop_has_work(const struct loop *l);               /* some is under way, or its `done` has still to run */
void loop_work_cancel(struct loop_work *w);
bool loop_work_cancelled(const struct loop_work *w);    /* any thread */
/* From a worker: runs fn(ctx, copy of n bytes) on the loop's thread soon, in order, before `done`; not after a cancel. Blocks
 * the worker while a megabyte waits to be delivered. */
void loop_work_post(struct loop_work *w, void (*fn)(void *ctx, const void *item, size_t n), const void *item, size_t n);

/* A file or folder that may not exist yet is watched by its folder; fn says that something changed, not what. */
struct loop_path;
struct loop_path *loop_path_watch(struct loop *l, const char *path, void (*fn)(void *ctx), void *ctx, struct err *reterr);
void loop_path_unwatch(struct loop_path *w);

struct loop_child;
struct loop_child_spec {
	const char *const *argv;      /* argv[0] is looked up in PATH; never a shell unless argv says so */
	const char *const *env;       /* NULL: inherited */
	const char *cwd;              /* NULL: inherited */
	bool detached;                /* own session (setsid), outlives us, stdio is /dev/null unless *_fd is set */
	int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null; LOOP_CHILD_INHERIT; or a descriptor that is dup'ed in */
};
#define LOOP_CHILD_INHERIT (-2)
/* status: exit code, or -1 with signo set. NULL and *reterr when it could not be started. The handle lives until
 * loop_child_forget, which on_exit may call. */
struct loop_child *loop_child_spawn(struct loop *l, const struct loop_child_spec *spec,
                                    void (*on_exit)(void *ctx, int status, int signo), void *ctx, struct err *reterr);
pid_t loop_child_pid(const struct loop_child *c);
void loop_child_forget(struct loop_child *c);           /* ends the handle: no callback any more; the child is reaped when it ends */

/* A child that is asked something: it gets `input` (at most 32 KiB), has no terminal, and what it said when it ends is the answer.
 * done runs once, from a later turn; err: it could not start, said more than max_output, or took too long (it is ended then).
 * The handle is gone after done. What was said is wiped. */
struct loop_ask_spec {
	const char *const *argv, *const *env;   /* as above */
	const char *cwd;
	struct sv input;
	size_t max_output;            /* of each of both; 0: 64 KiB */
	uint32_t timeout_ms;          /* 0: 30 s */
};
struct loop_answer { int status, signo; struct sv out, errors; };
struct loop_ask;
struct loop_ask *loop_ask(struct loop *l, const struct loop_ask_spec *spec,
                          void (*done)(void *ctx, const struct loop_answer *a, const struct err *err), void *ctx);
void loop_ask_cancel(struct loop_ask *a);               /* ends the child; done does not run. NULL is fine */
#endif
