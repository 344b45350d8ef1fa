/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What will be wanted next of a project that somebody begins to look at, asked for beside its branches instead of after them. Each
 * answer is good for one taker and a few seconds; an error that nobody waits for is forgotten, so that the taker asks itself.
 */
#include "forge/gitlab.h"

enum { GOOD_FOR_MS = 10000, MAX_AHEAD = 4, NEWEST_PIPELINES = 100 };

struct ahead {
	struct ahead *next;           /* asked before this one */
	struct gitlab *g;
	char *path;
	struct net_api_call *call;    /* NULL: answered */
	struct buf body;
	uint64_t at_ms;
	void (*got)(void *ctx, const struct net_answer *a, const struct err *err); /* of the taker; NULL: none yet */
	void *ctx;
	void (*saw)(void *ctx, struct sv body); /* of one who looks at it as it comes, whoever takes it; NULL: nobody */
	void *saw_ctx;
	bool dropped;
};

static void give(void *ahead);

static void ahead_free(struct ahead *a)
{
	loop_defer_cancel(a->g->forge.loop, give, a);
	for (struct ahead **at = &a->g->ahead; *at; at = &(*at)->next) {
		if (*at != a)
			continue;
		*at = a->next;
		break;
	}
	buf_fini(&a->body);
	free(a->path);
	free(a);
}

static void drop(struct ahead *a)
{
	if (!a->call) {
		ahead_free(a);
		return;
	}
	a->dropped = true;
	net_api_cancel(a->call); /* ends in answered(), which frees */
}

void ahead_fini(struct gitlab *g)
{
	while (g->ahead)
		drop(g->ahead);
}

/* What came before anybody took it. */
static void give(void *ahead)
{
	struct ahead *a = ahead;
	const struct net_answer answer = { .response = { .status = 200, .body = buf_sv(&a->body) } };

	a->got(a->ctx, &answer, NULL);
	ahead_free(a);
}

static void answered(void *ctx, const struct net_answer *answer, const struct err *err)
{
	struct ahead *a = ctx;

	a->call = NULL;
	if (!a->dropped && !a->got && err && err->http == 404 && strncmp(a->path, GRAPHQL_PATH, strlen(GRAPHQL_PATH)) == 0)
		a->g->no_graphql = true; /* the taker would only hear the same */
	if (!a->dropped && a->saw && !err)
		a->saw(a->saw_ctx, answer->response.body);
	a->saw = NULL;
	if (!a->dropped && a->got)
		a->got(a->ctx, answer, err);
	if (a->dropped || a->got || err) {
		ahead_free(a);
		return;
	}
	buf_add_sv(&a->body, answer->response.body);
	a->at_ms = loop_now_ms(a->g->forge.loop);
}

static struct ahead *find(struct gitlab *g, const char *path)
{
	for (struct ahead *a = g->ahead; a; a = a->next) {
		if (a->got || strcmp(a->path, path) != 0)
			continue;
		if (a->call || loop_now_ms(g->forge.loop) < a->at_ms + GOOD_FOR_MS)
			return a;
		ahead_free(a);
		return NULL;
	}
	return NULL;
}

void ahead_ask(struct gitlab *g, const char *path)
{
	struct ahead *last = g->ahead;
	const struct net_api_request q = { .path = path, .revalidate = true, .max_body = GITLAB_MAX_ANSWER };

	if (find(g, path))
		return;
	for (unsigned i = 1; last && i < MAX_AHEAD; i++)
		last = last->next;
	if (last && !last->got)
		drop(last);
	struct ahead *a = xcalloc(1, sizeof *a);
	*a = (struct ahead){ .next = g->ahead, .g = g, .path = xstrdup(path) };
	g->ahead = a;
	a->call = net_api_fetch(g->api, &q, answered, a);
}

bool ahead_has(struct gitlab *g, const char *path) { return find(g, path) != NULL; }

struct ahead *ahead_take(struct gitlab *g, const char *path, void (*got)(void *ctx, const struct net_answer *a, const struct err *err), void *ctx)
{
	struct ahead *a = find(g, path);

	if (!a)
		return NULL;
	a->got = got;
	a->ctx = ctx;
	if (!a->call)
		loop_defer(g->forge.loop, give, a);
	return a;
}

void ahead_watch(struct gitlab *g, const char *path, void (*saw)(void *ctx, struct sv body), void *ctx)
{
	struct ahead *a = find(g, path);

	if (!a || !a->call)
		return;
	a->saw = saw;
	a->saw_ctx = ctx;
}

void ahead_unwatch(struct gitlab *g, const void *ctx)
{
	for (struct ahead *a = g->ahead; a; a = a->next)
		a->saw = a->saw_ctx == ctx ? NULL : a->saw;
}

/* The next one may take it. */
void ahead_leave(struct ahead *a)
{
	loop_defer_cancel(a->g->forge.loop, give, a);
	a->got = NULL;
}

/* ---- what is asked ------------------------------------------------------------------------------------------------------------- */
char *ahead_history_path(const char *base, const char *branch)
{
	AUTO(buf_fini) struct buf path = BUF_INIT;

	buf_addf(&path, "%s/repository/commits?per_page=100", base);
	gitlab_add_query(&path, "ref_name", sv_of(branch));
	return buf_take(&path);
}

char *ahead_pipelines_path(const struct gitlab *g, const struct project *p)
{
	return gitlab_join_path(&(struct gitlab_join){ .path = p->path, .job_name = g->job_name, .max = NEWEST_PIPELINES,
		.file = g->no_join_file ? NULL : RENKU_INI });
}

void gitlab_look_ahead(struct forge *f, const struct project *p)
{
	struct gitlab *g = (struct gitlab *)f;
	AUTO(buf_fini) struct buf base = BUF_INIT;

	if (!p->default_branch)
		return; /* nothing was ever pushed */
	gitlab_add_project(&base, p);
	AUTO_STR history = ahead_history_path(buf_str(&base), p->default_branch);
	AUTO_STR newest = p->path && !g->no_graphql && !g->graphql_by_post ? ahead_pipelines_path(g, p) : NULL;
	ahead_ask(g, history);
	if (newest)
		ahead_ask(g, newest);
}
