/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which objects a place lacks; and those that a repository on this machine lacks, brought there: in one pack, but for the contents of big
 * files, which libgit2 would hold in memory whole. Those are copied as they lie in our store, as files of their own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "berth/path.h"
#include "git/place.h"

#define PACK_PART "pack_git2_" /* libgit2's name for a pack that is not whole yet */
enum { PACK_LEFT_S = 3600, BIG_BYTES = 32 << 20, PIECE = 1 << 20 };

static void fd_close(int *fd) { if (*fd >= 0) close(*fd); }

/* ---- big files ------------------------------------------------------------------------------------------------------------------ */
static char *loose_path(struct repo *r, const git_oid *id, const char *name)
{
	char hex[OID_HEX + 1];
	git_oid_tostr(hex, sizeof hex, id);
	return name ? xasprintf("%s/objects/%.2s/%s", repo_commondir(r), hex, name) : xasprintf("%s/objects/%.2s/%s", repo_commondir(r), hex, hex + 2);
}

static int copy_bytes(struct place_sending *s, int in, int out)
{
	AUTO_STR piece = xmalloc(PIECE);
	ssize_t n;

	while ((n = read(in, piece, PIECE)) > 0) {
		if (stopped(s->stop))
			return git_cancelled(s->reterr);
		if (file_write_all(out, (struct sv){ piece, (size_t)n }) < 0)
			return err_set_errno(s->reterr, errno, "writing to %s", repo_commondir(s->into));
	}
	return n < 0 ? err_set_errno(s->reterr, errno, "reading saved work") : 0;
}

/* git's own name for what is half there: it clears those away. */
static int copy_loose(struct place_sending *s, const git_oid *id)
{
	AUTO_STR from = loose_path(s->q->from, id, NULL);
	AUTO_STR to = loose_path(s->into, id, NULL);
	AUTO_STR part = loose_path(s->into, id, "tmp_obj_XXXXXX");
	AUTO_STR folder = xstrndup(to, (size_t)(strrchr(to, '/') - to));
	AUTO(fd_close) int in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(fd_close) int out = -1;

	if (git_odb_exists(s->into->odb, id))
		return 0;
	if (in < 0)
		return err_set_errno(s->reterr, errno, "reading %s", from);
	if (mkdir(folder, 0777) && errno != EEXIST)
		return err_set_errno(s->reterr, errno, "making %s", folder);
	out = mkostemp(part, O_CLOEXEC);
	if (out < 0)
		return err_set_errno(s->reterr, errno, "writing %s", part);
	int rc = copy_bytes(s, in, out);
	if (!rc && (fchmod(out, 0444) || fdatasync(out) || rename(part, to)))
		rc = err_set_errno(s->reterr, errno, "writing %s", to);
	if (rc)
		unlink(part);
	return rc;
}

static int send_blob(struct place_sending *s, const git_oid *id, const char *name)
{
	AUTO_STR from = loose_path(s->q->from, id, NULL);
	git_object_t type;
	size_t size = 0;
	int rc = git_odb_read_header(&size, &type, s->q->from->odb, id);

	if (!rc && size >= s->big_bytes && !access(from, R_OK))
		return s->big(s, id);
	if (!rc)
		rc = git_packbuilder_insert(s->pack, id, name);
	return rc ? git_fail(s->reterr, rc, "what is to be sent is not whole") : 0;
}

/* ---- what a commit has that its first parent has not at the same place ------------------------------------------------------------ */
enum { TREES_DEEP = 500 };

static int send_tree(struct place_sending *s, const git_oid *id, const git_oid *before, unsigned deep);

static int send_entry(struct place_sending *s, const git_tree_entry *e, const git_tree *before, unsigned deep)
{
	const git_tree_entry *was = before ? git_tree_entry_byname(before, git_tree_entry_name(e)) : NULL;
	const git_oid *id = git_tree_entry_id(e);

	if (was && git_oid_equal(git_tree_entry_id(was), id))
		return 0;
	if (git_tree_entry_type(e) == GIT_OBJECT_TREE)
		return send_tree(s, id, was && git_tree_entry_type(was) == GIT_OBJECT_TREE ? git_tree_entry_id(was) : NULL, deep + 1);
	return git_tree_entry_type(e) == GIT_OBJECT_BLOB ? send_blob(s, id, git_tree_entry_name(e)) : 0; /* a submodule's commit is elsewhere */
}

