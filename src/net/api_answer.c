/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an answer means: the end, another try, another place, the next page. */
#include <strings.h>
#include "berth/path.h"
#include "net/api.h"

bool api_is_good(const struct net_api_call *c)
{
	int status = c->head.status;
	return (status >= 200 && status < 300) || (status == 304 && !c->etag);
}

void api_answer(const struct net_api_call *c, struct net_answer *ret)
{
	*ret = (struct net_answer){ .unchanged = c->head.status == 304 };
	head_response(&c->head, &ret->response);
	if (c->kind != API_PIECES)
		ret->response.body = buf_sv(&c->in);
	if (c->n_redirects)
		ret->moved_to = c->q.path;
}

void api_fail_with(struct net_api_call *c, const struct err *e)
{
	struct net_answer a;
	api_answer(c, &a);
	api_end(c, c->head_came ? &a : NULL, e);
}

/* ---- another try ---------------------------------------------------------------------------------------------------------------- */
static bool may_repeat(const struct net_api_call *c)
{
	static const char *const idempotent[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS" };
	if (c->is_given || c->n_tries >= c->api->config.tries)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(idempotent); i++)
		if (!strcmp(c->q.method, idempotent[i]))
			return true;
	return c->q.repeatable;
}

static int64_t asked_wait_s(const struct net_api_call *c)
{
	int64_t s = 0;
	const char *after = c->head_came ? head_get(&c->head, "retry-after") : NULL;
	if (!after || !field_retry_after(sv_of(after), head_get(&c->head, "date"), clock_wall_s(), API_WAIT_MAX_S, &s))
		return 0;
	return s;
}

static void say_when(struct err *e, uint64_t wait_ms)
{
	char room[32];
	e->hint[0] = '\0';
	err_hint(e, "it asks for a pause: try again in %s", api_wait_words(wait_ms, room));
}

static void limited(struct net_api_call *c, struct err *e)
{
	uint64_t wait_ms = (uint64_t)asked_wait_s(c) * 1000;
	if (!wait_ms)                           /* GitLab's own limiter does not always say: 2 s, then more */
		wait_ms = 2 * api_backoff_ms(c->api, c->n_tries);
	say_when(e, wait_ms);
	api_limited(c->api, wait_ms, e);
	if (may_repeat(c) && wait_ms <= API_PATIENCE_MS)
		api_queue(c, wait_ms);
	else
		api_fail_with(c, e);
}

static void broken(struct net_api_call *c, const struct err *e, bool is_down)
{
	uint64_t wait_ms = (uint64_t)asked_wait_s(c) * 1000;
	if (is_down)
		api_down(c->api, wait_ms, e);
	if (may_repeat(c) && wait_ms <= API_PATIENCE_MS && c->api->state.mood != NET_API_DOWN)
		api_queue(c, MAX_OF(wait_ms, is_down ? 0 : api_backoff_ms(c->api, c->n_tries)));
	else
		api_fail_with(c, e);
}

/* ---- another place ---------------------------------------------------------------------------------------------------------------- */
/* Behind scheme, host and port of base_url when the location has the same ones, else NULL. */
static const char *same_server(const char *base_url, const char *location)
{
	if (location[0] == '/' && location[1] != '/')
		return location;
	const char *host = strstr(base_url, "://");
	size_t len = host ? (size_t)(host - base_url) + 3 + strcspn(host + 3, "/") : 0;
	if (!len || strncasecmp(location, base_url, len) || (location[len] != '/' && location[len]))
		return NULL;
	return location + len;
}

/* The path under base_url's own path, or NULL. */
static const char *under_base(const char *base_url, const char *path)
{
	const char *host = strstr(base_url, "://"), *prefix = host ? strchr(host + 3, '/') : NULL;
	size_t len = prefix ? strlen(prefix) : 0;
	while (len && prefix[len - 1] == '/')
		len--;
	if (len && (strncmp(path, prefix, len) || path[len] != '/'))
		return NULL;
	return path + len;
}

static void redirected(struct net_api_call *c)
{
	const char *base = c->api->config.peer.base_url, *location = head_get(&c->head, "location");
	const char *path = location ? same_server(base, location) : NULL;
	struct err e = { 0 };
	bool only_asks = !strcmp(c->q.method, "GET") || !strcmp(c->q.method, "HEAD");
	path = path ? under_base(base, path) : NULL;
	bool login = path && (strstr(path, "/users/sign_in") || strstr(path, "/login"));
	if (!path || !*path || !only_asks || login) {
		api_redirect_error(c, location ? location : "", &e);
		api_fail_with(c, &e);
		return;
	}
	if (c->n_redirects++ >= API_REDIRECTS_MAX) {
		err_set(&e, ERR_HTTP, "the server redirects for ever: %.200s", location);
		api_fail_with(c, &e);
		return;
	}
	char *to = xstrndup(path, strcspn(path, "#"));
	free((char *)c->q.path);
	c->q.path = to;
	c->n_tries--;
	api_queue(c, 0);
}

/* ---- lists ------------------------------------------------------------------------------------------------------------------------- */
/* The query that asks for the next page, owned; "" at the end. Of a Link only the query is used: its host may be an inner name of
 * the server's, and the token goes nowhere else. */
