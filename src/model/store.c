/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's life, and what is known by project. */
#include "store_impl.h"

const struct fresh fresh_absent = { .state = FRESH_ABSENT };

struct store *store_new(void)
{
	struct store *s = xcalloc(1, sizeof *s);
	s->known = map_new(known_free);
	s->loaded = map_new(NULL);
	s->build_by_id = map_new(NULL);
	s->build_of = map_new(NULL);
	return s;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	store_projects_fini(s);
	store_loaded_fini(s);
	store_builds_fini(s);
	store_sessions_fini(s);
	store_engine_fini(s);
	map_free(s->known);
	VEC_FINI(&s->subscribers);
	VEC_FINI(&s->notices);
	free(s);
}

static struct sv id_key(const struct project_id *p)
{
	return (struct sv){ (const char *)p, sizeof *p };
}

const struct known *known_find(const struct store *s, struct project_id p)
{
	return map_get(s->known, id_key(&p));
}

struct known *known_of(struct store *s, struct project_id p)
{
	struct known *k = map_get(s->known, id_key(&p));
	if (k)
		return k;
	k = xcalloc(1, sizeof *k);
	k->id = p;
	k->at = NOT_LISTED;
	map_put(s->known, id_key(&p), k);
	return k;
}

void known_free(void *known)
{
	struct known *k = known;
	for (size_t i = 0; i < k->branches.len; i++)
		branch_fini(&k->branches.items[i]);
	VEC_FINI(&k->branches);
	free(k->branches_fresh);
	map_free(k->branch_at);
	map_free(k->commit_lists);
	map_free(k->images);
	free(k);
}
