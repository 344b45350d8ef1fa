/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dashboard on a terminal: what it sends, how fast it answers, and that it leaves everything as it was. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "terminal.h"

static char demo[4096];
static const char *const plain_env[] = { "TERM=xterm-256color", "COLORTERM=", "LC_ALL=C.UTF-8", "BERTH_NOW=1795464000", "TZ=UTC", "NO_COLOR=", "SSH_CONNECTION=", "TMUX=", NULL };

static void start_world(struct pty *p, int rows, int cols, const char *world)
{
	const char *const argv[] = { demo, world, NULL };
	pty_start(p, rows, cols, argv, plain_env);
	assert_true(pty_wait(p, strcmp(world, "hostile") == 0 ? "Branches" : "flights"));
	pty_settle(p, 60);
}

static void test_start_and_leave(void **state)
{
	struct pty p;
	(void)state;
	start_world(&p, 24, 80, "full");
	assert_true(p.alternate);
	pty_keys(&p, "q");
	int status = pty_wait_exit(&p);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(pty_modes_as_before(&p));
	pty_end(&p);
}

/* Screen after each key against one that is drawn anew: what the differences left must be the same. */
static void check_against_repaint(struct pty *p, const char *key)
{
	struct buf after = BUF_INIT, anew = BUF_INIT;
	pty_keys(p, key);
	pty_settle(p, 50);
	pty_screen(p, &after);
	pty_keys(p, "\f");
	pty_settle(p, 50);
	pty_screen(p, &anew);
	if (strcmp(buf_str(&after), buf_str(&anew)) != 0)
		fail_msg("after the key %s:\n%s\ndrawn anew:\n%s", key, buf_str(&after), buf_str(&anew));
	buf_fini(&after);
	buf_fini(&anew);
}

static void test_differences(void **state)
{
	static const char *const keys[] = { "3", "j", "j", "G", "g", "4", "?", "\033", "+", "+", "_", "_", "]", "]", "1", "j", "x", "\033", "!", "\033" };
	static const char *const worlds[] = { "full", "hostile" };
	(void)state;
	for (size_t w = 0; w < ARRAY_LEN(worlds); w++) {
		struct pty p;
		start_world(&p, 24, 80, worlds[w]);
		for (size_t i = 0; i < ARRAY_LEN(keys); i++)
			check_against_repaint(&p, keys[i]);
		pty_end(&p);
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* DESIGN §6: bytes of one cursor step, and one write for it; how soon it shows. */
static void test_step(void **state)
{
	static const struct { int rows, cols; size_t most; } sizes[] = { { 24, 80, 200 }, { 50, 160, 400 } };
	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
		struct pty p;
		double bytes[16], ms[16];
		size_t most_reads = 0;
		start_world(&p, sizes[s].rows, sizes[s].cols, "full");
		pty_keys(&p, "3GG");
		pty_settle(&p, 60);
		for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
			pty_mark(&p);
			double began = now_ms();
			pty_keys(&p, "k");
			while (!p.raw.len && now_ms() < began + 1000)
				pty_settle(&p, 1);
			ms[i] = now_ms() - began - 1;
			pty_settle(&p, 40);
			bytes[i] = (double)p.raw.len;
			most_reads = MAX_OF(most_reads, p.n_reads);
		}
		qsort(bytes, ARRAY_LEN(bytes), sizeof *bytes, by_size);
		qsort(ms, ARRAY_LEN(ms), sizeof *ms, by_size);
		print_message("# %dx%d: a cursor step is %.0f bytes in %zu piece(s) and shows in %.2f ms (medians)\n", sizes[s].cols, sizes[s].rows, bytes[8], most_reads, ms[8]);
		assert_true(bytes[8] > 0 && bytes[8] <= (double)sizes[s].most);
		assert_int_equal(most_reads, 1);
		pty_end(&p);
	}
}

static void test_idle(void **state)
{
	struct pty p;
	(void)state;
	start_world(&p, 24, 80, "full");
	pty_settle(&p, 100);
	pty_mark(&p);
	pty_settle(&p, 1500);
	assert_int_equal(p.raw.len, 0);
	pty_end(&p);
}

