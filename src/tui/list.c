/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/list.h"

#include "tui/tui_impl.h"

void list_init(struct list *l, const struct list_kind *kind)
{
	memset(l, 0, sizeof *l);
	l->kind = kind;
}

void list_fini(struct list *l)
{
	buf_fini(&l->filter);
	VEC_FINI(&l->shown);
	VEC_FINI(&l->marks);
}

size_t list_len(const struct list *l)
{
	return list_mapped(l) ? l->shown.len : l->n;
}

bool list_index(const struct list *l, size_t shown, size_t *ret_i)
{
	if (shown >= list_len(l))
		return false;
	*ret_i = list_mapped(l) ? l->shown.items[shown] : shown;
	return true;
}

bool list_cursor(const struct list *l, size_t *ret_i)
{
	return list_index(l, l->cursor, ret_i);
}

enum { TALL = 16 };

static void clamp(struct list *l)
{
	size_t n = list_len(l), h = (size_t)MAX_OF(l->height, 1);
	if (l->cursor >= n)
		l->cursor = n ? n - 1 : 0;
	/* A tall list is moved some rows at once: each row of it is bytes to the terminal, however little differs. */
	size_t more = h >= TALL ? h / 5 : 0;
	if (l->cursor < l->top)
		l->top = l->cursor > more ? l->cursor - more : 0;
	if (l->cursor >= l->top + h)
		l->top = l->cursor - h + 1 + more;
	if (l->top + h > n)
		l->top = n > h ? n - h : 0;
}

static void remember(struct tui *t, struct list *l)
{
	size_t i;
	l->cursor_id = list_cursor(l, &i) ? l->kind->id(t, i) : 0;
}

/* Puts the cursor on the row with this id; near where it was first, as rows mostly move a little. */
bool list_select_id(struct tui *t, struct list *l, uint64_t id)
{
	size_t n = list_len(l), i;
	for (size_t k = 0; id && k < n; k++) {
		if (!list_index(l, k, &i) || l->kind->id(t, i) != id)
			continue;
		l->top = l->top + k >= l->cursor ? l->top + k - l->cursor : 0; /* the row stays where it is on the screen */
		l->cursor = k;
		l->cursor_id = id;
		clamp(l);
		return true;
	}
	return false;
}

void list_sync(struct tui *t, struct list *l, uint64_t source)
{
	size_t i;
	l->n = l->kind->count(t, &l->complete);
	if (l->source != source) {
		l->source = source;
		l->cursor = l->top = 0;
		l->cursor_id = 0;
		l->moved = false;
		memset(l->widths, 0, sizeof l->widths);
		buf_clear(&l->filter);
		list_unmark_all(l);
		if (l->sort)
			list_remap(t, l);
	}
	if (list_mapped(l)) {
		/* A page of a long list that came in changes no row; looking at all of them again would never end. */
		uint64_t first = l->n ? l->kind->id(t, 0) : 0;
		if ((t->rows_changed && !l->kind->want) || first != l->first_id || l->n < l->scanned)
			list_remap(t, l);
		else if (!l->sort)
			list_scan(t, l);
	}
	if (l->kind->want && !l->moved && !l->cursor)
		l->cursor_id = 0;
	if (l->cursor_id && !(list_cursor(l, &i) && l->kind->id(t, i) == l->cursor_id) && l->cursor_id != l->missed_id)
		l->missed_id = list_select_id(t, l, l->cursor_id) ? 0 : l->cursor_id;
	clamp(l);
	if (!l->cursor_id || l->missed_id)
		remember(t, l), l->missed_id = 0;
}

void list_set_filter(struct tui *t, struct list *l, const char *pattern)
{
	uint64_t id = l->cursor_id;
	buf_clear(&l->filter);
	if (strcmp(pattern, "!") != 0)
		buf_add_str(&l->filter, pattern);
	l->ranging = false;
	list_remap(t, l);
	if (!list_select_id(t, l, id)) {
		l->cursor = l->top = 0;
		remember(t, l);
	}
	clamp(l);
}

void list_to(struct tui *t, struct list *l, size_t shown)
{
	l->cursor = shown;
	l->moved = l->stepped = true;
	if (l->filter.len && !l->sort)
		list_scan(t, l);
	clamp(l);
	remember(t, l);
}

void list_move(struct tui *t, struct list *l, long by)
{
	size_t n = list_len(l);
	size_t to = by < 0 ? (l->cursor > (size_t)-by ? l->cursor - (size_t)-by : 0) : l->cursor + (size_t)by;
	list_to(t, l, n && to >= n && !list_mapped(l) ? n - 1 : to);
}

