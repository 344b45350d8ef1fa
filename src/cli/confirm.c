/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A question to the person at the terminal. Nobody is asked where standard input is none: then nothing is done. */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli_impl.h"

static void stop_asking(struct cli *c)
{
	loop_fd_unwatch(c->answering);
	c->answering = NULL;
}

static void answered(void *cli, unsigned events)
{
	struct cli *c = cli;
	char line[64];
	struct err err = { 0 };
	(void)events;
	ssize_t n = read(STDIN_FILENO, line, sizeof line);
	void (*next)(struct cli *c) = c->confirmed;
	stop_asking(c);
	if (n > 0 && (line[0] == 'y' || line[0] == 'Y')) {
		next(c);
		return;
	}
	err_set(&err, ERR_CANCELLED, "not confirmed, so nothing was done");
	cli_end(c, &err);
}

void cli_confirm(struct cli *c, const char *what, const char *flag, void (*next)(struct cli *c))
{
	struct err err = { 0 };
	if (!isatty(STDIN_FILENO) || !c->err_tty || c->json) {
		err_set(&err, ERR_USAGE, "%s, and there is no terminal to ask at", what);
		err_hint(&err, "%s confirms it.", flag);
		cli_end(c, &err);
		return;
	}
	fputs("Go on? [y/N] ", stderr);
	c->confirmed = next;
	c->answering = loop_fd_watch(app_loop(c->app), STDIN_FILENO, LOOP_READ, answered, c);
}
