/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of GitLab hosts, as people write them */
#include "berth/mem.h"
#include "forge/gitlab_pure.h"

enum { MAX_URL = 2000 };

static bool is_alnum(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static int refuse(struct err *reterr, struct sv text, const char *why)
{
	err_set(reterr, ERR_USAGE, "%.*s is no address of a GitLab host: %s", (int)MIN_OF(text.len, 120), text.p, why);
	err_hint(reterr, "write it as gitlab.example.org, or https://example.org/gitlab");
	return -ERR_USAGE;
}

/* "[::1]:8443", "host:80", "host": cut into host and port ("" when none). */
bool gitlab_split_authority(struct sv s, struct sv *ret_host, struct sv *ret_port)
{
	const char *colon = s.len && s.p[0] == '[' ? memchr(s.p, ']', s.len) : s.p;
	size_t from;

	if (!colon)
		return false;
	from = (size_t)(colon - s.p) + (s.len && s.p[0] == '[');
	colon = memchr(s.p + from, ':', s.len - from);
	*ret_host = (struct sv){ s.p, colon ? (size_t)(colon - s.p) : s.len };
	*ret_port = colon ? (struct sv){ colon + 1, s.len - ret_host->len - 1 } : (struct sv){ s.p + s.len, 0 };
	if (s.len && s.p[0] == '[' && ret_host->len != from)
		return false;
	return !colon || !memchr(colon + 1, ':', ret_port->len);
}

static const char *host_wrong(struct sv host)
{
	bool v6 = host.len > 2 && host.p[0] == '[';

	if (!host.len)
		return "no host is named";
	for (size_t i = v6; i < host.len - v6; i++) {
		char c = host.p[i];
		if (!is_alnum(c) && c != '.' && c != (v6 ? ':' : '-') && (v6 || (c != '_' && !(c & 0x80))))
			return "its name has a character that no host name has";
	}
	return host.p[0] == '-' || host.p[0] == '.' ? "its name begins wrongly" : NULL;
}

static const char *path_wrong(struct sv path)
{
	struct sv rest = path, part;

	while (sv_split(&rest, '/', &part)) {
		if (sv_eq(part, SV("..")) || sv_eq(part, SV(".")))
			return "its path has dots in place of a name";
		for (size_t i = 0; i < part.len; i++) {
			if (!is_alnum(part.p[i]) && !strchr("-_.~", part.p[i]))
				return "its path has a character that is not expected there";
		}
	}
	return NULL;
}

static const char *add_authority(struct buf *b, struct sv authority, bool tls)
{
	struct sv host, port;
	int64_t number = 0;

	if (!gitlab_split_authority(authority, &host, &port))
		return "its host and port can't be told apart";
	const char *wrong = host_wrong(host);
	if (wrong)
		return wrong;
	if (host.len + 1 == authority.len || (port.len && (!sv_to_i64(port, &number) || number < 1 || number > 65535)))
		return "its port is no number from 1 to 65535";
	for (size_t i = 0; i < host.len; i++)
		buf_add_char(b, lower(host.p[i]));
	if (number && number != (tls ? 443 : 80))
		buf_addf(b, ":%d", (int)number);
	return NULL;
}

static const char *url_wrong(struct sv s)
{
	if (s.len > MAX_URL)
		return "it is too long";
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '\\')
			return "it has a blank or a control character in it";
	}
	if (memchr(s.p, '@', s.len))
		return "it holds a user name or a token, which belong elsewhere";
	return memchr(s.p, '?', s.len) || memchr(s.p, '#', s.len) ? "it has a query" : NULL;
}

int forge_gitlab_url(struct sv text, struct buf *ret, struct err *reterr)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct sv s = sv_trim(text);
	bool tls = !sv_starts(s, SV("http://"));
	const char *scheme_end = NULL, *wrong = url_wrong(s);

	for (size_t i = 0; !wrong && i + 2 < s.len && !scheme_end; i++)
		scheme_end = memcmp(s.p + i, "://", 3) ? NULL : s.p + i + 3;
	if (wrong)
		return refuse(reterr, wrong[0] == 'i' && strstr(wrong, "token") ? SV("what was given") : s, wrong);
	if (scheme_end && tls && !sv_starts(s, SV("https://")))
		return refuse(reterr, s, "only https (and http, when it is written out) lead to one");
	if (scheme_end)
		s = (struct sv){ scheme_end, s.len - (size_t)(scheme_end - s.p) };
	while (s.len && s.p[s.len - 1] == '/')
		s.len--;
	const char *slash = memchr(s.p, '/', s.len);
	struct sv authority = { s.p, slash ? (size_t)(slash - s.p) : s.len };
	struct sv path = { s.p + authority.len, s.len - authority.len };
	buf_add_str(&b, tls ? "https://" : "http://");
	wrong = add_authority(&b, authority, tls);
	if (!wrong)
		wrong = path_wrong(path);
	if (wrong)
		return refuse(reterr, s, wrong);
	buf_add_sv(&b, path);
	buf_add_sv(ret, buf_sv(&b));
	return 0;
}

/* ---- projects --------------------------------------------------------------------------------------------------------------- */
static bool segment_ok(struct sv s)
{
	if (!s.len || s.len > 255 || s.p[0] == '.' || s.p[0] == '-' || sv_ends(s, SV(".git")) || sv_ends(s, SV(".atom")))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_alnum(s.p[i]) && !strchr("-_.", s.p[i]))
			return false;
	}
	return true;
}

bool gitlab_path_ok(struct sv path)
{
	struct sv rest = path, part;
	unsigned n = 0;

	while (sv_split(&rest, '/', &part)) {
		if (!segment_ok(part))
			return false;
		n++;
	}
	return n >= 2;
}

void gitlab_add_project(struct buf *b, const struct project *p)
{
	buf_add_str(b, "/api/v4/projects/");
	if (p->number)
		buf_addf(b, "%llu", (unsigned long long)p->number);
	else
		buf_add_urlencoded(b, sv_of(p->path ? p->path : ""), NULL);
}

void gitlab_add_query(struct buf *b, const char *name, struct sv value)
{
	buf_addf(b, "%c%s=", memchr(buf_str(b), '?', b->len) ? '&' : '?', name);
	buf_add_urlencoded(b, value, NULL);
}
