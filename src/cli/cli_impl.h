/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_CLI_CLI_IMPL_H
#define BERTH_SRC_CLI_CLI_IMPL_H
/*
 * One run of one subcommand. A command is a chain of small steps in the loop: with_project, with_commit, with_engine … call
 * the next when what it needs is known, or end the run with the error. cli_end() is called once, by whoever is last.
 */
#include "berth/cli.h"
#include "berth/present.h"
#include "berth/text.h"

enum { CLI_FLAGS_MAX = 40, CLI_ARGS_MAX = 3 };
struct cli {
	struct app *app;
	const struct cli_globals *globals;
	const struct command *command;
	struct { const struct command_flag *flag; const char *value; } flags[CLI_FLAGS_MAX];
	size_t n_flags;
	const char *args[CLI_ARGS_MAX];
	size_t n_args;
	const char *columns, *sort;
	bool json, out_tty, err_tty, ascii, colour;
	struct session_options options; bool options_given; /* of start, from the option table */

	struct project_id project;
	struct oid commit; bool have_commit;
	char *branch;                  /* of the revision when it names one */
	const char *rev;               /* as typed, NULL: default branch */
	bool (*ready)(struct cli *c);
	void (*next)(struct cli *c);   /* of what is waited for */
	void (*after)(struct cli *c), (*then)(struct cli *c); /* of a with_… chain: after its first half, after all of it */
	int subscription;
	struct loop_signal *interrupt, *terminate;
	void (*on_interrupt)(struct cli *c); /* NULL: ends at once with 130 */
	struct loop_timer *counts;     /* how long sessions are waited for that a list only counts; NULL: it doesn't, or no longer */
	struct loop_timer *patience;   /* until a person is told what is waited for */
	struct loop_fd *answering;     /* a question is open (confirm.c); then … */
	void (*confirmed)(struct cli *c);
	struct err err;
	bool ended;
	int exit_code;
	void *data;                    /* the command's own … */
	void (*clean_up)(struct cli *c); /* … and who ends it when the run ends early; may be NULL */
};
void cli_end(struct cli *c, const struct err *err);     /* NULL: went well. Prints the error, stops the loop */
void cli_ended(void *cli, const struct err *err);      /* the same, as the end of a call of the app */
/* Calls next at the end of a turn in which ready(c) is true (now, or after a change in the store). */
void cli_wait(struct cli *c, bool (*ready)(struct cli *c), void (*next)(struct cli *c));
const char *cli_flag(const struct cli *c, const char *name); /* its value ("" for a switch), NULL when not given */
bool cli_parse_args(struct cli *c, int argc, char **argv, struct err *reterr);
void cli_out(struct cli *c, struct sv bytes);           /* standard output; a closed pipe ends the run quietly */
void cli_outf(struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
void cli_note(struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3); /* standard error, cleaned, a line */
size_t cli_width(void);
struct writer *cli_writer(struct cli *c, enum entity e); /* NULL: ended with a usage error */
void cli_write(struct cli *c, struct writer *w);         /* prints and frees */
struct row cli_row(const struct cli *c);

void with_project(struct cli *c, void (*next)(struct cli *c));  /* args: [PROJECT] [REV]; sets project and rev */
void with_commit(struct cli *c, void (*next)(struct cli *c));   /* and commit, branch */
void with_engine(struct cli *c, void (*next)(struct cli *c));   /* it answers */
void with_sessions(struct cli *c, void (*next)(struct cli *c)); /* and its sessions are known */
void want_counts(struct cli *c);                                /* the list of this run tells how many sessions run … */
bool counts_settled(struct cli *c);                             /* … which is known by now, or not to be known */
void count_sessions(struct cli *c, const char *branch, const struct oid *commit, struct row *r); /* of r's project, into r */
/* Asks the person at the terminal, and goes on with yes; ends the run with no. Where no terminal is there to ask at, it ends with
 * `what` as the reason and the flag that confirms. */
void cli_confirm(struct cli *c, const char *what, const char *flag, void (*next)(struct cli *c));
const struct session *the_session(struct cli *c);               /* args[0], or the only one; NULL: ended with the error */

void run_projects(struct cli *c);
void run_branches(struct cli *c);
void run_commits(struct cli *c);
void run_sessions(struct cli *c);
void run_builds(struct cli *c);
void run_config(struct cli *c);
void run_image(struct cli *c);
void run_build(struct cli *c);
void run_log(struct cli *c);
void run_cancel(struct cli *c);
void run_diagnose(struct cli *c);
void run_login(struct cli *c);
void run_deed(struct cli *c);                            /* retry, play, run-pipeline, touch */
void run_fork(struct cli *c);
void deed_now(struct cli *c);                            /* the same, of a commit that is known */
void run_start(struct cli *c);
void start_here(struct cli *c);                          /* the same, of project, branch, commit and options that are known; engine and sessions, too */
void run_link(struct cli *c);
void run_open(struct cli *c);
void run_new(struct cli *c);
void run_connect(struct cli *c);
void run_attach(struct cli *c);
void run_logs(struct cli *c);
void run_stop(struct cli *c);
void run_save(struct cli *c);
void run_pull(struct cli *c);
void run_autosaves(struct cli *c);
void run_pause(struct cli *c);
void run_resume(struct cli *c);
void run_extend(struct cli *c);
void run_export(struct cli *c);
void run_discard(struct cli *c);
void run_keep(struct cli *c);
void run_doctor(struct cli *c);

/* A log of bytes made fit for standard output (logout.c): pure, whatever pieces it comes in. plain: for a pipe. secrets: not masked. */
struct unstamp;
struct logout {
	bool plain, colour, secrets, cr;
	bool times;                    /* a runner's times stand before its lines, else nowhere */
	bool begun, shown, marker;     /* of the line: its time is out; it has text; it has a section's marker */
	struct unstamp *unstamp;
	struct esc_parser parser;
	struct buf line, lead /* the time */, *out;
};
void logout_init(struct logout *l, bool plain, bool colour);
void logout_fini(struct logout *l);
void logout_feed(struct logout *l, struct sv bytes, struct buf *out);
void logout_idle(struct logout *l, struct buf *out);     /* nothing has come for a while: lines that might go on are given */
void logout_finish(struct logout *l, struct buf *out);   /* what stands without a line end; another log may follow */
/* And the whole way of one, from where it is kept to standard output. */
void logout_start(struct cli *c, enum app_log_kind kind, const char *id, bool follow, void (*done)(struct cli *c, const struct err *err));

void help_general(struct buf *b, size_t width);          /* in columns */
void help_command(struct buf *b, const struct command *cmd, size_t width);
void help_man(struct buf *b);
bool completion(struct buf *b, const char *shell);       /* false: a shell that we know nothing of */
#endif
