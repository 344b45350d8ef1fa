/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SESSION_LFS_H
#define BERTH_SESSION_LFS_H
/* Files in Git LFS, fetched from a host into a store. */
#include <strings.h>

#include "berth/lfs.h"
#include "berth/net.h"

/* objects are borrowed and stay until the end; the rest is copied. place: an http one. */
struct lfs_wanted { const struct git_place *place; const lfs_objects *objects; const char *store; };
struct lfs_fetch;
/* end comes once, from the loop; then lfs_fetch_free(), which may be called at any time and then no end comes. */
struct lfs_fetch *lfs_fetch_start(struct loop *loop, const struct lfs_wanted *q, lfs_progress_fn progress, void (*end)(void *ctx, const struct err *err), void *ctx);
void lfs_fetch_free(struct lfs_fetch *f);

/* ---- a batch's answer: pure, fuzzed ---- */
struct json_t;
struct lfs_answer { struct json_t *json; };
int lfs_answer_read(struct sv body, struct lfs_answer *ret, struct err *reterr);
void lfs_answer_fini(struct lfs_answer *a);
struct lfs_source { const char *href; struct net_header headers[16]; size_t n_headers; }; /* borrowed from the answer */
int lfs_answer_find(const struct lfs_answer *a, const struct lfs_object *o, struct lfs_source *ret, struct err *reterr);
#endif
