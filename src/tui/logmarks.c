/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person marks in a log: lines, to come back to and to copy; and words, in colours of their own. */
#include "tui/logpanel.h"

enum { MARKS_MAX = 1000 };

static const enum style colours[LOG_HIGHLIGHTS] = { STYLE_KEY, STYLE_BUSY, STYLE_ACCENT, STYLE_WARN };

/* ---- lines ---- */
static size_t place_of(const struct log_marks *m, uint64_t at)
{
	size_t i = 0;
	while (i < m->lines.len && m->lines.items[i] < at)
		i++;
	return i;
}

bool log_is_marked(const struct log_panel *p, uint64_t at)
{
	size_t i = place_of(&p->marks, at);
	return i < p->marks.lines.len && p->marks.lines.items[i] == at;
}

void log_unmark_all(struct log_panel *p)
{
	VEC_CLEAR(&p->marks.lines);
}

static uint64_t line_here(struct log_panel *p)
{
	return p->found != LOG_NOWHERE ? p->found : p->follow ? logview_last(&p->view) : p->top;
}

static void toggle(struct log_panel *p)
{
	struct log_marks *m = &p->marks;
	uint64_t at = line_here(p);
	if (at == LOG_NOWHERE)
		return;
	size_t i = place_of(m, at);
	p->found = at;                 /* the cursor stands on it, so that it is seen which it is */
	p->marking = true;
	if (log_is_marked(p, at)) {
		memmove(m->lines.items + i, m->lines.items + i + 1, (m->lines.len - i - 1) * sizeof *m->lines.items);
		m->lines.len--;
		return;
	}
	if (m->lines.len >= MARKS_MAX) {
		say(p->t, MESSAGE_WARN, "there are %d marks already, more are not kept", MARKS_MAX);
		return;
	}
	VEC_PUSH(&m->lines, at);
	memmove(m->lines.items + i + 1, m->lines.items + i, (m->lines.len - 1 - i) * sizeof *m->lines.items);
	m->lines.items[i] = at;
}

/* The next one, after the last the first again. */
static void jump(struct log_panel *p)
{
	struct log_marks *m = &p->marks;
	if (!m->lines.len) {
		say(p->t, MESSAGE_INFO, "m marks a line first");
		return;
	}
	uint64_t here = line_here(p);
	size_t i = here == LOG_NOWHERE ? 0 : place_of(m, here + 1);
	log_move_to(p, m->lines.items[i < m->lines.len ? i : 0]);
}

char *log_marked_text(struct log_panel *p)
{
	struct esc_style plain = ESC_STYLE_PLAIN;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	for (size_t i = 0; i < p->marks.lines.len; i++) {
		logview_line(&p->view, p->marks.lines.items[i], &plain, &p->line);
		buf_add_sv(&b, buf_sv(&p->line.text));
		buf_add_char(&b, '\n');
	}
	return b.len ? buf_take(&b) : NULL;
}

/* ---- words ---- */
static void forget_words(struct log_marks *m)
{
	for (size_t i = 0; i < m->n_words; i++) {
		matcher_free(m->words[i].matcher);
		pattern_unref(m->words[i].pattern);
	}
	m->n_words = 0;
}

void log_panel_highlight(struct log_panel *p, const char *words)
{
	struct log_marks *m = &p->marks;
	struct err err = { 0 };
	if (!*words) {
		forget_words(m);
		return;
	}
	struct pattern *pattern = pattern_new(words, &err);
	if (!pattern) {
		say_error(p->t, &err);
		return;
	}
	if (m->n_words == LOG_HIGHLIGHTS) { /* the oldest makes room */
		matcher_free(m->words[0].matcher);
		pattern_unref(m->words[0].pattern);
		memmove(m->words, m->words + 1, (LOG_HIGHLIGHTS - 1) * sizeof *m->words);
		m->n_words--;
	}
	m->words[m->n_words].pattern = pattern;
	m->words[m->n_words++].matcher = matcher_new(pattern);
}

void log_draw_highlights(struct log_panel *p, struct rect at, size_t skip)
{
	for (size_t i = 0; i < p->marks.n_words; i++)
		logline_mark(&p->line, &p->t->surface, at, skip, p->marks.words[i].matcher, colours[i]);
}

void log_marks_fini(struct log_panel *p)
{
	forget_words(&p->marks);
	VEC_FINI(&p->marks.lines);
}

bool log_mark_command(struct log_panel *p, enum command_id id)
{
	switch (id) {
	case CMD_MARK_LINE: toggle(p); return true;
	case CMD_NEXT_MARK: jump(p); return true;
	default: return false;
	}
}
