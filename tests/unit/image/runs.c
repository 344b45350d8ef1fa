/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A build from its lock to its last words, on a forge and an engine of memory. */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "image/build_log.h"
#include "disk.h"
#include "fakes.h"
#include "tests.h"

#define ID "flights/0101010-1"
static const struct fake_file with_dockerfile[] = { { 0, "Dockerfile", "FROM x\n" }, { 0, "a", "1" }, { 0 } };
static const struct fake_file without_dockerfile[] = { { 0, "requirements.txt", "numpy\n" }, { 0 } };

struct bench {
	struct loop *l;
	struct fake_forge *f;
	struct fake_engine *e;
	struct project p;
	struct build_run *run;
	bool ended;
	struct err err;
	struct buf log;
	uint32_t step;
};

static void on_log(void *bench, struct sv bytes)
{
	struct bench *b = bench;
	buf_add_sv(&b->log, bytes);
}

static void on_step(void *bench, uint32_t step, uint32_t steps, struct sv name)
{
	struct bench *b = bench;
	(void)steps;
	(void)name;
	b->step = step;
}

static void on_end(void *bench, const struct err *err)
{
	struct bench *b = bench;
	assert_false(b->ended);
	b->ended = true;
	err_copy(&b->err, err);
}

static void open_bench(struct bench *b, const struct fake_file *files)
{
	*b = (struct bench){ .l = loop_new() };
	b->p.forge = xstrdup("local");
	b->p.path = xstrdup("flights");
	b->p.name = xstrdup("flights");
	b->f = fake_forge_new(b->l, files, 9);
	b->e = fake_engine_new(b->l, NULL);
	make_record(ID, "flights", 1, BUILD_QUEUED, clock_wall_s());
}

static void start(struct bench *b)
{
	static const struct build_run_events events = { on_log, on_step, on_end };
	b->run = build_run_start(b->l, &b->f->base, &b->e->base, &b->p, ID, &events, b);
	assert_false(b->ended);
}

static char *log_text(void)
{
	struct buf text = BUF_INIT;
	AUTO_STR path = build_file(ID, "log");
	file_read(path, 1 << 20, &text, NULL);
	return buf_take(&text);
}

static void close_bench(struct bench *b, enum build_state want, enum err_code code)
{
	struct build build = { 0 };
	turn_until(b->l, &b->ended);
	assert_int_equal(b->err.code, code);
	assert_int_equal(build_read(ID, &build, NULL), 0);
	assert_int_equal(build.state, want);
	assert_int_equal(build.pid, 0);
	assert_true(build.ended_at_s >= build.started_at_s);
	if (want == BUILD_FAILED) {
		assert_non_null(build.error);
		assert_non_null(build.hint);
	}
	build_fini(&build);
	AUTO_STR reserve = build_file(ID, "reserve");
	AUTO_STR lock = build_file(ID, "lock");
	assert_int_equal(access(reserve, F_OK), -1);
	assert_false(lock_held(lock));
	engine_free(&b->e->base);
	forge_free(&b->f->base);
	loop_free(b->l);
	project_fini(&b->p);
	buf_fini(&b->log);
}

void a_build_runs_to_its_end(void **state)
{
	struct bench b;
	(void)state;
	open_bench(&b, with_dockerfile);
	start(&b);
	turn_until(b.l, &b.ended);
	assert_int_equal(b.e->context_bytes, 512 + b.f->tar_bytes); /* the top folder goes first */
	assert_true(b.e->context_done);
	assert_int_equal(b.f->extra_seen, 0);
	assert_string_equal(b.e->label_revision, "0101010101010101010101010101010101010101");
	assert_string_equal(b.e->ref, "berth/x:1");
	assert_int_equal(b.step, 1);
	assert_string_equal(buf_str(&b.log), "Step 1/2 : FROM x\n");
	AUTO_STR log = log_text();
	assert_int_equal(strncmp(log, "berth: building berth/x:1 from commit 0101010101", 48), 0);
	assert_non_null(strstr(log, "with the Dockerfile of the commit, on engine fake\n"));
	assert_non_null(strstr(log, "Step 1/2 : FROM x\nberth: built berth/x:1 in "));
	assert_int_equal(log[strlen(log) - 1], '\n');
	close_bench(&b, BUILD_DONE, ERR_NONE);
}

void a_dockerfile_is_made_where_there_is_none(void **state)
{
	struct bench b;
	(void)state;
	open_bench(&b, without_dockerfile);
	start(&b);
	turn_until(b.l, &b.ended);
	assert_true(b.f->extra_seen > 200);
	AUTO_STR log = log_text();
	assert_non_null(strstr(log, "made from requirements.txt; on engine fake\n"));
	close_bench(&b, BUILD_DONE, ERR_NONE);
}

