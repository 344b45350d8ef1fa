/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode.h"

#include "berth/json.h"
#include "berth/mem.h"
#include "berth/path.h"

enum { IDENTITY_MAX = 200, GPUS_NAMED = 4, GPU_NAME_MAX = 40 };

void scratch_fini(struct scratch *s)
{
	for (size_t i = 0; i < s->blocks.len; i++)
		free(s->blocks.items[i]);
	VEC_FINI(&s->blocks);
}

static void *scratch_array(struct scratch *s, size_t n, size_t size)
{
	void *p = xcalloc(MAX_OF(n, (size_t)1), size);

	VEC_PUSH(&s->blocks, p);
	return p;
}

static const char *scratch_str(struct scratch *s, char *owned)
{
	VEC_PUSH(&s->blocks, (void *)owned);
	return owned;
}

/* ---- common parts ---- */
static int64_t decode_time(const json_t *j, const char *path)
{
	int64_t at;

	if (!time_parse_rfc3339(sv_of(json_str(j, path, "")), &at) || at < 0)
		return 0;                           /* "0001-01-01T00:00:00Z" means never */
	return at;
}

static uint64_t decode_u64(const json_t *j, const char *path)
{
	int64_t v = json_int(j, path, 0);

	return v > 0 ? (uint64_t)v : 0;
}

static uint32_t decode_u32(const json_t *j, const char *path)
{
	return (uint32_t)MIN_OF(decode_u64(j, path), (uint64_t)UINT32_MAX);
}

static const char *const *decode_strings(const json_t *array, struct scratch *s, size_t *ret_n)
{
	const char **v = scratch_array(s, json_array_size(array), sizeof *v);
	size_t i, n = 0;
	const json_t *item;

	if (json_is_string(array))                  /* very old images: Entrypoint as one word */
		v[n++] = json_string_value(array);
	json_array_foreach(array, i, item)
		if (json_is_string(item))
			v[n++] = json_string_value(item);
	*ret_n = n;
	return v;
}

static const struct net_header *decode_pairs(const json_t *object, struct scratch *s, size_t *ret_n)
{
	struct net_header *v = scratch_array(s, json_object_size(object), sizeof *v);
	size_t n = 0;

	for (void *it = json_object_iter((json_t *)object); it; it = json_object_iter_next((json_t *)object, it))
		if (json_is_string(json_object_iter_value(it)))
			v[n++] = (struct net_header){ json_object_iter_key(it), json_string_value(json_object_iter_value(it)) };
	*ret_n = n;
	return v;
}

/* "8888/tcp" -> 8888; 0 for UDP, ranges and nonsense. */
static uint16_t decode_port_key(const char *key)
{
	struct sv rest = sv_of(key), number;
	uint64_t port;

	if (!sv_split(&rest, '/', &number) || (rest.len && !sv_eq(rest, SV("tcp"))) || !sv_to_u64(number, &port) || port > UINT16_MAX)
		return 0;
	return (uint16_t)port;
}

/* Which storage can say no: docs.docker.com/reference/cli/docker/container/run, "--storage-opt". */
static bool limits_disk(const json_t *info)
{
	static const char *const can[] = { "btrfs", "zfs", "devicemapper", "windowsfilter" };
	const char *driver = json_str(info, "Driver", "");
	const json_t *pair;
	size_t i;

	for (size_t k = 0; k < ARRAY_LEN(can); k++)
		if (strcmp(driver, can[k]) == 0)
			return true;
	json_array_foreach(json_path(info, "DriverStatus"), i, pair) {
		const char *key = json_string_value(json_array_get(pair, 0)), *value = json_string_value(json_array_get(pair, 1));
		if (key && value && strcmp(key, "Backing Filesystem") == 0)
			return strncmp(driver, "overlay", 7) == 0 && strcmp(value, "xfs") == 0;
	}
	return false;
}

static bool is_rootless(const json_t *info)
{
	const json_t *option;
	size_t i;

	json_array_foreach(json_path(info, "SecurityOptions"), i, option)
		if (json_is_string(option) && strcmp(json_string_value(option), "name=rootless") == 0)
			return true;
	return false;
}

