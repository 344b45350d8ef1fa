/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NET_HEAD_H
#define NET_HEAD_H
/* The head of an HTTP/1 response (RFC 9112 §2–5), read line by line from curl or at once from a hijacked connection. */
#include "berth/net.h"
#include "berth/vec.h"

struct head {
	int status;
	struct buf text;                /* "name\0value\0…" */
	VEC(size_t) starts;             /* of each name and value in text */
	VEC(struct net_header) headers; /* after head_finish */
	bool big;
};
enum { HEAD_MAX_BYTES = 8 << 10 };

void head_fini(struct head *h);
void head_clear(struct head *h);
/* One line, with or without its end. The status line clears what was there. 0 or ERR_DECODE / ERR_TOO_BIG. */
int head_add_line(struct head *h, struct sv line, size_t max_bytes, struct err *reterr);
void head_finish(struct head *h);
void head_response(const struct head *h, struct net_response *ret);
const char *head_get(const struct head *h, const char *lower_name);     /* NULL when absent */
/* Reads a whole head off the front of bytes. Returns its length; 0: more bytes are needed; negative: an error. */
long head_parse(struct head *h, struct sv bytes, struct err *reterr);

/* The body behind such a head: its length given, in chunks, or up to the end of the connection. */
struct body { enum { BODY_LENGTH, BODY_TO_END, BODY_CHUNKED } kind; int state; uint64_t left; unsigned n_line; };
enum body_step { BODY_PIECE, BODY_MORE, BODY_END, BODY_BAD };
int body_start(struct body *b, const struct head *h, struct err *reterr);
/* Takes from *in; a piece (BODY_PIECE) is a part of it. */
enum body_step body_next(struct body *b, struct sv *in, struct sv *ret_piece, struct err *reterr);
#endif