static void failing(enum fake_build how, enum err_code code, const char *words)
{
	struct bench b;
	open_bench(&b, with_dockerfile);
	b.e->build = how;
	start(&b);
	turn_until(b.l, &b.ended);
	AUTO_STR log = log_text();
	const char *last = strstr(log, "berth: the build failed after ");
	assert_non_null(last);
	assert_non_null(strstr(last, words));
	close_bench(&b, BUILD_FAILED, code);
}

void failures_are_said_in_words(void **state)
{
	(void)state;
	failing(FAKE_BUILD_FAILS, ERR_FAILED, "non-zero code: 1");
	failing(FAKE_BUILD_ENGINE_DIES, ERR_NET, "closed the connection");
}

void a_broken_repository_is_the_cause(void **state)
{
	struct bench b;
	(void)state;
	open_bench(&b, with_dockerfile);
	b.f->tar_breaks = true;
	start(&b);
	turn_until(b.l, &b.ended);
	assert_non_null(strstr(b.err.text, "object 0101010 is corrupt"));
	close_bench(&b, BUILD_FAILED, ERR_DECODE);
	open_bench(&b, with_dockerfile);
	b.f->tree_breaks = true;
	start(&b);
	close_bench(&b, BUILD_FAILED, ERR_DECODE);
}

void a_build_is_cancelled_at_any_turn(void **state)
{
	(void)state;
	for (int turns = 0; turns < 24; turns++) {
		struct bench b;
		open_bench(&b, with_dockerfile);
		b.e->build = FAKE_BUILD_HANGS;
		start(&b);
		for (int i = 0; i < turns; i++)
			loop_turn(b.l, /* wait= */ false);
		if (turns % 2)
			build_run_cancel(b.run);
		else
			raise(SIGTERM);
		turn_until(b.l, &b.ended);
		AUTO_STR log = log_text();
		assert_non_null(strstr(log, "berth: canceled after "));
		close_bench(&b, BUILD_CANCELED, ERR_CANCELLED);
		AUTO_STR path = build_file(ID, NULL);
		path_remove_tree(path, NULL);
	}
}

void a_wish_to_cancel_is_seen_at_the_start(void **state)
{
	struct bench b;
	(void)state;
	open_bench(&b, with_dockerfile);
	put_file(ID, "cancel", "");
	start(&b);
	close_bench(&b, BUILD_CANCELED, ERR_CANCELLED);
}

void a_build_has_one_worker(void **state)
{
	struct bench b;
	struct build build = { 0 };
	(void)state;
	open_bench(&b, with_dockerfile);
	AUTO_STR lock = build_file(ID, "lock");
	int fd = lock_take(lock, false, NULL);
	start(&b);
	turn_until(b.l, &b.ended);
	assert_int_equal(b.err.code, ERR_BUSY);
	assert_int_equal(build_read(ID, &build, NULL), 0);
	assert_int_equal(build.state, BUILD_QUEUED); /* the other's record is as it was */
	build_fini(&build);
	close(fd);
	make_record(ID, "flights", 1, BUILD_DONE, 1000); /* and one that has ended is not built again */
	b.ended = false;
	start(&b);
	close_bench(&b, BUILD_DONE, ERR_CONFLICT);
}

void a_full_disk_ends_the_log_only(void **state)
{
	struct bench b;
	struct build build = { 0 };
	(void)state;
	open_bench(&b, with_dockerfile);
	AUTO_STR log = build_file(ID, "log");
	assert_int_equal(symlink("/dev/full", log), 0);
	start(&b);
	turn_until(b.l, &b.ended);
	assert_int_equal(build_read(ID, &build, NULL), 0);
	assert_non_null(build.hint);
	assert_non_null(strstr(build.hint, "log is not whole"));
	build_fini(&build);
	close_bench(&b, BUILD_DONE, ERR_NONE);
}

/* A log that is over its cap keeps its beginning and its last words. */
void a_log_has_a_cap(void **state)
{
	struct build_log l;
	AUTO_STR dir = build_file(ID, NULL);
	AUTO_STR path = build_file(ID, "log");
	(void)state;
	assert_int_equal(path_make_dirs(dir, NULL), 0);
	assert_int_equal(build_log_open(&l, path, NULL), 0);
	build_log_add(&l, SV("begun\n"));
	l.written = BUILD_LOG_MAX - BUILD_LOG_TAIL - 8; /* as if so much stood there */
	build_log_add(&l, SV("fits\n"));
	build_log_add(&l, SV("does not fit\n"));
	build_log_add(&l, SV("x"));
	build_log_say(&l, "the end,\nin \x1b one line");
	build_log_close(&l);
	AUTO_STR text = log_text();
	assert_string_equal(text, "begun\nfits\nberth: this log is full (256 MiB): what the build says from here on is not kept\n"
	                          "berth: the end, in   one line\n");
}
