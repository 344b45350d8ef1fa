/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks for projects, and reduces the answers. */
#include "app/app_impl.h"
#include "berth/cache.h"
#include "berth/map.h"
#include "berth/path.h"

enum { SHOWN_EVERY_MS = 200, PAGE = 50, PAGE_OF_MANY = 100 /* projects of a host at a time */,
       AT_ONCE_S = 60 /* a list that took longer, as somebody went through it, may have moved meanwhile: it does not say what is gone */ };

/* ---- projects ---- */
struct projects { struct project *items; size_t len, cap; };
struct projects_request {
	struct request base;
	struct forge_slot *slot;
	VEC(struct project) items;
	size_t remembered;             /* of them, in the cache */
	size_t pages;                  /* of a host's list that have come */
	bool more;                     /* and there are others */
	bool from_first;               /* all of them in this request */
	bool nothing_known;            /* so they are shown as they come … */
	size_t shown;                  /* … some times a second, and by quarters of what is shown: each time costs all of them */
	uint64_t shown_ms;
};

static void project_note(void *request, const char *text)
{
	struct projects_request *r = request;
	if (r->base.app)
		app_say(r->base.app, MESSAGE_WARN, NULL, "%s", text);
}

static int newest_first(const void *a, const void *b)
{
	const struct project *x = a, *y = b;
	if (x->active_at_s != y->active_at_s)
		return x->active_at_s < y->active_at_s ? 1 : -1;
	int r = strcmp(x->forge, y->forge);
	return r ? r : strcmp(x->path, y->path);
}

void projects_sort(struct project *items, size_t n)
{
	if (n)
		qsort(items, n, sizeof *items, newest_first);
}

static void push_copy(struct projects *all, const struct project *p)
{
	struct project copy;
	project_dup(&copy, p);
	VEC_PUSH(all, copy);
}

static bool lists_any(const struct app *a, const char *name)
{
	for (size_t i = 0; i < store_n_projects(a->store); i++)
		if (strcmp(store_project_at(a->store, i)->forge, name) == 0)
			return true;
	return false;
}

static struct sv id_key(const struct project_id *id)
{
	return (struct sv){ (const char *)id, sizeof *id };
}

/* What is known of a list: its rows by id, and by the number that outlives a move. */
struct rows { struct map *ids, *numbers; };

static void rows_init(struct rows *r, const struct project *items, size_t n)
{
	r->ids = map_new(NULL);
	r->numbers = map_new(NULL);
	for (size_t i = 0; i < n; i++) {
		map_put(r->ids, id_key(&items[i].id), r);
		if (items[i].number)
			map_put(r->numbers, (struct sv){ (const char *)&items[i].number, sizeof items[i].number }, r);
	}
}

static void rows_fini(struct rows *r)
{
	map_free(r->ids);
	map_free(r->numbers);
}

static bool has_moved(struct app *a, const struct rows *listed, const struct project *p)
{
	if (map_get(listed->ids, id_key(&p->id)) || !p->number || !map_get(listed->numbers, (struct sv){ (const char *)&p->number, sizeof p->number }))
		return false;
	cache_forget_project(a->cache, p->forge, p->path);
	return true;
}

/* Was there before and is not in the part of the list that was read: kept, unless it stands there under another path. */
static void push_kept(struct app *a, struct projects *all, const struct rows *listed, const struct project *p)
{
	if (map_get(listed->ids, id_key(&p->id)) || p->found || has_moved(a, listed, p))
		return;
	push_copy(all, p);
	VEC_LAST(all)->kept = true;
}

/* The forge's new list, whose strings are taken, beside what the others said last and what was found without a list. Where it was not
 * read to its end, what was seen of it before stays. */
