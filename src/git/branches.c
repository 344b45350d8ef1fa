/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/map.h"
#include "git/git_priv.h"

struct fetch_spec { char *remote; git_refspec *spec; };

struct lister {
	struct repo *repo;
	const atomic_bool *stop;
	branches *out;
	struct map *tips;             /* full reference name -> struct oid */
	struct map *remotes, *merges; /* branch name -> value of branch.<name>.remote and .merge */
	VEC(struct fetch_spec) specs;
};

void branches_fini(branches *b)
{
	for (size_t i = 0; i < b->len; i++)
		branch_fini(&b->items[i]);
	VEC_FINI(b);
}

/* "branch.a.b.remote" -> "a.b" */
static bool middle_part(struct sv name, struct sv first, struct sv last, struct sv *ret)
{
	if (!sv_starts(name, first) || !sv_ends(name, last) || name.len <= first.len + last.len)
		return false;
	*ret = (struct sv){ name.p + first.len, name.len - first.len - last.len };
	return true;
}

static void config_entry(struct lister *l, struct sv name, const char *value)
{
	struct fetch_spec spec = { 0 };
	struct sv middle;

	if (middle_part(name, SV("branch."), SV(".remote"), &middle))
		map_put(l->remotes, middle, xstrdup(value));
	else if (middle_part(name, SV("branch."), SV(".merge"), &middle))
		map_put(l->merges, middle, xstrdup(value));
	else if (middle_part(name, SV("remote."), SV(".fetch"), &middle) && !git_refspec_parse(&spec.spec, value, 1)) {
		spec.remote = sv_dup(middle);
		VEC_PUSH(&l->specs, spec);
	}
}

/* Read once and by hand: asking libgit2 for one branch's upstream copies the whole configuration, and its git_remote_lookup()
 * loses 20 KB with each setting that there is (up to 1.5, in its use of PCRE2). */
static void config_scan(struct lister *l)
{
	AUTO(git_config_free_p) git_config *config = NULL;
	AUTO(git_config_iterator_free_p) git_config_iterator *it = NULL;
	git_config_entry *e;

	if (git_repository_config_snapshot(&config, l->repo->git) || git_config_iterator_new(&it, config))
		return;
	while (!git_config_next(&e, it))
		if (e->value)
			config_entry(l, sv_of(e->name), e->value);
}

/* Full name of the reference that a branch follows, or NULL. */
static char *upstream_ref(struct lister *l, const char *branch)
{
	const char *remote = map_get(l->remotes, sv_of(branch)), *merge = map_get(l->merges, sv_of(branch));
	char *ret = NULL;

	if (!remote || !merge)
		return NULL;
	if (!strcmp(remote, "."))
		return xstrdup(merge);
	for (size_t i = 0; !ret && i < l->specs.len; i++) {
		const struct fetch_spec *s = &l->specs.items[i];
		git_buf to = { 0 };
		if (!strcmp(s->remote, remote) && git_refspec_src_matches(s->spec, merge) && !git_refspec_transform(&to, s->spec, merge))
			ret = xstrdup(to.ptr);
		git_buf_dispose(&to);
	}
	return ret;
}

static const char *short_name(const char *ref)
{
	static const char *const spaces[] = { "refs/heads/", "refs/remotes/" };

	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		if (sv_starts(sv_of(ref), sv_of(spaces[i])))
			return ref + strlen(spaces[i]);
	return ref;
}

static void tip_describe(struct lister *l, struct branch *b)
{
	AUTO(commit_fini) struct commit c = { 0 };

	if (repo_commit(l->repo, &b->tip, &c, NULL))
		return; /* damaged: the branch is shown all the same, and its commits will say why */
	b->tip_at_s = c.committed_at_s;
	b->tip_author = c.author;
	b->tip_subject = c.subject;
	c.author = c.subject = NULL;
}

static bool tip_of(git_reference *ref, struct oid *ret)
{
	AUTO(git_object_free_p) git_object *commit = NULL;

	if (git_reference_type(ref) == GIT_REFERENCE_DIRECT && git_reference_target(ref)) {
		oid_from_git(ret, git_reference_target(ref)); /* a branch names its commit directly: no need to read that here */
		return true;
	}
	if (git_reference_peel(&commit, ref, GIT_OBJECT_COMMIT))
		return false;
	oid_from_git(ret, git_object_id(commit));
	return true;
}

static void add_ref(struct lister *l, git_reference *ref, bool is_remote)
{
	const char *name = git_reference_name(ref);
	struct branch b = { .is_remote = is_remote };

	if (is_remote && sv_ends(sv_of(name), SV("/HEAD")))
		return; /* says which of the others is the default */
	if (!tip_of(ref, &b.tip))
		return;
	b.name = xstrdup(short_name(name));
	tip_describe(l, &b);
	struct oid *tip = xmalloc(sizeof *tip);
	*tip = b.tip;
	map_put(l->tips, sv_of(name), tip);
	VEC_PUSH(l->out, b);
}

