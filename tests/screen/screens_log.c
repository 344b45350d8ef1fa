/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs on the screen. */
#include "play.h"

#include <unistd.h>

#include "berth/path.h"
#include "tui/logpanel.h"

void with_log(struct play *p)
{
	play_keys(p, "3 L");
	fake_log(p->app, sv_of(fake_build_log));
	fake_log_end(p->app);
}
/* One that is still written. */
void with_log_open(struct play *p)
{
	play_keys(p, "3 L");
	fake_log(p->app, sv_of(fake_build_log));
}
/* As a GitLab runner writes it: times, sections, a continued line, progress, a token. */
#define AT(s, rest) "2026-11-24T12:04:" s ".000000Z " rest "\n"
static const char gitlab_log[] =
	AT("00", "00O \033[0KRunning with gitlab-runner 17.5.0 on r-02\033[0;m") AT("01", "00O section_start:1795521841:prepare_executor[collapsed=true]\r\033[0K\033[0K\033[36;1mPreparing the \"docker\" executor\033[0;m")
	AT("02", "00O Using docker image debian:12 ...") AT("05", "00O section_end:1795521845:prepare_executor\r\033[0K")
	AT("05", "00O section_start:1795521845:step_script\r\033[0K\033[0K\033[36;1mExecuting \"step_script\" stage of the job script\033[0;m")
	AT("05", "01O \033[32;1m$ docker build --tag $IMG .\033[0;m") AT("06", "01O Step 7/12 : RUN pip install -r requirements.txt") AT("07", "01O ") AT("07", "01O Downloading 10%\r")
	AT("08", "01E \033[33mwarning: running as root\033[0;m") AT("08", "01O+Downloading 90%\r") AT("09", "01O+Downloading done\r") AT("10", "01O Looking in indexes: https://oauth2:glpat-abcdefghij1234567890@lab.example.org/simple")
	AT("11", "01E \033[31;1mERROR: No matching distribution found for numpyy==1.24\033[0;m") AT("56", "00O section_end:1795521896:step_script\r\033[0K")
	AT("57", "00O \033[31;1mERROR: Job failed: exit code 1\033[0;m");
void with_gitlab_log(struct play *p)
{
	play_keys(p, "3 L");
	fake_log(p->app, sv_of(gitlab_log));
	fake_log_end(p->app);
}
static bool shows(struct play *p, const char *text)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	tui_draw(p->t);
	surface_dump(&p->t->surface, &b);
	return strstr(buf_str(&b), text) != NULL;
}

/* A runner may put a section's title into a continuation of the marker's line. */
void test_split_title(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_FULL, 24, 80, false);
	play_keys(&p, "3 L");
	fake_log(p.app, sv_of(AT("01", "00O section_start:1795521841:prepare_executor\r\033[0K") AT("01", "00O+\033[0K\033[36;1mPreparing it\033[0;m") AT("02", "00O one")
	                      AT("03", "00O section_start:1795521843:bare\r\033[0K") AT("03", "00O two")));
	assert_true(shows(&p, "Preparing it"));
	assert_false(shows(&p, "prepare_executor"));
	assert_true(shows(&p, "bare")); /* without a title it is called by its name */
	play_end(&p);
}

/* What a source says of itself is seen, and a log that is written anew begins anew. */
void test_log_source(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_FULL, 24, 140, false);
	play_keys(&p, "3 L");
	struct app_log_events *ev = &p.app->log.ev;
	fake_log(p.app, SV("one\ntwo\n"));
	assert_true(shows(&p, "2 lines  following"));
	ev->state(p.app->log.ctx, clock_wall_s() - 45, "offline, asks again in 8 s");
	assert_true(shows(&p, "grew 45s ago  offline, asks again in 8 s"));
	assert_true(log_panel_tick_ms(p.t->log) > 0);
	ev->rewritten(p.app->log.ctx);
	fake_log(p.app, SV("three\n"));
	assert_true(shows(&p, "three"));
	assert_false(shows(&p, "two"));
	play_keys(&p, "F");
	fake_log(p.app, SV("four\n"));
	assert_true(shows(&p, "paused, +5 B"));
	fake_log_end(p.app);
	assert_true(shows(&p, "2 lines  0%  ended"));
	assert_int_equal(log_panel_tick_ms(p.t->log), 0);
	play_end(&p);
}

/* A saved log is whole under its name, its secrets masked unless they are shown. */
void test_log_save(void **state)
{
	struct play p;
	struct err err = { 0 };
	AUTO(buf_fini) struct buf b = BUF_INIT;
	char dir[] = "/tmp/berth-test-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(dir));
	AUTO_STR path = xasprintf("%s/a.log", dir);
	play_begin(&p, WORLD_FULL, 24, 80, false);
	play_keys(&p, "3 L");
	for (int shown = 0; shown < 2; shown++) {
		log_export_save(p.t->log, path);
		while (p.t->log->export)
			loop_turn(p.loop, true);
		buf_clear(&b);
		if (shown)
			assert_int_equal(file_read(path, 100, &b, &err), 0);
		else
			assert_int_equal(access(path, F_OK), -1); /* nothing to save yet */
		fake_log(p.app, SV("\033[31mtoken=abc\033[0m\n"));
	}
	assert_string_equal(buf_str(&b), "\033[31mtoken=***\033[0m\n");
	AUTO_STR nowhere = xasprintf("%s/none/a.log", dir);
	log_export_save(p.t->log, nowhere);
	assert_null(p.t->log->export);
	assert_true(shows(&p, "No such file"));
	play_end(&p);
	assert_int_equal(path_remove_tree(dir, &err), 0);
}

