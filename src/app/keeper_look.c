/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One look of the keeper at a session: is it used, how much of its work is unsaved; then it is warned of, saved or stopped. Its work
 * is saved when something in the workspace has changed since it last was, and nobody else is at it.
 */
#include "app/keeper.h"
#include "berth/log.h"
#include "berth/path.h"

enum {
	SAVE_EVERY_S = 290,      /* a look comes every 300 */
	SAVE_BLIND_S = 1800,     /* where it can't be told cheaply whether something has changed */
	SAVE_AGAIN_S = 900,      /* after one that failed */
	SAVE_SHARE = 20,         /* of a big workspace no more than one part in so many of the time is spent on reading it */
};

/* ---- saved now and then ---- */
struct saving {
	struct request base;
	struct keeper *keeper;
	char *session;
	int64_t at_s;
	uint64_t began_ms;
	struct session_work work;
	bool known;
	enum saves { SAVES_NOT, SAVES, COUNTS, COUNTS_UNSAVED /* it could not be saved */ } how;
};

static void note_saved(struct saving *v)
{
	const char *engine = keeper_engine(v->keeper);
	struct session_watch w;
	watch_get(engine, v->session, &w);
	if (v->how == COUNTS_UNSAVED) {
		w.save_failed_at_s = v->at_s;
	} else if (v->how == SAVES) {
		w.saved_at_s = v->at_s;
		w.save_failed_at_s = 0;
	}
	w.work_at_s = v->known ? v->at_s : 0;
	w.changed = v->work.changed;
	w.untracked = v->work.untracked;
	w.ahead = v->work.ahead;
	w.behind = v->work.behind;
	w.tip = (int64_t)v->work.tip;
	v->keeper->save_next_s = v->at_s + (int64_t)((loop_now_ms(v->base.app->loop) - v->began_ms) * SAVE_SHARE / 1000);
	watch_set(engine, v->session, &w, NULL);
}

static void save(struct keeper *k, const struct session *s, int64_t at_s, enum saves how);

static void save_got(void *saving, const struct autosave_result *r)
{
	struct saving *v = saving;
	if (!v->base.app)
		return;
	v->work = r->work;
	v->known = true;
	for (size_t i = 0; i < r->n_refs && v->how == SAVES; i++)
		if (!r->refs[i].was_there)
			app_say(v->base.app, MESSAGE_INFO, NULL, "the work of %s is saved as %s", v->session, r->refs[i].name);
}

static void save_ended(void *saving, const struct err *err)
{
	struct saving *v = saving;
	struct app *a = request_over(&v->base) ? v->base.app : NULL;
	const struct session *s = a ? store_session(a->store, v->session) : NULL;
	bool there = s && session_is_up(s) && !(err && err->code == ERR_CANCELLED);
	if (there && err && v->how == SAVES) {
		AUTO_STR prefix = xasprintf("the work of %s could not be saved: ", v->session);
		app_say_err(a, MESSAGE_WARN, err, prefix);
		save(v->keeper, s, v->at_s, COUNTS_UNSAVED);
	} else if (there) {
		note_saved(v);
	}
	free(v->session);
	free(v);
}

/* change: since it was last saved. */
static enum saves save_is_due(const struct keeper *k, const struct session *s, struct session_watch *w, enum sight_change change)
{
	int64_t since_s = w->seen_at_s - (w->saved_at_s ? w->saved_at_s : s->created_at_s);
	if (w->save_failed_at_s && w->seen_at_s - w->save_failed_at_s < SAVE_AGAIN_S)
		return SAVES_NOT;
	if (change == CHANGE_NONE && w->saved_at_s && !w->save_failed_at_s) {
		w->saved_at_s = w->seen_at_s; /* all of it still is */
		return SAVES_NOT;
	}
	if (k->saving || w->seen_at_s < k->save_next_s || !s->workdir || is_stopping(k->app, s->name) || session_is_saved_now(s->name))
		return SAVES_NOT;
	if (since_s >= (change == CHANGE_UNKNOWN && w->saved_at_s ? SAVE_BLIND_S : SAVE_EVERY_S))
		return SAVES;
	return w->work_at_s ? SAVES_NOT : COUNTS;
}