static void merge_projects(struct app *a, const char *name, struct project *items, size_t n, bool whole, const struct fresh *f)
{
	struct projects all = VEC_INIT;
	struct forge_slot *slot = forge_slot_named(a, name);
	struct rows listed;
	if (!n && !lists_any(a, name)) { /* it had none: the others' may be many thousands */
		store_projects_mark(a->store, f);
		return;
	}
	rows_init(&listed, items, n);
	for (size_t i = 0; i < store_n_projects(a->store); i++) {
		const struct project *p = store_project_at(a->store, i);
		if (strcmp(p->forge, name) != 0)
			push_copy(&all, p);
		else if (!whole)
			push_kept(a, &all, &listed, p);
	}
	for (size_t i = slot ? slot->found.len : 0; i-- > 0;)
		if (has_moved(a, &listed, &slot->found.items[i]))
			found_drop(a, slot, slot->found.items[i].id);
	rows_fini(&listed);
	for (size_t i = 0; i < n; i++) {
		if (slot)
			found_drop(a, slot, items[i].id);
		VEC_PUSH(&all, items[i]);
		items[i] = (struct project){ 0 };
	}
	for (size_t i = 0; slot && i < slot->found.len; i++)
		push_copy(&all, &slot->found.items[i]);
	projects_sort(all.items, all.len);
	store_set_projects(a->store, all.items, all.len, f);
	VEC_FINI(&all);
}

static void show_some(struct app *a, struct projects_request *r)
{
	struct fresh f = forges_fresh(a);
	struct project *copies = xcalloc(r->items.len, sizeof *copies);
	for (size_t i = 0; i < r->items.len; i++)
		project_dup(&copies[i], &r->items.items[i]);
	merge_projects(a, forge_name(r->slot->forge), copies, r->items.len, false, &f);
	free(copies);
	r->shown = r->items.len;
	r->shown_ms = loop_now_ms(a->loop);
}

static void project_item(void *request, const struct project *p)
{
	struct projects_request *r = request;
	struct app *a = r->base.app;
	struct project copy;
	project_dup(&copy, p);
	copy.kept = false;
	copy.seen_at_s = clock_wall_s();
	VEC_PUSH(&r->items, copy);
	if (a && r->nothing_known && r->items.len >= r->shown + r->shown / 4 && (!r->shown || loop_now_ms(a->loop) >= r->shown_ms + SHOWN_EVERY_MS))
		show_some(a, r);
}

/* One that fails does not take the others' projects away; where there are others, its error is said beside them. */
static void say_failure(struct app *a, struct forge_slot *slot, const struct err *err)
{
	AUTO_STR prefix = xasprintf("%s: ", slot->name);
	if (err && a->forges.n > 1 && (!slot->said || strcmp(slot->said, err->text) != 0))
		app_say_err(a, MESSAGE_WARN, err, prefix);
	str_replace(&slot->said, err ? err->text : NULL);
}

/* How many of a host's are wanted; what is counted is pages. */
static bool wants_next(const struct app *a, const struct projects_request *r)
{
	return r->more && r->pages * r->slot->page_size < MAX_OF(a->schedule.projects_max, (size_t)PAGE);
}

/* Page by page, so that what comes after it may fail. */
static void remember_page(struct app *a, struct projects_request *r)
{
	if (r->items.len > r->remembered || r->items.len == 0)
		keep_projects(a, r->slot->name, r->items.items + r->remembered, r->items.len - r->remembered);
	r->remembered = r->items.len;
}

static void reduce_projects(struct app *a, struct projects_request *r, const struct err *err)
{
	struct forge_slot *slot = r->slot;
	slot->fresh = fresh_of(err ? FRESH_FAILED : FRESH_FRESH, err, &slot->fresh);
	slot->more = !err && r->more; /* what fails is not asked again by itself */
	slot->pages = r->pages;
	struct fresh f = forges_fresh(a);
	say_failure(a, slot, err);
	if (err)
		schedule_retry(a);
	if (err && !r->pages) {
		store_projects_mark(a->store, &f);
		return;
	}
	bool whole = !err && !r->more && (r->from_first || clock_wall_s() - slot->began_s <= AT_ONCE_S);
	remember_page(a, r);
	if (whole)
		keep_only_projects(a, slot->name, r->items.items, r->items.len, slot->began_s);
	merge_projects(a, forge_name(slot->forge), r->items.items, r->items.len, whole, &f);
	if (a->schedule.branches.v && store_branches_fresh(a->store, a->schedule.branches)->state == FRESH_ABSENT)
		schedule_branches(a);
}