static void test_escape_is_fast(void **state)
{
	struct pty p;
	(void)state;
	start_world(&p, 24, 80, "full");
	pty_keys(&p, "?");
	assert_true(pty_wait(&p, "Help"));
	pty_settle(&p, 40);
	double began = now_ms();
	pty_keys(&p, "\033");
	assert_true(pty_wait_gone(&p, "Help"));
	assert_true(now_ms() - began < 400);
	/* arrows in one piece are no escape; replies of the terminal are no keys */
	pty_keys(&p, "3\033[B\033OB\033[?1;2c\033[24;80R\033]11;rgb:0000/0000/0000\033\\\033[99;99~");
	assert_true(pty_wait(&p, "3/212"));
	pty_end(&p);
}

static void test_paste_is_harmless(void **state)
{
	struct pty p;
	(void)state;
	start_world(&p, 24, 80, "full");
	pty_keys(&p, "\033[200~Qq\nX\033[201~");
	assert_true(pty_wait(&p, "Pasted text does nothing here"));
	pty_end(&p);
}

static void test_resizes(void **state)
{
	static const int sizes[][2] = { { 1, 1 }, { 5, 20 }, { 24, 80 }, { 2, 200 }, { 50, 2 }, { 10, 40 }, { 9, 39 }, { 22, 72 }, { 46, 84 }, { 100, 300 }, { 20, 60 }, { 50, 160 }, { 24, 80 } };
	struct pty p;
	(void)state;
	start_world(&p, 24, 80, "full");
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			pty_resize(&p, sizes[i][0], sizes[i][1]);
			pty_keys(&p, round ? "?" : "j");
			pty_settle(&p, 15);
			pty_keys(&p, round ? "\033" : "k");
			pty_settle(&p, round ? 40 : 10);
		}
	assert_true(pty_wait(&p, "flights-tutorial"));
	check_against_repaint(&p, "1");
	pty_keys(&p, "Q");
	assert_int_equal(pty_wait_exit(&p), 0);
	assert_true(pty_modes_as_before(&p));
	pty_end(&p);
}

static void test_signals(void **state)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGSEGV, SIGABRT, SIGBUS, SIGFPE };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct pty p;
		start_world(&p, 24, 80, "full");
		kill(p.pid, signals[i]);
		int status = pty_wait_exit(&p);
		assert_true(status != -1);
		if (i < 3)
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 128 + signals[i]);
		if (!pty_modes_as_before(&p))
			fail_msg("signal %d leaves the terminal changed: alternate %d, cursor %d, mouse %d", signals[i], p.alternate, p.cursor_visible, p.mouse);
		pty_end(&p);
	}
}

/* Under a shell with job control: ctrl-Z gives the prompt back on a clean terminal, fg the dashboard. */
static void test_suspend(void **state)
{
	struct pty p;
	const char *const argv[] = { "/bin/bash", "--norc", "--noprofile", "-i", NULL };
	AUTO_STR line = xasprintf("%s full\r", demo);
	(void)state;
	pty_start(&p, 24, 80, argv, plain_env);
	pty_settle(&p, 300);
	pty_keys(&p, line);
	assert_true(pty_wait(&p, "flights-tutorial  fix req"));
	for (int i = 0; i < 2; i++) {
		pty_keys(&p, i ? "?" : "3");
		pty_settle(&p, 60);
		pty_keys(&p, "\x1a");
		assert_true(pty_wait(&p, "Stopped"));
		assert_false(p.alternate);
		if (!p.cursor_visible || p.mouse)
			fail_msg("round %d: cursor %d, mouse %d", i, p.cursor_visible, p.mouse);
		pty_keys(&p, "echo still-$((40+2))\r");
		assert_true(pty_wait(&p, "still-42"));
		pty_keys(&p, "clear; fg\r");
		assert_true(pty_wait(&p, "docker 20.10.24"));
		assert_true(p.alternate);
		pty_settle(&p, 60);
	}
	pty_keys(&p, "\033");
	pty_settle(&p, 80);
	pty_keys(&p, "Q");
	assert_true(pty_wait_gone(&p, "Branches"));
	pty_keys(&p, "echo code=$?; exit\r");
	assert_true(pty_wait(&p, "code=0"));
	pty_end(&p);
}

