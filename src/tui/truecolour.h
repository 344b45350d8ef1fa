/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_TRUECOLOUR_H
#define BERTH_SRC_TUI_TRUECOLOUR_H
/*
 * 24-bit colours on a terminal that has them though its description knows 256: each colour in use borrows one of the 240
 * numbers that curses may name, and "38;5;N" becomes "38;2;R;G;B" on the way out. Numbers 0 to 15 stay the terminal's own.
 */
#include "berth/str.h"

struct colour_slots { int32_t colour[256]; /* as in struct ink; -1: free */ };
void colour_slots_init(struct colour_slots *s);
/* The number that stands for a colour (0-255 or 0x1000000|rgb); with none left the nearest that is taken. */
int colour_slots_take(struct colour_slots *s, int32_t colour);
/* Adds what curses wrote to out, with the colours that are meant. */
void colour_slots_translate(const struct colour_slots *s, struct sv bytes, struct buf *out);
#endif
