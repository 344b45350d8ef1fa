/* SPDX-License-Identifier: GPL-3.0-or-later */
/* image, build, log, diagnose, cancel. */
#include "berth/path.h"
#include "berth/text.h"
#include "cli/cli_impl.h"

static const struct build *the_build(struct cli *c)
{
	return store_build_of(app_store(c->app), c->project, &c->commit);
}

static void no_build(struct cli *c, struct err *err)
{
	char sha[8];
	oid_sha7(&c->commit, sha);
	err_set(err, ERR_NOT_FOUND, "berth has built no image of %s", sha);
	err_hint(err, "`berth build` builds it.");
}

/* ---- image ---- */
static void print_image(void *cli, const struct image *i)
{
	struct cli *c = cli;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct row r = cli_row(c);
	enum style ignored;
	r.image = i;
	if (c->json) {
		present_json(&b, ENTITY_IMAGE, &r);
		cli_out(c, buf_sv(&b));
		return;
	}
	column_by_id(ENTITY_IMAGE, "shown")->text(&b, &r, &ignored);
	if (i->ref)
		buf_addf(&b, "  %s", i->ref);
	AUTO(buf_fini) struct buf clean = BUF_INIT;
	text_clean(&clean, buf_sv(&b));
	buf_clear(&b);
	present_image_sentence(&b, i, clock_wall_s(), /* with_commands= */ true);
	cli_outf(c, "%s\n%s\n", buf_str(&clean), buf_str(&b));
}

static void ask_image(struct cli *c)
{
	app_image(c->app, c->project, &c->commit, print_image, cli_ended, c);
}

static bool engine_settled(struct cli *c)
{
	return store_engine(app_store(c->app))->state != ENGINE_ASKING;
}

static void wait_engine_then_image(struct cli *c)
{
	cli_wait(c, engine_settled, ask_image); /* with no engine the answer says so; it is not an error of this command */
}

/* ---- its Dockerfile ---- */
static void print_dockerfile(void *cli, const struct app_dockerfile *d)
{
	struct cli *c = cli;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (c->json) {
		AUTO_STR text = sv_dup(d->text);
		present_json_pairs(&b, (const struct present_pair[]){ { "dockerfile", text }, { "origin", d->generated ? "generated" : "commit" }, { "made_from", d->generated ? d->made_from : NULL } }, 3);
		cli_out(c, buf_sv(&b));
		return;
	}
	if (d->generated)
		cli_note(c, "The commit has no Dockerfile: its image is built with this one%s%s. It is in no commit until you put it into one.", *d->made_from ? ", made from " : "", d->made_from);
	struct sv rest = d->text, line;
	while (c->out_tty && sv_split(&rest, '\n', &line)) {
		text_clean(&b, line);
		if (rest.p)
			buf_add_char(&b, '\n');
	}
	cli_out(c, c->out_tty ? buf_sv(&b) : d->text);
}

static void ask_dockerfile(struct cli *c)
{
	app_dockerfile(c->app, c->project, &c->commit, print_dockerfile, cli_ended, c);
}

void run_image(struct cli *c)
{
	with_commit(c, cli_flag(c, "dockerfile") ? ask_dockerfile : wait_engine_then_image);
}

/* ---- build ---- */
static bool build_settled(struct cli *c)
{
	const struct build *b = the_build(c);
	return b && b->state != BUILD_QUEUED && b->state != BUILD_RUNNING;
}

static void build_result(struct cli *c)
{
	const struct build *b = the_build(c);
	struct err err = { 0 };
	if (c->json) {
		AUTO(buf_fini) struct buf out = BUF_INIT;
		struct row r = cli_row(c);
		r.build = b;
		present_json(&out, ENTITY_BUILD, &r);
		cli_out(c, buf_sv(&out));
	}
	if (b->state == BUILD_DONE) {
		if (!c->json)
			cli_note(c, "Built %s in %llds.", b->image_ref, (long long)(b->ended_at_s - b->started_at_s));
		cli_end(c, NULL);
		return;
	}
	err_set(&err, b->state == BUILD_CANCELED ? ERR_CANCELLED : ERR_FAILED, "%s", b->error ? b->error : b->state == BUILD_CANCELED ? "the build was canceled" : "the build failed");
	err_hint(&err, "%s", b->hint ? b->hint : "The log above says why.");
	cli_end(c, &err);
}

static void build_log_done(struct cli *c, const struct err *err)
{
	if (err && err->code != ERR_CANCELLED)
		cli_note(c, "The log can't be followed: %s", err->text);
	app_refresh(c->app);
	cli_wait(c, build_settled, build_result);
}

static void cancel_build(struct cli *c)
{
	const struct build *b = the_build(c);
	struct err err = { 0 };
	cli_note(c, "Cancelling the build …");
	if (b && app_build_cancel(c->app, b->id, &err) < 0)
		cli_end(c, &err);
}

