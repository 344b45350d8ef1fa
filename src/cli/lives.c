/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session's life is made of after its start: stop, pause, resume, extend, export, discard. */
#include <stdio.h>
#include <unistd.h>

#include "berth/path.h"
#include "cli/cli_impl.h"

/* ---- what is said when it went well ---- */
static void forget_data(struct cli *c)
{
	free(c->data);
	c->data = NULL;
	c->clean_up = NULL;
}

struct deed { size_t n_messages; }; /* that were said before it began: they are about other things */

static void deed_begins(struct cli *c)
{
	struct deed *d = xcalloc(1, sizeof *d);
	d->n_messages = store_n_messages(app_store(c->app));
	c->data = d;
	c->clean_up = forget_data;
}

/* What became of it and of its work, as the core has said it; a failure is said by its error alone. */
static void ended_well(void *cli, const struct err *err)
{
	struct cli *c = cli;
	struct store *st = app_store(c->app);
	const struct deed *d = c->data;
	size_t n = store_n_messages(st);
	for (size_t i = n - MIN_OF(n, d->n_messages); !err && i-- > 0;) {
		const struct message *m = store_message_at(st, i);
		AUTO(buf_fini) struct buf b = BUF_INIT;
		if (m->hint || m->named)
			present_message(&b, m);
		else
			present_with_capital(&b, m->text);
		cli_note(c, "%s%s", buf_str(&b), m->hint ? "" : ".");
	}
	forget_data(c);
	cli_end(c, err);
}

/* ---- stop, pause, resume ---- */
static void tell_whose(struct cli *c, const struct session *s)
{
	const char *owner = app_session_others(s);
	if (owner)
		cli_note(c, "%s is a session of %s: it is only stopped, and its workspace is kept for them.", s->name, owner);
}

static void stop_now(struct cli *c)
{
	const struct session *s = the_session(c);
	enum app_stop how = cli_flag(c, "force") ? APP_STOP_DISCARD : cli_flag(c, "keep") ? APP_STOP_KEEP : APP_STOP_SAVED;
	if (!s)
		return;
	if (how != APP_STOP_DISCARD)
		tell_whose(c, s);
	deed_begins(c);
	app_session_stop(c->app, s->name, how, 0, ended_well, c);
}

void run_stop(struct cli *c)
{
	with_sessions(c, stop_now);
}

static void pause_now(struct cli *c)
{
	const struct session *s = the_session(c);
	struct err err = { 0 };
	if (!s)
		return;
	if (session_is_up(s)) {
		tell_whose(c, s);
		deed_begins(c);
		app_session_stop(c->app, s->name, APP_STOP_PAUSE, 0, ended_well, c);
		return;
	}
	err_set(&err, ERR_CONFLICT, "%s does not run: it is %s", s->name, session_state_name(s->state));
	cli_end(c, &err);
}

void run_pause(struct cli *c)
{
	with_sessions(c, pause_now);
}

/* It has another port and another token than before. */
static void resumed(void *cli, const struct err *err)
{
	struct cli *c = cli;
	const struct session *s = err ? NULL : the_session(c);
	AUTO_STR how = s ? xasprintf(s->has_token ? "`berth connect %s` shows its address." : "`berth attach %s` opens a shell in it.", s->name) : NULL;
	if (err || s)
		ended_well(c, err);
	if (how)
		cli_note(c, "%s", how);
}

static void resume_now(struct cli *c)
{
	const struct session *s = the_session(c);
	if (!s)
		return;
	deed_begins(c);
	app_session_resume(c->app, s->name, resumed, c);
}

void run_resume(struct cli *c)
{
	with_sessions(c, resume_now);
}

