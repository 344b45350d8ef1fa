/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection that HTTP hands over. curl connects (CONNECT_ONLY: name, proxy, TLS), then the bytes are ours: the request,
 * the head of the answer, and a stream both ways. Each has a mux of its own: in a shared one, curl's search for idle
 * connections would take a hijacked one with bytes waiting for a dead one.
 */
#include <strings.h>
#include <sys/socket.h>
#include "net/net_impl.h"

enum { QUEUE_MAX_BYTES = 16 << 20, READ_BYTES = 16 << 10 };

enum phase { CONNECTING, ASKING /* the request goes out, the head comes in */, STREAMING, REFUSED /* a body tells why */, OVER };

struct net_duplex {
	struct net *net;
	struct net_duplex *prev, *next;
	struct mux *mux;
	CURL *easy;
	struct target target;
	char detail[CURL_ERROR_SIZE];
	struct net_stream_events ev;
	void *ctx;
	enum phase phase;
	curl_socket_t fd;
	struct loop_fd *watch;
	struct buf out;                 /* the request at first; then what was written, from out_at on */
	size_t out_at;
	struct buf queued;              /* written before the stream began */
	struct buf in;                  /* of the head */
	struct head head;
	struct body body;
	struct loop_timer *idle_timer, *total_timer;
	uint32_t idle_ms;
	struct err err;                 /* to be told by the next step */
	bool paused, closing_write, write_closed, closed, step_asked;
};

static void step(void *ctx);

static void ask_step(struct net_duplex *d)
{
	if (d->step_asked || d->closed || d->phase == OVER)
		return;
	d->step_asked = true;
	loop_defer(d->net->loop, step, d);
}

/* ---- ends --------------------------------------------------------------------------------------------------------------- */
static void stop_timers(struct net_duplex *d)
{
	loop_timer_stop(d->idle_timer);
	loop_timer_stop(d->total_timer);
	d->idle_timer = d->total_timer = NULL;
}

static void disconnect(struct net_duplex *d)
{
	if (d->phase == OVER)
		return;
	d->phase = OVER;
	stop_timers(d);
	loop_defer_cancel(d->net->loop, step, d);
	loop_fd_unwatch(d->watch);
	d->watch = NULL;
	if (d->easy) {
		mux_remove(d->mux, d->easy);
		curl_easy_cleanup(d->easy);
		d->easy = NULL;
	}
	mux_free(d->mux);
	d->mux = NULL;
	if (d->out.p)
		wipe(d->out.p, d->out.cap);
	buf_fini(&d->out);
	buf_fini(&d->queued);
	buf_fini(&d->in);
}

static void duplex_end(struct net_duplex *d, const struct err *err)
{
	if (d->phase == OVER || d->closed)
		return;
	struct err copy = { 0 };
	if (err)
		copy = *err;
	disconnect(d);
	net_enter(d->net);
	d->ev.on_end(d->ctx, err ? &copy : NULL);
	net_leave(d->net);
}

void net_duplex_close(struct net_duplex *d)
{
	if (!d || d->closed)
		return;
	d->closed = true;
	disconnect(d);
	net_enter(d->net);
	net_leave(d->net);              /* frees, unless one of its callbacks is under way */
}

static void duplex_free(struct net_duplex *d)
{
	head_fini(&d->head);
	target_fini(&d->target);
	free(d);
}

void duplexes_sweep(struct net *n)
{
	for (struct net_duplex *d = n->duplexes, *next; d; d = next) {
		next = d->next;
		if (!d->closed && !(n->freed && d->phase == OVER))
			continue;
		*(d->prev ? &d->prev->next : &n->duplexes) = next;
		if (next)
			next->prev = d->prev;
		duplex_free(d);
	}
}

void duplexes_cancel_all(struct net *n)
{
	struct err e = { 0 };
	err_set(&e, ERR_CANCELLED, "cancelled");
	for (struct net_duplex *d = n->duplexes; d; d = d->phase == OVER ? d->next : n->duplexes)
		duplex_end(d, &e);
}

static void fail_soon(struct net_duplex *d, const struct err *err)
{
	if (!d->err.code)
		d->err = *err;
	ask_step(d);
}

