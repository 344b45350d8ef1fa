/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows around the panes: status above, message and keys below, titles, tabs and preview of the small layouts. */
#include <stdio.h>
#include <time.h>

#include "tui/logpanel.h"
#include "tui/tui_impl.h"

enum { TOAST_MS = 8000, TOAST_ERROR_MS = 20000, TITLE_ENDS = 3 };
static const char *const tab_names[TAB_COUNT] = { "Image", "Commit", "Session", "Log" };

/* ━[3] Commits ━━━━━━━━ 2/212 ━ ; number -1: none. */
void tui_title(struct tui *t, struct rect r, bool focused, int number, const char *title, const char *right)
{
	struct surface *s = &t->surface;
	enum style rule = focused ? STYLE_RULE_FOCUS : STYLE_RULE, text = focused ? STYLE_TITLE_FOCUS : STYLE_TITLE;
	int x = 1, w = (int)text_width(sv_of(right));
	surface_repeat(s, r.y, r.x, r.w, rule, focused ? "━" : "─", focused ? '=' : '-');
	if (number >= 0)
		x += surface_printf(s, r.y, r.x + x, r.w - x, rule, "[%d]", number);
	x += surface_printf(s, r.y, r.x + x, r.w - x, text, " %s ", title);
	w = MIN_OF(w, r.w - x - 4);
	if (w <= 0)
		return;
	surface_str(s, r.y, r.x + r.w - w - 3, 1, rule, " ");
	surface_fit(s, r.y, r.x + r.w - w - 2, w, rule, sv_of(right));
	surface_str(s, r.y, r.x + r.w - 2, 1, rule, " ");
}

/* ---- status ---- */
static int add(struct tui *t, int x, enum style style, const char *text)
{
	return x + surface_str(&t->surface, 0, x, t->surface.cols - x, style, text);
}

static int status_engine(struct tui *t, int x)
{
	const struct engine_status *e = store_engine(t->store);
	bool ascii = t->surface.ascii;
	enum engine_state state = e ? e->state : ENGINE_ASKING;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (state == ENGINE_UP) {
		x = add(t, x, STYLE_GOOD, ascii ? "+ " : "✓ ");
		buf_add_str(&b, e->what ? e->what : e->name ? e->name : "engine");
		const char *comma = memchr(buf_str(&b), ',', b.len);
		if (comma && t->surface.cols < 100)
			buf_cut_to(&b, (size_t)(comma - b.p));
		return add(t, x, STYLE_STATUS, buf_str(&b));
	}
	if (state == ENGINE_ASKING)
		return add(t, x, STYLE_BUSY, "asking the engine");
	x = add(t, x, STYLE_BAD, ascii ? "x " : "✗ ");
	return add(t, x, STYLE_BAD, "no engine");
}

/* One that does not answer is told as long as that lasts: what its panes show is what it said before. */
static int status_hosts(struct tui *t, int x)
{
	size_t n = store_n_hosts_away(t->store);
	const struct host_away *first = store_host_away_at(t->store, 0);
	bool wide = t->surface.cols >= 100;
	AUTO(buf_fini) struct buf b = BUF_INIT, name = BUF_INIT;
	if (!n)
		return x;
	if (n > 1)
		buf_addf(&name, "%zu hosts", n);
	else
		text_fit(&name, sv_of(first->name), wide ? 40 : 16, t->surface.ascii);
	buf_addf(&b, "   %s %s%s", t->surface.ascii ? "x" : "✗", buf_str(&name), wide ? ": no answer for " : t->surface.cols >= 72 ? ": no answer " : " ");
	text_add_age(&b, MAX_OF(t->now_s - first->since_s, (int64_t)5)); /* "now" is no time that it lasts */
	tui_zone(t, ZONE_COMMAND, CMD_MESSAGES, (struct rect){ 0, x, 1, (int)text_width(buf_sv(&b)) });
	return add(t, x, STYLE_WARN, buf_str(&b));
}

static int status_sessions(struct tui *t, int x)
{
	size_t running = 0;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	for (size_t i = 0; i < store_n_sessions(t->store); i++)
		running += session_is_running(store_session_at(t->store, i));
	if (!running)
		return x;
	buf_addf(&b, "   %s%zu session%s", t->surface.ascii ? "*" : "●", running, running == 1 ? "" : "s");
	return add(t, x, STYLE_GOOD, buf_str(&b));
}

