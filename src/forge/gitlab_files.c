/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files, trees and clones. What stands at a commit never changes, so what was seen once is not asked for again. */
#include <stdatomic.h>
#include "berth/git.h"
#include "forge/gitlab.h"

enum { MAX_ABSENT = 4096 };

/* ---- one file ----------------------------------------------------------------------------------------------------------------- */
struct file_op { struct op op; char *name, *url; size_t max; };

static void file_fini_op(struct op *op)
{
	struct file_op *x = (struct file_op *)op;

	free(x->name);
	free(x->url);
}

#define ABSENT_TYPE "absent" /* in place of a content type */

static void keep_absent(struct gitlab *g, const char *url)
{
	if (map_len(g->absent) < MAX_ABSENT)
		map_put(g->absent, sv_of(url), g);
	net_api_keep(g->api, url, &(struct net_kept){ .etag = "", .content_type = ABSENT_TYPE, .next = "", .at_s = clock_wall_s() });
}

static void absent_is(const struct file_op *x, struct err *ret)
{
	err_set(ret, ERR_NOT_FOUND, "%s has no file %s at this commit", x->op.project, x->name);
}

static void file_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct file_op *x = (struct file_op *)op;
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(1000);
	struct err bad = { 0 };

	if (err && a)
		gitlab_words(a->response.body, &words);
	if (err && a && a->response.status == 404 && !strstr(buf_str(&words), "Project")) {
		keep_absent(op->g, x->url);
		absent_is(x, &bad);
		op_end(op, &bad);
		return;
	}
	if (err) {
		op_fail(op, a, err);
		return;
	}
	forge_give_bytes(op->call, a->response.body);
	op_end(op, NULL);
}

static void file_kept(struct op *op)
{
	struct file_op *x = (struct file_op *)op;
	struct net_kept kept = { 0 };
	struct err bad = { 0 };
	bool have = net_api_kept(op->g->api, x->url, &kept);

	if (map_get(op->g->absent, sv_of(x->url)) || (have && kept.content_type && !strcmp(kept.content_type, ABSENT_TYPE))) {
		absent_is(x, &bad);
		op_end(op, &bad);
		return;
	}
	if (!have) { /* forgotten meanwhile */
		op_fetch(op, &(struct op_ask){ .path = x->url, .revalidate = true, .any_type = true, .max_body = x->max }, file_got);
		return;
	}
	if (kept.body.len > x->max) {
		err_set(&bad, ERR_TOO_BIG, "%s is larger than %zu bytes", x->name, x->max);
		op_end(op, &bad);
		return;
	}
	AUTO(buf_fini) struct buf copy = BUF_INIT;
	buf_add_sv(&copy, kept.body);
	forge_give_bytes(op->call, buf_sv(&copy));
	op_end(op, NULL);
}

static char *file_url(const char *base, const struct oid *commit, const char *path)
{
	AUTO(buf_fini) struct buf url = BUF_INIT;
	char hex[OID_HEX + 1];

	oid_hex(commit, hex);
	buf_addf(&url, "%s/repository/files/", base);
	buf_add_urlencoded(&url, sv_of(path), NULL);
	buf_addf(&url, "/raw?ref=%s", hex);
	return buf_take(&url);
}

void file_told(struct gitlab *g, const char *base, const char *path, const struct gitlab_join_file *file)
{
	AUTO_STR url = file_url(base, &file->commit, path);
	struct net_kept kept;

	if (map_get(g->absent, sv_of(url)) || net_api_kept(g->api, url, &kept))
		return;
	if (file->present)
		net_api_keep(g->api, url, &(struct net_kept){ .etag = "", .content_type = "text/plain", .next = "", .body = file->text, .at_s = clock_wall_s() });
	else
		keep_absent(g, url);
}

void gitlab_file(struct forge *f, struct forge_call *c, const struct forge_file_query *q)
{
	struct file_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_READ);

	x->name = xstrdup(q->path);
	x->max = q->max_bytes ? q->max_bytes : 1;
	x->url = file_url(x->op.base, &q->commit, q->path);
	x->op.fini = file_fini_op;
	op_later(&x->op, file_kept);
}

