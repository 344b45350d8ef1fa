/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "Same as 1a2b3c4": the history of a commit is walked, those that have an image are kept, and the newest of them whose
 * environment has the commit's own fingerprint is it. Trees are only read for the commit and for those few.
 */
#include "image/environment.h"
#include "image/resolver.h"

struct same_search {
	struct image_resolver *r;
	struct oid commit, candidates[CANDIDATES_MAX];
	size_t n, max, at;             /* how many, at most; the one whose fingerprint is asked for */
	uint64_t fingerprint;
	struct forge_call *walk;
	struct environment_load *load;
	bool cancelled;
	void (*found)(void *ctx, const struct oid *ancestor);
	void *ctx;
};

static void search_end(struct same_search *s, const struct oid *ancestor)
{
	struct oid copy = ancestor ? *ancestor : (struct oid){ { 0 } };
	void (*found)(void *, const struct oid *) = s->found;
	void *ctx = s->ctx;
	free(s);
	found(ctx, ancestor ? &copy : NULL);
}

static void search_next(struct same_search *s);

static void own_done(void *search, const struct environment *e, const struct err *err)
{
	struct same_search *s = search;
	s->load = NULL;
	if (err) {
		search_end(s, NULL);
		return;
	}
	struct facts *f = facts_of(s->r, &s->commit);
	f->fingerprint_known = true;
	f->fingerprint = s->fingerprint = e->fingerprint;
	search_next(s);
}

static void candidate_done(void *search, const struct environment *e, const struct err *err)
{
	struct same_search *s = search;
	s->load = NULL;
	if (!err) { /* one whose tree can't be read is no candidate */
		struct facts *f = facts_of(s->r, &s->candidates[s->at]);
		f->fingerprint_known = true;
		f->fingerprint = e->fingerprint;
		if (e->fingerprint == s->fingerprint) {
			search_end(s, &s->candidates[s->at]);
			return;
		}
	}
	s->at++;
	search_next(s);
}

/* Goes through the candidates as far as their fingerprints are known. */
static void search_next(struct same_search *s)
{
	for (; s->at < s->n; s->at++) {
		const struct facts *f = facts_of(s->r, &s->candidates[s->at]);
		if (!f->fingerprint_known) {
			s->load = environment_load(s->r->forge, &s->r->project, &s->candidates[s->at], candidate_done, s);
			return;
		}
		if (f->fingerprint == s->fingerprint) {
			search_end(s, &s->candidates[s->at]);
			return;
		}
	}
	search_end(s, NULL);
}

static void walk_ids(void *search, size_t first, const struct oid *ids, size_t n, bool complete)
{
	struct same_search *s = search;
	(void)first;
	(void)complete;
	for (size_t i = 0; i < n && s->n < s->max && !s->cancelled; i++) {
		if (!oid_eq(&ids[i], &s->commit) && commit_has_image(s->r, &ids[i]))
			s->candidates[s->n++] = ids[i];
	}
}

static void walk_end(void *search, const struct err *err)
{
	struct same_search *s = search;
	s->walk = NULL;
	if (s->cancelled) {
		free(s);
		return;
	}
	if (err || !s->n) {
		search_end(s, NULL);
		return;
	}
	const struct facts *f = facts_of(s->r, &s->commit);
	s->fingerprint = f->fingerprint;
	if (f->fingerprint_known)
		search_next(s);
	else
		s->load = environment_load(s->r->forge, &s->r->project, &s->commit, own_done, s);
}

struct same_search *same_search_start(struct image_resolver *r, const struct oid *commit,
                                      void (*found)(void *ctx, const struct oid *ancestor), void *ctx)
{
	struct same_search *s = xcalloc(1, sizeof *s);
	s->r = r;
	s->commit = *commit;
	s->found = found;
	s->ctx = ctx;
	bool host = resolver_has_ci(r);
	s->max = host ? HOST_CANDIDATES_MAX : CANDIDATES_MAX;
	const struct forge_commits_query q = { .project = &r->project, .tip = *commit, .max = host ? HOST_ANCESTORS_MAX : ANCESTORS_MAX };
	s->walk = forge_commit_ids(r->forge, &q, walk_ids, walk_end, s);
	return s;
}

void same_search_cancel(struct same_search *s)
{
	if (!s)
		return;
	s->cancelled = true;
	if (s->walk) {
		forge_cancel(s->walk); /* ends in walk_end, which frees */
		return;
	}
	environment_load_cancel(s->load);
	free(s);
}
