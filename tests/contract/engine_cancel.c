/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every call can be cancelled, before it has begun and while it runs: one end, at once, nothing after it. */
#include "engine.h"

static const char *const argv[] = { "sleep", "600" };

static long body_waits(void *ctx, char *p, size_t room)
{
	return NET_BODY_WAIT;
}

typedef struct engine_call *(*starter)(struct engine *e, struct seen *s, struct body *b);
#define STARTER(name, call) static struct engine_call *start_##name(struct engine *e, struct seen *s, struct body *b) { return call; }
STARTER(ping, engine_ping(e, NULL, seen_end, s))
STARTER(image_inspect, engine_image_inspect(e, TEST_IMAGE, NULL, seen_end, s))
static void no_image(void *ctx, const struct engine_image *i) { }
STARTER(images, engine_images(e, NULL, no_image, seen_end, s))
STARTER(image_tag, engine_image_tag(e, "berth-test/none:x", "berth-test/none:y", seen_end, s))
STARTER(image_remove, engine_image_remove(e, "berth-test/none:x", seen_end, s))
STARTER(pull, engine_pull(e, "127.0.0.1:1/none:x", NULL, seen_end, s))
STARTER(build, engine_build(e, (&(struct engine_build_query){ .ref = "berth-test/none:x", .context_read = body_waits, .context_done = body_done, .context_ctx = b }), NULL, seen_end, s))
STARTER(create, engine_create(e, (&(struct engine_create_query){ .name = "berth-test-none", .image = "berth-test/none:x" }), NULL, seen_end, s))
STARTER(start, engine_start(e, "berth-test-none", seen_end, s))
STARTER(stop, engine_stop(e, "berth-test-none", 1, seen_end, s))
STARTER(kill, engine_kill(e, "berth-test-none", "TERM", seen_end, s))
STARTER(remove, engine_remove(e, "berth-test-none", true, seen_end, s))
static void no_container(void *ctx, const struct engine_container *c) { }
STARTER(containers, engine_containers(e, TEST_LABEL, no_container, seen_end, s))
STARTER(container_inspect, engine_container_inspect(e, "berth-test-none", NULL, seen_end, s))
STARTER(volume_remove, engine_volume_remove(e, "berth-test-none", seen_end, s))
static void no_volume(void *ctx, const struct engine_volume *v) { }
STARTER(volumes, engine_volumes(e, TEST_LABEL, no_volume, seen_end, s))
STARTER(network_remove, engine_network_remove(e, "berth-test-none", seen_end, s))
STARTER(archive_put, engine_archive_put(e, (&(struct engine_archive_query){ "berth-test-none", "/tmp", body_waits, body_done, b }), seen_end, s))
static void no_bytes(void *ctx, struct sv bytes) { }
STARTER(archive_get, engine_archive_get(e, "berth-test-none", "/tmp", no_bytes, seen_end, s))
STARTER(exec, engine_exec(e, (&(struct engine_exec_query){ .container = "berth-test-none", .argv = argv, .n_argv = 2 }), NULL, NULL, seen_end, s))
static void no_piece(void *ctx, int stream, struct sv bytes) { }
STARTER(logs, engine_logs(e, (&(struct engine_logs_query){ .container = "berth-test-none", .follow = true }), no_piece, seen_end, s))
static void no_event(void *ctx, const struct engine_event *ev) { }
STARTER(events, engine_events(e, TEST_LABEL, 0, no_event, seen_end, s))
STARTER(stats, engine_stats(e, "berth-test-none", NULL, seen_end, s))

static const struct { const char *name; starter start; bool body; } calls[] = {
	{ "ping", start_ping, false }, { "image_inspect", start_image_inspect, false }, { "images", start_images, false }, { "image_tag", start_image_tag, false },
	{ "image_remove", start_image_remove, false }, { "pull", start_pull, false }, { "build", start_build, true }, { "create", start_create, false },
	{ "start", start_start, false }, { "stop", start_stop, false }, { "kill", start_kill, false }, { "remove", start_remove, false },
	{ "containers", start_containers, false }, { "container_inspect", start_container_inspect, false }, { "volume_remove", start_volume_remove, false },
	{ "volumes", start_volumes, false }, { "network_remove", start_network_remove, false }, { "archive_put", start_archive_put, true },
	{ "archive_get", start_archive_get, false }, { "exec", start_exec, false }, { "logs", start_logs, false }, { "events", start_events, false }, { "stats", start_stats, false },
};

/* turns: how many of the loop's turns pass before it is cancelled; 0: at once. */
static void cancel_after(size_t i, unsigned turns)
{
	AUTO(seen_clear) struct seen s = { 0 };
	struct body body = { 0 };
	struct engine_call *c = calls[i].start(test_engine(), &s, &body);

	for (unsigned n = 0; n < turns && !s.ended; n++)
		loop_turn(test_loop(), false);
	if (!s.ended) {
		engine_cancel(c);
		if (s.ends != 1 || s.err.code != ERR_CANCELLED)
			fail_msg("%s after %u turns: %u ends, %s", calls[i].name, turns, s.ends, err_code_name(s.err.code));
	}
	for (int n = 0; n < 5; n++)
		loop_turn(test_loop(), false);
	assert_int_equal(s.ends, 1);
	if (calls[i].body)
		assert_int_equal(body.dones, 1);
}

static void test_cancel_every_call(void **state)
{
	static const unsigned turns[] = { 0, 1, 2, 3, 5, 9 };

	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		for (size_t k = 0; k < ARRAY_LEN(turns); k++)
			cancel_after(i, turns[k]);
}

static void test_free_ends_every_call(void **state)
{
	struct seen s[ARRAY_LEN(calls)];
	struct body bodies[ARRAY_LEN(calls)];
	struct engine *e = engine_docker_new(test_loop(), test_net(), &(struct engine_config){ .name = "second", .host = getenv("BERTH_TEST_ENGINE") });

	memset(s, 0, sizeof s);
	memset(bodies, 0, sizeof bodies);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		calls[i].start(e, &s[i], &bodies[i]);
	loop_turn(test_loop(), false);
	engine_free(e);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		assert_int_equal(s[i].ends, 1);
		assert_int_equal(s[i].err.code, ERR_CANCELLED);
		assert_int_equal(bodies[i].dones, calls[i].body ? 1 : 0);
	}
}

/* Never ERR_NOT_FOUND: that says that the container or the volume is gone, and it may be there when the engine is again. */
static void test_no_engine(void **state)
{
	struct engine *e = engine_docker_new(test_loop(), test_net(), &(struct engine_config){ .name = "none", .host = "unix:///nowhere/docker.sock" });

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		AUTO(seen_clear) struct seen s = { 0 };
		struct body body = { 0 };
		calls[i].start(e, &s, &body);
		assert_ended_as(&s, ERR_NET, "/nowhere/docker.sock", calls[i].name);
		assert_true(s.err.hint[0] != '\0');
		assert_int_equal(body.dones, calls[i].body ? 1 : 0);
	}
	engine_free(e);
}

const struct CMUnitTest cancel_tests[] = {
	cmocka_unit_test(test_cancel_every_call), cmocka_unit_test(test_free_ends_every_call), cmocka_unit_test(test_no_engine),
};
const size_t n_cancel_tests = ARRAY_LEN(cancel_tests);
