/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A submodule in a workspace is a repository of its own: what of it is nowhere else. It is counted and told, not saved: README.md, "What an
 * autosave leaves out", has the reasons.
 */
#include <sys/stat.h>
#include "berth/path.h"
#include "git/salvage.h"

/* ---- submodules ----------------------------------------------------------------------------------------------------------------- */
/* Of a folder's own .git its branches are taken to where they were, its objects to ours. NULL: not taken. Owned. */
char *salvage_nested_git_file(struct salvage *s, const char *path)
{
	const char *at = strstr(path, "/.git/"), *below = at ? at + 6 : NULL;

	if (!at || !salvage_is_module(s, path) || !salvage_git_file_wanted(below) || !strcmp(below, "index") || !strncmp(below, "info/", 5))
		return NULL;
	return strncmp(below, "objects/", 8) ? xstrdup(path) : xasprintf(".git/%s", below);
}

/* The folder that a path lies in is one that the index has as a submodule. */
bool salvage_is_module(struct salvage *s, const char *path)
{
	salvage_load_index(s);
	for (size_t i = 0; s->tracked && i < s->nested.len; i++) {
		const char *folder = s->nested.items[i];
		AUTO_STR name = xstrndup(folder, strlen(folder) - 1);
		const git_index_entry *e = sv_starts(sv_of(path), sv_of(folder)) ? git_index_get_bypath(s->tracked, name, 0) : NULL;
		if (e && e->mode == GIT_FILEMODE_COMMIT)
			return true;
	}
	return false;
}

struct counts { uint32_t files, commits; bool stash; };
struct module { struct salvage *s; const char *folder; struct repo *repo; git_index *index; git_revwalk *walk; VEC(git_oid) known; };

static void module_fini(struct module *m)
{
	VEC_FINI(&m->known);
	git_index_free(m->index);
	git_revwalk_free(m->walk);
	repo_free(m->repo);
}

static int module_open(struct module *m)
{
	AUTO_STR dir = xasprintf("%s/%s", m->s->dir, m->folder);
	AUTO_STR objects = xasprintf("%s.git/objects/info", dir);
	AUTO_STR borrows = xasprintf("%s/alternates", objects);
	AUTO_STR store = xasprintf("%s/objects\n", m->s->gitdir);
	AUTO_STR head = xasprintf("%s.git/HEAD", dir);
	AUTO_STR refs = xasprintf("%s.git/refs", dir);
	struct stat st;

	if (lstat(head, &st) || path_make_dirs(objects, NULL) < 0 || path_make_dirs(refs, NULL) < 0 || file_write_atomic(borrows, sv_of(store), NULL) < 0)
		return -1;
	return repo_open(dir, &m->repo, NULL);
}

/* Calls each with every tip; false when one could not be read. */
static bool each_tip(struct module *m, const char *glob, bool (*each)(struct module *m, const git_oid *tip))
{
	AUTO(git_reference_iterator_free_p) git_reference_iterator *it = NULL;
	const char *name;
	git_oid tip;
	bool good = !git_reference_iterator_glob_new(&it, m->repo->git, glob);

	while (good && !git_reference_next_name(&name, it))
		good = git_reference_name_to_id(&tip, m->repo->git, name) != 0 || each(m, &tip);
	return good;
}

static bool know(struct module *m, const git_oid *tip)
{
	VEC_PUSH(&m->known, *tip);
	return true;
}

/* The commit of a submodule that the session began with: its remote has that. What the index says now may be nowhere else. */
static void know_start(struct module *m, const struct oid *start)
{
	AUTO(git_commit_free_p) git_commit *c = NULL;
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	git_tree_entry *e = NULL;
	AUTO_STR folder = xstrndup(m->folder, strlen(m->folder) - 1);
	git_oid id;

	if (!git_commit_lookup(&c, m->s->repo->git, oid_to_git(start, &id)) && !git_commit_tree(&tree, c) && !git_tree_entry_bypath(&e, tree, folder) &&
	    git_tree_entry_filemode(e) == GIT_FILEMODE_COMMIT)
		VEC_PUSH(&m->known, *git_tree_entry_id(e));
	git_tree_entry_free(e);
}

