/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/term.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "berth/log.h"
#include "berth/path.h"

enum { FRAME_MS = 33, ESCAPE_MS = 25, SLOW_LINE_MS = 15 };
/* Bracketed paste, so that pasted text is no keys; clicks and the wheel in the form that has no limit at column 223. */
static const char modes_on[] = "\033[?2004h", mouse_on[] = "\033[?1000h\033[?1006h", mouse_off[] = "\033[?1006l\033[?1000l", modes_off[] = "\033[?1006l\033[?1000l\033[?2004l";

/* What a crash writes: ready beforehand, since nothing may be allocated or formatted then. */
static struct { char bytes[256]; size_t len; struct termios before; } crash;

static void crash_restore(void)
{
	ssize_t n = write(STDOUT_FILENO, crash.bytes, crash.len);
	(void)n;
	tcsetattr(STDIN_FILENO, TCSANOW, &crash.before);
}

static void crash_arm(struct term *m)
{
	crash.before = m->before;
	memcpy(crash.bytes, modes_off, sizeof modes_off - 1);
	crash.len = sizeof modes_off - 1;
	crash.len += screen_restore_bytes(crash.bytes + crash.len, sizeof crash.bytes - crash.len);
	crash_set_restore(crash_restore);
}

void term_write(int fd, struct sv bytes)
{
	file_write_soon(fd, bytes, 1000);
}

void term_size(int *ret_rows, int *ret_cols)
{
	struct winsize w = { 0 };
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_row || !w.ws_col) {
		w.ws_row = 24;
		w.ws_col = 80;
	}
	*ret_rows = w.ws_row;
	*ret_cols = w.ws_col;
}

static void modes(struct term *m, bool on)
{
	term_write(STDOUT_FILENO, on ? sv_of(modes_on) : sv_of(modes_off));
	if (on && m->mouse)
		term_write(STDOUT_FILENO, sv_of(mouse_on));
}

void term_leave(struct term *m)
{
	modes(m, false);
	screen_leave(m->screen);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &m->before);
}

static void resized(struct term *m)
{
	int rows, cols;
	term_size(&rows, &cols);
	screen_resize(m->screen, rows, cols);
	tui_resize(m->t, rows, cols);
	m->urgent = true;
}

void term_enter(struct term *m)
{
	screen_enter(m->screen);
	modes(m, true);
	resized(m);
	crash_arm(m);
}

/* ---- suspending ---- */
static void on_signal(void *term, int signo);

static void watch_stop(struct term *m, bool on)
{
	loop_signal_unwatch(m->signals[5]);
	m->signals[5] = on ? loop_signal_watch(m->loop, SIGTSTP, on_signal, m) : NULL;
	if (!on)
		sigaction(SIGTSTP, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
}

/* The whole group stops, as with the shell's own ctrl-Z: whoever started us by a script gets the prompt back too. */
static void suspend(void *term)
{
	struct term *m = term;
	if (m->attach || m->program.child)
		return;
	app_suspend(m->app, true);
	term_leave(m);
	watch_stop(m, false);
	m->resumed = true;
	kill(0, SIGTSTP);
	watch_stop(m, true);
	tcgetattr(STDIN_FILENO, &m->before);
	term_enter(m);
	app_suspend(m->app, false);
}

static void continued(struct term *m)
{
	bool known = m->resumed;
	m->resumed = false;
	if (known || m->attach || m->program.child)
		return;
	term_enter(m); /* stopped from outside: the shell has used the terminal meanwhile */
}

static void on_signal(void *term, int signo)
{
	struct term *m = term;
	switch (signo) {
	case SIGWINCH:
		if (m->attach)
			attach_resized(m->attach);
		else if (!m->program.child)
			resized(m);
		break;
	case SIGTSTP:
		suspend(m);
		break;
	case SIGCONT:
		continued(m);
		break;
	default:
		if (m->program.child && signo == SIGINT)
			break; /* ctrl-C is the program's */
		m->signo = signo;
		loop_stop(m->loop);
		break;
	}
}

/* ---- keys ---- */
static void on_key(struct term *m, const struct key *k)
{
	m->urgent = true;
	tui_key(m->t, k);
}

static void on_escape(void *term)
{
	struct term *m = term;
	struct key k;
	if (keys_timeout(&m->keys, &k))
		on_key(m, &k);
}

static void on_input(void *term, unsigned events)
{
	struct term *m = term;
	char bytes[4096];
	struct key k;
	(void)events;
	ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) { /* the terminal is gone */
		m->signo = SIGHUP;
		loop_stop(m->loop);
		return;
	}
	struct sv rest = { bytes, (size_t)n };
	if (m->attach) {
		attach_input(m->attach, rest);
		return;
	}
	while (!m->attach && !m->t->quit && keys_next(&m->keys, &rest, &k))
		on_key(m, &k);
	if (m->attach && rest.len)
		attach_input(m->attach, rest);
	if (keys_waiting(&m->keys))
		loop_timer_again(m->escape, ESCAPE_MS);
}

