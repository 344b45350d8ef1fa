/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clipboard of the terminal in front of the person (OSC 52), also over SSH; and a browser where there is one. */
#include <unistd.h>

#include "berth/path.h"
#include "tui/tui_impl.h"

enum { CLIPBOARD_MAX = 74994 }; /* bytes that terminals take as base64 (100,000 with the frame) */

void do_copy_text(struct tui *t, const char *what, struct sv text)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	bool tmux = getenv("TMUX") != NULL;
	if (text.len > CLIPBOARD_MAX) {
		say(t, MESSAGE_WARN, "the %s is too long for the terminal's clipboard", what);
		return;
	}
	if (!t->host.write)
		return;
	/* tmux hands on what is wrapped for it (where allow-passthrough is on) and takes the plain form itself (set-clipboard). */
	for (int wrapped = 0; wrapped <= (tmux ? 1 : 0); wrapped++) {
		buf_add_str(&b, wrapped ? "\033Ptmux;\033\033]52;c;" : "\033]52;c;");
		buf_add_base64(&b, text.p, text.len, false);
		buf_add_str(&b, wrapped ? "\a\033\\" : "\a");
	}
	t->host.write(t->host.self, buf_sv(&b));
	say(t, MESSAGE_GOOD, "the %s is in the terminal's clipboard, if it allows that", what);
}

/* The browser reads the page some time after xdg-open has returned. */
void browser_fini(struct tui *t)
{
	loop_child_forget(t->browser.child);
	loop_timer_stop(t->browser.timer);
	if (t->browser.file)
		unlink(t->browser.file);
	free(t->browser.file);
	memset(&t->browser, 0, sizeof t->browser);
}

static void page_was_read(void *tui)
{
	browser_fini(tui);
}

static void add_html(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (strchr("&<>\"'", *s))
			buf_addf(b, "&#%d;", (int)*s);
		else
			buf_add_char(b, *s);
	}
}

/* A page that leads on to the address: the token is in a file that only the person can read, not in the browser's argv. */
static char *redirect_file(const char *url, struct err *reterr)
{
	AUTO_STR dir = path_of(PATH_RUNTIME, "open");
	AUTO_STR name = xasprintf("%s/%d-%llx.html", dir, (int)getpid(), (unsigned long long)hash_bytes(url, strlen(url)));
	AUTO(buf_fini) struct buf b = BUF_INIT;
	buf_add_str(&b, "<!doctype html><meta charset=utf-8><meta name=referrer content=no-referrer><meta http-equiv=refresh content=\"0;url=");
	add_html(&b, url);
	buf_add_str(&b, "\"><title>berth</title>");
	if (path_make_dirs(dir, reterr) < 0 || file_write_atomic(name, buf_sv(&b), reterr) < 0)
		return NULL;
	return xstrdup(name);
}

static void browser_ended(void *tui, int status, int signo)
{
	struct tui *t = tui;
	loop_child_forget(t->browser.child);
	t->browser.child = NULL;
	if (status != 0 || signo)
		say(t, MESSAGE_WARN, "no browser could be opened; y copies the address");
}

void do_open_url(struct tui *t, const char *url)
{
	struct err err = { 0 };
	browser_fini(t);
	t->browser.file = redirect_file(url, &err);
	if (!t->browser.file) {
		say_error(t, &err);
		return;
	}
	const char *const argv[] = { "xdg-open", t->browser.file, NULL };
	struct loop_child_spec spec = { .argv = argv, .detached = true, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1 };
	t->browser.child = loop_child_spawn(t->loop, &spec, browser_ended, t, &err);
	t->browser.timer = loop_timer_start(t->loop, 30000, 0, page_was_read, t);
	if (!t->browser.child) {
		err_hint(&err, "install xdg-utils, or copy the address with y");
		say_error(t, &err);
	}
}
