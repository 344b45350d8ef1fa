/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lies over the panes: a stack; the topmost one has the keys. */
#include "tui/tui_impl.h"

enum { WIDEST = 100 };

void overlay_push(struct tui *t, struct overlay *o)
{
	o->below = t->top;
	t->top = o;
	tui_dirty(t);
}

void overlay_close(struct tui *t)
{
	struct overlay *o = t->top;
	if (!o)
		return;
	t->top = o->below;
	free(o->title);
	o->title = NULL;
	o->ops->fini(o);
	tui_dirty(t);
}

/* As wide as the screen up to 100 columns, as high as it needs; with a rule above and below, and at its sides where it is narrower. */
void draw_overlay(struct tui *t)
{
	struct surface *s = &t->surface;
	struct overlay *o = t->top;
	int w = MIN_OF(s->cols, WIDEST), x = (s->cols - w) / 2, room = s->rows - 3;
	bool sides = w < s->cols;
	int h = MIN_OF(MAX_OF(o->ops->height(t, o, w - 4), 1), room - 2);
	int y = 1 + MAX_OF((room - h - 2) / 3, 0);
	struct rect outer = { y, x, h + 2, w };
	surface_blank(s, outer);
	VEC_CLEAR(&t->zones); /* what is below can't be clicked */
	tui_zone(t, ZONE_OVERLAY, -1, outer);
	s->cursor_y = -1;
	tui_title(t, (struct rect){ y, x, 1, w }, true, -1, o->title, "");
	surface_repeat(s, y + h + 1, x, w, STYLE_RULE_FOCUS, "━", '=');
	for (int i = 1; sides && i <= h; i++) {
		surface_repeat(s, y + i, x, 1, STYLE_RULE_FOCUS, "┃", '|');
		surface_repeat(s, y + i, x + w - 1, 1, STYLE_RULE_FOCUS, "┃", '|');
	}
	o->ops->draw(t, o, (struct rect){ y + 1, x + 2, h, w - 4 });
}
