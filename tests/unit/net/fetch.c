/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "tests.h"

static void fetch(struct seen *s, const struct net_request *q)
{
	s->in_call = true;
	s->call = net_fetch(s->net, q, seen_whole, s);
	s->in_call = false;
	assert_non_null(s->call);
	turn_until(s->loop, &s->ended);
	assert_int_equal(s->n_ends, 1);
}

static void serve_hello(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/x; a=b\r\nX-TEST: Seen\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
}

static void check_hello(bool tcp)
{
	struct server srv;
	struct seen s;
	server_start(&srv, tcp, serve_hello);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/v1/x?a=%20b");
	struct secret *token = secret_new(SV("s3cret"));
	struct net_header headers[] = { { "X-One", "1" }, { "X-Empty", "" } };
	q.bearer = token;
	q.headers = headers;
	q.n_headers = 2;
	fetch(&s, &q);
	secret_free(token);
	assert_int_equal(s.err.code, 0);
	assert_int_equal(s.status, 200);
	assert_string_equal(buf_str(&s.data), "hello");
	assert_string_equal(buf_str(&s.type), "text/x; a=b");
	assert_string_equal(buf_str(&s.header), "Seen");
	const char *got = buf_str(&srv.got);
	assert_ptr_equal(strstr(got, "GET /v1/x?a=%20b HTTP/1.1\r\n"), got);
	assert_non_null(strstr(got, "\r\nAuthorization: Bearer s3cret\r\n"));
	assert_non_null(strstr(got, "\r\nX-One: 1\r\n"));
	assert_non_null(strstr(got, "\r\nX-Empty:\r\n"));
	assert_non_null(strstr(got, tcp ? "\r\nHost: 127.0.0.1:" : "\r\nHost: localhost\r\n"));
	assert_null(strstr(got, "Expect"));
	assert_null(strstr(got, "Content-Type"));
	seen_free(&s);
	server_stop(&srv);
}

void fetch_over_unix(void **state)
{
	check_hello(false);
}

void fetch_over_tcp(void **state)
{
	check_hello(true);
}

void fetch_sends_a_body(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_hello);
	seen_new(&s);
	struct net_request q = request_to(&srv, "PUT", "/x");
	q.body = SV("{\"a\":\"b\"}");
	fetch(&s, &q);
	assert_int_equal(s.status, 200);
	const char *got = buf_str(&srv.got);
	assert_ptr_equal(strstr(got, "PUT /x HTTP/1.1\r\n"), got);
	assert_non_null(strstr(got, "\r\nContent-Length: 9\r\n"));
	assert_null(strstr(got, "Expect"));
	seen_free(&s);
	server_stop(&srv);
}

void fetch_methods(void **state)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH" };
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		struct server srv;
		struct seen s;
		server_start(&srv, false, serve_hello);
		seen_new(&s);
		struct net_request q = request_to(&srv, methods[i], "/x");
		fetch(&s, &q);
		assert_int_equal(s.status, 200);
		assert_memory_equal(buf_str(&srv.got), methods[i], strlen(methods[i]));
		assert_int_equal(s.data.len, strcmp(methods[i], "HEAD") ? 5 : 0);
		seen_free(&s);
		server_stop(&srv);
	}
}

static void serve_500(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 100 Continue\r\nX-Test: no\r\n\r\nHTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nbroken\r\n0\r\nX-Test: late\r\n\r\n");
}

void fetch_error_status(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_500);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	fetch(&s, &q);
	assert_int_equal(s.err.code, 0);
	assert_int_equal(s.status, 500);
	assert_string_equal(buf_str(&s.data), "broken");
	assert_string_equal(buf_str(&s.header), "");
	seen_free(&s);
	server_stop(&srv);
}

/* ---- servers that misbehave --------------------------------------------------------------------------------------------- */
static void serve_cut(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
}

static void serve_cut_chunk(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort");
}

static void serve_bad_chunk(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nshort");
}

static void serve_nothing(struct server *srv, int fd)
{
	server_hear(srv, fd);
}