static int status_work(struct tui *t, int x)
{
	size_t starts = 0, n_builds = 0;
	const struct build *first = NULL;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	const char *glyph = t->surface.ascii ? "~" : "◐";
	for (size_t i = 0; i < app_n_launches(t->app); i++)
		starts += app_launch_error(t->app, app_launch_at(t->app, i)) == NULL;
	for (size_t i = 0; i < store_n_builds(t->store); i++)
		if (store_build_at(t->store, i)->state == BUILD_RUNNING || store_build_at(t->store, i)->state == BUILD_QUEUED) {
			first = first ? first : store_build_at(t->store, i);
			n_builds++;
		}
	if (starts)
		buf_addf(&b, "   %s%zu start%s", glyph, starts, starts == 1 ? "" : "s");
	if (n_builds)
		buf_addf(&b, "   %s%zu build%s", glyph, n_builds, n_builds == 1 ? "" : "s");
	if (n_builds == 1 && t->surface.cols >= 72) {
		buf_addf(&b, " %s", first->project ? first->project : "");
		if (first->steps)
			buf_addf(&b, " %u/%u", first->step, first->steps);
	}
	return b.len ? add(t, x, STYLE_BUSY, buf_str(&b)) : x;
}

void draw_status(struct tui *t, struct rect r)
{
	time_t now = (time_t)t->now_s;
	struct tm tm;
	char clock[16] = "";
	size_t errors = 0;
	if (!r.h)
		return;
	surface_repeat(&t->surface, 0, 0, r.w, STYLE_STATUS, " ", ' ');
	int x = status_engine(t, 1);
	x = status_hosts(t, x);
	x = status_sessions(t, x);
	x = status_work(t, x);
	for (size_t i = 0; i < store_n_messages(t->store) && i < 99; i++)
		errors += store_message_at(t->store, i)->level >= MESSAGE_WARN;
	if (errors && t->surface.cols - x > 24) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_addf(&b, "   ! %zu message%s", errors, errors == 1 ? "" : "s");
		tui_zone(t, ZONE_COMMAND, CMD_MESSAGES, (struct rect){ 0, x, 1, (int)b.len });
		x = add(t, x, STYLE_WARN, buf_str(&b));
	}
	if (localtime_r(&now, &tm) && r.w - x > 8)
		strftime(clock, sizeof clock, "%H:%M", &tm);
	AUTO_STR end = xasprintf("%s%s", app_read_only(t->app) ? "read-only  " : "", clock);
	int w = (int)strlen(end);
	if (r.w - w - 1 > x)
		surface_str(&t->surface, 0, r.w - w - 1, w, app_read_only(t->app) ? STYLE_WARN : STYLE_STATUS, end);
}

/* ---- messages ---- */
/* Only the last 500 are kept, so a count does not tell whether there is a new one. */
uint64_t tui_newest_message(const struct tui *t)
{
	size_t n = store_n_messages(t->store);
	const struct message *m = n ? store_message_at(t->store, 0) : NULL;
	return m ? hash_bytes(m->text, strlen(m->text)) ^ (uint64_t)m->at_s * 31 ^ n : 0;
}

static void take_new_message(struct tui *t)
{
	const struct message *m = store_n_messages(t->store) ? store_message_at(t->store, 0) : NULL;
	uint64_t seen = tui_newest_message(t);
	if (!m || seen == t->newest_message)
		return;
	t->newest_message = seen;
	t->toast.level = m->level;
	AUTO(buf_fini) struct buf text = BUF_INIT;
	present_message(&text, m);
	str_replace(&t->toast.text, buf_str(&text));
	t->toast.until_ms = loop_now_ms(t->loop) + (m->level == MESSAGE_ERROR ? TOAST_ERROR_MS : TOAST_MS);
}

