/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "docker.h"

#include "berth/mem.h"
#include "decode.h"

enum { START_MS = 120000, REMOVE_MS = 120000, STOP_GRACE_MS = 60000 };

/* ---- creating ---- */
struct create_call { struct docker_call call; json_t *body; void (*made)(void *ctx, const char *id, const char *warning); };

static json_t *strings_json(const char *const *v, size_t n)
{
	json_t *j = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(j, json_str_lossy(sv_of(v[i])));
	return j;
}

static void put_str(json_t *j, const char *key, const char *value)
{
	if (value)
		json_object_set_new(j, key, json_str_lossy(sv_of(value)));
}

json_t *docker_env(const struct net_header *env, size_t n)
{
	json_t *j = json_array();

	for (size_t i = 0; i < n; i++) {
		AUTO_STR pair = xasprintf("%s=%s", env[i].name, env[i].value);
		json_array_append_new(j, json_str_lossy(sv_of(pair)));
	}
	return j;
}

static void create_ports(json_t *body, json_t *host, const struct engine_create_query *q)
{
	json_t *exposed = json_object(), *bindings = json_object();

	for (size_t i = 0; i < q->n_ports; i++) {
		const struct engine_port *p = &q->ports[i];
		AUTO_STR key = xasprintf("%u/tcp", p->container_port);
		AUTO_STR host_port = p->host_port ? xasprintf("%u", p->host_port) : xstrdup("");
		json_object_set_new(exposed, key, json_object());
		json_object_set_new(bindings, key, json_pack("[{s:s,s:s}]", "HostIp", p->host_ip ? p->host_ip : "127.0.0.1", "HostPort", host_port));
	}
	json_object_set_new(body, "ExposedPorts", exposed);
	json_object_set_new(host, "PortBindings", bindings);
}

static void create_storage(json_t *host, const struct engine_create_query *q)
{
	json_t *mounts = json_array(), *tmpfs = json_object();

	for (size_t i = 0; i < q->n_mounts; i++)
		json_array_append_new(mounts, json_pack("{s:s,s:o,s:o,s:b,s:{s:b,s:o}}", "Type", "volume", "Source", json_str_lossy(sv_of(q->mounts[i].volume)),
		                                        "Target", json_str_lossy(sv_of(q->mounts[i].target)), "ReadOnly", q->mounts[i].read_only, "VolumeOptions",
		                                        "NoCopy", q->mounts[i].no_copy, "Labels", docker_labels(q->mounts[i].labels, q->mounts[i].n_labels)));
	for (size_t i = 0; i < q->n_tmpfs; i++)
		json_object_set_new(tmpfs, q->tmpfs[i].target, json_str_lossy(sv_of(q->tmpfs[i].options ? q->tmpfs[i].options : "")));
	json_object_set_new(host, "Mounts", mounts);
	json_object_set_new(host, "Tmpfs", tmpfs);
}

static void create_limits(json_t *host, const struct engine_create_query *q)
{
	if (q->memory_bytes) {                      /* without MemorySwap the engine would allow as much swap again */
		json_object_set_new(host, "Memory", json_integer((json_int_t)q->memory_bytes));
		json_object_set_new(host, "MemorySwap", json_integer((json_int_t)q->memory_bytes));
	}
	if (q->shm_bytes)
		json_object_set_new(host, "ShmSize", json_integer((json_int_t)q->shm_bytes));
	if (q->cpus > 0)
		json_object_set_new(host, "NanoCpus", json_integer((json_int_t)(q->cpus * 1e9 + 0.5)));
	if (q->pids)
		json_object_set_new(host, "PidsLimit", json_integer(q->pids));
	if (q->gpus)
		json_object_set_new(host, "DeviceRequests", json_pack("[{s:s,s:I,s:[[s]]}]", "Driver", "", "Count", (json_int_t)q->gpus, "Capabilities", "gpu"));
	if (q->disk_bytes) {
		AUTO_STR size = xasprintf("%llu", (unsigned long long)q->disk_bytes);
		json_object_set_new(host, "StorageOpt", json_pack("{s:s}", "size", size));
	}
	if (q->nofile)
		json_object_set_new(host, "Ulimits", json_pack("[{s:s,s:I,s:I}]", "Name", "nofile", "Soft", (json_int_t)q->nofile, "Hard", (json_int_t)q->nofile));
	if (q->log_max_mb) {
		AUTO_STR size = xasprintf("%um", q->log_max_mb);
		json_object_set_new(host, "LogConfig", json_pack("{s:s,s:{s:s,s:s}}", "Type", "json-file", "Config", "max-size", size, "max-file", "2"));
	}
}

