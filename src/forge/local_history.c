/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Branches, commits, and the histories that are kept so that the next page of one goes on where the last one ended. */
#include "forge/local.h"

enum { WALKERS_KEPT = 8, IDS_KEPT = 8192, FIRST_PAGE = 128, PAGE = 4096 };

/* ---- branches ------------------------------------------------------------------------------------------------------------ */
static int branches_run(struct local_job *j, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	branches all = VEC_INIT;

	int rc = repo_open(j->dir, &r, reterr);
	if (!rc)
		rc = repo_branches(r, &j->stop, &all, reterr);
	for (size_t i = 0; !rc && i < all.len; i++)
		job_put(j, &(struct item){ .kind = ITEM_BRANCH, .branch = all.items[i] });
	if (rc)
		branches_fini(&all);
	else
		VEC_FINI(&all); /* the items own them now */
	return rc;
}

void local_branches(struct forge *f, struct forge_call *c, const struct project *p)
{
	struct local_job *j = job_for_project((struct local *)f, c, p, branches_run);

	if (j)
		job_submit(j);
}

/* ---- walkers -------------------------------------------------------------------------------------------------------------- */
struct walker {
	struct walker *next;
	char *dir;
	struct oid tip;
	struct repo *repo;
	struct walk *walk;
	VEC(struct oid) ids;          /* from the tip on, as far as anybody has looked */
	bool complete;
};

static void walker_free(struct walker *w)
{
	walk_free(w->walk);
	repo_free(w->repo);
	VEC_FINI(&w->ids);
	free(w->dir);
	free(w);
}

static struct walker *walker_take(struct local *l, const char *dir, const struct oid *tip)
{
	for (struct walker **at = &l->walkers; *at; at = &(*at)->next) {
		struct walker *w = *at;
		if (oid_eq(&w->tip, tip) && !strcmp(w->dir, dir)) {
			*at = w->next;
			l->n_walkers--;
			return w;
		}
	}
	struct walker *w = xcalloc(1, sizeof *w);
	w->dir = xstrdup(dir);
	w->tip = *tip;
	return w;
}

/* To the front of those kept; the one that was used longest ago goes. Of two for the same history the one that came last stays. */
void walker_give_back(struct local *l, struct walker *w)
{
	if (!w)
		return;
	/* All of a long one was given: who has it keeps it, and its graph and its packs are much memory. */
	if (!l || (w->complete && w->ids.len > IDS_KEPT)) {
		walker_free(w);
		return;
	}
	if (w->complete) {
		walk_free(w->walk);
		repo_free(w->repo);
		w->walk = NULL;
		w->repo = NULL;
	}
	w->next = l->walkers;
	l->walkers = w;
	l->n_walkers++;
	for (struct walker **at = &w->next; *at;) {
		struct walker *other = *at;
		bool same = oid_eq(&other->tip, &w->tip) && !strcmp(other->dir, w->dir);
		if (!same && (other->next || l->n_walkers <= WALKERS_KEPT)) {
			at = &other->next;
			continue;
		}
		*at = other->next;
		l->n_walkers--;
		walker_free(other);
	}
}

void walkers_fini(struct local *l)
{
	while (l->walkers) {
		struct walker *w = l->walkers;
		l->walkers = w->next;
		walker_free(w);
	}
}

static int walker_open(struct walker *w, struct err *reterr)
{
	if (w->walk || w->complete)
		return 0;
	int rc = repo_open(w->dir, &w->repo, reterr);
	return rc ? rc : walk_new(w->repo, &w->tip, &w->walk, reterr);
}

static int walker_grow(struct walker *w, size_t want, const atomic_bool *stop, struct err *reterr)
{
	size_t n = 0;

	VEC_RESERVE(&w->ids, w->ids.len + want);
	int rc = walk_next(w->walk, want, stop, w->ids.items + w->ids.len, &n, reterr);
	w->ids.len += n;
	w->complete = !rc && n < want;
	return rc;
}

/* ---- ids of commits -------------------------------------------------------------------------------------------------------- */
static void ids_put(struct local_job *j, size_t first, size_t n, bool complete)
{
	struct item i = { .kind = ITEM_IDS, .ids = { .first = first, .n = n, .complete = complete } };

	if (n) {
		i.ids.ids = xmalloc(n * sizeof *i.ids.ids);
		memcpy(i.ids.ids, j->walker->ids.items + first, n * sizeof *i.ids.ids);
	}
	job_put(j, &i);
}

static int ids_run(struct local_job *j, struct err *reterr)
{
	struct walker *w = j->walker;
	size_t given = j->first, page = FIRST_PAGE, last = j->max > SIZE_MAX - j->first ? SIZE_MAX : j->first + j->max;
	bool told_complete = false;
	int rc = walker_open(w, reterr);

	while (!rc) {
		size_t have = MIN_OF(w->ids.len, last);
		if (have > given) {
			told_complete = w->complete && have == w->ids.len;
			ids_put(j, given, have - given, told_complete);
			given = have;
		}
		if (w->complete || given >= last)
			break;
		/* A little at first, so that a screen fills at once. What comes before the rows that are asked for is passed by. */
		rc = walker_grow(w, MIN_OF(page, last - w->ids.len), &j->stop, reterr);
		page = PAGE;
	}
	if (rc && w->ids.len > given)
		ids_put(j, given, MIN_OF(w->ids.len, last) - given, false);
	if (!rc && w->complete && !told_complete && given < last)
		ids_put(j, w->ids.len, 0, true);
	return rc;
}

void local_commit_ids(struct forge *f, struct forge_call *c, const struct forge_commits_query *q)
{
	struct local *l = (struct local *)f;
	struct local_job *j = job_for_project(l, c, q->project, ids_run);

	if (!j)
		return;
	j->first = q->first;
	j->max = q->max;
	j->walker = walker_take(l, j->dir, &q->tip);
	job_submit(j);
}

/* ---- commits, and names of them --------------------------------------------------------------------------------------------- */
static int commits_run(struct local_job *j, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	int rc = repo_open(j->dir, &r, reterr);

	for (size_t i = 0; !rc && i < j->n_ids; i++) {
		struct item item = { .kind = ITEM_COMMIT };
		if (atomic_load(&j->stop))
			return err_set(reterr, ERR_CANCELLED, "cancelled");
		rc = repo_commit(r, &j->ids[i], &item.commit, reterr);
		if (!rc)
			job_put(j, &item);
	}
	return rc;
}

void local_commits(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *ids, size_t n)
{
	struct local_job *j = job_for_project((struct local *)f, c, p, commits_run);

	if (!j)
		return;
	j->ids = xmalloc(n ? n * sizeof *ids : 1);
	if (n)
		memcpy(j->ids, ids, n * sizeof *ids);
	j->n_ids = n;
	job_submit(j);
}

static int resolve_run(struct local_job *j, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	struct item i = { .kind = ITEM_FOUND };

	int rc = repo_open(j->dir, &r, reterr);
	if (!rc)
		rc = repo_resolve(r, j->path, &i.found.id, reterr);
	if (rc)
		return rc;
	i.found.branch = repo_has_branch(r, j->path) ? xstrdup(j->path) : NULL;
	job_put(j, &i);
	return 0;
}

void local_resolve(struct forge *f, struct forge_call *c, const struct project *p, const char *rev)
{
	struct local_job *j = job_for_project((struct local *)f, c, p, resolve_run);

	if (!j)
		return;
	j->path = xstrdup(rev);
	job_submit(j);
}
