/* SPDX-License-Identifier: GPL-3.0-or-later */
/* save, autosaves: work of sessions, kept on branches of their projects; and commit and push, pull, in a session. */
#include "cli/cli_impl.h"

/* ---- save ---- */
static void note_work(struct cli *c, const struct session_work *w)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	present_work(&b, w);
	cli_note(c, "%s: %s.", cli_flag(c, "dry-run") ? "Not saved" : "Saved", b.len ? buf_str(&b) : "what only this workspace had");
}

static void saved(void *cli, const struct autosave_result *r)
{
	struct cli *c = cli;
	if (c->json) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_json_autosave(&b, r, r->outcome == AUTOSAVE_SAVED && !cli_flag(c, "dry-run"));
		cli_out(c, buf_sv(&b));
		return;
	}
	for (size_t i = 0; i < r->n_refs; i++)
		cli_outf(c, "%s\n", r->refs[i].name);
	for (size_t i = 0; i < r->n_notes; i++)
		cli_note(c, "%s", r->notes[i]);
	if (r->outcome == AUTOSAVE_NOTHING)
		cli_note(c, "There is nothing to save: all of it is in the project's repository.");
	else
		note_work(c, &r->work);
}

/* ---- commit and push, pull ---- */
static void git_done(void *cli, const struct session_git_done *d)
{
	struct cli *c = cli;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (c->json) {
		present_json_git_done(&b, d);
		cli_out(c, buf_sv(&b));
		return;
	}
	present_git_done(&b, d, c->command->id == CMD_PULL);
	for (size_t i = 0; i < d->n_commits; i++)
		cli_outf(c, "%s\n", d->commits[i]);
	if (d->came > d->n_commits)
		cli_note(c, "... and %u more", (unsigned)(d->came - d->n_commits));
	if (d->commit)
		cli_outf(c, "%s\n", d->commit);
	for (size_t i = 0; i < d->n_notes; i++)
		cli_note(c, "%s", d->notes[i]);
	cli_note(c, "%s.", buf_str(&b));
}

static void pull_now(struct cli *c)
{
	const struct session *s = the_session(c);
	if (s)
		app_session_git(c->app, s->name, NULL, git_done, cli_ended, c);
}

void run_pull(struct cli *c)
{
	with_sessions(c, pull_now);
}

/* Which of the two saves it is, and whether all is said that it wants. */
static bool save_flags_fit(struct cli *c)
{
	const char *message = cli_flag(c, "message");
	bool commits = cli_flag(c, "commit") != NULL;
	struct err err = { 0 };
	if (commits && (!message || !sv_trim(sv_of(message)).len))
		err_set(&err, ERR_USAGE, "a commit wants a message: berth save%s%s --commit -m MESSAGE", c->n_args ? " " : "", c->n_args ? c->args[0] : "");
	else if (message && !commits)
		err_set(&err, ERR_USAGE, "-m is the message of a commit: berth save%s%s --commit -m MESSAGE", c->n_args ? " " : "", c->n_args ? c->args[0] : "");
	else if (commits && cli_flag(c, "dry-run"))
		err_set(&err, ERR_USAGE, "--dry-run tells what is unsaved, --commit commits it: one of them");
	if (err.code)
		cli_end(c, &err);
	return !err.code;
}

static void save_now(struct cli *c)
{
	const struct session *s = the_session(c);
	if (s && cli_flag(c, "commit"))
		app_session_git(c->app, s->name, cli_flag(c, "message"), git_done, cli_ended, c);
	else if (s)
		app_session_save(c->app, s->name, cli_flag(c, "dry-run") != NULL, saved, cli_ended, c);
}

void run_save(struct cli *c)
{
	if (save_flags_fit(c))
		with_sessions(c, save_now);
}

/* ---- autosaves ---- */
static bool branches_ready(struct cli *c)
{
	const struct fresh *f = store_branches_fresh(app_store(c->app), c->project);
	return (f->state == FRESH_FRESH && !app_saved_work_awaited(c->app, c->project)) || f->state == FRESH_FAILED;
}

static void print_autosaves(struct cli *c)
{
	struct store *st = app_store(c->app);
	const struct fresh *f = store_branches_fresh(st, c->project);
	struct writer *w = f->state == FRESH_FAILED ? NULL : cli_writer(c, ENTITY_BRANCH);
	size_t n = 0;
	if (f->state == FRESH_FAILED)
		cli_end(c, &f->err);
	if (!w)
		return;
	for (size_t i = 0; i < store_n_branches(st, c->project); i++) {
		struct autosave_name name;
		struct row r = cli_row(c);
		r.project = store_project(st, c->project);
		r.branch = store_branch_at(st, c->project, i);
		if (!autosave_name_parse(sv_of(r.branch->name), &name) || sv_starts(sv_of(r.branch->name), SV("origin/")))
			continue;
		writer_row(w, &r);
		n++;
	}
	cli_write(c, w);
	if (!n)
		cli_note(c, "There is no saved work.");
	cli_end(c, NULL);
}

static void patch(void *cli, struct sv text)
{
	struct cli *c = cli;
	AUTO(buf_fini) struct buf clean = BUF_INIT;
	struct sv line, rest = text;
	if (!c->out_tty) {
		cli_out(c, text);
		return;
	}
	for (bool first = true; sv_split(&rest, '\n', &line); first = false) {
		if (!first)
			buf_add_char(&clean, '\n');
		text_clean(&clean, line);
	}
	cli_out(c, buf_sv(&clean));
}

static void autosaves_now(struct cli *c)
{
	struct err err = { 0 };
	bool shows = cli_flag(c, "diff"), removes = cli_flag(c, "delete");
	if ((shows || removes) && c->n_args < 2) {
		err_set(&err, ERR_USAGE, "which one? berth autosaves PROJECT NAME --%s", shows ? "diff" : "delete");
		cli_end(c, &err);
	} else if (shows || removes) {
		app_autosave(c->app, c->project, c->args[1], shows ? patch : NULL, cli_ended, c);
	} else {
		app_want_saved_work(c->app, c->project);
		cli_wait(c, branches_ready, print_autosaves);
	}
}

void run_autosaves(struct cli *c)
{
	with_project(c, autosaves_now);
}
