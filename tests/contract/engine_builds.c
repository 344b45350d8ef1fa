/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine.h"

struct build_seen { struct seen s; struct engine_call *call; const char *cancel_at; char *image; };

static void build_event(void *ctx, const struct engine_build_event *ev)
{
	struct build_seen *b = ctx;

	switch (ev->kind) {
	case BUILD_EVENT_LOG:
		buf_add_sv(&b->s.bytes, ev->text);
		break;
	case BUILD_EVENT_STEP:
		b->s.steps++;
		assert_true(ev->step >= 1 && ev->step <= ev->steps);
		break;
	case BUILD_EVENT_IMAGE:
		free(b->image);
		b->image = sv_dup(ev->text);
		break;
	case BUILD_EVENT_BUILDER:
		free(b->s.word);
		b->s.word = sv_dup(ev->text);
		break;
	}
	if (b->cancel_at && ev->kind == BUILD_EVENT_LOG && strstr(buf_str(&b->s.bytes), b->cancel_at)) {
		b->cancel_at = NULL;
		engine_cancel(b->call);             /* from within its own callback */
	}
}

static void build_clear(struct build_seen *b)
{
	seen_clear(&b->s);
	free_p(&b->image);
}

static void build(struct build_seen *b, const char *dockerfile, const char *ref, bool classic, struct body *body, struct buf *tar)
{
	struct test_file files[] = { { "Dockerfile", dockerfile, 0644 }, { "hello", "hi there\n", 0644 } };

	tar_make(tar, files, 2);
	*body = (struct body){ .left = buf_sv(tar), .step = 700 };
	b->call = engine_build(test_engine(), &(struct engine_build_query){ .ref = ref, .dockerfile = "Dockerfile", .labels = test_labels, .n_labels = 1,
		.args = &(struct net_header){ "WHO", "w\xc3\xb6rld &=?" }, .n_args = 1, .classic = classic, .no_cache = true,
		.context_read = body_read, .context_done = body_done, .context_ctx = body }, build_event, seen_end, b);
}

static void remove_image(const char *ref)
{
	AUTO(seen_clear) struct seen s = { 0 };

	engine_image_remove(test_engine(), ref, seen_end, &s);
	wait_end(&s, "image remove");
}

static void build_well(bool classic)
{
	AUTO_STR ref = xasprintf("berth-test/%s:%s", test_name("build"), classic ? "classic" : "default");
	AUTO(build_clear) struct build_seen b = { 0 };
	AUTO(buf_fini) struct buf tar = BUF_INIT;
	struct body body;

	build(&b, "FROM " TEST_IMAGE "\nARG WHO\nRUN echo said-$WHO; echo err >&2\nCOPY hello /hello\nRUN cat /hello\n", ref, classic, &body, &tar);
	assert_ended_well(&b.s, "build");
	assert_true(body.done && body.dones == 1);
	assert_non_null(b.image);
	assert_true(strncmp(b.image, "sha256:", 7) == 0);
	assert_non_null(strstr(buf_str(&b.s.bytes), "said-w\xc3\xb6rld &=?\n"));
	assert_non_null(strstr(buf_str(&b.s.bytes), "hi there\n"));
	assert_true(b.s.steps >= 3);
	bool buildkit = engine_caps(test_engine()) & ENGINE_HAS_BUILDKIT && !classic;
	assert_string_equal(b.s.word, buildkit ? "buildkit" : "classic");
	remove_image(ref);
}

static void test_build(void **state)
{
	build_well(false);
}

static void test_build_classic(void **state)
{
	build_well(true);
}

static void build_badly(const char *dockerfile, enum err_code code, const char *words)
{
	for (int classic = 0; classic < 2; classic++) {
		AUTO(build_clear) struct build_seen b = { 0 };
		AUTO(buf_fini) struct buf tar = BUF_INIT;
		struct body body;
		build(&b, dockerfile, test_name("bad"), classic, &body, &tar);
		wait_end(&b.s, dockerfile);
		if (b.s.err.code != code || !strstr(b.s.err.text, words))
			fail_msg("%s of '%s': %s: %s", classic ? "classic" : "default", dockerfile, err_code_name(b.s.err.code), b.s.err.text);
		assert_true(body.done && body.dones == 1);
		assert_null(b.image);
	}
}

