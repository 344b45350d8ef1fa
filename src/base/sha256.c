/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/sha256.h"

#include <nettle/base16.h>

void sha256_add(struct sha256_ctx *s, const void *bytes, size_t n)
{
	sha256_update(s, n, bytes);
}

void sha256_hex(struct sha256_ctx *s, char ret[2 * SHA256_DIGEST_SIZE + 1])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(s, sizeof digest, digest);
	base16_encode_update(ret, sizeof digest, digest);
	ret[2 * sizeof digest] = '\0';
}
