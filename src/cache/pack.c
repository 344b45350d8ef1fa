/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cache/pack.h"

#include "cache/scrub.h"

#define FIELD(entity, number, type, name) { number, PACK_##type, offsetof(struct entity, name) }
#define PACK(entity, fini) { entity##_fields, ARRAY_LEN(entity##_fields), sizeof(struct entity), fini }
#define ENDER(entity) static void entity##_end(void *e) { entity##_fini(e); }
ENDER(project)
ENDER(branch)
ENDER(commit)
ENDER(image)

/* Where the entity's fields stand on disk. A new field: a new number. */
static const struct pack_field project_fields[] = {
	FIELD(project, 1, STR, forge), FIELD(project, 2, STR, path), FIELD(project, 3, STR, name), FIELD(project, 4, STR, dir),
	FIELD(project, 5, STR, clone_url), FIELD(project, 6, STR, default_branch), FIELD(project, 7, STR, note),
	FIELD(project, 8, I64, active_at_s), FIELD(project, 9, BOOL, bare),
	FIELD(project, 10, U64, number), FIELD(project, 11, STR, visibility), FIELD(project, 12, STR, image_prefix), FIELD(project, 13, STR, web_url),
	FIELD(project, 14, STR, ssh_url), FIELD(project, 15, STR, import_status), FIELD(project, 16, U32, access_level),
	FIELD(project, 17, U32, build_timeout_s), FIELD(project, 18, BOOL, archived), FIELD(project, 19, BOOL, starred), FIELD(project, 20, BOOL, empty),
	FIELD(project, 21, BOOL, rights_known), FIELD(project, 22, BOOL, can_push), FIELD(project, 23, BOOL, can_run),
	FIELD(project, 24, BOOL, ci_enabled), FIELD(project, 25, BOOL, registry_enabled), FIELD(project, 26, BOOL, found),
};
const struct pack pack_project = PACK(project, project_end);

static const struct pack_field branch_fields[] = {
	FIELD(branch, 1, STR, name), FIELD(branch, 2, STR, upstream), FIELD(branch, 3, STR, tip_author), FIELD(branch, 4, STR, tip_subject),
	FIELD(branch, 5, OID, tip), FIELD(branch, 6, I64, tip_at_s), FIELD(branch, 7, U32, ahead), FIELD(branch, 8, U32, behind),
	FIELD(branch, 9, BOOL, is_default), FIELD(branch, 10, BOOL, is_remote), FIELD(branch, 11, BOOL, is_head), FIELD(branch, 12, BOOL, has_upstream),
	FIELD(branch, 13, I64, seen_at_s),
};
const struct pack pack_branch = PACK(branch, branch_end);

static const struct pack_field commit_fields[] = {
	FIELD(commit, 1, OID, id), FIELD(commit, 2, STR, author), FIELD(commit, 3, STR, email), FIELD(commit, 4, STR, subject),
	FIELD(commit, 5, STR, body), FIELD(commit, 6, I64, authored_at_s), FIELD(commit, 7, I64, committed_at_s),
	FIELD(commit, 8, U32, n_parents), FIELD(commit, 9, OID, parent),
};
const struct pack pack_commit = PACK(commit, commit_end);

static const struct pack_field image_fields[] = {
	FIELD(image, 1, OID, commit), FIELD(image, 2, INT, state), FIELD(image, 3, STR, ref), FIELD(image, 4, STR, image_id),
	FIELD(image, 5, STR, reason), FIELD(image, 6, OID, same_as), FIELD(image, 7, U64, size_bytes), FIELD(image, 8, I64, created_at_s),
	FIELD(image, 9, I64, build_started_at_s), FIELD(image, 10, I64, build_ended_at_s), FIELD(image, 11, U32, typical_build_s),
	FIELD(image, 12, U32, step), FIELD(image, 13, U32, steps),
	FIELD(image, 14, U64, pipeline_id), FIELD(image, 15, STR, pipeline_url), FIELD(image, 16, BOOL, has_job), FIELD(image, 17, U64, job.id),
	FIELD(image, 18, U64, job.pipeline_id), FIELD(image, 19, STR, job.name), FIELD(image, 20, STR, job.ref), FIELD(image, 21, STR, job.source),
	FIELD(image, 22, STR, job.state_word), FIELD(image, 23, STR, job.failure_reason), FIELD(image, 24, STR, job.web_url),
	FIELD(image, 25, STR, job.runner), FIELD(image, 26, OID, job.commit), FIELD(image, 27, INT, job.state), FIELD(image, 28, I64, job.created_at_s),
	FIELD(image, 29, I64, job.queued_at_s), FIELD(image, 30, I64, job.started_at_s), FIELD(image, 31, I64, job.ended_at_s),
	FIELD(image, 32, U64, job.log_bytes), FIELD(image, 33, BOOL, job.retryable), FIELD(image, 34, BOOL, job.cancelable),
	FIELD(image, 35, BOOL, job.playable), FIELD(image, 36, BOOL, job.allow_failure), FIELD(image, 37, BOOL, job.retried),
	FIELD(image, 38, BOOL, job.stuck),
};
const struct pack pack_image = PACK(image, image_end);

