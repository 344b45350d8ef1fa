/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a client and of its calls. */
#include "net/api.h"

static char *dup_or(const char *s, const char *otherwise)
{
	return xstrdup(s ? s : otherwise);
}

/* ---- requests that are kept -------------------------------------------------------------------------------------------------- */
static const struct net_header *headers_dup(const struct net_header *h, size_t n)
{
	struct net_header *copy = xcalloc(n + 1, sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = (struct net_header){ xstrdup(h[i].name), xstrdup(h[i].value) };
	return copy;
}

static void headers_free(const struct net_header *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free((char *)h[i].name);
		free((char *)h[i].value);
	}
	free((struct net_header *)h);
}

static void call_free(struct net_api_call *c)
{
	free((char *)c->q.method);
	free((char *)c->q.path);
	free((char *)c->q.body_type);
	headers_free(c->q.headers, c->q.n_headers);
	secret_free((struct secret *)c->q.bearer);
	secret_free((struct secret *)c->q.basic);
	free(c->etag);
	if (c->body.p)
		wipe(c->body.p, c->body.len);
	buf_fini(&c->body);
	head_fini(&c->head);
	buf_fini(&c->in);
	free(c);
}

static struct net_api_call *call_new(struct net_api *a, const struct net_api_request *q, enum api_kind kind, void *ctx)
{
	struct net_api_call *c = xcalloc(1, sizeof *c);
	c->api = a;
	c->kind = kind;
	c->ctx = ctx;
	c->q = *q;
	c->q.method = dup_or(q->method, "GET");
	c->q.path = dup_or(q->path, "");
	c->q.body_type = dup_or(q->body_type, "application/json");
	c->q.headers = headers_dup(q->headers, q->n_headers);
	c->q.revalidate = q->revalidate && !strcmp(c->q.method, "GET") && kind != API_PIECES;
	c->q.bearer = secret_dup(q->bearer);
	c->q.basic = secret_dup(q->basic);
	c->body.max = SIZE_MAX;
	buf_add_sv(&c->body, q->body);
	c->prev = a->last;
	*(a->last ? &a->last->next : &a->first) = c;
	a->last = c;
	api_queue(c, 0);
	if (a->freed) {
		struct err e = { 0 };
		err_set(&e, ERR_CANCELLED, "cancelled");
		api_fail_soon(c, &e);
	}
	return c;
}

struct net_api_call *net_api_fetch(struct net_api *a, const struct net_api_request *q, net_api_end_fn on_end, void *ctx)
{
	struct net_api_call *c = call_new(a, q, API_WHOLE, ctx);
	c->on_whole = on_end;
	return c;
}

struct net_api_call *net_api_pages(struct net_api *a, const struct net_api_request *q, const struct net_page_events *ev, void *ctx)
{
	struct net_api_call *c = call_new(a, q, API_PAGES, ctx);
	c->pages = *ev;
	return c;
}

struct net_api_call *net_api_open(struct net_api *a, const struct net_api_request *q, const struct net_piece_events *ev, void *ctx)
{
	struct net_api_call *c = call_new(a, q, API_PIECES, ctx);
	c->pieces = *ev;
	return c;
}

/* ---- ends -------------------------------------------------------------------------------------------------------------------- */
static void tell_end(struct net_api_call *c, const struct net_answer *answer, const struct err *err)
{
	if (c->kind == API_WHOLE)
		c->on_whole(c->ctx, answer, err);
	else if (c->kind == API_PIECES)
		c->pieces.on_end(c->ctx, err);
	else
		c->pages.on_end(c->ctx, !err && !c->failing, err);
}

void api_end(struct net_api_call *c, const struct net_answer *answer, const struct err *err)
{
	struct net_api *a = c->api;
	struct net_call *running = c->call;
	struct err copy = { 0 };
	if (c->where == API_ENDED)
		return;
	if (err)
		copy = *err;
	c->where = API_ENDED;
	c->call = NULL;
	api_enter(a);
	net_cancel(running);
	tell_end(c, answer, err ? &copy : NULL);
	api_ask_pump(a);
	api_leave(a);
}

void api_fail_soon(struct net_api_call *c, const struct err *err)
{
	c->failing = true;
	c->err = *err;
	api_ask_pump(c->api);
}

void net_api_cancel(struct net_api_call *c)
{
	struct err e = { 0 };
	err_set(&e, ERR_CANCELLED, "cancelled");
	if (c)
		api_end(c, NULL, &e);
}

