/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unsaved work of sessions, saved to their projects; and saved work, shown and removed. */
#include "app/app_impl.h"

struct save {
	struct app *app;               /* NULL: gone; nobody is told */
	struct session session;
	struct project project;
	char *user, *author;
	bool look_only, cancelled;
	struct autosave_events ev;
	void *ctx;
	unsigned ask;
	struct forge_call *account;
	struct autosave *run;
	struct save *next;
};

static void unlink_save(struct save *s)
{
	for (struct save **p = s->app ? &s->app->saves : NULL; p && *p; p = &(*p)->next)
		if (*p == s) {
			*p = s->next;
			return;
		}
}

static void save_end(void *save, const struct err *err)
{
	struct save *s = save;
	session_end_fn end = s->ev.end; /* also when the app has gone: who asked ends by it */
	void *ctx = s->ctx;
	struct err copy = { 0 };
	err_copy(&copy, err);
	unlink_save(s);
	session_fini(&s->session);
	project_fini(&s->project);
	free(s->user);
	free(s->author);
	free(s);
	if (end)
		end(ctx, err ? &copy : NULL);
}

static void save_progress(void *save, const char *what, uint64_t now, uint64_t total)
{
	struct save *s = save;
	if (s->app && s->ev.progress)
		s->ev.progress(s->ctx, what, now, total);
}

static void save_got(void *save, const struct autosave_result *r)
{
	struct save *s = save;
	if (s->app && s->ev.got)
		s->ev.got(s->ctx, r);
}

static bool goes_on(struct save *s, const struct err *err)
{
	struct err cancelled = { 0 };
	if (s->app && !s->cancelled && !err)
		return true;
	if (!err)
		err_set(&cancelled, ERR_CANCELLED, "cancelled");
	save_end(s, err ? err : &cancelled);
	return false;
}

static void run(struct save *s)
{
	static const struct autosave_events events = { save_progress, save_got, save_end };
	struct app *a = s->app;
	struct err err = { 0 };
	struct engine *e = link_up(a, &err);
	if (!e) {
		save_end(s, &err);
		return;
	}
	const struct autosave_deps deps = { a->loop, e, forge_of(a, &s->project) };
	const struct autosave_query q = { .session = &s->session, .project = &s->project, .user = s->user, .author_name = s->author, .look_only = s->look_only };
	s->run = autosave_start(&deps, &q, &events, s);
}

static void account_got(void *save, const struct account *account)
{
	struct save *s = save;
	str_replace(&s->user, account->user);
	str_replace(&s->author, account->name);
}

/* On a host the work bears the name that the person has there, so that it is found from any machine. */
static void account_end(void *save, const struct err *err)
{
	struct save *s = save;
	s->account = NULL;
	if (!err && s->app && s->user)
		account_note(s->app, &s->project, s->user);
	if (goes_on(s, err))
		run(s);
}

static void with_project(struct save *s, const struct project *p)
{
	struct forge *f = forge_of(s->app, p);
	project_dup(&s->project, p);
	if ((forge_caps(f) & FORGE_HAS_ACCOUNT) && !s->look_only)
		s->account = forge_account(f, account_got, account_end, s);
	else
		run(s);
}

/* Which it is stands in the store by then. */
static void project_got(void *save, struct project_id id)
{
	(void)save;
	(void)id;
}

static void project_end(void *save, const struct err *err)
{
	struct save *s = save;
	struct err absent = { 0 };
	s->ask = 0;
	const struct project *p = s->app ? store_project(s->app->store, project_id_of(s->session.forge, s->session.project)) : NULL;
	if (!err && !p) {
		err_set(&absent, ERR_NOT_FOUND, "the project %s of %s is not known any more", s->session.project, s->session.name);
		err = &absent;
	}
	if (goes_on(s, err))
		with_project(s, p);
}

static void begin(void *save)
{
	struct save *s = save;
	struct err err = { 0 };
	if (!goes_on(s, NULL))
		return;
	if (refuse_others(&s->session, "can save it", &err) < 0) {
		save_end(s, &err);
		return;
	}
	const struct project *p = store_project(s->app->store, project_id_of(s->session.forge, s->session.project));
	if (p)
		with_project(s, p);
	else
		s->ask = find_project_anew(s->app, s->session.project, project_got, project_end, s);
}

struct save *save_begin(struct app *a, const struct session *session, bool look_only, const struct autosave_events *ev, void *ctx)
{
	struct save *s = xcalloc(1, sizeof *s);
	s->app = a;
	session_dup(&s->session, session);
	s->look_only = look_only;
	s->ev = *ev;
	s->ctx = ctx;
	s->next = a->saves;
	a->saves = s;
	loop_defer(a->loop, begin, s);
	return s;
}

