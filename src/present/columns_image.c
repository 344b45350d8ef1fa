/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

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

/* ---- what a host builds it with ---- */
static const struct job *job_of(const struct row *r)
{
	return r->image->has_job ? &r->image->job : NULL;
}

static void pipeline_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (r->image->pipeline_id)
		buf_addf(b, "%llu", (unsigned long long)r->image->pipeline_id);
}

static double pipeline_number(const struct row *r)
{
	return r->image->pipeline_id ? (double)r->image->pipeline_id : NAN;
}

static void pipeline_url_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_REF;
	buf_add_str(b, r->image->pipeline_url);
}

static void job_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (job_of(r))
		buf_addf(b, "%llu", (unsigned long long)job_of(r)->id);
}

static double job_number(const struct row *r)
{
	return job_of(r) ? (double)job_of(r)->id : NAN;
}

static void job_words(struct buf *b, const char *words, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	buf_add_str(b, words ? words : "");
}

static void job_name_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	job_words(b, job_of(r) ? job_of(r)->name : NULL, ret_style);
}

static void job_state_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	const struct job *j = job_of(r);
	job_words(b, !j ? NULL : j->state_word ? j->state_word : job_state_name(j->state), ret_style);
}

static void failure_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	job_words(b, job_of(r) ? job_of(r)->failure_reason : NULL, ret_style);
}

static void runner_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	job_words(b, job_of(r) ? job_of(r)->runner : NULL, ret_style);
}

static void job_url_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	job_words(b, job_of(r) ? job_of(r)->web_url : NULL, ret_style);
}

static double queued_number(const struct row *r) { return job_of(r) ? (double)job_of(r)->queued_at_s : 0; }
static double started_number(const struct row *r) { return job_of(r) ? (double)job_of(r)->started_at_s : 0; }
static double ended_number(const struct row *r) { return job_of(r) ? (double)job_of(r)->ended_at_s : 0; }

static void queued_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	add_time_ago(b, (int64_t)queued_number(r), r->now_s);
}

static void started_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	add_time_ago(b, (int64_t)started_number(r), r->now_s);
}

static void ended_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	add_time_ago(b, (int64_t)ended_number(r), r->now_s);
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
	{ "pipeline", "PIPELINE", COLUMN_NUMBER, 6, 10, 0, true, pipeline_text, pipeline_number },
	{ "pipeline_url", "PIPELINE AT", COLUMN_TEXT, 8, 40, 0, false, pipeline_url_text, NULL },
	{ "job", "JOB", COLUMN_NUMBER, 6, 10, 0, true, job_text, job_number },
	{ "job_name", "JOB NAME", COLUMN_TEXT, 8, 16, 0, false, job_name_text, NULL },
	{ "job_state", "JOB STATE", COLUMN_TEXT, 7, 10, 0, false, job_state_text, NULL },
	{ "failure_reason", "FAILURE", COLUMN_TEXT, 8, 24, 0, false, failure_text, NULL },
	{ "runner", "RUNNER", COLUMN_TEXT, 8, 20, 0, false, runner_text, NULL },
	{ "queued_at", "QUEUED", COLUMN_TIME, 3, 6, 0, true, queued_text, queued_number },
	{ "started_at", "STARTED", COLUMN_TIME, 3, 7, 0, true, started_text, started_number },
	{ "ended_at", "ENDED", COLUMN_TIME, 3, 5, 0, true, ended_text, ended_number },
	{ "job_url", "JOB AT", COLUMN_TEXT, 8, 40, 0, false, job_url_text, NULL },
	{ 0 },
};
