/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Git LFS without git-lfs: pointers found in a work tree, objects copied and checked, files put in the place of pointers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "berth/lfs.h"
#include "berth/map.h"
#include "berth/path.h"
#include "berth/sha256.h"
#include "git/git_priv.h"

enum { PIECE = 1 << 20, POINTER_LEAST = 100 };
static void fd_close(int *fd) { if (*fd >= 0) close(*fd); }

void lfs_objects_fini(lfs_objects *o)
{
	for (size_t i = 0; i < o->len; i++)
		strings_fini(&o->items[i].paths);
	VEC_FINI(o);
}

/* ---- pointers ------------------------------------------------------------------------------------------------------------------ */
static bool is_version(struct sv line)
{
	return sv_eq(line, SV("version https://git-lfs.github.com/spec/v1")) || sv_eq(line, SV("version https://hawser.github.com/spec/v1"));
}

static bool take_oid(struct sv value, char ret[LFS_OID_HEX + 1])
{
	if (!sv_starts(value, SV("sha256:")) || value.len != 7 + LFS_OID_HEX)
		return false;
	memcpy(ret, value.p + 7, LFS_OID_HEX);
	ret[LFS_OID_HEX] = '\0';
	return strspn(ret, "0123456789abcdef") == LFS_OID_HEX;
}

bool lfs_pointer_parse(struct sv text, char ret_oid[LFS_OID_HEX + 1], uint64_t *ret_size)
{
	struct sv line;
	bool oid = false, size = false;

	if (text.len > LFS_POINTER_MAX || !sv_split(&text, '\n', &line) || !is_version(line))
		return false;
	while (sv_split(&text, '\n', &line)) {
		if (sv_starts(line, SV("ext-")))
			return false;
		if (sv_starts(line, SV("oid ")) && !oid)
			oid = take_oid((struct sv){ line.p + 4, line.len - 4 }, ret_oid);
		else if (sv_starts(line, SV("size ")) && !size)
			size = sv_to_u64((struct sv){ line.p + 5, line.len - 5 }, ret_size) && *ret_size <= INT64_MAX;
		else if (line.len)
			return false;
	}
	return oid && size;
}

char *lfs_pointer_text(const char *oid, uint64_t size)
{
	return xasprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %llu\n", oid, (unsigned long long)size);
}

static bool read_pointer(const char *path, char ret_oid[LFS_OID_HEX + 1], uint64_t *ret_size)
{
	char text[LFS_POINTER_MAX];
	struct stat st;
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < POINTER_LEAST || st.st_size > LFS_POINTER_MAX ? -1 : read(fd, text, sizeof text);

	return n > 0 && lfs_pointer_parse((struct sv){ text, (size_t)n }, ret_oid, ret_size);
}

bool lfs_is_given(struct repo *r, const char *path)
{
	const char *filter = NULL;
	return !git_attr_get(&filter, r->git, GIT_ATTR_CHECK_FILE_THEN_INDEX, path, "filter") && GIT_ATTR_IS_FALSE(filter) == 0 && filter && !strcmp(filter, "lfs");
}

void lfs_objects_add(lfs_objects *ret, struct map *by_oid, const char *path, const char *oid, uint64_t size)
{
	size_t at = (size_t)(uintptr_t)map_get(by_oid, sv_of(oid));
	char *owned = xstrdup(path);

	if (!at) {
		struct lfs_object o = { .size = size };
		memcpy(o.oid, oid, sizeof o.oid);
		VEC_PUSH(ret, o);
		at = ret->len;
		map_put(by_oid, sv_of(oid), (void *)(uintptr_t)at);
	}
	VEC_PUSH(&ret->items[at - 1].paths, owned);
}

int lfs_find(const char *dir, const atomic_bool *stop, lfs_objects *ret, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	AUTO(map_free_p) struct map *by_oid = map_new(NULL);
	git_index *index = NULL;
	int rc = repo_open(dir, &r, reterr);

	if (rc)
		return rc;
	rc = git_repository_index(&index, r->git);
	for (size_t i = 0; !rc && i < git_index_entrycount(index); i++) {
		const git_index_entry *e = git_index_get_byindex(index, i);
		char oid[LFS_OID_HEX + 1];
		uint64_t size;
		if (stopped(stop)) {
			git_index_free(index);
			return git_cancelled(reterr);
		}
		if ((e->mode & 0170000) != 0100000 || git_index_entry_stage(e))
			continue;
		AUTO_STR full = path_join(dir, e->path);
		if (read_pointer(full, oid, &size) && lfs_is_given(r, e->path))
			lfs_objects_add(ret, by_oid, e->path, oid, size);
	}
	git_index_free(index);
	return rc ? git_fail(reterr, rc, "the files of %s can't be listed", dir) : 0;
}

