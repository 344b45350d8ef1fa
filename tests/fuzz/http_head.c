/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head and the body of an answer on a hijacked connection: whatever the pieces it comes in, it ends the same way. */
#include "net/head.h"
#include "fuzz.h"

/* Decodes text in pieces of at most `step` bytes; what came out is in *out. */
static enum body_step decode(const struct head *h, struct sv text, size_t step, struct buf *out)
{
	struct body b;
	struct err e = { 0 };
	if (body_start(&b, h, &e))
		return BODY_BAD;
	for (size_t at = 0;;) {
		struct sv in = { text.p + at, MIN_OF(step, text.len - at) }, piece;
		enum body_step s;
		at += in.len;
		while ((s = body_next(&b, &in, &piece, &e)) == BODY_PIECE) {
			FUZZ_CHECK(piece.len > 0);
			buf_add_sv(out, piece);
		}
		FUZZ_CHECK((s == BODY_BAD) == (e.code != ERR_NONE));
		if (s != BODY_MORE || at == text.len)
			return s;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	struct sv text = { (const char *)data + 1, size - 1 };
	struct head h = { 0 };
	struct err e = { 0 };
	long len = head_parse(&h, text, &e);
	FUZZ_CHECK(len <= (long)text.len && (len < 0) == (e.code != ERR_NONE));
	if (len > 0) {
		AUTO(buf_fini) struct buf whole = BUF_INIT;
		AUTO(buf_fini) struct buf pieces = BUF_INIT;
		struct net_response r;
		struct sv rest = { text.p + len, text.len - (size_t)len };
		head_response(&h, &r);
		for (size_t i = 0; i < r.n_headers; i++)
			FUZZ_CHECK(net_header_get(&r, r.headers[i].name));
		enum body_step a = decode(&h, rest, rest.len ? rest.len : 1, &whole), b = decode(&h, rest, 1 + data[0] % 16u, &pieces);
		FUZZ_CHECK(a == b && sv_eq(buf_sv(&whole), buf_sv(&pieces)));
	}
	head_fini(&h);
	return 0;
}
