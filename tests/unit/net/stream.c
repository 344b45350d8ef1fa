/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <poll.h>
#include <sys/socket.h>
#include "tests.h"

static void start(struct seen *s, const struct net_request *q)
{
	s->in_call = true;
	s->call = net_open(s->net, q, &seen_events, s);
	s->in_call = false;
}

static uint64_t taken(struct server *srv)
{
	pthread_mutex_lock(&srv->lock);
	uint64_t n = srv->n_taken;
	pthread_mutex_unlock(&srv->lock);
	return n;
}

static void take(struct server *srv, uint64_t n)
{
	pthread_mutex_lock(&srv->lock);
	srv->n_taken += n;
	pthread_mutex_unlock(&srv->lock);
}

/* The second half comes when the first has been seen. */
static void serve_slow(struct server *srv, int fd)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
	server_hear(srv, fd);
	for (size_t i = 0; i < sizeof text - 1; i++) {
		for (int ms = 0; i == sizeof text - 6 && !taken(srv) && ms < 20000; ms++)
			poll(NULL, 0, 1);
		server_say(fd, text + i, 1);
		poll(NULL, 0, 1);
	}
}

void stream_slow_body(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_slow);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	start(&s, &q);
	while (!s.n_datas && !s.ended)
		loop_turn(s.loop, true);
	assert_true(s.data.len && s.data.len <= 5); /* as it comes, not gathered */
	take(&srv, 1);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, 0);
	assert_string_equal(buf_str(&s.data), "0123456789");
	seen_free(&s);
	server_stop(&srv);
}

static void serve_cut(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
}

void stream_cut(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_cut);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	start(&s, &q);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_NET);
	assert_string_equal(buf_str(&s.data), "short"); /* what came is told before the end */
	seen_free(&s);
	server_stop(&srv);
}

/* ---- back-pressure ------------------------------------------------------------------------------------------------------ */
enum { FLOOD = 6 << 20 };

static void serve_flood(struct server *srv, int fd)
{
	static char block[65536];
	server_hear(srv, fd);
	memset(block, 'f', sizeof block);
	SAY(fd, "HTTP/1.1 200 OK\r\n\r\n");
	for (int i = 0; i < FLOOD / (int)sizeof block; i++) {
		if (!server_say(fd, block, sizeof block))
			return;
		take(srv, sizeof block);
	}
}

static void pause_now(struct seen *s, const char *where)
{
	net_call_pause(s->call);
	s->act = NULL;
}

void stream_pause_pushes_back(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_flood);
	seen_new(&s);
	s.act = pause_now;
	s.act_at = "data";
	struct net_request q = request_to(&srv, "GET", "/x");
	start(&s, &q);
	for (uint64_t before = 1; !s.n_datas || taken(&srv) != before; ) { /* until the server is stuck */
		before = taken(&srv);
		for (int i = 0; i < 20; i++)
			loop_turn(s.loop, false);
		poll(NULL, 0, 20);
	}
	assert_int_equal(s.n_datas, 1);
	assert_true(taken(&srv) < FLOOD / 2);
	for (int i = 0; i < 3; i++) { /* again and again */
		net_call_resume(s.call);
		net_call_pause(s.call);
		loop_turn(s.loop, false);
	}
	net_call_resume(s.call);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, 0);
	assert_int_equal(s.data.len, FLOOD);
	seen_free(&s);
	server_stop(&srv);
}

static void count_turn(void *ctx)
{
	++*(unsigned *)ctx;
}

void stream_firehose_leaves_turns(void **state)
{
	struct server srv;
	struct seen s;
	unsigned turns = 0;
	server_start(&srv, false, serve_flood);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	struct loop_hook *h = loop_hook_add(s.loop, count_turn, &turns);
	start(&s, &q);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.data.len, FLOOD);
	assert_true(turns >= FLOOD / (192 << 10)); /* a turn hands over a bounded piece */
	loop_hook_remove(h);
	seen_free(&s);
	server_stop(&srv);
}

/* ---- cancel and free in each callback ------------------------------------------------------------------------------------ */
static void serve_hello(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
}

