/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Work that was saved: asked for before a start, made now, listed, looked at, restored into a new session, deleted. */
#include "tui/page.h"
#include "tui/picker.h"

#include "berth/text.h"

struct saved { struct project_id project; char name[256]; };

static struct saved *saved_new(struct project_id p, const char *name)
{
	struct saved *s = xcalloc(1, sizeof *s);
	s->project = p;
	memcpy(s->name, name, MIN_OF(strlen(name), sizeof s->name - 1));
	return s;
}

static void ended(void *tui, const struct err *err)
{
	if (err)
		say_error(tui, err);
}

static void restore(struct tui *t, const struct saved *s)
{
	const struct app_start q = { .project = s->project, .restore = s->name };
	enum start_kind kind;
	AUTO_STR name = NULL;
	struct err err = { 0 };
	if (app_start(t->app, &q, &kind, &name, &err) < 0)
		say_error(t, &err);
	else
		say(t, MESSAGE_INFO, "starting %s with the saved work", name);
}

static void describe(struct tui *t, struct doc *d, const struct branch *b)
{
	AUTO(buf_fini) struct buf when = BUF_INIT;
	buf_add_str(&when, "saved ");
	text_add_age(&when, t->now_s - b->tip_at_s);
	buf_addf(&when, "%s%s%s", t->now_s - b->tip_at_s < 5 ? "" : " ago", b->tip_author ? " by " : "", b->tip_author ? b->tip_author : "");
	doc_begin(d, MIN_OF(t->surface.cols, 100) - 6, t->surface.ascii);
	doc_wrap(d, STYLE_BOLD, 0, sv_of(b->name));
	doc_wrap(d, STYLE_PLAIN, 0, buf_sv(&when));
}

/* ---- before a start ---- */
static void start_chosen(struct tui *t, char letter, void *ctx)
{
	if (letter == 'r')
		restore(t, ctx);
	else
		do_start_fresh(t);
}

/* Of the branch that a quick start would take here; NULL: none. */
const struct branch *saved_branch(struct tui *t)
{
	const struct project *p = sel_project(t);
	const char *branch = t->list_focus == PANE_PROJECTS || !t->sel.branch ? (p ? p->default_branch : NULL) : t->sel.branch;
	return p && branch ? app_saved_work(t->app, p->id, branch) : NULL;
}

/* It may be of a branch that the project has not. */
static char *title_of(struct tui *t, const struct branch *b)
{
	struct autosave_name n;
	if (!autosave_name_parse(sv_of(b->name), &n))
		return xstrdup("There is saved work");
	AUTO_STR of = sv_dup(n.branch);
	if (store_branch(t->store, t->sel.project, of))
		return xstrdup("There is saved work of this branch");
	return xasprintf("There is saved work of %s", sv_eq(n.branch, SV("HEAD")) ? "no branch" : of);
}

void ask_saved(struct tui *t)
{
	static const struct choice choices[] = { { 'r', "Restore it" }, { 'f', "Start fresh" }, { 0, NULL } };
	const struct branch *b = saved_branch(t);
	struct doc d = { 0 };
	if (!b)
		return;
	describe(t, &d, b);
	doc_nl(&d);
	doc_wrap(&d, STYLE_PLAIN, 0, SV("The session begins with this work where it was left, or without it. It stays saved either way."));
	AUTO_STR title = title_of(t, b);
	open_confirm(t, title, &d, choices, start_chosen, saved_new(t->sel.project, b->name));
	doc_fini(&d);
}

/* ---- saved work as a patch ---- */
enum { PATCH_ROWS_MAX = 20000 };

static enum style patch_style(struct sv line)
{
	if (sv_starts(line, SV("+++")) || sv_starts(line, SV("---")) || sv_starts(line, SV("diff ")))
		return STYLE_BOLD;
	return !line.len ? STYLE_PLAIN : line.p[0] == '+' ? STYLE_GOOD : line.p[0] == '-' ? STYLE_ERROR : line.p[0] == '@' ? STYLE_KEY : STYLE_PLAIN;
}

static void fill_patch(struct tui *t, struct page *p)
{
	(void)t;
	for (size_t i = 0; i < p->n_rows; i++)
		doc_wrap(&p->doc, p->rows[i].style, 0, sv_of(p->rows[i].text));
	if (p->err.code) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_error(&b, &p->err);
		doc_wrap(&p->doc, STYLE_ERROR, 0, buf_sv(&b));
	} else if (p->asking) {
		doc_wrap(&p->doc, STYLE_DIM, 0, SV("Comparing..."));
	} else if (!p->n_rows) {
		doc_wrap(&p->doc, STYLE_DIM, 0, SV("It changes no file."));
	}
}

