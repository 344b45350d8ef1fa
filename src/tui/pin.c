/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pin, unpin: which image is asked for; where the branch is checked out or protected, a branch beside it is offered. */
#include "tui/tui_impl.h"

static void begin(struct tui *t, bool beside);

static void said(void *tui, const char *text)
{
	say(tui, MESSAGE_GOOD, "%s", text);
}

static void chosen(struct tui *t, char letter, void *ctx)
{
	(void)ctx;
	if (letter == 'b')
		begin(t, true);
}

static void offer_beside(struct tui *t, const struct err *err)
{
	static const struct choice choices[] = { { 'b', "Branch beside" }, { 0, NULL } };
	struct doc d = { 0 };
	AUTO_STR why = xasprintf("%s.", err->text);
	doc_begin(&d, MIN_OF(t->surface.cols, 100) - 6, t->surface.ascii);
	doc_wrap(&d, STYLE_PLAIN, 0, sv_of(why));
	doc_wrap(&d, STYLE_PLAIN, 0, SV("The commit can be made on a branch beside it, for you to merge. Your files stay as they are."));
	open_confirm(t, t->pin.image ? "Pin it on a branch beside?" : "Unpin it on a branch beside?", &d, choices, chosen, NULL);
	doc_fini(&d);
}

static struct app_deed_query query(const struct tui *t, bool beside)
{
	return (struct app_deed_query){ .deed = t->pin.image ? APP_PIN : APP_UNPIN, .project = t->pin.project, .commit = t->pin.commit, .branch = t->pin.branch,
		.image = t->pin.image, .beside = beside };
}

static void ended(void *tui, const struct err *err)
{
	struct tui *t = tui;
	const struct app_deed_query q = query(t, t->pin.beside);
	if (app_beside_helps(&q, err))
		offer_beside(t, err);
	else if (err)
		say_error(t, err);
	tui_dirty(t);
}

static void begin(struct tui *t, bool beside)
{
	const struct app_deed_query q = query(t, beside);
	t->pin.beside = beside;
	app_do(t->app, &q, said, ended, t);
}

void pin_fini(struct tui *t)
{
	free(t->pin.image);
	free(t->pin.branch);
	t->pin.image = t->pin.branch = NULL;
}

static void typed(struct tui *t, const char *text, bool accepted)
{
	if (!accepted || !*text)
		return;
	str_replace(&t->pin.image, text);
	begin(t, false);
}

/* What is pinned is remembered: the cursor may be elsewhere when the branch turns out to be checked out or protected. */
void do_pin(struct tui *t, bool pin)
{
	const struct image *i = store_image(t->store, t->sel.project, &t->sel.commit);
	bool own = i && i->ref && (i->state == IMAGE_READY || i->state == IMAGE_AVAILABLE || i->state == IMAGE_SAME_AS);
	pin_fini(t);
	t->pin.project = t->sel.project;
	t->pin.commit = t->sel.commit;
	t->pin.branch = xstrdup(t->sel.branch);
	if (pin)
		open_prompt(t, "pin the image: ", own ? i->ref : "", NULL, typed);
	else
		begin(t, false);
}
