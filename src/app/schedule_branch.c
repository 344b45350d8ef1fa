/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single branches of a host that has more than were read: the one whose history somebody looks at, by its name; and saved work, which
 * may stand on any page, by how its names begin.
 */
#include "app/app_impl.h"
#include "berth/autosave.h"
#include "berth/map.h"
#include "berth/path.h"

enum { PAGE = 100, SAVED_PAGES_MAX = 50 };

/* ---- one, by its name ---- */
struct branch_request { struct request base; struct project_id project; char *name; struct branch found; };

void branch_told(struct branch *out, const struct branch *b)
{
	branch_dup(out, b);
	out->kept = false;
	out->seen_at_s = clock_wall_s();
}

static void one_item(void *request, const struct branch *b)
{
	struct branch_request *r = request;
	branch_fini(&r->found);
	branch_told(&r->found, b);
}

static bool has_other_name(const void *name, const struct branch *b)
{
	return strcmp(b->name, name) != 0;
}

static void reduce_one(struct app *a, const struct branch_request *r, const struct err *err)
{
	struct schedule *s = &a->schedule;
	if (!store_project(a->store, r->project))
		return;
	if (err || !r->found.name)
		str_replace(&s->branch_missing, r->name); /* not asked again by itself */
	if (err)
		return;
	branches_merge(a, r->project, &r->found, r->found.name ? 1 : 0, has_other_name, r->name);
	keep_branches(a, store_project(a->store, r->project));
	ask_commits(a);
}

static void one_end(void *request, const struct err *err)
{
	struct branch_request *r = request;
	if (request_over(&r->base))
		reduce_one(r->base.app, r, err);
	branch_fini(&r->found);
	free(r->name);
	free(r);
}

bool ask_branch(struct app *a, struct project_id id, const char *name)
{
	static const struct forge_branches_events events = { one_item, NULL, one_end };
	struct schedule *s = &a->schedule;
	const struct project *p = store_project(a->store, id);
	const struct branch_request *under_way = (const struct branch_request *)s->branch_asked;
	if (!p || !project_id_eq(id, s->branches) || !branches_paged(a, p) || schedule_asleep(a))
		return false;
	if (!s->branches_pages) /* its first page may have it */
		return s->branches_asked != NULL;
	if (s->branch_missing && strcmp(s->branch_missing, name) == 0)
		return false;
	if (under_way && strcmp(under_way->name, name) == 0)
		return true;
	request_drop(&s->branch_asked);
	struct branch_request *r = request_new(a, sizeof *r, &s->branch_asked, cancel_forge);
	r->project = id;
	r->name = xstrdup(name);
	const struct forge_branches_query q = { .project = p, .name = r->name };
	r->base.call = forge_branches_page(forge_of(a, p), &q, &events, r);
	return true;
}

/* ---- saved work ---- */
struct saved_request { struct request base; struct project_id project; VEC(struct branch) items; size_t pages; bool more; };

static void saved_item(void *request, const struct branch *b)
{
	struct saved_request *r = request;
	struct branch copy;
	if (!sv_starts(sv_of(b->name), SV(AUTOSAVE_PREFIX)))
		return;
	branch_told(&copy, b);
	VEC_PUSH(&r->items, copy);
}

static void saved_page(void *request, bool more, uint64_t total)
{
	struct saved_request *r = request;
	(void)total;
	r->more = more;
	r->pages++;
}

static bool is_other(const void *unused, const struct branch *b)
{
	(void)unused;
	return !sv_starts(sv_of(b->name), SV(AUTOSAVE_PREFIX));
}

static bool always(const void *unused, const struct branch *b)
{
	(void)unused;
	(void)b;
	return true;
}

static void reduce_saved(struct app *a, const struct saved_request *r, const struct err *err)
{
	const struct project *p = store_project(a->store, r->project);
	if (!p || !project_id_eq(r->project, a->schedule.branches))
		return;
	a->schedule.saved_over = true;
	if (err)
		app_say_err(a, MESSAGE_WARN, err, "saved work could not be looked for: ");
	branches_merge(a, r->project, r->items.items, r->items.len, err || r->more ? always : is_other, NULL);
	keep_branches(a, p);
	account_want(a, p);
}

static void ask_saved_page(struct saved_request *r);

static void saved_end(void *request, const struct err *err)
{
	struct saved_request *r = request;
	if (!err && r->base.app && r->more && r->pages < SAVED_PAGES_MAX && store_project(r->base.app->store, r->project)) {
		ask_saved_page(r);
		return;
	}
	if (request_over(&r->base))
		reduce_saved(r->base.app, r, err);
	for (size_t i = 0; i < r->items.len; i++)
		branch_fini(&r->items.items[i]);
	VEC_FINI(&r->items);
	free(r);
}

static void ask_saved_page(struct saved_request *r)
{
	static const struct forge_branches_events events = { saved_item, saved_page, saved_end };
	struct app *a = r->base.app;
	const struct project *p = store_project(a->store, r->project);
	const struct forge_branches_query q = { .project = p, .prefix = AUTOSAVE_PREFIX, .first = r->pages * PAGE, .max = PAGE };
	r->more = false;
	r->base.call = forge_branches_page(forge_of(a, p), &q, &events, r);
}

void ask_saved_work(struct app *a)
{
	struct schedule *s = &a->schedule;
	if (!s->saved_wanted || s->saved_asked || !s->branches_pages || schedule_asleep(a) || !store_branches_more(a->store, s->branches))
		return;
	struct saved_request *r = request_new(a, sizeof *r, &s->saved_asked, cancel_forge);
	r->project = s->branches;
	ask_saved_page(r);
}

void app_want_saved_work(struct app *a, struct project_id p)
{
	struct schedule *s = &a->schedule;
	app_want_branches(a, p);
	if (!project_id_eq(s->branches, p) || (s->saved_wanted && (s->saved_over || s->saved_asked)))
		return;
	s->saved_wanted = true;
	ask_saved_work(a);
}

bool app_saved_work_awaited(const struct app *a, struct project_id p)
{
	if (account_awaited(a, store_project(a->store, p)))
		return true;
	return store_branches_more(a->store, p) && !(project_id_eq(a->schedule.branches, p) && a->schedule.saved_over);
}
