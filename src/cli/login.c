/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login: a token is read where nobody sees it, tried, explained, and kept. */
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "berth/path.h"
#include "berth/secret.h"
#include "cli/cli_impl.h"

enum { TOKEN_MAX = 4096 };

struct login {
	struct buf url, name;
	struct secret *token;
	bool anonymous;
};

static void drop(struct cli *c)
{
	struct login *l = c->data;
	buf_fini(&l->url);
	buf_fini(&l->name);
	secret_free(l->token);
	free(l);
	c->data = NULL;
	c->clean_up = NULL;
}

/* From a terminal without echo, from anything else as it comes; never from the command line, where others see it. */
static struct secret *read_token(const char *host)
{
	char line[TOKEN_MAX];
	struct termios before, quiet;
	bool tty = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
	if (tty) {
		fprintf(stderr, "Token of %s (not shown): ", host);
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	bool got = fgets(line, sizeof line, stdin) != NULL;
	if (tty) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	struct sv text = got ? sv_trim(sv_of(line)) : SV("");
	struct secret *s = text.len ? secret_new(text) : NULL;
	wipe(line, sizeof line);
	return s;
}

static void account_got(void *cli, const struct account *a)
{
	struct cli *c = cli;
	struct login *l = c->data;
	l->anonymous = a->anonymous;
	if (a->anonymous)
		return;
	cli_note(c, "%s knows this token: it is %s%s%s%s.", a->host ? a->host : buf_str(&l->url), a->bot ? "a bot's, " : "", a->user ? a->user : "somebody's",
	         a->name ? ", " : "", a->name ? a->name : "");
	if (a->scopes)
		cli_note(c, "Scopes: %s", a->scopes);
	else
		cli_note(c, "The host does not tell its scopes.");
	if (a->expires_at_s) {
		AUTO(buf_fini) struct buf when = BUF_INIT;
		text_add_duration(&when, MAX_OF(a->expires_at_s - clock_wall_s(), (int64_t)0));
		cli_note(c, "It expires in %s.", buf_str(&when));
	}
	AUTO(buf_fini) struct buf lacks = BUF_INIT;
	for (size_t i = 0; account_lacks(a, &i, &lacks); buf_clear(&lacks))
		cli_note(c, "%s", buf_str(&lacks));
}

static void login_ended(void *cli, const struct err *err)
{
	struct cli *c = cli;
	struct login *l = c->data;
	struct err failed = { 0 };
	if (!err && l->anonymous) {
		err_set(&failed, ERR_AUTH, "%s does not know this token", buf_str(&l->url));
		err = &failed;
	}
	if (!err && !cli_flag(c, "check")) {
		if (app_login_keep(c->app, buf_str(&l->url), buf_str(&l->name), l->token, &failed) < 0)
			err = &failed;
		else
			cli_note(c, "It is kept in %s, which only you can read. (token-command, or git's credential helper, keeps it elsewhere.)", config_path(app_config(c->app)));
	}
	drop(c);
	cli_end(c, err);
}

void run_login(struct cli *c)
{
	struct login *l = xcalloc(1, sizeof *l);
	struct err err = { 0 };
	c->data = l;
	c->clean_up = drop;
	bool looks = cli_flag(c, "check") && isatty(STDIN_FILENO); /* at the one that is there already */
	if (app_login_host(c->app, c->n_args ? c->args[0] : NULL, &l->url, &l->name, &err) == 0 && !looks && !(l->token = read_token(buf_str(&l->name)))) {
		err_set(&err, ERR_USAGE, "no token was given");
		err_hint(&err, "Make one at %s/-/user_settings/personal_access_tokens with the scope api (read_api to look only).", buf_str(&l->url));
	}
	if (err.code) {
		drop(c);
		cli_end(c, &err);
		return;
	}
	app_login(c->app, buf_str(&l->url), l->token, account_got, login_ended, c);
}
