/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/layout.h"

enum { LISTS = 4, LEAST_ROWS = 3 /* a title and two rows */, THREE_COLUMNS = 220 };

/* Shares h rows among the lists by weight; nobody gets less than a title and two rows, the last rounding goes to the commits. */
static void share(struct layout *l, struct rect r, enum pane focus, bool accordion)
{
	int weights[LISTS] = { 4, 4, 8, 4 }, sum = 0, left = r.h, heights[LISTS];
	if (accordion && focus != PANE_MAIN)
		weights[focus] += focus == PANE_COMMITS ? 0 : 3;
	for (int i = 0; i < LISTS; i++)
		sum += weights[i];
	for (int i = 0; i < LISTS; i++) {
		heights[i] = MAX_OF(r.h * weights[i] / sum, LEAST_ROWS);
		left -= heights[i];
	}
	heights[PANE_COMMITS] = MAX_OF(heights[PANE_COMMITS] + left, LEAST_ROWS);
	for (int i = 0, y = r.y; i < LISTS; i++) {
		l->panes[i] = (struct rect){ y, r.x, MIN_OF(heights[i], r.y + r.h - y), r.w };
		y += l->panes[i].h;
	}
}

static void single(struct layout *l, struct rect body, enum pane focus, enum zoom zoom)
{
	l->kind = LAYOUT_SINGLE;
	l->tabs = (struct rect){ body.y, 0, 1, body.w };
	body.y++;
	body.h--;
	if (focus != PANE_MAIN && body.h >= 9 && zoom != ZOOM_FULL) {
		l->preview = (struct rect){ body.y + body.h - 2, 0, 2, body.w };
		body.h -= 2;
	}
	l->panes[focus] = body;
}

static void stack_right(struct layout *l, struct rect r)
{
	l->panes[PANE_MAIN] = r;
	if (r.h < 30)
		return;
	int session = 9, log = MAX_OF(r.h * 2 / 5, 8);
	int main = r.h - session - log;
	l->panes[PANE_MAIN].h = main;
	l->session = (struct rect){ r.y + main, r.x, session, r.w };
	l->log = (struct rect){ r.y + main + session, r.x, log, r.w };
}

/* From 220 columns the log needs nobody else's room. */
static void third_column(struct layout *l, struct rect r)
{
	int main = r.w * 11 / 20, session = MIN_OF(r.h / 3, 16);
	l->panes[PANE_MAIN] = (struct rect){ r.y, r.x, r.h - session, main };
	l->session = (struct rect){ r.y + r.h - session, r.x, session, main };
	l->divider2 = r.x + main;
	l->log = (struct rect){ r.y, r.x + main + 1, r.h, r.w - main - 1 };
}

static int share_of_lists(int cols, bool stacked, unsigned split)
{
	static const int percents[2][SPLITS] = { { 44, 58, 32 }, { 36, 50, 26 } };
	int least = stacked && split != 2 ? 52 : 30;
	return MAX_OF(cols * percents[stacked][split < SPLITS ? split : 0] / 100, least);
}

static void side_by_side(struct layout *l, struct rect body, const struct layout_wish *wish, bool stacked)
{
	enum pane focus = wish->focus;
	enum zoom zoom = wish->zoom;
	enum layout_kind kind = stacked ? LAYOUT_STACKED : LAYOUT_TWO;
	int left = share_of_lists(MIN_OF(body.w, THREE_COLUMNS), stacked, wish->split ? wish->split[kind] : 0);
	if (zoom == ZOOM_HALF)
		left = focus == PANE_MAIN ? body.w / 4 : body.w * 3 / 5;
	l->kind = kind;
	l->divider = left;
	l->divider_h = body.h;
	share(l, (struct rect){ body.y, 0, body.h, left }, focus, body.h < 30);
	struct rect right = { body.y, left + 1, body.h, body.w - left - 1 };
	if (body.w >= THREE_COLUMNS && zoom == ZOOM_NONE && body.h >= 24)
		third_column(l, right);
	else if (stacked && !(zoom == ZOOM_HALF && focus == PANE_MAIN))
		stack_right(l, right);
	else
		l->panes[PANE_MAIN] = right;
}

static void portrait(struct layout *l, struct rect body, enum pane focus, enum zoom zoom)
{
	int above = zoom == ZOOM_HALF && focus == PANE_MAIN ? MAX_OF(body.h / 3, LISTS * LEAST_ROWS) : body.h * 3 / 5;
	l->kind = LAYOUT_PORTRAIT;
	share(l, (struct rect){ body.y, 0, above, body.w }, focus, false);
	l->panes[PANE_MAIN] = (struct rect){ body.y + above, 0, body.h - above, body.w };
}

void layout_one_log(struct layout *l)
{
	struct rect *main = &l->panes[PANE_MAIN];
	if (l->divider2 >= 0)
		main->w += l->log.w + 1;
	main->h += l->session.h + (l->divider2 >= 0 ? 0 : l->log.h);
	l->session.h = l->log.h = 0;
	l->divider2 = -1;
}

void layout_compute(struct layout *l, int rows, int cols, const struct layout_wish *wish)
{
	enum pane focus = wish->focus;
	enum zoom zoom = wish->zoom;
	*l = (struct layout){ .divider = -1, .divider2 = -1 };
	if (rows < 10 || cols < 40) {
		l->kind = LAYOUT_TINY;
		return;
	}
	l->status = (struct rect){ 0, 0, 1, cols };
	l->message = (struct rect){ rows - 2, 0, 1, cols };
	l->keys = (struct rect){ rows - 1, 0, 1, cols };
	struct rect body = { 1, 0, rows - 3, cols };
	if (cols < 72 || rows < 22) {
		single(l, body, focus, zoom);
	} else if (zoom == ZOOM_FULL) {
		l->kind = cols >= 120 ? LAYOUT_STACKED : LAYOUT_TWO;
		l->panes[focus] = body;
	} else if (cols <= 84 && rows >= 46) {
		portrait(l, body, focus, zoom);
	} else {
		side_by_side(l, body, wish, cols >= 120);
	}
}
