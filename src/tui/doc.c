/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/doc.h"

enum { LABEL_COLS = 9 };

void doc_begin(struct doc *d, int width, bool ascii)
{
	buf_clear(&d->text);
	VEC_CLEAR(&d->spans);
	VEC_CLEAR(&d->lines);
	VEC_PUSH(&d->lines, 0);
	d->width = MAX_OF(width, 1);
	d->ascii = ascii;
}

void doc_fini(struct doc *d)
{
	buf_fini(&d->text);
	VEC_FINI(&d->spans);
	VEC_FINI(&d->lines);
}

void doc_sv(struct doc *d, enum style style, struct sv text)
{
	struct doc_span span = { (uint32_t)d->text.len, (uint32_t)text.len, style };
	buf_add_sv(&d->text, text);
	if (!d->text.overflow)
		VEC_PUSH(&d->spans, span);
}

void doc_add(struct doc *d, enum style style, const char *fmt, ...)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	doc_sv(d, style, buf_sv(&b));
}

void doc_nl(struct doc *d)
{
	VEC_PUSH(&d->lines, (uint32_t)d->spans.len);
}

/* How far the line that is being written has come. */
static int column(const struct doc *d)
{
	size_t n = 0;
	for (uint32_t i = *VEC_LAST(&d->lines); i < d->spans.len; i++)
		n += text_width((struct sv){ d->text.p + d->spans.items[i].from, d->spans.items[i].len });
	return (int)MIN_OF(n, (size_t)d->width);
}

void doc_wrap_most(struct doc *d, enum style style, int indent, struct sv text, int rows)
{
	struct sv row, rest = text;
	bool first = true;
	int taken = MAX_OF(column(d), indent);
	for (; text_wrap(&rest, (size_t)MAX_OF(d->width - (first ? taken : indent), 4), &row); text = rest) {
		if (--rows == 0) { /* drawn, it is cut where the row ends */
			row = text;
			rest.len = 0;
		}
		if (indent && (!first || *VEC_LAST(&d->lines) == d->spans.len))
			doc_add(d, STYLE_PLAIN, "%*s", indent, "");
		doc_sv(d, style, row);
		doc_nl(d);
		first = false;
	}
}

void doc_wrap(struct doc *d, enum style style, int indent, struct sv text)
{
	doc_wrap_most(d, style, indent, text, 0);
}

void doc_label(struct doc *d, const char *label)
{
	doc_add(d, STYLE_DIM, "%-*s", LABEL_COLS, label);
}

void doc_field(struct doc *d, const char *label, enum style style, const char *fmt, ...)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	doc_label(d, label);
	if (!b.len)
		doc_nl(d);
	doc_wrap(d, style, LABEL_COLS, buf_sv(&b));
}

void doc_key(struct doc *d, const char *key, const char *what)
{
	doc_add(d, STYLE_KEY, "%-*s", LABEL_COLS, key);
	doc_wrap(d, STYLE_PLAIN, LABEL_COLS, sv_of(what));
}

int doc_height(const struct doc *d)
{
	int n = (int)d->lines.len;
	return n && d->lines.items[n - 1] == d->spans.len ? n - 1 : n;
}

static uint32_t line_end(const struct doc *d, size_t line)
{
	return line + 1 < d->lines.len ? d->lines.items[line + 1] : (uint32_t)d->spans.len;
}

void doc_draw(const struct doc *d, struct surface *s, struct rect r, int top)
{
	for (int y = 0; y < r.h; y++) {
		size_t line = (size_t)(top + y);
		int x = 0;
		if (top + y < 0 || line >= d->lines.len)
			continue;
		for (uint32_t i = d->lines.items[line]; i < line_end(d, line) && x < r.w; i++) {
			const struct doc_span *p = &d->spans.items[i];
			x += surface_fit(s, r.y + y, r.x + x, r.w - x, p->style, (struct sv){ d->text.p + p->from, p->len });
		}
	}
}

void doc_print(const struct doc *d, struct buf *out)
{
	for (size_t line = 0; line < (size_t)doc_height(d); line++) {
		for (uint32_t i = d->lines.items[line]; i < line_end(d, line); i++)
			text_clean(out, (struct sv){ d->text.p + d->spans.items[i].from, d->spans.items[i].len });
		while (out->len && out->p[out->len - 1] == ' ')
			buf_cut_to(out, out->len - 1);
		buf_add_char(out, '\n');
	}
}
