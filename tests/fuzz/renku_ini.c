/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .renku/renku.ini: whatever it holds, the options stay valid and warnings are single lines. */
#include "berth/mem.h"
#include "berth/session.h"
#include "fuzz.h"

static void warn(void *n, const char *text)
{
	FUZZ_CHECK(++*(unsigned *)n <= 30);
	FUZZ_CHECK(strlen(text) < 2000 && !strchr(text, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(options_fini) struct session_options o;
	unsigned n = 0;
	options_init(&o);
	options_read_ini(&o, (struct sv){ (const char *)data, size }, warn, &n);
	for (int i = 0; i < OPT_COUNT_; i++)
		FUZZ_CHECK(options_set(&o, (enum option_id)i, options_text(&o, (enum option_id)i), FROM_USER, NULL) == 0); /* taken once, taken again */
	return 0;
}
