/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "berth/path.h"
#include "berth/text.h"
#include "cli/cli_impl.h"

enum { PATIENCE_MS = 4000 };

static const struct {
	enum command_id id;
	void (*run)(struct cli *c);
} runs[] = {
	{ CMD_PROJECTS, run_projects }, { CMD_BRANCHES, run_branches }, { CMD_COMMITS, run_commits }, { CMD_SESSIONS, run_sessions },
	{ CMD_BUILDS, run_builds },     { CMD_CONFIG, run_config },     { CMD_IMAGE, run_image },     { CMD_BUILD, run_build },
	{ CMD_LOG, run_log },           { CMD_CANCEL, run_cancel },     { CMD_START, run_start },     { CMD_LINK, run_link },         { CMD_OPEN_LINK, run_open },   { CMD_NEW, run_new },     { CMD_CONNECT, run_connect },
	{ CMD_LOGIN, run_login },       { CMD_RETRY, run_deed },        { CMD_PLAY, run_deed },         { CMD_RUN_PIPELINE, run_deed }, { CMD_TOUCH, run_deed }, { CMD_PIN, run_deed }, { CMD_UNPIN, run_deed },
	{ CMD_FORK, run_fork },         { CMD_ATTACH, run_attach },     { CMD_LOGS, run_logs },         { CMD_STOP, run_stop },         { CMD_PAUSE, run_pause },
	{ CMD_RESUME, run_resume },     { CMD_EXTEND, run_extend },     { CMD_EXPORT, run_export },     { CMD_DISCARD, run_discard },   { CMD_KEEP, run_keep },
	{ CMD_SAVE_WORK, run_save },    { CMD_PULL, run_pull },         { CMD_AUTOSAVES, run_autosaves }, { CMD_DIAGNOSE, run_diagnose }, { CMD_DOCTOR, run_doctor },
};

/* ---- output ---- */
void cli_out(struct cli *c, struct sv bytes)
{
	if (fwrite(bytes.p, 1, bytes.len, stdout) == bytes.len && fflush(stdout) == 0)
		return;
	struct err err = { 0 };
	if (errno != EPIPE)
		err_set_errno(&err, errno, "standard output could not be written");
	cli_end(c, errno == EPIPE ? NULL : &err);
}

void cli_outf(struct cli *c, const char *fmt, ...)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	cli_out(c, buf_sv(&b));
}

void cli_note(struct cli *c, const char *fmt, ...)
{
	(void)c;
	AUTO(buf_fini) struct buf raw = BUF_INIT;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&raw, fmt, ap);
	va_end(ap);
	text_clean(&b, buf_sv(&raw));
	buf_add_char(&b, '\n');
	fputs(buf_str(&b), stderr);
}

