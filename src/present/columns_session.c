/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "berth/session.h"
#include "berth/text.h"
#include "present/columns.h"

static void name_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (r->owner)
		buf_addf(b, "%s: ", r->owner);
	buf_add_str(b, r->session->name);
}

static void state_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	add_look(b, look_of_session(r->session->state), r, ret_style);
}

static void state_name_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = look_of_session(r->session->state)->style;
	buf_add_str(b, session_state_name(r->session->state));
}

static void project_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	buf_add_str(b, r->session->project);
}

static void branch_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_REF;
	buf_add_str(b, r->session->branch);
}

static void sha_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	char sha[8];
	*ret_style = STYLE_HASH;
	oid_sha7(&r->session->commit, sha);
	buf_add_str(b, sha);
}

static void commit_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	char hex[OID_HEX + 1];
	*ret_style = STYLE_HASH;
	oid_hex(&r->session->commit, hex);
	buf_add_str(b, hex);
}

static void up_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	const struct session *s = r->session;
	*ret_style = STYLE_AGE;
	add_time_ago(b, s->ended_at_s ? s->ended_at_s : s->started_at_s, r->now_s);
}

static double started_number(const struct row *r)
{
	return (double)r->session->started_at_s;
}

static void created_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	add_time_ago(b, r->session->created_at_s, r->now_s);
}

static double created_number(const struct row *r)
{
	return (double)r->session->created_at_s;
}

static void cpu_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	const struct session *s = r->session;
	*ret_style = s->cpu_limit_cores > 0 && s->usage.cpu_cores > 0.9 * s->cpu_limit_cores ? STYLE_WARN : STYLE_PLAIN;
	if (s->usage.at_s)
		buf_addf(b, "%.0f%%", s->usage.cpu_cores * 100);
}

static double cpu_number(const struct row *r)
{
	return r->session->usage.cpu_cores;
}

static void memory_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	const struct session *s = r->session;
	*ret_style = s->memory_limit_bytes && s->usage.memory_bytes > s->memory_limit_bytes / 10 * 9 ? STYLE_WARN : STYLE_PLAIN;
	if (!s->usage.at_s)
		return;
	text_add_binary_size(b, s->usage.memory_bytes);
	if (s->memory_limit_bytes) {
		buf_add_char(b, '/');
		text_add_binary_size(b, s->memory_limit_bytes);
	}
}

static double memory_number(const struct row *r)
{
	return (double)r->session->usage.memory_bytes;
}

static void memory_limit_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (r->session->memory_limit_bytes)
		text_add_binary_size(b, r->session->memory_limit_bytes);
}

static double memory_limit_number(const struct row *r)
{
	return (double)r->session->memory_limit_bytes;
}

static void cpu_limit_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (r->session->cpu_limit_cores > 0)
		buf_addf(b, "%g", r->session->cpu_limit_cores);
}

static double cpu_limit_number(const struct row *r)
{
	return r->session->cpu_limit_cores;
}

static void pids_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (r->session->usage.at_s)
		buf_addf(b, "%u", r->session->usage.pids);
}

static double pids_number(const struct row *r)
{
	return r->session->usage.pids;
}

static void gpus_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	buf_addf(b, "%u", r->session->gpus);
}

static double gpus_number(const struct row *r)
{
	return r->session->gpus;
}

static void disk_limit_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (r->session->disk_limit_bytes)
		text_add_binary_size(b, r->session->disk_limit_bytes);
}

static double disk_limit_number(const struct row *r)
{
	return (double)r->session->disk_limit_bytes;
}

static void idle_limit_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	if (r->session->idle_limit_s)
		text_add_duration(b, r->session->idle_limit_s);
	else
		buf_add_str(b, "never");
}

static double idle_limit_number(const struct row *r)
{
	return r->session->idle_limit_s;
}

/* ---- what the keeper saw ---- */
static double left_number(const struct row *r)
{
	const struct session *s = r->session;
	int64_t left_s = idle_left_s(&s->watch, s->idle_limit_s, r->now_s);
	return session_is_up(s) && s->watch.seen_at_s && left_s != INT64_MAX ? (double)left_s : NAN;
}

static void left_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	const struct session *s = r->session;
	double left = left_number(r);
	*ret_style = STYLE_AGE;
	if (isnan(left))
		return;
	if (s->watch.active)
		buf_add_str(b, "in use");
	else
		text_add_duration(b, (int64_t)left);
	if (idle_is_near(&s->watch, s->idle_limit_s, r->now_s))
		*ret_style = STYLE_WARN;
}

