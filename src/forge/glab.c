/* SPDX-License-Identifier: GPL-3.0-or-later */
/* glab's file, line by line. */
#include "forge/glab.h"

#include <stdlib.h>
#include <strings.h>

#include "berth/path.h"
#include "berth/secret.h"
#include "berth/vec.h"

/* ---- scalars ---- */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct sv skip_blanks(struct sv s)
{
	while (s.len && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	return s;
}

static int hex_of(struct sv digits)
{
	int code = 0;
	for (size_t i = 0; i < digits.len; i++) {
		char c = digits.p[i], low = (char)(c | 0x20);
		if (c >= '0' && c <= '9')
			code = code * 16 + (c - '0');
		else if (low >= 'a' && low <= 'f')
			code = code * 16 + (low - 'a' + 10);
		else
			return -1;
	}
	return code;
}

/* What follows a backslash in double quotes. Returns how many bytes of s it takes, 0 when it is none of YAML's. */
static size_t take_escape(struct sv s, struct buf *b)
{
	static const char from[] = "0abtnvfre \"/\\", to[] = "\0\a\b\t\n\v\f\r\033 \"/\\";
	char utf8[4];
	if (!s.len)
		return 0;
	const char *at = s.p[0] ? strchr(from, s.p[0]) : NULL;
	if (at) {
		buf_add_char(b, to[at - from]);
		return 1;
	}
	size_t n = s.p[0] == 'x' ? 2 : s.p[0] == 'u' ? 4 : 0;
	int code = n && s.len > n ? hex_of((struct sv){ s.p + 1, n }) : -1;
	if (code < 0)
		return 0;
	buf_add(b, utf8, utf8_put(utf8, (uint32_t)code));
	return n + 1;
}

/* A quoted scalar at the start of s; returns its length, or 0 when it does not end or is broken. */
static size_t take_quoted(struct sv s, struct buf *b)
{
	char quote = s.p[0];
	for (size_t i = 1; i < s.len; i++) {
		if (s.p[i] == quote && quote == '\'' && i + 1 < s.len && s.p[i + 1] == quote) {
			buf_add_char(b, quote); /* '' is one */
			i++;
		} else if (s.p[i] == quote) {
			return i + 1;
		} else if (s.p[i] == '\\' && quote == '"') {
			size_t n = take_escape((struct sv){ s.p + i + 1, s.len - i - 1 }, b);
			if (!n)
				return 0;
			i += n;
		} else {
			buf_add_char(b, s.p[i]);
		}
	}
	return 0;
}

static bool starts_comment(struct sv s, size_t i)
{
	return s.p[i] == '#' && (i == 0 || is_blank(s.p[i - 1]));
}

/* The value behind a key's colon. False: broken, or of a kind that has no text here. */
static bool take_value(struct sv s, struct buf *b)
{
	s = skip_blanks(s);
	while (s.len && s.p[0] == '!') {                /* "!!null glpat-…": glab writes the tag of an empty value it has filled */
		while (s.len && !is_blank(s.p[0]))
			s = (struct sv){ s.p + 1, s.len - 1 };
		s = skip_blanks(s);
	}
	if (!s.len || starts_comment(s, 0))
		return true;
	if (s.p[0] == '"' || s.p[0] == '\'') {
		struct sv whole = s;
		struct buf plain = BUF_INIT_MAX(GLAB_FILE_MAX);
		size_t n = take_quoted(whole, &plain);
		buf_add_sv(b, buf_sv(&plain));
		if (plain.p)
			wipe(plain.p, plain.cap);
		buf_fini(&plain);
		return n > 0;
	}
	if (strchr("[{&*|>%@`", s.p[0]))
		return false;
	size_t end = 0;
	while (end < s.len && !starts_comment(s, end))
		end++;
	buf_add_sv(b, sv_trim((struct sv){ s.p, end }));
	return true;
}

/* ---- lines ---- */
struct line { int indent; struct buf key; struct sv rest; };
enum line_kind { LINE_EMPTY, LINE_PAIR, LINE_OTHER, LINE_BAD };

static size_t key_end(struct sv s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == ':' && (i + 1 == s.len || is_blank(s.p[i + 1])))
			return i;
		else if (starts_comment(s, i))
			break;
	return SIZE_MAX;
}