static bool draw_undo(struct tui *t, struct rect r)
{
	unsigned left;
	const char *name = app_pending_undo(t->app, &left), *key = keymap_key_of(t->keymap, CMD_UNDO, "");
	if (!name)
		return false;
	int x = 1 + surface_printf(&t->surface, r.y, 1, r.w - 1, STYLE_WARN, "Stopping %s in %u s", name, (left + 999) / 1000);
	if (key) {
		x += surface_printf(&t->surface, r.y, x, r.w - x, STYLE_KEY, "   %s", key);
		surface_str(&t->surface, r.y, x, r.w - x, STYLE_HINT, " takes it back");
	}
	return true;
}

void draw_message(struct tui *t, struct rect r)
{
	if (!r.h)
		return;
	take_new_message(t);
	if (t->toast.text && loop_now_ms(t->loop) >= t->toast.until_ms) {
		free(t->toast.text);
		t->toast.text = NULL;
	}
	surface_blank(&t->surface, r);
	if (t->prompt.label) {
		int x = 1 + surface_str(&t->surface, r.y, 1, r.w - 1, STYLE_KEY, t->prompt.label);
		line_draw(&t->prompt.line, &t->surface, r.y, x, r.w - x - 1, STYLE_PLAIN, true);
	} else if (!draw_undo(t, r) && t->toast.text) {
		const struct look *look = look_of_message(t->toast.level);
		int x = 1 + surface_str(&t->surface, r.y, 1, r.w - 1, look->style, t->surface.ascii ? look->ascii : look->glyph) + 1;
		surface_fit(&t->surface, r.y, x, r.w - x - 1, t->toast.level == MESSAGE_ERROR ? STYLE_ERROR : STYLE_TOAST, sv_of(t->toast.text));
	}
	if (t->count && !t->prompt.label)
		surface_printf(&t->surface, r.y, MAX_OF(r.w - 10, 0), 10, STYLE_KEY, " %u_", t->count);
}

/* ---- keys ---- */
static int hint(struct tui *t, struct rect r, int x, const char *key, const char *words, enum command_id id)
{
	int w = (int)(text_width(sv_of(key)) + 1 + text_width(sv_of(words)));
	if (x + w > r.w)
		return x;
	if (id < CMD_COUNT_)
		tui_zone(t, ZONE_COMMAND, (int)id, (struct rect){ r.y, x, 1, w });
	x += surface_str(&t->surface, r.y, x, r.w - x, STYLE_KEY, key) + 1;
	x += surface_str(&t->surface, r.y, x, r.w - x, STYLE_HINT, words);
	return x + 2;
}

static const char *key_here(struct tui *t, const struct command *c, const char *const *names)
{
	for (size_t i = 0; names[i]; i++)
		if (command_in_pane(c, names[i]) && keymap_key_of(t->keymap, c->id, names[i]))
			return keymap_key_of(t->keymap, c->id, names[i]);
	return NULL;
}

/* What one wants most often comes first: the line is short. */
static const enum command_id hint_order[] = {
	CMD_FOLLOW, CMD_NEXT_ERROR, CMD_KEEP_LINES, CMD_WRAP, CMD_FOLD_ALL, CMD_TIMES, CMD_SAVE, CMD_DIAGNOSE, CMD_START, CMD_CONNECT, CMD_ATTACH, CMD_RESUME, CMD_LOG, CMD_CANCEL, CMD_BUILD, CMD_STOP,
	CMD_START_OPTIONS, CMD_COPY, CMD_FILTER, CMD_PALETTE,
};

/* Whether what is selected is such that one would want it now. */
static bool fits_now(const struct tui *t, enum command_id id)
{
	const struct session *s = sel_session(t);
	const struct image *i = t->sel.has_commit ? store_image(t->store, t->sel.project, &t->sel.commit) : NULL;
	bool rests = s && (s->state == SESSION_PAUSED || s->state == SESSION_STOPPED || s->state == SESSION_FAILED);
	if (id == CMD_DIAGNOSE)
		return i && i->state == IMAGE_FAILED;
	if (id == CMD_CONNECT)
		return s && s->address && !rests;
	if (id == CMD_ATTACH) /* in the other lists only where there is no address to go to */
		return !rests && (t->list_focus == PANE_SESSIONS || !s || !s->address);
	return id == CMD_RESUME ? rests : true;
}

