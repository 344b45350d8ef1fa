/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor's look at this machine: configuration, folders of ours, the terminal, the folders of projects. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/doctor.h"
#include "berth/path.h"
#include "berth/text.h"

enum { COLUMNS_LEAST = 60, ROWS_LEAST = 20 };
static const uint64_t ROOM_LOW = 1000000000, ROOM_NONE = 50000000; /* bytes free where state and cache are */

/* ---- configuration ---- */
void doctor_config(struct part *p)
{
	const struct config *c = part_app(p)->config;
	const char *path = config_path(c);
	size_t n = config_n_problems(c);
	for (size_t i = 0; i < n; i++)
		part_add_err(p, CHECK_PROBLEM, config_problem_at(c, i), "");
	if (!n && access(path, F_OK) < 0)
		part_add(p, CHECK_OK, NULL, "%s is not there: every setting has its default", path);
	else if (!n)
		part_add(p, CHECK_OK, NULL, "%s is understood, every line", path);
	part_done(p);
}

/* ---- folders ---- */
static const struct { enum path_base base; const char *what; bool fills; } bases[] = {
	{ PATH_CONFIG, "configuration", false }, { PATH_STATE, "state", true }, { PATH_CACHE, "cache", true }, { PATH_RUNTIME, "runtime", false },
};

/* The folder itself, or the nearest one above it that is there. */
static char *nearest_there(const char *path)
{
	char *at = xstrdup(path);
	for (char *slash; access(at, F_OK) < 0 && (slash = strrchr(at, '/')) && slash != at;)
		*slash = '\0';
	return at;
}

static void room_line(struct part *p, const char *what, const char *at)
{
	AUTO(buf_fini) struct buf room = BUF_INIT;
	struct statvfs v;
	if (statvfs(at, &v) < 0)
		return;
	uint64_t bytes = (uint64_t)v.f_bavail * v.f_frsize;
	text_add_size(&room, bytes);
	if (bytes < ROOM_LOW)
		part_add(p, bytes < ROOM_NONE ? CHECK_PROBLEM : CHECK_WARNING, "Make room there, or move it: XDG_STATE_HOME and XDG_CACHE_HOME name other folders.",
		         "%s: only %s are free in %s", what, buf_str(&room), at);
}

static bool folder_well(struct part *p, const char *what, const char *path)
{
	AUTO_STR at = nearest_there(path);
	bool there = strcmp(at, path) == 0;
	struct stat st;
	if (stat(at, &st) < 0 || !S_ISDIR(st.st_mode)) {
		AUTO_STR fix = xasprintf("Move it away, then berth makes the folder: mv '%s' '%s.old'", at, at);
		part_add(p, CHECK_PROBLEM, fix, "%s: %s is no folder", what, at);
		return false;
	}
	if (access(at, W_OK | X_OK) < 0) {
		AUTO_STR fix = there && st.st_uid == getuid() ? xasprintf("chmod u+rwx '%s'", at) : xasprintf("Let its owner give it to you, or choose another one by the XDG variable.");
		part_add(p, CHECK_PROBLEM, fix, "%s: %s can't be written", what, there ? path : at);
		return false;
	}
	if (there && st.st_uid != getuid()) {
		AUTO_STR fix = xasprintf("sudo chown -R %s '%s'", local_user(), path);
		part_add(p, CHECK_PROBLEM, fix, "%s: %s belongs to somebody else", what, path);
		return false;
	}
	if (there && (st.st_mode & (S_IWGRP | S_IWOTH))) {
		AUTO_STR fix = xasprintf("chmod go-w '%s'", path);
		part_add(p, CHECK_WARNING, fix, "%s: others may write in %s", what, path);
		return false;
	}
	return true;
}

