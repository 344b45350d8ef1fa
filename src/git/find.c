/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/path.h"
#include "git/git_priv.h"

/* Folders that tools fill with thousands of others and where nobody keeps a project. Hidden folders are passed over anyway. */
static const char *const crowded[] = { "node_modules", "__pycache__", "site-packages", "dist-packages" };

struct finder {
	const atomic_bool *stop;
	strings *found;
	struct buf unreadable;
	unsigned n_unreadable;
};
DEFINE_AUTO(closedir, DIR)

void strings_fini(strings *s)
{
	for (size_t i = 0; i < s->len; i++)
		free(s->items[i]);
	VEC_FINI(s);
}

static bool there(int dir, const char *name, mode_t type)
{
	struct stat st;

	return !fstatat(dir, name, &st, 0) && (!type || (st.st_mode & S_IFMT) == type);
}

/* .git is a folder, or a file that names one (submodules, linked work trees); a bare repository has its insides in view. */
static bool is_repository(int dir)
{
	if (there(dir, ".git/HEAD", S_IFREG) || there(dir, ".git", S_IFREG))
		return true;
	return there(dir, "HEAD", S_IFREG) && there(dir, "objects", S_IFDIR) && there(dir, "refs", S_IFDIR);
}

/* The usual one, told by one look and without opening it: there may be thousands, and the first frame waits for them. */
static bool is_usual_repository(int parent, const char *name)
{
	char head[NAME_MAX + sizeof "/.git/HEAD"];
	snprintf(head, sizeof head, "%s/.git/HEAD", name);
	return there(parent, head, S_IFREG);
}

static bool skip_name(const char *name)
{
	if (name[0] == '.')
		return true;
	for (size_t i = 0; i < ARRAY_LEN(crowded); i++)
		if (!strcmp(name, crowded[i]))
			return true;
	return false;
}

static void note_unreadable(struct finder *f, const char *path, int errnum)
{
	if (f->n_unreadable++ == 0)
		buf_addf(&f->unreadable, "%s can't be read: %s", path, strerror(errnum));
}

static bool entry_is_dir(int dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return !fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

static void search(struct finder *f, int parent, const char *name, const char *path, unsigned depth)
{
	/* The first folder may be a link that the user has named; those below may not. */
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (parent == AT_FDCWD ? 0 : O_NOFOLLOW));

	if (fd < 0) {
		if (errno != ENOENT && errno != ELOOP && errno != ENOTDIR)
			note_unreadable(f, path, errno);
		return;
	}
	if (is_repository(fd)) {
		VEC_PUSH(f->found, xstrdup(path));
		close(fd);
		return;
	}
	AUTO(closedir_p) DIR *dir = depth ? fdopendir(fd) : NULL;
	if (!dir) {
		close(fd);
		return;
	}
	for (struct dirent *e; !stopped(f->stop) && (e = readdir(dir));) {
		if (skip_name(e->d_name) || !entry_is_dir(fd, e))
			continue;
		AUTO_STR below = path_join(path, e->d_name);
		if (is_usual_repository(fd, e->d_name))
			VEC_PUSH(f->found, xstrdup(below));
		else
			search(f, fd, e->d_name, below, depth - 1);
	}
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int repo_find(const char *dir, unsigned depth, const atomic_bool *stop, strings *ret_paths, char **ret_note, struct err *reterr)
{
	struct finder f = { .stop = stop, .found = ret_paths, .unreadable = BUF_INIT };
	struct stat st;
	size_t before = ret_paths->len;

	if (ret_note)
		*ret_note = NULL;
	if (stat(dir, &st))
		return err_set_errno(reterr, errno, "%s", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(reterr, ERR_NOT_FOUND, "%s is not a folder", dir);
	search(&f, AT_FDCWD, dir, dir, depth);
	if (f.n_unreadable > 1)
		buf_addf(&f.unreadable, " (and %u more folders)", f.n_unreadable - 1);
	if (f.n_unreadable && ret_note)
		*ret_note = buf_take(&f.unreadable);
	buf_fini(&f.unreadable);
	if (ret_paths->len > before)
		qsort(ret_paths->items + before, ret_paths->len - before, sizeof(char *), by_name);
	return stopped(stop) ? git_cancelled(reterr) : 0;
}

int repo_around(const char *dir, char **ret, struct err *reterr)
{
	git_buf found = { 0 };
	AUTO(repo_free_p) struct repo *r = NULL;

	if (git_room_start(reterr) < 0)
		return -ERR_FAILED;
	int rc = git_repository_discover(&found, dir, /* across_fs= */ 0, /* ceiling_dirs= */ NULL);
	if (rc < 0)
		return git_fail(reterr, rc, "%s is in no git repository", dir);
	rc = repo_open(found.ptr, &r, reterr);
	git_buf_dispose(&found);
	if (rc < 0)
		return rc;
	*ret = xstrdup(*repo_workdir(r) ? repo_workdir(r) : repo_gitdir(r));
	return 0;
}
