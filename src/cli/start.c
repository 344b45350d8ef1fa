/* SPDX-License-Identifier: GPL-3.0-or-later */
/* start: the steps as lines on a pipe, as one moving line each on a terminal; ctrl-C undoes it. */
#include <stdio.h>

#include "berth/path.h"
#include "berth/text.h"
#include "cli/cli_impl.h"

struct starting {
	char *session;
	enum step_state shown[STEP_COUNT_];
	char last[256];
	uint64_t told[16];             /* what a running step was at, each once on a pipe */
	size_t n_told;
	size_t n_messages;             /* of the store, printed so far */
	bool line_open;                /* a moving line stands on the terminal */
	char *url;
	enum start_kind kind;
};

static struct starting *starting_of(struct cli *c)
{
	return c->data;
}

static void close_line(struct starting *s)
{
	if (s->line_open)
		fputs("\r\033[K", stderr);
	s->line_open = false;
}

/* ---- the end ---- */
static void drop(struct cli *c)
{
	struct starting *s = starting_of(c);
	close_line(s);
	free(s->session);
	free(s->url);
	free(s);
	c->data = NULL;
	c->clean_up = NULL;
}

static void finish(struct cli *c, const struct err *err)
{
	struct err copy = { 0 };
	err_copy(&copy, err);
	drop(c);
	cli_end(c, err ? &copy : NULL);
}

static void print_result(struct cli *c)
{
	struct starting *s = starting_of(c);
	const struct session *session = store_session(app_store(c->app), s->session);
	AUTO_STR ssh = session ? app_ssh_line(c->app, session) : NULL;
	if (c->json) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct row r = cli_row(c);
		r.session = session;
		present_json_session(&b, &r, s->url, s->kind == START_ALREADY_RUNNING);
		cli_out(c, buf_sv(&b));
	} else {
		cli_outf(c, "%s%s%s\n", s->session, s->url ? "\t" : "", s->url ? s->url : "");
		if (ssh)
			cli_note(c, "From your own machine: %s", ssh);
		if (!s->url)
			cli_note(c, "It serves no page; `berth attach %s` opens a shell in it.", s->session);
	}
}

static void url_got(void *cli, const char *url)
{
	str_replace(&starting_of(cli)->url, url);
}

static void url_ended(void *cli, const struct err *err)
{
	struct cli *c = cli;
	if (err && err->code != ERR_NOT_FOUND && err->code != ERR_UNSUPPORTED)
		cli_note(c, "Its address can't be read: %s", err->text);
	print_result(c);
	finish(c, NULL);
}

static bool session_listed(struct cli *c)
{
	return store_session(app_store(c->app), starting_of(c)->session) || store_sessions_fresh(app_store(c->app))->state == FRESH_FAILED;
}

static void ask_url(struct cli *c)
{
	const struct session *s = store_session(app_store(c->app), starting_of(c)->session);
	close_line(starting_of(c));
	if (s && s->address) {
		app_session_url(c->app, s->name, url_got, url_ended, c);
	} else {
		print_result(c);
		finish(c, NULL);
	}
}

/* ---- steps ---- */
static void step_text(struct buf *b, struct cli *c, enum launch_step step, const struct step_status *st)
{
	const struct look *look = look_of_step(st->state);
	buf_addf(b, "%s %s", c->ascii ? look->ascii : look->glyph, launch_step_title(step));
	if (st->state == STEP_RUNNING && st->total > 1) {
		buf_addf(b, "  %3.0f%%", 100.0 * (double)st->now / (double)st->total);
	}
	if (st->detail[0])
		buf_addf(b, "  %s", st->detail);
	if (st->ended_ms > st->began_ms && st->state != STEP_RUNNING && st->ended_ms - st->began_ms >= 1000) {
		buf_add_str(b, "  ");
		text_add_duration(b, (st->ended_ms - st->began_ms) / 1000);
	}
}

