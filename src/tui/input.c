/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a key goes: the line being typed, what lies on top, else a command; and what the commands that move about do. */
#include <stdio.h>

#include "berth/path.h"
#include "tui/logpanel.h"
#include "tui/tui_impl.h"

enum { COUNT_MAX = 10000000, LOG_COUNT_MAX = 5000 };

void focus_pane(struct tui *t, enum pane p)
{
	if (p != PANE_MAIN && p != t->list_focus) {
		if (p == PANE_SESSIONS && t->tab != TAB_LOG)
			t->tab = TAB_SESSION;
		else if (t->list_focus == PANE_SESSIONS && t->tab == TAB_SESSION)
			t->tab = TAB_IMAGE;
		t->list_focus = p;
		t->main_top = 0;
	}
	t->focus = p;
}

/* ---- prompts ---- */
static void prompt_end(struct tui *t, bool accepted)
{
	void (*done)(struct tui *, const char *, bool) = t->prompt.done;
	AUTO_STR text = xstrdup(buf_str(&t->prompt.line.text));
	t->prompt.label = NULL;
	if (done)
		done(t, text, accepted);
}

static void prompt_key(struct tui *t, const struct key *k)
{
	if (strcmp(k->name, "enter") == 0)
		prompt_end(t, true);
	else if (strcmp(k->name, "esc") == 0 || strcmp(k->name, "ctrl-c") == 0)
		prompt_end(t, false);
	else if (strcmp(k->name, "ctrl-z") == 0)
		t->host.suspend(t->host.self);
	else if (t->focus < PANE_MAIN && (strcmp(k->name, "down") == 0 || strcmp(k->name, "up") == 0))
		list_move(t, &t->lists[t->focus], *k->name == 'd' ? 1 : -1);
	else if (line_key(&t->prompt.line, k) && t->prompt.changed)
		t->prompt.changed(t, buf_str(&t->prompt.line.text));
}

void open_prompt(struct tui *t, const char *label, const char *text, void (*changed)(struct tui *, const char *), void (*done)(struct tui *, const char *, bool))
{
	line_set(&t->prompt.line, text);
	t->prompt.label = label;
	t->prompt.changed = changed;
	t->prompt.done = done;
}

static void filter_changed(struct tui *t, const char *text)
{
	if (t->focus < PANE_MAIN)
		list_set_filter(t, &t->lists[t->focus], text);
	if (t->focus == PANE_PROJECTS)
		search_typed(t);
}

static void filter_done(struct tui *t, const char *text, bool accepted)
{
	if (t->focus < PANE_MAIN)
		list_set_filter(t, &t->lists[t->focus], accepted ? text : "");
}

static void search_done(struct tui *t, const char *text, bool accepted)
{
	if (accepted)
		log_panel_search(t->log, text);
}

static void save_done(struct tui *t, const char *text, bool accepted)
{
	if (accepted && *text)
		log_export_save(t->log, text);
}

static void highlight_done(struct tui *t, const char *text, bool accepted)
{
	if (accepted)
		log_panel_highlight(t->log, text);
}

static void keep_done(struct tui *t, const char *text, bool accepted)
{
	if (accepted)
		log_panel_keep(t->log, text);
}

static void log_file_done(struct tui *t, const char *text, bool accepted)
{
	if (!accepted || !*text)
		return;
	char *path = path_expand_home(text);
	do_log(t);
	t->log_file = path;
}

static void new_done(struct tui *t, const char *text, bool accepted)
{
	if (accepted && *text)
		do_new(t, text);
}

static void open_link_done(struct tui *t, const char *text, bool accepted)
{
	if (accepted && *text)
		do_open_link(t, text);
}

static bool in_log(const struct tui *t)
{
	return t->focus == PANE_MAIN && t->tab == TAB_LOG;
}

static void filter_command(struct tui *t)
{
	if (in_log(t))
		open_prompt(t, "search (re: an expression): ", buf_str(&t->log->needle), NULL, search_done);
	else if (t->focus < PANE_MAIN)
		open_prompt(t, "/", buf_str(&t->lists[t->focus].filter), filter_changed, filter_done);
	else
		say(t, MESSAGE_INFO, "/ filters lists and searches logs");
}

/* ---- moving about ---- */
static void list_command(struct tui *t, struct list *l, enum command_id id)
{
	long page = MAX_OF(l->height - 1, 1), n = MAX_OF((long)t->count, 1);
	switch (id) {
	case CMD_DOWN: list_move(t, l, n); break;
	case CMD_UP: list_move(t, l, -n); break;
	case CMD_PAGE_DOWN: list_move(t, l, n * page); break;
	case CMD_PAGE_UP: list_move(t, l, -n * page); break;
	case CMD_HALF_DOWN: list_move(t, l, n * (page / 2 + 1)); break;
	case CMD_HALF_UP: list_move(t, l, -n * (page / 2 + 1)); break;
	case CMD_TOP: list_to(t, l, t->count ? t->count - 1 : 0); break;
	case CMD_BOTTOM: list_to(t, l, t->count ? t->count - 1 : (size_t)1 << 40); break;
	default: break;
	}
}