/* ---- columns ---- */
struct shape { int x[LIST_COLUMNS], w[LIST_COLUMNS]; size_t n; };

static int wish(const struct list *l, const struct column *c, size_t i)
{
	return MIN_OF((int)l->widths[i], c->ideal ? MAX_OF(c->ideal, 18) : 250);
}

/* The least that is worth showing: a state is its glyph, or glyph and word; a number is whole; a text may be cut. */
static int least(const struct list *l, const struct column *c, size_t i)
{
	int w = wish(l, c, i);
	return c->min == 1 ? MIN_OF(w, 1) : c->type == COLUMN_TEXT ? MIN_OF(w, (int)c->min) : w;
}

static bool whole_words(const struct column *c, int has, int more, int w)
{
	return c->min != 1 || has + more >= MIN_OF(w, 15);
}

/* One rank after the other: the column that takes what is left (it has the name) is sure of half if that is all it needs, else
 * of two fifths; what ranks lower than there is room for is not shown. States become words when the third rank is served. */
static void shape_columns(const struct list *l, const struct column *columns, size_t n, int width, struct shape *s)
{
	int left = width;
	size_t flexible = SIZE_MAX;
	memset(s, 0, sizeof *s);
	s->n = MIN_OF(n, (size_t)LIST_COLUMNS);
	for (size_t i = 0; i < s->n && flexible == SIZE_MAX; i++)
		if (!columns[i].ideal && columns[i].rank && l->widths[i])
			flexible = i;
	if (flexible != SIZE_MAX) {
		int all = wish(l, &columns[flexible], flexible);
		s->w[flexible] = all <= width / 2 ? all : MAX_OF(width * 2 / 5, 12);
		left -= s->w[flexible] + 1;
	}
	for (unsigned rank = 1; rank <= 9; rank++) {
		for (size_t i = 0; i < s->n; i++) {
			int w = least(l, &columns[i], i);
			if (columns[i].rank != rank || i == flexible || !w || w + 1 > left)
				continue;
			s->w[i] = w;
			left -= w + 1;
		}
		for (size_t i = 0; i < s->n; i++) {
			int want = wish(l, &columns[i], i), more = (columns[i].min == 1 ? MAX_OF(columns[i].rank, 3) : columns[i].rank) == rank && s->w[i] && i != flexible ? MIN_OF(want - s->w[i], left) : 0;
			if (more <= 0 || !whole_words(&columns[i], s->w[i], more, want))
				continue;
			s->w[i] += more;
			left -= more;
		}
	}
	if (flexible != SIZE_MAX)
		s->w[flexible] += MAX_OF(left, 0);
	for (size_t i = 0, x = 0; i < s->n; i++) {
		s->x[i] = (int)x;
		x += s->w[i] ? (size_t)s->w[i] + 1 : 0;
	}
}

static bool row_at(struct tui *t, const struct list *l, size_t shown, struct row *r)
{
	size_t i;
	*r = (struct row){ .now_s = t->now_s, .ascii = t->surface.ascii };
	return list_index(l, shown, &i) && l->kind->row(t, i, r);
}

static void measure(struct tui *t, struct list *l, const struct column *columns, size_t n)
{
	struct buf b = BUF_INIT;
	struct row r;
	enum style ignored;
	for (size_t i = 0; l->head && i < MIN_OF(n, (size_t)LIST_COLUMNS); i++)
		if (l->widths[i])
			l->widths[i] = (unsigned char)MAX_OF((size_t)l->widths[i], text_width(sv_of(columns[i].title)) + (l->sort == (int)i + 1));
	for (size_t k = l->top; k < l->top + (size_t)l->height && k < list_len(l); k++) {
		if (!row_at(t, l, k, &r))
			continue;
		for (size_t i = 0; i < MIN_OF(n, (size_t)LIST_COLUMNS); i++) {
			if (!columns[i].rank)
				continue;
			buf_clear(&b);
			columns[i].text(&b, &r, &ignored);
			size_t w = b.len ? text_width(buf_sv(&b)) : 0;
			l->widths[i] = (unsigned char)MAX_OF((size_t)l->widths[i], MIN_OF(w, (size_t)250));
		}
	}
	buf_fini(&b);
}