static void test_build_fails(void **state)
{
	build_badly("FROM " TEST_IMAGE "\nRUN echo before; exit 3\n", ERR_FAILED, "3");
	build_badly("FROM " TEST_IMAGE "\nCOPY missing /x\n", ERR_FAILED, "missing");
	build_badly("FROM " TEST_IMAGE "\nNONSENSE x\n", ERR_FAILED, "NONSENSE");
	build_badly("FROM 127.0.0.1:1/none:x\nRUN true\n", ERR_NET, "refused");
}

static void test_build_without_dockerfile(void **state)
{
	AUTO(build_clear) struct build_seen b = { 0 };
	AUTO(buf_fini) struct buf tar = BUF_INIT;
	struct body body;

	tar_make(&tar, &(struct test_file){ "readme", "x", 0644 }, 1);
	body = (struct body){ .left = buf_sv(&tar) };
	engine_build(test_engine(), &(struct engine_build_query){ .ref = test_name("nofile"), .context_read = body_read, .context_done = body_done, .context_ctx = &body },
	             build_event, seen_end, &b);
	assert_ended_as(&b.s, ERR_NOT_FOUND, NULL, "no Dockerfile");
	assert_int_equal(body.dones, 1);
}

static void test_build_broken_context(void **state)
{
	for (int classic = 0; classic < 2; classic++) {
		AUTO(build_clear) struct build_seen b = { 0 };
		struct body body = { .left = SV("this is not a tar archive at all") };
		engine_build(test_engine(), &(struct engine_build_query){ .ref = test_name("notar"), .classic = classic, .context_read = body_read, .context_done = body_done,
			.context_ctx = &body }, build_event, seen_end, &b);
		wait_end(&b.s, "a broken context");
		assert_true(b.s.err.code != ERR_NONE);
		assert_int_equal(body.dones, 1);
	}
}

static void test_build_cancelled(void **state)
{
	for (int classic = 0; classic < 2; classic++) {
		AUTO(build_clear) struct build_seen b = { .cancel_at = "started-1" };
		AUTO(buf_fini) struct buf tar = BUF_INIT;
		struct body body;
		build(&b, "FROM " TEST_IMAGE "\nRUN echo started-$((0+1)); sleep 61\n", test_name("cancelled"), classic, &body, &tar);
		wait_end(&b.s, "a build that is cancelled");
		assert_int_equal(b.s.err.code, ERR_CANCELLED);
		assert_int_equal(body.dones, 1);
	}
}

/* What is there is not asked for anywhere; what isn't and has no credentials is left to the builder. */
static void test_build_bases(void **state)
{
	static const char *const bases[] = { TEST_IMAGE, "127.0.0.1:1/none:x", "NOT A NAME" };
	AUTO_STR ref = xasprintf("berth-test/%s:bases", test_name("build"));
	AUTO(build_clear) struct build_seen b = { 0 };
	AUTO(buf_fini) struct buf tar = BUF_INIT;
	struct test_file file = { "Dockerfile", "FROM " TEST_IMAGE "\nRUN echo x\n", 0644 };
	struct body body;

	tar_make(&tar, &file, 1);
	body = (struct body){ .left = buf_sv(&tar) };
	engine_build(test_engine(), &(struct engine_build_query){ .ref = ref, .context_read = body_read, .context_done = body_done, .context_ctx = &body,
		.base_images = bases, .n_base_images = 3 }, build_event, seen_end, &b);
	assert_ended_well(&b.s, "build with bases");
	remove_image(ref);
}

const struct CMUnitTest build_tests[] = {
	cmocka_unit_test(test_build), cmocka_unit_test(test_build_classic), cmocka_unit_test(test_build_fails), cmocka_unit_test(test_build_without_dockerfile),
	cmocka_unit_test(test_build_broken_context), cmocka_unit_test(test_build_cancelled), cmocka_unit_test(test_build_bases),
};
const size_t n_build_tests = ARRAY_LEN(build_tests);