static void fail_curl(struct net_duplex *d, CURLcode code)
{
	struct err e = { 0 };
	net_failure_easy(&e, d->easy, code, d->detail, &d->target);
	duplex_end(d, &e);
}

/* ---- timeouts, up to the stream ----------------------------------------------------------------------------------------- */
static void took_too_long(void *ctx)
{
	struct net_duplex *d = ctx;
	struct err e = { 0 };
	err_set(&e, ERR_TIMEOUT, "no answer from %s in time", d->target.where);
	err_hint(&e, "it may be busy or out of reach: try again");
	fail_soon(d, &e);
}

static void moved(struct net_duplex *d)
{
	if (d->idle_timer)
		loop_timer_again(d->idle_timer, d->idle_ms);
}

/* ---- what comes --------------------------------------------------------------------------------------------------------- */
static bool alive(const struct net_duplex *d)
{
	return !d->closed && d->phase != OVER;
}

static void give(struct net_duplex *d, struct sv bytes)
{
	if (bytes.len && d->ev.on_data && alive(d))
		d->ev.on_data(d->ctx, bytes);
}

static void refused_bytes(struct net_duplex *d, struct sv bytes)
{
	struct err e = { 0 };
	struct sv piece;
	while (alive(d)) {
		enum body_step s = body_next(&d->body, &bytes, &piece, &e);
		if (s == BODY_PIECE)
			give(d, piece);
		else if (s == BODY_MORE)
			return;
		else
			duplex_end(d, s == BODY_END ? NULL : &e);
	}
}

static void stream_begins(struct net_duplex *d)
{
	d->phase = STREAMING;
	stop_timers(d);
	buf_cut_to(&d->out, d->out_at); /* an answer before the whole request: nobody will read the rest */
	buf_add_sv(&d->out, buf_sv(&d->queued));
	buf_fini(&d->queued);
}

static void head_came(struct net_duplex *d)
{
	struct err e = { 0 };
	struct net_response r;
	head_response(&d->head, &r);
	if (r.status == 101 || r.status == 200) {
		stream_begins(d);
	} else if (body_start(&d->body, &d->head, &e)) {
		duplex_end(d, &e);
		return;
	} else {
		d->phase = REFUSED;
	}
	if (d->ev.on_head)
		d->ev.on_head(d->ctx, &r);
}

static void head_bytes(struct net_duplex *d, struct sv bytes)
{
	struct err e = { 0 };
	buf_add_sv(&d->in, bytes);
	for (;;) {
		long len = head_parse(&d->head, buf_sv(&d->in), &e);
		if (len < 0) {
			err_prefix(&e, "%s", d->target.where);
			duplex_end(d, &e);
		}
		if (len <= 0)
			return;
		buf_cut_front(&d->in, (size_t)len);
		if (d->head.status >= 200 || d->head.status == 101)
			break;                  /* "100 Continue" and its like are not the answer */
	}
	head_came(d);
}

static void take_bytes(struct net_duplex *d, struct sv bytes)
{
	if (d->phase == ASKING)
		head_bytes(d, bytes);
	else if (d->phase == REFUSED)
		refused_bytes(d, bytes);
	else
		give(d, bytes);
}

/* What came in one piece with the head; an answer without a body ends here too. */
static void take_held(struct net_duplex *d)
{
	if (!alive(d) || d->phase == ASKING || d->paused || (!d->in.len && d->phase == STREAMING))
		return;
	struct buf held = d->in;                /* d may be gone before they are read */
	d->in = BUF_INIT;
	take_bytes(d, buf_sv(&held));
	buf_fini(&held);
}

static void peer_closed(struct net_duplex *d)
{
	struct err e = { 0 };
	if (d->phase == ASKING)
		err_set(&e, ERR_NET, "%s closed the connection without an answer", d->target.where);
	else if (d->phase == REFUSED && d->body.kind != BODY_TO_END)
		err_set(&e, ERR_NET, "the answer from %s was cut short", d->target.where);
	duplex_end(d, e.code ? &e : NULL);
}

