/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a call runs: the first in sight goes first, and every so often the one that has waited longest, whatever it is. A server
 * that asks for a pause gets it; one that is down is tried by one request at a time, at growing distances.
 */
#include <sys/random.h>
#include "berth/path.h"
#include "net/api.h"

enum { FAIR_EVERY = 8, ONSCREEN_SLOTS = 2 };

/* ---- the state -------------------------------------------------------------------------------------------------------------- */
static void tell_state(struct net_api *a)
{
	if (a->config.on_state && !a->freed)
		a->config.on_state(a->config.ctx, &a->state);
}

static void set_mood(struct net_api *a, enum net_api_mood mood, uint64_t wait_ms, const struct err *why)
{
	struct net_api_state *s = &a->state;
	uint64_t at = wait_ms ? loop_now_ms(a->loop) + wait_ms : 0;
	bool same = s->mood == mood && s->retry_at_ms == at;
	s->mood = mood;
	s->retry_at_ms = at;
	s->why = why ? *why : (struct err){ 0 };
	if (!same)
		tell_state(a);
}

/* Half of the wait is chance, so that many who were refused together don't come back together. */
uint64_t api_backoff_ms(const struct net_api *a, unsigned n)
{
	uint64_t ms = a->config.backoff_ms;
	uint32_t chance = 0;
	while (n > 1 && ms < API_BACKOFF_MAX_MS) {
		ms *= 2;
		n--;
	}
	ms = MIN_OF(ms, (uint64_t)API_BACKOFF_MAX_MS);
	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance)
		chance = (uint32_t)loop_now_ms(a->loop);
	return ms / 2 + chance % (ms / 2 + 1);
}

/* Under a fifth of what is allowed is left: what remains is spread over the time until it is full again. */
static uint64_t pace_of(const struct field_limit *l)
{
	if (l->remaining * 5 >= l->limit || !l->reset_in_s)
		return 0;
	return MIN_OF((uint64_t)l->reset_in_s * 1000 / (uint64_t)(l->remaining + 1), (uint64_t)API_PACE_MAX_MS);
}

void api_heard(struct net_api *a, const struct head *h)
{
	struct field_limit l;
	struct err why = { 0 };
	a->n_failures = 0;
	a->pace_ms = field_rate_limit(h, clock_wall_s(), &l) ? pace_of(&l) : 0;
	if (a->state.mood == NET_API_SLOW && a->state.retry_at_ms > loop_now_ms(a->loop))
		return;                         /* one that was let through before the pause */
	if (a->pace_ms)
		err_set(&why, ERR_RATE, "%lld of %lld requests are left: asking slowly", (long long)l.remaining, (long long)l.limit);
	set_mood(a, a->pace_ms ? NET_API_SLOW : NET_API_FINE, 0, a->pace_ms ? &why : NULL);
}

void api_limited(struct net_api *a, uint64_t wait_ms, const struct err *why)
{
	a->n_failures = 0;
	if (a->state.retry_at_ms < loop_now_ms(a->loop) + wait_ms)
		set_mood(a, NET_API_SLOW, wait_ms, why);
}

/* The words of a failure, for those who did not run into it themselves. */
static void set_waiting(const struct net_api *a, struct err *ret)
{
	char room[32];
	uint64_t now = loop_now_ms(a->loop);
	*ret = a->state.why;
	if (!a->config.stays)
		return;
	ret->hint[0] = '\0';
	err_hint(ret, "it is tried again in %s", api_wait_words(a->state.retry_at_ms > now ? a->state.retry_at_ms - now : 0, room));
}

static void fail_waiting(struct net_api *a)
{
	struct err e;
	set_waiting(a, &e);
	for (struct net_api_call *c = a->first; c; c = c->next)
		if (c->where == API_QUEUED && !c->failing)
			api_fail_soon(c, &e);
}

void api_down(struct net_api *a, uint64_t wait_ms, const struct err *why)
{
	uint64_t now = loop_now_ms(a->loop);
	if (a->n_failures && a->state.retry_at_ms > now)
		return;                         /* those that ran beside the first say nothing new */
	a->n_failures++;
	wait_ms = MAX_OF(wait_ms, api_backoff_ms(a, a->n_failures));
	set_mood(a, a->n_failures >= a->config.tries ? NET_API_DOWN : NET_API_TRYING, wait_ms, why);
	if (a->state.mood == NET_API_DOWN)
		fail_waiting(a);
}

void net_api_retry_now(struct net_api *a)
{
	for (struct net_api_call *c = a->first; c; c = c->next)
		c->not_before_ms = 0;
	struct err why = a->state.why;
	a->state.retry_at_ms = 0;
	if (a->state.mood == NET_API_DOWN)
		set_mood(a, NET_API_TRYING, 0, &why);
	api_ask_pump(a);
}

