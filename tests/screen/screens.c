/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Golden screens: scripts of keys on the memory surface, under a clock that stands still. UPDATE=1 writes them anew. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "berth/path.h"
#include "play.h"
#include "tui/logpanel.h"

static void with_launch(struct play *p) { fake_launch(p->app, "flights-main-5d1f", STEP_CLONE, NULL); }
static void with_failed_launch(struct play *p) { fake_launch(p->app, "flights-main-5d1f", STEP_READY, "the program ended with code 127: jupyter was not found"); }
static void with_past(struct play *p)
{
	p->app->use = (struct project_use){ 3, (uint64_t)1200 << 20, 0.7, (uint64_t)1 << 30 };
	p->app->last_memory = "1G";
}
static void with_ssh(struct play *p) { p->app->ssh = xstrdup("ssh -L 32774:127.0.0.1:32774 ann@lab.example.org"); }

static const struct scene scenes[] = {
	{ "start-80x24", WORLD_FULL, 80, 24, false, "", NULL },
	{ "start-160x50", WORLD_FULL, 160, 50, false, "", NULL },
	{ "start-60x20", WORLD_FULL, 60, 20, false, "", NULL },
	{ "start-80x24-ascii", WORLD_FULL, 80, 24, true, "", NULL },
	{ "start-80x50", WORLD_FULL, 80, 50, false, "", NULL },
	{ "commits-80x24", WORLD_FULL, 80, 24, false, "3 j j", NULL },
	{ "commits-160x50", WORLD_FULL, 160, 50, false, "3 j", NULL },
	{ "commits-60x20", WORLD_FULL, 60, 20, false, "3 j", NULL },
	{ "commits-ready-80x24", WORLD_FULL, 80, 24, false, "3 j", NULL },
	{ "commits-building-80x24", WORLD_FULL, 80, 24, false, "3 j j j j j j", NULL },
	{ "commit-tab-80x24", WORLD_FULL, 80, 24, false, "3 j ]", NULL },
	{ "sessions-80x24", WORLD_FULL, 80, 24, false, "4", NULL },
	{ "sessions-160x50", WORLD_FULL, 160, 50, false, "4", NULL },
	{ "sessions-failed-80x24", WORLD_FULL, 80, 24, false, "4 G", NULL },
	{ "launch-80x24", WORLD_FULL, 80, 24, false, "4", with_launch },
	{ "launch-inspect-80x24", WORLD_FULL, 80, 24, false, "4 k i", with_launch },
	{ "launch-failed-inspect-160x50", WORLD_FULL, 160, 50, false, "4 k i", with_failed_launch },
	{ "launch-160x50", WORLD_FULL, 160, 50, false, "4", with_launch },
	{ "launch-failed-80x24", WORLD_FULL, 80, 24, false, "4", with_failed_launch },
	{ "log-80x24", WORLD_FULL, 80, 24, false, "", with_log },
	{ "log-160x50", WORLD_FULL, 160, 50, false, "", with_log },
	{ "log-60x20-wrap", WORLD_FULL, 60, 20, false, "w", with_log },
	{ "log-error-80x24", WORLD_FULL, 80, 24, false, "g e", with_log },
	{ "log-gitlab-80x24", WORLD_FULL, 80, 24, false, "g", with_gitlab_log },
	{ "log-gitlab-160x50", WORLD_FULL, 160, 50, false, "g t t #", with_gitlab_log },
	{ "log-gitlab-60x20-ascii", WORLD_FULL, 60, 20, true, "g t w", with_gitlab_log },
	{ "log-folded-80x24", WORLD_FULL, 80, 24, false, "Z g", with_gitlab_log },
	{ "log-unfolded-80x24", WORLD_FULL, 80, 24, false, "g } enter T", with_gitlab_log },
	{ "log-keep-80x24", WORLD_FULL, 80, 24, false, "& text:re:error|warn enter", with_gitlab_log },
	{ "log-drop-80x24", WORLD_FULL, 80, 24, false, "& text:!o enter", with_gitlab_log },
	{ "log-save-80x24", WORLD_FULL, 80, 24, false, "S", with_gitlab_log },
	{ "log-marks-beside-80x24", WORLD_FULL, 80, 24, false, "g 6 G m j m j j m k", with_gitlab_log },
	{ "log-marks-80x24", WORLD_FULL, 80, 24, false, "g H text:re:docker|pip enter H text:error enter 6 G m 9 G m ' '", with_gitlab_log },
	{ "log-held-80x24", WORLD_FULL, 80, 24, true, "F p p", with_log_open },
	{ "log-not-there-80x24", WORLD_FULL, 80, 24, false, "/ text:nonsense enter", with_gitlab_log },
	{ "log-wrong-pattern-80x24", WORLD_FULL, 80, 24, false, "/ text:re:( enter", with_gitlab_log },
	{ "log-search-80x24", WORLD_FULL, 80, 24, false, "g / text:numpyy enter", with_log },
	{ "filter-80x24", WORLD_FULL, 80, 24, false, "3 / text:note", NULL },
	{ "filter-inverse-80x24", WORLD_FULL, 80, 24, false, "1 / text:!flights enter", NULL },
	{ "help-80x24", WORLD_FULL, 80, 24, false, "3 ?", NULL },
	{ "help-typed-160x50", WORLD_FULL, 160, 50, false, "3 ? text:ses", NULL },
	{ "palette-80x24", WORLD_FULL, 80, 24, false, ": text:sta", NULL },
	{ "menu-80x24", WORLD_FULL, 80, 24, false, "4 x", NULL },
	{ "copy-80x24", WORLD_FULL, 80, 24, false, "3 y", NULL },
	{ "stop-80x24", WORLD_FULL, 80, 24, false, "4 d", NULL },
	{ "stop-undo-80x24", WORLD_FULL, 80, 24, false, "4 d s", NULL },
	{ "start-asks-80x24", WORLD_FULL, 80, 24, false, "3 j j j j s", NULL },
	{ "start-wrong-80x24", WORLD_FULL, 80, 24, false, "3 s", NULL },
	{ "form-80x24", WORLD_FULL, 80, 24, false, "3 j S", NULL },
	{ "form-wrong-80x24", WORLD_FULL, 80, 24, false, "3 j S tab tab text:xx tab text:9 tab ctrl-u text:3", NULL },
	{ "form-60x20", WORLD_FULL, 60, 20, false, "3 j S", NULL },
	{ "form-80x24-ascii", WORLD_FULL, 80, 24, true, "3 j S tab tab tab", with_past },
	{ "form-160x50", WORLD_FULL, 160, 50, false, "3 j S tab tab tab +", with_past },
	{ "form-60x20-end", WORLD_FULL, 60, 20, false, "3 j S shift-tab shift-tab shift-tab shift-tab shift-tab up up up text:A=b", NULL },
	{ "form-branch-80x24", WORLD_FULL, 80, 24, false, "3 j S up up enter", NULL },
	{ "form-commit-80x24", WORLD_FULL, 80, 24, false, "3 j S up enter", NULL },
	{ "form-image-80x24", WORLD_FULL, 80, 24, false, "3 j S enter", NULL },
	{ "form-no-engine-80x24", WORLD_NO_ENGINE, 80, 24, false, "3 j S", NULL },
	{ "connect-80x24", WORLD_FULL, 80, 24, false, "4 c", NULL },
	{ "connect-open-80x24", WORLD_FULL, 80, 24, false, "4 j c", NULL }, /* a session without a token */
	{ "connect-ssh-80x24", WORLD_FULL, 80, 24, false, "4 c", with_ssh },
	{ "messages-80x24", WORLD_FULL, 80, 24, false, "4 c esc !", NULL },
	{ "zoom-half-80x24", WORLD_FULL, 80, 24, false, "3 +", NULL },
	{ "zoom-full-80x24", WORLD_FULL, 80, 24, false, "3 + +", NULL },
	{ "empty-80x24", WORLD_EMPTY, 80, 24, false, "", NULL },
	{ "loading-80x24", WORLD_LOADING, 80, 24, false, "", NULL },
	{ "no-engine-80x24", WORLD_NO_ENGINE, 80, 24, false, "4", NULL },
	{ "no-engine-60x20-ascii", WORLD_NO_ENGINE, 60, 20, true, "4", NULL },
	{ "hostile-80x24", WORLD_HOSTILE, 80, 24, false, "3", NULL },
	{ "hostile-80x24-ascii", WORLD_HOSTILE, 80, 24, true, "3", NULL },
	{ "no-commits-80x24", WORLD_FULL, 80, 24, false, "G", NULL },
	{ "marks-80x24", WORLD_FULL, 80, 24, false, "3 space j space v j", NULL },
	{ "marks-80x24-ascii", WORLD_FULL, 80, 24, true, "3 space j space 9", NULL },
	{ "bulk-stop-80x24", WORLD_FULL, 80, 24, false, "4 * d", NULL },
	{ "sorted-160x50", WORLD_FULL, 160, 50, false, "1 > > 4 > >", NULL },
	{ "wide-240x60", WORLD_FULL, 240, 60, false, "3 j", NULL },
	{ "split-80x24", WORLD_FULL, 80, 24, false, "3 |", NULL },
	{ "inspect-80x24", WORLD_FULL, 80, 24, false, "4 i", NULL },
	{ "dockerfile-80x24", WORLD_FULL, 80, 24, false, "3 f", NULL },
	{ "doctor-80x24", WORLD_FULL, 80, 24, false, ": d o c t o r enter", NULL },
	{ "doctor-60x20-ascii", WORLD_FULL, 60, 20, true, ": d o c t o r enter", NULL },
	{ "why-80x24", WORLD_FULL, 80, 24, false, "3 D", NULL },
	{ "why-60x20-ascii", WORLD_FULL, 60, 20, true, "3 D", NULL },
	{ "tiny-30x8", WORLD_FULL, 30, 8, false, "", NULL },
};

