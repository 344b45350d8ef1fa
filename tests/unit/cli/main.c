/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words, logs and help of the face without a screen. No app runs here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>

#include "cli/cli_impl.h"

/* ---- globals ---- */
static int globals(const char *line, struct cli_globals *ret, struct err *err)
{
	static char words[400];
	static char *argv[20];
	int argc = 0;
	snprintf(words, sizeof words, "%s", line);
	for (char *at = words, *word; (word = at) && *at;) {
		at = strchr(at, ' ');
		if (at)
			*at++ = '\0';
		argv[argc++] = word;
	}
	return cli_parse_globals(argc, argv, ret, err);
}

static void words_before_and_after_the_command(void **state)
{
	(void)state;
	struct cli_globals g;
	struct err err = { 0 };
	assert_int_equal(globals("berth", &g, &err), 0);
	assert_null(g.command);
	assert_int_equal(globals("berth --config f --log=l --read-only start p --json", &g, &err), 0);
	assert_string_equal(g.config, "f");
	assert_string_equal(g.log, "l");
	assert_string_equal(g.command, "start");
	assert_true(g.read_only && g.json && !g.help);
	assert_int_equal(g.first, 6);
	assert_int_equal(globals("berth log -- --help", &g, &err), 0);
	assert_false(g.help);
	assert_int_equal(globals("berth --theme", &g, &err), -ERR_USAGE);
	assert_int_equal(globals("berth --nonsense start", &g, &err), -ERR_USAGE);
	assert_non_null(strstr(err.text, "--nonsense"));
}

/* ---- a command's words ---- */
static bool parse(enum command_id id, const char *line, struct cli *c, struct err *err)
{
	static char words[400];
	static char *argv[20];
	int argc = 0;
	*c = (struct cli){ .command = command_at(id) };
	options_init(&c->options);
	snprintf(words, sizeof words, "%s", line);
	for (char *at = words, *word; (word = at) && *at;) {
		at = strchr(at, ' ');
		if (at)
			*at++ = '\0';
		argv[argc++] = word;
	}
	return cli_parse_args(c, argc, argv, err);
}

static void good_words_are_taken(void **state)
{
	(void)state;
	struct cli c;
	struct err err = { 0 };
	assert_true(parse(CMD_COMMITS, "flights --branch=fix/deps -n 20 --columns sha,age --sort -age --json", &c, &err));
	assert_string_equal(cli_flag(&c, "branch"), "fix/deps");
	assert_string_equal(cli_flag(&c, "max"), "20");
	assert_string_equal(c.columns, "sha,age");
	assert_string_equal(c.sort, "-age");
	assert_true(c.json);
	assert_string_equal(c.args[0], "flights");
	options_fini(&c.options);
	assert_true(parse(CMD_START, "flights main --memory 3G --cpus=2 --new", &c, &err));
	assert_string_equal(options_text(&c.options, OPT_MEMORY), "3G");
	assert_int_equal(c.options.values[OPT_MEMORY].source, FROM_USER);
	assert_non_null(cli_flag(&c, "new"));
	assert_int_equal(c.n_args, 2);
	options_fini(&c.options);
	assert_true(parse(CMD_LOG, "-- -odd --name", &c, &err));
	assert_string_equal(c.args[1], "--name");
	options_fini(&c.options);
	assert_true(parse(CMD_LOG, "--from -", &c, &err));
	assert_string_equal(cli_flag(&c, "from"), "-");
	options_fini(&c.options);
}

static void bad_words_are_named(void **state)
{
	(void)state;
	static const struct { enum command_id id; const char *words, *says; } cases[] = {
		{ CMD_PROJECTS, "one", "one is one word too many" },       { CMD_LOG, "a b c", "c is one word too many" },
		{ CMD_COMMITS, "--branch", "--branch wants a value" },     { CMD_COMMITS, "-b", "-b wants a value" },
		{ CMD_COMMITS, "-z", "no option -z" },                     { CMD_BUILD, "--detach=yes", "--detach takes no value" },
		{ CMD_START, "--memory lots", "--memory" },                { CMD_START, "--memory", "--memory wants a value" },
		{ CMD_BUILD, "--memory 2G", "no option --memory" },        { CMD_STOP, "--sort", "--sort wants a value" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cli c;
		struct err err = { 0 };
		assert_false(parse(cases[i].id, cases[i].words, &c, &err));
		assert_int_equal(err.code, ERR_USAGE);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].words, err.text);
		options_fini(&c.options);
	}
}

