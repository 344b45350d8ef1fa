/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .dockerignore: the first line is the path that is asked for, the rest the file. */
#include "berth/dockerignore.h"
#include "berth/mem.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size }, line = { "", 0 };
	struct dockerignore *d = NULL;
	struct err err = { 0 };

	sv_split(&text, '\n', &line);
	AUTO_STR path = sv_dup(line);
	if (dockerignore_new(text, &d, &err)) {
		FUZZ_CHECK(err.code == ERR_CONFIG && !d);
		return 0;
	}
	/* What is in an excluded folder is excluded too, unless an exception says otherwise. */
	AUTO_STR below = xasprintf("%s/x", path);
	if (dockerignore_excludes(d, path) && *path && !memchr(text.p, '!', text.len))
		FUZZ_CHECK(dockerignore_excludes(d, below));
	dockerignore_free(d);
	return 0;
}
