/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop_impl.h"

struct loop_signal {
	struct handle handle;
	uv_signal_t uv;
	void (*fn)(void *ctx, int signo);
	void *ctx;
};

static void signal_came(uv_signal_t *h, int signo)
{
	struct loop_signal *w = h->data;
	w->fn(w->ctx, signo);
}

static void signal_end(struct handle *h)
{
	loop_signal_unwatch((struct loop_signal *)h);
}

struct loop_signal *loop_signal_watch(struct loop *l, int signo, void (*fn)(void *ctx, int signo), void *ctx)
{
	struct loop_signal *w = xcalloc(1, sizeof *w);
	w->fn = fn;
	w->ctx = ctx;
	w->uv.data = w;
	int r = uv_signal_init(&l->uv, &w->uv);
	if (!r)
		r = uv_signal_start(&w->uv, signal_came, signo);
	if (r)
		BUG("signal %d can't be watched: %s", signo, uv_strerror(r));
	handle_link(l, &w->handle, "a signal", signal_end);
	return w;
}

void loop_signal_unwatch(struct loop_signal *w)
{
	if (!w)
		return;
	handle_unlink(&w->handle);
	uv_close((uv_handle_t *)&w->uv, free_on_close);
}