static void build_now(struct cli *c)
{
	struct err err = { 0 };
	AUTO_STR id = NULL;
	struct app_build_query q = { .project = c->project, .commit = c->commit, .no_cache = cli_flag(c, "no-cache") != NULL, .classic = cli_flag(c, "classic") != NULL };
	if (app_build(c->app, &q, &id, &err) < 0) {
		cli_end(c, &err);
		return;
	}
	if (cli_flag(c, "detach")) {
		if (c->json) {
			AUTO(buf_fini) struct buf out = BUF_INIT;
			struct row r = cli_row(c);
			r.build = store_build(app_store(c->app), id);
			if (r.build)
				present_json(&out, ENTITY_BUILD, &r);
			cli_out(c, buf_sv(&out));
		} else {
			cli_note(c, "The build %s runs; `berth log --follow` shows it.", id);
		}
		cli_end(c, NULL);
		return;
	}
	c->on_interrupt = cancel_build;
	if (c->json)
		cli_wait(c, build_settled, build_result);
	else
		logout_start(c, APP_LOG_BUILD, id, true, build_log_done);
}

static void engine_then_build(struct cli *c)
{
	with_engine(c, build_now);
}

void run_build(struct cli *c)
{
	with_commit(c, engine_then_build);
}

/* ---- log ---- */
static void log_done(struct cli *c, const struct err *err)
{
	cli_end(c, err);
}

static void job_log_now(void *cli, const struct err *err)
{
	struct cli *c = cli;
	const struct image *i = store_image(app_store(c->app), c->project, &c->commit);
	struct err none = { 0 };
	if (err || !i || !i->has_job) {
		if (!err && i && i->reason)
			err_set(&none, ERR_NOT_FOUND, "there is no log: %s", i->reason);
		else if (!err)
			no_build(c, &none);
		cli_end(c, err ? err : &none);
		return;
	}
	AUTO_STR id = app_job_log_id(c->project, i->job.id);
	logout_start(c, APP_LOG_JOB, id, cli_flag(c, "follow") != NULL, log_done);
}

static void image_heard(void *cli, const struct image *i)
{
	(void)cli;
	(void)i;
}

/* A build of ours that is newer than nothing goes first; else the host's job is looked for. */
static void log_now(struct cli *c)
{
	const struct build *b = the_build(c);
	struct err err = { 0 };
	if (!b && app_has_jobs(c->app, c->project)) {
		app_image(c->app, c->project, &c->commit, image_heard, job_log_now, c);
		return;
	}
	if (!b) {
		no_build(c, &err);
		cli_end(c, &err);
		return;
	}
	logout_start(c, APP_LOG_BUILD, b->id, cli_flag(c, "follow") != NULL, log_done);
}

void run_log(struct cli *c)
{
	const char *from = cli_flag(c, "from");
	if (from)
		logout_start(c, APP_LOG_FILE, from, false, log_done);
	else
		with_commit(c, log_now);
}

/* ---- diagnose ---- */
static void why_line(void *cli, const char *label, enum style style, const char *text)
{
	AUTO(buf_fini) struct buf clean = BUF_INIT;
	(void)style;
	text_clean(&clean, sv_of(text));
	cli_outf(cli, "%-11s%s\n", label ? label : "", buf_str(&clean));
}

static void print_why(void *cli, const struct app_why *w)
{
	struct cli *c = cli;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!c->json) {
		present_why(w, why_line, c);
		return;
	}
	present_json_why(&b, w);
	cli_out(c, buf_sv(&b));
}

static void why_now(void *cli, const struct err *err)
{
	struct cli *c = cli;
	if (err)
		cli_end(c, err);
	else
		app_why(c->app, c->project, &c->commit, print_why, cli_ended, c);
}

static void ask_why(struct cli *c)
{
	if (!the_build(c) && app_has_jobs(c->app, c->project))
		app_image(c->app, c->project, &c->commit, image_heard, why_now, c);
	else
		why_now(c, NULL);
}

static void wait_engine_then_why(struct cli *c)
{
	cli_wait(c, engine_settled, ask_why); /* without an engine no commit before it is known to have an image */
}

void run_diagnose(struct cli *c)
{
	const char *from = cli_flag(c, "from");
	if (from)
		app_why_of_file(c->app, from, print_why, cli_ended, c);
	else
		with_commit(c, wait_engine_then_why);
}

/* ---- cancel ---- */
static void cancel_now(struct cli *c)
{
	const struct build *b = the_build(c);
	struct err err = { 0 };
	bool runs = b && (b->state == BUILD_RUNNING || b->state == BUILD_QUEUED);
	if (!runs && app_has_jobs(c->app, c->project)) {
		deed_now(c);
		return;
	}
	if (!runs) {
		char sha[8];
		oid_sha7(&c->commit, sha);
		err_set(&err, ERR_NOT_FOUND, "no build of %s runs", sha);
		cli_end(c, &err);
		return;
	}
	cli_end(c, app_build_cancel(c->app, b->id, &err) < 0 ? &err : NULL);
}

void run_cancel(struct cli *c)
{
	with_commit(c, cancel_now);
}
