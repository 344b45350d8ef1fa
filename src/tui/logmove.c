/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moving about in a log, by lines and by the rows that wrapped ones have. */
#include "tui/logpanel.h"

size_t log_rows(struct log_panel *p, uint64_t at)
{
	struct esc_style plain = ESC_STYLE_PLAIN;
	if (!p->wrap || p->width <= 0)
		return 1;
	logview_line(&p->view, at, &plain, &p->line);
	return MAX_OF((p->line.width + (size_t)p->width - 1) / (size_t)p->width, (size_t)1);
}

static void up(struct log_panel *p, size_t rows)
{
	while (rows--) {
		if (p->top_row) {
			p->top_row--;
			continue;
		}
		uint64_t before = logview_prev(&p->view, p->top);
		if (before == LOG_NOWHERE)
			return;
		p->top = before;
		p->top_row = log_rows(p, before) - 1;
	}
}

void log_move_end(struct log_panel *p)
{
	uint64_t last = logview_last(&p->view);
	p->top = last == LOG_NOWHERE ? 0 : last;
	p->top_row = last == LOG_NOWHERE ? 0 : log_rows(p, last) - 1;
	up(p, (size_t)MAX_OF(p->height - 1, 0));
}

static void down(struct log_panel *p, size_t rows)
{
	while (rows--) {
		if (p->top_row + 1 < log_rows(p, p->top)) {
			p->top_row++;
			continue;
		}
		uint64_t next = logview_next(&p->view, p->top);
		if (next == LOG_NOWHERE)
			break;
		p->top = next;
		p->top_row = 0;
	}
	uint64_t top = p->top;
	size_t row = p->top_row;
	log_move_end(p); /* no further than the end */
	if (top < p->top || (top == p->top && row < p->top_row)) {
		p->top = top;
		p->top_row = row;
	} else {
		p->follow = true;
	}
}

void log_pause(struct log_panel *p)
{
	if (p->follow)
		p->len_when_paused = p->view.store.len;
	p->follow = false;
}

void log_move_to(struct log_panel *p, uint64_t at)
{
	log_pause(p);
	logview_unfold_to(&p->view, at);
	p->top = p->found = logview_near(&p->view, at);
	p->marking = false;
	p->top_row = 0;
	if (p->top == LOG_NOWHERE)
		p->top = 0;
	up(p, (size_t)MAX_OF(p->height / 3, 0));
}

uint64_t log_here(const struct log_panel *p)
{
	return p->found != LOG_NOWHERE ? p->found : p->top;
}

static void to_line(struct log_panel *p, uint64_t line)
{
	uint64_t n = logindex_lines(&p->view.index), at = logindex_offset(&p->view.index, line);
	if (at != LOG_NOWHERE)
		log_move_to(p, at);
	else if (line >= n && !p->view.index.work)
		say(p->t, MESSAGE_INFO, "the log has %llu lines", (unsigned long long)n);
	else
		say(p->t, MESSAGE_INFO, "the lines are still being counted");
}

/* The line that was marked last, a step on: with the screen, as long as that can be scrolled. */
static void step_mark(struct log_panel *p, bool forwards)
{
	uint64_t next = !p->marking || p->found == LOG_NOWHERE ? LOG_NOWHERE : forwards ? logview_next(&p->view, p->found) : logview_prev(&p->view, p->found);
	if (next != LOG_NOWHERE)
		p->found = next;
}

bool log_move_command(struct log_panel *p, enum command_id id)
{
	size_t page = (size_t)MAX_OF(p->height - 1, 1);
	uint64_t first;
	switch (id) {
	case CMD_DOWN: case CMD_MAIN_DOWN: case CMD_PAGE_DOWN: case CMD_HALF_DOWN:
		down(p, id == CMD_PAGE_DOWN ? page : id == CMD_HALF_DOWN ? page / 2 + 1 : 1);
		if (id == CMD_DOWN || id == CMD_MAIN_DOWN)
			step_mark(p, true);
		return true;
	case CMD_UP: case CMD_MAIN_UP: case CMD_PAGE_UP: case CMD_HALF_UP:
		log_pause(p);
		up(p, id == CMD_PAGE_UP ? page : id == CMD_HALF_UP ? page / 2 + 1 : 1);
		if (id == CMD_UP || id == CMD_MAIN_UP)
			step_mark(p, false);
		return true;
	case CMD_TOP: case CMD_BOTTOM:
		if (p->t->count) {
			to_line(p, p->t->count - 1);
			return true;
		}
		if (id == CMD_BOTTOM) {
			p->follow = true;
			p->found = LOG_NOWHERE;
			return true;
		}
		log_pause(p);
		first = logview_first(&p->view);
		p->top = first == LOG_NOWHERE ? 0 : first;
		p->top_row = 0;
		p->found = LOG_NOWHERE;
		return true;
	case CMD_PERCENT:
		if (p->view.store.len)
			log_move_to(p, p->view.store.len / 100 * MIN_OF(p->t->count, 100u) + p->view.store.len % 100 * MIN_OF(p->t->count, 100u) / 100);
		return true;
	default:
		return false;
	}
}
