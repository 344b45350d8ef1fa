/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What forges last said, in the cache: kept when an answer is reduced, recalled into the store before anything is asked, as
 * stale and with its age. A repository on this machine is its own best cache: only what the first screen needs is kept of it.
 */
#include "app/app_impl.h"
#include "berth/cache.h"

enum { LOCAL_ROWS = 256 /* of the histories of repositories on this machine */ };

static void trouble(void *app, const struct err *err)
{
	app_say_err(app, MESSAGE_WARN, err, NULL);
}

void remember_init(struct app *a, struct cache *cache, bool recall)
{
	a->cache = cache;
	a->recalls = recall && cache;
	cache_on_trouble(cache, trouble, a);
}

void remember_fini(struct app *a)
{
	cache_on_trouble(a->cache, NULL, NULL);
}

static struct fresh stale_since(int64_t at_s)
{
	return (struct fresh){ .state = FRESH_STALE, .at_s = at_s };
}

/* ---- projects ---- */
typedef VEC(struct project) projects;

static void take_project(void *all, struct project *p)
{
	projects *v = all;
	VEC_PUSH(v, *p);
	*p = (struct project){ 0 };
}

void recall_projects(struct app *a)
{
	projects all = VEC_INIT;
	if (!a->recalls || store_projects_fresh(a->store)->state != FRESH_ABSENT)
		return;
	for (size_t i = 0; i < a->forges.n; i++) {
		struct forge_slot *s = &a->forges.items[i];
		size_t before = all.len;
		int64_t at_s = cache_get_projects(a->cache, s->name, take_project, &all);
		if (at_s)
			s->fresh = stale_since(at_s);
		for (size_t k = before; k < all.len; k++)
			if (all.items[k].found)
				found_keep(a, s, &all.items[k]);
	}
	if (all.len) {
		struct fresh f = forges_fresh(a);
		projects_sort(all.items, all.len);
		store_set_projects(a->store, all.items, all.len, &f);
	}
	for (size_t i = 0; i < all.len; i++)
		project_fini(&all.items[i]);
	VEC_FINI(&all);
}

void keep_projects(struct app *a, const char *forge, const struct project *items, size_t n)
{
	cache_put_projects(a->cache, forge, items, n);
}

void keep_only_projects(struct app *a, const char *forge, const struct project *items, size_t n, int64_t before_s)
{
	cache_drop_other_projects(a->cache, forge, items, n, before_s);
}

/* ---- branches ---- */
typedef VEC(struct branch) branches;

static void take_branch(void *all, struct branch *b)
{
	branches *v = all;
	VEC_PUSH(v, *b);
	VEC_LAST(v)->kept = true;
	*b = (struct branch){ 0 };
}

void recall_branches(struct app *a, const struct project *p)
{
	branches all = VEC_INIT;
	if (!a->recalls || store_branches_fresh(a->store, p->id)->state != FRESH_ABSENT)
		return;
	bool more = false;
	int64_t at_s = cache_get_branches(a->cache, p, take_branch, &all, &more);
	struct fresh f = stale_since(at_s);
	if (at_s) {
		store_set_branches(a->store, p->id, all.items, all.len, &f);
		store_branches_note_more(a->store, p->id, more);
	}
	for (size_t i = 0; i < all.len; i++)
		branch_fini(&all.items[i]);
	VEC_FINI(&all);
}

void keep_branches(struct app *a, const struct project *p)
{
	branches all = VEC_INIT; /* borrows their strings */
	for (size_t i = 0; a->cache && i < store_n_branches(a->store, p->id); i++) {
		VEC_PUSH(&all, *store_branch_at(a->store, p->id, i));
		VEC_LAST(&all)->seen_at_s = VEC_LAST(&all)->kept ? VEC_LAST(&all)->seen_at_s : 0;
	}
	cache_put_branches(a->cache, p, all.items, all.len, store_branches_more(a->store, p->id));
	VEC_FINI(&all);
}

/* ---- histories ---- */
void recall_ids(struct app *a, const struct project *p, const char *branch)
{
	struct cache_ids ids;
	if (!a->recalls || store_commits_fresh(a->store, p->id, branch)->state != FRESH_ABSENT)
		return;
	int64_t at_s = cache_get_ids(a->cache, p, branch, &ids);
	struct fresh f = stale_since(at_s);
	if (at_s && ids.n)
		store_set_commit_ids(a->store, p->id, branch, ids.ids, ids.n, ids.complete, &f);
	free(ids.ids);
}

/* Called when a page has come: what is kept ends soon, so not for each page of a long one. */
void keep_ids(struct app *a, struct project_id id, const char *branch, size_t first)
{
	const struct project *p = store_project(a->store, id);
	struct cache_ids ids = { 0 };
	if (!a->cache || !p || first >= (p->dir ? (size_t)LOCAL_ROWS : (size_t)CACHE_IDS_MAX))
		return;
	size_t known = store_n_commits(a->store, id, branch, &ids.complete);
	ids.n = p->dir ? MIN_OF(known, (size_t)LOCAL_ROWS) : known;
	ids.complete &= ids.n == known;
	ids.ids = xmalloc(ids.n * sizeof *ids.ids + 1);
	for (size_t i = 0; i < ids.n; i++)
		ids.ids[i] = *store_commit_id_at(a->store, id, branch, i);
	cache_put_ids(a->cache, p, branch, &ids);
	free(ids.ids);
}

/* ---- commits ---- */
static bool is_kept(const struct app *a, const struct project *p)
{
	return a->cache && (!p->dir || a->schedule.commits.first < LOCAL_ROWS);
}

/* A commit never changes: recalled is as good as asked for. */
bool recall_commit(struct app *a, const struct project *p, const struct oid *id)
{
	struct commit c;
	if (!a->recalls || !is_kept(a, p) || !cache_get_commit(a->cache, p, id, &c))
		return false;
	store_put_commit(a->store, p->id, &c);
	return true;
}

void keep_commit(struct app *a, const struct project *p, const struct commit *c)
{
	if (is_kept(a, p))
		cache_put_commit(a->cache, p, c);
}

/* ---- images ---- */
void recall_images(struct app *a)
{
	const struct want_images *w = &a->schedule.images;
	const struct project *p = store_project(a->store, w->project);
	for (size_t i = 0; a->recalls && p && i < w->n; i++) {
		struct image image;
		if (!store_image(a->store, w->project, &w->commits[i]) && cache_get_image(a->cache, p, &w->commits[i], &image))
			store_put_image(a->store, w->project, &image);
	}
}

void keep_image(struct app *a, const struct project *p, const struct image *i)
{
	if (i->state != IMAGE_UNKNOWN && i->fresh.state == FRESH_FRESH)
		cache_put_image(a->cache, p, i);
}
