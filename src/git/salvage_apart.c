/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A submodule in a workspace is a repository of its own: whether all of it is at a commit that others have. */
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

struct module { struct salvage *s; const char *folder; struct repo *repo; git_index *index; VEC(git_oid) known; };

static void module_fini(struct module *m)
{
	VEC_FINI(&m->known);
	git_index_free(m->index);
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

static bool is_known(const struct module *m, const git_oid *tip)
{
	for (size_t i = 0; i < m->known.len; i++)
		if (git_oid_equal(&m->known.items[i], tip))
			return true;
	return m->known.len && git_graph_reachable_from_any(m->repo->git, tip, m->known.items, m->known.len) == 1;
}

/* Calls each with every tip; false when one of them said so, or could not be read. */
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

static bool ask(struct module *m, const git_oid *tip) { return is_known(m, tip); }
static bool refuse(struct module *m, const git_oid *tip) { return false; }

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

static bool files_are_those(const struct module *m)
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
		if (!e || !git_oid_equal(&e->id, &f->id) || e->mode != f->mode)
			return false;
		seen++;
	}
	return seen == wanted;
}

bool salvage_module_is_clean(struct salvage *s, const char *folder, const git_oid *commit)
{
	AUTO(module_fini) struct module m = { .s = s, .folder = folder };
	struct oid tip;
	git_oid head;

	if (module_open(&m) || !repo_ref_tip(m.repo, "HEAD", &tip))
		return false;
	VEC_PUSH(&m.known, *commit);
	oid_to_git(&tip, &head);
	if (!each_tip(&m, "refs/remotes/*", know) || !is_known(&m, &head) || !each_tip(&m, "refs/heads/*", ask) || !each_tip(&m, "refs/stash", refuse))
		return false;
	return !module_tree(&m, &head) && files_are_those(&m);
}