static void main_command(struct tui *t, enum command_id id)
{
	int page = MAX_OF(t->layout.panes[PANE_MAIN].h - 2, 1), n = MAX_OF((int)MIN_OF(t->count, 100000u), 1);
	switch (id) {
	case CMD_DOWN: case CMD_MAIN_DOWN: main_scroll(t, n); break;
	case CMD_UP: case CMD_MAIN_UP: main_scroll(t, -n); break;
	case CMD_PAGE_DOWN: main_scroll(t, page); break;
	case CMD_PAGE_UP: main_scroll(t, -page); break;
	case CMD_HALF_DOWN: main_scroll(t, page / 2 + 1); break;
	case CMD_HALF_UP: main_scroll(t, -(page / 2 + 1)); break;
	case CMD_TOP: t->main_top = 0; break;
	case CMD_BOTTOM: main_scroll(t, 1 << 20); break;
	default: break;
	}
}

static void move_command(struct tui *t, enum command_id id)
{
	bool to_main = id == CMD_MAIN_DOWN || id == CMD_MAIN_UP;
	if ((to_main && (t->tab == TAB_LOG || t->layout.log.h)) || in_log(t))
		log_panel_command(t->log, id);
	else if (to_main || t->focus == PANE_MAIN)
		main_command(t, id);
	else
		list_command(t, &t->lists[t->focus], id);
}

static void sideways(struct tui *t, bool right)
{
	if (in_log(t) && (right || t->log->left > 0))
		log_panel_command(t->log, right ? CMD_RIGHT : CMD_LEFT);
	else if (t->layout.kind == LAYOUT_SINGLE || t->layout.kind == LAYOUT_PORTRAIT)
		focus_pane(t, (enum pane)((t->focus + (right ? 1 : PANE_COUNT - 1)) % PANE_COUNT));
	else
		focus_pane(t, right ? PANE_MAIN : t->list_focus);
}

static void open_command(struct tui *t)
{
	if (in_log(t))
		log_panel_command(t->log, CMD_OPEN);
	else if (t->focus < PANE_COMMITS)
		focus_pane(t, (enum pane)(t->focus + 1));
	else if (t->focus < PANE_MAIN)
		focus_pane(t, PANE_MAIN);
}

/* One step back, whatever that is here; false: there is nowhere to go. */
static bool back(struct tui *t)
{
	if (t->focus < PANE_MAIN && list_unmark_all(&t->lists[t->focus]))
		return true;
	if (t->focus < PANE_MAIN && t->lists[t->focus].filter.len)
		list_set_filter(t, &t->lists[t->focus], "");
	else if (in_log(t) && log_panel_back(t->log))
		;
	else if (t->zoom != ZOOM_NONE && !in_log(t))
		t->zoom = ZOOM_NONE;
	else if (t->focus == PANE_MAIN) {
		if (t->zoom == ZOOM_FULL)
			t->zoom = ZOOM_NONE;
		str_replace(&t->log_file, NULL);
		if (t->tab == TAB_LOG)
			t->tab = t->list_focus == PANE_SESSIONS ? TAB_SESSION : TAB_IMAGE;
		focus_pane(t, t->list_focus);
	} else
		return false;
	return true;
}

static void leave_chosen(struct tui *t, char letter, void *ctx)
{
	(void)ctx;
	t->quit = letter == 'l';
}

static void quit_command(struct tui *t)
{
	static const struct choice choices[] = { { 'l', "Leave and cancel it" }, { 0, NULL } };
	size_t running = 0;
	struct doc d = { 0 };
	for (size_t i = 0; i < app_n_launches(t->app); i++)
		running += app_launch_error(t->app, app_launch_at(t->app, i)) == NULL;
	if (!running) {
		t->quit = true;
		return;
	}
	doc_begin(&d, 60, t->surface.ascii);
	doc_wrap(&d, STYLE_PLAIN, 0, SV("A session is being started. It would be cancelled, and nothing of it left behind. Builds and sessions that run go on."));
	open_confirm(t, "Leave berth?", &d, choices, leave_chosen, NULL);
	doc_fini(&d);
}

static void cycle_tab(struct tui *t, int by)
{
	t->tab = (enum tab)((t->tab + TAB_COUNT + by) % TAB_COUNT);
	t->main_top = 0;
}

