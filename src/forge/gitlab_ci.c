/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pipelines with their job, by one GraphQL request; where the host has no such GraphQL (older than 14.5, switched off, the query
 * too heavy) by two of REST: the pipelines, and the jobs of all of them. One job. The newest pipelines bring the file that may pin an
 * image with them, so that it needs no request of its own.
 */
#include "forge/gitlab.h"

enum { MAX_PIPELINES = 100, MAX_PAGES = 3, MAX_BY_ID = 3 * GITLAB_JOIN_COMMITS };

struct pipelines_op {
	struct op op;
	char *ref, *job_name;
	VEC(struct oid) commits;      /* none: those of all */
	struct map *seen;             /* commits of which a pipeline was given */
	struct gitlab_join_after after; /* older pipelines */
	size_t max, pages, asked_for /* commits that the request under way names */;
	struct oid asked[GITLAB_JOIN_COMMITS];
	pipelines all;                /* REST */
	json_t *jobs[GITLAB_JOIN_COMMITS + 1];
	size_t n_jobs;
	unsigned waiting;
	bool with_file;               /* of the request under way */
	struct err err;
};

static void pipelines_fini_op(struct op *op)
{
	struct pipelines_op *x = (struct pipelines_op *)op;

	for (size_t i = 0; i < x->n_jobs; i++)
		json_decref(x->jobs[i]);
	pipelines_fini(&x->all);
	VEC_FINI(&x->commits);
	gitlab_join_after_fini(&x->after);
	map_free(x->seen);
	free(x->ref);
	free(x->job_name);
}

static struct sv key_of(const struct oid *o) { return (struct sv){ (const char *)o->b, sizeof o->b }; }

static bool wanted(const struct pipelines_op *x, const struct oid *commit)
{
	for (size_t i = 0; i < x->commits.len; i++) {
		if (oid_eq(&x->commits.items[i], commit))
			return true;
	}
	return !x->commits.len;
}

static void pipeline_give(void *ctx, struct pipeline *p)
{
	struct pipelines_op *x = ctx;

	if (!wanted(x, &p->commit))
		return;
	map_put(x->seen, key_of(&p->commit), x);
	forge_give_pipeline(x->op.call, p);
}

/* ---- GraphQL ----------------------------------------------------------------------------------------------------------------- */
static void join_got(struct op *op, const struct net_answer *a, const struct err *err);
static void rest_begin(struct pipelines_op *x);

static void join_post(struct pipelines_op *x, const char *text, op_got got)
{
	op_fetch(&x->op, &(struct op_ask){ .method = "POST", .path = GRAPHQL_PATH, .body = json_read(sv_of(text), GITLAB_MAX_ANSWER, NULL),
		.repeatable = true, .max_body = GITLAB_MAX_ANSWER }, got);
}

static void join_ask(struct pipelines_op *x, const struct oid *commits, size_t n)
{
	x->with_file = !n && !x->after.top && !x->op.g->no_join_file;
	const struct gitlab_join join = { .path = x->op.project, .ref = x->ref, .job_name = x->job_name, .commits = x->asked, .n_commits = n, .max = x->max,
		.after = x->after, .file = x->with_file ? RENKU_INI : NULL };

	x->asked_for = n;
	if (n)
		memcpy(x->asked, commits, n * sizeof *commits);
	if (!x->op.g->graphql_by_post) {
		AUTO_STR path = gitlab_join_path(&join);
		op_get(&x->op, path, join_got);
		return;
	}
	AUTO_STR text = gitlab_join_query(&join);
	join_post(x, text, join_got);
}

/* GitLab takes its questions by GET as well; a proxy before it may not. Once more, and from now on, by POST. */
static bool join_by_post(struct pipelines_op *x, int status)
{
	struct gitlab *g = x->op.g;

	if (g->graphql_by_post || (status != 400 && status != 405 && status != 414))
		return false;
	g->graphql_by_post = true;
	join_ask(x, x->asked, x->asked_for);
	return true;
}

static void file_take(struct pipelines_op *x, const json_t *j)
{
	struct gitlab_join_file file;

	if (x->with_file && gitlab_join_file(j, &file))
		file_told(x->op.g, x->op.base, RENKU_INI, &file);
}

