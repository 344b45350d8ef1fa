/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Section markers and timestamps, as GitLab's own expressions take them (lib/gitlab/regex.rb, lib/gitlab/ci/trace/stream.rb). */
#include <ctype.h>

#include "berth/trace.h"

enum { MARKER_MAX = 2048 }; /* bytes of one; a longer one is text */

/* How far s has what `is` takes, from i on. */
static size_t run(struct sv s, size_t i, bool (*is)(unsigned char c))
{
	while (i < s.len && is((unsigned char)s.p[i]))
		i++;
	return i;
}

static bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
static bool is_word(unsigned char c) { return c < 0x80 && (isalnum(c) || c == '_'); }
static bool is_name(unsigned char c) { return is_word(c) || c == '.' || c == '-'; }

/* s at i has text, or the beginning of it where s ends. */
static enum trace_match literal(struct sv s, size_t *i, struct sv text)
{
	size_t n = MIN_OF(text.len, s.len - *i);
	if (memcmp(s.p + *i, text.p, n) != 0)
		return TRACE_NO;
	*i += n;
	return n < text.len ? TRACE_PARTLY : TRACE_YES;
}

/* One or more of a kind; a run that reaches the end of s may go on. */
static enum trace_match some(struct sv s, size_t *i, bool (*is)(unsigned char c))
{
	size_t end = run(s, *i, is), n = end - *i;
	*i = end;
	return end == s.len ? TRACE_PARTLY : n ? TRACE_YES : TRACE_NO;
}

/* "[key=value,key=value, key=value]" at i. */
static enum trace_match options(struct sv s, size_t *i)
{
	enum trace_match m;
	for (++*i;; ++*i) {
		if (*i < s.len && s.p[*i] == ' ' && s.p[*i - 1] == ',')
			++*i;
		if ((m = some(s, i, is_word)) != TRACE_YES || (m = literal(s, i, SV("="))) != TRACE_YES || (m = some(s, i, is_word)) != TRACE_YES)
			return m;
		if (s.p[*i] == ']')
			break;
		if (s.p[*i] != ',')
			return TRACE_NO;
	}
	++*i;
	return TRACE_YES;
}

static int64_t number(struct sv s)
{
	int64_t n = 0;
	for (size_t i = 0; i < s.len; i++)
		n = MIN_OF(n * 10 + (s.p[i] - '0'), (int64_t)1000000000000000);
	return n;
}

static enum trace_match match(struct sv s, struct trace_marker *ret)
{
	size_t i = 0, from;
	enum trace_match m = literal(s, &i, SV("section_"));
	if (m != TRACE_YES)
		return m;
	if (i == s.len)
		return TRACE_PARTLY;
	ret->start = s.p[i] == 's';
	if ((m = literal(s, &i, ret->start ? SV("start:") : SV("end:"))) != TRACE_YES)
		return m;
	from = i;
	if ((m = some(s, &i, is_digit)) != TRACE_YES)
		return m;
	ret->at_s = number((struct sv){ s.p + from, i - from });
	if ((m = literal(s, &i, SV(":"))) != TRACE_YES)
		return m;
	from = i;
	if ((m = some(s, &i, is_name)) != TRACE_YES)
		return m;
	ret->name = (struct sv){ s.p + from, i - from };
	from = i;
	if (s.p[i] == '[' && (m = options(s, &i)) != TRACE_YES)
		return m;
	ret->options = (struct sv){ s.p + from, i - from };
	m = literal(s, &i, SV("\r\033[0K"));
	ret->len = i;
	return m;
}

enum trace_match trace_marker_at(struct sv s, struct trace_marker *ret)
{
	enum trace_match m;
	s.len = MIN_OF(s.len, (size_t)MARKER_MAX);
	m = match(s, ret);
	return m == TRACE_PARTLY && s.len == MARKER_MAX ? TRACE_NO : m;
}

bool trace_is_stamped(struct sv s)
{
	static const char shape[] = "0000-10-30T20:50:50.000000Z hhE ";
	if (s.len < TRACE_HEADER)
		return false;
	for (size_t i = 0; i < TRACE_HEADER; i++) {
		char c = s.p[i], want = shape[i];
		bool ok = i == TRACE_HEADER - 1 ? c == ' ' || c == '+' : want == 'E' ? c == 'E' || c == 'O' : want == 'h' ? is_digit((unsigned char)c) || (c >= 'a' && c <= 'f') : c == want;
		if (want >= '0' && want <= '9') /* '0' any digit, else one that is not higher */
			ok = is_digit((unsigned char)c) && (want == '0' || c <= want);
		if (!ok)
			return false;
	}
	return true;
}
