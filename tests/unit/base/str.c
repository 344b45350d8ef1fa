/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include <math.h>
#include "berth/mem.h"
#include "berth/str.h"

static void whole_numbers_at_their_edges(void **state)
{
	static const struct { const char *text; bool ok; int64_t value; } rows[] = {
		{ "0", true, 0 }, { "-0", true, 0 }, { "007", true, 7 }, { "42", true, 42 }, { "-1", true, -1 },
		{ "9223372036854775807", true, INT64_MAX }, { "9223372036854775808", false, 0 },
		{ "-9223372036854775808", true, INT64_MIN }, { "-9223372036854775809", false, 0 },
		{ "99999999999999999999999", false, 0 }, { "", false, 0 }, { "-", false, 0 }, { "+1", false, 0 },
		{ " 1", false, 0 }, { "1 ", false, 0 }, { "0x10", false, 0 }, { "1.0", false, 0 }, { "--1", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t v = 77;
		bool ok = sv_to_i64(sv_of(rows[i].text), &v);
		assert_row(ok == rows[i].ok && v == (ok ? rows[i].value : 77), i, rows[i].text);
	}
	uint64_t u = 7;
	assert_true(sv_to_u64(SV("18446744073709551615"), &u) && u == UINT64_MAX);
	assert_false(sv_to_u64(SV("18446744073709551616"), &u));
	assert_false(sv_to_u64(SV("-1"), &u));
	assert_false(sv_to_u64((struct sv){ NULL, 0 }, &u));
	assert_false(sv_to_u64((struct sv){ "1\0", 2 }, &u));
}

static void hosts_of_addresses(void **state)
{
	static const struct { const char *url, *host; } cases[] = {
		{ "https://gitlab.example:8443/relative/url", "gitlab.example:8443" }, { "https://gitlab.example", "gitlab.example" },
		{ "gitlab.example/group", "gitlab.example" },                          { "http://[::1]:80?x=/", "[::1]:80" },
		{ "https:///path", "" },                                               { "", "" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_true(sv_eq(sv_url_host(cases[i].url), sv_of(cases[i].host)));
}

static void decimal_numbers_are_decimal_only(void **state)
{
	static const struct { const char *text; bool ok; double value; } rows[] = {
		{ "0", true, 0 }, { "1.5", true, 1.5 }, { "-2.25e2", true, -225 }, { ".5", true, 0.5 }, { "1.", true, 1 },
		{ "+3", true, 3 }, { "1E+3", true, 1000 }, { "1e-400", true, 0 }, { "1e400", false, 0 }, { "inf", false, 0 },
		{ "nan", false, 0 }, { "0x1p3", false, 0 }, { "1,5", false, 0 }, { " 1", false, 0 }, { "", false, 0 },
		{ ".", false, 0 }, { "e5", false, 0 }, { "1e", false, 0 }, { "1e+", false, 0 }, { "-", false, 0 }, { "1.2.3", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		double v = 77;
		bool ok = sv_to_double(sv_of(rows[i].text), &v);
		assert_row(ok == rows[i].ok && fabs(v - (ok ? rows[i].value : 77)) < 1e-12, i, rows[i].text);
	}
}

static void split_counts_empty_pieces(void **state)
{
	static const struct { const char *text, *pieces; } rows[] = {
		{ "a,b", "[a][b]" }, { "a,,b", "[a][][b]" }, { ",a,", "[][a][]" }, { "", "[]" }, { ",", "[][]" }, { "abc", "[abc]" }, { NULL, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf got = BUF_INIT;
		struct sv rest = sv_of(rows[i].text), piece;
		while (sv_split(&rest, ',', &piece))
			buf_addf(&got, "[%.*s]", (int)piece.len, piece.p);
		assert_row(!rest.p, i, "rest");
		assert_string_equal(buf_str(&got), rows[i].pieces);
	}
}

static void trim_and_compare(void **state)
{
	assert_true(sv_eq(sv_trim(SV(" \t\r\n a b \v\f")), SV("a b")));
	assert_int_equal(sv_trim(SV(" \n ")).len, 0);
	assert_int_equal(sv_trim((struct sv){ NULL, 0 }).len, 0);
	assert_true(sv_eq((struct sv){ NULL, 0 }, SV("")));
	assert_false(sv_eq(SV("a"), SV("b")));
	assert_true(sv_starts(SV("abc"), SV("ab")) && sv_starts(SV("abc"), SV("")) && !sv_starts(SV("a"), SV("ab")));
	assert_true(sv_ends(SV("abc"), SV("bc")) && sv_ends(SV(""), SV("")) && !sv_ends(SV("c"), SV("bc")));
	AUTO_STR with_nul = sv_dup((struct sv){ "a\0b", 3 });
	assert_memory_equal(with_nul, "a\0b", 4);
}

static void strings_are_replaced_by_themselves(void **state)
{
	char *s = xstrdup("same");

	str_replace(&s, s);
	assert_string_equal(s, "same");
	str_replace(&s, s + 2);
	assert_string_equal(s, "me");
	str_replace(&s, NULL);
	assert_null(s);
	assert_null(xstrdup(NULL));
	AUTO_STR cut = xstrndup("abcdef", 3);
	assert_string_equal(cut, "abc");
}

static void a_full_buffer_takes_nothing_more(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(5);
	struct err e = { 0 };

	buf_add_str(&b, "abcd");
	assert_int_equal(buf_check(&b, "answer", &e), 0);
	buf_add_str(&b, "ef");
	buf_add_str(&b, "g"); /* would fit, but what follows a hole is no beginning */
	assert_string_equal(buf_str(&b), "abcd");
	assert_int_equal(buf_check(&b, "answer", &e), -ERR_TOO_BIG);
	assert_non_null(strstr(e.text, "answer"));
	assert_non_null(strstr(e.text, "5 bytes"));
	buf_clear(&b);
	buf_addf(&b, "%d", 12345);
	assert_int_equal(buf_check(&b, "answer", NULL), 0);
	assert_string_equal(buf_str(&b), "12345");
	buf_addf(&b, "%s", "x");
	assert_true(b.overflow);
	assert_string_equal(buf_str(&b), "12345");
	buf_clear(&b);
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_true(b.overflow);
}

static void a_buffer_grows_cuts_and_gives_away(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;

	assert_string_equal(buf_str(&b), "");
	assert_int_equal(buf_sv(&b).len, 0);
	buf_add_str(&b, NULL);
	buf_add(&b, NULL, 0);
	buf_cut_front(&b, 3);
	buf_grew(&b, 0);
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%03d", i);
	assert_int_equal(b.len, 3000);
	buf_cut_front(&b, 2997);
	assert_string_equal(buf_str(&b), "999");
	buf_cut_to(&b, 9);
	assert_int_equal(b.len, 3);
	buf_cut_to(&b, 1);
	char *room = buf_reserve(&b, 2);
	room[0] = 'x';
	buf_grew(&b, 1);
	assert_string_equal(buf_str(&b), "9x");
	AUTO_STR taken = buf_take(&b);
	assert_string_equal(taken, "9x");
	AUTO_STR empty = buf_take(&b);
	assert_string_equal(empty, "");
	buf_addf(&b, "%s", "");
	assert_string_equal(buf_str(&b), "");
}

static void strict_utf8(void **state)
{
	static const struct { const char *bytes; size_t len; uint32_t code; } rows[] = {
		{ "a", 1, 'a' }, { "\xc3\xa9", 2, 0xe9 }, { "\xe2\x82\xac", 3, 0x20ac }, { "\xf0\x9f\x98\x80", 4, 0x1f600 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff }, { "\xed\x9f\xbf", 3, 0xd7ff }, { "\xee\x80\x80", 3, 0xe000 },
		{ "\xe0\xa0\x80", 3, 0x800 }, { "\xf0\x90\x80\x80", 4, 0x10000 }, { "\xc2\x80", 2, 0x80 },
		{ "\x80", 0, 0 }, { "\xbf", 0, 0 }, { "\xc0\x80", 0, 0 }, { "\xc1\xbf", 0, 0 }, /* lone, over-long */
		{ "\xe0\x9f\xbf", 0, 0 }, { "\xf0\x8f\xbf\xbf", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 }, { "\xed\xbf\xbf", 0, 0 },                             /* surrogates */
		{ "\xf4\x90\x80\x80", 0, 0 }, { "\xf5\x80\x80\x80", 0, 0 }, { "\xff", 0, 0 },   /* too high */
		{ "\xc3", 0, 0 }, { "\xe2\x82", 0, 0 }, { "\xf0\x9f\x98", 0, 0 },               /* cut off */
		{ "\xc3x", 0, 0 }, { "\xe2\x82x", 0, 0 }, { "\xf0\x9f\x98x", 0, 0 }, { "", 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t code = 0;
		char back[4];
		size_t n = utf8_next(sv_of(rows[i].bytes), &code);
		assert_row(n == rows[i].len && code == rows[i].code, i, rows[i].bytes);
		if (n)
			assert_row(utf8_put(back, code) == n && !memcmp(back, rows[i].bytes, n), i, "put");
	}
	char out[4];
	assert_int_equal(utf8_put(out, 0xd800), 3);
	assert_memory_equal(out, "\xef\xbf\xbd", 3);
	assert_int_equal(utf8_put(out, 0x110000), 3);
}

static void cuts_fall_between_characters(void **state)
{
	static const struct { const char *text; size_t max, cut; } rows[] = {
		{ "abc", 2, 2 }, { "abc", 9, 3 }, { "a\xc3\xa9", 2, 1 }, { "a\xc3\xa9", 3, 3 }, { "\xf0\x9f\x98\x80", 3, 0 },
		{ "\xf0\x9f\x98\x80", 4, 4 }, { "\x80\x80\x80\x80\x80", 4, 4 }, { "", 3, 0 }, { "x\xe2\x82\xacy", 4, 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_row(utf8_floor(sv_of(rows[i].text), rows[i].max) == rows[i].cut, i, rows[i].text);
}

TEST_LIST(str_tests,
	cmocka_unit_test(whole_numbers_at_their_edges),
	cmocka_unit_test(decimal_numbers_are_decimal_only), cmocka_unit_test(hosts_of_addresses),
	cmocka_unit_test(split_counts_empty_pieces),
	cmocka_unit_test(trim_and_compare),
	cmocka_unit_test(strings_are_replaced_by_themselves),
	cmocka_unit_test(a_full_buffer_takes_nothing_more),
	cmocka_unit_test(a_buffer_grows_cuts_and_gives_away),
	cmocka_unit_test(strict_utf8),
	cmocka_unit_test(cuts_fall_between_characters),
);
