/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_LOGSCAN_H
#define BERTH_SRC_TUI_LOGSCAN_H
/* The lines of a log that a pattern matches (or does not), from the start on, as far as the log has got. What is matched is what
 * is shown: without timestamps and escapes. Little is looked through at once, much by a worker, which can be left at any time. */
#include "berth/loop.h"
#include "berth/pattern.h"
#include "tui/logstore.h"
#include "tui/offlist.h"

struct logscan {
	struct logstore *store;
	struct loop *loop;
	struct pattern *pattern;       /* NULL: nothing is looked for */
	bool invert;
	struct matcher *matcher;       /* of this thread */
	struct offlist lines;          /* starts of the lines */
	uint64_t to;                   /* bytes looked through */
	uint64_t too_hard;             /* lines that the pattern was given up on */
	bool gave_up;                  /* on the pattern as a whole */
	struct loop_work *work;
	void (*changed)(void *ctx);
	void *ctx;
};
void logscan_init(struct logscan *s, struct logstore *store, struct loop *l, void (*changed)(void *ctx), void *ctx);
void logscan_fini(struct logscan *s);
void logscan_start(struct logscan *s, struct pattern *p /* taken over; NULL: for nothing */, bool invert);
void logscan_advance(struct logscan *s, bool ended);    /* there is more in the store */
/* The part of a line that is shown, without its escapes; borrowed from raw or from b. */
struct sv log_plain(struct sv raw, struct buf *b);
#endif
