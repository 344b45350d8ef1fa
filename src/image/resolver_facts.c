/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the resolver keeps: facts of commits (the least recently used go first) and the engine's tags. */
#include "image/pin.h"
#include "image/resolver.h"

static struct sv key_of(const struct oid *o)
{
	return (struct sv){ (const char *)o->b, sizeof o->b };
}

static void drop_oldest(struct image_resolver *r)
{
	size_t pos = 0;
	struct sv key, oldest = { 0 };
	void *value;
	uint64_t used = UINT64_MAX;
	while (map_next(r->facts, &pos, &key, &value)) {
		const struct facts *f = value;
		if (f->used < used) {
			used = f->used;
			oldest = key;
		}
	}
	AUTO_STR copy = sv_dup(oldest); /* the map's own key goes with the entry */
	map_remove(r->facts, (struct sv){ copy, oldest.len });
}

struct facts *facts_of(struct image_resolver *r, const struct oid *o)
{
	struct facts *f = map_get(r->facts, key_of(o));
	if (!f) {
		if (map_len(r->facts) >= FACTS_MAX)
			drop_oldest(r);
		f = xcalloc(1, sizeof *f);
		map_put(r->facts, key_of(o), f);
	}
	f->used = ++r->clock;
	return f;
}

/* ---- tags ---- */
const struct tag *tags_find(const struct tags *t, struct sv ref)
{
	for (size_t i = 0; i < t->items.len; i++)
		if (image_ref_same(sv_of(t->items.items[i].name), ref))
			return &t->items.items[i];
	return NULL;
}

bool tags_any_of_project(const struct image_resolver *r)
{
	static const struct oid zero;
	AUTO_STR ref = image_local_ref_of(&r->project, &zero);
	const char *colon = strrchr(ref, ':');
	struct sv repository = { ref, (size_t)(colon - ref) + 1 };
	for (size_t i = 0; i < r->tags.items.len; i++) {
		struct sv name = sv_of(r->tags.items.items[i].name);
		if (sv_starts(name, SV("localhost/")))
			name = (struct sv){ name.p + 10, name.len - 10 };
		if (sv_starts(name, repository))
			return true;
	}
	return false;
}

void tags_add(struct tags *t, const struct engine_image *i)
{
	for (size_t k = 0; k < i->n_repo_tags; k++) {
		struct tag tag = { xstrdup(i->repo_tags[k]), xstrdup(i->id), i->size_bytes, i->created_at_s };
		VEC_PUSH(&t->items, tag);
	}
}

void tags_clear(struct tags *t)
{
	for (size_t i = 0; i < t->items.len; i++) {
		free(t->items.items[i].name);
		free(t->items.items[i].id);
	}
	VEC_FINI(&t->items);
	*t = (struct tags){ 0 };
}
