/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine_test.h"

#include "engine/decode.h"
#include "engine/docker.h"

static json_t *parse(const char *text)
{
	struct err err = { 0 };
	json_t *j = json_read(sv_of(text), 1 << 20, &err);

	if (!j)
		fail_msg("%s: %s", text, err.text);
	return j;
}

/* API 1.41 names everything, null included; 1.52 leaves out what is empty. */
static void test_image(void **state)
{
	static const struct { const char *json, *user, *cmd; size_t tags, env, ports, entry; uint64_t size; } rows[] = {
		{ "{\"Id\":\"sha256:a\",\"RepoTags\":[\"x:1\",\"<none>:<none>\"],\"Created\":\"2026-11-23T20:59:44.695034071Z\",\"Size\":1982383,\"Config\":{\"User\":\"\",\"Env\":[\"PATH=/bin\"],"
		  "\"Cmd\":[\"sh\"],\"Entrypoint\":null,\"Labels\":{\"a\":\"b\"},\"ExposedPorts\":{\"8888/tcp\":{},\"53/udp\":{},\"99999/tcp\":{}}}}", "", "sh", 1, 1, 1, 0, 1982383 },
		{ "{\"Id\":\"sha256:a\",\"Size\":5,\"Config\":{\"Cmd\":[\"sh\"],\"User\":\"jovyan\",\"Entrypoint\":\"tini\"}}", "jovyan", "sh", 0, 0, 0, 1, 5 },
		{ "{\"Id\":\"sha256:a\",\"RepoTags\":null,\"Config\":{\"Cmd\":[\"sh\",7,null],\"Env\":\"no list\"},\"Size\":-5}", "", "sh", 0, 1, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_auto_t *j = parse(rows[i].json);
		AUTO(scratch_fini) struct scratch s = SCRATCH_INIT;
		struct engine_image image;
		decode_image(j, &s, &image);
		assert_string_equal(image.id, "sha256:a");
		assert_string_equal(image.user, rows[i].user);
		assert_string_equal(image.cmd[0], rows[i].cmd);
		assert_int_equal(image.n_cmd, 1);
		assert_int_equal(image.n_repo_tags, rows[i].tags);
		assert_int_equal(image.n_env, rows[i].env);
		assert_int_equal(image.n_exposed_tcp, rows[i].ports);
		assert_int_equal(image.n_entrypoint, rows[i].entry);
		assert_int_equal(image.size_bytes, rows[i].size);
	}
}

static void test_container(void **state)
{
	json_auto_t *j = parse("{\"Id\":\"abc\",\"Name\":\"/berth-x\",\"Image\":\"sha256:i\",\"Created\":\"2026-01-02T03:04:05.6Z\",\"State\":{\"Status\":\"exited\",\"ExitCode\":137,\"OOMKilled\":true,"
		"\"StartedAt\":\"2026-01-02T03:04:06Z\",\"FinishedAt\":\"0001-01-01T00:00:00Z\",\"Health\":{\"Status\":\"none\"}},\"Config\":{\"Image\":\"a:b\",\"Tty\":true,\"Labels\":null},"
		"\"HostConfig\":{\"Memory\":1024,\"NanoCpus\":1500000000,\"PidsLimit\":null,\"PortBindings\":{\"8888/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"4000\"}]}},\"NetworkSettings\":{\"Ports\":{}}}");
	AUTO(scratch_fini) struct scratch s = SCRATCH_INIT;
	struct engine_container c;

	decode_container(j, &s, &c);
	assert_string_equal(c.name, "berth-x");
	assert_string_equal(c.status, "exited");
	assert_string_equal(c.health, "");
	assert_int_equal(c.exit_code, 137);
	assert_true(c.oom_killed && c.tty);
	assert_true(c.started_at_s > 1700000000 && c.finished_at_s == 0);
	assert_int_equal(c.n_ports, 1);
	assert_int_equal(c.ports[0].host_port, 4000);
	assert_int_equal(c.pids, 0);
	assert_true(c.cpus > 1.49 && c.cpus < 1.51);
	json_auto_t *empty = parse("{}");
	decode_container(empty, &s, &c);
	assert_string_equal(c.name, "");
	assert_int_equal(c.n_ports, 0);
}

static void test_container_item(void **state)
{
	static const struct { const char *words, *health; int code; } rows[] = {
		{ "Exited (137) 3 minutes ago", "", 137 }, { "Up 2 hours (healthy)", "healthy", 0 }, { "Up 1 second (health: starting)", "starting", 0 },
		{ "Up 2 hours (unhealthy)", "unhealthy", 0 }, { "Created", "", 0 }, { "Exited (", "", 0 }, { "Exited (x) y", "", 0 }, { "", "", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_STR text = xasprintf("{\"Id\":\"a\",\"Names\":[\"/n\"],\"State\":\"exited\",\"Status\":\"%s\",\"Created\":5,\"Ports\":[{\"PrivatePort\":8888,\"PublicPort\":4000,\"Type\":\"tcp\",\"IP\":\"127.0.0.1\"},"
		                          "{\"PrivatePort\":8888,\"PublicPort\":4000,\"Type\":\"tcp\",\"IP\":\"::\"},{\"PrivatePort\":1}]}", rows[i].words);
		json_auto_t *j = parse(text);
		AUTO(scratch_fini) struct scratch s = SCRATCH_INIT;
		struct engine_container c;
		decode_container_item(j, &s, &c);
		assert_string_equal(c.name, "n");
		assert_int_equal(c.exit_code, rows[i].code);
		assert_string_equal(c.health, rows[i].health);
		assert_int_equal(c.n_ports, 1);
	}
}

static void test_event(void **state)
{
	static const struct { const char *json, *action, *id, *code, *health; } rows[] = {
		{ "{\"status\":\"die\",\"id\":\"a\",\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"a\",\"Attributes\":{\"exitCode\":\"3\"}},\"time\":9}", "die", "a", "3", NULL },
		{ "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"a\",\"Attributes\":{\"exitCode\":\"3\"}},\"time\":9}", "die", "a", "3", NULL }, /* 1.52 */
		{ "{\"Type\":\"container\",\"Action\":\"died\",\"Actor\":{\"ID\":\"a\",\"Attributes\":{\"containerExitCode\":\"3\"}},\"time\":9}", "die", "a", "3", NULL }, /* Podman */
		{ "{\"Type\":\"container\",\"Action\":\"health_status: healthy\",\"Actor\":{\"ID\":\"a\"},\"time\":9}", "health_status", "a", "", "healthy" },
		{ "{\"status\":\"start\",\"id\":\"a\",\"time\":9}", "start", "a", "", NULL }, { "{\"time\":9}", "", "", "", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_auto_t *j = parse(rows[i].json);
		AUTO(scratch_fini) struct scratch s = SCRATCH_INIT;
		struct engine_event ev;
		decode_event(j, &s, &ev);
		assert_string_equal(ev.action, rows[i].action);
		assert_string_equal(ev.id, rows[i].id);
		assert_string_equal(ev.exit_code, rows[i].code);
		assert_int_equal(ev.at_s, 9);
		if (rows[i].health)
			assert_string_equal(ev.attributes[ev.n_attributes - 1].value, rows[i].health);
	}
}

static void test_stats(void **state)
{
	static const struct { const char *json; uint64_t memory; uint32_t cpus; bool running; } rows[] = {
		{ "{\"read\":\"2026-11-23T21:00:22Z\",\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":5,\"percpu_usage\":[1,4]},\"system_cpu_usage\":9},\"memory_stats\":{\"usage\":100,\"stats\":{\"total_inactive_file\":30,\"inactive_file\":1}}}", 70, 2, true },
		{ "{\"read\":\"2026-11-23T21:00:22Z\",\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":5},\"online_cpus\":4},\"memory_stats\":{\"usage\":100,\"stats\":{\"inactive_file\":40}}}", 60, 4, true }, /* cgroup v2 */
		{ "{\"read\":\"2026-11-23T21:00:22Z\",\"memory_stats\":{\"usage\":100,\"stats\":{\"inactive_file\":400}}}", 100, 0, true },
		{ "{\"read\":\"0001-01-01T00:00:00Z\",\"memory_stats\":{}}", 0, 0, false }, { "{}", 0, 0, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_auto_t *j = parse(rows[i].json);
		struct stats_sample s;
		decode_stats(j, &s);
		assert_int_equal(s.memory_bytes, rows[i].memory);
		assert_int_equal(s.cpus, rows[i].cpus);
		assert_int_equal(s.running, rows[i].running);
	}
}

static void test_create_body(void **state)
{
	static const char *const cmd[] = { "a", "b c" };
	json_auto_t *j = docker_create_body(&(struct engine_create_query){ .image = "i", .cmd = cmd, .n_cmd = 2, .memory_bytes = 1 << 30, .cpus = 0.1, .drop_caps = true,
		.no_new_privileges = true, .ports = &(struct engine_port){ 8888, 0, NULL }, .n_ports = 1, .labels = &(struct net_header){ "l", "bad \xff" }, .n_labels = 1,
		.env = &(struct net_header){ "A", "b=c" }, .n_env = 1, .log_max_mb = 10, .mounts = &(struct engine_mount){ "v", "/work", &(struct net_header){ "io.berth.look", "a" }, 1, true, true }, .n_mounts = 1 });

	assert_int_equal(json_int(j, "HostConfig.MemorySwap", 0), 1 << 30);
	assert_int_equal(json_int(j, "HostConfig.NanoCpus", 0), 100000000);
	assert_string_equal(json_str(json_array_get(json_path(json_path(j, "HostConfig.PortBindings"), "8888/tcp"), 0), "HostIp", ""), "127.0.0.1");
	assert_string_equal(json_string_value(json_array_get(json_path(j, "Env"), 0)), "A=b=c");
	assert_string_equal(json_str(j, "Labels.l", ""), "bad \xef\xbf\xbd");
	assert_string_equal(json_str(j, "HostConfig.LogConfig.Config.max-size", ""), "10m");
	assert_string_equal(json_str(j, "HostConfig.RestartPolicy.Name", ""), "no");
	assert_null(json_path(j, "Entrypoint"));
	const json_t *mount = json_array_get(json_path(j, "HostConfig.Mounts"), 0);
	assert_true(json_bool(mount, "ReadOnly", false) && json_bool(json_path(mount, "VolumeOptions"), "NoCopy", false));
	assert_string_equal(json_string_value(json_object_get(json_path(mount, "VolumeOptions.Labels"), "io.berth.look")), "a");
	assert_null(json_path(j, "HostConfig.DeviceRequests"));
	assert_null(json_path(j, "HostConfig.StorageOpt"));
	json_auto_t *big = docker_create_body(&(struct engine_create_query){ .image = "i", .gpus = 2, .disk_bytes = 10u << 20, .shm_bytes = 1 << 20 });
	const json_t *gpus = json_array_get(json_path(big, "HostConfig.DeviceRequests"), 0);
	assert_int_equal(json_int(gpus, "Count", 0), 2);
	assert_string_equal(json_string_value(json_array_get(json_array_get(json_path(gpus, "Capabilities"), 0), 0)), "gpu");
	assert_string_equal(json_str(big, "HostConfig.StorageOpt.size", ""), "10485760");
	assert_int_equal(json_int(big, "HostConfig.ShmSize", 0), 1 << 20);
}

static void test_info_caps(void **state)
{
	static const struct { const char *info; unsigned caps; } cases[] = {
		{ "{}", 0 },
		{ "{\"Runtimes\":{\"runc\":{},\"nvidia\":{}}}", ENGINE_HAS_GPUS },
		{ "{\"DiscoveredDevices\":[{\"Source\":\"cdi\",\"ID\":\"nvidia.com/gpu=0\"}]}", ENGINE_HAS_GPUS },
		{ "{\"Driver\":\"btrfs\"}", ENGINE_LIMITS_DISK },
		{ "{\"Driver\":\"overlay2\",\"DriverStatus\":[[\"Backing Filesystem\",\"xfs\"],[\"Supports d_type\",\"true\"]]}", ENGINE_LIMITS_DISK },
		{ "{\"Driver\":\"overlay2\",\"DriverStatus\":[[\"Backing Filesystem\",\"extfs\"]]}", 0 },
		{ "{\"Driver\":\"overlay2\",\"DriverStatus\":[[],[1,2],\"x\"]}", 0 },
		{ "{\"CpuCfsQuota\":false,\"MemoryLimit\":true}", ENGINE_NO_CPU_LIMITS },
		{ "{\"CpuCfsQuota\":true,\"MemoryLimit\":false}", ENGINE_NO_MEMORY_LIMITS },
		{ "{\"PidsLimit\":false}", ENGINE_NO_PID_LIMITS },
		{ "{\"Driver\":7,\"DriverStatus\":{}}", 0 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_auto_t *j = json_read(sv_of(cases[i].info), 4096, NULL);
		assert_int_equal(decode_info_caps(j), cases[i].caps);
	}
}

static void test_info_gpus(void **state)
{
	static const struct { const char *info; uint32_t n; const char *names; } cases[] = {
		{ "{}", 0, "" }, { "{\"Runtimes\":{\"nvidia\":{}}}", 0, "" }, { "{\"DiscoveredDevices\":7,\"GenericResources\":[1,{}]}", 0, "" },
		{ "{\"DiscoveredDevices\":[{\"ID\":\"nvidia.com/gpu=0\"},{\"ID\":\"nvidia.com/gpu=1\"},{\"ID\":\"nvidia.com/gpu=all\"},{\"ID\":\"x.org/net=0\"}]}", 2, "0, 1" },
		{ "{\"GenericResources\":[{\"NamedResourceSpec\":{\"Kind\":\"NVIDIA-GPU\",\"Value\":\"GPU-7\"}},{\"DiscreteResourceSpec\":{\"Kind\":\"SSD\",\"Value\":3}}]}", 1, "GPU-7" },
		{ "{\"DiscoveredDevices\":[{\"ID\":\"a/gpu=0\"},{\"ID\":\"a/gpu=1\"},{\"ID\":\"a/gpu=2\"},{\"ID\":\"a/gpu=3\"},{\"ID\":\"a/gpu=4\"},{\"ID\":\"a/gpu=5\"}]}", 6, "0, 1, 2, 3, …" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_auto_t *j = json_read(sv_of(cases[i].info), 4096, NULL);
		AUTO(buf_fini) struct buf b = BUF_INIT;
		assert_int_equal(decode_info_gpus(j, &b), cases[i].n);
		assert_string_equal(buf_str(&b), cases[i].names);
	}
}

const struct CMUnitTest decode_tests[] = {
	cmocka_unit_test(test_image), cmocka_unit_test(test_container), cmocka_unit_test(test_container_item), cmocka_unit_test(test_event),
	cmocka_unit_test(test_stats), cmocka_unit_test(test_create_body), cmocka_unit_test(test_info_caps), cmocka_unit_test(test_info_gpus),
};
const size_t n_decode_tests = ARRAY_LEN(decode_tests);
