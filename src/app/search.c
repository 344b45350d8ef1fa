/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Projects that hosts are searched for, and those that are known without a list: somebody named them by their path, or searched.
 * A host is asked for this account's own first, as nobody looks for a stranger's project of the same name; where these are all
 * listed already they needn't be asked for.
 */
#include "app/app_impl.h"
#include "berth/cache.h"
#include "berth/map.h"
#include "berth/path.h"

enum { FOUND_MAX = 2000 /* kept of a forge */, PAGE_MAX = 100, PAGE = 50 };

static struct sv key_of(const struct project_id *id)
{
	return (struct sv){ (const char *)id, sizeof *id };
}

/* ---- what is known without a list ---- */
bool app_project_is_found(const struct app *a, struct project_id id)
{
	const struct project *p = store_project(a->store, id);
	return p && p->found;
}

bool app_search_hit(const struct app *a, struct project_id p)
{
	return map_get(a->forges.hits, key_of(&p)) != NULL;
}

static void drop_at(struct forge_slot *s, size_t i)
{
	project_fini(&s->found.items[i]);
	VEC_REMOVE(&s->found, i);
}

void found_drop(struct app *a, struct forge_slot *s, struct project_id p)
{
	for (size_t i = 0; app_project_is_found(a, p) && i < s->found.len; i++)
		if (project_id_eq(s->found.items[i].id, p)) {
			drop_at(s, i);
			return;
		}
}

void found_keep(struct app *a, struct forge_slot *s, const struct project *p)
{
	struct project copy;
	project_dup(&copy, p);
	found_drop(a, s, p->id);
	if (s->found.len == FOUND_MAX)
		drop_at(s, 0);
	VEC_PUSH(&s->found, copy);
}

void forges_keep(struct app *a, const struct project *items, size_t n)
{
	VEC(struct project) all = VEC_INIT;
	struct fresh f = *store_projects_fresh(a->store);
	struct project copy;
	for (size_t i = 0; i < n; i++) {
		struct forge_slot *s = forge_slot_named(a, items[i].forge);
		const struct project *known = store_project(a->store, items[i].id);
		if (known && !known->kept && !known->found)
			continue; /* the list has it */
		project_dup(&copy, &items[i]);
		copy.found = !known || known->found;
		copy.kept = known && !known->found;
		copy.seen_at_s = clock_wall_s();
		cache_put_project(a->cache, &copy);
		if (copy.found && s)
			found_keep(a, s, &copy);
		VEC_PUSH(&all, copy); /* before what the store has of it: the first counts there */
	}
	if (!all.len)
		return;
	for (size_t i = 0; i < store_n_projects(a->store); i++) {
		project_dup(&copy, store_project_at(a->store, i));
		VEC_PUSH(&all, copy);
	}
	projects_sort(all.items, all.len);
	store_set_projects(a->store, all.items, all.len, &f);
	VEC_FINI(&all);
}

/* ---- searching ---- */
struct search;
struct search_host {
	struct search *search;
	struct forge *forge;
	char *name;
	struct forge_call *call;       /* NULL: has ended */
	bool all, more;                /* all that may be seen are asked for, not only one's own */
	size_t pages, n;               /* pages of this step; found by all steps */
	VEC(struct project) items;
};
struct search {
	struct ask *ask;
	void (*got)(void *ctx, const struct app_searched *s);
	char *words;
	size_t max, few, page;
	struct search_host *hosts; size_t n_hosts;
};

static void search_free(struct search *s)
{
	for (size_t i = 0; i < s->n_hosts; i++) {
		struct search_host *h = &s->hosts[i];
		for (size_t k = 0; k < h->items.len; k++)
			project_fini(&h->items.items[k]);
		VEC_FINI(&h->items);
		free(h->name);
	}
	free(s->hosts);
	free(s->words);
	free(s);
}

static bool under_way(const struct search *s)
{
	for (size_t i = 0; i < s->n_hosts; i++)
		if (s->hosts[i].call)
			return true;
	return false;
}

