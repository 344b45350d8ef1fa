/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the title says of a log, in parts: where there is no room for all of them, those go first that a person misses least. */
#include "tui/logpanel.h"

#include <stdio.h>

enum { QUIET_AFTER_S = 5 };
enum part { NAME, LINES, PERCENT, FILTER, HIDDEN, MARKED, FOUND, STATE, GREW, WORDS, WRAPPED, SHOWN, PARTS };
static const enum part leave_out[] = { WRAPPED, NAME, PERCENT, HIDDEN, LINES, GREW, MARKED }; /* never why nothing comes: its end is cut */

static void add_number(struct buf *b, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_add_char(b, ',');
		buf_add_char(b, digits[i]);
	}
}

static void add_found(struct log_panel *p, struct buf *b)
{
	const struct logscan *s = &p->view.hits;
	if (!s->pattern)
		return;
	if (p->found != LOG_NOWHERE && s->lines.n) {
		size_t i = offlist_from(&s->lines, p->found);
		if (i < s->lines.n && offlist_at(&s->lines, i) == p->found) {
			add_number(b, i + 1);
			buf_add_char(b, '/');
		}
	}
	add_number(b, s->lines.n);
	buf_add_str(b, s->work ? "+ matches, searching" : s->gave_up ? " matches, too hard" : s->lines.n == 1 ? " match" : " matches");
}

static void add_source(const struct log_panel *p, struct buf *parts)
{
	int64_t quiet = p->grown_at_s ? p->t->now_s - p->grown_at_s : 0;
	struct buf *b = &parts[STATE];
	if (p->view.store.failed)
		buf_add_str(b, "cut: no room");
	else if (p->err.code)
		buf_add_str(b, "broken off");
	else if (p->ended)
		buf_add_str(b, "ended");
	else if (p->follow)
		buf_add_str(b, "following");
	if (!p->follow && !p->ended)
		buf_add_str(b, b->len ? "  paused" : "paused");
	if (!p->follow && !p->ended && p->view.store.len > p->len_when_paused) {
		buf_add_str(b, ", +");
		text_add_size(b, p->view.store.len - p->len_when_paused);
	}
	if (!p->ended && quiet >= QUIET_AFTER_S) {
		buf_add_str(&parts[GREW], "grew ");
		text_add_duration(&parts[GREW], quiet);
		buf_add_str(&parts[GREW], " ago");
	}
	if (!p->ended && p->words)
		buf_add_str(&parts[WORDS], p->words);
}

static void add_filter(struct log_panel *p, struct buf *parts)
{
	uint64_t all = logindex_lines(&p->view.index);
	if (!p->keep.len)
		return;
	buf_addf(&parts[FILTER], "filter %s: ", buf_str(&p->keep));
	add_number(&parts[FILTER], p->view.filter.lines.n);
	buf_add_str(&parts[FILTER], p->view.filter.work ? "+" : "");
	if (!p->view.filter.work && logindex_done(&p->view.index) && all >= p->view.filter.lines.n) {
		add_number(&parts[HIDDEN], all - p->view.filter.lines.n);
		buf_add_str(&parts[HIDDEN], " hidden");
	}
}

static void make(struct log_panel *p, struct buf *parts)
{
	const char *file = p->kind == APP_LOG_FILE ? strrchr(p->id, '/') : NULL, *number = p->kind == APP_LOG_JOB ? strrchr(p->id, '-') : NULL;
	buf_addf(&parts[NAME], "%s%s", number ? "#" : "", number ? number + 1 : file ? file + 1 : p->id);
	add_number(&parts[LINES], logindex_lines(&p->view.index));
	buf_add_str(&parts[LINES], p->view.index.work ? "+ lines, counting" : " lines");
	if (!p->follow && p->view.store.len)
		buf_addf(&parts[PERCENT], "%u%%", (unsigned)(p->top * 100 / p->view.store.len));
	add_filter(p, parts);
	if (p->marks.lines.len)
		buf_addf(&parts[MARKED], "%zu marked", p->marks.lines.len);
	add_found(p, &parts[FOUND]);
	add_source(p, parts);
	if (p->wrap)
		buf_add_str(&parts[WRAPPED], "wrapped");
	if (!p->view.mask)
		buf_add_str(&parts[SHOWN], "tokens shown");
}

static size_t put_together(const struct buf *parts, struct buf *b)
{
	buf_clear(b);
	for (int i = 0; i < PARTS; i++)
		if (parts[i].len)
			buf_addf(b, "%s%s", !b->len ? "" : i == HIDDEN ? ", " : "  ", buf_str(&parts[i]));
	return text_width(buf_sv(b));
}

void log_panel_state(struct log_panel *p, int room, struct buf *b)
{
	struct buf parts[PARTS];
	AUTO(buf_fini) struct buf all = BUF_INIT;
	buf_clear(b);
	if (!p->id || room <= 0)
		return;
	for (int i = 0; i < PARTS; i++)
		parts[i] = (struct buf)BUF_INIT;
	make(p, parts);
	for (size_t k = 0; put_together(parts, &all) > (size_t)room && k < ARRAY_LEN(leave_out); k++)
		buf_clear(&parts[leave_out[k]]);
	text_fit(b, buf_sv(&all), (size_t)room, p->t->surface.ascii);
	for (int i = 0; i < PARTS; i++)
		buf_fini(&parts[i]);
}