static void test_scenes(void **state)
{
	(void)state;
	play_scenes(scenes, ARRAY_LEN(scenes));
}

/* ---- what keys do ---- */
static void test_calls(void **state)
{
	static const struct calls cases[] = {
		{ WORLD_FULL, "3 j s", "start branch=main commit=89d9212 memory=-\n" },
		{ WORLD_FULL, "3 s", "" },
		{ WORLD_FULL, "3 s enter", "" },           /* Cancel is the default */
		{ WORLD_FULL, "3 j j s", "start branch=main commit=29cf9b1 memory=-\n" },
		{ WORLD_FULL, "3 b", "build e934d66\n" },
		{ WORLD_FULL, "2 j b", "build e934d66\n" },
		{ WORLD_FULL, "4 d", "unsaved flights-main-9f8e\n" },
		{ WORLD_FULL, "4 d enter", "unsaved flights-main-9f8e\n" },
		{ WORLD_FULL, "4 d z esc", "unsaved flights-main-9f8e\n" },
		{ WORLD_FULL, "4 d s", "unsaved flights-main-9f8e\nstop flights-main-9f8e how=0 undo=5000\n" },
		{ WORLD_FULL, "4 d x", "unsaved flights-main-9f8e\nstop flights-main-9f8e how=2 undo=5000\n" },
		{ WORLD_FULL, "4 p", "stop flights-main-9f8e how=3 undo=0\n" },
		{ WORLD_FULL, "4 P", "resume flights-main-9f8e\n" },
		{ WORLD_FULL, "4 e", "extend flights-main-9f8e 0\n" },
		{ WORLD_FULL, "4 E enter", "export flights-main-9f8e ~/flights-main-9f8e.tar\n" },
		{ WORLD_FULL, "4 D enter", "" },
		{ WORLD_FULL, "4 W text:fix enter", "commit flights-main-9f8e: fix\n" },
		{ WORLD_FULL, "4 W enter", "" }, { WORLD_FULL, "4 W text:fix esc", "" },
		{ WORLD_FULL, "4 F", "pull flights-main-9f8e\n" },
		{ WORLD_FULL, "4 A A", "all sessions 1\nall sessions 0\n" },
		{ WORLD_FULL, "4 d k u", "unsaved flights-main-9f8e\nstop flights-main-9f8e how=1 undo=5000\nundo\n" },
		{ WORLD_FULL, "3 j S tab tab tab ctrl-u text:4G ctrl-s", "start branch=main commit=89d9212 memory=4G\n" },
		{ WORLD_FULL, "3 j S tab tab tab ctrl-u text:zz ctrl-s", "" },
		{ WORLD_FULL, "4 a", "attach flights-main-9f8e\n" },
		{ WORLD_FULL, "3 j j j j j j X x", "cancel build flights-tutorial/g-1\n" },
		{ WORLD_FULL, ": text:refresh enter", "refresh\n" },
		/* the form: fields are changed in place, by steps, from lists; what is wrong is not started */
		{ WORLD_FULL, "3 j S tab tab tab + ctrl-s", "start branch=main commit=89d9212 memory=4G\n" },
		{ WORLD_FULL, "3 j S tab tab tab - - ctrl-s", "start branch=main commit=89d9212 memory=512M\n" },
		{ WORLD_FULL, "3 j S tab tab tab - ctrl-r ctrl-s", "start branch=main commit=89d9212 memory=2G\n" },
		{ WORLD_FULL, "3 j S tab tab tab ctrl-u text:900G ctrl-s", "" }, /* more than the engine has */
		{ WORLD_FULL, "3 j S tab tab tab tab + ctrl-s", "" },            /* no GPU there */
		{ WORLD_FULL, "3 j S up enter down down enter ctrl-s", "start branch=main commit=29cf9b1 memory=2G\n" },
		{ WORLD_FULL, "3 j S up up enter down enter ctrl-s", "start branch=fix/deps commit=c9c4161 memory=2G\n" },
		{ WORLD_FULL, "3 j S up up enter text:deps enter esc", "" },
		{ WORLD_FULL, "3 j S up up up enter", "" },                      /* the button that cancels */
		/* marks: one question for all of them */
		{ WORLD_FULL, "3 space space b b", "build e934d66\nbuild 89d9212\n" },
		{ WORLD_FULL, "3 space space b enter", "" },
		{ WORLD_FULL, "3 v j j b b", "build e934d66\nbuild 89d9212\nbuild 29cf9b1\n" },
		{ WORLD_FULL, "3 v j v j j space b b", "build e934d66\nbuild 89d9212\nbuild c9c4161\n" },
		{ WORLD_FULL, "3 * b", "" },               /* 212 at a time: refused */
		{ WORLD_FULL, "3 space space esc j s", "start branch=main commit=c9c4161 memory=-\n" },
		{ WORLD_FULL, "3 space b", "build e934d66\n" }, /* a single mark is the row itself */
		{ WORLD_FULL, "4 * d s", "unsaved flights-main-9f8e\nunsaved covid-main-77ab\nunsaved zhbikes-old-31ac\n"
		  "stop flights-main-9f8e how=0 undo=5000\nstop covid-main-77ab how=0 undo=5000\nstop zhbikes-old-31ac how=0 undo=5000\n" },
		{ WORLD_FULL, "4 * d esc", "unsaved flights-main-9f8e\nunsaved covid-main-77ab\nunsaved zhbikes-old-31ac\n" },
		/* a link is looked at, then a person says yes */
		{ WORLD_FULL, ": text:open enter text:berth://local/flights-tutorial?env[A]=1 enter s", "link local flights-tutorial\nstart branch=main commit=- memory=-\n" },
		{ WORLD_FULL, ": text:open enter text:berth://local/flights-tutorial?env[A]=1 enter enter", "link local flights-tutorial\n" },
		{ WORLD_FULL, ": text:open enter text:rm%20-rf enter", "" },
		{ WORLD_FULL, ": text:new enter text:one enter m m", "new ~/berth/one minimal at - in -\n" },
		{ WORLD_FULL, ": text:new enter text:one enter m 1 text:science enter", "new ~/berth/one minimal at gitlab in science\n" },
		{ WORLD_FULL, "M M", "mouse 1\nmouse 0\n" },
		/* counts */
		{ WORLD_FULL, "3 alt-2 j s", "start branch=main commit=29cf9b1 memory=-\n" },
		{ WORLD_FULL, "3 j j j j j j w", "watch\n" }, { WORLD_FULL, "3 j w", "" }, /* what is not under way can't be watched */
		{ WORLD_NO_ENGINE, "3 s b", "" },          /* no engine: said, not tried */
		{ WORLD_EMPTY, "s S b c X d a L enter G g n N", "" },
		{ WORLD_LOADING, "s S b c X d a enter G g j k", "" },
	};
	(void)state;
	play_calls(cases, ARRAY_LEN(cases));
}

