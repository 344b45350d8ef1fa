/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Styles of GitLab's job logs: numbers of SGR escapes in, names of style classes out. */
#include "berth/trace.h"

enum { NAMED = 1, LIGHT = 9, PALETTE = 17 };

/* Bold shows a named colour in its light form, for good: also after the bold has ended. */
static void lighten(struct trace_style *s)
{
	if ((s->mask & TRACE_BOLD) && s->fg >= NAMED && s->fg < LIGHT)
		s->fg += LIGHT - NAMED;
}

/* What follows 38 and 48: "5" and a number. Anything else is left to be read as numbers of its own. */
static void take_palette(struct sv *rest, uint16_t *colour)
{
	struct sv after = *rest, piece;
	uint64_t n = 0;
	if (!sv_split(&after, ';', &piece) || !sv_eq(piece, SV("5")) || !sv_split(&after, ';', &piece))
		return;
	*rest = after;
	sv_to_u64(piece, &n);
	if (n <= 255)
		*colour = (uint16_t)(PALETTE + n);
}

static void apply_format(struct trace_style *s, uint64_t n)
{
	static const struct { uint8_t on, off, also_off, mask; } formats[] = {
		{ 1, 21, 22, TRACE_BOLD }, { 3, 23, 23, TRACE_ITALIC }, { 4, 24, 24, TRACE_UNDERLINE }, { 8, 28, 28, TRACE_CONCEAL }, { 9, 29, 29, TRACE_CROSS },
	};
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (n == formats[i].on)
			s->mask |= formats[i].mask;
		if (n == formats[i].off || n == formats[i].also_off)
			s->mask &= (uint8_t)~formats[i].mask;
	}
}

static void apply(struct trace_style *s, uint64_t n)
{
	if (n == 0)
		*s = (struct trace_style){ 0 };
	else if (n < 30)
		apply_format(s, n);
	else if (n <= 37)
		s->fg = (uint16_t)(NAMED + n - 30);
	else if (n == 39 || n == 99)
		s->fg = 0;
	else if (n >= 40 && n <= 47)
		s->bg = (uint16_t)(NAMED + n - 40);
	else if (n == 49 || n == 109)
		s->bg = 0;
	else if (n >= 90 && n <= 97)
		s->fg = (uint16_t)(LIGHT + n - 90);
	else if (n >= 100 && n <= 107)
		s->bg = (uint16_t)(LIGHT + n - 100);
	lighten(s);
}

void trace_style_update(struct trace_style *s, struct sv params)
{
	struct sv rest = params, piece;
	uint64_t n;
	while (rest.len && rest.p[rest.len - 1] == ';') /* "0;" is "0", ";" is nothing, and nothing is a reset */
		rest.len--;
	if (!rest.len) {
		apply(s, 0);
		return;
	}
	while (sv_split(&rest, ';', &piece)) {
		if (!sv_to_u64(piece, &n) || (piece.len > 1 && piece.p[0] == '0')) /* "01" is no number that GitLab knows */
			continue;
		if (n == 38 || n == 48)
			take_palette(&rest, n == 38 ? &s->fg : &s->bg);
		else
			apply(s, n);
	}
}

static void add_colour(struct buf *b, uint16_t colour, const char *what)
{
	static const char *const names[] = { "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white" };
	if (colour >= PALETTE)
		buf_addf(b, " xterm-%s-%d", what, colour - PALETTE);
	else if (colour)
		buf_addf(b, " term-%s-%s%s", what, colour >= LIGHT ? "l-" : "", names[(colour - NAMED) % 8]);
}

void trace_add_style(struct buf *b, const struct trace_style *s)
{
	static const char *const formats[] = { "bold", "italic", "underline", "conceal", "cross" };
	struct buf own = BUF_INIT;
	add_colour(&own, s->fg, "fg");
	add_colour(&own, s->bg, "bg");
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (s->mask & 1u << i)
			buf_addf(&own, " term-%s", formats[i]);
	if (own.len)
		buf_add(b, own.p + 1, own.len - 1);
	buf_fini(&own);
}

/* Minutes and seconds are what is left when years and months of their mean length have been taken off, as GitLab does it. */
void trace_add_duration(struct buf *b, int64_t seconds)
{
	enum { YEAR = 31556952, MONTH = 2629746 };
	int64_t s = MIN_OF(MAX_OF(seconds, (int64_t)0), (int64_t)YEAR), rest = s % YEAR % MONTH;
	if (s >= 3600)
		buf_addf(b, "%02lld:", (long long)(s / 3600));
	buf_addf(b, "%02lld:%02lld", (long long)(rest % 3600 / 60), (long long)(rest % 60));
}
