/* SPDX-License-Identifier: GPL-3.0-or-later */
/* File descriptors. What the kernel can't poll (regular files, /dev/null) is always ready, as poll(2) has it. */
#include "loop_impl.h"

struct loop_fd {
	struct handle handle;
	union { uv_handle_t any; uv_poll_t poll; uv_idle_t idle; } uv;
	void (*fn)(void *ctx, unsigned events);
	void *ctx;
	int fd;
	unsigned events;
	bool always_ready, ended;
	bool started;                           /* libuv polls it just now */
};

static void fd_apply(struct loop_fd *w);

static void fd_ready(uv_poll_t *h, int status, int uv_events)
{
	struct loop_fd *w = h->data;
	unsigned events = (uv_events & UV_READABLE ? LOOP_READ : 0) | (uv_events & UV_WRITABLE ? LOOP_WRITE : 0) |
	                  (uv_events & UV_DISCONNECT ? LOOP_HUP : 0);
	if (status < 0) {
		/* An error waits in the descriptor, and libuv has stopped polling it. Whoever wanted to read or write learns the
		 * error by doing so; when it goes on watching, so do we. */
		events = w->events | LOOP_HUP;
		w->started = false;
	}
	if (w->events)
		w->fn(w->ctx, events);
	if (!w->ended && !w->started)
		fd_apply(w);
}

static void fd_always_ready(uv_idle_t *h)
{
	struct loop_fd *w = h->data;
	w->fn(w->ctx, w->events & (LOOP_READ | LOOP_WRITE));
}

static void fd_apply(struct loop_fd *w)
{
	w->started = w->events != 0;
	if (w->always_ready) {
		if (w->events & (LOOP_READ | LOOP_WRITE))
			uv_idle_start(&w->uv.idle, fd_always_ready);
		else
			uv_idle_stop(&w->uv.idle);
		return;
	}
	int uv_events = (w->events & LOOP_READ ? UV_READABLE : 0) | (w->events & LOOP_WRITE ? UV_WRITABLE : 0) |
	                (w->events & LOOP_HUP ? UV_DISCONNECT : 0);
	if (uv_events)
		uv_poll_start(&w->uv.poll, uv_events, fd_ready);
	else
		uv_poll_stop(&w->uv.poll);
}

static void fd_end(struct handle *h)
{
	loop_fd_unwatch((struct loop_fd *)h);
}

struct loop_fd *loop_fd_watch(struct loop *l, int fd, unsigned events, void (*fn)(void *ctx, unsigned events), void *ctx)
{
	struct loop_fd *w = xcalloc(1, sizeof *w);
	w->fn = fn;
	w->ctx = ctx;
	w->fd = fd;
	w->events = events;
	int r = uv_poll_init(&l->uv, &w->uv.poll, fd);
	if (r == UV_EEXIST)
		BUG("descriptor %d is watched twice", fd);
	if (r == UV_EBADF)
		BUG("descriptor %d is watched but not open", fd);
	if (r) {
		w->always_ready = true;
		uv_idle_init(&l->uv, &w->uv.idle);
	}
	w->uv.any.data = w;
	handle_link(l, &w->handle, "a file descriptor", fd_end);
	fd_apply(w);
	return w;
}

void loop_fd_change(struct loop_fd *w, unsigned events)
{
	if (w->events == events && w->started)
		return;
	w->events = events;
	fd_apply(w);
}

void loop_fd_unwatch(struct loop_fd *w)
{
	if (!w)
		return;
	w->ended = true;
	w->events = 0;
	handle_unlink(&w->handle);
	uv_close(&w->uv.any, free_on_close);
}
