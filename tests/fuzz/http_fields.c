/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Link, Retry-After, dates and limits of an answer: whatever they hold, what comes out is in its bounds. */
#include "net/api_fields.h"
#include "fuzz.h"

static void check_limit(struct sv text)
{
	struct head h = { 0 };
	struct field_limit l;
	const char *names[] = { "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Date" };
	head_add_line(&h, SV("HTTP/1.1 200 OK"), 1 << 16, NULL);
	struct sv rest = text, piece;
	for (size_t i = 0; i < ARRAY_LEN(names) && sv_split(&rest, '|', &piece); i++) {
		AUTO_STR field = xasprintf("%s: %.*s", names[i], (int)piece.len, piece.p);
		head_add_line(&h, sv_of(field), 1 << 16, NULL);
	}
	head_finish(&h);
	if (field_rate_limit(&h, 1700000000, &l))
		FUZZ_CHECK(l.limit > 0 && l.remaining >= 0 && l.reset_in_s >= 0 && l.reset_in_s <= 3600);
	head_fini(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size }, target;
	int64_t s = -1;
	if (field_link_next(text, &target))
		FUZZ_CHECK(target.p >= text.p && target.p + target.len <= text.p + text.len && !memchr(target.p, '>', target.len));
	if (field_date(text, &s))
		FUZZ_CHECK(s >= 0 && s < 253402300801);
	if (field_retry_after(text, "Sun, 06 Nov 1994 08:49:37 GMT", 1700000000, 3600, &s))
		FUZZ_CHECK(s >= 0 && s <= 3600);
	check_limit(text);
	return 0;
}
