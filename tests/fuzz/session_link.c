/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links from anywhere: what is taken is the same when it is written and read again, and what is written has nothing that markdown, HTML or a shell acts upon but ? & = %. */
#include <ctype.h>

#include "berth/link.h"
#include "berth/mem.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link l, again;
	struct err err = { 0 };
	AUTO(buf_fini) struct buf once = BUF_INIT;
	AUTO(buf_fini) struct buf twice = BUF_INIT;
	if (link_parse((struct sv){ (const char *)data, size }, &l, &err) < 0) {
		FUZZ_CHECK(err.code == ERR_USAGE && err.text[0]);
		return 0;
	}
	link_make(&once, &l);
	for (size_t i = 0; i < once.len; i++)
		FUZZ_CHECK(isalnum((unsigned char)once.p[i]) || strchr("-._~/?&=%:[]", once.p[i]));
	FUZZ_CHECK(link_parse(buf_sv(&once), &again, &err) == 0);
	link_make(&twice, &again);
	FUZZ_CHECK(sv_eq(buf_sv(&once), buf_sv(&twice)));
	link_fini(&l);
	link_fini(&again);
	return 0;
}