unsigned decode_info_caps(const json_t *info)
{
	unsigned caps = is_rootless(info) ? ENGINE_IS_ROOTLESS : 0;

	if (json_bool(info, "Swarm.ControlAvailable", false))
		caps |= ENGINE_IS_SWARM_MANAGER;
	if (json_path(info, "Runtimes.nvidia") || json_array_size(json_path(info, "DiscoveredDevices")))
		caps |= ENGINE_HAS_GPUS;
	if (limits_disk(info))
		caps |= ENGINE_LIMITS_DISK;
	if (!json_bool(info, "CpuCfsQuota", true))
		caps |= ENGINE_NO_CPU_LIMITS;
	if (!json_bool(info, "MemoryLimit", true))
		caps |= ENGINE_NO_MEMORY_LIMITS;
	if (!json_bool(info, "PidsLimit", true))
		caps |= ENGINE_NO_PID_LIMITS;
	return caps;
}

static void add_gpu(struct buf *b, uint32_t n, const char *name)
{
	if (n < GPUS_NAMED && strlen(name) <= GPU_NAME_MAX)
		buf_addf(b, "%s%s", b->len ? ", " : "", name);
	else if (n == GPUS_NAMED)
		buf_add_str(b, ", …");
}

/* CDI names ("nvidia.com/gpu=0", of which "all" is none more), or those of a swarm's resources. */
uint32_t decode_info_gpus(const json_t *info, struct buf *b)
{
	const json_t *one;
	uint32_t n = 0;
	size_t i;

	json_array_foreach(json_path(info, "DiscoveredDevices"), i, one) {
		const char *id = json_str(one, "ID", ""), *name = strstr(id, "/gpu=");
		if (name && name[5] && strcmp(name + 5, "all") != 0)
			add_gpu(b, n++, name + 5);
	}
	json_array_foreach(n ? NULL : json_path(info, "GenericResources"), i, one) {
		const char *kind = json_str(one, "NamedResourceSpec.Kind", "");
		if (strcasestr(kind, "gpu"))
			add_gpu(b, n++, json_str(one, "NamedResourceSpec.Value", ""));
	}
	return n;
}

void decode_info_identity(const json_t *info, char **identity)
{
	const char *id = json_str(info, "ID", "");
	size_t n = 0;

	while (n < IDENTITY_MAX && id[n] > ' ' && id[n] < 0x7f)
		n++;
	str_replace(identity, n && !id[n] ? id : NULL); /* it becomes a line and a part of a file's name */
}

/* ---- images ---- */
static const uint16_t *decode_exposed(const json_t *object, struct scratch *s, size_t *ret_n)
{
	uint16_t *v = scratch_array(s, json_object_size(object), sizeof *v);
	size_t n = 0;

	for (void *it = json_object_iter((json_t *)object); it; it = json_object_iter_next((json_t *)object, it)) {
		uint16_t port = decode_port_key(json_object_iter_key(it));
		if (port)
			v[n++] = port;
	}
	*ret_n = n;
	return v;
}

/* "<none>:<none>" stands for no tag up to API 1.42. */
static const char *const *decode_tags(const json_t *array, struct scratch *s, size_t *ret_n)
{
	const char **v = (const char **)decode_strings(array, s, ret_n);
	size_t n = 0;

	for (size_t i = 0; i < *ret_n; i++)
		if (!strstr(v[i], "<none>"))
			v[n++] = v[i];
	*ret_n = n;
	return v;
}

void decode_image(const json_t *j, struct scratch *s, struct engine_image *ret)
{
	*ret = (struct engine_image){
		.id = json_str(j, "Id", ""), .user = json_str(j, "Config.User", ""), .workdir = json_str(j, "Config.WorkingDir", ""),
		.arch = json_str(j, "Architecture", ""), .os = json_str(j, "Os", ""),
		.size_bytes = decode_u64(j, "Size"), .created_at_s = decode_time(j, "Created"),
	};
	ret->repo_tags = decode_tags(json_path(j, "RepoTags"), s, &ret->n_repo_tags);
	ret->entrypoint = decode_strings(json_path(j, "Config.Entrypoint"), s, &ret->n_entrypoint);
	ret->cmd = decode_strings(json_path(j, "Config.Cmd"), s, &ret->n_cmd);
	ret->env = decode_strings(json_path(j, "Config.Env"), s, &ret->n_env);
	ret->exposed_tcp = decode_exposed(json_path(j, "Config.ExposedPorts"), s, &ret->n_exposed_tcp);
	ret->labels = decode_pairs(json_path(j, "Config.Labels"), s, &ret->n_labels);
}

