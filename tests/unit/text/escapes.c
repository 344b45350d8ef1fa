/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include "berth/mem.h"
#include "berth/text.h"

#define E "\x1b"

/* Tokens as words: text as it is, the others by name. */
static void add_tokens(struct buf *b, struct esc_parser *p, struct sv s)
{
	static const char *const names[] = {
		[ESC_STYLE] = "<style>", [ESC_CR] = "<cr>", [ESC_LF] = "<lf>", [ESC_BS] = "<bs>", [ESC_OTHER] = "<other>",
	};
	struct esc_token t;

	while (esc_next(p, &s, &t)) {
		if (t.kind == ESC_TEXT)
			buf_add_sv(b, t.text);
		else if (t.kind == ESC_ERASE_LINE)
			buf_addf(b, "<erase %d>", t.param);
		else
			buf_add_str(b, names[t.kind]);
	}
	assert_int_equal(s.len, 0);
}

static const struct { const char *text, *tokens; } rows[] = {
	{ "", "" }, { "plain\ttext \xc3\xa9\xff", "plain\ttext \xc3\xa9\xff" }, { "a\r\nb\b", "a<cr><lf>b<bs>" },
	{ E "[0Ka" E "[Kb" E "[1K" E "[2K", "<erase 0>a<erase 0>b<erase 1><erase 2>" }, { E "[3K" E "[1;2K" E "[?K", "<other><other><other>" },
	{ E "[31mred" E "[m", "<style>red<style>" }, { E "[2J" E "[10;10H" E "[?1049h", "<other><other><other>" },
	{ E "]0;title\x07" "x", "<other>x" }, { E "]8;;http://x" E "\\x", "<other>x" }, { E "Pq" E "\\x" E "^p\x07" E "_a" E "\\" E "Xs\x18y", "<other>x<other><other><other>y" },
	{ E "]0;a" E "[31mb", "<other><style>b" }, { E "]0;two\nlines\x07" "x", "<other>x" },
	{ E "(Bx" E "cy" E "7" E "#8", "<other>x<other>y<other><other>" },
	{ E E "[1mx", "<other><style>x" }, { E "\n", "<other><lf>" }, { E "[31\nm", "<other><lf>m" }, { E "[31\rm", "<other><cr>m" },
	{ E "[3\x18x" E "[3\x1ax" E "\x18x", "<other>x<other>x<other>x" }, { E "[3" E "[1mx", "<other><style>x" },
	{ E "[\xc3\xa9", "<other>\xc3\xa9" }, { E "\xc3\xa9", "<other>\xc3\xa9" }, { "\a\v\f\x7f", "<other><other><other><other>" },
	{ E "[>4;1m" E "[1$m" E "[=1m", "<other><other><other>" }, { E "[", "" }, { E, "" }, { E "]unfinished", "" },
	{ E "[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1mx", "<other>x" }, { E "[K" E "[0mx", "<erase 0><style>x" },
	{ "\xc2\x9b" "31mx", "\xc2\x9b" "31mx" },
};

static void tokens_whole(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct esc_parser p;
		esc_init(&p);
		add_tokens(&b, &p, sv_of(rows[i].text));
		assert_row(!strcmp(buf_str(&b), rows[i].tokens), i, buf_str(&b));
	}
}

static void tokens_byte_by_byte(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct esc_parser p;
		esc_init(&p);
		for (const char *at = rows[i].text; *at; at++)
			add_tokens(&b, &p, (struct sv){ at, 1 });
		assert_row(!strcmp(buf_str(&b), rows[i].tokens), i, buf_str(&b));
	}
	struct esc_parser p;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	esc_init(&p);
	add_tokens(&b, &p, (struct sv){ "a\0b", 3 });
	assert_string_equal(buf_str(&b), "a<other>b");
}

static void endless_escapes_end(void **state)
{
	static const char *const starts[] = { E "]", E "P", E "[" };

	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		AUTO(buf_fini) struct buf in = BUF_INIT, out = BUF_INIT;
		struct esc_parser p;
		esc_init(&p);
		buf_add_str(&in, starts[i]);
		while (in.len < 4096)
			buf_add_char(&in, '1');
		buf_add_str(&in, "text");
		add_tokens(&out, &p, buf_sv(&in));
		assert_string_equal(buf_str(&out), "<other>text");
	}
}

static void styles(void **state)
{
	static const struct { const char *params; struct esc_style want; } table[] = {
		{ "", { 0, -1, -1 } }, { "1", { ESC_BOLD, -1, -1 } }, { "1;2;3;4;7;8;9", { 127, -1, -1 } }, { "1;2;22", { 0, -1, -1 } },
		{ "31;42", { 0, 1, 2 } }, { "97;107", { 0, 15, 15 } }, { "90;39", { 0, -1, -1 } }, { "1;;31", { 0, 1, -1 } },
		{ "38;5;208", { 0, 208, -1 } }, { "48;5;255;1", { ESC_BOLD, -1, 255 } }, { "38;2;1;2;3", { 0, 0x1010203, -1 } },
		{ "38:5:208", { 0, 208, -1 } }, { "38:2:1:2:3", { 0, 0x1010203, -1 } }, { "38:2::1:2:3", { 0, 0x1010203, -1 } },
		{ "38:2::1:2:3;1", { ESC_BOLD, 0x1010203, -1 } }, { "38;5;256", { 0, -1, -1 } }, { "38;2;300;0;0;1", { ESC_BOLD, -1, -1 } },
		{ "38;5", { 0, -1, -1 } }, { "38", { 0, -1, -1 } }, { "38;2;1;2", { 0, -1, -1 } }, { "38;9;1", { 0, -1, -1 } }, { "38:9:1;1", { ESC_BOLD, -1, -1 } },
		{ "58;5;3;1", { ESC_BOLD, -1, -1 } }, { "58:2::1:2:3;4", { ESC_UNDERLINE, -1, -1 } }, { "4:3", { ESC_UNDERLINE, -1, -1 } },
		{ "4;4:0", { 0, -1, -1 } }, { "5;6;25;31", { 0, 1, -1 } }, { "99999999999999;1", { ESC_BOLD, -1, -1 } }, { "21", { ESC_UNDERLINE, -1, -1 } },
		{ "3;23;9;29;7;27;8;28;4;24", { 0, -1, -1 } }, { "49;48;2;255;255;255", { 0, -1, 0x1ffffff } }, { "1;0", { 0, -1, -1 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO_STR text = xasprintf(E "[%sm", table[i].params);
		struct sv rest = sv_of(text);
		struct esc_parser p;
		struct esc_token t;
		esc_init(&p);
		assert_row(esc_next(&p, &rest, &t) && t.kind == ESC_STYLE, i, table[i].params);
		assert_row(p.style.attrs == table[i].want.attrs && p.style.fg == table[i].want.fg && p.style.bg == table[i].want.bg, i, table[i].params);
	}
}

TEST_LIST(escape_tests,
	cmocka_unit_test(tokens_whole),
	cmocka_unit_test(tokens_byte_by_byte),
	cmocka_unit_test(endless_escapes_end),
	cmocka_unit_test(styles),
);