static enum line_kind read_line(struct sv s, struct line *ret)
{
	size_t n = 0;
	buf_clear(&ret->key);
	ret->indent = 0;
	if (s.len && s.p[s.len - 1] == '\r')
		s.len--;
	while (n < s.len && s.p[n] == ' ')
		n++;
	ret->indent = (int)n;
	if (n < s.len && s.p[n] == '\t' && sv_trim(s).len)
		return LINE_BAD;
	s = (struct sv){ s.p + n, s.len - n };
	if (!sv_trim(s).len || s.p[0] == '#' || (!n && (sv_starts(s, SV("---")) || sv_starts(s, SV("...")) || s.p[0] == '%')))
		return LINE_EMPTY;
	if (s.p[0] == '-' && (s.len == 1 || is_blank(s.p[1])))
		return LINE_OTHER;
	if (s.p[0] == '"' || s.p[0] == '\'') {
		size_t used = take_quoted(s, &ret->key);
		if (!used)
			return LINE_BAD;
		s = skip_blanks((struct sv){ s.p + used, s.len - used });
		ret->rest = (struct sv){ s.p + 1, s.len ? s.len - 1 : 0 };
		return s.len && s.p[0] == ':' ? LINE_PAIR : LINE_OTHER;
	}
	size_t colon = key_end(s);
	if (colon == SIZE_MAX)
		return LINE_OTHER;
	buf_add_sv(&ret->key, sv_trim((struct sv){ s.p, colon }));
	ret->rest = (struct sv){ s.p + colon + 1, s.len - colon - 1 };
	return LINE_PAIR;
}

/* ---- hosts ---- */
static void host_fini(struct glab_host *h)
{
	if (h->token)
		wipe(h->token, strlen(h->token));
	free(h->host);
	free(h->api_host);
	free(h->api_protocol);
	free(h->git_protocol);
	free(h->user);
	free(h->token);
	free(h->ca_cert);
}

void glab_fini(struct glab *g)
{
	for (size_t i = 0; i < g->n; i++)
		host_fini(&g->hosts[i]);
	free(g->hosts);
	*g = (struct glab){ 0 };
}

static void set(char **to, const struct buf *value)
{
	if (*to)
		wipe(*to, strlen(*to));
	free(*to);
	*to = value->len && strcmp(buf_str(value), "null") != 0 && strcmp(buf_str(value), "~") != 0 ? xstrdup(buf_str(value)) : NULL;
}

static void take_pair(struct glab_host *h, const char *key, const struct buf *value, int line)
{
	const struct { const char *key; char **to; } texts[] = {
		{ "api_host", &h->api_host }, { "api_protocol", &h->api_protocol }, { "git_protocol", &h->git_protocol },
		{ "user", &h->user }, { "token", &h->token }, { "ca_cert", &h->ca_cert },
	};
	bool yes = strcasecmp(buf_str(value), "true") == 0;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].key, key) == 0)
			set(texts[i].to, value);
	if (strcmp(key, "token") == 0)
		h->token_line = line;
	else if (strcmp(key, "use_keyring") == 0)
		h->use_keyring = yes;
	else if (strcmp(key, "is_oauth2") == 0)
		h->is_oauth2 = yes;
}

struct reader {
	VEC(struct glab_host) hosts;
	struct line line;
	int host_indent, pair_indent;   /* -1: not seen yet */
	int number;
	bool in_hosts;
};

static int bad(const struct reader *r, const char *what, struct err *reterr)
{
	return err_set(reterr, ERR_DECODE, "line %d: %s", r->number, what);
}