void decode_image_item(const json_t *j, struct scratch *s, struct engine_image *ret)
{
	*ret = (struct engine_image){ .id = json_str(j, "Id", ""), .user = "", .workdir = "", .arch = "", .os = "",
		.size_bytes = decode_u64(j, "Size"), .created_at_s = json_int(j, "Created", 0) };
	ret->repo_tags = decode_tags(json_path(j, "RepoTags"), s, &ret->n_repo_tags);
	ret->labels = decode_pairs(json_path(j, "Labels"), s, &ret->n_labels);
}

/* ---- containers ---- */
static const char *name_without_slash(const char *name)
{
	return *name == '/' ? name + 1 : name;
}

/* {"8888/tcp":[{"HostIp","HostPort"}]}, of NetworkSettings while it runs, else of HostConfig as asked for. */
static const struct engine_port *decode_bindings(const json_t *object, struct scratch *s, size_t *ret_n)
{
	struct engine_port *v = scratch_array(s, json_object_size(object), sizeof *v);
	size_t n = 0;

	for (void *it = json_object_iter((json_t *)object); it; it = json_object_iter_next((json_t *)object, it)) {
		uint16_t port = decode_port_key(json_object_iter_key(it));
		const json_t *first = json_array_get(json_object_iter_value(it), 0); /* a second one is the same for IPv6 */
		uint64_t host_port = 0;
		if (!port || !first)
			continue;
		if (!sv_to_u64(sv_of(json_str(first, "HostPort", "")), &host_port) || host_port > UINT16_MAX)
			host_port = 0;
		v[n++] = (struct engine_port){ port, (uint16_t)host_port, json_str(first, "HostIp", "") };
	}
	*ret_n = n;
	return v;
}

void decode_container(const json_t *j, struct scratch *s, struct engine_container *ret)
{
	*ret = (struct engine_container){
		.id = json_str(j, "Id", ""), .name = name_without_slash(json_str(j, "Name", "")),
		.image = json_str(j, "Config.Image", ""), .image_id = json_str(j, "Image", ""),
		.status = json_str(j, "State.Status", ""), .error = json_str(j, "State.Error", ""),
		.health = json_str(j, "State.Health.Status", ""),
		.created_at_s = decode_time(j, "Created"), .started_at_s = decode_time(j, "State.StartedAt"),
		.finished_at_s = decode_time(j, "State.FinishedAt"), .exit_code = (int)json_int(j, "State.ExitCode", 0),
		.oom_killed = json_bool(j, "State.OOMKilled", false), .tty = json_bool(j, "Config.Tty", false),
		.memory_bytes = decode_u64(j, "HostConfig.Memory"), .cpus = json_num(j, "HostConfig.NanoCpus", 0) / 1e9,
		.pids = decode_u32(j, "HostConfig.PidsLimit"),
	};
	if (strcmp(ret->health, "none") == 0)
		ret->health = "";
	ret->labels = decode_pairs(json_path(j, "Config.Labels"), s, &ret->n_labels);
	const json_t *live = json_path(j, "NetworkSettings.Ports");
	ret->ports = decode_bindings(json_object_size(live) ? live : json_path(j, "HostConfig.PortBindings"), s, &ret->n_ports);
}

static const struct engine_port *decode_item_ports(const json_t *array, struct scratch *s, size_t *ret_n)
{
	struct engine_port *v = scratch_array(s, json_array_size(array), sizeof *v);
	size_t i, n = 0;
	const json_t *item;

	json_array_foreach(array, i, item) {
		uint32_t inner = decode_u32(item, "PrivatePort"), outer = decode_u32(item, "PublicPort");
		bool again = n && v[n - 1].container_port == inner;
		if (inner && inner <= UINT16_MAX && outer && outer <= UINT16_MAX && !again && strcmp(json_str(item, "Type", "tcp"), "tcp") == 0)
			v[n++] = (struct engine_port){ (uint16_t)inner, (uint16_t)outer, json_str(item, "IP", "") };
	}
	*ret_n = n;
	return v;
}

/* The list tells an exit code and health only in words: "Exited (137) 3 minutes ago", "Up 2 hours (healthy)". */
static int exit_code_of_words(const char *words)
{
	const char *open = strstr(words, "Exited (");
	int64_t code = 0;

	if (open) {
		open += strlen("Exited (");
		const char *close = strchr(open, ')');
		if (!close || !sv_to_i64((struct sv){ open, (size_t)(close - open) }, &code))
			code = 0;
	}
	return (int)code;
}

