/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stop that has begun: noted, stopped, saved, and what is to go removed; saved after it is stopped, so that nothing is written in
 * between. Each step says what it found, so that one that was broken off can be begun again from the start, by anybody. What could
 * not be seen to be saved stays.
 */
#include "app/app_impl.h"
#include "berth/git.h"
#include "berth/log.h"

enum { STOP_TIMEOUT_S = 10 };

struct stopping {                  /* a request that stands in a list, not in a slot */
	struct request base;
	struct request *self;
	struct ask *ask;
	struct session session;        /* as it was when it began */
	enum app_stop how;
	bool saved;                    /* work of it, just now */
	struct err unsaved;            /* why its work could not be saved; code 0: it was, or need not be */
	struct stopping *next;
};

bool is_stopping(const struct app *a, const char *session)
{
	for (const struct stopping *t = a->stopping; t; t = t->next)
		if (strcmp(t->session.name, session) == 0)
			return true;
	return false;
}

static void stopping_free(struct stopping *t)
{
	session_fini(&t->session);
	free(t);
}

static void unlink_stopping(struct app *a, struct stopping *t)
{
	for (struct stopping **p = &a->stopping; *p; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			break;
		}
}

/* For the ends of calls: false when nobody waits for it any more. */
static bool goes_on(struct stopping *t)
{
	if (t->base.app)
		return true;
	ask_end(t->ask, NULL);
	stopping_free(t);
	return false;
}

/* ---- the end ---- */
static const char *identity(const struct stopping *t)
{
	return engine_identity(link_engine(t->base.app));
}

static void stopping_end(struct stopping *t, const struct err *err)
{
	struct app *a = t->base.app;
	struct ask *k = t->ask;
	struct err copy = { 0 };
	request_over(&t->base);
	unlink_stopping(a, t);
	schedule_sessions(a);
	err_copy(&copy, err);
	stopping_free(t);
	ask_end(k, err ? &copy : NULL);
}

static void failed(struct stopping *t, const struct err *err)
{
	AUTO_STR prefix = xasprintf("%s could not be %s: ", t->session.name, t->how == APP_STOP_PAUSE ? "paused" : "stopped");
	if (err->code != ERR_NET) /* of an engine that has gone nobody knows what it did: the next keeper looks, and goes on */
		fate_clear(identity(t), t->session.name);
	if (err->code != ERR_CANCELLED)
		app_say_err(t->base.app, MESSAGE_ERROR, err, prefix);
	stopping_end(t, err);
}

/* ---- stopped, and kept ---- */
static void note_kept(struct stopping *t, enum fate_kind kind, char *why)
{
	const struct session_fate f = { .kind = kind, .why = why };
	struct err err = { 0 };
	if (fate_set(identity(t), t->session.name, &f, &err) < 0)
		log_warn("app", "what became of %s could not be noted: %s", t->session.name, err.text);
}

static void kept_with_unsaved(struct stopping *t)
{
	struct err err = { 0 };
	note_kept(t, FATE_UNSAVED, t->unsaved.text);
	err_set(&err, ERR_CONFLICT, "%s is stopped with unsaved work: %s", t->session.name, t->unsaved.text);
	err_hint(&err, "Its workspace is kept: resume it, stop it again to save it, export it to a tar, or discard it.");
	app_say_err(t->base.app, MESSAGE_WARN, &err, NULL);
	stopping_end(t, &err);
}

static void kept(struct stopping *t)
{
	AUTO_STR why = t->unsaved.code ? xasprintf("its work is only in its workspace: %s", t->unsaved.text) : NULL;
	note_kept(t, FATE_PAUSED, why);
	if (t->unsaved.code)
		app_say(t->base.app, MESSAGE_WARN, t->unsaved.hint, "%s is paused, and its work is only in its workspace: %s", t->session.name, t->unsaved.text);
	else if (app_session_others(&t->session))
		app_say(t->base.app, MESSAGE_GOOD, NULL, "%s is stopped; its workspace is kept for %s, who can go on with it", t->session.name, app_session_others(&t->session));
	else
		app_say(t->base.app, MESSAGE_GOOD, NULL, "%s is %s; its workspace is kept", t->session.name, t->how == APP_STOP_PAUSE ? "paused" : "stopped");
	stopping_end(t, NULL);
}

/* ---- removed ---- */
static void removed(void *stopping, const struct err *err)
{
	struct stopping *t = stopping;
	if (!goes_on(t))
		return;
	if (err) {
		failed(t, err);
		return;
	}
	notes_forget(identity(t), t->session.name);
	app_say(t->base.app, MESSAGE_GOOD, NULL, t->how == APP_STOP_DISCARD ? "%s is removed, with its workspace" : t->saved ? "%s is stopped, and its work is saved" : "%s is stopped", t->session.name);
	stopping_end(t, NULL);
}

static void remove_all(struct stopping *t)
{
	struct app *a = t->base.app;
	t->base.cancel = cancel_session;
	t->base.call = session_stop(link_engine(a), a->loop, &t->session, false, NULL, removed, t);
}

/* ---- saved ---- */
/* What could not be taken along (changes inside of a submodule, say) is a reason to keep the workspace. */
static void save_got(void *stopping, const struct autosave_result *r)
{
	struct stopping *t = stopping;
	if (!t->base.app)
		return;
	if (r->n_notes)
		err_set(&t->unsaved, ERR_CONFLICT, "%s", r->notes[0]);
	for (size_t i = 0; i < r->n_refs; i++)
		t->saved = true, app_say(t->base.app, MESSAGE_GOOD, NULL, "the work of %s is saved as %s", t->session.name, r->refs[i].name);
}

