/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entities of the model as things of the cache. */
#include "berth/path.h"
#include "cache/cache_impl.h"
#include "cache/pack.h"

static struct sv oid_sv(const struct oid *o)
{
	return (struct sv){ (const char *)o->b, sizeof o->b };
}

static const struct sv no_name = { "", 0 };
static const struct sv more_name = { "+", 1 }; /* beside a project's branches: that they are not all */

/* ---- lists ---- */
static void put_list(struct cache *c, struct sv key, const struct pack *p, const void *items, size_t n)
{
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < n; i++)
		pack_add(&b, p, (const char *)items + i * p->size);
	cache_put(c, key, &b, clock_wall_s());
}

/* Each project is a thing of its own: what a page of a list says anew is written, and what it says nothing of stays. */
static void project_key(struct buf *key, const char *forge, const char *path)
{
	key_make(key, KIND_PROJECT, forge, path, no_name);
}

void cache_put_project(struct cache *c, const struct project *p)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	struct buf b = BUF_INIT;
	if (!c)
		return;
	project_key(&key, p->forge, p->path);
	pack_add(&b, &pack_project, p);
	cache_put(c, buf_sv(&key), &b, clock_wall_s());
}

void cache_put_projects(struct cache *c, const char *forge, const struct project *items, size_t n)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	struct buf none = BUF_INIT;
	if (!c)
		return;
	for (size_t i = 0; i < n; i++)
		cache_put_project(c, &items[i]);
	key_make(&key, KIND_PROJECTS, forge, "", no_name);
	cache_put(c, buf_sv(&key), &none, clock_wall_s());
}

/* "p", the forge, a zero: how the keys of its projects begin. */
static void projects_prefix(struct buf *prefix, const char *forge)
{
	project_key(prefix, forge, "");
	prefix->len--; /* the zero behind the path */
}

struct others { struct cache *c; struct map *these; size_t prefix; int64_t before_s; };

static void drop_other(void *others, struct sv key, int64_t at_s, struct sv bytes)
{
	struct others *o = others;
	struct sv path = { key.p + o->prefix, key.len - o->prefix };
	struct project p;
	if (at_s > o->before_s || map_get(o->these, path)) /* else another berth has seen it since */
		return;
	bool found = pack_next(&bytes, &pack_project, &p) && p.found; /* the list need not have it */
	if (!found)
		cache_gone(o->c, key);
	project_fini(&p);
}

void cache_drop_other_projects(struct cache *c, const char *forge, const struct project *items, size_t n, int64_t before_s)
{
	AUTO(buf_fini) struct buf prefix = BUF_INIT;
	AUTO(map_free_p) struct map *these = map_new(NULL);
	if (!c)
		return;
	for (size_t i = 0; i < n; i++)
		map_put(these, (struct sv){ items[i].path, strlen(items[i].path) + 1 }, c); /* with the zero that ends it in a key */
	projects_prefix(&prefix, forge);
	struct others o = { c, these, prefix.len, before_s };
	cache_each(c, buf_sv(&prefix), drop_other, &o);
}

void cache_forget_project(struct cache *c, const char *forge, const char *path)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	if (!c)
		return;
	project_key(&key, forge, path);
	cache_gone(c, buf_sv(&key));
	key_make(&key, KIND_BRANCHES, forge, path, no_name);
	cache_gone(c, buf_sv(&key));
	key_make(&key, KIND_BRANCHES, forge, path, more_name);
	cache_gone(c, buf_sv(&key));
}

struct getting { const char *forge; void (*item)(void *ctx, struct project *p); void *ctx; int64_t newest_s; };

static void give_project(void *getting, struct sv key, int64_t at_s, struct sv bytes)
{
	struct getting *g = getting;
	struct project p;
	(void)key;
	if (!pack_next(&bytes, &pack_project, &p))
		return;
	if (p.forge && p.path && p.name && strcmp(p.forge, g->forge) == 0) {
		p.id = project_id_of(p.forge, p.path);
		p.seen_at_s = at_s;
		p.kept = true;
		g->newest_s = MAX_OF(g->newest_s, at_s);
		g->item(g->ctx, &p);
	}
	project_fini(&p);
}

int64_t cache_get_projects(struct cache *c, const char *forge, void (*item)(void *ctx, struct project *p), void *ctx)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	struct getting g = { forge, item, ctx, 0 };
	int64_t at_s = 0;
	key_make(&key, KIND_PROJECTS, forge, "", no_name);
	cache_get(c, buf_sv(&key), &at_s);
	projects_prefix(&key, forge);
	cache_each(c, buf_sv(&key), give_project, &g);
	return MAX_OF(at_s, g.newest_s);
}

