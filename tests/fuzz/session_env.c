/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Variables of a session as somebody typed them: what is taken has names a shell knows, and is the same when typed again. */
#include <ctype.h>

#include "berth/mem.h"
#include "berth/session.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(options_fini) struct session_options o;
	AUTO_STR typed = xstrndup((const char *)data, size);
	struct err err = { 0 };
	options_init(&o);
	if (options_set(&o, OPT_ENV, typed, FROM_USER, &err) < 0) {
		FUZZ_CHECK(err.code == ERR_USAGE && err.text[0]);
		return 0;
	}
	AUTO_STR before = xstrdup(options_text(&o, OPT_ENV));
	AUTO_STR again = options_typed(&o, OPT_ENV);
	struct sv rest = sv_of(before), name, value;
	while (options_env_next(&rest, &name, &value)) {
		FUZZ_CHECK(name.len && (isalpha((unsigned char)name.p[0]) || name.p[0] == '_'));
		FUZZ_CHECK(!memchr(value.p, '\n', value.len));
	}
	FUZZ_CHECK(options_set(&o, OPT_ENV, again, FROM_USER, NULL) == 0);
	FUZZ_CHECK(strcmp(options_text(&o, OPT_ENV), before) == 0);
	return 0;
}
