/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows of a list are shown and in which order: filter, sort column; and which ones are marked. */
#include "tui/tui_impl.h"

enum { SCAN_AHEAD = 400, SCAN_STEP = 256 /* rows asked for at once while a filter looks through a long list */ };

bool list_mapped(const struct list *l)
{
	return l->filter.len || l->sort;
}

/* ---- filter ---- */
static bool matches(const struct list *l, const struct row *r)
{
	size_t n;
	const struct column *columns = columns_of(l->kind->entity, &n);
	AUTO(buf_fini) struct buf all = BUF_INIT;
	enum style ignored;
	for (size_t i = 0; i < n; i++) {
		size_t at = all.len;
		bool place = strcmp(columns[i].id, "path") == 0; /* no column of a pane, but what people know a project by */
		if ((columns[i].rank == 0 && !place) || columns[i].type != COLUMN_TEXT)
			continue;
		columns[i].text(&all, r, &ignored);
		struct sv one = { all.p + at, all.len - at };
		if (buf_str(&l->filter)[0] != '!' && one.len && text_fuzzy(buf_sv(&l->filter), one, NULL, 0) > 0)
			return true;
		buf_add_char(&all, ' ');
	}
	return buf_str(&l->filter)[0] == '!' && text_fuzzy(buf_sv(&l->filter), buf_sv(&all), NULL, 0) > 0;
}

/* Looks at rows from where it stopped, until the screen and what lies a page below it is filled, or a row is not loaded. */
void list_scan(struct tui *t, struct list *l)
{
	size_t enough = l->sort ? SIZE_MAX : MAX_OF(l->top, l->cursor) + 2 * (size_t)MAX_OF(l->height, 10) + SCAN_AHEAD;
	while (l->scanned < l->n && l->shown.len < enough) {
		struct row r = { .now_s = t->now_s, .ascii = t->surface.ascii };
		if (l->filter.len && !l->kind->row(t, l->scanned, &r)) {
			if (l->kind->want) {
				l->kind->want(t, l->scanned, SCAN_STEP);
				return;
			}
		} else if (!l->filter.len || matches(l, &r) || (l->kind->hit && l->kind->hit(t, &r))) {
			VEC_PUSH(&l->shown, (uint32_t)l->scanned);
		}
		l->scanned++;
	}
}

/* ---- sort: keys are taken once a row, then compared ---- */
struct sort_key { double number; char *text; uint32_t row; };

static int by_key(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;
	int c = x->text && y->text ? strcasecmp(x->text, y->text) : (x->number > y->number) - (x->number < y->number);
	return c ? c : (x->row > y->row) - (x->row < y->row);
}

const struct column *list_sort_column(const struct list *l)
{
	size_t n;
	const struct column *columns = columns_of(l->kind->entity, &n);
	return l->sort && (size_t)l->sort <= n ? &columns[l->sort - 1] : NULL;
}

static void sort_rows(struct tui *t, struct list *l)
{
	const struct column *c = list_sort_column(l);
	VEC(struct sort_key) keys = VEC_INIT;
	enum style ignored;
	for (size_t k = 0; k < l->shown.len; k++) {
		struct row r = { .now_s = t->now_s, .ascii = t->surface.ascii };
		struct sort_key key = { 0, NULL, l->shown.items[k] };
		bool there = l->kind->row(t, key.row, &r);
		AUTO(buf_fini) struct buf b = BUF_INIT;
		if (there && !c->number)
			c->text(&b, &r, &ignored);
		key.number = there && c->number ? c->number(&r) : 0;
		key.text = c->number ? NULL : xstrdup(buf_str(&b));
		VEC_PUSH(&keys, key);
	}
	if (keys.len)
		qsort(keys.items, keys.len, sizeof *keys.items, by_key);
	for (size_t k = 0; k < keys.len; k++) {
		l->shown.items[l->sort_down ? keys.len - 1 - k : k] = keys.items[k].row;
		free(keys.items[k].text);
	}
	VEC_FINI(&keys);
}

void list_remap(struct tui *t, struct list *l)
{
	VEC_CLEAR(&l->shown);
	l->scanned = 0;
	l->first_id = l->n ? l->kind->id(t, 0) : 0;
	if (list_mapped(l))
		list_scan(t, l);
	if (l->sort)
		sort_rows(t, l);
}

/* The next column that is on the screen; past the last one the list has its own order again. */
void list_sort_by(struct tui *t, struct list *l, int way)
{
	size_t n;
	const struct column *columns = columns_of(l->kind->entity, &n);
	uint64_t id = l->cursor_id;
	if (l->kind->want) {
		say(t, MESSAGE_INFO, "a history keeps its own order; / finds commits in it");
		return;
	}
	n = MIN_OF(n, (size_t)LIST_COLUMNS);
	do {
		l->sort = (l->sort + (int)n + 1 + way) % ((int)n + 1);
	} while (l->sort && !(columns[l->sort - 1].rank && l->widths[l->sort - 1]));
	l->sort_down = l->sort && columns[l->sort - 1].number; /* most, newest first */
	list_remap(t, l);
	list_select_id(t, l, id);
}

