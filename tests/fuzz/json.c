/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes are JSON or an error with a text; what was read is written and read again as the same. */
#include "fuzz.h"

#include "berth/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv s = { (const char *)data, size };
	struct err e = { 0 };
	AUTO_JSON j = json_read(s, 4096, &e);
	AUTO_JSON lossy = json_str_lossy(s);

	FUZZ_CHECK(json_is_string(lossy));
	if (!j) {
		FUZZ_CHECK(e.code == (size > 4096 ? ERR_TOO_BIG : ERR_DECODE) && e.text[0]);
		return 0;
	}
	char *text = json_text(j);
	AUTO_JSON again = json_read(sv_of(text), SIZE_MAX, &e);
	FUZZ_CHECK(again);
	char *text_again = json_text(again);
	FUZZ_CHECK(!strcmp(text, text_again));
	free(text);
	free(text_again);
	json_int(j, "a.b", 0);
	json_str(j, "a", NULL);
	json_num(j, "", 0);
	return 0;
}
