/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "tests.h"
#include "tui/surface.h"
#include "tui/truecolour.h"

static int read_text(const char *text, struct theme *t, struct err *e)
{
	int r = file_write_atomic("theme-test.theme", sv_of(text), e);
	r = r < 0 ? r : theme_read("theme-test.theme", t, e);
	remove("theme-test.theme");
	return r;
}

void test_themes_shipped(void **state)
{
	static const char *const names[] = { "default", "mono", "light", "solstice", "contrast" };
	struct theme t, built;
	struct err e = { 0 };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_STR path = xasprintf("%s/../themes/%s.theme", TEST_SRCDIR, names[i]);
		if (theme_read(path, &t, &e) < 0)
			fail_msg("%s", e.text);
		const struct ink *plain = &t.inks[STYLE_PLAIN], *cursor = &t.inks[STYLE_CURSOR];
		assert_true(cursor->bg != plain->bg || cursor->attrs != plain->attrs); /* the cursor can be seen */
		assert_true(memcmp(&t.inks[STYLE_BAD], plain, sizeof *plain) != 0);
		if (i < 2) {
			theme_builtin(&built, i == 1);
			assert_memory_equal(&t, &built, sizeof t);
		}
	}
}

void test_theme_errors(void **state)
{
	static const struct { const char *text, *says; } cases[] = {
		{ "[style]\n\tnonesuch = bold\n", ":2: there is no style nonesuch" }, { "[style]\n\tdim = fg=#zz0000\n", ":2: fg= has no colour; a style with a colour of the form #rrggbb stands in quotes" }, { "[palette]\n\ta = 256\n", ":2: 256 is no colour" }, { "[palette]\n\ta = #102030\n", ":2: a is empty; a colour of the form \"#rrggbb\" stands in quotes" },
		{ "[style]\n\n\tdim = shiny\n", ":3: shiny is not understood" }, { "[colours]\n\ta = 1\n", ":2: a theme has [palette] and [style]" }, { "[style]\n\tdim = fg=mauve\n", ":2: mauve" },
		{ "[style \"dim\"]\n\tglow = bold\n", ":2:" }, { "[style\n", ":" },
	};
	struct theme before, t;
	(void)state;
	theme_builtin(&before, false);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		t = before;
		if (read_text(cases[i].text, &t, &e) >= 0)
			fail_msg("case %zu is taken", i);
		if (!strstr(e.text, cases[i].says))
			fail_msg("case %zu: %s", i, e.text);
		assert_memory_equal(&t, &before, sizeof t); /* no half themes */
	}
	struct err e = { 0 };
	assert_int_equal(theme_load("nonesuch", &t, &e), -ERR_NOT_FOUND);
	assert_true(theme_load("/", &t, &e) < 0);                     /* a folder */
	assert_non_null(strstr(e.text, "the theme: can't read /"));
	assert_non_null(strstr(e.hint, "ui.theme"));
}

void test_theme_fall_back(void **state)
{
	struct theme t;
	struct err e = { 0 };
	(void)state;
	assert_int_equal(read_text("[palette]\n\town = \"#102030\"\n[style]\n\tplain = fg=7,bg=own\n\ttitle = fg=red,bold\n[style \"cursor.dim\"]\n\tlook = underline\n", &t, &e), 0);
	assert_int_equal(t.inks[STYLE_TITLE_FOCUS].fg, 1);           /* title.focus: title's */
	assert_int_equal(t.inks[STYLE_TITLE_FOCUS].attrs, INK_BOLD);
	assert_int_equal(t.inks[STYLE_TITLE].bg, 0x1102030);         /* what a style leaves open is plain's */
	assert_int_equal(t.inks[STYLE_GOOD].fg, 7);
	assert_int_equal(t.inks[STYLE_CURSOR_DIM].attrs, INK_UNDERLINE);
}

void test_fewer_colours(void **state)
{
	(void)state;
	assert_int_equal(ink_to_256(0x1ff0000), 196);
	assert_int_equal(ink_to_256(0x1808080), 244);
	assert_int_equal(ink_to_256(42), 42);
	assert_int_equal(ink_to_16(0x1ff0000, 16), 9);
	assert_int_equal(ink_to_16(0x1ff0000, 8), 1);
	assert_int_equal(ink_to_16(15, 8), 7);
	assert_int_equal(ink_to_16(3, 8), 3);
}

void test_eight_colours(void **state)
{
	static const struct { struct ink in, out; } rows[] = {
		{ { 244, -1, 0, 0 }, { -1, -1, 0, 0 } },                  /* grey: as the terminal writes */
		{ { 0x1808080, 0x10b2b33, 0, 0 }, { 7, 0, 0, 0 } },       /* on a dark ground of the theme's: white */
		{ { 12, -1, 0, 0 }, { 4, -1, INK_BOLD, 0 } },             /* bright: bold */
		{ { 15, 4, 0, 0 }, { 7, 4, INK_BOLD, 0 } },
		{ { 1, -1, INK_UNDERLINE, 0 }, { 1, -1, INK_UNDERLINE, 0 } },
		{ { 7, -1, 0, 0 }, { 7, -1, 0, 0 } },                     /* named white: white */
		{ { 0x1303030, 0x1cfe2f5, 0, 0 }, { 0, 7, 0, 0 } },
		{ { 4, 4, 0, 0 }, { 7, 4, 0, 0 } },                       /* never a colour on itself */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ink got = ink_of_8(rows[i].in);
		if (memcmp(&got, &rows[i].out, sizeof got) != 0)
			fail_msg("row %zu: %d on %d, %u", i, got.fg, got.bg, got.attrs);
	}
}

