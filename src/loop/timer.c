/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Timers: a binary heap by time, then by the order of arming. */
#include "loop_impl.h"

struct loop_timer {
	struct handle handle;
	void (*fn)(void *ctx);
	void *ctx;
	uint64_t due_ms, repeat_ms, order;
	size_t at;                              /* place in the heap, NOWHERE when not armed */
};
#define NOWHERE SIZE_MAX

static bool before(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void place(struct timers *ts, struct loop_timer *t, size_t at)
{
	ts->heap.items[at] = t;
	t->at = at;
}

static void sift_up(struct timers *ts, struct loop_timer *t, size_t at)
{
	while (at && before(t, ts->heap.items[(at - 1) / 2])) {
		place(ts, ts->heap.items[(at - 1) / 2], at);
		at = (at - 1) / 2;
	}
	place(ts, t, at);
}

static void sift_down(struct timers *ts, struct loop_timer *t, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= ts->heap.len)
			break;
		if (child + 1 < ts->heap.len && before(ts->heap.items[child + 1], ts->heap.items[child]))
			child++;
		if (!before(ts->heap.items[child], t))
			break;
		place(ts, ts->heap.items[child], at);
		at = child;
	}
	place(ts, t, at);
}

static void disarm(struct loop_timer *t)
{
	struct timers *ts = &t->handle.loop->timers;
	if (t->at == NOWHERE)
		return;
	size_t at = t->at;
	struct loop_timer *last = ts->heap.items[--ts->heap.len];
	t->at = NOWHERE;
	if (last == t)
		return;
	if (at && before(last, ts->heap.items[(at - 1) / 2]))
		sift_up(ts, last, at);
	else
		sift_down(ts, last, at);
}

static void arm(struct loop_timer *t, uint64_t due_ms)
{
	struct timers *ts = &t->handle.loop->timers;
	disarm(t);
	t->due_ms = due_ms;
	t->order = ts->n_started++;
	VEC_PUSH(&ts->heap, t);
	sift_up(ts, t, ts->heap.len - 1);
}

static uint64_t later(uint64_t now_ms, uint64_t delay_ms)
{
	return delay_ms > UINT64_MAX - now_ms ? UINT64_MAX : now_ms + delay_ms;
}

static void timer_end(struct handle *h)
{
	loop_timer_stop((struct loop_timer *)h);
}

struct loop_timer *loop_timer_start(struct loop *l, uint64_t delay_ms, uint64_t repeat_ms, void (*fn)(void *ctx), void *ctx)
{
	struct loop_timer *t = xcalloc(1, sizeof *t);
	handle_link(l, &t->handle, "a timer", timer_end);
	t->fn = fn;
	t->ctx = ctx;
	t->repeat_ms = repeat_ms;
	t->at = NOWHERE;
	arm(t, later(loop_now_ms(l), delay_ms));
	return t;
}

void loop_timer_again(struct loop_timer *t, uint64_t delay_ms)
{
	arm(t, later(loop_now_ms(t->handle.loop), delay_ms));
}

void loop_timer_stop(struct loop_timer *t)
{
	if (!t)
		return;
	disarm(t);
	handle_unlink(&t->handle);
	free(t);
}

bool timers_next_due(const struct loop *l, uint64_t *ret_ms)
{
	if (!l->timers.heap.len)
		return false;
	*ret_ms = l->timers.heap.items[0]->due_ms;
	return true;
}

void timers_run_due(struct loop *l, uint64_t until_ms)
{
	/* Those armed by the callbacks below wait for the next turn, also when they are due at once. */
	uint64_t newest = l->timers.n_started;
	while (l->timers.heap.len) {
		struct loop_timer *t = l->timers.heap.items[0];
		if (t->due_ms > until_ms || t->order >= newest)
			return;
		disarm(t);
		if (t->repeat_ms)               /* ticks that were missed are not made up for */
			arm(t, MAX_OF(later(t->due_ms, t->repeat_ms), until_ms + 1));
		t->fn(t->ctx);
	}
}
