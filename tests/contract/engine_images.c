/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine.h"

static void got_info(void *ctx, const struct engine_info *i)
{
	struct seen *s = ctx;

	s->items++;
	str_replace(&s->word, i->product);
	s->number = i->memory_bytes;
	assert_true(i->cpus > 0);
	assert_string_equal(i->os, "linux");
	assert_true(i->caps & ENGINE_IS_LOCAL);
	assert_true(i->version[0] && i->api_version[0] == '1');
}

static void test_ping(void **state)
{
	for (int i = 0; i < 2; i++) {               /* the second asks again */
		AUTO(seen_clear) struct seen s = { 0 };
		engine_ping(test_engine(), got_info, seen_end, &s);
		assert_false(s.ended);              /* never from within the call */
		assert_ended_well(&s, "ping");
		assert_int_equal(s.items, 1);
		assert_true(s.number > 0);
	}
	assert_true(engine_caps(test_engine()) & ENGINE_IS_LOCAL);
}

static void got_image(void *ctx, const struct engine_image *i)
{
	struct seen *s = ctx;

	s->items++;
	str_replace(&s->id, i->id);
	s->number = i->size_bytes;
	s->known = false;
	for (size_t k = 0; k < i->n_repo_tags; k++)
		if (strstr(i->repo_tags[k], TEST_IMAGE))
			s->known = true;
	s->exit_code = i->n_exposed_tcp ? i->exposed_tcp[0] : 0;
	if (i->n_cmd)
		str_replace(&s->word, i->cmd[0]);
}

static void test_image_inspect(void **state)
{
	AUTO(seen_clear) struct seen s = { 0 };

	engine_image_inspect(test_engine(), TEST_IMAGE, got_image, seen_end, &s);
	assert_ended_well(&s, "inspect");
	assert_true(strncmp(s.id, "sha256:", 7) == 0);
	assert_true(s.known && s.number > 1000000);
	assert_int_equal(s.exit_code, 8888);
	assert_string_equal(s.word, "sh");
}

static void test_image_inspect_bad(void **state)
{
	static const struct { const char *ref; enum err_code code; } rows[] = {
		{ "berth-test/there-is-none:x", ERR_NOT_FOUND }, { "UPPER CASE", ERR_USAGE }, { "", ERR_USAGE }, { "../../info", ERR_USAGE },
		{ "a//b", ERR_USAGE }, { "x?all=1", ERR_USAGE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(seen_clear) struct seen s = { 0 };
		engine_image_inspect(test_engine(), rows[i].ref, got_image, seen_end, &s);
		assert_ended_as(&s, rows[i].code, NULL, rows[i].ref);
		assert_int_equal(s.items, 0);
	}
}

static void find_tagged(void *ctx, const struct engine_image *i)
{
	struct seen *s = ctx;

	s->items++;
	for (size_t k = 0; k < i->n_repo_tags; k++)
		if (strstr(i->repo_tags[k], s->word))
			s->known = true;
}

static bool is_listed(const char *filter, const char *tag)
{
	AUTO(seen_clear) struct seen s = { .word = xstrdup(tag) };

	engine_images(test_engine(), filter, find_tagged, seen_end, &s);
	assert_ended_well(&s, "images");
	return s.known;
}

static void test_tag_list_remove(void **state)
{
	AUTO(seen_clear) struct seen s = { 0 };
	AUTO_STR ref = xasprintf("berth-test/%s:one", test_name("tag"));

	engine_image_tag(test_engine(), TEST_IMAGE, ref, seen_end, &s);
	assert_ended_well(&s, "tag");
	assert_true(is_listed("berth-test/*", ref));
	assert_true(is_listed(NULL, ref));
	assert_false(is_listed("something-else/*", ref));
	seen_clear(&s);
	engine_image_remove(test_engine(), ref, seen_end, &s);
	assert_ended_well(&s, "remove");
	assert_false(is_listed(NULL, ref));
	seen_clear(&s);
	engine_image_remove(test_engine(), ref, seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "remove again");
	seen_clear(&s);
	engine_image_tag(test_engine(), "berth-test/none:x", ref, seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "tag of nothing");
}

static void pull_progress(void *ctx, const struct engine_progress *p)
{
	((struct seen *)ctx)->items++;
}

static void test_pull_unreachable(void **state)
{
	AUTO(seen_clear) struct seen s = { 0 };

	engine_pull(test_engine(), "127.0.0.1:1/group/thing:tag", pull_progress, seen_end, &s);
	assert_ended_as(&s, ERR_NET, "refused", "pull from a dead registry");
	assert_true(s.err.hint[0] != '\0');
	seen_clear(&s);
	engine_pull(test_engine(), "No Good", pull_progress, seen_end, &s);
	assert_ended_as(&s, ERR_USAGE, "No Good", "pull of a bad name");
}

const struct CMUnitTest image_tests[] = {
	cmocka_unit_test(test_ping), cmocka_unit_test(test_image_inspect), cmocka_unit_test(test_image_inspect_bad),
	cmocka_unit_test(test_tag_list_remove), cmocka_unit_test(test_pull_unreachable),
};
const size_t n_image_tests = ARRAY_LEN(image_tests);
