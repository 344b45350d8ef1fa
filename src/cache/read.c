/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys, and what is known by one: put in this run, or in the file. */
#include "berth/log.h"
#include "berth/path.h"
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
	if (!o)
		return false;
	buf_clear(&c->got);
	buf_add_sv(&c->got, buf_sv(&o->bytes));
	*ret_at_s = o->at_s;
	return true;
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

bool cache_get(struct cache *c, struct sv key, int64_t *ret_at_s)
{
	if (!c)
		return false;
	if (get_waiting(c, key, ret_at_s))
		return true;
	if (!c->db || c->broken)
		return false;
	sqlite3_bind_blob64(c->get, 1, key.p, key.len, SQLITE_STATIC);
	int rc = sqlite3_step(c->get);
	if (rc == SQLITE_ROW)
		row_got(c, key, ret_at_s);
	sqlite3_reset(c->get);
	sqlite3_clear_bindings(c->get);
	if (file_is_damage(rc)) {
		c->broken = true;
		if (!c->batch)
			file_set_aside(c);
	} else if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		log_debug("cache", "reading: %s", sqlite3_errstr(rc));
	}
	return rc == SQLITE_ROW;
}
