/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Projects and their branches. */
#include "store_impl.h"

const struct fresh *store_projects_fresh(const struct store *s)
{
	return &s->projects_fresh;
}

size_t store_n_projects(const struct store *s)
{
	return s->projects.len;
}

const struct project *store_project_at(const struct store *s, size_t i)
{
	return i < s->projects.len ? &s->projects.items[i] : NULL;
}

const struct project *store_project(const struct store *s, struct project_id id)
{
	const struct known *k = known_find(s, id);
	return k && k->at != NOT_LISTED ? &s->projects.items[k->at] : NULL;
}

static void projects_clear(struct store *s)
{
	for (size_t i = 0; i < s->projects.len; i++)
		project_fini(&s->projects.items[i]);
	VEC_CLEAR(&s->projects);
}

void store_projects_fini(struct store *s)
{
	projects_clear(s);
	VEC_FINI(&s->projects);
}

/* What was known of projects that are listed no more goes too. */
static void forget_gone(struct store *s, const struct project_id *were, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct known *k = known_find(s, were[i]);
		if (!k || k->at != NOT_LISTED)
			continue;
		loaded_forget_project(s, were[i]);
		map_remove(s->known, (struct sv){ (const char *)&were[i], sizeof were[i] });
	}
}

void store_set_projects(struct store *s, struct project *items, size_t n, const struct fresh *f)
{
	VEC(struct project_id) were = VEC_INIT;
	for (size_t i = 0; i < s->projects.len; i++) {
		VEC_PUSH(&were, s->projects.items[i].id);
		known_of(s, s->projects.items[i].id)->at = NOT_LISTED;
	}
	projects_clear(s);
	VEC_RESERVE(&s->projects, n);
	for (size_t i = 0; i < n; i++) {
		struct known *k = known_of(s, items[i].id);
		if (k->at != NOT_LISTED) {      /* twice in the list: the first counts */
			project_fini(&items[i]);
			continue;
		}
		k->at = s->projects.len;
		VEC_PUSH(&s->projects, items[i]);
		items[i] = (struct project){ 0 };
	}
	forget_gone(s, were.items, were.len);
	VEC_FINI(&were);
	store_projects_mark(s, f);
}

void store_remove_project(struct store *s, struct project_id p)
{
	if (!store_project(s, p))
		return;
	struct known *k = known_of(s, p);
	size_t at = k->at;
	project_fini(&s->projects.items[at]);
	VEC_REMOVE(&s->projects, at);
	k->at = NOT_LISTED;
	for (; at < s->projects.len; at++)
		known_of(s, s->projects.items[at].id)->at = at;
	forget_gone(s, &p, 1);
	store_note(s, NOTICE_PROJECTS, NO_PROJECT);
}

void store_projects_mark(struct store *s, const struct fresh *f)
{
	s->projects_fresh = *f;
	store_note(s, NOTICE_PROJECTS, NO_PROJECT);
}

/* ---- branches ---------------------------------------------------------------------------------------------------------- */
const struct fresh *store_branches_fresh(const struct store *s, struct project_id p)
{
	const struct known *k = known_find(s, p);
	return k && k->branches_fresh ? k->branches_fresh : &fresh_absent;
}

size_t store_n_branches(const struct store *s, struct project_id p)
{
	const struct known *k = known_find(s, p);
	return k ? k->branches.len : 0;
}

const struct branch *store_branch_at(const struct store *s, struct project_id p, size_t i)
{
	const struct known *k = known_find(s, p);
	return k && i < k->branches.len ? &k->branches.items[i] : NULL;
}

const struct branch *store_branch(const struct store *s, struct project_id p, const char *name)
{
	const struct known *k = known_find(s, p);
	uintptr_t at = k && name && k->branch_at ? (uintptr_t)map_get(k->branch_at, sv_of(name)) : 0;
	return at ? &k->branches.items[at - 1] : NULL;
}

bool store_branches_more(const struct store *s, struct project_id p)
{
	const struct known *k = known_find(s, p);
	return k && k->branches_more;
}

void store_branches_note_more(struct store *s, struct project_id p, bool more)
{
	struct known *k = known_of(s, p);
	if (k->branches_more == more)
		return;
	k->branches_more = more;
	store_note(s, NOTICE_BRANCHES, p);
}

void store_set_branches(struct store *s, struct project_id p, struct branch *items, size_t n, const struct fresh *f)
{
	struct known *k = known_of(s, p);
	struct map *at = map_new(NULL);
	for (size_t i = 0; i < n; i++)
		map_put(at, sv_of(items[i].name), (void *)(uintptr_t)(i + 1));
	for (size_t i = 0; i < k->branches.len; i++) {
		struct branch *old = &k->branches.items[i];
		if (k->commit_lists && !map_get(at, sv_of(old->name))) /* commits of a branch that is gone are nobody's any more */
			map_remove(k->commit_lists, sv_of(old->name));
		branch_fini(old);
	}
	VEC_CLEAR(&k->branches);
	map_free(k->branch_at);
	k->branch_at = at;
	VEC_RESERVE(&k->branches, n);
	for (size_t i = 0; i < n; i++) {
		VEC_PUSH(&k->branches, items[i]);
		items[i] = (struct branch){ 0 };
	}
	store_branches_mark(s, p, f);
}

void store_branches_mark(struct store *s, struct project_id p, const struct fresh *f)
{
	struct known *k = known_of(s, p);
	if (!k->branches_fresh)
		k->branches_fresh = xmalloc(sizeof *k->branches_fresh);
	*k->branches_fresh = *f;
	store_note(s, NOTICE_BRANCHES, p);
}
