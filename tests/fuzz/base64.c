/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes come back from base64; what decodes at all encodes to itself, but for padding and alphabet. */
#include "fuzz.h"

#include "berth/str.h"

static char plain_letter(char c)
{
	return c == '-' ? '+' : c == '_' ? '/' : c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv s = { (const char *)data, size };
	AUTO(buf_fini) struct buf decoded = BUF_INIT, text = BUF_INIT, back = BUF_INIT;

	for (int url = 0; url < 2; url++) {
		buf_clear(&text);
		buf_clear(&back);
		buf_add_base64(&text, data, size, url);
		FUZZ_CHECK(buf_add_base64_decoded(&back, buf_sv(&text)) && sv_eq(buf_sv(&back), s));
	}
	if (!buf_add_base64_decoded(&decoded, s)) {
		FUZZ_CHECK(decoded.len == 0);
		return 0;
	}
	buf_clear(&text);
	buf_add_base64(&text, buf_str(&decoded), decoded.len, false);
	FUZZ_CHECK(text.len >= size && text.len - size < 3);
	for (size_t i = 0; i < size; i++)
		FUZZ_CHECK(text.p[i] == plain_letter((char)data[i]));
	return 0;
}
