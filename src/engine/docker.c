/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Docker engine: its making and end, and its table of slots. */
#include "docker.h"

#include "berth/mem.h"
#include "tunnel.h"

static void docker_free(struct engine *e)
{
	struct docker *d = (struct docker *)e;

	d->state = DOCKER_COLD;
	net_cancel(d->asking);
	tunnel_free(d->tunnel);
	map_free(d->samples);
	map_free(d->networks);
	engine_host_fini(&d->config);
	free(d->base_url);
	free(d->unix_socket);
	free(d->where);
	free(d->product);
	free(d->version);
	free(d->os);
	free(d->arch);
	free(d->root_dir);
	free(d->gpus);
	engine_fini(e);
	free(d);
}

/* ---- ping ---- */
struct ping { struct docker_call call; void (*got)(void *ctx, const struct engine_info *i); };

static void ping_begin(struct docker_call *c)
{
	struct docker *d = docker_of(c);
	char api[16];
	struct buf text = BUF_INIT;

	buf_addf(&text, "1.%d", d->api);
	memcpy(api, text.p, MIN_OF(text.len + 1, sizeof api));
	buf_fini(&text);
	struct engine_info info = { .product = d->product, .version = d->version, .api_version = api, .os = d->os, .arch = d->arch,
		.caps = d->base.caps, .cpus = d->cpus, .memory_bytes = d->memory_bytes, .root_dir = d->root_dir ? d->root_dir : "",
		.has_clock = d->has_clock, .clock_ahead_s = d->clock_ahead_s, .n_gpus = d->n_gpus, .gpus = d->gpus ? d->gpus : "", .cgroups = d->cgroups };
	if (((struct ping *)c)->got)
		((struct ping *)c)->got(c->base.ctx, &info);
	docker_call_done(c);
}

struct engine_call *docker_ping(struct engine *e, void (*got)(void *, const struct engine_info *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct ping), ping_begin, end, ctx);

	c->afresh = true;
	((struct ping *)c)->got = got;
	return &c->base;
}

static const struct engine_ops docker_ops = {
	.free = docker_free,
	.ping = docker_ping,
	.image_inspect = docker_image_inspect,
	.images = docker_images,
	.image_tag = docker_image_tag,
	.image_remove = docker_image_remove,
	.pull = docker_pull,
	.build = docker_build,
	.body_ready = docker_body_ready,
	.create = docker_create,
	.start = docker_start,
	.stop = docker_stop,
	.kill = docker_kill,
	.remove = docker_remove,
	.containers = docker_containers,
	.container_inspect = docker_container_inspect,
	.volume_create = docker_volume_create,
	.volume_remove = docker_volume_remove,
	.volumes = docker_volumes,
	.network_ensure = docker_network_ensure,
	.network_remove = docker_network_remove,
	.archive_hold = docker_archive_hold,
	.archive_put = docker_archive_put,
	.archive_get = docker_archive_get,
	.exec = docker_exec,
	.tty_open = docker_tty_open,
	.tty_write = docker_tty_write,
	.tty_resize = docker_tty_resize,
	.tty_close = docker_tty_close,
	.logs = docker_logs,
	.events = docker_events,
	.stats = docker_stats,
};

struct engine *engine_docker_new(struct loop *loop, struct net *net, const struct engine_config *config)
{
	struct docker *d = xcalloc(1, sizeof *d);

	engine_init(&d->base, &docker_ops, loop, config->name);
	d->net = net;
	d->samples = map_new(free);
	d->config_given = config->host != NULL;
	d->config = (struct engine_host){ .host = xstrdup(config->host), .ca_file = xstrdup(config->ca_file),
		.cert_file = xstrdup(config->cert_file), .key_file = xstrdup(config->key_file), .tls_insecure = config->tls_insecure };
	return &d->base;
}
