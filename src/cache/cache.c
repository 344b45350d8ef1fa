/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/log.h"
#include "berth/path.h"
#include "cache/cache_impl.h"

enum { MAX_BYTES = 64 << 20, MAX_LOG_BYTES = 256 << 20, QUIET_MS = 500 };

void cache_op_free(void *op)
{
	buf_fini(&((struct op *)op)->bytes);
	free(op);
}

struct cache *cache_open(struct loop *loop, const struct cache_config *config)
{
	struct cache *c = xcalloc(1, sizeof *c);
	c->loop = loop;
	c->lock_fd = -1;
	c->dir = config->dir ? xstrdup(config->dir) : path_of(PATH_CACHE, NULL);
	c->path = path_join(c->dir, "cache.db");
	c->max_bytes = config->max_bytes ? config->max_bytes : MAX_BYTES;
	c->max_log_bytes = config->max_log_bytes ? config->max_log_bytes : MAX_LOG_BYTES;
	c->quiet_ms = config->quiet_ms ? config->quiet_ms : QUIET_MS;
	c->waiting = map_new(cache_op_free);
	c->got = c->memo = BUF_INIT;
	file_begin(c);
	return c;
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	loop_timer_stop(c->timer);
	logs_end(c);
	write_end(c);
	file_end(c);
	map_free(c->waiting);
	buf_fini(&c->got);
	buf_fini(&c->memo);
	free(c->dir);
	free(c->path);
	free(c);
}

void cache_flush(struct cache *c)
{
	if (c && c->db && map_len(c->waiting))
		write_begin(c);
}

bool cache_busy(const struct cache *c)
{
	return c && (map_len(c->waiting) || c->batch || c->logs);
}

/* ---- trouble ---- */
void cache_say(struct cache *c, const struct err *err)
{
	log_debug("cache", "%s", err->text);
	if (c->on_trouble)
		c->on_trouble(c->trouble_ctx, err);
	else
		c->trouble = *err;
}

void cache_on_trouble(struct cache *c, void (*fn)(void *ctx, const struct err *err), void *ctx)
{
	if (!c)
		return;
	c->on_trouble = fn;
	c->trouble_ctx = ctx;
	if (fn && c->trouble.code)
		fn(ctx, &c->trouble);
	if (fn)
		c->trouble = (struct err){ 0 };
}
