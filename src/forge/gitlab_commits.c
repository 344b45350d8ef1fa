/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Histories, commits, revisions. A list of commits brings ids and contents at once, so the contents are kept for the
 * call that wants them; a history is asked for by the id that it begins at, so it can't change, and pages that were given once
 * are not asked for again.
 */
#include "forge/gitlab.h"

enum { PER_PAGE = 100, MAX_COMMITS = 20000, MAX_HISTORIES = 16 };

/* ---- what is kept ----------------------------------------------------------------------------------------------------------- */
struct history {
	struct history *next;
	char *base;                   /* of the project */
	struct oid tip;
	VEC(struct oid) ids;
	bool complete;
};

void histories_fini(struct gitlab *g)
{
	while (g->histories) {
		struct history *h = g->histories;
		g->histories = h->next;
		VEC_FINI(&h->ids);
		free(h->base);
		free(h);
	}
}

static struct history *history_find(struct gitlab *g, const char *base, const struct oid *tip)
{
	for (struct history **at = &g->histories; *at; at = &(*at)->next) {
		struct history *h = *at;
		if (!oid_eq(&h->tip, tip) || strcmp(h->base, base) != 0)
			continue;
		*at = h->next;
		h->next = g->histories;
		return g->histories = h;
	}
	return NULL;
}

static struct history *history_of(struct gitlab *g, const char *base, const struct oid *tip)
{
	struct history *h = history_find(g, base, tip), *last = g->histories;

	if (h)
		return h;
	for (unsigned i = 1; last && i < MAX_HISTORIES - 1; i++)
		last = last->next;
	if (last && last->next) {
		VEC_FINI(&last->next->ids);
		free(last->next->base);
		free(last->next);
		last->next = NULL;
	}
	h = xcalloc(1, sizeof *h);
	*h = (struct history){ .next = g->histories, .base = xstrdup(base), .tip = *tip };
	return g->histories = h;
}

void commit_keep(struct gitlab *g, struct commit *c)
{
	struct commit *kept = xmalloc(sizeof *kept);
	struct sv first;
	void *value;
	size_t at = 0;

	if (map_len(g->commits) >= MAX_COMMITS && map_next(g->commits, &at, &first, &value)) {
		unsigned char key[sizeof c->id.b];
		memcpy(key, first.p, MIN_OF(first.len, sizeof key));
		map_remove(g->commits, (struct sv){ (char *)key, sizeof key });
	}
	*kept = *c;
	*c = (struct commit){ 0 };
	map_put(g->commits, (struct sv){ (const char *)kept->id.b, sizeof kept->id.b }, kept);
}

const struct commit *commit_kept(const struct gitlab *g, const struct oid *id)
{
	return map_get(g->commits, (struct sv){ (const char *)id->b, sizeof id->b });
}

/* ---- a history's ids ------------------------------------------------------------------------------------------------------------ */
struct ids_op { struct op op; struct oid tip; size_t first, max, given; char *path; };

static void ids_fini_op(struct op *op) { free(((struct ids_op *)op)->path); }

static void ids_next(struct op *op);

static void ids_give(struct ids_op *x, const struct history *h)
{
	size_t from = x->first + x->given, to = MIN_OF(h->ids.len, x->first + x->max);

	if (from > h->ids.len)
		from = h->ids.len;
	size_t n = to > from ? to - from : 0;
	bool complete = h->complete && from + n >= h->ids.len;
	x->given += n;
	if (n || complete)
		forge_give_ids(x->op.call, from, h->ids.items + from, n, complete);
	if (x->given >= x->max || h->complete)
		op_end(&x->op, NULL);
	else
		ids_next(&x->op);
}

static void ids_later(struct op *op)
{
	struct ids_op *x = (struct ids_op *)op;
	ids_give(x, history_of(op->g, op->base, &x->tip));
}

static void history_add(struct gitlab *g, struct history *h, const json_t *list)
{
	size_t n = json_array_size(list), before = h->ids.len;
	struct commit commit;

	for (size_t i = 0; i < n; i++) {
		if (!gitlab_commit(json_array_get(list, i), &commit))
			continue;
		VEC_PUSH(&h->ids, commit.id);
		commit_keep(g, &commit);
	}
	/* No list of commits says how long it is, or whether there is a next page: a page that is not full is the last. */
	h->complete = n < PER_PAGE || h->ids.len == before;
}

