/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TESTS_SCREEN_TERMINAL_H
#define BERTH_TESTS_SCREEN_TERMINAL_H
/* A program on a terminal of ours: its bytes go through libvterm, the screen they make can be read. */
#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>
#include <utmp.h>
#include <vterm.h>

#include "berth/mem.h"
#include "berth/str.h"

struct pty {
	int fd, rows, cols;
	pid_t pid;
	VTerm *vt; VTermScreen *screen;
	struct buf raw;                /* everything it wrote since pty_mark */
	size_t n_reads;
	struct termios before;
	bool alternate, cursor_visible;
	int mouse;
};
/* env: "NAME=value", ended by NULL. */
void pty_start(struct pty *p, int rows, int cols, const char *const *argv, const char *const *env);
void pty_end(struct pty *p);
/* Reads until the screen holds text (or no longer does), at most 5 s; false: it never did. */
bool pty_wait(struct pty *p, const char *text);
bool pty_wait_gone(struct pty *p, const char *text);
void pty_settle(struct pty *p, int quiet_ms);           /* until nothing has come for so long */
void pty_keys(struct pty *p, const char *bytes);
void pty_mark(struct pty *p);
void pty_resize(struct pty *p, int rows, int cols);
void pty_screen(struct pty *p, struct buf *b);          /* lines, blanks at the end cut */
int pty_wait_exit(struct pty *p);                       /* its wait status; -1: it does not end */
bool pty_modes_as_before(struct pty *p);                /* terminal settings, alternate screen, cursor, mouse */
double now_ms(void);
#endif
