/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A workspace is all there: what of it is nowhere else, and as which commits it is kept. */
#include "git/salvage.h"
#include <stdio.h>

enum { STASHES_MAX = 100 };

struct finishing {
	struct salvage *s;
	const struct salvage_spec *spec;
	const atomic_bool *stop;
	struct salvage_result *ret;
	struct err *reterr;
	VEC(git_oid) known;           /* tips that are kept elsewhere: remote branches, the session's start */
	git_index *base, *work;       /* what HEAD has; what the files are */
	char *head_ref, *branch;      /* "refs/heads/main", NULL when detached; "main" or "HEAD" */
	git_oid head, head_tree, staged_tree, work_tree;
	bool has_head, staged, dirty;
	char start7[8], head7[8];
};

static void finishing_fini(struct finishing *f)
{
	VEC_FINI(&f->known);
	git_index_free(f->base);
	git_index_free(f->work);
	free(f->head_ref);
	free(f->branch);
}

static void note(struct finishing *f, char *owned) { VEC_PUSH(&f->ret->notes, owned); }

static void sha7(const git_oid *id, char ret[8]) { git_oid_tostr(ret, 8, id); }

/* ---- where HEAD is, and what others have ------------------------------------------------------------------------------------- */
static bool is_commit(struct finishing *f, const git_oid *id)
{
	AUTO(git_commit_free_p) git_commit *c = NULL;
	return !git_commit_lookup(&c, f->s->repo->git, id);
}

static int find_known(struct finishing *f)
{
	AUTO(git_reference_iterator_free_p) git_reference_iterator *it = NULL;
	struct oid start = f->spec->start;
	const char *name;
	git_oid id;
	int rc = git_reference_iterator_glob_new(&it, f->s->repo->git, "refs/remotes/*");

	if (!oid_is_zero(&start) && is_commit(f, oid_to_git(&start, &id)))
		VEC_PUSH(&f->known, id);
	for (size_t i = 0; f->spec->elsewhere && i < f->spec->elsewhere->len; i++)
		if (is_commit(f, oid_to_git(&f->spec->elsewhere->items[i].id, &id)))
			VEC_PUSH(&f->known, id);
	while (!rc && !f->spec->elsewhere && !(rc = git_reference_next_name(&name, it)))
		if (!git_reference_name_to_id(&id, f->s->repo->git, name) && is_commit(f, &id))
			VEC_PUSH(&f->known, id);
	return rc == GIT_ITEROVER || f->spec->elsewhere ? 0 : git_fail(f->reterr, rc, "the workspace's branches can't be read");
}

static int find_head(struct finishing *f)
{
	struct oid tip;
	bool leads = repo_ref_tip(f->s->repo, "HEAD", &tip);

	f->head_ref = repo_head_ref(f->s->repo);
	if (f->head_ref && !sv_starts(sv_of(f->head_ref), SV("refs/heads/")))
		f->head_ref = (free(f->head_ref), NULL);
	f->branch = xstrdup(f->head_ref ? f->head_ref + strlen("refs/heads/") : "HEAD");
	f->ret->counts.detached = !f->head_ref;
	f->ret->on_branch = f->head_ref && f->spec->branch && !strcmp(f->branch, f->spec->branch);
	if (leads) {
		oid_to_git(&tip, &f->head);
		f->has_head = is_commit(f, &f->head);
		if (!f->has_head)
			return err_set(f->reterr, ERR_CONFLICT, "the workspace's HEAD leads to a commit that is not in it");
	}
	f->ret->counts.unborn = !f->has_head;
	oid_sha7(&f->spec->start, f->start7);
	snprintf(f->head7, sizeof f->head7, "0000000");
	if (f->has_head)
		sha7(&f->head, f->head7);
	return 0;
}

/* ---- three trees: HEAD's, what is staged, the files -------------------------------------------------------------------------- */
static int read_head(struct finishing *f)
{
	AUTO(git_commit_free_p) git_commit *c = NULL;
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	int rc = git_index_new(&f->base);

	if (!rc && f->has_head) {
		rc = git_commit_lookup(&c, f->s->repo->git, &f->head);
		if (!rc)
			rc = git_commit_tree(&tree, c);
		if (!rc)
			rc = git_index_read_tree(f->base, tree);
	}
	if (!rc)
		rc = git_index_write_tree_to(&f->head_tree, f->base, f->s->repo->git);
	return rc ? git_fail(f->reterr, rc, "what HEAD of the workspace holds can't be read") : 0;
}

