/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A slug is always a safe name and its own slug; quoting for a shell and for a URL leaves nothing special outside. */
#include "fuzz.h"

#include "berth/str.h"

static int is_in(struct sv s, const char *set)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!s.p[i] || !strchr(set, s.p[i]))
			return 0;
	}
	return 1;
}

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv s = { (const char *)data, size };
	AUTO(buf_fini) struct buf slug = BUF_INIT, again = BUF_INIT, url = BUF_INIT, shell = BUF_INIT;

	buf_add_slug(&slug, s);
	FUZZ_CHECK(slug.len > 0 && slug.len <= 100 && is_in(buf_sv(&slug), ALNUM "._-"));
	FUZZ_CHECK(slug.p[0] != '.' && slug.p[0] != '-');
	buf_add_slug(&again, buf_sv(&slug));
	FUZZ_CHECK(sv_eq(buf_sv(&again), buf_sv(&slug)));
	buf_add_urlencoded(&url, s, NULL);
	FUZZ_CHECK(is_in(buf_sv(&url), ALNUM "-._~%") && url.len >= size);
	buf_add_shell_quoted(&shell, s);
	bool inside = false;
	for (size_t i = 0; i < shell.len; i++) {
		if (shell.p[i] == '\'')
			inside = !inside;
		else if (!inside && shell.p[i] == '\\')
			FUZZ_CHECK(shell.p[++i] == '\'');
		else if (!inside)
			FUZZ_CHECK(is_in((struct sv){ shell.p + i, 1 }, ALNUM "-_./:@%+,"));
	}
	FUZZ_CHECK(!inside && shell.len > 0);
	return 0;
}
