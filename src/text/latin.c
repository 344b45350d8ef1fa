/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Letters with marks as plain ones, for terminals that have ASCII alone. Which letter stands for which is the C library's knowledge
 * (iconv's transliteration); it has it in a UTF-8 locale only, so one is in force while it is asked. Where there is none, none is known.
 */
#include <iconv.h>
#include <locale.h>

#include "berth/text.h"

enum { FIRST = 0xc0, END = 0x250 }; /* Latin-1's letters and Latin Extended-A and -B */

/* One ASCII character in the place of these bytes, or '?'. */
static char ask(const char *bytes, size_t len)
{
	char in[8], out[8], *from = in, *to = out;
	size_t from_left = len, to_left = sizeof out;
	locale_t rich = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!rich)
		return '?';
	memcpy(in, bytes, len);
	locale_t before = uselocale(rich);
	iconv_t cd = iconv_open("ASCII//TRANSLIT", "UTF-8");
	bool known = cd != (iconv_t)-1 && iconv(cd, &from, &from_left, &to, &to_left) != (size_t)-1 && !from_left && to_left == sizeof out - 1;
	if (cd != (iconv_t)-1)
		iconv_close(cd);
	uselocale(before);
	freelocale(rich);
	return known && out[0] > ' ' && out[0] < 0x7f ? out[0] : '?';
}

const char *text_plain_letter(struct sv bytes)
{
	static char known[END - FIRST][2]; /* asked once; threads that ask at the same time write the same */
	uint32_t code;
	size_t n = utf8_next(bytes, &code);
	if (!n || code < FIRST || code >= END)
		return NULL;
	char *letter = known[code - FIRST];
	if (!__atomic_load_n(letter, __ATOMIC_RELAXED))
		__atomic_store_n(letter, ask(bytes.p, n), __ATOMIC_RELAXED);
	return *letter == '?' ? NULL : letter;
}