static void ids_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct ids_op *x = (struct ids_op *)op;
	AUTO_JSON list = op_json(op, a, err);

	if (!list)
		return;
	struct history *h = history_of(op->g, op->base, &x->tip);
	size_t before = h->ids.len;
	history_add(op->g, h, list);
	if (!before && (!h->ids.len || !oid_eq(&h->ids.items[0], &x->tip))) {
		struct err bad = { 0 };
		char hex[OID_HEX + 1];
		oid_hex(&x->tip, hex);
		VEC_CLEAR(&h->ids);
		h->complete = false;
		err_set(&bad, ERR_NOT_FOUND, "%s has no commit %s", op->project, hex);
		op_end(op, &bad);
		return;
	}
	if (forge_call_alive(op->call))
		ids_give(x, h);
}

static char *page_path(const struct op *op, const struct oid *tip, size_t page)
{
	char hex[OID_HEX + 1];

	oid_hex(tip, hex);
	return xasprintf("%s/repository/commits?ref_name=%s&per_page=%d&page=%zu", op->base, hex, PER_PAGE, page);
}

/* What lies behind a commit never changes. */
static void ids_kept(struct op *op)
{
	const struct ids_op *x = (const struct ids_op *)op;
	AUTO(buf_fini) struct buf copy = BUF_INIT;
	struct net_kept kept;

	if (net_api_kept(op->g->api, x->path, &kept))
		buf_add_sv(&copy, kept.body);
	AUTO_JSON list = json_read(buf_sv(&copy), GITLAB_MAX_ANSWER, NULL);
	const struct net_answer a = { .response = { .status = 200, .body = buf_sv(&copy) } };
	if (json_is_array(list))
		ids_got(op, &a, NULL);
	else
		op_get(op, x->path, ids_got);
}

static void ids_next(struct op *op)
{
	struct ids_op *x = (struct ids_op *)op;
	const struct history *h = history_of(op->g, op->base, &x->tip);
	struct net_kept kept;

	if (!forge_call_alive(op->call))
		return;
	free(x->path);
	x->path = page_path(op, &x->tip, h->ids.len / PER_PAGE + 1);
	if (net_api_kept(op->g->api, x->path, &kept) && kept.body.len)
		op_later(op, ids_kept);
	else
		op_get(op, x->path, ids_got);
}

static void keep_page(const struct op *op, const struct oid *tip, struct sv body)
{
	AUTO_STR path = page_path(op, tip, 1);

	net_api_keep(op->g->api, path, &(struct net_kept){ .etag = "", .content_type = "application/json", .next = "", .body = body, .at_s = clock_wall_s() });
}

/* The default branch's, asked for by its name beside the branches. Of no use when it has moved meanwhile. */
static void ids_came_ahead(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct ids_op *x = (struct ids_op *)op;
	AUTO_JSON list = err ? NULL : json_read(a->response.body, GITLAB_MAX_ANSWER, NULL);
	struct commit first;

	if (gitlab_commit(json_array_get(list, 0), &first)) {
		struct history *h = history_of(op->g, op->base, &first.id);
		bool same = oid_eq(&first.id, &x->tip);
		commit_fini(&first);
		if (!h->ids.len)
			history_add(op->g, h, list);
		keep_page(op, &h->tip, a->response.body);
		if (same) {
			ids_give(x, h);
			return;
		}
	}
	ids_next(op);
}

void gitlab_commit_ids(struct forge *f, struct forge_call *c, const struct forge_commits_query *q)
{
	struct ids_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_READ);
	const struct history *h = history_of(x->op.g, x->op.base, &q->tip);

	x->op.fini = ids_fini_op;
	x->tip = q->tip;
	x->first = q->first;
	x->max = MIN_OF(q->max, SIZE_MAX - q->first);
	if (h->complete || h->ids.len > q->first) {
		op_later(&x->op, ids_later);
		return;
	}
	AUTO_STR ahead = q->project->default_branch ? ahead_history_path(x->op.base, q->project->default_branch) : NULL;
	if (ahead && !h->ids.len && ahead_has(x->op.g, ahead))
		op_get(&x->op, ahead, ids_came_ahead);
	else
		ids_next(&x->op);
}

/* ---- commits -------------------------------------------------------------------------------------------------------------------- */
struct commits_op { struct op op; VEC(struct oid) ids; size_t at; struct oid asked; };

static void commits_fini_op(struct op *op)
{
	struct commits_op *x = (struct commits_op *)op;
	VEC_FINI(&x->ids);
}

static void commits_step(struct op *op);

static void commits_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct commits_op *x = (struct commits_op *)op;
	AUTO_JSON list = op_json(op, a, err);
	struct commit commit;
	struct err bad = { 0 };

	if (!list)
		return;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (gitlab_commit(json_array_get(list, i), &commit))
			commit_keep(op->g, &commit);
	}
	if (commit_kept(op->g, &x->asked)) {
		commits_step(op);
		return;
	}
	char hex[OID_HEX + 1];
	oid_hex(&x->asked, hex);
	err_set(&bad, ERR_NOT_FOUND, "%s has no commit %s", op->project, hex);
	op_end(op, &bad);
}

