/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks for a project's branches, and reduces the answers. A host may have thousands: it is asked for the page of those that were moved
 * last, and for further ones as far as somebody looks. Until then the store says that there are more (store_branches_more), and what
 * earlier runs have seen stays beside them (branch.kept). schedule_branch.c asks for single ones, and for saved work.
 */
#include "app/app_impl.h"
#include "berth/cache.h"
#include "berth/map.h"
#include "berth/path.h"

enum { SHOWN_EVERY_MS = 200, PAGE = 100, REST_MS = 300000 /* so long a page but the first is as good as read anew */, AT_ONCE_S = 60 /* as for projects */ };

struct branches_request {
	struct request base;
	struct project_id project;
	VEC(struct branch) items;
	bool paged;
	size_t pages;                  /* that have come */
	bool more;                     /* and there are others … */
	bool deep;                     /* … which are read as far as they are wanted */
	bool from_first;               /* all of them in this request */
	bool default_asked;            /* the default branch by its name: the first page did not have it */
	bool nothing_known, showing;   /* so they are shown as they come, at the end of a turn; one is asked for */
	uint64_t shown_ms;
	struct loop *loop;             /* the app may go first */
};

bool branches_paged(const struct app *a, const struct project *p)
{
	return forge_caps(forge_of(a, p)) & FORGE_BRANCH_PAGES;
}

/* ---- what is known, put together ---- */
static int default_then_newest(const void *a, const void *b)
{
	const struct branch *x = a, *y = b;
	if (x->is_default != y->is_default)
		return x->is_default ? -1 : 1;
	if (x->tip_at_s != y->tip_at_s)
		return x->tip_at_s < y->tip_at_s ? 1 : -1;
	return strcmp(x->name, y->name);
}

void branches_merge(struct app *a, struct project_id id, const struct branch *items, size_t n, bool (*stays)(const void *ctx, const struct branch *b), const void *ctx)
{
	const struct project *p = store_project(a->store, id);
	AUTO(map_free_p) struct map *names = map_new(NULL);
	VEC(struct branch) all = VEC_INIT;
	struct branch copy;
	for (size_t i = 0; i < n; i++) {
		if (map_get(names, sv_of(items[i].name))) /* one that moved while the pages came stands on two of them */
			continue;
		map_put(names, sv_of(items[i].name), names);
		branch_dup(&copy, &items[i]);
		VEC_PUSH(&all, copy);
	}
	for (size_t i = 0; i < store_n_branches(a->store, id); i++) {
		const struct branch *b = store_branch_at(a->store, id, i);
		if (map_get(names, sv_of(b->name)) || !stays(ctx, b))
			continue;
		branch_dup(&copy, b);
		VEC_PUSH(&all, copy);
	}
	if (all.len && p && branches_paged(a, p))
		qsort(all.items, all.len, sizeof *all.items, default_then_newest);
	struct fresh f = *store_branches_fresh(a->store, id);
	store_set_branches(a->store, id, all.items, all.len, &f);
	VEC_FINI(&all);
}

static bool all_stay(const void *yes, const struct branch *b)
{
	(void)b;
	return yes != NULL;
}

static void put(struct app *a, const struct branches_request *r, bool whole)
{
	branches_merge(a, r->project, r->items.items, r->items.len, all_stay, r->paged && !whole ? r : NULL);
}

static void show_branches(void *request)
{
	struct branches_request *r = request;
	struct app *a = r->base.app;
	r->showing = false;
	if (!a || !store_project(a->store, r->project))
		return;
	put(a, r, false);
	if (r->more)
		store_branches_note_more(a->store, r->project, true);
	r->shown_ms = loop_now_ms(a->loop);
	ask_commits(a);
}

static void branch_item(void *request, const struct branch *b)
{
	struct branches_request *r = request;
	struct app *a = r->base.app;
	struct branch copy;
	branch_told(&copy, b);
	if (r->items.len && strcmp(r->items.items[0].name, copy.name) == 0) { /* the default one, which had come ahead of its page */
		branch_fini(&r->items.items[0]);
		r->items.items[0] = copy;
		return;
	}
	VEC_PUSH(&r->items, copy);
	if (!a || (r->paged && r->items.len > 1) || !r->nothing_known || r->showing || (r->shown_ms && loop_now_ms(a->loop) < r->shown_ms + SHOWN_EVERY_MS))
		return;
	r->showing = true;
	loop_defer(a->loop, show_branches, r);
}

