/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TEXT_H
#define BERTH_TEXT_H
/*
 * Text as a screen needs it: pure functions on bytes, no IO, no locale but wcwidth()'s. Every byte that comes from outside
 * (a name, a log, a server's error) passes text_next() or text_clean() on its way to a terminal or a pipe: nothing else may
 * write foreign bytes there.
 */
#include "berth/str.h"

/* One thing to draw: a printable character with its combining marks, or what stands for a byte that must not be drawn. */
struct glyph {
	char bytes[32];      /* valid UTF-8, NUL-terminated: base character and at most four combining marks (a cell of curses) */
	unsigned char len;   /* bytes used */
	unsigned char width; /* columns: 1 or 2; 1 when replaced */
	bool replaced;       /* not what stands in the text: "·" for a control of any kind, " " for TAB, U+FFFD for what is no UTF-8
	                        or not assigned, a dotted circle under a mark without a base, or marks above four left out */
};
/* Cuts the next glyph off *rest. Decodes UTF-8 strictly (over-long forms, surrogates and > U+10FFFF are invalid, one
 * U+FFFD a byte). C0, DEL, C1, bidi (U+061C, 200E/F, 202A-E, 2066-9) and invisible controls (200B-D, 2028/9, 206x, FEFF,
 * FFF9-B, tags) are `replaced`; but joiners and variation selectors after a character whose shape they choose go without a
 * trace, so that columns are always the sum of wcwidth() and a joined emoji shows as its members. TAB is replaced by one
 * space: expand it before where columns matter. False at the end. Needs LC_CTYPE in UTF-8 for anything but ASCII. */
bool text_next(struct sv *rest, struct glyph *ret);
size_t text_width(struct sv s);                        /* columns of all glyphs */
/* Appends s so that it takes at most `cols` columns; when cut, the last column is "…" ("~" when ascii, which also makes every
 * glyph its ASCII fallback). Gives columns used. */
size_t text_fit(struct buf *b, struct sv s, size_t cols, bool ascii);
/* As text_fit, but the middle goes: "renku/autosave/…/9f8e7d6". */
size_t text_fit_middle(struct buf *b, struct sv s, size_t cols, bool ascii);
/* Appends s made harmless for a terminal or a line-oriented reader: as text_next, line ends (CR LF is one) become spaces. */
void text_clean(struct buf *b, struct sv s);
char *text_cleaned(const char *s);                     /* owned; NULL gives "" */
/* The letter without its marks ("e" for "ë") of the first character, where that is Latin and one letter is enough; NULL: not known. Static. */
const char *text_plain_letter(struct sv bytes);
/* In a locale that is no UTF-8: every glyph outside ASCII becomes its plain letter, or '?' of the same width. Set once by the faces. */
struct sv text_ascii_fallback(const struct glyph *g);  /* static or borrowed from g */
/* Soft-wraps at `cols`: cuts the next row off *rest, at a space where one is in the last third (the spaces there belong to no
 * row), and at a line end. A glyph wider than cols gets a row of its own. False at the end. */
bool text_wrap(struct sv *rest, size_t cols, struct sv *ret_row);

/* Fuzzy match (fzf-like): every character of pattern in order, case-insensitive unless pattern has an upper-case letter.
 * Returns a score > 0 (higher is better: word starts, runs, early) or 0. ret_positions (may be NULL) gets at most n_max byte
 * offsets of s that matched, the others are SIZE_MAX. Spaces in pattern count for nothing; an empty one matches. A pattern that
 * starts with '!' matches what does not contain the rest; "re:…" is handled by app. */
int text_fuzzy(struct sv pattern, struct sv s, size_t *ret_positions, size_t n_max);

/* "Did you mean": of the words that are offered one by one, the one most like what was typed; NULL where none has half of it. */
struct text_nearest { struct sv typed; const char *best /* as offered */; size_t alike, rest; }; /* to begin: only typed is set */
void text_nearest_offer(struct text_nearest *n, const char *word);

/* "2h", "3d", "5w", "11mo", "now" in at most 4 columns from a span in seconds; negative counts as 0. */
void text_add_age(struct buf *b, int64_t seconds);
void text_add_duration(struct buf *b, int64_t seconds); /* "1m04s", "2h14m", "3d04h" */
void text_add_size(struct buf *b, uint64_t bytes);      /* "1.8 GB" (10^9), as docker shows sizes */
void text_add_binary_size(struct buf *b, uint64_t bytes); /* "2G", "512M" (2^30), as sessions' limits are written */
/* "512M", "2G", "1.5Gi", "2GB", plain bytes -> bytes (binary units, as RenkuLab and docker take memory). False otherwise. */
bool text_parse_size(struct sv s, uint64_t *ret_bytes);

/* Secrets in a line become asterisks, as many as they have bytes: GitLab's and GitHub's tokens, token=…, password=…, Bearer …,
 * user:password@ in addresses. */
void text_mask(char *p, size_t n);

/* ---- escapes in logs (ECMA-48 as far as a log uses it) ---------------------------------------------------------------- */
enum { ESC_BOLD = 1, ESC_FAINT = 2, ESC_ITALIC = 4, ESC_UNDERLINE = 8, ESC_REVERSE = 16, ESC_STRIKE = 32, ESC_CONCEAL = 64 };
struct esc_style {
	uint16_t attrs;       /* ESC_… */
	int32_t fg, bg;       /* -1 default; 0-255 palette; 0x1000000|rgb true colour */
};
#define ESC_STYLE_PLAIN ((struct esc_style){ 0, -1, -1 })
enum esc_kind {
	ESC_TEXT,             /* sv: printable bytes and TABs, not yet cleaned (invalid UTF-8 may stand in it) */
	ESC_STYLE,            /* style changed */
	ESC_CR, ESC_LF, ESC_BS,
	ESC_ERASE_LINE,       /* CSI K; param 0 to the end, 1 from the start, 2 all */
	ESC_OTHER             /* anything else that could move a terminal, swallowed whole: dropped by views */
};
struct esc_token { enum esc_kind kind; struct sv text; int param; };
/* What is seen of a raw line: without escapes, of what carriage returns wrote over each other the last. Borrowed from raw or from b, which
 * is emptied first. Not cleaned. */
struct sv text_shown(struct sv raw, struct buf *b);
/* A tokenizer that can be fed in pieces of any size: the result is the same as for the whole (fuzzed). Bounded: an escape
 * over 4096 bytes, or one cut off by a line end (for OSC/DCS: by BEL, ST or CAN), ends as ESC_OTHER. */
struct esc_parser { int state; struct esc_style style; unsigned char pending[64]; size_t n_pending, n_skipped; };
void esc_init(struct esc_parser *p);
/* Cuts the next token off *rest; false when more bytes are needed (rest is empty then). token.text, of ESC_TEXT only, points
 * into the input and is valid as long as that; where the input is cut, so is the text. p->style is the style from here on. */
bool esc_next(struct esc_parser *p, struct sv *rest, struct esc_token *ret);
#endif
