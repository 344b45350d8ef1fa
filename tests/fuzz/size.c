/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes and numbers: what is written for a size that was read is read again, and is near it. */
#include "fuzz.h"

#include <math.h>
#include "berth/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv s = { (const char *)data, size };
	AUTO(buf_fini) struct buf text = BUF_INIT, shown = BUF_INIT;
	uint64_t bytes, again;
	int64_t whole;
	double real;

	if (sv_to_double(s, &real))
		FUZZ_CHECK(isfinite(real));
	if (sv_to_i64(s, &whole)) {
		buf_addf(&text, "%lld", (long long)whole);
		FUZZ_CHECK(text.len <= size); /* leading zeros may be gone, nothing else */
		buf_clear(&text);
	}
	if (!text_parse_size(s, &bytes))
		return 0;
	text_add_binary_size(&text, bytes);
	text_add_size(&shown, bytes);
	FUZZ_CHECK(text.len <= 7 && shown.len <= 8);
	if (bytes >> 60 < 15) {
		FUZZ_CHECK(text_parse_size(buf_sv(&text), &again));
		FUZZ_CHECK(fabs((double)again - (double)bytes) <= (double)bytes / 19);
	}
	return 0;
}