static bool view_command(struct tui *t, enum command_id id)
{
	switch (id) {
	case CMD_NEXT_PANE: focus_pane(t, (enum pane)((t->focus + 1) % PANE_COUNT)); return true;
	case CMD_PREV_PANE: focus_pane(t, (enum pane)((t->focus + PANE_COUNT - 1) % PANE_COUNT)); return true;
	case CMD_PANE_1: focus_pane(t, PANE_PROJECTS); return true;
	case CMD_PANE_2: focus_pane(t, PANE_BRANCHES); return true;
	case CMD_PANE_3: focus_pane(t, PANE_COMMITS); return true;
	case CMD_PANE_4: focus_pane(t, PANE_SESSIONS); return true;
	case CMD_PANE_MAIN: focus_pane(t, PANE_MAIN); return true;
	case CMD_LEFT: sideways(t, false); return true;
	case CMD_RIGHT: sideways(t, true); return true;
	case CMD_NEXT_TAB: cycle_tab(t, 1); return true;
	case CMD_PREV_TAB: cycle_tab(t, -1); return true;
	case CMD_ZOOM: t->zoom = t->zoom + 1 < ZOOM_COUNT ? (enum zoom)(t->zoom + 1) : t->zoom; return true;
	case CMD_UNZOOM: t->zoom = t->zoom ? (enum zoom)(t->zoom - 1) : ZOOM_NONE; return true;
	case CMD_OPEN: open_command(t); return true;
	case CMD_BACK: back(t); return true;
	case CMD_QUIT:
		if (!(t->zoom || t->focus == PANE_MAIN) || !back(t))
			quit_command(t);
		return true;
	case CMD_QUIT_NOW: t->quit = true; return true;
	case CMD_SUSPEND: t->host.suspend(t->host.self); return true;
	case CMD_REDRAW: t->host.redraw(t->host.self); return true;
	case CMD_FILTER: filter_command(t); return true;
	case CMD_HELP: open_help(t); return true;
	case CMD_PALETTE: open_palette(t); return true;
	case CMD_MENU: open_menu(t); return true;
	case CMD_MESSAGES: open_messages(t); return true;
	case CMD_CONFIG: open_config(t); return true;
	case CMD_DOCTOR: open_doctor(t); return true;
	default: return false;
	}
}

static bool list_view_command(struct tui *t, enum command_id id)
{
	struct list *l = &t->lists[t->focus < PANE_MAIN ? t->focus : t->list_focus];
	if (in_log(t) && id != CMD_MOUSE && id != CMD_SPLIT)
		return false;
	switch (id) {
	case CMD_MARK: list_mark_toggle(t, l); return true;
	case CMD_MARK_RANGE: list_range(t, l); return true;
	case CMD_MARK_ALL: list_mark_all(t, l); return true;
	case CMD_SORT_NEXT: list_sort_by(t, l, 1); return true;
	case CMD_SORT_PREV: list_sort_by(t, l, -1); return true;
	case CMD_SORT_REVERSE: list_sort_reverse(t, l); return true;
	case CMD_MOUSE: tui_mouse_toggle(t); return true;
	case CMD_SPLIT: t->split[t->layout.kind] = (unsigned char)((t->split[t->layout.kind] + 1) % SPLITS); return true;
	default: return false;
	}
}

static bool work_command(struct tui *t, enum command_id id)
{
	switch (id) {
	case CMD_START: do_start(t); return true;
	case CMD_START_OPTIONS: open_form(t); return true;
	case CMD_BUILD: do_build(t); return true;
	case CMD_CANCEL: do_cancel(t); return true;
	case CMD_RETRY: case CMD_PLAY: case CMD_RUN_PIPELINE: case CMD_TOUCH: do_deed(t, id); return true;
	case CMD_PIN: case CMD_UNPIN: do_pin(t, id == CMD_PIN); return true;
	case CMD_FORK: ask_fork(t); return true;
	case CMD_STOP: do_stop(t); return true;
	case CMD_PAUSE: case CMD_RESUME: case CMD_EXTEND: case CMD_EXPORT: case CMD_DISCARD: case CMD_ALL_SESSIONS: case CMD_COMMIT_WORK: case CMD_PULL: do_life(t, id); return true;
	case CMD_CONNECT: do_connect(t); return true;
	case CMD_ATTACH: do_attach(t); return true;
	case CMD_LOG: do_log(t); return true;
	case CMD_DISMISS: do_dismiss(t); return true;
	case CMD_COPY: open_copy(t); return true;
	case CMD_BROWSE: do_browse(t); return true;
	case CMD_WATCH: do_watch(t); return true;
	case CMD_INSPECT: open_inspect(t); return true;
	case CMD_DOCKERFILE: open_dockerfile(t); return true;
	case CMD_DIAGNOSE: open_why(t); return true;
	case CMD_UNDO:
		if (app_undo(t->app))
			say(t, MESSAGE_GOOD, "taken back: the session goes on");
		else
			say(t, MESSAGE_INFO, "there is nothing to take back");
		return true;
	case CMD_REFRESH:
		app_refresh(t->app);
		say(t, MESSAGE_INFO, "asked again for everything");
		return true;
	case CMD_KEEP_LINES:
		open_prompt(t, "keep lines with (! without, re: an expression): ", buf_str(&t->log->keep), NULL, keep_done);
		return true;
	case CMD_HIGHLIGHT:
		open_prompt(t, "highlight (re: an expression, nothing: none): ", "", NULL, highlight_done);
		return true;
	case CMD_LINK: do_link(t); return true;
	case CMD_SAVE_WORK: do_save_work(t); return true;
	case CMD_AUTOSAVES: open_saved(t); return true;
	case CMD_NEW:
		open_prompt(t, "new project in the folder: ", "~/berth/", NULL, new_done);
		return true;
	case CMD_OPEN_LINK:
		open_prompt(t, "start what this link asks for: ", "", NULL, open_link_done);
		return true;
	case CMD_LOG_FILE:
		open_prompt(t, "show the log in the file: ", t->log_file ? t->log_file : "", NULL, log_file_done);
		return true;
	case CMD_SAVE: {
		AUTO_STR name = log_file_name(t->log);
		AUTO_STR home = xasprintf("~/%s", name);
		open_prompt(t, "save the log in: ", home, NULL, save_done);
		return true;
	}
	default: return false;
	}
}

