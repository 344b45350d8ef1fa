/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A new repository with a first commit. It is made beside its place and moved there when it is whole, so a failure leaves nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "berth/path.h"
#include "git/remote.h"

DEFINE_AUTO(git_index_free, git_index)
DEFINE_AUTO(git_signature_free, git_signature)

static int write_file(const char *dir, const struct repo_file *f, struct err *reterr)
{
	AUTO_STR path = path_join(dir, f->path);
	AUTO_STR folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	int r = path_make_dirs(folder, reterr);
	if (r < 0 || (r = file_write_atomic(path, f->bytes, reterr)) < 0)
		return r;
	return chmod(path, f->executable ? 0755 : 0644) < 0 ? err_set_errno(reterr, errno, "%s", path) : 0;
}

static int first_commit(git_repository *git, const struct repo_make_spec *spec, struct err *reterr)
{
	AUTO(git_index_free_p) git_index *index = NULL;
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	AUTO(git_signature_free_p) git_signature *who = NULL;
	git_oid tree_id, id;
	int rc = git_repository_index(&index, git);
	for (size_t i = 0; rc == 0 && i < spec->n_files; i++)
		rc = git_index_add_bypath(index, spec->files[i].path);
	if (rc < 0 || (rc = git_index_write(index)) < 0 || (rc = git_index_write_tree(&tree_id, index)) < 0 || (rc = git_tree_lookup(&tree, git, &tree_id)) < 0 ||
	    (rc = repo_author(git, spec->fallback_author, &who)) < 0 || (rc = git_commit_create(&id, git, "HEAD", who, who, NULL, spec->message, tree, 0, NULL)) < 0)
		return git_fail(reterr, rc, "the first commit can't be made");
	return 0;
}

static int add_origin(git_repository *git, const char *url, struct err *reterr)
{
	AUTO(git_remote_free_p) git_remote *remote = NULL;
	int rc = url ? remote_create(&remote, git, "origin", url) : 0;
	return rc < 0 ? git_fail(reterr, rc, "origin can't be set") : 0;
}

static int fill(const char *dir, const struct repo_make_spec *spec, struct err *reterr)
{
	AUTO(git_repository_free_p) git_repository *git = NULL;
	git_repository_init_options options;
	int r = git_room_start(reterr);
	if (r < 0)
		return r;
	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
	options.initial_head = spec->branch;
	int rc = git_repository_init_ext(&git, dir, &options);
	if (rc < 0)
		return git_fail(reterr, rc, "the repository can't be made");
	for (size_t i = 0; r == 0 && i < spec->n_files; i++)
		r = write_file(dir, &spec->files[i], reterr);
	if (r < 0 || (r = first_commit(git, spec, reterr)) < 0)
		return r;
	return add_origin(git, spec->origin, reterr);
}

int repo_make(const char *dir, const struct repo_make_spec *spec, struct err *reterr)
{
	struct stat st;
	AUTO_STR beside = xasprintf("%s.new-%d", dir, (int)getpid());
	bool was_there = lstat(dir, &st) == 0;
	if (was_there && (!S_ISDIR(st.st_mode) || rmdir(dir) < 0)) { /* succeeds on an empty folder only */
		err_set(reterr, ERR_CONFLICT, "%s is there already, and not an empty folder", dir);
		err_hint(reterr, "Name a folder that is not there yet; nothing was changed.");
		return -ERR_CONFLICT;
	}
	int r = mkdir(beside, 0755) < 0 ? err_set_errno(reterr, errno, "the folder %s can't be made", dir) : 0;
	err_hint(r < 0 ? reterr : NULL, "Name a folder inside of one that is there and that you may write to; nothing was changed.");
	if (r == 0 && (r = fill(beside, spec, reterr)) == 0 && renameat2(AT_FDCWD, beside, AT_FDCWD, dir, RENAME_NOREPLACE) < 0)
		r = err_set_errno(reterr, errno, "%s can't be made", dir);
	if (r < 0) {
		path_remove_tree(beside, NULL);
		if (was_there && mkdir(dir, st.st_mode & 0777) < 0)
			err_hint(reterr, "The empty folder %s is gone, too.", dir);
	}
	return r;
}

/* By its configuration: a remote that is looked up is looked for among all insteadOf, too (remote.h). */
static int origin_lead_to(git_repository *git, git_config *config, const char *url)
{
	git_config_entry *there = NULL;
	int rc = git_config_get_entry(&there, config, "remote.origin.url");
	git_config_entry_free(there);
	return rc == GIT_ENOTFOUND ? add_origin(git, url, NULL) : rc < 0 ? rc : git_config_set_string(config, "remote.origin.url", url);
}

int repo_set_origin(const char *dir, const char *url, const char *branch, struct err *reterr)
{
	AUTO(git_repository_free_p) git_repository *git = NULL;
	AUTO(git_config_free_p) git_config *config = NULL;
	AUTO_STR remote = xasprintf("branch.%s.remote", branch);
	AUTO_STR merge = xasprintf("branch.%s.merge", branch);
	AUTO_STR ref = xasprintf("refs/heads/%s", branch);
	int r = git_room_start(reterr);
	if (r < 0)
		return r;
	int rc = git_repository_open(&git, dir);
	if (rc < 0 || (rc = git_repository_config(&config, git)) < 0 || (rc = origin_lead_to(git, config, url)) < 0 ||
	    (rc = git_config_set_string(config, remote, "origin")) < 0 || (rc = git_config_set_string(config, merge, ref)) < 0)
		return git_fail(reterr, rc, "origin can't be set");
	return 0;
}

/* ---- copies ---- */
static int credentials(git_credential **out, const char *url, const char *user, unsigned allowed, void *login)
{
	(void)user;
	return remote_login_give(out, login, url, allowed);
}

static int clone_as(const struct git_place *from, const char *into, struct err *reterr)
{
	AUTO(git_repository_free_p) git_repository *git = NULL;
	struct remote_login login = { .url = from->url, .user = from->user, .password = from->password };
	git_clone_options options;
	remote_clone_options(&options, from->password);
	options.fetch_opts.callbacks.credentials = credentials;
	options.fetch_opts.callbacks.payload = &login;
	int rc = git_clone(&git, from->url, into, &options);
	return rc < 0 ? remote_failed(rc, &login, "cloned", "read_repository", reterr) : 0;
}

int repo_copy_tip(const struct git_place *from, const char *into, struct err *reterr)
{
	static const char *const schemes[] = { "https://", "http://", "file://" };
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		known |= strncmp(from->url, schemes[i], strlen(schemes[i])) == 0;
	if (!known)
		return err_set(reterr, ERR_NOT_FOUND, "%s is neither a folder nor an https address", from->url);
	int r = git_room_start(reterr);
	if (r < 0 || (r = certificates_lock(NULL, reterr)) < 0)
		return r;
	r = certificates_set(from->ca_file, reterr);
	if (r == 0)
		r = clone_as(from, into, reterr);
	certificates_unlock();
	return r;
}
