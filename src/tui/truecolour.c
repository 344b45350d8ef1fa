/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/truecolour.h"

#include "tui/theme.h"

enum { FIRST = 16, LAST = 255 };

void colour_slots_init(struct colour_slots *s)
{
	for (int i = 0; i <= LAST; i++)
		s->colour[i] = i < FIRST ? i : -1;
}

static int distance(int32_t a, int32_t b)
{
	int sum = 0;
	for (int shift = 0; shift <= 16; shift += 8) {
		int d = (a >> shift & 255) - (b >> shift & 255);
		sum += d * d;
	}
	return sum;
}

/* Colours of the palette's cube and greys keep their own number while it is free; others take the highest free one. */
int colour_slots_take(struct colour_slots *s, int32_t colour)
{
	int best = FIRST, least = 1 << 30;
	if (colour < FIRST)
		return colour;
	for (int i = FIRST; i <= LAST; i++)
		if (s->colour[i] == colour)
			return i;
	if (colour <= LAST && s->colour[colour] < 0) {
		s->colour[colour] = colour;
		return colour;
	}
	int32_t rgb = colour <= LAST ? ink_rgb_of_256(colour) : colour;
	for (int i = LAST; i >= FIRST; i--) {
		if (s->colour[i] < 0) {
			s->colour[i] = 0x1000000 | rgb;
			return i;
		}
		int d = distance(rgb, s->colour[i] <= LAST ? ink_rgb_of_256(s->colour[i]) : s->colour[i]);
		if (d < least) {
			least = d;
			best = i;
		}
	}
	return best;
}

/* The number at p, ended by m; 0: it is none. Gives its length without the m. */
static size_t number_at(const char *p, const char *end, int *ret)
{
	size_t n = 0;
	for (*ret = 0; p + n < end && n < 3 && p[n] >= '0' && p[n] <= '9'; n++)
		*ret = *ret * 10 + (p[n] - '0');
	return n && p + n < end && p[n] == 'm' && *ret <= LAST ? n : 0;
}

void colour_slots_translate(const struct colour_slots *s, struct sv bytes, struct buf *out)
{
	const char *p = bytes.p, *end = bytes.p + bytes.len, *from = p;
	while (p < end && (p = memchr(p, '\033', (size_t)(end - p)))) {
		int number;
		bool ground = end - p > 8 && p[1] == '[' && (p[2] == '3' || p[2] == '4') && memcmp(p + 3, "8;5;", 4) == 0;
		size_t n = ground ? number_at(p + 7, end, &number) : 0;
		if (!n || s->colour[number] <= LAST) {
			p++;
			continue;
		}
		int32_t c = s->colour[number];
		buf_add(out, from, (size_t)(p - from));
		buf_addf(out, "\033[%c8;2;%d;%d;%dm", p[2], c >> 16 & 255, c >> 8 & 255, c & 255);
		p += 7 + n + 1;
		from = p;
	}
	buf_add(out, from, (size_t)(end - from));
}
