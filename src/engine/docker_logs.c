/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a container says (logs) and what the engine says (events). */
#include "docker.h"

#include "berth/mem.h"
#include "decode.h"
#include "errors.h"

/* ---- logs ---- */
struct logs_call {
	struct docker_call call;
	struct engine_logs_query q;
	void (*piece)(void *ctx, int stream, struct sv bytes);
	struct frames frames;
	bool tty;
};

static void logs_piece(void *ctx, int stream, struct sv bytes)
{
	struct logs_call *l = ctx;

	if (l->call.base.ended)
		return;
	if (stream == 3) {                          /* the engine's own: it can't read the log any further */
		struct err err = { 0 };
		engine_error_words(&err, 0, bytes);
		docker_call_fail(&l->call, &err);
	} else {
		l->piece(l->call.base.ctx, stream, bytes);
	}
}

static void logs_data(struct docker_call *c, struct sv bytes)
{
	struct logs_call *l = (struct logs_call *)c;
	struct err err = { 0 };

	if (l->tty)
		logs_piece(l, 1, bytes);
	else if (frames_feed(&l->frames, bytes, logs_piece, l, &err) < 0)
		docker_call_fail(c, &err);
}

/* Up to API 1.41 the answer doesn't tell frames from a terminal's bytes: the container does, and this names it when absent. */
static void logs_container_known(struct docker_call *c, const struct net_response *r)
{
	struct logs_call *l = (struct logs_call *)c;
	json_auto_t *j = docker_json(c, r);
	AUTO(buf_fini) struct buf path = BUF_INIT;
	AUTO_STR start = docker_path("/containers/", c->arg, "/logs?stdout=1&stderr=1", NULL);

	if (!j)
		return;
	l->tty = json_bool(j, "Config.Tty", false);
	buf_add_str(&path, start);
	if (l->q.follow)
		buf_add_str(&path, "&follow=1");
	if (l->q.timestamps)
		buf_add_str(&path, "&timestamps=1");
	if (l->q.tail)
		buf_addf(&path, "&tail=%u", l->q.tail);
	if (l->q.since_s > 0)
		buf_addf(&path, "&since=%lld", (long long)l->q.since_s);
	docker_stream(c, &(struct docker_ask){ .method = "GET", .path = buf_str(&path), .idle_ms = l->q.follow ? DOCKER_NO_LIMIT : 0 }, logs_data, docker_call_done);
}

static void logs_begin(struct docker_call *c)
{
	struct err err = { 0 };
	AUTO_STR path = docker_path("/containers/", c->arg, "/json", &err);

	if (!path)
		docker_call_fail(c, &err);
	else
		docker_fetch(c, &(struct docker_ask){ .method = "GET", .path = path }, logs_container_known);
}

struct engine_call *docker_logs(struct engine *e, const struct engine_logs_query *q, void (*piece)(void *, int, struct sv), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct logs_call), logs_begin, end, ctx);
	struct logs_call *l = (struct logs_call *)c;

	c->arg = xstrdup(q->container);
	l->q = *q;
	l->q.container = c->arg;
	l->piece = piece;
	return &c->base;
}

/* ---- events ---- */
struct events_call { struct docker_call call; struct lines lines; int64_t since_s; void (*item)(void *ctx, const struct engine_event *ev); };

/* Without a filter each health check would give three exec_… events per container. */
static const char *const events_asked[] = { "create", "start", "restart", "die", "died" /* Podman */, "kill", "oom", "stop", "pause", "unpause", "rename", "destroy", "remove",
                                            "health_status", "tag", "untag", "delete", "import", "load", "pull", "mount", "unmount" };

static bool events_line(void *ctx, const json_t *line)
{
	struct events_call *v = ctx;
	AUTO(scratch_fini) struct scratch s = SCRATCH_INIT;
	struct engine_event event;
	struct err err = { 0 };

	if (stream_error(line, &err)) {
		docker_call_fail(&v->call, &err);
	} else {
		decode_event(line, &s, &event);
		v->item(v->call.base.ctx, &event);
	}
	return !v->call.base.ended;
}

static void events_data(struct docker_call *c, struct sv bytes)
{
	struct events_call *v = (struct events_call *)c;
	struct err err = { 0 };

	if (lines_feed(&v->lines, bytes, events_line, v, &err) < 0)
		docker_call_fail(c, &err);
}

static void events_streamed(struct docker_call *c)
{
	struct err err = { 0 };

	err_set(&err, ERR_NET, "the engine ended its stream of events");
	err_hint(&err, "it was stopped or started again");
	docker_call_fail(c, &err);
}

static void events_begin(struct docker_call *c)
{
	struct events_call *v = (struct events_call *)c;
	AUTO(buf_fini) struct buf path = BUF_INIT;
	json_auto_t *filters = json_object();
	json_t *names = json_array();

	for (size_t i = 0; i < ARRAY_LEN(events_asked); i++)
		json_array_append_new(names, json_string(events_asked[i]));
	json_object_set_new(filters, "event", names);
	if (c->arg)
		json_object_set_new(filters, "label", json_pack("[o]", json_str_lossy(sv_of(c->arg))));
	AUTO_STR text = json_text(filters);
	buf_add_str(&path, "/events");
	docker_path_add(&path, "filters", text);
	if (v->since_s > 0)
		buf_addf(&path, "&since=%lld", (long long)v->since_s);
	docker_stream(c, &(struct docker_ask){ .method = "GET", .path = buf_str(&path), .idle_ms = DOCKER_NO_LIMIT }, events_data, events_streamed);
}

static void events_fini(struct docker_call *c)
{
	lines_fini(&((struct events_call *)c)->lines);
}

struct engine_call *docker_events(struct engine *e, const char *label_filter, int64_t since_s, void (*item)(void *, const struct engine_event *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct events_call), events_begin, end, ctx);
	struct events_call *v = (struct events_call *)c;

	c->arg = xstrdup(label_filter);
	c->fini = events_fini;
	v->lines = LINES_INIT;
	v->since_s = since_s;
	v->item = item;
	return &c->base;
}