static size_t cursor_after(struct play *p, enum pane pane, const char *keys)
{
	play_keys(p, keys);
	return p->t->lists[pane].cursor;
}

static void test_counts(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_FULL, 24, 80, false);
	assert_int_equal(cursor_after(&p, PANE_COMMITS, "3 5 j"), 5);
	assert_int_equal(cursor_after(&p, PANE_COMMITS, "alt-1 2 j"), 17); /* 1 alone focuses a pane */
	assert_int_equal(cursor_after(&p, PANE_COMMITS, "7 k"), 10);
	assert_int_equal(cursor_after(&p, PANE_COMMITS, "9 9 G"), 98);
	assert_int_equal(cursor_after(&p, PANE_COMMITS, "5 esc j"), 99);   /* a key that takes no count ends it */
	assert_int_equal(cursor_after(&p, PANE_COMMITS, "9 9 9 9 9 9 9 9 9 9 9 9 j"), 211);
	play_end(&p);
}

static const char *selected_session(struct play *p)
{
	size_t i;
	return list_cursor(&p->t->lists[PANE_SESSIONS], &i) ? p->t->session_rows.items[i].name : "";
}

static void test_sort(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_FULL, 50, 160, false);
	play_keys(&p, "4 > > g"); /* by name, then the cursor stays on its session until it is moved */
	assert_string_equal(list_sort_column(&p.t->lists[PANE_SESSIONS])->id, "name");
	assert_string_equal(selected_session(&p), "covid-main-77ab");
	play_keys(&p, "=");
	assert_string_equal(selected_session(&p), "covid-main-77ab");
	assert_int_equal(p.t->lists[PANE_SESSIONS].cursor, 2);
	play_keys(&p, "g");
	assert_string_equal(selected_session(&p), "zhbikes-old-31ac");
	play_keys(&p, "/ text:main enter g"); /* a filter on top of it */
	assert_string_equal(selected_session(&p), "flights-main-9f8e");
	play_keys(&p, "esc < <");
	assert_null(list_sort_column(&p.t->lists[PANE_SESSIONS]));
	play_keys(&p, "3 >");                 /* a history has its own order */
	assert_null(list_sort_column(&p.t->lists[PANE_COMMITS]));
	play_end(&p);
}

