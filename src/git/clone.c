/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clones. One of a repository on this machine copies its object store (and those it borrows from) file by file, then writes
 * the references: as fast as the disk, cancelled within a block, also right for shallow, bare and borrowing repositories,
 * and what comes out depends on nothing outside. A URL goes through libgit2's own clone. Both end with the same checkout.
 */
#include <sys/stat.h>
#include <unistd.h>
#include "berth/path.h"
#include "git/clone.h"

void clone_report(struct cloning *c, const char *what, uint64_t now, uint64_t total)
{
	if (c->progress)
		c->progress(c->ctx, what, now, total);
}

/* ---- references --------------------------------------------------------------------------------------------------------- */
static int ref_write(struct cloning *c, const char *name, const git_oid *id, struct err *reterr)
{
	AUTO(git_reference_free_p) git_reference *ref = NULL;
	int rc = git_reference_create(&ref, c->git, name, id, 1, NULL);

	return rc ? git_fail(reterr, rc, "%s can't be written", name) : 0;
}

struct ref_rule { const char *glob, *from, *to; bool only_new; };
/* Branches of the repository become origin's. What it has itself from its own origin is kept where it has no branch of that
 * name, so that a session can be started on a branch that nobody has checked out here yet. */
static const struct ref_rule ref_rules[] = {
	{ "refs/heads/*", "refs/heads/", "refs/remotes/origin/", false },
	{ "refs/remotes/origin/*", "refs/remotes/origin/", "refs/remotes/origin/", true },
	{ "refs/tags/*", "refs/tags/", "refs/tags/", false },
};

static int ref_copy(struct cloning *c, const struct ref_rule *rule, git_reference *ref, struct err *reterr)
{
	const char *name = git_reference_name(ref);
	AUTO(git_reference_free_p) git_reference *there = NULL, *direct = NULL;
	AUTO_STR to = xasprintf("%s%s", rule->to, name + strlen(rule->from));

	if (rule->only_new && (sv_ends(sv_of(name), SV("/HEAD")) || !git_reference_lookup(&there, c->git, to)))
		return 0;
	if (git_reference_resolve(&direct, ref) || !git_odb_exists(c->odb, git_reference_target(direct)))
		return 0; /* leads nowhere in the source either */
	return ref_write(c, to, git_reference_target(direct), reterr);
}

static int refs_copy(struct cloning *c, struct repo *from, const struct ref_rule *rule, struct err *reterr)
{
	AUTO(git_reference_iterator_free_p) git_reference_iterator *it = NULL;
	int rc = git_reference_iterator_glob_new(&it, from->git, rule->glob);

	while (!rc) {
		AUTO(git_reference_free_p) git_reference *ref = NULL;
		if (stopped(c->stop))
			return git_cancelled(reterr);
		rc = git_reference_next(&ref, it);
		int copied = rc ? 0 : ref_copy(c, rule, ref, reterr);
		if (copied)
			return copied;
	}
	return rc == GIT_ITEROVER ? 0 : git_fail(reterr, rc, "the branches of %s can't be listed", from->gitdir);
}

/* ---- the new repository ------------------------------------------------------------------------------------------------ */
static int config_write(struct cloning *c, const struct clone_spec *spec, struct err *reterr)
{
	AUTO(git_config_free_p) git_config *config = NULL;
	int rc = git_repository_config(&config, c->git);
	AUTO(git_config_free_p) git_config *local = NULL;

	if (!rc)
		rc = git_config_open_level(&local, config, GIT_CONFIG_LEVEL_LOCAL);
	if (!rc)
		rc = git_config_set_string(local, "remote.origin.url", spec->origin_url ? spec->origin_url : spec->url_or_path);
	if (!rc)
		rc = git_config_set_string(local, "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*");
	if (!rc && spec->author_name)
		rc = git_config_set_string(local, "user.name", spec->author_name);
	if (!rc && spec->author_email)
		rc = git_config_set_string(local, "user.email", spec->author_email);
	if (!rc && c->branch) {
		AUTO_STR remote = xasprintf("branch.%s.remote", c->branch);
		AUTO_STR merge = xasprintf("branch.%s.merge", c->branch);
		AUTO_STR ref = xasprintf("refs/heads/%s", c->branch);
		rc = git_config_set_string(local, remote, "origin");
		if (!rc)
			rc = git_config_set_string(local, merge, ref);
	}
	return rc ? git_fail(reterr, rc, "the clone's configuration can't be written") : 0;
}

/* A remote branch that was picked from a list ("origin/fix") is worked on as "fix". */
static char *branch_here(struct cloning *c, const char *branch)
{
	AUTO_STR local = xasprintf("refs/remotes/origin/%s", branch);
	AUTO(git_reference_free_p) git_reference *ref = NULL;

	if (sv_starts(sv_of(branch), SV("origin/")) && git_reference_lookup(&ref, c->git, local))
		return xstrdup(branch + strlen("origin/"));
	return xstrdup(branch);
}

