/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_STREAM_H
#define BERTH_ENGINE_STREAM_H
/* What comes in pieces: JSON lines (build, pull, events) and the eight-byte frames of attached output. Both can be fed in
 * pieces of any size with the same result. */
#include <jansson.h>
#include "berth/str.h"

#define LINES_MAX ((size_t)8 << 20)
struct lines { struct buf pending; };
#define LINES_INIT ((struct lines){ BUF_INIT_MAX(LINES_MAX) })
void lines_fini(struct lines *l);
/* Parses each whole line and hands it over (borrowed); `item` gives false to stop. Blank lines are skipped. ERR_DECODE: a
 * line is no JSON object; ERR_TOO_BIG: a line over LINES_MAX. */
int lines_feed(struct lines *l, struct sv bytes, bool (*item)(void *ctx, const json_t *j), void *ctx, struct err *reterr);
/* At the end of the stream: a last line without its line end counts. */
int lines_end(struct lines *l, bool (*item)(void *ctx, const json_t *j), void *ctx, struct err *reterr);
/* What an engine says went wrong in a stream whose status was 200; false when this line says nothing of the kind. */
bool stream_error(const json_t *line, struct err *ret);

/* {stream 0|1|2|3, 0, 0, 0, length (32 bit, big endian)} payload … 3 is a message of the engine itself. */
struct frames { unsigned char head[8]; unsigned n_head; uint32_t left; int stream; };
int frames_feed(struct frames *f, struct sv bytes, void (*piece)(void *ctx, int stream, struct sv bytes), void *ctx, struct err *reterr);
bool frames_between(const struct frames *f);   /* no frame is cut off */
#endif
