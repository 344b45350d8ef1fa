/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/json.h"

#include "berth/mem.h"

json_t *json_read(struct sv text, size_t max_bytes, struct err *reterr)
{
	/* A "\u0000" in one label of one container must not hide all containers: readers of C strings see it cut there. */
	const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_error_t e;

	if (text.len > max_bytes) {
		err_set(reterr, ERR_TOO_BIG, "JSON of %zu bytes is bigger than the %zu that are taken", text.len, max_bytes);
		return NULL;
	}
	json_t *j = json_loadb(text.p ? text.p : "", text.len, flags, &e);
	if (!j && json_error_code(&e) == json_error_numeric_overflow)
		j = json_loadb(text.p, text.len, flags | JSON_DECODE_INT_AS_REAL, &e);
	if (j)
		return j;
	err_set(reterr, ERR_DECODE, "not valid JSON at line %d, column %d: %s", e.line, e.column, e.text);
	return NULL;
}

const json_t *json_path(const json_t *j, const char *path)
{
	struct sv rest = sv_of(path && *path ? path : NULL), step;

	while (j && sv_split(&rest, '.', &step)) {
		AUTO_STR key = sv_dup(step);
		j = json_object_get(j, key); /* NULL when j is no object */
	}
	return j;
}

const char *json_str(const json_t *j, const char *path, const char *def)
{
	const json_t *v = json_path(j, path);

	return json_is_string(v) ? json_string_value(v) : def;
}

static int64_t saturate(double d)
{
	if (d >= 9223372036854775808.0)
		return INT64_MAX;
	return d <= -9223372036854775808.0 ? INT64_MIN : (int64_t)d;
}

int64_t json_int(const json_t *j, const char *path, int64_t def)
{
	const json_t *v = json_path(j, path);

	if (json_is_real(v))
		return saturate(json_real_value(v));
	return json_is_integer(v) ? json_integer_value(v) : def;
}

double json_num(const json_t *j, const char *path, double def)
{
	const json_t *v = json_path(j, path);

	return json_is_number(v) ? json_number_value(v) : def;
}

bool json_bool(const json_t *j, const char *path, bool def)
{
	const json_t *v = json_path(j, path);

	return json_is_boolean(v) ? json_is_true(v) : def;
}

/* JSON may have them as they are, but a terminal that is shown the JSON acts upon them. C0 it has escaped already. */
static bool steers_terminal(uint32_t code)
{
	return code >= 0x20 && utf8_steers(code);
}

static char *steering_escaped(struct sv text)
{
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(SIZE_MAX / 2);
	uint32_t code;

	for (size_t n; text.len; text = (struct sv){ text.p + n, text.len - n }) {
		n = utf8_next(text, &code);
		if (steers_terminal(code))
			buf_add_json_escape(&b, code);
		else
			buf_add(&b, text.p, n);
	}
	return buf_take(&b);
}

char *json_text(const json_t *j)
{
	if (!j)
		return xstrdup("null");
	char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!text)
		BUG("a JSON value that can't be written");
	struct sv rest = sv_of(text);
	uint32_t code = 0;
	for (size_t n; rest.len; rest = (struct sv){ rest.p + n, rest.len - n }) {
		n = utf8_next(rest, &code);
		if (!steers_terminal(code))
			continue;
		char *escaped = steering_escaped(sv_of(text)); /* such characters stand in strings only */
		free(text);
		return escaped;
	}
	return text;
}

json_t *json_str_lossy(struct sv s)
{
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(SIZE_MAX / 2);
	uint32_t code;

	while (s.len) {
		size_t n = utf8_next(s, &code);
		if (n)
			buf_add(&b, s.p, n);
		else
			buf_add_str(&b, "\xef\xbf\xbd");
		s.p += n ? n : 1;
		s.len -= n ? n : 1;
	}
	json_t *j = json_stringn(buf_str(&b), b.len);
	if (!j)
		BUG("out of memory for a JSON string of %zu bytes", b.len);
	return j;
}
