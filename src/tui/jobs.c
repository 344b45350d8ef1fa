/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds that a host runs: what is done about them, what is shown of them and of those that are watched. */
#include "tui/tui_impl.h"

enum { WATCHES_SHOWN = 6 };

/* ---- doing ---- */
static const struct { enum command_id command; enum app_deed deed; const char *offer; } deeds[] = {
	{ CMD_RETRY, APP_RETRY, "run the build again, on the host" },
	{ CMD_PLAY, APP_PLAY, "start the build" },
	{ CMD_RUN_PIPELINE, APP_RUN, "run a pipeline for the branch" },
	{ CMD_TOUCH, APP_TOUCH, "a trivial commit with the same image" },
	{ CMD_CANCEL, APP_CANCEL, "cancel the build" },
	{ CMD_PIN, APP_PIN, "pin an image for this branch" },
	{ CMD_UNPIN, APP_UNPIN, "pin no image any more" },
	{ CMD_FORK, APP_FORK, "copy the project to a group of yours" },
};

static struct app_deed_query query_of(const struct tui *t, enum app_deed deed)
{
	return (struct app_deed_query){ .deed = deed, .project = t->sel.project, .commit = t->sel.commit,
	                                .branch = t->list_focus == PANE_BRANCHES ? t->sel.branch : NULL };
}

static bool find_deed(enum command_id id, enum app_deed *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++)
		if (deeds[i].command == id) {
			*ret = deeds[i].deed;
			return true;
		}
	return false;
}

bool is_deed(enum command_id id)
{
	enum app_deed deed;
	return find_deed(id, &deed);
}

bool deed_why_not(struct tui *t, enum command_id id, const char **ret_why)
{
	static struct err err; /* the reason lives until the next question */
	enum app_deed deed;
	if (!find_deed(id, &deed))
		return false;
	*ret_why = NULL;
	err = (struct err){ 0 };
	if (!t->sel.has_commit && deed != APP_FORK)
		return false; /* the table says so */
	struct app_deed_query q = query_of(t, deed);
	q.image = deed == APP_PIN ? "?" : NULL; /* which one is asked for later */
	if (app_may(t->app, &q, &err) < 0)
		*ret_why = err.text;
	return true;
}

static void deed_said(void *tui, const char *text)
{
	say(tui, MESSAGE_GOOD, "%s", text);
}

static void deed_ended(void *tui, const struct err *err)
{
	if (err)
		say_error(tui, err);
}

void do_deed(struct tui *t, enum command_id id)
{
	enum app_deed deed;
	if (!find_deed(id, &deed) || !t->sel.has_commit)
		return;
	const struct app_deed_query q = query_of(t, deed);
	say(t, MESSAGE_INFO, "asking the host...");
	app_do(t->app, &q, deed_said, deed_ended, t);
}

static void fork_chosen(struct tui *t, char letter, void *ctx)
{
	(void)ctx;
	if (letter != 'f')
		return;
	const struct app_deed_query q = query_of(t, APP_FORK);
	say(t, MESSAGE_INFO, "asking the host...");
	app_do(t->app, &q, deed_said, deed_ended, t);
}

void ask_fork(struct tui *t)
{
	static const struct choice choices[] = { { 'f', "Fork" }, { 0, NULL } };
	const struct project *p = store_project(app_store(t->app), t->sel.project);
	struct doc d = { 0 };
	if (!p)
		return;
	AUTO_STR title = xasprintf("Fork %s?", p->name);
	AUTO_STR text = xasprintf("A copy of %s is made under your own name on %s, and its first build runs there. berth fork --into GROUP puts it elsewhere.", p->path, p->forge);
	doc_begin(&d, MIN_OF(t->surface.cols, 100) - 6, t->surface.ascii);
	doc_wrap(&d, STYLE_PLAIN, 0, sv_of(text));
	open_confirm(t, title, &d, choices, fork_chosen, NULL);
	doc_fini(&d);
}

