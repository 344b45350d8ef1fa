/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keeper: looks at each session of this state folder in turn, counts how long it has been idle, warns, saves and stops; goes on
 * with what somebody who died had begun; and ends when the last session has. What it knows is in labels and notes, so that one
 * that is killed is followed by another that knows as much.
 */
#include <stdio.h>
#include <unistd.h>

#include "app/keeper.h"
#include "berth/log.h"
#include "berth/path.h"
#include "berth/text.h"

enum {
	LONELY_MS = 3000,        /* a session that is just being started is on its way into the list */
	PATIENCE_MS = 600000,    /* so long an engine may be away */
	REST_MOST_S = 60,        /* events tell of changes; this is for what they miss */
	ENDS_BEFORE_S = 30,      /* an engine that is told to end takes so long for its containers */
	REST_DOWN_MS = 2000, REST_GOAL_MS = 50, REST_SOON_MS = 100,
};

/* ---- the end ---- */
static void keeper_free(struct keeper *k)
{
	struct app *a = k->app;
	a->keeper = NULL;
	request_drop(&k->looking);
	request_drop(&k->saving);
	loop_timer_stop(k->timer);
	loop_path_unwatch(k->config);
	store_unsubscribe(a->store, k->subscription);
	for (size_t i = 0; i < k->due.len; i++)
		free(k->due.items[i]);
	VEC_FINI(&k->due);
	close(k->lock);
	free(k->lock_path);
	free(k->home);
	free(k);
}

static void keeper_end(struct keeper *k, const struct err *err)
{
	struct ask *ask = k->ask;
	struct err copy = { 0 };
	err_copy(&copy, err);
	keeper_free(k);
	ask_end(ask, err ? &copy : NULL);
}

/* Another one, which begins with the configuration as it is now, goes on. */
static void hand_over(struct keeper *k)
{
	struct app *a = k->app;
	struct ask *ask = k->ask;
	app_say(a, MESSAGE_INFO, NULL, "The configuration names other hosts or folders: a new keeper, which knows them, goes on");
	keeper_free(k);
	keeper_ensure(a);
	ask_end(ask, NULL);
}

const char *keeper_engine(const struct keeper *k)
{
	return engine_identity(link_engine(k->app));
}

void keeper_stop_ended(void *keeper, const struct err *err)
{
	(void)keeper;
	if (err)
		log_warn("keeper", "%s", err->text);
}

/* ---- what was broken off ---- */
static enum app_stop how_it_was(const struct session_fate *f)
{
	if (f->kind == FATE_STOPPING)
		return f->force ? APP_STOP_DISCARD : APP_STOP_SAVED;
	return f->keep ? APP_STOP_KEEP : APP_STOP_PAUSE;
}

/* True: somebody is at it, we or another. */
static bool carry_on(struct keeper *k, const struct session *s)
{
	AUTO(session_fate_fini) struct session_fate f = { 0 };
	if (is_stopping(k->app, s->name))
		return true;
	if (!fate_get(keeper_engine(k), s->name, &f) || (f.kind != FATE_STOPPING && f.kind != FATE_PAUSING))
		return false;
	if (!f.owner_is_dead)
		return true;
	app_say(k->app, MESSAGE_INFO, NULL, "The %s of %s was broken off: it goes on", f.kind == FATE_STOPPING ? "stop" : "pause", s->name);
	app_session_stop(k->app, s->name, how_it_was(&f), 0, keeper_stop_ended, NULL);
	return true;
}

/* ---- rounds ---- */
static bool is_ours(const struct keeper *k, const struct session *s)
{
	return s->home && strcmp(s->home, k->home) == 0;
}

static void rest(struct keeper *k, uint64_t ms)
{
	loop_timer_again(k->timer, ms);
}

static int64_t due_at_s(const struct keeper *k, const struct session *s)
{
	struct session_watch w;
	watch_get(keeper_engine(k), s->name, &w);
	return w.seen_at_s ? w.seen_at_s + idle_next_look_s(&w, s->idle_limit_s) : 0;
}

static void rest_until(struct keeper *k, int64_t at_s)
{
	int64_t wait_s = MAX_OF((int64_t)1, at_s - clock_wall_s());
	uint32_t passed_s;
	if (k->saving) /* what takes its time takes it on any clock */
		rest(k, REST_SOON_MS);
	else if (clock_skip((uint32_t)MIN_OF(wait_s, (int64_t)UINT32_MAX), &passed_s))
		rest(k, passed_s ? 1 : REST_GOAL_MS);
	else
		rest(k, (uint64_t)MIN_OF(wait_s, (int64_t)REST_MOST_S) * 1000);
}

/* What is there to be done now, and until when to rest when there is nothing. */
static bool collect(struct keeper *k, int64_t *ret_next_s)
{
	struct store *st = k->app->store;
	int64_t now_s = clock_wall_s();
	bool any = false;
	*ret_next_s = now_s + REST_MOST_S;
	for (size_t i = 0; i < store_n_sessions(st); i++) {
		const struct session *s = store_session_at(st, i);
		bool ours = is_ours(k, s);
		if (ours && carry_on(k, s)) {
			any = true;
			continue;
		}
		if (!ours || !session_is_up(s) || s->state == SESSION_STARTING) {
			any = any || (ours && s->state == SESSION_STARTING);
			if (ours && s->state == SESSION_STARTING) { /* no event tells that it has become ready */
				*ret_next_s = MIN_OF(*ret_next_s, now_s + 1);
				schedule_sessions(k->app);
			}
			continue;
		}
		any = true;
		int64_t at_s = due_at_s(k, s);
		if (at_s > now_s && !inside_is_due(k->app, s)) {
			*ret_next_s = MIN_OF(*ret_next_s, at_s);
			continue;
		}
		char *name = xstrdup(s->name);
		VEC_PUSH(&k->due, name);
	}
	return any;
}

