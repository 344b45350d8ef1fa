/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_JSON_H
#define BERTH_JSON_H
/*
 * Reading JSON from outside, tolerantly: a field that is missing, null or of another type gives the default, and a path
 * such as "State.Health.Status" walks objects ("" or NULL is the value itself; a key with a dot in it needs
 * json_object_get). Parsing refuses over-long input with ERR_TOO_BIG and what is over-deep (jansson's own depth cap is
 * 2048) or wrong with ERR_DECODE, naming the line. A whole number over 2^63 - 1, which Docker's statistics hold, makes the
 * numbers of that document reals. Only the rooms that the layer lint lists include jansson.
 */
#include <jansson.h>
#include "berth/str.h"

/* Whole documents of at most max_bytes. NULL on failure. The caller owns the result (json_decref). */
json_t *json_read(struct sv text, size_t max_bytes, struct err *reterr);
const json_t *json_path(const json_t *j, const char *path);               /* borrowed; NULL when any step is absent */
const char *json_str(const json_t *j, const char *path, const char *def); /* borrowed from j */
int64_t json_int(const json_t *j, const char *path, int64_t def);         /* a real is truncated, at most INT64_MAX; strings are not numbers */
double json_num(const json_t *j, const char *path, double def);
bool json_bool(const json_t *j, const char *path, bool def);
/* Compact text, NULL gives "null"; the caller frees it. What could steer a terminal that it is printed on is escaped. */
char *json_text(const json_t *j);
/* A string value in which invalid UTF-8 has become U+FFFD, so that making it never fails. */
json_t *json_str_lossy(struct sv s);
#define AUTO_JSON json_auto_t *
#endif
