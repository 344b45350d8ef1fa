/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers and children. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>
#include "berth/mem.h"
#include "tests.h"

struct job {
	struct loop *loop;
	struct loop_work *w;
	atomic_bool begun, let_go;
	bool done, cancelled, processed;
	size_t n_items, bytes;
	unsigned last;
};

static void process_posts(struct loop_work *w, void *ctx);
static void job_done(void *ctx, bool cancelled)
{
	struct job *j = ctx;
	assert_false(j->done);
	j->done = true;
	j->cancelled = cancelled;
}

static void item_came(void *ctx, const void *item, size_t n)
{
	struct job *j = ctx;
	assert_false(j->done);
	unsigned i;
	memcpy(&i, item, sizeof i);
	assert_int_equal(i, j->last + 1);
	j->last = i;
	j->n_items++;
	j->bytes += n;
}

static void process_posts(struct loop_work *w, void *ctx)
{
	for (unsigned i = 1; i <= 1000; i++)
		loop_work_post(w, item_came, &i, sizeof i);
}

void work_posts_then_done(void **state)
{
	struct loop *l = loop_new();
	struct job j = { 0 };
	loop_work_submit(l, process_posts, job_done, &j);
	loop_run(l); /* work alone keeps it alive */
	assert_true(j.done);
	assert_false(j.cancelled);
	assert_int_equal(j.n_items, 1000);
	loop_free(l);
}

static void wait_for_signal(struct loop_work *w, void *ctx)
{
	struct job *j = ctx;
	atomic_store(&j->begun, true);
	while (!atomic_load(&j->let_go) && !loop_work_cancelled(w))
		poll(NULL, 0, 1);
	j->processed = true;
}

void work_cancelled_before_it_began(void **state)
{
	struct loop *l = loop_new();
	enum { N = 12 };        /* more than there are threads */
	static struct job j[N];
	memset(j, 0, sizeof j);
	for (int i = 0; i < N; i++)
		j[i].w = loop_work_submit(l, wait_for_signal, job_done, &j[i]);
	loop_work_cancel(j[N - 1].w);
	assert_false(j[N - 1].done); /* never within the call */
	turn_until(l, &j[N - 1].done);
	assert_true(j[N - 1].cancelled);
	assert_false(j[N - 1].processed);
	for (int i = 0; i < N - 1; i++)
		atomic_store(&j[i].let_go, true);
	loop_run(l);
	for (int i = 0; i < N - 1; i++)
		assert_true(j[i].done && !j[i].cancelled && j[i].processed);
	loop_work_cancel(NULL);
	loop_free(l);
}

void work_cancelled_while_it_runs(void **state)
{
	struct loop *l = loop_new();
	struct job j = { 0 };
	j.w = loop_work_submit(l, wait_for_signal, job_done, &j);
	while (!atomic_load(&j.begun))
		loop_turn(l, false);
	loop_work_cancel(j.w);
	turn_until(l, &j.done);
	assert_true(j.cancelled && j.processed);
	loop_free(l);
}

static void process_flood(struct loop_work *w, void *ctx)
{
	char *item = xcalloc(1, 100000);
	for (unsigned i = 1; i <= 200; i++) {
		memcpy(item, &i, sizeof i);
		loop_work_post(w, item_came, item, 100000);
	}
	free(item);
}

void work_that_floods_waits(void **state)
{
	struct loop *l = loop_new();
	struct job j = { 0 };
	loop_work_submit(l, process_flood, job_done, &j);
	loop_run(l);
	assert_int_equal(j.bytes, 20000000);
	struct job k = { 0 };   /* and one that waits for room ends when it is cancelled */
	k.w = loop_work_submit(l, process_flood, job_done, &k);
	poll(NULL, 0, 5);
	loop_work_cancel(k.w);
	loop_run(l);
	assert_true(k.done && k.cancelled);
	assert_int_equal(k.n_items, 0);
	loop_free(l);
}

void loop_free_waits_for_work(void **state)
{
	struct loop *l = loop_new();
	struct job j = { 0 };
	loop_work_submit(l, wait_for_signal, job_done, &j);
	loop_free(l);
	assert_true(j.done && j.cancelled);
}

/* ---- children ---------------------------------------------------------------------------------------------------------- */
struct kid { struct loop_child *c; int status, signo; bool ended; };

static void kid_ended(void *ctx, int status, int signo)
{
	struct kid *k = ctx;
	k->status = status;
	k->signo = signo;
	k->ended = true;
	loop_child_forget(k->c);
	k->c = NULL;
}

