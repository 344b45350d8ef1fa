/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks for a branch's history: ids first, entities for the rows that are looked at. Ids are small, so those of a repository on this
 * machine are read on to the end; a host gives them in pages of a hundred, a request each, and only where somebody looks.
 */
#include "app/app_impl.h"

enum {
	FIRST_PAGE = 200,         /* enough for any screen, so that the first one comes at once */
	NEXT_PAGES = 20000,
	HOST_PAGE = 100,
	IDS_UNASKED = 400000,     /* beyond so many rows ids are loaded only when somebody scrolls there */
	ENTITIES_MAX = 512,
};

static const struct branch *wanted_branch(struct app *a)
{
	const struct want_commits *w = &a->schedule.commits;
	return w->branch ? store_branch(a->store, w->project, w->branch) : NULL;
}

/* ---- ids ---- */
struct ids_request {
	struct request base;
	struct project_id project;
	char *branch;
	struct oid tip;
	size_t first, got;             /* rows: where it began, how many came */
	bool complete, wrong;
};

static void ids_item(void *request, size_t first, const struct oid *ids, size_t n, bool complete)
{
	struct ids_request *r = request;
	struct app *a = r->base.app;
	if (!a || r->wrong)
		return;
	struct fresh f = fresh_of(FRESH_FRESH, NULL, NULL);
	r->wrong = first != r->first + r->got || (first == 0 && n && !oid_eq(&ids[0], &r->tip));
	if (r->wrong)
		return;
	if (first == 0)
		store_set_commit_ids(a->store, r->project, r->branch, ids, n, complete, &f);
	else
		store_add_commit_ids(a->store, r->project, r->branch, ids, n, complete, &f);
	r->got += n;
	r->complete = complete;
}

static void reduce_ids(struct app *a, struct ids_request *r, const struct err *err)
{
	struct err odd = { 0 };
	/* Asked again it would say the same, for ever. */
	if (!err && (r->wrong || (!r->got && !r->complete))) {
		err_set(&odd, ERR_DECODE, "the history of %s is not what its tip says", r->branch);
		err = &odd;
	}
	if (!err) {
		keep_ids(a, r->project, r->branch, r->first);
		ask_commits(a);
		return;
	}
	struct fresh f = fresh_of(FRESH_FAILED, err, store_commits_fresh(a->store, r->project, r->branch));
	a->schedule.failed_tip = r->tip;
	if (store_project(a->store, r->project))
		store_commits_mark(a->store, r->project, r->branch, &f);
}

static void ids_end(void *request, const struct err *err)
{
	struct ids_request *r = request;
	if (request_over(&r->base)) {
		reduce_ids(r->base.app, r, err);
		schedule_images_soon(r->base.app);
	}
	free(r->branch);
	free(r);
}

static bool ids_are_of_tip(struct app *a, const struct branch *b)
{
	const struct want_commits *w = &a->schedule.commits;
	const struct oid *top = store_commit_id_at(a->store, w->project, w->branch, 0);
	return top && oid_eq(top, &b->tip);
}

static bool asking_same(const struct schedule *s, const struct branch *b)
{
	const struct ids_request *r = (const struct ids_request *)s->ids_asked;
	return r && project_id_eq(r->project, s->commits.project) && strcmp(r->branch, s->commits.branch) == 0 && oid_eq(&r->tip, &b->tip);
}

bool ids_awaited(const struct app *a, struct project_id p)
{
	const struct ids_request *r = (const struct ids_request *)a->schedule.ids_asked;
	return r && !r->first && !r->got && project_id_eq(r->project, p);
}

static void drop_ids(struct app *a)
{
	struct ids_request *r = (struct ids_request *)a->schedule.ids_asked;
	if (!r)
		return;
	struct fresh was = *store_commits_fresh(a->store, r->project, r->branch);
	if (was.state == FRESH_LOADING && store_project(a->store, r->project)) {
		struct fresh f = fresh_of(was.at_s ? FRESH_STALE : FRESH_ABSENT, NULL, &was);
		store_commits_mark(a->store, r->project, r->branch, &f);
	}
	request_drop(&a->schedule.ids_asked);
}

static void ask_page(struct app *a, const struct branch *b, size_t first, size_t max)
{
	const struct want_commits *w = &a->schedule.commits;
	struct ids_request *r = request_new(a, sizeof *r, &a->schedule.ids_asked, cancel_forge);
	r->project = w->project;
	r->branch = xstrdup(w->branch);
	r->tip = b->tip;
	r->first = first;
	const struct project *project = store_project(a->store, w->project);
	struct forge_commits_query q = { .project = project, .branch = r->branch, .tip = b->tip, .first = first, .max = max };
	r->base.call = forge_commit_ids(forge_of(a, project), &q, ids_item, ids_end, r);
}

