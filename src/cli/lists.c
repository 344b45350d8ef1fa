/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that print lists. */
#include "cli/cli_impl.h"

enum { COMMITS_DEFAULT = 50, COMMITS_PAGE = 400, USAGE_WAIT_MS = 4000, IMAGES_MAX = 800 };

static bool settled(const struct fresh *f)
{
	return f->state == FRESH_FRESH || f->state == FRESH_FAILED;
}

/* ---- the images of rows: of the first IMAGES_MAX, as each may cost a look at its files ---- */
static bool wants_images(const struct cli *c)
{
	return c->json || !c->columns || strstr(c->columns, "image");
}

static void images_over(void *cli, const struct err *err)
{
	struct cli *c = cli;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (err) {
		present_error(&b, err);
		cli_note(c, "The states of images are not known. %s", buf_str(&b));
	}
	c->then(c);
}

/* next: when they are in the store, or can't be. */
static void with_images(struct cli *c, const struct oid *ids, size_t n, void (*next)(struct cli *c))
{
	c->then = next;
	if (n && wants_images(c))
		app_images(c->app, c->project, ids, n, images_over, c);
	else
		next(c);
}

/* ---- branches ---- */
static bool branches_ready(struct cli *c)
{
	return settled(store_branches_fresh(app_store(c->app), c->project)) && counts_settled(c);
}

static void print_branches(struct cli *c)
{
	struct store *st = app_store(c->app);
	const struct fresh *f = store_branches_fresh(st, c->project);
	struct writer *w = f->state == FRESH_FAILED ? NULL : cli_writer(c, ENTITY_BRANCH);
	if (f->state == FRESH_FAILED)
		cli_end(c, &f->err);
	if (!w)
		return;
	for (size_t i = 0; i < store_n_branches(st, c->project); i++) {
		struct row r = cli_row(c);
		r.project = store_project(st, c->project);
		r.branch = store_branch_at(st, c->project, i);
		r.image = store_image(st, c->project, &r.branch->tip);
		count_sessions(c, r.branch->name, NULL, &r);
		writer_row(w, &r);
	}
	cli_write(c, w);
	cli_end(c, NULL);
}

static void ask_tips(struct cli *c)
{
	struct oid tips[IMAGES_MAX];
	struct store *st = app_store(c->app);
	size_t n = MIN_OF(store_n_branches(st, c->project), (size_t)IMAGES_MAX);
	for (size_t i = 0; i < n; i++)
		tips[i] = store_branch_at(st, c->project, i)->tip;
	with_images(c, tips, n, print_branches);
}

static void ask_branches_first(struct cli *c)
{
	app_want_branches(c->app, c->project);
	app_want_more_branches(c->app, SIZE_MAX);
	cli_wait(c, branches_ready, ask_tips);
}

void run_branches(struct cli *c)
{
	want_counts(c);
	with_project(c, ask_branches_first);
}

/* ---- commits: page after page, so that a long history needs no memory ---- */
struct pages {
	struct writer *writer;
	size_t next, max;
};

static void pages_drop(struct cli *c)
{
	struct pages *p = c->data;
	writer_free(p->writer);
	free(p);
	c->data = NULL;
	c->clean_up = NULL;
}

static void pages_end(struct cli *c)
{
	struct pages *p = c->data;
	cli_write(c, p->writer);
	p->writer = NULL;
	pages_drop(c);
	cli_end(c, NULL);
}

static size_t page_rows(struct cli *c, const struct pages *p, size_t *ret_known, bool *ret_complete)
{
	*ret_known = store_n_commits(app_store(c->app), c->project, c->branch, ret_complete);
	size_t end = MIN_OF(p->next + COMMITS_PAGE, p->max);
	return *ret_complete ? MIN_OF(end, *ret_known) : end;
}

