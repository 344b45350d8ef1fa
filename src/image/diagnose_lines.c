/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diagnose_lines.h"

/* Adds what fits: a line over the cap is cut, not lost. */
static void add_capped(struct buf *b, struct sv s)
{
	buf_add(b, s.p, MIN_OF(s.len, (size_t)PLAIN_LINE_MAX_BYTES - 1 - MIN_OF(b->len, (size_t)PLAIN_LINE_MAX_BYTES - 1)));
}

static void give(struct plain_lines *p)
{
	struct plain_line line = { text_shown(buf_sv(&p->raw), &p->plain), p->number, p->offset };
	if (trace_is_stamped(line.text)) { /* behind a section's marker */
		line.text.p += TRACE_HEADER;
		line.text.len -= TRACE_HEADER;
	}
	p->line(p->ctx, &line);
	buf_clear(&p->raw);
	p->begun = false;
}

static void take(void *plain_lines, const struct unstamp_line *l)
{
	struct plain_lines *p = plain_lines;
	struct sv rest = l->bytes;
	for (uint64_t number = l->number; rest.len; number++) {
		const char *end = memchr(rest.p, '\n', rest.len);
		size_t n = end ? (size_t)(end - rest.p) : rest.len;
		if (!p->begun) {
			p->begun = true;
			p->number = number;
			p->offset = l->offset + (uint64_t)(rest.p - l->bytes.p);
		}
		add_capped(&p->raw, (struct sv){ rest.p, n });
		n += end != NULL;
		rest.p += n;
		rest.len -= n;
		if (end)
			give(p);
	}
}

void plain_lines_init(struct plain_lines *p, void (*line)(void *ctx, const struct plain_line *l), void *ctx)
{
	*p = (struct plain_lines){ .line = line, .ctx = ctx, .unstamp = unstamp_new(take, p) };
	p->raw = p->plain = BUF_INIT_MAX(PLAIN_LINE_MAX_BYTES);
}

void plain_lines_fini(struct plain_lines *p)
{
	unstamp_free(p->unstamp);
	buf_fini(&p->raw);
	buf_fini(&p->plain);
}

void plain_lines_feed(struct plain_lines *p, struct sv bytes)
{
	unstamp_feed(p->unstamp, bytes);
}

void plain_lines_end(struct plain_lines *p)
{
	unstamp_end(p->unstamp);
	if (p->begun)
		give(p);
}
