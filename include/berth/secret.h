/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SECRET_H
#define BERTH_SECRET_H
/* A token or password: kept apart from strings so that nothing prints it by accident, and wiped when it ends. */
#include "berth/str.h"

struct secret;
struct secret *secret_new(struct sv bytes);
struct secret *secret_dup(const struct secret *s);     /* NULL gives NULL */
void secret_free(struct secret *s);                    /* wipes */
/* A fresh one: n random bytes (getrandom) as hex. */
struct secret *secret_random(size_t n_bytes);
/* The bytes, for the one place that sends them. Borrowed until secret_free. */
struct sv secret_reveal(const struct secret *s);
bool secret_eq(const struct secret *a, struct sv b);   /* constant time */
void wipe(void *p, size_t len);                        /* not optimised away */
DEFINE_AUTO(secret_free, struct secret)
#endif
