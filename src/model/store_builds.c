/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images of commits, and the builds that berth ran. */
#include "store_impl.h"

static struct sv oid_sv(const struct oid *o)
{
	return (struct sv){ (const char *)o->b, sizeof o->b };
}

static void image_free(void *image)
{
	image_fini(image);
	free(image);
}

const struct image *store_image(const struct store *s, struct project_id p, const struct oid *commit)
{
	const struct known *k = known_find(s, p);
	return k && k->images ? map_get(k->images, oid_sv(commit)) : NULL;
}

void store_put_image(struct store *s, struct project_id p, struct image *i)
{
	struct known *k = known_of(s, p);
	if (!k->images)
		k->images = map_new(image_free);
	struct image *kept = xmalloc(sizeof *kept);
	*kept = *i;
	*i = (struct image){ 0 };
	map_put(k->images, oid_sv(&kept->commit), kept);
	store_note(s, NOTICE_IMAGES, p);
}

/* ---- builds ------------------------------------------------------------------------------------------------------------- */
/* One that has not begun yet is the newest of all. */
static bool is_newer(const struct build *a, const struct build *b)
{
	int64_t at_a = a->started_at_s ? a->started_at_s : INT64_MAX, at_b = b->started_at_s ? b->started_at_s : INT64_MAX;
	return at_a != at_b ? at_a > at_b : strcmp(a->id, b->id) > 0;
}

size_t store_n_builds(const struct store *s)
{
	return s->builds.len;
}

const struct build *store_build_at(const struct store *s, size_t i)
{
	return i < s->builds.len ? &s->builds.items[i]->build : NULL;
}

const struct build *store_build(const struct store *s, const char *id)
{
	const struct built *b = id ? map_get(s->build_by_id, sv_of(id)) : NULL;
	return b ? &b->build : NULL;
}

static struct sv commit_key(unsigned char key[COMMIT_KEY], struct project_id p, const struct oid *commit)
{
	commit_key_make(key, p, commit);
	return (struct sv){ (const char *)key, COMMIT_KEY };
}

const struct build *store_build_of(const struct store *s, struct project_id p, const struct oid *commit)
{
	unsigned char key[COMMIT_KEY];
	const struct built *b = map_get(s->build_of, commit_key(key, p, commit));
	return b ? &b->build : NULL;
}

/* Rows ask for their build at every draw; a build changes rarely. So the walk is here. */
static void index_newest(struct store *s, struct project_id p, const struct oid *commit)
{
	unsigned char key[COMMIT_KEY];
	for (size_t i = 0; i < s->builds.len; i++) {
		struct built *b = s->builds.items[i];
		if (!project_id_eq(b->project, p) || !oid_eq(&b->build.commit, commit))
			continue;
		map_put(s->build_of, commit_key(key, p, commit), b);
		return;
	}
	map_remove(s->build_of, commit_key(key, p, commit));
}

static void take_out(struct store *s, const struct built *b)
{
	size_t i = 0;
	while (i < s->builds.len && s->builds.items[i] != b)
		i++;
	if (i < s->builds.len)
		VEC_REMOVE(&s->builds, i);
	index_newest(s, b->project, &b->build.commit);
}

static void put_in(struct store *s, struct built *b)
{
	size_t low = 0, high = s->builds.len;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (is_newer(&s->builds.items[mid]->build, &b->build))
			low = mid + 1;
		else
			high = mid;
	}
	VEC_RESERVE(&s->builds, s->builds.len + 1);
	memmove(s->builds.items + low + 1, s->builds.items + low, (s->builds.len - low) * sizeof *s->builds.items);
	s->builds.items[low] = b;
	s->builds.len++;
	index_newest(s, b->project, &b->build.commit);
}

void store_put_build(struct store *s, struct build *b)
{
	struct built *kept = map_get(s->build_by_id, sv_of(b->id));
	if (kept) {
		take_out(s, kept);
		build_fini(&kept->build);
	} else {
		kept = xcalloc(1, sizeof *kept);
		map_put(s->build_by_id, sv_of(b->id), kept);
	}
	kept->build = *b;
	*b = (struct build){ 0 };
	const char *forge = kept->build.forge, *project = kept->build.project;
	kept->project = project_id_of(forge ? forge : "", project ? project : "");
	put_in(s, kept);
	store_note(s, NOTICE_BUILDS, kept->project);
}

static void built_free(struct built *b)
{
	build_fini(&b->build);
	free(b);
}

void store_remove_build(struct store *s, const char *id)
{
	struct built *b = map_get(s->build_by_id, sv_of(id));
	if (!b)
		return;
	store_note(s, NOTICE_BUILDS, b->project);
	take_out(s, b);
	map_remove(s->build_by_id, sv_of(id));
	built_free(b);
}

void store_builds_fini(struct store *s)
{
	for (size_t i = 0; i < s->builds.len; i++)
		built_free(s->builds.items[i]);
	VEC_FINI(&s->builds);
	map_free(s->build_by_id);
	map_free(s->build_of);
}