/* What was recalled is as fresh as the tip that it begins with. */
static void confirm_ids(struct app *a)
{
	const struct want_commits *w = &a->schedule.commits;
	const struct branch *b = wanted_branch(a);
	if (!b || b->kept || store_commits_fresh(a->store, w->project, w->branch)->state != FRESH_STALE || store_branches_fresh(a->store, w->project)->state != FRESH_FRESH)
		return;
	struct fresh f = fresh_of(FRESH_FRESH, NULL, NULL);
	store_commits_mark(a->store, w->project, w->branch, &f);
}

static void ask_ids(struct app *a, const struct branch *b)
{
	struct schedule *s = &a->schedule;
	const struct want_commits *w = &s->commits;
	recall_ids(a, store_project(a->store, w->project), w->branch);
	bool complete = false, begin = !ids_are_of_tip(a, b);
	if (!begin)
		confirm_ids(a);
	size_t known = store_n_commits(a->store, w->project, w->branch, &complete);
	bool host = forge_caps(forge_of(a, store_project(a->store, w->project))) & FORGE_SEARCHES;
	size_t seen = w->first + w->n;
	if (!begin && (complete || (host ? seen <= known : known >= IDS_UNASKED && seen < known)))
		return;
	if (asking_same(s, b) || oid_eq(&s->failed_tip, &b->tip))
		return;
	drop_ids(a);
	if (!begin) {
		ask_page(a, b, known, host ? (MAX_OF(seen - known, (size_t)1) + HOST_PAGE - 1) / HOST_PAGE * HOST_PAGE : NEXT_PAGES);
		return;
	}
	struct fresh f = fresh_of(FRESH_LOADING, NULL, store_commits_fresh(a->store, w->project, w->branch));
	store_commits_mark(a->store, w->project, w->branch, &f);
	/* Where a longer list is replaced because the tip has moved, what is on screen must not fall off its end meanwhile. */
	size_t page = host ? HOST_PAGE : FIRST_PAGE;
	ask_page(a, b, 0, MAX_OF(page, MIN_OF(known, seen + page) / page * page));
}

/* ---- entities ---- */
struct entities_request {
	struct request base;
	struct project_id project;
	bool got;
};

static void entity_item(void *request, const struct commit *c)
{
	struct entities_request *r = request;
	struct commit copy;
	if (!r->base.app || !store_project(r->base.app->store, r->project))
		return;
	keep_commit(r->base.app, store_project(r->base.app->store, r->project), c);
	commit_dup(&copy, c);
	store_put_commit(r->base.app->store, r->project, &copy);
	r->got = true;
}

static void reduce_entities(struct app *a, const struct entities_request *r, const struct err *err)
{
	if (!err && r->got) {
		ask_commits(a);
		return;
	}
	a->schedule.entities_failed = true;
	if (err)
		app_say_err(a, MESSAGE_ERROR, err, NULL);
}

static void entities_end(void *request, const struct err *err)
{
	struct entities_request *r = request;
	if (request_over(&r->base))
		reduce_entities(r->base.app, r, err);
	free(r);
}

static void ask_entities(struct app *a)
{
	struct schedule *s = &a->schedule;
	const struct want_commits *w = &s->commits;
	const struct project *project = store_project(a->store, w->project);
	struct oid ids[ENTITIES_MAX];
	size_t n = 0;
	if (s->entities_asked || s->entities_failed || !project)
		return;
	for (size_t i = 0; i < w->n && n < ENTITIES_MAX; i++) {
		const struct oid *id = store_commit_id_at(a->store, w->project, w->branch, w->first + i);
		if (!id)
			break;
		if (!store_commit(a->store, w->project, id) && !recall_commit(a, project, id))
			ids[n++] = *id;
	}
	if (!n)
		return;
	struct entities_request *r = request_new(a, sizeof *r, &s->entities_asked, cancel_forge);
	r->project = w->project;
	r->base.call = forge_commits(forge_of(a, project), project, ids, n, entity_item, entities_end, r);
}

void ask_commits(struct app *a)
{
	const struct want_commits *w = &a->schedule.commits;
	const struct branch *b = wanted_branch(a);
	if (schedule_asleep(a) || (!b && !(w->branch && store_branches_more(a->store, w->project))))
		return;
	/* Where its tip is now is asked for first. */
	bool asked = (!b || b->kept) && ask_branch(a, w->project, w->branch);
	if (!b)
		return;
	if (asked)
		recall_ids(a, store_project(a->store, w->project), w->branch);
	else
		ask_ids(a, b);
	ask_entities(a);
}