bool tui_run_command(struct tui *t, enum command_id id)
{
	const char *why;
	if (id >= CMD_COUNT_)
		return false;
	t->dirty = true;
	tui_sync(t);
	if ((why = tui_why_not(t, id))) {
		say(t, MESSAGE_WARN, "%s can't run here: %s", command_at(id)->name, why);
		return false;
	}
	if (!do_marked(t, id) && !view_command(t, id) && !list_view_command(t, id) && !work_command(t, id)) {
		if (in_log(t) && log_panel_command(t->log, id)) {
			for (unsigned i = 1; (id == CMD_DOWN || id == CMD_UP) && i < MIN_OF(t->count, (unsigned)LOG_COUNT_MAX); i++)
				log_panel_command(t->log, id);
			return true;
		}
		move_command(t, id);
	}
	return true;
}

/* ---- keys ---- */
static void overlay_key(struct tui *t, const struct key *k)
{
	static const char *const nowhere[] = { NULL };
	struct overlay *o = t->top;
	if (o->ops->key && o->ops->key(t, o, k))
		return;
	enum command_id id = keymap_find(t->keymap, nowhere, k->name);
	if (id == CMD_BACK || id == CMD_QUIT || strcmp(k->name, "ctrl-c") == 0)
		overlay_close(t);
	else if (id == CMD_QUIT_NOW || id == CMD_SUSPEND || id == CMD_REDRAW || id == CMD_UNDO)
		tui_run_command(t, id);
	else if (o->ops->command && id != CMD_COUNT_)
		o->ops->command(t, o, id);
}

/* A count before a key: 5j. 1 to 4 focus panes, so a count begins with 5 to 9, or with alt and any digit. */
static bool take_digit(struct tui *t, const char *name)
{
	const char *nowhere[] = { NULL };
	bool alt = strncmp(name, "alt-", 4) == 0;
	char c = alt ? name[4] : name[0];
	if (name[alt ? 5 : 1] || c < '0' || c > '9')
		return false;
	if (!t->count && !alt && (c < '5' || keymap_find(t->keymap, nowhere, name) != CMD_COUNT_))
		return false;
	t->count = MIN_OF(t->count * 10 + (unsigned)(c - '0'), (unsigned)COUNT_MAX);
	return true;
}

void tui_key(struct tui *t, const struct key *k)
{
	const char *names[5];
	t->dirty = true;
	if (strcmp(k->name, "ground") == 0) { /* the terminal's own answer */
		tui_ground(t, k->y);
		return;
	}
	app_somebody_is_here(t->app);
	if (tui_is_mouse(k)) {
		tui_mouse(t, k);
	} else if (t->prompt.label) {
		prompt_key(t, k);
	} else if (t->top) {
		overlay_key(t, k);
	} else if (strcmp(k->name, "paste") == 0) {
		say(t, MESSAGE_INFO, "pasted text does nothing here; / or : take it");
	} else if (!take_digit(t, k->name)) {
		tui_pane_names(t, names);
		enum command_id id = keymap_find(t->keymap, names, k->name);
		if (id != CMD_COUNT_)
			tui_run_command(t, id);
		else if (strcmp(k->name, "ctrl-c") == 0)
			say(t, MESSAGE_INFO, "q leaves berth; X cancels a build or a start");
		t->count = 0;
	}
}

void tui_key_named(struct tui *t, const char *name)
{
	struct key k = { 0 };
	snprintf(k.name, sizeof k.name, "%s", name);
	tui_key(t, &k);
}
