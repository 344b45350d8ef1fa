/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SHA256_H
#define BERTH_SHA256_H
/* SHA-256, by which objects of Git LFS are named: nettle's, begun with its sha256_init. */
#include <nettle/sha2.h>

void sha256_add(struct sha256_ctx *s, const void *bytes, size_t n);
/* Ends the sum (it is as new then); lower case. */
void sha256_hex(struct sha256_ctx *s, char ret[2 * SHA256_DIGEST_SIZE + 1]);
#endif
