/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static int on_property(VTermProp prop, VTermValue *val, void *user)
{
	struct pty *p = user;
	if (prop == VTERM_PROP_ALTSCREEN)
		p->alternate = val->boolean;
	else if (prop == VTERM_PROP_CURSORVISIBLE)
		p->cursor_visible = val->boolean;
	else if (prop == VTERM_PROP_MOUSE)
		p->mouse = val->number;
	return 1;
}

static void vt_begin(struct pty *p)
{
	static const VTermScreenCallbacks callbacks = { .settermprop = on_property };
	p->vt = vterm_new(p->rows, p->cols);
	vterm_set_utf8(p->vt, 1);
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_enable_altscreen(p->screen, 1);
	vterm_screen_set_callbacks(p->screen, &callbacks, p);
	vterm_screen_reset(p->screen, 1);
	p->cursor_visible = true;
}

static void child(const char *const *argv, const char *const *env)
{
	for (; *env; env++)
		putenv((char *)(uintptr_t)*env);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

void pty_start(struct pty *p, int rows, int cols, const char *const *argv, const char *const *env)
{
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };
	int slave;
	memset(p, 0, sizeof *p);
	p->rows = rows;
	p->cols = cols;
	vt_begin(p);
	if (openpty(&p->fd, &slave, NULL, NULL, &size) < 0)
		abort();
	tcgetattr(slave, &p->before);
	p->pid = fork();
	if (p->pid == 0) {
		close(p->fd);
		login_tty(slave);
		child(argv, env);
	}
	close(slave);
}

void pty_end(struct pty *p)
{
	if (p->pid > 0) {
		kill(-p->pid, SIGKILL);
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	close(p->fd);
	vterm_free(p->vt);
	buf_fini(&p->raw);
}

/* Takes what there is within ms; false: nothing came. */
static bool pump(struct pty *p, int ms)
{
	char bytes[65536];
	struct pollfd f = { .fd = p->fd, .events = POLLIN };
	if (poll(&f, 1, ms) <= 0)
		return false;
	ssize_t n = read(p->fd, bytes, sizeof bytes);
	if (n <= 0) { /* the other side is closed: no busy loop until it is reaped */
		poll(NULL, 0, MAX_OF(MIN_OF(ms, 5), 0));
		return false;
	}
	buf_add(&p->raw, bytes, (size_t)n);
	p->n_reads++;
	vterm_input_write(p->vt, bytes, (size_t)n);
	return true;
}

static bool wait_for(struct pty *p, const char *text, bool there)
{
	double until = now_ms() + PATIENCE_MS;
	do {
		struct buf b = BUF_INIT;
		pty_screen(p, &b);
		bool is = strstr(buf_str(&b), text) != NULL;
		buf_fini(&b);
		if (is == there)
			return true;
		pump(p, 50);
	} while (now_ms() < until);
	return false;
}

bool pty_wait(struct pty *p, const char *text)
{
	return wait_for(p, text, true);
}

bool pty_wait_gone(struct pty *p, const char *text)
{
	return wait_for(p, text, false);
}

void pty_settle(struct pty *p, int quiet_ms)
{
	double until = now_ms() + PATIENCE_MS;
	while (now_ms() < until && pump(p, quiet_ms))
		;
}

void pty_keys(struct pty *p, const char *bytes)
{
	size_t n = strlen(bytes);
	if (write(p->fd, bytes, n) != (ssize_t)n)
		abort();
}

void pty_mark(struct pty *p)
{
	buf_clear(&p->raw);
	p->n_reads = 0;
}

void pty_resize(struct pty *p, int rows, int cols)
{
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };
	p->rows = rows;
	p->cols = cols;
	vterm_set_size(p->vt, rows, cols);
	ioctl(p->fd, TIOCSWINSZ, &size);
}

void pty_screen(struct pty *p, struct buf *b)
{
	for (int y = 0; y < p->rows; y++) {
		size_t from = b->len;
		for (int x = 0; x < p->cols; x++) {
			VTermScreenCell c;
			vterm_screen_get_cell(p->screen, (VTermPos){ y, x }, &c);
			if (!c.chars[0] || c.chars[0] == (uint32_t)-1) {
				buf_add_char(b, ' ');
				continue;
			}
			for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && c.chars[i]; i++) {
				char out[4];
				buf_add(b, out, utf8_put(out, c.chars[i]));
			}
			x += c.width == 2;
		}
		while (b->len > from && b->p[b->len - 1] == ' ')
			buf_cut_to(b, b->len - 1);
		buf_add_char(b, '\n');
	}
}

int pty_wait_exit(struct pty *p)
{
	double until = now_ms() + PATIENCE_MS;
	while (now_ms() < until) {
		int status;
		pump(p, 10);
		if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
			while (pump(p, 0))
				;
			p->pid = 0;
			return status;
		}
	}
	return -1;
}

bool pty_modes_as_before(struct pty *p)
{
	struct termios now;
	if (tcgetattr(p->fd, &now) < 0)
		return false;
	return now.c_lflag == p->before.c_lflag && now.c_iflag == p->before.c_iflag && now.c_oflag == p->before.c_oflag && !p->alternate && p->cursor_visible && !p->mouse;
}
