/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/logpanel.h"

#include <stdio.h>
#include <time.h>

#include "berth/path.h"

enum { NUMBERS_WIDTH = 8, SIDE_STEP = 8, CUT_LEAST = 3 };

/* ---- life ---- */
static void on_change(void *panel)
{
	struct log_panel *p = panel;
	if (p->ended && !p->view.index.work)
		logview_advance(&p->view, true);
	log_find_step(p);
	tui_dirty(p->t);
}

struct log_panel *log_panel_new(struct tui *t)
{
	struct log_panel *p = xcalloc(1, sizeof *p);
	p->t = t;
	p->follow = p->view.mask = true;
	p->found = LOG_NOWHERE;
	logview_init(&p->view, t->loop, on_change, p);
	return p;
}

static void forget(struct log_panel *p)
{
	log_export_stop(p);
	logview_fini(&p->view);
	logview_init(&p->view, p->t->loop, on_change, p);
	p->top = p->top_row = p->left = 0;
	p->found = LOG_NOWHERE;
	p->jump = 0;
	p->follow = true;
	log_unmark_all(p);
}

static void stop(struct log_panel *p)
{
	app_log_stop(p->source);
	p->source = NULL;
	forget(p);
	free(p->id);
	p->id = NULL;
	free(p->words);
	p->words = NULL;
	buf_clear(&p->needle);
	buf_clear(&p->keep);
	p->ended = false;
	p->grown_at_s = 0;
	p->err = (struct err){ 0 };
}

void log_panel_free(struct log_panel *p)
{
	if (!p)
		return;
	stop(p);
	logview_fini(&p->view);
	logline_fini(&p->line);
	log_marks_fini(p);
	buf_fini(&p->needle);
	buf_fini(&p->keep);
	free(p);
}

/* ---- the source ---- */
static void grown(struct log_panel *p)
{
	p->grown_at_s = clock_wall_s();
	logview_advance(&p->view, false);
	log_find_step(p);
	tui_dirty(p->t);
}

static void on_piece(void *panel, struct sv bytes)
{
	struct log_panel *p = panel;
	logstore_add(&p->view.store, bytes);
	grown(p);
}

static void on_file(void *panel, int fd, uint64_t len)
{
	struct log_panel *p = panel;
	logstore_file(&p->view.store, fd, len);
	grown(p);
}

static void on_rewritten(void *panel)
{
	struct log_panel *p = panel;
	AUTO_STR needle = xstrdup(buf_str(&p->needle));
	AUTO_STR keep = xstrdup(buf_str(&p->keep));
	forget(p);
	if (*needle)
		logscan_start(&p->view.hits, pattern_new(needle, NULL), false);
	if (*keep)
		logscan_start(&p->view.filter, pattern_new(keep + (*keep == '!'), NULL), *keep == '!');
	say(p->t, MESSAGE_INFO, "the log was written anew; it is shown from its start");
}

static void on_state(void *panel, int64_t grown_at_s, const char *words)
{
	struct log_panel *p = panel;
	p->grown_at_s = grown_at_s;
	str_replace(&p->words, words);
	tui_dirty(p->t);
}

static void on_end(void *panel, const struct err *err)
{
	struct log_panel *p = panel;
	p->source = NULL; /* it is gone with its end */
	p->ended = true;
	if (err && err->code != ERR_CANCELLED)
		p->err = *err;
	logview_advance(&p->view, true);
	log_find_step(p);
	tui_dirty(p->t);
}

void log_panel_show(struct log_panel *p, enum app_log_kind kind, const char *id)
{
	static const struct app_log_events events = { on_piece, on_rewritten, on_state, on_file, on_end };
	if (id ? p->id && p->kind == kind && strcmp(p->id, id) == 0 : !p->id)
		return;
	stop(p);
	if (!id)
		return;
	p->kind = kind;
	p->id = xstrdup(id);
	p->source = app_log_follow(p->t->app, kind, id, true, &events, p);
}

/* ---- drawing ---- */
/* "12:04:10 " or "   1m03s ": blanks where the line has no time. */
static int draw_time(struct log_panel *p, uint64_t at, int y, int x)
{
	char stamp[28], first[28], text[16] = "";
	int64_t then = 0, start = 0;
	if (p->times == LOG_TIMES_OFF || !p->view.stamped)
		return 0;
	if (!logview_stamp(&p->view, at, stamp) || !time_parse_rfc3339(sv_of(stamp), &then))
		return 9;
	if (p->times == LOG_TIMES_ABSOLUTE) {
		time_t t = (time_t)then;
		struct tm tm;
		if (localtime_r(&t, &tm))
			strftime(text, sizeof text, "%H:%M:%S", &tm);
	} else if (logview_stamp(&p->view, 0, first) && time_parse_rfc3339(sv_of(first), &start)) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		text_add_duration(&b, then - start);
		snprintf(text, sizeof text, "%8.8s", buf_str(&b));
	}
	surface_str(&p->t->surface, y, x, 8, STYLE_DIM, text);
	return 9;
}