static void save(struct keeper *k, const struct session *s, int64_t at_s, enum saves how)
{
	static const struct autosave_events events = { NULL, save_got, save_ended };
	struct saving *v = request_new(k->app, sizeof *v, &k->saving, save_cancel);
	v->keeper = k;
	v->session = xstrdup(s->name);
	v->at_s = at_s;
	v->began_ms = loop_now_ms(k->app->loop);
	v->how = how;
	v->base.call = save_begin(k->app, s, /* look_only= */ how != SAVES, &events, v);
}

/* ---- the look ---- */
struct look_request {
	struct request base;
	struct keeper *keeper;
	char *session;
	struct session_watch watch;
	enum sight_change change;
	bool seen;
};

static void look_free(struct look_request *r)
{
	free(r->session);
	free(r);
}

static void act(struct keeper *k, const struct session *s, struct session_watch *w)
{
	enum idle_verdict v = idle_verdict(w, s->idle_limit_s);
	if (v == IDLE_WARN)
		w->warned_at_s = w->seen_at_s;
	else if (!idle_is_near(w, s->idle_limit_s, w->seen_at_s))
		w->warned_at_s = 0; /* its time was extended */
	if (v == IDLE_STOP) {
		app_say(k->app, MESSAGE_WARN, NULL, "%s was idle for its whole time: it is saved and stopped", s->name);
		app_session_stop(k->app, s->name, APP_STOP_SAVED, 0, keeper_stop_ended, NULL);
	}
}

static void look_done(struct look_request *r)
{
	struct keeper *k = r->keeper;
	const struct session *s = store_session(k->app->store, r->session);
	struct session_watch kept;
	struct err err = { 0 };
	request_over(&r->base);
	if (s && session_is_up(s) && r->seen) {
		watch_get(keeper_engine(k), s->name, &kept);
		r->watch.kept_until_s = kept.kept_until_s; /* these may have come meanwhile */
		r->watch.saved_at_s = kept.saved_at_s;
		r->watch.save_failed_at_s = kept.save_failed_at_s;
		r->watch.work_at_s = kept.work_at_s;
		r->watch.changed = kept.changed;
		r->watch.untracked = kept.untracked;
		r->watch.ahead = kept.ahead;
		r->watch.behind = kept.behind;
		r->watch.tip = kept.tip;
		act(k, s, &r->watch);
		enum saves how = save_is_due(k, s, &r->watch, r->change);
		if (watch_set(keeper_engine(k), s->name, &r->watch, &err) < 0)
			log_warn("keeper", "what was seen of %s could not be noted: %s", s->name, err.text);
		if (how)
			save(k, s, r->watch.seen_at_s, how);
	}
	look_free(r);
	keeper_go_on(k);
}

static void sight_got(void *request, const struct session_sight *v)
{
	struct look_request *r = request;
	struct session_watch *w = &r->watch;
	idle_add(w, clock_wall_s(), v->active);
	w->disk_used_bytes = v->disk_used_bytes ? (int64_t)v->disk_used_bytes : w->disk_used_bytes;
	w->disk_free_bytes = (int64_t)v->disk_free_bytes;
	w->disk_size_bytes = (int64_t)v->disk_size_bytes;
	r->change = v->change;
	r->seen = true;
}

static void sight_end(void *request, const struct err *err)
{
	struct look_request *r = request;
	if (!r->base.app) {
		look_free(r);
		return;
	}
	if (err)
		log_debug("keeper", "%s could not be looked at: %s", r->session, err->text);
	look_done(r);
}

void keeper_look(struct keeper *k, const struct session *s)
{
	struct app *a = k->app;
	struct look_request *r = request_new(a, sizeof *r, &k->looking, cancel_session);
	inside_look(k->app, s);
	r->keeper = k;
	r->session = xstrdup(s->name);
	watch_get(keeper_engine(k), s->name, &r->watch);
	const struct session_since since = { r->watch.seen_at_s, r->watch.saved_at_s };
	r->base.call = session_look(link_engine(a), a->loop, s, &since, sight_got, sight_end, r);
}

