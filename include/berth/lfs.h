/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_LFS_H
#define BERTH_LFS_H
/*
 * Files in Git LFS, and submodules: what a clone needs beyond its commits. Everything here blocks and is called on workers; `stop` as in
 * git.h. A pointer is a small text that stands for a file (git-lfs' docs/spec.md); the file's bytes are an object, named by
 * their SHA-256, at .git/lfs/objects/ab/cd/abcd…
 */
#include "berth/git.h"

enum { LFS_OID_HEX = 64, LFS_POINTER_MAX = 1024 };
struct lfs_object { char oid[LFS_OID_HEX + 1]; uint64_t size; strings paths; /* in the work tree */ };
typedef VEC(struct lfs_object) lfs_objects;
void lfs_objects_fini(lfs_objects *o);

/* False: it is none, or one with extensions, which only git-lfs itself can undo. */
bool lfs_pointer_parse(struct sv text, char ret_oid[LFS_OID_HEX + 1], uint64_t *ret_size);
/* The text of one, as git-lfs writes it. Owned. */
char *lfs_pointer_text(const char *oid, uint64_t size);
/* The pointers in the work tree of dir that its attributes give to LFS; each object once. */
int lfs_find(const char *dir, const atomic_bool *stop, lfs_objects *ret, struct err *reterr);
/* Of those that lfs_find() found in dir, the ones that a commit (7 digits or more) has just so go to ret_rest; all stay where it is not known. */
int lfs_split_unchanged(const char *dir, const char *since, lfs_objects *objects, lfs_objects *ret_rest, struct err *reterr);
/* Where an object lies in a store (…/lfs/objects). Owned. */
char *lfs_object_path(const char *store, const char *oid);
char *lfs_store_of(const char *dir);                    /* of a repository; NULL: it is none. Owned */
bool lfs_has(const char *store, const struct lfs_object *o); /* there, in its whole length */
typedef void (*lfs_progress_fn)(void *ctx, const char *what, uint64_t now, uint64_t total);
/* Copies the objects that the other store lacks into it, each checked against its name and there only when it is whole. ERR_NOT_FOUND names how
 * many neither has. */
struct lfs_copy { const char *from, *to; const lfs_objects *objects; lfs_progress_fn progress; void *ctx; };
int lfs_copy(const struct lfs_copy *q, const atomic_bool *stop, struct err *reterr);
/* Puts the objects that the store of dir has in the place of their pointers. */
int lfs_place(const char *dir, const lfs_objects *objects, const atomic_bool *stop, lfs_progress_fn progress, void *ctx, struct err *reterr);

/* Checks out the submodules of a clone at dir, and theirs. place: where the clone is from; its login goes to its own host alone (also for
 * those that name that host by SSH); a relative address is looked for beside it. From this machine's folders only a relative one is
 * taken, or what the project's own repository keeps of it. ret_notes: a sentence for each that could not be had; its folder is empty then. */
int clone_submodules(const char *dir, const struct git_place *place, const atomic_bool *stop, strings *ret_notes, struct err *reterr);
/* Free bytes of the file system that has path; false: not to be known. */
bool disk_free_at(const char *path, uint64_t *ret_bytes);
#endif
