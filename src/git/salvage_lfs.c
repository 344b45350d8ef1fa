/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of Git LFS in a workspace. One whose bytes are what its pointer says is not changed. One that is new or changed is kept as git-lfs
 * would commit it: as a pointer, and its bytes as an object beside. And the objects of commits that are kept are in the workspace's own
 * store, put there by git-lfs, which nobody else may have.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/path.h"
#include "berth/sha256.h"
#include "git/salvage.h"

DEFINE_AUTO(git_diff_free, git_diff)

#define STORE "lfs/objects/"

static void fd_close(int *fd) { if (*fd >= 0) close(*fd); }

/* ---- a workspace's own store --------------------------------------------------------------------------------------------------- */
void salvage_take_lfs(struct salvage *s, const char *there)
{
	s->takes_lfs = true;
	str_replace(&s->lfs_there, there);
}

static bool all_hex(const char *p, size_t n) { return strspn(p, "0123456789abcdef") >= n; }

/* below: of .git, "lfs/objects/ab/cd/abcd…". What the other store has is not written a second time. */
bool salvage_lfs_object_wanted(const struct salvage *s, const char *below, uint64_t size)
{
	struct lfs_object o = { .size = size };

	if (!s->takes_lfs || !sv_starts(sv_of(below), SV(STORE)))
		return false;
	const char *p = below + strlen(STORE);
	if (strlen(p) != 6 + LFS_OID_HEX || p[2] != '/' || p[5] != '/' || !all_hex(p + 6, LFS_OID_HEX) || strncmp(p, p + 6, 2) || strncmp(p + 3, p + 8, 2))
		return false;
	memcpy(o.oid, p + 6, sizeof o.oid);
	return !s->lfs_there || !lfs_has(s->lfs_there, &o);
}

/* ---- pointers -------------------------------------------------------------------------------------------------------------------- */
static bool pointer_of(struct salvage *s, const git_oid *blob, char ret_oid[LFS_OID_HEX + 1], uint64_t *ret_size)
{
	AUTO(git_odb_object_free_p) git_odb_object *object = NULL;
	size_t size;
	git_object_t type;

	if (git_odb_read_header(&size, &type, s->repo->odb, blob) || type != GIT_OBJECT_BLOB || size > LFS_POINTER_MAX || git_odb_read(&object, s->repo->odb, blob))
		return false;
	return lfs_pointer_parse((struct sv){ git_odb_object_data(object), git_odb_object_size(object) }, ret_oid, ret_size);
}

static bool add_to_sum(void *sum, struct sv bytes)
{
	sha256_add(sum, bytes.p, bytes.len);
	return true;
}

static int sum_of(struct salvage *s, const git_oid *blob, char ret_hex[LFS_OID_HEX + 1], uint64_t *ret_size, struct err *reterr)
{
	struct sha256_ctx sum;
	struct oid id;

	sha256_init(&sum);
	oid_from_git(&id, blob);
	int rc = repo_blob(s->repo, &id, ret_size, add_to_sum, &sum, reterr);
	sha256_hex(&sum, ret_hex);
	return rc;
}

bool salvage_is_lfs_file(struct salvage *s, const git_oid *known, const git_oid *now)
{
	char oid[LFS_OID_HEX + 1], hex[LFS_OID_HEX + 1];
	uint64_t size, has;
	size_t length;
	git_object_t type;

	if (git_oid_equal(known, now) || !pointer_of(s, known, oid, &size) || git_odb_read_header(&length, &type, s->repo->odb, now) || length != size)
		return false;
	return !sum_of(s, now, hex, &has, NULL) && !strcmp(hex, oid);
}

/* Small files too: what goes to LFS is the attributes' to say. An empty file stays one, as git-lfs has it. */
int salvage_to_lfs(struct salvage *s, const struct salvage_item *i, git_oid *ret, struct err *reterr)
{
	struct salvage_made made = { .blob = i->id };
	char oid[LFS_OID_HEX + 1];
	uint64_t size;
	size_t length;
	git_object_t type;

	if (i->mode == GIT_FILEMODE_LINK || !lfs_is_given(s->repo, i->path) || git_odb_read_header(&length, &type, s->repo->odb, &i->id) || !length ||
	    pointer_of(s, &i->id, oid, &size))
		return 0;
	int rc = sum_of(s, &i->id, made.oid, &made.size, reterr);
	if (rc)
		return rc;
	AUTO_STR text = lfs_pointer_text(made.oid, made.size);
	rc = git_odb_write(ret, s->repo->odb, text, strlen(text), GIT_OBJECT_BLOB);
	if (rc)
		return git_fail(reterr, rc, "the pointer for %s can't be stored", i->path);
	VEC_PUSH(&s->made, made);
	return 0;
}

/* ---- the objects that go with what is kept ---------------------------------------------------------------------------------------- */
struct collecting { struct salvage *s; lfs_objects *ret; struct map *by_oid; };

static void collect_delta(struct collecting *c, const git_diff_delta *d)
{
	char oid[LFS_OID_HEX + 1];
	uint64_t size;

	if (d->status == GIT_DELTA_DELETED || (d->new_file.mode != GIT_FILEMODE_BLOB && d->new_file.mode != GIT_FILEMODE_BLOB_EXECUTABLE))
		return;
	if (lfs_is_given(c->s->repo, d->new_file.path) && pointer_of(c->s, &d->new_file.id, oid, &size))
		lfs_objects_add(c->ret, c->by_oid, d->new_file.path, oid, size);
}

