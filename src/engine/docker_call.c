/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call on its way: requests, streams, handed-over connections, paths. */
#include "docker.h"

#include <ctype.h>

#include "berth/log.h"
#include "berth/mem.h"
#include "errors.h"
#include "negotiate.h"


enum { IDLE_MS = 30000, CONNECT_MS = 5000, REFUSAL_MAX = 64 << 10 };

/* ---- life ---- */
static void body_end(struct docker_body *b)
{
	if (b->done)
		b->done(b->ctx);
	free(b);
}

static void call_begin(void *ctx)
{
	struct docker_call *c = ctx;
	AUTO_HOLD(&c->base);

	c->begin(c);
}

static void call_queue(void *ctx)
{
	struct docker_call *c = ctx;

	if (c->afresh && docker_of(c)->state == DOCKER_READY)
		docker_of(c)->state = DOCKER_COLD;
	if (docker_of(c)->state == DOCKER_READY) {
		call_begin(c);
	} else {
		c->waits = true;
		docker_negotiate(docker_of(c));
	}
}

void docker_call_go(struct docker_call *c)
{
	c->waits = false;
	loop_defer(c->base.engine->loop, call_begin, c);
}

static void call_drop_step(struct docker_call *c)
{
	struct net_call *net = c->net;
	struct net_duplex *duplex = c->duplex;

	c->net = NULL;
	c->duplex = NULL;
	net_cancel(net);
	net_duplex_close(duplex);
	loop_timer_stop(c->timer);
	c->timer = NULL;
}

static void call_let_go(struct engine_call *base)
{
	struct docker_call *c = (struct docker_call *)base;

	loop_defer_cancel(base->engine->loop, call_queue, c);
	loop_defer_cancel(base->engine->loop, call_begin, c);
	call_drop_step(c);
	if (c->let_go)
		c->let_go(c);
	if (c->body)
		body_end(c->body);
	c->body = NULL;
}

static void call_destroy(struct engine_call *base)
{
	struct docker_call *c = (struct docker_call *)base;

	if (c->fini)
		c->fini(c);
	buf_fini(&c->refusal);
	free(c->arg);
	free(c);
}

struct docker_call *docker_call_new(struct engine *e, size_t size, docker_step_fn begin, engine_end_fn end, void *ctx)
{
	struct docker_call *c = xcalloc(1, size);

	engine_call_init(&c->base, e, end, ctx);
	c->base.let_go = call_let_go;
	c->base.destroy = call_destroy;
	c->begin = begin;
	c->refusal = BUF_INIT_MAX(REFUSAL_MAX);
	loop_defer(e->loop, call_queue, c);
	return c;
}

void docker_call_done(struct docker_call *c)
{
	engine_call_end(&c->base, NULL);
}

void docker_call_fail(struct docker_call *c, const struct err *err)
{
	struct err copy = *err;                     /* may live in what ends now */

	engine_call_end(&c->base, &copy);
}

static void call_timer(void *ctx)
{
	struct docker_call *c = ctx;
	docker_step_fn step = c->opened;
	AUTO_HOLD(&c->base);

	loop_timer_stop(c->timer);
	c->timer = NULL;
	step(c);
}

void docker_call_later(struct docker_call *c, uint32_t delay_ms, docker_step_fn step)
{
	loop_timer_stop(c->timer);
	c->opened = step;
	c->timer = loop_timer_start(c->base.engine->loop, delay_ms, 0, call_timer, c);
}

/* ---- bodies ---- */
void docker_call_keep_body(struct docker_call *c, const struct docker_body *b)
{
	c->body = xmalloc(sizeof *c->body);
	*c->body = *b;
}

static long body_read(void *ctx, char *p, size_t room)
{
	struct docker_body *b = ctx;

	return b->read(b->ctx, p, room);
}

static void body_done(void *ctx)
{
	body_end(ctx);
}

void docker_body_ready(struct engine_call *base)
{
	struct docker_call *c = (struct docker_call *)base;

	if (c->net)
		net_body_ready(c->net);
}

