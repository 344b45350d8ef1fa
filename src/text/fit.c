/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/mem.h"
#include "berth/text.h"

size_t text_width(struct sv s)
{
	struct glyph g;
	size_t cols = 0;

	while (text_next(&s, &g))
		cols += g.width;
	return cols;
}

static void add_glyph(struct buf *b, const struct glyph *g, bool ascii)
{
	buf_add_sv(b, ascii ? text_ascii_fallback(g) : (struct sv){ g->bytes, g->len });
}

static void add_ellipsis(struct buf *b, bool ascii)
{
	buf_add_str(b, ascii ? "~" : "\xe2\x80\xa6");
}

size_t text_fit(struct buf *b, struct sv s, size_t cols, bool ascii)
{
	struct glyph g;
	size_t used = 0, short_len = b->len, short_used = 0; /* what would leave a column for the ellipsis */

	if (!cols)
		return 0;
	while (text_next(&s, &g)) {
		if (used + g.width > cols) {
			buf_cut_to(b, short_len);
			add_ellipsis(b, ascii);
			return short_used + 1;
		}
		add_glyph(b, &g, ascii);
		used += g.width;
		if (used < cols) {
			short_len = b->len;
			short_used = used;
		}
	}
	return used;
}

size_t text_fit_middle(struct buf *b, struct sv s, size_t cols, bool ascii)
{
	struct glyph g;
	size_t total = text_width(s), used = 0, seen = 0;

	if (total <= cols || cols < 3)
		return text_fit(b, s, cols, ascii);
	size_t head = cols / 2, tail = cols - 1 - head;
	struct sv rest = s;
	while (text_next(&rest, &g) && used + g.width <= head) {
		add_glyph(b, &g, ascii);
		used += g.width;
	}
	add_ellipsis(b, ascii);
	used++;
	for (rest = s; text_next(&rest, &g); seen += g.width) {
		if (total - seen > tail)
			continue;
		add_glyph(b, &g, ascii);
		used += g.width;
	}
	return used;
}

/* Printable ASCII, which is most of all text, goes through as it is; but not the last one before something else: that may be a
 * mark upon it. */
static size_t plain_run(struct sv s)
{
	size_t n = 0;
	while (n < s.len && s.p[n] >= 0x20 && s.p[n] < 0x7f)
		n++;
	return n && n < s.len ? n - 1 : n;
}

void text_clean(struct buf *b, struct sv s)
{
	struct glyph g;

	while (s.len) {
		size_t plain = plain_run(s);
		buf_add(b, s.p, plain);
		s.p += plain;
		s.len -= plain;
		if (!s.len)
			break;
		bool is_line_end = s.p[0] == '\n' || s.p[0] == '\r';
		if (s.p[0] == '\r' && s.len > 1 && s.p[1] == '\n') {
			s.p++;
			s.len--;
		}
		text_next(&s, &g);
		if (is_line_end)
			buf_add_char(b, ' ');
		else
			add_glyph(b, &g, false);
	}
}

char *text_cleaned(const char *s)
{
	struct buf b = BUF_INIT;

	text_clean(&b, sv_of(s));
	return buf_take(&b);
}
