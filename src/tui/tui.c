/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dashboard's state and its turn: notices mark it dirty, a key goes where it belongs, a draw asks for what it showed. */
#include "tui/tui_impl.h"

#include <stdio.h>

#include "berth/path.h"
#include "tui/logpanel.h"
#include "tui/picker.h"

enum { DRAW_ROUNDS = 5, AHEAD = 16, COMMITS_ASKED = 96, PROJECTS_AHEAD = 10 };

static void on_notice(void *tui, const struct notice *n)
{
	struct tui *t = tui;
	if (n->kind == NOTICE_PROJECTS || n->kind == NOTICE_BRANCHES || n->kind == NOTICE_COMMITS || n->kind == NOTICE_SESSIONS || n->kind == NOTICE_LAUNCH)
		t->rows_changed = true;
	if (n->kind == NOTICE_BUILDS || n->kind == NOTICE_LAUNCH)
		watches_check(t);
	if (n->kind == NOTICE_IMAGES && t->lists[PANE_BRANCHES].sort)
		t->rows_changed = true;
	t->dirty = true;
}

void tui_dirty(struct tui *t)
{
	t->dirty = true;
}

static void on_tick(void *tui)
{
	tui_dirty(tui);
}

/* ---- the project to begin with ---- */
static void project_found(void *tui, struct project_id p)
{
	struct tui *t = tui;
	tui_sync(t);
	if (t->focus == PANE_PROJECTS && !t->lists[PANE_PROJECTS].moved) /* wherever the lists that came meanwhile have taken the cursor */
		list_select_id(t, &t->lists[PANE_PROJECTS], p.v);
	tui_dirty(t);
}

static void project_sought(void *tui, const struct err *err)
{
	struct tui *t = tui;
	t->asking = 0;
	if (err && t->want_project)
		say_error(t, err);
	free(t->want_project);
	t->want_project = NULL;
}

/* ---- life ---- */
static void load_theme(struct tui *t, const struct tui_options *o)
{
	struct err err = { 0 };
	const char *name = o && o->theme ? o->theme : config_theme(app_config(t->app));
	name = *name ? name : "default";
	theme_builtin(&t->theme, o && o->no_colour);
	t->any_theme = !(o && (o->no_colour || o->theme)) && strcmp(name, "default") == 0;
	if (!(o && o->no_colour) && theme_load(name, &t->theme, &err) < 0)
		say_error(t, &err);
}

/* The terminal has said how light its ground is: who has named no theme gets one that can be read there. */
void tui_ground(struct tui *t, int lightness)
{
	struct theme light;
	bool is_light = lightness >= 128;
	if (!t->any_theme || is_light == t->light)
		return;
	if (theme_load(is_light ? "light" : "default", &light, NULL) < 0)
		return;
	t->light = is_light;
	t->theme = light;
	surface_set_theme(&t->surface, &t->theme);
	if (t->host.redraw)
		t->host.redraw(t->host.self);
	tui_dirty(t);
}

struct tui *tui_new(struct app *a, const struct tui_options *o, const struct host *h, bool ascii)
{
	static const struct list_kind *const kinds[] = { &projects_list, &branches_list, &commits_list, &sessions_list };
	struct tui *t = xcalloc(1, sizeof *t);
	t->app = a;
	t->store = app_store(a);
	t->loop = app_loop(a);
	t->host = *h;
	t->now_s = clock_wall_s();
	t->newest_message = tui_newest_message(t);
	load_theme(t, o);
	surface_init(&t->surface, &t->theme, ascii);
	t->keymap = keymap_new(app_config(a));
	for (size_t i = 0; i < PANE_MAIN; i++)
		list_init(&t->lists[i], kinds[i]);
	t->log = log_panel_new(t);
	notify_listen(t, true);
	t->notices = store_subscribe(t->store, on_notice, t);
	t->tick = loop_timer_start(t->loop, 60000, 0, on_tick, t);
	for (size_t i = 0; i < keymap_n_problems(t->keymap); i++)
		say(t, MESSAGE_WARN, "%s", keymap_problem_at(t->keymap, i));
	for (size_t i = 0; i < config_n_problems(app_config(a)); i++)
		say_error(t, config_problem_at(app_config(a), i));
	if (o && o->project)
		t->want_project = xstrdup(o->project);
	t->asking = app_find_project(a, t->want_project, project_found, project_sought, t);
	app_want_projects(a);
	app_want_sessions(a);
	t->dirty = t->rows_changed = true;
	return t;
}

