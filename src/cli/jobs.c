/* SPDX-License-Identifier: GPL-3.0-or-later */
/* retry, play, run-pipeline, touch: what can be done about a build that a host runs; pin and unpin; fork. */
#include "cli/cli_impl.h"

static const struct { enum command_id command; enum app_deed deed; } deeds[] = {
	{ CMD_RETRY, APP_RETRY }, { CMD_PLAY, APP_PLAY }, { CMD_RUN_PIPELINE, APP_RUN }, { CMD_TOUCH, APP_TOUCH }, { CMD_CANCEL, APP_CANCEL },
	{ CMD_FORK, APP_FORK }, { CMD_PIN, APP_PIN }, { CMD_UNPIN, APP_UNPIN },
};

static enum app_deed deed_of(const struct cli *c)
{
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++)
		if (deeds[i].command == c->command->id)
			return deeds[i].deed;
	BUG("%s is no deed", c->command->name);
}

static void said(void *cli, const char *text)
{
	struct cli *c = cli;
	cli_note(c, "%c%s.", *text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text, text + 1);
}

/* "KEY=VALUE" of the command line is cut in two; it lives as long as the program. */
static bool add_variable(struct cli *c, size_t i, struct app_variable *v, char **ret_owned)
{
	struct err err = { 0 };
	const char *equals = strchr(c->flags[i].value, '=');
	v->is_input = strcmp(c->flags[i].flag->name, "input") == 0;
	if (!equals || equals == c->flags[i].value) {
		err_set(&err, ERR_USAGE, "--%s wants KEY=VALUE, not %s", c->flags[i].flag->name, c->flags[i].value);
		cli_end(c, &err);
		return false;
	}
	*ret_owned = xstrndup(c->flags[i].value, (size_t)(equals - c->flags[i].value));
	v->key = *ret_owned;
	v->value = equals + 1;
	return true;
}

/* A pin that can't go onto the branch can go beside it. */
static void deed_over(void *cli, const struct err *err)
{
	struct cli *c = cli;
	struct err e = { 0 };
	const struct app_deed_query q = { .deed = deed_of(c), .beside = cli_flag(c, "beside") != NULL };
	err_copy(&e, err);
	if (app_beside_helps(&q, err)) {
		*e.hint = '\0'; /* it speaks of the dashboard's question */
		err_hint(&e, "--beside puts it on a branch of its own, for you to merge%s.", e.code == ERR_BUSY ? "; or check out another branch first" : "");
	}
	cli_end(cli, err ? &e : NULL);
}

static void begin(struct cli *c)
{
	struct app_variable variables[CLI_FLAGS_MAX];
	char *owned[CLI_FLAGS_MAX] = { NULL };
	struct app_deed_query q = { .deed = deed_of(c), .project = c->project, .commit = c->commit, .branch = c->branch, .variables = variables };
	bool good = true;
	if (q.deed == APP_PIN || q.deed == APP_UNPIN) {
		q.image = cli_flag(c, "image");
		q.beside = cli_flag(c, "beside") != NULL;
	}
	if (q.deed == APP_FORK) {
		q.group = cli_flag(c, "into");
		q.path = cli_flag(c, "path");
		q.no_build = cli_flag(c, "no-build") != NULL;
	}
	for (size_t i = 0; i < c->n_flags && good; i++)
		if (c->flags[i].flag->arg && strcmp(c->flags[i].flag->arg, "KEY=VALUE") == 0) {
			good = add_variable(c, i, &variables[q.n_variables], &owned[q.n_variables]);
			q.n_variables += good;
		}
	if (good)
		app_do(c->app, &q, said, deed_over, c);
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
}

static void image_known(void *cli, const struct err *err)
{
	if (err)
		cli_end(cli, err);
	else
		begin(cli);
}

static void image_got(void *cli, const struct image *i)
{
	(void)cli;
	(void)i;
}

static bool branches_known(struct cli *c)
{
	enum fresh_state s = store_branches_fresh(app_store(c->app), c->project)->state;
	return s == FRESH_FRESH || s == FRESH_FAILED;
}

static void ask_image(struct cli *c)
{
	app_image(c->app, c->project, &c->commit, image_got, image_known, c);
}

void deed_now(struct cli *c)
{
	app_want_branches(c->app, c->project);
	app_want_more_branches(c->app, SIZE_MAX); /* the commit may be the newest of any of them */
	cli_wait(c, branches_known, ask_image);
}

void run_deed(struct cli *c)
{
	with_commit(c, deed_now);
}

void run_fork(struct cli *c)
{
	with_project(c, begin);
}
