/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include <errno.h>
#include <string.h>
#include "berth/err.h"

static void every_code_has_a_name(void **state)
{
	for (int i = 0; i < ERR_CODE_COUNT_; i++) {
		assert_true(err_code_name((enum err_code)i)[0] != '\0');
		for (int k = 0; k < i; k++)
			assert_string_not_equal(err_code_name((enum err_code)i), err_code_name((enum err_code)k));
	}
	assert_string_equal(err_code_name(ERR_NOT_FOUND), "not-found");
	assert_string_equal(err_code_name((enum err_code)999), "unknown");
	assert_string_equal(err_code_name((enum err_code)-1), "unknown");
}

static void an_error_is_one_line(void **state)
{
	struct err e = { .hint = "of an older error", .sys = 7 };

	assert_int_equal(err_set(&e, ERR_AUTH, "refused:\n\x1b[2Jno\r\n"), -ERR_AUTH);
	assert_string_equal(e.text, "refused:  [2Jno");
	assert_string_equal(e.hint, "");
	assert_int_equal(e.sys, 0);
	assert_int_equal(err_set(&e, ERR_NET, "%s", ""), -ERR_NET);
	assert_string_equal(e.text, "net");
	assert_int_equal(err_set(NULL, ERR_NET, "x"), -ERR_NET);
}

static void long_text_is_cut_between_characters(void **state)
{
	struct err e = { 0 };
	char euros[3 * 200 + 1];

	for (size_t i = 0; i < 200; i++)
		memcpy(euros + 3 * i, "\xe2\x82\xac", 3);
	euros[600] = '\0';
	err_set(&e, ERR_FAILED, "%s", euros);
	assert_int_equal(strlen(e.text) % 3, 0);
	assert_true(strlen(e.text) > 390 && strlen(e.text) < sizeof e.text);
	err_prefix(&e, "ab");
	assert_int_equal((strlen(e.text) - 4) % 3, 0);
	assert_memory_equal(e.text, "ab: \xe2\x82\xac", 7);
	err_hint(&e, "%s", euros);
	assert_int_equal(strlen(e.hint) % 3, 0);
	err_set_errno(&e, ENOTDIR, "%s", euros); /* the reason is what must not be lost */
	assert_non_null(strstr(e.text, "Not a directory"));
}

static void system_errors_have_codes(void **state)
{
	static const struct { int sys; enum err_code code; } rows[] = {
		{ ENOSPC, ERR_NO_SPACE }, { EDQUOT, ERR_NO_SPACE }, { ENOENT, ERR_NOT_FOUND }, { EACCES, ERR_DENIED },
		{ EPERM, ERR_DENIED }, { EIO, ERR_SYS }, { 0, ERR_SYS }, { 99999, ERR_SYS },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { 0 };
		assert_row(err_set_errno(&e, rows[i].sys, "reading %s", "it") == -(int)rows[i].code, i, "code");
		assert_row(e.sys == rows[i].sys && !strncmp(e.text, "reading it: ", 12), i, e.text);
		assert_row(err_set_errno(NULL, rows[i].sys, "x") == -(int)rows[i].code, i, "NULL");
	}
}

static void context_and_hints(void **state)
{
	struct err e = { 0 }, copy = { 0 };

	err_prefix(&e, "nothing is set");
	assert_string_equal(e.text, "");
	err_prefix(NULL, "x");
	err_hint(NULL, "x");
	err_set(&e, ERR_TLS, "certificate expired");
	err_prefix(&e, "host %s", "git.example");
	assert_string_equal(e.text, "host git.example: certificate expired");
	err_hint(&e, "first");
	err_hint(&e, "second");
	assert_string_equal(e.hint, "first");
	err_set(&e, ERR_TLS, "again: %s", e.text); /* its own text as an argument */
	assert_string_equal(e.text, "again: host git.example: certificate expired");
	assert_int_equal(err_copy(&copy, &e), -ERR_TLS);
	assert_memory_equal(&copy, &e, sizeof e);
	assert_int_equal(err_copy(NULL, &e), -ERR_TLS);
	assert_int_equal(err_copy(&copy, NULL), 0);
	assert_int_equal(err_copy(&copy, &(struct err){ 0 }), 0);
	assert_int_equal(copy.code, ERR_TLS);
}

TEST_LIST(err_tests,
	cmocka_unit_test(every_code_has_a_name),
	cmocka_unit_test(an_error_is_one_line),
	cmocka_unit_test(long_text_is_cut_between_characters),
	cmocka_unit_test(system_errors_have_codes),
	cmocka_unit_test(context_and_hints),
);
