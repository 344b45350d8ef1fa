/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SESSION_LFS_H
#define BERTH_SESSION_LFS_H
/* Files in Git LFS: fetched from a host into a store, sent from a store to a host. */
#include <strings.h>

#include "berth/lfs.h"
#include "berth/net.h"

/* objects are borrowed and stay until the end; the rest is copied. place: an http one. */
struct lfs_wanted { const struct git_place *place; const lfs_objects *objects; const char *store; };
struct lfs_fetch;
/* end comes once, from the loop; then lfs_fetch_free(), which may be called at any time and then no end comes. */
struct lfs_fetch *lfs_fetch_start(struct loop *loop, const struct lfs_wanted *q, lfs_progress_fn progress, void (*end)(void *ctx, const struct err *err), void *ctx);
void lfs_fetch_free(struct lfs_fetch *f);

/* The same the other way: what the host lacks is sent, and a good end means that the host has said afterwards that it has all of it. An
 * object that neither the store nor the host has is no error: notes has a sentence for each. notes: borrowed, until the end. */
struct lfs_push;
struct lfs_push *lfs_push_start(struct loop *loop, const struct lfs_wanted *q, strings *notes, lfs_progress_fn progress, void (*end)(void *ctx, const struct err *err), void *ctx);
void lfs_push_free(struct lfs_push *p);

/* ---- what both share (lfs_batch.c) ---- */
#define LFS_JSON "application/vnd.git-lfs+json"
enum { LFS_BATCH = 100, LFS_IDLE_MS = 60000, LFS_CONNECT_MS = 20000 };
struct lfs_batch { const struct git_place *place; const struct secret *login; const char *operation; const struct lfs_object *objects; size_t n; };
struct net_call *lfs_batch_ask(struct net *n, const struct lfs_batch *q, void (*end)(void *ctx, const struct net_response *r, const struct err *err), void *ctx);
struct secret *lfs_login(const struct git_place *p);    /* "user:token", owned; NULL: none */
bool lfs_is_http(const char *url);
size_t lfs_origin_len(const char *url);                 /* "https://host:1/x" -> bytes up to "/x"; 0: it has none */
bool lfs_same_origin(const char *a, const char *b);
bool lfs_has_header(const struct net_header *headers, size_t n, const char *name);

/* ---- a batch's answer: pure, fuzzed ---- */
struct json_t;
struct lfs_answer { struct json_t *json; };
int lfs_answer_read(struct sv body, struct lfs_answer *ret, struct err *reterr);
void lfs_answer_fini(struct lfs_answer *a);
/* What lfs_batch_ask's end was told, in place of the answer before; r is NULL where err is not. */
int lfs_batch_answered(const struct git_place *p, const struct net_response *r, const struct err *err, struct lfs_answer *answer, struct err *reterr);
struct lfs_source { const char *href; struct net_header headers[16]; size_t n_headers; }; /* borrowed from the answer */
int lfs_answer_find(const struct lfs_answer *a, const struct lfs_object *o, struct lfs_source *ret, struct err *reterr);
/* Where to an object is sent, and where that is confirmed then; hrefs NULL: the host has it, or wants nothing confirmed. */
int lfs_answer_upload(const struct lfs_answer *a, const struct lfs_object *o, struct lfs_source *ret, struct lfs_source *ret_verify, struct err *reterr);
#endif