/* A host that can't tell the file, or at whose end something failed on the way to it: from now on without. */
static bool join_without_file(struct pipelines_op *x, const json_t *j)
{
	if (!x->with_file || !json_array_size(json_path(j, "errors")))
		return false;
	x->op.g->no_join_file = true;
	join_ask(x, NULL, 0);
	return true;
}

/* ---- commits that the newest pipelines don't reach ---- */
static void by_id_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct pipelines_op *x = (struct pipelines_op *)op;
	AUTO_JSON j = err ? NULL : json_read(a->response.body, GITLAB_MAX_ANSWER, NULL);
	AUTO(gitlab_join_after_fini) struct gitlab_join_after after = { 0 };

	if (err && !x->err.code)
		op_explain(op, a, err, &x->err);
	else if (!err)
		gitlab_join_answer(j, pipeline_give, x, &after, x->err.code ? NULL : &x->err);
	if (--x->waiting || !forge_call_alive(op->call))
		return;
	op_end(op, x->err.code ? &x->err : NULL);
}

static void ask_by_id(struct pipelines_op *x, const struct oid *commits, size_t n)
{
	const struct gitlab_join join = { .path = x->op.project, .job_name = x->job_name, .commits = commits, .n_commits = n, .max = x->max };
	AUTO_STR path = gitlab_join_path(&join);
	AUTO_STR text = gitlab_join_query(&join);

	x->waiting++;
	if (x->op.g->graphql_by_post)
		join_post(x, text, by_id_got);
	else
		op_get(&x->op, path, by_id_got);
}

/* The next page reaches more of them than a question for some by their ids, so that comes last. */
static void join_next(struct pipelines_op *x)
{
	VEC(struct oid) missing = VEC_INIT;

	for (size_t i = 0; x->after.top && i < x->commits.len; i++) {
		if (!map_get(x->seen, key_of(&x->commits.items[i])))
			VEC_PUSH(&missing, x->commits.items[i]);
	}
	size_t n = MIN_OF(missing.len, (size_t)MAX_BY_ID);
	bool page = n > GITLAB_JOIN_COMMITS && x->pages < MAX_PAGES;
	for (size_t i = n; !page && i < missing.len; i++)
		forge_give_not_asked(x->op.call, &missing.items[i]);
	if (!forge_call_alive(x->op.call))
		n = 0;
	else if (page)
		join_ask(x, NULL, 0);
	else if (!n)
		op_end(&x->op, NULL);
	for (size_t i = 0; !page && i < n; i += GITLAB_JOIN_COMMITS)
		ask_by_id(x, missing.items + i, MIN_OF(n - i, (size_t)GITLAB_JOIN_COMMITS));
	VEC_FINI(&missing);
}

static void join_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct pipelines_op *x = (struct pipelines_op *)op;
	int status = a ? a->response.status : 0;
	struct err bad = { 0 };

	if (err && (!a || status == 401 || status == 429 || status >= 500)) {
		op_fail(op, a, err);
		return;
	}
	if (err && join_by_post(x, status))
		return;
	AUTO_JSON j = err ? NULL : json_read(a->response.body, GITLAB_MAX_ANSWER, NULL);
	if (forge_call_alive(op->call) && join_without_file(x, j))
		return;
	gitlab_join_after_fini(&x->after);
	file_take(x, j);
	if (!j || !gitlab_join_answer(j, pipeline_give, x, &x->after, &bad)) {
		op->g->no_graphql = op->g->no_graphql || status == 404 || strstr(bad.text, "exist on type") || strstr(bad.text, "ccept argument");
		if (forge_call_alive(op->call))
			rest_begin(x);
		return;
	}
	x->pages++;
	if (forge_call_alive(op->call))
		join_next(x);
}

