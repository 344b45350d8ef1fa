/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header fields of answers. */
#include <strings.h>
#include "net/api_fields.h"

/* ---- Link ------------------------------------------------------------------------------------------------------------------ */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void skip_blanks(struct sv *s)
{
	while (s->len && is_blank(s->p[0])) {
		s->p++;
		s->len--;
	}
}

static void skip(struct sv *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

/* A value of a parameter: a token, or a string in quotes. Takes it off *s. */
static struct sv take_value(struct sv *s)
{
	struct sv v = { s->p, 0 };
	if (s->len && s->p[0] == '"') {
		v.p++;
		size_t i = 1;
		while (i < s->len && s->p[i] != '"')
			i += s->p[i] == '\\' && i + 1 < s->len ? 2 : 1;
		v.len = MIN_OF(i, s->len) - 1;
		skip(s, MIN_OF(i + 1, s->len));
		return v;
	}
	while (v.len < s->len && s->p[v.len] != ';' && s->p[v.len] != ',' && !is_blank(s->p[v.len]))
		v.len++;
	skip(s, v.len);
	return v;
}

static bool has_word(struct sv words, struct sv word)
{
	struct sv piece;
	while (sv_split(&words, ' ', &piece))
		if (piece.len == word.len && !strncasecmp(piece.p, word.p, word.len))
			return true;
	return false;
}

/* The parameters behind a target, up to the comma that ends them. True when one of them is rel=next. */
static bool take_parameters(struct sv *s)
{
	bool is_next = false, rel_seen = false;
	for (;;) {
		skip_blanks(s);
		if (!s->len || s->p[0] == ',')
			return is_next;
		if (s->p[0] != ';') {
			skip(s, 1);
			continue;
		}
		skip(s, 1);
		skip_blanks(s);
		struct sv name = { s->p, 0 };
		while (name.len < s->len && !strchr("=;, \t", s->p[name.len] ? s->p[name.len] : ' '))
			name.len++;
		skip(s, name.len);
		skip_blanks(s);
		if (!s->len || s->p[0] != '=')
			continue;
		skip(s, 1);
		skip_blanks(s);
		struct sv value = take_value(s);
		if (name.len == 3 && !strncasecmp(name.p, "rel", 3) && !rel_seen) {
			rel_seen = true;
			is_next = has_word(value, SV("next"));
		}
	}
}

bool field_link_next(struct sv value, struct sv *ret_target)
{
	while (value.len) {
		if (value.p[0] != '<') {
			skip(&value, 1);
			continue;
		}
		const char *end = memchr(value.p, '>', value.len);
		if (!end)
			return false;
		struct sv target = { value.p + 1, (size_t)(end - value.p) - 1 };
		skip(&value, target.len + 2);
		if (take_parameters(&value)) {
			*ret_target = target;
			return true;
		}
	}
	return false;
}

/* ---- dates ------------------------------------------------------------------------------------------------------------------- */
/* The numbers and the month of a date in the order they stand; the names of days are not looked at. */
struct parts { int64_t n[6]; size_t len; int month; size_t month_at; };

static int month_of(struct sv word)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (int i = 0; word.len == 3 && i < 12; i++)
		if (!strncasecmp(word.p, names + i * 3, 3))
			return i + 1;
	return 0;
}

static bool take_parts(struct sv s, struct parts *ret)
{
	*ret = (struct parts){ 0 };
	for (size_t i = 0; i < s.len; ) {
		size_t from = i;
		while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9')
			i++;
		if (i > from) {
			if (ret->len == ARRAY_LEN(ret->n) || !sv_to_i64((struct sv){ s.p + from, i - from }, &ret->n[ret->len++]))
				return false;
			continue;
		}
		while (i < s.len && ((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z'))
			i++;
		int month = month_of((struct sv){ s.p + from, i - from });
		if (month && !ret->month) {
			ret->month = month;
			ret->month_at = ret->len;
		}
		i += i == from;
	}
	return true;
}

/* Days since the epoch of a date of the Gregorian calendar. */
static int64_t days_of(int64_t y, int m, int64_t d)
{
	y -= m <= 2;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool field_date(struct sv value, int64_t *ret_s)
{
	struct parts p;
	value = sv_trim(value);
	if (value.len > 40 || !take_parts(value, &p) || !p.month || p.len != 5 || p.month_at > 1)
		return false;
	bool is_asctime = p.month_at == 0;      /* "Sun Nov  6 08:49:37 1994"; the others: day, month, year, time */
	int64_t day = p.n[0], year = is_asctime ? p.n[4] : p.n[1];
	const int64_t *time = is_asctime ? p.n + 1 : p.n + 2;
	if (year < 100 && !is_asctime)          /* RFC 850's two digits */
		year += year < 70 ? 2000 : 1900;
	if (year < 1970 || year > 9999 || day < 1 || day > 31 || time[0] > 23 || time[1] > 59 || time[2] > 60)
		return false;
	*ret_s = days_of(year, p.month, day) * 86400 + time[0] * 3600 + time[1] * 60 + time[2];
	return true;
}

bool field_retry_after(struct sv value, const char *date, int64_t now_s, int64_t max_s, int64_t *ret_s)
{
	int64_t s, server_now;
	value = sv_trim(value);
	if (!sv_to_i64(value, &s)) {
		if (!field_date(value, &s))
			return false;
		s -= date && field_date(sv_of(date), &server_now) ? server_now : now_s;
	}
	*ret_s = s < 0 ? 0 : MIN_OF(s, max_s);
	return true;
}

/* ---- RateLimit-* --------------------------------------------------------------------------------------------------------------- */
static bool number_of(const struct head *h, const char *name, int64_t *ret)
{
	const char *value = head_get(h, name);
	return value && sv_to_i64(sv_trim(sv_of(value)), ret) && *ret >= 0;
}

bool field_rate_limit(const struct head *h, int64_t now_s, struct field_limit *ret)
{
	enum { MOMENT_FROM = 100000000 };       /* seconds from now would be three years */
	int64_t reset = 0, server_now;
	if (!number_of(h, "ratelimit-limit", &ret->limit) || !number_of(h, "ratelimit-remaining", &ret->remaining) || !ret->limit)
		return false;
	const char *date = head_get(h, "date");
	if (number_of(h, "ratelimit-reset", &reset) && reset >= MOMENT_FROM)
		reset -= date && field_date(sv_of(date), &server_now) ? server_now : now_s;
	ret->reset_in_s = reset < 0 ? 0 : MIN_OF(reset, 3600);
	return true;
}

bool net_response_date(const struct net_response *r, int64_t *ret_s)
{
	const char *date = net_header_get(r, "date");
	return date && field_date(sv_of(date), ret_s);
}
