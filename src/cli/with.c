/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What most commands begin with: the project and revision that were named, an engine that answers, the sessions on it. */
#include "cli/cli_impl.h"

enum { COUNTS_WAIT_MS = 2000 }; /* for an engine that doesn't answer, where a list wants no more of it than numbers */

/* ---- project ---- */
static void got_project(void *cli, struct project_id p)
{
	((struct cli *)cli)->project = p;
}

static void second_try_ended(void *cli, const struct err *err)
{
	struct cli *c = cli;
	if (err)
		cli_end(c, &c->err); /* of the first try: what was typed is no project */
	else
		c->after(c);
}

/* `berth image fix/deps` inside a repository: one word that is no project is a revision of the one around us. */
static bool takes_revision(const struct cli *c)
{
	return c->command->id == CMD_COMMITS || (c->command->args && strstr(c->command->args, "[REV]"));
}

static void first_try_ended(void *cli, const struct err *err)
{
	struct cli *c = cli;
	if (!err) {
		c->after(c);
	} else if (err->code == ERR_NOT_FOUND && c->n_args == 1 && takes_revision(c)) {
		c->err = *err;
		c->rev = c->args[0];
		app_find_project(c->app, NULL, got_project, second_try_ended, c);
	} else {
		cli_end(c, err);
	}
}

void with_project(struct cli *c, void (*next)(struct cli *c))
{
	c->after = next;
	c->rev = c->n_args > 1 ? c->args[1] : NULL;
	app_find_project(c->app, c->n_args ? c->args[0] : NULL, got_project, first_try_ended, c);
}

/* ---- commit ---- */
static void got_commit(void *cli, const struct oid *id, const char *branch)
{
	struct cli *c = cli;
	c->commit = *id;
	c->have_commit = true;
	str_replace(&c->branch, branch);
}

static void resolve_ended(void *cli, const struct err *err)
{
	struct cli *c = cli;
	if (err)
		cli_end(c, err);
	else
		c->then(c);
}

static void resolve_now(struct cli *c)
{
	app_resolve(c->app, c->project, c->rev, got_commit, resolve_ended, c);
}

void with_commit(struct cli *c, void (*next)(struct cli *c))
{
	c->then = next;
	with_project(c, resolve_now);
}

/* ---- engine and sessions ---- */
static bool engine_known(struct cli *c)
{
	return store_engine(app_store(c->app))->state != ENGINE_ASKING;
}

static void engine_is_known(struct cli *c)
{
	const struct engine_status *e = store_engine(app_store(c->app));
	if (e->state == ENGINE_UP)
		c->after(c);
	else
		cli_end(c, &e->err);
}

void with_engine(struct cli *c, void (*next)(struct cli *c))
{
	c->after = next;
	cli_wait(c, engine_known, engine_is_known);
}

static bool sessions_known(struct cli *c)
{
	return fresh_is_answered(store_sessions_fresh(app_store(c->app)));
}

static void sessions_are_known(struct cli *c)
{
	const struct fresh *f = store_sessions_fresh(app_store(c->app));
	if (f->state == FRESH_FAILED)
		cli_end(c, &f->err);
	else
		c->then(c);
}

static bool swept(struct cli *c)
{
	return app_has_swept(c->app);
}

/* What was found of those that were broken off is told before anything else. */
static void ask_for_sessions(struct cli *c)
{
	struct store *st = app_store(c->app);
	for (size_t i = store_n_messages(st); i-- > 0;)
		if (store_message_at(st, i)->level == MESSAGE_INFO)
			cli_note(c, "%s", store_message_at(st, i)->text);
	app_want_sessions(c->app);
	cli_wait(c, sessions_known, sessions_are_known);
}

static void await_sweep(struct cli *c)
{
	cli_wait(c, swept, ask_for_sessions);
}

void with_sessions(struct cli *c, void (*next)(struct cli *c))
{
	c->then = next;
	app_want_all_sessions(c->app, cli_flag(c, "all") != NULL);
	with_engine(c, await_sweep);
}

/* ---- how many sessions run ---- */
static void counts_late(void *cli)
{
	struct cli *c = cli;
	loop_timer_stop(c->counts);
	c->counts = NULL;
	cli_wait(c, c->ready, c->next);
}

void want_counts(struct cli *c)
{
	if (c->columns && !strstr(c->columns, "sessions"))
		return;
	app_want_sessions(c->app);
	c->counts = loop_timer_start(app_loop(c->app), COUNTS_WAIT_MS, 0, counts_late, c);
}

bool counts_settled(struct cli *c)
{
	if (!c->counts)
		return true;
	return engine_known(c) && (store_engine(app_store(c->app))->state != ENGINE_UP || sessions_known(c));
}

void count_sessions(struct cli *c, const char *branch, const struct oid *commit, struct row *r)
{
	struct store *st = app_store(c->app);
	r->sessions_unknown = store_sessions_fresh(st)->state != FRESH_FRESH;
	r->n_sessions = store_count_sessions(st, r->project, branch, commit);
}

const struct session *the_session(struct cli *c)
{
	struct store *st = app_store(c->app);
	struct err err = { 0 };
	if (c->n_args) {
		const struct session *s = store_session(st, c->args[0]);
		if (s)
			return s;
		struct text_nearest near = { .typed = sv_of(c->args[0]) };
		for (size_t i = 0; i < store_n_sessions(st); i++)
			text_nearest_offer(&near, store_session_at(st, i)->name);
		if (app_session_hidden(c->app, c->args[0])) {
			err_set(&err, ERR_DENIED, "%s is somebody else's session", c->args[0]);
			err_hint(&err, "`berth sessions --all` lists it with whose it is; logs, stop, pause, export and discard take --all, too.");
			cli_end(c, &err);
			return NULL;
		}
		err_set(&err, ERR_NOT_FOUND, "there is no session %s", c->args[0]);
		if (near.best)
			err_hint(&err, "Did you mean %s? `berth sessions` lists all.", near.best);
		err_hint(&err, "`berth sessions` lists them.");
	} else if (store_n_sessions(st) == 1 && !app_session_others(store_session_at(st, 0))) {
		return store_session_at(st, 0);
	} else if (store_n_sessions(st) == 0) {
		err_set(&err, ERR_NOT_FOUND, "no session runs");
		err_hint(&err, "`berth start` starts one.");
	} else {
		err_set(&err, ERR_USAGE, store_n_sessions(st) == 1 ? "the one session is somebody else's; name it" : "there are %zu sessions; name one", store_n_sessions(st));
		err_hint(&err, "`berth sessions` lists them.");
	}
	cli_end(c, &err);
	return NULL;
}