static int draw_number(struct log_panel *p, uint64_t at, int y, int x)
{
	if (!p->numbers)
		return 0;
	if (at < p->view.index.to)
		surface_printf(&p->t->surface, y, x, NUMBERS_WIDTH - 1, STYLE_DIM, "%7llu", (unsigned long long)logindex_line_of(&p->view.index, at) + 1);
	else
		surface_str(&p->t->surface, y, x, NUMBERS_WIDTH - 1, STYLE_DIM, "      -");
	return NUMBERS_WIDTH;
}

static int gutter_width(const struct log_panel *p)
{
	return (p->numbers ? NUMBERS_WIDTH : 0) + (p->times != LOG_TIMES_OFF && p->view.stamped ? 9 : 0) + (p->view.index.sections.len || p->marks.lines.len ? 2 : 0);
}

/* What stands before a line; the width is the same for all. */
static void draw_gutter(struct log_panel *p, uint64_t at, int y, int x)
{
	const struct log_section *s = p->line.header ? logview_section(&p->view, at) : NULL;
	bool ascii = p->t->surface.ascii;
	x += draw_number(p, at, y, x);
	x += draw_time(p, at, y, x);
	if (log_is_marked(p, at))
		surface_str(&p->t->surface, y, x + 1, 1, STYLE_WARN, ascii ? "*" : "◆");
	if (s)
		surface_str(&p->t->surface, y, x, 1, STYLE_ACCENT, s->folded ? ascii ? "+" : "▸" : ascii ? "-" : "▾");
}

/* At the right end of a section's first line: how long it took, and how many lines are hidden. */
static void draw_section_end(struct log_panel *p, uint64_t at, struct rect r)
{
	const struct log_section *s = p->line.header ? logview_section(&p->view, at) : NULL;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!s)
		return;
	if (s->folded) {
		uint64_t end = MIN_OF(s->to, p->view.index.to), n = logindex_line_of(&p->view.index, end), from = logindex_line_of(&p->view.index, s->from);
		if (n > from + 1)
			buf_addf(&b, "  %llu line%s", (unsigned long long)(n - from - 1), n == from + 2 ? "" : "s");
	}
	if (s->end_s && s->end_s >= s->start_s) {
		buf_add_str(&b, "  ");
		text_add_duration(&b, s->end_s - s->start_s);
	}
	if (b.len && (int)b.len + 12 < r.w) {
		surface_repeat(&p->t->surface, r.y, r.x + r.w - (int)b.len - 1, (int)b.len + 1, STYLE_PLAIN, " ", ' ');
		surface_text(&p->t->surface, r.y, r.x + r.w - (int)b.len - 1, (int)b.len, STYLE_DIM, buf_sv(&b));
	}
}

/* Where a line goes on beyond either side of the screen; h and l go there. */
static void draw_cuts(struct log_panel *p, struct rect r, size_t skip)
{
	struct surface *s = &p->t->surface;
	if (p->wrap || r.w < CUT_LEAST)
		return;
	if (skip && p->line.width)
		surface_str(s, r.y, r.x, 1, STYLE_ACCENT, s->ascii ? "<" : "‹");
	if (p->line.width > skip + (size_t)r.w)
		surface_str(s, r.y, r.x + r.w - 1, 1, STYLE_ACCENT, s->ascii ? ">" : "›");
}

static void draw_row(struct log_panel *p, uint64_t at, size_t row, struct rect r)
{
	int gutter = gutter_width(p);
	struct rect text = { r.y, r.x + gutter, 1, r.w - gutter };
	if (!row)
		draw_gutter(p, at, r.y, r.x);
	size_t skip = p->wrap ? row * (size_t)MAX_OF(text.w, 1) : p->left;
	logline_draw(&p->line, &p->t->surface, text, skip);
	log_draw_highlights(p, text, skip);
	logline_mark(&p->line, &p->t->surface, text, skip, p->view.hits.matcher, STYLE_MATCH);
	draw_cuts(p, text, skip);
	if (!row)
		draw_section_end(p, at, text);
	if (at == p->found)
		surface_over(&p->t->surface, r.y, r.x, r.w, STYLE_CURSOR_DIM);
}

static void draw_lines(struct log_panel *p, struct rect r, bool focused)
{
	struct surface *s = &p->t->surface;
	uint64_t at = p->top, after = LOG_NOWHERE;
	size_t row = p->top_row;
	struct esc_style style = logview_carried(&p->view, at);
	int y = 0;
	p->widest = 0;
	for (; y < r.h && at != LOG_NOWHERE; y++) {
		if (at != after) {
			logview_line(&p->view, at, &style, &p->line);
			after = at;
			p->widest = MAX_OF(p->widest, p->line.width);
		}
		size_t rows = p->wrap && p->width > 0 ? MAX_OF((p->line.width + (size_t)p->width - 1) / (size_t)p->width, (size_t)1) : 1;
		draw_row(p, at, row, (struct rect){ r.y + y, r.x, 1, r.w });
		if (at == p->found && focused && s->cursor_y < 0)
			s->cursor_y = r.y + y, s->cursor_x = r.x;
		if (++row < rows)
			continue;
		row = 0;
		style = p->line.esc.style;
		at = logview_next(&p->view, at);
	}
	if (focused && s->cursor_y < 0)
		s->cursor_y = r.y + (p->follow ? MAX_OF(y - 1, 0) : 0), s->cursor_x = r.x;
}

