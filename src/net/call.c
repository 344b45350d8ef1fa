/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One request and its answer. curl's callbacks fill `in` and empty `out`; call_pump() hands `in` to the owner and fills
 * `out` from it. Each side that has nothing to do is paused in curl, so that the peer feels it.
 */
#include "berth/fault.h"
#include "net/tape.h"

struct net_call {
	struct net *net;
	struct net_call *prev, *next;
	CURL *easy;                     /* NULL: the request was refused before it began */
	struct curl_slist *headers;
	struct target target;
	char detail[CURL_ERROR_SIZE];

	void (*on_whole)(void *ctx, const struct net_response *r, const struct err *err);
	struct net_stream_events ev;
	void *ctx;

	struct head head;
	bool head_ready, head_told;
	struct buf in, giving;          /* what came; what the owner is reading just now */
	bool user_paused, recv_paused, send_paused;

	long (*body_read)(void *ctx, char *p, size_t room);
	void (*body_done)(void *ctx);
	void *body_ctx;
	struct buf out;
	size_t out_at;
	bool body_ended, body_waits;    /* there is no more; the producer has nothing now */

	struct loop_timer *idle_timer, *total_timer;
	uint32_t idle_ms, first_byte_ms;
	uint64_t moved_at;

	struct tape *tape;              /* what is written down of it; NULL: nothing */
	CURLcode result;
	struct err err;                 /* why it fails, when curl does not know */
	bool finished, failed, ended;
};

static void moved(struct net_call *c)
{
	c->moved_at = loop_now_ms(c->net->loop);
}

/* ---- curl's callbacks: bytes only ---------------------------------------------------------------------------------------- */
static size_t head_came(char *p, size_t size, size_t n, void *ctx)
{
	struct net_call *c = ctx;
	size_t len = size * n;
	moved(c);
	if (c->head_ready)
		return len;             /* trailers */
	if ((len == 1 || (len == 2 && p[0] == '\r')) && p[len - 1] == '\n') {
		c->head_ready = c->head.status >= 200 || c->head.status == 101;
		if (c->head_ready) {
			head_finish(&c->head);
			net_ask_pump(c->net);
		} else {
			head_clear(&c->head);
		}
		return len;
	}
	return head_add_line(&c->head, (struct sv){ p, len }, HEADERS_MAX_BYTES, &c->err) ? 0 : len;
}

static size_t body_came(char *p, size_t size, size_t n, void *ctx)
{
	struct net_call *c = ctx;
	size_t len = size * n;
	moved(c);
	if (!c->on_whole && (c->user_paused || c->in.len >= FLOW_BYTES)) {
		c->recv_paused = true;
		net_ask_pump(c->net);
		return CURL_WRITEFUNC_PAUSE;
	}
	tape_data(c->tape, (struct sv){ p, len });
	buf_add(&c->in, p, len);
	if (c->in.overflow) {
		buf_check(&c->in, "the answer", &c->err);
		return 0;
	}
	if (!c->on_whole)
		net_ask_pump(c->net);
	return len;
}

static size_t body_wanted(char *p, size_t size, size_t n, void *ctx)
{
	struct net_call *c = ctx;
	size_t len = MIN_OF(size * n, c->out.len - c->out_at);
	if (len) {
		memcpy(p, c->out.p + c->out_at, len);
		c->out_at += len;
		moved(c);
		return len;
	}
	if (c->body_ended)
		return 0;
	c->send_paused = true;
	net_ask_pump(c->net);
	return CURL_READFUNC_PAUSE;
}

void call_finished(void *call, CURLcode result)
{
	struct net_call *c = call;
	c->finished = true;
	c->result = result;
	net_ask_pump(c->net);
}

/* ---- ends --------------------------------------------------------------------------------------------------------------- */
static void end_curl(struct net_call *c)
{
	if (c->easy) {
		mux_remove(c->net->mux, c->easy);
		curl_easy_cleanup(c->easy);
		c->easy = NULL;
	}
	request_headers_free(c->headers);
	c->headers = NULL;
	loop_timer_stop(c->idle_timer);
	loop_timer_stop(c->total_timer);
	c->idle_timer = c->total_timer = NULL;
}

static void call_free(struct net_call *c)
{
	target_fini(&c->target);
	head_fini(&c->head);
	buf_fini(&c->in);
	buf_fini(&c->giving);
	buf_fini(&c->out);
	free(c);
}

static void tell_end(struct net_call *c, const struct err *err)
{
	if (!c->on_whole) {
		c->ev.on_end(c->ctx, err);
		return;
	}
	struct net_response r;
	head_response(&c->head, &r);
	r.body = buf_sv(&c->in);
	c->on_whole(c->ctx, err ? NULL : &r, err);
}

