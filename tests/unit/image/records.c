/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds as they stand on disk, and the processes that hold them. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "disk.h"
#include "tests.h"

#define ID "flights/0101010-1"

void records_come_back(void **state)
{
	struct record r = { .no_cache = true, .dir = xstrdup("/home/x y/ü\n\"'%/p"), .host = xstrdup("unix:///x"), .tls_insecure = true }, back = { 0 };
	(void)state;
	r.b = (struct build){ .id = xstrdup(ID), .forge = xstrdup("local"), .project = xstrdup("a=b\nstate=done"), .commit = oid_of(1), .state = BUILD_FAILED,
		.image_ref = xstrdup("berth/x:1"), .error = xstrdup("line\x1b[31m"), .started_at_s = INT64_C(1) << 40, .step = 3, .steps = UINT32_MAX, .pid = 7 };
	AUTO(buf_fini) struct buf text = BUF_INIT;
	record_encode(&r, &text);
	assert_int_equal(record_decode(buf_sv(&text), &back, NULL), 0);
	assert_string_equal(back.dir, r.dir);
	assert_string_equal(back.b.project, r.b.project);
	assert_string_equal(back.b.error, r.b.error);
	assert_string_equal(back.host, r.host);
	assert_null(back.b.hint);
	assert_null(back.ca_file);
	assert_true(back.no_cache && back.tls_insecure && !back.classic && back.b.state == BUILD_FAILED && back.b.pid == 7);
	assert_true(back.b.started_at_s == r.b.started_at_s && back.b.steps == UINT32_MAX && oid_eq(&back.b.commit, &r.b.commit));
	record_fini(&back);
	/* every cut of it is refused */
	for (size_t n = 0; n < text.len - 1; n++)
		assert_true(record_decode((struct sv){ text.p, n }, &back, NULL) < 0);
	record_fini(&r);
}

void damaged_records_are_set_aside(void **state)
{
	static const char *const damage[] = { "", "garbage", "commit=zz\n", "state=flying\nend=1\n", "id=%zz\n", "id=%00\n", "steps=-1\n", "steps=99999999999\n", "=\n", "\xff\xfe\n" };
	(void)state;
	make_record("flights/0101010-99", "flights", 1, BUILD_DONE, 1000);
	for (size_t i = 0; i < ARRAY_LEN(damage); i++) {
		builds bs = VEC_INIT;
		char *note = NULL;
		make_record(ID, "flights", 1, BUILD_DONE, 1000);
		put_file(ID, "record", damage[i]);
		assert_int_equal(builds_read(&bs, &note, NULL), 0);
		assert_int_equal(bs.len, 1);
		assert_non_null(note);
		assert_non_null(strstr(note, ID));
		free(note);
		builds_fini(&bs);
		assert_int_equal(builds_read(&bs, &note, NULL), 0); /* told of once */
		assert_null(note);
		builds_fini(&bs);
	}
}

void odd_ids_are_no_builds(void **state)
{
	static const char *const ids[] = { "", "/", "x", "x/", "../x/0101010-1", "x/../../y", "x/0101010-", "x/010101-1", "x/0101010-1/..", "x/010101g-1", ".x/0101010-1", "x/0101010-1\n", "-x/0101010-1" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct build b = { 0 };
		struct err err = { 0 };
		assert_int_equal(build_read(ids[i], &b, &err), -ERR_NOT_FOUND);
		assert_int_equal(build_cancel(ids[i], &err), -ERR_NOT_FOUND);
		assert_int_equal(build_remove(ids[i], &err), -ERR_NOT_FOUND);
		assert_true(err.text[0]);
	}
}

void builds_come_newest_first(void **state)
{
	builds bs = VEC_INIT;
	(void)state;
	make_record("a/0101010-1", "a", 1, BUILD_DONE, 100);
	make_record("b/0202020-1", "b", 2, BUILD_FAILED, 300);
	make_record("a/0101010-10", "a", 1, BUILD_DONE, 200);
	make_record("a/0101010-9", "a", 1, BUILD_DONE, 200);
	assert_int_equal(builds_read(&bs, NULL, NULL), 0);
	assert_int_equal(bs.len, 4);
	assert_string_equal(bs.items[0].id, "b/0202020-1");
	assert_string_equal(bs.items[1].id, "a/0101010-10");
	assert_string_equal(bs.items[2].id, "a/0101010-9");
	assert_string_equal(bs.items[3].id, "a/0101010-1");
	builds_fini(&bs);
}