static void serve_reset(struct server *srv, int fd)
{
	/* Closing with unread bytes resets. */
	struct linger now = { 1, 0 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void serve_ssh(struct server *srv, int fd)
{
	SAY(fd, "SSH-2.0-OpenSSH_9.2\r\n");
	server_drain(srv, fd);
}

static void serve_long_header(struct server *srv, int fd)
{
	char *x = malloc(400000);
	memset(x, 'x', 400000);
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nX-Test: ");
	server_say(fd, x, 400000);
	free(x);
}

static void serve_many_headers(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\n");
	while (SAY(fd, "X-Test: and another one that is not short at all, to come to an end soon\r\n"))
		;
}

void fetch_bad_servers(void **state)
{
	static const struct { void (*serve)(struct server *s, int fd); enum err_code code; const char *says; } rows[] = {
		{ serve_cut, ERR_NET, "cut short" }, { serve_cut_chunk, ERR_NET, "" }, { serve_bad_chunk, ERR_NET, "" },
		{ serve_nothing, ERR_NET, "without an answer" }, { serve_reset, ERR_NET, "" }, { serve_ssh, ERR_DECODE, "HTTP" },
		{ serve_long_header, 0, "" }, { serve_many_headers, 0, "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct server srv;
		struct seen s;
		server_start(&srv, true, rows[i].serve);
		seen_new(&s);
		struct net_request q = request_to(&srv, "GET", "/x");
		fetch(&s, &q);
		assert_true(s.err.code != 0);
		if (rows[i].code)
			assert_int_equal(s.err.code, rows[i].code);
		assert_non_null(strstr(s.err.text, rows[i].says));
		seen_free(&s);
		server_stop(&srv);
	}
}

void fetch_body_over_cap(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_hello);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	q.max_body = 4;
	fetch(&s, &q);
	assert_int_equal(s.err.code, ERR_TOO_BIG);
	seen_free(&s);
	server_stop(&srv);
}

static void serve_silence(struct server *srv, int fd)
{
	server_hear(srv, fd);
	server_drain(srv, fd);
}

void fetch_silent_server(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_silence);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	q.idle_timeout_ms = 30;
	fetch(&s, &q);
	assert_int_equal(s.err.code, ERR_TIMEOUT);
	assert_non_null(strstr(s.err.text, srv.path));
	seen_free(&s);
	server_stop(&srv);
}

static void serve_drops(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\n\r\n");
	while (SAY(fd, "."))
		;
}

void fetch_total_timeout(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_drops);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	q.total_timeout_ms = 40;
	q.max_body = (size_t)1 << 30;
	fetch(&s, &q);
	assert_int_equal(s.err.code, ERR_TIMEOUT);
	seen_free(&s);
	server_stop(&srv);
}

