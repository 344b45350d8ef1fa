/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NET_API_FIELDS_H
#define NET_API_FIELDS_H
/* Header fields that steer a client, read from what a server sends. Pure; nothing in them is believed beyond its bounds. */
#include "berth/net.h"
#include "net/head.h"

/* The target of the first rel="next" of a Link field (RFC 8288); borrowed from value. False: none. */
bool field_link_next(struct sv value, struct sv *ret_target);
/* Retry-After (RFC 9110 §10.2.3): seconds, or a date, which is set against the server's own clock where `date` (its Date field,
 * or NULL) says it, else against now_s. False: neither. What has passed is 0; at most max_s. */
bool field_retry_after(struct sv value, const char *date, int64_t now_s, int64_t max_s, int64_t *ret_s);
/* An HTTP date in any of its three forms (RFC 9110 §5.6.7) -> seconds since the epoch. */
bool field_date(struct sv value, int64_t *ret_s);
/* RateLimit-Limit, -Remaining and -Reset (a moment, or seconds from now) of a head. False: they aren't there or say nothing. */
struct field_limit { int64_t limit, remaining, reset_in_s; };
bool field_rate_limit(const struct head *h, int64_t now_s, struct field_limit *ret);
#endif
