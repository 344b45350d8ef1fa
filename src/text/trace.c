/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The converter. Two layers: feed() finds the line ends, and with timestamps looks 32 bytes beyond each, for a '+' there joins
 * the next line to this one; scan() takes what lies between apart. What can't be told yet (the start of a marker, half a
 * timestamp, a carriage return, half an escape) is held, so that pieces make no difference.
 */
#include "trace_impl.h"

enum { TEXT_MAX = 16 << 20, SEGMENTS_MAX = 1 << 20, OPEN_MAX = 1 << 17, NAMES_MAX = 16 << 20, ESC_BYTE = 0x1b };

struct trace *trace_new(void)
{
	struct trace *t = xcalloc(1, sizeof *t);
	t->text = BUF_INIT_MAX(TEXT_MAX);
	t->sections = map_new(NULL);
	t->stamps = STAMPS_UNKNOWN;
	t->peeking = t->at_start = true;
	return t;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	while (t->last_section)
		trace_close_section(t, t->last_section);
	map_free(t->sections);
	buf_fini(&t->text);
	buf_fini(&t->options);
	for (size_t i = 0; i < ARRAY_LEN(t->held); i++)
		buf_fini(&t->held[i]);
	VEC_FINI(&t->segments);
	free(t);
}

/* ---- open sections, in the order in which they were opened first ---- */
struct trace_section *trace_open_section(struct trace *t, struct sv name, int64_t at_s)
{
	struct trace_section *s = map_get(t->sections, name);
	if (!s) {
		if (map_len(t->sections) >= OPEN_MAX || t->names_len + name.len > NAMES_MAX)
			return NULL;
		s = xcalloc(1, sizeof *s);
		s->name = sv_dup(name);
		s->before = t->last_section;
		if (s->before)
			s->before->after = s;
		t->last_section = s;
		t->names_len += name.len;
		map_put(t->sections, name, s);
	}
	s->at_s = at_s;
	return s;
}

void trace_close_section(struct trace *t, struct trace_section *s)
{
	struct sv name = sv_of(s->name);
	map_remove(t->sections, name);
	t->names_len -= name.len;
	if (s->before)
		s->before->after = s->after;
	if (s->after)
		s->after->before = s->before;
	else
		t->last_section = s->before;
	free(s->name);
	free(s);
}

/* ---- the line ---- */
static void end_segment(struct trace *t)
{
	struct trace_segment s = { t->segment_from, t->text.len - t->segment_from, t->style };
	if (!s.len)
		return;
	if (t->segments.len < SEGMENTS_MAX)
		VEC_PUSH(&t->segments, s);
	else
		VEC_LAST(&t->segments)->len += s.len;
	t->segment_from = t->text.len;
}

static void clear_text(struct trace *t)
{
	buf_clear(&t->text);
	VEC_CLEAR(&t->segments);
	t->segment_from = 0;
	t->at_start = true;
	t->cut = false;
}

static void add_text(struct trace *t, struct sv s)
{
	size_t room = TEXT_MAX - 1 - t->text.len;
	t->cut |= s.len > room;
	s.len = MIN_OF(s.len, room);
	buf_add_sv(&t->text, s);
	t->at_start = t->keep_offset = false;
}

static void give(struct trace *t, const char *duration)
{
	struct trace_line l = { .offset = t->offset, .timestamp = t->stamp, .section = t->in ? t->in->name : NULL, .options = buf_sv(&t->options),
	                        .duration = duration, .header = t->header, .footer = *duration != 0, .cut = t->cut };
	end_segment(t);
	if (!t->segments.len && !*duration)
		return;
	l.text = buf_sv(&t->text);
	l.segments = t->segments.items;
	l.n_segments = t->segments.len;
	t->line(t->ctx, &l);
}

static void new_line(struct trace *t, uint64_t offset, uint64_t resume)
{
	clear_text(t);
	buf_clear(&t->options);
	t->offset = offset;
	t->resume = resume;
	t->style_then = t->style;
	t->in = t->last_section;
	t->header = t->keep_offset = false;
	memcpy(t->stamp_then, t->stamp, sizeof t->stamp);
}

