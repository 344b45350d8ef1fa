/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client of an API: who goes first, lists that are held or stopped, ends within callbacks. */
#include "script.h"

#define GOOD JSON_ANSWER("200 OK", "Content-Length: 2\r\n", "{}")

/* ---- the queue ------------------------------------------------------------------------------------------------------------ */
static void fetch_into(struct api_seen *client, struct api_seen *each, const char *path, enum net_priority p)
{
	each->call = net_api_fetch(client->api, &(struct net_api_request){ .path = path, .priority = p }, api_seen_end, each);
}

static void forget_each(struct api_seen *each, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_fini(&each[i].data);
		buf_fini(&each[i].moved);
	}
}

void api_what_is_on_screen_goes_first(void **state)
{
	struct script sc;
	struct api_seen s, each[5] = { 0 };
	SCRIPT(&sc, { "", GOOD }, { "", GOOD }, { "", GOOD }, { "", GOOD }, { "", GOOD });
	api_seen_new(&s, &sc, &(struct net_api_config){ .max_running = 1 });
	fetch_into(&s, &each[0], "/background", NET_BACKGROUND);
	fetch_into(&s, &each[1], "/nearby", NET_NEARBY);
	fetch_into(&s, &each[2], "/screen", NET_ON_SCREEN);
	fetch_into(&s, &each[3], "/came-into-sight", NET_BACKGROUND);
	fetch_into(&s, &each[4], "/cancelled", NET_ON_SCREEN);
	net_api_set_priority(each[3].call, NET_ON_SCREEN);
	net_api_cancel(each[4].call);
	assert_int_equal(each[4].err.code, ERR_CANCELLED);
	turn_until(s.loop, &each[0].ended);
	static const char *const order[] = { "GET /screen ", "GET /came-into-sight ", "GET /nearby ", "GET /background " };
	assert_int_equal(sc.n_asked, 4);
	for (size_t i = 0; i < 4; i++)
		assert_ptr_equal(strstr(sc.asked[i], order[i]), sc.asked[i]);
	forget_each(each, 5);
	api_seen_free(&s);
	script_stop(&sc);
}

void api_nobody_waits_for_ever(void **state)
{
	enum { N = 12 };
	struct script sc;
	struct api_seen s, each[N] = { 0 };
	static struct turn turns[N];
	for (size_t i = 0; i < N; i++)
		turns[i] = (struct turn){ "", GOOD };
	script_start(&sc, turns, N);
	api_seen_new(&s, &sc, &(struct net_api_config){ .max_running = 1 });
	fetch_into(&s, &each[0], "/background", NET_BACKGROUND);
	for (size_t i = 1; i < N; i++)
		fetch_into(&s, &each[i], "/screen", NET_ON_SCREEN);
	for (size_t i = 0; i < N; i++)
		turn_until(s.loop, &each[i].ended);
	assert_null(strstr(sc.asked[N - 1], "/background"));
	forget_each(each, N);
	api_seen_free(&s);
	script_stop(&sc);
}

void api_runs_so_many_at_once(void **state)
{
	enum { N = 15 };
	struct script sc;
	struct api_seen s, each[N] = { 0 };
	static struct turn turns[N];
	for (size_t i = 0; i < N; i++)
		turns[i] = (struct turn){ "", GOOD };
	script_start(&sc, turns, N);
	sc.delay_ms = 20;
	api_seen_new(&s, &sc, NULL);
	for (size_t i = 0; i < N; i++)
		fetch_into(&s, &each[i], "/x", NET_ON_SCREEN);
	for (size_t i = 0; i < N; i++)
		turn_until(s.loop, &each[i].ended);
	assert_in_range(sc.n_most, 2, 6);
	assert_true(sc.srv.n_connections <= 6);
	forget_each(each, N);
	api_seen_free(&s);
	script_stop(&sc);
}

/* ---- lists ------------------------------------------------------------------------------------------------------------------ */
#define PAGE(next) JSON_ANSWER("200 OK", "X-Next-Page: " next "\r\nContent-Length: 5\r\n", "[1,2]")

static void hold(struct api_seen *s, const char *where)
{
	if (!strcmp(where, "page"))
		net_api_hold(s->call);
}

void api_pages_can_be_held(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "", PAGE("2") }, { "", PAGE("") });
	api_seen_new(&s, &sc, NULL);
	s.act = hold;
	s.call = net_api_pages(s.api, &(struct net_api_request){ .path = "/p" }, &api_seen_pages, &s);
	for (int i = 0; i < 200 && !s.n_pages; i++)
		loop_turn(s.loop, true);
	loop_turn(s.loop, false);
	loop_turn(s.loop, false);
	assert_int_equal(sc.n_asked, 1);
	assert_false(s.ended);
	net_api_more(s.call);
	turn_until(s.loop, &s.ended);
	assert_true(s.complete);
	assert_int_equal(sc.n_asked, 2);
	api_seen_free(&s);
	script_stop(&sc);
}

void api_pages_can_be_stopped(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "", PAGE("2") }, { "", PAGE("3") });
	api_seen_new(&s, &sc, NULL);
	s.per_page = NET_PAGES_STOP;
	s.call = net_api_pages(s.api, &(struct net_api_request){ .path = "/p" }, &api_seen_pages, &s);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, 0);
	assert_false(s.complete);
	assert_int_equal(sc.n_asked, 1);
	api_seen_free(&s);
	script_stop(&sc);
}

void api_pages_that_do_not_end(void **state)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "", PAGE("2") }, { "", PAGE("2") });
	api_seen_new(&s, &sc, NULL);
	s.call = net_api_pages(s.api, &(struct net_api_request){ .path = "/p" }, &api_seen_pages, &s);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_DECODE);
	api_seen_free(&s);
	script_stop(&sc);
}