/* ---- what comes back ---- */
static void call_unreached(struct docker_call *c, const struct err *net_err)
{
	struct docker *d = docker_of(c);
	struct err err = { 0 };

	if (net_err->code == ERR_NET && d->state == DOCKER_READY)
		d->state = DOCKER_COLD;             /* another engine may stand there next time */
	docker_unreached(d, net_err, &err);
	docker_call_fail(c, &err);
}

static bool status_is_fine(const struct docker_call *c, int status)
{
	return (status >= 200 && status < 300) || status == 101 || (c->fine && (status == c->fine || c->fine == DOCKER_ANY_STATUS));
}

static void fetch_ended(void *ctx, const struct net_response *r, const struct err *err)
{
	struct docker_call *c = ctx;

	if (c->base.ended)
		return;
	c->net = NULL;
	AUTO_HOLD(&c->base);
	if (err) {
		call_unreached(c, err);
	} else if (status_is_fine(c, r->status)) {
		c->answered(c, r);
	} else {
		struct err said = { 0 };
		engine_error_response(&said, r->status, r->content_type, r->body);
		docker_call_fail(c, &said);
	}
}

static void stream_head(void *ctx, const struct net_response *r)
{
	struct docker_call *c = ctx;

	c->status = r->status;
	if (status_is_fine(c, r->status) && c->opened && !c->base.ended) {
		AUTO_HOLD(&c->base);
		c->opened(c);
	}
}

static void stream_data(void *ctx, struct sv bytes)
{
	struct docker_call *c = ctx;
	AUTO_HOLD(&c->base);

	if (c->base.ended)
		return;
	if (status_is_fine(c, c->status))
		c->on_data(c, bytes);
	else
		buf_add_sv(&c->refusal, (struct sv){ bytes.p, MIN_OF(bytes.len, REFUSAL_MAX - MIN_OF(c->refusal.len, (size_t)REFUSAL_MAX)) });
}

static void stream_ended(void *ctx, const struct err *err)
{
	struct docker_call *c = ctx;

	if (c->base.ended)
		return;
	c->net = NULL;
	AUTO_HOLD(&c->base);
	if (c->status && !status_is_fine(c, c->status)) {
		struct err said = { 0 };
		engine_error_response(&said, c->status, "", buf_sv(&c->refusal));
		docker_call_fail(c, &said);
	} else if (err) {
		call_unreached(c, err);
	} else {
		c->streamed(c);
	}
}

/* ---- asking ---- */
struct request { struct net_request q; struct net_header headers[4]; char *path, *json; };

static void request_fini(struct request *r)
{
	free(r->path);
	free(r->json);
}

static void request_header(struct request *r, const char *name, const char *value)
{
	r->headers[r->q.n_headers++] = (struct net_header){ name, value };
	r->q.headers = r->headers;
}

static void request_init(struct request *r, struct docker_call *c, const struct docker_ask *ask)
{
	struct docker *d = docker_of(c);

	*r = (struct request){ .path = xasprintf("/v1.%d%s", d->api, ask->path) };
	docker_peer(d, &r->q.peer);
	r->q.method = ask->method;
	r->q.path = r->path;
	r->q.connect_timeout_ms = CONNECT_MS;
	r->q.idle_timeout_ms = ask->idle_ms == DOCKER_NO_LIMIT ? 0 : ask->idle_ms ? ask->idle_ms : IDLE_MS;
	if (ask->header.name)
		request_header(r, ask->header.name, ask->header.value);
	if (ask->json) {
		r->json = json_text(ask->json);
		r->q.body = sv_of(r->json);
		request_header(r, "Content-Type", "application/json");
	}
	if (ask->pulled_body) {
		request_header(r, "Content-Type", "application/x-tar");
		r->q.body_read = body_read;
		r->q.body_done = body_done;
		r->q.body_ctx = c->body;
		c->body = NULL;                     /* net ends it from here on */
	}
	c->fine = ask->fine;
	c->status = 0;
	c->opened = NULL;
	buf_clear(&c->refusal);
	log_debug("engine", "%s: %s %s", d->base.name, ask->method, r->path);
}