static void test_no_terminal(void **state)
{
	AUTO_STR line = xasprintf("%s full </dev/null 2>&1; echo code=$?; TERM=nonesuch %s full 2>&1; echo code=$?", demo, demo);
	const char *const argv[] = { "/bin/sh", "-c", line, NULL };
	struct pty p;
	(void)state;
	pty_start(&p, 24, 80, argv, plain_env);
	assert_true(pty_wait(&p, "standard input is none"));
	assert_true(pty_wait(&p, "TERM=nonesuch is not known"));
	assert_int_equal(pty_wait_exit(&p), 0);
	assert_true(pty_modes_as_before(&p));
	pty_end(&p);
}

/* A terminal without a second screen keeps the last picture: but its last row is free for the shell. */
static void test_one_screen(void **state)
{
	static const char *const env[] = { "TERM=vt100", "LC_ALL=C.UTF-8", "BERTH_NOW=1795464000", "TZ=UTC", "TMUX=", NULL };
	AUTO_STR line = xasprintf("%s full; echo back", demo);
	const char *const argv[] = { "/bin/sh", "-c", line, NULL };
	struct pty p;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	(void)state;
	pty_start(&p, 24, 80, argv, env);
	assert_true(pty_wait(&p, "? help"));
	pty_keys(&p, "Q");
	assert_true(pty_wait(&p, "back"));
	pty_screen(&p, &b);
	assert_null(strstr(buf_str(&b), "? help"));
	assert_int_equal(pty_wait_exit(&p), 0);
	pty_end(&p);
}

static void test_plain(void **state)
{
	static const char *const env[] = { "TERM=dumb", "LC_ALL=C.UTF-8", "BERTH_NOW=1795464000", "TZ=UTC", NULL };
	const char *const argv[] = { demo, "full", NULL };
	struct pty p;
	(void)state;
	pty_start(&p, 200, 80, argv, env);
	assert_true(pty_wait(&p, "1 (selected): flights-tutorial"));
	pty_keys(&p, "commits\r");
	assert_true(pty_wait(&p, "212 in all"));
	pty_keys(&p, "2\r");
	assert_true(pty_wait(&p, "2 (selected): 89d9212"));
	pty_keys(&p, "sessions\rstop\r");
	assert_true(pty_wait(&p, "2 changed files, 1 new file."));
	pty_keys(&p, "\rhelp\r");
	assert_true(pty_wait(&p, "Further commands here"));
	assert_true(pty_wait(&p, "pause: "));
	assert_null(strstr(buf_str(&p.raw), "another pane"));
	pty_keys(&p, "projects\rfilter\r");
	assert_true(pty_wait(&p, "show only rows with:"));
	pty_keys(&p, "covid\r");
	assert_true(pty_wait(&p, "Projects, 1 in all."));
	pty_keys(&p, "filter\r");
	assert_true(pty_wait(&p, "An empty line takes covid; esc leaves this."));
	pty_keys(&p, "esc\r");
	assert_true(pty_wait(&p, "covid-analysis")); /* the whole list again */
	pty_keys(&p, "quit\r");
	assert_int_equal(pty_wait_exit(&p), 0);
	assert_null(memchr(buf_str(&p.raw), 0x1b, p.raw.len));
	assert_true(pty_modes_as_before(&p));
	pty_end(&p);
}

static void test_colours(void **state)
{
	static const struct { const char *term, *colorterm, *no_color; const char *has, *has_not; } cases[] = {
		{ "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=", "38;5;", "38;2;" },
		{ "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=1", NULL, "38;" },
		{ "TERM=xterm", "COLORTERM=", "NO_COLOR=", "\033[3", "38;" },
		{ "TERM=vt100", "COLORTERM=truecolor", "NO_COLOR=", NULL, "38;" },
		{ "TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=", "38;5;244", "38;2;" }, /* the default theme keeps to the terminal's own */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *const env[] = { cases[i].term, cases[i].colorterm, cases[i].no_color, "LC_ALL=C.UTF-8", "BERTH_NOW=1795464000", NULL };
		const char *const argv[] = { demo, "full", NULL };
		struct pty p;
		pty_start(&p, 24, 80, argv, env);
		assert_true(pty_wait(&p, "flights"));
		pty_settle(&p, 80);
		if (cases[i].has && !strstr(buf_str(&p.raw), cases[i].has))
			fail_msg("%s: no %s", cases[i].term, cases[i].has);
		if (strstr(buf_str(&p.raw), cases[i].has_not))
			fail_msg("%s %s: there is %s", cases[i].term, cases[i].no_color, cases[i].has_not);
		pty_end(&p);
	}
}

