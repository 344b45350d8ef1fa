/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/path.h"
#include "git/clone.h"
#include "git/loose.h"

enum { BLOCK = 1 << 20 };
DEFINE_AUTO(closedir, DIR)
static void fd_close(int *fd) { if (*fd >= 0) close(*fd); }

/* ---- one file ----------------------------------------------------------------------------------------------------------- */
/* copy_file_range shares blocks where the file system can; it is refused across some file systems, so plain copying follows. */
static ssize_t copy_block(int from, int to, char *block)
{
	ssize_t n = copy_file_range(from, NULL, to, NULL, BLOCK, 0);

	if (n > 0)
		return n;
	do
		n = read(from, block, BLOCK);
	while (n < 0 && errno == EINTR);
	return n > 0 && file_write_all(to, (struct sv){ block, (size_t)n }) < 0 ? -1 : n;
}

static int copy_file(struct cloning *c, const char *from, const char *to, struct err *reterr)
{
	AUTO(fd_close) int in = open(from, O_RDONLY | O_CLOEXEC);
	AUTO(fd_close) int out = -1;
	AUTO_STR block = NULL;
	ssize_t n;

	if (in < 0)
		return errno == ENOENT ? 0 : err_set_errno(reterr, errno, "%s can't be read", from); /* gone: git has repacked meanwhile */
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (out < 0)
		return errno == EEXIST ? 0 : err_set_errno(reterr, errno, "%s can't be written", to); /* same name, same bytes */
	block = xmalloc(BLOCK);
	while ((n = copy_block(in, out, block)) > 0) {
		c->bytes_done += (uint64_t)n;
		if (stopped(c->stop))
			return git_cancelled(reterr);
		if (c->progress)
			c->progress(c->ctx, "bytes", c->bytes_done, MAX_OF(c->bytes_total, c->bytes_done));
	}
	return n < 0 ? err_set_errno(reterr, errno, "%s can't be copied", from) : 0;
}

/* ---- a store: objects/xx/<38 hex> and objects/pack/ ---------------------------------------------------------------------- */
static bool is_hex(const char *name, size_t len)
{
	return strlen(name) == len && strspn(name, "0123456789abcdef") == len;
}

/* Packs that git is still writing (tmp_pack_*) and its notes (.keep, .bitmap, .rev, .mtimes, the multi-pack index) stay out. */
static bool pack_wanted(const char *name)
{
	return sv_starts(sv_of(name), SV("pack-")) && (sv_ends(sv_of(name), SV(".pack")) || sv_ends(sv_of(name), SV(".idx")));
}

typedef int (*file_fn)(struct cloning *c, const char *from, const char *to, struct err *reterr);

static int folder_each(struct cloning *c, const char *from, const char *to, file_fn fn, struct err *reterr)
{
	AUTO(closedir_p) DIR *dir = opendir(from);
	bool pack = sv_ends(sv_of(from), SV("/pack"));
	int rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : err_set_errno(reterr, errno, "%s can't be read", from);
	if (to && mkdir(to, 0777) && errno != EEXIST)
		return err_set_errno(reterr, errno, "%s can't be made", to);
	for (struct dirent *e; !rc && (e = readdir(dir));) {
		if (!(pack ? pack_wanted(e->d_name) : is_hex(e->d_name, OID_HEX - 2)))
			continue;
		AUTO_STR a = path_join(from, e->d_name);
		AUTO_STR b = to ? path_join(to, e->d_name) : NULL;
		rc = stopped(c->stop) ? git_cancelled(reterr) : fn(c, a, b, reterr);
	}
	return rc;
}

static int store_each(struct cloning *c, const char *from, const char *to, file_fn fn, struct err *reterr)
{
	AUTO(closedir_p) DIR *dir = opendir(from);
	int rc = 0;

	if (!dir)
		return err_set_errno(reterr, errno, "the object store %s can't be read", from);
	/* Loose objects first: one that git packs in the meantime is then found in the pack. */
	for (struct dirent *e; !rc && (e = readdir(dir));) {
		if (!is_hex(e->d_name, 2))
			continue;
		AUTO_STR a = path_join(from, e->d_name);
		AUTO_STR b = to ? path_join(to, e->d_name) : NULL;
		rc = folder_each(c, a, b, fn, reterr);
	}
	AUTO_STR pack_from = path_join(from, "pack");
	AUTO_STR pack_to = to ? path_join(to, "pack") : NULL;
	return rc ? rc : folder_each(c, pack_from, pack_to, fn, reterr);
}

static int measure(struct cloning *c, const char *from, const char *to, struct err *reterr)
{
	struct stat st;

	c->bytes_total += stat(from, &st) ? 0 : (uint64_t)st.st_size;
	return 0;
}

static int shallow_copy(struct cloning *c, struct repo *from, struct err *reterr)
{
	AUTO_STR a = path_join(git_repository_commondir(from->git), "shallow");
	AUTO_STR b = path_join(c->into, ".git/shallow");

	return copy_file(c, a, b, reterr);
}

int clone_copy_objects(struct cloning *c, struct repo *from, struct err *reterr)
{
	AUTO(strings_fini) strings stores = VEC_INIT;
	AUTO_STR to = path_join(c->into, ".git/objects");
	int rc = 0;

	stores_of(git_repository_commondir(from->git), &stores);
	for (size_t i = 0; !rc && i < stores.len; i++)
		rc = store_each(c, stores.items[i], NULL, measure, reterr);
	for (size_t i = 0; !rc && i < stores.len; i++)
		rc = store_each(c, stores.items[i], to, copy_file, reterr);
	return rc ? rc : shallow_copy(c, from, reterr);
}

int clone_reopen(struct cloning *c, struct err *reterr)
{
	git_repository_free(c->git);
	c->git = NULL;
	int rc = git_repository_open_ext(&c->git, c->into, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
	if (!rc)
		rc = git_repository_odb(&c->odb, c->git);
	if (rc)
		return git_fail(reterr, rc, "the clone can't be opened");
	return loose_backend_add(c->odb, git_repository_commondir(c->git), c->stop, true, reterr);
}