static void play_mouse_at(struct play *p, const char *name, int y, int x)
{
	struct key k = { .y = y, .x = x };
	snprintf(k.name, sizeof k.name, "%s", name);
	tui_key(p->t, &k);
	store_flush(p->app->store);
	tui_draw(p->t);
}

/* Where some words stand, of what is on the screen. */
static void play_click_on(struct play *p, const char *words)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	surface_dump(&p->t->surface, &b);
	struct sv rest = buf_sv(&b), line;
	for (int y = 0; sv_split(&rest, '\n', &line); y++) {
		const char *at = memmem(line.p, line.len, words, strlen(words));
		if (!at)
			continue;
		play_mouse_at(p, "click", y, (int)text_width((struct sv){ line.p, (size_t)(at - line.p) }));
		return;
	}
	fail_msg("%s is not on the screen:\n%s", words, buf_str(&b));
}

static void test_clicks(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_FULL, 24, 80, false);
	play_click_on(&p, "29cf9b1");
	assert_int_equal(p.t->focus, PANE_COMMITS);
	assert_int_equal(p.t->lists[PANE_COMMITS].cursor, 2);
	play_mouse_at(&p, "wheel-down", 12, 5);
	assert_int_equal(p.t->lists[PANE_COMMITS].cursor, 5);
	play_click_on(&p, "Commit │");       /* a tab */
	assert_int_equal(p.t->tab, TAB_COMMIT);
	assert_int_equal(p.t->focus, PANE_MAIN);
	play_click_on(&p, "[2] Branches");
	assert_int_equal(p.t->focus, PANE_BRANCHES);
	play_click_on(&p, "? help");         /* the line of keys */
	assert_non_null(p.t->top);
	play_mouse_at(&p, "wheel-down", 10, 20);
	play_keys(&p, "s o r t - n");
	play_click_on(&p, "sort-next");      /* a command in the list */
	play_keys(&p, "esc");
	assert_null(p.t->top);
	play_keys(&p, "4 d");
	play_click_on(&p, "Only stop");
	assert_non_null(strstr(buf_str(&p.app->calls), "how=1"));
	play_keys(&p, "wait:6000");
	play_mouse_at(&p, "click", 3, 3);    /* twice: opens */
	play_mouse_at(&p, "click", 3, 3);
	assert_int_equal(p.t->focus, PANE_BRANCHES);
	play_end(&p);
	play_begin(&p, WORLD_FULL, 20, 60, false);
	play_click_on(&p, "3 Comm");
	assert_int_equal(p.t->focus, PANE_COMMITS);
	play_mouse_at(&p, "right-click", 5, 5);
	assert_non_null(p.t->top);           /* the menu of the row */
	play_end(&p);
}

