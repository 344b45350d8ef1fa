/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include "berth/mem.h"
#include "berth/text.h"

static void what_matches(void **state)
{
	static const struct { const char *pattern, *text; bool matches; } rows[] = {
		{ "", "x", true }, { "", "", true }, { "a", "", false }, { "abc", "a-b-c", true }, { "abc", "acb", false },
		{ "abc", "ABC", true }, { "Abc", "abc", false }, { "Abc", "xAbc", true }, { "a c", "abc", true },
		{ "\xc3\xa9", "CAF\xc3\x89", true }, { "\xc3\x89", "caf\xc3\xa9", false }, { "\xff", "\xff", true }, { "\xff", "\xfe", false },
		{ "!ab", "xaby", false }, { "!ab", "a-b", true }, { "!AB", "ab", true }, { "!", "x", true }, { "!a b", "xa by", false },
		{ "aaaa", "aaa", false }, { "main", "renku/domain", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int score = text_fuzzy(sv_of(rows[i].pattern), sv_of(rows[i].text), NULL, 5);
		assert_row((score > 0) == rows[i].matches && score >= 0, i, rows[i].pattern);
	}
}

static void what_was_meant(void **state)
{
	static const char *const words[] = { "start", "stop", "log", "logs", "login", "commits", "engine.default.host", "ui.theme" };
	static const struct { const char *typed, *meant; } rows[] = {
		{ "strat", "start" }, { "comits", "commits" }, { "commtis", "commits" }, { "lo", "log" }, { "lgo", "log" }, { "lgoin", "login" },
		{ "engine.host", "engine.default.host" }, { "ui.theem", "ui.theme" }, { "stop", "stop" }, { "", NULL }, { "zzz", NULL }, { "x", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct text_nearest n = { .typed = sv_of(rows[i].typed) };
		for (size_t k = 0; k < ARRAY_LEN(words); k++)
			text_nearest_offer(&n, words[k]);
		assert_row(rows[i].meant ? n.best && strcmp(n.best, rows[i].meant) == 0 : !n.best, i, rows[i].typed);
	}
}

static void what_is_better(void **state)
{
	static const struct { const char *pattern, *better, *worse; } rows[] = {
		{ "main", "main", "m-a-i-n" }, { "main", "x/main", "domain" }, { "fb", "foo/bar", "foobar" }, { "fb", "fooBar", "foobar" },
		{ "env", "env-file", "an-old-env" }, { "abc", "abcx", "axbxc" }, { "tr", "a_tree", "astree" }, { "ab", "ab", "aab" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int better = text_fuzzy(sv_of(rows[i].pattern), sv_of(rows[i].better), NULL, 0);
		int worse = text_fuzzy(sv_of(rows[i].pattern), sv_of(rows[i].worse), NULL, 0);
		assert_row(better > worse && worse > 0, i, rows[i].better);
	}
}

static void where_it_matches(void **state)
{
	static const struct { const char *pattern, *text; size_t at[4]; } rows[] = {
		{ "main", "domain/main", { 7, 8, 9, 10 } }, { "fb", "f/foo-bar", { 0, 6, SIZE_MAX, SIZE_MAX } },
		{ "\xc3\xa9x", "\xc3\xa9\xc3\xa9-x", { 0, 5, SIZE_MAX, SIZE_MAX } }, { "!zz", "abc", { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX } },
		{ "q", "abc", { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX } },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t at[4] = { 9, 9, 9, 9 };
		text_fuzzy(sv_of(rows[i].pattern), sv_of(rows[i].text), at, 4);
		for (size_t k = 0; k < 4; k++)
			assert_row(at[k] == rows[i].at[k], i, rows[i].text);
	}
	size_t one = 9;
	assert_true(text_fuzzy(SV("abc"), SV("abc"), &one, 1) > 0);
	assert_int_equal(one, 0);
}

static void long_text_is_still_found(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	size_t at[3];

	for (int i = 0; i < 100000; i++)
		buf_add_char(&b, 'x');
	buf_add_str(&b, "abc");
	assert_true(text_fuzzy(SV("abc"), buf_sv(&b), at, 3) > 0);
	assert_int_equal(at[0], 100000);
	assert_int_equal(text_fuzzy(SV("abcd"), buf_sv(&b), at, 3), 0);
	assert_true(text_fuzzy(buf_sv(&b), buf_sv(&b), NULL, 0) > 0);
}

/* All ways to place a short pattern, tried one by one, never beat the table. */
static int best_by_trying(const char *pattern, const char *text, size_t *at, size_t n)
{
	int best = 0;

	if (!pattern[n]) {
		AUTO(buf_fini) struct buf only = BUF_INIT; /* the text with all but these characters made unusable */
		for (size_t i = 0, k = 0; text[i]; i++)
			buf_add_char(&only, k < n && at[k] == i ? (k++, text[i]) : text[i] == '-' ? '-' : 'z');
		return text_fuzzy(sv_of(pattern), buf_sv(&only), NULL, 0);
	}
	for (size_t i = n ? at[n - 1] + 1 : 0; text[i]; i++) {
		if (text[i] != pattern[n])
			continue;
		at[n] = i;
		int score = best_by_trying(pattern, text, at, n + 1);
		best = MAX_OF(best, score);
	}
	return best;
}

static void the_best_way_is_found(void **state)
{
	uint32_t seed = 7;

	for (int round = 0; round < 500; round++) {
		char text[11] = "", pattern[4] = "";
		size_t at[3];
		for (size_t i = 0; i < 10; i++)
			text[i] = "aab-"[(seed = seed * 1664525u + 1013904223u) >> 30];
		for (size_t i = 0; i < 3; i++)
			pattern[i] = "aabb"[(seed = seed * 1664525u + 1013904223u) >> 30];
		assert_int_equal(text_fuzzy(sv_of(pattern), sv_of(text), NULL, 0), best_by_trying(pattern, text, at, 0));
	}
}

TEST_LIST(fuzzy_tests,
	cmocka_unit_test(what_matches), cmocka_unit_test(what_was_meant),
	cmocka_unit_test(what_is_better),
	cmocka_unit_test(where_it_matches),
	cmocka_unit_test(long_text_is_still_found),
	cmocka_unit_test(the_best_way_is_found),
);