/* ---- drawing ---- */
static void later(struct term *m, uint64_t ms)
{
	if (!m->redraw_armed)
		loop_timer_again(m->redraw, ms);
	m->redraw_armed = true;
}

static void on_redraw(void *term)
{
	struct term *m = term;
	m->redraw_armed = false;
}

/* At most once a turn. What a key changed shows at once; what comes from elsewhere 30 times a second at most; and nothing
 * while the line has not taken what went before. */
static void on_turn(void *term)
{
	struct term *m = term;
	uint64_t now = loop_now_ms(m->loop);
	int waiting = 0;
	if (m->t->quit) {
		loop_stop(m->loop);
		return;
	}
	if (!m->t->dirty || m->attach || m->program.child)
		return;
	if (!m->urgent && now < m->drawn_ms + FRAME_MS) {
		later(m, m->drawn_ms + FRAME_MS - now);
		return;
	}
	if (ioctl(STDOUT_FILENO, TIOCOUTQ, &waiting) == 0 && waiting > 0) {
		later(m, SLOW_LINE_MS);
		return;
	}
	m->urgent = false;
	m->drawn_ms = now;
	tui_draw(m->t);
	screen_show(m->screen, &m->t->surface);
}

/* ---- host ---- */
static void host_write(void *term, struct sv bytes)
{
	(void)term;
	term_write(STDOUT_FILENO, bytes);
}

static void host_redraw(void *term)
{
	struct term *m = term;
	screen_repaint(m->screen);
	tui_dirty(m->t);
}

static void host_attach(void *term, const char *session)
{
	attach_start(term, session);
}

static void host_mouse(void *term, bool on)
{
	struct term *m = term;
	m->mouse = on;
	term_write(STDOUT_FILENO, on ? sv_of(mouse_on) : sv_of(mouse_off));
}

static void program_exit(void *term, int status, int signo)
{
	struct term *m = term;
	loop_child_forget(m->program.child);
	m->program.child = NULL;
	tcgetattr(STDIN_FILENO, &m->before);
	loop_fd_change(m->input, LOOP_READ);
	term_enter(m);
	app_suspend(m->app, false);
	m->program.ended(m->t, m->program.ctx, signo ? 128 + signo : status);
}

/* The terminal is lent out: nothing is read from it or drawn until the program has ended. */
static bool host_run(void *term, const char *const *argv, void (*ended)(void *tui, void *ctx, int status), void *ctx)
{
	struct term *m = term;
	struct err err = { 0 };
	struct loop_child_spec spec = { .argv = argv, .stdin_fd = LOOP_CHILD_INHERIT, .stdout_fd = LOOP_CHILD_INHERIT, .stderr_fd = LOOP_CHILD_INHERIT };
	if (m->program.child || m->attach)
		return false;
	term_leave(m);
	m->program.ended = ended;
	m->program.ctx = ctx;
	m->program.child = loop_child_spawn(m->loop, &spec, program_exit, m, &err);
	if (!m->program.child) {
		term_enter(m);
		say_error(m->t, &err);
		return false;
	}
	loop_fd_change(m->input, 0);
	app_suspend(m->app, true);
	return true;
}

