/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forges that projects come from: which of them a project's calls go to, and what each last said of its list. */
#include "app/app_impl.h"
#include "berth/map.h"

void forges_init(struct app *a, struct forge *const *forges, size_t n)
{
	a->forges.items = xcalloc(n ? n : 1, sizeof *a->forges.items);
	a->forges.n = n;
	a->forges.nowhere = forge_none_new(a->loop);
	a->forges.hits = map_new(NULL);
	for (size_t i = 0; i < n; i++) {
		a->forges.items[i].name = xstrdup(forge_name(forges[i]));
		a->forges.items[i].forge = forges[i];
	}
}

void forges_drop(struct app *a)
{
	for (size_t i = 0; i < a->forges.n; i++)
		request_drop(&a->forges.items[i].asked);
}

void forges_fini(struct app *a)
{
	for (size_t i = 0; i < a->forges.n; i++) {
		struct forge_slot *s = &a->forges.items[i];
		for (size_t k = 0; k < s->found.len; k++)
			project_fini(&s->found.items[k]);
		VEC_FINI(&s->found);
		free(s->said);
		free(s->name);
	}
	free(a->forges.items);
	map_free(a->forges.hits);
	forge_free(a->forges.nowhere);
}

size_t forges_add(struct app *a, const char *name)
{
	a->forges.items = xrealloc(a->forges.items, a->forges.n + 1, sizeof *a->forges.items);
	a->forges.items[a->forges.n] = (struct forge_slot){ .name = xstrdup(name), .waits = true };
	return a->forges.n++;
}

void forges_settled(struct app *a)
{
	struct fresh f = forges_fresh(a);
	store_projects_mark(a->store, &f);
}

struct forge_slot *forge_slot_named(struct app *a, const char *name)
{
	for (size_t i = 0; i < a->forges.n; i++)
		if (strcmp(a->forges.items[i].name, name) == 0)
			return &a->forges.items[i];
	return NULL;
}

struct forge *forge_named(const struct app *a, const char *name)
{
	for (size_t i = 0; i < a->forges.n; i++)
		if (name && a->forges.items[i].forge && strcmp(a->forges.items[i].name, name) == 0)
			return a->forges.items[i].forge;
	return a->forges.nowhere;
}

struct forge *forge_of(const struct app *a, const struct project *p)
{
	return forge_named(a, p->forge);
}

/* ---- reading ---- */
size_t app_n_forges(const struct app *a)
{
	return a->forges.n;
}

const char *app_forge_name(const struct app *a, size_t i)
{
	return a->forges.items[i].name;
}

const struct fresh *app_forge_fresh(const struct app *a, size_t i)
{
	return &a->forges.items[i].fresh;
}

/* All lists as one: it is being asked for while one of them is, and failed when all have. */
struct fresh forges_fresh(const struct app *a)
{
	struct fresh all = { .state = FRESH_ABSENT };
	const struct fresh *failed = NULL;
	bool good = false, stale = false;
	for (size_t i = 0; i < a->forges.n; i++) {
		const struct forge_slot *s = &a->forges.items[i];
		all.at_s = MAX_OF(all.at_s, s->fresh.at_s);
		if (s->asked || (s->waits && a->schedule.projects))
			all.state = FRESH_LOADING;
		good |= s->fresh.state == FRESH_FRESH;
		stale |= s->fresh.state == FRESH_STALE;
		if (!failed && s->fresh.state == FRESH_FAILED)
			failed = &s->fresh;
	}
	if (all.state == FRESH_LOADING)
		return all;
	if (!good && !failed) {
		all.state = stale ? FRESH_STALE : FRESH_ABSENT;
		return all;
	}
	all.state = good ? FRESH_FRESH : FRESH_FAILED;
	if (!good)
		all.err = failed->err;
	return all;
}

/* ---- making them ---- */
struct forge **app_make_forges(const struct app_deps *deps, size_t *ret_n)
{
	VEC(struct forge *) made = VEC_INIT;
	struct config_forge f;
	for (size_t i = 0; config_forge_at(deps->config, i, &f); i++) {
		if (f.kind != FORGE_KIND_LOCAL)
			continue; /* app makes it, when its token is known */
		/* The current repository is a project of the first of them. */
		AUTO_STR listed = repositories_path();
		const struct forge_local_config local = { .listed = made.len ? NULL : listed, .name = f.name, .folders = f.folders, .n_folders = f.n_folders, .depth = f.depth,
		                                          .absent_is_fine = f.folders_are_default, .current = !made.len };
		VEC_PUSH(&made, forge_local_new(deps->loop, &local));
	}
	*ret_n = made.len;
	return made.items;
}