size_t cli_width(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

struct writer *cli_writer(struct cli *c, enum entity e)
{
	struct err err = { 0 };
	struct writer_spec spec = { .kind = c->json ? WRITER_JSON : c->out_tty ? WRITER_TABLE : WRITER_TSV, .entity = e, .columns = c->columns, .sort = c->sort,
	                            .width = c->out_tty ? cli_width() : 0, .ascii = c->ascii, .colour = c->colour };
	struct writer *w = writer_new(&spec, &err);
	if (!w)
		cli_end(c, &err);
	return w;
}

void cli_write(struct cli *c, struct writer *w)
{
	AUTO(buf_fini) struct buf out = BUF_INIT_MAX((size_t)1 << 30);
	writer_end(w, &out);
	writer_free(w);
	cli_out(c, buf_sv(&out));
}

struct row cli_row(const struct cli *c)
{
	return (struct row){ .now_s = clock_wall_s(), .ascii = c->ascii };
}

/* ---- waiting and ending ---- */
static void check(void *cli)
{
	struct cli *c = cli;
	if (c->ended || !c->ready || !c->ready(c))
		return;
	c->ready = NULL;
	c->next(c);
}

static void noticed(void *cli, const struct notice *n)
{
	(void)n;
	struct cli *c = cli;
	loop_defer_cancel(app_loop(c->app), check, c);
	loop_defer(app_loop(c->app), check, c);
}

void cli_wait(struct cli *c, bool (*ready)(struct cli *c), void (*next)(struct cli *c))
{
	c->ready = ready;
	c->next = next;
	noticed(c, NULL);
}

void cli_end(struct cli *c, const struct err *err)
{
	if (c->ended)
		return;
	c->ended = true;
	c->exit_code = err ? cli_fail(&(struct cli_globals){ .json = c->json }, err) : c->exit_code;
	loop_stop(app_loop(c->app));
}

void cli_ended(void *cli, const struct err *err)
{
	cli_end(cli, err);
}

static void interrupted(void *cli, int signo)
{
	struct cli *c = cli;
	if (c->on_interrupt) {
		void (*act)(struct cli *) = c->on_interrupt;
		c->on_interrupt = NULL; /* a second time ends it at once */
		act(c);
		return;
	}
	c->exit_code = 128 + signo;
	cli_end(c, NULL);
}

/* A person who waits for a host is told so: it may have a minute for each of its tries. */
static void still_waiting(void *cli)
{
	struct cli *c = cli;
	for (size_t i = 0; c->ready && i < app_n_forges(c->app); i++)
		if (app_forge_fresh(c->app, i)->state == FRESH_LOADING)
			cli_note(c, "Waiting for %s (ctrl-C leaves it) …", app_forge_name(c->app, i));
}

static void set_up(struct cli *c)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	c->out_tty = isatty(STDOUT_FILENO);
	c->err_tty = isatty(STDERR_FILENO);
	c->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	c->colour = c->out_tty && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0 && config_colour(app_config(c->app)) != UI_COLOUR_NONE;
	if (c->err_tty)
		c->patience = loop_timer_start(app_loop(c->app), PATIENCE_MS, 0, still_waiting, c);
	c->subscription = store_subscribe(app_store(c->app), noticed, c);
	c->interrupt = loop_signal_watch(app_loop(c->app), SIGINT, interrupted, c);
	c->terminate = loop_signal_watch(app_loop(c->app), SIGTERM, interrupted, c);
}

static void tear_down(struct cli *c)
{
	if (c->clean_up)
		c->clean_up(c);
	loop_defer_cancel(app_loop(c->app), check, c);
	store_unsubscribe(app_store(c->app), c->subscription);
	loop_fd_unwatch(c->answering);
	loop_signal_unwatch(c->interrupt);
	loop_signal_unwatch(c->terminate);
	loop_timer_stop(c->counts);
	loop_timer_stop(c->patience);
	options_fini(&c->options);
	free(c->branch);
	if (!app_close(c->app))
		cli_note(c, "Ending what was begun (ctrl-C leaves it; the next berth clears it away) …");
}

static void (*run_of(enum command_id id))(struct cli *c)
{
	for (size_t i = 0; i < ARRAY_LEN(runs); i++)
		if (runs[i].id == id)
			return runs[i].run;
	BUG("the command %d is offered to the command line and has no function there", (int)id);
}

/* What is wrong in the configuration is told by whatever runs: else a misspelt `memory` would pass as the default. */
static void say_config_problems(struct cli *c)
{
	enum command_id id = c->command->id;
	for (size_t i = 0; i < config_n_problems(app_config(c->app)); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		if (id == CMD_CONFIG || id == CMD_DOCTOR || id == CMD_KEEP) /* these tell it their own way */
			return;
		present_error(&b, config_problem_at(app_config(c->app), i));
		cli_note(c, "berth: %s", buf_str(&b));
	}
}

int cli_run(struct app *a, const struct cli_globals *g, int argc, char **argv)
{
	struct cli c = { .app = a, .globals = g, .json = g->json };
	struct err err = { 0 };
	c.command = command_by_name(g->command);
	options_init(&c.options);
	set_up(&c);
	say_config_problems(&c);
	if (app_read_only(a) && (c.command->needs & NEED_WRITABLE)) {
		err_set(&err, ERR_DENIED, "berth was started with --read-only");
		cli_end(&c, &err);
	} else if (!cli_parse_args(&c, argc - g->first, argv + g->first, &err)) {
		cli_end(&c, &err);
	} else {
		run_of(c.command->id)(&c);
		if (!c.ended)
			loop_run(app_loop(a));
	}
	tear_down(&c);
	return c.exit_code;
}
