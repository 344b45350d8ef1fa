/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help and the man page's source, from the command table and the table of session options. */
#include "cli/cli_impl.h"
#include "config.h"

static const struct {
	const char *flag, *help;
} globals[] = {
	{ "--config FILE", "read this configuration instead of the usual one" },
	{ "--theme NAME", "the dashboard's colours" },
	{ "--plain", "the dashboard as lines, for screen readers and plain terminals" },
	{ "--read-only", "look, change nothing" },
	{ "--json", "print JSON (every subcommand)" },
	{ "--log FILE", "record what berth does, for bug reports; no secrets are in it" },
	{ "--help", "what berth can do; after a command: how that is used" },
	{ "--version", "the version" },
};

static bool in_cli(const struct command *cmd)
{
	return cmd->faces & FACE_CLI;
}

enum { TERMS = 26, TEXT_LEAST = 30 };

/* A text in rows of `width`, all but the first of them indented to `column`, where the first one begins. */
static void add_wrapped(struct buf *b, size_t column, size_t width, const char *text)
{
	struct sv rest = sv_of(text), row;
	for (size_t indent = 0; text_wrap(&rest, MAX_OF(width, column + TEXT_LEAST) - column, &row); indent = column)
		buf_addf(b, "%*s%.*s\n", (int)indent, "", (int)row.len, row.p);
}

/* A term, and its text from `column` on in rows of `width`; below a term that is too long to stand beside it. */
static void add_item(struct buf *b, size_t column, size_t width, const char *term, const char *text)
{
	bool beside = strlen(term) + 4 <= column;
	if (beside)
		buf_addf(b, "  %-*s", (int)(column - 2), term);
	else
		buf_addf(b, "  %s\n%*s", term, (int)column, "");
	add_wrapped(b, column, width, text);
}

void help_general(struct buf *b, size_t width)
{
	buf_add_str(b, "berth: reproducible sessions from git projects, in a terminal\n\n"
	               "  berth                    opens the dashboard\n"
	               "  berth COMMAND [WORDS]    does one thing and ends\n\nCommands\n");
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *cmd = command_at(i);
		AUTO_STR usage = xasprintf("%s %s", cmd->name, cmd->args ? cmd->args : "");
		if (in_cli(cmd))
			add_item(b, TERMS, width, usage, cmd->summary);
	}
	add_item(b, TERMS, width, "help COMMAND", "Explain a command");
	add_item(b, TERMS, width, "completion SHELL", "Print completion for bash, zsh or fish");
	buf_add_str(b, "\nOptions\n");
	for (size_t i = 0; i < ARRAY_LEN(globals); i++)
		add_item(b, TERMS, width, globals[i].flag, globals[i].help);
	buf_add_str(b, "\nPROJECT is a path, a name or a folder (left out: the repository around the\n"
	               "current folder); REV is a branch, tag or commit (left out: the default branch);\n"
	               "SESSION is a session's name (left out: the only one there is).\n\n"
	               "Exit status: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed,\n"
	               "5 no answer, 6 conflict, 7 configuration, 130 cancelled.\n");
}

/* For people: in rows of that width. 0, for the man page: "term TAB text", taken apart again below. */
static void add_flag(struct buf *b, size_t width, const char *term, const char *text)
{
	if (width)
		add_item(b, TERMS, width, term, text);
	else
		buf_addf(b, "%s\t%s\n", term, text);
}

static void add_flags(struct buf *b, const struct command *cmd, size_t width)
{
	for (const struct command_flag *f = cmd->flags; f && f->name; f++) {
		AUTO_STR letter = f->letter ? xasprintf("-%c, ", f->letter) : xstrdup("");
		AUTO_STR text = xasprintf("%s--%s%s%s", letter, f->name, f->arg ? " " : "", f->arg ? f->arg : "");
		add_flag(b, width, text, f->help);
	}
	for (int i = 0; command_takes_options(cmd) && i < OPT_COUNT_; i++) {
		const struct option_def *d = option_def((enum option_id)i);
		AUTO_STR text = xasprintf("--%s%s%s", d->name, option_word(d) ? " " : "", option_word(d) ? option_word(d) : "");
		AUTO_STR help = d->least && d->most ? xasprintf("%s (%s to %s; default %s)", d->help, d->least, d->most, d->fallback ? d->fallback : "none") : xasprintf("%s%s", d->help, d->kind == OPTION_ENV ? " (once for each)" : "");
		add_flag(b, width, text, help);
	}
}

