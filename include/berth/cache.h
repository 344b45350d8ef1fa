/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_CACHE_H
#define BERTH_CACHE_H
/*
 * What forges last said, on this machine's disk ($XDG_CACHE_HOME/berth), so that a start paints at once and what was seen can be
 * browsed without a network. It is worth nothing but time: it may go at any moment, it is never asked for what must be true,
 * and no failure of it is a failure of its caller. What can't be kept is forgotten, what can't be read is not known.
 *
 * Reads answer at once, from memory or from a few pages of the file. What is put is gathered and written by a worker after a
 * quiet moment; a get sees what was put before. Several berths share the file. Nothing secret goes in: tokens and
 * credentials in URLs, bodies and logs are blotted out on their way (scrub.c). Files are 0600, folders 0700, sizes bounded,
 * and what was not used for longest goes first.
 *
 * Every function accepts NULL for the cache: then nothing is kept. One loop, one thread.
 */
#include "berth/loop.h"
#include "berth/model.h"

struct cache;
struct cache_config {
	const char *dir;              /* NULL: $XDG_CACHE_HOME/berth */
	uint64_t max_bytes;           /* of what is in the database; 0: 64 MiB */
	uint64_t max_log_bytes;       /* of all logs; 0: 256 MiB */
	unsigned quiet_ms;            /* how long after the last put it is written; 0: 500 */
};
/* Never NULL. A file that is damaged, of something else or of a newer berth is renamed (".aside") and a new one begun; where
 * nothing can be kept (read-only, full, not ours, on use by one who sets it aside) it stays without a file. */
struct cache *cache_open(struct loop *loop, const struct cache_config *c);
void cache_free(struct cache *c);                       /* writes what waits, if that needs no long wait; before loop_free */
void cache_flush(struct cache *c);                      /* begins to write now, for tests and before a suspend */
bool cache_busy(const struct cache *c);                 /* something waits to be written, or is being written */
/* What a person should know of it, each thing once: told at once when it is known already. */
void cache_on_trouble(struct cache *c, void (*fn)(void *ctx, const struct err *err), void *ctx);

/* ---- lists of a forge, by its name and the project's path. Gets give when the forge said so (wall clock), 0: nothing known ---- */
/* All that the forge has ever told of and that is not known to be gone, in no order; each with its own age (kept, seen_at_s). */
int64_t cache_get_projects(struct cache *c, const char *forge, void (*item)(void *ctx, struct project *p), void *ctx); /* may take p's strings (leave it zeroed) */
/* The forge's list has these now (a page of it); the others stay. */
void cache_put_projects(struct cache *c, const char *forge, const struct project *items, size_t n);
void cache_put_project(struct cache *c, const struct project *p); /* likewise, of one: nothing is said of the list */
/* Its list was read to its end, from before_s (wall clock) on, and these are all: others that nobody has seen since are known no more, but for
 * those that were found without the list. */
void cache_drop_other_projects(struct cache *c, const char *forge, const struct project *items, size_t n, int64_t before_s);
/* The forge says that it is gone, or it stands under another path now. */
void cache_forget_project(struct cache *c, const char *forge, const char *path);
/* Each with when the forge said so (seen_at_s). more: the project has others, which were never seen. ret_more may be NULL */
int64_t cache_get_branches(struct cache *c, const struct project *p, void (*item)(void *ctx, struct branch *b), void *ctx, bool *ret_more); /* likewise */
/* seen_at_s 0: of those that the forge has just told of */
void cache_put_branches(struct cache *c, const struct project *p, const struct branch *items, size_t n, bool more);
/* The first rows of a history, CACHE_IDS_MAX at most. */
enum { CACHE_IDS_MAX = 20000 };
struct cache_ids { struct oid *ids; size_t n; bool complete; }; /* ids: free() them */
int64_t cache_get_ids(struct cache *c, const struct project *p, const char *branch, struct cache_ids *ret);
void cache_put_ids(struct cache *c, const struct project *p, const char *branch, const struct cache_ids *ids);

/* ---- things of a project; false: not known. *ret is the caller's to end ---- */
bool cache_get_commit(struct cache *c, const struct project *p, const struct oid *id, struct commit *ret);
void cache_put_commit(struct cache *c, const struct project *p, const struct commit *commit);
/* Its freshness: stale, at when it was good. */
bool cache_get_image(struct cache *c, const struct project *p, const struct oid *commit, struct image *ret);
void cache_put_image(struct cache *c, const struct project *p, const struct image *i);

/* ---- answers of HTTP servers, for asking again by ETag (net_api.h's memo has these fields) ---- */
struct cache_memo {
	const char *etag, *content_type, *next; /* NULL: none */
	struct sv body;               /* over 4 MiB: not kept */
	int64_t at_s;
};
bool cache_memo_get(struct cache *c, const char *host, const char *key, struct cache_memo *ret); /* borrowed until the next call of the memo */
void cache_memo_put(struct cache *c, const char *host, const char *key, const struct cache_memo *m);
void cache_memo_touch(struct cache *c, const char *host, const char *key, int64_t at_s); /* the server said that it is still so */

/* ---- logs of jobs that have ended: files, as they came ---- */
/* Its file, to be opened soon (it may go); owned, NULL: not kept. */
char *cache_log_path(struct cache *c, const struct project *p, const char *job);
/* Written by a worker as it is added; over 64 MiB: not kept. NULL when logs can't be kept: the others accept that. */
struct cache_log *cache_log_begin(struct cache *c, const struct project *p, const char *job);
void cache_log_add(struct cache_log *l, struct sv bytes);
void cache_log_end(struct cache_log *l, bool keep);     /* keep: it is whole. The handle is gone */
#endif
