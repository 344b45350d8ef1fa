/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever a Dockerfile holds: its sources are clean relative paths, and a plain one matches itself and what lies below. */
#include "fuzz.h"

#include "image/dockerfile.h"

static void check_source(void *ctx, struct sv pattern)
{
	AUTO(buf_fini) struct buf below = BUF_INIT;
	struct sv rest = pattern, part;
	int plain = 1;
	(void)ctx;
	if (!pattern.len)
		return;
	while (sv_split(&rest, '/', &part))
		FUZZ_CHECK(part.len && !sv_eq(part, SV(".")) && !sv_eq(part, SV("..")));
	for (size_t i = 0; i < pattern.len; i++)
		plain &= !pattern.p[i] || !strchr("*?[\\", pattern.p[i]);
	buf_add_sv(&below, pattern);
	buf_add_str(&below, "/x/y");
	bool itself = source_matches(pattern, pattern), deeper = source_matches(pattern, buf_sv(&below));
	FUZZ_CHECK(!plain || (itself && deeper));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dockerfile_sources((struct sv){ (const char *)data, size }, check_source, NULL);
	return 0;
}
