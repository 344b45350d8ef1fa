/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers kept in memory: few and small enough that a walk finds them; the one asked for longest ago goes first. */
#include "net/api.h"

enum { LRU_ENTRIES_MAX = 256, LRU_BYTES_MAX = 16 << 20, LRU_BODY_MAX = 4 << 20 };

struct entry {
	struct entry *next;             /* asked for before this one */
	char *key, *etag, *content_type, *next_page, *body;
	size_t len;
	int64_t at_s;
};
struct api_lru { struct entry *newest; size_t n, bytes; };

static void entry_free(struct entry *e)
{
	free(e->key);
	free(e->etag);
	free(e->content_type);
	free(e->next_page);
	free(e->body);
	free(e);
}

/* Takes it out of the list. */
static struct entry *pick(struct api_lru *m, const char *key)
{
	for (struct entry **at = &m->newest; *at; at = &(*at)->next) {
		struct entry *e = *at;
		if (strcmp(e->key, key))
			continue;
		*at = e->next;
		return e;
	}
	return NULL;
}

static void put_front(struct api_lru *m, struct entry *e)
{
	e->next = m->newest;
	m->newest = e;
}

static bool lru_get(void *ctx, const char *key, struct net_kept *ret)
{
	struct api_lru *m = ctx;
	struct entry *e = pick(m, key);
	if (!e)
		return false;
	put_front(m, e);
	*ret = (struct net_kept){ e->etag, e->content_type, e->next_page, { e->body, e->len }, e->at_s };
	return true;
}

static void drop_oldest(struct api_lru *m)
{
	struct entry **at = &m->newest;
	while ((*at)->next)
		at = &(*at)->next;
	m->n--;
	m->bytes -= (*at)->len;
	entry_free(*at);
	*at = NULL;
}

static void lru_put(void *ctx, const char *key, const struct net_kept *k)
{
	struct api_lru *m = ctx;
	struct entry *e = pick(m, key);
	if (e) {
		m->n--;
		m->bytes -= e->len;
		entry_free(e);
	}
	if (k->body.len > LRU_BODY_MAX)
		return;
	e = xmalloc(sizeof *e);
	*e = (struct entry){ .key = xstrdup(key), .etag = xstrdup(k->etag), .content_type = xstrdup(k->content_type),
	                     .next_page = xstrdup(k->next), .body = sv_dup(k->body), .len = k->body.len, .at_s = k->at_s };
	put_front(m, e);
	m->n++;
	m->bytes += e->len;
	while (m->n > LRU_ENTRIES_MAX || m->bytes > LRU_BYTES_MAX)
		drop_oldest(m);
}

static void lru_touch(void *ctx, const char *key, int64_t at_s)
{
	struct api_lru *m = ctx;
	struct entry *e = pick(m, key);
	if (!e)
		return;
	put_front(m, e);
	e->at_s = at_s;
}

struct api_lru *api_lru_new(void)
{
	return xcalloc(1, sizeof(struct api_lru));
}

void api_lru_free(struct api_lru *m)
{
	while (m && m->newest) {
		struct entry *e = m->newest;
		m->newest = e->next;
		entry_free(e);
	}
	free(m);
}

struct net_memo api_lru_memo(struct api_lru *m)
{
	return (struct net_memo){ lru_get, lru_put, lru_touch, m };
}