void tui_free(struct tui *t)
{
	if (!t)
		return;
	notify_listen(t, false);
	if (t->asking)
		app_forget(t->app, t->asking);
	while (t->top)
		overlay_close(t);
	browser_fini(t);
	attach_forget(t);
	watches_fini(t);
	stop_forget(t);
	search_fini(t);
	link_forget(t);
	new_fini(t);
	pin_fini(t);
	lives_fini(t);
	bulk_forget(t);
	store_unsubscribe(t->store, t->notices);
	loop_timer_stop(t->tick);
	log_panel_free(t->log);
	for (size_t i = 0; i < PANE_MAIN; i++)
		list_fini(&t->lists[i]);
	for (size_t i = 0; i < t->session_rows.len; i++)
		free(t->session_rows.items[i].name);
	VEC_FINI(&t->session_rows);
	VEC_FINI(&t->zones);
	doc_fini(&t->main_doc);
	line_fini(&t->prompt.line);
	keymap_free(t->keymap);
	surface_fini(&t->surface);
	free(t->sel.branch);
	free(t->start_waits.branch);
	free(t->sel.session);
	free(t->toast.text);
	free(t->want_project);
	free(t->log_file);
	free(t);
}

void tui_resize(struct tui *t, int rows, int cols)
{
	surface_resize(&t->surface, rows, cols);
	tui_dirty(t);
}

/* ---- the selection follows the lists, the lists follow the store ---- */
static void sync_branch(struct tui *t)
{
	struct list *l = &t->lists[PANE_BRANCHES];
	size_t i;
	list_sync(t, l, t->sel.project.v);
	const struct branch *b = list_cursor(l, &i) ? store_branch_at(t->store, t->sel.project, i) : NULL;
	if (!b || !t->sel.branch || strcmp(b->name, t->sel.branch) != 0)
		str_replace(&t->sel.branch, b ? b->name : NULL);
}

static void sync_commit(struct tui *t)
{
	struct list *l = &t->lists[PANE_COMMITS];
	size_t i;
	list_sync(t, l, t->sel.project.v ^ (t->sel.branch ? hash_bytes(t->sel.branch, strlen(t->sel.branch)) : 0));
	const struct oid *id = list_cursor(l, &i) ? store_commit_id_at(t->store, t->sel.project, t->sel.branch, i) : NULL;
	t->sel.has_commit = id != NULL;
	if (id)
		t->sel.commit = *id;
}

static void show_job_log(struct tui *t, const struct image *i)
{
	AUTO_STR id = app_job_log_id(t->sel.project, i->job.id);
	log_panel_show(t->log, APP_LOG_JOB, id);
}

static void sync_log(struct tui *t)
{
	const struct image *image = t->sel.has_commit ? store_image(t->store, t->sel.project, &t->sel.commit) : NULL;
	const struct build *b = sel_build(t);
	const struct session *s = sel_session(t);
	struct launch *l = sel_launch(t);
	if (!(t->tab == TAB_LOG || t->layout.log.h))
		return;
	if (t->log_file)
		log_panel_show(t->log, APP_LOG_FILE, t->log_file);
	else if (t->list_focus == PANE_SESSIONS && l && app_launch_error(t->app, l) && launch_log_path(l))
		log_panel_show(t->log, APP_LOG_FILE, launch_log_path(l));
	else if (t->list_focus != PANE_SESSIONS && image && image->has_job && !(b && b->started_at_s > image->job.created_at_s))
		show_job_log(t, image);
	else if (t->list_focus != PANE_SESSIONS && b)
		log_panel_show(t->log, APP_LOG_BUILD, b->id);
	else if (s)
		log_panel_show(t->log, APP_LOG_SESSION, s->name);
	else
		log_panel_show(t->log, APP_LOG_BUILD, NULL);
}

