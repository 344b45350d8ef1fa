/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "git/commit_scan.h"
#include "git/loose.h"

enum { MAX_DEPTH = 256, MAX_PATH = 16 << 10, PIECE = 64 << 10, STREAM_FROM = 1 << 20 };

static int commit_tree(struct repo *r, const struct oid *id, git_tree **ret, struct err *reterr)
{
	AUTO(git_odb_object_free_p) git_odb_object *object = NULL;
	struct commit_scan c;
	char hex[OID_HEX + 1];
	git_oid gid;
	int rc = commit_read(r, id, &object, &c, reterr);

	if (rc < 0)
		return rc;
	oid_hex(id, hex);
	rc = git_tree_lookup(ret, r->git, oid_to_git(&c.tree, &gid));
	if (!rc)
		return 0;
	git_fail(reterr, rc, "the tree of commit %s can't be read", hex);
	err_hint(reterr, "`git -C %s fsck` shows what is lost", r->gitdir);
	return reterr ? -(int)reterr->code : -ERR_DECODE;
}

/* Names that git refuses to check out; a tree that holds one was made to break out of its folder. */
static bool name_hostile(const char *name)
{
	return !*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") || !strcasecmp(name, ".git");
}

struct tree_walk {
	struct repo *repo;
	bool (*each)(void *ctx, const struct tree_entry *e);
	void *ctx;
	struct buf path;
	bool enough;
	struct err *reterr;
};

static int tree_descend(struct tree_walk *w, git_tree *tree, unsigned depth);

static int tree_folder(struct tree_walk *w, const git_oid *id, unsigned depth)
{
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	int rc = git_tree_lookup(&tree, w->repo->git, id);

	if (rc) {
		rc = git_fail(w->reterr, rc, "folder %s of the commit can't be read", buf_str(&w->path));
		err_hint(w->reterr, "`git -C %s fsck` shows what is lost", w->repo->gitdir);
		return rc;
	}
	buf_add_char(&w->path, '/');
	return tree_descend(w, tree, depth + 1);
}

static int tree_entry_visit(struct tree_walk *w, const git_tree_entry *entry, unsigned depth)
{
	const char *name = git_tree_entry_name(entry);
	size_t base = w->path.len;
	int rc = 0;

	if (name_hostile(name))
		return err_set(w->reterr, ERR_DECODE, "the commit holds a file called \"%s\" in \"%s\", which no git would check out",
		               name, buf_str(&w->path));
	buf_add_str(&w->path, name);
	if (w->path.overflow || depth > MAX_DEPTH)
		return err_set(w->reterr, ERR_TOO_BIG, "the commit's folders are nested deeper than %d", MAX_DEPTH);
	struct tree_entry e = { .path = buf_str(&w->path), .mode = (unsigned)git_tree_entry_filemode(entry) };
	oid_from_git(&e.id, git_tree_entry_id(entry));
	w->enough = !w->each(w->ctx, &e);
	if (!w->enough && e.mode == GIT_FILEMODE_TREE)
		rc = tree_folder(w, git_tree_entry_id(entry), depth);
	buf_cut_to(&w->path, base);
	return rc;
}

static int tree_descend(struct tree_walk *w, git_tree *tree, unsigned depth)
{
	int rc = 0;

	for (size_t i = 0, n = git_tree_entrycount(tree); !rc && !w->enough && i < n; i++)
		rc = tree_entry_visit(w, git_tree_entry_byindex(tree, i), depth);
	return rc;
}

int repo_tree_each(struct repo *r, const struct oid *commit, bool (*each)(void *ctx, const struct tree_entry *e), void *ctx, struct err *reterr)
{
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	struct err err = { 0 };
	struct tree_walk w = { .repo = r, .each = each, .ctx = ctx, .path = BUF_INIT_MAX(MAX_PATH), .reterr = &err };
	int rc = commit_tree(r, commit, &tree, &err);

	if (!rc)
		rc = tree_descend(&w, tree, 0);
	buf_fini(&w.path);
	return rc ? err_copy(reterr, &err) : 0;
}

