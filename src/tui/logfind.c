/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking for things in a log: words, errors, sections; and showing only some of its lines. */
#include "tui/logpanel.h"

static void jump(struct log_panel *p, struct logscan *s, int way, uint64_t from)
{
	p->jump = way;
	p->jump_in = s;
	p->jump_from = from;
	logscan_advance(s, p->ended);
	log_find_step(p);
}

static const char *what(const struct log_panel *p)
{
	return p->jump_in == &p->view.errors ? "error" : buf_str(&p->needle);
}

static bool scanned(const struct log_panel *p, const struct logscan *s)
{
	return !s->work && (s->gave_up || s->to >= p->view.store.len || !p->ended);
}

/* Forwards: the first hit behind where the jump began, known as soon as it is found. Backwards: the last one before it, known when
 * all before has been looked through. */
void log_find_step(struct log_panel *p)
{
	struct logscan *s = p->jump_in;
	if (!p->jump || !s)
		return;
	size_t i = offlist_from(&s->lines, p->jump_from);
	if (p->jump > 0 && i < s->lines.n) {
		p->jump = 0;
		log_move_to(p, offlist_at(&s->lines, i));
	} else if (p->jump < 0 && (s->to >= p->jump_from || scanned(p, s))) {
		p->jump = 0;
		if (i)
			log_move_to(p, offlist_at(&s->lines, i - 1));
		else
			say(p->t, MESSAGE_INFO, "\"%s\" is not in the log before here", what(p));
	} else if (p->jump > 0 && scanned(p, s)) {
		p->jump = 0;
		say(p->t, MESSAGE_INFO, s->gave_up ? "\"%s\" needs too many steps to be looked for; a simpler expression is needed" : "\"%s\" is not in the log after here", what(p));
	}
}

void log_panel_search(struct log_panel *p, const char *needle)
{
	struct err err = { 0 };
	struct pattern *pattern = *needle ? pattern_new(needle, &err) : NULL;
	if (err.code) {
		say_error(p->t, &err);
		return;
	}
	buf_clear(&p->needle);
	buf_add_str(&p->needle, needle);
	p->jump = 0;
	logscan_start(&p->view.hits, pattern, false);
	uint64_t from = p->follow || p->view.hits.pattern == NULL ? 0 : p->top;
	if (pattern)
		jump(p, &p->view.hits, 1, from);
	else
		p->found = LOG_NOWHERE;
}

void log_panel_keep(struct log_panel *p, const char *needle)
{
	struct err err = { 0 };
	bool drop = *needle == '!';
	struct pattern *pattern = needle[drop] ? pattern_new(needle + drop, &err) : NULL;
	if (err.code) {
		say_error(p->t, &err);
		return;
	}
	uint64_t here = log_here(p);
	buf_clear(&p->keep);
	if (pattern)
		buf_add_str(&p->keep, needle);
	logscan_start(&p->view.filter, pattern, drop);
	logscan_advance(&p->view.filter, p->ended);
	uint64_t near = logview_near(&p->view, here);
	p->top = near == LOG_NOWHERE ? 0 : near;
	p->top_row = 0;
	if (p->found != LOG_NOWHERE)
		log_move_to(p, p->found);
}

bool log_panel_back(struct log_panel *p)
{
	if (p->jump) {
		p->jump = 0; /* the search goes on counting, the view stays where it is */
		return true;
	}
	if (p->needle.len) {
		log_panel_search(p, "");
		return true;
	}
	if (p->keep.len) {
		log_panel_keep(p, "");
		return true;
	}
	return false;
}

static void next_match(struct log_panel *p, int way)
{
	if (!p->needle.len)
		say(p->t, MESSAGE_INFO, "/ searches first");
	else if (p->found != LOG_NOWHERE)
		jump(p, &p->view.hits, way, way > 0 ? p->found + 1 : p->found);
	else
		jump(p, &p->view.hits, way, p->follow && way < 0 ? p->view.store.len : p->top);
}

static void next_error(struct log_panel *p, int way)
{
	uint64_t from = p->found != LOG_NOWHERE ? p->found + (way > 0) : p->follow ? way > 0 ? 0 : p->view.store.len : p->top;
	if (!p->view.errors.pattern)
		logscan_start(&p->view.errors, pattern_new(log_error_pattern, NULL), false);
	jump(p, &p->view.errors, way, from);
}

static void next_section(struct log_panel *p, int way)
{
	struct logindex *x = &p->view.index;
	uint64_t here = p->follow && p->found == LOG_NOWHERE ? p->view.store.len : log_here(p);
	size_t i = 0;
	while (i < x->sections.len && (way > 0 ? x->sections.items[i].from <= here : x->sections.items[i].from < here))
		i++;
	if (!x->sections.len)
		say(p->t, MESSAGE_INFO, logindex_done(x) ? "this log has no sections" : "the sections are still being looked for");
	else if (way > 0 && i < x->sections.len)
		log_move_to(p, x->sections.items[i].from);
	else if (way < 0 && i)
		log_move_to(p, x->sections.items[i - 1].from);
	else
		say(p->t, MESSAGE_INFO, "there is no section %s here", way > 0 ? "after" : "before");
}

static void fold(struct log_panel *p)
{
	uint64_t here = p->follow && p->found == LOG_NOWHERE ? logview_last(&p->view) : log_here(p);
	struct log_section *s = here == LOG_NOWHERE ? NULL : logview_section(&p->view, here);
	if (!s) {
		say(p->t, MESSAGE_INFO, p->view.index.sections.len ? "this line is in no section; { and } go to one" : "this log has no sections");
		return;
	}
	log_pause(p);
	s->folded = !s->folded;
	log_move_to(p, s->from);
}

static void fold_all(struct log_panel *p)
{
	struct logindex *x = &p->view.index;
	bool any = false;
	for (size_t i = 0; i < x->sections.len; i++)
		any |= !x->sections.items[i].folded;
	logview_fold_all(&p->view, any);
	uint64_t near = logview_near(&p->view, p->top);
	p->top = near == LOG_NOWHERE ? 0 : near;
	p->top_row = 0;
	p->found = p->found == LOG_NOWHERE ? LOG_NOWHERE : logview_near(&p->view, p->found);
}

bool log_find_command(struct log_panel *p, enum command_id id)
{
	switch (id) {
	case CMD_NEXT_MATCH: case CMD_PREV_MATCH:
		next_match(p, id == CMD_NEXT_MATCH ? 1 : -1);
		return true;
	case CMD_NEXT_ERROR: case CMD_PREV_ERROR:
		next_error(p, id == CMD_NEXT_ERROR ? 1 : -1);
		return true;
	case CMD_NEXT_SECTION: case CMD_PREV_SECTION:
		next_section(p, id == CMD_NEXT_SECTION ? 1 : -1);
		return true;
	case CMD_FOLD: case CMD_OPEN:
		fold(p);
		return true;
	case CMD_FOLD_ALL:
		fold_all(p);
		return true;
	default:
		return false;
	}
}