#define QUIET .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1

static void run_kid(const struct loop_child_spec *spec, struct kid *k)
{
	struct loop *l = loop_new();
	struct err err = { 0 };
	*k = (struct kid){ .status = -77 };
	k->c = loop_child_spawn(l, spec, kid_ended, k, &err);
	if (!k->c)
		fail_msg("%s", err.text);
	assert_true(loop_child_pid(k->c) > 1);
	turn_until(l, &k->ended);
	loop_free(l);
}

void child_exit_codes(void **state)
{
	static const struct { const char *script; int status; } rows[] = { { "exit 0", 0 }, { "exit 3", 3 }, { "cat; exit 7", 7 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct kid k;
		run_kid(&(struct loop_child_spec){ .argv = (const char *[]){ "sh", "-c", rows[i].script, NULL }, QUIET }, &k);
		assert_int_equal(k.status, rows[i].status);
		assert_int_equal(k.signo, 0);
	}
}

void child_killed(void **state)
{
	struct kid k;
	run_kid(&(struct loop_child_spec){ .argv = (const char *[]){ "sh", "-c", "kill -TERM $$", NULL }, QUIET }, &k);
	assert_int_equal(k.status, -1);
	assert_int_equal(k.signo, SIGTERM);
}

static void expect_not_started(const struct loop_child_spec *spec, const char *named)
{
	struct loop *l = loop_new();
	struct err err = { 0 };
	struct kid k = { 0 };
	assert_null(loop_child_spawn(l, spec, kid_ended, &k, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, named));
	assert_false(loop_turn(l, false) && loop_turn(l, false));
	assert_false(k.ended);
	loop_free(l);
}

void child_missing(void **state)
{
	expect_not_started(&(struct loop_child_spec){ .argv = (const char *[]){ "no-such-program-of-berth", NULL }, QUIET },
	                   "no-such-program-of-berth");
}

void child_folder_missing(void **state)
{
	expect_not_started(&(struct loop_child_spec){ .argv = (const char *[]){ "true", NULL }, .cwd = "/no/such/folder", QUIET },
	                   "/no/such/folder");
}

void child_stdio_and_env(void **state)
{
	int fd[2];
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	struct kid k;
	run_kid(&(struct loop_child_spec){ .argv = (const char *[]){ "/bin/sh", "-c", "echo $FRUIT; pwd; read x || echo eof", NULL },
	                                   .env = (const char *[]){ "FRUIT=pear", NULL }, .cwd = "/", .stdin_fd = -1, .stdout_fd = fd[1],
	                                   .stderr_fd = LOOP_CHILD_INHERIT }, &k);
	close(fd[1]);
	char got[64] = "";
	assert_true(read(fd[0], got, sizeof got - 1) > 0);
	close(fd[0]);
	assert_string_equal(got, "pear\n/\neof\n");
}

void child_detached_has_own_session(void **state)
{
	int fd[2];
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	struct loop *l = loop_new();
	struct kid k = { 0 };
	k.c = loop_child_spawn(l, &(struct loop_child_spec){ .argv = (const char *[]){ "cat", NULL }, .detached = true, .stdin_fd = fd[0],
	                                                     .stdout_fd = -1, .stderr_fd = -1 }, kid_ended, &k, NULL);
	assert_non_null(k.c);
	assert_int_equal(getsid(loop_child_pid(k.c)), loop_child_pid(k.c));
	close(fd[0]);
	close(fd[1]); /* and cat ends */
	turn_until(l, &k.ended);
	assert_int_equal(k.status, 0);
	loop_free(l);
}

void child_forgotten(void **state)
{
	int fd[2];
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	struct loop *l = loop_new();
	struct kid k = { 0 };
	struct loop_child *c = loop_child_spawn(l, &(struct loop_child_spec){ .argv = (const char *[]){ "cat", NULL }, .stdin_fd = fd[0],
	                                        .stdout_fd = -1, .stderr_fd = -1 }, kid_ended, &k, NULL);
	assert_non_null(c);
	pid_t pid = loop_child_pid(c);
	loop_child_forget(c);
	loop_run(l); /* it keeps nothing alive */
	close(fd[0]);
	close(fd[1]);
	for (int i = 0; i < 5000 && !kill(pid, 0); i++) { /* until it is reaped */
		loop_turn(l, false);
		poll(NULL, 0, 1);
	}
	assert_int_equal(kill(pid, 0), -1);
	assert_false(k.ended);
	loop_child_forget(NULL);
	loop_free(l);
}
