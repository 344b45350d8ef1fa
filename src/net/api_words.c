/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an error answer says, in a sentence: what, where, what next; the server's own words behind it. */
#include <stdio.h>
#include "berth/text.h"
#include "net/api.h"

const char *api_wait_words(uint64_t ms, char room[32])
{
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(32);
	uint64_t s = (ms + 999) / 1000;
	if (s < 60)
		buf_addf(&b, "%llu s", (unsigned long long)MAX_OF(s, 1u));
	else
		text_add_duration(&b, (int64_t)s);
	snprintf(room, 32, "%s", buf_str(&b));
	return room;
}

/* "https://gitlab.example/relative" without what stands before the host. */
static const char *host_of(const struct net_api_call *c)
{
	const char *url = c->api->config.peer.base_url, *host = strstr(url, "://");
	return c->api->config.peer.unix_socket ? c->api->config.peer.unix_socket : host ? host + 3 : url;
}

static bool is_html(const char *type)
{
	return sv_starts(sv_of(type), SV("text/html")) || sv_starts(sv_of(type), SV("application/xhtml"));
}

static void first_line(const struct net_response *r, struct buf *ret)
{
	struct sv rest = r->body, line;
	if (is_html(r->content_type))
		return;
	while (sv_split(&rest, '\n', &line))
		if (sv_trim(line).len) {
			buf_add_sv(ret, sv_trim(line));
			return;
		}
}

/* Foreign words in a bounded, harmless form: valid UTF-8 without controls. */
static void add_clean(struct buf *to, struct sv s)
{
	while (s.len && to->len < API_WORDS_MAX_BYTES) {
		uint32_t code = 0;
		size_t n = utf8_next(s, &code);
		bool harmless = n && !utf8_steers(code);
		if (harmless)
			buf_add(to, s.p, n);
		else if (to->len && to->p[to->len - 1] != ' ')
			buf_add_char(to, ' ');
		n = n ? n : 1;
		s.p += n;
		s.len -= n;
	}
	while (to->len && to->p[to->len - 1] == ' ')
		buf_cut_to(to, to->len - 1);
}

static void own_words(const struct net_api_call *c, struct buf *ret)
{
	AUTO(buf_fini) struct buf raw = BUF_INIT_MAX(API_ERROR_MAX_BYTES);
	struct net_response r;
	head_response(&c->head, &r);
	r.body = buf_sv(&c->in);
	if (c->api->config.words)
		c->api->config.words(&r, &raw);
	else
		first_line(&r, &raw);
	add_clean(ret, buf_sv(&raw));
}

struct row { int status; enum err_code code; const char *what, *hint; };
static const struct row rows[] = {
	{ 400, ERR_HTTP, "does not understand the request", "" },
	{ 401, ERR_AUTH, "does not accept the token", "check that it is right, not expired and not revoked" },
	{ 403, ERR_DENIED, "does not allow this", "it takes another role in the project, or a token with more scopes" },
	{ 404, ERR_NOT_FOUND, "does not have this, or hides it from this token", "check the name, and that the token may see it" },
	{ 405, ERR_UNSUPPORTED, "does not offer this", "it may be an older version, or switched off there" },
	{ 407, ERR_AUTH, "is behind a proxy that wants a login", "put user and password into the proxy's address: http://user:password@proxy:port" },
	{ 408, ERR_TIMEOUT, "waited too long for the request", "try again" },
	{ 409, ERR_CONFLICT, "says that this exists already, or has changed meanwhile", "look again before trying again" },
	{ 410, ERR_NOT_FOUND, "no longer has this", "" },
	{ 412, ERR_CONFLICT, "says that this has changed meanwhile", "look again before trying again" },
	{ 413, ERR_TOO_BIG, "finds the request too big", "" },
	{ 414, ERR_TOO_BIG, "finds the address of the request too long", "" },
	{ 422, ERR_HTTP, "can't do this as asked", "" },
	{ 423, ERR_BUSY, "says that this is locked", "try again later" },
	{ 429, ERR_RATE, "has been asked too often", "" },
	{ 500, ERR_HTTP, "ran into an error of its own", "try again; if it stays so, tell the people who run it" },
	{ 501, ERR_UNSUPPORTED, "does not offer this", "" },
	{ 502, ERR_NET, "is not reachable behind its proxy", "it may be restarting: try again in a minute" },
	{ 503, ERR_NET, "is not available just now", "it may be in maintenance: try again in a minute" },
	{ 504, ERR_TIMEOUT, "did not answer its proxy in time", "try again" },
};

static struct row row_of(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].status == status)
			return rows[i];
	if (status >= 500)
		return (struct row){ status, ERR_HTTP, "ran into an error of its own", "try again later" };
	return (struct row){ status, ERR_HTTP, "refuses the request", "" };
}

int api_status_error(const struct net_api_call *c, struct err *reterr)
{
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(API_WORDS_MAX_BYTES + 8);
	struct row row = row_of(c->head.status);
	own_words(c, &words);
	if (row.status == 400 && memmem(c->in.p ? c->in.p : "", c->in.len, "HTTPS port", 10)) {
		row.what = "wants https at that port";
		row.hint = "write https:// in its address";
	}
	if (row.status == 401 && !c->api->bearer) {
		row.what = "wants a token";
		row.hint = "log in first";
	}
	AUTO_STR number = xasprintf("%d", c->head.status);
	bool again = sv_starts(buf_sv(&words), sv_of(number)); /* "401 Unauthorized" */
	int r = err_set(reterr, row.code, "%s %s (%s%s%s)", host_of(c), row.what, again ? "" : number, !again && words.len ? ": " : "", buf_str(&words));
	if (*row.hint)
		err_hint(reterr, "%s", row.hint);
	if (reterr)
		reterr->http = c->head.status;
	return r;
}

int api_redirect_error(const struct net_api_call *c, const char *location, struct err *reterr)
{
	const struct net_peer *p = &c->api->config.peer;
	AUTO(buf_fini) struct buf to = BUF_INIT_MAX(API_WORDS_MAX_BYTES + 8);
	const char *host = host_of(c);
	size_t len = strcspn(host, "/");
	add_clean(&to, sv_of(location));
	int r;
	bool only_tls = sv_starts(sv_of(p->base_url), SV("http://")) && sv_starts(sv_of(location), SV("https://")) &&
	                !strncmp(location + 8, host, strcspn(host, ":/"));
	if (strstr(location, "/users/sign_in") || strstr(location, "/login")) {
		r = err_set(reterr, ERR_AUTH, "%s asks for a login", host);
		err_hint(reterr, "log in with a token that may see this");
	} else if (only_tls) {
		r = err_set(reterr, ERR_HTTP, "%.*s wants https, not http", (int)len, host);
		err_hint(reterr, "write https:// in its address");
	} else if (!*location) {
		r = err_set(reterr, ERR_HTTP, "%s says that this has moved, not where to (%d)", host, c->head.status);
	} else {
		r = err_set(reterr, ERR_HTTP, "%s sends us elsewhere: %s (%d)", host, buf_str(&to), c->head.status);
		err_hint(reterr, "the token stays here; if that is the right server, give its address instead");
	}
	if (reterr)
		reterr->http = c->head.status;
	return r;
}

int api_check_type(const struct net_api_call *c, struct err *reterr)
{
	const char *type = head_get(&c->head, "content-type");
	if (c->q.any_type || !type || !is_html(type))
		return 0;
	int r = err_set(reterr, ERR_DECODE, "%s answers with a web page, not with data", host_of(c));
	err_hint(reterr, "check that its address is that of a GitLab, and that no proxy asks for a login in between");
	return r;
}
