/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A time that is read can be written and read again, and is the same. */
#include "fuzz.h"

#include "berth/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;
	int64_t s, again;

	if (!time_parse_rfc3339((struct sv){ (const char *)data, size }, &s))
		return 0;
	FUZZ_CHECK(size >= 19);
	if (s < -62167219200 || s > 253402300799) /* an offset led out of the years that can be written */
		return 0;
	buf_add_rfc3339(&text, s);
	FUZZ_CHECK(text.len == 20 && time_parse_rfc3339(buf_sv(&text), &again) && again == s);
	return 0;
}
