/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_TERM_H
#define BERTH_SRC_TUI_TERM_H
/* The real terminal: its life, its signals, when it is drawn, and its hand-over to a shell in a session. */
#include <termios.h>

#include "tui/tui_impl.h"

struct attach;
struct term {
	struct app *app; struct loop *loop; struct tui *t;
	struct screen *screen;
	struct keys keys;
	struct loop_fd *input;
	struct loop_hook *hook;
	struct loop_timer *escape, *redraw;
	struct loop_signal *signals[6];
	struct termios before;         /* as the shell had it */
	struct attach *attach;         /* NULL: the dashboard has the terminal */
	struct { struct loop_child *child; void (*ended)(void *tui, void *ctx, int status); void *ctx; } program; /* or another program has it */
	uint64_t drawn_ms;
	bool urgent, mouse, resumed, redraw_armed;
	int signo;                     /* that asked for the end */
};
void term_size(int *ret_rows, int *ret_cols);
void term_leave(struct term *m);                        /* the shell's terminal again, for another program */
void term_enter(struct term *m);
/* attach.c */
void attach_start(struct term *m, const char *session);
void attach_input(struct attach *x, struct sv bytes);
void attach_resized(struct attach *x);
void attach_free(struct attach *x);                     /* NULL is fine */
/* plain.c */
int plain_run(struct app *a, const struct tui_options *o, struct err *reterr);
#endif
