/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BuildKit's progress: any bytes; all output is whole lines. */
#include <stdlib.h>
#include "engine/buildkit_trace.h"
#include "fuzz.h"

static void add_log(void *ctx, struct sv text)
{
	if (!text.len || text.p[text.len - 1] != '\n')
		abort();
}

static void add_step(void *ctx, struct sv name, uint32_t step, uint32_t steps)
{
	if (step > steps || !step)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bk_trace t;

	bk_trace_init(&t, &(struct bk_out){ add_log, add_step, NULL });
	bk_trace_feed(&t, (struct sv){ (const char *)data, size / 2 }, NULL);
	bk_trace_feed(&t, (struct sv){ (const char *)data + size / 2, size - size / 2 }, NULL);
	bk_trace_feed(&t, (struct sv){ (const char *)data, size }, NULL);
	bk_trace_flush(&t);
	bk_trace_fini(&t);
	return 0;
}