/* ---- workers ---- */
static enum build_state state_now(const char *id)
{
	struct build b = { 0 };
	assert_int_equal(build_read(id, &b, NULL), 0);
	enum build_state s = b.state;
	build_fini(&b);
	return s;
}

struct until { const char *id; enum build_state want; bool there; };

static void look(void *until)
{
	struct until *u = until;
	u->there = state_now(u->id) == u->want;
}

static void wait_for_state(struct loop *l, const char *id, enum build_state want)
{
	struct until u = { id, want, false };
	struct loop_timer *t = loop_timer_start(l, 0, 10, look, &u);
	turn_until(l, &u.there);
	loop_timer_stop(t);
}

static char *begin(struct loop *l, unsigned char c, const char *how)
{
	char *id = NULL;
	bool running = false;
	struct build_spec spec = { .forge = "local", .project_path = "flights", .project_dir = "/nowhere", .commit = oid_of(c), .engine = "fake", .program = "/proc/self/exe" };
	setenv("TEST_WORKER", how, 1);
	assert_int_equal(build_begin(l, &spec, &id, &running, NULL), 0);
	assert_false(running);
	return id;
}

static int pid_of(const char *id)
{
	struct build b = { 0 };
	assert_int_equal(build_read(id, &b, NULL), 0);
	int pid = b.pid;
	build_fini(&b);
	return pid;
}

void a_dead_worker_is_lost(void **state)
{
	struct loop *l = loop_new();
	struct build b = { 0 };
	(void)state;
	AUTO_STR id = begin(l, 1, "holds");
	wait_for_state(l, id, BUILD_RUNNING);
	assert_int_equal(kill(pid_of(id), SIGKILL), 0);
	wait_for_state(l, id, BUILD_LOST);
	assert_int_equal(build_read(id, &b, NULL), 0);
	assert_int_equal(b.pid, 0);
	assert_non_null(b.error);
	assert_non_null(b.hint);
	build_fini(&b);
	loop_free(l);
}

void a_worker_that_never_came_is_lost(void **state)
{
	struct loop *l = loop_new();
	(void)state;
	setenv("BERTH_NOW", "1000000", 1);
	AUTO_STR id = begin(l, 1, "never");
	assert_int_equal(state_now(id), BUILD_QUEUED);
	setenv("BERTH_NOW", "1000010", 1);
	assert_int_equal(state_now(id), BUILD_QUEUED);
	setenv("BERTH_NOW", "1000011", 1);
	assert_int_equal(state_now(id), BUILD_LOST);
	unsetenv("BERTH_NOW");
	loop_free(l);
}

void a_held_lock_keeps_a_build_alive(void **state)
{
	(void)state;
	make_record(ID, "flights", 1, BUILD_RUNNING, 1000);
	AUTO_STR path = build_file(ID, "lock");
	int fd = lock_take(path, false, NULL);
	assert_true(fd >= 0);
	assert_int_equal(lock_take(path, false, NULL), -ERR_BUSY);
	assert_int_equal(state_now(ID), BUILD_RUNNING);
	close(fd);
	assert_int_equal(state_now(ID), BUILD_LOST);
}

void builds_begin_once(void **state)
{
	struct loop *l = loop_new();
	char *again = NULL;
	bool running = false;
	struct build_spec spec = { .forge = "local", .project_path = "flights", .project_dir = "/nowhere", .commit = oid_of(1), .engine = "fake", .program = "/proc/self/exe" };
	(void)state;
	AUTO_STR id = begin(l, 1, "holds");
	assert_string_equal(id, ID);
	assert_int_equal(build_begin(l, &spec, &again, &running, NULL), 0);
	assert_true(running);
	assert_string_equal(again, id);
	free(again);
	AUTO_STR other = begin(l, 2, "holds"); /* another commit is another build */
	wait_for_state(l, id, BUILD_RUNNING);
	wait_for_state(l, other, BUILD_RUNNING);
	assert_int_equal(build_cancel(id, NULL), 0);
	wait_for_state(l, id, BUILD_CANCELED);
	AUTO_STR next = begin(l, 1, "holds");
	assert_string_equal(next, "flights/0101010-2");
	wait_for_state(l, next, BUILD_RUNNING);
	assert_int_equal(build_cancel(next, NULL), 0);
	assert_int_equal(build_cancel(other, NULL), 0);
	wait_for_state(l, next, BUILD_CANCELED);
	wait_for_state(l, other, BUILD_CANCELED);
	loop_free(l);
}