static int not_there(struct err *reterr, const struct oid *commit, const char *path)
{
	char hex[OID_HEX + 1];

	oid_hex(commit, hex);
	return err_set(reterr, ERR_NOT_FOUND, "commit %.7s has no file %s", hex, path);
}

int repo_file(struct repo *r, const struct oid *commit, const char *path, size_t max_bytes, struct buf *out, struct err *reterr)
{
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	AUTO(git_tree_entry_free_p) git_tree_entry *entry = NULL;
	AUTO(git_odb_object_free_p) git_odb_object *blob = NULL;
	struct err err = { 0 };
	git_object_t type;
	size_t size = 0;

	if (commit_tree(r, commit, &tree, &err))
		return err_copy(reterr, &err);
	int rc = git_tree_entry_bypath(&entry, tree, path);
	if (rc == GIT_ENOTFOUND || (!rc && git_tree_entry_type(entry) != GIT_OBJECT_BLOB))
		return not_there(reterr, commit, path);
	if (!rc)
		rc = git_odb_read_header(&size, &type, r->odb, git_tree_entry_id(entry));
	if (!rc && size > max_bytes)
		return err_set(reterr, ERR_TOO_BIG, "%s has %zu bytes, more than the %zu that are read of such a file", path, size, max_bytes);
	if (!rc)
		rc = git_odb_read(&blob, r->odb, git_tree_entry_id(entry));
	if (rc == GIT_ENOTFOUND)
		return err_set(reterr, ERR_DECODE, "the contents of %s are missing from the repository", path);
	if (rc)
		return git_fail(reterr, rc, "%s can't be read", path);
	buf_add(out, git_odb_object_data(blob), git_odb_object_size(blob));
	return buf_check(out, path, reterr);
}

/* A big loose object piece by piece; GIT_ENOTFOUND: it is none. */
static int blob_stream(struct repo *r, const git_oid *id, bool (*piece)(void *ctx, struct sv bytes), void *ctx)
{
	AUTO(strings_fini) strings stores = VEC_INIT;
	AUTO(loose_close_p) struct loose *l = NULL;
	AUTO_STR block = NULL;
	ssize_t n;

	stores_of(git_repository_commondir(r->git), &stores);
	int rc = loose_open(&stores, id, &l);
	if (rc)
		return rc;
	block = xmalloc(PIECE);
	while ((n = loose_read(l, block, PIECE)) > 0)
		if (!piece(ctx, (struct sv){ block, (size_t)n }))
			return 0;
	return (int)n;
}

int repo_blob(struct repo *r, const struct oid *blob, uint64_t *ret_size, bool (*piece)(void *ctx, struct sv bytes), void *ctx, struct err *reterr)
{
	AUTO(git_odb_object_free_p) git_odb_object *object = NULL;
	git_object_t type;
	size_t size = 0;
	git_oid id;
	char hex[OID_HEX + 1];

	oid_hex(blob, hex);
	int rc = git_odb_read_header(&size, &type, r->odb, oid_to_git(blob, &id));
	if (!rc && type != GIT_OBJECT_BLOB)
		return err_set(reterr, ERR_DECODE, "object %s is no file", hex);
	if (ret_size)
		*ret_size = size;
	if (!rc && !piece)
		return 0;
	/* What git has packed can only be read whole. */
	if (!rc && size >= STREAM_FROM) {
		rc = blob_stream(r, &id, piece, ctx);
		if (rc != GIT_ENOTFOUND)
			return rc ? git_fail(reterr, rc, "file contents %s can't be read", hex) : 0;
		rc = 0;
	}
	if (!rc)
		rc = git_odb_read(&object, r->odb, &id);
	if (rc == GIT_ENOTFOUND)
		return err_set(reterr, ERR_DECODE, "file contents %s are missing from the repository", hex);
	if (rc)
		return git_fail(reterr, rc, "file contents %s can't be read", hex);
	const char *data = git_odb_object_data(object);
	for (size_t at = 0; at < size; at += PIECE)
		if (!piece(ctx, (struct sv){ data + at, MIN_OF(size - at, (size_t)PIECE) }))
			break;
	return 0;
}
