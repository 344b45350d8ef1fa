/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client of an API: whole answers, what is kept of them, lists, pieces. */
#include "script.h"

void api_whole_answer(void **state)
{
	struct script sc;
	struct api_seen s;
	AUTO(secret_free_p) struct secret *token = secret_new(SV("glpat-hush"));
	struct net_api_config config = { .bearer = token };
	SCRIPT(&sc, { "GET /api/v4/user", JSON_ANSWER("200 OK", "Content-Length: 2\r\n", "{}") },
	            { "POST /api/v4/jobs/1/retry", JSON_ANSWER("201 Created", "Content-Length: 2\r\n", "{}") },
	            { "DELETE /api/v4/x", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n" });
	api_seen_new(&s, &sc, &config);
	api_get(&s, "/api/v4/user");
	assert_int_equal(s.err.code, 0);
	assert_int_equal(s.status, 200);
	assert_string_equal(buf_str(&s.data), "{}");
	assert_non_null(strstr(sc.asked[0], "Authorization: Bearer glpat-hush\r\n"));
	assert_non_null(strstr(sc.asked[0], "Accept-Encoding: "));
	api_seen_again(&s);
	api_ask(&s, &(struct net_api_request){ .method = "POST", .path = "/api/v4/jobs/1/retry", .body = SV("{\"a\":1}") });
	assert_int_equal(s.status, 201);
	assert_non_null(strstr(sc.asked[1], "Content-Type: application/json\r\n"));
	assert_non_null(strstr(sc.asked[1], "\r\n\r\n{\"a\":1}"));
	api_seen_again(&s);
	api_ask(&s, &(struct net_api_request){ .method = "DELETE", .path = "/api/v4/x" });
	assert_int_equal(s.status, 204);
	assert_int_equal(sc.srv.n_connections, 1); /* kept alive */
	api_seen_free(&s);
	script_stop(&sc);
}

void api_revalidates(void **state)
{
	struct script sc;
	struct api_seen s;
	struct net_kept kept;
	struct net_api_request q = { .path = "/p", .revalidate = true };
	SCRIPT(&sc, { "GET /p", JSON_ANSWER("200 OK", "Etag: W/\"1\"\r\nContent-Length: 3\r\n", "[1]") },
	            { "GET /p", "HTTP/1.1 304 Not Modified\r\nEtag: W/\"1\"\r\nX-Total: 9\r\n\r\n" },
	            { "GET /p", JSON_ANSWER("200 OK", "Etag: W/\"2\"\r\nContent-Length: 3\r\n", "[2]") });
	api_seen_new(&s, &sc, NULL);
	assert_false(net_api_kept(s.api, "/p", &kept));
	api_ask(&s, &q);
	assert_null(strstr(sc.asked[0], "If-None-Match"));
	assert_true(net_api_kept(s.api, "/p", &kept));
	assert_string_equal(kept.etag, "W/\"1\"");
	api_seen_again(&s);
	api_ask(&s, &q);
	assert_non_null(strstr(sc.asked[1], "If-None-Match: W/\"1\"\r\n"));
	assert_int_equal(s.status, 200);
	assert_true(s.unchanged);
	assert_string_equal(buf_str(&s.data), "[1]");
	api_seen_again(&s);
	api_ask(&s, &q);
	assert_false(s.unchanged);
	assert_string_equal(buf_str(&s.data), "[2]");
	assert_true(net_api_kept(s.api, "/p", &kept));
	assert_string_equal(kept.etag, "W/\"2\"");
	api_seen_free(&s);
	script_stop(&sc);
}

static void ask_pages(struct api_seen *s, const struct net_api_request *q)
{
	s->call = net_api_pages(s->api, q, &api_seen_pages, s);
	turn_until(s->loop, &s->ended);
}

void api_pages_by_link(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET /r/p?per_page=2 ", JSON_ANSWER("200 OK", "Link: <https://inner/r/p?id_after=2>; rel=\"next\"\r\nContent-Length: 5\r\n", "[1,2]") },
	            { "GET /r/p?id_after=2 ", JSON_ANSWER("200 OK", "Link: <https://inner/r/p?id_after=4>; rel=\"first\"\r\nContent-Length: 5\r\n", "[3,4]") });
	api_seen_new(&s, &sc, NULL);
	ask_pages(&s, &(struct net_api_request){ .path = "/r/p?per_page=2", .page_size = 2 });
	assert_int_equal(s.err.code, 0);
	assert_true(s.complete);
	assert_string_equal(buf_str(&s.data), "[1,2][3,4]");
	api_seen_free(&s);
	script_stop(&sc);
}

void api_pages_end_at_a_short_one(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET /p?page=1&per_page=2 ", JSON_ANSWER("200 OK", "x-next-page: 2\r\nContent-Length: 5\r\n", "[1,2]") },
	            { "GET /p?per_page=2&page=2 ", JSON_ANSWER("200 OK", "x-next-page: 3\r\nContent-Length: 3\r\n", "[3]") });
	api_seen_new(&s, &sc, NULL);
	ask_pages(&s, &(struct net_api_request){ .path = "/p?page=1&per_page=2", .page_size = 2 });
	assert_int_equal(s.err.code, 0);
	assert_true(s.complete);
	assert_int_equal(s.n_pages, 2);
	api_seen_free(&s);
	script_stop(&sc);
}