/* ---- showing ---- */
static void job_times(struct tui *t, const struct image *i, struct buf *b)
{
	const struct job *j = &i->job;
	int64_t from = j->started_at_s ? j->started_at_s : j->queued_at_s ? j->queued_at_s : j->created_at_s;
	if (!from)
		return;
	int64_t to = j->ended_at_s ? j->ended_at_s : t->now_s;
	buf_add_str(b, j->ended_at_s ? " after " : j->started_at_s ? " for " : ", has waited for ");
	text_add_duration(b, MAX_OF(to - from, (int64_t)0));
	if (i->typical_build_s && !j->ended_at_s) {
		buf_add_str(b, j->started_at_s ? " of about " : "; a build takes about ");
		text_add_duration(b, i->typical_build_s);
	}
	if (j->ended_at_s) {
		buf_add_str(b, ", ");
		add_ago(b, j->ended_at_s, t->now_s);
	}
}

void details_job(struct tui *t, const struct image *i, struct doc *d)
{
	const struct job *j = &i->job;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!i->pipeline_id)
		return;
	doc_nl(d);
	if (i->has_job) {
		const struct look *look = look_of_job(j->state);
		buf_addf(&b, "%s %s", t->surface.ascii ? look->ascii : look->glyph, j->state == JOB_OTHER && j->state_word ? j->state_word : look->word);
		job_times(t, i, &b);
		doc_field(d, "Job", look->style, "%s", buf_str(&b));
		if (i->typical_build_s && job_state_runs(j->state) && j->started_at_s) {
			buf_clear(&b);
			present_bar(&b, MIN_OF((double)(t->now_s - j->started_at_s) / i->typical_build_s, 1.0), 24, t->surface.ascii);
			doc_field(d, "", STYLE_BAR, "%s", buf_str(&b));
		}
		doc_field(d, "", STYLE_DIM, "%s #%llu in pipeline #%llu%s%s", j->name ? j->name : "job", (unsigned long long)j->id,
		          (unsigned long long)i->pipeline_id, j->source ? ", from " : "", j->source ? j->source : "");
		if (j->runner)
			doc_field(d, "Runner", STYLE_DIM, "%s", j->runner);
	} else {
		doc_field(d, "Pipeline", STYLE_DIM, "#%llu", (unsigned long long)i->pipeline_id);
	}
	const char *url = i->has_job && j->web_url ? j->web_url : i->pipeline_url;
	if (url)
		doc_field(d, "Web", STYLE_REF, "%s", url);
}

/* What can be done about it there, by its key; what can't be is greyed, with the reason. */
void offer_deeds(struct tui *t, struct doc *d)
{
	static const char *const names[] = { "projects", "branches", "commits", "sessions", "main" };
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
		const char *key = keymap_key_of(t->keymap, deeds[i].command, names[t->list_focus]), *why = NULL;
		if (!key || !deed_why_not(t, deeds[i].command, &why) || why)
			continue;
		doc_key(d, key, deeds[i].offer);
	}
	const char *key = keymap_key_of(t->keymap, CMD_WATCH, names[t->list_focus]);
	if (key && image_is_coming(t))
		doc_key(d, key, app_is_watched(t->app, t->sel.project, &t->sel.commit) ? "watch it no longer" : "tell when it is ready");
}

/* One line a build that is watched, wherever it is. */
void details_watches(struct tui *t, struct doc *d)
{
	struct app_watched w;
	char sha[8];
	for (size_t i = 0; i < WATCHES_SHOWN && app_watch_at(t->app, i, &w); i++) {
		const struct look *look = look_of_image(w.image->state);
		AUTO(buf_fini) struct buf b = BUF_INIT;
		if (i == 0) {
			doc_nl(d);
			doc_wrap(d, STYLE_BOLD, 0, SV("Watched builds"));
		}
		oid_sha7(&w.image->commit, sha);
		doc_add(d, look->style, "%s %-9s ", t->surface.ascii ? look->ascii : look->glyph, look->word);
		if (w.image->build_started_at_s && !w.ended) {
			text_add_duration(&b, t->now_s - w.image->build_started_at_s);
			buf_add_char(&b, ' ');
		}
		doc_add(d, STYLE_AGE, "%s", buf_str(&b));
		doc_add(d, STYLE_HASH, "%s ", sha);
		doc_sv(d, STYLE_PLAIN, sv_of(w.project->path));
		if (w.start && !w.ended)
			doc_sv(d, STYLE_DIM, SV(", then starts"));
		doc_nl(d);
	}
}