/* Lays STYLE_MATCH over what the filter matched in this cell. */
static void mark_matches(struct tui *t, const struct list *l, struct sv text, int y, int x, int w)
{
	size_t at[64];
	if (!l->filter.len || buf_str(&l->filter)[0] == '!' || text_fuzzy(buf_sv(&l->filter), text, at, ARRAY_LEN(at)) <= 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(at) && at[i] != SIZE_MAX; i++) {
		int before = (int)text_width((struct sv){ text.p, at[i] });
		if (before < w)
			surface_over(&t->surface, y, x + before, 1, STYLE_MATCH);
	}
}

static void draw_cells(struct tui *t, const struct list *l, const struct shape *s, const struct row *r, int y, int x)
{
	size_t n;
	const struct column *columns = columns_of(l->kind->entity, &n);
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < s->n; i++) {
		enum style style = STYLE_PLAIN;
		if (!s->w[i])
			continue;
		buf_clear(&b);
		columns[i].text(&b, r, &style);
		struct sv text = buf_sv(&b);
		if (columns[i].min == 1 && (int)text_width(text) > s->w[i] && s->w[i] < 7) { /* the glyph alone */
			const char *space = memchr(text.p, ' ', text.len);
			text.len = space ? (size_t)(space - text.p) : text.len;
		}
		int w = columns[i].right ? (int)text_width(text) : 0;
		int indent = columns[i].right && w < s->w[i] ? s->w[i] - w : 0;
		surface_fit(&t->surface, y, x + s->x[i] + indent, s->w[i] - indent, style, text);
		mark_matches(t, l, text, y, x + s->x[i] + indent, s->w[i] - indent);
	}
	buf_fini(&b);
}

static void draw_row(struct tui *t, struct list *l, const struct shape *s, size_t shown, int y, struct rect r)
{
	struct row row;
	size_t i;
	if (!list_index(l, shown, &i))
		return;
	if (l->kind->draw && l->kind->draw(t, i, y, (struct rect){ y, r.x + 1, 1, r.w - 1 }))
		return;
	if (row_at(t, l, shown, &row))
		draw_cells(t, l, s, &row, y, r.x + 1);
	else
		surface_str(&t->surface, y, r.x + 1, r.w - 1, STYLE_DIM, t->surface.ascii ? "..." : "…");
}

static void draw_no_match(struct tui *t, const struct list *l, struct doc *d)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	doc_wrap(d, STYLE_DIM, 0, SV("Nothing matches the filter. esc clears it."));
	if (l->kind->says)
		l->kind->says(t, false, &b);
	if (b.len)
		doc_wrap(d, STYLE_DIM, 0, buf_sv(&b));
}

static void draw_empty(struct tui *t, struct list *l, struct rect r)
{
	struct doc d = { 0 };
	doc_begin(&d, r.w - 2, t->surface.ascii);
	if (l->filter.len && l->n)
		draw_no_match(t, l, &d);
	else
		l->kind->empty(t, &d);
	doc_draw(&d, &t->surface, (struct rect){ r.y, r.x + 1, r.h, r.w - 2 }, 0);
	doc_fini(&d);
}

/* Bold and a sign: a mark is told from the row under the cursor without colours too. */
static void draw_mark(struct tui *t, int y, struct rect r)
{
	surface_over(&t->surface, y, r.x, r.w, STYLE_BOLD);
	surface_str(&t->surface, y, r.x, 1, STYLE_WARN, t->surface.ascii ? "+" : "◆");
}

/* Titles of the columns; the one that sorts says which way. */
static void draw_head(struct tui *t, const struct list *l, const struct shape *s, const struct column *columns, struct rect r)
{
	for (size_t i = 0; i < s->n; i++) {
		bool sorts = l->sort == (int)i + 1;
		AUTO_STR text = xasprintf("%s%s", columns[i].title, !sorts ? "" : t->surface.ascii ? (l->sort_down ? "v" : "^") : l->sort_down ? "↓" : "↑");
		int w = columns[i].right ? MIN_OF((int)text_width(sv_of(text)), s->w[i]) : s->w[i];
		if (s->w[i])
			surface_fit(&t->surface, r.y, r.x + 1 + s->x[i] + s->w[i] - w, w, sorts ? STYLE_ACCENT : STYLE_DIM, sv_of(text));
	}
}