static double idle_number(const struct row *r)
{
	return session_is_up(r->session) && r->session->watch.seen_at_s ? (double)r->session->watch.idle_s : NAN;
}

static void idle_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_AGE;
	if (!isnan(idle_number(r)))
		text_add_duration(b, r->session->watch.idle_s);
}

static void in_use_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (session_is_up(r->session))
		activity_words(b, (unsigned)r->session->watch.active);
}

static void add_part(struct buf *b, const char *sign, int64_t n)
{
	if (n)
		buf_addf(b, "%s%s%lld", b->len ? " " : "", sign, (long long)n);
}

static void work_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	const struct session_watch *w = &r->session->watch;
	*ret_style = STYLE_WARN;
	if (!w->work_at_s)
		return;
	add_part(b, r->ascii ? "~" : "±", w->changed);
	add_part(b, "?", w->untracked);
	add_part(b, r->ascii ? "^" : "↑", w->ahead);
	if (!b->len)
		*ret_style = STYLE_GOOD;
	if (w->behind || r->session->branch_moved)
		buf_addf(b, "%s%s", b->len ? " " : "", r->ascii ? "v" : "↓");
	if (w->behind)
		buf_addf(b, "%lld", (long long)w->behind);
	if (r->session->branch_moved)
		buf_add_char(b, '+'); /* and those that it has not looked at yet */
	if (!b->len)
		buf_add_str(b, "saved");
}

#define WORK_COLUMN(name) \
	static double name##_number(const struct row *r) \
	{ \
		return r->session->watch.work_at_s ? (double)r->session->watch.name : NAN; \
	} \
	static void name##_text(struct buf *b, const struct row *r, enum style *ret_style) \
	{ \
		*ret_style = STYLE_PLAIN; \
		if (r->session->watch.work_at_s) \
			buf_addf(b, "%lld", (long long)r->session->watch.name); \
	}
WORK_COLUMN(changed)
WORK_COLUMN(untracked)
WORK_COLUMN(ahead)
WORK_COLUMN(behind)

static double behind_more_number(const struct row *r)
{
	return r->session->branch_moved;
}

static void behind_more_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (r->session->branch_moved)
		buf_add_str(b, "yes");
}

static double disk_number(const struct row *r)
{
	return r->session->watch.disk_used_bytes ? (double)r->session->watch.disk_used_bytes : NAN;
}

static void disk_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	if (r->session->watch.disk_used_bytes)
		text_add_binary_size(b, (uint64_t)r->session->watch.disk_used_bytes);
}

static double disk_free_number(const struct row *r)
{
	return r->session->watch.disk_size_bytes ? (double)r->session->watch.disk_free_bytes : NAN;
}

static void disk_free_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	const struct session_watch *w = &r->session->watch;
	*ret_style = w->disk_free_bytes < w->disk_size_bytes / 20 ? STYLE_WARN : STYLE_PLAIN;
	if (w->disk_size_bytes)
		text_add_binary_size(b, (uint64_t)w->disk_free_bytes);
}

/* The last minutes of its CPU, of what it may use. */
static void trend_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	enum { TREND = 8 };
	const struct usage *u = &r->session->usage;
	float shares[USAGE_HISTORY];
	double most = r->session->cpu_limit_cores > 0 ? r->session->cpu_limit_cores : 1;
	*ret_style = STYLE_ACCENT;
	for (uint32_t i = 0; i < u->n; i++)
		shares[i] = (float)(u->cpu_history[i] / most);
	if (u->n)
		present_sparkline(b, shares, u->n, TREND, r->ascii);
}

static void image_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_REF;
	buf_add_str(b, r->session->image_ref);
}

static void address_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_REF;
	buf_add_str(b, r->session->address);
}

static void environment_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->session->default_url);
}

static void reason_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PLAIN;
	buf_add_str(b, r->session->reason);
}

static void owner_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_PERSON;
	buf_add_str(b, r->session->owner);
}

static void container_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->session->container_id);
}

static void volume_text(struct buf *b, const struct row *r, enum style *ret_style)
{
	*ret_style = STYLE_DIM;
	buf_add_str(b, r->session->volume);
}