static const char *health_of_words(const char *words)
{
	return strstr(words, "(healthy)") ? "healthy" : strstr(words, "(unhealthy)") ? "unhealthy" : strstr(words, "(health: starting)") ? "starting" : "";
}

void decode_container_item(const json_t *j, struct scratch *s, struct engine_container *ret)
{
	const char *words = json_str(j, "Status", "");
	const json_t *name = json_array_get(json_path(j, "Names"), 0);

	*ret = (struct engine_container){
		.id = json_str(j, "Id", ""), .name = name_without_slash(json_is_string(name) ? json_string_value(name) : ""),
		.image = json_str(j, "Image", ""), .image_id = json_str(j, "ImageID", ""), .status = json_str(j, "State", ""), .error = "",
		.health = health_of_words(words), .created_at_s = json_int(j, "Created", 0), .exit_code = exit_code_of_words(words),
	};
	ret->labels = decode_pairs(json_path(j, "Labels"), s, &ret->n_labels);
	ret->ports = decode_item_ports(json_path(j, "Ports"), s, &ret->n_ports);
}

void decode_volume(const json_t *j, struct scratch *s, struct engine_volume *ret)
{
	*ret = (struct engine_volume){ .name = json_str(j, "Name", ""), .created_at_s = decode_time(j, "CreatedAt") };
	ret->labels = decode_pairs(json_path(j, "Labels"), s, &ret->n_labels);
}

void decode_event(const json_t *j, struct scratch *s, struct engine_event *ret)
{
	const json_t *attributes = json_path(j, "Actor.Attributes");
	const char *action = json_str(j, "Action", json_str(j, "status", ""));

	if (strcmp(action, "died") == 0)
		action = "die";                 /* Podman's word for it */
	/* "health_status: healthy" on Docker; the word after the colon goes into its own attribute, as Podman has it */
	const char *colon = strstr(action, ": ");
	*ret = (struct engine_event){
		.type = json_str(j, "Type", "container"), .action = colon ? scratch_str(s, xstrndup(action, (size_t)(colon - action))) : action,
		.id = json_str(j, "Actor.ID", json_str(j, "id", "")), .exit_code = "", .at_s = json_int(j, "time", 0),
	};
	const json_t *code = json_object_get(attributes, "exitCode");
	if (!code && sv_starts(sv_of(action), SV("die"))) /* "died"; Podman gives a 0 with every other event, too */
		code = json_object_get(attributes, "containerExitCode");
	if (json_is_string(code))
		ret->exit_code = json_string_value(code);
	struct net_header *pairs = (struct net_header *)decode_pairs(attributes, s, &ret->n_attributes);
	if (colon) {
		struct net_header *more = scratch_array(s, ret->n_attributes + 1, sizeof *more);
		memcpy(more, pairs, ret->n_attributes * sizeof *more);
		more[ret->n_attributes++] = (struct net_header){ "health_status", colon + 2 };
		pairs = more;
	}
	ret->attributes = pairs;
}

/* Memory as people mean it: without the page cache that the kernel would give back. */
static uint64_t memory_without_cache(const json_t *j)
{
	uint64_t usage = decode_u64(j, "memory_stats.usage");
	const json_t *v1 = json_path(j, "memory_stats.stats.total_inactive_file");
	uint64_t cache = v1 ? (uint64_t)MAX_OF(json_integer_value(v1), (json_int_t)0) : decode_u64(j, "memory_stats.stats.inactive_file");

	return cache < usage ? usage - cache : usage;
}

void decode_stats(const json_t *j, struct stats_sample *ret)
{
	*ret = (struct stats_sample){
		.cpu_ns = decode_u64(j, "cpu_stats.cpu_usage.total_usage"), .system_ns = decode_u64(j, "cpu_stats.system_cpu_usage"),
		.cpus = decode_u32(j, "cpu_stats.online_cpus"), .pids = decode_u32(j, "pids_stats.current"),
		.memory_bytes = memory_without_cache(j),
		.running = strncmp(json_str(j, "read", "0001-"), "0001-", 5) != 0,
	};
	if (!ret->cpus)
		ret->cpus = (uint32_t)json_array_size(json_path(j, "cpu_stats.cpu_usage.percpu_usage"));
}
