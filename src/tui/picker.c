/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/picker.h"

/* The item under the cursor stands whole below the list, where that is tall enough and its rows may be cut. */
enum { FILTER_ROWS = 2, WHOLE_ROWS = 3, WHOLE_ROWS_MAX = 7, WHOLE_FROM_ROWS = 8, WHOLE_TO_COLS = 110 };

struct picker {
	struct overlay o;
	VEC(struct picker_item) items;
	VEC(size_t) shown;
	struct line filter;
	size_t cursor, top;
	int height;
	bool typing, filling;
	void (*fill)(struct tui *t, struct picker *p);
	struct tui *t;
	void (*chosen)(struct tui *t, int value, void *data);
	void *data;
};

static void items_end(struct picker *p)
{
	for (size_t i = 0; i < p->items.len; i++) {
		struct picker_item *m = &p->items.items[i];
		free(m->key), free(m->name), free(m->what), free(m->why_not);
	}
	VEC_CLEAR(&p->items);
}

static void picker_fini(struct overlay *o)
{
	struct picker *p = (struct picker *)o;
	items_end(p);
	VEC_FINI(&p->items);
	VEC_FINI(&p->shown);
	line_fini(&p->filter);
	free(p->data);
	free(p);
}

/* While something is typed the best match comes first; else all in their order. */
static void refilter(struct picker *p)
{
	VEC(int) scores = VEC_INIT;
	VEC_CLEAR(&p->shown);
	for (size_t i = 0; i < p->items.len; i++) {
		const struct picker_item *m = &p->items.items[i];
		int name = text_fuzzy(buf_sv(&p->filter.text), sv_of(m->name), NULL, 0);
		int score = name > 0 ? name + 10000 : strcasestr(m->what, buf_str(&p->filter.text)) != NULL;
		if (p->filter.text.len && (score <= 0 || m->value < 0))
			continue;
		VEC_PUSH(&p->shown, i);
		VEC_PUSH(&scores, score);
		for (size_t k = p->shown.len - 1; p->filter.text.len && k > 0 && scores.items[k] > scores.items[k - 1]; k--) {
			size_t item = p->shown.items[k];
			int s = scores.items[k];
			p->shown.items[k] = p->shown.items[k - 1], scores.items[k] = scores.items[k - 1];
			p->shown.items[k - 1] = item, scores.items[k - 1] = s;
		}
	}
	VEC_FINI(&scores);
	p->cursor = p->top = 0;
}

static const struct picker_item *item_at(const struct picker *p, size_t k)
{
	return k < p->shown.len ? &p->items.items[p->shown.items[k]] : NULL;
}

static void skip_heading(struct picker *p, int way)
{
	size_t at = p->cursor;
	while (item_at(p, at) && item_at(p, at)->value < 0) {
		if (way < 0 && !at)
			return (void)(p->cursor = p->shown.len > 1 ? 1 : 0);
		at += (size_t)way;
	}
	if (item_at(p, at))
		p->cursor = at;
}

static void move(struct picker *p, long by)
{
	long n = (long)p->shown.len, to = (long)p->cursor + by;
	p->cursor = (size_t)(to < 0 ? 0 : to >= n ? MAX_OF(n - 1, 0L) : to);
	skip_heading(p, by < 0 ? -1 : 1);
}

static void choose(struct tui *t, struct picker *p)
{
	const struct picker_item *m = item_at(p, p->cursor);
	if (!m || m->value < 0)
		return;
	if (m->why_not) {
		say(t, MESSAGE_WARN, "%s can't run here: %s", m->name, m->why_not);
		return;
	}
	void (*chosen)(struct tui *, int, void *) = p->chosen;
	void *data = p->data;
	int value = m->value;
	AUTO_STR name = xstrdup(m->name);
	p->data = NULL;
	overlay_close(t);
	t->picked = name;
	chosen(t, value, data);
	t->picked = NULL;
	free(data);
}

static bool by_letter(struct tui *t, struct picker *p, const char *key)
{
	for (size_t i = 0; i < p->shown.len; i++)
		if (item_at(p, i)->key && strcmp(item_at(p, i)->key, key) == 0) {
			p->cursor = i;
			choose(t, p);
			return true;
		}
	return false;
}

