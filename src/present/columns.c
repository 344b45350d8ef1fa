/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "berth/text.h"
#include "present/columns.h"

static const struct column *const tables[ENTITY_COUNT_] = {
	[ENTITY_PROJECT] = project_columns, [ENTITY_BRANCH] = branch_columns, [ENTITY_COMMIT] = commit_columns, [ENTITY_IMAGE] = image_columns,
	[ENTITY_BUILD] = build_columns, [ENTITY_SESSION] = session_columns, [ENTITY_CONFIG] = config_columns,
	[ENTITY_CHECK] = check_columns,
};

const struct column *columns_of(enum entity e, size_t *ret_n)
{
	size_t n = 0;
	while (tables[e][n].id)
		n++;
	*ret_n = n;
	return tables[e];
}

const struct column *column_by_id(enum entity e, const char *id)
{
	for (const struct column *c = tables[e]; c->id; c++)
		if (strcmp(c->id, id) == 0)
			return c;
	return NULL;
}

int row_compare(const struct column *c, const struct row *a, const struct row *b)
{
	if (c->number) {
		double x = c->number(a), y = c->number(b);
		return (x > y) - (x < y);
	}
	AUTO(buf_fini) struct buf left = BUF_INIT;
	AUTO(buf_fini) struct buf right = BUF_INIT;
	enum style ignored;
	c->text(&left, a, &ignored);
	c->text(&right, b, &ignored);
	return strcmp(buf_str(&left), buf_str(&right));
}

void add_time_ago(struct buf *b, int64_t at_s, int64_t now_s)
{
	if (at_s)
		text_add_age(b, now_s - at_s);
}

void add_look(struct buf *b, const struct look *look, const struct row *r, enum style *ret_style)
{
	*ret_style = look->style;
	buf_addf(b, "%s %s", r->ascii ? look->ascii : look->glyph, look->word);
}

void add_image_state(struct buf *b, const struct row *r, enum style *ret_style)
{
	const struct image *i = r->image;
	*ret_style = STYLE_DIM;
	if (!i)
		return;
	add_look(b, look_of_image(i->state), r, ret_style);
	if (i->state == IMAGE_SAME_AS) {
		char sha[8];
		oid_sha7(&i->same_as, sha);
		buf_addf(b, " %s", sha);
	} else if (i->state == IMAGE_BUILDING && i->steps) {
		buf_addf(b, " %u/%u", i->step, i->steps);
	}
}

void add_session_count(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_GOOD;
	if (r->n_sessions)
		buf_addf(b, "%s%u", r->ascii ? "*" : "●", r->n_sessions);
}

double session_count(const struct row *r)
{
	return r->sessions_unknown ? NAN : r->n_sessions;
}
