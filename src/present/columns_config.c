/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "present/columns.h"

static void key_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_KEY;
	buf_add_str(b, r->config->key);
}

static void value_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	buf_add_str(b, r->config->value);
}

static void from_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->config->from);
}

static void help_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->config->help);
}

const struct column config_columns[] = {
	{ "key", "SETTING", COLUMN_TEXT, 10, 22, 1, false, key_text, NULL },
	{ "value", "VALUE", COLUMN_TEXT, 8, 24, 1, false, value_text, NULL },
	{ "from", "FROM", COLUMN_TEXT, 7, 20, 2, false, from_text, NULL },
	{ "help", "WHAT IT IS", COLUMN_TEXT, 10, 0, 3, false, help_text, NULL },
	{ 0 },
};
