/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "call.h"

#include "berth/mem.h"

void *session_call_new(size_t size, struct engine *e, struct loop *l, session_end_fn end, void *ctx)
{
	struct session_call *c = xcalloc(1, size);
	c->engine = e;
	c->loop = l;
	c->end = end;
	c->ctx = ctx;
	return c;
}

void session_call_end(struct session_call *c, const struct err *err)
{
	session_end_fn end = c->end;
	void *ctx = c->ctx;
	struct err cancelled = { 0 };
	if (c->cancelled && !err) {
		err_set(&cancelled, ERR_CANCELLED, "cancelled");
		err = &cancelled;
	}
	loop_timer_stop(c->timer);
	if (c->fini)
		c->fini(c);
	free(c);
	if (end)
		end(ctx, err);
}

bool session_call_back(struct session_call *c, const struct err *err)
{
	c->call = NULL;
	if (!c->cancelled && !(err && err->code == ERR_CANCELLED))
		return true;
	c->cancelled = true;
	session_call_end(c, NULL);
	return false;
}

bool session_call_ok(struct session_call *c, const struct err *err)
{
	if (!session_call_back(c, err))
		return false;
	if (err) {
		struct err copy = *err;
		session_call_end(c, &copy);
	}
	return !err;
}

static void network_gone(void *call, const struct err *err)
{
	struct session_call *c = call;
	(void)err; /* in use after all, or not there */
	c->call = NULL;
	session_call_end(c, NULL);
}

static void one_left(void *call, const struct engine_container *container)
{
	(void)container;
	((struct session_call *)call)->n_left++;
}

static void left_known(void *call, const struct err *err)
{
	struct session_call *c = call;
	c->call = NULL;
	if (err || c->n_left || c->cancelled)
		session_call_end(c, NULL);
	else
		c->call = engine_network_remove(c->engine, SESSION_NETWORK, network_gone, c);
}

void session_call_leave_network(struct session_call *c)
{
	c->n_left = 0;
	c->call = engine_containers(c->engine, LABEL("session"), one_left, left_known, c);
}

void session_cancel(struct session_call *c)
{
	if (!c || c->cancelled)
		return;
	c->cancelled = true;
	if (c->call)
		engine_cancel(c->call); /* its end ends the whole */
	else if (c->timer)
		session_call_end(c, NULL);
	/* else one of its own callbacks asked for it, and sees to the end when it comes back */
}