void tui_sync(struct tui *t)
{
	size_t i;
	uint64_t before = t->sel.project.v;
	struct oid commit = t->sel.commit;
	session_rows_sync(t);
	list_sync(t, &t->lists[PANE_PROJECTS], 1);
	t->sel.project.v = list_cursor(&t->lists[PANE_PROJECTS], &i) ? store_project_at(t->store, i)->id.v : 0;
	sync_branch(t);
	sync_commit(t);
	list_sync(t, &t->lists[PANE_SESSIONS], 1);
	const char *session = list_cursor(&t->lists[PANE_SESSIONS], &i) ? t->session_rows.items[i].name : NULL;
	if (!session || !t->sel.session || strcmp(session, t->sel.session) != 0)
		str_replace(&t->sel.session, session);
	if (before != t->sel.project.v || !oid_eq(&commit, &t->sel.commit))
		t->main_top = 0;
	picker_sync(t);
	start_goes_on(t);
	t->rows_changed = false;
}

/* ---- wants: what was shown just now ---- */
static size_t visible(const struct list *l, size_t k, size_t *ret_i)
{
	return l->top + k < list_len(l) && k < (size_t)MAX_OF(l->height, 0) && list_index(l, l->top + k, ret_i);
}

/* Rows around those on the screen, in steps: what comes into sight is known already, and a step of the cursor asks for nothing. */
static void around(size_t *first, size_t *last)
{
	*first = *first > AHEAD / 2 ? (*first - AHEAD / 2) / AHEAD * AHEAD : 0;
	*last = (*last + AHEAD / 2) / AHEAD * AHEAD + AHEAD - 1;
}

static bool filtered(const struct list *l)
{
	return l->filter.len || l->sort; /* rows stand elsewhere than in the source */
}

static void want_rows(struct tui *t)
{
	struct list *l = &t->lists[PANE_COMMITS];
	size_t first = SIZE_MAX, last = 0, i;
	if (l->filter.len && l->scanned < l->n)
		return; /* the filter asks for what it has to look at */
	for (size_t k = 0; visible(l, k, &i); k++) {
		first = MIN_OF(first, i);
		last = MAX_OF(last, i);
	}
	if (first > last)
		first = last = 0;
	if (!filtered(l))
		around(&first, &last);
	app_want_commits(t->app, t->sel.project, t->sel.branch, first, MIN_OF(MAX_OF(last - first + 1, (size_t)20), (size_t)512));
}

static void want_images(struct tui *t)
{
	struct oid ids[128];
	struct list *l = &t->lists[PANE_COMMITS];
	size_t n = 0, i, first = l->top, last = l->top + (size_t)MAX_OF(l->height, 0), cursor;
	bool whole = !filtered(l) && list_cursor(l, &cursor);
	if (whole)
		around(&first, &last);
	whole = whole && last - first < COMMITS_ASKED && cursor >= first && cursor <= last;
	if (!whole && t->sel.has_commit)
		ids[n++] = t->sel.commit;
	for (size_t k = 0; n < COMMITS_ASKED && (whole ? first + k <= last : visible(l, k, &i)); k++) {
		const struct oid *id = store_commit_id_at(t->store, t->sel.project, t->sel.branch, whole ? first + k : i);
		if (id)
			ids[n++] = *id;
	}
	for (size_t k = 0; n < ARRAY_LEN(ids) && visible(&t->lists[PANE_BRANCHES], k, &i); k++)
		ids[n++] = store_branch_at(t->store, t->sel.project, i)->tip;
	if (n)
		app_want_images(t->app, t->sel.project, ids, n);
	if (t->sel.has_commit)
		app_look_at_image(t->app, &t->sel.commit);
}

static void want_usage(struct tui *t)
{
	size_t i;
	for (size_t k = 0; visible(&t->lists[PANE_SESSIONS], k, &i); k++) {
		const struct session *s = store_session(t->store, t->session_rows.items[i].name);
		if (s && s->state == SESSION_RUNNING)
			app_want_usage(t->app, s->name);
	}
}

/* A host's list goes on where somebody comes near the end of what there is of it: a page a step, as the row there may stay the last. */
static void want_projects(struct tui *t)
{
	struct list *l = &t->lists[PANE_PROJECTS];
	if (l->stepped && !filtered(l) && l->cursor + PROJECTS_AHEAD >= l->n && app_projects_more(t->app, NULL))
		app_want_more_projects(t->app, l->n + 1);
	l->stepped = false;
}

