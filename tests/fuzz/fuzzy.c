/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first line is the pattern, the rest the text. Positions rise, lie in the text, and are there if it matched. */
#include "fuzz.h"

#include "berth/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size }, pattern;
	size_t at[16];

	if (!sv_split(&text, '\n', &pattern) || !text.p)
		return 0;
	int score = text_fuzzy(pattern, text, at, 16);
	FUZZ_CHECK(score >= 0 && score == text_fuzzy(pattern, text, NULL, 0));
	for (size_t i = 0; i < 16 && at[i] != SIZE_MAX; i++) {
		FUZZ_CHECK(score > 0 && at[i] < text.len);
		FUZZ_CHECK(i == 0 || at[i] > at[i - 1]);
	}
	return 0;
}
