/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session's life is made of after its start: stop, pause, resume, extend, export, discard. */
#include <stdio.h>
#include <unistd.h>

#include "berth/path.h"
#include "cli/cli_impl.h"

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
	if (s && how != APP_STOP_DISCARD)
		tell_whose(c, s);
	if (s)
		app_session_stop(c->app, s->name, how, 0, cli_ended, c);
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
		app_session_stop(c->app, s->name, APP_STOP_PAUSE, 0, cli_ended, c);
		return;
	}
	err_set(&err, ERR_CONFLICT, "%s does not run: it is %s", s->name, session_state_name(s->state));
	cli_end(c, &err);
}

void run_pause(struct cli *c)
{
	with_sessions(c, pause_now);
}

static void resume_now(struct cli *c)
{
	const struct session *s = the_session(c);
	if (s)
		app_session_resume(c->app, s->name, cli_ended, c);
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
	AUTO(buf_fini) struct buf size = BUF_INIT;
	text_add_size(&size, bytes);
	cli_note(c, "The workspace is exported: %s.", buf_str(&size));
}

static void export_now(struct cli *c)
{
	const struct session *s = the_session(c);
	const char *output = cli_flag(c, "output");
	AUTO_STR path = output ? xstrdup(output) : s ? xasprintf("%s.tar", s->name) : NULL;
	if (s)
		app_session_export(c->app, s->name, path, exported, cli_ended, c);
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
		app_session_stop(c->app, s->name, APP_STOP_DISCARD, 0, cli_ended, c);
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
