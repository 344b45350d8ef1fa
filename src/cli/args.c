/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A subcommand's words: its own flags from the command table, the options of a session for start, what every list has. */
#include "cli/cli_impl.h"

static const struct command_flag *flag_named(const struct command *cmd, const char *name, size_t len)
{
	for (const struct command_flag *f = cmd->flags; f && f->name; f++)
		if (strlen(f->name) == len && strncmp(f->name, name, len) == 0)
			return f;
	return NULL;
}

static const struct command_flag *flag_lettered(const struct command *cmd, char letter)
{
	for (const struct command_flag *f = cmd->flags; f && f->name; f++)
		if (f->letter && f->letter == letter)
			return f;
	return NULL;
}

static const struct option_def *option_named(const struct cli *c, const char *name, size_t len)
{
	if (!command_takes_options(c->command))
		return NULL;
	AUTO_STR word = xstrndup(name, len);
	return option_by_name(word);
}

struct words {
	int argc, at;
	char **argv;
};

/* The value of the flag at words->at: after "=", or the next word. NULL: missing. */
static const char *value_of(struct words *w, const char *equals)
{
	if (equals)
		return equals + 1;
	return w->at + 1 < w->argc ? w->argv[++w->at] : NULL;
}

static bool take_common(struct cli *c, struct words *w, const char *name, size_t len, const char *equals, bool *ret_ok)
{
	const char **slot = len == 7 && strncmp(name, "columns", 7) == 0 ? &c->columns : len == 4 && strncmp(name, "sort", 4) == 0 ? &c->sort : NULL;
	*ret_ok = true;
	if (len == 4 && strncmp(name, "json", 4) == 0)
		return c->json = true;
	if (!slot)
		return false;
	*ret_ok = (*slot = value_of(w, equals)) != NULL;
	return true;
}

static bool take_option(struct cli *c, const struct option_def *d, const char *value, struct err *reterr)
{
	int r = d->kind == OPTION_ENV ? options_env_add(&c->options, sv_of(value), FROM_USER, reterr) : options_set(&c->options, d->id, value, FROM_USER, reterr);
	if (r < 0) {
		err_prefix(reterr, "--%s", d->name);
		return false;
	}
	c->options_given = true;
	return true;
}

static bool missing(struct err *reterr, const char *word)
{
	err_set(reterr, ERR_USAGE, "%s wants a value", word);
	return false;
}

static bool unknown(const struct cli *c, struct err *reterr, const char *word)
{
	err_set(reterr, ERR_USAGE, "`berth %s` has no option %s", c->command->name, word);
	err_hint(reterr, "`berth %s --help` lists them.", c->command->name);
	return false;
}

static bool take_flag(struct cli *c, struct words *w, const struct command_flag *f, const char *equals, struct err *reterr)
{
	const char *value = f->arg ? value_of(w, equals) : "";
	if (!f->arg && equals) {
		err_set(reterr, ERR_USAGE, "--%s takes no value", f->name);
		return false;
	}
	if (!value)
		return missing(reterr, w->argv[w->at]);
	if (c->n_flags < CLI_FLAGS_MAX) {
		c->flags[c->n_flags].flag = f;
		c->flags[c->n_flags++].value = value;
	}
	return true;
}

static bool take_long(struct cli *c, struct words *w, struct err *reterr)
{
	const char *word = w->argv[w->at], *name = word + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	bool ok;
	if (take_common(c, w, name, len, equals, &ok))
		return ok || missing(reterr, word);
	const struct command_flag *f = flag_named(c->command, name, len);
	if (f)
		return take_flag(c, w, f, equals, reterr);
	const struct option_def *d = option_named(c, name, len);
	if (!d)
		return unknown(c, reterr, word);
	const char *value = option_word(d) || equals ? value_of(w, equals) : "yes"; /* --lfs, and --lfs=no */
	return value ? take_option(c, d, value, reterr) : missing(reterr, word);
}

bool cli_parse_args(struct cli *c, int argc, char **argv, struct err *reterr)
{
	struct words w = { argc, 0, argv };
	size_t most = command_words_max(c->command);
	bool words_only = false;
	for (; w.at < w.argc; w.at++) {
		const char *word = w.argv[w.at];
		if (!words_only && strcmp(word, "--") == 0) {
			words_only = true;
			continue;
		}
		if (!words_only && strncmp(word, "--", 2) == 0) {
			if (!take_long(c, &w, reterr))
				return false;
			continue;
		}
		const struct command_flag *f = !words_only && word[0] == '-' && word[1] && !word[2] ? flag_lettered(c->command, word[1]) : NULL;
		if (f) {
			if (!take_flag(c, &w, f, NULL, reterr))
				return false;
			continue;
		}
		if (!words_only && word[0] == '-' && word[1])
			return unknown(c, reterr, word);
		if (c->n_args == most) {
			err_set(reterr, ERR_USAGE, "%s is one word too many", word);
			err_hint(reterr, "Usage: berth %s%s%s. `berth %s --help` has its options.", c->command->name, c->command->args ? " " : "", c->command->args ? c->command->args : "",
			         c->command->name);
			return false;
		}
		c->args[c->n_args++] = word;
	}
	return true;
}

const char *cli_flag(const struct cli *c, const char *name)
{
	for (size_t i = 0; i < c->n_flags; i++)
		if (strcmp(c->flags[i].flag->name, name) == 0)
			return c->flags[i].value;
	return NULL;
}
