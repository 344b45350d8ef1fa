/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_LIST_H
#define BERTH_SRC_TUI_LIST_H
/*
 * The body of every list pane: columns from present's table, a cursor that stays on its row when rows come and go, a filter,
 * scrolling. Rows are asked of the kind one by one, and only those on the screen: a list of 100,000 costs what one of 50 does.
 */
#include "tui/doc.h"
#include "tui/layout.h"

enum { LIST_COLUMNS = 24 };
struct tui;
struct list_kind {
	enum pane pane;
	enum entity entity;
	const char *name, *title;      /* "commits": as in the command table and [keys]; "Commits" */
	size_t (*count)(struct tui *t, bool *ret_complete);
	bool (*row)(struct tui *t, size_t i, struct row *r); /* false: not loaded yet */
	uint64_t (*id)(struct tui *t, size_t i);
	const struct fresh *(*fresh)(struct tui *t);
	/* Says why the list is empty and what to do. */
	void (*empty)(struct tui *t, struct doc *d);
	/* May draw row i by itself: true when it has. NULL: never. */
	bool (*draw)(struct tui *t, size_t i, int y, struct rect r);
	/* Asks for rows that a filter still has to look at; NULL: all are there. */
	void (*want)(struct tui *t, size_t first, size_t n);
	/* A host has found this row for the filter, whatever its columns say. NULL: nobody is asked. */
	bool (*hit)(struct tui *t, const struct row *r);
	/* What becomes of asking, added to b. brief: a word, beside the filter. */
	void (*says)(struct tui *t, bool brief, struct buf *b);
};
struct list {
	const struct list_kind *kind;
	size_t n;                      /* rows of the source */
	bool complete;
	size_t cursor, top;            /* among the rows shown */
	uint64_t cursor_id, missed_id; /* 0: none yet; missed: looked for in vain */
	int height;                    /* rows that were on the screen last */
	struct buf filter;             /* empty: none */
	VEC(uint32_t) shown;           /* the rows that are shown, when there is a filter or a sort column */
	int sort;                      /* 1 + column that sorts; 0: the source's own order */
	bool sort_down;
	VEC(uint64_t) marks;           /* ids, ascending */
	bool stepped;                  /* somebody has just now; who looks at it takes it back */
	bool moved;                    /* somebody has: until then a history shows its newest commit, whatever comes */
	bool ranging, head;            /* a range of marks grows with the cursor; titles of the columns stand above the rows */
	size_t range_from;             /* among the rows shown */
	size_t scanned; uint64_t first_id; /* source rows the filter has looked at; the source they were of */
	uint64_t source;               /* of what these rows are: when it changes, cursor and widths begin anew */
	unsigned char widths[LIST_COLUMNS]; /* widest content seen, so that columns do not jump */
};
void list_init(struct list *l, const struct list_kind *kind);
void list_fini(struct list *l);
/* Rows may have changed: finds the cursor's row again. source: as above. */
void list_sync(struct tui *t, struct list *l, uint64_t source);
size_t list_len(const struct list *l);                  /* rows shown */
bool list_index(const struct list *l, size_t shown, size_t *ret_i); /* source row */
bool list_cursor(const struct list *l, size_t *ret_i);  /* source row under the cursor; false: empty */
void list_move(struct tui *t, struct list *l, long by);
void list_to(struct tui *t, struct list *l, size_t shown);
bool list_select_id(struct tui *t, struct list *l, uint64_t id);
void list_set_filter(struct tui *t, struct list *l, const char *pattern);
/* ---- list_order.c ---- */
bool list_mapped(const struct list *l);                 /* shown counts */
void list_scan(struct tui *t, struct list *l);
void list_remap(struct tui *t, struct list *l);         /* filter or order have changed */
const struct column *list_sort_column(const struct list *l); /* NULL: none */
void list_sort_by(struct tui *t, struct list *l, int way); /* 1: the next column, -1: the one before */
void list_sort_reverse(struct tui *t, struct list *l);
bool list_is_marked(struct tui *t, const struct list *l, size_t shown);
void list_mark_toggle(struct tui *t, struct list *l);
void list_range(struct tui *t, struct list *l);         /* begins one at the cursor, or ends it */
void list_range_end(struct tui *t, struct list *l);
void list_mark_all(struct tui *t, struct list *l);
bool list_unmark_all(struct list *l);                   /* whether there were any */
size_t list_n_marks(struct tui *t, const struct list *l);
/* Source rows that are marked, at most max of them; gives how many there are. */
size_t list_marked(struct tui *t, struct list *l, size_t *ret_rows, size_t max);
/* title row and rows; cursor: whether the hardware cursor parks here. */
void list_draw(struct tui *t, struct list *l, struct rect r, bool focused);
void list_draw_rows(struct tui *t, struct list *l, struct rect r, bool focused);
#endif
