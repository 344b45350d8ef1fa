/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help, palette and item menu, all from the command table; the copy menu. */
#include "tui/logpanel.h"
#include "tui/picker.h"

static void run_chosen(struct tui *t, int value, void *data)
{
	(void)data;
	tui_run_command(t, (enum command_id)value);
}

static void add_command(struct tui *t, struct picker *p, const struct command *c, const char *const *names)
{
	AUTO(buf_fini) struct buf keys = BUF_INIT;
	for (size_t i = 0; names[i] && !keys.len; i++)
		if (command_in_pane(c, names[i]))
			keymap_add_keys(t->keymap, &keys, c->id, names[i]);
	picker_add(p, buf_str(&keys), c->name, c->summary, tui_why_not(t, c->id), (int)c->id);
}

static const char *place_title(const struct tui *t)
{
	static const char *const titles[] = { "Projects", "Branches", "Commits", "Sessions", "Main pane" };
	return t->focus == PANE_MAIN && t->tab == TAB_LOG ? "Log" : titles[t->focus];
}

void open_help(struct tui *t)
{
	const char *names[5];
	AUTO_STR title = xasprintf("Help: %s", place_title(t));
	AUTO_STR here = xasprintf("%s", place_title(t));
	struct picker *p = picker_open(t, title, true, run_chosen, NULL);
	tui_pane_names(t, names);
	picker_add(p, "", here, "", NULL, -1);
	for (int others = 0; others < 2; others++) /* in a log its own keys come before those of what it is the log of */
		for (size_t i = 0; i < CMD_COUNT_; i++)
			if ((command_at(i)->faces & FACE_TUI) && *command_at(i)->panes && tui_works_here(t, i) && command_in_pane(command_at(i), names[0]) != others)
				add_command(t, p, command_at(i), names);
	picker_add(p, "", "Everywhere", "", NULL, -1);
	for (size_t i = 0; i < CMD_COUNT_; i++)
		if ((command_at(i)->faces & FACE_TUI) && !*command_at(i)->panes)
			add_command(t, p, command_at(i), names);
}

void open_palette(struct tui *t)
{
	const char *names[5];
	struct picker *p = picker_open(t, "Commands", true, run_chosen, NULL);
	tui_pane_names(t, names);
	for (int grey = 0; grey < 2; grey++) /* what can run comes first */
		for (size_t i = 0; i < CMD_COUNT_; i++)
			if ((command_at(i)->faces & FACE_TUI) && (tui_why_not(t, command_at(i)->id) != NULL) == grey && i != CMD_PALETTE)
				add_command(t, p, command_at(i), names);
}

void open_menu(struct tui *t)
{
	const char *names[5];
	struct picker *p = picker_open(t, place_title(t), false, run_chosen, NULL);
	tui_pane_names(t, names);
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *c = command_at(i);
		bool deed = is_deed(c->id), here = t->sel.project.v && app_has_jobs(t->app, t->sel.project);
		if (!(c->faces & FACE_TUI) || !*c->panes || !tui_works_here(t, c->id))
			continue;
		if (deed && c->id != CMD_CANCEL ? here : c->hint || (c->id == CMD_WATCH && here))
			add_command(t, p, c, names);
	}
}

/* ---- copy ---- */
enum copy_what { COPY_NAME, COPY_HASH, COPY_BRANCH, COPY_PROJECT, COPY_IMAGE, COPY_SESSION, COPY_ADDRESS, COPY_COMMAND, COPY_LINE, COPY_MARKED, COPY_URL, COPY_LINK, COPY_BADGE, COPY_COUNT };
struct copies { char *texts[COPY_COUNT]; };
static const struct { const char *key, *name; } copy_names[COPY_COUNT] = {
	{ "y", "name" }, { "h", "hash" }, { "b", "branch" }, { "p", "project" }, { "i", "image" }, { "s", "session" }, { "a", "address" }, { "c", "command" }, { "l", "line" }, { "m", "marked lines" }, { "u", "address with token" },
	{ "L", "autostart link" }, { "B", "badge" },
};

static void copy_texts(struct tui *t, struct copies *c)
{
	const struct project *p = sel_project(t);
	const struct image *i = t->sel.has_commit ? store_image(t->store, t->sel.project, &t->sel.commit) : NULL;
	const struct session *s = sel_session(t);
	char hex[OID_HEX + 1] = "";
	if (t->sel.has_commit) {
		oid_hex(&t->sel.commit, hex);
		c->texts[COPY_HASH] = xstrdup(hex);
	}
	c->texts[COPY_NAME] = xstrdup(t->list_focus == PANE_PROJECTS ? (p ? p->path : NULL) : t->list_focus == PANE_BRANCHES ? t->sel.branch : t->list_focus == PANE_SESSIONS ? (s ? s->name : NULL) : *hex ? hex : NULL);
	c->texts[COPY_URL] = xstrdup(s && s->address && s->has_token ? "shows it, and copies it: who has it has the session" : NULL);
	c->texts[COPY_LINK] = p ? link_text(t, false) : NULL;
	c->texts[COPY_BADGE] = p ? link_text(t, true) : NULL;
	c->texts[COPY_BRANCH] = xstrdup(t->sel.branch);
	c->texts[COPY_PROJECT] = xstrdup(p ? p->path : NULL);
	c->texts[COPY_IMAGE] = xstrdup(i ? i->ref : s ? s->image_ref : NULL);
	c->texts[COPY_SESSION] = xstrdup(s ? s->name : NULL);
	c->texts[COPY_ADDRESS] = xstrdup(s ? s->address : NULL);
	if (p && *hex) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_add_str(&b, "berth start ");
		buf_add_shell_quoted(&b, sv_of(p->path));
		buf_addf(&b, " %.7s", hex);
		c->texts[COPY_COMMAND] = buf_take(&b);
	}
	if (t->focus == PANE_MAIN && t->tab == TAB_LOG)
		c->texts[COPY_LINE] = log_panel_text(t->log), c->texts[COPY_MARKED] = log_marked_text(t->log);
}

static void copy_chosen(struct tui *t, int value, void *data)
{
	struct copies all = { { NULL } };
	(void)data;
	copy_texts(t, &all);
	if (value == COPY_URL && sel_session(t)) {
		open_connect(t, sel_session(t)->name, false);
		free(all.texts[value]), all.texts[value] = NULL;
	}
	if (all.texts[value])
		do_copy_text(t, copy_names[value].name, sv_of(all.texts[value]));
	if (all.texts[value] && strlen(all.texts[value]) < 500) /* where the terminal takes no clipboard it can be marked and copied from here */
		say(t, MESSAGE_INFO, "copied, if the terminal allows it: %s", all.texts[value]);
	for (size_t i = 0; i < COPY_COUNT; i++)
		free(all.texts[i]);
}

void open_copy(struct tui *t)
{
	struct copies all = { { NULL } };
	struct picker *p = picker_open(t, "Copy", false, copy_chosen, NULL);
	copy_texts(t, &all);
	for (int i = 0; i < COPY_COUNT; i++)
		if (all.texts[i])
			picker_add(p, copy_names[i].key, copy_names[i].name, all.texts[i], NULL, i);
	for (size_t i = 0; i < COPY_COUNT; i++)
		free(all.texts[i]);
}