static void save_ended(void *stopping, const struct err *err)
{
	struct stopping *t = stopping;
	if (!goes_on(t))
		return;
	if (err)
		err_copy(&t->unsaved, err);
	if (t->how == APP_STOP_PAUSE)
		kept(t);
	else if (t->unsaved.code)
		kept_with_unsaved(t);
	else
		remove_all(t);
}

static void save(struct stopping *t)
{
	static const struct autosave_events events = { NULL, save_got, save_ended };
	t->base.cancel = save_cancel;
	t->base.call = save_begin(t->base.app, &t->session, false, &events, t);
}

static void container_stopped(void *stopping, const struct err *err)
{
	struct stopping *t = stopping;
	if (!goes_on(t))
		return;
	if (err && err->code != ERR_NOT_FOUND) /* gone: then there is the workspace alone */
		failed(t, err);
	else if (t->how == APP_STOP_KEEP)
		kept(t);
	else
		save(t);
}

static void stop_container(struct stopping *t)
{
	t->base.cancel = cancel_engine;
	t->base.call = engine_stop(link_engine(t->base.app), t->session.container_id, STOP_TIMEOUT_S, container_stopped, t);
}

/* ---- the beginning ---- */
void stopping_begin(struct app *a, const char *session, enum app_stop how, struct ask *k)
{
	struct engine *e;
	struct err err = { 0 };
	const struct session *s = known_session(a, session, &e, &err);
	if (!s) {
		ask_fail(k, &err);
		return;
	}
	if (app_session_others(s) && how != APP_STOP_DISCARD)
		how = APP_STOP_KEEP;
	const struct session_fate f = { .kind = how == APP_STOP_SAVED || how == APP_STOP_DISCARD ? FATE_STOPPING : FATE_PAUSING, .force = how == APP_STOP_DISCARD, .keep = how == APP_STOP_KEEP };
	if (fate_set(engine_identity(e), session, &f, &err) < 0)
		log_warn("app", "that %s is being stopped could not be noted: %s", session, err.text);
	struct stopping *t = xcalloc(1, sizeof *t);
	t->base = (struct request){ .app = a, .slot = &t->self };
	t->self = &t->base;
	t->ask = k;
	t->how = how;
	session_dup(&t->session, s);
	t->next = a->stopping;
	a->stopping = t;
	struct session shown;
	session_dup(&shown, s);
	shown.state = SESSION_STOPPING;
	store_put_session(a->store, &shown);
	if (how == APP_STOP_DISCARD)
		remove_all(t);
	else
		stop_container(t);
}

void stopping_fini(struct app *a)
{
	while (a->stopping) {
		struct stopping *t = a->stopping;
		a->stopping = t->next;
		request_drop(&t->self);
	}
}

/* ---- on again ---- */
struct resuming { struct request base; struct request *self; struct ask *ask; char *session; };

/* What it was before it was stopped says nothing of how long it is idle from now on. */
static void count_anew(const char *engine, const char *session)
{
	struct session_watch w;
	fate_clear(engine, session);
	watch_get(engine, session, &w);
	w.seen_at_s = w.idle_s = w.active = w.warned_at_s = 0;
	watch_set(engine, session, &w, NULL);
}

static void resumed(void *resuming, const struct err *err)
{
	struct resuming *r = resuming;
	struct app *a = r->base.app;
	if (a && !err) {
		count_anew(engine_identity(link_engine(a)), r->session);
		app_say(a, MESSAGE_GOOD, NULL, "%s goes on", r->session);
		keeper_ensure(a);
	} else if (a && err->code != ERR_CANCELLED) {
		AUTO_STR prefix = xasprintf("%s could not be resumed: ", r->session);
		app_say_err(a, MESSAGE_ERROR, err, prefix);
	}
	if (a)
		schedule_sessions(a);
	ask_end(r->ask, err);
	free(r->session);
	free(r);
}

static int may_resume(struct app *a, const struct session *s, struct err *reterr)
{
	int r = refuse_read_only(a, reterr);
	if (r < 0 || (r = refuse_others(s, "can resume it", reterr)) < 0)
		return r;
	if (is_stopping(a, s->name) || s->state == SESSION_STOPPING)
		return err_set(reterr, ERR_BUSY, "%s is being stopped", s->name);
	if (session_is_up(s))
		return err_set(reterr, ERR_CONFLICT, "%s runs already", s->name);
	if (strcmp(s->container_id, s->volume) != 0)
		return 0;
	err_set(reterr, ERR_UNSUPPORTED, "the container of %s is gone: only its workspace is left", s->name);
	return err_hint(reterr, "`berth stop %s` saves what is in it and removes it; then start anew.", s->name), -ERR_UNSUPPORTED;
}

unsigned app_session_resume(struct app *a, const char *session, app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct engine *e;
	struct err err = { 0 };
	const struct session *s = known_session(a, session, &e, &err);
	if (!s || may_resume(a, s, &err) < 0)
		return ask_fail(k, &err);
	struct resuming *r = xcalloc(1, sizeof *r);
	r->ask = k;
	r->session = xstrdup(session);
	r->base = (struct request){ .app = a, .cancel = cancel_session };
	AUTO(git_place_fini) struct git_place place = { 0 };
	inside_place(a, s, &place);
	inside_forget(a, session);
	const struct session_git git = { place.url, place.user, place.password, place.ca_file, NULL, NULL, NULL };
	r->base.call = session_resume(e, a->loop, s, &git, NULL, resumed, r);
	k->cancel = cancel_session;
	k->call = r->base.call;
	return k->number;
}