/* ---- the end of a reading ---- */
/* One that the list of projects has stays in it, with its error, until that is read again; of the others this is the last that is heard. */
static void project_is_gone(struct app *a, const struct project *p)
{
	struct project_id id = p->id;
	cache_forget_project(a->cache, p->forge, p->path);
	struct forge_slot *slot = forge_slot_named(a, p->forge);
	if (!p->kept)
		return;
	if (slot)
		found_drop(a, slot, id);
	app_say(a, MESSAGE_WARN, NULL, "%s is no longer listed: %s has no such project now, or hides it from this account.", p->path, p->forge);
	store_remove_project(a->store, id);
}

static void reduce_failure(struct app *a, const struct branches_request *r, const struct project *p, const struct fresh *f, const struct err *err)
{
	if (r->pages)
		put(a, r, false);
	if (project_id_eq(a->schedule.branches, r->project))
		a->schedule.branches_failed = true;
	store_branches_mark(a->store, r->project, f);
	schedule_retry(a);
	if (err->http == FORGE_HTTP_GONE)
		project_is_gone(a, p);
}

/* Further pages are told from the first one by what was read of them before: that they have others, and how far it was. */
static void note_reading(struct app *a, const struct branches_request *r)
{
	struct schedule *s = &a->schedule;
	bool here = project_id_eq(s->branches, r->project);
	if (!here || r->pages >= s->branches_pages || !r->more)
		store_branches_note_more(a->store, r->project, r->more);
	if (!here)
		return;
	if (r->from_first && (r->deep || !r->more))
		s->branches_read_ms = loop_now_ms(a->loop);
	s->branches_pages = r->deep || !r->more ? r->pages : MAX_OF(s->branches_pages, r->pages);
	s->branches_failed = false;
}

static void reduce_branches(struct app *a, struct branches_request *r, const struct err *err)
{
	const struct project *project = store_project(a->store, r->project);
	struct fresh before = *store_branches_fresh(a->store, r->project);
	struct fresh f = fresh_of(err ? FRESH_FAILED : FRESH_FRESH, err, &before);
	if (!project)
		return; /* it went meanwhile, and with it all that was known of it */
	if (err) {
		reduce_failure(a, r, project, &f, err);
		return;
	}
	bool first_commit = !project->default_branch && r->items.len;
	put(a, r, !r->more && (r->from_first || clock_wall_s() - a->schedule.branches_began_s <= AT_ONCE_S));
	note_reading(a, r);
	store_branches_mark(a->store, r->project, &f);
	keep_branches(a, project);
	if (project->kept)
		cache_put_project(a->cache, project); /* so it is still there */
	account_want(a, project);
	if (first_commit && a->schedule.projects)
		ask_projects(a);
	ask_saved_work(a);
	ask_commits(a);
}

/* ---- page after page ---- */
static void ask_page(struct branches_request *r);
static void ask_default(struct branches_request *r, const struct project *p);

static bool has_default(const struct branches_request *r, const struct project *p)
{
	for (size_t i = 0; i < r->items.len; i++)
		if (r->items.items[i].is_default || strcmp(r->items.items[i].name, p->default_branch) == 0)
			return true;
	return false;
}

/* What is asked next; false: nothing. */
static bool goes_on(struct app *a, struct branches_request *r)
{
	const struct project *p = store_project(a->store, r->project);
	if (!p || !r->paged || !r->more)
		return false;
	if (!r->default_asked && r->from_first && p->default_branch && !has_default(r, p)) {
		ask_default(r, p);
		return true;
	}
	if (!r->deep || r->pages * PAGE >= a->schedule.branches_max || !project_id_eq(r->project, a->schedule.branches))
		return false;
	if (!r->shown_ms || loop_now_ms(a->loop) >= r->shown_ms + SHOWN_EVERY_MS)
		show_branches(r);
	ask_page(r);
	return true;
}

static void branches_end(void *request, const struct err *err)
{
	struct branches_request *r = request;
	if (!err && r->base.app && goes_on(r->base.app, r))
		return;
	if (r->showing)
		loop_defer_cancel(r->loop, show_branches, r);
	struct app *a = request_over(&r->base) ? r->base.app : NULL;
	if (a)
		reduce_branches(a, r, err);
	for (size_t i = 0; i < r->items.len; i++)
		branch_fini(&r->items.items[i]);
	VEC_FINI(&r->items);
	free(r);
	if (a && a->schedule.branches_again)
		schedule_branches(a);
}

static void branches_page(void *request, bool more, uint64_t total)
{
	struct branches_request *r = request;
	(void)total;
	r->more = more;
	r->pages++;
}

