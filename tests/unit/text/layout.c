/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include "berth/mem.h"
#include "berth/text.h"

#define DOTS "\xe2\x80\xa6"
#define WIDE "\xe4\xb8\xad"

static void fitting(void **state)
{
	static const struct { const char *text; size_t cols; bool ascii; const char *want; size_t used; } rows[] = {
		{ "abc", 3, false, "abc", 3 }, { "abc", 9, false, "abc", 3 }, { "abcd", 3, false, "ab" DOTS, 3 },
		{ "abcd", 3, true, "ab~", 3 }, { "abcd", 1, false, DOTS, 1 }, { "abcd", 0, false, "", 0 }, { "a", 1, false, "a", 1 },
		{ "", 3, false, "", 0 }, { WIDE WIDE, 4, false, WIDE WIDE, 4 }, { WIDE WIDE, 3, false, WIDE DOTS, 3 },
		{ WIDE WIDE WIDE, 4, false, WIDE DOTS, 3 }, { WIDE, 1, false, DOTS, 1 }, { WIDE "a", 9, true, "??a", 3 },
		{ "a\x1b[1mb", 3, false, "a\xc2\xb7" DOTS, 3 }, { "e\xcc\x81" "bc", 2, false, "e\xcc\x81" DOTS, 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_add_str(&b, ">");
		size_t used = text_fit(&b, sv_of(rows[i].text), rows[i].cols, rows[i].ascii);
		assert_row(used == rows[i].used && !strcmp(buf_str(&b) + 1, rows[i].want), i, buf_str(&b));
	}
}

static void fitting_without_the_middle(void **state)
{
	static const struct { const char *text; size_t cols; const char *want; } rows[] = {
		{ "abcdefgh", 8, "abcdefgh" }, { "abcdefgh", 7, "abc" DOTS "fgh" }, { "abcdefgh", 6, "abc" DOTS "gh" },
		{ "abcdefgh", 3, "a" DOTS "h" }, { "abcdefgh", 2, "a" DOTS }, { "abcdefgh", 1, DOTS }, { "abcdefgh", 0, "" },
		{ WIDE WIDE WIDE WIDE, 5, WIDE DOTS WIDE }, { WIDE WIDE WIDE WIDE, 7, WIDE DOTS WIDE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		size_t used = text_fit_middle(&b, sv_of(rows[i].text), rows[i].cols, false);
		assert_row(!strcmp(buf_str(&b), rows[i].want), i, buf_str(&b));
		assert_row(used == text_width(buf_sv(&b)) && used <= rows[i].cols, i, "columns");
	}
}

static void wrapping(void **state)
{
	static const struct { const char *text; size_t cols; const char *rows; } rows[] = {
		{ "", 5, "" }, { "abc", 5, "abc|" }, { "abcdefg", 5, "abcde|fg|" }, { "abcd efg", 5, "abcd|efg|" },
		{ "abcde fgh", 5, "abcde|fgh|" }, { "a bcdefgh", 5, "a bcd|efgh|" }, { "abcd   efg", 5, "abcd|efg|" },
		{ "ab\ncd\n", 5, "ab|cd|" }, { "\n\n", 5, "||" }, { "abcde\nf", 5, "abcde|f|" }, { "abc ", 3, "abc|" },
		{ WIDE WIDE WIDE, 5, WIDE WIDE "|" WIDE "|" }, { WIDE WIDE, 1, WIDE "|" WIDE "|" }, { "ab", 0, "a|b|" },
		{ "  indented", 8, "  indent|ed|" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct sv rest = sv_of(rows[i].text), row;
		while (text_wrap(&rest, rows[i].cols, &row)) {
			buf_add_sv(&b, row);
			buf_add_char(&b, '|');
		}
		assert_row(!strcmp(buf_str(&b), rows[i].rows), i, buf_str(&b));
	}
}

TEST_LIST(layout_tests,
	cmocka_unit_test(fitting),
	cmocka_unit_test(fitting_without_the_middle),
	cmocka_unit_test(wrapping),
);
