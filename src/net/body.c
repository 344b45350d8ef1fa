/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies of HTTP/1 (RFC 9112 §6, §7) on a connection that curl does not read for us. */
#include <strings.h>
#include "net/head.h"

enum { CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER, CHUNK_OVER };
enum { CHUNK_LINE_MAX = 4096 };

int body_start(struct body *b, const struct head *h, struct err *reterr)
{
	const char *encoding = head_get(h, "transfer-encoding"), *length = head_get(h, "content-length");
	*b = (struct body){ .kind = BODY_TO_END };
	if (h->status == 204 || h->status == 304 || h->status < 200) {
		b->kind = BODY_LENGTH;
	} else if (encoding && !strcasecmp(encoding, "chunked")) {
		b->kind = BODY_CHUNKED;
	} else if (length) {
		b->kind = BODY_LENGTH;
		if (!sv_to_u64(sv_of(length), &b->left))
			return err_set(reterr, ERR_DECODE, "the answer has a Content-Length that is no number");
	}
	return 0;
}

static enum body_step take(struct body *b, struct sv *in, struct sv *ret_piece)
{
	size_t n = b->left < in->len ? (size_t)b->left : in->len;
	*ret_piece = (struct sv){ in->p, n };
	*in = (struct sv){ in->p + n, in->len - n };
	b->left -= n;
	return n ? BODY_PIECE : BODY_MORE;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of a chunk's size line, or of its extension. */
static bool size_byte(struct body *b, char c)
{
	if (++b->n_line > CHUNK_LINE_MAX)
		return false;
	if (c == '\n') {
		if (b->state == CHUNK_SIZE && b->n_line < 2)
			return false;                   /* no digit */
		b->state = b->left ? CHUNK_DATA : CHUNK_TRAILER;
		b->n_line = 0;
		return true;
	}
	if (b->state == CHUNK_EXTENSION)
		return true;
	int digit = hex_value(c);
	if (digit < 0) {
		b->state = CHUNK_EXTENSION;
		return b->n_line > 1 && strchr("; \t\r", c) != NULL && c;
	}
	if (b->left > (UINT64_MAX >> 4))
		return false;
	b->left = b->left << 4 | (unsigned)digit;
	return true;
}

static bool data_end_byte(struct body *b, char c)
{
	if (c == '\n') {
		b->state = CHUNK_SIZE;
		b->n_line = 0;
		return true;
	}
	return c == '\r' && !b->n_line++;
}

/* Trailers are skipped; an empty line ends them. n_line counts the bytes of the line that are not its end. */
static bool trailer_byte(struct body *b, char c)
{
	if (c == '\n') {
		if (!b->n_line)
			b->state = CHUNK_OVER;
		b->n_line = 0;
	} else if (c != '\r') {
		b->n_line++;
	}
	return b->n_line <= CHUNK_LINE_MAX;
}

static enum body_step next_chunked(struct body *b, struct sv *in, struct sv *ret_piece, struct err *reterr)
{
	while (in->len && b->state != CHUNK_OVER) {
		if (b->state == CHUNK_DATA) {
			enum body_step step = take(b, in, ret_piece);
			if (!b->left) {
				b->state = CHUNK_DATA_END;
				b->n_line = 0;
			}
			return step;
		}
		char c = *in->p;
		bool good = b->state == CHUNK_DATA_END ? data_end_byte(b, c) : b->state == CHUNK_TRAILER ? trailer_byte(b, c) : size_byte(b, c);
		if (!good) {
			err_set(reterr, ERR_DECODE, "the answer's chunks are damaged");
			return BODY_BAD;
		}
		in->p++;
		in->len--;
	}
	return b->state == CHUNK_OVER ? BODY_END : BODY_MORE;
}

enum body_step body_next(struct body *b, struct sv *in, struct sv *ret_piece, struct err *reterr)
{
	if (b->kind == BODY_CHUNKED)
		return next_chunked(b, in, ret_piece, reterr);
	if (b->kind == BODY_TO_END)
		b->left = in->len;
	else if (!b->left)
		return BODY_END;
	return take(b, in, ret_piece);
}
