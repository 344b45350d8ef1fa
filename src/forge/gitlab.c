/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A GitLab host: its life, and the ops and requests under way */
#include "forge/gitlab.h"

struct op_request {
	struct op_request *prev, *next;
	struct op *op;
	struct net_api_call *call;    /* NULL: it takes what was asked ahead */
	struct ahead *ahead;
	bool dropped;                 /* nobody wants the answer */
	op_got got;
	op_page page;
	op_pages_end pages_end;
	struct err bad;               /* a page that is no list */
};

/* ---- ops -------------------------------------------------------------------------------------------------------------------- */
void *op_new(struct forge *f, struct forge_call *c, size_t size, const struct project *p, enum forge_deed deed)
{
	struct gitlab *g = (struct gitlab *)f;
	struct op *op = xcalloc(1, size);
	AUTO(buf_fini) struct buf base = BUF_INIT;

	op->g = g;
	op->call = c;
	op->deed = deed;
	if (p) {
		gitlab_add_project(&base, p);
		op->project = xstrdup(p->path);
		op->base = buf_take(&base);
	}
	op->next = g->ops;
	if (g->ops)
		g->ops->prev = op;
	g->ops = op;
	forge_call_set_impl(c, op);
	return op;
}

static void op_deferred(void *ctx)
{
	struct op *op = ctx;
	void (*fn)(struct op *op) = op->later;

	op->later = NULL;
	fn(op);
}

static void op_stop(struct op *op)
{
	while (op->requests)
		op_request_cancel(op->requests);
	if (op->later)
		loop_defer_cancel(op->g->forge.loop, op_deferred, op);
	op->later = NULL;
	loop_timer_stop(op->timer);
	op->timer = NULL;
}

static void op_free(void *ctx)
{
	struct op *op = ctx;

	op_stop(op);
	loop_defer_cancel(op->g->forge.loop, op_free, op);
	if (op->fini)
		op->fini(op);
	if (op->prev)
		op->prev->next = op->next;
	else
		op->g->ops = op->next;
	if (op->next)
		op->next->prev = op->prev;
	free(op->project);
	free(op->base);
	free(op);
}

void op_end(struct op *op, const struct err *err)
{
	struct forge_call *c = op->call;

	if (!forge_call_alive(c))
		return; /* cancelled in an item's callback: it goes at the end of this turn */
	struct err copy = err ? *err : (struct err){ 0 };
	op_free(op);
	forge_call_end(c, &copy);
}

void op_later(struct op *op, void (*fn)(struct op *op))
{
	op->later = fn;
	loop_defer(op->g->forge.loop, op_deferred, op);
}

void op_timer(struct op *op, uint64_t ms, void (*fn)(void *op))
{
	if (op->timer)
		loop_timer_again(op->timer, ms);
	else
		op->timer = loop_timer_start(op->g->forge.loop, ms, 0, fn, op);
}

char *op_path(const struct op *op, const char *rest) { return xasprintf("%s%s", op->base, rest); }
struct gitlab_where gitlab_at(const struct gitlab *g) { return (struct gitlab_where){ g->forge.name, g->url }; }

/* ---- requests ------------------------------------------------------------------------------------------------------------------ */
static struct op_request *request_new(struct op *op)
{
	struct op_request *r = xcalloc(1, sizeof *r);

	r->op = op;
	r->next = op->requests;
	if (op->requests)
		op->requests->prev = r;
	op->requests = r;
	return r;
}

static void request_unlink(struct op_request *r)
{
	if (r->prev)
		r->prev->next = r->next;
	else
		r->op->requests = r->next;
	if (r->next)
		r->next->prev = r->prev;
}

static void request_ended(void *ctx, const struct net_answer *a, const struct err *err)
{
	struct op_request *r = ctx;
	struct op *op = r->op;
	op_got got = r->dropped ? NULL : r->got;

	request_unlink(r);
	free(r);
	if (got)
		got(op, a, err);
}

static long request_page(void *ctx, const struct net_answer *a)
{
	struct op_request *r = ctx;
	AUTO_JSON j = r->dropped ? NULL : json_read(a->response.body, GITLAB_MAX_ANSWER, &r->bad);

	if (r->dropped)
		return NET_PAGES_STOP;
	if (!json_is_array(j)) {
		if (!r->bad.code)
			err_set(&r->bad, ERR_DECODE, "%s did not answer with a list", r->op->g->url);
		return NET_PAGES_STOP;
	}
	net_api_set_priority(r->call, NET_NEARBY); /* what is seen first has come */
	return r->page(r->op, j);
}

