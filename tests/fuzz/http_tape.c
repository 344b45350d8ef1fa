/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded exchanges are read within their bounds; what is scrubbed has no known secret left. */
#include "net/scrub.h"
#include "net/tape.h"
#include "fuzz.h"

static bool is_within(struct sv part, struct sv whole)
{
	return !part.p || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size };
	struct tape_parts p;
	AUTO(buf_fini) struct buf clean = BUF_INIT;
	AUTO(secret_free_p) struct secret *known = secret_new(SV("hush-hush"));
	const struct secret *all[] = { known };
	if (tape_parse(text, &p))
		FUZZ_CHECK(is_within(p.method, text) && is_within(p.url, text) && is_within(p.response_head, text) && is_within(p.body, text) &&
		           is_within(p.failed, text) && (p.status || p.failed.p));
	scrub_add(&clean, text, all, ARRAY_LEN(all));
	FUZZ_CHECK(clean.len <= size * 16 + 16 && !memmem(buf_str(&clean), clean.len, "hush-hush", 9));
	return 0;
}
