/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A runner's log without what the runner puts before its lines. A line that goes on later, past lines of other streams, is joined
 * where it began; so what stands behind a line that may still go on waits for it, within bounds.
 */
#include "berth/mem.h"
#include "berth/trace.h"
#include "berth/vec.h"

enum { STREAM = 3, OTHERS_MAX = 64, HELD_MAX = 4 << 20 };
struct held_line { char stream[STREAM], stamp[TRACE_STAMP + 1]; bool open; struct buf text; uint64_t offset, number; };
struct unstamp {
	bool known, stamped;           /* whether the log has timestamps; its first line tells */
	struct buf raw;                /* of the line that has not ended */
	VEC(struct held_line) lines;   /* in the order in which they began; the first one is open */
	size_t held;                   /* bytes of them */
	uint64_t offset, number;       /* of what is in raw, else of what comes next */
	unstamp_fn line;
	void *ctx;
};

struct unstamp *unstamp_new(unstamp_fn line, void *ctx)
{
	struct unstamp *u = xcalloc(1, sizeof *u);
	u->line = line;
	u->ctx = ctx;
	return u;
}

void unstamp_free(struct unstamp *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->lines.len; i++)
		buf_fini(&u->lines.items[i].text);
	VEC_FINI(&u->lines);
	buf_fini(&u->raw);
	free(u);
}

/* The first n lines are given, and gone. */
static void give(struct unstamp *u, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct held_line *l = &u->lines.items[i];
		u->held -= l->text.len;
		buf_add_char(&l->text, '\n');
		u->line(u->ctx, &(struct unstamp_line){ l->stamp, buf_sv(&l->text), l->offset, l->number });
		buf_fini(&l->text);
	}
	if (n)
		memmove(u->lines.items, u->lines.items + n, (u->lines.len - n) * sizeof *u->lines.items);
	u->lines.len -= n;
}

static void give_what_is_whole(struct unstamp *u)
{
	size_t n = 0;
	while (n < u->lines.len && (!u->lines.items[n].open || u->lines.len - n > OTHERS_MAX))
		n++;
	give(u, u->held > HELD_MAX ? u->lines.len : n);
}

static struct held_line *open_line(struct unstamp *u, const char *stream)
{
	for (size_t i = u->lines.len; i-- > 0;)
		if (u->lines.items[i].open && memcmp(u->lines.items[i].stream, stream, STREAM) == 0)
			return &u->lines.items[i];
	return NULL;
}

/* raw: without its line end. */
static void take_line(struct unstamp *u, struct sv raw)
{
	if (!trace_is_stamped(raw)) {
		give(u, u->lines.len);
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_add_sv(&b, raw);
		buf_add_char(&b, '\n');
		u->line(u->ctx, &(struct unstamp_line){ "", buf_sv(&b), u->offset, u->number });
		return;
	}
	const char *stream = raw.p + TRACE_STAMP + 1;
	struct sv text = { raw.p + TRACE_HEADER, raw.len - TRACE_HEADER };
	struct held_line *before = open_line(u, stream);
	u->held += text.len;
	if (before && raw.p[TRACE_HEADER - 1] == '+') {
		buf_add_sv(&before->text, text);
	} else {
		struct held_line l = { .open = true, .text = BUF_INIT, .offset = u->offset, .number = u->number };
		if (before)
			before->open = false;
		memcpy(l.stream, stream, STREAM);
		memcpy(l.stamp, raw.p, TRACE_STAMP);
		buf_add_sv(&l.text, text);
		VEC_PUSH(&u->lines, l);
	}
	give_what_is_whole(u);
}

static void take_lines(struct unstamp *u)
{
	struct sv rest = buf_sv(&u->raw);
	const char *end;
	while (rest.len && (end = memchr(rest.p, '\n', rest.len))) {
		take_line(u, (struct sv){ rest.p, (size_t)(end - rest.p) });
		u->offset += (uint64_t)(end + 1 - rest.p);
		u->number++;
		rest.len -= (size_t)(end + 1 - rest.p);
		rest.p = end + 1;
	}
	buf_cut_front(&u->raw, u->raw.len - rest.len);
	if (u->raw.len <= HELD_MAX)
		return;
	take_line(u, buf_sv(&u->raw)); /* a line that nobody can hold */
	u->offset += u->raw.len;
	buf_clear(&u->raw);
}

static void pass(struct unstamp *u, struct sv bytes)
{
	const struct unstamp_line l = { "", bytes, u->offset, u->number };
	u->offset += bytes.len;
	for (const char *p = bytes.p, *end = bytes.p + bytes.len; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		u->number++;
	if (bytes.len)
		u->line(u->ctx, &l);
}

void unstamp_feed(struct unstamp *u, struct sv bytes)
{
	if (!bytes.len)
		return;
	if (u->known && !u->stamped) {
		pass(u, bytes);
		return;
	}
	buf_add_sv(&u->raw, bytes);
	if (!u->known && u->raw.len < TRACE_HEADER && !memchr(u->raw.p, '\n', u->raw.len))
		return;
	if (!u->known)
		u->stamped = trace_is_stamped(buf_sv(&u->raw));
	u->known = true;
	if (u->stamped) {
		take_lines(u);
		return;
	}
	pass(u, buf_sv(&u->raw));
	buf_clear(&u->raw);
}

void unstamp_flush(struct unstamp *u)
{
	give(u, u->lines.len);
}

void unstamp_end(struct unstamp *u)
{
	if (u->raw.len && u->stamped && trace_is_stamped(buf_sv(&u->raw))) {
		take_line(u, buf_sv(&u->raw));
		buf_clear(&u->raw);
	}
	give(u, u->lines.len);
	pass(u, buf_sv(&u->raw));
	buf_clear(&u->raw);
	u->known = u->stamped = false;
	u->offset = u->number = 0;
}