void docker_fetch(struct docker_call *c, const struct docker_ask *ask, docker_answer_fn got)
{
	AUTO(request_fini) struct request r;

	request_init(&r, c, ask);
	c->answered = got;
	c->net = net_fetch(docker_of(c)->net, &r.q, fetch_ended, c);
}

static const struct net_stream_events stream_events = { stream_head, stream_data, stream_ended };

void docker_stream(struct docker_call *c, const struct docker_ask *ask, docker_data_fn on_data, docker_step_fn done)
{
	AUTO(request_fini) struct request r;

	request_init(&r, c, ask);
	c->on_data = on_data;
	c->streamed = done;
	c->net = net_open(docker_of(c)->net, &r.q, &stream_events, c);
}

static void hijack_ended(void *ctx, const struct err *err)
{
	struct docker_call *c = ctx;
	struct net_duplex *duplex = c->duplex;

	if (c->base.ended)
		return;
	c->duplex = NULL;
	net_duplex_close(duplex);
	stream_ended(ctx, err);
}

void docker_hijack(struct docker_call *c, const struct docker_ask *ask, docker_step_fn opened, docker_data_fn on_data, docker_step_fn done)
{
	static const struct net_stream_events hijack_events = { stream_head, stream_data, hijack_ended };
	AUTO(request_fini) struct request r;

	request_init(&r, c, ask);
	r.q.idle_timeout_ms = 0;
	c->on_data = on_data;
	c->streamed = done;
	c->opened = opened;
	c->duplex = net_hijack(docker_of(c)->net, &r.q, &hijack_events, c);
}

json_t *docker_json(struct docker_call *c, const struct net_response *r)
{
	struct err err = { 0 };
	json_t *j = json_read(r->body, ANSWER_MAX, &err);

	if (!j) {
		err_prefix(&err, "the engine's answer");
		docker_call_fail(c, &err);
	}
	return j;
}

void docker_answered_done(struct docker_call *c, const struct net_response *r)
{
	docker_call_done(c);
}

/* ---- paths ---- */
char *docker_path(const char *before, const char *name, const char *after, struct err *reterr)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;

	if (!name || !*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strchr(name, '/')) {
		err_set(reterr, ERR_USAGE, "'%s' can't be the name of anything on an engine", name ? name : "");
		return NULL;
	}
	buf_add_str(&b, before);
	buf_add_urlencoded(&b, sv_of(name), NULL);
	buf_add_str(&b, after);
	return buf_take(&b);
}

static bool ref_is_sound(const char *ref)
{
	struct sv rest = sv_of(ref), part;

	if (!ref || !*ref || rest.len > 512 || !isalnum((unsigned char)*ref) || ref[rest.len - 1] == '/')
		return false;
	for (const char *p = ref; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-/:@+[]", *p))
			return false;
	while (sv_split(&rest, '/', &part))
		if (!part.len || sv_eq(part, SV(".")) || sv_eq(part, SV("..")))
			return false;
	return true;
}

char *docker_image_path(const char *before, const char *ref, const char *after, struct err *reterr)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;

	if (!ref_is_sound(ref)) {
		err_set(reterr, ERR_USAGE, "'%s' is no name of an image", ref ? ref : "");
		err_hint(reterr, "names look like registry.example/group/name:tag, in lower case");
		return NULL;
	}
	buf_add_str(&b, before);
	buf_add_urlencoded(&b, sv_of(ref), "/:");
	buf_add_str(&b, after);
	return buf_take(&b);
}

void docker_path_add(struct buf *path, const char *key, const char *value)
{
	buf_add_char(path, path->len && memchr(path->p, '?', path->len) ? '&' : '?');
	buf_add_str(path, key);
	buf_add_char(path, '=');
	buf_add_urlencoded(path, sv_of(value), NULL);
}

json_t *docker_labels(const struct net_header *labels, size_t n)
{
	json_t *j = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_set_new(j, labels[i].name, json_str_lossy(sv_of(labels[i].value)));
	return j;
}
