/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/text.h"
#include "present/writer.h"

enum { GAP = 2, FLEXIBLE_COLS = 24, EXTRA_RANK = 4 };

/* The SGR of a style on a terminal whose theme is not ours to choose: the sixteen colours, sparingly. */
static const char *sgr_of(enum style s)
{
	switch (s) {
	case STYLE_GOOD: return "32";
	case STYLE_WARN: return "33";
	case STYLE_BAD:
	case STYLE_ERROR: return "31";
	case STYLE_BUSY: return "36";
	case STYLE_DIM:
	case STYLE_AGE: return "2";
	case STYLE_HASH: return "33";
	case STYLE_REF: return "34";
	case STYLE_BOLD:
	case STYLE_TITLE: return "1";
	default: return NULL;
	}
}

/* What each column would like: its widest cell. */
static void measure(const struct writer *w, size_t *widths)
{
	for (size_t c = 0; c < w->columns.len; c++) {
		widths[c] = text_width(sv_of(w->columns.items[c]->title));
		for (size_t i = 0; i < w->lines.len; i++)
			widths[c] = MAX_OF(widths[c], text_width(sv_of(w->lines.items[i].cells[c].text)));
	}
}

static bool is_blank(const struct writer *w, size_t c)
{
	for (size_t i = 0; i < w->lines.len; i++)
		if (w->lines.items[i].cells[c].text[0])
			return false;
	return true;
}

static size_t total_of(const size_t *widths, size_t n)
{
	size_t total = 0;
	for (size_t c = 0; c < n; c++)
		total += widths[c] ? widths[c] + GAP : 0;
	return total ? total - GAP : 0;
}

/* What a column can do with: a name cut short is of no use to who wants to type it. */
static size_t enough(const struct column *c)
{
	return c->ideal ? (size_t)c->ideal : FLEXIBLE_COLS;
}

static bool shrink_widest(const struct writer *w, size_t *widths, size_t over, bool to_min)
{
	size_t best = w->columns.len, room = 0;
	for (size_t c = 0; c < w->columns.len; c++) {
		size_t min = to_min ? w->columns.items[c]->min : enough(w->columns.items[c]), spare = widths[c] > min ? widths[c] - min : 0;
		if (widths[c] && spare > room) {
			room = spare;
			best = c;
		}
	}
	if (best == w->columns.len)
		return false;
	widths[best] -= MIN_OF(room, over);
	return true;
}

static bool drop_least(const struct writer *w, size_t *widths, unsigned least)
{
	size_t worst = w->columns.len;
	for (size_t c = 0; c < w->columns.len; c++)
		if (widths[c] && w->columns.items[c]->rank >= least && (worst == w->columns.len || w->columns.items[c]->rank > w->columns.items[worst]->rank))
			worst = c;
	if (worst == w->columns.len)
		return false;
	widths[worst] = 0;
	return true;
}

static bool fits(const struct writer *w, size_t *widths, bool to_min)
{
	size_t total = total_of(widths, w->columns.len);
	while (total > w->width && shrink_widest(w, widths, total - w->width, to_min))
		total = total_of(widths, w->columns.len);
	return total <= w->width;
}

/* Too wide: columns without a word go first, then those that are extras, one by one, as long as the others have enough; then all
 * shrink as far as they can, and the least of them goes. What shrank has its width back whenever a column goes. */
static void fit_wide(const struct writer *w, size_t *widths, size_t *wish)
{
	size_t n = w->columns.len;
	for (size_t c = 0; c < n; c++)
		if (w->columns.items[c]->rank > 1 && is_blank(w, c))
			wish[c] = 0;
	do {
		memcpy(widths, wish, n * sizeof *wish);
		if (fits(w, widths, false))
			return;
	} while (drop_least(w, wish, EXTRA_RANK));
	do {
		memcpy(widths, wish, n * sizeof *wish);
	} while (!fits(w, widths, true) && drop_least(w, wish, 2));
}

static void fit(const struct writer *w, size_t *widths)
{
	size_t n = w->columns.len;
	if (!w->width || total_of(widths, n) <= w->width)
		return;
	size_t *wish = xcalloc(n + 1, sizeof *wish);
	memcpy(wish, widths, n * sizeof *wish);
	fit_wide(w, widths, wish);
	free(wish);
}

static void add_cell(const struct writer *w, struct buf *out, size_t c, struct sv text, size_t width, enum style style)
{
	AUTO(buf_fini) struct buf cut = BUF_INIT;
	size_t cols = text_fit(&cut, text, width, w->ascii);
	const char *sgr = w->colour && text.len ? sgr_of(style) : NULL;
	bool right = w->columns.items[c]->right;
	for (size_t i = cols; right && i < width; i++)
		buf_add_char(out, ' ');
	if (sgr)
		buf_addf(out, "\033[%sm", sgr);
	buf_add_sv(out, buf_sv(&cut));
	if (sgr)
		buf_add_str(out, "\033[0m");
	for (size_t i = cols; !right && i < width; i++)
		buf_add_char(out, ' ');
}

static void trim_end(struct buf *out)
{
	while (out->len && out->p[out->len - 1] == ' ')
		buf_cut_to(out, out->len - 1);
	buf_add_char(out, '\n');
}

static void add_line(const struct writer *w, struct buf *out, const size_t *widths, const struct line *line)
{
	bool first = true;
	for (size_t c = 0; c < w->columns.len; c++) {
		if (!widths[c])
			continue;
		for (int i = 0; i < GAP && !first; i++)
			buf_add_char(out, ' ');
		first = false;
		struct sv text = line ? sv_of(line->cells[c].text) : sv_of(w->columns.items[c]->title);
		add_cell(w, out, c, text, widths[c], line ? line->cells[c].style : STYLE_TITLE);
	}
	trim_end(out);
}

void write_table(const struct writer *w, struct buf *out)
{
	if (!w->lines.len)
		return;
	size_t *widths = xcalloc(w->columns.len + 1, sizeof *widths);
	measure(w, widths);
	fit(w, widths);
	add_line(w, out, widths, NULL);
	for (size_t i = 0; i < w->lines.len; i++)
		add_line(w, out, widths, &w->lines.items[i]);
	free(widths);
}