static char *next_query(const struct net_api_call *c)
{
	struct sv target;
	const char *link = head_get(&c->head, "link"), *page = head_get(&c->head, "x-next-page");
	int64_t number;
	if (link && field_link_next(sv_of(link), &target)) {
		const char *query = memchr(target.p, '?', target.len);
		return query ? xstrndup(query, target.len - (size_t)(query - target.p)) : xstrdup("");
	}
	if (!page || !sv_to_i64(sv_of(page), &number) || number < 1)
		return xstrdup("");
	struct buf b = BUF_INIT;
	const char *old = strchr(c->q.path, '?');
	struct sv rest = sv_of(old ? old + 1 : NULL), piece;
	buf_add_char(&b, '?');
	while (rest.p && sv_split(&rest, '&', &piece))
		if (piece.len && !sv_starts(piece, SV("page="))) {
			buf_add_sv(&b, piece);
			buf_add_char(&b, '&');
		}
	buf_addf(&b, "page=%lld", (long long)number);
	return buf_take(&b);
}

static void go_on(struct net_api_call *c, const char *query)
{
	size_t len = strcspn(c->q.path, "?");
	char *path = xasprintf("%.*s%s", (int)len, c->q.path, query);
	bool same = !strcmp(path, c->q.path);
	free((char *)c->q.path);
	c->q.path = path;
	c->n_tries = 0;
	struct err e = { 0 };
	if (same || ++c->n_pages >= API_PAGES_MAX) {
		err_set(&e, ERR_DECODE, "the list of the server does not end: its next page is the one before");
		api_end(c, NULL, &e);
	} else if (c->hold) {
		c->where = API_HELD;
	} else {
		api_queue(c, 0);
	}
}

static void give_page(struct net_api_call *c, const struct net_answer *a, const char *kept_next)
{
	AUTO_STR query = kept_next ? xstrdup(kept_next) : next_query(c);
	long n = c->pages.on_page(c->ctx, a);
	if (c->where == API_ENDED)
		return;
	if (n < 0) {
		c->failing = true;              /* "complete" is false */
		api_end(c, NULL, NULL);
	} else if (!*query || (c->q.page_size && (size_t)n < c->q.page_size)) {
		api_end(c, NULL, NULL);
	} else {
		go_on(c, query);
	}
}

/* ---- good answers -------------------------------------------------------------------------------------------------------------------- */
static void keep(const struct net_api_call *c)
{
	const struct net_memo *m = &c->api->config.memo;
	const char *etag = head_get(&c->head, "etag"), *type = head_get(&c->head, "content-type");
	if (!c->q.revalidate || !etag || !*etag || c->head.status != 200)
		return;
	AUTO_STR key = xasprintf("%s%s", c->api->config.peer.base_url, c->q.path);
	AUTO_STR next = c->kind == API_PAGES ? next_query(c) : xstrdup("");
	struct net_kept k = { etag, type ? type : "", next, buf_sv(&c->in), clock_wall_s() };
	m->put(m->ctx, key, &k);
}

static void good(struct net_api_call *c)
{
	struct err e = { 0 };
	struct net_answer a;
	if (c->kind != API_PIECES && api_check_type(c, &e)) {
		api_fail_with(c, &e);
		return;
	}
	keep(c);
	api_answer(c, &a);
	if (c->kind == API_PAGES)
		give_page(c, &a, NULL);
	else
		api_end(c, &a, NULL);
}

static void unchanged(struct net_api_call *c, bool confirmed)
{
	const struct net_memo *m = &c->api->config.memo;
	AUTO_STR key = xasprintf("%s%s", c->api->config.peer.base_url, c->q.path);
	struct net_kept k;
	if (!m->get(m->ctx, key, &k)) {         /* forgotten meanwhile: once more, whole */
		api_queue(c, 0);
		return;
	}
	/* The owner's callback may ask the memo for something else: what is given is ours. */
	AUTO_STR next = xstrdup(k.next);
	AUTO_STR type = xstrdup(k.content_type);
	buf_clear(&c->in);
	c->in.max = MAX_OF(c->in.max, k.body.len + 1);
	buf_add_sv(&c->in, k.body);
	if (m->touch && confirmed)
		m->touch(m->ctx, key, clock_wall_s());
	c->first_unchanged |= confirmed && !c->n_pages;
	struct net_answer a;
	api_answer(c, &a);
	a.response.status = 200;
	a.response.content_type = type ? type : "";
	if (c->kind == API_PAGES)
		give_page(c, &a, next);
	else
		api_end(c, &a, NULL);
}

bool api_take_kept(struct net_api_call *c)
{
	struct net_kept k;
	if (c->kind != API_PAGES || !c->q.rest_s || !c->n_pages || !c->first_unchanged || !net_api_kept(c->api, c->q.path, &k) ||
	    clock_wall_s() - k.at_s >= (int64_t)c->q.rest_s)
		return false;
	head_clear(&c->head);
	c->head.status = 304;
	c->head_came = true;
	c->where = API_RUNNING;
	unchanged(c, /* confirmed= */ false);
	return true;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------------- */
static bool is_passing(enum err_code code)
{
	return code == ERR_NET || code == ERR_TIMEOUT;
}

static bool is_server_down(int status)
{
	return status == 502 || status == 503 || status == 504;
}

void api_judge(struct net_api_call *c, const struct err *broke)
{
	struct err e = { 0 };
	int status = c->head_came ? c->head.status : 0;
	if (broke) {
		if (is_passing(broke->code))
			broken(c, broke, /* is_down= */ !c->head_came);
		else
			api_fail_with(c, broke);
		return;
	}
	if (status != 429 && !is_server_down(status))
		api_heard(c->api, &c->head);
	if (api_is_good(c)) {
		good(c);
	} else if (status == 304) {
		unchanged(c, /* confirmed= */ true);
	} else if (status >= 300 && status < 400) {
		redirected(c);
	} else if (status == 401 && api_waits_for_token(c)) {
		return;
	} else {
		api_status_error(c, &e);
		if (status == 429)
			limited(c, &e);
		else if (status >= 500)
			broken(c, &e, is_server_down(status));
		else
			api_fail_with(c, &e);
	}
}