/* Asks for the colour of the ground; who does not know the question ignores it, but those that might print it are not asked. */
static void ask_ground(const struct term *m)
{
	static const char *const know[] = { "xterm", "tmux", "foot", "alacritty", "kitty", "rxvt", "konsole", "gnome", "wezterm", "ghostty", "st-" };
	const char *name = getenv("TERM"), *hint = getenv("COLORFGBG"), *last = hint ? strrchr(hint, ';') : NULL;
	if (!m->t->any_theme)
		return;
	if (last) { /* "15;0": white on black */
		tui_ground(m->t, strcmp(last, ";7") == 0 || strcmp(last, ";15") == 0 ? 255 : 0);
		return;
	}
	for (size_t i = 0; name && i < ARRAY_LEN(know); i++)
		if (strncmp(name, know[i], strlen(know[i])) == 0) {
			term_write(STDOUT_FILENO, SV("\033]11;?\a"));
			return;
		}
}

/* ---- life ---- */
static bool ascii_wanted(void)
{
	const char *term = getenv("TERM");
	bool console = term && (strcmp(term, "linux") == 0 || strncmp(term, "vt", 2) == 0);
	return console || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

static int term_open(struct term *m, struct app *a, const struct tui_options *o, struct err *reterr)
{
	const char *no_color = getenv("NO_COLOR");
	struct screen_options so = { .colour = config_colour(app_config(a)), .no_colour = o->no_colour || (no_color && *no_color) };
	struct tui_options mine = *o;
	m->app = a;
	m->loop = app_loop(a);
	if (tcgetattr(STDIN_FILENO, &m->before) < 0)
		return err_set_errno(reterr, errno, "the terminal can't be asked for its settings");
	if (!(m->screen = screen_open(&so, reterr)))
		return -reterr->code;
	mine.no_colour = strcmp(screen_colours(m->screen), "mono") == 0;
	m->mouse = config_mouse(app_config(a)) && !o->no_mouse;
	struct host host = { host_write, suspend, host_redraw, host_attach, host_mouse, host_run, m };
	m->t = tui_new(a, &mine, &host, ascii_wanted());
	m->t->mouse = m->mouse;
	keys_init(&m->keys);
	keys_load_terminfo(&m->keys);
	crash_arm(m);
	modes(m, true);
	ask_ground(m);
	resized(m);
	return 0;
}

static void term_watch(struct term *m)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGWINCH, SIGCONT, SIGTSTP };
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		m->signals[i] = loop_signal_watch(m->loop, signals[i], on_signal, m);
	m->input = loop_fd_watch(m->loop, STDIN_FILENO, LOOP_READ, on_input, m);
	m->escape = loop_timer_start(m->loop, 1u << 30, 0, on_escape, m);
	m->redraw = loop_timer_start(m->loop, 1u << 30, 0, on_redraw, m);
	m->hook = loop_hook_add(m->loop, on_turn, m);
}

static void term_close(struct term *m)
{
	attach_free(m->attach);
	loop_child_forget(m->program.child);
	loop_hook_remove(m->hook);
	loop_fd_unwatch(m->input);
	loop_timer_stop(m->escape);
	loop_timer_stop(m->redraw);
	for (size_t i = 0; i < ARRAY_LEN(m->signals); i++)
		loop_signal_unwatch(m->signals[i]);
	if (m->screen) {
		modes(m, false);
		screen_free(m->screen);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &m->before);
	}
	crash_set_restore(NULL);
	tui_free(m->t);
	keys_fini(&m->keys);
}

int tui_run(struct app *a, const struct tui_options *o, struct err *reterr)
{
	struct term m = { 0 };
	const char *name = getenv("TERM");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		err_set(reterr, ERR_UNSUPPORTED, "the dashboard needs a terminal, and %s is none", isatty(STDIN_FILENO) ? "standard output" : "standard input");
		err_hint(reterr, "without one, use the subcommands: berth --help lists them");
		return -ERR_UNSUPPORTED;
	}
	if (o->plain || !name || !*name || strcmp(name, "dumb") == 0)
		return plain_run(a, o, reterr);
	crash_catch_signals();
	int r = term_open(&m, a, o, reterr);
	if (r == 0) {
		term_watch(&m);
		loop_run(m.loop);
	}
	term_close(&m);
	return r < 0 ? r : m.signo ? 128 + m.signo : 0;
}