/* ---- all names ------------------------------------------------------------------------------------------------------------------ */
enum { MAX_TREES = 32, MAX_ENTRIES = 200000 };
struct entry { char *path; struct oid blob; unsigned mode; };
struct tree { struct tree *next; char *base; struct oid commit; VEC(struct entry) entries; };

static void tree_free(struct tree *t)
{
	for (size_t i = 0; t && i < t->entries.len; i++)
		free(t->entries.items[i].path);
	if (!t)
		return;
	VEC_FINI(&t->entries);
	free(t->base);
	free(t);
}

void trees_fini(struct gitlab *g)
{
	while (g->trees) {
		struct tree *t = g->trees;
		g->trees = t->next;
		tree_free(t);
	}
}

static struct tree *tree_find(struct gitlab *g, const char *base, const struct oid *commit)
{
	for (struct tree **at = &g->trees; *at; at = &(*at)->next) {
		struct tree *t = *at;
		if (!oid_eq(&t->commit, commit) || strcmp(t->base, base) != 0)
			continue;
		*at = t->next;
		t->next = g->trees;
		return g->trees = t;
	}
	return NULL;
}

static void tree_keep(struct gitlab *g, struct tree *t)
{
	struct tree *last = t;

	t->next = g->trees;
	g->trees = t;
	for (unsigned i = 1; last && i < MAX_TREES; i++)
		last = last->next;
	while (last && last->next) {
		struct tree *gone = last->next;
		last->next = gone->next;
		tree_free(gone);
	}
}

struct tree_op { struct op op; struct tree *tree; struct oid commit; };

static void tree_fini_op(struct op *op) { tree_free(((struct tree_op *)op)->tree); }

static void tree_give(struct op *op, const struct tree *t)
{
	for (size_t i = 0; i < t->entries.len && forge_call_alive(op->call); i++) {
		const struct entry *e = &t->entries.items[i];
		forge_give_tree(op->call, &(struct forge_tree_item){ e->path, e->blob, e->mode });
	}
	op_end(op, NULL);
}

static bool octal(const char *s, unsigned *ret)
{
	*ret = 0;
	for (; s && *s >= '0' && *s <= '7' && *ret < 01000000; s++)
		*ret = *ret * 8 + (unsigned)(*s - '0');
	return s && !*s && *ret;
}

static long tree_page(struct op *op, const json_t *list)
{
	struct tree *t = ((struct tree_op *)op)->tree;
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++) {
		const json_t *j = json_array_get(list, i);
		const char *path = json_str(j, "path", NULL), *type = json_str(j, "type", "");
		struct entry e = { 0 };
		if (!path || !*path || !strcmp(type, "tree") || !octal(json_str(j, "mode", NULL), &e.mode) ||
		    !oid_parse(sv_of(json_str(j, "id", "")), &e.blob))
			continue;
		e.path = xstrdup(path);
		VEC_PUSH(&t->entries, e);
	}
	return t->entries.len < MAX_ENTRIES ? (long)n : NET_PAGES_STOP;
}

static int by_path(const void *a, const void *b) { return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path); }

static void tree_ended(struct op *op, bool complete, const struct net_answer *a, const struct err *err)
{
	struct tree_op *x = (struct tree_op *)op;
	struct tree *t = x->tree;
	struct err bad = { 0 };

	if (err) {
		op_fail(op, a, err);
		return;
	}
	if (!complete) {
		err_set(&bad, ERR_TOO_BIG, "%s has more than %d files", op->project, MAX_ENTRIES);
		op_end(op, &bad);
		return;
	}
	if (t->entries.len)
		qsort(t->entries.items, t->entries.len, sizeof *t->entries.items, by_path);
	x->tree = NULL;
	tree_keep(op->g, t);
	tree_give(op, t);
}

static void tree_later(struct op *op)
{
	struct tree_op *x = (struct tree_op *)op;
	const struct tree *kept = tree_find(op->g, op->base, &x->commit);
	char hex[OID_HEX + 1];

	if (kept) {
		tree_give(op, kept);
		return;
	}
	oid_hex(&x->commit, hex);
	AUTO_STR path = xasprintf("%s/repository/tree?ref=%s&recursive=true&per_page=100&pagination=keyset", op->base, hex);
	x->tree = xcalloc(1, sizeof *x->tree);
	*x->tree = (struct tree){ .base = xstrdup(op->base), .commit = x->commit };
	op_pages(op, path, 0, tree_page, tree_ended);
}

