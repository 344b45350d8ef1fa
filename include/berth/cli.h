/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_CLI_H
#define BERTH_CLI_H
/* The face without a screen: subcommands from the command table, tables, TSV or JSON out, stable exit codes. */
#include "berth/app.h"

struct cli_globals {               /* what stands before (or, for --json and the like, after) the subcommand; borrowed from argv */
	const char *config, *log, *theme;
	bool read_only, plain, json, help, version;
	const char *command;           /* NULL: the dashboard */
	int first;                     /* index in argv of what follows the command */
};
int cli_parse_globals(int argc, char **argv, struct cli_globals *ret, struct err *reterr);
/* Words that need no app: help, version, completion, the man page's source. True when it was one of them (*ret_exit is set). */
bool cli_run_simple(int argc, char **argv, const struct cli_globals *g, int *ret_exit);
/* Runs one subcommand to its end in the app's loop; gives the exit code. */
int cli_run(struct app *a, const struct cli_globals *g, int argc, char **argv);
/* Prints an error as this face does (JSON when asked) on stderr; gives its exit code. */
int cli_fail(const struct cli_globals *g, const struct err *e);
#endif
