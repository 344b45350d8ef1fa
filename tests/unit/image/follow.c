/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Following a log while it is written, and when what writes it goes away. */
#include <stdio.h>
#include <unistd.h>
#include "berth/path.h"
#include "berth/mem.h"
#include "disk.h"
#include "tests.h"

#define ID "flights/0101010-1"

struct watcher {
	struct loop *l;
	struct build_follow *f;
	struct buf got;
	size_t want;                   /* `reached` once so many bytes came */
	bool reached, ended, stop_at_first;
	enum build_state final;
	struct err err;
	int lock;
};

static void on_piece(void *watcher, struct sv bytes)
{
	struct watcher *w = watcher;
	buf_add_sv(&w->got, bytes);
	w->reached = w->got.len >= w->want;
	if (w->stop_at_first)
		build_unfollow(w->f);
}

static void on_end(void *watcher, const struct build *final, const struct err *err)
{
	struct watcher *w = watcher;
	w->ended = true;
	err_copy(&w->err, err);
	if (final)
		w->final = final->state;
}

static void running_build(struct watcher *w)
{
	*w = (struct watcher){ .l = loop_new() };
	make_record(ID, "flights", 1, BUILD_RUNNING, 1000);
	AUTO_STR lock = build_file(ID, "lock");
	w->lock = lock_take(lock, false, NULL);
	assert_true(w->lock >= 0);
}

static void watch(struct watcher *w, uint64_t offset)
{
	w->f = build_follow(w->l, ID, offset, on_piece, on_end, w);
}

static void wait_bytes(struct watcher *w, size_t n)
{
	w->want = n;
	w->reached = w->got.len >= n;
	turn_until(w->l, &w->reached);
}

static void finish(struct watcher *w, const char *text)
{
	make_record(ID, "flights", 1, BUILD_DONE, 1000);
	close(w->lock);
	turn_until(w->l, &w->ended);
	assert_string_equal(buf_str(&w->got), text);
	assert_int_equal(w->final, BUILD_DONE);
	assert_int_equal(w->err.code, 0);
	buf_fini(&w->got);
	loop_free(w->l);
}

void follow_while_it_grows(void **state)
{
	struct watcher w;
	AUTO(buf_fini) struct buf all = BUF_INIT;
	(void)state;
	running_build(&w);
	watch(&w, 0);
	for (int i = 0; i < 20; i++) { /* the log comes only now */
		AUTO_STR line = xasprintf("line %d\n", i);
		append_log(ID, line);
		buf_add_str(&all, line);
		wait_bytes(&w, all.len);
	}
	AUTO(buf_fini) struct buf big = BUF_INIT;
	while (big.len < 1000000)
		buf_add_str(&big, "0123456789abcdef\n");
	append_log(ID, buf_str(&big));
	buf_add_sv(&all, buf_sv(&big));
	append_log(ID, "last");
	buf_add_str(&all, "last");
	finish(&w, buf_str(&all));
}

void follow_from_an_offset(void **state)
{
	struct watcher w;
	(void)state;
	running_build(&w);
	append_log(ID, "old new");
	watch(&w, 4);
	finish(&w, "new");
}

void follow_survives_truncation_and_rotation(void **state)
{
	struct watcher w;
	(void)state;
	running_build(&w);
	append_log(ID, "first\n");
	watch(&w, 0);
	wait_bytes(&w, 6);
	put_file(ID, "log", "2\n"); /* shorter: it begins anew */
	wait_bytes(&w, 8);
	AUTO_STR log = build_file(ID, "log");
	AUTO_STR old = build_file(ID, "log.old");
	assert_int_equal(rename(log, old), 0);
	append_log(ID, "third and longer\n");
	wait_bytes(&w, 25);
	finish(&w, "first\n2\nthird and longer\n");
}

void follow_ends_when_the_worker_dies(void **state)
{
	struct watcher w;
	(void)state;
	running_build(&w);
	append_log(ID, "x");
	watch(&w, 0);
	wait_bytes(&w, 1);
	close(w.lock);
	turn_until(w.l, &w.ended);
	assert_int_equal(w.final, BUILD_LOST);
	buf_fini(&w.got);
	loop_free(w.l);
}

void follow_of_no_build(void **state)
{
	static const char *const ids[] = { ID, "../../etc/passwd", "" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct watcher w = { .l = loop_new() };
		build_follow(w.l, ids[i], 0, on_piece, on_end, &w);
		assert_false(w.ended);
		turn_until(w.l, &w.ended);
		assert_int_equal(w.err.code, ERR_NOT_FOUND);
		loop_free(w.l);
	}
}

void unfollow_in_the_callback(void **state)
{
	struct watcher w;
	(void)state;
	running_build(&w);
	w.stop_at_first = true;
	append_log(ID, "x");
	watch(&w, 0);
	wait_bytes(&w, 1);
	append_log(ID, "y");
	loop_turn(w.l, false);
	assert_int_equal(w.got.len, 1);
	close(w.lock);
	buf_fini(&w.got);
	loop_free(w.l);
}
