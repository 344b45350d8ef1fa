/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entities as plain values: their ends, their copies, their names. A field that is a string stands in one table per entity,
 * so that no copy and no end can forget one. */
#include "model/entity.h"

FIELDS_OF(project, offsetof(struct project, forge), offsetof(struct project, path), offsetof(struct project, name),
          offsetof(struct project, dir), offsetof(struct project, clone_url), offsetof(struct project, default_branch),
          offsetof(struct project, note), offsetof(struct project, visibility), offsetof(struct project, image_prefix),
          offsetof(struct project, web_url), offsetof(struct project, ssh_url), offsetof(struct project, import_status));
FIELDS_OF(branch, offsetof(struct branch, name), offsetof(struct branch, upstream), offsetof(struct branch, tip_author),
          offsetof(struct branch, tip_subject));
FIELDS_OF(commit, offsetof(struct commit, author), offsetof(struct commit, email), offsetof(struct commit, subject),
          offsetof(struct commit, body));
FIELDS_OF(image, offsetof(struct image, ref), offsetof(struct image, image_id), offsetof(struct image, reason),
          offsetof(struct image, pipeline_url));
FIELDS_OF(build, offsetof(struct build, id), offsetof(struct build, forge), offsetof(struct build, project),
          offsetof(struct build, image_ref), offsetof(struct build, engine), offsetof(struct build, builder),
          offsetof(struct build, log_path), offsetof(struct build, error), offsetof(struct build, hint));
FIELDS_OF(session, offsetof(struct session, name), offsetof(struct session, container_id), offsetof(struct session, volume), offsetof(struct session, workdir),
          offsetof(struct session, forge), offsetof(struct session, project), offsetof(struct session, branch),
          offsetof(struct session, image_ref), offsetof(struct session, owner), offsetof(struct session, default_url),
          offsetof(struct session, address), offsetof(struct session, reason), offsetof(struct session, home));

DEFINE_ENTITY(project)
DEFINE_ENTITY(branch)
DEFINE_ENTITY(commit)
DEFINE_ENTITY(build)
DEFINE_ENTITY(session)

void image_fini(struct image *i)
{
	if (!i)
		return;
	job_fini(&i->job);
	strings_fini(i, image_strings, ARRAY_LEN(image_strings), sizeof *i);
}

void image_dup(struct image *out, const struct image *i)
{
	*out = *i;
	strings_dup(out, image_strings, ARRAY_LEN(image_strings));
	job_dup(&out->job, &i->job);
}

/* ---- object ids -------------------------------------------------------------------------------------------------------- */
void oid_hex(const struct oid *o, char ret[OID_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < sizeof o->b; i++) {
		ret[2 * i] = digits[o->b[i] >> 4];
		ret[2 * i + 1] = digits[o->b[i] & 15];
	}
	ret[OID_HEX] = '\0';
}

uint64_t oid_number(const struct oid *o)
{
	uint64_t n = 0;
	for (size_t i = 0; i < sizeof n; i++)
		n = n << 8 | o->b[i];
	return n >> 4;
}

void oid_sha7(const struct oid *o, char ret[8])
{
	char hex[OID_HEX + 1];
	oid_hex(o, hex);
	memcpy(ret, hex, 7);
	ret[7] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool oid_parse(struct sv hex40, struct oid *ret)
{
	struct oid o;
	if (hex40.len != OID_HEX)
		return false;
	for (size_t i = 0; i < sizeof o.b; i++) {
		int high = hex_digit(hex40.p[2 * i]), low = hex_digit(hex40.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		o.b[i] = (unsigned char)(high << 4 | low);
	}
	*ret = o;
	return true;
}

bool oid_eq(const struct oid *a, const struct oid *b)
{
	return !memcmp(a->b, b->b, sizeof a->b);
}

bool oid_is_zero(const struct oid *o)
{
	static const struct oid zero;
	return oid_eq(o, &zero);
}

struct project_id project_id_of(const char *forge, const char *path)
{
	/* The NUL between them is hashed too, so that "a" + "bc" and "ab" + "c" differ. */
	AUTO(buf_fini) struct buf b = BUF_INIT;
	buf_add(&b, forge, strlen(forge) + 1);
	buf_add_str(&b, path);
	uint64_t v = hash_bytes(b.p, b.len);
	return (struct project_id){ v ? v : 1 };
}

/* ---- names ------------------------------------------------------------------------------------------------------------- */
#define NAME_FROM(names, i) ((size_t)(i) < ARRAY_LEN(names) && names[i] ? names[i] : "unknown")

const char *image_state_name(enum image_state s)
{
	static const char *const names[IMAGE_STATE_COUNT_] = {
		[IMAGE_UNKNOWN] = "unknown", [IMAGE_READY] = "ready", [IMAGE_AVAILABLE] = "available", [IMAGE_SAME_AS] = "same-as",
		[IMAGE_QUEUED] = "queued", [IMAGE_BUILDING] = "building", [IMAGE_FAILED] = "failed", [IMAGE_CANCELED] = "canceled",
		[IMAGE_SKIPPED] = "skipped", [IMAGE_MANUAL] = "manual", [IMAGE_SCHEDULED] = "scheduled", [IMAGE_NONE] = "none",
		[IMAGE_PINNED] = "pinned", [IMAGE_PINNED_MISSING] = "pinned-missing", [IMAGE_PINNED_LOGIN] = "pinned-login",
	};
	return NAME_FROM(names, s);
}

const char *build_state_name(enum build_state s)
{
	static const char *const names[BUILD_STATE_COUNT_] = {
		[BUILD_QUEUED] = "queued", [BUILD_RUNNING] = "running", [BUILD_DONE] = "done", [BUILD_FAILED] = "failed",
		[BUILD_CANCELED] = "canceled", [BUILD_LOST] = "lost",
	};
	return NAME_FROM(names, s);
}

bool session_is_up(const struct session *s)
{
	return s->state == SESSION_STARTING || session_is_running(s);
}

bool session_is_running(const struct session *s)
{
	return s && (s->state == SESSION_RUNNING || s->state == SESSION_UNHEALTHY);
}

bool session_is_of(const struct session *s, const struct project *p)
{
	return s && p && s->project && s->forge && strcmp(s->project, p->path) == 0 && strcmp(s->forge, p->forge) == 0;
}

const char *session_state_name(enum session_state s)
{
	static const char *const names[SESSION_STATE_COUNT_] = {
		[SESSION_STARTING] = "starting", [SESSION_RUNNING] = "running", [SESSION_UNHEALTHY] = "unhealthy",
		[SESSION_PAUSED] = "paused", [SESSION_STOPPING] = "stopping", [SESSION_STOPPED] = "stopped", [SESSION_FAILED] = "failed",
		[SESSION_UNSAVED] = "unsaved",
	};
	return NAME_FROM(names, s);
}
