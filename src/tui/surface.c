/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/surface.h"

#include "berth/mem.h"

static uint16_t intern(struct surface *s, const struct ink *ink)
{
	struct ink key = { ink->fg, ink->bg, ink->attrs, 0 };
	size_t slot = hash_bytes(&key, sizeof key) % ARRAY_LEN(s->ink_slots);
	while (s->ink_slots[slot]) {
		uint16_t i = (uint16_t)(s->ink_slots[slot] - 1);
		if (memcmp(&s->inks[i], &key, sizeof key) == 0)
			return i;
		slot = (slot + 1) % ARRAY_LEN(s->ink_slots);
	}
	if (s->n_inks == INKS_MAX) /* a log with thousands of colours: the rest is plain */
		return 0;
	s->inks[s->n_inks] = key;
	s->ink_slots[slot] = (uint16_t)(s->n_inks + 1);
	return s->n_inks++;
}

void surface_set_theme(struct surface *s, const struct theme *theme)
{
	s->theme = theme;
	s->n_inks = 0;
	memset(s->ink_slots, 0, sizeof s->ink_slots);
	for (size_t i = 0; i < STYLE_COUNT_; i++)
		s->style_inks[i] = intern(s, &theme->inks[i]);
	surface_clear(s);
}

void surface_init(struct surface *s, const struct theme *theme, bool ascii)
{
	memset(s, 0, sizeof *s);
	s->ascii = ascii;
	surface_set_theme(s, theme);
}

void surface_fini(struct surface *s)
{
	free(s->cells);
	s->cells = NULL;
	s->rows = s->cols = 0;
}

void surface_resize(struct surface *s, int rows, int cols)
{
	s->rows = MAX_OF(rows, 0);
	s->cols = MAX_OF(cols, 0);
	free(s->cells);
	s->cells = xcalloc((size_t)s->rows * (size_t)s->cols + 1, sizeof *s->cells);
	surface_clear(s);
}

static struct cell *cell_at(const struct surface *s, int y, int x)
{
	return &s->cells[(size_t)y * (size_t)s->cols + (size_t)x];
}

static void set_blank(struct cell *c, uint16_t ink)
{
	memset(c, 0, sizeof *c);
	c->bytes[0] = ' ';
	c->len = c->width = 1;
	c->ink = ink;
}

void surface_clear(struct surface *s)
{
	surface_blank(s, (struct rect){ 0, 0, s->rows, s->cols });
	s->cursor_y = -1;
	s->cursor_x = 0;
	s->cursor_shown = false;
}

/* Half a wide glyph must not stay behind when its other half is drawn over. */
static void unpair(struct surface *s, int y, int x)
{
	struct cell *c = cell_at(s, y, x);
	if (c->width == 0 && x > 0)
		set_blank(cell_at(s, y, x - 1), cell_at(s, y, x - 1)->ink);
	else if (c->width == 2 && x + 1 < s->cols)
		set_blank(cell_at(s, y, x + 1), cell_at(s, y, x + 1)->ink);
}

void surface_blank(struct surface *s, struct rect r)
{
	struct cell blank;
	set_blank(&blank, s->style_inks[STYLE_PLAIN]);
	for (int y = MAX_OF(r.y, 0); y < MIN_OF(r.y + r.h, s->rows); y++) {
		int from = MAX_OF(r.x, 0), to = MIN_OF(r.x + r.w, s->cols);
		if (from >= to)
			return;
		unpair(s, y, from);
		unpair(s, y, to - 1);
		for (int x = from; x < to; x++)
			*cell_at(s, y, x) = blank;
	}
}

static void put(struct surface *s, int y, int x, struct sv bytes, int width, uint16_t ink)
{
	struct cell *c = cell_at(s, y, x);
	unpair(s, y, x);
	if (width == 2)
		unpair(s, y, x + 1);
	memset(c, 0, sizeof *c);
	c->len = (unsigned char)utf8_floor(bytes, CELL_BYTES);
	memcpy(c->bytes, bytes.p, c->len);
	c->width = (unsigned char)width;
	c->ink = ink;
	if (width == 2) {
		memset(c + 1, 0, sizeof *c);
		c[1].ink = ink;
	}
}

/* ASCII is most of a screen: it needs no decoding. */
static int put_ascii(struct surface *s, int y, int x, uint16_t ink, char ch)
{
	struct cell *c = cell_at(s, y, x);
	if (c->width != 1)
		unpair(s, y, x);
	set_blank(c, ink);
	c->bytes[0] = ch;
	return 1;
}

