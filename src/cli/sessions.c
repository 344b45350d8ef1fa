/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connect, logs. */
#include "cli/cli_impl.h"

/* ---- connect ---- */
static void url_got(void *cli, const char *url)
{
	struct cli *c = cli;
	const struct session *s = the_session(c);
	if (!s)
		return;
	if (c->json) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct row r = cli_row(c);
		r.session = s;
		present_json_session(&b, &r, url, true);
		cli_out(c, buf_sv(&b));
		return;
	}
	AUTO_STR ssh = app_ssh_line(c->app, s);
	cli_outf(c, "%s\n", url);
	if (ssh)
		cli_note(c, "From your own machine: %s", ssh);
}

static void connect_now(struct cli *c)
{
	const struct session *s = the_session(c);
	if (s)
		app_session_url(c->app, s->name, url_got, cli_ended, c);
}

void run_connect(struct cli *c)
{
	with_sessions(c, connect_now);
}

/* ---- logs ---- */
static void logs_done(struct cli *c, const struct err *err)
{
	cli_end(c, err);
}

static void logs_now(struct cli *c)
{
	const struct session *s = the_session(c);
	if (s)
		logout_start(c, APP_LOG_SESSION, s->name, cli_flag(c, "follow") != NULL, logs_done);
}

void run_logs(struct cli *c)
{
	with_sessions(c, logs_now);
}
