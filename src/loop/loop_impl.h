/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LOOP_IMPL_H
#define LOOP_IMPL_H
/*
 * What the files of this room share. Every handle begins with a struct handle, through which loop_free() finds what its
 * owner has forgotten. Memory that libuv may still look at is freed by uv_close()'s callback only.
 */
#include <uv.h>
#include "berth/log.h"
#include "berth/loop.h"
#include "berth/vec.h"

struct handle {
	struct loop *loop;
	struct handle *prev, *next;
	const char *what;                       /* for the report of what was left */
	void (*end)(struct handle *h);          /* the handle's own _stop or _unwatch */
};
void handle_link(struct loop *l, struct handle *h, const char *what, void (*end)(struct handle *h));
void handle_unlink(struct handle *h);

struct deferred { void (*fn)(void *ctx); void *ctx; };  /* fn NULL: cancelled */
struct loop_hook { struct loop *loop; void (*fn)(void *ctx); void *ctx; };

/* Timers are a heap of our own in both kinds of loop, so that the virtual clock runs the same code as the real one; a
 * single uv_timer, armed for the first one due, ends the wait. */
struct timers { VEC(struct loop_timer *) heap; uint64_t n_started; };
void timers_run_due(struct loop *l, uint64_t until_ms);
bool timers_next_due(const struct loop *l, uint64_t *ret_ms);

/* What workers have posted and the loop has not delivered yet. */
struct post {
	struct post *next;
	struct loop_work *work;
	void (*fn)(void *ctx, const void *item, size_t n);
	size_t n;
	unsigned char item[];
};
struct posts {
	uv_mutex_t lock;
	uv_cond_t room;
	uv_async_t wake;
	struct post *first, **last;
	size_t bytes;
};
void posts_init(struct loop *l);
void posts_deliver(struct loop *l);
struct loop_work *works_next(const struct loop_work *w);

struct loop {
	uv_loop_t uv;
	uv_timer_t alarm;
	struct timers timers;
	struct posts posts;
	VEC(struct deferred) deferred;
	VEC(struct loop_hook *) hooks;          /* NULL: removed while they ran */
	struct handle *handles;
	struct loop_work *works;
	uint64_t virtual_ms;
	bool is_virtual, in_turn, in_hooks, stop;
};

/* Frees the memory that h->data points to. */
void free_on_close(uv_handle_t *h);
#endif