static int add_refs(struct lister *l, const char *glob, bool is_remote, struct err *reterr)
{
	AUTO(git_reference_iterator_free_p) git_reference_iterator *it = NULL;
	int rc = git_reference_iterator_glob_new(&it, l->repo->git, glob);

	if (rc)
		return git_fail(reterr, rc, "the branches can't be listed");
	for (;;) {
		AUTO(git_reference_free_p) git_reference *ref = NULL;
		if (stopped(l->stop))
			return git_cancelled(reterr);
		rc = git_reference_next(&ref, it);
		if (rc == GIT_ITEROVER)
			return 0;
		if (rc)
			return git_fail(reterr, rc, "the branches can't be listed");
		add_ref(l, ref, is_remote);
	}
}

static void mark(struct lister *l)
{
	AUTO_STR def = repo_default_branch(l->repo);
	AUTO_STR head = *l->repo->workdir ? repo_head_ref(l->repo) : NULL;

	for (size_t i = 0; i < l->out->len; i++) {
		struct branch *b = &l->out->items[i];
		AUTO_STR up = b->is_remote ? NULL : upstream_ref(l, b->name);
		b->is_default = def && !strcmp(b->name, def);
		b->is_head = !b->is_remote && head && !strcmp(short_name(head), b->name) && sv_starts(sv_of(head), SV("refs/heads/"));
		b->upstream = up ? xstrdup(short_name(up)) : NULL;
		b->has_upstream = up && map_get(l->tips, sv_of(up));
	}
	/* A local branch may bear the very name of a remote one ("origin/main"): then the local one is meant. */
	for (size_t i = 0, n = 0; i < l->out->len; i++)
		if (l->out->items[i].is_default && n++)
			l->out->items[i].is_default = false;
}

static const struct oid *compare_with(struct lister *l, const struct branch *b, const struct oid *def)
{
	if (b->has_upstream) {
		AUTO_STR up = upstream_ref(l, b->name);
		return up ? map_get(l->tips, sv_of(up)) : NULL;
	}
	return b->is_default ? NULL : def;
}

static int count(struct lister *l, struct err *reterr)
{
	struct graph *g = repo_graph(l->repo);
	const struct oid *def = NULL;
	VEC(struct graph_pair) pairs = VEC_INIT;
	VEC(size_t) rows = VEC_INIT;

	for (size_t i = 0; i < l->out->len; i++)
		if (l->out->items[i].is_default)
			def = &l->out->items[i].tip;
	for (size_t i = 0; i < l->out->len; i++) {
		struct branch *b = &l->out->items[i];
		const struct oid *against = compare_with(l, b, def);
		if (!against || oid_eq(against, &b->tip))
			continue;
		VEC_PUSH(&pairs, ((struct graph_pair){ .from = graph_node(g, &b->tip), .against = graph_node(g, against) }));
		VEC_PUSH(&rows, i);
	}
	bool ok = graph_count(g, pairs.items, pairs.len, l->stop);
	for (size_t i = 0; ok && i < rows.len; i++) {
		l->out->items[rows.items[i]].ahead = pairs.items[i].ahead;
		l->out->items[rows.items[i]].behind = pairs.items[i].behind;
	}
	VEC_FINI(&pairs);
	VEC_FINI(&rows);
	return ok ? 0 : git_cancelled(reterr);
}

static int default_then_newest(const void *pa, const void *pb)
{
	const struct branch *a = pa, *b = pb;

	if (a->is_default != b->is_default)
		return a->is_default ? -1 : 1;
	if (a->tip_at_s != b->tip_at_s)
		return a->tip_at_s > b->tip_at_s ? -1 : 1;
	if (a->is_remote != b->is_remote)
		return a->is_remote ? 1 : -1;
	return strcmp(a->name, b->name);
}

static int list(struct lister *l, struct err *reterr)
{
	int rc = add_refs(l, "refs/heads/*", false, reterr);

	if (!rc)
		rc = add_refs(l, "refs/remotes/*", true, reterr);
	if (rc)
		return rc;
	config_scan(l);
	mark(l);
	/* Sorted first, so that those compared in one pass lie near each other in time. */
	if (l->out->len)
		qsort(l->out->items, l->out->len, sizeof l->out->items[0], default_then_newest);
	return count(l, reterr);
}

int repo_branches(struct repo *r, const atomic_bool *stop, branches *ret, struct err *reterr)
{
	struct lister l = { .repo = r, .stop = stop, .out = ret };

	l.tips = map_new(free);
	l.remotes = map_new(free);
	l.merges = map_new(free);
	int rc = list(&l, reterr);
	map_free(l.tips);
	map_free(l.remotes);
	map_free(l.merges);
	for (size_t i = 0; i < l.specs.len; i++) {
		free(l.specs.items[i].remote);
		git_refspec_free(l.specs.items[i].spec);
	}
	VEC_FINI(&l.specs);
	return rc;
}
