/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of HTTP servers by host and key: three short strings, each with its length, then the body. */
#include "berth/path.h"
#include "cache/cache_impl.h"
#include "cache/pack.h"
#include "cache/scrub.h"

enum { BODY_MAX = 4 << 20 };

/* A key that would have to be blotted out is not kept: it could not be found again, and names a secret. */
static bool is_clean(const char *key)
{
	AUTO_STR copy = xstrdup(key);
	scrub(copy, strlen(copy));
	return strcmp(copy, key) == 0;
}

static bool is_json(const char *type)
{
	return type && strstr(type, "json");
}

void cache_memo_put(struct cache *c, const char *host, const char *name, const struct cache_memo *m)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	struct buf b = BUF_INIT;
	if (!c || m->body.len > BODY_MAX || !is_clean(name) || !is_clean(host) || (m->next && !is_clean(m->next)))
		return;
	key_make(&key, KIND_MEMO, host, "", sv_of(name));
	pack_add_bytes(&b, sv_of(m->etag ? m->etag : ""));
	pack_add_bytes(&b, sv_of(m->content_type ? m->content_type : ""));
	pack_add_bytes(&b, sv_of(m->next ? m->next : ""));
	size_t head = b.len;
	buf_add_sv(&b, m->body);
	if (b.len > head)
		scrub(b.p + head, b.len - head);
	/* Lists lose a word; a file of which a word was blotted out would be another file. */
	if (!is_json(m->content_type) && m->body.len && memcmp(b.p + head, m->body.p, m->body.len) != 0) {
		buf_fini(&b);
		return;
	}
	cache_put(c, buf_sv(&key), &b, m->at_s);
}

/* Moves the string to where a terminator has room: over its own length, which stands before it. */
static bool next_string(struct sv *rest, char *base, const char **ret)
{
	struct sv s;
	if (!pack_next_bytes(rest, &s))
		return false;
	char *at = base + (s.p - base) - 1;
	if (s.len)
		memmove(at, s.p, s.len);
	at[s.len] = '\0';
	*ret = s.len ? at : NULL;
	return true;
}

bool cache_memo_get(struct cache *c, const char *host, const char *name, struct cache_memo *ret)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	*ret = (struct cache_memo){ 0 };
	key_make(&key, KIND_MEMO, host, "", sv_of(name));
	if (!cache_get(c, buf_sv(&key), &ret->at_s))
		return false;
	struct buf swap = c->memo;
	c->memo = c->got;
	c->got = swap;
	struct sv rest = buf_sv(&c->memo);
	if (!c->memo.len || !next_string(&rest, c->memo.p, &ret->etag) || !next_string(&rest, c->memo.p, &ret->content_type) || !next_string(&rest, c->memo.p, &ret->next))
		return false;
	ret->body = rest;
	return true;
}

void cache_memo_touch(struct cache *c, const char *host, const char *name, int64_t at_s)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	if (!c)
		return;
	key_make(&key, KIND_MEMO, host, "", sv_of(name));
	cache_used(c, buf_sv(&key), at_s);
}
