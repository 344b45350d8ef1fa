/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_PATTERN_H
#define BERTH_PATTERN_H
/*
 * What a person looks for in text: words as they stand, or "re:" and a regular expression (PCRE2's syntax). Letters match both
 * cases unless one of them is upper-case. No pattern can hang its user: what needs too many steps in one line counts as no match,
 * and is counted.
 */
#include "berth/str.h"

struct pattern;
/* NULL for an expression that is none: *reterr says where. */
struct pattern *pattern_new(const char *text, struct err *reterr);
/* An expression of this program's own: its case as it stands, of UTF-8. A wrong one is a BUG. */
struct pattern *pattern_fixed(const char *expression);
struct pattern *pattern_ref(struct pattern *p);         /* any thread */
void pattern_unref(struct pattern *p);                  /* NULL is fine */
/* Whether it can't match a line end, and no place of its own in a line, so that many lines can be searched at once. */
bool pattern_is_literal(const struct pattern *p);

struct matcher;                                         /* one a thread */
struct matcher *matcher_new(struct pattern *p);
void matcher_free(struct matcher *m);
/* The first match in s from `from` on. An empty match is none. */
bool matcher_find(struct matcher *m, struct sv s, size_t from, size_t *ret_at, size_t *ret_len);
/* Whether it matches anywhere in s; ret[0 … n - 1]: what its groups 1 … n caught, of s; p NULL for one that is not there. n <= PATTERN_GROUPS. */
enum { PATTERN_GROUPS = 9 };
bool matcher_catch(struct matcher *m, struct sv s, struct sv *ret, size_t n);
uint64_t matcher_too_hard(const struct matcher *m);     /* how often it gave up */
#endif
