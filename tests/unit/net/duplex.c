/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/socket.h>
#include <unistd.h>
#include "tests.h"

static void start(struct seen *s, const struct net_request *q)
{
	s->in_call = true;
	s->duplex = net_hijack(s->net, q, &seen_events, s);
	s->in_call = false;
	assert_non_null(s->duplex);
}

static void finish(struct seen *s, struct server *srv)
{
	if (s->net)
		net_duplex_close(s->duplex);
	seen_free(s);
	server_stop(srv);
}

static void echo(int fd)
{
	char bytes[65536];
	for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0; )
		if (!server_say(fd, bytes, (size_t)n))
			return;
	SAY(fd, "bye");         /* after the peer's half-close */
}

static void serve_101(struct server *srv, int fd)
{
	server_hear(srv, fd);
	char body[2];
	recv(fd, body, sizeof body, MSG_WAITALL | MSG_DONTWAIT); /* may have come with the head */
	SAY(fd, "HTTP/1.1 101 UPGRADED\r\nX-Test: Seen\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst:");
	echo(fd);
}

void hijack_both_ways(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_101);
	seen_new(&s);
	struct secret *token = secret_new(SV("s3cret"));
	struct net_header h = { "Content-Type", "application/json" };
	struct net_request q = request_to(&srv, "POST", "/exec/1/start?x=1");
	q.headers = &h;
	q.n_headers = 1;
	q.bearer = token;
	q.body = SV("{}");
	q.idle_timeout_ms = 5000;
	start(&s, &q);
	secret_free(token);
	net_duplex_write(s.duplex, SV("one "));         /* before the head: waits for it */
	net_duplex_write(s.duplex, SV("two"));
	net_duplex_close_write(s.duplex);
	net_duplex_write(s.duplex, SV("never"));
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, 0);
	assert_int_equal(s.status, 101);
	assert_string_equal(buf_str(&s.header), "Seen");
	assert_non_null(strstr(buf_str(&s.data), "first:"));
	assert_non_null(strstr(buf_str(&s.data), "one twobye"));
	const char *got = buf_str(&srv.got);
	assert_ptr_equal(strstr(got, "POST /exec/1/start?x=1 HTTP/1.1\r\nHost: localhost\r\n"), got);
	assert_non_null(strstr(got, "\r\nAuthorization: Bearer s3cret\r\n"));
	assert_non_null(strstr(got, "\r\nConnection: Upgrade\r\n"));
	assert_non_null(strstr(got, "\r\nUpgrade: tcp\r\n"));
	assert_non_null(strstr(got, "\r\nContent-Length: 2\r\n"));
	assert_non_null(strstr(got, "\r\nContent-Type: application/json\r\n"));
	net_duplex_write(s.duplex, SV("late"));         /* all fine after the end */
	net_duplex_pause(s.duplex, true);
	net_duplex_close_write(s.duplex);
	finish(&s, &srv);
	net_duplex_close(NULL);
}

static void serve_200(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
	echo(fd);
}

void hijack_over_tcp_200(void **state)
{
	struct server srv;
	struct seen s;
	char url[sizeof srv.url + 16];
	server_start(&srv, true, serve_200);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	struct net_header h = { "upgrade", "h2c" };
	snprintf(url, sizeof url, "%s/prefix/", srv.url);
	q.peer.base_url = url;
	q.headers = &h;
	q.n_headers = 1;
	start(&s, &q);
	net_duplex_write(s.duplex, SV("text"));
	net_duplex_close_write(s.duplex);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, 0);
	assert_int_equal(s.status, 200);
	assert_string_equal(buf_str(&s.data), "textbye");
	const char *got = buf_str(&srv.got);
	assert_ptr_equal(strstr(got, "GET /prefix/x HTTP/1.1\r\nHost: 127.0.0.1:"), got);
	assert_non_null(strstr(got, "\r\nupgrade: h2c\r\n"));
	assert_null(strstr(got, "Upgrade: tcp"));
	assert_null(strstr(got, "Content-Length"));
	finish(&s, &srv);
}

void hijack_large_echo(void **state)
{
	enum { BYTES = 3 << 20 };
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_200);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	char *block = malloc(BYTES);
	for (size_t i = 0; i < BYTES; i++)
		block[i] = (char)(i * 7 + i / 1000);
	start(&s, &q);
	for (size_t at = 0; at < BYTES; at += 10000)
		net_duplex_write(s.duplex, (struct sv){ block + at, MIN_OF((size_t)10000, BYTES - at) });
	net_duplex_close_write(s.duplex);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.data.len, BYTES + 3);
	assert_memory_equal(s.data.p, block, BYTES);
	free(block);
	finish(&s, &srv);
}

