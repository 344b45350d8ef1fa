/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever comes in, what goes to a terminal holds nothing that steers it, and takes the columns that were promised. */
#include "fuzz.h"

#include "berth/text.h"

static int is_harmless(struct sv s)
{
	uint32_t code = 0;

	for (size_t n; s.len; s.p += n, s.len -= n) {
		n = utf8_next(s, &code);
		if (!n || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
		    (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
		    (code >= 0xe0000 && code <= 0xe0fff))
			return 0;
	}
	return 1;
}

static void check_fit(struct sv s, size_t cols)
{
	for (int kind = 0; kind < 4; kind++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		size_t used = kind < 2 ? text_fit(&b, s, cols, kind & 1) : text_fit_middle(&b, s, cols, kind & 1);
		FUZZ_CHECK(used <= cols);
		FUZZ_CHECK(is_harmless(buf_sv(&b)));
		FUZZ_CHECK(used == text_width(buf_sv(&b)));
	}
}

static void check_wrap(struct sv s, size_t cols)
{
	struct sv rest = s, row;
	const char *at = s.p;

	while (text_wrap(&rest, cols, &row)) {
		FUZZ_CHECK(row.p >= at && row.p + row.len <= s.p + s.len);
		FUZZ_CHECK(rest.p > row.p || row.len);
		FUZZ_CHECK(cols < 2 || text_width(row) <= cols);
		at = row.p + row.len;
	}
	FUZZ_CHECK(rest.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv s = { (const char *)data, size }, rest = s;
	AUTO(buf_fini) struct buf clean = BUF_INIT;
	struct glyph g;
	size_t cols = 0;

	while (text_next(&rest, &g)) {
		FUZZ_CHECK(g.len > 0 && g.len < sizeof g.bytes && strlen(g.bytes) == g.len);
		FUZZ_CHECK(g.width == 1 || g.width == 2);
		FUZZ_CHECK(is_harmless((struct sv){ g.bytes, g.len }));
		FUZZ_CHECK(text_ascii_fallback(&g).len == g.width);
		cols += g.width;
	}
	FUZZ_CHECK(rest.len == 0 && cols == text_width(s));
	text_clean(&clean, s);
	FUZZ_CHECK(is_harmless(buf_sv(&clean)));
	size_t some = size ? data[0] % 40 : 3;
	check_fit(s, some);
	check_wrap(s, some);
	return 0;
}
