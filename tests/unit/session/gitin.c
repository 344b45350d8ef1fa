/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What git in a session is given: texts that stay themselves whatever stands in an address, a name or a token. */
#include <stdio.h>

#include "berth/git.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "session/lfs.h"
#include "session/parts.h"
#include "tests.h"

struct seen { struct buf subsections; unsigned n; };

static int entry(void *ctx, const struct gitconf_entry *e, struct err *reterr)
{
	struct seen *s = ctx;
	(void)reterr;
	s->n++;
	if (strcmp(e->section, "credential") == 0 && strcmp(e->name, "usehttppath") == 0)
		buf_addf(&s->subsections, "%s\n", e->subsection);
	if (strcmp(e->name, "helper") == 0)
		assert_true(strcmp(e->value, "") == 0 || strcmp(e->value, "!sh /run/berth/git-login") == 0);
	return 0;
}

static void configuration_is_for_one_address(void **state)
{
	static const struct { const char *url, *subsections; } rows[] = {
		{ "https://git.example/lab/x.git", "https://git.example/lab/x\nhttps://git.example/lab/x.git\n" },
		{ "http://127.0.0.1:8080/rel/lab/x", "http://127.0.0.1:8080/rel/lab/x\nhttp://127.0.0.1:8080/rel/lab/x.git\n" },
		{ "https://h/a\"]\\b", "https://h/a\"]\\b\nhttps://h/a\"]\\b.git\n" },
		{ "/home/me/berth/x", "" }, { "https://h", "" }, { "https:///x", "" }, { "https://me@h/x", "" }, { "https://h/a\nb", "" }, { "", "" }, { NULL, "" }, { "ssh://h/x", "" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf text = BUF_INIT;
		struct seen s = { BUF_INIT, 0 };
		struct err err = { 0 };
		gitin_config(&text, rows[i].url, true);
		if (gitconf_parse(buf_sv(&text), "gitconfig", entry, &s, &err))
			fail_msg("row %zu: %s\n%s", i, err.text, buf_str(&text));
		assert_string_equal(buf_str(&s.subsections), rows[i].subsections);
		buf_fini(&s.subsections);
	}
}

/* What sh says when git asks; the token's file is read from a place of the test's. */
static char *helper_says(const char *url, const char *user, const char *protocol, const char *host, const char *path)
{
	AUTO(buf_fini) struct buf program = BUF_INIT;
	AUTO_STR folder = path_of(PATH_CACHE, NULL);
	AUTO_STR script = path_join(folder, "login.sh");
	AUTO_STR token = path_join(folder, "git-token");
	path_make_dirs(folder, NULL);
	file_write_atomic(token, SV("t'o\"k$(id)en\n"), NULL);
	gitin_login(&program, url, user);
	AUTO(buf_fini) struct buf moved = BUF_INIT;
	const char *at = strstr(buf_str(&program), "/run/berth/git-token");
	buf_add(&moved, program.p, at ? (size_t)(at - program.p) : program.len);
	if (at) {
		buf_add_shell_quoted(&moved, sv_of(token));
		buf_add_str(&moved, at + strlen("/run/berth/git-token"));
	}
	file_write_atomic(script, buf_sv(&moved), NULL);
	AUTO(buf_fini) struct buf command = BUF_INIT;
	buf_add_str(&command, "printf 'protocol=%s\\nhost=%s\\npath=%s\\n\\n' ");
	const char *words[] = { protocol, host, path };
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		buf_add_shell_quoted(&command, sv_of(words[i]));
		buf_add_char(&command, ' ');
	}
	buf_add_str(&command, "| sh ");
	buf_add_shell_quoted(&command, sv_of(script));
	buf_add_str(&command, " get");
	char said[500];
	FILE *f = popen(buf_str(&command), "r");
	assert_non_null(f);
	size_t n = fread(said, 1, sizeof said, f);
	assert_int_equal(pclose(f), 0);
	return xstrndup(said, n);
}

