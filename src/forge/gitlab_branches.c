/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Branches: all of a project, a page of them, those whose names begin so, or one by its name. */
#include "forge/gitlab.h"

/* A push stands on the first page; a branch that was removed may be on a later one, and goes so much later. */
enum { BRANCHES_REST_S = 300, MAX_BRANCHES = 20000, PER_PAGE = 100 };
struct branches_op { struct op op; struct map *seen; };

static void branches_fini_op(struct op *op) { map_free(((struct branches_op *)op)->seen); }

static void branch_give(struct branches_op *x, const json_t *j, bool defaults)
{
	struct branch b;

	if (json_bool(j, "default", false) != defaults || !forge_call_alive(x->op.call) || !gitlab_branch(j, &b))
		return;
	/* A branch that moved while the pages came stands on two of them. */
	if (!map_get(x->seen, sv_of(b.name))) {
		map_put(x->seen, sv_of(b.name), x);
		forge_give_branch(x->op.call, &b);
	}
	branch_fini(&b);
}

/* Of each page the default branch first, as every forge has it; then the newest. */
static long branches_page(struct op *op, const json_t *list)
{
	struct branches_op *x = (struct branches_op *)op;
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++)
		branch_give(x, json_array_get(list, i), true);
	for (size_t i = 0; i < n; i++)
		branch_give(x, json_array_get(list, i), false);
	return forge_call_alive(op->call) && map_len(x->seen) < MAX_BRANCHES ? (long)n : NET_PAGES_STOP;
}

/* A project to which nothing was ever pushed has no repository yet: no branches, and nothing wrong. */
static void branches_ended(struct op *op, bool complete, const struct net_answer *a, const struct err *err)
{
	if (err && !(err->http == 404 && strstr(err->text, "Repository")))
		op_fail(op, a, err);
	else
		op_end(op, NULL);
}

void gitlab_branches(struct forge *f, struct forge_call *c, const struct project *p)
{
	struct branches_op *x = op_new(f, c, sizeof *x, p, FORGE_DEED_READ);
	AUTO_STR path = op_path(&x->op, "/repository/branches?sort=updated_desc&per_page=100");

	x->seen = map_new(NULL);
	x->op.fini = branches_fini_op;
	op_pages(&x->op, path, BRANCHES_REST_S, branches_page, branches_ended);
}

/* ---- pages -------------------------------------------------------------------------------------------------------------------- */
struct branch_page_op { struct branches_op base; size_t max; char *default_branch; /* when its history comes ahead */ };

static void page_fini_op(struct op *op)
{
	ahead_unwatch(op->g, op);
	free(((struct branch_page_op *)op)->default_branch);
	branches_fini_op(op);
}

/* A page of many branches takes the host long; the history that was asked for beside it says where the default one stands. */
static void history_came(void *page_op, struct sv body)
{
	struct branch_page_op *x = page_op;
	AUTO_JSON list = json_read(body, GITLAB_MAX_ANSWER, NULL);
	struct commit tip;

	if (!forge_call_alive(x->base.op.call) || !gitlab_commit(json_array_get(list, 0), &tip))
		return;
	const struct branch b = { .name = x->default_branch, .is_default = true, .tip = tip.id, .tip_at_s = tip.committed_at_s, .tip_author = tip.author,
		.tip_subject = tip.subject };
	forge_give_branch(x->base.op.call, &b);
	commit_fini(&tip);
}

static void page_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct branch_page_op *x = (struct branch_page_op *)op;
	struct err said = { 0 };

	if (err)
		op_explain(op, a, err, &said);
	if (err && said.http == 404 && strstr(said.text, "Repository")) { /* as in branches_ended */
		forge_give_page(op->call, false, 0);
		op_end(op, NULL);
		return;
	}
	AUTO_JSON list = op_json(op, a, err);
	if (!list)
		return;
	if (!json_is_array(list)) {
		op_end_odd(op, "a list of branches");
		return;
	}
	size_t n = json_array_size(list);
	for (size_t i = 0; i < 2 * n; i++)
		branch_give(&x->base, json_array_get(list, i % n), i < n);
	if (!forge_call_alive(op->call))
		return;
	/* The first page's "next" is said even where there is none, so a page that is not full is the last whatever it says. */
	const char *next = net_header_get(&a->response, "x-next-page");
	forge_give_page(op->call, n >= x->max && (!next || *next), 0);
	if (forge_call_alive(op->call))
		op_end(op, NULL);
}

static void one_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct err said = { 0 };
	struct branch b;

	if (err && a && a->response.status == 404) {
		op_explain(op, a, err, &said);
		if (said.http != FORGE_HTTP_GONE) {
			forge_give_page(op->call, false, 0); /* no branch of that name */
			op_end(op, NULL);
			return;
		}
	}
	AUTO_JSON j = op_json(op, a, err);
	if (!j)
		return;
	if (!gitlab_branch(j, &b)) {
		op_end_odd(op, "a branch");
		return;
	}
	forge_give_branch(op->call, &b);
	branch_fini(&b);
	if (!forge_call_alive(op->call))
		return;
	forge_give_page(op->call, false, 0);
	if (forge_call_alive(op->call))
		op_end(op, NULL);
}

static void one_by_name(struct op *op, const char *name)
{
	AUTO(buf_fini) struct buf path = BUF_INIT;

	buf_addf(&path, "%s/repository/branches/", op->base);
	buf_add_urlencoded(&path, sv_of(name), NULL);
	op_get(op, buf_str(&path), one_got);
}

void gitlab_branches_page(struct forge *f, struct forge_call *c, const struct forge_branches_query *q)
{
	AUTO(buf_fini) struct buf path = BUF_INIT;

	if (q->name && (!*q->name || !strcmp(q->name, ".") || !strcmp(q->name, ".."))) { /* these would make another address */
		forge_call_end_later(c, NULL);
		return;
	}
	struct branch_page_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_READ);
	struct op *op = &x->base.op;
	x->base.seen = map_new(NULL);
	op->fini = page_fini_op;
	x->max = q->max ? MIN_OF(q->max, (size_t)PER_PAGE) : PER_PAGE;
	if (q->name) {
		one_by_name(op, q->name);
		return;
	}
	buf_addf(&path, "%s/repository/branches?sort=updated_desc&per_page=%zu", op->base, x->max);
	if (q->first)
		buf_addf(&path, "&page=%zu", q->first / x->max + 1);
	if (q->prefix) {
		AUTO_STR search = xasprintf("^%s", q->prefix);
		gitlab_add_query(&path, "search", sv_of(search));
	}
	if (!q->first && !q->prefix && q->project->default_branch) {
		AUTO_STR history = ahead_history_path(op->base, q->project->default_branch);
		x->default_branch = xstrdup(q->project->default_branch);
		ahead_watch(op->g, history, history_came, x);
	}
	op_get(op, buf_str(&path), page_got);
}