static void expect_log(const char *text, const char *keys, const char *shown)
{
	struct play p;
	play_begin(&p, WORLD_FULL, 24, 120, false);
	play_keys(&p, "3 L");
	fake_log(p.app, sv_of(text));
	play_keys(&p, keys);
	if (!shows(&p, shown))
		fail_msg("%s: there is no \"%s\"", keys, shown);
	play_end(&p);
}

/* Keys that go somewhere in a log, and what its line of words says. */
void test_log_keys(void **state)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;
	(void)state;
	for (int i = 1; i <= 1000; i++)
		buf_addf(&text, "line %d\n", i);
	static const struct { const char *keys, *shown; } cases[] = {
		{ "5 0 0 G", "line 500\n" }, { "9 0 %", "line 9" }, { "5 0 0 0 G", "The log has 1000 lines" }, { "p", "paused" }, { "p p", "following" },
		{ "& text:99 enter", "filter 99: 19, 981 hidden" }, { "/ text:99 enter n n", "3/19 matches" }, { "'", "m marks a line first" },
		{ "5 0 0 G m 6 0 0 G m", "2 marked" }, { "5 0 0 G m m", "paused" }, { "5 0 0 G m 6 0 0 G m ' '", "line 600\n" }, { "H text:re:( enter", "line 1000" },
		{ "5 0 0 G m y", "marked lines" }, { "?", "Help: Log" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect_log(buf_str(&text), cases[i].keys, cases[i].shown);
}

/* At the screen's width: where lines go on, and what is said where there is no room for all. */
static void expect_at(int cols, int rows, const char *text, const char *keys, const char *shown, const char *not_shown)
{
	struct play p;
	play_begin(&p, WORLD_FULL, rows, cols, true);
	play_keys(&p, "3 L");
	fake_log(p.app, sv_of(text));
	play_keys(&p, keys);
	if (!shows(&p, shown))
		fail_msg("%dx%d %s: there is no \"%s\"", cols, rows, keys, shown);
	if (not_shown && shows(&p, not_shown))
		fail_msg("%dx%d %s: there is \"%s\"", cols, rows, keys, not_shown);
	play_end(&p);
}

void test_log_widths(void **state)
{
	(void)state;
	static const char text[] = "abcdefghij0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij\nshort\n";
	expect_at(60, 20, text, "g", "9abcdefghij01234567>", NULL); /* one column stands before a line */
	expect_at(60, 20, text, "g l", "<j0123456789a", NULL);
	expect_at(60, 20, text, "g l", "<", "short");
	expect_at(60, 20, text, "g l l", "<23456789a", ">"); /* up to the end, and no further */
	expect_at(60, 20, text, "g l l l", "No line shown here goes on to the right", ">");
	expect_at(60, 20, text, "g l l h h", "abcdefghij0", "<");
	expect_at(60, 20, text, "g w l", "Lines are wrapped", "<");
	expect_at(60, 20, text, "& text:short enter", "filter short: 1, 1 hidden  following", NULL);
	expect_at(40, 10, text, "& text:short enter", "= filter short: 1  following =", NULL);
	expect_at(40, 10, text, "& text:abcdefghij0123456789ab enter", "= filter abcdefghij0123456789ab~ =", NULL);
	expect_at(80, 24, text, "& text:short enter / text:o enter", "filter short: 1  1/1 match", "hidden");
}

/* Why nothing comes is said in the least room, too, its end cut. */
void test_log_offline_small(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_FULL, 24, 80, true);
	play_keys(&p, "3 L");
	fake_log(p.app, SV("one\n"));
	p.app->log.ev.state(p.app->log.ctx, clock_wall_s() - 45, "lab.example.org does not answer, asks again in 8 s");
	assert_true(shows(&p, "following  lab.example.org does not"));
	p.app->log.ev.state(p.app->log.ctx, clock_wall_s() - 45, "offline");
	assert_true(shows(&p, "following  grew 45s ago  offline ="));
	play_end(&p);
}

/* Nothing but what the log's text says gets on the screen, whatever is in it. */
void test_hostile_log(void **state)
{
	static const char evil[] = "plain\n\033[2J\033[1;1Hmoved\n\033]0;title\a after title\n\x9b" "2J c1\n\rover\rwritten\n\033[6nquery \033c reset\ntoken=0123456789abcdef tail\n\xff\xfe bad\nnul\0inside\n";
	struct play p;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	(void)state;
	play_begin(&p, WORLD_FULL, 24, 80, false);
	play_keys(&p, "3 L");
	fake_log(p.app, (struct sv){ evil, sizeof evil - 1 });
	tui_draw(p.t);
	surface_dump(&p.t->surface, &b);
	for (size_t i = 0; i < b.len; i++)
		assert_true((unsigned char)b.p[i] >= 0x20 || b.p[i] == '\n');
	assert_non_null(strstr(buf_str(&b), "moved"));
	assert_non_null(strstr(buf_str(&b), "written"));
	assert_null(strstr(buf_str(&b), "0123456789abcdef"));
	play_end(&p);
}
