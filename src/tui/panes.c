/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The four lists: where their rows come from and what they say when there are none. */
#include "berth/path.h"
#include "tui/tui_impl.h"

static uint64_t oid_key(const struct oid *o)
{
	uint64_t k = 0;
	for (size_t i = 0; i < 8; i++)
		k = k << 8 | o->b[i];
	return k ? k : 1;
}

static uint64_t name_key(const char *name)
{
	uint64_t k = hash_bytes(name, strlen(name));
	return k ? k : 1;
}

static void say_fresh(struct doc *d, const struct fresh *f, const char *loading)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (f && f->state == FRESH_FAILED) {
		present_error(&b, &f->err);
		doc_wrap(d, STYLE_ERROR, 0, buf_sv(&b));
	} else {
		doc_wrap(d, STYLE_DIM, 0, sv_of(loading));
	}
}

static bool waits(const struct fresh *f)
{
	return !f || f->state == FRESH_ABSENT || f->state == FRESH_LOADING || f->state == FRESH_FAILED;
}

/* ---- projects ---- */
static size_t projects_count(struct tui *t, bool *ret_complete)
{
	*ret_complete = !app_projects_more(t->app, NULL);
	return store_n_projects(t->store);
}

static bool projects_row(struct tui *t, size_t i, struct row *r)
{
	r->project = store_project_at(t->store, i);
	if (!r->project)
		return false;
	r->n_sessions = store_count_sessions(t->store, r->project, NULL, NULL);
	r->one_forge = app_n_forges(t->app) < 2;
	r->found = app_project_is_found(t->app, r->project->id);
	return true;
}

static uint64_t projects_id(struct tui *t, size_t i)
{
	return store_project_at(t->store, i)->id.v;
}

static const struct fresh *projects_fresh(struct tui *t)
{
	return store_projects_fresh(t->store);
}

static void projects_empty(struct tui *t, struct doc *d)
{
	const struct config *c = app_config(t->app);
	if (waits(projects_fresh(t))) {
		say_fresh(d, projects_fresh(t), "Looking for projects...");
		return;
	}
	if (store_n_projects(t->store)) {
		doc_wrap(d, STYLE_DIM, 0, SV("No project is selected."));
		return;
	}
	doc_wrap(d, STYLE_WARN, 0, SV("No git repository was found."));
	if (d->width < 40 && t->layout.kind != LAYOUT_SINGLE)
		return; /* the rest stands on the right */
	doc_nl(d);
	doc_wrap(d, STYLE_PLAIN, 0, SV("berth looked in:"));
	for (size_t i = 0; i < config_n_folders(c); i++)
		doc_wrap(d, STYLE_REF, 2, sv_of(config_folder_at(c, i)));
	doc_wrap(d, STYLE_PLAIN, 0, SV("Start berth in a repository, or name a folder in its configuration:"));
	doc_wrap(d, STYLE_REF, 2, sv_of(config_path(c)));
	doc_wrap(d, STYLE_KEY, 2, SV("[forge \"local\"] folder = ~/work"));
}

const struct list_kind projects_list = { PANE_PROJECTS, ENTITY_PROJECT, "projects", "Projects", projects_count, projects_row, projects_id, projects_fresh, projects_empty, NULL, NULL, search_hit, search_says };

/* ---- branches ---- */
static size_t branches_count(struct tui *t, bool *ret_complete)
{
	*ret_complete = !store_branches_more(t->store, t->sel.project);
	return store_n_branches(t->store, t->sel.project);
}

static bool branches_row(struct tui *t, size_t i, struct row *r)
{
	r->branch = store_branch_at(t->store, t->sel.project, i);
	if (!r->branch)
		return false;
	r->project = sel_project(t);
	r->image = store_image(t->store, t->sel.project, &r->branch->tip);
	r->n_sessions = store_count_sessions(t->store, r->project, r->branch->name, NULL);
	return true;
}

static uint64_t branches_id(struct tui *t, size_t i)
{
	return name_key(store_branch_at(t->store, t->sel.project, i)->name);
}

static const struct fresh *branches_fresh(struct tui *t)
{
	return t->sel.project.v ? store_branches_fresh(t->store, t->sel.project) : NULL;
}

void branches_say(struct tui *t, bool brief, struct buf *b)
{
	const struct fresh *f = branches_fresh(t);
	if (brief || !f || !store_branches_more(t->store, t->sel.project))
		return;
	buf_add_str(b, f->state == FRESH_FAILED ? "The list could not be read to its end." : "Further branches are being read...");
}