static bool tree_has(struct repo *r, git_tree *tree, const char *path, const char *oid)
{
	AUTO(git_tree_entry_free_p) git_tree_entry *e = NULL;
	AUTO(git_odb_object_free_p) git_odb_object *object = NULL;
	char has[LFS_OID_HEX + 1];
	uint64_t size;
	size_t length;
	git_object_t type;

	if (git_tree_entry_bypath(&e, tree, path) || git_odb_read_header(&length, &type, r->odb, git_tree_entry_id(e)) || length > LFS_POINTER_MAX ||
	    git_odb_read(&object, r->odb, git_tree_entry_id(e)))
		return false;
	return lfs_pointer_parse((struct sv){ git_odb_object_data(object), git_odb_object_size(object) }, has, &size) && !strcmp(has, oid);
}

int lfs_split_unchanged(const char *dir, const char *since, lfs_objects *objects, lfs_objects *ret_rest, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	AUTO(git_commit_free_p) git_commit *c = NULL;
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	struct oid id;
	git_oid oid;
	int rc = repo_open(dir, &r, reterr);

	if (rc || repo_resolve(r, since, &id, NULL) < 0 || git_commit_lookup(&c, r->git, oid_to_git(&id, &oid)) || git_commit_tree(&tree, c))
		return rc;
	for (size_t i = objects->len; i > 0; i--) {
		struct lfs_object o = objects->items[i - 1];
		bool changed = false;
		for (size_t k = 0; k < o.paths.len; k++)
			changed = changed || !tree_has(r, tree, o.paths.items[k], o.oid);
		if (changed)
			continue;
		VEC_PUSH(ret_rest, o);
		VEC_REMOVE(objects, i - 1);
	}
	return 0;
}

/* ---- objects ------------------------------------------------------------------------------------------------------------------- */
char *lfs_object_path(const char *store, const char *oid)
{
	return xasprintf("%s/%.2s/%.2s/%s", store, oid, oid + 2, oid);
}

char *lfs_store_of(const char *dir)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	return repo_open(dir, &r, NULL) ? NULL : path_join(repo_commondir(r), "lfs/objects");
}

