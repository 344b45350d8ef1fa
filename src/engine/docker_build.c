/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Builds. BuildKit is used without a session (docker's own protocol for it needs gRPC), so it can't log in to registries:
 * base images that are not there and that we have credentials for are pulled first. Closing the connection ends a build of
 * either builder.
 */
#include "docker.h"

#include "auth.h"
#include "berth/mem.h"
#include "build_lines.h"
#include "find.h"
#include "pull.h"

struct build_call {
	struct docker_call call;
	struct build_lines lines;
	struct pull_step pull;
	struct buf query;
	struct secret *registries;                  /* the classic builder's X-Registry-Config */
	char **bases;
	size_t n_bases, base;                       /* base: the one looked at */
	bool classic, no_buildkit;
	void (*event)(void *ctx, const struct engine_build_event *ev);
};

static void build_event(void *ctx, const struct engine_build_event *ev)
{
	struct build_call *b = ctx;

	if (b->event && !b->call.base.ended)
		b->event(b->call.base.ctx, ev);
}

/* ---- the build itself ---- */
/* The engine's last words on a broken build may come after the context's upload broke: what it said counts first. */
static void build_data(struct docker_call *c, struct sv bytes)
{
	struct build_call *b = (struct build_call *)c;

	if (!build_lines_feed(&b->lines, bytes) && !c->base.ended) {
		bk_trace_flush(&b->lines.trace);
		docker_call_fail(c, &b->lines.err);
	}
}

static void build_streamed(struct docker_call *c)
{
	struct build_call *b = (struct build_call *)c;

	if (build_lines_end(&b->lines) < 0)
		docker_call_fail(c, &b->lines.err);
	else
		docker_call_done(c);
}

static void build_request(struct build_call *b)
{
	AUTO(find_env_fini) struct find_env env;
	AUTO_STR path = xasprintf("/build?%s%s", buf_str(&b->query), b->classic ? "" : "&version=2");
	struct docker_ask ask = { .method = "POST", .path = path, .pulled_body = true, .idle_ms = DOCKER_NO_LIMIT };

	find_env_read(&env);
	if (b->classic && (b->registries = auth_build_header(env.config_dir)) != NULL)
		ask.header = (struct net_header){ "X-Registry-Config", secret_reveal(b->registries).p };
	docker_stream(&b->call, &ask, build_data, build_streamed);
}

/* ---- base images ---- */
static void base_next(struct build_call *b);

static void base_progress(struct pull_step *p, const struct engine_progress *what)
{
	struct build_call *b = (struct build_call *)p->call;

	if (what->total && what->now < what->total)
		return;                             /* a log wants lines, not a gauge */
	AUTO_STR text = xasprintf("%s: %s\n", p->ref, what->what);
	build_event(b, &(struct engine_build_event){ .kind = BUILD_EVENT_LOG, .text = sv_of(text) });
}

static void base_pulled(struct pull_step *p)
{
	struct build_call *b = (struct build_call *)p->call;

	b->base++;
	base_next(b);
}

static void base_looked(struct docker_call *c, const struct net_response *r)
{
	struct build_call *b = (struct build_call *)c;

	if (r->status == 200) {
		b->base++;
		base_next(b);
		return;
	}
	b->pull.only_with_credentials = true;       /* without any, the builder fetches it as well as we could */
	b->pull.progress = base_progress;
	b->pull.done = base_pulled;
	pull_step_start(&b->pull, c, b->bases[b->base]);
}

static void base_next(struct build_call *b)
{
	while (b->base < b->n_bases) {
		AUTO_STR path = docker_image_path("/images/", b->bases[b->base], "/json", NULL);
		if (path) {
			docker_fetch(&b->call, &(struct docker_ask){ .method = "GET", .path = path, .fine = 404 }, base_looked);
			return;
		}
		b->base++;                          /* no name at all: the builder says so with the line's number */
	}
	build_request(b);
}

static void build_begin(struct docker_call *c)
{
	struct build_call *b = (struct build_call *)c;

	b->classic = b->no_buildkit || !(docker_of(c)->base.caps & ENGINE_HAS_BUILDKIT);
	build_event(b, &(struct engine_build_event){ .kind = BUILD_EVENT_BUILDER, .text = sv_of(b->classic ? "classic" : "buildkit") });
	if (!c->base.ended)
		base_next(b);
}

/* ---- its life ---- */
static void build_let_go(struct docker_call *c)
{
	struct build_call *b = (struct build_call *)c;

	auth_cancel(b->pull.auth);
	b->pull.auth = NULL;
}

static void build_call_fini(struct docker_call *c)
{
	struct build_call *b = (struct build_call *)c;

	pull_step_stop(&b->pull);
	build_lines_fini(&b->lines);
	buf_fini(&b->query);
	secret_free(b->registries);
	for (size_t i = 0; i < b->n_bases; i++)
		free(b->bases[i]);
	free(b->bases);
}

static void query_add_object(struct buf *query, const char *key, const struct net_header *pairs, size_t n)
{
	json_auto_t *j = docker_labels(pairs, n);
	AUTO_STR text = json_text(j);

	docker_path_add(query, key, text);
}

static void build_query_text(struct buf *b, const struct engine_build_query *q)
{
	struct buf query = BUF_INIT;

	docker_path_add(&query, "t", q->ref);
	docker_path_add(&query, "dockerfile", q->dockerfile ? q->dockerfile : "Dockerfile");
	query_add_object(&query, "labels", q->labels, q->n_labels);
	query_add_object(&query, "buildargs", q->args, q->n_args);
	buf_addf(&query, "&rm=1&forcerm=1&pull=0&nocache=%d", q->no_cache);
	if (q->memory_bytes)
		buf_addf(&query, "&memory=%llu&memswap=%llu", (unsigned long long)q->memory_bytes, (unsigned long long)q->memory_bytes);
	buf_add(b, query.p + 1, query.len - 1);     /* its '?' stands in the path */
	buf_fini(&query);
}

struct engine_call *docker_build(struct engine *e, const struct engine_build_query *q, void (*event)(void *, const struct engine_build_event *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct build_call), build_begin, end, ctx);
	struct build_call *b = (struct build_call *)c;

	c->let_go = build_let_go;
	c->fini = build_call_fini;
	docker_call_keep_body(c, &(struct docker_body){ q->context_read, q->context_done, q->context_ctx });
	build_query_text(&b->query, q);
	build_lines_init(&b->lines, build_event, b);
	b->event = event;
	b->no_buildkit = q->classic;
	b->n_bases = q->n_base_images;
	b->bases = xcalloc(q->n_base_images + 1, sizeof *b->bases);
	for (size_t i = 0; i < q->n_base_images; i++)
		b->bases[i] = xstrdup(q->base_images[i]);
	return &c->base;
}