void list_draw_rows(struct tui *t, struct list *l, struct rect r, bool focused)
{
	size_t n;
	const struct column *columns = columns_of(l->kind->entity, &n);
	struct shape s;
	bool head = l->head && list_len(l);
	l->height = r.h - head;
	clamp(l);
	if (!list_len(l)) {
		draw_empty(t, l, r);
		return;
	}
	measure(t, l, columns, n);
	shape_columns(l, columns, n, r.w - 1, &s);
	if (head)
		draw_head(t, l, &s, columns, r);
	r.y += head;
	r.h -= head;
	tui_zone(t, ZONE_ROWS, (int)l->kind->pane, r);
	for (int y = 0; y < r.h && l->top + (size_t)y < list_len(l); y++) {
		bool here = l->top + (size_t)y == l->cursor;
		draw_row(t, l, &s, l->top + (size_t)y, r.y + y, r);
		if (list_is_marked(t, l, l->top + (size_t)y))
			draw_mark(t, r.y + y, r);
		if (!here)
			continue;
		surface_str(&t->surface, r.y + y, r.x, 1, focused ? STYLE_ACCENT : STYLE_DIM, t->surface.ascii ? ">" : focused ? "▌" : "▏");
		surface_over(&t->surface, r.y + y, r.x, r.w, focused ? STYLE_CURSOR : STYLE_CURSOR_DIM);
		if (focused && !t->surface.cursor_shown) {
			t->surface.cursor_y = r.y + y;
			t->surface.cursor_x = r.x;
		}
	}
}

/* How old it is, where that is not "just now": it could not be had again, or has not been yet. */
static void add_age(const struct tui *t, const struct list *l, const struct fresh *f, struct buf *b)
{
	bool old = f && (f->state == FRESH_FAILED || ((f->state == FRESH_STALE || f->state == FRESH_LOADING) && t->now_s - f->at_s >= 60));
	if (!old || !l->n || !f->at_s)
		return;
	buf_add_str(b, f->state == FRESH_FAILED ? " seen " : " of ");
	if (t->now_s <= f->at_s)
		buf_add_str(b, "just ");
	text_add_age(b, t->now_s - f->at_s);
	if (t->now_s > f->at_s)
		buf_add_str(b, " ago");
}

/* A host that has never said anything yet: what is listed is not all. */
static bool first_answer_awaited(const struct tui *t)
{
	if (store_projects_fresh(t->store)->state != FRESH_LOADING)
		return false;
	for (size_t i = 0; i < app_n_forges(t->app); i++) {
		const struct fresh *f = app_forge_fresh(t->app, i);
		if (!f->at_s && f->state != FRESH_FAILED)
			return true;
	}
	return false;
}

/* "2/212", with what is unusual about it: a filter, loading, how old it is. */
static void add_count(struct tui *t, const struct list *l, struct buf *b)
{
	const struct fresh *f = l->kind->fresh(t);
	const struct column *sort = list_sort_column(l);
	AUTO(buf_fini) struct buf asks = BUF_INIT;
	if (list_n_marks(t, l))
		buf_addf(b, "%zu marked  ", list_n_marks(t, l));
	if (sort)
		buf_addf(b, "by %s %s  ", sort->id, t->surface.ascii ? (l->sort_down ? "v" : "^") : l->sort_down ? "↓" : "↑");
	if (l->filter.len && l->kind->says)
		l->kind->says(t, true, &asks);
	if (asks.len) {
		buf_addf(b, "/%s %s", buf_str(&l->filter), buf_str(&asks));
		return;
	}
	if (l->filter.len)
		buf_addf(b, "/%s %zu of ", buf_str(&l->filter), list_len(l));
	else if (list_len(l))
		buf_addf(b, "%zu/", l->cursor + 1);
	if (l->n || (f && f->state == FRESH_FRESH))
		buf_addf(b, "%zu%s", l->n, l->complete ? "" : "+");
	if (l->kind->pane == PANE_PROJECTS && l->n && first_answer_awaited(t))
		buf_add_str(b, " loading");
	add_age(t, l, f, b);
}

void list_draw(struct tui *t, struct list *l, struct rect r, bool focused)
{
	AUTO(buf_fini) struct buf count = BUF_INIT;
	if (r.h <= 0)
		return;
	l->head = t->layout.kind == LAYOUT_STACKED && r.h >= 6 && (l->sort || l->kind->pane == PANE_SESSIONS);
	add_count(t, l, &count);
	tui_zone(t, ZONE_PANE, (int)l->kind->pane, r);
	tui_title(t, r, focused, (int)l->kind->pane + 1, l->kind->title, buf_str(&count));
	list_draw_rows(t, l, (struct rect){ r.y + 1, r.x, r.h - 1, r.w }, focused);
}