static bool present(const git_index_entry *e)
{
	return !(e->flags_extended & (GIT_INDEX_ENTRY_INTENT_TO_ADD | GIT_INDEX_ENTRY_SKIP_WORKTREE));
}

/* The index without what it can't say as a tree: conflicts, and names that are only meant to be added. */
static int read_staged(struct finishing *f)
{
	git_index *staged = NULL;
	int rc = git_index_new(&staged);

	for (size_t i = 0; !rc && i < git_index_entrycount(f->s->tracked); i++) {
		git_index_entry e = *git_index_get_byindex(f->s->tracked, i);
		if (git_index_entry_stage(&e) != 0) {
			f->ret->counts.unmerged += git_index_entry_stage(&e) == 2;
		} else if (!(e.flags_extended & GIT_INDEX_ENTRY_INTENT_TO_ADD)) {
			e.flags_extended = 0;
			rc = git_index_add(staged, &e);
		}
	}
	if (!rc)
		rc = git_index_write_tree_to(&f->staged_tree, staged, f->s->repo->git);
	git_index_free(staged);
	f->staged = !rc && !f->ret->counts.unmerged && git_oid_cmp(&f->staged_tree, &f->head_tree);
	return rc ? git_fail(f->reterr, rc, "what is staged in the workspace can't be read") : 0;
}

static bool head_has(const struct finishing *f, const char *path)
{
	return git_index_get_bypath(f->base, path, 0) != NULL;
}

/* Just these bytes, committed or staged as they are though the attributes give them to LFS: not changed, so left as they are. */
static bool has_as(git_index *index, const struct salvage_item *i)
{
	const git_index_entry *e = index ? git_index_get_bypath(index, i->path, 0) : NULL;
	return e && git_oid_equal(&e->id, &i->id);
}

static int work_add(struct finishing *f, const struct salvage_item *i)
{
	git_index_entry e = { .mode = i->mode, .id = i->id, .path = i->path };
	size_t at;
	bool tracked = f->s->tracked && !git_index_find(&at, f->s->tracked, i->path);
	int rc = 0;

	if (!tracked && !head_has(f, i->path) && (salvage_ignored(f->s, i->path) || salvage_is_nested(f->s, i->path)))
		return 0; /* it came before what says so */
	const git_index_entry *known = git_index_get_bypath(f->base, i->path, 0);
	if (!known && f->s->tracked)
		known = git_index_get_bypath(f->s->tracked, i->path, 0);
	if (known && known->mode != GIT_FILEMODE_LINK && salvage_is_lfs_file(f->s, &known->id, &i->id))
		e.id = known->id;
	else if (!has_as(f->base, i) && !has_as(f->s->tracked, i))
		rc = salvage_to_lfs(f->s, i, &e.id, f->reterr);
	if (rc)
		return rc;
	if (git_index_add(f->work, &e)) {
		note(f, xasprintf("%s can't be saved: git takes no such name", i->path));
		return 0;
	}
	if (!tracked && !head_has(f, i->path))
		f->ret->counts.untracked++;
	return 0;
}

/* Submodules stay what the index says; and so do files that a sparse checkout leaves out. */
static int work_keep(struct finishing *f)
{
	int rc = 0;

	for (size_t i = 0; !rc && f->s->tracked && i < git_index_entrycount(f->s->tracked); i++) {
		git_index_entry e = *git_index_get_byindex(f->s->tracked, i);
		if (e.mode != GIT_FILEMODE_COMMIT && present(&e))
			continue;
		if (git_index_entry_stage(&e) != 0 || (e.flags_extended & GIT_INDEX_ENTRY_INTENT_TO_ADD))
			continue;
		e.flags_extended = 0;
		rc = git_index_add(f->work, &e);
	}
	return rc ? git_fail(f->reterr, rc, "what the workspace's index keeps can't be read") : 0;
}

static void note_nested(struct finishing *f)
{
	for (size_t i = 0; i < f->s->nested.len; i++) {
		const char *path = f->s->nested.items[i];
		char *text = salvage_is_module(f->s, path) ? salvage_module_note(f->s, path, &f->spec->start) : xasprintf("%.*s is a repository of its own: it is not saved with the project; push it from the session", (int)strlen(path) - 1, path);
		if (text)
			note(f, text);
	}
}

