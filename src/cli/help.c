/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help, the man page's source and completions: all from the command table and the table of session options. */
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
	{ "--help", "this text; after a command: that command's" },
	{ "--version", "the version" },
};

static bool in_cli(const struct command *cmd)
{
	return cmd->faces & FACE_CLI;
}

void help_general(struct buf *b)
{
	buf_add_str(b, "berth: reproducible sessions from git projects, in a terminal\n\n"
	               "  berth                    opens the dashboard\n"
	               "  berth COMMAND [WORDS]    does one thing and ends\n\nCommands\n");
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *cmd = command_at(i);
		AUTO_STR usage = xasprintf("%s %s", cmd->name, cmd->args ? cmd->args : "");
		if (in_cli(cmd))
			buf_addf(b, "  %-26s %s\n", usage, cmd->summary);
	}
	buf_addf(b, "  %-26s %s\n  %-26s %s\n\nOptions\n", "help COMMAND", "Explain a command", "completion SHELL", "Print completion for bash, zsh or fish");
	for (size_t i = 0; i < ARRAY_LEN(globals); i++)
		buf_addf(b, "  %-26s %s\n", globals[i].flag, globals[i].help);
	buf_add_str(b, "\nPROJECT is a path, a name or a folder (left out: the repository around the current folder); REV is a branch,\n"
	               "tag or commit (left out: the default branch).\n\n"
	               "Exit status: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 no answer, 6 conflict, 7 configuration,\n"
	               "130 cancelled.\n");
}

/* For people: aligned. For the man page: "term TAB text", taken apart again below. */
static void add_flag(struct buf *b, bool man, const char *term, const char *text)
{
	if (man)
		buf_addf(b, "%s\t%s\n", term, text);
	else
		buf_addf(b, "  %-22s %s\n", term, text);
}

static void add_flags(struct buf *b, const struct command *cmd, bool man)
{
	for (const struct command_flag *f = cmd->flags; f && f->name; f++) {
		AUTO_STR letter = f->letter ? xasprintf("-%c, ", f->letter) : xstrdup("");
		AUTO_STR text = xasprintf("%s--%s%s%s", letter, f->name, f->arg ? " " : "", f->arg ? f->arg : "");
		add_flag(b, man, text, f->help);
	}
	for (int i = 0; command_takes_options(cmd) && i < OPT_COUNT_; i++) {
		const struct option_def *d = option_def((enum option_id)i);
		AUTO_STR text = xasprintf("--%s%s%s", d->name, option_word(d) ? " " : "", option_word(d) ? option_word(d) : "");
		AUTO_STR help = d->least && d->most ? xasprintf("%s (%s to %s; default %s)", d->help, d->least, d->most, d->fallback ? d->fallback : "none") : xasprintf("%s%s", d->help, d->kind == OPTION_ENV ? " (once for each)" : "");
		add_flag(b, man, text, help);
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

void help_command(struct buf *b, const struct command *cmd)
{
	enum entity e;
	buf_addf(b, "berth %s %s\n\n%s.\n\n", cmd->name, cmd->args ? cmd->args : "", cmd->summary);
	add_flags(b, cmd, false);
	buf_addf(b, "  %-22s %s\n", "--json", "print JSON");
	if (!is_list(cmd, &e))
		return;
	size_t n;
	const struct column *columns = columns_of(e, &n);
	buf_addf(b, "  %-22s %s\n  %-22s %s\n\nColumns:", "--columns A,B", "show just these, in this order", "--sort [-]COLUMN", "sort; - turns the order around");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, " %s", columns[i].id);
	buf_add_char(b, '\n');
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
	add_flags(&lines, cmd, true);
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
	buf_add_str(b, ".SH KEYS\n");
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *cmd = command_at(i);
		if (cmd->keys)
			man_item(b, cmd->keys, cmd->summary);
	}
	buf_add_str(b, ".SH FILES\n.TP\n.I $XDG_CONFIG_HOME/berth/config\nsettings, in the syntax of git\\-config; \\fBberth config\\fR lists them\n"
	               ".TP\n.I $XDG_STATE_HOME/berth/builds\nbuilds, their logs and results\n"
	               ".SH ENVIRONMENT\n.TP\n.B BERTH_RECORD\na folder: what is said to servers is written there, for a bug report. "
	               "Tokens and passwords are taken out; look through it before you hand it on.\n"
	               ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 no answer, 6 conflict, 7 configuration, 130 cancelled.\n");
}

/* ---- completion ---- */
static void add_words(struct buf *b, bool with_flags)
{
	for (size_t i = 0; i < CMD_COUNT_; i++)
		if (in_cli(command_at(i)))
			buf_addf(b, "%s ", command_at(i)->name);
	if (with_flags)
		buf_add_str(b, "help completion");
}

/* What its words are completed from; NULL: nothing is known. */
static const char *completes(const struct command *cmd)
{
	if (!cmd->args)
		return NULL;
	return strstr(cmd->args, "SESSION") ? "sessions --columns name" : strstr(cmd->args, "PROJECT") ? "projects --columns path" : NULL;
}

static void bash(struct buf *b)
{
	buf_add_str(b, "# berth completion for bash\n_berth()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} cmd=${COMP_WORDS[1]}\n"
	               "\tif [ \"$COMP_CWORD\" -eq 1 ]; then COMPREPLY=($(compgen -W '");
	add_words(b, true);
	buf_add_str(b, "' -- \"$cur\")); return; fi\n\tcase $cmd in\n");
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *cmd = command_at(i);
		if (!in_cli(cmd))
			continue;
		buf_addf(b, "\t%s) case $cur in -*) COMPREPLY=($(compgen -W '--json", cmd->name);
		for (const struct command_flag *f = cmd->flags; f && f->name; f++)
			buf_addf(b, " --%s", f->name);
		for (int o = 0; command_takes_options(cmd) && o < OPT_COUNT_; o++)
			buf_addf(b, " --%s", option_def((enum option_id)o)->name);
		const char *list = completes(cmd);
		if (list)
			buf_addf(b, "' -- \"$cur\"));; *) COMPREPLY=($(compgen -W \"$(berth %s 2>/dev/null | tail -n +2)\" -- \"$cur\"));; esac;;\n", list);
		else
			buf_add_str(b, "' -- \"$cur\"));; esac;;\n");
	}
	buf_add_str(b, "\tesac\n}\ncomplete -F _berth berth\n");
}