void gitlab_tree(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *commit)
{
	struct tree_op *x = op_new(f, c, sizeof *x, p, FORGE_DEED_READ);

	x->commit = *commit;
	x->op.fini = tree_fini_op;
	op_later(&x->op, tree_later);
}

/* ---- clones: on a worker, which the op lets go of when nobody waits any more ------------------------------------------------------- */
struct clone_op { struct op op; struct cloning_job *job; };
struct cloning_job {
	struct clone_op *op;          /* NULL: cancelled; loop's thread only */
	struct loop_work *work;
	atomic_bool stop;
	char *url, *branch, *into, *author_name, *author_email, *ca_file;
	struct secret *token;
	struct oid commit;
	int rc;
	struct err err;
};
struct clone_step { const char *what; uint64_t now, total; };

static void clone_step_told(void *ctx, const void *item, size_t n)
{
	struct cloning_job *j = ctx;
	struct clone_step step;

	memcpy(&step, item, sizeof step);
	if (j->op)
		forge_give_progress(j->op->op.call, step.what, step.now, step.total);
}

static void clone_progress(void *ctx, const char *what, uint64_t now, uint64_t total)
{
	struct cloning_job *j = ctx;
	const struct clone_step step = { what, now, MAX_OF(now, total) }; /* what: a literal */

	loop_work_post(j->work, clone_step_told, &step, sizeof step);
}

static void clone_process(struct loop_work *w, void *ctx)
{
	struct cloning_job *j = ctx;
	const struct clone_spec spec = { .url_or_path = j->url, .branch = j->branch, .commit = j->commit, .into = j->into,
		.author_name = j->author_name, .author_email = j->author_email, .user = "oauth2", .password = j->token, .ca_file = j->ca_file };

	j->work = w;
	j->rc = repo_clone(&spec, &j->stop, clone_progress, j, &j->err);
}

static void clone_done(void *ctx, bool cancelled)
{
	struct cloning_job *j = ctx;
	struct clone_op *x = j->op;
	struct err err = j->err;
	int rc = j->rc;
	char *const owned[] = { j->url, j->branch, j->into, j->author_name, j->author_email, j->ca_file };

	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	secret_free(j->token);
	free(j);
	if (!x)
		return;
	x->job = NULL;
	if (!rc && cancelled)
		rc = err_set(&err, ERR_CANCELLED, "cancelled");
	op_end(&x->op, rc ? &err : NULL);
}

static void clone_fini_op(struct op *op)
{
	struct clone_op *x = (struct clone_op *)op;

	if (!x->job)
		return;
	x->job->op = NULL;
	atomic_store(&x->job->stop, true);
}

void gitlab_clone(struct forge *f, struct forge_call *c, const struct forge_clone_query *q)
{
	struct clone_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_CLONE);
	struct cloning_job *j = xcalloc(1, sizeof *j);

	*j = (struct cloning_job){ .op = x, .commit = q->commit, .url = xasprintf("%s/%s.git", x->op.g->url, q->project->path),
		.branch = xstrdup(q->branch), .into = xstrdup(q->into), .author_name = xstrdup(q->author_name),
		.author_email = xstrdup(q->author_email), .ca_file = xstrdup(x->op.g->ca_file), .token = secret_dup(x->op.g->token) };
	x->job = j;
	x->op.fini = clone_fini_op;
	loop_work_submit(f->loop, clone_process, clone_done, j);
}

bool gitlab_git_place(const struct forge *f, const struct project *p, struct git_place *ret)
{
	const struct gitlab *g = (const struct gitlab *)f;

	*ret = (struct git_place){ .url = xasprintf("%s/%s.git", g->url, p->path), .user = xstrdup("oauth2"), .password = secret_dup(g->token), .ca_file = xstrdup(g->ca_file) };
	return true;
}
