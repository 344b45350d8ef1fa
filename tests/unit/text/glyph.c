/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include <locale.h>
#include "berth/mem.h"
#include "berth/text.h"

#define BAD "\xef\xbf\xbd"
#define DOT "\xc2\xb7"
#define CIRCLE "\xe2\x97\x8c"
#define ACUTE "\xcc\x81"
#define ZWJ "\xe2\x80\x8d"

/* Every glyph as [bytes/width], with ! where it is replaced. */
static char *glyphs_of(struct sv s)
{
	struct buf b = BUF_INIT;
	struct glyph g;

	while (text_next(&s, &g)) {
		assert_int_equal(strlen(g.bytes), g.len);
		buf_addf(&b, "[%s/%d%s]", g.bytes, g.width, g.replaced ? "!" : "");
	}
	assert_int_equal(s.len, 0);
	return buf_take(&b);
}

static void glyphs_in_tables(void **state)
{
	static const struct { const char *text, *glyphs; } rows[] = {
		{ "", "" }, { "ab", "[a/1][b/1]" }, { "\xc3\xa9", "[\xc3\xa9/1]" }, { "\xe4\xb8\xad", "[\xe4\xb8\xad/2]" },
		{ "\xf0\x9f\x98\x80", "[\xf0\x9f\x98\x80/2]" },
		/* controls */
		{ "\x1b[2J", "[" DOT "/1!][[/1][2/1][J/1]" }, { "\t", "[ /1!]" }, { "\x7f", "[" DOT "/1!]" }, { "\n", "[" DOT "/1!]" },
		{ "\xc2\x9b" "31m", "[" DOT "/1!][3/1][1/1][m/1]" }, { "\xc2\x85", "[" DOT "/1!]" },
		/* invalid: one replacement a byte */
		{ "\x9b", "[" BAD "/1!]" }, { "\xc0\x80", "[" BAD "/1!][" BAD "/1!]" }, { "\xed\xa0\x80", "[" BAD "/1!][" BAD "/1!][" BAD "/1!]" },
		{ "\xf4\x90\x80\x80", "[" BAD "/1!][" BAD "/1!][" BAD "/1!][" BAD "/1!]" }, { "\xe2\x82", "[" BAD "/1!][" BAD "/1!]" },
		{ "\xe2\x82" "a", "[" BAD "/1!][" BAD "/1!][a/1]" }, { "\xff", "[" BAD "/1!]" },
		/* not assigned: nobody knows its width */
		{ "\xef\xbf\xbf", "[" BAD "/1!]" },
		/* bidi and invisible */
		{ "a\xe2\x80\xae" "b", "[a/1][" DOT "/1!][b/1]" }, { "\xd8\x9c", "[" DOT "/1!]" }, { "\xe2\x80\x8e", "[" DOT "/1!]" },
		{ "\xe2\x81\xa6", "[" DOT "/1!]" }, { "\xe2\x80\x8b", "[" DOT "/1!]" }, { "\xe2\x80\xa8", "[" DOT "/1!]" },
		{ "\xef\xbb\xbf", "[" DOT "/1!]" }, { "\xef\xbf\xb9", "[" DOT "/1!]" }, { "\xf3\xa0\x81\x81", "[" DOT "/1!]" },
		{ "\xe2\x81\xa0", "[" DOT "/1!]" }, { "\xe1\xa0\x8e", "[" DOT "/1!]" },
		/* marks */
		{ "e" ACUTE "x", "[e" ACUTE "/1][x/1]" }, { ACUTE "x", "[" CIRCLE ACUTE "/1!][x/1]" },
		{ "e" ACUTE ACUTE ACUTE ACUTE, "[e" ACUTE ACUTE ACUTE ACUTE "/1]" },
		{ "e" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "x", "[e" ACUTE ACUTE ACUTE ACUTE "/1!][x/1]" },
		{ "\x1b" ACUTE, "[" DOT "/1!][" CIRCLE ACUTE "/1!]" },
		/* joiners: gone after what they shape, shown where they only hide */
		{ "\xf0\x9f\x91\xa9" ZWJ "\xf0\x9f\x91\xa7", "[\xf0\x9f\x91\xa9/2][\xf0\x9f\x91\xa7/2]" },
		{ "ad" ZWJ "min", "[a/1][d/1][" DOT "/1!][m/1][i/1][n/1]" }, { ZWJ, "[" DOT "/1!]" },
		{ "\xe2\x9d\xa4\xef\xb8\x8f" "x", "[\xe2\x9d\xa4/1][x/1]" }, { "1\xef\xb8\x8f", "[1/1]" },
		{ "\xe0\xa4\x95\xe0\xa5\x8d" ZWJ "x", "[\xe0\xa4\x95\xe0\xa5\x8d/1][x/1]" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_STR got = glyphs_of(sv_of(rows[i].text));
		assert_row(!strcmp(got, rows[i].glyphs), i, got);
	}
	AUTO_STR nul = glyphs_of((struct sv){ "a\0b", 3 });
	assert_string_equal(nul, "[a/1][" DOT "/1!][b/1]");
}

static bool is_harmless(struct sv s)
{
	uint32_t code;

	for (size_t n; s.len; s.p += n, s.len -= n) {
		n = utf8_next(s, &code);
		if (!n || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
		    (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || code >= 0xe0000)
			return code >= 0xf0000 && code <= 0x10fffd; /* for private use: drawn by fonts */
	}
	return true;
}

/* Every character there is, alone and after a letter. */
static void no_character_gets_through_that_steers(void **state)
{
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		char bytes[5] = "x";
		struct glyph g;
		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		size_t n = utf8_put(bytes + 1, code);
		struct sv s = { bytes, n + 1 };
		while (text_next(&s, &g)) {
			if (!is_harmless((struct sv){ g.bytes, g.len }) || g.width < 1 || g.width > 2)
				fail_msg("U+%04X", code);
		}
		s = (struct sv){ bytes + 1, n };
		assert_true(text_next(&s, &g));
		if (!is_harmless((struct sv){ g.bytes, g.len }) || g.width < 1 || g.width > 2 || s.len)
			fail_msg("U+%04X alone", code);
	}
}

static void cleaning_makes_one_line(void **state)
{
	static const struct { const char *text, *clean; } rows[] = {
		{ "a\nb", "a b" }, { "a\r\nb\rc\n", "a b c " }, { "a\tb", "a b" }, { "\x1b]0;t\x07", DOT "]0;t" DOT }, { "", "" },
		{ "x\xe2\x80\xaey", "x" DOT "y" }, { "\r\r\n", "  " }, { "plain \xc3\xa9", "plain \xc3\xa9" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_STR got = text_cleaned(rows[i].text);
		assert_row(!strcmp(got, rows[i].clean), i, got);
		AUTO_STR again = text_cleaned(got);
		assert_string_equal(again, got); /* clean text stays as it is */
	}
	AUTO_STR none = text_cleaned(NULL);
	assert_string_equal(none, "");
}

static void ascii_keeps_the_columns(void **state)
{
	static const struct { const char *text, *ascii; } rows[] = {
		{ "a", "a" }, { "\xc3\xa9", "e" }, { "e" ACUTE, "e" }, { "\xc5\x81", "L" }, { "\xc3\x9f", "?" /* two letters */ }, { "\xd0\xaf", "?" }, { "\xe4\xb8\xad", "??" }, { "\x01", "?" }, { "\t", " " }, { "\xff", "?" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sv s = sv_of(rows[i].text);
		struct glyph g;
		assert_true(text_next(&s, &g));
		struct sv got = text_ascii_fallback(&g);
		assert_row(sv_eq(got, sv_of(rows[i].ascii)) && got.len == g.width, i, rows[i].ascii);
	}
}

/* Without a UTF-8 locale nothing is known of a width: one column each, and nothing steers all the same. */
static void another_locale_is_harmless_too(void **state)
{
	setlocale(LC_CTYPE, "C");
	AUTO_STR got = glyphs_of(SV("a\xc3\xa9\xe4\xb8\xad\x1b\xe2\x80\xae"));
	setlocale(LC_CTYPE, "C.UTF-8");
	assert_string_equal(got, "[a/1][e/1!][" BAD "/1!][" DOT "/1!][" DOT "/1!]");
}

TEST_LIST(glyph_tests,
	cmocka_unit_test(glyphs_in_tables),
	cmocka_unit_test(no_character_gets_through_that_steers),
	cmocka_unit_test(cleaning_makes_one_line),
	cmocka_unit_test(ascii_keeps_the_columns),
	cmocka_unit_test(another_locale_is_harmless_too),
);