static bool is_list(const struct command *cmd, enum entity *ret)
{
	static const struct { enum command_id id; enum entity e; } lists[] = {
		{ CMD_PROJECTS, ENTITY_PROJECT }, { CMD_BRANCHES, ENTITY_BRANCH }, { CMD_COMMITS, ENTITY_COMMIT },
		{ CMD_SESSIONS, ENTITY_SESSION }, { CMD_BUILDS, ENTITY_BUILD },    { CMD_CONFIG, ENTITY_CONFIG },
	};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (lists[i].id == cmd->id)
			return *ret = lists[i].e, true;
	return false;
}

void help_command(struct buf *b, const struct command *cmd, size_t width)
{
	enum entity e;
	AUTO_STR summary = xasprintf("%s.", cmd->summary);
	buf_addf(b, "berth %s %s\n\n", cmd->name, cmd->args ? cmd->args : "");
	add_wrapped(b, 0, width, summary);
	buf_add_char(b, '\n');
	add_flags(b, cmd, width);
	add_flag(b, width, "--json", "print JSON");
	if (!is_list(cmd, &e))
		return;
	size_t n;
	const struct column *columns = columns_of(e, &n);
	add_flag(b, width, "--columns A,B", "show just these, in this order");
	add_flag(b, width, "--sort [-]COLUMN", "sort; - turns the order around");
	AUTO(buf_fini) struct buf names = BUF_INIT;
	buf_add_str(&names, "\nColumns:");
	for (size_t i = 0; i < n; i++)
		buf_addf(&names, " %s", columns[i].id);
	add_wrapped(b, 0, width, buf_str(&names));
}

/* ---- man page ---- */
static void add_roff(struct buf *b, const char *s)
{
	for (; *s; s++)
		if (*s == '-' || *s == '\\')
			buf_addf(b, "\\%c", *s);
		else
			buf_add_char(b, *s);
}

static void man_item(struct buf *b, const char *term, const char *text)
{
	buf_add_str(b, ".TP\n.B ");
	add_roff(b, term);
	buf_add_char(b, '\n');
	add_roff(b, text);
	buf_add_char(b, '\n');
}

static void man_flags(struct buf *b, const struct command *cmd)
{
	AUTO(buf_fini) struct buf lines = BUF_INIT;
	add_flags(&lines, cmd, 0);
	struct sv rest = buf_sv(&lines), line, term;
	if (rest.len)
		buf_add_str(b, ".RS\n");
	while (sv_split(&rest, '\n', &line)) {
		if (!line.len)
			continue;
		sv_split(&line, '\t', &term);
		AUTO_STR t = sv_dup(term);
		AUTO_STR h = sv_dup(line);
		man_item(b, t, h);
	}
	if (lines.len)
		buf_add_str(b, ".RE\n");
}

/* Whether the words of one of the two lists stand in the other: a command may work in several panes. */
static bool works_in(const struct command *cmd, const char *pane)
{
	struct sv rest = sv_of(cmd->panes), word;
	if (!*pane)
		return !rest.len;
	while (sv_split(&rest, ' ', &word))
		if (sv_eq(word, sv_of(pane)))
			return true;
	return false;
}

/* The same key means one thing in one place and another elsewhere. */
static void man_keys(struct buf *b)
{
	static const struct { const char *pane, *title; } places[] = {
		{ "", "Everywhere" }, { "projects", "Projects" }, { "branches", "Branches" }, { "commits", "Commits" }, { "sessions", "Sessions" },
		{ "main", "The right pane" }, { "log", "Logs" },
	};
	buf_add_str(b, ".SH KEYS\n");
	for (size_t p = 0; p < ARRAY_LEN(places); p++) {
		buf_addf(b, ".SS %s\n", places[p].title);
		for (size_t i = 0; i < CMD_COUNT_; i++)
			if (command_at(i)->keys && works_in(command_at(i), places[p].pane))
				man_item(b, command_at(i)->keys, command_at(i)->summary);
	}
}

