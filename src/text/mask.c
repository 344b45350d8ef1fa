/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <strings.h>

#include "berth/macros.h"
#include "berth/text.h"

static bool is_token(unsigned char c)
{
	return isalnum(c) || (c && strchr("-_.~+/=%", c));
}

static size_t run(const char *p, size_t i, size_t n)
{
	while (i < n && is_token((unsigned char)p[i]))
		i++;
	return i;
}

static size_t hide(char *p, size_t from, size_t to)
{
	if (to > from)
		memset(p + from, '*', to - from);
	return to;
}

/* "token=", "Bearer " … at i: where the secret begins; 0: none does. */
static size_t after_word(const char *p, size_t i, size_t n)
{
	static const char *const words[] = { "token=", "token: ", "password=", "passwd=", "secret=", "api_key=", "bearer ", "authorization: basic ", "ghp_", "github_pat_", "hf_" };
	for (size_t w = 0; w < ARRAY_LEN(words); w++) {
		size_t len = strlen(words[w]);
		if (n - i > len && (p[i] | 0x20) == words[w][0] && strncasecmp(p + i, words[w], len) == 0)
			return i + len;
	}
	return 0;
}

/* "glpat-…" and its kin of GitLab. */
static size_t after_prefix(const char *p, size_t i, size_t n)
{
	size_t k = i + 2;
	if (n - i < 12 || p[i] != 'g' || p[i + 1] != 'l' || (i && isalnum((unsigned char)p[i - 1])))
		return 0;
	while (k < n && k < i + 9 && p[k] >= 'a' && p[k] <= 'z')
		k++;
	return k < n && p[k] == '-' && run(p, k + 1, n) - k > 12 ? k + 1 : 0;
}

/* "://user:password@" at i. */
static size_t hide_userinfo(char *p, size_t i, size_t n)
{
	size_t colon = 0, k = i + 3;
	for (; k < n && p[k] != '/' && p[k] != '@' && (unsigned char)p[k] > ' '; k++)
		if (p[k] == ':' && !colon)
			colon = k + 1;
	if (k < n && p[k] == '@' && colon)
		return hide(p, colon, k);
	return i + 3;
}

void text_mask(char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t from = 0;
		switch (p[i] | 0x20) {
		case 'g':
			from = after_prefix(p, i, n);
			FALLTHROUGH;
		case 't': case 'p': case 's': case 'a': case 'b': case 'h':
			from = from ? from : after_word(p, i, n);
			break;
		default:
			if (p[i] == ':' && n - i > 4 && p[i + 1] == '/' && p[i + 2] == '/') {
				i = hide_userinfo(p, i, n);
				continue;
			}
			break;
		}
		i = from ? MAX_OF(hide(p, from, run(p, from, n)), i + 1) : i + 1;
	}
}
