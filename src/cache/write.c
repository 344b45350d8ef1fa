/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is put waits for a quiet moment, then a worker writes it in one transaction. A batch runs once, on whichever thread
 * takes it first: at the end of the program that is the loop's own, if no worker was free until then.
 */
#include <poll.h>

#include "berth/fault.h"
#include "berth/log.h"
#include "berth/path.h"
#include "cache/cache_impl.h"

enum {
	LONGEST_MS = 3000,            /* a put waits no longer, however busy it is */
	AGAIN_MS = 5000,              /* somebody else writes */
	BATCH_BYTES = 4 << 20,        /* as much does not wait */
	WAITING_MAX = 24 << 20,       /* more is not kept */
	WRITE_WAIT_MS = 2000,
	LAST_WAIT_MS = 300, LAST_BATCH_MS = 1000, STEP_MS = 2,
};

/* ---- on a worker ---- */
struct writer { sqlite3 *db; sqlite3_stmt *same, *put, *used, *gone; };

static int prepare(struct writer *w)
{
	static const char *const sql[] = {
		"UPDATE thing SET at_s = ?2, used_s = ?3 WHERE key = ?1 AND bytes = ?4",
		"INSERT INTO thing(key, at_s, used_s, bytes) VALUES(?1, ?2, ?3, ?4) ON CONFLICT(key) DO UPDATE SET at_s = ?2, used_s = ?3, bytes = ?4",
		"UPDATE thing SET at_s = CASE WHEN ?2 THEN ?2 ELSE at_s END, used_s = ?3 WHERE key = ?1",
		"DELETE FROM thing WHERE key = ?1",
	};
	sqlite3_stmt **to[] = { &w->same, &w->put, &w->used, &w->gone };
	int rc = SQLITE_OK;
	for (size_t i = 0; i < ARRAY_LEN(sql) && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v2(w->db, sql[i], -1, to[i], NULL);
	return rc;
}

static int run(sqlite3_stmt *s, struct sv key, const struct op *o)
{
	sqlite3_bind_blob64(s, 1, key.p, key.len, SQLITE_STATIC);
	if (!o->gone) {
		sqlite3_bind_int64(s, 2, o->at_s);
		sqlite3_bind_int64(s, 3, o->used_s);
	}
	if (o->has_bytes)
		sqlite3_bind_blob64(s, 4, o->bytes.len ? o->bytes.p : "", o->bytes.len, SQLITE_STATIC);
	int rc = sqlite3_step(s);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Most lists say again what they said: then only the time is written. */
static int write_op(struct writer *w, struct sv key, const struct op *o)
{
	if (fault_point("cache.write"))
		return SQLITE_FULL;
	if (!o->has_bytes)
		return run(o->gone ? w->gone : w->used, key, o);
	int rc = run(w->same, key, o);
	return rc != SQLITE_OK || sqlite3_changes(w->db) ? rc : run(w->put, key, o);
}

static int64_t ask_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t n = 0;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static int64_t bytes_used(sqlite3 *db)
{
	return (ask_number(db, "PRAGMA page_count") - ask_number(db, "PRAGMA freelist_count")) * ask_number(db, "PRAGMA page_size");
}

#define MEMOS "FROM thing WHERE key >= x'4d' AND key < x'4e'" /* KIND_MEMO */

/* What was not used for longest goes, until a fifth of the room is free: so this is not needed at each batch. Answers of servers, which
 * only save asking, go first where they have more than a quarter of the room: a few long lists would drive out all that was seen. */
static int make_room(sqlite3 *db, uint64_t max_bytes)
{
	static const char of_all[] = "DELETE FROM thing WHERE id IN (SELECT id FROM thing ORDER BY used_s, id LIMIT max(1, (SELECT count(*) FROM thing) / 20))";
	static const char of_memos[] = "DELETE FROM thing WHERE id IN (SELECT id " MEMOS " ORDER BY used_s, id LIMIT max(1, (SELECT count(*) " MEMOS ") / 20))";
	int rc = SQLITE_OK;
	int64_t enough = (int64_t)(max_bytes - max_bytes / 5);
	if (bytes_used(db) <= (int64_t)max_bytes)
		return rc;
	while (rc == SQLITE_OK && bytes_used(db) > enough) {
		bool memos = ask_number(db, "SELECT sum(length(bytes)) " MEMOS) > (int64_t)(max_bytes / 4);
		rc = sqlite3_exec(db, memos ? of_memos : of_all, NULL, NULL, NULL);
		if (!sqlite3_changes(db))
			break;
	}
	return rc;
}

static int write_all(struct writer *w, const struct batch *b)
{
	size_t pos = 0;
	struct sv key;
	void *op;
	int rc = sqlite3_exec(w->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = prepare(w);
	while (rc == SQLITE_OK && map_next(b->ops, &pos, &key, &op))
		rc = write_op(w, key, op);
	if (rc == SQLITE_OK)
		rc = make_room(w->db, b->max_bytes);
	return rc == SQLITE_OK ? sqlite3_exec(w->db, "COMMIT", NULL, NULL, NULL) : rc;
}

static void batch_run(struct batch *b, int wait_ms, bool tidy)
{
	struct writer w = { 0 };
	b->rc = file_open_database(b->path, b->rollback_journal, &w.db);
	if (b->rc == SQLITE_OK) {
		sqlite3_busy_timeout(w.db, wait_ms);
		b->rc = write_all(&w, b);
		if (b->rc != SQLITE_OK)
			err_set(&b->err, ERR_SYS, "%s", sqlite3_errmsg(w.db));
		sqlite3_stmt *const all[] = { w.same, w.put, w.used, w.gone };
		for (size_t i = 0; i < ARRAY_LEN(all); i++)
			sqlite3_finalize(all[i]);
		if (b->rc != SQLITE_OK)
			sqlite3_exec(w.db, "ROLLBACK", NULL, NULL, NULL);
		else if (tidy)
			sqlite3_exec(w.db, "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	}
	sqlite3_close(w.db);
}

static bool batch_take(struct batch *b)
{
	int waits = BATCH_WAITS;
	return atomic_compare_exchange_strong(&b->state, &waits, BATCH_RUNS);
}

static void process(struct loop_work *work, void *ctx)
{
	struct batch *b = ctx;
	(void)work;
	if (!batch_take(b))
		return;
	batch_run(b, WRITE_WAIT_MS, true);
	atomic_store(&b->state, BATCH_OVER);
}

/* ---- on the loop ---- */
static void batch_free(struct batch *b)
{
	map_free(b->ops);
	free(b->path);
	free(b);
}

static void timer_at(struct cache *c, uint64_t ms);

/* What came meanwhile is newer. */
static void put_back(struct cache *c, struct batch *b)
{
	struct map *newer = c->waiting;
	size_t pos = 0;
	struct sv key;
	void *op;
	c->waiting = b->ops;
	b->ops = newer;
	while (map_next(newer, &pos, &key, &op)) {
		struct op *now = op, *was = map_get(c->waiting, key);
		if (was && !now->has_bytes && !now->gone) {
			was->used_s = now->used_s;
			was->at_s = now->at_s ? now->at_s : was->at_s;
			continue;
		}
		struct op *copy = xmalloc(sizeof *copy);
		*copy = *now;
		now->bytes = BUF_INIT;
		map_put(c->waiting, key, copy);
	}
	c->waiting_bytes = 0;
	for (pos = 0; map_next(c->waiting, &pos, &key, &op);)
		c->waiting_bytes += ((struct op *)op)->bytes.len;
	c->first_put_ms = loop_now_ms(c->loop);
	timer_at(c, AGAIN_MS);
}

static void give_up(struct cache *c, const struct batch *b)
{
	struct err err = { 0 };
	c->read_only_now = true;
	c->waiting_bytes = 0;
	map_free(c->waiting);
	c->waiting = map_new(cache_op_free);
	err_set(&err, b->rc == SQLITE_FULL ? ERR_NO_SPACE : ERR_SYS, "the cache %s can't be written: %s", c->path, *b->err.text ? b->err.text : sqlite3_errstr(b->rc));
	err_hint(&err, "berth works without it; what is seen now is not there at the next start");
	cache_say(c, &err);
}

static void batch_over(struct cache *c, struct batch *b)
{
	if (b->rc == SQLITE_BUSY || b->rc == SQLITE_LOCKED)
		put_back(c, b);
	else if (file_is_damage(b->rc))
		c->broken = true;
	else if (b->rc != SQLITE_OK)
		give_up(c, b);
	if (c->broken)
		file_set_aside(c);
}

static void done(void *ctx, bool cancelled)
{
	struct batch *b = ctx;
	struct cache *c = b->cache;
	if (c) {
		c->batch = NULL;
		if (!cancelled)
			batch_over(c, b);
		if (map_len(c->waiting) && c->db && !c->read_only_now)
			timer_at(c, b->rc == SQLITE_OK ? c->quiet_ms : AGAIN_MS);
	}
	batch_free(b);
}

static struct batch *batch_new(struct cache *c)
{
	struct batch *b = xcalloc(1, sizeof *b);
	b->cache = c;
	b->ops = c->waiting;
	b->path = xstrdup(c->path);
	b->max_bytes = c->max_bytes;
	b->rollback_journal = c->rollback_journal;
	atomic_init(&b->state, BATCH_WAITS);
	c->waiting = map_new(cache_op_free);
	c->waiting_bytes = 0;
	return b;
}

void write_begin(struct cache *c)
{
	if (c->batch || !c->db || c->read_only_now || !map_len(c->waiting))
		return;
	c->batch = batch_new(c);
	loop_work_submit(c->loop, process, done, c->batch);
}

static void quiet(void *cache)
{
	write_begin(cache);
}

static void timer_at(struct cache *c, uint64_t ms)
{
	if (c->timer)
		loop_timer_again(c->timer, ms);
	else
		c->timer = loop_timer_start(c->loop, ms, 0, quiet, c);
}

const struct op *cache_waiting(const struct cache *c, struct sv key, bool bytes)
{
	const struct op *o = map_get(c->waiting, key);
	if ((!o || (bytes && !o->has_bytes && !o->gone)) && c->batch)
		o = map_get(c->batch->ops, key);
	return o && (o->has_bytes || o->gone || !bytes) ? o : NULL;
}

static struct op *op_for(struct cache *c, struct sv key)
{
	struct op *o = map_get(c->waiting, key);
	if (o)
		return o;
	if (!map_len(c->waiting))
		c->first_put_ms = loop_now_ms(c->loop);
	o = xcalloc(1, sizeof *o);
	map_put(c->waiting, key, o);
	return o;
}

static void put_op(struct cache *c)
{
	uint64_t now = loop_now_ms(c->loop), last = c->first_put_ms + LONGEST_MS;
	if (c->waiting_bytes >= BATCH_BYTES)
		write_begin(c);
	if (!c->batch && map_len(c->waiting))
		timer_at(c, now >= last ? 1 : MIN_OF(last - now, (uint64_t)c->quiet_ms));
}

void cache_put(struct cache *c, struct sv key, struct buf *bytes, int64_t at_s)
{
	if (c->db && !c->read_only_now && !bytes->overflow && c->waiting_bytes + bytes->len <= WAITING_MAX) {
		struct op *o = op_for(c, key);
		c->waiting_bytes += bytes->len;
		c->waiting_bytes -= MIN_OF(c->waiting_bytes, o->bytes.len);
		buf_fini(&o->bytes);
		*o = (struct op){ .has_bytes = true, .at_s = at_s, .used_s = clock_wall_s(), .bytes = *bytes };
		*bytes = BUF_INIT;
		put_op(c);
	}
	buf_fini(bytes);
}

void cache_gone(struct cache *c, struct sv key)
{
	if (!c->db || c->read_only_now)
		return;
	struct op *o = op_for(c, key);
	c->waiting_bytes -= MIN_OF(c->waiting_bytes, o->bytes.len);
	buf_fini(&o->bytes);
	*o = (struct op){ .gone = true, .bytes = BUF_INIT };
	put_op(c);
}

void cache_used(struct cache *c, struct sv key, int64_t at_s)
{
	if (!c->db || c->read_only_now)
		return;
	struct op *o = op_for(c, key);
	o->used_s = clock_wall_s();
	o->at_s = at_s ? at_s : o->at_s;
	put_op(c);
}

/* ---- the end ---- */
static void await_batch(struct cache *c)
{
	struct batch *b = c->batch;
	if (!b)
		return;
	if (batch_take(b)) { /* no worker was free yet */
		batch_run(b, LAST_WAIT_MS, false);
		atomic_store(&b->state, BATCH_OVER);
	}
	for (int waited = 0; atomic_load(&b->state) != BATCH_OVER && waited < LAST_BATCH_MS; waited += STEP_MS)
		poll(NULL, 0, STEP_MS);
	b->cache = NULL; /* `done` still comes, with the loop's end at the latest */
	c->batch = NULL;
}

void write_end(struct cache *c)
{
	await_batch(c);
	if (!c->db || c->read_only_now || c->broken || !map_len(c->waiting))
		return;
	struct batch *b = batch_new(c);
	batch_run(b, LAST_WAIT_MS, false);
	if (b->rc != SQLITE_OK)
		log_debug("cache", "the last batch: %s", sqlite3_errstr(b->rc));
	batch_free(b);
}