static void show_messages(struct cli *c)
{
	struct starting *s = starting_of(c);
	struct store *st = app_store(c->app);
	for (size_t n = store_n_messages(st), i = n - MIN_OF(n, s->n_messages); i-- > 0;) {
		const struct message *m = store_message_at(st, i);
		if (m->level == MESSAGE_WARN) {
			close_line(s);
			cli_note(c, "%s %s%s%s", c->ascii ? look_of_message(m->level)->ascii : look_of_message(m->level)->glyph, m->text, m->hint ? " " : "", m->hint ? m->hint : "");
		}
	}
	s->n_messages = store_n_messages(st);
}

static void show_moving(struct cli *c, const struct buf *text)
{
	struct starting *s = starting_of(c);
	AUTO(buf_fini) struct buf clean = BUF_INIT;
	text_fit(&clean, buf_sv(text), cli_width() - 1, c->ascii);
	if (!c->err_tty || strncmp(s->last, buf_str(&clean), sizeof s->last - 1) == 0)
		return;
	snprintf(s->last, sizeof s->last, "%s", buf_str(&clean));
	fprintf(stderr, "\r\033[K%s", buf_str(&clean));
	s->line_open = true;
}

/* On a pipe: what a step waits for, each once; not how far it is. */
static bool is_news(struct starting *s, const struct step_status *st)
{
	uint64_t hash = hash_bytes(st->detail, strlen(st->detail));
	for (size_t i = 0; i < s->n_told; i++)
		if (s->told[i] == hash)
			return false;
	if (!st->detail[0] || s->n_told == ARRAY_LEN(s->told))
		return false;
	s->told[s->n_told++] = hash;
	return true;
}

static void show_steps(struct cli *c)
{
	struct starting *s = starting_of(c);
	struct launch *l = app_launch(c->app, s->session);
	show_messages(c);
	for (int i = 0; l && i < STEP_COUNT_; i++) {
		const struct step_status *st = launch_step_status(l, (enum launch_step)i);
		AUTO(buf_fini) struct buf text = BUF_INIT;
		bool moved = st->state != s->shown[i];
		if (st->state == STEP_WAITING || (!moved && st->state != STEP_RUNNING))
			continue;
		step_text(&text, c, (enum launch_step)i, st);
		if (st->state == STEP_RUNNING && c->err_tty) {
			show_moving(c, &text);
		} else if (moved || (i == STEP_IMAGE && is_news(s, st))) {
			close_line(s);
			cli_note(c, "%s", buf_str(&text));
		}
		s->shown[i] = st->state;
	}
}

static bool launch_over(struct cli *c)
{
	const struct err *err;
	show_steps(c);
	return app_launch_ended(c->app, starting_of(c)->session, &err);
}

static void launch_is_over(struct cli *c)
{
	const struct err *err;
	struct starting *s = starting_of(c);
	app_launch_ended(c->app, s->session, &err);
	c->on_interrupt = NULL;
	if (!err) {
		app_want_sessions(c->app);
		cli_wait(c, session_listed, ask_url);
		return;
	}
	struct launch *l = app_launch(c->app, s->session);
	const char *log = l ? launch_log_path(l) : NULL;
	close_line(s);
	if (log)
		cli_note(c, "What its program printed is in %s", log);
	finish(c, err);
}

static void cancel(struct cli *c)
{
	struct starting *s = starting_of(c);
	close_line(s);
	cli_note(c, "Cancelling; what was made is being removed …");
	app_launch_cancel(c->app, s->session);
}

/* ---- the beginning ---- */
static void begin(struct cli *c)
{
	struct err err = { 0 };
	struct starting *s = xcalloc(1, sizeof *s);
	struct app_start q = { .project = c->project, .branch = c->branch, .commit = c->have_commit && (c->rev || !cli_flag(c, "restore")) ? &c->commit : NULL, .restore = cli_flag(c, "restore"),
	                       .options = c->options_given ? &c->options : NULL, .even_if_running = cli_flag(c, "new") != NULL };
	c->data = s;
	c->clean_up = drop;
	s->n_messages = store_n_messages(app_store(c->app));
	if (app_start(c->app, &q, &s->kind, &s->session, &err) < 0) {
		finish(c, &err);
		return;
	}
	if (s->kind == START_ALREADY_RUNNING) {
		cli_note(c, "A session of this branch runs already: %s. --new starts another one.", s->session);
		ask_url(c);
		return;
	}
	c->on_interrupt = cancel;
	cli_wait(c, launch_over, launch_is_over);
}

