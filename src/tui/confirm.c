/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A question before something is lost: names it, and Cancel is the default (but where nothing is lost, and the one answer is plain). */
#include "tui/tui_impl.h"

enum { CHOICES_MAX = 4 };
struct confirm {
	struct overlay o;
	struct doc text;
	struct choice choices[CHOICES_MAX]; /* [0] is Cancel */
	int n, at;
	void (*chosen)(struct tui *t, char letter, void *ctx);
	void *ctx;
};

static void confirm_fini(struct overlay *o)
{
	struct confirm *c = (struct confirm *)o;
	doc_fini(&c->text);
	free(c->ctx);
	free(c);
}

static void answer(struct tui *t, struct confirm *c, int which)
{
	void (*chosen)(struct tui *, char, void *) = c->chosen;
	void *ctx = c->ctx;
	char letter = c->choices[which].letter;
	c->ctx = NULL;
	overlay_close(t);
	if (which > 0)
		chosen(t, letter, ctx);
	free(ctx);
}

static bool confirm_key(struct tui *t, struct overlay *o, const struct key *k)
{
	struct confirm *c = (struct confirm *)o;
	const char *n = k->name;
	if (strcmp(n, "enter") == 0 || strcmp(n, "space") == 0)
		answer(t, c, c->at);
	else if (strcmp(n, "tab") == 0 || strcmp(n, "right") == 0 || strcmp(n, "down") == 0)
		c->at = (c->at + 1) % c->n;
	else if (strcmp(n, "shift-tab") == 0 || strcmp(n, "left") == 0 || strcmp(n, "up") == 0)
		c->at = (c->at + c->n - 1) % c->n;
	else {
		for (int i = 1; i < c->n; i++)
			if (n[0] == c->choices[i].letter && !n[1]) {
				answer(t, c, i);
				return true;
			}
		return n[0] && !n[1] && n[0] != 'q' && n[0] != 'Q'; /* any other letter does nothing */
	}
	return true;
}

static int confirm_height(struct tui *t, struct overlay *o, int width)
{
	struct confirm *c = (struct confirm *)o;
	(void)t, (void)width;
	return doc_height(&c->text) + 2 + 1;
}

static void confirm_draw(struct tui *t, struct overlay *o, struct rect r)
{
	struct confirm *c = (struct confirm *)o;
	struct surface *s = &t->surface;
	int x = r.x + 1, y = r.y + r.h - 2;
	doc_draw(&c->text, s, (struct rect){ r.y + 1, r.x + 1, r.h - 3, r.w - 1 }, 0);
	for (int i = 0; i < c->n; i++) {
		int from = x;
		x += surface_printf(s, y, x, r.x + r.w - x, STYLE_BOLD, "%s%s", i == c->at ? "[ " : "  ", c->choices[i].words);
		if (c->choices[i].letter)
			x += surface_printf(s, y, x, r.x + r.w - x, STYLE_KEY, "  %c", c->choices[i].letter);
		x += surface_str(s, y, x, r.x + r.w - x, STYLE_BOLD, i == c->at ? " ]" : "  ");
		if (i == c->at) {
			surface_over(s, y, from, x - from, STYLE_CURSOR);
			s->cursor_y = y;
			s->cursor_x = from;
		}
		tui_zone(t, ZONE_OVERLAY, i, (struct rect){ y, from, 1, x - from });
		x += 2;
	}
}

static void confirm_click(struct tui *t, struct overlay *o, int value)
{
	answer(t, (struct confirm *)o, value);
}

static const struct overlay_ops ops = {
	"question", confirm_height, confirm_draw, confirm_key, NULL, confirm_fini, "enter takes what is marked   tab moves   a letter chooses   esc cancels", confirm_click,
};

void open_confirm(struct tui *t, const char *title, const struct doc *text, const struct choice *choices, void (*chosen)(struct tui *t, char letter, void *ctx), void *ctx)
{
	struct confirm *c = xcalloc(1, sizeof *c);
	c->o.ops = &ops;
	c->o.title = xstrdup(title);
	c->choices[0] = (struct choice){ 0, "Cancel" };
	for (c->n = 1; c->n < CHOICES_MAX && choices->words; choices++)
		c->choices[c->n++] = *choices;
	c->chosen = chosen;
	c->ctx = ctx;
	doc_begin(&c->text, MIN_OF(t->surface.cols, 100) - 6, t->surface.ascii);
	buf_add_sv(&c->text.text, buf_sv(&text->text));
	VEC_CLEAR(&c->text.lines);
	for (size_t i = 0; i < text->spans.len; i++)
		VEC_PUSH(&c->text.spans, text->spans.items[i]);
	for (size_t i = 0; i < text->lines.len; i++)
		VEC_PUSH(&c->text.lines, text->lines.items[i]);
	overlay_push(t, &c->o);
}

void confirm_mark(struct tui *t, char letter)
{
	struct confirm *c = t->top && t->top->ops == &ops ? (struct confirm *)t->top : NULL;
	for (int i = 1; c && i < c->n; i++)
		if (c->choices[i].letter == letter)
			c->at = i;
}
