/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include "berth/path.h"
#include "tests.h"

static int list(void *ctx, const struct gitconf_entry *e, struct err *reterr)
{
	struct buf *b = ctx;

	buf_addf(b, "%u:%s", e->line, e->section);
	if (*e->subsection)
		buf_addf(b, "[%s]", e->subsection);
	buf_addf(b, ".%s%s%s|", e->name, e->has_value ? "=" : "", e->value);
	return 0;
}

/* As `git config --list -z` writes them. */
static int list_like_git(void *ctx, const struct gitconf_entry *e, struct err *reterr)
{
	struct buf *b = ctx;

	buf_add_str(b, e->section);
	if (*e->subsection)
		buf_addf(b, ".%s", e->subsection);
	buf_addf(b, ".%s%s%s%c", e->name, e->has_value ? "\n" : "", e->value, '\1');
	return 0;
}

static const char *const good[][2] = {
	{ "", "" },
	{ "# only a comment\n; and another", "" },
	{ "[a]\nx = 1\n", "2:a.x=1|" },
	{ "[A]\nX-y = 1 # c\n", "2:a.x-y=1|" },
	{ "[a \"B.c\"]x=1\n\ty = two words  ; c\n", "1:a[B.c].x=1|2:a[B.c].y=two words|" },
	{ "[a.B]\nx=1", "2:a[b].x=1|" },
	{ "[a]\nx\ny =\nz  \n# c\n", "2:a.x|3:a.y=|4:a.z|" },
	{ "[a]\nx = \"  in \" out \" ; no comment \" ; comment\n", "2:a.x=  in  out  ; no comment |" },
	{ "[a]\nx = a\\\n  b\\tc\\n\\\"\\\\\ny=1\n", "2:a.x=a  b\tc\n\"\\|4:a.y=1|" },
	{ "\xef\xbb\xbf[a]\r\nx = 1\r\ny = 2\r\n", "2:a.x=1|3:a.y=2|" },
	{ "[a \"q\\\"u\\\\o\"]\nx = \xc3\xa9\xff\n", "2:a[q\"u\\o].x=\xc3\xa9\xff|" },
	{ "[include]\npath = /etc/passwd\n[a]\nx=1\nx=2\n", "2:include.path=/etc/passwd|4:a.x=1|5:a.x=2|" },
	{ "[a] ; c\n\n\n   x=1", "4:a.x=1|" },
};

static void reads_git_config_syntax(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO(buf_fini) struct buf got = BUF_INIT;
		struct err err = { 0 };
		if (gitconf_parse(sv_of(good[i][0]), "f", list, &got, &err))
			fail_msg("%zu: %s", i, err.text);
		assert_string_equal(buf_str(&got), good[i][1]);
	}
}

static void reads_as_git_does(void **state)
{
	AUTO_STR file = fixture_path("conf");

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO(buf_fini) struct buf got = BUF_INIT;
		struct err err = { 0 };
		write_text(file, good[i][0]);
		AUTO_STR expected = git_output_in("", (const char *const[]){ "sh", "-c", "git config -f conf --no-includes --list -z | tr '\\0' '\\1'", NULL });
		assert_int_equal(gitconf_each(file, list_like_git, &got, &err), 0);
		assert_string_equal(buf_str(&got), expected);
	}
}

static void says_where_and_what(void **state)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "x = 1\n", "f:1: \"x = 1\" stands before any [section]" },
		{ "[a]\n\n[b\nx=1\n", "f:3: \"[b\" is no section header" },
		{ "[]\n", "f:1: a section header is empty" },
		{ "[a_b]\n", "f:1: " },
		{ "[a \"x]\ny=1\n", "f:1: the name in this section header has no closing \"" },
		{ "[a \"x\" ]\n", "f:1: the section header does not end with ]" },
		{ "[a]\nkey_name = 1\n", "f:2: \"key_name = 1\" is no setting" },
		{ "[a]\n1x = 1\n", "f:2: \"1x = 1\" is no setting" },
		{ "[a]\nx: 1\n", "f:2: \"x: 1\" is no setting" },
		{ "[a]\nx = \"open\ny=1\n", "f:2: the value of x has no closing \"" },
		{ "[a]\ny=1\nx = a\\qb\n", "f:3: \\q is no escape" },
		{ "[a]\nx = a\\", "f:2: \\" },
		{ "[a]\n= 1\n", "f:2: " },
		{ "[a]\nx # c\n", "f:2: \"x # c\" is no setting" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(buf_fini) struct buf got = BUF_INIT;
		struct err err = { 0 };
		assert_int_equal(gitconf_parse(sv_of(bad[i].text), "f", list, &got, &err), -ERR_CONFIG);
		if (!sv_starts(sv_of(err.text), sv_of(bad[i].says)))
			fail_msg("%s", err.text);
	}
	struct err err = { 0 };
	assert_int_equal(gitconf_each("/nowhere", list, NULL, &err), -ERR_NOT_FOUND);
	static const char zero[] = "[a]\nx = 1\0002\n";
	assert_int_equal(gitconf_parse((struct sv){ zero, sizeof zero - 1 }, "f", list, &(struct buf){ 0 }, &err), -ERR_CONFIG);
}

static int stop_at_y(void *ctx, const struct gitconf_entry *e, struct err *reterr)
{
	++*(int *)ctx;
	return strcmp(e->name, "y") ? 0 : err_set(reterr, ERR_CONFLICT, "%s:%u", e->file, e->line);
}

static void callback_can_refuse(void **state)
{
	struct err err = { 0 };
	int n = 0;

	assert_int_equal(gitconf_parse(SV("[a]\nx\ny\nz\n"), "f", stop_at_y, &n, &err), -ERR_CONFLICT);
	assert_int_equal(n, 2);
	assert_string_equal(err.text, "f:3");
}

size_t gitconf_tests(struct CMUnitTest *ret)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_git_config_syntax),
		cmocka_unit_test(reads_as_git_does),
		cmocka_unit_test(says_where_and_what),
		cmocka_unit_test(callback_can_refuse),
	};
	memcpy(ret, tests, sizeof tests);
	return ARRAY_LEN(tests);
}
