/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli_impl.h"
#include "config.h"

static const struct {
	const char *name;
	size_t offset;
} switches[] = {
	{ "--read-only", offsetof(struct cli_globals, read_only) }, { "--plain", offsetof(struct cli_globals, plain) },
	{ "--json", offsetof(struct cli_globals, json) },           { "--help", offsetof(struct cli_globals, help) },
	{ "-h", offsetof(struct cli_globals, help) },               { "--version", offsetof(struct cli_globals, version) },
}, values[] = {
	{ "--config", offsetof(struct cli_globals, config) }, { "--log", offsetof(struct cli_globals, log) },
	{ "--theme", offsetof(struct cli_globals, theme) },
};

static bool take_switch(struct cli_globals *g, const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(switches); i++)
		if (strcmp(word, switches[i].name) == 0)
			return *(bool *)((char *)g + switches[i].offset) = true;
	return false;
}

/* "--log=FILE" or "--log FILE"; 0: not one of ours, else how many words it took; negative: the value is missing. */
static int take_value(struct cli_globals *g, const char *word, const char *following)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		size_t n = strlen(values[i].name);
		const char **slot = (const char **)((char *)g + values[i].offset);
		if (strncmp(word, values[i].name, n) != 0)
			continue;
		if (word[n] == '=') {
			*slot = word + n + 1;
			return 1;
		}
		if (word[n] == '\0') {
			*slot = following;
			return following ? 2 : -1;
		}
	}
	return 0;
}

int cli_parse_globals(int argc, char **argv, struct cli_globals *ret, struct err *reterr)
{
	int i = 1;
	*ret = (struct cli_globals){ 0 };
	while (i < argc && argv[i][0] == '-') {
		int taken = take_switch(ret, argv[i]) ? 1 : take_value(ret, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
		if (taken < 0)
			return err_set(reterr, ERR_USAGE, "%s wants a value", argv[i]);
		if (!taken) {
			err_set(reterr, ERR_USAGE, "there is no option %s", argv[i]);
			err_hint(reterr, "`berth --help` lists them; a command's own options stand after it.");
			return -ERR_USAGE;
		}
		i += taken;
	}
	if (i < argc)
		ret->command = argv[i++];
	ret->first = i;
	for (int k = i; k < argc; k++) {
		if (strcmp(argv[k], "--help") == 0 || strcmp(argv[k], "-h") == 0)
			ret->help = true;
		if (strcmp(argv[k], "--json") == 0)
			ret->json = true;
		if (strcmp(argv[k], "--") == 0)
			break;
	}
	return 0;
}

int cli_fail(const struct cli_globals *g, const struct err *e)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (g && g->json) {
		present_json_error(&b, e);
	} else {
		buf_add_str(&b, "berth: ");
		present_error(&b, e);
		buf_add_char(&b, '\n');
	}
	fputs(buf_str(&b), stderr);
	return exit_code_of(e->code);
}

static int print(const struct buf *b)
{
	return fwrite(buf_str(b), 1, b->len, stdout) == b->len && fflush(stdout) == 0 ? 0 : 1;
}

static bool unknown_command(const struct cli_globals *g, int *ret_exit)
{
	const struct command *cmd = command_by_name(g->command);
	struct err err = { 0 };
	if (cmd && (cmd->faces & FACE_CLI))
		return false;
	const char *near = command_nearest(g->command);
	const struct command *guess = near ? command_by_name(near) : NULL;
	err_set(&err, ERR_USAGE, cmd ? "%s is a command of the dashboard only" : "there is no command %s", g->command);
	if (guess && (guess->faces & FACE_CLI) && guess != cmd)
		err_hint(&err, "Did you mean `berth %s`? `berth --help` lists all.", near);
	*ret_exit = cli_fail(g, &err);
	return true;
}

bool cli_run_simple(int argc, char **argv, const struct cli_globals *g, int *ret_exit)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	const char *word = g->command, *following = g->first < argc ? argv[g->first] : NULL;
	if (g->version) {
		buf_addf(&b, "berth %s\n", PACKAGE_VERSION);
	} else if (!word && g->help) {
		help_general(&b, cli_width());
	} else if (word && (strcmp(word, "help") == 0 || g->help) && !(strcmp(word, "help") == 0 && !following)) {
		const char *topic = strcmp(word, "help") == 0 ? following : word;
		struct cli_globals about = *g;
		about.command = topic;
		if (strcmp(topic, "--man") == 0)
			help_man(&b);
		else if (unknown_command(&about, ret_exit))
			return true;
		else
			help_command(&b, command_by_name(topic), cli_width());
	} else if (word && strcmp(word, "help") == 0) {
		help_general(&b, cli_width());
	} else if (word && strcmp(word, "completion") == 0) {
		struct err err = { 0 };
		if (!following || !completion(&b, following)) {
			err_set(&err, ERR_USAGE, "completion is there for bash, zsh and fish");
			*ret_exit = cli_fail(g, &err);
			return true;
		}
	} else {
		return word && unknown_command(g, ret_exit);
	}
	*ret_exit = print(&b);
	return true;
}
