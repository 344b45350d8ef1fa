/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A shell in a session has the whole terminal: bytes go both ways untouched but for the key that leaves it. */
#include <stdio.h>
#include <unistd.h>

#include "tui/term.h"

struct attach {
	struct term *m;
	struct engine_tty *tty;
	char *session;
	struct shell_keys keys;
	bool ended;
};

void attach_free(struct attach *x)
{
	if (!x)
		return;
	if (x->tty)
		engine_tty_close(x->tty);
	free(x->session);
	free(x);
}

static void give_back(void *attach)
{
	struct attach *x = attach;
	struct term *m = x->m;
	m->attach = NULL;
	term_write(STDOUT_FILENO, SV("\r\n")); /* else what comes when berth ends stands in the middle of the shell's last line */
	term_enter(m);
	app_suspend(m->app, false);
	attach_free(x);
}

static void leave(struct attach *x)
{
	if (x->ended)
		return;
	x->ended = true;
	loop_defer(x->m->loop, give_back, x);
}

static void on_data(void *attach, struct sv bytes)
{
	(void)attach;
	term_write(STDOUT_FILENO, bytes);
}

static void on_end(void *attach, int exit_code, const struct err *err)
{
	struct attach *x = attach;
	if (err && err->code != ERR_CANCELLED)
		say_error(x->m->t, err);
	else if (exit_code)
		say(x->m->t, MESSAGE_INFO, "the shell ended with code %d", exit_code);
	else
		say(x->m->t, MESSAGE_INFO, "back from %s", x->session);
	leave(x);
}

static void banner(struct attach *x, const char *key)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	buf_add_str(&b, "\r\n-- a shell in ");
	text_clean(&b, sv_of(x->session));
	buf_addf(&b, " -- %s then d comes back to berth, exit ends it --\r\n", key);
	term_write(STDOUT_FILENO, buf_sv(&b));
}

void attach_start(struct term *m, const char *session)
{
	static const struct engine_tty_events events = { on_data, on_end };
	const char *key = config_detach_key(app_config(m->app));
	struct termios raw = m->before;
	struct err err = { 0 };
	int rows, cols;
	struct attach *x = xcalloc(1, sizeof *x);
	x->m = m;
	x->session = xstrdup(session);
	shell_keys_init(&x->keys, app_config(m->app));
	term_size(&rows, &cols);
	x->tty = app_session_attach(m->app, session, (uint16_t)rows, (uint16_t)cols, &events, x, &err);
	if (!x->tty) {
		say_error(m->t, &err);
		attach_free(x);
		return;
	}
	m->attach = x;
	term_leave(m);
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	banner(x, key);
}

void attach_input(struct attach *x, struct sv bytes)
{
	AUTO(buf_fini) struct buf out = BUF_INIT;
	enum shell_typed wish;
	while (!x->ended && bytes.len) {
		buf_clear(&out);
		wish = shell_keys_take(&x->keys, &bytes, &out);
		if (out.len)
			engine_tty_write(x->tty, buf_sv(&out));
		if (wish == SHELL_LEAVE)
			leave(x);
		else if (wish == SHELL_HELP)
			term_write(STDOUT_FILENO, SV("\r\n-- d: back to berth, the same key again: send it --\r\n"));
	}
}

void attach_resized(struct attach *x)
{
	int rows, cols;
	term_size(&rows, &cols);
	if (!x->ended)
		engine_tty_resize(x->tty, (uint16_t)rows, (uint16_t)cols);
}
