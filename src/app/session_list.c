/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sessions that run, and their use of the machine. */
#include "app/app_impl.h"

/* ---- the list ---- */
struct list_request {
	struct request base;
	VEC(struct session) items;
};

static void session_item(void *request, const struct session *s)
{
	struct list_request *r = request;
	struct session copy;
	session_dup(&copy, s);
	VEC_PUSH(&r->items, copy);
}

void others_forget(struct app *a)
{
	for (size_t i = 0; i < a->others.len; i++)
		free(a->others.items[i]);
	VEC_FINI(&a->others);
}

/* An engine is often shared. */
static void drop_others(struct app *a, struct list_request *r)
{
	size_t kept = 0;
	others_forget(a);
	for (size_t i = 0; i < r->items.len; i++) {
		if (a->all_sessions || session_is_mine(&r->items.items[i]))
			r->items.items[kept++] = r->items.items[i];
		else {
			VEC_PUSH(&a->others, r->items.items[i].name);
			r->items.items[i].name = NULL;
			session_fini(&r->items.items[i]);
		}
	}
	r->items.len = kept;
}

void app_want_all_sessions(struct app *a, bool all)
{
	bool changed = a->all_sessions != all;
	a->all_sessions = all;
	if (changed)
		schedule_sessions(a);
}

/* Sessions of this state folder that run want a keeper (others have their own), and who looks on wants to know what is near its end. */
static void look_after(struct app *a)
{
	AUTO_STR home = NULL;
	bool any = false;
	for (size_t i = 0; i < store_n_sessions(a->store); i++) {
		const struct session *s = store_session_at(a->store, i);
		if (!any && s->home && session_is_mine(s) && (session_is_up(s) || s->state == SESSION_STOPPING)) {
			home = home ? home : home_id();
			any = home && strcmp(home, s->home) == 0;
		}
		if (session_is_mine(s))
			warnings_look(a, s);
	}
	if (any)
		keeper_ensure(a);
}

/* Asks nobody: the branch is where it was last seen. */
static bool branch_moved(const struct app *a, const struct session *s)
{
	if (!s->watch.work_at_s || !s->watch.tip || !s->branch || !s->forge || !s->project)
		return false;
	const struct branch *b = store_branch(a->store, project_id_of(s->forge, s->project), s->branch);
	return b && !b->is_remote && !oid_is_zero(&b->tip) && (int64_t)oid_number(&b->tip) != s->watch.tip;
}

static void reduce_list(struct app *a, struct list_request *r, const struct err *err)
{
	struct fresh f = fresh_of(err ? FRESH_FAILED : FRESH_FRESH, err, store_sessions_fresh(a->store));
	if (err) {
		store_sessions_mark(a->store, &f);
		return;
	}
	drop_others(a, r);
	/* The engine shows a stop as what it is made of; a person asked for one thing. */
	for (size_t i = 0; i < r->items.len; i++)
		if (is_stopping(a, r->items.items[i].name))
			r->items.items[i].state = SESSION_STOPPING;
	for (size_t i = 0; i < r->items.len; i++)
		r->items.items[i].branch_moved = branch_moved(a, &r->items.items[i]);
	for (size_t i = 0; i < r->items.len; i++)
		if (r->items.items[i].oom)
			use_note(a, &r->items.items[i], NULL);
	store_set_sessions(a->store, r->items.items, r->items.len, &f);
	look_after(a);
}

static void list_end(void *request, const struct err *err)
{
	struct list_request *r = request;
	struct app *a = request_over(&r->base) ? r->base.app : NULL;
	if (a)
		reduce_list(a, r, err);
	for (size_t i = 0; i < r->items.len; i++)
		session_fini(&r->items.items[i]);
	VEC_FINI(&r->items);
	free(r);
	if (a && a->schedule.sessions_again) {
		a->schedule.sessions_again = false;
		schedule_sessions_soon(a);
	}
}

void ask_sessions(struct app *a)
{
	struct schedule *s = &a->schedule;
	const struct engine_status *engine = store_engine(a->store);
	if (schedule_asleep(a))
		return;
	if (s->sessions_asked) {
		s->sessions_again = true;
		return;
	}
	if (engine->state != ENGINE_UP) {
		bool asking = engine->state == ENGINE_ASKING;
		struct fresh f = fresh_of(asking ? FRESH_LOADING : FRESH_FAILED, asking ? NULL : &engine->err, store_sessions_fresh(a->store));
		store_sessions_mark(a->store, &f);
		return;
	}
	struct list_request *r = request_new(a, sizeof *r, &s->sessions_asked, cancel_session);
	r->base.call = session_list(link_engine(a), a->loop, session_item, list_end, r);
}

/* ---- use of the machine ---- */
struct usage_request {
	struct request base;
	char *session;
};

static void usage_got(void *request, const struct usage *u)
{
	struct usage_request *r = request;
	if (!r->base.app)
		return;
	store_add_usage(r->base.app->store, r->session, u);
	use_note(r->base.app, store_session(r->base.app->store, r->session), u);
	const struct session *s = store_session(r->base.app->store, r->session);
	if (s && session_is_mine(s))
		warnings_look(r->base.app, s);
}

static void usage_end(void *request, const struct err *err)
{
	struct usage_request *r = request;
	(void)err; /* the list's next answer says what became of it */
	request_over(&r->base);
	free(r->session);
	free(r);
}

static bool can_be_sampled(const struct session *s)
{
	return s && s->container_id && session_is_up(s);
}

static void ask_usage(struct app *a, struct want_usage *w)
{
	const struct session *session = store_session(a->store, w->session);
	if (w->asked || store_engine(a->store)->state != ENGINE_UP || !can_be_sampled(session))
		return;
	struct usage_request *r = request_new(a, sizeof *r, &w->asked, cancel_session);
	r->session = xstrdup(w->session);
	r->base.call = session_usage(link_engine(a), a->loop, session->container_id, usage_got, usage_end, r);
}

static void want_free(struct want_usage *w)
{
	request_drop(&w->asked);
	free(w->session);
	free(w);
}

void usage_tick(void *app)
{
	struct app *a = app;
	struct schedule *s = &a->schedule;
	uint64_t now = loop_now_ms(a->loop);
	for (size_t i = s->n_usage; i-- > 0;) {
		struct want_usage *w = s->usage[i];
		if (w->until_ms < now) {
			s->usage[i] = s->usage[--s->n_usage];
			want_free(w);
		} else if (!schedule_asleep(a)) {
			ask_usage(a, w);
		}
	}
	if (!s->n_usage) {
		loop_timer_stop(s->usage_timer);
		s->usage_timer = NULL;
	}
}

void usage_fini(struct app *a)
{
	struct schedule *s = &a->schedule;
	while (s->n_usage)
		want_free(s->usage[--s->n_usage]);
}