static int read_work(struct finishing *f)
{
	int rc = git_index_new(&f->work);

	for (size_t i = 0; !rc && i < f->s->items.len; i++)
		rc = work_add(f, &f->s->items.items[i]);
	if (rc)
		return rc;
	rc = work_keep(f);
	if (!rc && (rc = git_index_write_tree_to(&f->work_tree, f->work, f->s->repo->git)) != 0)
		rc = git_fail(f->reterr, rc, "the workspace's files can't be kept as a tree");
	return rc;
}

struct counting { uint32_t *changed, *untracked; };

static int count_trees(struct finishing *f, const git_oid *from, const git_oid *to, uint32_t *ret_n)
{
	AUTO(git_tree_free_p) git_tree *a = NULL;
	AUTO(git_tree_free_p) git_tree *b = NULL;
	git_diff *diff = NULL;
	int rc = git_tree_lookup(&a, f->s->repo->git, from);

	if (!rc)
		rc = git_tree_lookup(&b, f->s->repo->git, to);
	if (!rc)
		rc = git_diff_tree_to_tree(&diff, f->s->repo->git, a, b, NULL);
	if (!rc)
		*ret_n = (uint32_t)git_diff_num_deltas(diff);
	git_diff_free(diff);
	return rc ? git_fail(f->reterr, rc, "the workspace's files can't be compared") : 0;
}

static int read_trees(struct finishing *f)
{
	struct salvage_counts *n = &f->ret->counts;
	int rc = read_head(f);

	f->staged_tree = f->head_tree;
	salvage_load_index(f->s);
	if (!rc && f->s->tracked)
		rc = read_staged(f);
	if (!rc && f->s->index_bad)
		note(f, xstrdup("the workspace's index can't be read: what was staged is not told apart"));
	if (!rc)
		rc = read_work(f);
	if (!rc)
		rc = count_trees(f, &f->head_tree, &f->work_tree, &n->changed);
	if (!rc && f->staged)
		rc = count_trees(f, &f->head_tree, &f->staged_tree, &n->staged);
	n->changed = n->changed > n->untracked ? n->changed - n->untracked : 0;
	f->dirty = git_oid_cmp(&f->work_tree, &f->head_tree) || f->staged || n->unmerged;
	return rc;
}

/* ---- commits of ours ---------------------------------------------------------------------------------------------------------- */
static int commit_tree(struct finishing *f, const git_oid *tree_id, const git_oid *parent_id, const char *state, git_oid *ret)
{
	AUTO(git_signature_free_p) git_signature *who = NULL;
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	AUTO(git_commit_free_p) git_commit *parent = NULL;
	AUTO_STR message = xasprintf("Auto-saving for %s on branch %s from commit %s\n\nBerth-State: %s\n" SALVAGE_SESSION "%s\n", f->spec->user, f->branch, f->start7,
	                             state, f->spec->session);
	int rc = git_signature_new(&who, f->spec->author_name, f->spec->author_email, f->spec->now_s, 0);

	if (!rc)
		rc = git_tree_lookup(&tree, f->s->repo->git, tree_id);
	if (!rc && parent_id)
		rc = git_commit_lookup(&parent, f->s->repo->git, parent_id);
	const git_commit *parents[] = { parent };
	if (!rc)
		rc = git_commit_create(ret, f->s->repo->git, NULL, who, who, NULL, message, tree, parent_id ? 1 : 0, parents);
	return rc ? git_fail(f->reterr, rc, "the work can't be kept as a commit") : 0;
}

static void save_as(struct finishing *f, const char *branch, const git_oid *tip, const char *start7, bool ours)
{
	struct salvaged s = { .branch = xstrdup(branch), .ours = ours };

	oid_from_git(&s.tip, tip);
	snprintf(s.start7, sizeof s.start7, "%s", start7);
	if (ours)
		memcpy(s.head7, f->head7, sizeof s.head7);
	else
		sha7(tip, s.head7);
	VEC_PUSH(&f->ret->saved, s);
}

static int save_files(struct finishing *f)
{
	git_oid staged, work;
	const git_oid *parent = f->has_head ? &f->head : NULL;
	int rc = 0;

	if (f->staged) {
		rc = commit_tree(f, &f->staged_tree, parent, "staged", &staged);
		parent = &staged;
	}
	if (!rc)
		rc = commit_tree(f, &f->work_tree, parent, "work", &work);
	if (!rc)
		save_as(f, f->branch, &work, f->start7, true);
	return rc;
}

/* ---- commits of the user's ------------------------------------------------------------------------------------------------------ */
static bool is_known(struct finishing *f, const git_oid *tip)
{
	for (size_t i = 0; i < f->known.len; i++)
		if (git_oid_equal(&f->known.items[i], tip))
			return true;
	return f->known.len && git_graph_reachable_from_any(f->s->repo->git, tip, f->known.items, f->known.len) == 1;
}