static bool picker_key(struct tui *t, struct overlay *o, const struct key *k)
{
	struct picker *p = (struct picker *)o;
	const char *n = k->name;
	if (strcmp(n, "enter") == 0)
		choose(t, p);
	else if (strcmp(n, "down") == 0 || strcmp(n, "ctrl-n") == 0 || strcmp(n, "tab") == 0)
		move(p, 1);
	else if (strcmp(n, "up") == 0 || strcmp(n, "ctrl-p") == 0 || strcmp(n, "shift-tab") == 0)
		move(p, -1);
	else if (strcmp(n, "pgdn") == 0 || strcmp(n, "pgup") == 0)
		move(p, n[3] == 'n' || n[2] == 'd' ? MAX_OF(p->height, 1) : -MAX_OF(p->height, 1));
	else if (strcmp(n, "esc") == 0 || strcmp(n, "ctrl-z") == 0)
		return false;
	else if (!p->typing)
		return by_letter(t, p, n);
	else if (line_key(&p->filter, k)) {
		refilter(p);
		skip_heading(p, 1);
	} else
		return false;
	return true;
}

static void picker_command(struct tui *t, struct overlay *o, enum command_id id)
{
	struct picker *p = (struct picker *)o;
	(void)t;
	if (id == CMD_DOWN || id == CMD_UP)
		move(p, id == CMD_DOWN ? 1 : -1);
	else if (id == CMD_TOP || id == CMD_BOTTOM)
		move(p, id == CMD_TOP ? -100000 : 100000);
}

static int picker_height(struct tui *t, struct overlay *o, int width)
{
	struct picker *p = (struct picker *)o;
	(void)t;
	return (int)p->items.len + (p->typing ? FILTER_ROWS : 0) + (width > WHOLE_TO_COLS ? 0 : WHOLE_ROWS);
}

static void draw_item(struct tui *t, const struct picker *p, const struct picker_item *m, int y, struct rect r, int keys, int names)
{
	struct surface *s = &t->surface;
	enum style text = m->why_not ? STYLE_DIM : STYLE_PLAIN;
	(void)p;
	if (m->value < 0) {
		surface_fit(s, y, r.x + 1, r.w - 1, STYLE_TITLE, sv_of(m->name));
		return;
	}
	surface_fit(s, y, r.x + 1, keys, m->why_not ? STYLE_DIM : STYLE_KEY, sv_of(m->key));
	surface_fit(s, y, r.x + 2 + keys, names, m->why_not ? STYLE_DIM : STYLE_BOLD, sv_of(m->name));
	int x = 3 + keys + names;
	AUTO_STR what = m->why_not ? xasprintf("(%s) %s", m->why_not, m->what) : xstrdup(m->what); /* the reason is what a person looks for there */
	surface_fit(s, y, r.x + x, r.w - x, text, sv_of(what));
}

/* What is cut in the list stands whole below it, for the item under the cursor; gives the rows that takes. */
static int draw_whole(struct tui *t, const struct picker *p, struct rect r)
{
	const struct picker_item *m = item_at(p, p->cursor);
	struct doc d = { 0 };
	if (r.h < WHOLE_FROM_ROWS || r.w > WHOLE_TO_COLS)
		return 0;
	doc_begin(&d, r.w - 2, t->surface.ascii);
	doc_nl(&d);
	if (m && m->value >= 0) {
		doc_add(&d, STYLE_BOLD, "%s  ", m->name);
		doc_wrap(&d, STYLE_PLAIN, 0, sv_of(m->what));
	}
	if (m && m->why_not) {
		AUTO_STR text = xasprintf("Not now: %s", m->why_not);
		doc_wrap(&d, STYLE_WARN, 0, sv_of(text));
	}
	int rows = MIN_OF(MAX_OF(doc_height(&d), WHOLE_ROWS), MIN_OF(WHOLE_ROWS_MAX, r.h / 2));
	doc_draw(&d, &t->surface, (struct rect){ r.y + r.h - rows, r.x + 1, rows, r.w - 2 }, 0);
	doc_fini(&d);
	return rows;
}

