/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/scrub.h"

#include <ctype.h>
#include <strings.h>

enum { NAME_MAX_LEN = 64, TOKEN_MIN_LEN = 8, KNOWN_MIN_LEN = 4 };

bool scrub_header_is_secret(const char *name)
{
	static const char *const names[] = { "authorization", "proxy-authorization", "cookie", "set-cookie", "private-token", "job-token",
	                                     "deploy-token", "x-registry-auth", "x-registry-config", "x-gitlab-static-object-token" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcasecmp(names[i], name))
			return true;
	return false;
}

static bool is_token_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Where a page of a list goes on is no secret, and a recording needs it. */
static bool is_secret_name(struct sv name)
{
	static const char *const words[] = { "token", "password", "passwd", "secret", "credential", "api_key", "apikey", "signature" };
	char low[NAME_MAX_LEN + 1];
	size_t n = MIN_OF(name.len, (size_t)NAME_MAX_LEN);
	for (size_t i = 0; i < n; i++)
		low[i] = (char)tolower((unsigned char)name.p[i]);
	low[n] = '\0';
	if (!strcmp(low, "page_token") || !strcmp(low, "auth") || !strcmp(low, "sig"))
		return low[0] != 'p';
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(low, words[i]))
			return true;
	return false;
}

/* The length of a token that begins here, 0: none does. */
static size_t token_here(struct sv s)
{
	static const char *const prefixes[] = { "glpat-", "gldt-", "glcbt-", "glrt-", "gloas-", "glptt-", "glft-", "glsoat-", "ghp_", "eyJ" };
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t n = strlen(prefixes[i]), from = n;
		if (!sv_starts(s, sv_of(prefixes[i])))
			continue;
		while (n < s.len && is_token_char(s.p[n]))
			n++;
		bool jwt = prefixes[i][0] == 'e';
		if (n - from >= TOKEN_MIN_LEN && (!jwt || memchr(s.p, '.', n)))
			return n;
	}
	return 0;
}

static size_t known_here(struct sv s, const struct secret *const *known, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sv k = known[i] ? secret_reveal(known[i]) : (struct sv){ NULL, 0 };
		if (k.len >= KNOWN_MIN_LEN && sv_starts(s, k))
			return k.len;
	}
	return 0;
}

/* At a quote that ends a name: `": "value"`. *ret_value is the value without its quotes; false: it is none that is a string. */
static bool member_here(struct sv s, size_t quote, size_t *ret_from, size_t *ret_to)
{
	size_t i = quote + 1;
	while (i < s.len && isspace((unsigned char)s.p[i]))
		i++;
	if (i >= s.len || s.p[i] != ':')
		return false;
	for (i++; i < s.len && isspace((unsigned char)s.p[i]); i++)
		;
	if (i >= s.len || s.p[i] != '"')
		return false;
	*ret_from = ++i;
	while (i < s.len && s.p[i] != '"')
		i += s.p[i] == '\\' && i + 1 < s.len ? 2 : 1;
	*ret_to = MIN_OF(i, s.len);
	return true;
}

/* At a '=' that ends a name: the end of its value in a query, a form or an assignment. */
static size_t value_end(struct sv s, size_t from)
{
	while (from < s.len && !strchr("& \t\r\n\"'<>;,\\", s.p[from] ? s.p[from] : ' '))
		from++;
	return from;
}

static struct sv name_before(struct sv s, size_t end)
{
	size_t from = end;
	while (from && end - from < NAME_MAX_LEN && is_name_char(s.p[from - 1]))
		from--;
	return (struct sv){ s.p + from, end - from };
}

/* What of s[i…] is a value that a name makes secret: [*ret_from, *ret_to). */
static bool named_here(struct sv s, size_t i, size_t *ret_from, size_t *ret_to)
{
	if ((s.p[i] != '"' && s.p[i] != '=') || !i)
		return false;
	struct sv name = name_before(s, i);
	if (!name.len || !is_secret_name(name))
		return false;
	if (s.p[i] == '"')
		return name.p > s.p && name.p[-1] == '"' && member_here(s, i, ret_from, ret_to);
	*ret_from = i + 1;
	*ret_to = value_end(s, i + 1);
	return *ret_to > *ret_from;
}

void scrub_add(struct buf *to, struct sv s, const struct secret *const *known, size_t n)
{
	size_t from, end;
	for (size_t i = 0; i < s.len; ) {
		struct sv rest = { s.p + i, s.len - i };
		size_t len = known_here(rest, known, n);
		if (!i || !is_name_char(s.p[i - 1]))
			len = MAX_OF(len, token_here(rest));
		if (len) {
			buf_add_str(to, SCRUBBED);
			i += len;
		} else if (named_here(s, i, &from, &end)) {
			buf_add(to, s.p + i, from - i);
			buf_add_str(to, end > from ? SCRUBBED : "");
			i = end;
		} else {
			buf_add_char(to, s.p[i++]);
		}
	}
}
