/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/logview.h"

#include "berth/trace.h"

/* How far a line's continuations are looked for, past how many lines of other streams; how far back for the style. */
enum { JOIN_MAX = 4 << 20, OTHERS_MAX = 64, CARRY_FIRST = 64 << 10, CARRY_MAX = 1 << 20 };

void logview_init(struct logview *v, struct loop *l, void (*changed)(void *ctx), void *ctx)
{
	logstore_init(&v->store);
	logindex_init(&v->index, &v->store, l, changed, ctx);
	logscan_init(&v->hits, &v->store, l, changed, ctx);
	logscan_init(&v->filter, &v->store, l, changed, ctx);
	logscan_init(&v->errors, &v->store, l, changed, ctx);
	v->stamped = v->looked = false;
}

void logview_fini(struct logview *v)
{
	logindex_fini(&v->index);
	logscan_fini(&v->hits);
	logscan_fini(&v->filter);
	logscan_fini(&v->errors);
	logstore_fini(&v->store);
}

void logview_advance(struct logview *v, bool ended)
{
	if (!v->looked && (v->store.len >= TRACE_HEADER || ended)) {
		v->stamped = trace_is_stamped(logstore_read(&v->store, 0, TRACE_HEADER));
		v->looked = true;
	}
	logindex_advance(&v->index, ended);
	logscan_advance(&v->hits, ended);
	logscan_advance(&v->filter, ended);
	logscan_advance(&v->errors, ended);
}

/* ---- what is seen ---- */
static bool is_continued(const struct logview *v, struct sv raw)
{
	return v->stamped && trace_is_stamped(raw) && raw.p[TRACE_HEADER - 1] == '+';
}

/* The outermost folded section that hides the line. */
static struct log_section *hidden_by(const struct logview *v, uint64_t at)
{
	struct log_section *s = logindex_section(&v->index, at), *hides = NULL;
	for (uint32_t n = 0; s && n < 10000; n++) {
		if (s->folded && s->from < at && at < s->to)
			hides = s;
		s = s->parent ? &v->index.sections.items[s->parent - 1] : NULL;
	}
	return hides;
}

static bool has_nothing(struct logview *v, uint64_t at)
{
	uint64_t next;
	struct sv raw = logstore_line(&v->store, at, &next);
	return (at && is_continued(v, raw)) || logline_only_ends(raw);
}

uint64_t logview_next(struct logview *v, uint64_t at)
{
	uint64_t next;
	if (v->filter.pattern) {
		size_t i = offlist_from(&v->filter.lines, at + 1);
		return i < v->filter.lines.n ? offlist_at(&v->filter.lines, i) : LOG_NOWHERE;
	}
	for (;;) {
		logstore_line(&v->store, at, &next);
		if (next >= v->store.len || next <= at)
			return LOG_NOWHERE;
		at = next;
		for (struct log_section *s; (s = hidden_by(v, at)); at = s->to) /* they may overlap */
			if (s->to >= v->store.len)
				return LOG_NOWHERE;
		if (!has_nothing(v, at))
			return at;
	}
}

uint64_t logview_prev(struct logview *v, uint64_t at)
{
	if (v->filter.pattern) {
		size_t i = offlist_from(&v->filter.lines, at);
		return i ? offlist_at(&v->filter.lines, i - 1) : LOG_NOWHERE;
	}
	while (at) {
		at = logstore_line_start(&v->store, at - 1);
		for (struct log_section *s; (s = hidden_by(v, at));)
			at = s->from;
		if (!has_nothing(v, at))
			return at;
	}
	return LOG_NOWHERE;
}

uint64_t logview_first(struct logview *v)
{
	if (v->filter.pattern)
		return v->filter.lines.n ? offlist_at(&v->filter.lines, 0) : LOG_NOWHERE;
	if (!v->store.len)
		return LOG_NOWHERE;
	return has_nothing(v, 0) ? logview_next(v, 0) : 0;
}

uint64_t logview_last(struct logview *v)
{
	return v->store.len ? logview_prev(v, v->store.len) : LOG_NOWHERE;
}

