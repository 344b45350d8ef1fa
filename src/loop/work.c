/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers: closed boxes on libuv's threads, and the queue by which they hand over pieces before they end. */
#include <stdatomic.h>
#include "loop_impl.h"

/* A worker that posts faster than the loop delivers waits at this many bytes. */
enum { POSTS_MAX_BYTES = 1 << 20 };

struct loop_work {
	uv_work_t uv;
	struct loop *loop;
	struct loop_work *prev, *next;
	void (*process)(struct loop_work *w, void *ctx);
	void (*done)(void *ctx, bool cancelled);
	void *ctx;
	atomic_bool cancelled;
};

/* Always called with the lock held. */
static struct post *posts_take_all(struct posts *ps)
{
	struct post *all = ps->first;
	ps->first = NULL;
	ps->last = &ps->first;
	ps->bytes = 0;
	uv_cond_broadcast(&ps->room);
	return all;
}

void posts_deliver(struct loop *l)
{
	uv_mutex_lock(&l->posts.lock);
	struct post *p = posts_take_all(&l->posts);
	uv_mutex_unlock(&l->posts.lock);
	while (p) {
		struct post *next = p->next;
		if (!loop_work_cancelled(p->work))
			p->fn(p->work->ctx, p->item, p->n);
		free(p);
		p = next;
	}
}

static void posts_woken(uv_async_t *a)
{
	posts_deliver(a->data);
}

void posts_init(struct loop *l)
{
	struct posts *ps = &l->posts;
	ps->last = &ps->first;
	uv_mutex_init(&ps->lock);
	uv_cond_init(&ps->room);
	uv_async_init(&l->uv, &ps->wake, posts_woken);
	uv_unref((uv_handle_t *)&ps->wake);     /* work under way keeps the loop alive, the door bell does not */
	ps->wake.data = l;
}

void loop_work_post(struct loop_work *w, void (*fn)(void *ctx, const void *item, size_t n), const void *item, size_t n)
{
	struct posts *ps = &w->loop->posts;
	struct post *p = xmalloc(sizeof *p + n);
	*p = (struct post){ .work = w, .fn = fn, .n = n };
	if (n)
		memcpy(p->item, item, n);
	uv_mutex_lock(&ps->lock);
	while (ps->bytes >= POSTS_MAX_BYTES && !loop_work_cancelled(w))
		uv_cond_wait(&ps->room, &ps->lock);
	if (loop_work_cancelled(w)) {
		uv_mutex_unlock(&ps->lock);
		free(p);
		return;
	}
	*ps->last = p;
	ps->last = &p->next;
	ps->bytes += sizeof *p + n;
	uv_mutex_unlock(&ps->lock);
	uv_async_send(&ps->wake);
}

bool loop_has_work(const struct loop *l)
{
	return l->works != NULL;
}

struct loop_work *works_next(const struct loop_work *w)
{
	return w->next;
}

static void work_process(uv_work_t *req)
{
	struct loop_work *w = req->data;
	if (!loop_work_cancelled(w))
		w->process(w, w->ctx);
}

static void work_unlink(struct loop_work *w)
{
	if (w->prev)
		w->prev->next = w->next;
	else
		w->loop->works = w->next;
	if (w->next)
		w->next->prev = w->prev;
}

static void work_done(uv_work_t *req, int status)
{
	struct loop_work *w = req->data;
	posts_deliver(w->loop);
	work_unlink(w);
	w->done(w->ctx, loop_work_cancelled(w));
	free(w);
}

struct loop_work *loop_work_submit(struct loop *l, void (*process)(struct loop_work *w, void *ctx),
                                   void (*done)(void *ctx, bool cancelled), void *ctx)
{
	struct loop_work *w = xcalloc(1, sizeof *w);
	w->uv.data = w;
	w->loop = l;
	w->process = process;
	w->done = done;
	w->ctx = ctx;
	w->next = l->works;
	if (l->works)
		l->works->prev = w;
	l->works = w;
	uv_queue_work(&l->uv, &w->uv, work_process, work_done);
	return w;
}

void loop_work_cancel(struct loop_work *w)
{
	if (!w)
		return;
	uv_mutex_lock(&w->loop->posts.lock);
	atomic_store(&w->cancelled, true);
	uv_cond_broadcast(&w->loop->posts.room); /* it may wait there */
	uv_mutex_unlock(&w->loop->posts.lock);
	uv_cancel((uv_req_t *)&w->uv);           /* fails when it runs already: then its end comes in its own time */
}

bool loop_work_cancelled(const struct loop_work *w)
{
	return atomic_load(&w->cancelled);
}
