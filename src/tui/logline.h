/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_LOGLINE_H
#define BERTH_SRC_TUI_LOGLINE_H
/* One line of a log as it is drawn: escapes become inks, what moves a terminal is gone, tabs are expanded, section markers are
 * taken out, of what carriage returns wrote over each other the last is left, and secrets are masked. */
#include "berth/pattern.h"
#include "berth/vec.h"
#include "tui/surface.h"

enum { LOG_LINE_MAX = 64 * 1024 };                      /* bytes of a line that are shown */
struct log_span { uint32_t from, len; struct ink ink; enum style style; bool coloured; };
struct logline {
	struct buf text;
	VEC(struct log_span) spans;
	size_t width;
	struct esc_parser esc;         /* after it, esc.style is what the next line begins with */
	bool again, cut;
	bool header;                   /* a section starts here */
};
/* l is zeroed before its first use; used again and again. A line is made of one or more pieces. */
void logline_begin(struct logline *l, const struct esc_style *carried);
void logline_add(struct logline *l, struct sv raw);
void logline_end(struct logline *l, bool mask);
void logline_set(struct logline *l, struct sv raw);     /* all three, plain to begin with, masked */
void logline_fini(struct logline *l);
/* Columns skip … skip + w of it at y, x. */
void logline_draw(const struct logline *l, struct surface *s, struct rect at, size_t skip);
/* Over it, what matches in another style; m NULL: nothing. */
void logline_mark(const struct logline *l, struct surface *s, struct rect at, size_t skip, struct matcher *m, enum style style);
enum style logline_style(struct sv text);               /* of a builder's own lines: steps, results, errors */
/* Whether a line has nothing to show but is there for its end markers. */
bool logline_only_ends(struct sv raw);
extern const char log_error_pattern[];                  /* what a line that looks like an error has */
#endif