/* ---- contrast, as the WCAG counts it ---- */
static double linear(int c)
{
	double v = c / 255.0;
	return v <= 0.03928 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double luminance(int32_t colour, int32_t otherwise)
{
	int32_t rgb = colour < 0 ? otherwise : colour >= 0x1000000 ? colour & 0xffffff : ink_rgb_of_256(colour);
	return 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) + 0.0722 * linear(rgb & 255);
}

void test_themes_can_be_read(void **state)
{
	static const struct { const char *theme; int32_t ground, text; double least; } rows[] = {
		{ "default", 0x000000, 0xffffff, 3.5 }, { "light", 0xffffff, 0x000000, 4.5 }, { "light", 0x000000, 0xffffff, 3.0 },
		{ "contrast", 0x000000, 0xffffff, 6.0 }, { "contrast", 0xffffff, 0x000000, 6.0 }, { "solstice", 0x000000, 0xffffff, 3.5 }, { "solstice", 0xffffff, 0x000000, 3.5 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct theme t;
		struct err e = { 0 };
		AUTO_STR path = xasprintf("%s/../themes/%s.theme", TEST_SRCDIR, rows[i].theme);
		assert_int_equal(theme_read(path, &t, &e), 0);
		for (size_t s = 0; s < STYLE_COUNT_; s++) {
			double a = luminance(t.inks[s].fg, rows[i].text), b = luminance(t.inks[s].bg, rows[i].ground);
			double contrast = (MAX_OF(a, b) + 0.05) / (MIN_OF(a, b) + 0.05);
			if (contrast < rows[i].least)
				fail_msg("%s of %s: a contrast of %.1f", style_name((enum style)s), rows[i].theme, contrast);
		}
	}
}

void test_surface(void **state)
{
	struct surface *s = xcalloc(1, sizeof *s);
	struct theme t;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	(void)state;
	theme_builtin(&t, false);
	surface_init(s, &t, false);
	surface_resize(s, 3, 8);
	assert_int_equal(surface_str(s, 0, 0, 8, STYLE_PLAIN, "ab\033[2Jc"), 7);
	surface_str(s, 1, 0, 8, STYLE_PLAIN, "\xe6\x96\x87\xe5\xad\x97" "x");
	surface_str(s, 1, 1, 1, STYLE_PLAIN, "!");                   /* half of a wide glyph: the other half goes too */
	assert_int_equal(surface_str(s, 2, 7, 8, STYLE_PLAIN, "\xe6\x96\x87"), 0); /* no room for two columns */
	surface_str(s, 9, 9, 9, STYLE_PLAIN, "outside");
	surface_str(s, -1, -5, 9, STYLE_PLAIN, "outside");
	surface_fit(s, 2, 0, 4, STYLE_PLAIN, SV("abcdefg"));
	surface_dump(s, &b);
	assert_string_equal(buf_str(&b), "ab\xc2\xb7[2Jc\n !\xe5\xad\x97x\nabc\xe2\x80\xa6\n");
	surface_fini(s);
	free(s);
}

/* ---- 24-bit colours behind a description of 256 ---- */
static void expect_translated(const struct colour_slots *s, const char *in, const char *out)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	colour_slots_translate(s, sv_of(in), &b);
	assert_string_equal(buf_str(&b), out);
}

void test_colour_slots(void **state)
{
	struct colour_slots s;
	(void)state;
	colour_slots_init(&s);
	assert_int_equal(colour_slots_take(&s, -1), -1);
	assert_int_equal(colour_slots_take(&s, 12), 12);
	assert_int_equal(colour_slots_take(&s, 244), 244);          /* its own number, while it is free */
	assert_int_equal(colour_slots_take(&s, 0x17aa2f7), 255);
	assert_int_equal(colour_slots_take(&s, 0x17aa2f7), 255);    /* the same one again */
	assert_int_equal(colour_slots_take(&s, 255), 254);          /* its number is lent: it is told in full */
	expect_translated(&s, "a\033[38;5;255mb\033[48;5;255mc", "a\033[38;2;122;162;247mb\033[48;2;122;162;247mc");
	expect_translated(&s, "\033[38;5;254m", "\033[38;2;238;238;238m");
	expect_translated(&s, "\033[38;5;244m\033[38;5;12m\033[91m", "\033[38;5;244m\033[38;5;12m\033[91m");
	expect_translated(&s, "\033[38;5;999m\033[38;5;255", "\033[38;5;999m\033[38;5;255"); /* none of ours, or cut */
	expect_translated(&s, "\033\033[38;5;255m\033[1m", "\033\033[38;2;122;162;247m\033[1m");
	for (int32_t i = 0; i < 400; i++) {
		int n = colour_slots_take(&s, 0x1000000 | i * 4097);
		assert_true(n >= 16 && n <= 255);
	}
}