static void ask_page(struct projects_request *r);

static void projects_page(void *request, bool more, uint64_t total)
{
	struct projects_request *r = request;
	(void)total;
	r->more = more;
	r->pages++;
	if (r->base.app)
		remember_page(r->base.app, r);
}

static void projects_end(void *request, const struct err *err)
{
	struct projects_request *r = request;
	if (!err && r->base.app && wants_next(r->base.app, r)) {
		ask_page(r);
		return;
	}
	if (request_over(&r->base))
		reduce_projects(r->base.app, r, err);
	for (size_t i = 0; i < r->items.len; i++)
		project_fini(&r->items.items[i]);
	VEC_FINI(&r->items);
	free(r);
}

static void ask_page(struct projects_request *r)
{
	static const struct forge_projects_events events = { project_item, projects_page, projects_end };
	struct forge_slot *slot = r->slot;
	struct forge *f = slot->forge;
	if (!r->pages) /* a list's pages are all of one size */
		slot->page_size = r->base.app->schedule.projects_max > 2 * PAGE_OF_MANY ? PAGE_OF_MANY : PAGE;
	const struct forge_projects_query q = { .of = FORGE_PROJECTS_MINE, .first = r->pages * slot->page_size, .max = slot->page_size };
	r->more = false;
	r->base.call = forge_caps(f) & FORGE_SEARCHES ? forge_projects_page(f, &q, &events, r) : forge_projects(f, project_item, project_note, projects_end, r);
}

static struct projects_request *projects_request_new(struct app *a, struct forge_slot *slot)
{
	slot->fresh = fresh_of(FRESH_LOADING, NULL, &slot->fresh);
	struct projects_request *r = request_new(a, sizeof *r, &slot->asked, cancel_forge);
	r->slot = slot;
	return r;
}

static void ask_projects_of(struct app *a, struct forge_slot *slot)
{
	if (slot->asked || slot->waits)
		return;
	struct projects_request *r = projects_request_new(a, slot);
	r->nothing_known = a->stays && !slot->fresh.at_s; /* a command waits for all of them */
	r->from_first = true;
	slot->began_s = clock_wall_s();
	ask_page(r);
}

/* The next pages, after those that are there; what is only kept from before may be on them. */
static void ask_more_of(struct app *a, struct forge_slot *slot)
{
	if (slot->asked || !slot->more || slot->pages * slot->page_size >= a->schedule.projects_max)
		return;
	struct projects_request *r = projects_request_new(a, slot);
	for (size_t i = 0; i < store_n_projects(a->store); i++) {
		const struct project *p = store_project_at(a->store, i);
		struct project copy;
		if (strcmp(p->forge, slot->name) != 0 || p->kept || p->found)
			continue;
		project_dup(&copy, p);
		VEC_PUSH(&r->items, copy);
	}
	r->remembered = r->items.len;
	r->pages = slot->pages;
	ask_page(r);
}

void app_want_more_projects(struct app *a, size_t n)
{
	a->schedule.projects_max = MAX_OF(a->schedule.projects_max, n);
	if (schedule_asleep(a))
		return;
	for (size_t i = 0; i < a->forges.n; i++)
		ask_more_of(a, &a->forges.items[i]);
}

bool app_projects_more(const struct app *a, const char **ret_host)
{
	for (size_t i = 0; i < a->forges.n; i++)
		if (a->forges.items[i].more) {
			if (ret_host)
				*ret_host = a->forges.items[i].name;
			return true;
		}
	return false;
}

void ask_projects(struct app *a)
{
	if (schedule_asleep(a))
		return;
	a->schedule.projects_at_ms = loop_now_ms(a->loop);
	for (size_t i = 0; i < a->forges.n; i++)
		ask_projects_of(a, &a->forges.items[i]);
	struct fresh f = forges_fresh(a);
	store_projects_mark(a->store, &f);
}