static void request_pages_ended(void *ctx, bool complete, const struct err *err)
{
	struct op_request *r = ctx;
	struct op *op = r->op;
	op_pages_end end = r->dropped ? NULL : r->pages_end;
	struct err bad = r->bad;

	request_unlink(r);
	free(r);
	if (end)
		end(op, complete, NULL, bad.code ? &bad : err);
}

struct op_request *op_fetch(struct op *op, const struct op_ask *ask, op_got got)
{
	struct op_request *r = request_new(op);
	AUTO_STR body = ask->body ? json_text(ask->body) : NULL;
	const struct net_api_request q = { .method = ask->method, .path = ask->path, .body = sv_of(body), .revalidate = ask->revalidate,
		.repeatable = ask->repeatable, .any_type = ask->any_type, .max_body = ask->max_body, .priority = ask->priority };

	json_decref(ask->body);
	r->got = got;
	r->call = net_api_fetch(op->g->api, &q, request_ended, r);
	return r;
}

struct op_request *op_post(struct op *op, const char *path, json_t *body, op_got got)
{
	return op_fetch(op, &(struct op_ask){ .method = "POST", .path = path, .body = body }, got);
}

static void ahead_ended(void *ctx, const struct net_answer *a, const struct err *err)
{
	((struct op_request *)ctx)->ahead = NULL;
	request_ended(ctx, a, err);
}

struct op_request *op_get(struct op *op, const char *path, op_got got)
{
	if (ahead_has(op->g, path)) {
		struct op_request *r = request_new(op);
		r->got = got;
		r->ahead = ahead_take(op->g, path, ahead_ended, r);
		return r;
	}
	return op_fetch(op, &(struct op_ask){ .path = path, .revalidate = true, .max_body = GITLAB_MAX_ANSWER }, got);
}

struct op_request *op_pages(struct op *op, const char *path, uint32_t rest_s, op_page page, op_pages_end end)
{
	static const struct net_page_events events = { .on_page = request_page, .on_end = request_pages_ended };
	struct op_request *r = request_new(op);
	const struct net_api_request q = { .path = path, .revalidate = true, .page_size = 100, .rest_s = rest_s, .max_body = GITLAB_MAX_ANSWER };

	r->page = page;
	r->pages_end = end;
	r->call = net_api_pages(op->g->api, &q, &events, r);
	return r;
}

void op_request_cancel(struct op_request *r)
{
	if (!r)
		return;
	if (r->ahead) {
		ahead_leave(r->ahead);
		request_unlink(r);
		free(r);
		return;
	}
	r->dropped = true;
	net_api_cancel(r->call); /* ends it, and so frees r, before it returns */
}

struct net_api_call *op_request_call(struct op_request *r) { return r->call; }

json_t *op_json(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct err bad = { 0 };
	json_t *j = err ? NULL : json_read(a->response.body, GITLAB_MAX_ANSWER, &bad);

	if (j)
		return j;
	op_fail(op, a, err ? err : &bad);
	return NULL;
}

void op_end_odd(struct op *op, const char *wanted)
{
	struct err bad = { 0 };

	err_set(&bad, ERR_DECODE, "%s did not answer with %s", op->g->url, wanted);
	op_end(op, &bad);
}

void op_job_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	AUTO_JSON j = op_json(op, a, err); /* may end the op */
	AUTO(job_fini) struct job job = { 0 };

	if (!j)
		return;
	if (!gitlab_job(j, &job)) {
		op_end_odd(op, "a job");
		return;
	}
	forge_give_job(op->call, &job);
	op_end(op, NULL);
}

void op_project_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	const struct gitlab_where at = gitlab_at(op->g);
	AUTO_JSON j = op_json(op, a, err); /* may end the op */
	AUTO(project_fini) struct project p = { 0 };

	if (!j)
		return;
	if (!gitlab_project(j, &at, &p)) {
		op_end_odd(op, "a project");
		return;
	}
	forge_give_project(op->call, &p);
	op_end(op, NULL);
}

/* ---- the forge ------------------------------------------------------------------------------------------------------------------- */
static void words_of_answer(const struct net_response *r, struct buf *ret) { gitlab_words(r->body, ret); }

static void gitlab_cancel(struct forge_call *c)
{
	struct op *op = forge_call_impl(c);

	if (!op)
		return;
	op_stop(op);
	loop_defer(op->g->forge.loop, op_free, op); /* one of its handlers may be running */
}