static bool page_ready(struct cli *c)
{
	struct pages *p = c->data;
	struct store *st = app_store(c->app);
	bool complete;
	size_t known, end = page_rows(c, p, &known, &complete);
	if (store_commits_fresh(st, c->project, c->branch)->state == FRESH_FAILED)
		return true;
	app_want_commits(c->app, c->project, c->branch, p->next, end - p->next);
	if (known < end && !complete)
		return false;
	for (size_t i = p->next; i < end; i++) {
		const struct oid *id = store_commit_id_at(st, c->project, c->branch, i);
		if (!id || !store_commit(st, c->project, id))
			return false;
	}
	return true;
}

static void ask_page(struct cli *c);

static void print_page(struct cli *c)
{
	struct pages *p = c->data;
	struct store *st = app_store(c->app);
	const struct fresh *f = store_commits_fresh(st, c->project, c->branch);
	bool complete;
	size_t known, end = page_rows(c, p, &known, &complete);
	if (f->state == FRESH_FAILED) {
		pages_drop(c);
		cli_end(c, &f->err);
		return;
	}
	for (; p->next < end; p->next++) {
		struct row r = cli_row(c);
		r.project = store_project(st, c->project);
		r.commit = store_commit(st, c->project, store_commit_id_at(st, c->project, c->branch, p->next));
		r.image = store_image(st, c->project, &r.commit->id);
		count_sessions(c, NULL, &r.commit->id, &r);
		writer_row(p->writer, &r);
	}
	if (p->next >= p->max || (complete && p->next >= known))
		pages_end(c);
	else
		cli_wait(c, page_ready, ask_page);
}

static void ask_page(struct cli *c)
{
	struct pages *p = c->data;
	struct store *st = app_store(c->app);
	struct oid ids[COMMITS_PAGE];
	bool complete;
	size_t known, end = page_rows(c, p, &known, &complete), n = 0;
	if (store_commits_fresh(st, c->project, c->branch)->state != FRESH_FAILED)
		for (size_t i = p->next; i < MIN_OF(end, (size_t)IMAGES_MAX); i++)
			ids[n++] = *store_commit_id_at(st, c->project, c->branch, i);
	with_images(c, ids, n, print_page);
}

static void begin_pages(struct cli *c)
{
	struct store *st = app_store(c->app);
	const struct fresh *f = store_branches_fresh(st, c->project);
	const struct project *p = store_project(st, c->project);
	const char *asked = cli_flag(c, "branch"), *max = cli_flag(c, "max");
	uint64_t n = COMMITS_DEFAULT;
	struct err err = { 0 };
	if (f->state == FRESH_FAILED) {
		cli_end(c, &f->err);
		return;
	}
	str_replace(&c->branch, asked ? asked : c->rev ? c->rev : p->default_branch);
	if (max && !sv_to_u64(sv_of(max), &n))
		err_set(&err, ERR_USAGE, "--max wants a number, not %s", max);
	else if (!c->branch)
		err_set(&err, ERR_NOT_FOUND, "%s has no commits yet", p->path), err_hint(&err, "Commit something there first.");
	else if (!store_branch(st, c->project, c->branch)) {
		err_set(&err, ERR_NOT_FOUND, "%s has no branch %s", p->path, c->branch);
		err_hint(&err, "`berth branches` lists them.");
	}
	if (err.code) {
		cli_end(c, &err);
		return;
	}
	struct writer *w = cli_writer(c, ENTITY_COMMIT);
	if (!w)
		return;
	struct pages *pages = xcalloc(1, sizeof *pages);
	pages->writer = w;
	pages->max = n ? (size_t)n : SIZE_MAX;
	c->data = pages;
	c->clean_up = pages_drop;
	cli_wait(c, page_ready, ask_page);
}

static void branches_then_commits(struct cli *c)
{
	app_want_branches(c->app, c->project);
	if (cli_flag(c, "branch")) /* it may be on any page of a host */
		app_want_more_branches(c->app, SIZE_MAX);
	cli_wait(c, branches_ready, begin_pages);
}

void run_commits(struct cli *c)
{
	want_counts(c);
	with_project(c, branches_then_commits);
}

/* ---- sessions ---- */
/* A sample takes a second. An engine that gives none must not hold up the list. */
struct sampling { struct cli *cli; struct loop_timer *timer; bool over; };

