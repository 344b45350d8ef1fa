/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include "berth/json.h"
#include "berth/mem.h"

static void broken_documents_say_where(void **state)
{
	static const struct { const char *text; const char *says; } rows[] = {
		{ "", "line 1" }, { "{", "line 1" }, { "{\n\"a\":\n}", "line 3" }, { "[1,]", "line 1" }, { "{} x", "line 1" },
		{ "\"\xff\"", "line 1" }, { "nul", "line 1" }, { "1e999", "line 1" },
	};
	AUTO(buf_fini) struct buf deep = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { 0 };
		assert_null(json_read(sv_of(rows[i].text), 1000, &e));
		assert_row(e.code == ERR_DECODE && strstr(e.text, rows[i].says), i, e.text);
	}
	for (int i = 0; i < 100000; i++)
		buf_add_char(&deep, '[');
	struct err e = { 0 };
	assert_null(json_read(buf_sv(&deep), SIZE_MAX, &e));
	assert_int_equal(e.code, ERR_DECODE);
	assert_null(json_read(SV("[1,2]"), 4, &e));
	assert_int_equal(e.code, ERR_TOO_BIG);
	assert_null(json_read((struct sv){ NULL, 0 }, 4, NULL));
}

static void fields_of_another_type_give_the_default(void **state)
{
	AUTO_JSON j = json_read(SV("{\"s\":\"t\",\"n\":null,\"i\":7,\"r\":-2.9,\"b\":true,\"o\":{\"p\":{\"q\":\"deep\"}},\"big\":1e300,"
	                           "\"a\":[\"x\"],\"z\":\"a\\u0000b\"}"), 1000, NULL);

	assert_non_null(j);
	assert_string_equal(json_str(j, "s", "d"), "t");
	assert_string_equal(json_str(j, "n", "d"), "d");
	assert_string_equal(json_str(j, "i", "d"), "d");
	assert_string_equal(json_str(j, "missing.far.away", "d"), "d");
	assert_string_equal(json_str(j, "s.below.a.string", "d"), "d");
	assert_string_equal(json_str(j, "o.p.q", "d"), "deep");
	assert_string_equal(json_str(j, "z", "d"), "a");
	assert_null(json_str(j, "o", NULL));
	assert_int_equal(json_int(j, "i", -1), 7);
	assert_int_equal(json_int(j, "r", -1), -2);
	assert_int_equal(json_int(j, "s", -1), -1);
	assert_true(json_int(j, "big", -1) == INT64_MAX);
	assert_true(json_num(j, "i", 0) == 7.0 && json_num(j, "s", 0.5) == 0.5);
	assert_true(json_bool(j, "b", false) && json_bool(j, "i", true) && !json_bool(j, "n", false));
	assert_string_equal(json_str(json_array_get(json_path(j, "a"), 0), "", "d"), "x");
	assert_ptr_equal(json_path(j, NULL), j);
	assert_null(json_path(NULL, "a"));
	assert_null(json_path(j, "o..q"));
}

static void numbers_that_no_integer_holds(void **state)
{
	/* Docker's statistics say "no limit" with 2^64 - 1. */
	AUTO_JSON j = json_read(SV("{\"limit\":18446744073709551615,\"n\":-99999999999999999999,\"ok\":3}"), 1000, NULL);

	assert_non_null(j);
	assert_true(json_int(j, "limit", 0) == INT64_MAX);
	assert_true(json_int(j, "n", 0) == INT64_MIN);
	assert_int_equal(json_int(j, "ok", 0), 3);
}

static void text_is_always_written(void **state)
{
	AUTO_JSON j = json_pack("{s:o,s:o}", "bad", json_str_lossy((struct sv){ "a\xff\xc3\xa9\xed\xa0\x80\0z", 9 }), "empty",
	                        json_str_lossy((struct sv){ NULL, 0 }));
	AUTO_STR text = json_text(j);
	AUTO_STR null = json_text(NULL);
	AUTO_JSON lone = json_integer(5);
	AUTO_STR five = json_text(lone);

	assert_string_equal(text, "{\"bad\":\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\u0000z\",\"empty\":\"\"}");
	assert_string_equal(null, "null");
	assert_string_equal(five, "5");
}

static void text_steers_no_terminal(void **state)
{
	AUTO_JSON j = json_pack("{s:s}", "k", "a\x1b[1m\x7f\xc2\x9b" "2J\xe2\x80\xae\xe2\x81\xa9\xd8\x9c \xc2\xa0\xe5\x90\x8d");
	AUTO_STR text = json_text(j);
	AUTO_JSON again = json_read(sv_of(text), 1000, NULL);

	(void)state;
	assert_string_equal(text, "{\"k\":\"a\\u001B[1m\\u007f\\u009b2J\\u202e\\u2069\\u061c \xc2\xa0\xe5\x90\x8d\"}");
	assert_true(json_equal(j, again));
}

TEST_LIST(json_tests,
	cmocka_unit_test(broken_documents_say_where),
	cmocka_unit_test(fields_of_another_type_give_the_default),
	cmocka_unit_test(numbers_that_no_integer_holds),
	cmocka_unit_test(text_is_always_written),
	cmocka_unit_test(text_steers_no_terminal),
);
