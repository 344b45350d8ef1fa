/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_CACHE_IMPL_H
#define BERTH_CACHE_IMPL_H
/*
 * What the files of this room share. Each thing is a row: a key (its kind, forge, project, name), when it was said, when it
 * was last used, its bytes. The loop's thread reads through a connection of its own; what is put waits in `waiting`, becomes
 * a batch, and a worker writes that through another connection (write.c).
 */
#include <sqlite3.h>
#include <stdatomic.h>

#include "berth/cache.h"
#include "berth/map.h"
#include "berth/mem.h"

enum kind { KIND_PROJECTS = 'P' /* when a list was read */, KIND_PROJECT = 'p' /* one of it */, KIND_BRANCHES = 'B', KIND_IDS = 'I', KIND_COMMIT = 'C', KIND_IMAGE = 'S', KIND_MEMO = 'M' };
enum { USED_EVERY_S = 3600 /* how exactly it is known when something was last used */ };

/* What is to be written of one key. */
struct op {
	bool has_bytes;               /* else only when it was said or used … */
	bool gone;                    /* … or that it is known no more */
	int64_t at_s, used_s;         /* at_s 0: as it was */
	struct buf bytes;
};

enum batch_state { BATCH_WAITS, BATCH_RUNS, BATCH_OVER };
struct batch {
	struct cache *cache;          /* NULL: gone; loop's thread only */
	struct map *ops;              /* key -> struct op; read by both threads, changed by none */
	char *path;
	uint64_t max_bytes;
	bool rollback_journal;
	atomic_int state;
	int rc;                       /* SQLite's, of its end */
	struct err err;
};

struct cache {
	struct loop *loop;
	char *dir, *path;
	uint64_t max_bytes, max_log_bytes;
	unsigned quiet_ms;
	int lock_fd;                  /* shared while the file is in use */
	bool rollback_journal;        /* on a network's file system a write-ahead log is not safe */
	sqlite3 *db;                  /* NULL: nothing is kept */
	sqlite3_stmt *get, *all;      /* one by its key; those whose keys lie between two */
	bool read_only_now;           /* writing has failed: not tried again in this run */
	struct map *waiting;          /* key -> struct op */
	size_t waiting_bytes;
	uint64_t first_put_ms;
	struct batch *batch;          /* under way */
	bool broken;                  /* found damaged while in use: set aside when no batch is under way */
	struct loop_timer *timer;
	struct buf got, memo;         /* bytes of the last get; of the memo's */
	void (*on_trouble)(void *ctx, const struct err *err);
	void *trouble_ctx;
	struct err trouble;           /* not told yet */
	struct cache_log *logs;       /* not written to the end yet */
};

/* cache.c */
void cache_say(struct cache *c, const struct err *err);
void cache_op_free(void *op);

/* file.c */
enum { FILE_APPLICATION = 0x42657274 /* "Bert" */, FILE_VERSION = 1 };
int file_begin(struct cache *c);                        /* opens c->db, or leaves it NULL and says why */
void file_end(struct cache *c);
int file_open_database(const char *path, bool rollback_journal, sqlite3 **ret);
bool file_is_damage(int rc);
void file_set_aside(struct cache *c);                   /* a damaged one goes, a new one begins */

/* read.c */
void key_make(struct buf *b, enum kind kind, const char *forge, const char *project, struct sv name);
/* True when it is known; the bytes are in c->got. */
bool cache_get(struct cache *c, struct sv key, int64_t *ret_at_s);
/* All whose key begins so. What `row` puts or forgets is not told in the same walk. */
void cache_each(struct cache *c, struct sv prefix, void (*row)(void *ctx, struct sv key, int64_t at_s, struct sv bytes), void *ctx);

/* write.c */
void cache_put(struct cache *c, struct sv key, struct buf *bytes /* taken */, int64_t at_s);
void cache_gone(struct cache *c, struct sv key);
void cache_used(struct cache *c, struct sv key, int64_t at_s /* 0: as it was */);
const struct op *cache_waiting(const struct cache *c, struct sv key, bool bytes); /* bytes: one that has them, or says that it is gone; NULL: none */
void write_begin(struct cache *c);
void write_end(struct cache *c);                        /* the last batch, here and now */

/* logs.c */
void logs_end(struct cache *c);
#endif