static void zsh(struct buf *b)
{
	buf_add_str(b, "#compdef berth\n# berth completion for zsh\nlocal -a commands=(\n");
	for (size_t i = 0; i < CMD_COUNT_; i++)
		if (in_cli(command_at(i)))
			buf_addf(b, "\t'%s:%s'\n", command_at(i)->name, command_at(i)->summary);
	buf_add_str(b, ")\nif (( CURRENT == 2 )); then _describe command commands; return; fi\ncase $words[2] in\n");
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *cmd = command_at(i);
		if (in_cli(cmd) && completes(cmd))
			buf_addf(b, "%s) compadd -- ${(f)\"$(berth %s 2>/dev/null | tail -n +2)\"};;\n", cmd->name, completes(cmd));
	}
	buf_add_str(b, "esac\n");
}

static void fish(struct buf *b)
{
	buf_add_str(b, "# berth completion for fish\ncomplete -c berth -f\n");
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *cmd = command_at(i);
		if (!in_cli(cmd))
			continue;
		AUTO(buf_fini) struct buf summary = BUF_INIT;
		buf_add_shell_quoted(&summary, sv_of(cmd->summary));
		buf_addf(b, "complete -c berth -n __fish_use_subcommand -a %s -d %s\n", cmd->name, buf_str(&summary));
		for (const struct command_flag *f = cmd->flags; f && f->name; f++)
			buf_addf(b, "complete -c berth -n '__fish_seen_subcommand_from %s' -l %s\n", cmd->name, f->name);
	}
}

bool help_completion(struct buf *b, const char *shell)
{
	static const struct { const char *name; void (*add)(struct buf *b); } shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };
	for (size_t i = 0; i < ARRAY_LEN(shells); i++)
		if (strcmp(shell, shells[i].name) == 0)
			return shells[i].add(b), true;
	return false;
}