/* Those that every configuration has, and what there may be more of. */
static void man_settings(struct buf *b)
{
	struct config *c = config_read("/dev/null", NULL);
	struct config_row row;
	buf_add_str(b, ".SH SETTINGS\n\\fBberth config\\fR shows what is in force and where it is from. A setting \\fIui.theme\\fR is written as\n"
	               ".PP\n.RS\n.nf\n[ui]\n    theme = light\n.fi\n.RE\n");
	for (size_t i = 0; c && config_row_at(c, i, &row); i++) {
		AUTO_STR term = *row.value ? xasprintf("%s  (%s)", row.key, row.value) : xstrdup(row.key);
		man_item(b, term, row.help);
	}
	config_free(c);
	man_item(b, "forge.NAME.type = gitlab", "a GitLab host, with url, and token or token-command, and ca-file where its certificate is of an authority of your own; `berth login` writes all of it");
	man_item(b, "keys.PANE.COMMAND = KEY", "another key for a command, in projects, branches, commits, sessions, main or log; without a pane: everywhere");
}

void help_man(struct buf *b)
{
	buf_addf(b, ".TH BERTH 1 \"\" \"berth %s\" \"User Commands\"\n.SH NAME\nberth \\- reproducible sessions from git projects, in a terminal\n"
	            ".SH SYNOPSIS\n.B berth\n[options] [command [words]]\n.SH DESCRIPTION\n"
	            "Without a command, berth opens a dashboard of projects, branches, commits with the state of each commit's image, and running sessions.\n"
	            "With one it does that one thing and ends.\n.SH COMMANDS\n", PACKAGE_VERSION);
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *cmd = command_at(i);
		AUTO_STR usage = xasprintf("%s %s", cmd->name, cmd->args ? cmd->args : "");
		if (!in_cli(cmd))
			continue;
		man_item(b, usage, cmd->summary);
		man_flags(b, cmd);
	}
	buf_add_str(b, ".SH OPTIONS\n");
	for (size_t i = 0; i < ARRAY_LEN(globals); i++)
		man_item(b, globals[i].flag, globals[i].help);
	man_keys(b);
	man_settings(b);
	buf_add_str(b, ".SH FILES\n.TP\n.I $XDG_CONFIG_HOME/berth/config\nsettings, as above (~/.config where the variable is not set)\n"
	               ".TP\n.I $XDG_STATE_HOME/berth/builds\nbuilds, their logs and results (~/.local/state)\n"
	               ".TP\n.I $XDG_STATE_HOME/berth/launches\nlogs of sessions that did not start\n"
	               ".TP\n.I $XDG_STATE_HOME/berth/repositories\nrepositories that sessions were started of though no configured folder has them\n"
	               ".TP\n.I $XDG_STATE_HOME/berth/keeper.log\nwhat the keeper did\n"
	               ".TP\n.I $XDG_CACHE_HOME/berth\nwhat hosts said last, without tokens; may be removed (~/.cache)\n"
	               ".SH ENVIRONMENT\n"
	               ".TP\n.BR BERTH_TOKEN \", \" GITLAB_TOKEN\nthe token of the first GitLab host that is configured\n"
	               ".TP\n.BR DOCKER_HOST \", \" DOCKER_CONTEXT\nthe container engine, as docker understands them\n"
	               ".TP\n.B NO_COLOR\nno colours, when it is set to anything\n"
	               ".TP\n.BR PAGER \", \" EDITOR\nwhat logs are opened in\n"
	               ".TP\n.B BERTH_RECORD\na folder: what is said to servers is written there, for a bug report. "
	               "Tokens and passwords are taken out; look through it before you hand it on.\n"
	               ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 no answer, 6 conflict, 7 configuration, 130 cancelled.\n");
}
