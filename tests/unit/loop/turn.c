/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Timers, deferred calls, hooks and the turn itself, mostly under the virtual clock. */
#include <signal.h>
#include "berth/vec.h"
#include "tests.h"

static char trace[256];
static struct loop *loop;

static void trace_start(struct loop *l)
{
	loop = l;
	trace[0] = '\0';
}

static void *name(const char *literal)
{
	return (void *)(uintptr_t)literal;
}

static void note(void *ctx)
{
	size_t n = strlen(trace);
	assert_true(n + 2 < sizeof trace);
	trace[n] = *(const char *)ctx;
	trace[n + 1] = '\0';
}

void timers_fire_in_order(void **state)
{
	struct loop *l = loop_new_virtual();
	trace_start(l);
	static const struct { uint64_t at; const char *name; } rows[] = { { 30, "c" }, { 10, "a" }, { 10, "b" }, { 40, "d" }, { 0, "0" } };
	struct loop_timer *t[ARRAY_LEN(rows)];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		t[i] = loop_timer_start(l, rows[i].at, 0, note, name(rows[i].name));
	loop_advance(l, 9);
	assert_string_equal(trace, "0");
	loop_advance(l, 1);
	assert_string_equal(trace, "0ab");
	loop_advance(l, 1000);
	assert_string_equal(trace, "0abcd");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		loop_timer_stop(t[i]);
	loop_free(l);
}

static struct loop_timer *first, *second;
static void stop_both(void *ctx)
{
	note(ctx);
	loop_timer_stop(first);
	loop_timer_stop(second);
	first = second = NULL;
}

void timer_stops_itself_and_another(void **state)
{
	struct loop *l = loop_new_virtual();
	trace_start(l);
	first = loop_timer_start(l, 5, 5, stop_both, name("x"));
	second = loop_timer_start(l, 5, 0, note, name("y"));
	loop_advance(l, 100);
	assert_string_equal(trace, "x");
	loop_timer_stop(NULL);
	assert_false(loop_turn(l, false));
	loop_free(l);
}

void timer_repeats_and_rearms(void **state)
{
	struct loop *l = loop_new_virtual();
	trace_start(l);
	struct loop_timer *t = loop_timer_start(l, 1, 10, note, name("t"));
	loop_advance(l, 31);
	assert_string_equal(trace, "tttt");
	loop_timer_again(t, 100);
	loop_advance(l, 99);
	assert_string_equal(trace, "tttt");
	loop_advance(l, 1);
	assert_string_equal(trace, "ttttt");
	loop_timer_stop(t);
	loop_free(l);
}

static void count(void *ctx)
{
	++*(unsigned *)ctx;
}

void virtual_day_is_fast(void **state)
{
	struct loop *l = loop_new_virtual();
	unsigned n = 0;
	uint64_t start = loop_now_ms(l);
	struct loop_timer *t = loop_timer_start(l, 1000, 1000, count, &n);
	loop_advance(l, 86400000);
	assert_int_equal(n, 86400);
	assert_int_equal(loop_now_ms(l) - start, 86400000);
	loop_timer_stop(t);
	loop_free(l);
}

static uint64_t last_due;
static void check_order(void *ctx)
{
	uint64_t now = loop_now_ms(loop);
	assert_true(now >= last_due);
	last_due = now;
	++*(unsigned *)ctx;
}

void timer_heap_survives_random_stops(void **state)
{
	enum { N = 2000 };
	static struct loop_timer *t[N];
	struct loop *l = loop_new_virtual();
	trace_start(l);
	last_due = 0;
	unsigned fired = 0, kept = 0, seed = 7;
	for (int i = 0; i < N; i++) {
		seed = seed * 1103515245 + 12345;
		t[i] = loop_timer_start(l, (seed >> 8) % 997, 0, check_order, &fired);
	}
	for (int i = 0; i < N; i++) {
		seed = seed * 1103515245 + 12345;
		if ((seed >> 16) % 3) {
			kept++;
			continue;
		}
		loop_timer_stop(t[i]);
		t[i] = NULL;
	}
	loop_advance(l, 1000);
	assert_int_equal(fired, kept);
	for (int i = 0; i < N; i++)
		loop_timer_stop(t[i]);
	loop_free(l);
}

static void never_signal(void *ctx, int signo)
{
	fail_msg("signal %d", signo);
}

static void raise_flag(void *ctx)
{
	*(bool *)ctx = true;
}