/* A section begins or ends in the middle of a line of the log: what stands before is a line of its own, of the same time. */
static void soft_break(struct trace *t, uint64_t at)
{
	bool keep = t->keep_offset && at == t->resume;
	uint64_t offset = keep ? t->offset : at;
	end_segment(t);
	if (!keep && !t->segments.len && *t->stamp && at >= TRACE_HEADER)
		offset = at - TRACE_HEADER;
	give(t, "");
	new_line(t, offset, at);
}

static void hard_break(struct trace *t, uint64_t next)
{
	give(t, "");
	*t->stamp = 0;
	new_line(t, next, next);
}

/* ---- tokens ---- */
static void sanitise(struct buf *b, struct sv name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];
		buf_add_char(b, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-');
	}
}

static void take_marker(struct trace *t, const struct trace_marker *m, uint64_t at)
{
	AUTO(buf_fini) struct buf name = BUF_INIT, duration = BUF_INIT;
	struct trace_section *s;
	sanitise(&name, m->name);
	if (m->start) {
		soft_break(t, at);
		if ((s = trace_open_section(t, buf_sv(&name), m->at_s)))
			t->in = s;
		t->header = s != NULL;
		t->at_start = false;
		if (s)
			buf_add_sv(&t->options, m->options);
		return;
	}
	if (!(s = map_get(t->sections, buf_sv(&name))))
		return;
	soft_break(t, at);
	trace_add_duration(&duration, m->at_s - s->at_s);
	give(t, buf_str(&duration));
	trace_close_section(t, s);
	new_line(t, at + m->len, at + m->len);
}

/* As GitLab looks: at five places only. */
static enum trace_match stamp_at(struct sv s)
{
	static const struct { size_t at; char c; } signs[] = { { 4, '-' }, { 7, '-' }, { 10, 'T' }, { 13, ':' }, { TRACE_STAMP - 1, 'Z' } };
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (signs[i].at < s.len && s.p[signs[i].at] != signs[i].c)
			return TRACE_NO;
	return s.len < TRACE_HEADER ? TRACE_PARTLY : TRACE_YES;
}

/* ESC, then '@' to '_', then anything up to '@' to '~'. Gives the bytes used. */
static size_t take_escape(struct trace *t, struct sv s)
{
	size_t i = 0;
	if (!t->escape) {
		if (s.len > 1 && (s.p[1] < '@' || s.p[1] > '_')) { /* no escape: text like any other */
			add_text(t, (struct sv){ s.p, 1 });
			return 1;
		}
		t->escape = s.len > 1 ? s.p[1] : ESC_BYTE;
		t->n_params = 0;
		i = MIN_OF(s.len, (size_t)2);
	} else if (t->escape == ESC_BYTE) {
		if (s.p[0] < '@' || s.p[0] > '_') {
			t->escape = 0;
			add_text(t, SV("\033"));
			return 0;
		}
		t->escape = s.p[i++];
	}
	for (; i < s.len && t->escape != ESC_BYTE; i++) {
		if (s.p[i] < '@' || s.p[i] > '~') {
			if (t->n_params < sizeof t->params)
				t->params[t->n_params++] = s.p[i];
			continue;
		}
		if (t->escape == '[' && s.p[i] == 'm' && t->n_params < sizeof t->params) {
			end_segment(t);
			trace_style_update(&t->style, (struct sv){ t->params, t->n_params });
		}
		t->escape = 0;
		return i + 1;
	}
	return i;
}

/* Text up to where something else may begin. */
static size_t take_text(struct trace *t, struct sv s)
{
	size_t n = 1;
	while (n < s.len && s.p[n] != ESC_BYTE && s.p[n] != '\r' && s.p[n] != 's')
		n++;
	add_text(t, (struct sv){ s.p, n });
	return n;
}

