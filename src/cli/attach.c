/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "berth/path.h"
#include "cli/cli_impl.h"

enum { TERMINAL_WAIT_MS = 10000 }; /* for a terminal that takes nothing; then what it was to show is lost, not the shell */

struct attached {
	struct cli *cli;
	struct engine_tty *tty;
	struct loop_fd *in;
	struct loop_signal *resize;
	struct termios before;
	char *session;
	struct shell_keys keys;
	bool raw;
};

static struct attached *attached_of(struct cli *c)
{
	return c->data;
}

static void leave(struct cli *c)
{
	struct attached *t = attached_of(c);
	if (!t)
		return;
	loop_fd_unwatch(t->in);
	loop_signal_unwatch(t->resize);
	engine_tty_close(t->tty);
	if (t->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &t->before);
	free(t->session);
	free(t);
	c->data = NULL;
	c->clean_up = NULL;
}

static void tty_data(void *cli, struct sv bytes)
{
	(void)cli;
	file_write_soon(STDOUT_FILENO, bytes, TERMINAL_WAIT_MS);
}

static void tty_end(void *cli, int exit_code, const struct err *err)
{
	struct cli *c = cli;
	struct err copy = { 0 };
	err_copy(&copy, err);
	leave(c);
	c->exit_code = exit_code > 0 && exit_code < 256 ? exit_code : 0;
	cli_end(c, err ? &copy : NULL);
}

static void detach(struct cli *c)
{
	AUTO_STR session = xstrdup(attached_of(c)->session);
	leave(c);
	cli_note(c, "%s", "");
	cli_note(c, "Left %s; it goes on. `berth attach %s` comes back.", session, session);
	cli_end(c, NULL);
}

static void typed(struct cli *c, struct sv bytes)
{
	struct attached *t = attached_of(c);
	while (bytes.len) {
		AUTO(buf_fini) struct buf out = BUF_INIT;
		enum shell_typed wish = shell_keys_take(&t->keys, &bytes, &out);
		if (out.len)
			engine_tty_write(t->tty, buf_sv(&out));
		if (wish == SHELL_HELP)
			tty_data(c, SV("\r\n-- d: leave the shell, which goes on; the same key again: send it --\r\n"));
		if (wish == SHELL_LEAVE) {
			detach(c);
			return;
		}
	}
}

static void readable(void *cli, unsigned events)
{
	struct cli *c = cli;
	char room[4096];
	ssize_t n = read(STDIN_FILENO, room, sizeof room);
	(void)events;
	if (n > 0)
		typed(c, (struct sv){ room, (size_t)n });
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		detach(c);
}

static void size_of(uint16_t *rows, uint16_t *cols)
{
	struct winsize w;
	bool known = ioctl(STDIN_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col;
	*rows = known ? w.ws_row : 24;
	*cols = known ? w.ws_col : 80;
}

static void resized(void *cli, int signo)
{
	uint16_t rows, cols;
	(void)signo;
	size_of(&rows, &cols);
	engine_tty_resize(attached_of(cli)->tty, rows, cols);
}

static void attach_now(struct cli *c)
{
	const struct session *s = the_session(c);
	static const struct engine_tty_events events = { tty_data, tty_end };
	uint16_t rows, cols;
	struct err err = { 0 };
	if (!s)
		return;
	struct attached *t = xcalloc(1, sizeof *t);
	c->data = t;
	c->clean_up = leave;
	t->cli = c;
	t->session = xstrdup(s->name);
	shell_keys_init(&t->keys, app_config(c->app));
	size_of(&rows, &cols);
	t->tty = app_session_attach(c->app, s->name, rows, cols, &events, c, &err);
	if (!t->tty) {
		leave(c);
		cli_end(c, &err);
		return;
	}
	cli_note(c, "A shell in %s; %s then d leaves it running.", s->name, config_detach_key(app_config(c->app)));
	struct termios raw;
	t->raw = tcgetattr(STDIN_FILENO, &t->before) == 0;
	raw = t->before;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	t->in = loop_fd_watch(app_loop(c->app), STDIN_FILENO, LOOP_READ, readable, c);
	t->resize = loop_signal_watch(app_loop(c->app), SIGWINCH, resized, c);
}

void run_attach(struct cli *c)
{
	struct err err = { 0 };
	if (!isatty(STDIN_FILENO) || !c->out_tty) {
		err_set(&err, ERR_USAGE, "attach needs a terminal, and standard input or output is none");
		err_hint(&err, "Run it in a terminal; with ssh, add -t.");
		cli_end(c, &err);
		return;
	}
	with_sessions(c, attach_now);
}
