/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/text.h"
#include "present/columns.h"

static void state_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	const struct build *u = r->build;
	add_look(b, look_of_build(u->state), r, ret_style);
	if (u->state == BUILD_RUNNING && u->steps)
		buf_addf(b, " %u/%u", u->step, u->steps);
}

static void state_name_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = look_of_build(r->build->state)->style;
	buf_add_str(b, build_state_name(r->build->state));
}

static void project_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	buf_add_str(b, r->build->project);
}

static void commit_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	char hex[OID_HEX + 1];
	*ret_style = STYLE_HASH;
	oid_hex(&r->build->commit, hex);
	buf_add_str(b, hex);
}

static void started_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	add_time_ago(b, r->build->started_at_s, r->now_s);
}

static double started_number(const struct row *r)
{
	return (double)r->build->started_at_s;
}

static int64_t took_s(const struct row *r)
{
	const struct build *u = r->build;
	if (!u->started_at_s)
		return 0;
	return (u->ended_at_s ? u->ended_at_s : r->now_s) - u->started_at_s;
}

static void took_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (r->build->started_at_s)
		text_add_duration(b, took_s(r));
}

static double took_number(const struct row *r)
{
	return (double)took_s(r);
}

static void ended_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	add_time_ago(b, r->build->ended_at_s, r->now_s);
}

static double ended_number(const struct row *r)
{
	return (double)r->build->ended_at_s;
}

static void image_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_REF;
	buf_add_str(b, r->build->image_ref);
}

static void builder_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->build->builder);
}

static void error_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_ERROR;
	buf_add_str(b, r->build->error);
}

static void id_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->build->id);
}

static void log_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->build->log_path);
}

const struct column build_columns[] = {
	{ "shown", "BUILD", COLUMN_TEXT, 6, 14, 1, false, state_text, NULL },
	{ "state", "STATE", COLUMN_TEXT, 5, 8, 0, false, state_name_text, NULL },
	{ "project", "PROJECT", COLUMN_TEXT, 8, 20, 1, false, project_text, NULL },
	{ "commit", "COMMIT", COLUMN_TEXT, 7, 7, 1, false, commit_text, NULL },
	{ "started_at", "AGE", COLUMN_TIME, 3, 4, 2, true, started_text, started_number },
	{ "took", "TOOK", COLUMN_NUMBER, 4, 7, 2, true, took_text, took_number },
	{ "error", "ERROR", COLUMN_TEXT, 8, 0, 3, false, error_text, NULL },
	{ "image", "IMAGE", COLUMN_TEXT, 8, 30, 0, false, image_text, NULL },
	{ "builder", "BUILDER", COLUMN_TEXT, 7, 8, 0, false, builder_text, NULL },
	{ "id", "ID", COLUMN_TEXT, 8, 24, 4, false, id_text, NULL },
	{ "ended_at", "ENDED", COLUMN_TIME, 3, 5, 0, true, ended_text, ended_number },
	{ "log", "LOG", COLUMN_TEXT, 8, 40, 0, false, log_text, NULL },
	{ 0 },
};