void real_timer_ends_the_wait(void **state)
{
	struct loop *l = loop_new();
	bool rang = false;
	uint64_t start = loop_now_ms(l);
	struct loop_timer *t = loop_timer_start(l, 20, 0, raise_flag, &rang);
	loop_run(l); /* ends by itself: a timer that fired is nothing to wait for */
	assert_true(rang);
	assert_in_range(loop_now_ms(l) - start, 20, 4000);
	loop_timer_stop(t);
	loop_free(l);
}

static void defer_more(void *ctx)
{
	note(ctx);
	loop_defer(loop, note, name("m"));
}

void deferred_run_once_in_order(void **state)
{
	struct loop *l = loop_new();
	trace_start(l);
	loop_defer(l, note, name("1"));
	loop_defer(l, note, name("2"));
	loop_defer(l, note, name("1"));
	assert_string_equal(trace, "");
	loop_run(l);
	assert_string_equal(trace, "121");
	loop_free(l);
}

void turn_does_not_wait_after_deferred(void **state)
{
	struct loop *l = loop_new();
	struct loop_signal *forever = loop_signal_watch(l, SIGURG, never_signal, NULL);
	bool ran = false;
	loop_defer(l, raise_flag, &ran);
	loop_turn(l, true); /* would hang here */
	assert_true(ran);
	loop_signal_unwatch(forever);
	loop_free(l);
}

static void cancel_b(void *ctx)
{
	loop_defer_cancel(loop, note, ctx);
}

void deferred_can_be_cancelled(void **state)
{
	struct loop *l = loop_new();
	trace_start(l);
	static char a[] = "a", b[] = "b";
	loop_defer(l, note, a);
	loop_defer(l, cancel_b, b);
	loop_defer(l, note, b);
	loop_run(l);
	assert_string_equal(trace, "a");
	loop_free(l);
}

void deferred_from_deferred_waits_a_turn(void **state)
{
	struct loop *l = loop_new();
	trace_start(l);
	struct loop_hook *h = loop_hook_add(l, note, name("."));
	loop_defer(l, defer_more, name("d"));
	loop_run(l); /* must not wait with a call pending */
	assert_string_equal(trace, "d.m.");
	loop_hook_remove(h);
	loop_free(l);
}

void hooks_run_after_deferred(void **state)
{
	struct loop *l = loop_new_virtual();
	trace_start(l);
	struct loop_hook *h = loop_hook_add(l, note, name("h"));
	struct loop_timer *t = loop_timer_start(l, 10, 0, defer_more, name("t"));
	loop_advance(l, 10);
	assert_non_null(strstr(trace, "tmh"));
	loop_timer_stop(t);
	loop_hook_remove(h);
	loop_free(l);
}

static struct loop_hook *hooks[3];
static void remove_all_hooks(void *ctx)
{
	note(ctx);
	for (int i = 0; i < 3; i++) {
		loop_hook_remove(hooks[i]);
		hooks[i] = NULL;
	}
}

void hook_removes_itself_and_others(void **state)
{
	struct loop *l = loop_new();
	trace_start(l);
	hooks[0] = loop_hook_add(l, note, name("1"));
	hooks[1] = loop_hook_add(l, remove_all_hooks, name("2"));
	hooks[2] = loop_hook_add(l, note, name("3"));
	loop_turn(l, false);
	assert_string_equal(trace, "12");
	loop_free(l);
}

void run_ends_when_nothing_is_left(void **state)
{
	struct loop *l = loop_new();
	loop_run(l);
	struct loop_hook *h = loop_hook_add(l, note, name("h")); /* a hook alone can't ever happen */
	loop_run(l);
	loop_hook_remove(h);
	loop_free(l);
	loop_free(NULL);
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

void run_stops(void **state)
{
	struct loop *l = loop_new();
	unsigned n = 0;
	struct loop_timer *t = loop_timer_start(l, 1, 1, stop, l), *u = loop_timer_start(l, 3600000, 0, count, &n);
	loop_run(l);
	loop_stop(l); /* before the run counts too: whoever can't set itself up says so */
	loop_run(l);
	assert_int_equal(n, 0);
	loop_timer_stop(t);
	loop_timer_stop(u);
	loop_free(l);
}

static void never(void *ctx)
{
	fail_msg("called after the loop's end");
}

static void never_fd(void *ctx, unsigned events)
{
	fail_msg("called after the loop's end");
}

void leftovers_are_ended(void **state)
{
	struct loop *l = loop_new();
	loop_timer_start(l, 0, 0, never, NULL);
	loop_hook_add(l, never, NULL);
	loop_defer(l, never, NULL);
	loop_fd_watch(l, 0, LOOP_WRITE, never_fd, NULL);
	assert_non_null(loop_path_watch(l, "/tmp", never, NULL, NULL));
	loop_free(l); /* no leak: the sanitizer looks */
}
