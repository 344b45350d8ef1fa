/* SPDX-License-Identifier: GPL-3.0-or-later */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "berth/pattern.h"

#include <ctype.h>
#include <pcre2.h>
#include <stdatomic.h>

#include "berth/mem.h"

enum { STEPS_MAX = 200000, HEAP_MAX_KIB = 8192 };
struct pattern { pcre2_code *code; atomic_int refs; bool literal, jit; };
struct matcher { struct pattern *p; pcre2_match_data *data; pcre2_match_context *context; uint64_t too_hard; };

static bool has_upper(const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' && s[1]) /* \S, \W … are no letters */
			s++;
		else if (isupper((unsigned char)*s))
			return true;
	}
	return false;
}

static bool is_ascii(const char *s)
{
	while (*s && !(*s & 0x80))
		s++;
	return !*s;
}

static struct pattern *wrap(pcre2_code *code, bool literal)
{
	struct pattern *p = xcalloc(1, sizeof *p);
	p->code = code;
	p->refs = 1;
	p->literal = literal;
	p->jit = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0; /* not every kernel lets programs write code */
	return p;
}

struct pattern *pattern_new(const char *text, struct err *reterr)
{
	bool regex = strncmp(text, "re:", 3) == 0;
	const char *s = regex ? text + 3 : text;
	uint32_t options = regex ? 0 : PCRE2_LITERAL;
	int number;
	PCRE2_SIZE at;
	if (!has_upper(s))
		options |= PCRE2_CASELESS;
	if (!is_ascii(s)) /* bytes do for ASCII, and are faster */
		options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)s, PCRE2_ZERO_TERMINATED, options, &number, &at, NULL);
	if (!code) {
		PCRE2_UCHAR words[200] = "";
		pcre2_get_error_message(number, words, sizeof words);
		err_set(reterr, ERR_USAGE, "%s is no regular expression: %s, at character %zu", s, (const char *)words, (size_t)at + 1);
		err_hint(reterr, "Without re: words are looked for as they stand.");
		return NULL;
	}
	return wrap(code, !regex);
}

struct pattern *pattern_fixed(const char *expression)
{
	int number;
	PCRE2_SIZE at;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &number, &at, NULL);
	if (!code)
		BUG("a pattern is wrong at %zu: %s", (size_t)at, expression);
	return wrap(code, false);
}

struct pattern *pattern_ref(struct pattern *p)
{
	atomic_fetch_add(&p->refs, 1);
	return p;
}

void pattern_unref(struct pattern *p)
{
	if (!p || atomic_fetch_sub(&p->refs, 1) > 1)
		return;
	pcre2_code_free(p->code);
	free(p);
}

bool pattern_is_literal(const struct pattern *p)
{
	return p->literal;
}

struct matcher *matcher_new(struct pattern *p)
{
	struct matcher *m = xcalloc(1, sizeof *m);
	m->p = pattern_ref(p);
	m->data = pcre2_match_data_create(1 + PATTERN_GROUPS, NULL);
	m->context = pcre2_match_context_create(NULL);
	if (!m->data || !m->context)
		BUG("no memory for a match");
	pcre2_set_match_limit(m->context, STEPS_MAX);
	pcre2_set_depth_limit(m->context, STEPS_MAX);
	pcre2_set_heap_limit(m->context, HEAP_MAX_KIB);
	return m;
}

void matcher_free(struct matcher *m)
{
	if (!m)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	pattern_unref(m->p);
	free(m);
}

/* Gives the number of groups that are set, the whole counted; 0: no match. */
static size_t match(struct matcher *m, struct sv s, size_t from)
{
	int n = m->p->jit ? pcre2_jit_match(m->p->code, (PCRE2_SPTR)s.p, s.len, from, 0, m->data, m->context)
	                  : pcre2_match(m->p->code, (PCRE2_SPTR)s.p, s.len, from, 0, m->data, m->context);
	if (n < 0) {
		m->too_hard += n != PCRE2_ERROR_NOMATCH;
		return 0;
	}
	return n ? (size_t)n : 1 + PATTERN_GROUPS;
}

bool matcher_catch(struct matcher *m, struct sv s, struct sv *ret, size_t n)
{
	size_t set = match(m, s, 0);
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data) + 2;
	for (size_t i = 0; set && i < n; i++, at += 2)
		ret[i] = i + 1 < set && at[0] != PCRE2_UNSET && at[0] <= at[1] ? (struct sv){ s.p + at[0], at[1] - at[0] } : (struct sv){ NULL, 0 };
	return set > 0;
}

bool matcher_find(struct matcher *m, struct sv s, size_t from, size_t *ret_at, size_t *ret_len)
{
	if (!match(m, s, from))
		return false;
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(m->data);
	if (v[1] <= v[0])
		return false;
	*ret_at = v[0];
	*ret_len = v[1] - v[0];
	return true;
}

uint64_t matcher_too_hard(const struct matcher *m)
{
	return m->too_hard;
}
