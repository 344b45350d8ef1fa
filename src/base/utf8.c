/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/str.h"

/* The second byte's range is what excludes over-long forms, surrogates and what lies over U+10FFFF (Unicode table 3-7). */
static const struct lead { unsigned char first, last, len, low2, high2; } leads[] = {
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

size_t utf8_next(struct sv s, uint32_t *ret_code)
{
	const unsigned char *p = (const unsigned char *)s.p;
	const struct lead *l = NULL;

	if (!s.len)
		return 0;
	if (p[0] < 0x80) {
		*ret_code = p[0];
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(leads) && !l; i++) {
		if (p[0] >= leads[i].first && p[0] <= leads[i].last)
			l = &leads[i];
	}
	if (!l || s.len < l->len || p[1] < l->low2 || p[1] > l->high2)
		return 0;
	uint32_t code = p[0] & (0x7f >> l->len);
	for (size_t i = 1; i < l->len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	*ret_code = code;
	return l->len;
}

size_t utf8_put(char out[4], uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = 0xfffd;
	size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)((0xf00 >> len & 0xff) | code);
	return len;
}

size_t utf8_floor(struct sv s, size_t max)
{
	uint32_t code;
	size_t cut = MIN_OF(s.len, max);

	/* At most three bytes back stands a lead byte; is its sequence whole before the cut? */
	for (size_t back = 1; back <= 3 && back <= cut; back++) {
		unsigned char c = (unsigned char)s.p[cut - back];
		if ((c & 0xc0) == 0x80)
			continue;
		if (c >= 0xc0 && !utf8_next((struct sv){ s.p + cut - back, back }, &code))
			return cut - back;
		return cut;
	}
	return cut;
}

/* Characters without a shape that steer what is around them: they could reorder, hide or fake text. In order. */
static const struct range { uint32_t first, last; } controls[] = {
	{ 0x0000, 0x001f },
	{ 0x007f, 0x009f },
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200f },   /* zero-width space and joiners, left-to-right and right-to-left marks */
	{ 0x2028, 0x202e },   /* line and paragraph separators, embeddings and overrides */
	{ 0x2060, 0x206f },   /* word joiner, invisible operators, isolates */
	{ 0xfeff, 0xfeff },   /* byte-order mark */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0x1bca0, 0x1bca3 }, /* shorthand format controls */
	{ 0x1d173, 0x1d17a }, /* musical format controls */
	{ 0xe0000, 0xe01ef }, /* tags, variation selectors supplement */
};

bool utf8_steers(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(controls) && code >= controls[i].first; i++) {
		if (code <= controls[i].last)
			return true;
	}
	return false;
}
