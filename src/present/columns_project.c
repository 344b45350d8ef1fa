/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "present/columns.h"

static void name_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	buf_add_str(b, r->project->name);
}

static void path_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->project->path);
}

static void forge_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->one_forge ? NULL : r->project->forge);
}

static void dir_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->project->dir);
}

static void default_branch_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_REF;
	buf_add_str(b, r->project->default_branch);
}

static void note_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = r->project->note ? STYLE_WARN : STYLE_DIM;
	buf_add_str(b, r->project->note ? r->project->note : r->found ? "found" : NULL);
}

static void active_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	add_time_ago(b, r->project->active_at_s, r->now_s);
}

static double active_number(const struct row *r)
{
	return (double)r->project->active_at_s;
}

const struct column project_columns[] = {
	{ "name", "PROJECT", COLUMN_TEXT, 8, 0, 1, false, name_text, NULL },
	{ "path", "PATH", COLUMN_TEXT, 6, 24, 0, false, path_text, NULL },
	{ "forge", "FORGE", COLUMN_TEXT, 5, 12, 3, false, forge_text, NULL },
	{ "default_branch", "BRANCH", COLUMN_TEXT, 4, 10, 4, false, default_branch_text, NULL },
	{ "note", "NOTE", COLUMN_TEXT, 4, 18, 3, false, note_text, NULL },
	{ "sessions", "RUN", COLUMN_NUMBER, 2, 3, 2, false, add_session_count, session_count },
	{ "active_at", "AGE", COLUMN_TIME, 3, 4, 2, true, active_text, active_number },
	{ "dir", "FOLDER", COLUMN_TEXT, 8, 30, 0, false, dir_text, NULL },
	{ 0 },
};