/* The commit that a branch left what others know at. */
static void start_of(struct finishing *f, const git_oid *tip, char ret[8])
{
	AUTO(git_revwalk_free_p) git_revwalk *walk = NULL;
	git_oid at;

	snprintf(ret, 8, "0000000");
	if (f->known.len && !git_oid_is_zero(&f->known.items[0]) && git_graph_descendant_of(f->s->repo->git, tip, &f->known.items[0]) == 1) {
		memcpy(ret, f->start7, 8);
		return;
	}
	if (git_revwalk_new(&walk, f->s->repo->git) || git_revwalk_push(walk, tip))
		return;
	while (!git_revwalk_next(&at, walk))
		if (is_known(f, &at)) {
			sha7(&at, ret);
			return;
		}
}

/* Saved work of the project, as it was fetched: it is where it belongs, or was deleted there. */
static bool is_saved_work(const struct finishing *f, const char *branch, const git_oid *tip)
{
	git_oid there;
	AUTO_STR ref = xasprintf("refs/remotes/origin/%s", branch);
	bool named_so = f->spec->saved_prefix && sv_starts(sv_of(branch), sv_of(f->spec->saved_prefix));
	return named_so && !git_reference_name_to_id(&there, f->s->repo->git, ref) && git_oid_equal(&there, tip);
}

static int save_branches(struct finishing *f)
{
	AUTO(git_reference_iterator_free_p) git_reference_iterator *it = NULL;
	const char *name;
	git_oid tip;
	char start7[8];
	int rc = git_reference_iterator_glob_new(&it, f->s->repo->git, "refs/heads/*");
	while (!rc && !(rc = git_reference_next_name(&name, it))) {
		if (git_reference_name_to_id(&tip, f->s->repo->git, name))
			continue;
		if (!is_commit(f, &tip))
			return err_set(f->reterr, ERR_CONFLICT, "the workspace's branch %s leads to a commit that is not in it", name + strlen("refs/heads/"));
		if (is_known(f, &tip) || is_saved_work(f, name + strlen("refs/heads/"), &tip))
			continue;
		f->ret->counts.unpushed++;
		if (f->head_ref && !strcmp(name, f->head_ref) && f->dirty)
			continue; /* its commits are below the files' */
		start_of(f, &tip, start7);
		save_as(f, name + strlen("refs/heads/"), &tip, start7, false);
	}
	if (rc != GIT_ITEROVER)
		return git_fail(f->reterr, rc, "the workspace's branches can't be read");
	if (!f->head_ref && f->has_head && !f->dirty && !is_known(f, &f->head))
		save_as(f, "HEAD", &f->head, f->start7, false);
	return 0;
}

static bool is_saved(struct finishing *f, const git_oid *tip)
{
	struct oid id;
	oid_from_git(&id, tip);
	for (size_t i = 0; i < f->ret->saved.len; i++)
		if (oid_eq(&f->ret->saved.items[i].tip, &id))
			return true;
	return false;
}

/* What was pushed to the session's own origin and has not come to the host yet. */
static int save_pushed(struct finishing *f)
{
	AUTO(git_reference_iterator_free_p) git_reference_iterator *it = NULL;
	const char *name;
	git_oid tip;
	char start7[8];
	int rc = f->spec->elsewhere ? git_reference_iterator_glob_new(&it, f->s->repo->git, "refs/remotes/origin/*") : GIT_ITEROVER;
	while (!rc && !(rc = git_reference_next_name(&name, it))) {
		if (sv_ends(sv_of(name), SV("/HEAD")) || git_reference_name_to_id(&tip, f->s->repo->git, name) || !is_commit(f, &tip) || is_known(f, &tip) || is_saved(f, &tip) ||
		    is_saved_work(f, name + strlen("refs/remotes/origin/"), &tip))
			continue;
		bool below = f->has_head && (git_oid_equal(&tip, &f->head) || git_graph_descendant_of(f->s->repo->git, &f->head, &tip) == 1);
		if (below && (f->dirty || f->head_ref))
			continue; /* it is saved with HEAD's */
		start_of(f, &tip, start7);
		save_as(f, name + strlen("refs/remotes/origin/"), &tip, start7, false);
	}
	return rc == GIT_ITEROVER ? 0 : git_fail(f->reterr, rc, "the workspace's remote branches can't be read");
}