/* A piece is whole lines. */
static void got_patch(void *page, struct sv text)
{
	struct page *p = page;
	struct sv line;
	while (p->n_rows < PATCH_ROWS_MAX && sv_split(&text, '\n', &line)) {
		AUTO_STR copy = sv_dup(line);
		if (line.len || text.len)
			page_row(p, NULL, patch_style(line), p->n_rows + 1 < PATCH_ROWS_MAX ? copy : "... and more: `berth autosaves PROJECT NAME --diff` shows all of it");
	}
	tui_dirty(p->t);
}

static void open_patch(struct tui *t, struct project_id project, const char *name)
{
	struct page *p = page_open(t, &page_ops, name, fill_patch);
	p->asking = app_autosave(t->app, project, name, got_patch, page_asked, p);
}

/* ---- one of them ---- */
static void deed_chosen(struct tui *t, char letter, void *ctx)
{
	const struct saved *s = ctx;
	if (letter == 'v')
		open_patch(t, s->project, s->name);
	else if (letter == 'r')
		restore(t, s);
	else
		app_autosave(t->app, s->project, s->name, NULL, ended, t);
}

static void open_one(struct tui *t, const struct branch *b)
{
	static const struct choice choices[] = { { 'v', "Show" }, { 'r', "Restore" }, { 'd', "Delete" }, { 0, NULL } };
	struct doc d = { 0 };
	describe(t, &d, b);
	doc_nl(&d);
	doc_wrap(&d, STYLE_PLAIN, 0, SV("Restored it is in a new session as it was. Deleted it is gone for good."));
	open_confirm(t, "Saved work", &d, choices, deed_chosen, saved_new(t->sel.project, b->name));
	doc_fini(&d);
}

/* ---- all of a project ---- */
static void list_chosen(struct tui *t, int value, void *data)
{
	const struct project_id *project = data;
	AUTO_STR name = xasprintf(AUTOSAVE_PREFIX "%s", t->picked);
	const struct branch *b = value >= 0 ? store_branch(t->store, *project, name) : NULL;
	if (b && project_id_eq(*project, t->sel.project))
		open_one(t, b);
	else
		say(t, MESSAGE_INFO, "it is gone meanwhile");
}

static bool is_saved_work(const struct branch *b)
{
	struct autosave_name n;
	return autosave_name_parse(sv_of(b->name), &n) && !sv_starts(sv_of(b->name), SV("origin/"));
}

static void fill_saved(struct tui *t, struct picker *picker)
{
	struct project_id p = t->sel.project;
	int n = 0;
	for (size_t i = 0; i < store_n_branches(t->store, p); i++) {
		const struct branch *b = store_branch_at(t->store, p, i);
		AUTO(buf_fini) struct buf age = BUF_INIT;
		if (!is_saved_work(b))
			continue;
		text_add_age(&age, t->now_s - b->tip_at_s);
		picker_add(picker, "", b->name + strlen(AUTOSAVE_PREFIX), buf_str(&age), NULL, n++);
	}
	if (app_saved_work_awaited(t->app, p))
		picker_add(picker, "", "Looking for saved work...", "", NULL, -1);
	else if (!n)
		picker_add(picker, "", "There is no saved work.", "", NULL, -1);
}

void open_saved(struct tui *t)
{
	struct project_id *project = xmalloc(sizeof *project);
	*project = t->sel.project;
	if (t->sel.project.v)
		app_want_saved_work(t->app, t->sel.project);
	picker_grows(picker_open(t, "Saved work", true, list_chosen, project), fill_saved);
}

/* ---- now ---- */
static void saved_now(void *tui, const struct autosave_result *r)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	present_work(&b, &r->work);
	for (size_t i = 0; i < r->n_notes; i++)
		say(tui, MESSAGE_WARN, "%s", r->notes[i]);
	if (r->outcome == AUTOSAVE_NOTHING)
		say(tui, MESSAGE_INFO, "all of it is in the project's repository already");
	else
		say(tui, MESSAGE_GOOD, "saved: %s%s%s", buf_str(&b), r->n_refs ? ", as " : "", r->n_refs ? r->refs[0].name : "");
}

void do_save_work(struct tui *t)
{
	const struct session *s = sel_session(t);
	if (!s)
		return;
	say(t, MESSAGE_INFO, "saving the work of %s", s->name);
	app_session_save(t->app, s->name, false, saved_now, ended, t);
}
