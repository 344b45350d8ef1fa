/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attached output: the same whether it comes whole or in pieces. */
#include <stdlib.h>
#include "engine/stream.h"
#include "fuzz.h"

struct sum { uint64_t hash; size_t bytes; };

static void add(void *ctx, int stream, struct sv bytes)
{
	struct sum *s = ctx;

	for (size_t i = 0; i < bytes.len; i++)
		s->hash = s->hash * 1099511628211u + (uint64_t)stream * 256 + (unsigned char)bytes.p[i];
	s->bytes += bytes.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum whole = { 0 }, pieces = { 0 };
	struct frames a = { 0 }, b = { 0 };
	const char *p = (const char *)data;
	int ra = frames_feed(&a, (struct sv){ p, size }, add, &whole, NULL), rb = 0;

	for (size_t i = 0, n; i < size && !rb; i += n) {
		n = 1 + data[i] % 7;
		n = n < size - i ? n : size - i;
		rb = frames_feed(&b, (struct sv){ p + i, n }, add, &pieces, NULL);
	}
	if (ra != rb || whole.hash != pieces.hash || whole.bytes != pieces.bytes || whole.bytes > size)
		abort();
	return 0;
}
