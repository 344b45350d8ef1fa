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

static void many_branches(struct play *p, bool more)
{
	struct project_id id = store_project_at(p->app->store, 0)->id;
	store_branches_note_more(p->app->store, id, more);
	store_flush(p->app->store);
}

/* A project with more branches than were read: saved work is looked for before anything is started, and whoever goes elsewhere starts nothing. */
void test_saved_awaited(void **state)
{
	static const struct { const char *before, *waits, *calls, *shown; } cases[] = {
		{ "3 j j s", "Looking for saved work", "look for saved work\nstart branch=main commit=29cf9b1 memory=-\n", NULL },
		{ "3 j j s j", "Nothing is started", "look for saved work\n", NULL },
		{ "2 U", "Looking for saved work", "look for saved work\n", "ann/main/31ac0de/7" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct play p;
		AUTO(buf_fini) struct buf screen = BUF_INIT;
		play_begin(&p, WORLD_FULL, 24, 80, false);
		many_branches(&p, true);
		play_keys(&p, cases[i].before);
		surface_dump(&p.t->surface, &screen);
		if (!strstr(buf_str(&screen), cases[i].waits))
			fail_msg("%s: \"%s\" is not on the screen:\n%s", cases[i].before, cases[i].waits, buf_str(&screen));
		p.app->looked_for_saved = true;
		many_branches(&p, false);
		play_keys(&p, "wait:10");
		buf_clear(&screen);
		surface_dump(&p.t->surface, &screen);
		assert_string_equal(buf_str(&p.app->calls), cases[i].calls);
		if (cases[i].shown && !strstr(buf_str(&screen), cases[i].shown))
			fail_msg("%s: \"%s\" is not on the screen:\n%s", cases[i].before, cases[i].shown, buf_str(&screen));
		play_end(&p);
	}
}

/* A key that comes before the first answer about branches or sessions, or of the engine at all: the start waits for it, wherever the tip is then. */
void test_start_awaits_lists(void **state)
{
	static const struct { bool sessions, asking; const char *meanwhile, *calls, *says; } cases[] = {
		{ false, false, "wait:10", "start branch=- commit=- memory=-\n", "Looking for saved work" },
		{ true, false, "wait:10", "start branch=- commit=- memory=-\n", "Looking for saved work" },
		{ true, true, "wait:10", "start branch=- commit=- memory=-\n", "Waiting for the engine's answer" },
		{ false, false, "j", "", "Looking for saved work" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct play p;
		AUTO(buf_fini) struct buf screen = BUF_INIT;
		play_begin(&p, WORLD_FULL, 24, 80, false);
		play_keys(&p, "1 j j");
		const struct project_id id = p.t->sel.project;
		const struct fresh loading = { .state = FRESH_LOADING }, fresh = { .state = FRESH_FRESH, .at_s = 1 };
		if (cases[i].sessions)
			store_sessions_mark(p.app->store, &loading);
		else
			store_branches_mark(p.app->store, id, &loading);
		if (cases[i].asking)
			store_set_engine(p.app->store, &(struct engine_status){ .state = ENGINE_ASKING });
		store_flush(p.app->store);
		play_keys(&p, "s");
		surface_dump(&p.t->surface, &screen);
		if (!strstr(buf_str(&screen), cases[i].says))
			fail_msg("case %zu: nothing says that the start waits:\n%s", i, buf_str(&screen));
		p.t->sel.commit.b[0] ^= 1; /* as of another tip */
		play_keys(&p, cases[i].meanwhile);
		store_set_engine(p.app->store, &(struct engine_status){ .state = ENGINE_UP });
		store_sessions_mark(p.app->store, &fresh);
		store_branches_mark(p.app->store, id, &fresh);
		store_flush(p.app->store);
		play_keys(&p, "wait:10");
		assert_string_equal(buf_str(&p.app->calls), cases[i].calls);
		play_end(&p);
	}
}

/* Its further pages are asked for at the list's end, by a filter and by another order; and counts say that there are more. */
void test_many_branches(void **state)
{
	static const struct { const char *keys; size_t want; const char *shown; } cases[] = {
		{ "2", 0, "1/6+" }, { "2 G", 7, "6/6+" }, { "2 / text:zzzz", SIZE_MAX, "Further branches are being read" }, { "2 >", SIZE_MAX, "by " },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct play p;
		AUTO(buf_fini) struct buf screen = BUF_INIT;
		play_begin(&p, WORLD_FULL, 40, 120, false);
		many_branches(&p, true);
		p.app->want_branches = 0;
		play_keys(&p, cases[i].keys);
		surface_dump(&p.t->surface, &screen);
		assert_int_equal(p.app->want_branches, cases[i].want);
		if (!strstr(buf_str(&screen), cases[i].shown))
			fail_msg("%s: \"%s\" is not on the screen:\n%s", cases[i].keys, cases[i].shown, buf_str(&screen));
		play_end(&p);
	}
}