/* ---- refusals and bad servers ------------------------------------------------------------------------------------------- */
static const char *answer;
static void serve_answer(struct server *srv, int fd)
{
	server_hear(srv, fd);
	server_say(fd, answer, strlen(answer));
}

void hijack_refused(void **state)
{
	static const struct { const char *answer; int status; const char *body; enum err_code code; } rows[] = {
		{ "HTTP/1.1 404 N\r\nContent-Length: 7\r\n\r\nno exec-and-more", 404, "no exec", 0 },
		{ "HTTP/1.1 409 C\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnot\r\n4\r\n run\r\n0\r\n\r\n", 409, "not run", 0 },
		{ "HTTP/1.0 500 E\r\n\r\nto the end", 500, "to the end", 0 },
		{ "HTTP/1.1 204 N\r\n\r\n", 204, "", 0 },
		{ "HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n", 404, "", 0 },
		{ "HTTP/1.1 404 N\r\nContent-Length: 70\r\n\r\nshort", 404, "short", ERR_NET },
		{ "HTTP/1.1 404 N\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 404, "", ERR_DECODE },
		{ "HTTP/1.1 404 N\r\nContent-Length: x\r\n\r\n", 0, "", ERR_DECODE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct server srv;
		struct seen s;
		answer = rows[i].answer;
		server_start(&srv, false, serve_answer);
		seen_new(&s);
		struct net_request q = request_to(&srv, "POST", "/x");
		start(&s, &q);
		net_duplex_write(s.duplex, SV("for nobody"));
		turn_until(s.loop, &s.ended);
		assert_int_equal(s.err.code, rows[i].code);
		assert_int_equal(s.status, rows[i].status);
		assert_string_equal(buf_str(&s.data), rows[i].body);
		assert_int_equal(s.n_ends, 1);
		finish(&s, &srv);
	}
}

void hijack_bad_servers(void **state)
{
	static char big[20000];
	static const struct { const char *answer; enum err_code code; } rows[] = {
		{ "", ERR_NET }, { "HTTP/1.1 101 UP", ERR_NET }, { "SSH-2.0-x\r\n", ERR_DECODE }, { "HTTP/1.1 101 U\r\nbad line\r\n\r\n", ERR_DECODE },
		{ big, ERR_TOO_BIG },
	};
	memset(big, 'x', sizeof big - 1);
	memcpy(big, "HTTP/1.1 101 U\r\nX: ", 19);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct server srv;
		struct seen s;
		answer = rows[i].answer;
		server_start(&srv, false, serve_answer);
		seen_new(&s);
		struct net_request q = request_to(&srv, "POST", "/x");
		start(&s, &q);
		turn_until(s.loop, &s.ended);
		assert_int_equal(s.err.code, rows[i].code);
		assert_int_equal(s.n_heads, 0);
		assert_non_null(strstr(s.err.text, srv.path));
		finish(&s, &srv);
	}
}

static void serve_silence(struct server *srv, int fd)
{
	server_hear(srv, fd);
	server_drain(srv, fd);
}

void hijack_silent_server(void **state)
{
	for (int total = 0; total < 2; total++) {
		struct server srv;
		struct seen s;
		server_start(&srv, false, serve_silence);
		seen_new(&s);
		struct net_request q = request_to(&srv, "POST", "/x");
		*(total ? &q.total_timeout_ms : &q.idle_timeout_ms) = 30;
		start(&s, &q);
		turn_until(s.loop, &s.ended);
		assert_int_equal(s.err.code, ERR_TIMEOUT);
		finish(&s, &srv);
	}
}

void hijack_no_listener(void **state)
{
	struct seen s;
	seen_new(&s);
	struct net_request q = { .peer = { .base_url = "http://localhost", .unix_socket = "/tmp/berth-no-such.sock" }, .method = "POST", .path = "/" };
	start(&s, &q);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_NET);
	assert_non_null(strstr(s.err.text, "is not there"));
	net_duplex_close(s.duplex);
	seen_again(&s);
	q.path = "no slash";
	start(&s, &q);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_USAGE);
	net_duplex_close(s.duplex);
	seen_again(&s);
	q.path = "/";
	start(&s, &q);          /* left to the net's end */
	net_free(s.net);
	s.net = NULL;
	assert_int_equal(s.n_ends, 1);
	assert_int_equal(s.err.code, ERR_CANCELLED);
	seen_free(&s);
}

