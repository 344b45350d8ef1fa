/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "tests.h"

static char folder[64];

/* State and cache in a folder of our own: the journal of launches is a real one. */
static void begin(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	snprintf(folder, sizeof folder, "/tmp/berth-session-XXXXXX");
	if (!mkdtemp(folder))
		abort();
	AUTO_STR state = path_join(folder, "state");
	AUTO_STR cache = path_join(folder, "cache");
	setenv("XDG_STATE_HOME", state, 1);
	setenv("XDG_CACHE_HOME", cache, 1);
	setenv("TEST_FOLDER", folder, 1);
}

int main(void)
{
	static const struct { const char *name; const struct CMUnitTest *tests; const size_t *n; } groups[] = {
		{ "options", options_tests, &n_options_tests }, { "parts", parts_tests, &n_parts_tests }, { "plan", plan_tests, &n_plan_tests },
		{ "launch", launch_tests, &n_launch_tests }, { "sessions", sessions_tests, &n_sessions_tests }, { "feed", feed_tests, &n_feed_tests }, { "links", links_tests, &n_links_tests },
		{ "idle", idle_tests, &n_idle_tests }, { "gitin", gitin_tests, &n_gitin_tests }, { "gitrun", gitrun_tests, &n_gitrun_tests }, { "exchange", exchange_tests, &n_exchange_tests },
		{ "saves", saves_tests, &n_saves_tests },
	};
	struct CMUnitTest all[200];
	size_t n = 0;
	begin();
	for (size_t g = 0; g < ARRAY_LEN(groups); g++)
		for (size_t i = 0; i < *groups[g].n && n < ARRAY_LEN(all); i++)
			all[n++] = groups[g].tests[i];
	int r = _cmocka_run_group_tests("session", all, n, NULL, NULL);
	path_remove_tree(folder, NULL);
	return r;
}
