/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_LINE_H
#define BERTH_SRC_TUI_LINE_H
/* A line that a person types, and the prompt at the bottom that asks for one. */
#include "tui/keys.h"
#include "tui/surface.h"

struct line { struct buf text; size_t at; };            /* at: byte offset of the cursor */
void line_fini(struct line *l);
void line_set(struct line *l, const char *text);
bool line_key(struct line *l, const struct key *k);     /* true: used */
/* Draws as much of it as fits, with the cursor in view. */
void line_draw(const struct line *l, struct surface *s, int y, int x, int w, enum style style, bool active);

struct tui;
struct prompt {
	struct line line;
	const char *label;             /* NULL: no prompt is open */
	void (*changed)(struct tui *t, const char *text); /* after each key; may be NULL */
	void (*done)(struct tui *t, const char *text, bool accepted);
};
#endif
