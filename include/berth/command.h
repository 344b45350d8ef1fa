/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_COMMAND_H
#define BERTH_COMMAND_H
/*
 * The one table of what a person can ask for. Keys, the `:` prompt, the CLI's subcommands, completion, the help screen and
 * the man page are made from it. A row says what it needs; what is not there makes it unavailable, with the reason.
 * Rows do not carry functions: each face has one handler a command id, and calls app for the work.
 */
#include <stdbool.h>
#include "berth/err.h"

enum command_id {
	CMD_PROJECTS, CMD_BRANCHES, CMD_COMMITS, CMD_IMAGE, CMD_BUILD, CMD_BUILDS, CMD_LOG, CMD_START, CMD_SESSIONS, CMD_CONNECT, CMD_ATTACH, CMD_LOGS, CMD_STOP, CMD_PAUSE, CMD_RESUME, CMD_EXTEND, CMD_EXPORT, CMD_DISCARD, CMD_KEEP, CMD_SAVE_WORK, CMD_COMMIT_WORK, CMD_PULL, CMD_AUTOSAVES, CMD_CONFIG, CMD_DOCTOR,
	CMD_RETRY, CMD_PLAY, CMD_RUN_PIPELINE, CMD_TOUCH, CMD_PIN, CMD_UNPIN, CMD_FORK, CMD_LOGIN, CMD_LINK, CMD_OPEN_LINK, CMD_NEW,
	CMD_DIAGNOSE, CMD_CANCEL, CMD_UNDO, CMD_REFRESH, CMD_COPY, CMD_MESSAGES, CMD_ALL_SESSIONS,
	/* the dashboard's own */
	CMD_HELP, CMD_PALETTE, CMD_FILTER, CMD_NEXT_MATCH, CMD_PREV_MATCH, CMD_NEXT_PANE, CMD_PREV_PANE, CMD_PANE_1, CMD_PANE_2, CMD_PANE_3, CMD_PANE_4, CMD_PANE_MAIN,
	CMD_DOWN, CMD_UP, CMD_TOP, CMD_BOTTOM, CMD_PAGE_DOWN, CMD_PAGE_UP, CMD_HALF_DOWN, CMD_HALF_UP, CMD_LEFT, CMD_RIGHT, CMD_MAIN_DOWN, CMD_MAIN_UP,
	CMD_NEXT_TAB, CMD_PREV_TAB, CMD_ZOOM, CMD_UNZOOM, CMD_OPEN, CMD_BACK, CMD_QUIT, CMD_QUIT_NOW, CMD_SUSPEND, CMD_REDRAW,
	CMD_FOLLOW, CMD_WRAP, CMD_NEXT_ERROR, CMD_PREV_ERROR, CMD_SAVE, CMD_KEEP_LINES, CMD_FOLD, CMD_FOLD_ALL, CMD_NEXT_SECTION, CMD_PREV_SECTION, CMD_TIMES, CMD_NUMBERS, CMD_SECRETS, CMD_PAGER, CMD_EDITOR, CMD_LOG_FILE, CMD_HOLD, CMD_HIGHLIGHT, CMD_MARK_LINE, CMD_NEXT_MARK, CMD_PERCENT,
	CMD_START_OPTIONS, CMD_MENU, CMD_DISMISS,
	CMD_MARK, CMD_MARK_RANGE, CMD_MARK_ALL, CMD_SORT_NEXT, CMD_SORT_PREV, CMD_SORT_REVERSE, CMD_SPLIT, CMD_MOUSE, CMD_BROWSE, CMD_INSPECT, CMD_WATCH, CMD_DOCKERFILE,
	CMD_COUNT_
};
enum { FACE_CLI = 1, FACE_TUI = 2 };
enum { NEED_PROJECT = 1, NEED_BRANCH = 2, NEED_COMMIT = 4, NEED_SESSION = 8, NEED_ENGINE = 16, NEED_WRITABLE = 32, NEED_BUILD = 64, NEED_LOG = 128,
	NEED_OWN = 256 /* not somebody else's session */, NEED_ENGINE_SOON = 512 /* an engine, or one that is asked still: the command waits */ };
struct command_flag { const char *name; char letter; const char *arg; /* NULL: a switch */ const char *help; };
struct command {
	enum command_id id;
	const char *name;              /* "start": subcommand and `:` word */
	const char *args;              /* "[PROJECT] [REV]", for usage lines; NULL: none */
	unsigned faces, needs;
	const char *panes;             /* where its key works: "" everywhere, else words: "commits branches projects sessions log main" */
	const char *keys;              /* default keys, blank-separated ("j down"), or NULL */
	const char *hint;              /* two words at most for the key line, NULL: not shown there */
	const char *summary;           /* one line, a sentence without full stop */
	const struct command_flag *flags; /* ends with a NULL name; NULL: none */
};
const struct command *command_at(size_t i);                    /* i < CMD_COUNT_, in the order of the enum */
const struct command *command_by_name(const char *name);
/* The nearest name to a mistyped one, or NULL. */
const char *command_nearest(const char *name);
bool command_takes_options(const struct command *c);           /* those of a session (session.h) are flags of it */
size_t command_words_max(const struct command *c);             /* how many words it takes at most */
/* What is there at the moment; the reason a command can't run now ("no session is selected"), or NULL when it can. */
struct command_place { unsigned has /* NEED_… bits that are met */; const char *engine_trouble; bool read_only; };
const char *command_why_not(const struct command *c, const struct command_place *place);
/* Exit codes of the CLI by error code (one table; README has it): 0 ok, 1 failed, 2 usage, … */
int exit_code_of(enum err_code code);
#endif