void doctor_folders(struct part *p)
{
	AUTO(buf_fini) struct buf fine = BUF_INIT;
	for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
		AUTO_STR path = path_of(bases[i].base, NULL);
		if (folder_well(p, bases[i].what, path))
			buf_addf(&fine, "%s%s %s", fine.len ? ", " : "", bases[i].what, path);
		AUTO_STR at = nearest_there(path);
		if (bases[i].fills)
			room_line(p, bases[i].what, at);
	}
	if (fine.len)
		part_add(p, CHECK_OK, NULL, "%s", buf_str(&fine));
	part_done(p);
}

/* ---- projects of this machine ---- */
void doctor_projects(struct part *p)
{
	struct config_forge f;
	for (size_t i = 0; config_forge_at(part_app(p)->config, i, &f); i++) {
		size_t n_fine = 0;
		for (size_t k = 0; f.kind == FORGE_KIND_LOCAL && k < f.n_folders; k++) {
			if (access(f.folders[k], R_OK | X_OK) == 0)
				n_fine++;
			else if (errno != ENOENT)
				part_add(p, CHECK_PROBLEM, "Give yourself the right to read it, or take it out of the configuration.", "%s can't be read", f.folders[k]);
			else if (!f.folders_are_default)
				part_add(p, CHECK_WARNING, "Make it, or take it out of the configuration.", "%s is not there", f.folders[k]);
		}
		if (f.kind == FORGE_KIND_LOCAL && n_fine)
			part_add(p, CHECK_OK, NULL, "repositories are looked for in %zu folder%s of this machine", n_fine, n_fine == 1 ? "" : "s");
		else if (f.kind == FORGE_KIND_LOCAL && f.folders_are_default)
			part_add(p, CHECK_OK, NULL, "no folder of repositories is named; the current repository and ~/berth count where they are there");
	}
	part_done(p);
}

/* ---- terminal ---- */
static bool described_in(const char *dir, const char *term)
{
	AUTO_STR letter = xasprintf("%s/%c/%s", dir, term[0], term);
	AUTO_STR number = xasprintf("%s/%x/%s", dir, (unsigned char)term[0], term);
	return access(letter, R_OK) == 0 || access(number, R_OK) == 0;
}

static bool is_described(const char *term)
{
	static const char *const dirs[] = { "/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/local/share/terminfo", "/usr/lib/terminfo", "/opt/homebrew/share/terminfo" };
	const char *own = getenv("TERMINFO");
	AUTO_STR home = path_home();
	AUTO_STR private = path_join(home, ".terminfo");
	struct sv more = sv_of(getenv("TERMINFO_DIRS") ? getenv("TERMINFO_DIRS") : ""), one;
	if (strchr(term, '/') || (own && described_in(own, term)) || described_in(private, term))
		return !strchr(term, '/');
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (described_in(dirs[i], term))
			return true;
	while (sv_split(&more, ':', &one)) {
		AUTO_STR dir = sv_dup(one);
		if (described_in(dir, term))
			return true;
	}
	return false;
}

static const char *colour_words(const struct app *a, const char *term)
{
	const char *no = getenv("NO_COLOR"), *true_colour = getenv("COLORTERM");
	enum ui_colour set = config_colour(a->config);
	if ((no && *no) || set == UI_COLOUR_NONE)
		return "no colours, as you want it";
	if (set == UI_COLOUR_TRUE || (set == UI_COLOUR_AUTO && true_colour && (strcmp(true_colour, "truecolor") == 0 || strcmp(true_colour, "24bit") == 0)) || strstr(term, "direct"))
		return "true colours";
	return set == UI_COLOUR_256 || strstr(term, "256") ? "256 colours" : "8 or 16 colours";
}