/* Gives what is kept. The first one that isn't is asked for with what lies behind it: what is missing lies close together. */
static void commits_step(struct op *op)
{
	struct commits_op *x = (struct commits_op *)op;
	char hex[OID_HEX + 1];

	for (; x->at < x->ids.len && forge_call_alive(op->call); x->at++) {
		const struct commit *kept = commit_kept(op->g, &x->ids.items[x->at]);
		if (!kept)
			break;
		forge_give_commit(op->call, kept);
	}
	if (!forge_call_alive(op->call))
		return;
	if (x->at == x->ids.len) {
		op_end(op, NULL);
		return;
	}
	x->asked = x->ids.items[x->at];
	oid_hex(&x->asked, hex);
	size_t left = x->ids.len - x->at;
	AUTO_STR path = xasprintf("%s/repository/commits?ref_name=%s&per_page=%zu", op->base, hex, MIN_OF(left, (size_t)PER_PAGE));
	op_get(op, path, commits_got);
}

void gitlab_commits(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *ids, size_t n)
{
	struct commits_op *x = op_new(f, c, sizeof *x, p, FORGE_DEED_READ);

	x->op.fini = commits_fini_op;
	for (size_t i = 0; i < n; i++)
		VEC_PUSH(&x->ids, ids[i]);
	op_later(&x->op, commits_step);
}

/* ---- a revision: a branch by its name, else whatever the host takes for one ----------------------------------------------------- */
struct resolve_op { struct op op; char *rev; };

static void resolve_fini_op(struct op *op) { free(((struct resolve_op *)op)->rev); }

static void commit_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct resolve_op *x = (struct resolve_op *)op;
	struct commit commit;
	struct err bad = { 0 };

	if (err && a && a->response.status == 404) {
		err_set(&bad, ERR_NOT_FOUND, "%s has no branch, tag or commit %s", op->project, x->rev);
		op_end(op, &bad);
		return;
	}
	AUTO_JSON j = op_json(op, a, err);
	if (!j)
		return;
	if (!gitlab_commit(j, &commit)) {
		err_set(&bad, ERR_DECODE, "%s did not answer with a commit", op->g->url);
		op_end(op, &bad);
		return;
	}
	struct oid id = commit.id;
	commit_keep(op->g, &commit);
	forge_give_found(op->call, &id, NULL);
	op_end(op, NULL);
}

static void resolve_commit(struct op *op)
{
	AUTO(buf_fini) struct buf path = BUF_INIT;

	buf_addf(&path, "%s/repository/commits/", op->base);
	buf_add_urlencoded(&path, sv_of(((struct resolve_op *)op)->rev), NULL);
	buf_add_str(&path, "?stats=false");
	op_get(op, buf_str(&path), commit_got);
}

static void branch_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(1000);
	AUTO(branch_fini) struct branch b = { 0 };

	if (err && a)
		gitlab_words(a->response.body, &words);
	if (err && a && a->response.status == 404 && !strstr(buf_str(&words), "Project")) {
		resolve_commit(op);
		return;
	}
	AUTO_JSON j = op_json(op, a, err);
	if (!j)
		return;
	if (!gitlab_branch(j, &b) || oid_is_zero(&b.tip)) {
		resolve_commit(op);
		return;
	}
	forge_give_found(op->call, &b.tip, b.name);
	op_end(op, NULL);
}

static bool looks_like_id(const char *rev)
{
	size_t n = strlen(rev);
	return n >= 7 && n <= OID_HEX && strspn(rev, "0123456789abcdef") == n;
}

void gitlab_resolve(struct forge *f, struct forge_call *c, const struct project *p, const char *rev)
{
	struct err err = { 0 };
	AUTO(buf_fini) struct buf path = BUF_INIT;

	if (!*rev || !strcmp(rev, ".") || !strcmp(rev, "..")) { /* these would make another address */
		err_set(&err, *rev ? ERR_NOT_FOUND : ERR_USAGE, "\"%s\" is no branch, tag or commit", rev);
		forge_call_end_later(c, &err);
		return;
	}
	struct resolve_op *x = op_new(f, c, sizeof *x, p, FORGE_DEED_READ);
	x->rev = xstrdup(rev);
	x->op.fini = resolve_fini_op;
	if (looks_like_id(rev)) {
		resolve_commit(&x->op);
		return;
	}
	buf_addf(&path, "%s/repository/branches/", x->op.base);
	buf_add_urlencoded(&path, sv_of(rev), NULL);
	op_get(&x->op, buf_str(&path), branch_got);
}
