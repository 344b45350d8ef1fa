/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encodings that add to a buffer. */
#include "berth/str.h"

static const char hex_digits[] = "0123456789abcdef";

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_one_of(char c, const char *set)
{
	return c && set && strchr(set, c);
}

void buf_add_urlencoded(struct buf *b, struct sv s, const char *keep)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (is_alnum(s.p[i]) || is_one_of(s.p[i], "-._~") || is_one_of(s.p[i], keep))
			buf_add_char(b, s.p[i]);
		else
			buf_add(b, (char[]){ '%', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15] }, 3);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool buf_add_urldecoded(struct buf *b, struct sv s, bool plus)
{
	size_t before = b->len;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '%') {
			buf_add_char(b, plus && s.p[i] == '+' ? ' ' : s.p[i]);
			continue;
		}
		int high = i + 2 < s.len ? hex_digit(s.p[i + 1]) : -1, low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
		if (low < 0 || (!high && !low)) {
			buf_cut_to(b, before);
			return false;
		}
		buf_add_char(b, (char)(high << 4 | low));
		i += 2;
	}
	return true;
}

void buf_add_base64(struct buf *b, const void *p, size_t len, bool url_alphabet)
{
	static const char alphabets[2][65] = {
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
	};
	const char *alphabet = alphabets[url_alphabet];
	const unsigned char *in = p;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = MIN_OF(len - i, (size_t)3);
		uint32_t bits = (uint32_t)in[i] << 16 | (n > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (n > 2 ? in[i + 2] : 0);
		char four[4] = { alphabet[bits >> 18], alphabet[bits >> 12 & 63], '=', '=' };
		if (n > 1)
			four[2] = alphabet[bits >> 6 & 63];
		if (n > 2)
			four[3] = alphabet[bits & 63];
		buf_add(b, four, 4);
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* Up to two '=' off the end, where they make the length a multiple of four. */
static struct sv strip_padding(struct sv s)
{
	for (int i = 0; i < 2 && (s.len + (size_t)i) % 4 == 0 && s.len && s.p[s.len - 1] == '='; i++)
		s.len--;
	return s;
}

bool buf_add_base64_decoded(struct buf *b, struct sv s)
{
	size_t start = b->len;
	uint32_t bits = 0;
	int n_bits = 0;

	s = strip_padding(s);
	for (size_t i = 0; i < s.len; i++) {
		int v = base64_value(s.p[i]);
		if (v < 0)
			goto bad;
		bits = (bits << 6 | (uint32_t)v) & 0xfffff;
		n_bits += 6;
		if (n_bits >= 8)
			buf_add_char(b, (char)(bits >> (n_bits -= 8)));
	}
	if (n_bits < 6 && !(bits & ((1u << n_bits) - 1))) /* what is left over is padding: under a character, and zero */
		return true;
bad:
	buf_cut_to(b, start);
	return false;
}

void buf_add_json_escape(struct buf *b, uint32_t code)
{
	static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	for (size_t i = 0; i + 1 < sizeof named; i += 2)
		if (code == (unsigned char)named[i]) {
			buf_add(b, (char[]){ '\\', named[i + 1] }, 2);
			return;
		}
	if (code > 0xffff)
		buf_addf(b, "\\u%04x\\u%04x", 0xd800 + (unsigned)((code - 0x10000) >> 10), 0xdc00 + (unsigned)(code & 0x3ff));
	else
		buf_addf(b, "\\u%04x", (unsigned)code);
}

static bool is_plain_in_json(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void buf_add_json_string(struct buf *b, struct sv s)
{
	buf_add_char(b, '"');
	while (s.len) {
		size_t n = 0; /* in one go: a gigabyte of log comes through here */
		uint32_t code;
		while (n < s.len && is_plain_in_json((unsigned char)s.p[n]))
			n++;
		buf_add(b, s.p, n);
		s.p += n;
		s.len -= n;
		if (!s.len)
			break;
		n = utf8_next(s, &code);
		if (!n)
			buf_add_str(b, "\\ufffd");
		else if (code == '"' || code == '\\' || utf8_steers(code))
			buf_add_json_escape(b, code);
		else
			buf_add(b, s.p, n);
		s.p += MAX_OF(n, (size_t)1);
		s.len -= MAX_OF(n, (size_t)1);
	}
	buf_add_char(b, '"');
}

void buf_add_hex(struct buf *b, const void *p, size_t len)
{
	const unsigned char *in = p;

	for (size_t i = 0; i < len; i++)
		buf_add(b, (char[]){ hex_digits[in[i] >> 4], hex_digits[in[i] & 15] }, 2);
}

void buf_add_shell_quoted(struct buf *b, struct sv s)
{
	bool plain = s.len > 0;

	for (size_t i = 0; i < s.len && plain; i++)
		plain = is_alnum(s.p[i]) || is_one_of(s.p[i], "-_./:@%+,");
	if (plain) {
		buf_add_sv(b, s);
		return;
	}
	buf_add_char(b, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\'')
			buf_add_str(b, "'\\''");
		else if (s.p[i]) /* a word of a shell can't hold a NUL */
			buf_add_char(b, s.p[i]);
	}
	buf_add_char(b, '\'');
}

enum { SLUG_MAX = 100, SLUG_HASH = 12 };

static bool is_slug_char(char c)
{
	return is_alnum(c) || is_one_of(c, "._-");
}

static bool is_slug(struct sv s)
{
	if (!s.len || s.len > SLUG_MAX || s.p[0] == '.' || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_slug_char(s.p[i]))
			return false;
	}
	return true;
}

void buf_add_slug(struct buf *b, struct sv s)
{
	size_t n = 0;

	if (is_slug(s)) {
		buf_add_sv(b, s);
		return;
	}
	for (size_t i = 0; i < s.len && n < SLUG_MAX - SLUG_HASH - 1; i++) {
		char c = is_slug_char(s.p[i]) ? s.p[i] : '-';
		if ((c == '-' || c == '.') && !n)
			continue;
		if (c == '-' && i && !is_slug_char(s.p[i - 1]))
			continue; /* one dash for a run of what can't stand */
		buf_add_char(b, c);
		n++;
	}
	uint64_t hash = hash_bytes(s.p, s.len);
	if (n)
		buf_add_char(b, '-');
	for (int i = SLUG_HASH - 1; i >= 0; i--)
		buf_add_char(b, hex_digits[hash >> (4 * i) & 15]);
}

uint64_t hash_bytes(const void *p, size_t len)
{
	const unsigned char *in = p;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ in[i]) * 0x100000001b3u;
	return hash;
}
