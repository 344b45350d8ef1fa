/* SPDX-License-Identifier: GPL-3.0-or-later */
/* git-config syntax: entries come in the order of their lines; what is wrong has a sentence that names a line. */
#include "berth/git.h"
#include "fuzz.h"

static int entry(void *ctx, const struct gitconf_entry *e, struct err *reterr)
{
	unsigned *line = ctx;

	FUZZ_CHECK(e->line >= *line && *e->section && *e->name);
	FUZZ_CHECK(e->has_value || !*e->value);
	*line = e->line;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	unsigned line = 1;

	if (gitconf_parse((struct sv){ (const char *)data, size }, "f", entry, &line, &err))
		FUZZ_CHECK(err.code == ERR_CONFIG && !strncmp(err.text, "f:", 2));
	return 0;
}
