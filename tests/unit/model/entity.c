/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

void oid_texts(void **state)
{
	struct oid o;
	char hex[OID_HEX + 1], sha7[8];
	assert_true(oid_parse(SV("0123456789abcdefABCDEF000000000000000fF9"), &o));
	oid_hex(&o, hex);
	assert_string_equal(hex, "0123456789abcdefabcdef000000000000000ff9");
	oid_sha7(&o, sha7);
	assert_string_equal(sha7, "0123456");
	assert_false(oid_is_zero(&o));
	assert_true(oid_eq(&o, &o));
	struct oid zero = { { 0 } };
	assert_true(oid_is_zero(&zero));
	assert_false(oid_eq(&o, &zero));
}

void oid_refuses(void **state)
{
	static const char *const rows[] = { "", "0123456", "0123456789abcdef0123456789abcdef0123456", "0123456789abcdef0123456789abcdef012345678",
		"0123456789abcdef0123456789abcdef0123456g", " 123456789abcdef0123456789abcdef01234567" };
	struct oid o = { { 7 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_false(oid_parse(sv_of(rows[i]), &o));
	assert_int_equal(o.b[0], 7);
}

void project_ids_differ(void **state)
{
	struct project_id a = project_id_of("local", "flights"), b = project_id_of("local", "flight"), c = project_id_of("localf", "lights");
	assert_true(a.v && b.v && c.v);
	assert_false(project_id_eq(a, b));
	assert_false(project_id_eq(a, c));
	assert_true(project_id_eq(a, project_id_of("local", "flights")));
	assert_true(project_id_of("", "").v != 0);
}

void names_are_stable(void **state)
{
	for (int i = 0; i < IMAGE_STATE_COUNT_; i++)
		assert_true(*image_state_name((enum image_state)i) && (i == 0 || strcmp(image_state_name((enum image_state)i), "unknown")));
	for (int i = 0; i < BUILD_STATE_COUNT_; i++)
		assert_string_not_equal(build_state_name((enum build_state)i), "unknown");
	for (int i = 0; i < SESSION_STATE_COUNT_; i++)
		assert_string_not_equal(session_state_name((enum session_state)i), "unknown");
	assert_string_equal(image_state_name(IMAGE_SAME_AS), "same-as");
	assert_string_equal(image_state_name((enum image_state)99), "unknown");
}

#define CHECK_DUP(type, field) do { \
	struct type a = { .field = xstrdup("text") }, b; \
	type##_dup(&b, &a); \
	assert_string_equal(b.field, "text"); \
	assert_ptr_not_equal(a.field, b.field); \
	type##_fini(&a); \
	type##_fini(&a); /* an ended one is empty */ \
	assert_null(a.field); \
	type##_fini(&b); \
	type##_fini(NULL); \
} while (0)

void dup_is_deep_and_fini_is_twice(void **state)
{
	CHECK_DUP(project, note);
	CHECK_DUP(branch, tip_subject);
	CHECK_DUP(commit, body);
	CHECK_DUP(image, reason);
	CHECK_DUP(build, hint);
	CHECK_DUP(session, reason);
}