static void sweep(struct net_api *a)
{
	for (struct net_api_call *c = a->first, *next; c; c = next) {
		next = c->next;
		if (c->where != API_ENDED)
			continue;
		*(c->prev ? &c->prev->next : &a->first) = next;
		*(next ? &next->prev : &a->last) = c->prev;
		call_free(c);
	}
}

void api_enter(struct net_api *a)
{
	a->depth++;
}

static void free_now(struct net_api *a)
{
	free((char *)a->config.peer.base_url);
	free((char *)a->config.peer.unix_socket);
	free((char *)a->config.peer.ca_file);
	free((char *)a->config.peer.cert_file);
	free((char *)a->config.peer.key_file);
	free((char *)a->config.peer.proxy);
	headers_free(a->config.headers, a->config.n_headers);
	secret_free(a->bearer);
	api_lru_free(a->lru);
	free(a);
}

void api_leave(struct net_api *a)
{
	if (--a->depth)
		return;
	sweep(a);
	if (a->freed)
		free_now(a);
}

/* ---- what is asked of a call on its way ------------------------------------------------------------------------------------------ */
void net_api_hold(struct net_api_call *c)
{
	c->hold = true;
}

void net_api_more(struct net_api_call *c)
{
	c->hold = false;
	if (c->where == API_HELD)
		api_queue(c, 0);
}

void net_api_pause(struct net_api_call *c, bool paused)
{
	c->paused = paused;
	if (!c->call)
		return;
	if (paused)
		net_call_pause(c->call);
	else
		net_call_resume(c->call);
}

void net_api_set_priority(struct net_api_call *c, enum net_priority p)
{
	c->q.priority = p;
}

/* ---- the client ------------------------------------------------------------------------------------------------------------------ */
static void peer_dup(struct net_peer *to, const struct net_peer *from)
{
	*to = (struct net_peer){ .base_url = xstrdup(from->base_url), .unix_socket = xstrdup(from->unix_socket), .ca_file = xstrdup(from->ca_file),
	                         .cert_file = xstrdup(from->cert_file), .key_file = xstrdup(from->key_file), .proxy = xstrdup(from->proxy),
	                         .tls_insecure = from->tls_insecure };
}

struct net_api *net_api_new(struct loop *loop, struct net *net, const struct net_api_config *config)
{
	struct net_api *a = xcalloc(1, sizeof *a);
	struct net_api_config *c = &a->config;
	a->loop = loop;
	a->net = net;
	*c = *config;
	peer_dup(&c->peer, &config->peer);
	c->headers = headers_dup(config->headers, config->n_headers);
	c->bearer = NULL;
	c->max_running = c->max_running ? c->max_running : API_RUNNING_MAX;
	c->tries = c->tries ? c->tries : API_TRIES;
	c->backoff_ms = c->backoff_ms ? c->backoff_ms : API_BACKOFF_MS;
	c->connect_timeout_ms = c->connect_timeout_ms ? c->connect_timeout_ms : 10000;
	c->first_byte_timeout_ms = c->first_byte_timeout_ms ? c->first_byte_timeout_ms : 60000;
	c->idle_timeout_ms = c->idle_timeout_ms ? c->idle_timeout_ms : 30000;
	if (!c->memo.get) {
		a->lru = api_lru_new();
		c->memo = api_lru_memo(a->lru);
	}
	net_api_set_bearer(a, config->bearer);
	return a;
}

void net_api_free(struct net_api *a)
{
	if (!a || a->freed)
		return;
	a->freed = true;
	api_enter(a);
	/* From the front again each time: an owner may have begun another in its callback. */
	for (struct net_api_call *c = a->first; c; c = c->where == API_ENDED ? c->next : a->first)
		net_api_cancel(c);
	loop_defer_cancel(a->loop, api_pump, a);
	loop_timer_stop(a->wake);
	api_leave(a);                           /* the last one out frees */
}

void net_api_set_bearer(struct net_api *a, const struct secret *bearer)
{
	secret_free(a->bearer);
	a->bearer = secret_dup(bearer);
	a->bearer_no++;
}

const struct net_api_state *net_api_state(const struct net_api *a)
{
	return &a->state;
}

bool net_api_kept(struct net_api *a, const char *path, struct net_kept *ret)
{
	AUTO_STR key = xasprintf("%s%s", a->config.peer.base_url, path);
	return a->config.memo.get(a->config.memo.ctx, key, ret);
}

void net_api_keep(struct net_api *a, const char *path, const struct net_kept *k)
{
	AUTO_STR key = xasprintf("%s%s", a->config.peer.base_url, path);
	a->config.memo.put(a->config.memo.ctx, key, k);
}
