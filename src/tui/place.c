/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the person is, as the command table asks it. */
#include "tui/tui_impl.h"

void tui_pane_names(const struct tui *t, const char *ret[5])
{
	static const char *const names[] = { "projects", "branches", "commits", "sessions", "main" };
	size_t n = 0;
	if (t->focus == PANE_MAIN && t->tab == TAB_LOG)
		ret[n++] = "log";
	ret[n++] = names[t->focus];
	if (t->focus == PANE_MAIN) /* what is looked at is what the list has: its keys work here too */
		ret[n++] = names[t->list_focus];
	ret[n] = NULL;
}

void tui_place(struct tui *t, struct command_place *p)
{
	const struct engine_status *e = store_engine(t->store);
	const struct build *b = sel_build(t);
	const struct session *s = sel_session(t);
	*p = (struct command_place){ .read_only = app_read_only(t->app) };
	p->has |= sel_project(t) ? NEED_PROJECT : 0;
	p->has |= t->sel.branch ? NEED_BRANCH : 0;
	p->has |= t->sel.has_commit ? NEED_COMMIT : 0;
	p->has |= s ? NEED_SESSION : 0;
	p->has |= s && app_session_others(s) ? 0 : NEED_OWN;
	p->has |= b && (b->state == BUILD_QUEUED || b->state == BUILD_RUNNING) ? NEED_BUILD : 0;
	const struct image *i = t->sel.has_commit ? store_image(t->store, t->sel.project, &t->sel.commit) : NULL;
	p->has |= (t->list_focus == PANE_SESSIONS ? s || sel_launch(t) : b || (i && i->has_job)) ? NEED_LOG : 0;
	p->has |= e && e->state == ENGINE_UP ? NEED_ENGINE : e && e->state == ENGINE_ASKING ? NEED_ENGINE_SOON : 0;
	p->engine_trouble = e && e->state == ENGINE_DOWN && e->err.text[0] ? e->err.text : e && e->state == ENGINE_ASKING ? "the container engine has not answered yet" : NULL;
}

bool tui_works_here(const struct tui *t, enum command_id id)
{
	const char *names[5];
	bool here = false;
	tui_pane_names(t, names);
	for (size_t i = 0; names[i]; i++)
		here |= command_in_pane(command_at(id), names[i]);
	return here;
}

const char *tui_why_not(struct tui *t, enum command_id id)
{
	const struct command *c = command_at(id);
	struct command_place place;
	tui_place(t, &place);
	if (!tui_works_here(t, id))
		return "it works in another pane";
	const char *why;
	if (id != CMD_CANCEL && !command_why_not(c, &place) && deed_why_not(t, id, &why))
		return why;
	if (id == CMD_CANCEL && app_has_jobs(t->app, t->sel.project) && deed_why_not(t, id, &why) && !why)
		return command_why_not(c, &place);
	if (id == CMD_CANCEL && !(place.has & NEED_BUILD) && !(sel_launch(t) && !app_launch_error(t->app, sel_launch(t))))
		return "neither a build nor a start is under way here";
	return command_why_not(c, &place);
}
