/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stops: for a moment they can be taken back; then they go on to their end, also when berth is told to leave. */
#include "app/app_impl.h"

struct pending_stop {
	struct app *app;
	char *session;
	enum app_stop how;
	struct loop_timer *timer;
	uint64_t at_ms;
	struct ask *ask;
	struct pending_stop *next;
};

/* ---- waiting ---- */
static void pending_free(struct pending_stop *p)
{
	for (struct pending_stop **at = &p->app->stops; *at; at = &(*at)->next)
		if (*at == p) {
			*at = p->next;
			break;
		}
	loop_timer_stop(p->timer);
	free(p->session);
	free(p);
}

static void stop_due(void *pending)
{
	struct pending_stop *p = pending;
	struct app *a = p->app;
	struct ask *k = p->ask;
	AUTO_STR session = xstrdup(p->session);
	enum app_stop how = p->how;
	pending_free(p);
	k->close = NULL;
	stopping_begin(a, session, how, k);
}

static bool is_pending(const struct app *a, const char *session)
{
	for (const struct pending_stop *p = a->stops; p; p = p->next)
		if (strcmp(p->session, session) == 0)
			return true;
	return false;
}

static void wait_with(struct ask *k, const char *session, enum app_stop how, unsigned undo_ms)
{
	struct app *a = k->app;
	struct pending_stop *p = xcalloc(1, sizeof *p);
	p->app = a;
	p->session = xstrdup(session);
	p->how = how;
	p->ask = k;
	p->at_ms = loop_now_ms(a->loop) + undo_ms;
	p->timer = loop_timer_start(a->loop, undo_ms, 0, stop_due, p);
	p->next = a->stops;
	a->stops = p;
	k->close = ask_free;
}

static int may_stop(struct app *a, const char *session, struct err *reterr)
{
	struct engine *e;
	int r = refuse_read_only(a, reterr);
	if (r < 0)
		return r;
	if (is_pending(a, session) || is_stopping(a, session))
		return err_set(reterr, ERR_BUSY, "%s is being stopped already", session);
	return known_session(a, session, &e, reterr) ? 0 : -ERR_NOT_FOUND;
}

unsigned app_session_stop(struct app *a, const char *session, enum app_stop how, unsigned undo_ms, app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct err err = { 0 };
	if (may_stop(a, session, &err) < 0)
		return ask_fail(k, &err);
	if (undo_ms)
		wait_with(k, session, how, undo_ms);
	else
		stopping_begin(a, session, how, k);
	return k->number;
}

bool app_undo(struct app *a)
{
	struct pending_stop *p = a->stops;
	struct err err = { 0 };
	if (!p)
		return false;
	app_say(a, MESSAGE_INFO, NULL, "%s goes on", p->session);
	err_set(&err, ERR_CANCELLED, "the stop was taken back");
	struct ask *k = p->ask;
	pending_free(p);
	ask_fail(k, &err);
	return true;
}

const char *app_pending_undo(const struct app *a, unsigned *ret_left_ms)
{
	uint64_t now = loop_now_ms(a->loop);
	if (!a->stops)
		return NULL;
	*ret_left_ms = a->stops->at_ms > now ? (unsigned)(a->stops->at_ms - now) : 0;
	return a->stops->session;
}

/* ---- the end ---- */
bool stops_close(struct app *a)
{
	while (a->stops)
		stop_due(a->stops);
	return !a->stopping;
}

void stops_fini(struct app *a)
{
	while (a->stops)
		pending_free(a->stops); /* their asks are closed with the others */
	stopping_fini(a);
}