const struct column session_columns[] = {
	{ "shown", "STATE", COLUMN_TEXT, 1, 11, 1, false, state_text, NULL },
	{ "name", "SESSION", COLUMN_TEXT, 8, 0, 1, false, name_text, NULL },
	{ "state", "STATE", COLUMN_TEXT, 5, 9, 0, false, state_name_text, NULL },
	{ "project", "PROJECT", COLUMN_TEXT, 6, 14, 5, false, project_text, NULL },
	{ "branch", "BRANCH", COLUMN_TEXT, 4, 10, 3, false, branch_text, NULL },
	{ "sha", "COMMIT", COLUMN_TEXT, 7, 7, 4, false, sha_text, NULL },
	{ "up", "UP", COLUMN_TIME, 3, 4, 2, true, up_text, started_number },
	{ "cpu", "CPU", COLUMN_NUMBER, 4, 4, 2, true, cpu_text, cpu_number },
	{ "memory", "MEMORY", COLUMN_NUMBER, 5, 10, 2, true, memory_text, memory_number },
	{ "commit", "COMMIT", COLUMN_TEXT, 40, 40, 0, false, commit_text, NULL },
	{ "created_at", "CREATED", COLUMN_TIME, 3, 7, 0, true, created_text, created_number },
	{ "memory_limit", "MEM LIMIT", COLUMN_NUMBER, 4, 9, 0, true, memory_limit_text, memory_limit_number },
	{ "cpu_limit", "CPU LIMIT", COLUMN_NUMBER, 3, 9, 0, true, cpu_limit_text, cpu_limit_number },
	{ "pids", "PIDS", COLUMN_NUMBER, 3, 5, 0, true, pids_text, pids_number },
	{ "gpus", "GPUS", COLUMN_NUMBER, 3, 4, 0, true, gpus_text, gpus_number },
	{ "disk_limit", "DISK LIMIT", COLUMN_NUMBER, 4, 10, 0, true, disk_limit_text, disk_limit_number },
	{ "idle_limit", "IDLE LIMIT", COLUMN_NUMBER, 4, 10, 0, true, idle_limit_text, idle_limit_number },
	{ "left", "LEFT", COLUMN_NUMBER, 4, 6, 3, true, left_text, left_number },
	{ "work", "WORK", COLUMN_TEXT, 5, 9, 3, false, work_text, NULL },
	{ "disk", "DISK", COLUMN_NUMBER, 5, 6, 6, true, disk_text, disk_number },
	{ "trend", "TREND", COLUMN_TEXT, 8, 8, 8, false, trend_text, NULL },
	{ "idle", "IDLE", COLUMN_NUMBER, 4, 6, 0, true, idle_text, idle_number },
	{ "in_use", "IN USE", COLUMN_TEXT, 6, 20, 0, false, in_use_text, NULL },
	{ "changed", "CHANGED", COLUMN_NUMBER, 3, 7, 0, true, changed_text, changed_number },
	{ "untracked", "UNTRACKED", COLUMN_NUMBER, 3, 9, 0, true, untracked_text, untracked_number },
	{ "ahead", "AHEAD", COLUMN_NUMBER, 3, 5, 0, true, ahead_text, ahead_number },
	{ "behind", "BEHIND", COLUMN_NUMBER, 3, 6, 0, true, behind_text, behind_number },
	{ "behind_more", "MORE", COLUMN_BOOL, 4, 4, 0, false, behind_more_text, behind_more_number },
	{ "disk_free", "DISK FREE", COLUMN_NUMBER, 5, 9, 0, true, disk_free_text, disk_free_number },
	{ "image", "IMAGE", COLUMN_TEXT, 8, 24, 0, false, image_text, NULL },
	{ "address", "ADDRESS", COLUMN_TEXT, 10, 24, 6, false, address_text, NULL },
	{ "environment", "ENV", COLUMN_TEXT, 4, 9, 0, false, environment_text, NULL },
	{ "reason", "REASON", COLUMN_TEXT, 8, 30, 7, false, reason_text, NULL },
	{ "owner", "OWNER", COLUMN_TEXT, 4, 10, 0, false, owner_text, NULL },
	{ "container", "CONTAINER", COLUMN_TEXT, 12, 64, 0, false, container_text, NULL },
	{ "volume", "VOLUME", COLUMN_TEXT, 8, 24, 0, false, volume_text, NULL },
	{ 0 },
};
