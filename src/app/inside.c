/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What git in sessions is given: who the author is, and the login of the project's own address. The keeper gives a session its login
 * when it first sees it, and again when the host's token has changed; which generation of tokens each one has, it remembers itself.
 * And what it is asked to do there: commit and push, pull.
 */
#include "app/app_impl.h"
#include "berth/git.h"
#include "berth/log.h"

enum { LISTENS_MOST = 5 /* in a row */, LISTENS_LONG_MS = 60000, ASK_AGAIN_MS = 60000 };

/* ---- the author ---- */
struct author_job { struct ask *ask; char *dir, *name, *email; };

static void author_process(struct loop_work *w, void *job)
{
	struct author_job *j = job;
	(void)w;
	git_author(j->dir, &j->name, &j->email);
}

static void author_done(void *job, bool cancelled)
{
	struct author_job *j = job;
	struct ask *k = j->ask;
	if (!cancelled && ask_heard(k) && (j->name || j->email))
		k->got.author(k->ctx, j->name, j->email);
	free(j->dir);
	free(j->name);
	free(j->email);
	free(j);
	ask_end(k, NULL);
}

static void cancel_author(void *work)
{
	loop_work_cancel(work);
}

static void account_got(void *ask, const struct account *account)
{
	struct ask *k = ask;
	if (ask_heard(k) && !account->anonymous)
		k->got.author(k->ctx, account->name, account->email);
}

/* Whoever can't be asked leaves the author to the image. */
static void account_end(void *ask, const struct err *err)
{
	if (err)
		log_debug("app", "the author is not known: %s", err->text);
	ask_end(ask, NULL);
}

unsigned author_find(struct app *a, const struct project *p, void (*got)(void *ctx, const char *name, const char *email), app_end_fn end, void *ctx)
{
	struct forge *f = forge_of(a, p);
	struct ask *k = ask_new(a, end, ctx);
	k->got.author = got;
	if (forge_caps(f) & FORGE_HAS_ACCOUNT) {
		k->cancel = cancel_forge;
		k->call = forge_account(f, account_got, account_end, k);
		return k->number;
	}
	struct author_job *j = xcalloc(1, sizeof *j);
	*j = (struct author_job){ .ask = k, .dir = xstrdup(p->dir) };
	k->cancel = cancel_author;
	k->call = loop_work_submit(a->loop, author_process, author_done, j);
	return k->number;
}

/* ---- the login ---- */
void inside_place(struct app *a, const struct session *s, struct git_place *ret)
{
	const struct project *known = store_project(a->store, project_id_of(s->forge, s->project));
	const struct project named = { .forge = s->forge, .path = s->project, .name = s->project };
	*ret = (struct git_place){ 0 };
	if (s->forge && s->project)
		forge_git_place(forge_named(a, s->forge), known ? known : &named, ret);
}

/* ---- which login each has ---- */
static struct handed *handed_of(struct app *a, const char *session)
{
	for (size_t i = 0; i < a->handed.len; i++)
		if (strcmp(a->handed.items[i].session, session) == 0)
			return &a->handed.items[i];
	struct handed h = { .session = xstrdup(session) };
	h.exchange_due = true;
	VEC_PUSH(&a->handed, h);
	return &a->handed.items[a->handed.len - 1];
}

void inside_forget(struct app *a, const char *session)
{
	for (size_t i = 0; i < a->handed.len; i++)
		if (strcmp(a->handed.items[i].session, session) == 0)
			a->handed.items[i].generation = 0;
}

void inside_fini(struct app *a)
{
	for (size_t i = 0; i < a->handed.len; i++)
		request_drop(&a->handed.items[i].listening), free(a->handed.items[i].session);
	VEC_FINI(&a->handed);
}

static bool is_local(const struct git_place *place)
{
	return place->url && place->url[0] == '/';
}

/* Where a local project lies, its forge must be asked; its end comes after the project stands in the store. */
static void project_got(void *app, struct project_id p)
{
	(void)app;
	(void)p;
}

static void project_found(void *app, const struct err *err)
{
	if (!err)
		keeper_wake(app);
}

static bool project_is_known(struct app *a, const struct session *s, struct handed *h)
{
	if (store_project(a->store, project_id_of(s->forge, s->project)))
		return true;
	uint64_t now_ms = loop_now_ms(a->loop) + 1;
	if (!h->project_asked_ms || now_ms - h->project_asked_ms > ASK_AGAIN_MS) {
		h->project_asked_ms = now_ms;
		find_project_anew(a, s->project, project_got, project_found, a);
	}
	return false;
}

bool inside_is_due(struct app *a, const struct session *s)
{
	struct forge *f = s->forge ? forge_named(a, s->forge) : NULL;
	struct handed *h = handed_of(a, s->name);
	if (!f || !s->workdir)
		return false;
	return forge_caps(f) & FORGE_HAS_ACCOUNT ? h->generation != a->tokens_generation + 1 : h->exchange_due && project_is_known(a, s, h);
}

void inside_look(struct app *a, const struct session *s)
{
	handed_of(a, s->name)->exchange_due = true;
}