static void the_login_answers_for_one_address(void **state)
{
	static const struct { const char *url, *protocol, *host, *path; bool answers; } rows[] = {
		{ "https://h:8/lab/x.git", "https", "h:8", "lab/x.git", true }, { "https://h:8/lab/x.git", "https", "h:8", "lab/x", true },
		{ "https://h:8/lab/x.git", "https", "h:8", "lab/x.git/info/lfs", true }, { "https://h:8/lab/x.git", "https", "h:8", "lab/xy", false },
		{ "https://h:8/lab/x.git", "http", "h:8", "lab/x.git", false }, { "https://h:8/lab/x.git", "https", "h", "lab/x.git", false },
		{ "https://h:8/lab/x.git", "https", "h:8", "", false }, { "https://h:8/lab/x.git", "https", "h:8", "lab", false }, { "https://h/*", "https", "h", "lab/x", false },
		{ "https://h/a'$(touch${IFS}oops)b", "https", "h", "a'$(touch${IFS}oops)b", true }, { "https://h/a|b)", "https", "h", "a", false }, { "/home/x", "https", "h", "x", false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_STR said = helper_says(rows[i].url, "oa'uth", rows[i].protocol, rows[i].host, rows[i].path);
		assert_string_equal(said, rows[i].answers ? "username=oa'uth\npassword=t'o\"k$(id)en\n" : "");
	}
}

static void settings_are_counted_lines(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO(secret_free_p) struct secret *token = secret_new(SV("two\nlines"));
	const struct session_git g = { .url = "/x", .password = token, .author_name = "A\n0 1 <b>\"$(id)'", .author_email = "m" };
	(void)state;
	settings_add(&b, "x", SV("a\nb\n\n"));
	assert_string_equal(buf_str(&b), "x 2\na\nb\n");
	buf_clear(&b);
	gitin_settings(&b, &g, "/work/p");
	assert_non_null(strstr(buf_str(&b), "git-token 1\n\n")); /* none rather than one that breaks out */
	assert_non_null(strstr(buf_str(&b), "git-author 3\nA 0 1  b \"$(id)'\nm\n/work/p\n"));
}

static void batches_are_read(void **state)
{
	static const char text[] = "{\"objects\":[{\"oid\":\"aa\",\"actions\":{\"download\":{\"href\":\"https://h/x\",\"header\":{\"A\":\"b\",\"n\":1}}}},"
	                           "{\"oid\":\"bb\",\"error\":{\"code\":404,\"message\":\"not here\"}},{\"oid\":\"cc\",\"actions\":{\"download\":{\"href\":\"file:///etc/passwd\"}}}]}";
	struct lfs_answer a;
	struct lfs_source s;
	struct err err = { 0 };
	struct lfs_object o = { .oid = "aa" };
	(void)state;
	assert_int_equal(lfs_answer_read(sv_of(text), &a, &err), 0);
	assert_int_equal(lfs_answer_find(&a, &o, &s, &err), 0);
	assert_string_equal(s.href, "https://h/x");
	assert_int_equal(s.n_headers, 1);
	memcpy(o.oid, "bb", 3);
	assert_int_equal(lfs_answer_find(&a, &o, &s, &err), -ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "not here"));
	memcpy(o.oid, "cc", 3);
	assert_int_equal(lfs_answer_find(&a, &o, &s, &err), -ERR_DECODE);
	memcpy(o.oid, "dd", 3);
	assert_int_equal(lfs_answer_find(&a, &o, &s, &err), -ERR_NOT_FOUND);
	lfs_answer_fini(&a);
	assert_int_equal(lfs_answer_read(SV("{}"), &a, &err), -ERR_DECODE);
	assert_int_equal(lfs_answer_read(SV("nonsense"), &a, &err), -ERR_DECODE);
}

const struct CMUnitTest gitin_tests[] = {
	cmocka_unit_test(configuration_is_for_one_address), cmocka_unit_test(the_login_answers_for_one_address), cmocka_unit_test(settings_are_counted_lines),
	cmocka_unit_test(batches_are_read),
};
const size_t n_gitin_tests = ARRAY_LEN(gitin_tests);
