/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ECMA-48 control functions in their 7-bit form. The 8-bit ones (C1) stay in the text: text_next() replaces them. */
#include "sgr.h"

enum state {
	GROUND,
	ESCAPE,        /* after ESC */
	INTERMEDIATE,  /* after ESC and 2/0-2/15, as in "ESC ( B" */
	CONTROL,       /* after CSI: parameters, then intermediates, then a final byte */
	STRING,        /* in OSC, DCS, SOS, PM or APC */
	STRING_ESCAPE, /* after ESC in one: ST if a backslash follows */
};

enum { ESCAPE_MAX = 4096, BEL = 7, BS = 8, CAN = 0x18, SUB = 0x1a, ESC_BYTE = 0x1b, DEL = 0x7f };

/* What a byte does to an unfinished escape. */
enum step {
	MORE,    /* belongs to it, and more follows */
	ENDS,    /* is its last byte */
	CUTS,    /* is not part of it any more: the escape ends, the byte is read again */
};

void esc_init(struct esc_parser *p)
{
	*p = (struct esc_parser){ .state = GROUND, .style = ESC_STYLE_PLAIN };
}

static bool is_text(unsigned char c)
{
	return (c >= 0x20 && c != DEL) || c == '\t';
}

static bool take_text(struct sv *rest, struct esc_token *ret)
{
	size_t n = 0;

	while (n < rest->len && is_text((unsigned char)rest->p[n]))
		n++;
	*ret = (struct esc_token){ .kind = ESC_TEXT, .text = { rest->p, n } };
	rest->p += n;
	rest->len -= n;
	return true;
}

static enum esc_kind kind_of_control(unsigned char c)
{
	switch (c) {
	case '\n':
		return ESC_LF;
	case '\r':
		return ESC_CR;
	case BS:
		return ESC_BS;
	default:
		return ESC_OTHER;
	}
}

static enum step step_escape(struct esc_parser *p, unsigned char c)
{
	if (c == CAN || c == SUB)
		return ENDS;
	if (c < 0x20 || c >= DEL)
		return CUTS;
	if (p->state == INTERMEDIATE)
		return c < 0x30 ? MORE : ENDS;
	if (c < 0x30)
		p->state = INTERMEDIATE;
	else if (c == '[')
		p->state = CONTROL;
	else if (strchr("]PX^_", c))
		p->state = STRING;
	else
		return ENDS;
	return MORE;
}

static enum step step_control(struct esc_parser *p, unsigned char c)
{
	if (c == CAN || c == SUB)
		return ENDS;
	if (c < 0x20 || c >= DEL)
		return CUTS;
	if (p->n_pending < sizeof p->pending)
		p->pending[p->n_pending++] = c; /* a full one is known by that, and means nothing to us */
	return c < 0x40 ? MORE : ENDS;
}

static enum step step_string(struct esc_parser *p, unsigned char c)
{
	if (p->state == STRING_ESCAPE) {
		if (c == '\\')
			return ENDS;
		p->state = ESCAPE; /* the ESC ended the string and starts another escape */
		return CUTS;
	}
	if (c == ESC_BYTE)
		p->state = STRING_ESCAPE;
	return c == BEL || c == CAN ? ENDS : MORE;
}

/* What a whole "CSI … final" means. */
static struct esc_token control_token(struct esc_parser *p)
{
	struct esc_token other = { .kind = ESC_OTHER };
	struct sv params = { (const char *)p->pending, p->n_pending ? p->n_pending - 1 : 0 };
	unsigned char final = p->n_pending ? p->pending[p->n_pending - 1] : 0;

	if (p->n_pending == sizeof p->pending || (final != 'm' && final != 'K'))
		return other;
	for (size_t i = 0; i < params.len; i++) {
		if (params.p[i] < '0' || params.p[i] > ';') /* a private or an intermediate byte: another function */
			return other;
	}
	if (final == 'm') {
		sgr_apply(params, &p->style);
		return (struct esc_token){ .kind = ESC_STYLE };
	}
	uint64_t n = 0;
	if (params.len && (!sv_to_u64(params, &n) || n > 2))
		return other;
	return (struct esc_token){ .kind = ESC_ERASE_LINE, .param = (int)n };
}

static enum step step(struct esc_parser *p, unsigned char c)
{
	if (p->state == CONTROL)
		return step_control(p, c);
	if (p->state >= STRING)
		return step_string(p, c);
	return step_escape(p, c);
}

/* Goes on in an unfinished escape. False when the bytes end first. */
static bool finish_escape(struct esc_parser *p, struct sv *rest, struct esc_token *ret)
{
	while (rest->len) {
		enum state was = (enum state)p->state;
		enum step s = step(p, (unsigned char)rest->p[0]);
		bool cut_string = s == CUTS && was == STRING_ESCAPE;
		if (s != CUTS) {
			rest->p++;
			rest->len--;
			p->n_skipped++;
		}
		if (s == MORE && p->n_skipped < ESCAPE_MAX)
			continue;
		*ret = s == ENDS && was == CONTROL ? control_token(p) : (struct esc_token){ .kind = ESC_OTHER };
		p->state = cut_string ? ESCAPE : GROUND;
		p->n_pending = 0;
		p->n_skipped = cut_string;
		return true;
	}
	return false;
}

bool esc_next(struct esc_parser *p, struct sv *rest, struct esc_token *ret)
{
	if (p->state == GROUND && rest->len && rest->p[0] == ESC_BYTE) {
		p->state = ESCAPE;
		p->n_skipped = 1;
		rest->p++;
		rest->len--;
	}
	if (p->state != GROUND)
		return finish_escape(p, rest, ret);
	if (!rest->len)
		return false;
	unsigned char c = (unsigned char)rest->p[0];
	if (is_text(c))
		return take_text(rest, ret);
	*ret = (struct esc_token){ .kind = kind_of_control(c) };
	rest->p++;
	rest->len--;
	return true;
}

struct sv text_shown(struct sv raw, struct buf *b)
{
	struct esc_parser p;
	struct esc_token t;
	bool again = false;
	while (raw.len && raw.p[raw.len - 1] == '\r')
		raw.len--;
	if (!memchr(raw.p, '\033', raw.len) && !memchr(raw.p, '\r', raw.len))
		return raw;
	buf_clear(b);
	esc_init(&p);
	while (esc_next(&p, &raw, &t)) {
		again |= t.kind == ESC_CR;
		if (t.kind != ESC_TEXT)
			continue;
		if (again)
			buf_clear(b);
		again = false;
		buf_add_sv(b, t.text);
	}
	return buf_sv(b);
}