/* ---- a local project: what is pushed in the session ---- */
struct listening { struct request base; struct request *self; char *session; };

static void asked(void *listening)
{
	struct listening *l = listening;
	if (!l->base.app)
		return;
	handed_of(l->base.app, l->session)->exchange_due = true;
	keeper_wake(l->base.app);
}

static void listen_ended(void *listening, const struct err *err)
{
	struct listening *l = listening;
	struct app *a = l->base.app;
	if (a && err)
		log_debug("keeper", "nobody listens to pushes in %s: %s", l->session, err->text);
	struct handed *h = a ? handed_of(a, l->session) : NULL;
	if (h)
		h->listening = NULL;
	if (h && h->listens_left) { /* another one was begun by a keeper that died meanwhile, say */
		h->listens_left--;
		h->exchange_due = true;
		keeper_wake(a);
	}
	free(l->session);
	free(l);
}

static void listen_to(struct app *a, const struct session *s)
{
	struct handed *h = handed_of(a, s->name);
	uint64_t now_ms = loop_now_ms(a->loop) + 1;
	if (h->listening)
		return;
	struct listening *l = xcalloc(1, sizeof *l);
	l->base = (struct request){ .app = a, .slot = &l->self, .cancel = cancel_session };
	l->session = xstrdup(s->name);
	if (!h->listened_ms || now_ms - h->listened_ms > LISTENS_LONG_MS)
		h->listens_left = LISTENS_MOST;
	h->listening = &l->base; /* the list may move: found again by its name */
	h->listened_ms = now_ms;
	l->base.call = session_listen(link_engine(a), a->loop, s, asked, listen_ended, l);
}

static void exchange_said(void *ctx, const char *said)
{
	struct sv rest = sv_of(said), line;
	(void)ctx;
	while (sv_split(&rest, '\n', &line))
		if (line.len)
			log_debug("keeper", "pushed: %.*s", (int)line.len, line.p);
}

struct session_call *inside_hand(struct app *a, const struct session *s, session_end_fn end, void *ctx)
{
	AUTO(git_place_fini) struct git_place place = { 0 };
	struct handed *h = handed_of(a, s->name);
	inside_place(a, s, &place);
	h->generation = a->tokens_generation + 1; /* what fails is tried again when it has changed again, or by the next keeper */
	h->exchange_due = false;
	if (is_local(&place)) {
		listen_to(a, s);
		return session_exchange(link_engine(a), a->loop, s, &place, exchange_said, end, ctx);
	}
	const struct session_git g = { place.url, place.user, place.password, place.ca_file, NULL, NULL, NULL };
	return session_hand_git(link_engine(a), a->loop, s, &g, end, ctx);
}

/* ---- for faces: commit and push, pull ---- */
struct git_ask { struct ask *ask; char *session; bool pulls; };

/* What the keeper last saw of its work is known to be over; else it would be shown until the next look. */
static void note_work(struct app *a, const struct git_ask *g, const struct session_git_done *d)
{
	const struct session *s = store_session(a->store, g->session);
	const char *engine = engine_identity(link_engine(a));
	struct session_watch w;
	struct session shown;
	if (!s || !watch_get(engine, g->session, &w) || !w.work_at_s)
		return;
	w.behind = w.tip = 0; /* where the branch is now is for the next look to find */
	w.ahead -= MIN_OF(w.ahead, (int64_t)d->sent);
	if (!g->pulls)
		w.changed = w.untracked = 0;
	watch_set(engine, g->session, &w, NULL);
	session_dup(&shown, s);
	shown.watch = w;
	shown.branch_moved = false;
	store_put_session(a->store, &shown);
}

static void git_got(void *ask, const struct session_git_done *done)
{
	struct git_ask *g = ask;
	struct ask *k = g->ask;
	if (k->app)
		note_work(k->app, g, done);
	if (k->app && done->pushed)
		schedule_branches(k->app);
	if (ask_heard(k))
		k->got.git_done(k->ctx, done);
}

static void git_ended(void *ask, const struct err *err)
{
	struct git_ask *g = ask;
	struct ask *k = g->ask;
	free(g->session);
	free(g);
	ask_end(k, err);
}

unsigned app_session_git(struct app *a, const char *session, const char *message, void (*got)(void *ctx, const struct session_git_done *done), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct engine *e;
	struct err err = { 0 };
	const struct session *s = refuse_read_only(a, &err) == 0 ? known_session(a, session, &e, &err) : NULL;
	k->got.git_done = got;
	if (!s || refuse_others(s, message ? "can commit in it" : "can pull into it", &err) < 0)
		return ask_fail(k, &err);
	struct git_ask *g = xcalloc(1, sizeof *g);
	*g = (struct git_ask){ .ask = k, .session = xstrdup(s->name), .pulls = !message };
	k->cancel = cancel_session;
	k->call = message ? session_commit(e, a->loop, s, message, git_got, git_ended, g) : session_pull(e, a->loop, s, git_got, git_ended, g);
	return k->number;
}
