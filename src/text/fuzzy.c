/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pattern's characters, in order, somewhere in the text; among all ways to place them the one that reads best is
 * scored: characters side by side, at starts of words, with few and short gaps. */
#include <wctype.h>
#include "berth/mem.h"
#include "berth/text.h"

enum {
	SCORE_CHAR = 16,
	SCORE_RUN = 8,       /* right after the character before */
	SCORE_WORD = 10,     /* at the start of a word */
	SCORE_CAMEL = 7,     /* an upper-case letter after a lower-case one */
	GAP_FIRST = -3,
	GAP_MORE = -1,
	SKIP_LEAD_MAX = 6,   /* what a late start costs at most */
	CELLS_MAX = 32768,   /* characters of pattern times characters of text that are tried in all ways */
	NEVER = -1000000,
};

struct letter { uint32_t code, folded; size_t at; };
struct letters { struct letter *items; size_t len; };

static void letters_fini(struct letters *l)
{
	free(l->items);
}

static struct letters letters_of(struct sv s, bool drop_spaces)
{
	struct letters l = { xmalloc((s.len + 1) * sizeof *l.items), 0 };

	for (size_t at = 0; at < s.len;) {
		uint32_t code;
		size_t n = utf8_next((struct sv){ s.p + at, s.len - at }, &code);
		if (!n) {
			code = 0x110000u + (unsigned char)s.p[at]; /* an invalid byte is like itself only */
			n = 1;
		}
		if (!drop_spaces || code != ' ')
			l.items[l.len++] = (struct letter){ code, n == 1 && code >= 0x80 ? code : towlower((wint_t)code), at };
		at += n;
	}
	return l;
}

static bool has_upper(const struct letters *l)
{
	for (size_t i = 0; i < l->len; i++) {
		if (l->items[i].folded != l->items[i].code)
			return true;
	}
	return false;
}

static void keep_case(struct letters *l)
{
	for (size_t i = 0; i < l->len; i++)
		l->items[i].folded = l->items[i].code;
}

static bool contains(const struct letters *text, const struct letters *part)
{
	for (size_t i = 0; i + part->len <= text->len; i++) {
		size_t n = 0;
		while (n < part->len && text->items[i + n].folded == part->items[n].folded)
			n++;
		if (n == part->len)
			return true;
	}
	return false;
}

/* The first way to place them, from the left. False when there is none. */
static bool place_greedily(const struct letters *text, const struct letters *pattern, size_t *places)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len && n < pattern->len; i++) {
		if (text->items[i].folded == pattern->items[n].folded)
			places[n++] = i;
	}
	return n == pattern->len;
}

static bool is_word_char(uint32_t code)
{
	return code >= 0x80 || (code >= '0' && code <= '9') || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
}

static int bonus_at(const struct letters *text, size_t i)
{
	uint32_t code = text->items[i].code;

	if (!is_word_char(code))
		return 0;
	if (!i || !is_word_char(text->items[i - 1].code))
		return SCORE_WORD;
	bool after_lower = text->items[i - 1].code >= 'a' && text->items[i - 1].code <= 'z';
	return after_lower && code >= 'A' && code <= 'Z' ? SCORE_CAMEL : 0;
}

/* Fills one row of the table: cell i is the best score of the pattern's first letters with the last of them at text[i].
 * before: the row of the letter before, NULL for the first; from: where that letter stood. */
static void fill_row(const struct letters *text, const struct letter *letter, const int *before, int *row, size_t *from)
{
	int best_gap = NEVER;        /* the best of the row before at least one character back, gap paid */
	size_t best_from = 0;

	for (size_t i = 0; i < text->len; i++) {
		int start = before ? best_gap : -(int)MIN_OF(i, (size_t)SKIP_LEAD_MAX);
		size_t start_from = best_from;
		if (before && i && before[i - 1] + SCORE_RUN >= start) {
			start = before[i - 1] + SCORE_RUN;
			start_from = i - 1;
		}
		bool fits = text->items[i].folded == letter->folded && start > NEVER / 2;
		row[i] = fits ? start + SCORE_CHAR + bonus_at(text, i) : NEVER;
		from[i] = start_from;
		if (!before)
			continue;
		best_gap += GAP_MORE;
		if (i && before[i - 1] + GAP_FIRST > best_gap) {
			best_gap = before[i - 1] + GAP_FIRST;
			best_from = i - 1;
		}
	}
}

/* The best of all ways. places holds the greedy one and is overwritten. */
static int place_best(const struct letters *text, const struct letters *pattern, size_t *places)
{
	size_t n = text->len, m = pattern->len, last = 0;
	int *rows = xmalloc(2 * n * sizeof *rows);
	size_t *from = xmalloc(m * n * sizeof *from);

	for (size_t j = 0; j < m; j++)
		fill_row(text, &pattern->items[j], j ? rows + (j - 1) % 2 * n : NULL, rows + j % 2 * n, from + j * n);
	const int *end = rows + (m - 1) % 2 * n;
	for (size_t i = 1; i < n; i++) {
		if (end[i] > end[last])
			last = i;
	}
	int score = end[last];
	for (size_t j = m; j-- > 0; last = from[j * n + last])
		places[j] = last;
	free(rows);
	free(from);
	return MAX_OF(score, 1);
}

static int match(const struct letters *text, const struct letters *pattern, size_t *ret_positions, size_t n_max)
{
	size_t *places = xcalloc(pattern->len, sizeof *places);
	int score = 0;

	if (place_greedily(text, pattern, places)) {
		bool small = pattern->len <= CELLS_MAX / MAX_OF(text->len, (size_t)1);
		score = small ? place_best(text, pattern, places) : 1;
		for (size_t i = 0; i < pattern->len && i < n_max; i++)
			ret_positions[i] = text->items[places[i]].at;
	}
	free(places);
	return score;
}

int text_fuzzy(struct sv pattern, struct sv s, size_t *ret_positions, size_t n_max)
{
	bool inverse = sv_starts(pattern, SV("!"));

	if (!ret_positions)
		n_max = 0;
	for (size_t i = 0; i < n_max; i++)
		ret_positions[i] = SIZE_MAX;
	if (inverse)
		pattern = (struct sv){ pattern.p + 1, pattern.len - 1 };
	AUTO(letters_fini) struct letters wanted = letters_of(pattern, !inverse);
	AUTO(letters_fini) struct letters text = letters_of(s, false);
	if (!wanted.len)
		return 1;
	if (has_upper(&wanted)) {
		keep_case(&wanted);
		keep_case(&text);
	}
	if (inverse)
		return !contains(&text, &wanted);
	return match(&text, &wanted, ret_positions, n_max);
}