/* ---- who is next -------------------------------------------------------------------------------------------------------------- */
static unsigned allowed(const struct net_api *a, enum net_priority p)
{
	unsigned max = a->config.max_running;
	if (a->n_failures)
		return 1;                       /* down: one finds out */
	return p == NET_ON_SCREEN || max <= ONSCREEN_SLOTS ? max : max - ONSCREEN_SLOTS;
}

static struct net_api_call *next_of(const struct net_api *a, enum net_priority least, uint64_t now)
{
	struct net_api_call *best = NULL;
	for (struct net_api_call *c = a->first; c; c = c->next) {
		if (c->where != API_QUEUED || c->failing || c->not_before_ms > now || c->q.priority > least)
			continue;
		if (a->state.n_running >= allowed(a, c->q.priority))
			continue;
		if (!best || c->q.priority < best->q.priority)
			best = c;
	}
	return best;
}

static struct net_api_call *next_call(struct net_api *a, uint64_t now)
{
	if (a->n_started % FAIR_EVERY == FAIR_EVERY - 1) {
		for (struct net_api_call *c = a->first; c; c = c->next)
			if (c->where == API_QUEUED && !c->failing && c->not_before_ms <= now && a->state.n_running < allowed(a, c->q.priority))
				return c;
	}
	return next_of(a, NET_BACKGROUND, now);
}

static void count(struct net_api *a)
{
	a->state.n_running = a->state.n_queued = 0;
	for (struct net_api_call *c = a->first; c; c = c->next) {
		a->state.n_running += c->where == API_RUNNING;
		a->state.n_queued += c->where == API_QUEUED;
	}
}

/* A wait of the server's that is longer than anybody sits out. */
static bool is_hopeless(const struct net_api *a, uint64_t now)
{
	if (a->state.retry_at_ms <= now)
		return false;
	return a->state.mood == NET_API_DOWN || a->state.retry_at_ms - now > API_PATIENCE_MS;
}

/* ---- the pump ------------------------------------------------------------------------------------------------------------------ */
static void wake(void *ctx)
{
	api_ask_pump(ctx);
}

static void wake_at(struct net_api *a, uint64_t now, uint64_t at)
{
	if (!a->wake)
		a->wake = loop_timer_start(a->loop, at - now, 0, wake, a);
	else
		loop_timer_again(a->wake, at - now);
}

/* When something that waits could run. */
static void arm(struct net_api *a, uint64_t now)
{
	uint64_t at = UINT64_MAX, gate = MAX_OF(a->state.retry_at_ms, a->pace_ms ? a->last_start_ms + a->pace_ms : 0);
	for (struct net_api_call *c = a->first; c; c = c->next)
		if (c->where == API_QUEUED && !c->failing)
			at = MIN_OF(at, MAX_OF(c->not_before_ms, gate));
	if (a->state.retry_at_ms > now)
		at = MIN_OF(at, a->state.retry_at_ms);
	if (at != UINT64_MAX && at > now)
		wake_at(a, now, at);
}

static void fail_those_that_fail(struct net_api *a)
{
	for (struct net_api_call *c = a->first; c; c = c->next)
		if (c->failing && c->where != API_ENDED)
			api_end(c, NULL, &c->err);
}

/* The moment has come: the next request finds out, or there is no need to wait any more. */
static void gate_passed(struct net_api *a, uint64_t now)
{
	struct err why = a->state.why;
	if (!a->state.retry_at_ms || a->state.retry_at_ms > now)
		return;
	a->state.retry_at_ms = 0;
	if (a->state.mood == NET_API_DOWN || a->state.mood == NET_API_TRYING)
		set_mood(a, NET_API_TRYING, 0, &why);
	else
		set_mood(a, NET_API_FINE, 0, NULL);
}

static void start_those_that_may(struct net_api *a, uint64_t now)
{
	struct net_api_call *c;
	for (count(a); a->state.retry_at_ms <= now && (c = next_call(a, now)); count(a)) {
		if (a->pace_ms && now < a->last_start_ms + a->pace_ms)
			return;
		a->n_started++;
		a->last_start_ms = now;
		api_run(c);
	}
}

void api_pump(void *ctx)
{
	struct net_api *a = ctx;
	uint64_t now = loop_now_ms(a->loop);
	a->pump_asked = false;
	api_enter(a);
	fail_those_that_fail(a);
	gate_passed(a, now);
	if (is_hopeless(a, now)) {
		fail_waiting(a);
		fail_those_that_fail(a);
	}
	if (!a->freed)
		start_those_that_may(a, now);
	if (!a->freed)
		arm(a, now);
	api_leave(a);
}

void api_ask_pump(struct net_api *a)
{
	if (a->pump_asked || a->freed)
		return;
	a->pump_asked = true;
	loop_defer(a->loop, api_pump, a);
}

void api_queue(struct net_api_call *c, uint64_t wait_ms)
{
	c->where = API_QUEUED;
	c->call = NULL;
	c->not_before_ms = wait_ms ? loop_now_ms(c->api->loop) + wait_ms : 0;
	api_ask_pump(c->api);
}
