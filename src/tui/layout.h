/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_LAYOUT_H
#define BERTH_SRC_TUI_LAYOUT_H
/*
 * Where things are, from the size alone: a pure function. A pane's rectangle has its title in the first row.
 *   under 40x10            a note that asks for more room
 *   under 72 or 22 rows    one pane, a row of tabs above, two lines of what is selected below
 *   72 to 119              lists on the left, what is looked at on the right
 *   from 120               the same; the right side has a second and a third part below
 *   from 220               what runs there and its log have a column of their own, always to be seen
 *   to 84, from 46 rows    lists above, what is looked at below
 */
#include "tui/surface.h"

enum pane { PANE_PROJECTS, PANE_BRANCHES, PANE_COMMITS, PANE_SESSIONS, PANE_MAIN, PANE_COUNT };
enum layout_kind { LAYOUT_TINY, LAYOUT_SINGLE, LAYOUT_TWO, LAYOUT_STACKED, LAYOUT_PORTRAIT, LAYOUT_KINDS };
enum zoom { ZOOM_NONE, ZOOM_HALF, ZOOM_FULL, ZOOM_COUNT };
struct layout {
	enum layout_kind kind;
	struct rect panes[PANE_COUNT]; /* h 0: not shown */
	struct rect status, tabs, preview, message, keys; /* h 0: not there */
	struct rect session, log;      /* LAYOUT_STACKED: parts below the main one */
	int divider, divider2;         /* columns of the rules between left and right, right and log; -1: none */
	int divider_h;
};
enum { SPLITS = 3 };               /* as it is, more room for the lists, more for what is looked at */
struct layout_wish { enum pane focus; enum zoom zoom; const unsigned char *split; /* of LAYOUT_KINDS; NULL: as it is */ };
void layout_one_log(struct layout *l);                   /* the main pane shows the log: it has the room of all parts */
void layout_compute(struct layout *l, int rows, int cols, const struct layout_wish *wish);
#endif
