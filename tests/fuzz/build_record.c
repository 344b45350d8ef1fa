/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A record that is taken is written again as one that is taken, with the same bytes from then on. */
#include "fuzz.h"

#include "image/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record r = { 0 }, again = { 0 };
	AUTO(buf_fini) struct buf first = BUF_INIT, second = BUF_INIT;
	struct err err = { 0 };
	if (record_decode((struct sv){ (const char *)data, size }, &r, &err) < 0) {
		FUZZ_CHECK(err.code == ERR_DECODE && err.text[0]);
		return 0;
	}
	record_encode(&r, &first);
	FUZZ_CHECK(record_decode(buf_sv(&first), &again, NULL) == 0);
	record_encode(&again, &second);
	FUZZ_CHECK(sv_eq(buf_sv(&first), buf_sv(&second)));
	record_fini(&r);
	record_fini(&again);
	return 0;
}