static void read_some(struct net_duplex *d)
{
	char bytes[READ_BYTES];
	take_held(d);
	for (size_t budget = FLOW_BYTES; budget && alive(d) && !d->paused; take_held(d)) {
		size_t n = 0;
		CURLcode r = curl_easy_recv(d->easy, bytes, MIN_OF(sizeof bytes, budget), &n);
		if (r == CURLE_AGAIN)
			return;
		if (r) {
			fail_curl(d, r);
			return;
		}
		if (!n) {
			peer_closed(d);
			return;
		}
		budget -= n;
		moved(d);
		take_bytes(d, (struct sv){ bytes, n });
	}
	/* Bytes that TLS has decrypted already make no descriptor ready. */
	if (alive(d) && !d->paused && d->target.is_tls)
		ask_step(d);
}

/* ---- what goes ---------------------------------------------------------------------------------------------------------- */
static bool has_output(const struct net_duplex *d)
{
	return d->out_at < d->out.len;
}

static void watch_as_needed(struct net_duplex *d)
{
	if (alive(d) && d->watch)
		loop_fd_change(d->watch, (d->paused ? 0 : LOOP_READ) | (has_output(d) ? LOOP_WRITE : 0));
}

static void sent(struct net_duplex *d, size_t n)
{
	d->out_at += n;
	moved(d);
	if (has_output(d))
		return;
	if (d->phase == ASKING && d->out.p)
		wipe(d->out.p, d->out.cap);     /* a token may have been in it */
	buf_clear(&d->out);
	d->out_at = 0;
}

static void write_some(struct net_duplex *d)
{
	for (size_t budget = FLOW_BYTES; budget && alive(d) && has_output(d); ) {
		size_t n = 0;
		CURLcode r = curl_easy_send(d->easy, d->out.p + d->out_at, MIN_OF(d->out.len - d->out_at, budget), &n);
		if (r == CURLE_AGAIN)
			return;
		if (r) {
			/* The peer reads no more; what it has said before is still worth reading, and its end will come. */
			buf_clear(&d->out);
			d->out_at = 0;
			d->write_closed = true;
			if (d->paused)
				fail_curl(d, r);
			return;
		}
		budget -= n;
		sent(d, n);
	}
	if (!alive(d) || d->phase != STREAMING || has_output(d) || !d->closing_write || d->write_closed)
		return;
	d->write_closed = true;
	if (d->target.is_tls)
		duplex_end(d, NULL);
	else
		shutdown(d->fd, SHUT_WR);
}

static void fd_ready(void *ctx, unsigned events)
{
	struct net_duplex *d = ctx;
	struct net *n = d->net;
	net_enter(n);
	if (events & (LOOP_WRITE | LOOP_HUP))
		write_some(d);
	if (alive(d) && (events & (LOOP_READ | LOOP_HUP)))
		read_some(d);
	watch_as_needed(d);
	net_leave(n);
}

/* ---- connecting --------------------------------------------------------------------------------------------------------- */
static void connected(void *duplex, CURLcode result)
{
	struct net_duplex *d = duplex;
	if (result)
		net_failure_easy(&d->err, d->easy, result, d->detail, &d->target);
	else if (curl_easy_getinfo(d->easy, CURLINFO_ACTIVESOCKET, &d->fd) || d->fd == CURL_SOCKET_BAD)
		err_set(&d->err, ERR_NET, "the connection to %s was lost at once", d->target.where);
	ask_step(d);
}

static void take_socket(struct net_duplex *d)
{
	mux_let_go(d->mux);
	d->phase = ASKING;
	d->watch = loop_fd_watch(d->net->loop, d->fd, LOOP_READ | LOOP_WRITE, fd_ready, d);
	write_some(d);
}

/* What can't be done where it was noticed, on curl's or the caller's stack. */
static void step(void *ctx)
{
	struct net_duplex *d = ctx;
	struct net *n = d->net;
	d->step_asked = false;
	net_enter(n);
	if (d->err.code)
		duplex_end(d, &d->err);
	else if (d->phase == CONNECTING && d->fd != CURL_SOCKET_BAD)
		take_socket(d);
	else if (alive(d) && d->phase != CONNECTING) {
		write_some(d);
		if (alive(d))
			read_some(d);
	}
	watch_as_needed(d);
	net_leave(n);
}

