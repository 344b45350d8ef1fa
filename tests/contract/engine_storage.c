/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine.h"

static const char *const sleeping[] = { "sleep", "600" };

static void find_volume(void *ctx, const struct engine_volume *v)
{
	struct seen *s = ctx;

	if (strcmp(v->name, s->id) == 0) {
		s->known = v->n_labels == 1 && strcmp(v->labels[0].value, "contract") == 0;
		s->items++;
	}
}

static bool volume_listed(const char *name)
{
	AUTO(seen_clear) struct seen s = { .id = xstrdup(name) };

	engine_volumes(test_engine(), TEST_LABEL, find_volume, seen_end, &s);
	assert_ended_well(&s, "volumes");
	return s.known;
}

static void volume_make(const char *name)
{
	AUTO(seen_clear) struct seen s = { 0 };

	engine_volume_create(test_engine(), name, test_labels, 1, seen_end, &s);
	assert_ended_well(&s, "volume create");
}

static void volume_drop(const char *name)
{
	AUTO(seen_clear) struct seen s = { 0 };

	engine_volume_remove(test_engine(), name, seen_end, &s);
	assert_ended_well(&s, "volume remove");
}

static void with_volume(const char *container, const char *volume)
{
	test_make(&(struct engine_create_query){ .name = container, .image = TEST_IMAGE, .cmd = sleeping, .n_cmd = 2, .labels = test_labels, .n_labels = 1,
		.mounts = &(struct engine_mount){ .volume = volume, .target = "/work", .labels = test_labels, .n_labels = 1 }, .n_mounts = 1 });
}

static void test_volumes(void **state)
{
	const char *volume = test_name("vol"), *container = test_name("voluser");
	AUTO(seen_clear) struct seen s = { 0 };

	volume_make(volume);
	assert_true(volume_listed(volume));
	with_volume(container, volume);
	engine_volume_remove(test_engine(), volume, seen_end, &s);
	assert_ended_as(&s, ERR_CONFLICT, NULL, "removing a volume in use");
	test_remove(container);
	volume_drop(volume);
	volume_drop(volume);                        /* absent is fine */
	assert_false(volume_listed(volume));
	seen_clear(&s);
	engine_volume_create(test_engine(), "bad/name", NULL, 0, seen_end, &s);
	assert_ended_as(&s, ERR_USAGE, "bad/name", "a bad name");
}

/* A volume that is not there comes into being with the labels that its mount says. */
static void test_mount_makes_no_stranger(void **state)
{
	const char *volume = test_name("mount"), *container = test_name("mountuser");

	with_volume(container, volume);
	if (!(engine_caps(test_engine()) & ENGINE_IS_PODMAN)) /* which knows no labels there */
		assert_true(volume_listed(volume));
	test_remove(container);
	volume_drop(volume);
	assert_false(volume_listed(volume));
}

/* ---- archives ---- */
static void put(const char *container, const char *path, struct body *body, struct seen *s)
{
	seen_clear(s);
	engine_archive_put(test_engine(), &(struct engine_archive_query){ container, path, body_read, body_done, body }, seen_end, s);
}

static void keep_tar(void *ctx, struct sv tar)
{
	buf_add_sv(&((struct seen *)ctx)->bytes, tar);
}

static void test_archive(void **state)
{
	const char *volume = test_name("arc"), *container = test_name("arcuser");
	struct test_file files[] = { { "proj/a b", "text of a", 0644 }, { "proj/\xc3\xa9", "text of e", 0600 } };
	AUTO(seen_clear) struct seen s = { 0 };
	AUTO(buf_fini) struct buf tar = BUF_INIT;

	tar_make(&tar, files, 2);
	volume_make(volume);
	with_volume(container, volume);
	struct body body = { .left = buf_sv(&tar), .step = 333 };
	put(container, "/work", &body, &s);
	assert_ended_well(&s, "archive put");
	assert_int_equal(body.dones, 1);
	seen_clear(&s);
	engine_archive_get(test_engine(), container, "/work/proj/a b", keep_tar, seen_end, &s);
	assert_ended_well(&s, "archive get");
	assert_non_null(memmem(s.bytes.p, s.bytes.len, "text of a", 9));
	test_remove(container);
	volume_drop(volume);
}

static void test_archive_refused(void **state)
{
	const char *container = test_name("arcbad");
	AUTO(seen_clear) struct seen s = { 0 };
	struct body body = { .left = SV("no tar") };

	test_make(&(struct engine_create_query){ .name = container, .image = TEST_IMAGE, .cmd = sleeping, .n_cmd = 2, .labels = test_labels, .n_labels = 1 });
	put(container, "/tmp", &body, &s);
	wait_end(&s, "no tar");
	assert_true(s.err.code != ERR_NONE && body.dones == 1);
	body = (struct body){ .left = SV("x") };
	put(container, "/no/such/folder", &body, &s);
	if (engine_caps(test_engine()) & ENGINE_IS_PODMAN) { /* it looks at the tar first */
		wait_end(&s, "no such folder");
		assert_true(s.err.code != ERR_NONE);
	} else {
		assert_ended_as(&s, ERR_NOT_FOUND, NULL, "no such folder");
	}
	assert_int_equal(body.dones, 1);
	body = (struct body){ .left = SV("x") };
	put("berth-test-absent", "/tmp", &body, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "no such container");
	assert_int_equal(body.dones, 1);
	body = (struct body){ .left = SV("x") };
	put("../x", "/tmp", &body, &s);
	assert_ended_as(&s, ERR_USAGE, NULL, "a bad name");
	assert_int_equal(body.dones, 1);
	seen_clear(&s);
	engine_archive_get(test_engine(), container, "/no/such/file", keep_tar, seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "no such file");
	test_remove(container);
}

/* ---- networks ---- */
static void got_state(void *ctx, const struct engine_container *c)
{
	str_replace(&((struct seen *)ctx)->word, c->status);
}

static void test_network(void **state)
{
	const char *net = test_name("net"), *container = test_name("netuser");
	AUTO(seen_clear) struct seen s = { 0 };

	for (int i = 0; i < 2; i++) {               /* there already is fine */
		seen_clear(&s);
		engine_network_ensure(test_engine(), net, test_labels, 1, seen_end, &s);
		assert_ended_well(&s, "network ensure");
	}
	test_make(&(struct engine_create_query){ .name = container, .image = TEST_IMAGE, .cmd = sleeping, .n_cmd = 2, .labels = test_labels, .n_labels = 1, .network = net });
	test_start(container);
	seen_clear(&s);
	engine_container_inspect(test_engine(), container, got_state, seen_end, &s);
	assert_ended_well(&s, "inspect");
	assert_string_equal(s.word, "running");
	seen_clear(&s);
	engine_network_remove(test_engine(), net, seen_end, &s);
	wait_end(&s, "removing a network in use");
	assert_true(s.err.code != ERR_NONE);
	test_remove(container);
	for (int i = 0; i < 2; i++) {               /* absent is fine */
		seen_clear(&s);
		engine_network_remove(test_engine(), net, seen_end, &s);
		assert_ended_well(&s, "network remove");
	}
}

const struct CMUnitTest storage_tests[] = {
	cmocka_unit_test(test_volumes), cmocka_unit_test(test_mount_makes_no_stranger), cmocka_unit_test(test_archive), cmocka_unit_test(test_archive_refused), cmocka_unit_test(test_network),
};
const size_t n_storage_tests = ARRAY_LEN(storage_tests);
