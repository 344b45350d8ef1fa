/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The turn itself: wait, dispatch, run timers, then what was deferred, then the hooks. */
#include <signal.h>
#include "loop_impl.h"

/* With a clock that stands still a wait can't end by a timer; it ends after so long to let the caller look around. */
enum { VIRTUAL_WAIT_MS = 5 };

void handle_link(struct loop *l, struct handle *h, const char *what, void (*end)(struct handle *h))
{
	*h = (struct handle){ .loop = l, .next = l->handles, .what = what, .end = end };
	if (l->handles)
		l->handles->prev = h;
	l->handles = h;
}

void handle_unlink(struct handle *h)
{
	if (h->prev)
		h->prev->next = h->next;
	else
		h->loop->handles = h->next;
	if (h->next)
		h->next->prev = h->prev;
	h->prev = h->next = NULL;
}

void free_on_close(uv_handle_t *h)
{
	free(h->data);
}

static void alarm_rang(uv_timer_t *t)
{
	/* It only ends the wait: the turn runs what is due. */
}

static struct loop *loop_make(bool is_virtual)
{
	/* A peer that hangs up is an error of write(), never the end of the program. */
	signal(SIGPIPE, SIG_IGN);
	struct loop *l = xcalloc(1, sizeof *l);
	int r = uv_loop_init(&l->uv);
	if (r)
		BUG("no event loop: %s", uv_strerror(r));
	l->is_virtual = is_virtual;
	l->virtual_ms = 1000000;                /* not 0, so that "never" and "at the start" differ */
	uv_timer_init(&l->uv, &l->alarm);
	posts_init(l);
	return l;
}

struct loop *loop_new(void)
{
	return loop_make(false);
}

struct loop *loop_new_virtual(void)
{
	return loop_make(true);
}

static void end_leftovers(struct loop *l)
{
	while (l->handles) {
		log_debug("loop", "still registered at the end: %s", l->handles->what);
		l->handles->end(l->handles);
	}
	for (struct loop_work *w = l->works; w; w = works_next(w))
		loop_work_cancel(w);
	for (size_t i = 0; i < l->hooks.len; i++)
		free(l->hooks.items[i]);
	VEC_FINI(&l->hooks);
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->in_turn)
		BUG("loop_free within a callback of the same loop");
	end_leftovers(l);
	/* Ends of work may register again; the workers' threads must have let go of everything before memory goes. */
	do {
		uv_run(&l->uv, UV_RUN_DEFAULT);
		end_leftovers(l);
	} while (l->works || uv_loop_alive(&l->uv));
	posts_deliver(l);
	uv_close((uv_handle_t *)&l->alarm, NULL);
	uv_close((uv_handle_t *)&l->posts.wake, NULL);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	int r = uv_loop_close(&l->uv);
	if (r)
		BUG("the loop has open handles at its end: %s", uv_strerror(r));
	uv_mutex_destroy(&l->posts.lock);
	uv_cond_destroy(&l->posts.room);
	VEC_FINI(&l->deferred);
	VEC_FINI(&l->timers.heap);
	free(l);
}

uint64_t loop_now_ms(const struct loop *l)
{
	return l->is_virtual ? l->virtual_ms : uv_hrtime() / 1000000;
}

int loop_backend_fd(const struct loop *l)
{
	return uv_backend_fd(&l->uv);
}

/* ---- deferred calls and hooks ------------------------------------------------------------------------------------------ */
void loop_defer(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	VEC_PUSH(&l->deferred, ((struct deferred){ fn, ctx }));
}

void loop_defer_cancel(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	for (size_t i = 0; i < l->deferred.len; i++)
		if (l->deferred.items[i].fn == fn && l->deferred.items[i].ctx == ctx)
			l->deferred.items[i].fn = NULL;
}

static void run_deferred(struct loop *l)
{
	/* What a deferred call defers waits for the next turn: a call that defers itself must not starve descriptors. */
	size_t n = l->deferred.len;
	for (size_t i = 0; i < n; i++) {
		struct deferred d = l->deferred.items[i];
		l->deferred.items[i].fn = NULL;
		if (d.fn)
			d.fn(d.ctx);
	}
	size_t kept = l->deferred.len - n;
	if (kept)
		memmove(l->deferred.items, l->deferred.items + n, kept * sizeof *l->deferred.items);
	l->deferred.len = kept;
}

