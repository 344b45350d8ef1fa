/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One-shot samples (5 ms instead of the 1-2 s of the engine's own two-sample answer); rates are made here. */
#include "docker.h"

#include "berth/mem.h"
#include "decode.h"

struct stats_call { struct docker_call call; void (*got)(void *ctx, const struct engine_usage *u); };

/* What the caller names the container by is the key, and it is kept with the container's real id: a name may be given anew. */
struct kept_sample { struct stats_sample sample; uint64_t at_ms; uint64_t id_hash; };

void docker_stats_forget(struct docker *d, const char *container)
{
	map_remove(d->samples, sv_of(container));
}

static void usage_rate(struct engine_usage *u, const struct kept_sample *last, const struct kept_sample *now)
{
	const struct stats_sample *a = &last->sample, *b = &now->sample;

	if (b->cpu_ns < a->cpu_ns || last->id_hash != now->id_hash)
		return;                             /* started anew meanwhile */
	double used = (double)(b->cpu_ns - a->cpu_ns);
	if (b->system_ns > a->system_ns && b->cpus)
		u->cpu_cores = used / (double)(b->system_ns - a->system_ns) * b->cpus;
	else if (now->at_ms > last->at_ms)
		u->cpu_cores = used / 1e6 / (double)(now->at_ms - last->at_ms);
	else
		return;
	u->cpu_known = true;
}

static void stats_not_running(struct docker_call *c)
{
	struct err err = { 0 };

	err_set(&err, ERR_CONFLICT, "container %s is not running", c->arg);
	docker_stats_forget(docker_of(c), c->arg);
	docker_call_fail(c, &err);
}

static void stats_answered(struct docker_call *c, const struct net_response *r)
{
	struct docker *d = docker_of(c);
	if (!r->body.len) {                         /* Podman's way to say so; Docker sends a sample of nothing */
		stats_not_running(c);
		return;
	}
	json_auto_t *j = docker_json(c, r);
	const char *id = json_str(j, "id", "");
	struct kept_sample *now = xcalloc(1, sizeof *now);

	if (!j) {
		free(now);
		return;
	}
	decode_stats(j, &now->sample);
	now->at_ms = loop_now_ms(d->base.loop);
	now->id_hash = hash_bytes(id, strlen(id));
	if (!now->sample.running) {
		free(now);
		stats_not_running(c);
		return;
	}
	struct engine_usage usage = { .memory_bytes = now->sample.memory_bytes, .pids = now->sample.pids };
	const struct kept_sample *last = map_get(d->samples, sv_of(c->arg));
	if (last)
		usage_rate(&usage, last, now);
	map_put(d->samples, sv_of(c->arg), now);
	if (((struct stats_call *)c)->got)
		((struct stats_call *)c)->got(c->base.ctx, &usage);
	docker_call_done(c);
}

static void stats_begin(struct docker_call *c)
{
	struct err err = { 0 };
	AUTO_STR path = docker_path("/containers/", c->arg, "/stats?stream=false&one-shot=true", &err);

	if (!path)
		docker_call_fail(c, &err);
	else
		docker_fetch(c, &(struct docker_ask){ .method = "GET", .path = path }, stats_answered);
}

struct engine_call *docker_stats(struct engine *e, const char *container, void (*got)(void *, const struct engine_usage *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct stats_call), stats_begin, end, ctx);

	c->arg = xstrdup(container);
	((struct stats_call *)c)->got = got;
	return &c->base;
}
