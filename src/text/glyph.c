/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <wchar.h>
#include "berth/text.h"

/* What a cell of ncurses holds: a base character and four marks. */
enum { MARKS_MAX = 4 };

#define SHOWN_CONTROL "\xc2\xb7"       /* U+00B7, a middle dot */
#define SHOWN_INVALID "\xef\xbf\xbd"   /* U+FFFD */
#define DOTTED_CIRCLE "\xe2\x97\x8c"   /* U+25CC, what Unicode shows a lone mark on */

/* Joiners and variation selectors choose a shape for the character before them, and with it, in some terminals, another
 * width than wcwidth()'s sum. They are swallowed there: a family shows as its members. Anywhere else they only hide
 * something, and are replaced. */
static bool is_shape_choice(uint32_t code, bool after_ascii)
{
	if (code >= 0xfe00 && code <= 0xfe0f)
		return true;
	return !after_ascii && (code == 0x200c || code == 0x200d || (code >= 0xe0100 && code <= 0xe01ef));
}

static void advance(struct sv *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

static void append(struct glyph *g, const char *bytes, size_t len)
{
	memcpy(g->bytes + g->len, bytes, len);
	g->len = (unsigned char)(g->len + len);
	g->bytes[g->len] = '\0';
}

static bool replace(struct glyph *g, const char *shown)
{
	g->len = 0;
	append(g, shown, strlen(shown));
	g->width = 1;
	g->replaced = true;
	return true;
}

static void take_marks(struct sv *rest, struct glyph *g, int n_marks)
{
	bool after_ascii = (unsigned char)g->bytes[0] < 0x80;
	uint32_t code;
	size_t n;

	while (rest->len && (unsigned char)rest->p[0] >= 0x80 && (n = utf8_next(*rest, &code))) {
		if (is_shape_choice(code, after_ascii)) {
			advance(rest, n);
			continue;
		}
		if (utf8_steers(code) || wcwidth((wchar_t)code) != 0)
			return;
		if (n_marks < MARKS_MAX)
			append(g, rest->p, n);
		else
			g->replaced = true; /* a tower of marks runs into other rows: its top is taken off */
		n_marks++;
		advance(rest, n);
	}
}

static bool lone_mark(struct sv *rest, struct glyph *g, size_t n)
{
	replace(g, DOTTED_CIRCLE);
	append(g, rest->p, n);
	advance(rest, n);
	take_marks(rest, g, 1);
	return true;
}

bool text_next(struct sv *rest, struct glyph *ret)
{
	uint32_t code;
	size_t n;

	if (!rest->len)
		return false;
	*ret = (struct glyph){ .width = 1 };
	if (!(n = utf8_next(*rest, &code))) {
		advance(rest, 1);
		return replace(ret, SHOWN_INVALID);
	}
	if (utf8_steers(code)) {
		advance(rest, n);
		return replace(ret, code == '\t' ? " " : SHOWN_CONTROL);
	}
	int width = code < 0x80 ? 1 : wcwidth((wchar_t)code);
	if (width == 0)
		return lone_mark(rest, ret, n);
	if (width < 0 || width > 2) { /* not assigned, as far as the C library knows: nobody can tell its width. In the C locale that is all but ASCII */
		const char *plain = text_plain_letter((struct sv){ rest->p, n });
		advance(rest, n);
		return replace(ret, plain ? plain : SHOWN_INVALID);
	}
	append(ret, rest->p, n);
	ret->width = (unsigned char)width;
	advance(rest, n);
	take_marks(rest, ret, 0);
	return true;
}

struct sv text_ascii_fallback(const struct glyph *g)
{
	if ((unsigned char)g->bytes[0] < 0x80) /* alone, or with marks */
		return (struct sv){ g->bytes, 1 };
	const char *plain = g->width == 1 ? text_plain_letter((struct sv){ g->bytes, g->len }) : NULL;
	if (plain)
		return (struct sv){ plain, 1 };
	return g->width == 2 ? SV("??") : SV("?");
}
