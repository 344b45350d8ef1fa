/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "present/columns.h"

static void level_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = look_of_check(r->check->level)->style;
	buf_add_str(b, look_of_check(r->check->level)->word);
}

static void subject_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_KEY;
	buf_add_str(b, r->check->subject);
}

static void what_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	buf_add_str(b, r->check->what);
}

static void fix_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	present_with_capital(b, r->check->fix);
}

const struct column check_columns[] = {
	{ "level", "LEVEL", COLUMN_TEXT, 7, 7, 1, false, level_text, NULL },
	{ "subject", "ABOUT", COLUMN_TEXT, 8, 9, 1, false, subject_text, NULL },
	{ "what", "WHAT", COLUMN_TEXT, 20, 0, 1, false, what_text, NULL },
	{ "fix", "WHAT TO DO", COLUMN_TEXT, 12, 40, 2, false, fix_text, NULL },
	{ 0 },
};