/* A theme of 24-bit colours: told in full, still one write a frame, and nothing of it stays behind. */
static void test_true_colour(void **state)
{
	static const char *const terms[] = { "TERM=xterm-256color", "TERM=screen-256color" };
	AUTO_STR theme = xasprintf("%s/../themes/solstice.theme", TEST_SRCDIR);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		const char *const env[] = { terms[i], "COLORTERM=truecolor", "LC_ALL=C.UTF-8", "BERTH_NOW=1795464000", "NO_COLOR=", "TMUX=", NULL };
		const char *const argv[] = { demo, "full", theme, NULL };
		struct pty p;
		pty_start(&p, 24, 80, argv, env);
		assert_true(pty_wait(&p, "flights"));
		pty_settle(&p, 80);
		assert_non_null(strstr(buf_str(&p.raw), "38;2;159;176;176m"));
		assert_null(strstr(buf_str(&p.raw), "38;5;"));
		pty_keys(&p, "3");
		pty_settle(&p, 60);
		check_against_repaint(&p, "j");
		pty_mark(&p);
		pty_keys(&p, "j");
		pty_settle(&p, 60);
		assert_true(p.n_reads <= 2); /* one write; a pty may hand more than 2 KB on in two */
		pty_keys(&p, "q");
		int status = pty_wait_exit(&p);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		assert_true(!p.alternate && pty_modes_as_before(&p));
		pty_end(&p);
	}
}

/* Who has named no theme gets one that reads on the ground that the terminal says it has. */
static void test_light_ground(void **state)
{
	char dir[] = "/tmp/berth-ground-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(dir));
	AUTO_STR config = xasprintf("%s/berth", dir);
	AUTO_STR themes = xasprintf("%s/themes", config);
	AUTO_STR shipped = xasprintf("%s/../themes", TEST_SRCDIR);
	AUTO_STR home = xasprintf("XDG_CONFIG_HOME=%s", dir);
	assert_int_equal(mkdir(config, 0700), 0);
	assert_int_equal(symlink(shipped, themes), 0);
	const char *const env[] = { "TERM=xterm-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8", "BERTH_NOW=1795464000", "NO_COLOR=", "TMUX=", "COLORFGBG=", home, NULL };
	const char *const argv[] = { demo, "full", NULL };
	struct pty p;
	pty_start(&p, 24, 80, argv, env);
	assert_true(pty_wait(&p, "flights"));
	pty_settle(&p, 80);
	assert_non_null(strstr(buf_str(&p.raw), "\033]11;?\a"));
	assert_null(strstr(buf_str(&p.raw), "48;2;"));
	pty_keys(&p, "\033]11;rgb:1e1e/1e1e/1e1e\033\\"); /* dark, as the default theme has it */
	pty_settle(&p, 60);
	pty_mark(&p);
	pty_keys(&p, "\033]11;rgb:ffff/fafa/f0f0\a");
	pty_settle(&p, 100);
	assert_non_null(strstr(buf_str(&p.raw), "48;2;207;226;245m"));
	check_against_repaint(&p, "j");
	pty_keys(&p, "Q");
	assert_int_equal(pty_wait_exit(&p), 0);
	pty_end(&p);
	unlink(themes);
	rmdir(config);
	rmdir(dir);
}

int main(int argc, char **argv)
{
	const char *dir = getenv("abs_top_builddir");
	(void)argc;
	if (dir)
		snprintf(demo, sizeof demo, "%s/tests/screen/screen-demo", dir);
	else
		snprintf(demo, sizeof demo, "%.*s/screen-demo", (int)(strrchr(argv[0], '/') - argv[0]), argv[0]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_and_leave), cmocka_unit_test(test_differences), cmocka_unit_test(test_step), cmocka_unit_test(test_idle),
		cmocka_unit_test(test_escape_is_fast), cmocka_unit_test(test_paste_is_harmless), cmocka_unit_test(test_resizes), cmocka_unit_test(test_signals),
		cmocka_unit_test(test_suspend), cmocka_unit_test(test_no_terminal), cmocka_unit_test(test_one_screen), cmocka_unit_test(test_plain), cmocka_unit_test(test_colours), cmocka_unit_test(test_true_colour), cmocka_unit_test(test_light_ground),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