static void say_note(struct tui *t, struct doc *d)
{
	const struct project *p = sel_project(t);
	doc_wrap(d, STYLE_WARN, 0, sv_of(p && p->note ? p->note : "There is nothing here yet."));
	if (p && !p->default_branch)
		doc_wrap(d, STYLE_PLAIN, 0, SV("Commit something in it; it shows here by itself."));
}

static void branches_empty(struct tui *t, struct doc *d)
{
	if (!t->sel.project.v)
		doc_wrap(d, STYLE_DIM, 0, SV("No project is selected."));
	else if (waits(branches_fresh(t)))
		say_fresh(d, branches_fresh(t), "Reading the branches...");
	else
		say_note(t, d);
}

const struct list_kind branches_list = { PANE_BRANCHES, ENTITY_BRANCH, "branches", "Branches", branches_count, branches_row, branches_id, branches_fresh, branches_empty, NULL, NULL, NULL, branches_say };

/* ---- commits ---- */
static size_t commits_count(struct tui *t, bool *ret_complete)
{
	*ret_complete = true;
	return t->sel.branch ? store_n_commits(t->store, t->sel.project, t->sel.branch, ret_complete) : 0;
}

static bool commits_row(struct tui *t, size_t i, struct row *r)
{
	const struct oid *id = t->sel.branch ? store_commit_id_at(t->store, t->sel.project, t->sel.branch, i) : NULL;
	if (!id || !(r->commit = store_commit(t->store, t->sel.project, id)))
		return false;
	r->project = sel_project(t);
	r->image = store_image(t->store, t->sel.project, id);
	r->n_sessions = store_count_sessions(t->store, r->project, NULL, id);
	return true;
}

static uint64_t commits_id(struct tui *t, size_t i)
{
	const struct oid *id = store_commit_id_at(t->store, t->sel.project, t->sel.branch, i);
	return id ? oid_key(id) : 0;
}

static const struct fresh *commits_fresh(struct tui *t)
{
	return t->sel.branch ? store_commits_fresh(t->store, t->sel.project, t->sel.branch) : NULL;
}

static void commits_empty(struct tui *t, struct doc *d)
{
	if (!t->sel.branch)
		doc_wrap(d, STYLE_DIM, 0, SV("No branch is selected."));
	else if (waits(commits_fresh(t)))
		say_fresh(d, commits_fresh(t), "Reading the history...");
	else
		say_note(t, d);
}

static void commits_want(struct tui *t, size_t first, size_t n)
{
	if (t->sel.branch)
		app_want_commits(t->app, t->sel.project, t->sel.branch, first, n);
}

const struct list_kind commits_list = { PANE_COMMITS, ENTITY_COMMIT, "commits", "Commits", commits_count, commits_row, commits_id, commits_fresh, commits_empty, NULL, commits_want, NULL, NULL };

/* ---- sessions, with the starts that are under way or have failed above them ---- */
static void forget_rows(struct tui *t)
{
	for (size_t i = 0; i < t->session_rows.len; i++)
		free(t->session_rows.items[i].name);
	VEC_CLEAR(&t->session_rows);
}

/* One that is under way or has failed; one that went well is a session. */
static struct launch *listed_launch(const struct tui *t, const char *name)
{
	for (size_t i = 0; i < app_n_launches(t->app); i++)
		if (strcmp(launch_session_name(app_launch_at(t->app, i)), name) == 0)
			return app_launch_at(t->app, i);
	return NULL;
}

void session_rows_sync(struct tui *t)
{
	size_t launches = app_n_launches(t->app);
	forget_rows(t);
	if (launches > t->n_launches && t->list_focus != PANE_SESSIONS) /* what was started from elsewhere is what one goes to next */
		t->lists[PANE_SESSIONS].cursor_id = name_key(launch_session_name(app_launch_at(t->app, 0)));
	t->n_launches = launches;
	for (size_t i = 0; i < app_n_launches(t->app); i++) {
		struct session_row r = { true, xstrdup(launch_session_name(app_launch_at(t->app, i))) };
		VEC_PUSH(&t->session_rows, r);
	}
	for (size_t i = 0; i < store_n_sessions(t->store); i++) {
		const char *name = store_session_at(t->store, i)->name;
		struct session_row r = { false, NULL };
		if (listed_launch(t, name))
			continue;
		r.name = xstrdup(name);
		VEC_PUSH(&t->session_rows, r);
	}
}

static size_t sessions_count(struct tui *t, bool *ret_complete)
{
	*ret_complete = true;
	return t->session_rows.len;
}

static bool sessions_row(struct tui *t, size_t i, struct row *r)
{
	r->session = store_session(t->store, t->session_rows.items[i].name);
	r->owner = r->session ? app_session_others(r->session) : NULL;
	return r->session != NULL;
}