uint64_t logview_near(struct logview *v, uint64_t at)
{
	if (at == LOG_NOWHERE || at >= v->store.len)
		return logview_last(v);
	at = logstore_line_start(&v->store, at);
	uint64_t before = logview_prev(v, at + 1); /* the line itself is the first that is looked at */
	return before != LOG_NOWHERE ? before : logview_first(v);
}

/* ---- one line ---- */
static void add_continuations(struct logview *v, uint64_t at, const char stream[3], struct logline *l)
{
	uint64_t end = at + JOIN_MAX, next;
	for (int others = 0; at < v->store.len && at < end && others < OTHERS_MAX; at = next) {
		struct sv raw = logstore_line(&v->store, at, &next);
		if (!trace_is_stamped(raw))
			return;
		bool same = memcmp(raw.p + TRACE_STAMP + 1, stream, 3) == 0;
		others += !same;
		if (!same)
			continue;
		if (raw.p[TRACE_HEADER - 1] != '+')
			return;
		logline_add(l, (struct sv){ raw.p + TRACE_HEADER, raw.len - TRACE_HEADER });
	}
}

/* A section without a title is called by its name. */
static void name_section(struct logline *l, struct sv raw)
{
	struct trace_marker m;
	for (size_t i = 0; i < raw.len; i++)
		if (raw.p[i] == 's' && trace_marker_at((struct sv){ raw.p + i, raw.len - i }, &m) == TRACE_YES && m.start) {
			AUTO_STR name = sv_dup(m.name);
			logline_add(l, sv_of(name));
			return;
		}
}

void logview_line(struct logview *v, uint64_t at, const struct esc_style *carried, struct logline *l)
{
	uint64_t next;
	char stream[3];
	struct sv raw = logstore_line(&v->store, at, &next);
	bool stamped = v->stamped && trace_is_stamped(raw);
	logline_begin(l, carried);
	if (stamped)
		memcpy(stream, raw.p + TRACE_STAMP + 1, sizeof stream);
	logline_add(l, stamped ? (struct sv){ raw.p + TRACE_HEADER, raw.len - TRACE_HEADER } : raw);
	if (stamped)
		add_continuations(v, next, stream, l);
	if (l->header && !l->text.len) /* the title may stand in a continuation */
		name_section(l, logstore_line(&v->store, at, &next));
	logline_end(l, v->mask);
}

struct esc_style logview_carried(struct logview *v, uint64_t at)
{
	for (size_t back = CARRY_FIRST;; back = CARRY_MAX) {
		uint64_t from = at > back ? at - back : 0;
		struct sv b = logstore_read(&v->store, from, (size_t)(at - from));
		const char *first = b.len ? memchr(b.p, '\033', b.len) : NULL;
		struct esc_parser p;
		struct esc_token t;
		bool known = false;
		esc_init(&p);
		if (first) {
			b.len -= (size_t)(first - b.p);
			b.p = first;
		}
		while (first && esc_next(&p, &b, &t))
			known |= t.kind == ESC_STYLE;
		if (known || !from || back == CARRY_MAX)
			return p.style;
	}
}

bool logview_stamp(struct logview *v, uint64_t at, char ret[28])
{
	struct sv raw = logstore_read(&v->store, at, TRACE_HEADER);
	if (!v->stamped || !trace_is_stamped(raw))
		return false;
	memcpy(ret, raw.p, TRACE_STAMP);
	ret[TRACE_STAMP] = 0;
	return true;
}

/* ---- sections ---- */
struct log_section *logview_section(struct logview *v, uint64_t at)
{
	return logindex_section(&v->index, at);
}

void logview_unfold_to(struct logview *v, uint64_t at)
{
	struct log_section *s;
	while ((s = hidden_by(v, at)))
		s->folded = false;
}

void logview_fold_all(struct logview *v, bool folded)
{
	for (size_t i = 0; i < v->index.sections.len; i++)
		v->index.sections.items[i].folded = folded;
}
