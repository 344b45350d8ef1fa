/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links that start a session: made of what is selected, and followed once a person has seen what they ask for. */
#include "berth/link.h"
#include "tui/tui_impl.h"

/* ---- making ---- */
char *link_text(struct tui *t, bool badge)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct link l;
	char hex[OID_HEX + 1];
	if (app_link_of(t->app, t->sel.project, &l, NULL) < 0)
		return NULL;
	if (t->list_focus != PANE_PROJECTS)
		l.branch = xstrdup(t->sel.branch);
	if (t->list_focus == PANE_COMMITS && t->sel.has_commit) {
		oid_hex(&t->sel.commit, hex);
		l.commit = xstrdup(hex);
	}
	if (badge)
		link_make_badge(&b, &l);
	else
		link_make(&b, &l);
	link_fini(&l);
	return buf_take(&b);
}

static void made_chosen(struct tui *t, char letter, void *ctx)
{
	AUTO_STR text = link_text(t, letter == 'b');
	(void)ctx;
	if (text)
		do_copy_text(t, letter == 'b' ? "badge" : "link", sv_of(text));
}

void do_link(struct tui *t)
{
	static const struct choice choices[] = { { 'y', "Copy the link" }, { 'b', "Copy the badge" }, { 0, NULL } };
	AUTO_STR link = link_text(t, false);
	AUTO_STR badge = link_text(t, true);
	struct doc d = { 0 };
	if (!link)
		return;
	doc_begin(&d, MIN_OF(t->surface.cols, 100) - 6, t->surface.ascii);
	doc_wrap(&d, STYLE_REF, 0, sv_of(link));
	doc_nl(&d);
	doc_wrap(&d, STYLE_DIM, 0, SV("As markdown, with a badge:"));
	doc_wrap(&d, STYLE_REF, 0, sv_of(badge));
	open_confirm(t, "A link that starts this session", &d, choices, made_chosen, NULL);
	doc_fini(&d);
}

/* ---- following: one at a time, kept until the next one or the end ---- */
struct following {
	struct link link;
	unsigned asking;
	bool found, newest, any;       /* found: what follows is known */
	struct project_id project;
	struct oid commit;
	char *branch, *doubts;
	struct session_options options;
};

void link_forget(struct tui *t)
{
	struct following *f = t->following;
	if (!f)
		return;
	if (f->asking)
		app_forget(t->app, f->asking);
	link_fini(&f->link);
	options_fini(&f->options);
	free(f->branch);
	free(f->doubts);
	free(f);
	t->following = NULL;
}

static void start_chosen(struct tui *t, char letter, void *ctx)
{
	const struct following *f = t->following;
	struct err err = { 0 };
	enum start_kind kind;
	AUTO_STR name = NULL;
	(void)letter, (void)ctx;
	const struct app_start q = { .project = f->project, .branch = f->branch, .commit = f->newest ? NULL : &f->commit, .options = f->any ? &f->options : NULL };
	if (app_start(t->app, &q, &kind, &name, &err) < 0)
		say_error(t, &err);
	else if (kind == START_ALREADY_RUNNING)
		open_connect(t, name, false);
	else
		say(t, MESSAGE_INFO, "starting %s", name);
}

static void add_line(void *doc, const char *label, enum style style, const char *text)
{
	doc_add(doc, STYLE_KEY, "%-11s", label ? label : "");
	doc_wrap(doc, style, 11, sv_of(text));
}

static void ask(struct tui *t)
{
	static const struct choice choices[] = { { 's', "Start" }, { 0, NULL } };
	const struct following *f = t->following;
	struct sv rest = sv_of(f->doubts), line;
	struct doc d = { 0 };
	doc_begin(&d, MIN_OF(t->surface.cols, 100) - 6, t->surface.ascii);
	present_link(&f->link, add_line, &d);
	while (sv_split(&rest, '\n', &line))
		if (line.len)
			doc_wrap(&d, STYLE_WARN, 0, line);
	open_confirm(t, "Start what the link asks for?", &d, choices, start_chosen, NULL);
	doc_fini(&d);
}

static void link_got(void *tui, const struct app_link *k)
{
	struct tui *t = tui;
	struct following *f = t->following;
	struct sv rest = sv_of(k->warnings), line;
	f->found = true;
	f->newest = k->newest;
	f->project = k->project;
	f->commit = k->commit;
	f->branch = xstrdup(k->branch);
	f->doubts = xstrdup(k->doubts);
	f->any = k->options != NULL;
	if (f->any)
		options_dup(&f->options, k->options);
	while (sv_split(&rest, '\n', &line))
		if (line.len)
			say(t, MESSAGE_WARN, "%.*s", (int)line.len, line.p);
}

static void link_ended(void *tui, const struct err *err)
{
	struct tui *t = tui;
	t->following->asking = 0;
	if (err)
		say_error(t, err);
	else if (!t->top && !t->prompt.label && t->following->found) /* who does something else by now is not torn out of it */
		ask(t);
	tui_dirty(t);
}

void do_open_link(struct tui *t, const char *text)
{
	struct link l;
	struct err err = { 0 };
	link_forget(t);
	if (link_parse(sv_of(text), &l, &err) < 0) {
		say_error(t, &err);
		return;
	}
	struct following *f = xcalloc(1, sizeof *f);
	f->link = l;
	t->following = f;
	say(t, MESSAGE_INFO, "looking for what the link asks for...");
	f->asking = app_link(t->app, &f->link, link_got, link_ended, t);
}
