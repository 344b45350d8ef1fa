/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TEXT_TRACE_IMPL_H
#define BERTH_SRC_TEXT_TRACE_IMPL_H
/* The converter's state. */
#include "berth/map.h"
#include "berth/trace.h"
#include "berth/vec.h"

struct trace_section { char *name; int64_t at_s; struct trace_section *before, *after; };
enum trace_stamps { STAMPS_UNKNOWN, STAMPS_NO, STAMPS_YES };

struct trace {
	uint64_t pos;                  /* of the byte that comes next */
	enum trace_stamps stamps;      /* whether the log's first line has a timestamp */
	/* between lines: the bytes after a line end, until it is known whether they go on with the line */
	bool peeking;
	char peek[TRACE_HEADER];
	size_t n_peek;
	/* in a line: what may become a marker or a timestamp; two, so that one can be read while the other is written */
	struct buf held[2];
	int turn;
	uint64_t held_at;
	bool pending_cr;               /* of "\r\n", or one that clears the line */
	char escape;                   /* 0, ESC, or the byte after it */
	char params[256];
	size_t n_params;
	/* the line */
	struct buf text, options;
	VEC(struct trace_segment) segments;
	size_t segment_from;
	struct trace_style style;
	struct trace_section *in;
	uint64_t offset;
	char stamp[TRACE_STAMP + 1];
	bool header, at_start, cut;
	/* what another converter needs to begin at this line: where its bytes start, and what was so there */
	uint64_t resume;
	struct trace_style style_then;
	char stamp_then[TRACE_STAMP + 1];
	bool keep_offset;              /* begun there: the line has its offset already */

	struct map *sections;
	struct trace_section *last_section;
	size_t names_len;
	trace_line_fn line;
	void *ctx;
};
struct trace_section *trace_open_section(struct trace *t, struct sv name, int64_t at_s); /* NULL: too many */
void trace_close_section(struct trace *t, struct trace_section *s);
#endif
