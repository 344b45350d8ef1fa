/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/logline.h"

#include <ctype.h>

#include "berth/trace.h"

enum { MATCHES_MAX = 200 };

const char log_error_pattern[] = "re:\\b(?:errors?|failed|fatal|traceback|killed|no space left|permission denied|not found|panic)\\b";

void logline_fini(struct logline *l)
{
	buf_fini(&l->text);
	VEC_FINI(&l->spans);
}

/* ---- what a line is ---- */
static bool has_word(struct sv s, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= s.len; i++) {
		if ((s.p[i] | 0x20) != (word[0] | 0x20) || strncasecmp(s.p + i, word, n) != 0)
			continue;
		bool starts = i == 0 || !isalnum((unsigned char)s.p[i - 1]), ends = i + n == s.len || !isalnum((unsigned char)s.p[i + n]);
		if (starts && (ends || s.p[i + n] == 's'))
			return true;
	}
	return false;
}

static bool is_error(struct sv text)
{
	static const char *const words[] = { "error", "failed", "fatal", "traceback", "killed", "no space left", "permission denied", "not found", "panic" };
	text.len = MIN_OF(text.len, (size_t)2048);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (has_word(text, words[i]))
			return true;
	return false;
}

/* "#7 [2/5] RUN …", "#7 DONE 0.3s" of BuildKit, "Step 3/7 : RUN …", " ---> …" of the classic builder. */
enum style logline_style(struct sv s)
{
	size_t i = 1;
	if (s.len > 2 && s.p[0] == '#' && isdigit((unsigned char)s.p[1])) {
		while (i < s.len && isdigit((unsigned char)s.p[i]))
			i++;
		struct sv rest = sv_trim((struct sv){ s.p + i, s.len - i });
		if (sv_starts(rest, SV("[")))
			return STYLE_ACCENT;
		if (sv_starts(rest, SV("DONE")))
			return STYLE_GOOD;
		if (sv_starts(rest, SV("CACHED")))
			return STYLE_DIM;
		if (sv_starts(rest, SV("ERROR")) || sv_starts(rest, SV("CANCELED")))
			return STYLE_BAD;
	}
	if (sv_starts(s, SV("Step ")) && memchr(s.p, ':', MIN_OF(s.len, (size_t)16)))
		return STYLE_ACCENT;
	if (sv_starts(s, SV(" --->")) || sv_starts(s, SV("--->")))
		return STYLE_DIM;
	if (sv_starts(s, SV("Successfully ")))
		return STYLE_GOOD;
	return is_error(s) ? STYLE_BAD : STYLE_PLAIN;
}

bool logline_only_ends(struct sv raw)
{
	bool found = false;
	if (trace_is_stamped(raw)) {
		raw.p += TRACE_HEADER;
		raw.len -= TRACE_HEADER;
	}
	while (raw.len) {
		struct trace_marker m;
		struct esc_parser p;
		struct esc_token t;
		struct sv rest = { raw.p, MIN_OF(raw.len, (size_t)4096) };
		if (raw.p[0] == 's' && trace_marker_at(raw, &m) == TRACE_YES && !m.start) {
			found = true;
			raw.p += m.len;
			raw.len -= m.len;
			continue;
		}
		esc_init(&p);
		if (raw.p[0] != '\r' && (raw.p[0] != '\033' || !esc_next(&p, &rest, &t)))
			return false;
		size_t n = raw.p[0] == '\r' ? 1 : (size_t)(rest.p - raw.p);
		raw.p += n;
		raw.len -= n;
	}
	return found;
}

/* ---- from bytes to spans ---- */
static struct ink ink_of(const struct esc_style *e)
{
	struct ink ink = { e->fg, e->bg, 0, 0 };
	ink.attrs |= e->attrs & ESC_BOLD ? INK_BOLD : 0;
	ink.attrs |= e->attrs & ESC_FAINT ? INK_DIM : 0;
	ink.attrs |= e->attrs & ESC_ITALIC ? INK_ITALIC : 0;
	ink.attrs |= e->attrs & ESC_UNDERLINE ? INK_UNDERLINE : 0;
	ink.attrs |= e->attrs & ESC_REVERSE ? INK_REVERSE : 0;
	return ink;
}

static void start_over(struct logline *l)
{
	buf_clear(&l->text);
	VEC_CLEAR(&l->spans);
	l->width = 0;
	l->again = l->cut = false;
}