/* Two processes that begin the same build at once: one makes it, the other is given it. */
void builds_of_two_berths_get_two_ids(void **state)
{
	enum { BERTHS = 6 };
	pid_t pids[BERTHS];
	int ready[2], n_made = 0;
	(void)state;
	setenv("TEST_WORKER", "holds", 1);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	for (int i = 0; i < BERTHS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			char *id = NULL, go;
			bool running = false;
			struct build_spec spec = { .forge = "local", .project_path = "flights", .project_dir = "/nowhere", .commit = oid_of(1), .engine = "fake", .program = "/proc/self/exe" };
			close(ready[1]);
			if (read(ready[0], &go, 1) < 0) /* all go when the writing end is closed */
				_exit(9);
			struct loop *l = loop_new();
			int r = build_begin(l, &spec, &id, &running, NULL);
			_exit(r < 0 || strcmp(id, ID) ? 9 : running);
		}
	}
	close(ready[0]);
	close(ready[1]);
	for (int i = 0; i < BERTHS; i++) {
		int status = 0;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
		n_made += WEXITSTATUS(status) == 0;
	}
	assert_int_equal(n_made, 1);
	struct loop *l = loop_new();
	wait_for_state(l, ID, BUILD_RUNNING);
	assert_int_equal(build_cancel(ID, NULL), 0);
	wait_for_state(l, ID, BUILD_CANCELED);
	loop_free(l);
}

void a_program_that_is_missing_is_said(void **state)
{
	struct loop *l = loop_new();
	char *id = NULL;
	bool running;
	struct err err = { 0 };
	builds bs = VEC_INIT;
	struct build_spec spec = { .forge = "local", .project_path = "flights", .project_dir = "/nowhere", .commit = oid_of(1), .engine = "fake", .program = "/nowhere/berth" };
	(void)state;
	assert_true(build_begin(l, &spec, &id, &running, &err) < 0);
	assert_non_null(strstr(err.text, "/nowhere/berth"));
	assert_int_equal(builds_read(&bs, NULL, NULL), 0);
	assert_int_equal(bs.len, 0); /* nothing is left behind */
	builds_fini(&bs);
	loop_free(l);
}

/* The number in the record may be another process's by now: without the lock nobody is signalled. */
void cancel_reaches_only_the_worker(void **state)
{
	struct record r = { 0 };
	int status = 0;
	struct err err = { 0 };
	(void)state;
	pid_t bystander = fork();
	if (!bystander)
		for (;;)
			pause();
	make_record(ID, "flights", 1, BUILD_RUNNING, 1000);
	assert_int_equal(record_read_raw(ID, &r, NULL), 0);
	r.b.pid = (int)bystander;
	assert_int_equal(record_write(&r, NULL), 0);
	record_fini(&r);
	assert_int_equal(build_cancel(ID, &err), -ERR_CONFLICT);
	assert_int_equal(waitpid(bystander, &status, WNOHANG), 0);
	kill(bystander, SIGKILL);
	waitpid(bystander, &status, 0);
}

void cancelled_before_the_worker_came(void **state)
{
	struct loop *l = loop_new();
	(void)state;
	setenv("BERTH_NOW", "1000000", 1);
	AUTO_STR id = begin(l, 1, "never");
	assert_int_equal(build_cancel(id, NULL), 0);
	assert_int_equal(state_now(id), BUILD_QUEUED);
	setenv("BERTH_NOW", "1000011", 1);
	assert_int_equal(state_now(id), BUILD_CANCELED);
	unsetenv("BERTH_NOW");
	loop_free(l);
}

void removing_wants_an_end(void **state)
{
	struct build b = { 0 };
	(void)state;
	make_record(ID, "flights", 1, BUILD_RUNNING, 1000);
	AUTO_STR path = build_file(ID, "lock");
	int fd = lock_take(path, false, NULL);
	assert_int_equal(build_remove(ID, NULL), -ERR_CONFLICT);
	close(fd);
	assert_int_equal(build_remove(ID, NULL), 0);
	assert_int_equal(build_read(ID, &b, NULL), -ERR_NOT_FOUND);
}

/* Which program that is, only its caller knows: this one may run all it does once more, and so without end. */
void a_program_must_be_named(void **state)
{
	struct loop *l = loop_new();
	struct build_spec spec = { .forge = "local", .project_path = "flights", .project_dir = "/nowhere", .commit = oid_of(1), .engine = "fake" };
	char *id = NULL;
	bool running = false;
	(void)state;
	assert_int_equal(build_begin(l, &spec, &id, &running, NULL), -ERR_UNSUPPORTED);
	assert_null(id);
	loop_free(l);
}
