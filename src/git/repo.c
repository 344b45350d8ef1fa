/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/path.h"
#include "git/loose.h"

struct extensions { bool sha256, reftable; };

static int extension_seen(void *ctx, const struct gitconf_entry *e, struct err *reterr)
{
	struct extensions *x = ctx;

	if (strcmp(e->section, "extensions"))
		return 0;
	x->sha256 |= !strcmp(e->name, "objectformat") && !strcasecmp(e->value, "sha256");
	x->reftable |= !strcmp(e->name, "refstorage") && !strcasecmp(e->value, "reftable");
	return 0;
}

/* libgit2's words for these ("unsupported extension name extensions.objectformat") help nobody. */
static bool explain_format(const char *path, struct err *reterr)
{
	static const char *const below[] = { "/.git/config", "/config" };
	struct extensions x = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(below); i++) {
		AUTO_STR config = xasprintf("%s%s", path, below[i]);
		gitconf_each(config, extension_seen, &x, NULL);
	}
	if (x.sha256)
		err_set(reterr, ERR_UNSUPPORTED, "%s stores its objects as SHA-256, which can't be read here (only SHA-1)", path);
	else if (x.reftable)
		err_set(reterr, ERR_UNSUPPORTED, "%s stores its branches in a reftable, which can't be read here", path);
	else
		return false;
	err_hint(reterr, x.sha256 ? "make a SHA-1 copy of it (git fast-export into a new repository) and use that one"
	                          : "convert it with: git -C %s refs migrate --ref-format=files", path);
	return true;
}

/* libgit2 1.5 says "not found" of a repository whose owner it does not trust. */
static bool foreign(const char *path)
{
	AUTO_STR inside = path_join(path, ".git");
	AUTO_STR head = path_join(path, "HEAD");
	struct stat top, st;

	if (stat(path, &top) || (stat(inside, &st) && stat(head, &st)))
		return false;
	return top.st_uid != geteuid() || st.st_uid != geteuid();
}

static int explain_open(const char *path, int rc, struct err *reterr)
{
	struct stat st;

	if (stat(path, &st))
		return err_set_errno(reterr, errno, "%s", path);
	if (rc == GIT_EOWNER || (rc == GIT_ENOTFOUND && foreign(path))) {
		err_set(reterr, ERR_DENIED, "%s belongs to another user, and git reads no repository that somebody else could have prepared", path);
		err_hint(reterr, "if you trust it: `git config --global --add safe.directory %s`", path);
		return -ERR_DENIED;
	}
	if (explain_format(path, reterr))
		return -ERR_UNSUPPORTED;
	if (rc == GIT_ENOTFOUND) {
		err_set(reterr, ERR_NOT_FOUND, "%s is not a git repository", path);
		err_hint(reterr, "name the folder that holds .git, or make one there with `git init %s`", path);
		return -ERR_NOT_FOUND;
	}
	rc = git_fail(reterr, rc, "%s can't be opened", path);
	err_hint(reterr, "`git -C %s status` may say more", path);
	return rc;
}

static char *without_slash(const char *path)
{
	size_t len = path ? strlen(path) : 0;

	while (len > 1 && path[len - 1] == '/')
		len--;
	return xstrndup(path ? path : "", len);
}