/* Likewise the branches of a project that has many; a filter or another order needs them all. */
static void want_branches(struct tui *t)
{
	struct list *l = &t->lists[PANE_BRANCHES];
	bool here = t->list_focus == PANE_BRANCHES;
	app_want_branches(t->app, t->sel.project);
	if (store_branches_more(t->store, t->sel.project) && (filtered(l) || (here && l->stepped && l->cursor + PROJECTS_AHEAD >= l->n)))
		app_want_more_branches(t->app, filtered(l) ? SIZE_MAX : l->n + 1);
	l->stepped = false;
}

static void wants(struct tui *t)
{
	want_projects(t);
	if (!t->sel.project.v)
		return;
	want_branches(t);
	if (t->sel.branch)
		want_rows(t);
	want_images(t);
	want_usage(t);
}

/* ---- drawing ---- */
static void draw_panes(struct tui *t)
{
	const struct layout *l = &t->layout;
	for (size_t i = 0; i < PANE_MAIN; i++) {
		struct rect r = l->panes[i];
		if (r.h <= 0)
			t->lists[i].height = 0;
		else if (l->kind == LAYOUT_SINGLE)
			list_draw_rows(t, &t->lists[i], r, !t->top);
		else
			list_draw(t, &t->lists[i], r, t->focus == (enum pane)i && !t->top);
	}
	if (l->panes[PANE_MAIN].h > 0)
		draw_main(t, l->panes[PANE_MAIN], t->focus == PANE_MAIN && !t->top);
	if (l->session.h)
		draw_session_part(t, l->session);
	if (l->log.h) {
		tui_zone(t, ZONE_LOG, 0, l->log);
		draw_log_title(t, l->log, false);
		log_panel_draw(t->log, (struct rect){ l->log.y + 1, l->log.x + 1, l->log.h - 1, l->log.w - 1 }, false);
	}
	for (int y = 1; l->divider >= 0 && y <= l->divider_h; y++) {
		surface_repeat(&t->surface, y, l->divider, 1, STYLE_RULE, "│", '|');
		if (l->divider2 >= 0)
			surface_repeat(&t->surface, y, l->divider2, 1, STYLE_RULE, "│", '|');
	}
	draw_status(t, l->status);
	draw_tabs(t, l->tabs);
	draw_preview(t, l->preview);
}

static void next_tick(struct tui *t)
{
	unsigned left;
	uint64_t now = loop_now_ms(t->loop), wait = 60000 - (uint64_t)(t->now_s % 60) * 1000;
	if (app_pending_undo(t->app, &left))
		wait = left % 1000 ? left % 1000 : 1000;
	else if (t->toast.text && t->toast.until_ms)
		wait = t->toast.until_ms > now ? t->toast.until_ms - now : 1;
	bool log_seen = t->layout.log.h || t->tab == TAB_LOG;
	if (log_seen && log_panel_tick_ms(t->log))
		wait = MIN_OF(wait, (uint64_t)log_panel_tick_ms(t->log));
	loop_timer_again(t->tick, MAX_OF(wait, (uint64_t)1));
}

static void draw_once(struct tui *t)
{
	t->dirty = false;
	surface_clear(&t->surface);
	VEC_CLEAR(&t->zones);
	layout_compute(&t->layout, t->surface.rows, t->surface.cols, &(struct layout_wish){ t->focus, t->zoom, t->split });
	if (t->tab == TAB_LOG && t->layout.log.h) /* one log is enough */
		layout_one_log(&t->layout);
	tui_sync(t);
	sync_log(t);
	if (t->layout.kind == LAYOUT_TINY) {
		draw_tiny(t);
	} else {
		draw_panes(t);
		if (t->top)
			draw_overlay(t);
		draw_message(t, t->layout.message);
		draw_keys(t, t->layout.keys);
	}
}

/* What is wanted may be known already, or is said to be loading from now on: that belongs into the same frame, one kind of
 * thing after the other (a project's branches, a branch's commits, their images). */
void tui_draw(struct tui *t)
{
	t->now_s = clock_wall_s();
	for (int round = 0; round < DRAW_ROUNDS; round++) {
		draw_once(t);
		wants(t);
		store_flush(t->store);
		if (!t->dirty)
			break;
	}
	next_tick(t);
	t->drawn_once = true;
}