/* ---- REST ---------------------------------------------------------------------------------------------------------------------- */
static void rest_done(struct pipelines_op *x)
{
	if (--x->waiting)
		return;
	if (x->err.code) {
		op_end(&x->op, &x->err);
		return;
	}
	for (size_t i = 0; i < x->n_jobs; i++)
		gitlab_join_jobs(&x->all, x->jobs[i], x->job_name);
	gitlab_join_order(&x->all);
	for (size_t i = 0; i < x->all.len && forge_call_alive(x->op.call); i++)
		pipeline_give(x, &x->all.items[i]);
	op_end(&x->op, NULL);
}

static json_t *rest_list(struct pipelines_op *x, const struct net_answer *a, const struct err *err)
{
	json_t *j = err ? NULL : json_read(a->response.body, GITLAB_MAX_ANSWER, &x->err);

	if (err && !x->err.code)
		op_explain(&x->op, a, err, &x->err);
	return j;
}

static void pipelines_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct pipelines_op *x = (struct pipelines_op *)op;
	AUTO_JSON list = rest_list(x, a, err);
	struct pipeline p;

	for (size_t i = 0; i < json_array_size(list); i++) {
		if (gitlab_pipeline(json_array_get(list, i), &p))
			VEC_PUSH(&x->all, p);
	}
	rest_done(x);
}

static void jobs_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct pipelines_op *x = (struct pipelines_op *)op;
	json_t *list = rest_list(x, a, err);

	if (list)
		x->jobs[x->n_jobs++] = list;
	rest_done(x);
}

static void rest_commit(struct pipelines_op *x, const struct oid *commit)
{
	AUTO(buf_fini) struct buf statuses = BUF_INIT;
	char hex[OID_HEX + 1];

	oid_hex(commit, hex);
	AUTO_STR list = xasprintf("%s/pipelines?sha=%s&per_page=20", x->op.base, hex);
	buf_addf(&statuses, "%s/repository/commits/%s/statuses?all=true&per_page=100", x->op.base, hex);
	gitlab_add_query(&statuses, "name", sv_of(x->job_name));
	x->waiting += 2;
	op_get(&x->op, list, pipelines_got);
	op_get(&x->op, buf_str(&statuses), jobs_got);
}

static void rest_begin(struct pipelines_op *x)
{
	AUTO(buf_fini) struct buf list = BUF_INIT;

	if (x->commits.len && x->commits.len <= GITLAB_JOIN_COMMITS) {
		for (size_t i = 0; i < x->commits.len; i++)
			rest_commit(x, &x->commits.items[i]);
		return;
	}
	buf_addf(&list, "%s/pipelines?per_page=%zu", x->op.base, x->max);
	if (x->ref)
		gitlab_add_query(&list, "ref", sv_of(x->ref));
	AUTO_STR jobs = op_path(&x->op, "/jobs?per_page=100");
	x->waiting = 2;
	op_get(&x->op, buf_str(&list), pipelines_got);
	op_get(&x->op, jobs, jobs_got);
}

void gitlab_pipelines(struct forge *f, struct forge_call *c, const struct forge_pipelines_query *q)
{
	struct pipelines_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_READ);

	x->op.fini = pipelines_fini_op;
	x->ref = xstrdup(q->ref);
	x->job_name = xstrdup(q->job_name ? q->job_name : x->op.g->job_name);
	x->max = q->max ? MIN_OF(q->max, (size_t)MAX_PIPELINES) : q->n_commits > GITLAB_JOIN_COMMITS ? MAX_PIPELINES : 50;
	x->seen = map_new(NULL);
	for (size_t i = 0; i < q->n_commits; i++)
		VEC_PUSH(&x->commits, q->commits[i]);
	if (x->op.g->no_graphql || !x->op.project)
		rest_begin(x);
	else if (q->newest_first || x->commits.len > GITLAB_JOIN_COMMITS)
		join_ask(x, NULL, 0);
	else
		join_ask(x, x->commits.items, x->commits.len);
}

/* ---- one job ---------------------------------------------------------------------------------------------------------------------- */
void gitlab_one_job(struct forge *f, struct forge_call *c, const struct project *p, uint64_t job)
{
	struct op *op = op_new(f, c, sizeof *op, p, FORGE_DEED_READ);
	AUTO_STR path = xasprintf("%s/jobs/%llu", op->base, (unsigned long long)job);

	op_get(op, path, op_job_got);
}
