/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "present/columns.h"

static void name_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = r->branch->is_remote ? STYLE_DIM : STYLE_REF;
	buf_add_str(b, r->branch->name);
}

static void marks_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_ACCENT;
	if (r->branch->is_default)
		buf_add_str(b, "default");
	else if (r->branch->is_head)
		buf_add_str(b, "checked out");
}

static void tip_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	char sha[8];
	*ret_style = STYLE_HASH;
	oid_sha7(&r->branch->tip, sha);
	buf_add_str(b, sha);
}

static void commit_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	char hex[OID_HEX + 1];
	*ret_style = STYLE_HASH;
	oid_hex(&r->branch->tip, hex);
	buf_add_str(b, hex);
}

static void age_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	add_time_ago(b, r->branch->tip_at_s, r->now_s);
}

static double age_number(const struct row *r)
{
	return (double)r->branch->tip_at_s;
}

static void author_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PERSON;
	buf_add_str(b, r->branch->tip_author);
}

static void subject_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->branch->tip_subject);
}

static void track_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	const struct branch *br = r->branch;
	*ret_style = br->behind ? STYLE_WARN : STYLE_DIM;
	if (br->ahead)
		buf_addf(b, "%s%u", r->ascii ? "+" : "↑", br->ahead);
	if (br->behind)
		buf_addf(b, "%s%u", r->ascii ? "-" : "↓", br->behind);
}

static double track_number(const struct row *r)
{
	return (double)r->branch->ahead - (double)r->branch->behind;
}

static void ahead_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_addf(b, "%u", r->branch->ahead);
}

static double ahead_number(const struct row *r)
{
	return r->branch->ahead;
}

static void behind_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_addf(b, "%u", r->branch->behind);
}

static double behind_number(const struct row *r)
{
	return r->branch->behind;
}

static void upstream_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->branch->upstream);
}

static void add_truth(struct buf *b, bool yes)
{
	buf_add_str(b, yes ? "yes" : "");
}

static void default_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_ACCENT;
	add_truth(b, r->branch->is_default);
}

static double default_number(const struct row *r)
{
	return r->branch->is_default;
}

static void remote_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	add_truth(b, r->branch->is_remote);
}

static double remote_number(const struct row *r)
{
	return r->branch->is_remote;
}

const struct column branch_columns[] = {
	{ "name", "BRANCH", COLUMN_TEXT, 8, 0, 1, false, name_text, NULL },
	{ "marks", "", COLUMN_TEXT, 7, 11, 4, false, marks_text, NULL },
	{ "tip", "TIP", COLUMN_TEXT, 7, 7, 5, false, tip_text, NULL },
	{ "track", "TRACK", COLUMN_NUMBER, 2, 6, 3, false, track_text, track_number },
	{ "image", "IMAGE", COLUMN_TEXT, 1, 15, 3, false, add_image_state, NULL },
	{ "sessions", "RUN", COLUMN_NUMBER, 2, 3, 2, false, add_session_count, session_count },
	{ "author", "AUTHOR", COLUMN_TEXT, 4, 14, 6, false, author_text, NULL },
	{ "age", "AGE", COLUMN_TIME, 3, 4, 2, true, age_text, age_number },
	{ "commit", "COMMIT", COLUMN_TEXT, 40, 40, 0, false, commit_text, NULL },
	{ "subject", "SUBJECT", COLUMN_TEXT, 8, 40, 0, false, subject_text, NULL },
	{ "upstream", "UPSTREAM", COLUMN_TEXT, 6, 20, 0, false, upstream_text, NULL },
	{ "ahead", "AHEAD", COLUMN_NUMBER, 2, 5, 0, true, ahead_text, ahead_number },
	{ "behind", "BEHIND", COLUMN_NUMBER, 2, 6, 0, true, behind_text, behind_number },
	{ "default", "DEFAULT", COLUMN_BOOL, 3, 7, 0, false, default_text, default_number },
	{ "remote", "REMOTE", COLUMN_BOOL, 3, 6, 0, false, remote_text, remote_number },
	{ 0 },
};
