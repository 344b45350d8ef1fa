/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/app_impl.h"

struct ask *ask_new(struct app *a, app_end_fn end, void *ctx)
{
	struct ask *k = xcalloc(1, sizeof *k);
	k->app = a;
	k->end = end;
	k->ctx = ctx;
	k->number = ++a->next_number;
	k->next = a->asks;
	a->asks = k;
	return k;
}

static void unlink_ask(struct ask *k)
{
	if (!k->app)
		return;
	for (struct ask **p = &k->app->asks; *p; p = &(*p)->next)
		if (*p == k) {
			*p = k->next;
			return;
		}
}

void ask_free(struct ask *k)
{
	unlink_ask(k);
	free(k->text);
	free(k);
}

bool ask_heard(const struct ask *k)
{
	return k->app && !k->forgotten;
}

void ask_end(void *ask, const struct err *err)
{
	struct ask *k = ask;
	app_end_fn end = ask_heard(k) ? k->end : NULL;
	void *ctx = k->ctx;
	ask_free(k);
	if (end)
		end(ctx, err);
}

static void fail_now(void *ask)
{
	struct ask *k = ask;
	struct err err = k->err;
	ask_end(k, &err);
}

static void fail_close(struct ask *k)
{
	loop_defer_cancel(k->app->loop, fail_now, k);
	ask_free(k);
}

unsigned ask_fail(struct ask *k, const struct err *err)
{
	k->err = *err;
	k->close = fail_close;
	loop_defer(k->app->loop, fail_now, k);
	return k->number;
}

void app_forget(struct app *a, unsigned number)
{
	for (struct ask *k = a->asks; k; k = k->next) {
		if (k->number != number)
			continue;
		k->forgotten = true;
		if (k->idle_once_forgotten && k->cancel)
			k->cancel(k->call); /* k may be gone */
		return;
	}
}

void asks_forget(struct app *a)
{
	for (struct ask *k = a->asks; k; k = k->next)
		k->forgotten = true;
}

/* Those that wait for a port are ended by its end, which may come after us. */
void asks_close(struct app *a)
{
	while (a->asks) {
		struct ask *k = a->asks;
		if (k->close) {
			k->close(k);
			continue;
		}
		a->asks = k->next;
		k->app = NULL;
		if (k->cancel)
			k->cancel(k->call);
	}
}