static void test_read_only(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_FULL, 24, 80, false);
	p.app->read_only = true;
	play_keys(&p, "3 j s S b 4 d a");
	assert_string_equal(buf_str(&p.app->calls), "");
	play_end(&p);
}

static void test_cursor_stays_on_its_row(void **state)
{
	struct play p;
	struct project_id project;
	struct oid ids[50], was;
	struct fresh good = { FRESH_FRESH, FAKE_NOW, { 0 } };
	(void)state;
	ids[0] = fake_oid(9, 9);
	for (unsigned i = 1; i < 50; i++)
		ids[i] = fake_oid(0, i - 1);
	play_begin(&p, WORLD_FULL, 24, 80, false);    /* nobody has moved it: the newest commit */
	store_set_commit_ids(p.app->store, p.t->sel.project, "main", ids, 50, true, &good);
	store_flush(p.app->store);
	tui_draw(p.t);
	assert_true(oid_eq(&ids[0], &p.t->sel.commit));
	play_end(&p);
	play_begin(&p, WORLD_FULL, 24, 80, false);
	play_keys(&p, "3 j j j");
	was = p.t->sel.commit;
	project = p.t->sel.project;
	store_set_commit_ids(p.app->store, project, "main", ids, 50, true, &good);
	store_flush(p.app->store);
	tui_draw(p.t);
	assert_true(oid_eq(&was, &p.t->sel.commit));
	assert_int_equal(p.t->lists[PANE_COMMITS].cursor, 4);
	store_set_commit_ids(p.app->store, project, "main", ids, 3, true, &good); /* it vanished: the last row */
	store_flush(p.app->store);
	tui_draw(p.t);
	assert_int_equal(p.t->lists[PANE_COMMITS].cursor, 2);
	play_end(&p);
}

