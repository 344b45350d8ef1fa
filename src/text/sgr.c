/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sgr.h"

/* Numbers of one escape; `sub` says that a colon, not a semicolon, stands before a number. An empty one is 0. */
struct params { int value[64]; bool sub[64]; size_t n; };

static struct params split_params(struct sv s)
{
	struct params p = { .n = 1 };

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == ';' || s.p[i] == ':') {
			if (p.n == ARRAY_LEN(p.value))
				break;
			p.sub[p.n++] = s.p[i] == ':';
			continue;
		}
		int *v = &p.value[p.n - 1];
		*v = MIN_OF(*v * 10 + (s.p[i] - '0'), 99999);
	}
	return p;
}

/* How many of the numbers after i are its own by colon. */
static size_t count_subs(const struct params *p, size_t i)
{
	size_t n = 0;

	while (i + 1 + n < p->n && p->sub[i + 1 + n])
		n++;
	return n;
}

static bool is_byte(int v)
{
	return v >= 0 && v <= 255;
}

/* A colour after 38, 48 or 58 at i: "5;n", "2;r;g;b", "5:n", "2:r:g:b" or "2:space:r:g:b". Gives how many numbers it took;
 * *ret is left where they make no colour. */
static size_t take_colour(const struct params *p, size_t i, int32_t *ret)
{
	size_t subs = count_subs(p, i), have = subs ? subs : p->n - i - 1;
	const int *v = &p->value[i + 1];

	if (have >= 2 && v[0] == 5) {
		if (is_byte(v[1]))
			*ret = v[1];
		return subs ? subs : 2;
	}
	if (have >= 4 && v[0] == 2) {
		const int *rgb = subs >= 5 ? v + 2 : v + 1;
		if (is_byte(rgb[0]) && is_byte(rgb[1]) && is_byte(rgb[2]))
			*ret = 0x1000000 | rgb[0] << 16 | rgb[1] << 8 | rgb[2];
		return subs ? subs : 4;
	}
	return have; /* cut off or unknown: what follows can't be told apart from it */
}

static void apply_attr(int n, struct esc_style *style)
{
	static const struct attr { unsigned char on, off; uint16_t bits; } attrs[] = {
		{ 1, 0, ESC_BOLD }, { 2, 0, ESC_FAINT }, { 0, 22, ESC_BOLD | ESC_FAINT }, { 3, 23, ESC_ITALIC },
		{ 4, 24, ESC_UNDERLINE }, { 21, 0, ESC_UNDERLINE }, { 7, 27, ESC_REVERSE }, { 8, 28, ESC_CONCEAL },
		{ 9, 29, ESC_STRIKE },
	};

	for (size_t i = 0; i < ARRAY_LEN(attrs); i++) {
		if (n == attrs[i].on)
			style->attrs |= attrs[i].bits;
		if (n == attrs[i].off)
			style->attrs &= (uint16_t)~attrs[i].bits;
	}
}

static void apply_one(int n, struct esc_style *style)
{
	if (n == 0)
		*style = ESC_STYLE_PLAIN;
	else if (n < 30)
		apply_attr(n, style);
	else if (n <= 37)
		style->fg = n - 30;
	else if (n == 39)
		style->fg = -1;
	else if (n >= 40 && n <= 47)
		style->bg = n - 40;
	else if (n == 49)
		style->bg = -1;
	else if (n >= 90 && n <= 97)
		style->fg = n - 90 + 8;
	else if (n >= 100 && n <= 107)
		style->bg = n - 100 + 8;
}

void sgr_apply(struct sv params, struct esc_style *style)
{
	struct params p = split_params(params);
	int32_t underline_colour = -1;

	for (size_t i = 0; i < p.n; i++) {
		int n = p.value[i];
		size_t subs = count_subs(&p, i);
		if (n == 38 || n == 48 || n == 58) {
			i += take_colour(&p, i, n == 38 ? &style->fg : n == 48 ? &style->bg : &underline_colour);
			continue;
		}
		if (n == 4 && subs && p.value[i + 1] == 0)
			n = 24; /* "4:0" is no underline; "4:3" a curly one */
		apply_one(n, style);
		i += subs;
	}
}
