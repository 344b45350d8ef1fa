/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fed in two pieces, cut anywhere, or byte by byte: the tokens are those of the whole. */
#include "fuzz.h"

#include "berth/text.h"

/* Tokens written down, runs of text as one. */
static void feed(struct esc_parser *p, struct sv s, struct buf *out)
{
	struct esc_token t;

	while (esc_next(p, &s, &t)) {
		FUZZ_CHECK(t.param >= 0 && t.param <= 2);
		if (t.kind == ESC_TEXT) {
			FUZZ_CHECK(t.text.len > 0);
			for (size_t i = 0; i < t.text.len; i++)
				FUZZ_CHECK((unsigned char)t.text.p[i] >= 0x20 || t.text.p[i] == '\t');
			buf_add_sv(out, t.text);
			continue;
		}
		FUZZ_CHECK(t.text.len == 0);
		buf_addf(out, "\x01%d,%d,%u,%d,%d\x02", (int)t.kind, t.param, p->style.attrs, (int)p->style.fg, (int)p->style.bg);
	}
	FUZZ_CHECK(s.len == 0);
}

static void feed_cut(struct sv s, size_t cut, const struct buf *want)
{
	AUTO(buf_fini) struct buf got = BUF_INIT;
	struct esc_parser p;

	esc_init(&p);
	feed(&p, (struct sv){ s.p, cut }, &got);
	feed(&p, (struct sv){ s.p + cut, s.len - cut }, &got);
	FUZZ_CHECK(sv_eq(buf_sv(&got), buf_sv(want)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv s = { (const char *)data, size };
	AUTO(buf_fini) struct buf whole = BUF_INIT, single = BUF_INIT;
	struct esc_parser p;

	esc_init(&p);
	feed(&p, s, &whole);
	esc_init(&p);
	for (size_t i = 0; i < size; i++)
		feed(&p, (struct sv){ s.p + i, 1 }, &single);
	FUZZ_CHECK(sv_eq(buf_sv(&single), buf_sv(&whole)));
	size_t step = size / 200 + 1; /* every place, unless the input is long */
	for (size_t cut = 0; cut <= size; cut += step)
		feed_cut(s, cut, &whole);
	return 0;
}
