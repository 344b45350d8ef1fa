/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <math.h>
#include "berth/mem.h"
#include "berth/str.h"

bool sv_eq(struct sv a, struct sv b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

bool sv_starts(struct sv s, struct sv prefix)
{
	return s.len >= prefix.len && sv_eq((struct sv){ s.p, prefix.len }, prefix);
}

bool sv_ends(struct sv s, struct sv suffix)
{
	return s.len >= suffix.len && (!suffix.len || sv_eq((struct sv){ s.p + s.len - suffix.len, suffix.len }, suffix));
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct sv sv_trim(struct sv s)
{
	while (s.len && is_space(s.p[0]))
		s.p++, s.len--;
	while (s.len && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool sv_split(struct sv *rest, char sep, struct sv *ret_piece)
{
	if (!rest->p)
		return false;
	const char *end = rest->len ? memchr(rest->p, sep, rest->len) : NULL;
	if (!end) {
		*ret_piece = *rest;
		*rest = (struct sv){ NULL, 0 };
		return true;
	}
	*ret_piece = (struct sv){ rest->p, (size_t)(end - rest->p) };
	*rest = (struct sv){ end + 1, rest->len - ret_piece->len - 1 };
	return true;
}

struct sv sv_url_host(const char *url)
{
	const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;

	return (struct sv){ host, strcspn(host, "/?#") };
}

char *sv_dup(struct sv s)
{
	char *copy = xmalloc(s.len + 1);

	if (s.len)
		memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	return copy;
}

bool sv_to_u64(struct sv s, uint64_t *ret)
{
	uint64_t n = 0;

	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(n, 10u, &n) || __builtin_add_overflow(n, (uint64_t)(s.p[i] - '0'), &n))
			return false;
	}
	*ret = n;
	return true;
}

bool sv_to_i64(struct sv s, int64_t *ret)
{
	bool negative = s.len && s.p[0] == '-';
	uint64_t n;

	if (negative)
		s.p++, s.len--;
	if (!sv_to_u64(s, &n) || n > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = negative ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

static size_t count_digits(struct sv s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

static void skip(struct sv *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

/* [+-] digits [. digits] [e [+-] digits]: strtod alone would also take " 1", "0x1p3", "inf" and "nan(…)". */
static bool is_decimal(struct sv s)
{
	size_t whole, part = 0;

	if (s.len && (s.p[0] == '-' || s.p[0] == '+'))
		skip(&s, 1);
	skip(&s, whole = count_digits(s));
	if (s.len && s.p[0] == '.') {
		skip(&s, 1);
		skip(&s, part = count_digits(s));
	}
	if (!whole && !part)
		return false;
	if (!s.len)
		return true;
	if (s.p[0] != 'e' && s.p[0] != 'E')
		return false;
	skip(&s, 1);
	if (s.len && (s.p[0] == '-' || s.p[0] == '+'))
		skip(&s, 1);
	return s.len && count_digits(s) == s.len;
}

bool sv_to_double(struct sv s, double *ret)
{
	if (!is_decimal(s))
		return false;
	AUTO_STR copy = sv_dup(s);
	locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	double d = c_locale ? strtod_l(copy, NULL, c_locale) : strtod(copy, NULL);
	if (c_locale)
		freelocale(c_locale);
	if (!isfinite(d))
		return false;
	*ret = d;
	return true;
}