static void add_text(struct logline *l, struct sv text, const struct esc_style *style)
{
	struct ink ink = ink_of(style);
	struct log_span span = { (uint32_t)l->text.len, 0, ink, STYLE_PLAIN, ink.fg >= 0 || ink.bg >= 0 || ink.attrs };
	struct glyph g;
	size_t used = l->text.len;
	while (text.len && l->text.len < LOG_LINE_MAX) {
		if (*text.p == '\t') {
			size_t blanks = 8 - l->width % 8;
			buf_addf(&l->text, "%*s", (int)blanks, "");
			l->width += blanks;
			text.p++;
			text.len--;
			continue;
		}
		if (!text_next(&text, &g))
			break;
		buf_add(&l->text, g.bytes, g.len);
		l->width += g.width;
	}
	l->cut |= text.len > 0;
	span.len = (uint32_t)(l->text.len - used);
	if (span.len)
		VEC_PUSH(&l->spans, span);
}

static void add_tokens(struct logline *l, struct sv raw)
{
	struct esc_token tok;
	while (esc_next(&l->esc, &raw, &tok)) {
		if (tok.kind == ESC_CR)
			l->again = true;
		if (tok.kind != ESC_TEXT)
			continue;
		if (l->again) /* a progress bar: what was drawn last is what is seen */
			start_over(l);
		add_text(l, tok.text, &l->esc.style);
	}
}

void logline_begin(struct logline *l, const struct esc_style *carried)
{
	start_over(l);
	esc_init(&l->esc);
	l->esc.style = *carried;
	l->header = false;
}

void logline_add(struct logline *l, struct sv raw)
{
	struct trace_marker m;
	for (const char *p = raw.p; (p = memmem(p, raw.len - (size_t)(p - raw.p), "section_", 8));) {
		if (trace_marker_at((struct sv){ p, raw.len - (size_t)(p - raw.p) }, &m) != TRACE_YES) {
			p++;
			continue;
		}
		add_tokens(l, (struct sv){ raw.p, (size_t)(p - raw.p) });
		l->header |= m.start;
		l->again = false;
		p += m.len;
		raw.len -= (size_t)(p - raw.p);
		raw.p = p;
	}
	add_tokens(l, raw);
}

void logline_end(struct logline *l, bool mask)
{
	bool coloured = false;
	for (size_t i = 0; i < l->spans.len; i++)
		coloured |= l->spans.items[i].coloured;
	enum style style = coloured ? STYLE_PLAIN : l->header ? STYLE_BOLD : logline_style(buf_sv(&l->text));
	for (size_t i = 0; i < l->spans.len; i++)
		l->spans.items[i].style = style;
	if (mask && l->text.len)
		text_mask(l->text.p, l->text.len);
	if (!l->cut)
		return;
	struct log_span mark = { (uint32_t)l->text.len, 6, ink_of(&ESC_STYLE_PLAIN), STYLE_DIM, false };
	buf_add_str(&l->text, " [cut]");
	l->width += mark.len;
	VEC_PUSH(&l->spans, mark);
}

void logline_set(struct logline *l, struct sv raw)
{
	logline_begin(l, &ESC_STYLE_PLAIN);
	logline_add(l, raw);
	logline_end(l, true);
}

static bool skip_columns(struct sv *text, size_t *skip)
{
	struct glyph g;
	struct sv before = *text;
	while (*skip && text_next(text, &g)) {
		if (g.width > *skip) { /* half of a wide one is off the screen */
			*text = before;
			*skip = 0;
			return true;
		}
		*skip -= g.width;
		before = *text;
	}
	return text->len > 0;
}

void logline_mark(const struct logline *l, struct surface *s, struct rect r, size_t skip, struct matcher *m, enum style style)
{
	if (!m || !l->text.len)
		return;
	size_t at = 0, n = 0, column = 0, known = 0;
	for (int i = 0; i < MATCHES_MAX && at <= l->text.len && matcher_find(m, buf_sv(&l->text), at, &at, &n); i++, at += n) {
		column += text_width((struct sv){ l->text.p + known, at - known });
		known = at;
		long from = (long)column - (long)skip, w = (long)text_width((struct sv){ l->text.p + at, n });
		if (from >= r.w)
			return;
		if (from + w > 0)
			surface_over(s, r.y, r.x + (int)MAX_OF(from, 0), (int)MIN_OF(w + MIN_OF(from, 0), r.w - MAX_OF(from, 0)), style);
	}
}

void logline_draw(const struct logline *l, struct surface *s, struct rect r, size_t skip)
{
	size_t left = skip;
	int used = 0;
	for (size_t i = 0; i < l->spans.len && used < r.w; i++) {
		const struct log_span *p = &l->spans.items[i];
		struct sv text = { l->text.p + p->from, p->len };
		if (!skip_columns(&text, &left))
			continue;
		if (p->coloured)
			used += surface_text_ink(s, r.y, r.x + used, r.w - used, &p->ink, text);
		else
			used += surface_text(s, r.y, r.x + used, r.w - used, p->style, text);
	}
}
