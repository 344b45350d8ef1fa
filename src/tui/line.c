/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/line.h"

enum { LINE_MAX_BYTES = 4096 };

void line_fini(struct line *l)
{
	buf_fini(&l->text);
}

void line_set(struct line *l, const char *text)
{
	buf_clear(&l->text);
	buf_add_str(&l->text, text);
	l->at = l->text.len;
}

static void insert(struct line *l, struct sv bytes)
{
	AUTO(buf_fini) struct buf tail = BUF_INIT;
	if (l->text.len + bytes.len > LINE_MAX_BYTES)
		return;
	buf_add(&tail, buf_str(&l->text) + l->at, l->text.len - l->at);
	buf_cut_to(&l->text, l->at);
	text_clean(&l->text, bytes);
	l->at = l->text.len;
	buf_add_sv(&l->text, buf_sv(&tail));
}

static void cut(struct line *l, size_t from, size_t to)
{
	AUTO(buf_fini) struct buf tail = BUF_INIT;
	buf_add(&tail, buf_str(&l->text) + to, l->text.len - to);
	buf_cut_to(&l->text, from);
	buf_add_sv(&l->text, buf_sv(&tail));
	l->at = from;
}

static size_t before(const struct line *l, size_t at)
{
	while (at > 0 && ((unsigned char)l->text.p[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t after(const struct line *l, size_t at)
{
	if (at < l->text.len)
		at++;
	while (at < l->text.len && ((unsigned char)l->text.p[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static size_t word_before(const struct line *l, size_t at)
{
	while (at > 0 && l->text.p[at - 1] == ' ')
		at--;
	while (at > 0 && l->text.p[at - 1] != ' ')
		at--;
	return at;
}

bool line_key(struct line *l, const struct key *k)
{
	const char *n = k->name;
	uint32_t code;
	if (strcmp(n, "paste") == 0)
		insert(l, k->text);
	else if (strcmp(n, "space") == 0)
		insert(l, SV(" "));
	else if (strcmp(n, "backspace") == 0 || strcmp(n, "ctrl-h") == 0)
		cut(l, l->text.len ? before(l, l->at) : 0, l->at);
	else if (strcmp(n, "delete") == 0)
		cut(l, l->at, after(l, l->at));
	else if (strcmp(n, "left") == 0 || strcmp(n, "ctrl-b") == 0)
		l->at = l->text.len ? before(l, l->at) : 0;
	else if (strcmp(n, "right") == 0)
		l->at = after(l, l->at);
	else if (strcmp(n, "home") == 0 || strcmp(n, "ctrl-a") == 0)
		l->at = 0;
	else if (strcmp(n, "end") == 0 || strcmp(n, "ctrl-e") == 0)
		l->at = l->text.len;
	else if (strcmp(n, "ctrl-u") == 0)
		cut(l, 0, l->at);
	else if (strcmp(n, "ctrl-w") == 0)
		cut(l, word_before(l, l->at), l->at);
	else if (utf8_next(sv_of(n), &code) == strlen(n) && *n)
		insert(l, sv_of(n));
	else
		return false;
	return true;
}

void line_draw(const struct line *l, struct surface *s, int y, int x, int w, enum style style, bool active)
{
	struct sv text = buf_sv(&l->text);
	int before_cursor = (int)text_width((struct sv){ text.p, l->at });
	while (before_cursor >= w && text.len) { /* scrolls so that the cursor is seen */
		struct glyph g;
		if (!text_next(&text, &g))
			break;
		before_cursor -= g.width;
	}
	surface_text(s, y, x, w, style, text);
	if (active && w > 0) {
		s->cursor_y = y;
		s->cursor_x = x + before_cursor;
		s->cursor_shown = true;
	}
}