static int send_tree(struct place_sending *s, const git_oid *id, const git_oid *before, unsigned deep)
{
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	AUTO(git_tree_free_p) git_tree *old = NULL;
	int rc = deep > TREES_DEEP ? -1 : git_tree_lookup(&tree, s->q->from->git, id);

	if (!rc && before)
		rc = git_tree_lookup(&old, s->q->from->git, before);
	if (!rc)
		rc = git_packbuilder_insert(s->pack, id, NULL);
	if (rc)
		return git_fail(s->reterr, rc, "what is to be sent is not whole");
	for (size_t i = 0; !rc && i < git_tree_entrycount(tree); i++)
		rc = stopped(s->stop) ? git_cancelled(s->reterr) : send_entry(s, git_tree_entry_byindex(tree, i), old, deep);
	return rc;
}

static int send_commit(struct place_sending *s, const git_oid *id)
{
	AUTO(git_commit_free_p) git_commit *commit = NULL;
	AUTO(git_commit_free_p) git_commit *parent = NULL;
	int rc = git_commit_lookup(&commit, s->q->from->git, id);

	if (!rc)
		rc = git_packbuilder_insert(s->pack, id, NULL);
	if (rc)
		return git_fail(s->reterr, rc, "what is to be sent is not whole");
	if (git_commit_parentcount(commit) && git_commit_parent(&parent, commit, 0))
		parent = NULL; /* a clone that is cut off there: all of the tree */
	return send_tree(s, git_commit_tree_id(commit), parent ? git_commit_tree_id(parent) : NULL, 0);
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------------- */
int place_objects_fill(struct place_sending *s, const git_refs *there)
{
	AUTO(git_revwalk_free_p) git_revwalk *walk = NULL;
	git_oid id;
	int rc = git_revwalk_new(&walk, s->q->from->git);

	for (size_t i = 0; !rc && i < there->len; i++)
		if (git_odb_exists(s->q->from->odb, oid_to_git(&there->items[i].id, &id))) /* what `from` lacks hides nothing */
			rc = git_revwalk_hide(walk, &id);
	for (size_t i = 0; !rc && i < s->q->n; i++)
		if (!oid_is_zero(&s->q->updates[i].id))
			rc = git_revwalk_push(walk, oid_to_git(&s->q->updates[i].id, &id));
	if (rc)
		return git_fail(s->reterr, rc, "what is to be sent is not whole");
	while (!rc && !(rc = git_revwalk_next(&id, walk)))
		if ((rc = send_commit(s, &id)) != 0)
			return rc;
	return rc == GIT_ITEROVER ? 0 : git_fail(s->reterr, rc, "what is to be sent is not whole");
}

static int packed(const git_indexer_progress *stats, void *sending)
{
	const struct place_sending *s = sending;

	if (s->q->progress)
		s->q->progress(s->q->ctx, "objects", stats->received_objects, stats->total_objects);
	return stopped(s->stop) ? GIT_EUSER : 0;
}

/* What somebody of this user left who was killed in the middle of a pack: nobody writes to one for an hour without a byte. */
static void drop_left_packs(const char *dir)
{
	DIR *d = opendir(dir);
	struct stat st;

	for (struct dirent *at; d && (at = readdir(d)) != NULL;)
		if (sv_starts(sv_of(at->d_name), SV(PACK_PART)) && !fstatat(dirfd(d), at->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode) &&
		    st.st_uid == geteuid() && time(NULL) - st.st_mtime > PACK_LEFT_S)
			unlinkat(dirfd(d), at->d_name, 0);
	if (d)
		closedir(d);
}

int place_objects_send(struct repo *into, const struct place_push *q, const git_refs *there, const atomic_bool *stop, struct err *reterr)
{
	AUTO(git_packbuilder_free_p) git_packbuilder *pack = NULL;
	AUTO_STR dir = xasprintf("%s/objects/pack", repo_commondir(into));
	struct place_sending s = { .q = q, .stop = stop, .into = into, .big_bytes = BIG_BYTES, .big = copy_loose, .reterr = reterr };
	int rc = git_packbuilder_new(&pack, q->from->git);

	drop_left_packs(dir);
	if (rc)
		return git_fail(reterr, rc, "a pack can't be made");
	s.pack = pack;
	rc = place_objects_fill(&s, there);
	if (rc || !git_packbuilder_object_count(pack))
		return rc;
	rc = git_packbuilder_write(pack, dir, 0, packed, &s);
	if (stopped(stop))
		return git_cancelled(reterr);
	return rc ? git_fail(reterr, rc, "the objects can't be written to %s", dir) : 0;
}