void cache_put_branches(struct cache *c, const struct project *p, const struct branch *items, size_t n, bool more)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	struct buf none = BUF_INIT;
	if (!c)
		return;
	key_make(&key, KIND_BRANCHES, p->forge, p->path, more_name);
	if (more)
		cache_put(c, buf_sv(&key), &none, clock_wall_s());
	else
		cache_gone(c, buf_sv(&key));
	key_make(&key, KIND_BRANCHES, p->forge, p->path, no_name);
	put_list(c, buf_sv(&key), &pack_branch, items, n);
}

int64_t cache_get_branches(struct cache *c, const struct project *p, void (*item)(void *ctx, struct branch *b), void *ctx, bool *ret_more)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	struct branch b;
	int64_t at_s = 0;
	key_make(&key, KIND_BRANCHES, p->forge, p->path, more_name);
	bool more = cache_get(c, buf_sv(&key), &at_s);
	if (ret_more)
		*ret_more = more;
	key_make(&key, KIND_BRANCHES, p->forge, p->path, no_name);
	if (!cache_get(c, buf_sv(&key), &at_s))
		return 0;
	struct sv rest = buf_sv(&c->got);
	while (pack_next(&rest, &pack_branch, &b)) {
		b.seen_at_s = b.seen_at_s ? b.seen_at_s : at_s;
		if (b.name && !oid_is_zero(&b.tip))
			item(ctx, &b);
		branch_fini(&b);
	}
	return at_s;
}

/* ---- histories: whether they are whole, then the ids ---- */
void cache_put_ids(struct cache *c, const struct project *p, const char *branch, const struct cache_ids *ids)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	struct buf b = BUF_INIT;
	size_t n = MIN_OF(ids->n, (size_t)CACHE_IDS_MAX);
	if (!c)
		return;
	key_make(&key, KIND_IDS, p->forge, p->path, sv_of(branch));
	buf_add_char(&b, ids->complete && n == ids->n ? 'w' : 'p');
	buf_add(&b, ids->ids, n * sizeof *ids->ids);
	cache_put(c, buf_sv(&key), &b, clock_wall_s());
}

int64_t cache_get_ids(struct cache *c, const struct project *p, const char *branch, struct cache_ids *ret)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	int64_t at_s = 0;
	*ret = (struct cache_ids){ 0 };
	key_make(&key, KIND_IDS, p->forge, p->path, sv_of(branch));
	if (!cache_get(c, buf_sv(&key), &at_s) || !c->got.len || (c->got.len - 1) % sizeof(struct oid))
		return 0;
	ret->n = (c->got.len - 1) / sizeof(struct oid);
	ret->complete = c->got.p[0] == 'w';
	ret->ids = xmalloc(ret->n * sizeof *ret->ids + 1);
	memcpy(ret->ids, c->got.p + 1, ret->n * sizeof *ret->ids);
	return at_s;
}

/* ---- single ones ---- */
static void put_one(struct cache *c, enum kind kind, const struct project *p, const struct oid *id, const struct pack *pack, const void *entity)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	struct buf b = BUF_INIT;
	if (!c)
		return;
	key_make(&key, kind, p->forge, p->path, oid_sv(id));
	pack_add(&b, pack, entity);
	cache_put(c, buf_sv(&key), &b, clock_wall_s());
}

static bool get_one(struct cache *c, enum kind kind, const struct project *p, const struct oid *id, const struct pack *pack, void *ret, int64_t *ret_at_s)
{
	AUTO(buf_fini) struct buf key = BUF_INIT;
	key_make(&key, kind, p->forge, p->path, oid_sv(id));
	if (!cache_get(c, buf_sv(&key), ret_at_s))
		return false;
	struct sv rest = buf_sv(&c->got);
	return pack_next(&rest, pack, ret);
}

void cache_put_commit(struct cache *c, const struct project *p, const struct commit *commit)
{
	put_one(c, KIND_COMMIT, p, &commit->id, &pack_commit, commit);
}

bool cache_get_commit(struct cache *c, const struct project *p, const struct oid *id, struct commit *ret)
{
	int64_t at_s;
	if (!get_one(c, KIND_COMMIT, p, id, &pack_commit, ret, &at_s))
		return false;
	if (ret->subject && oid_eq(&ret->id, id))
		return true;
	commit_fini(ret);
	return false;
}

void cache_put_image(struct cache *c, const struct project *p, const struct image *i)
{
	put_one(c, KIND_IMAGE, p, &i->commit, &pack_image, i);
}

bool cache_get_image(struct cache *c, const struct project *p, const struct oid *commit, struct image *ret)
{
	int64_t at_s = 0;
	if (!get_one(c, KIND_IMAGE, p, commit, &pack_image, ret, &at_s))
		return false;
	ret->fresh = (struct fresh){ .state = FRESH_STALE, .at_s = at_s };
	bool job_is_fine = ret->job.state >= 0 && ret->job.state < JOB_STATE_COUNT_;
	if (job_is_fine && ret->state >= 0 && ret->state < IMAGE_STATE_COUNT_ && oid_eq(&ret->commit, commit))
		return true;
	image_fini(ret);
	return false;
}
