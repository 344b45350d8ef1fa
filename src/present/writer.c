/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "present/writer.h"

#include "berth/path.h"
#include "berth/text.h"

/* A program gets all, in a pipe as by --json: what has no room on a screen (paths, forges) is what it needs to go on. */
static bool shown_by_default(enum writer_kind kind, const struct column *c)
{
	return kind != WRITER_TABLE || c->rank > 0;
}

static int choose_columns(struct writer *w, const char *list, struct err *reterr)
{
	size_t n;
	const struct column *all = columns_of(w->entity, &n);
	if (!list) {
		for (size_t i = 0; i < n; i++)
			if (shown_by_default(w->kind, &all[i]))
				VEC_PUSH(&w->columns, &all[i]);
		return 0;
	}
	w->chosen = true;
	struct sv rest = sv_of(list), one;
	while (sv_split(&rest, ',', &one)) {
		AUTO_STR id = sv_dup(sv_trim(one));
		const struct column *c = column_by_id(w->entity, id);
		if (c) {
			VEC_PUSH(&w->columns, c);
			continue;
		}
		AUTO(buf_fini) struct buf known = BUF_INIT;
		struct text_nearest near = { .typed = sv_of(id) };
		for (size_t i = 0; i < n; i++) {
			buf_addf(&known, "%s%s", i ? ", " : "", all[i].id);
			text_nearest_offer(&near, all[i].id);
		}
		err_set(reterr, ERR_USAGE, near.best ? "there is no column %s; %s was probably meant" : "there is no column %s", id, near.best);
		err_hint(reterr, "the columns are %s", buf_str(&known));
		return -ERR_USAGE;
	}
	return 0;
}

static int choose_sort(struct writer *w, const char *sort, struct err *reterr)
{
	if (!sort)
		return 0;
	w->descending = *sort == '-';
	w->sort = column_by_id(w->entity, sort + w->descending);
	return w->sort ? 0 : err_set(reterr, ERR_USAGE, "there is no column %s to sort by", sort + w->descending);
}

struct writer *writer_new(const struct writer_spec *spec, struct err *reterr)
{
	struct writer *w = xcalloc(1, sizeof *w);
	w->kind = spec->kind;
	w->entity = spec->entity;
	w->width = spec->width;
	w->ascii = spec->ascii;
	w->colour = spec->colour;
	if (choose_columns(w, spec->columns, reterr) < 0 || choose_sort(w, spec->sort, reterr) < 0) {
		writer_free(w);
		return NULL;
	}
	return w;
}

static struct cell cell_of(const struct column *c, const struct row *r)
{
	AUTO(buf_fini) struct buf raw = BUF_INIT;
	AUTO(buf_fini) struct buf clean = BUF_INIT;
	struct cell cell = { .style = STYLE_PLAIN };
	c->text(&raw, r, &cell.style);
	text_clean(&clean, buf_sv(&raw));
	cell.text = buf_take(&clean);
	return cell;
}

static double number_of(const struct column *c, const struct row *r)
{
	return c && c->number ? c->number(r) : 0;
}

/* A time is written whole for programs, as an age for people. */
static void tsv_time(struct cell *cell, const struct column *c, const struct row *r)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	int64_t at = (int64_t)number_of(c, r);
	if (at)
		buf_add_rfc3339(&b, at);
	free(cell->text);
	cell->text = buf_take(&b);
}

void writer_row(struct writer *w, const struct row *r)
{
	struct line line = { .cells = xcalloc(w->columns.len + 1, sizeof *line.cells) };
	if (w->sort) {
		struct cell c = cell_of(w->sort, r);
		line.sort_text = c.text;
		line.sort_number = number_of(w->sort, r);
	}
	if (w->kind == WRITER_JSON) {
		AUTO_JSON j = row_json(w->entity, r, w->chosen ? w->columns.items : NULL, w->columns.len);
		line.json = json_text(j);
	}
	for (size_t i = 0; i < w->columns.len && w->kind != WRITER_JSON; i++) {
		line.cells[i] = cell_of(w->columns.items[i], r);
		if (w->kind == WRITER_TSV && w->columns.items[i]->type == COLUMN_TIME)
			tsv_time(&line.cells[i], w->columns.items[i], r);
	}
	VEC_PUSH(&w->lines, line);
}

static int compare_lines(const struct writer *w, const struct line *a, const struct line *b)
{
	int d = w->sort->number ? (a->sort_number > b->sort_number) - (a->sort_number < b->sort_number) : strcmp(a->sort_text, b->sort_text);
	return w->descending ? -d : d;
}

/* Merge sort: keeps the order of equal rows, and needs no context in a global. */
static void sort_lines(const struct writer *w, struct line *lines, struct line *room, size_t n)
{
	if (n < 2)
		return;
	size_t half = n / 2, i = 0, j = half, k = 0;
	sort_lines(w, lines, room, half);
	sort_lines(w, lines + half, room, n - half);
	while (i < half && j < n)
		room[k++] = compare_lines(w, &lines[j], &lines[i]) < 0 ? lines[j++] : lines[i++];
	while (i < half)
		room[k++] = lines[i++];
	memcpy(lines, room, k * sizeof *lines);
}

static void write_json(const struct writer *w, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < w->lines.len; i++)
		buf_addf(out, "%s\n%s", i ? "," : "", w->lines.items[i].json);
	buf_add_str(out, w->lines.len ? "\n]\n" : "]\n");
}

static void write_tsv(const struct writer *w, struct buf *out)
{
	for (size_t c = 0; c < w->columns.len; c++)
		buf_addf(out, "%s%s", c ? "\t" : "", w->columns.items[c]->id);
	buf_add_char(out, '\n');
	for (size_t i = 0; i < w->lines.len; i++) {
		for (size_t c = 0; c < w->columns.len; c++)
			buf_addf(out, "%s%s", c ? "\t" : "", w->lines.items[i].cells[c].text);
		buf_add_char(out, '\n');
	}
}

void writer_end(struct writer *w, struct buf *out)
{
	if (w->sort && w->lines.len) {
		struct line *room = xcalloc(w->lines.len, sizeof *room);
		sort_lines(w, w->lines.items, room, w->lines.len);
		free(room);
	}
	switch (w->kind) {
	case WRITER_JSON:
		write_json(w, out);
		break;
	case WRITER_TSV:
		write_tsv(w, out);
		break;
	case WRITER_TABLE:
		write_table(w, out);
		break;
	}
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->lines.len; i++) {
		struct line *l = &w->lines.items[i];
		for (size_t c = 0; c < w->columns.len; c++)
			free(l->cells[c].text);
		free(l->cells);
		free(l->json);
		free(l->sort_text);
	}
	VEC_FINI(&w->lines);
	VEC_FINI(&w->columns);
	free(w);
}