static void create_security(json_t *host, const struct engine_create_query *q)
{
	if (q->drop_caps)
		json_object_set_new(host, "CapDrop", json_pack("[s]", "ALL"));
	if (q->n_cap_add)
		json_object_set_new(host, "CapAdd", strings_json(q->cap_add, q->n_cap_add));
	if (q->no_new_privileges)
		json_object_set_new(host, "SecurityOpt", json_pack("[s]", "no-new-privileges"));
	if (q->init)
		json_object_set_new(host, "Init", json_true());
	json_object_set_new(host, "RestartPolicy", json_pack("{s:s}", "Name", "no"));
}

json_t *docker_create_body(const struct engine_create_query *q)
{
	json_t *body = json_object(), *host = json_object();

	put_str(body, "Image", q->image);
	put_str(body, "User", q->user);
	put_str(body, "WorkingDir", q->workdir);
	put_str(body, "Hostname", q->hostname);
	if (q->entrypoint)
		json_object_set_new(body, "Entrypoint", strings_json(q->entrypoint, q->n_entrypoint));
	if (q->cmd)
		json_object_set_new(body, "Cmd", strings_json(q->cmd, q->n_cmd));
	json_object_set_new(body, "Env", docker_env(q->env, q->n_env));
	json_object_set_new(body, "Labels", docker_labels(q->labels, q->n_labels));
	put_str(host, "NetworkMode", q->network);
	json_object_set_new(body, "Tty", json_boolean(q->tty));
	json_object_set_new(body, "OpenStdin", json_boolean(q->open_stdin));
	if (q->stop_timeout_s)
		json_object_set_new(body, "StopTimeout", json_integer(q->stop_timeout_s));
	create_ports(body, host, q);
	create_storage(host, q);
	create_limits(host, q);
	create_security(host, q);
	json_object_set_new(body, "HostConfig", host);
	return body;
}

static void create_answered(struct docker_call *c, const struct net_response *r)
{
	json_auto_t *j = docker_json(c, r);
	AUTO(buf_fini) struct buf warning = BUF_INIT;
	const json_t *item;
	size_t i;

	if (!j)
		return;
	json_array_foreach(json_path(j, "Warnings"), i, item)
		if (json_is_string(item) && *json_string_value(item))
			buf_addf(&warning, "%s%s", warning.len ? "; " : "", json_string_value(item));
	if (((struct create_call *)c)->made)
		((struct create_call *)c)->made(c->base.ctx, json_str(j, "Id", ""), buf_str(&warning));
	docker_call_done(c);
}

/* Podman knows no uid= and gid= of a tmpfs: there the folder is open within the container, whose only user is the session's. */
static void create_podman_tmpfs(json_t *tmpfs)
{
	const char *target;
	json_t *value;

	json_object_foreach(tmpfs, target, value) {
		struct sv rest = sv_of(json_string_value(value)), option;
		AUTO(buf_fini) struct buf kept = BUF_INIT;
		bool owned = strstr(json_string_value(value), "uid=") != NULL;
		while (sv_split(&rest, ',', &option))
			if (!sv_starts(option, SV("uid=")) && !sv_starts(option, SV("gid=")) && !(owned && sv_starts(option, SV("mode="))))
				buf_addf(&kept, "%s%.*s", kept.len ? "," : "", (int)option.len, option.p);
		if (owned)
			buf_addf(&kept, "%smode=1777", kept.len ? "," : "");
		json_string_set(value, buf_str(&kept));
	}
}

static void create_begin(struct docker_call *c)
{
	AUTO(buf_fini) struct buf path = BUF_INIT;

	if (docker_is_podman(docker_of(c)))
		create_podman_tmpfs(json_object_get(json_object_get(((struct create_call *)c)->body, "HostConfig"), "Tmpfs"));

	buf_add_str(&path, "/containers/create");
	if (c->arg)
		docker_path_add(&path, "name", c->arg);
	docker_fetch(c, &(struct docker_ask){ .method = "POST", .path = buf_str(&path), .json = ((struct create_call *)c)->body, .idle_ms = START_MS }, create_answered);
}

static void create_fini(struct docker_call *c)
{
	json_decref(((struct create_call *)c)->body);
}

struct engine_call *docker_create(struct engine *e, const struct engine_create_query *q, void (*made)(void *, const char *, const char *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct create_call), create_begin, end, ctx);

	c->arg = xstrdup(q->name);
	c->fini = create_fini;
	struct engine_create_query settled = *q;
	settled.network = docker_network_ref((struct docker *)e, q->network);
	((struct create_call *)c)->body = docker_create_body(&settled);
	((struct create_call *)c)->made = made;
	return &c->base;
}

/* ---- start, stop, kill, remove: one request without an answer ---- */
struct act_call { struct docker_call call; const char *method, *after; char *query; uint32_t idle_ms; int fine; bool forget; };