static int collect_commit(struct collecting *c, const git_oid *id, struct err *reterr)
{
	AUTO(git_commit_free_p) git_commit *commit = NULL;
	AUTO(git_commit_free_p) git_commit *parent = NULL;
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	AUTO(git_tree_free_p) git_tree *before = NULL;
	AUTO(git_diff_free_p) git_diff *diff = NULL;
	int rc = git_commit_lookup(&commit, c->s->repo->git, id);

	if (!rc)
		rc = git_commit_tree(&tree, commit);
	if (!rc && git_commit_parentcount(commit) && !git_commit_parent(&parent, commit, 0)) /* a shallow clone may lack it: then all of the tree */
		rc = git_commit_tree(&before, parent);
	if (!rc)
		rc = git_diff_tree_to_tree(&diff, c->s->repo->git, before, tree, NULL);
	for (size_t i = 0; !rc && i < git_diff_num_deltas(diff); i++)
		collect_delta(c, git_diff_get_delta(diff, i));
	return rc ? git_fail(reterr, rc, "which files of Git LFS go with the saved work can't be told") : 0;
}

static int collect(struct collecting *c, const struct salvage_tips *t, const atomic_bool *stop, struct err *reterr)
{
	AUTO(git_revwalk_free_p) git_revwalk *walk = NULL;
	git_oid id;
	int rc = git_revwalk_new(&walk, c->s->repo->git);

	for (size_t i = 0; !rc && i < t->saved->len; i++)
		rc = git_revwalk_push(walk, oid_to_git(&t->saved->items[i].tip, &id));
	for (size_t i = 0; !rc && i < t->n_known; i++)
		rc = git_revwalk_hide(walk, &t->known[i]);
	if (rc)
		return git_fail(reterr, rc, "the commits of the saved work can't be walked");
	while (rc == 0 && !git_revwalk_next(&id, walk))
		rc = stopped(stop) ? git_cancelled(reterr) : collect_commit(c, &id, reterr);
	return rc;
}

/* ---- an object as a file ------------------------------------------------------------------------------------------------------------ */
struct pouring { int fd; int why; };

static bool pour(void *pouring, struct sv bytes)
{
	struct pouring *p = pouring;
	if (file_write_all(p->fd, bytes) < 0)
		p->why = errno;
	return !p->why;
}

static int object_write(struct salvage *s, const struct salvage_made *made, const char *path, struct err *reterr)
{
	AUTO_STR part = xasprintf("%s.part", path); /* ours alone: the folder is this salvage's */
	AUTO(fd_close) int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct pouring p = { .fd = fd };
	struct oid id;

	if (fd < 0)
		return err_set_errno(reterr, errno, "writing %s", part);
	oid_from_git(&id, &made->blob);
	int rc = repo_blob(s->repo, &id, NULL, pour, &p, reterr);
	if (!rc && p.why)
		rc = err_set_errno(reterr, p.why, "writing %s", part);
	if (!rc && rename(part, path))
		rc = err_set_errno(reterr, errno, "writing %s", path);
	return rc;
}

/* What git-lfs put there is what its name says, or it is left out. */
static bool is_whole(const char *path, const char *oid)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_STR piece = xmalloc(1 << 16);
	struct sha256_ctx sum;
	char hex[LFS_OID_HEX + 1];
	ssize_t n = -1;

	sha256_init(&sum);
	while (fd >= 0 && (n = read(fd, piece, 1 << 16)) > 0)
		sha256_add(&sum, piece, (size_t)n);
	sha256_hex(&sum, hex);
	return n == 0 && !strcmp(hex, oid);
}

static int object_make(struct salvage *s, const char *store, const struct lfs_object *o, struct err *reterr)
{
	AUTO_STR path = lfs_object_path(store, o->oid);
	AUTO_STR folder = xstrndup(path, strlen(path) - LFS_OID_HEX - 1);

	for (size_t i = 0; i < s->made.len; i++)
		if (!strcmp(s->made.items[i].oid, o->oid))
			return path_make_dirs(folder, reterr) < 0 ? -1 : object_write(s, &s->made.items[i], path, reterr);
	if (lfs_has(store, o) && !is_whole(path, o->oid))
		unlink(path);
	return 0;
}

int salvage_lfs_collect(struct salvage *s, const struct salvage_tips *t, const atomic_bool *stop, struct salvage_result *ret, struct err *reterr)
{
	AUTO(map_free_p) struct map *by_oid = map_new(NULL);
	struct collecting c = { s, &ret->lfs, by_oid };

	if (!s->takes_lfs || !t->saved->len)
		return 0;
	ret->lfs_store = path_join(s->gitdir, "lfs/objects");
	int rc = collect(&c, t, stop, reterr);
	for (size_t i = 0; !rc && i < ret->lfs.len; i++)
		rc = stopped(stop) ? git_cancelled(reterr) : object_make(s, ret->lfs_store, &ret->lfs.items[i], reterr);
	return rc;
}