/* ---- logs ---- */
static char *filtered(const char *bytes, size_t len, size_t piece, bool plain)
{
	struct logout l;
	AUTO(buf_fini) struct buf out = BUF_INIT;
	logout_init(&l, plain, !plain);
	for (size_t at = 0; at < len; at += piece)
		logout_feed(&l, (struct sv){ bytes + at, MIN_OF(piece, len - at) }, &out);
	logout_finish(&l, &out);
	logout_fini(&l);
	return buf_take(&out);
}

#define STAMP "2026-11-24T12:04:00.000000Z "
static const struct { const char *raw, *plain; } logs[] = {
	{ "one\ntwo\n", "one\ntwo\n" },
	{ "no end", "no end\n" },
	{ "crlf\r\nnext\r\n", "crlf\nnext\n" },
	{ "10%\r50%\r100%\n", "100%\n" },
	{ "a\r\r\nb", "a\nb\n" },
	{ "\033[31mred\033[0m\n", "red\n" },
	{ "\033]0;title\007tail\033[2J\033[H\n", "tail\n" },
	{ "\033]8;;http://x\033\\link\033]8;;\033\\\n", "link\n" },
	{ "tab\there\n", "tab\there\n" },
	{ "gr\xc3\xbc\xc3\x9f\n", "gr\xc3\xbc\xc3\x9f\n" },
	{ "\033Pq#0;2\033\\x\n", "x\n" },
	/* a runner's: times go, a stream's line goes on behind another's, what is there for a section's end is no line */
	{ STAMP "00O one\n" STAMP "01E two\n", "one\ntwo\n" },
	{ STAMP "01O load 10%\r\n" STAMP "01E warning\n" STAMP "01O+load 90%\r\n" STAMP "01O+loaded\n" STAMP "01O next", "loaded\nwarning\nnext\n" },
	{ STAMP "00O section_start:1:a\r\033[0KTitle\n" STAMP "00O section_end:2:a\r\033[0K\n" STAMP "00O after\n", "Title\nafter\n" },
	{ STAMP "00O+odd\n" STAMP "00O \nnot stamped\n", "odd\n\nnot stamped\n" },
	{ "plain\n" STAMP "00O kept\n", "plain\n" STAMP "00O kept\n" },
	{ "2026-11-24T12:04", "2026-11-24T12:04\n" },
};

static void a_log_reads_the_same_in_any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(logs); i++) {
		size_t len = strlen(logs[i].raw);
		bool multibyte = strchr(logs[i].raw, '\xc3') != NULL;
		for (size_t piece = multibyte ? len : 1; piece <= len; piece++) {
			AUTO_STR text = filtered(logs[i].raw, len, piece, true);
			assert_string_equal(text, logs[i].plain);
		}
	}
}

static void times_stand_before_lines_when_wanted(void **state)
{
	static const char raw[] = STAMP "01O a\r\n" STAMP "01O+b\n" STAMP "01E c\n";
	(void)state;
	for (int plain = 0; plain < 2; plain++) {
		struct logout l;
		AUTO(buf_fini) struct buf out = BUF_INIT;
		logout_init(&l, plain, false);
		l.times = true;
		logout_feed(&l, sv_of(raw), &out);
		assert_string_equal(buf_str(&out), ""); /* the first one may go on */
		logout_idle(&l, &out);
		logout_finish(&l, &out);
		logout_fini(&l);
		assert_string_equal(buf_str(&out), plain ? "2026-11-24T12:04:00Z b\n2026-11-24T12:04:00Z c\n" :
		                                           "2026-11-24T12:04:00Z a\r2026-11-24T12:04:00Z b\n2026-11-24T12:04:00Z c\n");
	}
}

static void no_byte_of_a_log_moves_the_terminal(void **state)
{
	(void)state;
	unsigned seed = 1;
	for (int round = 0; round < 300; round++) {
		char raw[200];
		for (size_t i = 0; i < sizeof raw; i++) {
			seed = seed * 1103515245u + 12345u;
			raw[i] = (seed >> 16) % 3 ? (char)(seed >> 18) : "\033[]P\\;?\007\r\n0123mKJH"[(seed >> 18) % 19];
		}
		AUTO_STR plain = filtered(raw, sizeof raw, 7, true);
		for (const unsigned char *p = (const unsigned char *)plain; *p; p++)
			assert_true((*p >= 0x20 && *p != 0x7f) || *p == '\n' || *p == '\t');
		AUTO_STR colour = filtered(raw, sizeof raw, 7, false);
		for (const char *p = colour; *p; p++) {
			if (*p != '\033') {
				assert_true((unsigned char)*p >= 0x20 || strchr("\n\t\r", *p));
				continue;
			}
			p += 1 + strspn(p + 1, "[0123456789;");
			assert_true(*p == 'm' || *p == 'K');
		}
	}
}

