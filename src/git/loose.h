/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_LOOSE_H
#define BERTH_GIT_LOOSE_H
/*
 * Loose objects (objects/xx/<38 hex>: zlib's deflate of "type size\0" and the contents), read here instead of by libgit2:
 * up to 1.5 that one never returns from an object that was cut off (a full disk, a crash), and it can't stream a big one
 * without that danger either. The backend made of it is asked after the packs and before libgit2's own.
 */
#include "git/git_priv.h"

enum { PRIORITY_LIBGIT2_LOOSE = 1, PRIORITY_LOOSE = 2, PRIORITY_PACKED = 3 }; /* the first and the last are set in room.c */

/* Adds the backend. stop (may be NULL): once true, every read that comes here fails; with `first` all of them come here, also
 * those that packs would answer. */
int loose_backend_add(git_odb *odb, const char *commondir, const atomic_bool *stop, bool first, struct err *reterr);

struct loose;
/* GIT_ENOTFOUND when there is no such file; other negative values: damaged, with libgit2's last error set. */
int loose_open(const strings *stores, const git_oid *id, struct loose **ret);
void loose_close(struct loose *l);
DEFINE_AUTO(loose_close, struct loose)
git_object_t loose_type(const struct loose *l);
uint64_t loose_size(const struct loose *l);
/* Fills `to` with the next n bytes, fewer only at the end. -1: damaged. */
ssize_t loose_read(struct loose *l, void *to, size_t n);

/* Object folders: the repository's own and those it borrows from (objects/info/alternates), which may borrow in turn. */
void stores_of(const char *commondir, strings *out);
#endif
