/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One attempt: a request is made of a call, its answer gathered or handed on. */
#include "net/api.h"

/* ---- the request -------------------------------------------------------------------------------------------------------------- */
typedef VEC(struct net_header) headers;

static void add_headers(const struct net_api_call *c, headers *v)
{
	const struct net_api_config *config = &c->api->config;
	for (size_t i = 0; i < config->n_headers; i++)
		VEC_PUSH(v, config->headers[i]);
	for (size_t i = 0; i < c->q.n_headers; i++)
		VEC_PUSH(v, c->q.headers[i]);
	if (c->body.len)
		VEC_PUSH(v, ((struct net_header){ "Content-Type", c->q.body_type }));
	if (c->etag)
		VEC_PUSH(v, ((struct net_header){ "If-None-Match", c->etag }));
}

static void look_up(struct net_api_call *c)
{
	struct net_kept k;
	str_replace(&c->etag, c->q.revalidate && net_api_kept(c->api, c->q.path, &k) && k.etag && *k.etag ? k.etag : NULL);
}

/* ---- its answer --------------------------------------------------------------------------------------------------------------- */
static void copy_head(struct head *to, const struct net_response *r)
{
	head_clear(to);
	to->status = r->status;
	for (size_t i = 0; i < r->n_headers; i++) {
		VEC_PUSH(&to->starts, to->text.len);
		buf_add(&to->text, r->headers[i].name, strlen(r->headers[i].name) + 1);
		VEC_PUSH(&to->starts, to->text.len);
		buf_add(&to->text, r->headers[i].value, strlen(r->headers[i].value) + 1);
	}
	head_finish(to);
}

static void on_head(void *ctx, const struct net_response *r)
{
	struct net_api_call *c = ctx;
	struct err e = { 0 };
	if (c->where == API_ENDED)
		return;
	copy_head(&c->head, r);
	c->head_came = true;
	if (c->kind != API_PIECES || !api_is_good(c))
		return;
	if (api_check_type(c, &e)) {
		c->refused = true;
		net_call_fail(c->call, &e);
		return;
	}
	struct net_answer a;
	api_answer(c, &a);
	c->is_given = true;
	if (c->pieces.on_head)
		c->pieces.on_head(c->ctx, &a);
}

static void too_big(struct net_api_call *c)
{
	struct err e = { 0 };
	err_set(&e, ERR_TOO_BIG, "the answer is larger than %zu bytes", c->in.max);
	c->refused = true;
	net_call_fail(c->call, &e);
}

static void on_data(void *ctx, struct sv bytes)
{
	struct net_api_call *c = ctx;
	if (c->where == API_ENDED || c->refused)
		return;
	if (!api_is_good(c)) {                  /* an error's body is read for its words, and only so far */
		buf_add(&c->in, bytes.p, MIN_OF(bytes.len, API_ERROR_MAX_BYTES - MIN_OF(c->in.len, (size_t)API_ERROR_MAX_BYTES)));
		if (c->in.len >= API_ERROR_MAX_BYTES)
			too_big(c);
		return;
	}
	if (c->kind == API_PIECES) {
		c->n_bytes += bytes.len;
		if (c->q.max_body && c->n_bytes > c->q.max_body) {
			too_big(c);
		} else if (c->pieces.on_data) {
			c->pieces.on_data(c->ctx, bytes);
		}
		return;
	}
	buf_add_sv(&c->in, bytes);
	if (c->in.overflow)
		too_big(c);
}

static void on_end(void *ctx, const struct err *err)
{
	struct net_api_call *c = ctx;
	if (c->where == API_ENDED)
		return;
	c->call = NULL;
	api_enter(c->api);
	/* An error's body that is too long or was cut still has its status and its first words. */
	bool said_enough = err && c->head_came && !api_is_good(c) && (err->code == ERR_TOO_BIG || err->code == ERR_NET);
	api_judge(c, said_enough ? NULL : err);
	api_ask_pump(c->api);
	api_leave(c->api);
}

void api_run(struct net_api_call *c)
{
	static const struct net_stream_events events = { on_head, on_data, on_end };
	struct net_api *a = c->api;
	headers v = VEC_INIT;
	if (api_take_kept(c))
		return;
	look_up(c);
	add_headers(c, &v);
	head_clear(&c->head);
	buf_clear(&c->in);
	c->in.max = c->q.max_body ? c->q.max_body : BUF_MAX_DEFAULT;
	c->head.text.max = BUF_MAX_DEFAULT;
	c->head_came = c->refused = false;
	c->n_tries++;
	c->bearer_no = a->bearer_no;
	c->where = API_RUNNING;
	struct net_request q = {
		.peer = a->config.peer, .method = c->q.method, .path = c->q.path, .headers = v.items, .n_headers = v.len, .bearer = c->q.bearer || c->q.basic ? c->q.bearer : a->bearer, .basic = c->q.basic,
		.body = buf_sv(&c->body), .connect_timeout_ms = a->config.connect_timeout_ms, .idle_timeout_ms = a->config.idle_timeout_ms,
		.first_byte_timeout_ms = a->config.first_byte_timeout_ms, .share_connection = true,
		.total_timeout_ms = c->q.total_timeout_ms ? c->q.total_timeout_ms : a->config.total_timeout_ms,
	};
	c->call = net_open(a->net, &q, &events, c);
	if (c->paused)
		net_call_pause(c->call);
	VEC_FINI(&v);
}
