/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_LOGVIEW_H
#define BERTH_SRC_TUI_LOGVIEW_H
/*
 * A log as a person sees it: its lines without those that have nothing to show, those that belong to the line before (GitLab's '+'),
 * those in folded sections, and those that a filter leaves out. Lines are known by where they start in the log, so that the end
 * of a log of a gigabyte can be seen before anybody knows how many there are.
 */
#include "tui/logindex.h"
#include "tui/logline.h"
#include "tui/logscan.h"

#define LOG_NOWHERE UINT64_MAX
struct logview {
	struct logstore store;
	struct logindex index;
	struct logscan hits, filter, errors;
	bool stamped, looked;          /* whether the log has timestamps; whether that is known */
	bool mask;
};
void logview_init(struct logview *v, struct loop *l, void (*changed)(void *ctx), void *ctx);
void logview_fini(struct logview *v);
void logview_advance(struct logview *v, bool ended);    /* there is more in the store */

uint64_t logview_next(struct logview *v, uint64_t at);  /* LOG_NOWHERE: none */
uint64_t logview_prev(struct logview *v, uint64_t at);
uint64_t logview_first(struct logview *v);
uint64_t logview_last(struct logview *v);
uint64_t logview_near(struct logview *v, uint64_t at);  /* at itself when it is seen, else the one before, else the one after */
/* The line as it is drawn; carried: the style it begins with (logview_carried, or esc.style of the line before). */
void logview_line(struct logview *v, uint64_t at, const struct esc_style *carried, struct logline *l);
struct esc_style logview_carried(struct logview *v, uint64_t at);
bool logview_stamp(struct logview *v, uint64_t at, char ret[28]); /* its time as GitLab's runner wrote it */
struct log_section *logview_section(struct logview *v, uint64_t at); /* the innermost around it, its first line included; NULL */
void logview_unfold_to(struct logview *v, uint64_t at); /* so that it is seen */
void logview_fold_all(struct logview *v, bool folded);
#endif