static void call_end(struct net_call *c, const struct err *err)
{
	if (c->ended)
		return;
	struct net *n = c->net;
	struct err copy = { 0 };        /* err may stand in c, or in what the owner ends */
	if (err)
		copy = *err;
	c->ended = true;
	net_enter(n);
	end_curl(c);
	tape_end(c->tape, &c->head, err);
	c->tape = NULL;
	if (c->body_done)
		c->body_done(c->body_ctx);
	tell_end(c, err ? &copy : NULL);
	net_leave(n);
}

static void call_fail(struct net_call *c, const struct err *err)
{
	if (c->ended || c->failed)
		return;
	c->failed = true;
	c->err = *err;
	net_ask_pump(c->net);
}

void net_call_fail(struct net_call *c, const struct err *err)
{
	if (c)
		call_fail(c, err);
}

static void cancelled(struct err *e)
{
	*e = (struct err){ 0 };
	err_set(e, ERR_CANCELLED, "cancelled");
}

void net_cancel(struct net_call *c)
{
	struct err e;
	cancelled(&e);
	if (c)
		call_end(c, &e);
}

void calls_cancel_all(struct net *n)
{
	/* From the front again each time: an owner may have begun another in its callback. */
	for (struct net_call *c = n->calls; c; c = c->ended ? c->next : n->calls)
		net_cancel(c);
}

void calls_sweep(struct net *n)
{
	for (struct net_call *c = n->calls, *next; c; c = next) {
		next = c->next;
		if (!c->ended)
			continue;
		*(c->prev ? &c->prev->next : &n->calls) = next;
		if (next)
			next->prev = c->prev;
		call_free(c);
	}
}

/* ---- timeouts ----------------------------------------------------------------------------------------------------------- */
/* Only the peer's silence counts: not the time to connect, which has its own limit, and not what we hold back ourselves. */
static bool peer_is_due(const struct net_call *c)
{
	curl_off_t connected_us = 0;
	curl_easy_getinfo(c->easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
	return connected_us && !c->user_paused && !(c->send_paused && c->body_waits);
}

static void idle_check(void *ctx)
{
	struct net_call *c = ctx;
	uint64_t now = loop_now_ms(c->net->loop);
	if (!peer_is_due(c))
		c->moved_at = now;
	uint32_t limit_ms = c->head_ready ? c->idle_ms : c->first_byte_ms;
	uint64_t due = c->moved_at + limit_ms;
	if (!limit_ms || now < due) {
		loop_timer_again(c->idle_timer, limit_ms ? due - now : c->first_byte_ms + c->idle_ms);
		return;
	}
	struct err e = { 0 };
	if (c->head_ready)
		err_set(&e, ERR_TIMEOUT, "%s has been silent for %u.%u s", c->target.where, limit_ms / 1000, limit_ms / 100 % 10);
	else
		err_set(&e, ERR_TIMEOUT, "%s took the request but gave no answer for %u.%u s", c->target.where, limit_ms / 1000, limit_ms / 100 % 10);
	err_hint(&e, "it may be busy or out of reach: try again");
	call_fail(c, &e);
}

static void total_over(void *ctx)
{
	struct net_call *c = ctx;
	struct err e = { 0 };
	err_set(&e, ERR_TIMEOUT, "the answer from %s took too long", c->target.where);
	err_hint(&e, "it may be busy or out of reach: try again");
	call_fail(c, &e);
}

/* ---- the pump ----------------------------------------------------------------------------------------------------------- */
static void unpause(struct net_call *c)
{
	if (!c->easy || c->finished)
		return;
	CURLcode r = curl_easy_pause(c->easy, (c->recv_paused ? CURLPAUSE_RECV : 0) | (c->send_paused ? CURLPAUSE_SEND : 0));
	if (r)
		call_finished(c, r);
}

static void give_head(struct net_call *c)
{
	struct net_response r;
	c->head_told = true;
	head_response(&c->head, &r);
	if (c->ev.on_head)
		c->ev.on_head(c->ctx, &r);
}

static void give_data(struct net_call *c)
{
	struct buf took = c->in;        /* curl fills the other one meanwhile */
	c->in = c->giving;
	c->giving = took;
	buf_clear(&c->in);
	if (c->ev.on_data)
		c->ev.on_data(c->ctx, buf_sv(&c->giving));
}

static void fill_out(struct net_call *c)
{
	struct err e;
	buf_clear(&c->out);
	c->out_at = 0;
	long n = c->body_read(c->body_ctx, buf_reserve(&c->out, FLOW_BYTES), FLOW_BYTES);
	if (n == NET_BODY_FAIL) {
		cancelled(&e);
		call_fail(c, &e);       /* unless net_call_fail has said more */
		return;
	}
	c->body_waits = n == NET_BODY_WAIT;
	if (c->body_waits || c->ended)
		return;
	if (n < 0 || n > FLOW_BYTES)
		BUG("a body's producer says %ld of %d bytes", n, FLOW_BYTES);
	c->body_ended = n == 0;
	buf_grew(&c->out, (size_t)n);
	c->send_paused = false;
	unpause(c);
}

static void end_as_curl_says(struct net_call *c)
{
	struct err e = { 0 };
	if (c->err.code)
		call_end(c, &c->err);
	else if (c->result && net_failure_easy(&e, c->easy, c->result, c->detail, &c->target))
		call_end(c, &e);
	else
		call_end(c, NULL);
}

static void call_pump(struct net_call *c)
{
	bool stream = !c->on_whole;
	if (stream && c->head_ready && !c->head_told && !c->ended)
		give_head(c);
	if (stream && c->in.len && !c->user_paused && !c->ended)
		give_data(c);
	if (!c->ended && c->recv_paused && !c->user_paused) {
		c->recv_paused = false;
		unpause(c);
	}
	if (!c->ended && c->send_paused && !c->body_waits && !c->finished && !c->failed)
		fill_out(c);
	if (c->ended)
		return;
	if (c->failed)
		call_end(c, &c->err);
	else if (c->finished && !(stream && c->in.len))
		end_as_curl_says(c);
	else if (c->finished && !c->user_paused)
		net_ask_pump(c->net);
}

void calls_pump(struct net *n)
{
	for (struct net_call *c = n->calls; c; c = c->next)
		call_pump(c);
}

/* ---- starts ------------------------------------------------------------------------------------------------------------- */
static void set_body(struct net_call *c, const struct net_request *q)
{
	CURL *easy = c->easy;
	if (q->body_read) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, body_wanted);
		curl_easy_setopt(easy, CURLOPT_READDATA, c);
		curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)FLOW_BYTES);
		if (q->body_size)
			curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_size);
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L); /* a stale connection could not be retried: the body is gone */
	} else if (q->body.len || !strcmp(q->method, "POST") || !strcmp(q->method, "PUT")) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.len);
		curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, q->body.len ? q->body.p : "");
	}
	if (!strcmp(q->method, "HEAD"))
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, q->method);
}

