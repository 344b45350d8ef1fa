/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commits: ids of whole branches, packed; entities of those that were read last. */
#include "store_impl.h"

/* ---- ids by branch ------------------------------------------------------------------------------------------------------ */
static const struct commit_list *list_find(const struct store *s, struct project_id p, const char *branch)
{
	const struct known *k = known_find(s, p);
	return k && k->commit_lists ? map_get(k->commit_lists, sv_of(branch)) : NULL;
}

void commit_list_free(void *list)
{
	struct commit_list *l = list;
	VEC_FINI(&l->ids);
	free(l);
}

static struct commit_list *list_of(struct store *s, struct project_id p, const char *branch)
{
	struct known *k = known_of(s, p);
	if (!k->commit_lists)
		k->commit_lists = map_new(commit_list_free);
	struct commit_list *l = map_get(k->commit_lists, sv_of(branch));
	if (!l) {
		l = xcalloc(1, sizeof *l);
		map_put(k->commit_lists, sv_of(branch), l);
	}
	return l;
}

const struct fresh *store_commits_fresh(const struct store *s, struct project_id p, const char *branch)
{
	const struct commit_list *l = list_find(s, p, branch);
	return l ? &l->fresh : &fresh_absent;
}

size_t store_n_commits(const struct store *s, struct project_id p, const char *branch, bool *ret_complete)
{
	const struct commit_list *l = list_find(s, p, branch);
	if (ret_complete)
		*ret_complete = l && l->complete;
	return l ? l->ids.len : 0;
}

const struct oid *store_commit_id_at(const struct store *s, struct project_id p, const char *branch, size_t i)
{
	const struct commit_list *l = list_find(s, p, branch);
	return l && i < l->ids.len ? &l->ids.items[i] : NULL;
}

void store_set_commit_ids(struct store *s, struct project_id p, const char *branch, const struct oid *ids, size_t n, bool complete, const struct fresh *f)
{
	VEC_CLEAR(&list_of(s, p, branch)->ids);
	store_add_commit_ids(s, p, branch, ids, n, complete, f);
}

void store_add_commit_ids(struct store *s, struct project_id p, const char *branch, const struct oid *ids, size_t n, bool complete, const struct fresh *f)
{
	struct commit_list *l = list_of(s, p, branch);
	VEC_RESERVE(&l->ids, l->ids.len + n);
	if (n)
		memcpy(l->ids.items + l->ids.len, ids, n * sizeof *ids);
	l->ids.len += n;
	l->complete = complete;
	store_commits_mark(s, p, branch, f);
}

void store_commits_mark(struct store *s, struct project_id p, const char *branch, const struct fresh *f)
{
	list_of(s, p, branch)->fresh = *f;
	store_note(s, NOTICE_COMMITS, p);
}

/* ---- loaded commits ----------------------------------------------------------------------------------------------------- */
static struct sv key_sv(const unsigned char key[COMMIT_KEY])
{
	return (struct sv){ (const char *)key, COMMIT_KEY };
}

static void unlink_loaded(struct store *s, struct loaded *l)
{
	*(l->newer ? &l->newer->older : &s->newest) = l->older;
	*(l->older ? &l->older->newer : &s->oldest) = l->newer;
	l->newer = l->older = NULL;
}

static void link_newest(struct store *s, struct loaded *l)
{
	l->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = l;
	s->newest = l;
}

static void forget(struct store *s, struct loaded *l)
{
	unlink_loaded(s, l);
	map_remove(s->loaded, key_sv(l->key));
	commit_fini(&l->commit);
	free(l);
}

const struct commit *store_commit(struct store *s, struct project_id p, const struct oid *id)
{
	unsigned char key[COMMIT_KEY];
	commit_key_make(key, p, id);
	struct loaded *l = map_get(s->loaded, key_sv(key));
	if (!l)
		return NULL;
	if (l != s->newest) {
		unlink_loaded(s, l);
		link_newest(s, l);
	}
	return &l->commit;
}

void store_put_commit(struct store *s, struct project_id p, struct commit *c)
{
	unsigned char key[COMMIT_KEY];
	commit_key_make(key, p, &c->id);
	struct loaded *l = map_get(s->loaded, key_sv(key));
	if (l) {
		unlink_loaded(s, l);
		commit_fini(&l->commit);
	} else {
		if (map_len(s->loaded) >= COMMITS_KEPT)
			forget(s, s->oldest);
		l = xcalloc(1, sizeof *l);
		memcpy(l->key, key, sizeof key);
		map_put(s->loaded, key_sv(key), l);
	}
	link_newest(s, l);
	l->commit = *c;
	*c = (struct commit){ 0 };
	store_note(s, NOTICE_COMMITS, p);
}

void loaded_forget_project(struct store *s, struct project_id p)
{
	for (struct loaded *l = s->newest, *older; l; l = older) {
		older = l->older;
		if (!memcmp(l->key, &p, sizeof p))
			forget(s, l);
	}
}

void store_loaded_fini(struct store *s)
{
	while (s->oldest)
		forget(s, s->oldest);
	map_free(s->loaded);
}