void api_pages_whose_first_is_unchanged(void **state)
{
	struct script sc;
	struct api_seen s;
	const struct net_api_request q = { .path = "/p", .page_size = 2, .revalidate = true, .rest_s = 300 };
	SCRIPT(&sc, { "GET /p ", JSON_ANSWER("200 OK", "Etag: W/\"1\"\r\nLink: <https://h/p?at=2>; rel=\"next\"\r\nContent-Length: 5\r\n", "[1,2]") },
	            { "GET /p?at=2 ", JSON_ANSWER("200 OK", "Etag: W/\"2\"\r\nContent-Length: 5\r\n", "[3,4]") },
	            { "GET /p ", "HTTP/1.1 304 Not Modified\r\nEtag: W/\"1\"\r\n\r\n" },
	            { "GET /p ", JSON_ANSWER("200 OK", "Etag: W/\"3\"\r\nLink: <https://h/p?at=2>; rel=\"next\"\r\nContent-Length: 5\r\n", "[5,1]") },
	            { "GET /p?at=2 ", JSON_ANSWER("200 OK", "Etag: W/\"4\"\r\nContent-Length: 5\r\n", "[2,3]") });
	api_seen_new(&s, &sc, NULL);
	static const struct { const char *data; size_t asked; } rows[] = { { "[1,2][3,4]", 2 }, { "[1,2][3,4]", 3 }, { "[5,1][2,3]", 5 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ask_pages(&s, &q);
		assert_int_equal(s.err.code, 0);
		assert_true(s.complete);
		assert_string_equal(buf_str(&s.data), rows[i].data);
		assert_int_equal(sc.n_asked, rows[i].asked);
		api_seen_again(&s);
	}
	api_seen_free(&s);
	script_stop(&sc);
}

void api_pieces(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "GET /trace", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nlines" },
	            { "GET /trace", "HTTP/1.1 304 Not Modified\r\n\r\n" },
	            { "GET /trace", "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ngone" });
	api_seen_new(&s, &sc, NULL);
	struct net_header h = { "If-None-Match", "W/\"x\"" };
	struct net_api_request q = { .path = "/trace", .headers = &h, .n_headers = 1, .any_type = true };
	static const struct { int status; const char *data; bool unchanged; enum err_code code; } rows[] = {
		{ 200, "lines", false, 0 }, { 304, "", true, 0 }, { 0, "", false, ERR_NOT_FOUND },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		s.call = net_api_open(s.api, &q, &api_seen_pieces, &s);
		turn_until(s.loop, &s.ended);
		assert_int_equal(s.err.code, rows[i].code);
		assert_int_equal(s.status, rows[i].status);
		assert_int_equal(s.unchanged, rows[i].unchanged);
		assert_string_equal(buf_str(&s.data), rows[i].data);
		if (rows[i].code)
			assert_non_null(strstr(s.err.text, "(404: gone)"));
		api_seen_again(&s);
	}
	api_seen_free(&s);
	script_stop(&sc);
}