void draw_keys(struct tui *t, struct rect r)
{
	const char *names[5];
	int x = 1;
	if (!r.h)
		return;
	surface_blank(&t->surface, r);
	if (t->prompt.label) {
		x = hint(t, r, x, "enter", "accept", CMD_COUNT_);
		hint(t, r, x, "esc", "leave", CMD_COUNT_);
		return;
	}
	if (t->top) {
		surface_str(&t->surface, r.y, 1, r.w - 1, STYLE_HINT, t->top->ops->hint);
		return;
	}
	tui_pane_names(t, names);
	struct rect most = { r.y, r.x, 1, r.w - 8 }; /* "? help" is always there */
	for (size_t i = 0; i < ARRAY_LEN(hint_order); i++) {
		const struct command *c = command_at(hint_order[i]);
		const char *key = c->hint ? key_here(t, c, names) : NULL;
		if (key && fits_now(t, c->id) && !tui_why_not(t, c->id))
			x = hint(t, most, x, key, c->hint, c->id);
	}
	const char *help = keymap_key_of(t->keymap, CMD_HELP, "");
	if (help)
		hint(t, r, x, help, "help", CMD_HELP);
}

/* ---- the small layouts ---- */
void draw_tabs(struct tui *t, struct rect r)
{
	static const char *const names[] = { "1 Proj", "2 Bran", "3 Comm", "4 Sess" };
	int x = 0;
	if (!r.h)
		return;
	surface_repeat(&t->surface, r.y, 0, r.w, STYLE_RULE, "─", '-');
	for (int i = 0; i < PANE_MAIN; i++) {
		bool on = t->focus == (enum pane)i;
		tui_zone(t, ZONE_PANE, i, (struct rect){ r.y, x, 1, (int)strlen(names[i]) + 2 });
		x += surface_printf(&t->surface, r.y, x, r.w - x, on ? STYLE_TITLE_FOCUS : STYLE_TITLE, on && t->surface.ascii ? "[%s]" : " %s ", names[i]);
		if (on)
			surface_over(&t->surface, r.y, x - (int)strlen(names[i]) - 2, (int)strlen(names[i]) + 2, STYLE_CURSOR);
	}
	for (int i = 0; i < TAB_COUNT; i++) {
		bool on = t->focus == PANE_MAIN && t->tab == (enum tab)i;
		int from = x;
		x += surface_printf(&t->surface, r.y, x, r.w - x, on ? STYLE_TITLE_FOCUS : STYLE_DIM, on && t->surface.ascii ? "[%s]" : " %s ", tab_names[i]);
		tui_zone(t, ZONE_TAB, i, (struct rect){ r.y, from, 1, x - from });
		if (on)
			surface_over(&t->surface, r.y, from, x - from, STYLE_CURSOR);
	}
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (t->focus < PANE_MAIN && list_len(&t->lists[t->focus]))
		buf_addf(&b, " %zu/%zu ", t->lists[t->focus].cursor + 1, list_len(&t->lists[t->focus]));
	if (b.len && r.w - (int)b.len > x)
		surface_text(&t->surface, r.y, r.w - (int)b.len - 1, (int)b.len, STYLE_DIM, buf_sv(&b));
}

void draw_preview(struct tui *t, struct rect r)
{
	struct doc d = { 0 };
	const struct image *i = t->sel.has_commit ? store_image(t->store, t->sel.project, &t->sel.commit) : NULL;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!r.h)
		return;
	doc_begin(&d, r.w - 2, t->surface.ascii);
	if (t->focus == PANE_SESSIONS) {
		const struct session *s = sel_session(t);
		if (s && (s->reason || s->address))
			doc_wrap_most(&d, s->reason ? STYLE_WARN : STYLE_REF, 0, sv_of(s->reason ? s->reason : s->address), r.h);
	} else if (i) {
		const struct look *look = look_of_image(i->state);
		doc_add(&d, look->style, "%s ", t->surface.ascii ? look->ascii : look->glyph);
		present_image_sentence(&b, i, t->now_s, /* with_commands= */ false);
		doc_wrap_most(&d, STYLE_PLAIN, 2, buf_sv(&b), r.h);
	}
	doc_draw(&d, &t->surface, (struct rect){ r.y, r.x + 1, r.h, r.w - 2 }, 0);
	doc_fini(&d);
}