void save_cancel(void *save)
{
	struct save *s = save;
	if (!s || s->cancelled)
		return;
	s->cancelled = true;
	if (s->run)
		autosave_cancel(s->run);
	else
		forge_cancel(s->account);
}

/* Before the asks go: what still runs ends by itself, and tells nobody. */
void saves_fini(struct app *a)
{
	struct err gone = { 0 };
	err_set(&gone, ERR_CANCELLED, "cancelled");
	while (a->saves) {
		struct save *s = a->saves;
		a->saves = s->next;
		bool begun = s->run || s->account;
		loop_defer_cancel(a->loop, begin, s);
		if (s->ask)
			app_forget(a, s->ask);
		if (begun)
			save_cancel(s);
		s->app = NULL;
		if (!begun)
			save_end(s, &gone);
	}
}

/* ---- what is there ------------------------------------------------------------------------------------------------------------ */
/* Work of a branch that was never pushed, of no branch, or a stash: no start of its branch would offer it. */
static bool is_astray(const struct app *a, struct project_id id, struct sv branch)
{
	AUTO_STR name = sv_dup(branch);
	bool never = sv_eq(branch, SV("HEAD")) || sv_starts(branch, SV("@stash-"));
	return never || (!store_branches_more(a->store, id) && !store_branch(a->store, id, name));
}

static const struct branch *newest_saved(const struct app *a, const struct project *p, const char *branch /* NULL: what is astray */)
{
	const struct branch *newest = NULL;
	for (size_t i = 0; i < store_n_branches(a->store, p->id); i++) {
		const struct branch *b = store_branch_at(a->store, p->id, i);
		struct autosave_name n;
		if (sv_starts(sv_of(b->name), SV("origin/")) || !autosave_name_parse(sv_of(b->name), &n) || !sv_eq(n.user, sv_of(account_user(a, p))))
			continue;
		if (branch ? !sv_eq(n.branch, sv_of(branch)) : !is_astray(a, p->id, n.branch))
			continue;
		if (!newest || b->tip_at_s > newest->tip_at_s)
			newest = b;
	}
	return newest;
}

const struct branch *app_saved_work(const struct app *a, struct project_id id, const char *branch)
{
	const struct project *p = store_project(a->store, id);
	const struct branch *newest = p ? newest_saved(a, p, branch) : NULL;
	bool is_default = p && p->default_branch && strcmp(branch, p->default_branch) == 0;
	return newest || !is_default ? newest : newest_saved(a, p, NULL);
}

/* ---- for faces ---------------------------------------------------------------------------------------------------------------- */
static void ask_got(void *ask, const struct autosave_result *r)
{
	struct ask *k = ask;
	if (ask_heard(k) && k->got.saved)
		k->got.saved(k->ctx, r);
}

static void ask_saved(void *ask, const struct err *err)
{
	struct ask *k = ask;
	k->cancel = NULL;
	ask_end(k, err);
}

unsigned app_session_save(struct app *a, const char *session, bool look_only, void (*got)(void *ctx, const struct autosave_result *r), app_end_fn end, void *ctx)
{
	static const struct autosave_events events = { NULL, ask_got, ask_saved };
	struct ask *k = ask_new(a, end, ctx);
	struct engine *e;
	struct err err = { 0 };
	const struct session *s = (look_only || refuse_read_only(a, &err) == 0) ? known_session(a, session, &e, &err) : NULL;
	k->got.saved = got;
	if (!s)
		return ask_fail(k, &err);
	k->cancel = save_cancel;
	k->idle_once_forgotten = look_only;
	k->call = save_begin(a, s, look_only, &events, k);
	return k->number;
}

static void piece_got(void *ask, struct sv text)
{
	struct ask *k = ask;
	if (ask_heard(k))
		k->got.piece(k->ctx, text);
}

static void cancel_autosave_call(void *call)
{
	autosave_call_cancel(call);
}

unsigned app_autosave(struct app *a, struct project_id id, const char *name, void (*piece)(void *ctx, struct sv text), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct err err = { 0 };
	const struct project *p = store_project(a->store, id);
	if (!p)
		err_set(&err, ERR_NOT_FOUND, "the project is gone");
	if (!p || (!piece && refuse_read_only(a, &err) < 0))
		return ask_fail(k, &err);
	const struct autosave_deps deps = { a->loop, NULL, forge_of(a, p) };
	k->got.piece = piece;
	k->cancel = cancel_autosave_call;
	k->call = piece ? autosave_diff(&deps, p, name, piece_got, ask_end, k) : autosave_delete(&deps, p, name, ask_end, k);
	return k->number;
}
