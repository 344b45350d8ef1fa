/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_IMAGE_DIAGNOSE_LINES_H
#define BERTH_SRC_IMAGE_DIAGNOSE_LINES_H
/*
 * A raw log as plain lines: no escapes, of what carriage returns have overwritten the last state, without GitLab's timestamps and
 * section markers, lines that a runner has cut ("+") joined again. Lines are cut at LINE_MAX_BYTES.
 */
#include "berth/text.h"

enum { PLAIN_LINE_MAX_BYTES = 16 << 10 };
struct plain_line { struct sv text; uint64_t number /* of line ends before it */, offset /* bytes before it */; };
struct plain_lines {
	void (*line)(void *ctx, const struct plain_line *l);
	void *ctx;
	struct buf raw;                /* the line that is being read */
	struct buf joined;             /* the line that a "+" may still go on with */
	struct buf plain;
	bool has_joined;
	uint64_t number, offset, line_offset, joined_number, joined_offset;
};
void plain_lines_init(struct plain_lines *p, void (*line)(void *ctx, const struct plain_line *l), void *ctx);
void plain_lines_fini(struct plain_lines *p);
void plain_lines_feed(struct plain_lines *p, struct sv bytes);
void plain_lines_flush(struct plain_lines *p);   /* what has no line end yet counts as a line; feeding may go on */
#endif