static void write_request(struct net_duplex *d, const struct net_request *q)
{
	struct buf *b = &d->out;
	buf_reserve(b, 8192 + q->body.len);     /* no unwiped copy of a token is left behind by growing */
	buf_addf(b, "%s %s HTTP/1.1\r\nHost: %s\r\n", q->method, d->target.path, d->target.host);
	for (size_t i = 0; i < q->n_headers; i++)
		buf_addf(b, "%s: %s\r\n", q->headers[i].name, q->headers[i].value ? q->headers[i].value : "");
	if (q->bearer || q->basic) {
		request_add_authorization(b, q);
		buf_add_str(b, "\r\n");
	}
	if (!request_has_header(q, "user-agent"))
		buf_add_str(b, "User-Agent: berth\r\n");
	if (!request_has_header(q, "connection"))
		buf_add_str(b, "Connection: Upgrade\r\n");
	if (!request_has_header(q, "upgrade"))
		buf_add_str(b, "Upgrade: tcp\r\n");
	if (q->body.len || !strcmp(q->method, "POST"))
		buf_addf(b, "Content-Length: %zu\r\n", q->body.len);
	buf_add_str(b, "\r\n");
	buf_add_sv(b, q->body);
}

static void set_up(struct net_duplex *d, const struct net_request *q)
{
	d->mux = mux_new(d->net->loop, connected);
	CURL *easy = d->easy = curl_easy_init();
	if (!easy)
		BUG("curl has no memory");
	request_apply_peer(easy, q, &d->target);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, d);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, d->detail);
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	d->idle_ms = q->idle_timeout_ms;
	if (q->idle_timeout_ms)
		d->idle_timer = loop_timer_start(d->net->loop, q->idle_timeout_ms, 0, took_too_long, d);
	if (q->total_timeout_ms)
		d->total_timer = loop_timer_start(d->net->loop, q->total_timeout_ms, 0, took_too_long, d);
	write_request(d, q);
	mux_add(d->mux, easy);
}

struct net_duplex *net_hijack(struct net *n, const struct net_request *q, const struct net_stream_events *ev, void *ctx)
{
	struct net_duplex *d = xcalloc(1, sizeof *d);
	struct err e = { 0 };
	d->net = n;
	d->ev = *ev;
	d->ctx = ctx;
	d->fd = CURL_SOCKET_BAD;
	d->queued.max = QUEUE_MAX_BYTES;
	d->out.max = QUEUE_MAX_BYTES + q->body.len + HEADERS_MAX_BYTES;
	d->next = n->duplexes;
	if (n->duplexes)
		n->duplexes->prev = d;
	n->duplexes = d;
	if (q->body_read)
		err_set(&e, ERR_USAGE, "a hijacked connection takes a body that is known whole");
	else if (n->freed)
		err_set(&e, ERR_CANCELLED, "cancelled");
	else
		target_of(q, &d->target, &e);
	if (e.code)
		fail_soon(d, &e);
	else
		set_up(d, q);
	return d;
}

/* ---- the owner's side --------------------------------------------------------------------------------------------------- */
void net_duplex_write(struct net_duplex *d, struct sv bytes)
{
	if (!alive(d) || d->closing_write || d->write_closed)
		return;
	struct buf *b = d->phase == STREAMING ? &d->out : &d->queued;
	if (b == &d->out && d->out_at > b->len / 2) {   /* what is sent already makes room, at half the cost of every byte */
		buf_cut_front(b, d->out_at);
		d->out_at = 0;
	}
	buf_add_sv(b, bytes);
	if (b->overflow) {
		struct err e = { 0 };
		err_set(&e, ERR_TOO_BIG, "%s takes nothing any more: %d MiB wait to be sent", d->target.where, QUEUE_MAX_BYTES >> 20);
		fail_soon(d, &e);
	}
	watch_as_needed(d);
}

void net_duplex_close_write(struct net_duplex *d)
{
	if (!alive(d))
		return;
	d->closing_write = true;
	ask_step(d);
}

void net_duplex_pause(struct net_duplex *d, bool paused)
{
	if (!alive(d))
		return;
	d->paused = paused;
	watch_as_needed(d);
	if (!paused)
		ask_step(d);
}