void draw_tiny(struct tui *t)
{
	struct doc d = { 0 };
	doc_begin(&d, t->surface.cols, t->surface.ascii);
	if (t->top)
		doc_wrap(&d, STYLE_BOLD, 0, sv_of(t->top->title));
	doc_wrap(&d, STYLE_BOLD, 0, SV("Please enlarge the terminal to 40x10."));
	doc_wrap(&d, STYLE_DIM, 0, SV("q leaves, ctrl-z suspends."));
	doc_draw(&d, &t->surface, (struct rect){ 0, 0, t->surface.rows, t->surface.cols }, 0);
	doc_fini(&d);
}

/* ---- the right side ---- */
static int tabs_end(const struct tui *t)
{
	int x = 5;
	for (int i = 0; i < TAB_COUNT; i++)
		x += (int)strlen(tab_names[i]) + 1 + (i ? 2 : 0) + (t->surface.ascii && t->tab == (enum tab)i);
	return x;
}

static void draw_main_title(struct tui *t, struct rect r, bool focused)
{
	struct surface *s = &t->surface;
	enum style rule = focused ? STYLE_RULE_FOCUS : STYLE_RULE;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	int x = 1;
	if (t->tab == TAB_LOG)
		log_panel_state(t->log, r.w - tabs_end(t) - TITLE_ENDS, &b);
	tui_title(t, r, focused, 0, "", buf_str(&b));
	x += 4;
	for (int i = 0; i < TAB_COUNT; i++) {
		bool on = t->tab == (enum tab)i;
		if (i)
			x += surface_str(s, r.y, r.x + x, r.w - x, rule, s->ascii ? "| " : "│ ");
		int from = x;
		x += surface_printf(s, r.y, r.x + x, r.w - x, on ? STYLE_TITLE_FOCUS : STYLE_DIM, on && s->ascii ? "*%s " : "%s ", tab_names[i]);
		tui_zone(t, ZONE_TAB, i, (struct rect){ r.y, r.x + from, 1, x - from });
	}
}

void draw_log_title(struct tui *t, struct rect r, bool focused)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	log_panel_state(t->log, r.w - (int)strlen("  Log ") - TITLE_ENDS, &b);
	tui_title(t, r, focused, -1, "Log", buf_str(&b));
}

void draw_main(struct tui *t, struct rect r, bool focused)
{
	static void (*const pages[])(struct tui *, struct doc *) = { details_image, details_commit, details_session };
	bool one = t->layout.kind == LAYOUT_SINGLE, head = !one || t->tab == TAB_LOG; /* its tabs are above; what is to say of a log is not */
	struct rect body = { r.y + head, r.x + 1, r.h - head, r.w - 1 };
	tui_zone(t, ZONE_PANE, PANE_MAIN, r);
	if (one && head)
		draw_log_title(t, r, focused);
	else if (head)
		draw_main_title(t, r, focused);
	if (t->tab == TAB_LOG) {
		log_panel_draw(t->log, body, focused);
		return;
	}
	doc_begin(&t->main_doc, body.w - 1, t->surface.ascii);
	pages[t->tab](t, &t->main_doc);
	main_scroll(t, 0);
	doc_draw(&t->main_doc, &t->surface, body, t->main_top);
	if (focused && !t->surface.cursor_shown)
		t->surface.cursor_y = body.y, t->surface.cursor_x = body.x;
}

void draw_session_part(struct tui *t, struct rect r)
{
	struct doc d = { 0 };
	bool other = t->tab == TAB_SESSION; /* that is above already */
	doc_begin(&d, r.w - 2, t->surface.ascii);
	if (other)
		details_image(t, &d);
	else
		details_session(t, &d);
	tui_title(t, r, false, -1, other ? "Image" : "Session", "");
	doc_draw(&d, &t->surface, (struct rect){ r.y + 1, r.x + 1, r.h - 1, r.w - 1 }, 0);
	doc_fini(&d);
}

int main_lines(const struct tui *t)
{
	return doc_height(&t->main_doc);
}

void main_scroll(struct tui *t, int by)
{
	int room = t->layout.panes[PANE_MAIN].h - (t->layout.kind != LAYOUT_SINGLE), most = MAX_OF(main_lines(t) - room, 0);
	t->main_top = MIN_OF(MAX_OF(t->main_top + by, 0), most);
}