void keeper_go_on(struct keeper *k)
{
	while (k->due.len) {
		AUTO_STR name = k->due.items[--k->due.len];
		const struct session *s = store_session(k->app->store, name);
		if (!s || !session_is_up(s) || store_engine(k->app->store)->state != ENGINE_UP)
			continue;
		if (inside_is_due(k->app, s))
			keeper_hand(k, s);
		else
			keeper_look(k, s);
		return;
	}
	rest(k, 1);
}

/* Whoever ended about when the engine did was ended by it: an engine that is stopped ends them first, one that crashed when it is back. */
static void tell_engine_ends(struct keeper *k)
{
	struct store *st = k->app->store;
	const struct session_fate f = { .kind = FATE_ENGINE };
	for (size_t i = 0; i < store_n_sessions(st); i++) {
		const struct session *s = store_session_at(st, i);
		AUTO(session_fate_fini) struct session_fate known = { 0 };
		bool by_signal = s->exit_code == 0 || s->exit_code == 137 || s->exit_code == 143 || s->exit_code == 255;
		bool ended = s->state == SESSION_STOPPED || s->state == SESSION_FAILED;
		if (is_ours(k, s) && ended && by_signal && !s->oom && s->ended_at_s >= k->down_at_s - ENDS_BEFORE_S && !fate_get(keeper_engine(k), s->name, &known))
			fate_set(keeper_engine(k), s->name, &f, NULL);
	}
	k->down_at_s = 0;
	schedule_sessions(k->app);
}

/* Somebody has cleared our folder away: what we note is seen by nobody, and another keeper may run already. */
static bool is_orphan(const struct keeper *k)
{
	return !lock_held(k->lock_path);
}

static void round_begin(void *keeper)
{
	struct keeper *k = keeper;
	uint64_t now_ms = loop_now_ms(k->app->loop) + 1;
	enum fresh_state fresh = store_sessions_fresh(k->app->store)->state;
	int64_t next_s;
	if (k->looking)
		return;
	if (store_engine(k->app->store)->state != ENGINE_UP || fresh != FRESH_FRESH) {
		k->down_since_ms = k->down_since_ms ? k->down_since_ms : now_ms;
		if (store_engine(k->app->store)->state == ENGINE_DOWN && !k->down_at_s)
			k->down_at_s = clock_wall_s();
		if (now_ms - k->down_since_ms > PATIENCE_MS || is_orphan(k))
			keeper_end(k, NULL);
		else
			rest(k, fresh == FRESH_FRESH ? REST_DOWN_MS : REST_SOON_MS);
		return;
	}
	k->down_since_ms = 0;
	if (k->down_at_s)
		tell_engine_ends(k);
	if (!k->saving && !k->app->stopping && keeper_is_outdated(k)) {
		hand_over(k);
		return;
	}
	keeper_look_for_tokens(k);
	bool any = collect(k, &next_s);
	if (any || k->saving)
		k->lonely_since_ms = 0;
	else if (!k->lonely_since_ms)
		k->lonely_since_ms = now_ms;
	if ((!any && !k->saving && now_ms - k->lonely_since_ms >= LONELY_MS) || is_orphan(k))
		keeper_end(k, NULL);
	else if (k->due.len)
		keeper_go_on(k);
	else if (any || k->saving)
		rest_until(k, next_s);
	else
		rest(k, REST_SOON_MS * 5);
}

static void noticed(void *keeper, const struct notice *n)
{
	struct keeper *k = keeper;
	if (n->kind == NOTICE_SESSIONS && !k->looking)
		rest(k, REST_SOON_MS);
}

unsigned app_keep(struct app *a, app_end_fn end, void *ctx)
{
	struct ask *ask = ask_new(a, end, ctx);
	struct err err = { 0 };
	struct engine *e = link_up(a, &err);
	if (!e)
		return ask_fail(ask, &err);
	AUTO_STR path = keeper_lock_path(engine_identity(e));
	AUTO_STR home = home_id();
	if (!home) {
		err_set(&err, ERR_FAILED, "the state folder can't be written: nothing could be remembered of the sessions");
		return ask_fail(ask, &err);
	}
	int lock = lock_take(path, /* wait= */ false, &err);
	if (lock < 0) {
		if (err.code == ERR_BUSY)
			err_set(&err, ERR_BUSY, "a keeper of this engine runs already");
		return ask_fail(ask, &err);
	}
	AUTO_STR pid = xasprintf("%d\n", (int)getpid());
	if (ftruncate(lock, 0) < 0 || write(lock, pid, strlen(pid)) < 0)
		log_debug("keeper", "its number could not be written down");
	struct keeper *k = xcalloc(1, sizeof *k);
	*k = (struct keeper){ .app = a, .ask = ask, .lock = lock, .lock_path = xstrdup(path), .home = xstrdup(home) };
	ask->close = ask_free; /* when we are told to end, nobody waits for it any more */
	a->keeper = k;
	a->all_sessions = true;
	k->subscription = store_subscribe(a->store, noticed, k);
	k->timer = loop_timer_start(a->loop, 1, 0, round_begin, k);
	keeper_watch_tokens(k);
	app_want_sessions(a);
	return ask->number;
}

void keepers_fini(struct app *a)
{
	if (a->keeper)
		keeper_free(a->keeper); /* its ask is closed with the others */
}