static int take_host_pair(struct reader *r, struct err *reterr)
{
	if (r->pair_indent < 0)
		r->pair_indent = r->line.indent;
	if (r->line.indent != r->pair_indent)
		return 0;                       /* deeper: of a value that we don't read */
	struct buf value = BUF_INIT_MAX(GLAB_FILE_MAX);
	buf_reserve(&value, 512);               /* seldom grows: no unwiped copy of a token */
	bool fine = take_value(r->line.rest, &value);
	if (fine)
		take_pair(VEC_LAST(&r->hosts), buf_str(&r->line.key), &value, r->number);
	wipe(value.p, value.cap);
	buf_fini(&value);
	bool is_token = strcmp(buf_str(&r->line.key), "token") == 0;
	return fine || !is_token ? 0 : bad(r, "the token is written in a way that berth does not read", reterr);
}

static int take_line(struct reader *r, struct err *reterr)
{
	if (r->line.indent == 0) {
		r->in_hosts = strcmp(buf_str(&r->line.key), "hosts") == 0;
		r->host_indent = -1;
		return 0;
	}
	if (!r->in_hosts)
		return 0;
	if (r->host_indent < 0)
		r->host_indent = r->line.indent;
	if (r->line.indent < r->host_indent)
		return bad(r, "is less indented than the host before it", reterr);
	if (r->line.indent > r->host_indent)
		return r->hosts.len ? take_host_pair(r, reterr) : bad(r, "stands under no host", reterr);
	if (r->hosts.len == GLAB_HOSTS_MAX)
		return err_set(reterr, ERR_TOO_BIG, "line %d: more than %d hosts", r->number, GLAB_HOSTS_MAX);
	VEC_PUSH(&r->hosts, ((struct glab_host){ .host = xstrdup(buf_str(&r->line.key)) }));
	r->pair_indent = -1;
	return 0;
}

int glab_parse(struct sv text, struct glab *ret, struct err *reterr)
{
	struct reader r = { .host_indent = -1, .line.key = BUF_INIT_MAX(1024) };
	struct sv rest = text, s;
	int code = text.len > GLAB_FILE_MAX ? err_set(reterr, ERR_TOO_BIG, "is longer than %d bytes", GLAB_FILE_MAX) : 0;
	while (!code && sv_split(&rest, '\n', &s)) {
		r.number++;
		enum line_kind kind = read_line(s, &r.line);
		if (r.line.key.overflow || kind == LINE_BAD)
			code = bad(&r, kind == LINE_BAD ? "is not YAML that berth reads (a tab, or a quote without its end)" : "has a name that is too long", reterr);
		else if (kind == LINE_PAIR)
			code = take_line(&r, reterr);
	}
	buf_fini(&r.line.key);
	*ret = (struct glab){ r.hosts.items, r.hosts.len };
	if (code)
		glab_fini(ret);
	return code;
}

static bool same_host(const char *said, struct sv host)
{
	struct sv a = said ? sv_url_host(said) : (struct sv){ NULL, 0 };
	return a.len && a.len == host.len && strncasecmp(a.p, host.p, host.len) == 0;
}

const struct glab_host *glab_find(const struct glab *g, const char *url)
{
	struct sv host = sv_url_host(url);
	for (size_t i = 0; i < g->n; i++)
		if (same_host(g->hosts[i].host, host))
			return &g->hosts[i];
	for (size_t i = 0; i < g->n; i++)
		if (same_host(g->hosts[i].api_host, host))
			return &g->hosts[i];
	return NULL;
}

char *glab_path(void)
{
	const char *dir = getenv("GLAB_CONFIG_DIR"), *xdg = getenv("XDG_CONFIG_HOME");
	if (dir && *dir)
		return path_join(dir, "config.yml");
	if (xdg && xdg[0] == '/')
		return path_join(xdg, "glab-cli/config.yml");
	AUTO_STR home = path_home();
	return path_join(home, ".config/glab-cli/config.yml");
}