static struct sv nothing_yet(struct tui *t)
{
	struct command_place place;
	tui_place(t, &place);
	return (place.has & NEED_COMMIT) && (place.has & NEED_ENGINE) ? SV("There is no log here yet. b builds the image of the selected commit.") : SV("There is no log here yet.");
}

static void draw_nothing(struct log_panel *p, struct rect r)
{
	struct doc d = { 0 };
	AUTO(buf_fini) struct buf b = BUF_INIT;
	doc_begin(&d, r.w - 1, p->t->surface.ascii);
	if (p->err.code) {
		present_error(&b, &p->err);
		doc_wrap(&d, STYLE_ERROR, 0, buf_sv(&b));
	} else if (p->keep.len) {
		buf_addf(&b, p->view.filter.work ? "Looking for lines with %s..." : "No line so far passes the filter %s; esc shows all.", buf_str(&p->keep));
		doc_wrap(&d, STYLE_DIM, 0, buf_sv(&b));
	} else {
		doc_wrap(&d, STYLE_DIM, 0, !p->id ? nothing_yet(p->t) : p->ended ? SV("The log is empty.") : p->words ? sv_of(p->words) : SV("Waiting for the first line..."));
	}
	doc_draw(&d, &p->t->surface, r, 0);
	doc_fini(&d);
}

void log_panel_draw(struct log_panel *p, struct rect r, bool focused)
{
	p->height = r.h;
	p->width = MAX_OF(r.w - gutter_width(p), 0);
	uint64_t first = logview_first(&p->view);
	if (first == LOG_NOWHERE) {
		if (focused && p->t->surface.cursor_y < 0)
			p->t->surface.cursor_y = r.y, p->t->surface.cursor_x = r.x;
		draw_nothing(p, r);
		return;
	}
	if (p->follow)
		log_move_end(p);
	draw_lines(p, r, focused);
}

unsigned log_panel_tick_ms(const struct log_panel *p)
{
	int64_t quiet = p->grown_at_s ? clock_wall_s() - p->grown_at_s : 0;
	if (!p->source || !p->grown_at_s)
		return 0;
	return quiet < 60 ? 5000 : 30000;
}

char *log_panel_text(struct log_panel *p)
{
	struct esc_style plain = ESC_STYLE_PLAIN;
	uint64_t at = log_here(p);
	if (logview_first(&p->view) == LOG_NOWHERE)
		return NULL;
	logview_line(&p->view, at, &plain, &p->line);
	return sv_dup(buf_sv(&p->line.text));
}

/* ---- commands ---- */
static void cycle_times(struct log_panel *p)
{
	static const char *const words[] = { "no times", "times since the log's start", "times of day" };
	p->times = (enum log_times)((p->times + 1) % 3);
	say(p->t, MESSAGE_INFO, p->view.stamped || p->times == LOG_TIMES_OFF ? "%s" : "%s, but this log has none", words[p->times]);
}

/* No further than the end of the longest line that is shown. */
static void to_the_right(struct log_panel *p)
{
	size_t w = (size_t)MAX_OF(p->width, 0), most = !p->wrap && p->widest > w ? p->widest - w : 0;
	if (p->left < most)
		p->left = MIN_OF(p->left + SIDE_STEP, most);
	else
		say(p->t, MESSAGE_INFO, p->wrap ? "lines are wrapped: nothing is further right; w unwraps them" : "no line shown here goes on to the right");
}

static bool look_command(struct log_panel *p, enum command_id id)
{
	switch (id) {
	case CMD_LEFT:
		p->left = p->left > SIDE_STEP ? p->left - SIDE_STEP : 0;
		return true;
	case CMD_RIGHT:
		to_the_right(p);
		return true;
	case CMD_FOLLOW: case CMD_HOLD:
		if (p->follow)
			log_pause(p);
		else
			p->follow = true;
		return true;
	case CMD_WRAP:
		p->wrap = !p->wrap;
		p->left = p->top_row = 0;
		return true;
	case CMD_TIMES:
		cycle_times(p);
		return true;
	case CMD_NUMBERS:
		p->numbers = !p->numbers;
		return true;
	case CMD_SECRETS:
		p->view.mask = !p->view.mask;
		say(p->t, p->view.mask ? MESSAGE_INFO : MESSAGE_WARN, p->view.mask ? "tokens are masked again" : "tokens are shown, and saved, as they are; T masks them");
		return true;
	case CMD_PAGER: case CMD_EDITOR:
		log_export_open(p, id == CMD_EDITOR);
		return true;
	default:
		return false;
	}
}

bool log_panel_command(struct log_panel *p, enum command_id id)
{
	return look_command(p, id) || log_mark_command(p, id) || log_find_command(p, id) || log_move_command(p, id);
}