static bool gitlab_login(const struct forge *f, struct forge_login *ret)
{
	const struct gitlab *g = (const struct gitlab *)f;

	/* Any name goes with a personal, group or project token; OAuth tokens need this one. */
	*ret = (struct forge_login){ .user = "oauth2", .token = g->token };
	return g->token != NULL;
}

/* What is under way goes on with the one before. */
static void gitlab_set_token(struct forge *f, const struct secret *token)
{
	struct gitlab *g = (struct gitlab *)f;

	secret_free(g->token);
	g->token = secret_dup(token);
	g->account_known = false;
	net_api_set_bearer(g->api, token);
}

static void commit_free(void *commit)
{
	commit_fini(commit);
	free(commit);
}

static void gitlab_destroy(struct forge *f)
{
	struct gitlab *g = (struct gitlab *)f;

	while (g->ops)
		op_free(g->ops);
	ahead_fini(g);
	net_api_free(g->api);
	histories_fini(g);
	trees_fini(g);
	map_free(g->commits);
	map_free(g->absent);
	map_free(g->repositories);
	account_fini(&g->account);
	secret_free(g->token);
	free(g->url);
	free(g->ca_file);
	free(g->job_name);
	free(g);
}

static const struct forge_ops gitlab_ops = {
	.caps = FORGE_HAS_JOBS | FORGE_SEARCHES | FORGE_BRANCH_PAGES | FORGE_HAS_ACCOUNT | FORGE_COMMITS | FORGE_FORKS | FORGE_HAS_REGISTRY | FORGE_FINDS_BY_PATH |
	        FORGE_CAN_BUILD_LOCALLY,
	.destroy = gitlab_destroy, .cancel = gitlab_cancel, .may = gitlab_may, .login = gitlab_login, .set_token = gitlab_set_token, .account = gitlab_account,
	.projects = gitlab_projects, .projects_page = gitlab_projects_page, .project = gitlab_one_project, .look_ahead = gitlab_look_ahead, .branches = gitlab_branches, .branches_page = gitlab_branches_page,
	.commit_ids = gitlab_commit_ids, .commits = gitlab_commits, .resolve = gitlab_resolve, .file = gitlab_file, .tree = gitlab_tree,
	.tar = gitlab_tar, .tar_more = gitlab_tar_more, .clone = gitlab_clone, .git_place = gitlab_git_place, .pipelines = gitlab_pipelines, .job = gitlab_one_job,
	.job_log = gitlab_job_log, .job_act = gitlab_job_act, .run_pipeline = gitlab_run_pipeline, .commit_files = gitlab_commit_files,
	.fork = gitlab_fork, .new_project = gitlab_new_project, .registry_tags = gitlab_registry_tags,
};

static struct net_api *api_new(const struct gitlab *g, struct net *net, const struct forge_gitlab_config *config)
{
	static const struct net_header headers[] = { { "User-Agent", "berth" } };
	struct net_api_config c = { .peer = { .base_url = config->url, .ca_file = config->ca_file }, .bearer = config->token, .headers = headers,
		.n_headers = ARRAY_LEN(headers), .words = words_of_answer, .on_state = config->on_state, .renew = config->renew, .ctx = config->ctx,
		.stays = config->stays };

	if (config->memo)
		c.memo = *config->memo;
	return net_api_new(g->forge.loop, net, &c);
}

struct forge *forge_gitlab_new(struct loop *loop, struct net *net, const struct forge_gitlab_config *config)
{
	struct gitlab *g = xcalloc(1, sizeof *g);

	forge_init(&g->forge, &gitlab_ops, loop, config->name);
	g->url = xstrdup(config->url);
	g->ca_file = xstrdup(config->ca_file);
	g->job_name = xstrdup(config->job_name ? config->job_name : "image_build");
	g->token = secret_dup(config->token);
	g->poll_ms = config->poll_ms ? config->poll_ms : 3000;
	g->commits = map_new(commit_free);
	g->absent = map_new(NULL);
	g->repositories = map_new(free);
	g->api = api_new(g, net, config);
	return &g->forge;
}

void forge_gitlab_renewed(struct forge *f, const struct secret *token)
{
	struct gitlab *g = (struct gitlab *)f;

	if (token) {
		secret_free(g->token);
		g->token = secret_dup(token);
		account_fini(&g->account); /* it may be somebody else's, or may do more */
		g->account = (struct account){ 0 };
		g->account_known = false;
	}
	net_api_renewed(g->api, token);
}

void forge_retry_now(struct forge *f)
{
	if (f->ops == &gitlab_ops)
		net_api_retry_now(((struct gitlab *)f)->api);
}