static void sampling_drop(struct cli *c)
{
	struct sampling *u = c->data;
	loop_timer_stop(u->timer);
	free(u);
	c->data = NULL;
	c->clean_up = NULL;
}

static bool usage_ready(struct cli *c)
{
	struct store *st = app_store(c->app);
	for (size_t i = 0; i < store_n_sessions(st) && !((struct sampling *)c->data)->over; i++) {
		const struct session *s = store_session_at(st, i);
		if (s->state == SESSION_RUNNING && !s->usage.at_s)
			return false;
	}
	return true;
}

/* What is shown otherwise, with whose each is beside its name. */
static void add_columns_with_owner(struct buf *b)
{
	size_t n;
	const struct column *all = columns_of(ENTITY_SESSION, &n);
	for (size_t i = 0; i < n; i++)
		if (all[i].rank)
			buf_addf(b, "%s%s%s", b->len ? "," : "", all[i].id, strcmp(all[i].id, "name") == 0 ? ",owner" : "");
}

static void print_sessions(struct cli *c)
{
	struct store *st = app_store(c->app);
	AUTO(buf_fini) struct buf with_owner = BUF_INIT;
	const char *asked = c->columns;
	sampling_drop(c);
	if (cli_flag(c, "all") && !c->columns && !c->json) {
		add_columns_with_owner(&with_owner);
		c->columns = buf_str(&with_owner);
	}
	struct writer *w = cli_writer(c, ENTITY_SESSION);
	c->columns = asked;
	if (!w)
		return;
	for (size_t i = 0; i < store_n_sessions(st); i++) {
		struct row r = cli_row(c);
		r.session = store_session_at(st, i);
		writer_row(w, &r);
	}
	cli_write(c, w);
	if (!store_n_sessions(st))
		cli_note(c, "No session runs. `berth start` starts one.");
	cli_end(c, NULL);
}

static void usage_late(void *sampling)
{
	struct sampling *u = sampling;
	u->over = true;
	cli_wait(u->cli, usage_ready, print_sessions);
}

static void usage_first(struct cli *c)
{
	struct store *st = app_store(c->app);
	struct sampling *u = xcalloc(1, sizeof *u);
	u->cli = c;
	u->timer = loop_timer_start(app_loop(c->app), USAGE_WAIT_MS, 0, usage_late, u);
	c->data = u;
	c->clean_up = sampling_drop;
	for (size_t i = 0; i < store_n_sessions(st); i++)
		app_want_usage(c->app, store_session_at(st, i)->name);
	cli_wait(c, usage_ready, print_sessions);
}

void run_sessions(struct cli *c)
{
	with_sessions(c, usage_first);
}

/* ---- builds and settings ---- */
void run_builds(struct cli *c)
{
	struct store *st = app_store(c->app);
	struct writer *w = cli_writer(c, ENTITY_BUILD);
	if (!w)
		return;
	for (size_t i = 0; i < store_n_builds(st); i++) {
		struct row r = cli_row(c);
		r.build = store_build_at(st, i);
		writer_row(w, &r);
	}
	cli_write(c, w);
	if (!store_n_builds(st))
		cli_note(c, "berth has built no image yet. `berth build` builds one.");
	cli_end(c, NULL);
}

void run_config(struct cli *c)
{
	const struct config *config = app_config(c->app);
	struct writer *w = cli_writer(c, ENTITY_CONFIG);
	struct config_row one;
	if (!w)
		return;
	for (size_t i = 0; config_row_at(config, i, &one); i++) {
		struct row r = cli_row(c);
		r.config = &one;
		writer_row(w, &r);
	}
	cli_write(c, w);
	for (size_t i = 0; i < config_n_problems(config); i++) {
		const struct err *e = config_problem_at(config, i);
		cli_note(c, "%s%s%s", e->text, e->hint[0] ? ": " : "", e->hint);
	}
	c->exit_code = config_n_problems(config) ? exit_code_of(ERR_CONFIG) : 0;
	cli_end(c, NULL);
}