static uint64_t sessions_id(struct tui *t, size_t i)
{
	return name_key(t->session_rows.items[i].name);
}

static const struct fresh *sessions_fresh(struct tui *t)
{
	return store_sessions_fresh(t->store);
}

void engine_trouble(struct tui *t, struct doc *d)
{
	const struct engine_status *e = store_engine(t->store);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!e || e->state == ENGINE_ASKING) {
		doc_wrap(d, STYLE_DIM, 0, SV("Asking the container engine..."));
		return;
	}
	present_error(&b, &e->err);
	doc_wrap(d, STYLE_ERROR, 0, buf_sv(&b));
	if (e->retry_in_s)
		doc_wrap(d, STYLE_DIM, 0, SV("berth goes on asking it."));
	doc_nl(d);
}

static void sessions_empty(struct tui *t, struct doc *d)
{
	const struct engine_status *e = store_engine(t->store);
	if (!e || e->state != ENGINE_UP)
		engine_trouble(t, d);
	else if (waits(sessions_fresh(t)))
		say_fresh(d, sessions_fresh(t), "Asking for the sessions...");
	else
		doc_wrap(d, STYLE_DIM, 0, SV("No session runs. s starts one from the selected commit, S asks for options first."));
}

/* "◐ flights-main-ab12  4/7 clone 62% of 12 MB" */
static bool sessions_draw(struct tui *t, size_t i, int y, struct rect r)
{
	struct launch *l = t->session_rows.items[i].launch ? app_launch(t->app, t->session_rows.items[i].name) : NULL;
	if (!l)
		return false;
	const struct err *err = app_launch_error(t->app, l);
	enum launch_step step = launch_current_step(l);
	const struct step_status *s = launch_step_status(l, step);
	const struct look *look = look_of_step(err ? STEP_FAILED : STEP_RUNNING);
	int x = surface_str(&t->surface, y, r.x, r.w, look->style, t->surface.ascii ? look->ascii : look->glyph) + 1;
	x += surface_fit(&t->surface, y, r.x + x, MAX_OF(r.w - x - 16, r.w / 2), STYLE_PLAIN, sv_of(launch_session_name(l))) + 1;
	if (err)
		surface_fit(&t->surface, y, r.x + x, r.w - x, STYLE_BAD, sv_of(err->text));
	else {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_addf(&b, "%d/%d %s", (int)step + 1, (int)STEP_COUNT_, launch_step_title(step));
		if (s && s->total)
			buf_addf(&b, " %u%%", (unsigned)(s->now * 100 / s->total));
		surface_fit(&t->surface, y, r.x + x, r.w - x, STYLE_BUSY, buf_sv(&b));
	}
	return true;
}

const struct list_kind sessions_list = { PANE_SESSIONS, ENTITY_SESSION, "sessions", "Sessions", sessions_count, sessions_row, sessions_id, sessions_fresh, sessions_empty, sessions_draw, NULL, NULL, NULL };

/* ---- what is selected ---- */
const struct project *sel_project(const struct tui *t)
{
	return t->sel.project.v ? store_project(t->store, t->sel.project) : NULL;
}

const struct session *sel_session(const struct tui *t)
{
	const struct project *p = sel_project(t);
	const struct session *best = NULL;
	int best_fit = 0;
	if (t->list_focus == PANE_SESSIONS)
		return t->sel.session ? store_session(t->store, t->sel.session) : NULL;
	for (size_t i = 0; i < store_n_sessions(t->store); i++) {
		const struct session *s = store_session_at(t->store, i);
		bool commit = t->sel.has_commit && oid_eq(&s->commit, &t->sel.commit), branch = t->sel.branch && s->branch && strcmp(s->branch, t->sel.branch) == 0;
		int fit = !session_is_of(s, p) ? 0 : commit ? 3 : t->list_focus == PANE_COMMITS ? 0 : branch ? 2 : t->list_focus == PANE_PROJECTS;
		if (fit > best_fit) {
			best = s;
			best_fit = fit;
		}
	}
	return best;
}

struct launch *sel_launch(const struct tui *t)
{
	if (t->list_focus == PANE_SESSIONS)
		return t->sel.session ? listed_launch(t, t->sel.session) : NULL;
	for (size_t i = 0; i < app_n_launches(t->app); i++) {
		struct launch *l = app_launch_at(t->app, i);
		if (project_id_eq(launch_project(l)->id, t->sel.project))
			return l;
	}
	return NULL;
}

const struct build *sel_build(const struct tui *t)
{
	return t->sel.has_commit ? store_build_of(t->store, t->sel.project, &t->sel.commit) : NULL;
}