struct loop_hook *loop_hook_add(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	struct loop_hook *h = xmalloc(sizeof *h);
	*h = (struct loop_hook){ l, fn, ctx };
	VEC_PUSH(&l->hooks, h);
	return h;
}

void loop_hook_remove(struct loop_hook *h)
{
	if (!h)
		return;
	struct loop *l = h->loop;
	for (size_t i = 0; i < l->hooks.len; i++) {
		if (l->hooks.items[i] != h)
			continue;
		if (l->in_hooks)
			l->hooks.items[i] = NULL;
		else
			VEC_REMOVE(&l->hooks, i);
		break;
	}
	free(h);
}

static void run_hooks(struct loop *l)
{
	l->in_hooks = true;
	size_t n = l->hooks.len;                /* one added meanwhile starts with the next turn */
	for (size_t i = 0; i < n; i++)
		if (l->hooks.items[i])
			l->hooks.items[i]->fn(l->hooks.items[i]->ctx);
	l->in_hooks = false;
	size_t kept = 0;
	for (size_t i = 0; i < l->hooks.len; i++)
		if (l->hooks.items[i])
			l->hooks.items[kept++] = l->hooks.items[i];
	l->hooks.len = kept;
}

static void settle(struct loop *l)
{
	run_deferred(l);
	run_hooks(l);
}

/* ---- turns ------------------------------------------------------------------------------------------------------------- */
static bool is_alive(const struct loop *l)
{
	uint64_t due;
	return l->deferred.len || timers_next_due(l, &due) || uv_loop_alive(&l->uv);
}

/* Waits for descriptors, workers and the next timer (not at all unless `wait`), and calls those whose time has come. */
static void dispatch(struct loop *l, bool wait)
{
	uint64_t due = 0, now = loop_now_ms(l);
	bool have_timer = timers_next_due(l, &due);
	wait = wait && !l->stop && !l->deferred.len && !(have_timer && due <= now);
	if (!wait || l->is_virtual || have_timer) { /* without any handle alive libuv would not even look */
		uint64_t wait_ms = l->is_virtual ? VIRTUAL_WAIT_MS : due - now;
		uv_update_time(&l->uv);
		/* It repeats: libuv before 1.45 runs timers first, and one that rang before the wait would leave that without an end. */
		uv_timer_start(&l->alarm, alarm_rang, wait ? wait_ms : 0, 1);
	}
	uv_run(&l->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
	uv_timer_stop(&l->alarm);
	timers_run_due(l, loop_now_ms(l));
}

static void enter(struct loop *l, const char *what)
{
	if (l->in_turn)
		BUG("%s within a callback of the same loop", what);
	l->in_turn = true;
}

bool loop_turn(struct loop *l, bool wait)
{
	enter(l, "loop_turn");
	/* What was deferred may be all that the caller waits for: then it must look before the loop waits. */
	wait = wait && !l->deferred.len;
	settle(l);
	dispatch(l, wait);
	settle(l);
	l->in_turn = false;
	return is_alive(l);
}

void loop_run(struct loop *l)
{
	enter(l, "loop_run");
	settle(l);
	while (!l->stop && is_alive(l)) {
		dispatch(l, /* wait= */ true);
		settle(l);
	}
	l->stop = false;
	l->in_turn = false;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

void loop_advance(struct loop *l, uint64_t ms)
{
	if (!l->is_virtual)
		BUG("loop_advance on a loop with the real clock");
	enter(l, "loop_advance");
	uint64_t until = l->virtual_ms + ms, due;
	settle(l);
	dispatch(l, /* wait= */ false);
	settle(l);
	while (timers_next_due(l, &due) && due <= until) {
		l->virtual_ms = MAX_OF(due, l->virtual_ms);
		dispatch(l, /* wait= */ false);
		settle(l);
	}
	l->virtual_ms = until;
	l->in_turn = false;
}