/* ---- numbers and bytes --------------------------------------------------------------------------------------------------- */
void pack_add_number(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_add_char(b, (char)(v | 0x80));
	buf_add_char(b, (char)v);
}

bool pack_next_number(struct sv *rest, uint64_t *ret)
{
	uint64_t v = 0;
	for (size_t i = 0; i < rest->len && i < 10; i++) {
		unsigned char c = (unsigned char)rest->p[i];
		v |= (uint64_t)(c & 0x7f) << (7 * i);
		if (c & 0x80)
			continue;
		*rest = (struct sv){ rest->p + i + 1, rest->len - i - 1 };
		*ret = v;
		return true;
	}
	return false;
}

void pack_add_bytes(struct buf *b, struct sv s)
{
	pack_add_number(b, s.len);
	buf_add_sv(b, s);
}

bool pack_next_bytes(struct sv *rest, struct sv *ret)
{
	uint64_t len;
	struct sv r = *rest;
	if (!pack_next_number(&r, &len) || len > r.len)
		return false;
	*ret = (struct sv){ r.p, (size_t)len };
	*rest = (struct sv){ r.p + len, r.len - (size_t)len };
	return true;
}

/* ---- fields --------------------------------------------------------------------------------------------------------------- */
static const void *at(const void *entity, size_t offset)
{
	return (const char *)entity + offset;
}

static bool is_bytes(enum pack_type type)
{
	return type == PACK_STR || type == PACK_OID;
}

static int64_t number_of(const struct pack_field *f, const void *entity)
{
	const void *p = at(entity, f->offset);
	switch (f->type) {
	case PACK_I64: return *(const int64_t *)p;
	case PACK_U64: return (int64_t)*(const uint64_t *)p;
	case PACK_U32: return *(const uint32_t *)p;
	case PACK_INT: return *(const int *)p;
	case PACK_BOOL: return *(const bool *)p;
	default: return 0;
	}
}

static struct sv bytes_of(const struct pack_field *f, const void *entity)
{
	if (f->type == PACK_STR)
		return sv_of(*(char *const *)at(entity, f->offset));
	const struct oid *o = at(entity, f->offset);
	return oid_is_zero(o) ? (struct sv){ 0 } : (struct sv){ (const char *)o->b, sizeof o->b };
}

static void add_field(struct buf *b, const struct pack_field *f, const void *entity)
{
	struct sv s = is_bytes(f->type) ? bytes_of(f, entity) : (struct sv){ 0 };
	int64_t n = number_of(f, entity);
	if (s.p) {
		buf_add_char(b, (char)(f->number << 1 | 1));
		pack_add_bytes(b, s);
		if (f->type == PACK_STR && s.len) /* what people and servers wrote may hold a token */
			scrub(b->p + b->len - s.len, s.len);
	} else if (n) {
		buf_add_char(b, (char)(f->number << 1));
		pack_add_number(b, (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0));
	}
}

void pack_add(struct buf *b, const struct pack *p, const void *entity)
{
	AUTO(buf_fini) struct buf one = BUF_INIT;
	for (size_t i = 0; i < p->n; i++)
		add_field(&one, &p->fields[i], entity);
	pack_add_bytes(b, buf_sv(&one));
}

static void set_number(const struct pack_field *f, void *entity, int64_t n)
{
	void *p = (char *)entity + f->offset;
	switch (f->type) {
	case PACK_I64: *(int64_t *)p = n; break;
	case PACK_U64: *(uint64_t *)p = (uint64_t)n; break;
	case PACK_U32: *(uint32_t *)p = (uint32_t)n; break;
	case PACK_INT: *(int *)p = n >= INT32_MIN && n <= INT32_MAX ? (int)n : 0; break;
	case PACK_BOOL: *(bool *)p = n != 0; break;
	default: break;
	}
}

static void set_bytes(const struct pack_field *f, void *entity, struct sv s)
{
	void *p = (char *)entity + f->offset;
	if (f->type == PACK_OID && s.len == sizeof(struct oid)) {
		memcpy(p, s.p, s.len);
	} else if (f->type == PACK_STR) {
		free(*(char **)p);
		*(char **)p = sv_dup(s);
	}
}

static const struct pack_field *field_of(const struct pack *p, uint64_t number)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->fields[i].number == number)
			return &p->fields[i];
	return NULL;
}

static bool next_field(struct sv *rest, const struct pack *p, void *entity)
{
	uint64_t tag, n;
	struct sv s;
	if (!pack_next_number(rest, &tag))
		return false;
	const struct pack_field *f = field_of(p, tag >> 1);
	if (tag & 1) {
		if (!pack_next_bytes(rest, &s))
			return false;
		if (f && is_bytes(f->type))
			set_bytes(f, entity, s);
		return true;
	}
	if (!pack_next_number(rest, &n))
		return false;
	if (f && !is_bytes(f->type))
		set_number(f, entity, (int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0)));
	return true;
}

bool pack_next(struct sv *rest, const struct pack *p, void *entity)
{
	struct sv one;
	memset(entity, 0, p->size);
	if (!rest->len || !pack_next_bytes(rest, &one))
		return false;
	while (one.len)
		if (!next_field(&one, p, entity)) {
			p->fini(entity);
			return false;
		}
	return true;
}