static void picker_draw(struct tui *t, struct overlay *o, struct rect r)
{
	struct picker *p = (struct picker *)o;
	struct surface *s = &t->surface;
	int keys = 1, names = 6;
	for (size_t i = 0; i < p->items.len; i++) {
		keys = MAX_OF(keys, MIN_OF((int)text_width(sv_of(p->items.items[i].key)), 14));
		names = MAX_OF(names, p->items.items[i].value < 0 ? 0 : MIN_OF((int)text_width(sv_of(p->items.items[i].name)), MAX_OF(r.w / 4, 14)));
	}
	if (p->typing) {
		surface_str(s, r.y, r.x + 1, 2, STYLE_KEY, "> ");
		line_draw(&p->filter, s, r.y, r.x + 3, r.w - 3, STYLE_PLAIN, true);
		if (!p->filter.text.len)
			surface_str(s, r.y, r.x + 4, r.w - 4, STYLE_DIM, "type to find, enter runs it");
		r.y += FILTER_ROWS;
		r.h -= FILTER_ROWS;
	}
	r.h -= draw_whole(t, p, r);
	p->height = r.h;
	if (p->cursor < p->top)
		p->top = p->cursor;
	if (r.h > 0 && p->cursor >= p->top + (size_t)r.h)
		p->top = p->cursor - (size_t)r.h + 1;
	for (int y = 0; y < r.h && item_at(p, p->top + (size_t)y); y++) {
		tui_zone(t, ZONE_OVERLAY, (int)p->top + y, (struct rect){ r.y + y, r.x, 1, r.w });
		draw_item(t, p, item_at(p, p->top + (size_t)y), r.y + y, r, keys, names);
		if (p->top + (size_t)y == p->cursor) {
			surface_over(s, r.y + y, r.x, r.w, STYLE_CURSOR);
			if (!p->typing)
				s->cursor_y = r.y + y, s->cursor_x = r.x;
		}
	}
	if (!p->shown.len)
		surface_str(s, r.y, r.x + 1, r.w - 1, STYLE_DIM, "nothing matches");
}

static void picker_click(struct tui *t, struct overlay *o, int value)
{
	struct picker *p = (struct picker *)o;
	p->cursor = (size_t)value;
	choose(t, p);
}

static const struct overlay_ops typing_ops = {
	"list", picker_height, picker_draw, picker_key, picker_command, picker_fini, "type to find   enter runs it   up down moves   esc closes", picker_click,
};
static const struct overlay_ops letter_ops = {
	"menu", picker_height, picker_draw, picker_key, picker_command, picker_fini, "a letter or enter chooses   j k moves   esc closes", picker_click,
};

struct picker *picker_open(struct tui *t, const char *title, bool typing, void (*chosen)(struct tui *t, int value, void *data), void *data)
{
	struct picker *p = xcalloc(1, sizeof *p);
	p->o.ops = typing ? &typing_ops : &letter_ops;
	p->o.title = xstrdup(title);
	p->typing = typing;
	p->chosen = chosen;
	p->data = data;
	p->t = t;
	overlay_push(t, &p->o);
	return p;
}

void picker_add(struct picker *p, const char *key, const char *name, const char *what, const char *why_not, int value)
{
	struct picker_item m = { xstrdup(key ? key : ""), xstrdup(name), xstrdup(what), xstrdup(why_not), value };
	VEC_PUSH(&p->items, m);
	if (p->filling)
		return;
	refilter(p);
	skip_heading(p, 1);
}

static void fill(struct picker *p)
{
	const struct picker_item *m = item_at(p, p->cursor);
	AUTO_STR here = m ? xstrdup(m->name) : NULL;
	items_end(p);
	p->filling = true;
	p->fill(p->t, p);
	p->filling = false;
	size_t top = p->top;
	refilter(p);
	for (size_t k = 0; here && k < p->shown.len; k++)
		if (strcmp(item_at(p, k)->name, here) == 0) {
			p->cursor = k;
			p->top = MIN_OF(top, k);
		}
	skip_heading(p, 1);
}

void picker_grows(struct picker *p, void (*fill_fn)(struct tui *t, struct picker *p))
{
	p->fill = fill_fn;
	fill(p);
}

void picker_sync(struct tui *t)
{
	struct picker *p = t->top && (t->top->ops == &typing_ops || t->top->ops == &letter_ops) ? (struct picker *)t->top : NULL;
	if (p && p->fill && t->rows_changed)
		fill(p);
}