/* ---- help ---- */
static void every_command_is_helped(void **state)
{
	(void)state;
	AUTO(buf_fini) struct buf general = BUF_INIT;
	AUTO(buf_fini) struct buf man = BUF_INIT;
	help_general(&general, 1000);
	help_man(&man);
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *cmd = command_at(i);
		if (!(cmd->faces & FACE_CLI))
			continue;
		AUTO(buf_fini) struct buf b = BUF_INIT;
		help_command(&b, cmd, 1000);
		assert_non_null(strstr(buf_str(&b), cmd->summary));
		assert_non_null(strstr(buf_str(&general), cmd->summary));
		for (const struct command_flag *f = cmd->flags; f && f->name; f++)
			assert_non_null(strstr(buf_str(&b), f->name));
	}
	for (int o = 0; o < OPT_COUNT_; o++)
		assert_non_null(strstr(buf_str(&man), option_def((enum option_id)o)->name));
	/* a key stands below the place where it means that; settings are all there */
	const char *sessions = strstr(buf_str(&man), ".SS Sessions\n"), *of_logs = strstr(buf_str(&man), ".SS Logs\n");
	assert_true(sessions && of_logs && strstr(sessions, "Keep an idle session for so long") < of_logs && strstr(of_logs, "Follow the end of the log"));
	assert_non_null(strstr(buf_str(&man), ".B start.memory  (2G)\n"));
	assert_non_null(strstr(buf_str(&man), "GITLAB_TOKEN"));
}

static void help_fits_its_width(void **state)
{
	(void)state;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	help_general(&b, 80);
	for (size_t i = 0; i < CMD_COUNT_; i++)
		if (command_at(i)->faces & FACE_CLI)
			help_command(&b, command_at(i), 80);
	struct sv rest = buf_sv(&b), line;
	while (sv_split(&rest, '\n', &line))
		if (text_width(line) > 80)
			fail_msg("%.*s", (int)line.len, line.p);
}

/* A line that begins with a dot or a quote is a roff request. */
static void the_man_page_is_no_accident(void **state)
{
	(void)state;
	static const char *const requests[] = { ".TH ", ".SH ", ".TP", ".B ", ".RS", ".RE", ".I ", ".SS ", ".PP", ".nf", ".fi", ".BR " };
	AUTO(buf_fini) struct buf man = BUF_INIT;
	help_man(&man);
	struct sv rest = buf_sv(&man), line;
	while (sv_split(&rest, '\n', &line)) {
		bool known = !line.len || (line.p[0] != '.' && line.p[0] != '\'');
		for (size_t i = 0; i < ARRAY_LEN(requests); i++)
			known |= sv_starts(line, sv_of(requests[i]));
		if (!known)
			fail_msg("%.*s", (int)line.len, line.p);
	}
}

static void completions_are_there_for_three_shells(void **state)
{
	(void)state;
	static const char *const shells[] = { "bash", "zsh", "fish" };
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		assert_true(completion(&b, shells[i]));
		assert_non_null(strstr(buf_str(&b), "commits"));
		assert_null(strstr(buf_str(&b), "half-page-down"));
	}
	AUTO(buf_fini) struct buf none = BUF_INIT;
	assert_false(completion(&none, "cmd.exe"));
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_before_and_after_the_command), cmocka_unit_test(good_words_are_taken), cmocka_unit_test(bad_words_are_named),
		cmocka_unit_test(a_log_reads_the_same_in_any_pieces), cmocka_unit_test(times_stand_before_lines_when_wanted), cmocka_unit_test(no_byte_of_a_log_moves_the_terminal),
		cmocka_unit_test(every_command_is_helped), cmocka_unit_test(help_fits_its_width), cmocka_unit_test(the_man_page_is_no_accident), cmocka_unit_test(completions_are_there_for_three_shells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