bool lfs_has(const char *store, const struct lfs_object *o)
{
	AUTO_STR path = lfs_object_path(store, o->oid);
	struct stat st;
	return !stat(path, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size == o->size;
}

bool disk_free_at(const char *path, uint64_t *ret_bytes)
{
	struct statvfs v;
	if (statvfs(path, &v))
		return false;
	*ret_bytes = (uint64_t)v.f_bavail * v.f_frsize;
	return true;
}

struct copying { const atomic_bool *stop; lfs_progress_fn progress; void *ctx; const char *what; uint64_t now, total; };

/* Bytes of one file to another that is made for it; oid NULL: they were checked before. */
static int copy_bytes(struct copying *c, int in, int out, const char *oid, struct err *reterr)
{
	AUTO_STR piece = xmalloc(PIECE);
	struct sha256_ctx sum;
	char hex[65];
	ssize_t n;

	sha256_init(&sum);
	while ((n = read(in, piece, PIECE)) > 0) {
		if (oid)
			sha256_add(&sum, piece, (size_t)n);
		if (file_write_all(out, (struct sv){ piece, (size_t)n }) < 0)
			return err_set_errno(reterr, errno, "writing a file of Git LFS");
		c->now += (uint64_t)n;
		if (c->progress)
			c->progress(c->ctx, c->what, c->now, MAX_OF(c->total, c->now));
		if (stopped(c->stop))
			return git_cancelled(reterr);
	}
	if (n < 0)
		return err_set_errno(reterr, errno, "reading a file of Git LFS");
	sha256_hex(&sum, hex);
	if (oid && strcmp(hex, oid))
		return err_set(reterr, ERR_DECODE, "the Git LFS object %.12s… is damaged: its bytes are not what its name says", oid);
	return 0;
}

static int copy_file(struct copying *c, const char *from, const char *to, unsigned mode, const char *oid, struct err *reterr)
{
	AUTO(fd_close) int in = open(from, O_RDONLY | O_CLOEXEC);
	AUTO(fd_close) int out = -1;

	if (in < 0)
		return err_set_errno(reterr, errno, "reading %s", from);
	unlink(to); /* never through a link */
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (out < 0)
		return err_set_errno(reterr, errno, "writing %s", to);
	int rc = copy_bytes(c, in, out, oid, reterr);
	if (rc < 0)
		unlink(to);
	return rc;
}

static int lacking(const struct lfs_copy *q, struct err *reterr)
{
	size_t n = 0, first = 0;

	for (size_t i = q->objects->len; i-- > 0;)
		if (!lfs_has(q->to, &q->objects->items[i]) && !lfs_has(q->from, &q->objects->items[i])) {
			n++;
			first = i;
		}
	if (!n)
		return 0;
	const struct lfs_object *o = &q->objects->items[first];
	err_set(reterr, ERR_NOT_FOUND, "%zu of %zu files in Git LFS are not on this machine, the first is %s", n, q->objects->len, o->paths.items[0]);
	err_hint(reterr, "Fetch them in the repository (git lfs fetch), or start with --lfs=no: they stay pointers then.");
	return -ERR_NOT_FOUND;
}

/* Beside the objects, where git-lfs itself has what is half there, and clears it away when it is old. */
static char *part_name(const char *store, const char *oid)
{
	const char *slash = strrchr(store, '/');
	return xasprintf("%.*s/tmp/%s-XXXXXX", (int)(slash ? slash - store : 0), store, oid);
}

static int copy_whole(struct copying *c, const char *from, char *part, const char *to, const char *oid, struct err *reterr)
{
	AUTO(fd_close) int in = open(from, O_RDONLY | O_CLOEXEC);
	AUTO(fd_close) int out = -1;

	if (in < 0)
		return err_set_errno(reterr, errno, "reading %s", from);
	out = mkostemp(part, O_CLOEXEC);
	if (out < 0)
		return err_set_errno(reterr, errno, "writing %s", part);
	int rc = copy_bytes(c, in, out, oid, reterr);
	if (rc == 0 && (fchmod(out, 0444) || fdatasync(out) || rename(part, to)))
		rc = err_set_errno(reterr, errno, "writing %s", to);
	if (rc < 0)
		unlink(part);
	return rc;
}

static int copy_object(struct copying *c, const struct lfs_copy *q, const struct lfs_object *o, struct err *reterr)
{
	AUTO_STR from = lfs_object_path(q->from, o->oid);
	AUTO_STR to = lfs_object_path(q->to, o->oid);
	AUTO_STR folder = xstrndup(to, strlen(to) - LFS_OID_HEX - 1);
	AUTO_STR part = part_name(q->to, o->oid);
	AUTO_STR parts = xstrndup(part, (size_t)(strrchr(part, '/') - part));

	if (lfs_has(q->to, o)) {
		c->now += o->size;
		return 0;
	}
	int rc = path_make_dirs(folder, reterr);
	if (rc == 0)
		rc = path_make_dirs(parts, reterr);
	return rc < 0 ? rc : copy_whole(c, from, part, to, o->oid, reterr);
}

int lfs_copy(const struct lfs_copy *q, const atomic_bool *stop, struct err *reterr)
{
	struct copying c = { .stop = stop, .progress = q->progress, .ctx = q->ctx, .what = "bytes of Git LFS" };
	int rc = lacking(q, reterr);

	for (size_t i = 0; i < q->objects->len; i++)
		c.total += q->objects->items[i].size;
	for (size_t i = 0; rc == 0 && i < q->objects->len; i++)
		rc = copy_object(&c, q, &q->objects->items[i], reterr);
	return rc;
}

/* ---- in the place of pointers -------------------------------------------------------------------------------------------------- */
/* git takes a file whose length is not the index's for a changed one, without asking the filter; a length of 0 has it ask. */
static void index_forget_length(git_index *index, const char *path)
{
	const git_index_entry *e = git_index_get_bypath(index, path, 0);
	if (!e)
		return;
	git_index_entry copy = *e;
	copy.file_size = 0;
	copy.mtime = (git_index_time){ 0 };
	git_index_add(index, &copy);
}

static int index_forget_lengths(const char *dir, const lfs_objects *objects, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	git_index *index = NULL;
	int rc = repo_open(dir, &r, reterr);

	if (rc)
		return rc;
	rc = git_repository_index(&index, r->git);
	for (size_t i = 0; !rc && i < objects->len; i++)
		for (size_t k = 0; k < objects->items[i].paths.len; k++)
			index_forget_length(index, objects->items[i].paths.items[k]);
	if (!rc)
		rc = git_index_write(index);
	git_index_free(index);
	return rc ? git_fail(reterr, rc, "the index of %s can't be written", dir) : 0;
}

static int place_one(struct copying *c, const char *dir, const char *store, const struct lfs_object *o, struct err *reterr)
{
	AUTO_STR from = lfs_object_path(store, o->oid);

	for (size_t i = 0; i < o->paths.len; i++) {
		AUTO_STR to = path_join(dir, o->paths.items[i]);
		char oid[LFS_OID_HEX + 1];
		uint64_t size;
		struct stat st;
		if (!read_pointer(to, oid, &size) || strcmp(oid, o->oid) || lstat(to, &st))
			continue; /* no pointer any more */
		int rc = copy_file(c, from, to, st.st_mode & 0777, NULL, reterr);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int lfs_place(const char *dir, const lfs_objects *objects, const atomic_bool *stop, lfs_progress_fn progress, void *ctx, struct err *reterr)
{
	AUTO_STR store = lfs_store_of(dir);
	struct copying c = { .stop = stop, .progress = progress, .ctx = ctx, .what = "bytes of files in Git LFS" };
	int rc = store ? 0 : err_set(reterr, ERR_NOT_FOUND, "%s is no repository", dir);

	for (size_t i = 0; i < objects->len; i++)
		c.total += objects->items[i].size * objects->items[i].paths.len;
	for (size_t i = 0; rc == 0 && i < objects->len; i++)
		rc = place_one(&c, dir, store, &objects->items[i], reterr);
	return rc == 0 ? index_forget_lengths(dir, objects, reterr) : rc;
}