static int save_stashes(struct finishing *f)
{
	AUTO(git_reflog_free_p) git_reflog *log = NULL;
	git_oid tip;
	bool there = !git_reference_name_to_id(&tip, f->s->repo->git, "refs/stash") && is_commit(f, &tip);
	size_t n = there && !git_reflog_read(&log, f->s->repo->git, "refs/stash") ? git_reflog_entrycount(log) : 0;
	char start7[8];
	if (n > STASHES_MAX)
		note(f, xasprintf("only the newest %d of %zu stashes are saved", STASHES_MAX, n));
	for (size_t i = 0; there && i < MIN_OF(MAX_OF(n, (size_t)1), (size_t)STASHES_MAX); i++) {
		const git_oid *id = n ? git_reflog_entry_id_new(git_reflog_entry_byindex(log, i)) : &tip;
		AUTO_STR branch = xasprintf("@stash-%zu", i);
		if (!is_commit(f, id))
			continue;
		f->ret->counts.stashes++;
		start_of(f, id, start7);
		save_as(f, branch, id, start7, false);
	}
	return 0;
}

static int count_commits(struct finishing *f)
{
	AUTO(git_revwalk_free_p) git_revwalk *walk = NULL;
	git_oid at;
	int rc = git_revwalk_new(&walk, f->s->repo->git);

	if (!rc)
		rc = git_revwalk_push_glob(walk, "refs/heads/*");
	if (!rc && f->has_head)
		rc = git_revwalk_push(walk, &f->head);
	for (size_t i = 0; !rc && i < f->known.len; i++)
		rc = git_revwalk_hide(walk, &f->known.items[i]);
	while (!rc && !git_revwalk_next(&at, walk) && !stopped(f->stop))
		f->ret->counts.ahead++;
	if (!rc && f->has_head)
		f->ret->counts.behind = salvage_behind(f->s->repo, f->branch, &f->head, f->spec, f->known.items, f->known.len, &f->ret->counts.tip);
	return rc ? git_fail(f->reterr, rc, "the workspace's commits can't be counted") : 0;
}

/* ---- a workspace without its .git ------------------------------------------------------------------------------------------------ */
static int begin(struct finishing *f)
{
	struct err why = { 0 };
	int rc = f->s->has_head ? repo_open(f->s->dir, &f->s->repo, &why) : -ERR_NOT_FOUND;

	if (!rc)
		rc = find_head(f);
	else if (f->s->has_head)
		return err_set(f->reterr, ERR_CONFLICT, "the workspace's repository can't be read: %s", why.text);
	else
		rc = repo_open(f->s->dir, &f->s->repo, f->reterr);
	if (rc || f->s->has_head)
		return rc;
	note(f, xstrdup("the workspace has no .git any more: its files are saved as they are, without history"));
	f->branch = xstrdup("HEAD");
	f->ret->counts.unborn = f->ret->counts.detached = true;
	oid_sha7(&f->spec->start, f->start7);
	snprintf(f->head7, sizeof f->head7, "0000000");
	return 0;
}

int salvage_finish(struct salvage *s, const struct salvage_spec *spec, const atomic_bool *stop, struct salvage_result *ret, struct err *reterr)
{
	AUTO(finishing_fini) struct finishing f = { .s = s, .spec = spec, .stop = stop, .ret = ret, .reterr = reterr };
	int rc;

	*ret = (struct salvage_result){ 0 };
	rc = begin(&f);
	if (!rc)
		rc = find_known(&f);
	if (!rc)
		rc = read_trees(&f);
	if (!rc)
		note_nested(&f);
	if (!rc && f.dirty)
		rc = save_files(&f);
	if (!rc)
		rc = save_branches(&f);
	if (!rc)
		rc = save_pushed(&f);
	if (!rc)
		rc = save_stashes(&f);
	if (!rc)
		rc = salvage_lfs_collect(s, &(struct salvage_tips){ &ret->saved, f.known.items, f.known.len }, stop, ret, reterr);
	if (!rc)
		rc = count_commits(&f);
	if (stopped(stop))
		rc = git_cancelled(reterr);
	return rc;
}

void salvage_result_fini(struct salvage_result *r)
{
	for (size_t i = 0; i < r->saved.len; i++)
		free(r->saved.items[i].branch);
	VEC_FINI(&r->saved);
	strings_fini(&r->notes);
	lfs_objects_fini(&r->lfs);
	free(r->lfs_store);
	r->lfs_store = NULL;
}