static int head_set(struct cloning *c, const git_oid *commit, struct err *reterr)
{
	int rc;

	if (!c->branch) {
		rc = git_repository_set_head_detached(c->git, commit);
		return rc ? git_fail(reterr, rc, "the clone can't be put on its commit") : 0;
	}
	AUTO_STR ref = xasprintf("refs/heads/%s", c->branch);
	AUTO(git_reference_free_p) git_reference *head = NULL;
	/* HEAD first, by force: libgit2 will not move the branch that HEAD names already. */
	rc = git_reference_symbolic_create(&head, c->git, "HEAD", ref, 1, NULL);
	if (rc)
		return git_fail(reterr, rc, "branch %s can't be made", c->branch);
	return ref_write(c, ref, commit, reterr);
}

static void checkout_progress(const char *path, size_t done, size_t total, void *payload)
{
	clone_report(payload, "files", done, total);
}

static int checkout(struct cloning *c, const git_oid *commit, struct err *reterr)
{
	git_checkout_options options;
	AUTO(git_object_free_p) git_object *object = NULL;

	int rc = git_object_lookup(&object, c->git, commit, GIT_OBJECT_COMMIT);
	if (rc)
		return git_fail(reterr, rc, "the commit is not in the clone");
	git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
	options.checkout_strategy = GIT_CHECKOUT_FORCE;
	options.disable_filters = 1; /* the session's own git decides about LFS and line ends */
	options.progress_cb = checkout_progress;
	options.progress_payload = c;
	rc = git_checkout_tree(c->git, object, &options);
	if (stopped(c->stop))
		return git_cancelled(reterr);
	return rc ? git_fail(reterr, rc, "the files can't be checked out") : 0;
}

/* ---- the two ways ------------------------------------------------------------------------------------------------------- */
static int clone_init(struct cloning *c, struct err *reterr)
{
	git_repository_init_options options;

	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
	int rc = git_repository_init_ext(&c->git, c->into, &options);
	return rc ? git_fail(reterr, rc, "%s can't be made a repository", c->into) : 0;
}

static int clone_local(struct cloning *c, struct repo *from, struct err *reterr)
{
	int rc = clone_init(c, reterr);

	if (!rc)
		rc = clone_copy_objects(c, from, reterr);
	if (!rc)
		rc = clone_reopen(c, reterr);
	for (size_t i = 0; !rc && i < ARRAY_LEN(ref_rules); i++)
		rc = refs_copy(c, from, &ref_rules[i], reterr);
	return rc;
}

static int clone_finish(struct cloning *c, const struct clone_spec *spec, struct err *reterr)
{
	char hex[OID_HEX + 1];
	git_oid commit;

	oid_hex(&spec->commit, hex);
	if (!git_odb_exists(c->odb, oid_to_git(&spec->commit, &commit)))
		return err_set(reterr, ERR_NOT_FOUND, "commit %s is not in %s", hex, spec->url_or_path);
	c->branch = spec->branch ? branch_here(c, spec->branch) : NULL;
	int rc = config_write(c, spec, reterr);
	if (!rc)
		rc = checkout(c, &commit, reterr);
	return rc ? rc : head_set(c, &commit, reterr);
}

static int clone_run(struct cloning *c, const struct clone_spec *spec, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *from = NULL;
	struct stat st;
	int rc;

	if (!stat(spec->url_or_path, &st)) {
		rc = repo_open(spec->url_or_path, &from, reterr);
		if (!rc)
			rc = clone_local(c, from, reterr);
	} else if (strstr(spec->url_or_path, "://")) {
		rc = clone_remote(c, spec, reterr);
	} else {
		rc = err_set(reterr, ERR_NOT_FOUND, "%s is not there", spec->url_or_path);
	}
	return rc ? rc : clone_finish(c, spec, reterr);
}

static int into_check(const char *into, bool *ret_was_there, struct err *reterr)
{
	struct stat st;

	*ret_was_there = !lstat(into, &st);
	if (!*ret_was_there || (S_ISDIR(st.st_mode) && !rmdir(into)))
		return 0; /* rmdir succeeds on an empty folder only: made anew, it is as good */
	return err_set(reterr, ERR_CONFLICT, "%s exists already and is not an empty folder", into);
}

int repo_clone(const struct clone_spec *spec, const atomic_bool *stop,
               void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total), void *ctx, struct err *reterr)
{
	struct cloning c = { .stop = stop, .into = spec->into, .progress = progress, .ctx = ctx };
	bool was_there;

	if (stopped(stop))
		return git_cancelled(reterr);
	int rc = git_room_start(reterr);
	if (!rc)
		rc = into_check(spec->into, &was_there, reterr);
	if (rc)
		return rc;
	rc = clone_run(&c, spec, reterr);
	git_odb_free(c.odb);
	git_repository_free(c.git);
	free(c.branch);
	if (rc) {
		path_remove_tree(spec->into, NULL);
		if (was_there)
			mkdir(spec->into, 0700);
	}
	return rc;
}
