/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys, and what is known by one: put in this run, or in the file. */
#include "berth/log.h"
#include "berth/path.h"
#include "berth/vec.h"
#include "cache/cache_impl.h"

void key_make(struct buf *b, enum kind kind, const char *forge, const char *project, struct sv name)
{
	buf_clear(b);
	buf_add_char(b, (char)kind);
	buf_add_str(b, forge);
	buf_add_char(b, '\0'); /* in no forge's name and in no path */
	buf_add_str(b, project);
	buf_add_char(b, '\0');
	buf_add_sv(b, name);
}

static bool get_waiting(struct cache *c, struct sv key, int64_t *ret_at_s)
{
	const struct op *o = cache_waiting(c, key, true);
	if (!o || o->gone)
		return false;
	buf_clear(&c->got);
	buf_add_sv(&c->got, buf_sv(&o->bytes));
	*ret_at_s = o->at_s;
	return true;
}

static bool is_gone(struct cache *c, struct sv key)
{
	const struct op *o = cache_waiting(c, key, true);
	return o && o->gone;
}

static void row_got(struct cache *c, struct sv key, int64_t *ret_at_s)
{
	const struct op *o = cache_waiting(c, key, false);
	const void *p = sqlite3_column_blob(c->get, 2);
	int n = sqlite3_column_bytes(c->get, 2);
	buf_clear(&c->got);
	if (p && n > 0)
		buf_add(&c->got, p, (size_t)n);
	*ret_at_s = o && o->at_s ? o->at_s : sqlite3_column_int64(c->get, 0);
	if (!o && sqlite3_column_int64(c->get, 1) + USED_EVERY_S < clock_wall_s())
		cache_used(c, key, 0);
}

static void read_over(struct cache *c, int rc)
{
	if (file_is_damage(rc)) {
		c->broken = true;
		if (!c->batch)
			file_set_aside(c);
	} else if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		log_debug("cache", "reading: %s", sqlite3_errstr(rc));
	}
}

bool cache_get(struct cache *c, struct sv key, int64_t *ret_at_s)
{
	if (!c)
		return false;
	if (get_waiting(c, key, ret_at_s))
		return true;
	if (!c->db || c->broken || is_gone(c, key))
		return false;
	sqlite3_bind_blob64(c->get, 1, key.p, key.len, SQLITE_STATIC);
	int rc = sqlite3_step(c->get);
	if (rc == SQLITE_ROW)
		row_got(c, key, ret_at_s);
	sqlite3_reset(c->get);
	sqlite3_clear_bindings(c->get);
	read_over(c, rc);
	return rc == SQLITE_ROW;
}

/* ---- many, by how their keys begin ---- */
struct each { struct cache *c; struct sv prefix; void (*row)(void *ctx, struct sv key, int64_t at_s, struct sv bytes); void *ctx; };

static bool begins(struct sv key, struct sv prefix)
{
	return key.len >= prefix.len && memcmp(key.p, prefix.p, prefix.len) == 0;
}

/* What waits to be written is newer, and comes later. */
static void row_each(const struct each *e)
{
	struct sv key = { sqlite3_column_blob(e->c->all, 0), (size_t)sqlite3_column_bytes(e->c->all, 0) };
	struct sv bytes = { sqlite3_column_blob(e->c->all, 2), (size_t)sqlite3_column_bytes(e->c->all, 2) };
	const struct op *o = cache_waiting(e->c, key, true);
	if (o)
		return;
	o = cache_waiting(e->c, key, false);
	e->row(e->ctx, key, o && o->at_s ? o->at_s : sqlite3_column_int64(e->c->all, 1), bytes);
}

static void ops_each(const struct each *e, const struct map *ops)
{
	VEC(struct sv) keys = VEC_INIT; /* first, as `row` may add to them */
	struct sv key;
	void *op;
	for (size_t pos = 0; map_next(ops, &pos, &key, &op);)
		if (begins(key, e->prefix) && ((struct op *)op)->has_bytes && cache_waiting(e->c, key, true) == op)
			VEC_PUSH(&keys, ((struct sv){ memcpy(xmalloc(key.len), key.p, key.len), key.len }));
	for (size_t i = 0; i < keys.len; i++) {
		struct op *o = map_get(ops, keys.items[i]);
		if (o && o->has_bytes)
			e->row(e->ctx, keys.items[i], o->at_s, buf_sv(&o->bytes));
		free((char *)(uintptr_t)keys.items[i].p);
	}
	VEC_FINI(&keys);
}

void cache_each(struct cache *c, struct sv prefix, void (*row)(void *ctx, struct sv key, int64_t at_s, struct sv bytes), void *ctx)
{
	const struct each e = { c, prefix, row, ctx };
	AUTO(buf_fini) struct buf end = BUF_INIT;
	int rc = SQLITE_DONE;
	if (!c)
		return;
	buf_add_sv(&end, prefix);
	end.p[end.len - 1]++; /* the first that begins otherwise: a prefix ends with a zero */
	if (c->db && !c->broken) {
		sqlite3_bind_blob64(c->all, 1, prefix.p, prefix.len, SQLITE_STATIC);
		sqlite3_bind_blob64(c->all, 2, end.p, end.len, SQLITE_STATIC);
		while ((rc = sqlite3_step(c->all)) == SQLITE_ROW)
			row_each(&e);
		sqlite3_reset(c->all);
		sqlite3_clear_bindings(c->all);
	}
	if (c->batch)
		ops_each(&e, c->batch->ops);
	ops_each(&e, c->waiting);
	read_over(c, rc);
}