static void test_huge(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_HUGE, 24, 80, false);
	play_keys(&p, "3 G");
	assert_int_equal(p.t->lists[PANE_COMMITS].cursor, 99999);
	assert_true(p.app->want_first > 99900 && p.app->want_n <= 512);
	fake_load_commits(p.app);
	play_keys(&p, "g");
	assert_int_equal(p.t->lists[PANE_COMMITS].cursor, 0);
	/* a filter looks on as pages come in */
	play_keys(&p, "/ text:init enter");
	for (int i = 0; i < 20 && p.t->lists[PANE_COMMITS].shown.len < 100; i++) {
		fake_load_commits(p.app);
		tui_draw(p.t);
	}
	assert_true(p.t->lists[PANE_COMMITS].shown.len >= 100);
	play_end(&p);
}

static void test_sizes(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_HOSTILE, 24, 80, false);
	play_keys(&p, "3 j");
	for (int rows = 0; rows < 60; rows = rows * 3 / 2 + 1)
		for (int cols = 0; cols < 260; cols = cols * 3 / 2 + 1) {
			tui_resize(p.t, rows, cols);
			tui_draw(p.t);
			play_keys(&p, "j ? esc : esc S esc x esc ! esc 4 + + _ _ 3 ]");
		}
	play_end(&p);
}