static void ask_page(struct branches_request *r)
{
	static const struct forge_branches_events events = { branch_item, branches_page, branches_end };
	struct app *a = r->base.app;
	const struct project *p = store_project(a->store, r->project);
	const struct forge_branches_query q = { .project = p, .first = r->pages * PAGE, .max = PAGE };
	r->more = false;
	r->base.call = r->paged ? forge_branches_page(forge_of(a, p), &q, &events, r) : forge_branches(forge_of(a, p), p, branch_item, branches_end, r);
}

/* Without it there would be no first history. That it can't be had is no failure of the list. */
static void default_end(void *request, const struct err *err)
{
	struct branches_request *r = request;
	branches_end(r, err && !r->base.app ? err : NULL);
}

static void ask_default(struct branches_request *r, const struct project *p)
{
	static const struct forge_branches_events events = { branch_item, NULL, default_end };
	const struct forge_branches_query q = { .project = p, .name = p->default_branch };
	r->default_asked = true;
	r->base.call = forge_branches_page(forge_of(r->base.app, p), &q, &events, r);
}

/* ---- beginning one ---- */
/* What nobody looks at any more goes back to what it was before it was asked for. */
static void drop_branches(struct app *a)
{
	struct branches_request *r = (struct branches_request *)a->schedule.branches_asked;
	if (!r)
		return;
	struct fresh was = *store_branches_fresh(a->store, r->project);
	if (was.state == FRESH_LOADING && store_project(a->store, r->project)) {
		struct fresh f = fresh_of(was.at_s ? FRESH_STALE : FRESH_ABSENT, NULL, &was);
		store_branches_mark(a->store, r->project, &f);
	}
	if (r->showing)
		loop_defer_cancel(a->loop, show_branches, r);
	r->showing = false;
	request_drop(&a->schedule.branches_asked);
}

static struct branches_request *begin(struct app *a, const struct project *p)
{
	struct fresh f = fresh_of(FRESH_LOADING, NULL, store_branches_fresh(a->store, p->id));
	store_branches_mark(a->store, p->id, &f);
	struct branches_request *r = request_new(a, sizeof *r, &a->schedule.branches_asked, cancel_forge);
	r->project = p->id;
	r->loop = a->loop;
	r->paged = branches_paged(a, p);
	return r;
}

void ask_branches(struct app *a, struct project_id p)
{
	struct schedule *s = &a->schedule;
	const struct project *project = store_project(a->store, p);
	struct branches_request *under_way = (struct branches_request *)s->branches_asked;
	if (!project || schedule_asleep(a))
		return;
	/* Changes that come faster than answers must not put the answer off for ever: it is awaited, then asked once more. */
	s->branches_again = under_way && project_id_eq(under_way->project, p);
	if (s->branches_again)
		return;
	drop_branches(a);
	free_p(&s->branch_missing);
	struct branches_request *r = begin(a, project);
	r->nothing_known = !store_n_branches(a->store, p);
	r->from_first = true;
	r->deep = !s->branches_pages || loop_now_ms(a->loop) >= s->branches_read_ms + REST_MS;
	s->branches_began_s = clock_wall_s();
	ask_page(r);
}

void branches_begin_anew(struct app *a, struct project_id p)
{
	struct schedule *s = &a->schedule;
	s->branches = p;
	s->branches_max = s->branches_pages = 0;
	s->branches_failed = s->saved_wanted = s->saved_over = false;
	s->branches_read_ms = 0;
	request_drop(&s->branch_asked);
	request_drop(&s->saved_asked);
	free_p(&s->branch_missing);
}

void app_want_more_branches(struct app *a, size_t n)
{
	struct schedule *s = &a->schedule;
	const struct project *p = store_project(a->store, s->branches);
	struct branches_request *under_way = (struct branches_request *)s->branches_asked;
	s->branches_max = MAX_OF(s->branches_max, n);
	if (under_way)
		under_way->deep = true;
	if (under_way || !p || schedule_asleep(a) || s->branches_failed || !s->branches_pages || !store_branches_more(a->store, p->id) || s->branches_pages * PAGE >= s->branches_max)
		return;
	struct branches_request *r = begin(a, p);
	for (size_t i = 0; i < store_n_branches(a->store, p->id); i++) {
		struct branch copy;
		if (store_branch_at(a->store, p->id, i)->kept)
			continue;
		branch_dup(&copy, store_branch_at(a->store, p->id, i));
		VEC_PUSH(&r->items, copy);
	}
	r->pages = s->branches_pages;
	r->deep = true;
	ask_page(r);
}
