/* SPDX-License-Identifier: GPL-3.0-or-later */
/* glab's file, the words of a command, git's answer: bounded, and an error leaves nothing behind. */
#include "forge/glab.h"
#include "forge/token_parts.h"
#include "fuzz.h"

static void check_words(const char *text)
{
	token_words w;
	struct err e = { 0 };
	int r = token_split(text, &w, &e);
	FUZZ_CHECK((r != 0) == (e.code != ERR_NONE));
	FUZZ_CHECK(r ? !w.len : w.len >= 2 && !w.items[w.len - 1]);
	token_words_fini(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size };
	struct glab g;
	struct err e = { 0 };
	char *user;
	int r = glab_parse(text, &g, &e);
	FUZZ_CHECK((r != 0) == (e.code != ERR_NONE) && (!r || !g.n) && g.n <= GLAB_HOSTS_MAX);
	for (size_t i = 0; i < g.n; i++)
		FUZZ_CHECK(g.hosts[i].host && (!*g.hosts[i].host || strpbrk(g.hosts[i].host, "/?#") || glab_find(&g, g.hosts[i].host)));
	glab_fini(&g);
	secret_free(token_of_output(text, NULL));
	secret_free(token_of_git(text, &user));
	free(user);
	char *copy = sv_dup(text);
	check_words(copy);
	free(copy);
	return 0;
}
