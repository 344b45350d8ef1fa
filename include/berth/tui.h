/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TUI_H
#define BERTH_TUI_H
/*
 * The dashboard. Takes the terminal that stdin and stdout are, runs the loop until the person leaves, and leaves the terminal
 * as it was: also on TERM, HUP and INT, a crash (it sets crash_set_restore) and while suspended.
 */
#include "berth/app.h"

struct tui_options {
	const char *theme;             /* instead of the configured one; NULL: that */
	const char *project;           /* a path, name or folder to select at first; NULL: the repository the current folder is in, or the first */
	bool plain;                    /* linear mode for screen readers; TERM=dumb has it anyway */
	bool no_colour;                /* as with NO_COLOR set */
	bool no_mouse;
};
/* 0 when the person left; 128 + signal when a signal asked for the end; an error when the terminal can't be used. */
int tui_run(struct app *a, const struct tui_options *o, struct err *reterr);
#endif
