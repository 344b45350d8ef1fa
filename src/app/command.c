/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/command.h"

#include <string.h>

#include "berth/macros.h"
#include "berth/text.h"

#define LISTS "projects branches commits"

static const struct command_flag flags_image[] = {
	{ "dockerfile", 'd', NULL, "print the Dockerfile that it is built with: the commit's own, or the one that berth makes for it" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_build[] = {
	{ "detach", 'd', NULL, "start the build and return at once; `berth log` shows it" },
	{ "no-cache", 0, NULL, "build every step again" },
	{ "classic", 0, NULL, "use the classic builder even where BuildKit is there" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_log[] = {
	{ "follow", 'f', NULL, "go on until the build ends" },
	{ "from", 0, "FILE", "show a raw log on disk instead (-: standard input); with --json its lines as GitLab makes them" },
	{ "secrets", 0, NULL, "show tokens and passwords as they are (--json does)" },
	{ "times", 't', NULL, "put the time before each line where the runner has noted it" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_diagnose[] = {
	{ "from", 0, "FILE", "say it of a raw log on disk instead (-: standard input)" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_variables[] = {
	{ "variable", 'v', "KEY=VALUE", "a variable of it; may be given several times" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_fork[] = {
	{ "into", 'g', "GROUP", "the group that the copy goes to (default: your own)" },
	{ "path", 'p', "NAME", "the last part of its address (default: as it is)" },
	{ "no-build", 'n', NULL, "don't run the first build" },
	{ NULL, 0, NULL, NULL },
};
#define FLAG_BESIDE { "beside", 0, NULL, "on a branch of its own, for you to merge (for one that is checked out or protected)" }
static const struct command_flag flags_pin[] = {
	{ "image", 'i', "IMAGE", "this one (default: the commit's own)" },
	FLAG_BESIDE,
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_unpin[] = { FLAG_BESIDE, { NULL, 0, NULL, NULL } };
static const struct command_flag flags_login[] = {
	{ "check", 'c', NULL, "only check it (at a terminal: the one that berth has for this host)" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_run[] = {
	{ "variable", 'v', "KEY=VALUE", "a variable of the pipeline; may be given several times" },
	{ "input", 'i', "KEY=VALUE", "an input of the pipeline (GitLab 18.1 and newer); 7, true and [1, 2] are no text unless in double quotes; may be given several times" },
	{ NULL, 0, NULL, NULL },
};
#define FLAG_ALL { "all", 'a', NULL, "also other people's sessions, for who looks after the engine" }
static const struct command_flag flags_logs[] = {
	{ "follow", 'f', NULL, "go on until the session ends" },
	{ "secrets", 0, NULL, "show tokens and passwords as they are (--json does)" },
	FLAG_ALL,
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_projects[] = {
	{ "search", 's', "WORDS", "those with these words in name, path or description; hosts are asked for other people's too" },
	{ "max", 'n', "N", "of each host at most so many (default 100; 0: all)" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_commits[] = {
	{ "branch", 'b', "NAME", "of this branch (default: the project's default branch)" },
	{ "max", 'n', "N", "at most so many (default 50; 0: all)" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_stop[] = {
	{ "keep", 'k', NULL, "only stop it: container and workspace stay, and `berth resume` goes on with them" },
	{ "force", 'f', NULL, "remove the workspace even when it holds work that is nowhere else" },
	FLAG_ALL,
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_sessions[] = { FLAG_ALL, { NULL, 0, NULL, NULL } };
static const struct command_flag flags_discard[] = {
	{ "yes", 'y', NULL, "without asking" },
	FLAG_ALL,
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_export[] = {
	{ "output", 'o', "FILE", "where to (default: SESSION.tar here; -: standard output)" },
	FLAG_ALL,
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_keep[] = {
	{ "install", 0, NULL, "let systemd run it for you, where it runs your services" },
	{ "detached", 0, NULL, "end quietly when another keeper runs" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_save[] = {
	{ "dry-run", 'n', NULL, "only tell what is unsaved" },
	{ "commit", 'c', NULL, "commit all that is dirty on the session's branch instead, and push it to the project's branch, with the image's own git" },
	{ "message", 'm', "TEXT", "the message of that commit" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_autosaves[] = {
	{ "diff", 'd', NULL, "show NAME as a patch" },
	{ "delete", 0, NULL, "delete NAME for good" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_start[] = {
	{ "new", 0, NULL, "start another one even if a session of this branch runs" },
	{ "restore", 0, "NAME", "with saved work put back (berth autosaves lists it); the branch stays" },
	{ "fresh", 0, NULL, "without saved work that there may be; it stays where it is" },
	{ NULL, 0, NULL, NULL },        /* the options of a session (--memory, --cpus …) come from session.h's own table */
};
static const struct command_flag flags_link[] = {
	{ "badge", 'b', NULL, "as markdown that shows a badge" },
	{ "berth", 0, NULL, "of the form berth://HOST/PROJECT (projects of this machine have no other)" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_new[] = {
	{ "template", 't', "NAME", "python, r, julia or minimal; or one of --from" },
	{ "from", 0, "FOLDER", "a folder or git address of templates (a manifest.yaml of RenkuLab's form, or the folder itself is one)" },
	{ "set", 's', "NAME=VALUE", "a variable of the template; may be given several times" },
	{ "name", 'n', "NAME", "of the project (default: the folder's)" },
	{ "origin", 0, "URL", "the git address that it will be pushed to" },
	{ "forge", 0, "HOST", "make it at this host as well, push it, and have its first build run" },
	{ "namespace", 'g', "GROUP", "there, in this group (default: your own)" },
	{ "visibility", 0, "LEVEL", "there: private (the default), internal or public" },
	{ "list", 'l', NULL, "only list the templates" },
	{ NULL, 0, NULL, NULL },
};
static const struct command_flag flags_open[] = {
	{ "yes", 'y', NULL, "start it without asking, also with variables, an image of its own or a host that is not known" },
	{ "dry-run", 0, NULL, "only say what the link asks for" },
	{ NULL, 0, NULL, NULL },
};
#define BOTH (FACE_CLI | FACE_TUI)
#define NEED_WORK (NEED_ENGINE | NEED_WRITABLE)
#define UI(ID, NAME, PANES, KEYS, HINT, SUMMARY) [ID] = { ID, NAME, NULL, FACE_TUI, 0, PANES, KEYS, HINT, SUMMARY, NULL }

static const struct command commands[CMD_COUNT_] = {
	[CMD_PROJECTS] = { CMD_PROJECTS, "projects", NULL, FACE_CLI, 0, "", NULL, NULL, "List the projects, or search for some", flags_projects },
	[CMD_BRANCHES] = { CMD_BRANCHES, "branches", "[PROJECT]", FACE_CLI, 0, "", NULL, NULL, "List a project's branches", NULL },
	[CMD_COMMITS] = { CMD_COMMITS, "commits", "[PROJECT] [BRANCH]", FACE_CLI, 0, "", NULL, NULL, "List a branch's commits, newest first", flags_commits },
	[CMD_IMAGE] = { CMD_IMAGE, "image", "[PROJECT] [REV]", FACE_CLI, 0, "", NULL, NULL, "Show the state of a commit's image, why, and what to do next", flags_image },
	[CMD_BUILD] = { CMD_BUILD, "build", "[PROJECT] [REV]", BOTH, NEED_COMMIT | NEED_WORK, LISTS, "b", "build", "Build the commit's image and show its log", flags_build },
	[CMD_BUILDS] = { CMD_BUILDS, "builds", NULL, FACE_CLI, 0, "", NULL, NULL, "List the image builds that berth ran", NULL },
	[CMD_LOG] = { CMD_LOG, "log", "[PROJECT] [REV]", BOTH, NEED_LOG, LISTS " sessions main", "L m", "log", "Show the log of the commit's image build (of the session in the sessions pane)", flags_log },
	[CMD_START] = { CMD_START, "start", "[PROJECT] [REV]", BOTH, NEED_PROJECT | NEED_ENGINE_SOON | NEED_WRITABLE, LISTS, "s", "start", "Start a session, or say which one runs for the branch already", flags_start },
	[CMD_SESSIONS] = { CMD_SESSIONS, "sessions", NULL, FACE_CLI, NEED_ENGINE, "", NULL, NULL, "List the sessions", flags_sessions },
	[CMD_CONNECT] = { CMD_CONNECT, "connect", "[SESSION]", BOTH, NEED_SESSION | NEED_OWN | NEED_ENGINE, LISTS " sessions", "c", "connect", "Show the session's address with its token, copy it, and open it where a browser is", NULL },
	[CMD_ATTACH] = { CMD_ATTACH, "attach", "[SESSION]", BOTH, NEED_SESSION | NEED_OWN | NEED_WORK, LISTS " sessions", "a", "shell", "Open a shell in the session", NULL },
	[CMD_LOGS] = { CMD_LOGS, "logs", "[SESSION]", FACE_CLI, NEED_SESSION | NEED_ENGINE, "", NULL, NULL, "Show what the session's program prints", flags_logs },
	[CMD_SAVE_WORK] = { CMD_SAVE_WORK, "save", "[SESSION]", BOTH, NEED_SESSION | NEED_OWN | NEED_WORK, "sessions", "s", "save", "Save the session's unsaved work on branches of its project (renku/autosave/…), and look that it is there", flags_save },
	[CMD_COMMIT_WORK] = { CMD_COMMIT_WORK, "commit", NULL, FACE_TUI, NEED_SESSION | NEED_OWN | NEED_WORK, "sessions", "W", NULL, "Commit all that is dirty in the session, with a message, and push it to the project's branch", NULL },
	[CMD_PULL] = { CMD_PULL, "pull", "[SESSION]", BOTH, NEED_SESSION | NEED_OWN | NEED_WORK, "sessions", "F", NULL, "Bring the project's new commits into the session, where its branch can simply move forwards", NULL },
	[CMD_AUTOSAVES] = { CMD_AUTOSAVES, "autosaves", "[PROJECT] [NAME]", BOTH, NEED_PROJECT, LISTS " sessions", "U", NULL, "List a project's saved work; show one as a patch, or delete it", flags_autosaves },
	[CMD_STOP] = { CMD_STOP, "stop", "[SESSION]", BOTH, NEED_SESSION | NEED_WORK, "sessions", "d", "stop", "Save the session's work, stop it and remove it; what can't be saved stays", flags_stop },
	[CMD_PAUSE] = { CMD_PAUSE, "pause", "[SESSION]", BOTH, NEED_SESSION | NEED_WORK, "sessions", "p", "pause", "Save the session's work as far as it can be and stop it; its workspace stays", flags_sessions },
	[CMD_RESUME] = { CMD_RESUME, "resume", "[SESSION]", BOTH, NEED_SESSION | NEED_OWN | NEED_WORK, "sessions", "P", "resume", "Go on with a session that is stopped", NULL },
	[CMD_EXTEND] = { CMD_EXTEND, "extend", "[SESSION] [TIME]", BOTH, NEED_SESSION | NEED_OWN | NEED_WORK, "sessions", "e", "extend", "Keep an idle session for so long from now (default: as long as its idle limit)", NULL },
	[CMD_EXPORT] = { CMD_EXPORT, "export", "[SESSION]", BOTH, NEED_SESSION | NEED_ENGINE, "sessions", "E", NULL, "Write the session's workspace to a tar file, also of one that is stopped", flags_export },
	[CMD_DISCARD] = { CMD_DISCARD, "discard", "SESSION", BOTH, NEED_SESSION | NEED_WORK, "sessions", "D", NULL, "Remove a stopped session with all the work in it, by its name", flags_discard },
	[CMD_KEEP] = { CMD_KEEP, "keep", NULL, FACE_CLI, NEED_WORK, "", NULL, NULL, "Watch the sessions until the last has ended (berth starts this by itself)", flags_keep },
	[CMD_CONFIG] = { CMD_CONFIG, "config", NULL, BOTH, 0, "", NULL, NULL, "Show every setting, its value and where it is from", NULL },
	[CMD_DOCTOR] = { CMD_DOCTOR, "doctor", NULL, BOTH, 0, "", NULL, NULL, "Check configuration, hosts, tokens, engine, registries, terminal and folders, and say what to fix", NULL },
	[CMD_ALL_SESSIONS] = { CMD_ALL_SESSIONS, "all-sessions", NULL, FACE_TUI, NEED_ENGINE, "sessions", "A", NULL, "Show other people's sessions too; again: only yours", NULL },
	[CMD_DIAGNOSE] = { CMD_DIAGNOSE, "diagnose", "[PROJECT] [REV]", BOTH, NEED_COMMIT | NEED_LOG, LISTS " main", "D", "why", "Say why the commit's image build failed, what shows it, and what to do", flags_diagnose },
	[CMD_CANCEL] = { CMD_CANCEL, "cancel", "[PROJECT] [REV]", BOTH, NEED_WRITABLE, LISTS " sessions main", "X", "cancel", "Cancel the build of the commit, or the start that is under way", NULL },
	[CMD_RETRY] = { CMD_RETRY, "retry", "[PROJECT] [REV]", BOTH, NEED_COMMIT | NEED_WRITABLE, LISTS, "t", "retry", "Run the host's build of the commit again", NULL },
	[CMD_PLAY] = { CMD_PLAY, "play", "[PROJECT] [REV]", BOTH, NEED_COMMIT | NEED_WRITABLE, LISTS, "p", NULL, "Start the host's build of the commit that waits to be started by hand", flags_variables },
	[CMD_RUN_PIPELINE] = { CMD_RUN_PIPELINE, "run-pipeline", "[PROJECT] [REV]", BOTH, NEED_COMMIT | NEED_WRITABLE, LISTS, "P", NULL, "Run a pipeline for the branch that ends at the commit", flags_run },
	[CMD_TOUCH] = { CMD_TOUCH, "touch", "[PROJECT] [REV]", BOTH, NEED_COMMIT | NEED_WRITABLE, LISTS, NULL, NULL, "Make a trivial commit whose image is the same, beside the branch where that has moved on", NULL },
	[CMD_PIN] = { CMD_PIN, "pin", "[PROJECT] [REV]", BOTH, NEED_COMMIT | NEED_WRITABLE, "commits", NULL, NULL, "Pin an image in .renku/renku.ini, as a commit on the branch", flags_pin },
	[CMD_UNPIN] = { CMD_UNPIN, "unpin", "[PROJECT] [REV]", BOTH, NEED_COMMIT | NEED_WRITABLE, "commits", NULL, NULL, "Take the pinned image out of .renku/renku.ini, as a commit on the branch", flags_unpin },
	[CMD_FORK] = { CMD_FORK, "fork", "[PROJECT]", BOTH, NEED_PROJECT | NEED_WRITABLE, "projects", NULL, NULL, "Copy a host's project to a group of yours, and run its first build", flags_fork },
	[CMD_LOGIN] = { CMD_LOGIN, "login", "[HOST]", FACE_CLI, 0, "", NULL, NULL, "Check a host's token (read from standard input), say what it may do, and keep it", flags_login },
	[CMD_LINK] = { CMD_LINK, "link", "[PROJECT] [BRANCH] [COMMIT]", BOTH, NEED_PROJECT, LISTS, "Y", NULL, "Make a link that starts a session here", flags_link },
	[CMD_OPEN_LINK] = { CMD_OPEN_LINK, "open", "LINK", BOTH, NEED_WORK, "", NULL, NULL, "Start the session that a link asks for", flags_open },
	[CMD_NEW] = { CMD_NEW, "new", "FOLDER", BOTH, NEED_WRITABLE, "", NULL, NULL, "Make a new project from a template", flags_new },
	[CMD_UNDO] = { CMD_UNDO, "undo", NULL, FACE_TUI, 0, "", "u", NULL, "Take back a stop in the 5 seconds before it begins", NULL },
	[CMD_REFRESH] = { CMD_REFRESH, "refresh", NULL, FACE_TUI, 0, "", "r R", NULL, "Ask again for everything on the screen", NULL },
	[CMD_COPY] = { CMD_COPY, "copy", NULL, FACE_TUI, 0, LISTS " sessions main log", "y", "copy", "Copy a name, hash, image or address to the terminal's clipboard", NULL },
	[CMD_MESSAGES] = { CMD_MESSAGES, "messages", NULL, FACE_TUI, 0, "", "!", NULL, "Show the messages so far", NULL },

	UI(CMD_HELP, "help", "", "? f1", "help", "Explain the keys of this place"),
	UI(CMD_PALETTE, "palette", "", ": ctrl-p", "command", "Choose any command by name"),
	UI(CMD_FILTER, "filter", "", "/", "filter", "Filter the list (! excludes), or search in a log (re: is an expression)"),
	UI(CMD_NEXT_MATCH, "next-match", "main log", "n", NULL, "Go to the next match"),
	UI(CMD_PREV_MATCH, "previous-match", "main log", "N", NULL, "Go to the match before"),
	UI(CMD_NEXT_PANE, "next-pane", "", "tab", NULL, "Focus the next pane"),
	UI(CMD_PREV_PANE, "previous-pane", "", "shift-tab", NULL, "Focus the pane before"),
	UI(CMD_PANE_1, "pane-projects", "", "1", NULL, "Focus the projects"),
	UI(CMD_PANE_2, "pane-branches", "", "2", NULL, "Focus the branches"),
	UI(CMD_PANE_3, "pane-commits", "", "3", NULL, "Focus the commits"),
	UI(CMD_PANE_4, "pane-sessions", "", "4", NULL, "Focus the sessions"),
	UI(CMD_PANE_MAIN, "pane-main", "", "0", NULL, "Focus what is looked at, on the right"),
	UI(CMD_DOWN, "down", "", "j down", NULL, "Move down"),
	UI(CMD_UP, "up", "", "k up", NULL, "Move up"),
	UI(CMD_TOP, "top", "", "g home", NULL, "Go to the first row; 7g: to the seventh"),
	UI(CMD_BOTTOM, "bottom", "", "G end", NULL, "Go to the last row; 70G: to the seventieth, in a log to that line"),
	UI(CMD_PAGE_DOWN, "page-down", "", "pgdn ctrl-f", NULL, "Move a page down"),
	UI(CMD_PAGE_UP, "page-up", "", "pgup ctrl-b", NULL, "Move a page up"),
	UI(CMD_HALF_DOWN, "half-page-down", "", "ctrl-d", NULL, "Move half a page down"),
	UI(CMD_HALF_UP, "half-page-up", "", "ctrl-u", NULL, "Move half a page up"),
	UI(CMD_LEFT, "left", "", "h left", NULL, "Focus the pane to the left; scroll a log to the left"),
	UI(CMD_RIGHT, "right", "", "l right", NULL, "Focus the pane to the right; scroll a log to the right"),
	UI(CMD_MAIN_DOWN, "main-down", "", "J", NULL, "Scroll the right pane down without leaving the list"),
	UI(CMD_MAIN_UP, "main-up", "", "K", NULL, "Scroll the right pane up without leaving the list"),
	UI(CMD_NEXT_TAB, "next-tab", "", "]", NULL, "Show the next tab of the right pane"),
	UI(CMD_PREV_TAB, "previous-tab", "", "[", NULL, "Show the tab before"),
	UI(CMD_ZOOM, "zoom", "", "+", NULL, "Give the focused pane more room"),
	UI(CMD_UNZOOM, "unzoom", "", "_", NULL, "Give the focused pane less room"),
	UI(CMD_OPEN, "select", "", "enter", NULL, "Open what is selected"),
	UI(CMD_BACK, "back", "", "esc", NULL, "Go back, clear the filter, close what is open"),
	UI(CMD_QUIT, "quit", "", "q", NULL, "Close this view; at the top, leave berth"),
	UI(CMD_QUIT_NOW, "quit-now", "", "Q", NULL, "Leave berth now"),
	UI(CMD_SUSPEND, "suspend", "", "ctrl-z", NULL, "Suspend berth; fg brings it back"),
	UI(CMD_REDRAW, "redraw", "", "ctrl-l", NULL, "Draw the whole screen again"),
	UI(CMD_FOLLOW, "follow", "main log", "F", "follow", "Follow the end of the log"),
	UI(CMD_WRAP, "wrap", "main log", "w", "wrap", "Wrap long lines, or scroll sideways"),
	UI(CMD_NEXT_ERROR, "next-error", "main log", "e", "error", "Go to the next line that looks like an error (from the end: to the first)"),
	UI(CMD_PREV_ERROR, "previous-error", "main log", "E", NULL, "Go to the error line before"),
	UI(CMD_SAVE, "save-log", "main log", "S", "save", "Save the log to a file"),
	UI(CMD_KEEP_LINES, "keep-lines", "log", "&", "keep", "Show only lines with some words (! leaves them out, re: is an expression)"),
	UI(CMD_FOLD, "fold", "log", "z", NULL, "Fold or unfold the section of this line (enter does it, too)"),
	UI(CMD_FOLD_ALL, "fold-all", "log", "Z", "fold", "Fold or unfold all sections"),
	UI(CMD_NEXT_SECTION, "next-section", "log", "}", NULL, "Go to the next section"),
	UI(CMD_PREV_SECTION, "previous-section", "log", "{", NULL, "Go to the section before"),
	UI(CMD_TIMES, "times", "log", "t", "times", "Show no times, times since the start, or times of day"),
	UI(CMD_NUMBERS, "line-numbers", "log", "#", NULL, "Show the numbers of the lines, or hide them"),
	UI(CMD_SECRETS, "secrets", "log", "T", NULL, "Show tokens and passwords in the log, or mask them again"),
	UI(CMD_PAGER, "pager", "log", "v", NULL, "Open the log in $PAGER"),
	UI(CMD_EDITOR, "editor", "log", "V", NULL, "Open the log in $EDITOR"),
	UI(CMD_HOLD, "hold", "log", "p", NULL, "Stay here while the log grows; again: follow its end"),
	UI(CMD_HIGHLIGHT, "highlight", "log", "H", NULL, "Colour what has some words (re: is an expression), up to four of them; nothing: none"),
	UI(CMD_MARK_LINE, "mark-line", "log", "m", NULL, "Mark this line, or unmark it; y copies those that are marked"),
	UI(CMD_NEXT_MARK, "next-mark", "log", "'", NULL, "Go to the next marked line"),
	UI(CMD_PERCENT, "percent", "log", "%", NULL, "Go so far down the log: 50%"),
	UI(CMD_LOG_FILE, "log-file", "", NULL, NULL, "Show the log in a file on disk"),
	[CMD_START_OPTIONS] = { CMD_START_OPTIONS, "start-options", NULL, FACE_TUI, NEED_PROJECT | NEED_WORK, LISTS, "S", "options", "Start a session with options", NULL },
	UI(CMD_MENU, "menu", "", "x", NULL, "Show what can be done here"),
	UI(CMD_MARK, "mark", LISTS " sessions", "space", NULL, "Mark this row, or unmark it; build, start, stop, cancel and copy then take all that are marked"),
	UI(CMD_MARK_RANGE, "mark-range", LISTS " sessions", "v", NULL, "Mark from here to where the cursor goes; again ends it"),
	UI(CMD_MARK_ALL, "mark-all", LISTS " sessions", "*", NULL, "Mark all rows that are shown, or none"),
	UI(CMD_SORT_NEXT, "sort-next", LISTS " sessions", ">", NULL, "Sort by the next column; past the last one the list has its own order"),
	UI(CMD_SORT_PREV, "sort-previous", LISTS " sessions", "<", NULL, "Sort by the column before"),
	UI(CMD_SORT_REVERSE, "sort-reverse", LISTS " sessions", "=", NULL, "Sort the other way round"),
	UI(CMD_SPLIT, "split", "", "|", NULL, "Give the lists more room, then less, then as it was"),
	UI(CMD_MOUSE, "mouse", "", "M", NULL, "Let the mouse select text in the terminal, or take clicks here"),
	[CMD_BROWSE] = { CMD_BROWSE, "browse", NULL, FACE_TUI, NEED_SESSION | NEED_ENGINE, LISTS " sessions", "o", NULL, "Open the session in a browser of this machine", NULL },
	[CMD_WATCH] = { CMD_WATCH, "watch", NULL, FACE_TUI, 0, LISTS " sessions", "w", NULL, "Tell when the build or start under way here ends, wherever you look meanwhile; again: no longer", NULL },
	[CMD_INSPECT] = { CMD_INSPECT, "inspect", NULL, FACE_TUI, 0, LISTS " sessions", "i", NULL, "Show all that is known of what is selected, as JSON", NULL },
	[CMD_DOCKERFILE] = { CMD_DOCKERFILE, "dockerfile", NULL, FACE_TUI, NEED_COMMIT, LISTS, "f", NULL, "Show the Dockerfile that the commit's image is built with; copy it, or write it to a file", NULL },
	UI(CMD_DISMISS, "dismiss", "sessions", "backspace", NULL, "Forget a start that failed"),
};

bool command_takes_options(const struct command *c)
{
	return c->id == CMD_START || c->id == CMD_LINK;
}

size_t command_words_max(const struct command *c)
{
	size_t n = c->args != NULL;
	for (const char *p = c->args; p && *p; p++)
		n += *p == ' ';
	return n;
}

const struct command *command_at(size_t i)
{
	return i < CMD_COUNT_ ? &commands[i] : NULL;
}

const struct command *command_by_name(const char *name)
{
	for (size_t i = 0; i < CMD_COUNT_; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

const char *command_nearest(const char *name)
{
	struct text_nearest n = { .typed = sv_of(name) };
	for (size_t i = 0; i < CMD_COUNT_; i++)
		text_nearest_offer(&n, commands[i].name);
	return n.best;
}

static const struct {
	unsigned need;
	const char *why;
} needs[] = {
	{ NEED_PROJECT, "no project is selected" },  { NEED_BRANCH, "no branch is selected" },
	{ NEED_COMMIT, "no commit is selected" },    { NEED_SESSION, "no session is selected" },
	{ NEED_OWN, "it is somebody else's session" },
	{ NEED_BUILD, "no build runs here" },        { NEED_LOG, "there is no log here yet" },
};

const char *command_why_not(const struct command *c, const struct command_place *place)
{
	if ((c->needs & NEED_WRITABLE) && place->read_only)
		return "berth was started with --read-only";
	for (size_t i = 0; i < ARRAY_LEN(needs); i++)
		if ((c->needs & needs[i].need) && !(place->has & needs[i].need))
			return needs[i].why;
	unsigned engine = c->needs & NEED_ENGINE_SOON ? NEED_ENGINE | NEED_ENGINE_SOON : c->needs & NEED_ENGINE;
	if (engine && !(place->has & engine))
		return place->engine_trouble ? place->engine_trouble : "no container engine answers";
	return NULL;
}

int exit_code_of(enum err_code code)
{
	/* 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 no answer, 6 conflict or busy, 7 configuration, 130 cancelled */
	static const int codes[ERR_CODE_COUNT_] = {
		[ERR_NONE] = 0, [ERR_NOT_FOUND] = 3, [ERR_AUTH] = 4, [ERR_DENIED] = 4, [ERR_RATE] = 5, [ERR_TIMEOUT] = 5, [ERR_NET] = 5,
		[ERR_TLS] = 5, [ERR_HTTP] = 1, [ERR_DECODE] = 1, [ERR_TOO_BIG] = 1, [ERR_UNSUPPORTED] = 1, [ERR_CONFLICT] = 6,
		[ERR_CANCELLED] = 130, [ERR_BUSY] = 6, [ERR_NO_SPACE] = 1, [ERR_SYS] = 1, [ERR_USAGE] = 2, [ERR_CONFIG] = 7, [ERR_FAILED] = 1,
	};
	return code < ERR_CODE_COUNT_ ? codes[code] : 1;
}
