/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_CACHE_SCRUB_H
#define BERTH_CACHE_SCRUB_H
#include "berth/str.h"

/* Blots out, each with as many '*', what looks like a secret: tokens by their shape (glpat-…, ghp_…, "Bearer …"), credentials
 * in URLs (//user:password@host), and values of JSON members and query parameters whose name says what they are. In place, pure. */
void scrub(char *p, size_t len);
#endif