static void serve_post(struct server *srv, int fd)
{
	server_hear_chunks(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
}

static void cancel_now(struct seen *s, const char *where)
{
	struct net_call *c = s->call;
	s->act = NULL;
	if (!strcmp(where, "end"))
		return;
	net_cancel(c);
	assert_int_equal(s->n_ends, 1);
}

static void free_net(struct seen *s, const char *where)
{
	s->act = NULL;
	net_free(s->net);
	s->net = NULL;
	assert_int_equal(s->n_ends, 1);
}

static void start_another(struct seen *s, const char *where)
{
	/* A second call from within a callback, cancelled by the end of the net. */
	static struct seen other;
	memset(&other, 0, sizeof other);
	struct net_request q = { .peer = { .base_url = "http://localhost", .unix_socket = "/tmp/berth-no-such.sock" }, .method = "GET", .path = "/" };
	s->act = NULL;
	other.in_call = true;
	net_open(s->net, &q, &seen_events, &other);
	other.in_call = false;
}

void stream_acts_in_callbacks(void **state)
{
	static const char *const places[] = { "head", "data", "end", "body" };
	static void (*const acts[])(struct seen *s, const char *where) = { cancel_now, free_net, start_another };
	for (size_t i = 0; i < ARRAY_LEN(places) * ARRAY_LEN(acts); i++) {
		struct server srv;
		struct seen s;
		bool body = !strcmp(places[i % 4], "body");
		server_start(&srv, false, body ? serve_post : serve_hello);
		seen_new(&s);
		struct net_request q = request_to(&srv, "POST", "/x");
		if (body) {
			q.body_read = seen_body_read;
			s.body = SV("some bytes");
			s.piece = 4;
		}
		q.body_done = seen_body_done;
		q.body_ctx = &s;
		s.act = acts[i / 4];
		s.act_at = places[i % 4];
		start(&s, &q);
		turn_until(s.loop, &s.ended);
		assert_int_equal(s.n_ends, 1);
		assert_int_equal(s.n_body_done, 1);
		assert_null(s.act);
		for (int turns = 0; turns < 3; turns++)
			loop_turn(s.loop, false);
		assert_int_equal(s.n_ends, 1);
		seen_free(&s);
		server_stop(&srv);
	}
}

/* ---- pulled bodies ------------------------------------------------------------------------------------------------------ */
static void serve_count(struct server *srv, int fd)
{
	server_hear_chunks(srv, fd);
	SAY(fd, "HTTP/1.1 201 Made\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

static void more_body(void *ctx)
{
	struct seen *s = ctx;
	if (!s->ended)
		net_body_ready(s->call);
}

void stream_pulled_body(void **state)
{
	static char big[300000];
	static const struct { size_t len, piece; int waits; } rows[] = { { 0, 1, 0 }, { 10, 3, 2 }, { 300000, 300000, 0 }, { 300000, 7000, 3 }, { 64, 64, 1 } };
	memset(big, 'b', sizeof big);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct server srv;
		struct seen s;
		server_start(&srv, false, serve_count);
		seen_new(&s);
		struct net_request q = request_to(&srv, "PUT", "/x");
		q.body_read = seen_body_read;
		q.body_done = seen_body_done;
		q.body_ctx = &s;
		s.body = (struct sv){ big, rows[i].len };
		s.piece = rows[i].piece;
		s.waits = rows[i].waits;
		start(&s, &q);
		struct loop_timer *t = loop_timer_start(s.loop, 5, 5, more_body, &s);
		turn_until(s.loop, &s.ended);
		loop_timer_stop(t);
		assert_int_equal(s.err.code, 0);
		assert_int_equal(s.status, 201);
		assert_int_equal(s.n_body_done, 1);
		assert_int_equal(s.body_at, rows[i].len);
		assert_true(srv.n_taken >= rows[i].len);
		assert_non_null(strstr(buf_str(&srv.got), "Transfer-Encoding: chunked\r\n"));
		assert_null(strstr(buf_str(&srv.got), "Expect"));
		seen_free(&s);
		server_stop(&srv);
	}
}

static long fail_body(void *ctx, char *p, size_t room)
{
	struct seen *s = ctx;
	struct err e = { 0 };
	if (s->waits) {
		err_set(&e, ERR_NO_SPACE, "the disk is full");
		net_call_fail(s->call, &e);
	}
	return NET_BODY_FAIL;
}

void stream_pulled_body_fails(void **state)
{
	for (int said = 0; said < 2; said++) {
		struct server srv;
		struct seen s;
		server_start(&srv, false, serve_count);
		seen_new(&s);
		struct net_request q = request_to(&srv, "POST", "/x");
		q.body_read = fail_body;
		q.body_done = seen_body_done;
		q.body_ctx = &s;
		s.waits = said;
		start(&s, &q);
		turn_until(s.loop, &s.ended);
		assert_int_equal(s.err.code, said ? ERR_NO_SPACE : ERR_CANCELLED);
		assert_int_equal(s.n_body_done, 1);
		seen_free(&s);
		server_stop(&srv);
	}
}

static void serve_early(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 413 Too much\r\nContent-Length: 4\r\nConnection: close\r\n\r\nstop");
	server_drain(srv, fd);
}

void stream_early_answer_to_body(void **state)
{
	static char big[1 << 20];
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_early);
	seen_new(&s);
	struct net_request q = request_to(&srv, "POST", "/x");
	q.body_read = seen_body_read;
	q.body_done = seen_body_done;
	q.body_ctx = &s;
	s.body = (struct sv){ big, sizeof big };
	s.piece = 1000;
	start(&s, &q);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, 0);
	assert_int_equal(s.status, 413);
	assert_string_equal(buf_str(&s.data), "stop");
	assert_int_equal(s.n_body_done, 1);
	seen_free(&s);
	server_stop(&srv);
}

/* ---- time-outs ---------------------------------------------------------------------------------------------------------- */
static void serve_stall(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf ");
	server_drain(srv, fd);
}

void stream_idle_timeout(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_stall);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	q.idle_timeout_ms = 400;
	start(&s, &q);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_TIMEOUT);
	assert_string_equal(buf_str(&s.data), "half ");
	seen_free(&s);
	server_stop(&srv);
}

static void set_flag(void *ctx)
{
	*(bool *)ctx = true;
}

void stream_paused_is_not_idle(void **state)
{
	struct server srv;
	struct seen s;
	bool rang = false;
	server_start(&srv, false, serve_stall);
	seen_new(&s);
	s.act = pause_now;
	s.act_at = "head";
	struct net_request q = request_to(&srv, "GET", "/x");
	q.idle_timeout_ms = 400;
	start(&s, &q);
	struct loop_timer *t = loop_timer_start(s.loop, 1200, 0, set_flag, &rang);
	turn_until(s.loop, &rang);
	loop_timer_stop(t);
	assert_false(s.ended);
	assert_int_equal(s.n_datas, 0);
	net_call_resume(s.call);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_TIMEOUT);
	seen_free(&s);
	server_stop(&srv);
}