static void set_up(struct net_call *c, const struct net_request *q)
{
	CURL *easy = c->easy = curl_easy_init();
	if (!easy)
		BUG("curl has no memory");
	c->headers = request_headers(q);
	request_apply_peer(easy, q, &c->target);
	set_body(c, q);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->detail);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, head_came);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_came);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)FLOW_BYTES);
	if (!c->target.is_unix)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	moved(c);
	c->idle_ms = q->idle_timeout_ms;
	c->first_byte_ms = q->first_byte_timeout_ms ? q->first_byte_timeout_ms : q->idle_timeout_ms;
	if (c->first_byte_ms)
		c->idle_timer = loop_timer_start(c->net->loop, c->first_byte_ms, 0, idle_check, c);
	if (q->total_timeout_ms)
		c->total_timer = loop_timer_start(c->net->loop, q->total_timeout_ms, 0, total_over, c);
	mux_add(c->net->mux, easy);
}

static struct net_call *call_new(struct net *n, const struct net_request *q, void *ctx)
{
	struct net_call *c = xcalloc(1, sizeof *c);
	c->net = n;
	c->ctx = ctx;
	c->next = n->calls;
	if (n->calls)
		n->calls->prev = c;
	n->calls = c;
	c->body_read = q->body_read;
	c->body_done = q->body_done;
	c->body_ctx = q->body_ctx;
	c->out.max = FLOW_BYTES + 1;
	c->head.text.max = HEADERS_MAX_BYTES;
	return c;
}

static void call_start(struct net_call *c, const struct net_request *q)
{
	struct err e = { 0 };
	if (c->net->freed)
		err_set(&e, ERR_CANCELLED, "cancelled");
	else if (fault_point("net.start"))
		err_set(&e, ERR_NET, "a fault point broke the connection");
	else
		target_of(q, &c->target, &e);
	if (!e.code && c->net->replay && !replay_take(c->net->replay, q, &c->target, &c->head, &c->in, &e)) {
		c->head_ready = true;
		call_finished(c, CURLE_OK);
		return;
	}
	if (e.code) {
		call_fail(c, &e);
		return;
	}
	c->tape = tape_new(c->net, q, &c->target);
	set_up(c, q);
}

struct net_call *net_fetch(struct net *n, const struct net_request *q,
                           void (*on_end)(void *ctx, const struct net_response *r, const struct err *err), void *ctx)
{
	struct net_call *c = call_new(n, q, ctx);
	c->on_whole = on_end;
	c->in.max = q->max_body ? q->max_body : BUF_MAX_DEFAULT;
	call_start(c, q);
	return c;
}

struct net_call *net_open(struct net *n, const struct net_request *q, const struct net_stream_events *ev, void *ctx)
{
	struct net_call *c = call_new(n, q, ctx);
	c->ev = *ev;
	call_start(c, q);
	return c;
}

void net_call_pause(struct net_call *c)
{
	c->user_paused = true;
}

void net_call_resume(struct net_call *c)
{
	c->user_paused = false;
	moved(c);
	net_ask_pump(c->net);
}

void net_body_ready(struct net_call *c)
{
	c->body_waits = false;
	moved(c);
	net_ask_pump(c->net);
}