int repo_open(const char *path, struct repo **ret, struct err *reterr)
{
	AUTO(git_repository_free_p) git_repository *git = NULL;
	git_odb *odb = NULL;

	if (git_room_start(reterr) < 0)
		return -ERR_FAILED;
	/* NO_SEARCH: a folder inside a repository is not that repository. */
	int rc = git_repository_open_ext(&git, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
	if (rc)
		return explain_open(path, rc, reterr);
	rc = git_repository_odb(&odb, git);
	if (rc)
		return git_fail(reterr, rc, "%s: the object store can't be opened", path);
	struct repo *r = xcalloc(1, sizeof *r);
	r->workdir = without_slash(git_repository_workdir(git));
	r->gitdir = without_slash(git_repository_path(git));
	r->odb = odb;
	r->git = git;
	git = NULL;
	rc = loose_backend_add(odb, git_repository_commondir(r->git), NULL, false, reterr);
	if (rc)
		repo_free(r);
	else
		*ret = r;
	return rc;
}

void repo_free(struct repo *r)
{
	if (!r)
		return;
	graph_free(r->graph);
	git_odb_free(r->odb);
	git_repository_free(r->git);
	free(r->workdir);
	free(r->gitdir);
	free(r);
}

const char *repo_workdir(const struct repo *r) { return r->workdir; }
const char *repo_gitdir(const struct repo *r) { return r->gitdir; }
const char *repo_commondir(const struct repo *r) { return git_repository_commondir(r->git); }

struct graph *repo_graph(struct repo *r)
{
	if (!r->graph)
		r->graph = graph_new(r->odb, git_repository_commondir(r->git));
	return r->graph;
}

/* ---- references -------------------------------------------------------------------------------------------------------- */
bool repo_ref_tip(struct repo *r, const char *refname, struct oid *ret)
{
	AUTO(git_reference_free_p) git_reference *ref = NULL;
	AUTO(git_object_free_p) git_object *commit = NULL;

	if (git_reference_lookup(&ref, r->git, refname) || git_reference_peel(&commit, ref, GIT_OBJECT_COMMIT))
		return false;
	oid_from_git(ret, git_object_id(commit));
	return true;
}

char *repo_head_ref(struct repo *r)
{
	AUTO(git_reference_free_p) git_reference *head = NULL;
	const char *target;

	if (git_reference_lookup(&head, r->git, "HEAD") || !(target = git_reference_symbolic_target(head)))
		return NULL;
	return xstrdup(target);
}

static bool branch_there(struct repo *r, const char *name)
{
	AUTO_STR ref = xasprintf("refs/heads/%s", name);
	AUTO(git_reference_free_p) git_reference *found = NULL;

	return !git_reference_lookup(&found, r->git, ref);
}

bool repo_has_branch(struct repo *r, const char *name)
{
	AUTO_STR remote = xasprintf("refs/remotes/%s", name);
	AUTO(git_reference_free_p) git_reference *found = NULL;

	return branch_there(r, name) || !git_reference_lookup(&found, r->git, remote);
}

/* origin/HEAD: what the place that this was cloned from calls its default. The local branch of that name, else the remote one. */
static char *default_from_origin(struct repo *r)
{
	AUTO(git_reference_free_p) git_reference *head = NULL, *there = NULL;
	const char *target;

	if (git_reference_lookup(&head, r->git, "refs/remotes/origin/HEAD") || !(target = git_reference_symbolic_target(head))
	    || !sv_starts(sv_of(target), SV("refs/remotes/origin/")))
		return NULL;
	const char *name = target + strlen("refs/remotes/origin/");
	if (branch_there(r, name))
		return xstrdup(name);
	if (git_reference_lookup(&there, r->git, target))
		return NULL;
	return xstrdup(target + strlen("refs/remotes/"));
}

static char *default_from_names(struct repo *r)
{
	AUTO(git_config_free_p) git_config *config = NULL;
	static const char *const usual[] = { "main", "master", "trunk" };
	git_buf configured = { 0 };
	char *ret = NULL;

	if (!git_repository_config(&config, r->git) && !git_config_get_string_buf(&configured, config, "init.defaultbranch")
	    && branch_there(r, configured.ptr))
		ret = xstrdup(configured.ptr);
	git_buf_dispose(&configured);
	for (size_t i = 0; !ret && i < ARRAY_LEN(usual); i++)
		if (branch_there(r, usual[i]))
			ret = xstrdup(usual[i]);
	return ret;
}

static char *default_from_head(struct repo *r)
{
	AUTO_STR head = repo_head_ref(r);
	const char *name = head && sv_starts(sv_of(head), SV("refs/heads/")) ? head + strlen("refs/heads/") : NULL;

	return name && branch_there(r, name) ? xstrdup(name) : NULL;
}

/* The only branches left have names of their own: the first in order of name, so that the answer stays the same. */
static char *default_from_any(struct repo *r)
{
	static const char *const globs[] = { "refs/heads/*", "refs/remotes/*" };

	for (size_t i = 0; i < ARRAY_LEN(globs); i++) {
		AUTO(git_reference_iterator_free_p) git_reference_iterator *it = NULL;
		AUTO_STR first = NULL;
		const char *name;
		if (git_reference_iterator_glob_new(&it, r->git, globs[i]))
			continue;
		while (!git_reference_next_name(&name, it))
			if (!sv_ends(sv_of(name), SV("/HEAD")) && (!first || strcmp(name, first) < 0))
				str_replace(&first, name);
		if (first)
			return xstrdup(first + strlen(globs[i]) - 1);
	}
	return NULL;
}

char *repo_default_branch(struct repo *r)
{
	char *ret = NULL;

	/* In a bare repository nobody works, so HEAD can only mean the default there: a clone checks it out. */
	if (!*r->workdir)
		ret = default_from_head(r);
	if (!ret)
		ret = default_from_origin(r);
	if (!ret)
		ret = default_from_names(r);
	if (!ret)
		ret = default_from_head(r);
	return ret ? ret : default_from_any(r);
}
