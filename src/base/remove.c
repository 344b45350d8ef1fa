/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rm -rf of a folder that strangers may have filled: every step goes by descriptor, no link is followed, no mount entered. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"

/* Folders held open at once. Deeper ones are moved up to the top and removed from there, so any depth takes this few. */
enum { DEPTH_MAX = 48 };

struct removal {
	int top_fd;
	struct statx top;         /* device and, where the kernel knows it, mount */
	unsigned long n_moved;
	const char *dir;
	struct err *reterr;
};

static void close_dir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int fail(struct removal *r, const char *name)
{
	return err_set_errno(r->reterr, errno, "can't remove %s in %s", name, r->dir);
}

/* chmod by descriptor, for a folder that its owner can't read (a package cache is often 0555 all through). */
static int open_locked_dir(int parent, const char *name)
{
	char proc_path[64];
	int path_fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);

	if (path_fd < 0)
		return -1;
	snprintf(proc_path, sizeof proc_path, "/proc/self/fd/%d", path_fd);
	int fd = chmod(proc_path, 0700) < 0 ? -1 : openat(parent, name, O_RDONLY | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	int errnum = errno;
	close(path_fd);
	errno = errnum;
	return fd;
}

static int open_dir(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == EACCES ? open_locked_dir(parent, name) : -1;
	if (!fstat(fd, &st) && (st.st_mode & 0700) != 0700)
		(void)!fchmod(fd, 0700); /* where this fails, removing says why */
	return fd;
}

/* A bind mount has the device of its source, so the mount is compared as well where the kernel tells it. */
static bool same_mount(const struct removal *r, int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &st) < 0)
		return false;
	if (st.stx_dev_major != r->top.stx_dev_major || st.stx_dev_minor != r->top.stx_dev_minor)
		return false;
	return !(st.stx_mask & r->top.stx_mask & STATX_MNT_ID) || st.stx_mnt_id == r->top.stx_mnt_id;
}

static int remove_children(struct removal *r, int fd, int depth);

/* Too deep to hold another descriptor: becomes a child of the top under a name that nothing else has. */
static int move_up(struct removal *r, int parent, const char *name)
{
	char new_name[64];

	do {
		snprintf(new_name, sizeof new_name, ".berth-removed-%lu", r->n_moved++);
	} while (!faccessat(r->top_fd, new_name, F_OK, AT_SYMLINK_NOFOLLOW));
	if (renameat(parent, name, r->top_fd, new_name) < 0)
		return fail(r, name);
	return 0;
}

static int remove_folder(struct removal *r, int parent, const char *name, int depth)
{
	if (depth >= DEPTH_MAX)
		return move_up(r, parent, name);
	int fd = open_dir(parent, name);
	if (fd < 0)
		return fail(r, name);
	if (!same_mount(r, fd)) {
		close(fd);
		err_set(r->reterr, ERR_BUSY, "can't remove %s in %s: something is mounted there", name, r->dir);
		err_hint(r->reterr, "Unmount it first.");
		return -ERR_BUSY;
	}
	int failed = remove_children(r, fd, depth + 1);
	if (failed)
		return failed;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? fail(r, name) : 0;
}

static int remove_entry(struct removal *r, int parent, const char *name, int depth)
{
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail(r, name);
	if (S_ISDIR(st.st_mode))
		return remove_folder(r, parent, name, depth);
	return unlinkat(parent, name, 0) < 0 && errno != ENOENT ? fail(r, name) : 0;
}

/* Owns fd. Goes over the folder again as long as a pass removed something, as entries may be moved in meanwhile. */
static int remove_children(struct removal *r, int fd, int depth)
{
	AUTO(close_dir_p) DIR *d = fdopendir(fd);
	bool again = true;

	if (!d) {
		close(fd);
		return fail(r, ".");
	}
	while (again) {
		struct dirent *e;
		again = false;
		rewinddir(d);
		while ((e = readdir(d))) {
			if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
				continue;
			int failed = remove_entry(r, dirfd(d), e->d_name, depth);
			if (failed)
				return failed;
			again = depth == 0;
		}
	}
	return 0;
}

static bool is_unremovable(const char *dir)
{
	const char *last = strrchr(dir, '/');

	last = last ? last + 1 : dir;
	return !*last || !strcmp(last, ".") || !strcmp(last, "..");
}

int path_remove_tree(const char *dir, struct err *reterr)
{
	AUTO_STR path = xstrdup(dir);
	struct stat st;

	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0'; /* "link/" would be where the link leads */
	if (is_unremovable(path))
		return err_set(reterr, ERR_USAGE, "refusing to remove \"%s\"", dir);
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_set_errno(reterr, errno, "can't remove %s", path);
	if (!S_ISDIR(st.st_mode))
		return unlink(path) < 0 && errno != ENOENT ? err_set_errno(reterr, errno, "can't remove %s", path) : 0;
	struct removal r = { .dir = path, .reterr = reterr, .top_fd = open_dir(AT_FDCWD, path) };
	if (r.top_fd < 0)
		return err_set_errno(reterr, errno, "can't remove %s", path);
	if (statx(r.top_fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &r.top) < 0) {
		close(r.top_fd);
		return err_set_errno(reterr, errno, "can't remove %s", path);
	}
	int failed = remove_children(&r, r.top_fd, 0);
	if (failed)
		return failed;
	return rmdir(path) < 0 && errno != ENOENT ? err_set_errno(reterr, errno, "can't remove %s", path) : 0;
}
