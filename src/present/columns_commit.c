/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "present/columns.h"

static void sha_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	char sha[8];
	*ret_style = STYLE_HASH;
	oid_sha7(&r->commit->id, sha);
	buf_add_str(b, sha);
}

static void id_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	char hex[OID_HEX + 1];
	*ret_style = STYLE_HASH;
	oid_hex(&r->commit->id, hex);
	buf_add_str(b, hex);
}

static void age_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	add_time_ago(b, r->commit->committed_at_s, r->now_s);
}

static double age_number(const struct row *r)
{
	return (double)r->commit->committed_at_s;
}

static void author_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PERSON;
	buf_add_str(b, r->commit->author);
}

static void email_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->commit->email);
}

static void subject_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	buf_add_str(b, r->commit->subject);
}

const struct column commit_columns[] = {
	{ "sha", "COMMIT", COLUMN_TEXT, 7, 7, 1, false, sha_text, NULL },
	{ "age", "AGE", COLUMN_TIME, 3, 4, 2, true, age_text, age_number },
	{ "author", "AUTHOR", COLUMN_TEXT, 4, 10, 4, false, author_text, NULL },
	{ "subject", "SUBJECT", COLUMN_TEXT, 8, 0, 1, false, subject_text, NULL },
	{ "image", "IMAGE", COLUMN_TEXT, 1, 15, 3, false, add_image_state, NULL },
	{ "sessions", "RUN", COLUMN_NUMBER, 2, 3, 3, false, add_session_count, session_count },
	{ "id", "ID", COLUMN_TEXT, 40, 40, 0, false, id_text, NULL },
	{ "email", "EMAIL", COLUMN_TEXT, 6, 24, 0, false, email_text, NULL },
	{ 0 },
};
