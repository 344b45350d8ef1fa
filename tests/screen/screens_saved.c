/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Work that would be lost, and saved work: what is asked before a stop and before a start. */
#include <stdio.h>

#include "play.h"

/* A workspace that takes long to be read doesn't keep the question waiting. */
void test_slow_look(void **state)
{
	struct play p;
	AUTO(buf_fini) struct buf screen = BUF_INIT;
	(void)state;
	play_begin(&p, WORLD_FULL, 24, 80, false);
	p.app->slow_look = true;
	play_keys(&p, "4 d wait:2900");
	assert_null(p.t->top);
	play_keys(&p, "wait:200");
	surface_dump(&p.t->surface, &screen);
	assert_non_null(strstr(buf_str(&screen), "Stop flights-main-9f8e?"));
	assert_non_null(strstr(buf_str(&screen), "is not known yet"));
	assert_int_equal(p.app->n_forgotten, 1);
	play_keys(&p, "esc d d");                     /* the second asks anew, and the first is forgotten */
	assert_int_equal(p.app->n_forgotten, 2);
	play_end(&p);
}

/* Saved work is asked for before a start, with Cancel as the default; and it is shown, restored and deleted from its list. */
void test_saved(void **state)
{
#define SAVED "renku/autosave/ann/main/31ac0de/77ab120"
	static const struct { const char *keys, *calls, *shown; } cases[] = {
		{ "3 j j s", "", "There is saved work of this branch" },
		{ "3 j j s enter", "", NULL },
		{ "3 j j s f", "start branch=main commit=29cf9b1 memory=-\n", NULL },
		{ "3 j j s r", "restore " SAVED "\nstart branch=- commit=- memory=-\n", NULL },
		{ "2 U enter", "", "Restored it is in a new session" },
		{ "2 U enter v", "diff " SAVED "\n", "+two" },
		{ "2 U enter r", "restore " SAVED "\nstart branch=- commit=- memory=-\n", NULL },
		{ "2 U enter d", "delete " SAVED "\n", NULL },
		{ "2 U enter enter", "", NULL },
		{ "4 s", "save flights-main-9f8e\n", NULL },
		{ "4 W", "", "commit and push the work of flights-main-9f8e; message:" },
		{ "4 W text:fix enter", "commit flights-main-9f8e: fix\n", "Committed 3 files as c0ffee1, and pushed to main" },
		{ "4 W enter", "", "Nothing was committed: it wants a message" },
		{ "4 F", "pull flights-main-9f8e\n", "2 commits came to main, with changes of 1 file; the newest: a1b2c3d" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct play p;
		AUTO(buf_fini) struct buf screen = BUF_INIT;
		play_begin(&p, WORLD_FULL, 24, 80, false);
		p.app->has_saved = true;
		play_keys(&p, cases[i].keys);
		surface_dump(&p.t->surface, &screen);
		assert_string_equal(buf_str(&p.app->calls), cases[i].calls);
		if (cases[i].shown && !strstr(buf_str(&screen), cases[i].shown))
			fail_msg("%s: \"%s\" is not on the screen:\n%s", cases[i].keys, cases[i].shown, buf_str(&screen));
		play_end(&p);
	}
}