/* The app goes: what still comes is for nobody, and the last end frees. */
static void search_cancel(void *search)
{
	struct search *s = search;
	for (size_t i = 0; i < s->n_hosts; i++)
		forge_cancel(s->hosts[i].call);
}

static void search_item(void *host, const struct project *p)
{
	struct search_host *h = host;
	struct project copy;
	for (size_t i = 0; i < h->items.len; i++)
		if (project_id_eq(h->items.items[i].id, p->id))
			return; /* one's own are among all */
	project_dup(&copy, p);
	VEC_PUSH(&h->items, copy);
}

static void search_page(void *host, bool more, uint64_t total)
{
	struct search_host *h = host;
	(void)total;
	h->more = more;
	h->pages++;
}

static void host_over(struct search_host *h, const struct err *err)
{
	struct search *s = h->search;
	struct ask *k = s->ask;
	if (k->app) {
		for (size_t i = 0; i < h->items.len; i++)
			map_put(k->app->forges.hits, key_of(&h->items.items[i].id), k->app);
		forges_keep(k->app, h->items.items, h->items.len);
	}
	if (ask_heard(k))
		s->got(k->ctx, &(struct app_searched){ .host = h->name, .n = h->items.len, .more = h->more, .err = err });
	if (under_way(s))
		return;
	search_free(s);
	ask_end(k, NULL);
}

static void ask_host(struct search_host *h);

static void search_end(void *host, const struct err *err)
{
	struct search_host *h = host;
	struct search *s = h->search;
	h->call = NULL;
	if (!err && s->ask->app && h->more && h->pages * s->page < s->max) {
		ask_host(h);
	} else if (!err && s->ask->app && !h->all && h->items.len < s->few) {
		h->all = true;
		h->pages = 0;
		ask_host(h);
	} else {
		host_over(h, err);
	}
}

static void ask_host(struct search_host *h)
{
	static const struct forge_projects_events events = { search_item, search_page, search_end };
	struct search *s = h->search;
	const struct forge_projects_query q = { .of = h->all ? FORGE_PROJECTS_ALL : FORGE_PROJECTS_MINE, .search = s->words, .first = h->pages * s->page,
		.max = s->page };
	h->more = false;
	h->call = forge_projects_page(h->forge, &q, &events, h);
}

static bool searches(const struct forge_slot *s)
{
	return s->forge && forge_caps(s->forge) & FORGE_SEARCHES;
}

bool app_can_search(const struct app *a)
{
	for (size_t i = 0; i < a->forges.n; i++)
		if (searches(&a->forges.items[i]))
			return true;
	return false;
}

static void begin(struct app *a, struct search *s)
{
	s->hosts = xcalloc(a->forges.n + 1, sizeof *s->hosts);
	for (size_t i = 0; i < a->forges.n; i++) {
		const struct forge_slot *slot = &a->forges.items[i];
		if (!searches(slot))
			continue;
		bool all_listed = slot->fresh.state == FRESH_FRESH && slot->pages && !slot->more;
		s->hosts[s->n_hosts++] = (struct search_host){ .search = s, .forge = slot->forge, .name = xstrdup(slot->name), .all = all_listed };
	}
	for (size_t i = 0; i < s->n_hosts; i++)
		ask_host(&s->hosts[i]);
}

unsigned app_search(struct app *a, const struct app_search *q, void (*got)(void *ctx, const struct app_searched *s), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct err err = { 0 };
	if (!app_can_search(a)) {
		err_set(&err, ERR_UNSUPPORTED, "no host is configured that could be searched for %s", q->words);
		err_hint(&err, "`berth login https://…` adds one.");
		return ask_fail(k, &err);
	}
	struct search *s = xcalloc(1, sizeof *s);
	*s = (struct search){ .ask = k, .got = got, .words = xstrdup(q->words), .max = q->max ? q->max : PAGE, .few = q->few };
	s->page = s->max < PAGE_MAX ? PAGE : PAGE_MAX;
	map_free(a->forges.hits);
	a->forges.hits = map_new(NULL);
	k->cancel = search_cancel;
	k->call = s;
	begin(a, s);
	return k->number;
}
