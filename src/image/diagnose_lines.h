/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_IMAGE_DIAGNOSE_LINES_H
#define BERTH_SRC_IMAGE_DIAGNOSE_LINES_H
/*
 * A raw log as plain lines: without a runner's timestamps and with its lines whole (berth/trace.h), no escapes or section markers, of
 * what carriage returns have overwritten the last state. Lines are cut at PLAIN_LINE_MAX_BYTES.
 */
#include "berth/text.h"
#include "berth/trace.h"

enum { PLAIN_LINE_MAX_BYTES = 16 << 10 };
struct plain_line { struct sv text; uint64_t number /* of line ends before it */, offset /* bytes before it */; };
struct plain_lines {
	void (*line)(void *ctx, const struct plain_line *l);
	void *ctx;
	struct unstamp *unstamp;
	struct buf raw, plain;         /* the line that is being read; as it is seen */
	bool begun;
	uint64_t number, offset;       /* of where it began */
};
void plain_lines_init(struct plain_lines *p, void (*line)(void *ctx, const struct plain_line *l), void *ctx); /* p stays where it is */
void plain_lines_fini(struct plain_lines *p);
void plain_lines_feed(struct plain_lines *p, struct sv bytes);
void plain_lines_end(struct plain_lines *p);     /* what has no line end counts as a line, too */
#endif