/* The next thing in s, which stands at `at` in the log: bytes used; 0: what follows must be known first. */
static size_t take(struct trace *t, struct sv s, uint64_t at, bool whole)
{
	enum trace_match m;
	struct trace_marker marker;
	if (t->escape)
		return take_escape(t, s);
	if (s.p[0] == '\r') {
		t->pending_cr = true;
		return 1;
	}
	if (t->pending_cr)
		clear_text(t);
	t->pending_cr = false;
	if (t->stamps == STAMPS_YES && t->at_start && (m = stamp_at(s)) != TRACE_NO) {
		if (m == TRACE_YES) {
			memcpy(t->stamp, s.p, TRACE_STAMP);
			return TRACE_HEADER;
		}
		if (!whole)
			return 0;
	}
	if (s.p[0] == 's' && (m = trace_marker_at(s, &marker)) != TRACE_NO) {
		if (m == TRACE_YES) {
			take_marker(t, &marker, at);
			return marker.len;
		}
		if (!whole)
			return 0;
	}
	return s.p[0] == ESC_BYTE ? take_escape(t, s) : take_text(t, s);
}

/* Bytes without a line end. `whole`: nothing follows on this line. */
static void scan(struct trace *t, struct sv s, bool whole)
{
	uint64_t at = t->pos - s.len;
	struct buf *held = &t->held[t->turn];
	if (held->len) {
		at = t->held_at;
		buf_add_sv(held, s);
		s = buf_sv(held);
		t->turn = !t->turn;
	}
	while (s.len) {
		bool was_esc = t->escape == ESC_BYTE;
		size_t n = take(t, s, at, whole);
		if (!n && was_esc && !t->escape)
			continue; /* the ESC was none: what follows it is looked at again */
		if (!n)
			break;
		s.p += n;
		s.len -= n;
		at += n;
	}
	t->held_at = at;
	buf_clear(&t->held[t->turn]);
	buf_add_sv(&t->held[t->turn], s);
	if (held != &t->held[t->turn])
		buf_clear(held);
}

/* The line ends here: nothing that is held can become anything else. */
static void end_line(struct trace *t)
{
	scan(t, (struct sv){ "", 0 }, true);
	t->escape = 0;
}

/* ---- line ends ---- */
/* What stands after a line end (or at the start) is known as far as needed, or there is no more. */
static void peeked(struct trace *t)
{
	struct sv s = { t->peek, t->n_peek };
	t->peeking = false;
	t->n_peek = 0;
	if (t->stamps == STAMPS_UNKNOWN) {
		t->stamps = trace_is_stamped(s) ? STAMPS_YES : STAMPS_NO;
	} else if (s.len == TRACE_HEADER && s.p[TRACE_HEADER - 1] == '+') {
		if (!*t->stamp)
			memcpy(t->stamp, s.p, TRACE_STAMP);
		return;
	} else {
		t->pos -= s.len;
		end_line(t);
		t->pending_cr = false;
		hard_break(t, t->pos);
		t->pos += s.len;
	}
	scan(t, s, false);
}

static void fill_peek(struct trace *t, struct sv *s)
{
	size_t want = MIN_OF(sizeof t->peek - t->n_peek, s->len);
	const char *end = memchr(s->p, '\n', want);
	size_t n = end ? (size_t)(end - s->p) : want;
	memcpy(t->peek + t->n_peek, s->p, n);
	t->n_peek += n;
	t->pos += n;
	s->p += n;
	s->len -= n;
	if (end || t->n_peek == sizeof t->peek)
		peeked(t);
}

static void line_end(struct trace *t)
{
	t->pos++;
	if (t->stamps == STAMPS_YES) {
		t->peeking = true;
		return;
	}
	end_line(t);
	t->pending_cr = false;
	hard_break(t, t->pos);
}

void trace_feed(struct trace *t, struct sv s, trace_line_fn line, void *ctx)
{
	t->line = line;
	t->ctx = ctx;
	while (s.len) {
		if (t->peeking) {
			fill_peek(t, &s);
			continue;
		}
		const char *end = memchr(s.p, '\n', s.len);
		size_t n = end ? (size_t)(end - s.p) : s.len;
		if (n) {
			t->pos += n;
			scan(t, (struct sv){ s.p, n }, false);
		}
		s.p += n;
		s.len -= n;
		if (end) {
			line_end(t);
			s.p++;
			s.len--;
		}
	}
}

void trace_end(struct trace *t, trace_line_fn line, void *ctx)
{
	t->line = line;
	t->ctx = ctx;
	if (t->peeking)
		peeked(t);
	end_line(t);
	if (t->pending_cr)
		clear_text(t);
	give(t, "");
}