/* ---- owners that act in callbacks --------------------------------------------------------------------------------------- */
static void pause_now(struct seen *s, const char *where)
{
	net_duplex_pause(s->duplex, true);
	s->act = NULL;
}

void hijack_pause(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_101);
	seen_new(&s);
	s.act = pause_now;
	s.act_at = "head";
	struct net_request q = request_to(&srv, "POST", "/x");
	start(&s, &q);
	net_duplex_write(s.duplex, SV("text"));
	net_duplex_close_write(s.duplex);
	bool head = false;
	for (int i = 0; i < 2000 && !head; i++) {
		loop_turn(s.loop, true);
		head = s.n_heads;
	}
	for (int i = 0; i < 20; i++)
		loop_turn(s.loop, false);
	assert_int_equal(s.n_datas, 0); /* not even what came with the head */
	net_duplex_pause(s.duplex, false);
	turn_until(s.loop, &s.ended);
	assert_string_equal(buf_str(&s.data), "first:textbye");
	finish(&s, &srv);
}

static void close_now(struct seen *s, const char *where)
{
	s->act = NULL;
	net_duplex_close(s->duplex);
	s->duplex = NULL;
	s->ended = true;
}

static void free_now(struct seen *s, const char *where)
{
	s->act = NULL;
	net_free(s->net);
	s->net = NULL;
}

void hijack_acts_in_callbacks(void **state)
{
	static const char *const places[] = { "head", "data", "end" };
	static void (*const acts[])(struct seen *s, const char *where) = { close_now, free_now };
	for (size_t i = 0; i < ARRAY_LEN(places) * ARRAY_LEN(acts); i++) {
		struct server srv;
		struct seen s;
		server_start(&srv, false, serve_101);
		seen_new(&s);
		s.act = acts[i / 3];
		s.act_at = places[i % 3];
		struct net_request q = request_to(&srv, "POST", "/x");
		start(&s, &q);
		net_duplex_write(s.duplex, SV("text"));
		net_duplex_close_write(s.duplex);
		turn_until(s.loop, &s.ended);
		assert_null(s.act);
		int ends = s.n_ends;
		for (int turns = 0; turns < 3; turns++)
			loop_turn(s.loop, false);
		assert_int_equal(s.n_ends, ends);
		assert_int_equal(ends, i / 3 == 1 || i % 3 == 2); /* close tells nothing, the net's end does */
		finish(&s, &srv);
	}
}

void hijack_queue_cap(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_silence);
	seen_new(&s);
	struct net_request q = request_to(&srv, "POST", "/x");
	char *block = calloc(1, 1 << 20);
	start(&s, &q);
	for (int i = 0; i < 20; i++)
		net_duplex_write(s.duplex, (struct sv){ block, 1 << 20 });
	assert_false(s.ended);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_TOO_BIG);
	free(block);
	finish(&s, &srv);
}

/* A hijacked connection with bytes waiting must outlive other requests to the same peer, for which curl looks over its idle ones. */
void hijack_beside_fetches(void **state)
{
	struct server srv;
	struct seen s, f;
	server_start(&srv, false, serve_101);
	seen_new(&s);
	s.act = pause_now;
	s.act_at = "head";
	struct net_request q = request_to(&srv, "POST", "/x");
	start(&s, &q);
	for (int i = 0; i < 2000 && !s.n_heads; i++)
		loop_turn(s.loop, true);
	for (int i = 0; i < 5; i++) {
		memset(&f, 0, sizeof f);
		struct net_call *c = net_fetch(s.net, &q, seen_whole, &f);
		for (int turns = 0; turns < 5; turns++)
			loop_turn(s.loop, false);
		if (!f.ended)
			net_cancel(c);
		buf_fini(&f.data);
		buf_fini(&f.type);
		buf_fini(&f.header);
	}
	net_duplex_pause(s.duplex, false);
	net_duplex_write(s.duplex, SV("alive"));
	net_duplex_close_write(s.duplex);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, 0);
	assert_string_equal(buf_str(&s.data), "first:alivebye");
	finish(&s, &srv);
}