void start_here(struct cli *c)
{
	begin(c);
}

/* What was typed stands above what the project and the configuration say. */
static void defaults_got(void *cli, const struct session_options *o, const char *warnings)
{
	struct cli *c = cli;
	struct sv rest = sv_of(warnings), line;
	for (int i = 0; i < OPT_COUNT_; i++)
		if (c->options.values[i].source != FROM_USER && *options_text(o, (enum option_id)i))
			options_take(&c->options, o, (enum option_id)i);
	while (sv_split(&rest, '\n', &line))
		if (line.len)
			cli_note(c, "%.*s", (int)line.len, line.p);
}

static void defaults_ended(void *cli, const struct err *err)
{
	if (err)
		cli_end(cli, err);
	else
		begin(cli);
}

static void merge_options(struct cli *c);

/* Nobody is asked by a start that may run unwatched: it begins fresh, which loses nothing, and says what there is and how to have it. */
static bool saved_known(struct cli *c)
{
	return app_saved_work_known(c->app, c->project);
}

static bool runs_already(struct cli *c)
{
	const struct project *p = store_project(app_store(c->app), c->project);
	bool runs = false;
	for (size_t i = 0; i < store_n_sessions(app_store(c->app)); i++) {
		const struct session *s = store_session_at(app_store(c->app), i);
		runs = runs || (session_is_up(s) && session_is_of(s, p) && s->branch && c->branch && strcmp(s->branch, c->branch) == 0);
	}
	return runs;
}

/* It may be of a branch that the project has not. */
static char *saved_of(const struct branch *b)
{
	struct autosave_name n;
	return autosave_name_parse(sv_of(b->name), &n) ? sv_dup(n.branch) : xstrdup(b->name);
}

static void tell_saved(struct cli *c)
{
	const struct branch *b = c->branch ? app_saved_work(c->app, c->project, c->branch) : NULL;
	const struct quick_facts f = { .runs = runs_already(c), .another = cli_flag(c, "new"), .saved = b != NULL };
	if (quick_decide(&f) == QUICK_ASK_SAVED) {
		AUTO(buf_fini) struct buf age = BUF_INIT;
		text_add_age(&age, clock_wall_s() - b->tip_at_s);
		AUTO_STR of = saved_of(b);
		cli_note(c, "There is saved work of %s (%s): --restore %s begins with it, --fresh without. It is not taken this time, and stays.", of, buf_str(&age), b->name);
	}
	merge_options(c);
}

static void look_for_saved(struct cli *c)
{
	if (cli_flag(c, "restore") || cli_flag(c, "fresh") || !c->branch) {
		merge_options(c);
		return;
	}
	app_want_saved_work(c->app, c->project);
	cli_wait(c, saved_known, tell_saved);
}

static void merge_options(struct cli *c)
{
	if (c->options_given)
		app_start_options(c->app, c->project, &c->commit, defaults_got, defaults_ended, c);
	else
		begin(c);
}

static void resolved(void *cli, const struct oid *id, const char *branch)
{
	struct cli *c = cli;
	c->commit = *id;
	c->have_commit = !branch; /* of a branch it is the newest, whichever that is */
	str_replace(&c->branch, branch);
}

static void resolve_ended(void *cli, const struct err *err)
{
	if (err)
		cli_end(cli, err);
	else
		look_for_saved(cli);
}

static void resolve(struct cli *c)
{
	app_resolve(c->app, c->project, c->rev, resolved, resolve_ended, c);
}

static void project_known(struct cli *c)
{
	with_sessions(c, resolve);
}

void run_start(struct cli *c)
{
	with_project(c, project_known);
}
