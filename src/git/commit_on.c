/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A commit of some files on a branch, made of objects alone: no work tree, no index, and no branch that somebody has checked out. */
#include "git/place.h"

DEFINE_AUTO(git_signature_free, git_signature)

int repo_author(git_repository *git, const char *fallback, git_signature **ret)
{
	if (git_signature_default(ret, git) == 0)
		return 0;
	AUTO_STR mail = xasprintf("%s@localhost", fallback);
	return git_signature_now(ret, fallback, mail);
}

/* The mode that the file has; a link or a submodule of that name is not written over. */
static int mode_of(git_tree *tree, const char *path, git_filemode_t *ret, struct err *reterr)
{
	AUTO(git_tree_entry_free_p) git_tree_entry *entry = NULL;
	*ret = GIT_FILEMODE_BLOB;
	if (git_tree_entry_bypath(&entry, tree, path) < 0)
		return 0;
	*ret = git_tree_entry_filemode(entry);
	if (*ret == GIT_FILEMODE_BLOB || *ret == GIT_FILEMODE_BLOB_EXECUTABLE)
		return 0;
	return err_set(reterr, ERR_CONFLICT, "%s is no plain file in this commit, and is left alone", path);
}

static int new_tree(git_repository *git, git_tree *tree, const struct repo_commit_spec *q, git_oid *ret, struct err *reterr)
{
	git_tree_update *updates = xcalloc(q->n_files ? q->n_files : 1, sizeof *updates);
	int rc = 0, r = 0;
	for (size_t i = 0; rc == 0 && r == 0 && i < q->n_files; i++) {
		updates[i] = (git_tree_update){ .action = GIT_TREE_UPDATE_UPSERT, .path = q->files[i].path };
		r = mode_of(tree, q->files[i].path, &updates[i].filemode, reterr);
		if (r == 0)
			rc = git_blob_create_from_buffer(&updates[i].id, git, q->files[i].bytes.p ? q->files[i].bytes.p : "", q->files[i].bytes.len);
	}
	if (r == 0 && rc == 0)
		rc = git_tree_create_updated(ret, git, tree, q->n_files, updates);
	free(updates);
	return r < 0 ? r : rc < 0 ? git_fail(reterr, rc, "the files can't be written") : 0;
}

/* Before anything is written: may the branch be moved, and is it where the caller saw it? */
static int branch_check(git_repository *git, const struct repo_commit_spec *q, const char *name, const git_oid *parent, struct err *reterr)
{
	git_oid now;
	bool there = git_reference_name_to_id(&now, git, name) == 0;
	if (git_repository_is_bare(git) == 0 && place_checked_out(git, name)) {
		err_set(reterr, ERR_BUSY, "the branch %s is checked out in %s, and is not moved under its owner's feet", q->branch, git_repository_workdir(git) ? git_repository_workdir(git) : "a work tree");
		err_hint(reterr, "Let it go to a branch beside, and merge that one; or check out another branch first.");
		return -ERR_BUSY;
	}
	if (q->new_branch && there)
		return err_set(reterr, ERR_CONFLICT, "there is a branch %s already", q->branch);
	if (!q->new_branch && (!there || git_oid_cmp(&now, parent) != 0))
		return err_set(reterr, ERR_CONFLICT, "%s has been moved by somebody else meanwhile; nothing was changed", q->branch);
	return 0;
}

static int move_branch(git_repository *git, const struct repo_commit_spec *q, const char *name, const git_oid *id, const git_oid *parent, struct err *reterr)
{
	AUTO(git_reference_free_p) git_reference *ref = NULL;
	int rc = q->new_branch ? git_reference_create(&ref, git, name, id, 0, "berth: made") : git_reference_create_matching(&ref, git, name, id, 1, parent, "berth: committed");
	return rc < 0 ? git_fail(reterr, rc, "%s can't be written", q->branch) : 0;
}

int repo_commit_on(struct repo *r, const struct repo_commit_spec *q, struct oid *ret, struct err *reterr)
{
	AUTO(git_commit_free_p) git_commit *parent = NULL;
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	AUTO(git_tree_free_p) git_tree *made = NULL;
	AUTO(git_signature_free_p) git_signature *who = NULL;
	AUTO_STR name = xasprintf("refs/heads/%s", q->branch);
	const git_commit *parents[1];
	git_oid parent_id, tree_id, id;
	int valid = 0;
	oid_to_git(&q->parent, &parent_id);
	if (git_reference_name_is_valid(&valid, name) < 0 || !valid)
		return err_set(reterr, ERR_USAGE, "%s is no name of a branch", q->branch);
	int result = branch_check(r->git, q, name, &parent_id, reterr);
	if (result < 0)
		return result;
	int rc = git_commit_lookup(&parent, r->git, &parent_id);
	if (rc < 0 || (rc = git_commit_tree(&tree, parent)) < 0)
		return git_fail(reterr, rc, "the commit can't be read");
	if ((result = new_tree(r->git, tree, q, &tree_id, reterr)) < 0)
		return result;
	parents[0] = parent;
	if ((rc = git_tree_lookup(&made, r->git, &tree_id)) < 0 || (rc = repo_author(r->git, q->fallback_author, &who)) < 0 ||
	    (rc = git_commit_create(&id, r->git, NULL, who, who, NULL, q->message, made, 1, parents)) < 0)
		return git_fail(reterr, rc, "the commit can't be made");
	if ((result = move_branch(r->git, q, name, &id, &parent_id, reterr)) < 0)
		return result;
	oid_from_git(ret, &id);
	return 0;
}
