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
struct pattern *pattern_ref(struct pattern *p);         /* any thread */
void pattern_unref(struct pattern *p);                  /* NULL is fine */
/* Whether it can't match a line end, and no place of its own in a line, so that many lines can be searched at once. */
bool pattern_is_literal(const struct pattern *p);

struct matcher;                                         /* one a thread */
struct matcher *matcher_new(struct pattern *p);
void matcher_free(struct matcher *m);
/* The first match in s from `from` on. An empty match is none. */
bool matcher_find(struct matcher *m, struct sv s, size_t from, size_t *ret_at, size_t *ret_len);
uint64_t matcher_too_hard(const struct matcher *m);     /* how often it gave up */
#endif