static int text_with(struct surface *s, int y, int x, int w, uint16_t ink, struct sv text)
{
	struct glyph g;
	int used = 0;
	if (y < 0 || y >= s->rows || x >= s->cols)
		return 0;
	w = MIN_OF(w, s->cols - x);
	while (text.len) {
		unsigned char ch = (unsigned char)text.p[0];
		bool plain = ch >= ' ' && ch < 0x7f && (text.len == 1 || (unsigned char)text.p[1] < 0x80);
		if (plain && used < w) {
			if (x + used >= 0)
				put_ascii(s, y, x + used, ink, (char)ch);
			used++;
			text.p++;
			text.len--;
			continue;
		}
		if (!text_next(&text, &g) || used + g.width > w)
			break;
		if (x + used >= 0) {
			struct sv bytes = s->ascii ? text_ascii_fallback(&g) : (struct sv){ g.bytes, g.len };
			if (s->ascii && g.width == 2) { /* two question marks, in two cells */
				put_ascii(s, y, x + used, ink, bytes.len ? bytes.p[0] : '?');
				put_ascii(s, y, x + used + 1, ink, bytes.len > 1 ? bytes.p[1] : '?');
			} else {
				put(s, y, x + used, bytes, g.width, ink);
			}
		}
		used += g.width;
	}
	return used;
}

int surface_text(struct surface *s, int y, int x, int w, enum style style, struct sv text)
{
	return text_with(s, y, x, w, s->style_inks[style], text);
}

int surface_text_ink(struct surface *s, int y, int x, int w, const struct ink *ink, struct sv text)
{
	return text_with(s, y, x, w, intern(s, ink), text);
}

int surface_str(struct surface *s, int y, int x, int w, enum style style, const char *text)
{
	return surface_text(s, y, x, w, style, sv_of(text));
}

int surface_printf(struct surface *s, int y, int x, int w, enum style style, const char *fmt, ...)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	return surface_text(s, y, x, w, style, buf_sv(&b));
}

int surface_fit(struct surface *s, int y, int x, int w, enum style style, struct sv text)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (w <= 0)
		return 0;
	text_fit(&b, text, (size_t)w, s->ascii);
	return surface_text(s, y, x, w, style, buf_sv(&b));
}

void surface_repeat(struct surface *s, int y, int x, int n, enum style style, const char *glyph, char ascii)
{
	if (y < 0 || y >= s->rows)
		return;
	for (int i = MAX_OF(x, 0); i < MIN_OF(x + n, s->cols); i++) {
		if (s->ascii)
			put_ascii(s, y, i, s->style_inks[style], ascii);
		else
			put(s, y, i, sv_of(glyph), 1, s->style_inks[style]);
	}
}

void surface_over(struct surface *s, int y, int x, int w, enum style style)
{
	const struct ink *over = &s->theme->inks[style];
	uint16_t last_from = 0, last_to = 0;
	bool have = false;
	if (y < 0 || y >= s->rows)
		return;
	for (int i = MAX_OF(x, 0); i < MIN_OF(x + w, s->cols); i++) {
		struct cell *c = cell_at(s, y, i);
		if (!have || c->ink != last_from) {
			struct ink merged = s->inks[c->ink];
			last_from = c->ink;
			merged.fg = over->fg >= 0 ? over->fg : merged.fg;
			merged.bg = over->bg >= 0 ? over->bg : merged.bg;
			merged.attrs |= over->attrs;
			last_to = intern(s, &merged);
			have = true;
		}
		c->ink = last_to;
	}
}

const struct ink *surface_ink(const struct surface *s, uint16_t ink)
{
	return &s->inks[ink < s->n_inks ? ink : 0];
}

void surface_dump(const struct surface *s, struct buf *b)
{
	for (int y = 0; y < s->rows; y++) {
		size_t from = b->len;
		for (int x = 0; x < s->cols; x++) {
			const struct cell *c = cell_at(s, y, x);
			buf_add(b, c->bytes, c->len);
		}
		while (b->len > from && b->p[b->len - 1] == ' ')
			buf_cut_to(b, b->len - 1);
		buf_add_char(b, '\n');
	}
}

void surface_dump_styles(const struct surface *s, struct buf *b)
{
	for (int y = 0; y < s->rows; y++) {
		for (int x = 0; x < s->cols; x++) {
			size_t style = 0;
			while (style < STYLE_COUNT_ && s->style_inks[style] != cell_at(s, y, x)->ink)
				style++;
			buf_add_char(b, style == STYLE_PLAIN ? '.' : style < STYLE_COUNT_ ? (char)('a' + style) : '+');
		}
		buf_add_char(b, '\n');
	}
}