/* ---- extend ---- */
/* "4h" as the options of a start have it. */
static int seconds_of(const char *text, uint32_t *ret_s, struct err *reterr)
{
	struct session_options o;
	options_init(&o);
	int r = options_set(&o, OPT_IDLE, text, FROM_USER, reterr);
	*ret_s = options_seconds(&o, OPT_IDLE);
	options_fini(&o);
	if (r < 0)
		return r;
	return *ret_s ? 0 : err_set(reterr, ERR_USAGE, "a session can be kept for some time, not for none");
}

static void extend_now(struct cli *c)
{
	struct err err = { 0 };
	AUTO(buf_fini) struct buf b = BUF_INIT;
	uint32_t seconds = 0;
	int64_t until_s;
	const struct session *s = c->n_args == 2 && seconds_of(c->args[1], &seconds, &err) < 0 ? NULL : the_session(c);
	AUTO_STR name = s ? xstrdup(s->name) : NULL;
	if (!s || app_session_extend(c->app, name, seconds, &until_s, &err) < 0) {
		cli_end(c, err.code ? &err : NULL);
		return;
	}
	text_add_duration(&b, (uint64_t)MAX_OF(until_s - clock_wall_s(), (int64_t)0));
	cli_note(c, "%s is kept for %s at least, also when nobody uses it.", name, buf_str(&b));
	cli_end(c, NULL);
}

void run_extend(struct cli *c)
{
	with_sessions(c, extend_now);
}

/* ---- export ---- */
static void exported(void *cli, uint64_t bytes)
{
	struct cli *c = cli;
	const char *path = c->data;
	AUTO(buf_fini) struct buf size = BUF_INIT;
	text_add_size(&size, bytes);
	if (strcmp(path, "-") == 0)
		cli_note(c, "The workspace is exported: %s.", buf_str(&size));
	else
		cli_note(c, "The workspace is in %s: %s.", path, buf_str(&size));
}

static void export_ended(void *cli, const struct err *err)
{
	forget_data(cli);
	cli_end(cli, err);
}

static void export_now(struct cli *c)
{
	const struct session *s = the_session(c);
	const char *output = cli_flag(c, "output");
	char *path = !s ? NULL : output ? xstrdup(output) : xasprintf("%s.tar", s->name);
	if (!s)
		return;
	c->data = path;
	c->clean_up = forget_data;
	app_session_export(c->app, s->name, path, exported, export_ended, c);
}

void run_export(struct cli *c)
{
	with_sessions(c, export_now);
}

/* ---- discard ---- */
static bool agreed(struct cli *c, const struct session *s)
{
	char typed[256] = "";
	const char *name = s->name, *owner = app_session_others(s);
	if (cli_flag(c, "yes"))
		return true;
	if (!isatty(STDIN_FILENO) || !c->err_tty)
		return false;
	if (owner)
		cli_note(c, "%s is a session of %s.", name, owner);
	fprintf(stderr, "Type %s to throw away all that is in its workspace: ", name);
	return fgets(typed, sizeof typed, stdin) && sv_eq(sv_trim(sv_of(typed)), sv_of(name));
}

static void discard_now(struct cli *c)
{
	const struct session *s = the_session(c);
	struct err err = { 0 };
	if (!s)
		return;
	if (session_is_up(s)) {
		err_set(&err, ERR_CONFLICT, "%s runs", s->name);
		err_hint(&err, "`berth stop %s` saves its work and stops it; --force throws the work away.", s->name);
	} else if (!agreed(c, s)) {
		err_set(&err, ERR_CANCELLED, "nothing was discarded");
		err_hint(&err, "--yes discards without asking.");
	} else {
		deed_begins(c);
		app_session_stop(c->app, s->name, APP_STOP_DISCARD, 0, ended_well, c);
		return;
	}
	cli_end(c, &err);
}

void run_discard(struct cli *c)
{
	struct err err = { 0 };
	if (c->n_args) {
		with_sessions(c, discard_now);
		return;
	}
	err_set(&err, ERR_USAGE, "which session? A discard wants its name");
	err_hint(&err, "`berth sessions` lists them.");
	cli_end(c, &err);
}