void api_pages_revalidate(void **state)
{
	struct script sc;
	struct api_seen s;
	struct net_api_request q = { .path = "/p?per_page=2", .revalidate = true };
	SCRIPT(&sc, { "GET /p?per_page=2 ", JSON_ANSWER("200 OK", "ETag: \"a\"\r\nX-Next-Page: 2\r\nContent-Length: 5\r\n", "[1,2]") },
	            { "GET /p?per_page=2&page=2 ", JSON_ANSWER("200 OK", "ETag: \"b\"\r\nX-Next-Page: \r\nContent-Length: 3\r\n", "[3]") },
	            { "GET /p?per_page=2 ", "HTTP/1.1 304 Not Modified\r\n\r\n" },
	            { "GET /p?per_page=2&page=2 ", "HTTP/1.1 304 Not Modified\r\n\r\n" });
	api_seen_new(&s, &sc, NULL);
	for (int i = 0; i < 2; i++) {
		s.call = net_api_pages(s.api, &q, &api_seen_pages, &s);
		turn_until(s.loop, &s.ended);
		assert_true(s.complete);
		assert_string_equal(buf_str(&s.data), "[1,2][3]");
		assert_int_equal(s.unchanged, i);
		api_seen_again(&s);
	}
	assert_int_equal(sc.n_asked, 4);
	api_seen_free(&s);
	script_stop(&sc);
}

/* ---- ends within callbacks ---------------------------------------------------------------------------------------------------- */
static const char *act_at;

static void free_all(struct api_seen *s, const char *where)
{
	if (strcmp(where, act_at) || !s->api)
		return;
	struct net_api *a = s->api;
	s->api = NULL;
	net_api_free(a);
}

static void cancel(struct api_seen *s, const char *where)
{
	if (!strcmp(where, act_at) && strcmp(where, "end"))
		net_api_cancel(s->call);
}

static void run_each_kind(void (*act)(struct api_seen *s, const char *where), const char *where, int kind)
{
	struct script sc;
	struct api_seen s;
	SCRIPT(&sc, { "", PAGE("2") }, { "", PAGE("") });
	act_at = where;
	api_seen_new(&s, &sc, NULL);
	s.act = act;
	struct net_api_request q = { .path = "/p" };
	s.call = kind == 0 ? net_api_fetch(s.api, &q, api_seen_end, &s) : kind == 1 ? net_api_pages(s.api, &q, &api_seen_pages, &s) :
	         net_api_open(s.api, &q, &api_seen_pieces, &s);
	turn_until(s.loop, &s.ended);
	for (int i = 0; i < 3; i++)
		loop_turn(s.loop, false);
	api_seen_free(&s);
	script_stop(&sc);
}

void api_acts_in_callbacks(void **state)
{
	static const char *const places[3][3] = { { "end" }, { "page", "end" }, { "head", "data", "end" } };
	for (int kind = 0; kind < 3; kind++)
		for (int i = 0; i < 3 && places[kind][i]; i++) {
			run_each_kind(free_all, places[kind][i], kind);
			run_each_kind(cancel, places[kind][i], kind);
		}
}

void api_free_cancels_all(void **state)
{
	struct script sc;
	struct api_seen s, each[3] = { 0 };
	SCRIPT(&sc, { "", GOOD }, { "", GOOD }, { "", GOOD });
	sc.delay_ms = 200;
	api_seen_new(&s, &sc, &(struct net_api_config){ .max_running = 1 });
	for (size_t i = 0; i < 3; i++)
		fetch_into(&s, &each[i], "/x", NET_ON_SCREEN);
	loop_turn(s.loop, false);
	net_api_free(s.api);
	s.api = NULL;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(each[i].err.code, ERR_CANCELLED);
	net_api_cancel(NULL);
	net_api_free(NULL);
	forget_each(each, 3);
	api_seen_free(&s);
	script_stop(&sc);
}

/* ---- memos of others ---------------------------------------------------------------------------------------------------------- */
struct memory { int n_gets, n_puts, n_touches; };

static bool memory_get(void *ctx, const char *key, struct net_kept *ret)
{
	struct memory *m = ctx;
	*ret = (struct net_kept){ "\"e\"", "application/json", "", SV("[7]"), 1 };
	assert_non_null(strstr(key, "/p"));
	return m->n_gets++ != 1;                /* forgotten between the question and its answer */
}

static void memory_put(void *ctx, const char *key, const struct net_kept *k)
{
	((struct memory *)ctx)->n_puts++;
}

static void memory_touch(void *ctx, const char *key, int64_t at_s)
{
	((struct memory *)ctx)->n_touches++;
}

void api_uses_the_memo_it_is_given(void **state)
{
	struct script sc;
	struct api_seen s;
	struct memory m = { 0 };
	SCRIPT(&sc, { "", "HTTP/1.1 304 Not Modified\r\n\r\n" }, { "", "HTTP/1.1 304 Not Modified\r\n\r\n" },
	            { "", JSON_ANSWER("200 OK", "ETag: \"f\"\r\nContent-Length: 3\r\n", "[8]") });
	api_seen_new(&s, &sc, &(struct net_api_config){ .memo = { memory_get, memory_put, memory_touch, &m } });
	api_ask(&s, &(struct net_api_request){ .path = "/p", .revalidate = true });
	assert_string_equal(buf_str(&s.data), "[7]");
	assert_int_equal(sc.n_asked, 2);
	assert_int_equal(m.n_touches, 1);
	api_seen_again(&s);
	api_ask(&s, &(struct net_api_request){ .path = "/p", .revalidate = true });
	assert_string_equal(buf_str(&s.data), "[8]");
	assert_int_equal(m.n_puts, 1);
	api_seen_free(&s);
	script_stop(&sc);
}
