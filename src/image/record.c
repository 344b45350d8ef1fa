/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A build's record as text. One table names the fields, for writing and reading alike. */
#include "berth/mem.h"
#include "image/record.h"

enum kind { FIELD_STR, FIELD_I64, FIELD_U32, FIELD_INT, FIELD_BOOL };
static const struct field { const char *name; enum kind kind; size_t offset; } fields[] = {
#define FIELD(name, kind, member) { name, kind, offsetof(struct record, member) }
	FIELD("id", FIELD_STR, b.id), FIELD("forge", FIELD_STR, b.forge), FIELD("project", FIELD_STR, b.project),
	FIELD("image", FIELD_STR, b.image_ref), FIELD("engine", FIELD_STR, b.engine), FIELD("builder", FIELD_STR, b.builder),
	FIELD("error", FIELD_STR, b.error), FIELD("hint", FIELD_STR, b.hint), FIELD("started", FIELD_I64, b.started_at_s),
	FIELD("ended", FIELD_I64, b.ended_at_s), FIELD("step", FIELD_U32, b.step), FIELD("steps", FIELD_U32, b.steps),
	FIELD("pid", FIELD_INT, b.pid), FIELD("folder", FIELD_STR, dir), FIELD("host", FIELD_STR, host), FIELD("ca", FIELD_STR, ca_file),
	FIELD("cert", FIELD_STR, cert_file), FIELD("key", FIELD_STR, key_file), FIELD("tls-insecure", FIELD_BOOL, tls_insecure),
	FIELD("no-cache", FIELD_BOOL, no_cache), FIELD("classic", FIELD_BOOL, classic),
#undef FIELD
};

static void *member(const struct record *r, const struct field *f)
{
	return (char *)(uintptr_t)r + f->offset;
}

void record_fini(struct record *r)
{
	build_fini(&r->b);
	free(r->dir);
	free(r->host);
	free(r->ca_file);
	free(r->cert_file);
	free(r->key_file);
	memset(r, 0, sizeof *r);
}

/* ---- writing ---- */
static void add_line(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, "%s=", name);
	buf_add_urlencoded(b, sv_of(value), " /:,;@()'\"");
	buf_add_char(b, '\n');
}

static void add_field(struct buf *b, const struct record *r, const struct field *f)
{
	const void *at = member(r, f);
	const char *s;
	switch (f->kind) {
	case FIELD_STR:
		s = *(char *const *)at;
		if (s)
			add_line(b, f->name, s);
		break;
	case FIELD_I64: buf_addf(b, "%s=%lld\n", f->name, (long long)*(const int64_t *)at); break;
	case FIELD_U32: buf_addf(b, "%s=%u\n", f->name, *(const uint32_t *)at); break;
	case FIELD_INT: buf_addf(b, "%s=%d\n", f->name, *(const int *)at); break;
	case FIELD_BOOL: buf_addf(b, "%s=%d\n", f->name, *(const bool *)at); break;
	}
}

void record_encode(const struct record *r, struct buf *b)
{
	char hex[OID_HEX + 1];
	oid_hex(&r->b.commit, hex);
	add_line(b, "commit", hex);
	add_line(b, "state", build_state_name(r->b.state));
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		add_field(b, r, &fields[i]);
	buf_add_str(b, "end=1\n");
}

/* ---- reading ---- */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode_value(struct sv s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		if (c == '%') {
			int hi = i + 1 < s.len ? hex_digit(s.p[i + 1]) : -1, lo = i + 2 < s.len ? hex_digit(s.p[i + 2]) : -1;
			if (hi < 0 || lo < 0)
				return false;
			c = (char)(hi << 4 | lo);
			i += 2;
		}
		if (!c)
			return false;
		buf_add_char(out, c);
	}
	return true;
}

static bool set_number(void *at, enum kind kind, struct sv value)
{
	int64_t n;
	if (!sv_to_i64(value, &n))
		return false;
	switch (kind) {
	case FIELD_I64: *(int64_t *)at = n; return true;
	case FIELD_U32: *(uint32_t *)at = (uint32_t)n; return n >= 0 && n <= UINT32_MAX;
	case FIELD_INT: *(int *)at = (int)n; return n >= 0 && n <= INT32_MAX;
	case FIELD_BOOL: *(bool *)at = n != 0; return n == 0 || n == 1;
	case FIELD_STR: break;
	}
	return false;
}

static bool set_state(struct record *r, struct sv value)
{
	for (int s = 0; s < BUILD_STATE_COUNT_; s++)
		if (sv_eq(value, sv_of(build_state_name((enum build_state)s)))) {
			r->b.state = (enum build_state)s;
			return true;
		}
	return false;
}

/* A key that is not known is a newer berth's. */
static bool set_field(struct record *r, struct sv key, struct sv value)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (!sv_eq(key, sv_of(fields[i].name)))
			continue;
		if (fields[i].kind != FIELD_STR)
			return set_number(member(r, &fields[i]), fields[i].kind, value);
		char **at = member(r, &fields[i]);
		free(*at);
		*at = sv_dup(value);
		return true;
	}
	return true;
}

static bool take_line(struct record *r, struct sv line, unsigned *seen)
{
	AUTO(buf_fini) struct buf value = BUF_INIT;
	struct sv key;
	if (!sv_split(&line, '=', &key) || !line.p || !decode_value(line, &value))
		return false;
	if (sv_eq(key, SV("commit"))) {
		*seen |= 1;
		return oid_parse(buf_sv(&value), &r->b.commit);
	}
	if (sv_eq(key, SV("state"))) {
		*seen |= 2;
		return set_state(r, buf_sv(&value));
	}
	if (sv_eq(key, SV("end")) && sv_eq(buf_sv(&value), SV("1")))
		*seen |= 4;
	return set_field(r, key, buf_sv(&value));
}

int record_decode(struct sv text, struct record *ret, struct err *reterr)
{
	struct record r = { 0 };
	unsigned seen = 0, n = 0;
	struct sv line;
	bool fine = true;
	while (fine && sv_split(&text, '\n', &line)) {
		n++;
		fine = !line.len || take_line(&r, line, &seen);
	}
	if (!fine)
		err_set(reterr, ERR_DECODE, "line %u is no field of a build's record", n);
	else if (seen != 7 || !r.b.id || !r.b.project || !r.b.forge || !r.b.image_ref)
		err_set(reterr, ERR_DECODE, "it is not a whole build's record");
	else {
		*ret = r;
		return 0;
	}
	record_fini(&r);
	return -ERR_DECODE;
}