static void act_begin(struct docker_call *c)
{
	struct act_call *a = (struct act_call *)c;
	struct err err = { 0 };
	AUTO_STR start = docker_path("/containers/", c->arg, a->after, &err);

	if (!start) {
		docker_call_fail(c, &err);
		return;
	}
	AUTO_STR path = xasprintf("%s%s", start, a->query);
	if (a->forget)
		docker_stats_forget(docker_of(c), c->arg);
	docker_fetch(c, &(struct docker_ask){ .method = a->method, .path = path, .idle_ms = a->idle_ms, .fine = a->fine }, docker_answered_done);
}

static void act_fini(struct docker_call *c)
{
	free(((struct act_call *)c)->query);
}

static struct act_call *act_new(struct engine *e, const char *container, char *query, engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct act_call), act_begin, end, ctx);
	struct act_call *a = (struct act_call *)c;

	c->arg = xstrdup(container);
	c->fini = act_fini;
	a->query = query;
	a->method = "POST";
	return a;
}

struct engine_call *docker_start(struct engine *e, const char *container, engine_end_fn end, void *ctx)
{
	struct act_call *a = act_new(e, container, xstrdup(""), end, ctx);

	a->after = "/start";
	a->idle_ms = START_MS;
	a->fine = 304;                              /* runs already */
	return &a->call.base;
}

struct engine_call *docker_stop(struct engine *e, const char *container, uint32_t timeout_s, engine_end_fn end, void *ctx)
{
	struct act_call *a = act_new(e, container, xasprintf("?t=%u", timeout_s), end, ctx);

	a->after = "/stop";
	a->idle_ms = (uint32_t)MIN_OF((uint64_t)timeout_s * 1000 + STOP_GRACE_MS, (uint64_t)DOCKER_NO_LIMIT);
	a->fine = 304;                              /* stopped already */
	return &a->call.base;
}

struct engine_call *docker_kill(struct engine *e, const char *container, const char *signal, engine_end_fn end, void *ctx)
{
	AUTO(buf_fini) struct buf query = BUF_INIT;

	docker_path_add(&query, "signal", signal ? signal : "KILL");
	struct act_call *a = act_new(e, container, buf_take(&query), end, ctx);
	a->after = "/kill";
	return &a->call.base;
}

struct engine_call *docker_remove(struct engine *e, const char *container, bool force, engine_end_fn end, void *ctx)
{
	struct act_call *a = act_new(e, container, xstrdup(force ? "?v=1&force=1" : "?v=1"), end, ctx); /* v: anonymous volumes only */

	a->method = "DELETE";
	a->after = "";
	a->idle_ms = REMOVE_MS;
	a->fine = 404;
	a->forget = true;
	return &a->call.base;
}

/* ---- looking ---- */
struct look_call { struct docker_call call; void (*got)(void *ctx, const struct engine_container *c); };

static void look_answered(struct docker_call *c, const struct net_response *r)
{
	json_auto_t *j = docker_json(c, r);
	AUTO(scratch_fini) struct scratch s = SCRATCH_INIT;
	struct engine_container container;

	if (!j)
		return;
	decode_container(j, &s, &container);
	if (((struct look_call *)c)->got)
		((struct look_call *)c)->got(c->base.ctx, &container);
	docker_call_done(c);
}

static void look_begin(struct docker_call *c)
{
	struct err err = { 0 };
	AUTO_STR path = docker_path("/containers/", c->arg, "/json", &err);

	if (!path)
		docker_call_fail(c, &err);
	else
		docker_fetch(c, &(struct docker_ask){ .method = "GET", .path = path }, look_answered);
}

struct engine_call *docker_container_inspect(struct engine *e, const char *container, void (*got)(void *, const struct engine_container *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct look_call), look_begin, end, ctx);

	c->arg = xstrdup(container);
	((struct look_call *)c)->got = got;
	return &c->base;
}

static void give(struct docker_call *c, const json_t *item)
{
	AUTO(scratch_fini) struct scratch s = SCRATCH_INIT;
	struct engine_container container;

	decode_container_item(item, &s, &container);
	((struct look_call *)c)->got(c->base.ctx, &container);
}

static void list_begin(struct docker_call *c)
{
	static const struct docker_list list = { "/containers/json?all=1", NULL, "label" };

	docker_fetch_list(c, &list, give, docker_call_done);
}

struct engine_call *docker_containers(struct engine *e, const char *label_filter, void (*item)(void *, const struct engine_container *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct look_call), list_begin, end, ctx);

	c->arg = xstrdup(label_filter);
	((struct look_call *)c)->got = item;
	return &c->base;
}
