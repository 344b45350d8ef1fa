/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A build's or a pull's JSON lines, BuildKit's trace within them included: the log is the same however it is cut. */
#include <stdlib.h>
#include "engine/build_lines.h"
#include "fuzz.h"

static void add(void *ctx, const struct engine_build_event *ev)
{
	uint64_t *hash = ctx;

	for (size_t i = 0; i < ev->text.len; i++)
		*hash = *hash * 1099511628211u + (unsigned char)ev->text.p[i];
	*hash += (uint64_t)ev->kind + ev->step * 7u + ev->steps * 11u;
}

static int read_all(const char *p, size_t size, size_t piece, uint64_t *hash)
{
	struct build_lines b;
	int r;

	build_lines_init(&b, add, hash);
	for (size_t i = 0; i < size; i += piece)
		if (!build_lines_feed(&b, (struct sv){ p + i, piece < size - i ? piece : size - i }))
			break;
	r = build_lines_end(&b);
	build_lines_fini(&b);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = 0, pieces = 0;

	if (read_all((const char *)data, size, size ? size : 1, &whole) != read_all((const char *)data, size, 5, &pieces) || whole != pieces)
		abort();
	return 0;
}
