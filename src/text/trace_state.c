/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A converter's state as text, and back. */
#include "trace_impl.h"

static const char head[] = "berth-trace 1";

void trace_save(const struct trace *t, struct buf *b)
{
	const struct trace_section *s = t->last_section;
	buf_addf(b, "%s\nlog %llu %llu %d\nstyle %u %u %u\nstamp %s\n", head, (unsigned long long)t->resume, (unsigned long long)t->offset, (int)t->stamps,
	         t->style_then.fg, t->style_then.bg, t->style_then.mask, t->stamp_then);
	while (s && s->before)
		s = s->before;
	for (; s; s = s->after)
		buf_addf(b, "open %lld %s\n", (long long)s->at_s, s->name);
}

static bool take_numbers(struct sv line, const char *word, uint64_t ret[3])
{
	struct sv piece;
	if (!sv_split(&line, ' ', &piece) || !sv_eq(piece, sv_of(word)))
		return false;
	for (int i = 0; i < 3; i++)
		if (!sv_split(&line, ' ', &piece) || !sv_to_u64(piece, &ret[i]))
			return false;
	return !line.p;
}

static bool take_open(struct trace *t, struct sv line)
{
	struct sv word, at;
	int64_t at_s;
	if (!sv_split(&line, ' ', &word) || !sv_eq(word, SV("open")) || !sv_split(&line, ' ', &at) || !sv_to_i64(at, &at_s) || !line.p)
		return false;
	return trace_open_section(t, line, at_s) != NULL;
}

static bool load(struct trace *t, struct sv rest)
{
	struct sv line;
	uint64_t log[3], style[3];
	if (!sv_split(&rest, '\n', &line) || !sv_eq(line, SV("berth-trace 1")) || !sv_split(&rest, '\n', &line) || !take_numbers(line, "log", log) || log[2] > STAMPS_YES ||
	    !sv_split(&rest, '\n', &line) || !take_numbers(line, "style", style) || style[0] > 272 || style[1] > 272 || style[2] > 31 ||
	    !sv_split(&rest, '\n', &line) || !sv_starts(line, SV("stamp ")) || line.len - 6 > TRACE_STAMP || memchr(line.p, 0, line.len))
		return false;
	memcpy(t->stamp, line.p + 6, line.len - 6);
	t->stamp[line.len - 6] = 0;
	while (sv_split(&rest, '\n', &line) && line.len)
		if (!take_open(t, line))
			return false;
	t->pos = t->resume = log[0];
	t->offset = log[1];
	t->stamps = (enum trace_stamps)log[2];
	t->style = t->style_then = (struct trace_style){ (uint16_t)style[0], (uint16_t)style[1], (uint8_t)style[2] };
	memcpy(t->stamp_then, t->stamp, sizeof t->stamp);
	t->in = t->last_section;
	t->keep_offset = true;
	t->peeking = t->stamps == STAMPS_UNKNOWN;
	return true;
}

bool trace_load(struct trace *t, struct sv saved)
{
	struct trace *other = trace_new(), was;
	bool ok = load(other, saved);
	if (ok) { /* the two change places, so that nothing has changed when it is no such text */
		was = *t;
		*t = *other;
		*other = was;
	}
	trace_free(other);
	return ok;
}

uint64_t trace_offset(const struct trace *t)
{
	return t->resume;
}
