/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/text.h"
#include "present/columns.h"

static void commit_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	char hex[OID_HEX + 1];
	*ret_style = STYLE_HASH;
	oid_hex(&r->image->commit, hex);
	buf_add_str(b, hex);
}

static void state_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	add_image_state(b, r, ret_style);
}

static void state_name_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = look_of_image(r->image->state)->style;
	buf_add_str(b, image_state_name(r->image->state));
}

static void ref_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_REF;
	buf_add_str(b, r->image->ref);
}

static void image_id_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->image->image_id);
}

static void same_as_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	char hex[OID_HEX + 1];
	*ret_style = STYLE_HASH;
	if (r->image->state != IMAGE_SAME_AS)
		return;
	oid_hex(&r->image->same_as, hex);
	buf_add_str(b, hex);
}

static void reason_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	buf_add_str(b, r->image->reason);
}

static void size_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (r->image->size_bytes)
		text_add_size(b, r->image->size_bytes);
}

static double size_number(const struct row *r)
{
	return (double)r->image->size_bytes;
}

static void created_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	add_time_ago(b, r->image->created_at_s, r->now_s);
}

static double created_number(const struct row *r)
{
	return (double)r->image->created_at_s;
}

const struct column image_columns[] = {
	{ "commit", "COMMIT", COLUMN_TEXT, 7, 40, 1, false, commit_text, NULL },
	{ "shown", "IMAGE", COLUMN_TEXT, 8, 16, 1, false, state_text, NULL },
	{ "state", "STATE", COLUMN_TEXT, 5, 9, 0, false, state_name_text, NULL },
	{ "ref", "REF", COLUMN_TEXT, 8, 30, 2, false, ref_text, NULL },
	{ "size", "SIZE", COLUMN_NUMBER, 5, 8, 3, true, size_text, size_number },
	{ "created_at", "AGE", COLUMN_TIME, 3, 4, 3, true, created_text, created_number },
	{ "reason", "REASON", COLUMN_TEXT, 8, 0, 4, false, reason_text, NULL },
	{ "same_as", "SAME AS", COLUMN_TEXT, 7, 40, 0, false, same_as_text, NULL },
	{ "image_id", "ID", COLUMN_TEXT, 12, 71, 0, false, image_id_text, NULL },
	{ 0 },
};