static void test_osc52(void **state)
{
	struct play p;
	(void)state;
	unsetenv("TMUX");
	play_begin(&p, WORLD_FULL, 24, 80, false);
	play_keys(&p, "3 y b");
	assert_string_equal(buf_str(&p.written), "\033]52;c;bWFpbg==\a");
	play_end(&p);
}

static void test_watch(void **state)
{
	struct play p;
	(void)state;
	unsetenv("TMUX");
	setenv("TERM", "xterm-256color", 1);
	play_begin(&p, WORLD_FULL, 24, 80, false);
	with_launch(&p);
	play_keys(&p, "4 g w");
	store_note_launch(p.app->store);
	store_flush(p.app->store);
	assert_int_equal(p.written.len, 0);           /* it still goes on */
	p.app->launch_over = true;
	store_note_launch(p.app->store);
	store_flush(p.app->store);
	assert_string_equal(buf_str(&p.written), "\a");
	store_note_launch(p.app->store);
	store_flush(p.app->store);
	assert_int_equal(p.t->watched.len, 0);        /* once */
	p.app->launch_over = false;
	play_keys(&p, "4 g w w");
	assert_int_equal(p.t->watched.len, 0);
	play_end(&p);
}

static void test_toasts_pass(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_FULL, 24, 80, false);
	app_say(p.app, MESSAGE_GOOD, NULL, "a build ended");
	tui_draw(p.t);
	assert_non_null(p.t->toast.text);
	loop_advance(p.loop, 9000);
	assert_true(p.t->dirty);
	tui_draw(p.t);
	assert_null(p.t->toast.text);
	p.t->dirty = false;
	loop_advance(p.loop, 30000); /* and nothing is drawn while nothing changes */
	assert_false(p.t->dirty);
	play_end(&p);
}

int main(void)
{
	setenv("BERTH_NOW", "1795464000", 1);
	setenv("TZ", "UTC", 1);
	setenv("HOME", "/home/ann", 1);
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenes),
		cmocka_unit_test(test_host_scenes),
		cmocka_unit_test(test_host_calls),
		cmocka_unit_test(test_host_pages),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_cursor_stays_on_its_row),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_osc52),
		cmocka_unit_test(test_hostile_log),
		cmocka_unit_test(test_split_title),
		cmocka_unit_test(test_log_source),
		cmocka_unit_test(test_log_save),
		cmocka_unit_test(test_log_keys),
		cmocka_unit_test(test_log_widths), cmocka_unit_test(test_log_offline_small),
		cmocka_unit_test(test_toasts_pass),
		cmocka_unit_test(test_slow_look),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_clicks),
		cmocka_unit_test(test_clone_is_selected),
		cmocka_unit_test(test_saved),
		cmocka_unit_test(test_saved_awaited),
		cmocka_unit_test(test_start_awaits_lists),
		cmocka_unit_test(test_many_branches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
