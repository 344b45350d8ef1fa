/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SHA256_H
#define BERTH_SHA256_H
/* SHA-256 (FIPS 180-4), by which objects of Git LFS are named. */
#include <stddef.h>
#include <stdint.h>

struct sha256 { uint32_t state[8]; uint64_t n_bytes; unsigned char block[64]; };
void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_hex(struct sha256 *s, char ret[65]);        /* ends it; lower case */
#endif