static void tmux_answered(void *part, const struct loop_answer *a, const struct err *err)
{
	struct part *p = part;
	p->program = NULL;
	struct sv said = err ? SV("") : sv_trim(a->out);
	if (!err && a->status == 0 && !sv_eq(said, SV("on")))
		part_add(p, CHECK_WARNING, "In ~/.tmux.conf: set -g set-clipboard on", "tmux keeps what is copied here from the terminal's clipboard (set-clipboard is %.*s)", (int)MIN_OF(said.len, (size_t)20), said.p);
	else
		part_add(p, CHECK_OK, NULL, "what is copied goes to the terminal's clipboard (OSC 52), through tmux");
	part_done(p);
}

static void clipboard_line(struct part *p, const char *term)
{
	static const char *const argv[] = { "tmux", "show-options", "-gv", "set-clipboard", NULL };
	if (getenv("TMUX")) {
		p->program = loop_ask(part_app(p)->loop, &(struct loop_ask_spec){ .argv = argv, .timeout_ms = DOCTOR_PROGRAM_MS }, tmux_answered, p);
		return;
	}
	if (strcmp(term, "linux") == 0)
		part_add(p, CHECK_WARNING, "Use a terminal in a desktop, or over SSH from one, to copy names and addresses.", "the console has no clipboard");
	else
		part_add(p, CHECK_OK, NULL, "what is copied goes to the terminal's clipboard by OSC 52, where the terminal allows it");
	part_done(p);
}

bool doctor_has_program(const char *name)
{
	struct sv rest = sv_of(getenv("PATH") ? getenv("PATH") : ""), dir;
	while (sv_split(&rest, ':', &dir)) {
		AUTO_STR path = xasprintf("%.*s/%s", (int)dir.len, dir.p, name);
		if (dir.len && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* A session's page is looked at where the person is. */
static void browser_line(struct part *p)
{
	const char *ssh = getenv("SSH_CONNECTION"), *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
	if (ssh && *ssh)
		part_add(p, CHECK_OK, NULL, "over SSH no browser is opened here: c shows and copies a session's address, and the ssh line that it needs");
	else if (!(x && *x) && !(wayland && *wayland))
		part_add(p, CHECK_OK, NULL, "there is no desktop here to open a browser on: c shows and copies a session's address");
	else if (!doctor_has_program("xdg-open"))
		part_add(p, CHECK_WARNING, "Install xdg-utils; until then c shows and copies a session's address.", "o can't open a browser: xdg-open is not there");
	else
		part_add(p, CHECK_OK, NULL, "o opens a session in the browser of this desktop (xdg-open)");
}

void doctor_terminal(struct part *p)
{
	const struct app_terminal *t = part_terminal(p);
	const char *term = getenv("TERM");
	if (!t->utf8)
		part_add(p, CHECK_WARNING, "export LANG=C.UTF-8", "the locale is not UTF-8: names are drawn in ASCII, with ? for what that lacks");
	if (!t->is_terminal) {
		part_add(p, CHECK_OK, NULL, "the output is no terminal, so only commands can be run here (the dashboard needs one)");
		part_done(p);
		return;
	}
	if (!term || !*term || strcmp(term, "dumb") == 0) {
		part_add(p, CHECK_WARNING, "export TERM=xterm-256color, where the terminal is like that one", "TERM is %s: the dashboard is a linear one there (--plain)", term && *term ? term : "not set");
		part_done(p);
		return;
	}
	if (!is_described(term))
		part_add(p, CHECK_PROBLEM, "Install its description (package ncurses-term), or: export TERM=xterm-256color", "this machine has no description of the terminal %s", term);
	if (t->columns < COLUMNS_LEAST || t->rows < ROWS_LEAST)
		part_add(p, CHECK_WARNING, "Make the window larger.", "%ux%u is small: not everything has room below %dx%d", t->columns, t->rows, COLUMNS_LEAST, ROWS_LEAST);
	part_add(p, CHECK_OK, NULL, "%s, %ux%u, %s, %s", term, t->columns, t->rows, t->utf8 ? "UTF-8" : "ASCII", colour_words(part_app(p), term));
	browser_line(p);
	clipboard_line(p, term);
}
