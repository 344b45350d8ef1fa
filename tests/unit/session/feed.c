/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder as a tar through a pipe: whole, to a reader who leaves, and from a folder that isn't there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "berth/loop.h"
#include "berth/mem.h"
#include "berth/net.h"
#include "berth/path.h"
#include "session/parts.h"
#include "tests.h"

enum { BIG = 3 << 20, TURNS_MAX = 100000 };

static void ready(void *count)
{
	++*(unsigned *)count;
}

static char *folder_of_files(const char *name)
{
	char *dir = path_join(getenv("TEST_FOLDER"), name);
	AUTO(buf_fini) struct buf bytes = BUF_INIT;
	AUTO_STR below = path_join(dir, "below");
	AUTO_STR big = path_join(below, "big");
	struct err err = { 0 };
	for (size_t i = 0; i < BIG; i++)
		buf_add_char(&bytes, (char)(i * 7));
	assert_int_equal(path_make_dirs(below, &err), 0);
	assert_int_equal(file_write_atomic(big, buf_sv(&bytes), &err), 0);
	return dir;
}

/* Reads until the end, a failure, or `most` bytes. */
static long read_up_to(struct loop *l, struct tar_feed *f, uint64_t most, uint64_t *ret_total)
{
	char piece[16384];
	*ret_total = 0;
	for (unsigned turn = 0; turn < TURNS_MAX && *ret_total < most; turn++) {
		long n = tar_feed_read(f, piece, sizeof piece);
		if (n == 0 || n == NET_BODY_FAIL)
			return n;
		if (n > 0)
			*ret_total += (uint64_t)n;
		else
			loop_turn(l, true);
	}
	return 1;
}

static void a_folder_comes_whole(void **state)
{
	AUTO_STR dir = folder_of_files("whole");
	struct tar_feed_query q = { dir, "home/work", "project", 1000, 1000 };
	struct loop *l = loop_new();
	uint64_t total, now, of;
	unsigned count = 0;
	(void)state;
	struct tar_feed *f = tar_feed_new(l, &q, ready, &count);
	assert_int_equal(read_up_to(l, f, UINT64_MAX, &total), 0);
	assert_true(total > BIG && total % 512 == 0);
	assert_null(tar_feed_error(f));
	tar_feed_progress(f, &now, &of);
	assert_int_equal(of, BIG);
	assert_int_equal(now, BIG);
	tar_feed_free(f);
	loop_free(l);
}

/* Whenever it leaves, the worker comes to its end and nothing is lost of what it had. */
static void a_reader_may_leave(void **state)
{
	static const uint64_t after[] = { 0, 1, 100000, BIG };
	AUTO_STR dir = folder_of_files("left");
	struct tar_feed_query q = { dir, "home/work", "project", 1000, 1000 };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(after); i++) {
		struct loop *l = loop_new();
		uint64_t total;
		unsigned count = 0;
		struct tar_feed *f = tar_feed_new(l, &q, ready, &count);
		read_up_to(l, f, after[i], &total);
		tar_feed_free(f);
		loop_run(l);
		loop_free(l);
	}
}

static void a_folder_that_is_not_there_is_said(void **state)
{
	AUTO_STR dir = path_join(getenv("TEST_FOLDER"), "nowhere");
	struct tar_feed_query q = { dir, "home/work", "project", 1000, 1000 };
	struct loop *l = loop_new();
	uint64_t total;
	unsigned count = 0;
	(void)state;
	struct tar_feed *f = tar_feed_new(l, &q, ready, &count);
	assert_int_equal(read_up_to(l, f, UINT64_MAX, &total), NET_BODY_FAIL);
	assert_int_equal(total, 0);
	assert_int_equal(tar_feed_error(f)->code, ERR_NOT_FOUND);
	tar_feed_free(f);
	loop_free(l);
}

const struct CMUnitTest feed_tests[] = {
	cmocka_unit_test(a_folder_comes_whole), cmocka_unit_test(a_reader_may_leave), cmocka_unit_test(a_folder_that_is_not_there_is_said),
};
const size_t n_feed_tests = ARRAY_LEN(feed_tests);