void list_sort_reverse(struct tui *t, struct list *l)
{
	uint64_t id = l->cursor_id;
	if (!l->sort) {
		say(t, MESSAGE_INFO, "the list has its own order; > sorts it by a column");
		return;
	}
	l->sort_down = !l->sort_down;
	list_remap(t, l);
	list_select_id(t, l, id);
}

/* ---- marks: ids, ascending ---- */
static size_t mark_place(const struct list *l, uint64_t id)
{
	size_t from = 0, to = l->marks.len;
	while (from < to) {
		size_t mid = (from + to) / 2;
		if (l->marks.items[mid] < id)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static bool has_mark(const struct list *l, uint64_t id)
{
	size_t at = mark_place(l, id);
	return at < l->marks.len && l->marks.items[at] == id;
}

static void mark(struct list *l, uint64_t id)
{
	size_t at = mark_place(l, id);
	if (at < l->marks.len && l->marks.items[at] == id)
		return;
	VEC_PUSH(&l->marks, id);
	memmove(l->marks.items + at + 1, l->marks.items + at, (l->marks.len - 1 - at) * sizeof *l->marks.items);
	l->marks.items[at] = id;
}

static void unmark(struct list *l, uint64_t id)
{
	size_t at = mark_place(l, id);
	if (!has_mark(l, id))
		return;
	l->marks.len--;
	memmove(l->marks.items + at, l->marks.items + at + 1, (l->marks.len - at) * sizeof *l->marks.items);
}

static bool in_range(const struct list *l, size_t shown)
{
	return l->ranging && shown >= MIN_OF(l->range_from, l->cursor) && shown <= MAX_OF(l->range_from, l->cursor);
}

bool list_is_marked(struct tui *t, const struct list *l, size_t shown)
{
	size_t i;
	if (in_range(l, shown))
		return true;
	return l->marks.len && list_index(l, shown, &i) && has_mark(l, l->kind->id(t, i));
}

void list_mark_toggle(struct tui *t, struct list *l)
{
	if (!l->cursor_id)
		return;
	if (has_mark(l, l->cursor_id))
		unmark(l, l->cursor_id);
	else
		mark(l, l->cursor_id);
	list_move(t, l, 1);
}

/* What the range covers becomes marks. */
void list_range_end(struct tui *t, struct list *l)
{
	size_t i, to = MAX_OF(l->range_from, l->cursor);
	for (size_t k = MIN_OF(l->range_from, l->cursor); l->ranging && k <= to && list_index(l, k, &i); k++)
		mark(l, l->kind->id(t, i));
	l->ranging = false;
}

void list_range(struct tui *t, struct list *l)
{
	if (l->ranging) {
		list_range_end(t, l);
		return;
	}
	l->ranging = list_len(l) > 0;
	l->range_from = l->cursor;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* All that are shown; when they all are marked already, none. */
void list_mark_all(struct tui *t, struct list *l)
{
	size_t n = list_len(l), i;
	bool all = l->marks.len == n;
	l->ranging = false;
	VEC_CLEAR(&l->marks);
	for (size_t k = 0; !all && k < n && list_index(l, k, &i); k++)
		VEC_PUSH(&l->marks, l->kind->id(t, i));
	if (l->marks.len)
		qsort(l->marks.items, l->marks.len, sizeof *l->marks.items, by_id);
}

bool list_unmark_all(struct list *l)
{
	bool any = l->marks.len || l->ranging;
	VEC_CLEAR(&l->marks);
	l->ranging = false;
	return any;
}

/* Marks of rows that are gone count no more. */
size_t list_marked(struct tui *t, struct list *l, size_t *ret_rows, size_t max)
{
	size_t n = 0;
	list_range_end(t, l);
	for (size_t i = 0; l->marks.len && i < l->n; i++) {
		if (!has_mark(l, l->kind->id(t, i)))
			continue;
		if (n < max)
			ret_rows[n] = i;
		n++;
	}
	return n;
}

size_t list_n_marks(struct tui *t, const struct list *l)
{
	size_t n = l->marks.len, i, to = MAX_OF(l->range_from, l->cursor);
	for (size_t k = MIN_OF(l->range_from, l->cursor); l->ranging && k <= to && list_index(l, k, &i); k++)
		n += !l->marks.len || !has_mark(l, l->kind->id(t, i));
	return n;
}
