/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client of an API on bad days: error answers, limits, servers that are down, redirects, answers of the wrong kind. */
#include <zlib.h>
#include "berth/mem.h"
#include "script.h"

#define TEXT(status, body_len, body) "HTTP/1.1 " status "\r\nContent-Type: text/plain\r\nContent-Length: " body_len "\r\n\r\n" body

/* ---- words ---------------------------------------------------------------------------------------------------------------- */
void api_statuses_are_worded(void **state)
{
	static const struct { const char *answer; enum err_code code; int http; const char *text, *hint; } rows[] = {
		{ TEXT("400 Bad Request", "3", "bad"), ERR_HTTP, 400, "(400: bad)", "" },
		{ TEXT("401 Unauthorized", "0", ""), ERR_AUTH, 401, "does not accept the token (401)", "revoked" },
		{ TEXT("401 Unauthorized", "16", "401 Unauthorized"), ERR_AUTH, 401, "does not accept the token (401 Unauthorized)", "revoked" },
		{ TEXT("403 Forbidden", "0", ""), ERR_DENIED, 403, "does not allow this", "scopes" },
		{ TEXT("404 Not Found", "10", "\n \nno such"), ERR_NOT_FOUND, 404, "(404: no such)", "name" },
		{ TEXT("405 No", "0", ""), ERR_UNSUPPORTED, 405, "does not offer", "" },
		{ TEXT("409 Conflict", "0", ""), ERR_CONFLICT, 409, "exists already", "again" },
		{ TEXT("422 No", "9", "\033[2J\xe2\x80\xae" "aa"), ERR_HTTP, 422, "(422: [2J aa)", "" },
		{ TEXT("418 Teapot", "0", ""), ERR_HTTP, 418, "refuses", "" },
		{ "HTTP/1.1 404 x\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", ERR_NOT_FOUND, 404, "(404)", "" },
	};
	AUTO(secret_free_p) struct secret *token = secret_new(SV("hush"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct script sc;
		struct api_seen s;
		script_start(&sc, &(struct turn){ "GET", rows[i].answer }, 1);
		api_seen_new(&s, &sc, &(struct net_api_config){ .bearer = token });
		api_get(&s, "/x");
		assert_int_equal(s.err.code, rows[i].code);
		assert_int_equal(s.err.http, rows[i].http);
		assert_int_equal(s.status, rows[i].http);
		if (!strstr(s.err.text, rows[i].text) || !strstr(s.err.hint, rows[i].hint))
			fail_msg("%s (%s)", s.err.text, s.err.hint);
		assert_ptr_equal(strstr(s.err.text, sc.srv.url + 7), s.err.text);
		assert_int_equal(sc.n_asked, 1);        /* none of them gets better by asking again */
		api_seen_free(&s);
		script_stop(&sc);
	}
}

void api_wants_a_token(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET", TEXT("401 Unauthorized", "0", "") });
	api_seen_new(&s, &sc, NULL);
	api_get(&s, "/x");
	assert_non_null(strstr(s.err.text, "wants a token"));
	api_seen_free(&s);
	script_stop(&sc);
}

void api_web_pages_are_no_data(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET", "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\n<html>" },
	            { "GET", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>" },
	            { "GET", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>" });
	api_seen_new(&s, &sc, NULL);
	api_get(&s, "/x");
	assert_int_equal(s.err.code, ERR_DECODE);
	assert_non_null(strstr(s.err.text, "web page"));
	api_seen_again(&s);
	s.call = net_api_open(s.api, &(struct net_api_request){ .path = "/x" }, &api_seen_pieces, &s);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_DECODE);
	assert_int_equal(s.n_heads, 0);
	api_seen_again(&s);
	api_ask(&s, &(struct net_api_request){ .path = "/x", .any_type = true });
	assert_string_equal(buf_str(&s.data), "<html>");
	api_seen_free(&s);
	script_stop(&sc);
}

/* ---- another try ------------------------------------------------------------------------------------------------------------ */
void api_repeats_what_may_be_repeated(void **state)
{
	static const struct { const char *method; bool repeatable; size_t n_asked; } rows[] = {
		{ "GET", false, 3 }, { "PUT", false, 3 }, { "DELETE", false, 3 }, { "POST", false, 1 }, { "POST", true, 3 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct script sc;
		struct api_seen s;
		SCRIPT(&sc, { "", TEXT("500 Oh", "0", "") }, { "", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\nX: y\r\n\r\nshort" },
		            { "", JSON_ANSWER("200 OK", "Content-Length: 2\r\n", "{}") });
		sc.used[1] = true;
		api_seen_new(&s, &sc, NULL);
		api_ask(&s, &(struct net_api_request){ .method = rows[i].method, .path = "/x", .repeatable = rows[i].repeatable });
		assert_int_equal(sc.n_asked, rows[i].n_asked - (rows[i].n_asked == 3));
		assert_int_equal(s.err.code, rows[i].n_asked == 1 ? ERR_HTTP : 0);
		api_seen_free(&s);
		script_stop(&sc);
	}
}

void api_gives_up_in_the_end(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET", TEXT("500 Oh", "0", "") }, { "GET", TEXT("500 Oh", "0", "") }, { "GET", TEXT("500 Oh", "4", "oops") });
	api_seen_new(&s, &sc, NULL);
	api_get(&s, "/x");
	assert_int_equal(s.err.http, 500);
	assert_non_null(strstr(s.err.text, "oops"));
	assert_int_equal(sc.n_asked, 3);
	assert_int_equal(net_api_state(s.api)->mood, NET_API_FINE); /* one broken page is no broken server */
	api_seen_free(&s);
	script_stop(&sc);
}

void api_limits_are_heeded(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET", TEXT("429 Too Many Requests", "11", "Retry later") },
	            { "GET", JSON_ANSWER("200 OK", "Content-Length: 2\r\n", "{}") },
	            { "GET", "HTTP/1.1 429 Too Many\r\nRetry-After: 1830\r\nContent-Length: 0\r\n\r\n" });
	api_seen_new(&s, &sc, NULL);
	api_get(&s, "/x");
	assert_int_equal(s.err.code, 0);
	assert_int_equal(sc.n_asked, 2);
	assert_int_equal(s.moods[0], NET_API_SLOW);
	assert_int_equal(net_api_state(s.api)->mood, NET_API_FINE);
	api_seen_again(&s);
	api_get(&s, "/x");
	assert_int_equal(s.err.code, ERR_RATE);
	assert_int_equal(s.err.http, 429);
	assert_non_null(strstr(s.err.hint, "30m"));
	api_seen_again(&s);
	api_get(&s, "/y");                      /* nobody is sent into it meanwhile */
	assert_int_equal(s.err.code, ERR_RATE);
	assert_int_equal(sc.n_asked, 3);
	api_seen_free(&s);
	script_stop(&sc);
}

void api_slows_down_before_the_limit(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET", JSON_ANSWER("200 OK", "RateLimit-Limit: 600\r\nRateLimit-Remaining: 60\r\nRateLimit-Reset: 2\r\nContent-Length: 2\r\n", "{}") },
	            { "GET", JSON_ANSWER("200 OK", "RateLimit-Limit: 600\r\nRateLimit-Remaining: 590\r\nRateLimit-Reset: 2\r\nContent-Length: 2\r\n", "{}") });
	api_seen_new(&s, &sc, NULL);
	api_get(&s, "/x");
	assert_int_equal(net_api_state(s.api)->mood, NET_API_SLOW);
	assert_non_null(strstr(net_api_state(s.api)->why.text, "60 of 600"));
	api_seen_again(&s);
	api_get(&s, "/x");
	assert_int_equal(net_api_state(s.api)->mood, NET_API_FINE);
	api_seen_free(&s);
	script_stop(&sc);
}

/* ---- a server that is down ------------------------------------------------------------------------------------------------ */
void api_down_fails_fast_and_recovers(void **state)
{
	struct script sc;
	struct api_seen s, other = { 0 };
	SCRIPT(&sc, { "GET", TEXT("503 Down", "0", "") }, { "GET", TEXT("502 Down", "0", "") }, { "GET", TEXT("503 Down", "0", "") },
	            { "GET", JSON_ANSWER("200 OK", "Content-Length: 2\r\n", "{}") });
	api_seen_new(&s, &sc, &(struct net_api_config){ .backoff_ms = 20, .max_running = 1, .stays = true });
	net_api_fetch(s.api, &(struct net_api_request){ .path = "/waits", .priority = NET_BACKGROUND }, api_seen_end, &other);
	api_get(&s, "/x");
	assert_int_equal(s.err.http, 503);
	turn_until(s.loop, &other.ended);       /* what waits is told, not sent */
	assert_int_equal(other.err.http, 503);
	assert_non_null(strstr(other.err.hint, "tried again in"));
	assert_int_equal(sc.n_asked, 3);
	assert_int_equal(s.moods[0], NET_API_TRYING);
	assert_int_equal(s.moods[s.n_moods - 1], NET_API_DOWN);
	assert_true(net_api_state(s.api)->retry_at_ms > 0);
	api_seen_again(&s);
	net_api_retry_now(s.api);
	api_get(&s, "/x");
	assert_int_equal(s.err.code, 0);
	assert_int_equal(net_api_state(s.api)->mood, NET_API_FINE);
	api_seen_free(&s);
	script_stop(&sc);
}

void api_nobody_listens(void **state)
{
	struct api_seen s;
	AUTO_STR url = xasprintf("http://127.0.0.1:%u", net_free_port());
	api_seen_new(&s, NULL, &(struct net_api_config){ .peer = { .base_url = url } });
	api_get(&s, "/x");
	assert_int_equal(s.err.code, ERR_NET);
	assert_non_null(strstr(s.err.text, "nothing listens at"));
	assert_int_equal(net_api_state(s.api)->mood, NET_API_DOWN);
	api_seen_again(&s);
	for (int i = 0; i < 50 && net_api_state(s.api)->mood == NET_API_DOWN; i++) /* says so when the moment has come */
		loop_turn(s.loop, true);
	assert_int_equal(net_api_state(s.api)->mood, NET_API_TRYING);
	api_seen_free(&s);
}

void api_silence(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET", JSON_ANSWER("200 OK", "Content-Length: 2\r\n", "{}") });
	sc.delay_ms = 700;
	api_seen_new(&s, &sc, &(struct net_api_config){ .first_byte_timeout_ms = 30, .tries = 1 });
	api_get(&s, "/x");
	assert_int_equal(s.err.code, ERR_TIMEOUT);
	assert_non_null(strstr(s.err.text, "took the request but gave no answer"));
	api_seen_free(&s);
	script_stop(&sc);
}

/* ---- redirects ---------------------------------------------------------------------------------------------------------------- */
void api_follows_at_the_same_server(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET /api/v4/projects/old%2Fname?a=1 ", "HTTP/1.1 301 Moved\r\nLocation: /api/v4/projects/81?a=1\r\nContent-Length: 0\r\n\r\n" },
	            { "GET /api/v4/projects/81?a=1 ", JSON_ANSWER("200 OK", "Content-Length: 2\r\n", "{}") },
	            { "POST ", "HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n" });
	api_seen_new(&s, &sc, NULL);
	api_get(&s, "/api/v4/projects/old%2Fname?a=1");
	assert_int_equal(s.err.code, 0);
	assert_string_equal(buf_str(&s.moved), "/api/v4/projects/81?a=1");
	api_seen_again(&s);
	api_ask(&s, &(struct net_api_request){ .method = "POST", .path = "/x" });
	assert_int_equal(s.err.http, 307);
	assert_int_equal(sc.n_asked, 3);
	api_seen_free(&s);
	script_stop(&sc);
}

static void serve_thief(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

void api_takes_the_token_nowhere_else(void **state)
{
	static const struct { const char *location; enum err_code code; const char *text; } rows[] = {
		{ "http://127.0.0.1:%s/x", ERR_HTTP, "elsewhere" }, { "//127.0.0.1:%s/x", ERR_HTTP, "elsewhere" },
		{ "http://127.0.0.1:1@127.0.0.1:%s/x", ERR_HTTP, "elsewhere" }, { "https://127.0.0.1:%s/x", ERR_HTTP, "wants https" },
		{ "ftp://127.0.0.1:%s/", ERR_HTTP, "elsewhere" }, { "/users/sign_in", ERR_AUTH, "asks for a login" }, { "", ERR_HTTP, "not where to" },
	};
	AUTO(secret_free_p) struct secret *token = secret_new(SV("glpat-hush"));
	struct server thief;
	server_start(&thief, true, serve_thief);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct script sc;
		struct api_seen s;
		const char *slot = strstr(rows[i].location, "%s");
		AUTO_STR location = xasprintf("%.*s%s%s", slot ? (int)(slot - rows[i].location) : (int)strlen(rows[i].location), rows[i].location,
		                              slot ? strrchr(thief.url, ':') + 1 : "", slot ? slot + 2 : "");
		AUTO_STR answer = xasprintf("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", location);
		struct turn turns[] = { { "GET", answer } };
		script_start(&sc, turns, 1);
		api_seen_new(&s, &sc, &(struct net_api_config){ .bearer = token });
		api_get(&s, "/x");
		assert_int_equal(s.err.code, rows[i].code);
		if (!strstr(s.err.text, rows[i].text))
			fail_msg("%s: %s", location, s.err.text);
		assert_int_equal(s.err.http, 302);
		assert_int_equal(sc.n_asked, 1);
		api_seen_free(&s);
		script_stop(&sc);
	}
	assert_int_equal(thief.n_connections, 0);
	server_stop(&thief);
}

/* Named in the configuration, or by the environment as other programs take it; and one that wants a login is told from the host. */
void api_goes_through_a_proxy(void **state)
{
	for (unsigned i = 0; i < 3; i++) {
		struct script sc;
		SCRIPT(&sc, { "GET http://gitlab.invalid/x ", JSON_ANSWER("200 OK", "Content-Length: 2\r\n", "{}") },
		            { "GET http://gitlab.invalid/login ", "HTTP/1.1 407 Proxy\r\nContent-Length: 0\r\n\r\n" });
		struct api_seen s = { .loop = loop_new() };
		setenv("http_proxy", i ? sc.srv.url : "http://127.0.0.1:1", 1);
		s.net = net_new(s.loop);
		s.api = net_api_new(s.loop, s.net, &(struct net_api_config){ .peer = { .base_url = "http://gitlab.invalid", .proxy = i ? NULL : sc.srv.url }, .tries = 1 });
		api_get(&s, i == 2 ? "/login" : "/x");
		unsetenv("http_proxy");
		assert_int_equal(s.err.code, i == 2 ? ERR_AUTH : ERR_NONE);
		assert_true(i < 2 || strstr(s.err.text, "proxy"));
		assert_int_equal(sc.n_asked, 1);
		api_seen_free(&s);
		script_stop(&sc);
	}
}

void api_does_not_go_round_for_ever(void **state)
{
	struct script sc;
	struct api_seen s;
	static struct turn turns[8];
	for (size_t i = 0; i < ARRAY_LEN(turns); i++)
		turns[i] = (struct turn){ "GET /x ", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n" };
	script_start(&sc, turns, ARRAY_LEN(turns));
	api_seen_new(&s, &sc, NULL);
	api_get(&s, "/x");
	assert_int_equal(s.err.code, ERR_HTTP);
	assert_non_null(strstr(s.err.text, "for ever"));
	assert_int_equal(sc.n_asked, 6);
	api_seen_free(&s);
	script_stop(&sc);
}

/* ---- sizes ------------------------------------------------------------------------------------------------------------------------ */
static void serve_bomb(struct server *srv, int fd)
{
	static const char zeros[1 << 16];
	unsigned char out[1 << 16];
	z_stream z = { 0 };
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n");
	deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
	bool open = true;
	for (int i = 0; i < 128 && open; i++) { /* 8 MB in some 10 kB */
		z.next_in = (unsigned char *)(uintptr_t)zeros;
		z.avail_in = sizeof zeros;
		do {
			z.next_out = out;
			z.avail_out = sizeof out;
			deflate(&z, Z_SYNC_FLUSH);
			open = server_say(fd, out, sizeof out - z.avail_out);
		} while (!z.avail_out && open);
	}
	deflateEnd(&z);
}

void api_bombs_are_too_big(void **state)
{
	struct server srv;
	struct api_seen s;
	server_start(&srv, true, serve_bomb);
	api_seen_new(&s, NULL, &(struct net_api_config){ .peer = { .base_url = srv.url } });
	api_ask(&s, &(struct net_api_request){ .path = "/x", .max_body = 1 << 20 });
	assert_int_equal(s.err.code, ERR_TOO_BIG);
	api_seen_again(&s);
	s.call = net_api_open(s.api, &(struct net_api_request){ .path = "/x", .max_body = 1 << 20 }, &api_seen_pieces, &s);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_TOO_BIG);
	assert_true(s.data.len <= 1 << 20);
	assert_int_equal(srv.n_connections, 2);
	api_seen_free(&s);
	server_stop(&srv);
}

/* An error's page may be long: its first words are enough. */
static void serve_long_error(struct server *srv, int fd)
{
	server_hear(srv, fd);
	SAY(fd, "HTTP/1.1 404 No\r\nContent-Type: text/plain\r\n\r\nno such thing\n");
	for (int i = 0; i < 100000 && SAY(fd, "blah blah blah blah blah blah blah blah\n"); i++)
		;
}

void api_long_errors_are_read_so_far(void **state)
{
	struct server srv;
	struct api_seen s;
	server_start(&srv, true, serve_long_error);
	api_seen_new(&s, NULL, &(struct net_api_config){ .peer = { .base_url = srv.url } });
	api_get(&s, "/x");
	assert_int_equal(s.err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(s.err.text, "no such thing"));
	api_seen_free(&s);
	server_stop(&srv);
}

/* ---- a token that is taken no more ------------------------------------------------------------------------------------------- */
static struct api_seen *renewed_seen;
static const char *renewed_with;
static unsigned n_renewals;

static void give_other(void *unused)
{
	AUTO(secret_free_p) struct secret *other = renewed_with ? secret_new(sv_of(renewed_with)) : NULL;
	(void)unused;
	net_api_renewed(renewed_seen->api, other);
}

static bool renew(void *ctx)
{
	(void)ctx;
	n_renewals++;
	loop_defer(renewed_seen->loop, give_other, NULL);
	return true;
}

static void renew_begin(struct api_seen *s, struct script *sc, const char *other)
{
	AUTO(secret_free_p) struct secret *token = secret_new(SV("old"));
	renewed_seen = s;
	renewed_with = other;
	n_renewals = 0;
	api_seen_new(s, sc, &(struct net_api_config){ .bearer = token, .renew = renew });
}

void api_asks_for_another_token(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET", TEXT("401 Unauthorized", "0", "") }, { "GET", JSON_ANSWER("200 OK", "Content-Length: 2\r\n", "[]") },
	            { "GET", TEXT("401 Unauthorized", "0", "") }, { "POST", JSON_ANSWER("201 Created", "Content-Length: 2\r\n", "{}") });
	renew_begin(&s, &sc, "new");
	api_get(&s, "/x");                              /* refused, then sent once more */
	assert_int_equal(s.status, 200);
	assert_int_equal(n_renewals, 1);
	assert_non_null(strstr(sc.asked[0], "Bearer old"));
	assert_non_null(strstr(sc.asked[1], "Bearer new"));
	api_seen_again(&s);
	api_get(&s, "/x");                              /* the other one is refused soon after: nobody is asked a second time */
	assert_int_equal(s.err.code, ERR_AUTH);
	assert_int_equal(n_renewals, 1);
	api_seen_again(&s);
	api_ask(&s, &(struct net_api_request){ .method = "POST", .path = "/x", .body = SV("{}") });
	assert_int_equal(s.status, 201);
	api_seen_free(&s);
	script_stop(&sc);
}

void api_says_that_there_is_no_other_token(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET", TEXT("401 Unauthorized", "0", "") }, { "POST", TEXT("401 Unauthorized", "0", "") }, { "POST", JSON_ANSWER("201 Created", "Content-Length: 2\r\n", "{}") });
	renew_begin(&s, &sc, NULL);
	api_get(&s, "/x");
	assert_int_equal(s.err.code, ERR_AUTH);
	assert_int_equal(s.err.http, 401);
	assert_int_equal(sc.n_asked, 1);
	api_seen_free(&s);
	renew_begin(&s, &sc, "new");
	api_ask(&s, &(struct net_api_request){ .method = "POST", .path = "/x", .body = SV("{}") });
	assert_int_equal(s.status, 201);                /* what was refused has done nothing: a POST may be sent again */
	api_seen_free(&s);
	script_stop(&sc);
}