void fetch_no_listener(void **state)
{
	struct seen s;
	seen_new(&s);
	struct net_request q = { .peer = { .base_url = "http://localhost", .unix_socket = "/tmp/berth-no-such.sock" }, .method = "GET", .path = "/" };
	fetch(&s, &q);
	assert_int_equal(s.err.code, ERR_NET);
	assert_non_null(strstr(s.err.text, "/tmp/berth-no-such.sock is not there"));
	seen_again(&s);

	struct server srv;      /* in its folder, a socket that a server has left behind */
	server_start(&srv, false, serve_hello);
	q = request_to(&srv, "GET", "/");
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char dead[96];
	snprintf(dead, sizeof dead, "%s/dead", srv.dir);
	memcpy(un.sun_path, dead, strlen(dead) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
	close(fd);
	q.peer.unix_socket = dead;
	fetch(&s, &q);
	assert_int_equal(s.err.code, ERR_NET);
	assert_non_null(strstr(s.err.text, "nothing listens"));
	unlink(dead);
	seen_again(&s);

	char url[64];
	snprintf(url, sizeof url, "http://127.0.0.1:%u", net_free_port());
	q.peer = (struct net_peer){ .base_url = url };
	fetch(&s, &q);
	assert_int_equal(s.err.code, ERR_NET);
	assert_non_null(strstr(s.err.text, "nothing listens"));
	seen_free(&s);
	server_stop(&srv);
}

void fetch_tls_to_plain(void **state)
{
	struct server srv;
	struct seen s;
	char url[sizeof srv.url + 16];
	server_start(&srv, true, serve_ssh);
	snprintf(url, sizeof url, "https%.*s", (int)(sizeof srv.url - 4), srv.url + 4);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/");
	q.peer.base_url = url;
	fetch(&s, &q);
	assert_int_equal(s.err.code, ERR_TLS);
	seen_free(&s);
	server_stop(&srv);
}

void fetch_refused_requests(void **state)
{
	static const struct { const char *url, *sock, *method, *path, *name, *value, *token; enum err_code code; } rows[] = {
		{ "http://h", NULL, "GET", "/a b", NULL, NULL, NULL, ERR_USAGE },
		{ "http://h", NULL, "GET", "/a\r\nX: y", NULL, NULL, NULL, ERR_USAGE },
		{ "http://h", NULL, "GET", "a", NULL, NULL, NULL, ERR_USAGE },
		{ "http://h", NULL, "G T", "/a", NULL, NULL, NULL, ERR_USAGE },
		{ "http://h", NULL, NULL, "/a", NULL, NULL, NULL, ERR_USAGE },
		{ "http://h", NULL, "GET", "/a", "X", "1\r\nY: 2", NULL, ERR_USAGE },
		{ "http://h", NULL, "GET", "/a", "X:", "1", NULL, ERR_USAGE },
		{ "http://h", NULL, "GET", "/a", "", "1", NULL, ERR_USAGE },
		{ "http://h", NULL, "GET", "/a", NULL, NULL, "tok\nen", ERR_AUTH },
		{ "ftp://h", NULL, "GET", "/a", NULL, NULL, NULL, ERR_USAGE },
		{ "http://user:pw@h", NULL, "GET", "/a", NULL, NULL, NULL, ERR_USAGE },
		{ "http://h:port", NULL, "GET", "/a", NULL, NULL, NULL, ERR_USAGE },
		{ "", NULL, "GET", "/a", NULL, NULL, NULL, ERR_USAGE },
		{ "http://h", "/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678",
		  "GET", "/a", NULL, NULL, NULL, ERR_USAGE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen s;
		seen_new(&s);
		struct secret *token = rows[i].token ? secret_new(sv_of(rows[i].token)) : NULL;
		struct net_header h = { rows[i].name, rows[i].value };
		struct net_request q = { .peer = { .base_url = rows[i].url, .unix_socket = rows[i].sock }, .method = rows[i].method,
		                         .path = rows[i].path, .headers = &h, .n_headers = rows[i].name != NULL, .bearer = token,
		                         .body_done = seen_body_done, .body_ctx = &s };
		fetch(&s, &q);
		secret_free(token);
		assert_int_equal(s.err.code, rows[i].code);
		assert_null(strstr(s.err.text, "pw@"));
		assert_int_equal(s.n_body_done, 1);
		seen_free(&s);
	}
}

void fetch_many_at_once(void **state)
{
	enum { N = 12 };
	struct server srv;
	struct seen s, each[N];
	server_start(&srv, false, serve_hello);
	seen_new(&s);
	for (int i = 0; i < N; i++) {
		memset(&each[i], 0, sizeof each[i]);
		struct net_request q = request_to(&srv, "GET", "/x");
		net_fetch(s.net, &q, seen_whole, &each[i]);
	}
	for (int i = 0; i < N; i++) {
		turn_until(s.loop, &each[i].ended);
		assert_string_equal(buf_str(&each[i].data), "hello");
		buf_fini(&each[i].data);
		buf_fini(&each[i].type);
		buf_fini(&each[i].header);
	}
	seen_free(&s);
	server_stop(&srv);
}

void fetch_cancel(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_silence);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	net_cancel(NULL);
	for (int turns = 0; turns < 6; turns++) {
		struct net_call *c = net_fetch(s.net, &q, seen_whole, &s);
		for (int i = 0; i < turns; i++)
			loop_turn(s.loop, false);
		net_cancel(c);
		assert_int_equal(s.n_ends, 1); /* before it returns */
		assert_int_equal(s.err.code, ERR_CANCELLED);
		seen_again(&s);
	}
	seen_free(&s);
	server_stop(&srv);
}

void fetch_cancelled_by_net_free(void **state)
{
	struct server srv;
	struct seen s;
	server_start(&srv, false, serve_silence);
	seen_new(&s);
	struct net_request q = request_to(&srv, "GET", "/x");
	net_fetch(s.net, &q, seen_whole, &s);
	loop_turn(s.loop, false);
	net_free(s.net);
	s.net = NULL;
	assert_int_equal(s.n_ends, 1);
	assert_int_equal(s.err.code, ERR_CANCELLED);
	seen_free(&s);
	net_free(NULL);
	server_stop(&srv);
}

void free_port(void **state)
{
	assert_true(net_free_port() >= 1024);
}
