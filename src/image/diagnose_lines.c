/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A raw log as plain lines. The format of GitLab's timestamps: 27 characters of time, a blank, two of stream number, O or E, and " " or,
 * where the line goes on with what the stream wrote before, "+". */
#include "diagnose_lines.h"

#include <ctype.h>

enum { STAMP_BYTES = 32 };

void plain_lines_init(struct plain_lines *p, void (*line)(void *ctx, const struct plain_line *l), void *ctx)
{
	*p = (struct plain_lines){ .line = line, .ctx = ctx };
	p->raw = p->joined = p->plain = BUF_INIT_MAX(PLAIN_LINE_MAX_BYTES);
}

void plain_lines_fini(struct plain_lines *p)
{
	buf_fini(&p->raw);
	buf_fini(&p->joined);
	buf_fini(&p->plain);
}

static bool is_stamp(struct sv s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.ddddddZ xxS";
	if (s.len < STAMP_BYTES)
		return false;
	for (size_t i = 0; i < sizeof form - 1; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool fits = form[i] == 'd' ? isdigit(c) : form[i] == 'x' ? isxdigit(c) : form[i] == 'S' ? c == 'O' || c == 'E' : c == (unsigned char)form[i];
		if (!fits)
			return false;
	}
	return s.p[STAMP_BYTES - 1] == ' ' || s.p[STAMP_BYTES - 1] == '+';
}

static struct sv after(struct sv s, size_t n)
{
	return (struct sv){ s.p + n, s.len - n };
}

/* Adds what fits: a line over the cap is cut, not lost. */
static void add_capped(struct buf *b, struct sv s)
{
	buf_add(b, s.p, MIN_OF(s.len, (size_t)PLAIN_LINE_MAX_BYTES - 1 - MIN_OF(b->len, (size_t)PLAIN_LINE_MAX_BYTES - 1)));
}

static void add_plain(struct buf *b, struct sv raw)
{
	struct esc_parser parser;
	struct esc_token token;
	bool returned = false;
	esc_init(&parser);
	while (esc_next(&parser, &raw, &token)) {
		if (token.kind == ESC_CR)
			returned = true;
		if (token.kind != ESC_TEXT)
			continue;
		if (returned)
			buf_clear(b);
		returned = false;
		add_capped(b, token.text);
	}
}

static void give_joined(struct plain_lines *p)
{
	if (!p->has_joined)
		return;
	buf_clear(&p->plain);
	add_plain(&p->plain, buf_sv(&p->joined));
	struct sv text = buf_sv(&p->plain);
	struct plain_line line = { is_stamp(text) ? after(text, STAMP_BYTES) : text, p->joined_number, p->joined_offset };
	p->has_joined = false;
	buf_clear(&p->joined);
	p->line(p->ctx, &line);
}

static void raw_line(struct plain_lines *p)
{
	struct sv raw = buf_sv(&p->raw);
	bool stamped = is_stamp(raw);
	if (!stamped || raw.p[STAMP_BYTES - 1] != '+')
		give_joined(p);
	if (!p->has_joined) {
		p->has_joined = true;
		p->joined_number = p->number;
		p->joined_offset = p->line_offset;
	}
	add_capped(&p->joined, stamped ? after(raw, STAMP_BYTES) : raw);
	buf_clear(&p->raw);
}

void plain_lines_feed(struct plain_lines *p, struct sv bytes)
{
	while (bytes.len) {
		const char *lf = memchr(bytes.p, '\n', bytes.len);
		size_t n = lf ? (size_t)(lf - bytes.p) : bytes.len;
		add_capped(&p->raw, (struct sv){ bytes.p, n });
		p->offset += n + (lf != NULL);
		bytes = after(bytes, n + (lf != NULL));
		if (!lf)
			return;
		raw_line(p);
		p->number++;
		p->line_offset = p->offset;
	}
}

void plain_lines_flush(struct plain_lines *p)
{
	if (p->raw.len)
		raw_line(p);
	give_joined(p);
}
