/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NET_SCRUB_H
#define NET_SCRUB_H
/*
 * Takes secrets out of what is written down for a bug report: those that are known, what looks like a token of GitLab's or a JWT, the
 * values of members of JSON and of parameters whose names speak of tokens, passwords and secrets. Pure; what is left has no secret of
 * these kinds, and is otherwise the same.
 */
#include "berth/secret.h"

#define SCRUBBED "[removed]"
/* known: NULL or n of them, each may be NULL. */
void scrub_add(struct buf *to, struct sv text, const struct secret *const *known, size_t n);
bool scrub_header_is_secret(const char *name);  /* Authorization, cookies, PRIVATE-TOKEN … */
#endif