static bool walk_from(struct module *m, const git_oid *tip) { return !git_revwalk_push(m->walk, tip); }

/* Commits that HEAD and the branches have, and neither a remote branch nor the commit that the session began with. */
static bool count_commits(struct module *m, const git_oid *head, uint32_t *ret)
{
	git_oid at;
	bool good = each_tip(m, "refs/remotes/*", know) && !git_revwalk_new(&m->walk, m->repo->git) && walk_from(m, head) && each_tip(m, "refs/heads/*", walk_from);
	int rc = 0;

	for (size_t i = 0; good && i < m->known.len; i++)
		git_revwalk_hide(m->walk, &m->known.items[i]); /* one that is not here hides nothing */
	while (good && !(rc = git_revwalk_next(&at, m->walk)))
		++*ret;
	return good && rc == GIT_ITEROVER;
}

static int module_tree(struct module *m, const git_oid *head)
{
	AUTO(git_commit_free_p) git_commit *c = NULL;
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	int rc = git_commit_lookup(&c, m->repo->git, head);

	if (!rc)
		rc = git_commit_tree(&tree, c);
	if (!rc)
		rc = git_index_new(&m->index);
	return rc ? rc : git_index_read_tree(m->index, tree);
}

/* What is in it of another repository below it. */
static bool is_deeper(const struct module *m, const char *path)
{
	for (size_t i = 0; i < m->s->nested.len; i++)
		if (strlen(m->s->nested.items[i]) > strlen(m->folder) && sv_starts(sv_of(path), sv_of(m->s->nested.items[i])))
			return true;
	return false;
}

static void count_files(const struct module *m, uint32_t *ret)
{
	size_t seen = 0, wanted = 0;

	for (size_t i = 0; i < git_index_entrycount(m->index); i++)
		wanted += git_index_get_byindex(m->index, i)->mode != GIT_FILEMODE_COMMIT;
	for (size_t i = 0; i < m->s->items.len; i++) {
		const struct salvage_item *f = &m->s->items.items[i];
		if (!sv_starts(sv_of(f->path), sv_of(m->folder)) || is_deeper(m, f->path))
			continue;
		const git_index_entry *e = git_index_get_bypath(m->index, f->path + strlen(m->folder), 0);
		if (!e && salvage_ignored(m->s, f->path))
			continue;
		seen += e != NULL;
		*ret += !e || !git_oid_equal(&e->id, &f->id) || e->mode != f->mode;
	}
	*ret += (uint32_t)(wanted - MIN_OF(seen, wanted)); /* those that are gone */
}

static bool look(struct salvage *s, const char *folder, const struct oid *start, struct counts *ret)
{
	AUTO(module_fini) struct module m = { .s = s, .folder = folder };
	struct oid tip;
	git_oid head, stash;

	*ret = (struct counts){ 0 };
	if (module_open(&m) || !repo_ref_tip(m.repo, "HEAD", &tip))
		return false;
	know_start(&m, start);
	oid_to_git(&tip, &head);
	if (!count_commits(&m, &head, &ret->commits) || module_tree(&m, &head))
		return false;
	ret->stash = !git_reference_name_to_id(&stash, m.repo->git, "refs/stash");
	count_files(&m, &ret->files);
	return true;
}

static void add_count(struct buf *b, uint32_t n, const char *one, const char *many)
{
	if (n)
		buf_addf(b, "%s%u %s", b->len ? ", " : "", n, n == 1 ? one : many);
}

char *salvage_module_note(struct salvage *s, const char *folder, const struct oid *start)
{
	int n = (int)strlen(folder) - 1;
	AUTO(buf_fini) struct buf what = BUF_INIT;
	struct counts m;

	if (!look(s, folder, start, &m))
		return xasprintf("whether all of the submodule %.*s is pushed can't be told: it is not saved with the project; push it from the session to its own repository", n, folder);
	add_count(&what, m.files, "changed file", "changed files");
	add_count(&what, m.commits, "commit that was never pushed", "commits that were never pushed");
	add_count(&what, m.stash, "stash", "stash");
	return what.len ? xasprintf("the submodule %.*s has work that is nowhere else (%s): it is not saved with the project; push it from the session to its own repository", n, folder, buf_str(&what)) : NULL;
}
