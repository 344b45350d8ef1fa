/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be asked of one session: its address, more time, a shell in it. */
#include <pwd.h>
#include <unistd.h>

#include "app/app_impl.h"
#include "berth/path.h"

const char *local_user(void)
{
	const struct passwd *pw = getpwuid(geteuid());
	return pw ? pw->pw_name : "unknown";
}

/* Somebody who became root with their own state folder is still the same person: their keeper looks after both. */
const char *app_session_others(const struct session *s)
{
	if (!s->owner || strcmp(s->owner, local_user()) == 0)
		return NULL;
	AUTO_STR home = s->home ? home_id() : NULL;
	return home && strcmp(home, s->home) == 0 ? NULL : s->owner;
}

bool session_is_mine(const struct session *s)
{
	return !app_session_others(s);
}

int refuse_others(const struct session *s, const char *what, struct err *reterr)
{
	const char *owner = app_session_others(s);
	if (!owner)
		return 0;
	err_set(reterr, ERR_DENIED, "%s is a session of %s: only they %s", s->name, owner, what);
	err_hint(reterr, "Who looks after the engine can read its log, stop it (its workspace stays), export it, and discard it.");
	return -ERR_DENIED;
}

/* lacks: what can't be had of one whose container does not run */
static int refuse_resting(const struct session *s, const char *lacks, struct err *reterr)
{
	if (session_is_up(s))
		return 0;
	err_set(reterr, ERR_CONFLICT, "%s does not run, so %s: it is %s", s->name, lacks, session_state_name(s->state));
	err_hint(reterr, "`berth resume %s` goes on with it.", s->name);
	return -ERR_CONFLICT;
}

bool app_session_hidden(const struct app *a, const char *name)
{
	for (size_t i = 0; i < a->others.len; i++)
		if (strcmp(a->others.items[i], name) == 0)
			return true;
	return false;
}

const struct session *known_session(struct app *a, const char *name, struct engine **ret_engine, struct err *reterr)
{
	const struct session *s = store_session(a->store, name);
	*ret_engine = link_up(a, reterr);
	if (!*ret_engine)
		return NULL;
	if (!s) {
		err_set(reterr, ERR_NOT_FOUND, "there is no session %s", name);
		err_hint(reterr, "`berth sessions` lists them.");
	}
	return s;
}

static void url_got(void *ask, const char *url)
{
	struct ask *k = ask;
	if (ask_heard(k))
		k->got.url(k->ctx, url);
}

unsigned app_session_url(struct app *a, const char *session, void (*got)(void *ctx, const char *url), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct engine *e;
	struct err err = { 0 };
	const struct session *s = known_session(a, session, &e, &err);
	k->got.url = got;
	if (!s || refuse_others(s, "are given its address", &err) < 0 || refuse_resting(s, "nobody answers at its address", &err) < 0)
		return ask_fail(k, &err);
	k->cancel = cancel_session;
	k->call = session_url(e, a->loop, s, url_got, ask_end, k);
	return k->number;
}

int app_session_extend(struct app *a, const char *session, uint32_t seconds, int64_t *ret_until_s, struct err *reterr)
{
	enum { DAY_S = 86400 };
	struct engine *e;
	struct session shown;
	int r = refuse_read_only(a, reterr);
	const struct session *s = r < 0 ? NULL : known_session(a, session, &e, reterr);
	if (!s)
		return r < 0 ? r : -ERR_NOT_FOUND;
	if ((r = refuse_others(s, "can extend it", reterr)) < 0)
		return r;
	if (!s->idle_limit_s)
		return err_set(reterr, ERR_UNSUPPORTED, "%s is never stopped for being idle", session);
	*ret_until_s = clock_wall_s() + (seconds ? seconds : MAX_OF(s->idle_limit_s, (uint32_t)DAY_S));
	r = kept_set(engine_identity(e), session, *ret_until_s, reterr);
	if (r < 0)
		return r;
	session_dup(&shown, s);
	shown.watch.kept_until_s = *ret_until_s;
	store_put_session(a->store, &shown);
	return 0;
}

struct engine_tty *app_session_attach(struct app *a, const char *session, uint16_t rows, uint16_t cols, const struct engine_tty_events *ev, void *ctx,
                                      struct err *reterr)
{
	struct engine *e;
	struct engine_exec_query q;
	if (refuse_read_only(a, reterr) < 0)
		return NULL;
	const struct session *s = known_session(a, session, &e, reterr);
	if (!s || refuse_others(s, "can have a shell in it", reterr) < 0 || refuse_resting(s, "there is no shell in it", reterr) < 0)
		return NULL;
	session_shell_query(s, &q);
	return engine_tty_open(e, &q, rows, cols, ev, ctx);
}

/* An engine behind ssh publishes the port on its own machine. ssh takes the same address, but for the socket's path. */
static char *line_to_engine(const struct app *a, const struct session *s)
{
	struct engine_config c;
	struct sv rest, at;
	if (!s->port || !link_config(a, &c) || !c.host || !sv_starts(sv_of(c.host), SV("ssh://")))
		return NULL;
	rest = sv_of(c.host + strlen("ssh://"));
	return sv_split(&rest, '/', &at) ? xasprintf("ssh -N -L %u:127.0.0.1:%u ssh://%.*s", s->port, s->port, (int)at.len, at.p) : NULL;
}

/* $SSH_CONNECTION: "client port server port"; the server's address as the client knows it. */
char *app_ssh_line(const struct app *a, const struct session *s)
{
	char *line = line_to_engine(a, s);
	if (line)
		return line;
	const char *ssh = getenv("SSH_CONNECTION");
	struct sv rest = sv_of(ssh), parts[4];
	if (!ssh || !*ssh || !s->port)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!sv_split(&rest, ' ', &parts[i]))
			return NULL;
	AUTO_STR port = sv_eq(parts[3], SV("22")) ? xstrdup("") : xasprintf("-p %.*s ", (int)parts[3].len, parts[3].p);
	return xasprintf("ssh %s-L %u:127.0.0.1:%u %s@%.*s", port, s->port, s->port, local_user(), (int)parts[2].len, parts[2].p);
}
