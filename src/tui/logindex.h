/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_LOGINDEX_H
#define BERTH_SRC_TUI_LOGINDEX_H
/*
 * What is known of a log as a whole: how many lines, where each 64th starts, and its sections. Short pieces are looked at as they
 * come, long ones by a worker.
 */
#include "berth/loop.h"
#include "berth/map.h"
#include "berth/vec.h"
#include "tui/logstore.h"

struct log_section {
	uint64_t from;                 /* start of the line with its start marker */
	uint64_t to;                   /* … with its end marker; UINT64_MAX: open */
	int64_t start_s, end_s;
	uint32_t parent;               /* index + 1; 0: none */
	bool folded;
};
struct logindex {
	struct logstore *store;
	struct loop *loop;
	uint64_t to;                   /* bytes looked at */
	uint64_t n_ends;               /* line ends among them */
	VEC(uint64_t) anchors;         /* of lines 0, 64, 128 … */
	VEC(struct log_section) sections; /* by their start */
	struct map *open;              /* hash of a name -> index + 1 */
	uint32_t innermost;            /* index + 1 */
	struct loop_work *work;
	void (*changed)(void *ctx);
	void *ctx;
};
void logindex_init(struct logindex *x, struct logstore *s, struct loop *l, void (*changed)(void *ctx), void *ctx);
void logindex_fini(struct logindex *x);                 /* ends what a worker does */
/* There is more in the store. ended: nothing follows, so an unfinished line counts. */
void logindex_advance(struct logindex *x, bool ended);
bool logindex_done(const struct logindex *x);           /* everything in the store has been looked at */
uint64_t logindex_lines(const struct logindex *x);      /* the unfinished last one counts */
uint64_t logindex_line_of(struct logindex *x, uint64_t offset); /* number from 0; offset < to */
uint64_t logindex_offset(struct logindex *x, uint64_t line); /* UINT64_MAX: not known (yet) */
/* The innermost section whose lines (its first one included) are around offset; NULL: none. */
struct log_section *logindex_section(const struct logindex *x, uint64_t offset);
#endif
