/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_SURFACE_H
#define BERTH_SRC_TUI_SURFACE_H
/*
 * Where views draw: a grid of cells, each a glyph and an ink. Everything foreign is cleaned here, on its way into a cell, so
 * no view can let a byte through that moves a terminal. A grid alone is what tests read (surface_dump); surface_curses.c
 * sends what changed since the frame before to a terminal. Drawing outside the grid is clipped, at any size, 0x0 included.
 */
#include "berth/text.h"
#include "tui/theme.h"

enum { CELL_BYTES = 22, INKS_MAX = 4096 };
struct cell {
	char bytes[CELL_BYTES];        /* one glyph, not terminated; unused ones are 0, so that cells compare as memory */
	unsigned char len, width;      /* width 0: the right half of a wide one */
	uint16_t ink;
	uint16_t pad;
};
struct rect { int y, x, h, w; };

struct surface {
	int rows, cols;
	bool ascii;                    /* no glyph outside ASCII: the locale asks for it */
	struct cell *cells;            /* rows * cols */
	int cursor_y, cursor_x;        /* where the hardware cursor rests, for screen readers; y -1: anywhere */
	bool cursor_shown;
	const struct theme *theme;
	struct ink inks[INKS_MAX];
	uint16_t n_inks, style_inks[STYLE_COUNT_], ink_slots[INKS_MAX * 2]; /* slots: 0 empty, else index + 1 */
};

void surface_init(struct surface *s, const struct theme *theme, bool ascii);
void surface_fini(struct surface *s);
void surface_resize(struct surface *s, int rows, int cols);
void surface_set_theme(struct surface *s, const struct theme *theme); /* borrowed; forgets all cells */
void surface_clear(struct surface *s);                  /* blanks in STYLE_PLAIN */

/* Puts text at y, x, clipped to w columns; gives the columns used. Long text is cut without a mark: fit it before. */
int surface_text(struct surface *s, int y, int x, int w, enum style style, struct sv text);
int surface_str(struct surface *s, int y, int x, int w, enum style style, const char *text);
int surface_printf(struct surface *s, int y, int x, int w, enum style style, const char *fmt, ...) PRINTF_LIKE(6, 7);
/* As surface_text, cut with "…" at the end when it is too long. */
int surface_fit(struct surface *s, int y, int x, int w, enum style style, struct sv text);
int surface_text_ink(struct surface *s, int y, int x, int w, const struct ink *ink, struct sv text);
/* n times a glyph of one column: glyph, or ascii in an ASCII locale. */
void surface_repeat(struct surface *s, int y, int x, int n, enum style style, const char *glyph, char ascii);
void surface_blank(struct surface *s, struct rect r);
/* Lays a style over cells that are there: its colours where it has some, its attributes added. */
void surface_over(struct surface *s, int y, int x, int w, enum style style);
const struct ink *surface_ink(const struct surface *s, uint16_t ink);
/* What stands there, a line a row, blanks at the end cut. styles: instead of glyphs a letter for each cell's style. */
void surface_dump(const struct surface *s, struct buf *b);
void surface_dump_styles(const struct surface *s, struct buf *b);

/* ---- the terminal (surface_curses.c) ---- */
void term_write(int fd, struct sv bytes);               /* term.c: all of it, whatever the terminal's pace */
struct screen;
struct screen_options { enum ui_colour colour; bool no_colour; };
/* Takes the terminal that stdin and stdout are; ERR_UNSUPPORTED with a sentence when it can't show berth. */
struct screen *screen_open(const struct screen_options *o, struct err *reterr);
void screen_free(struct screen *c);                     /* leaves it as it was */
void screen_size(const struct screen *c, int *ret_rows, int *ret_cols);
void screen_resize(struct screen *c, int rows, int cols);
void screen_show(struct screen *c, const struct surface *s); /* sends what changed, in one update */
void screen_repaint(struct screen *c);                  /* the next show draws everything */
void screen_leave(struct screen *c);                    /* for a suspend or another program on the terminal */
void screen_enter(struct screen *c);                    /* back: modes set, the next show draws everything */
size_t screen_restore_bytes(char *out, size_t max);     /* what puts an open terminal back, for a crash */
const char *screen_colours(const struct screen *c);     /* "mono", "16", "256", "true" */
#endif
