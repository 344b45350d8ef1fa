/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fakes.h"

#include <stdio.h>

struct fake_call {
	struct engine_call base;
	struct loop_timer *timer;
	void (*give)(struct fake_call *c);       /* NULL: it just ends well */
	union {
		void (*info)(void *ctx, const struct engine_info *i);
		void (*image)(void *ctx, const struct engine_image *i);
		void (*container)(void *ctx, const struct engine_container *c);
		void (*volume)(void *ctx, const struct engine_volume *v);
		void (*event)(void *ctx, const struct engine_event *ev);
		void (*usage)(void *ctx, const struct engine_usage *u);
		void (*piece)(void *ctx, int stream, struct sv bytes);
	} on;
	void (*exited)(void *ctx, int exit_code);
	char *name;
	struct err err;
};

static struct fake_engine *engine_of(const struct fake_call *c)
{
	return (struct fake_engine *)c->base.engine;
}

static void let_go(struct engine_call *base)
{
	struct fake_call *c = (struct fake_call *)base;
	loop_timer_stop(c->timer);
	c->timer = NULL;
	if (engine_of(c)->events == base)
		engine_of(c)->events = NULL;
}

static void destroy(struct engine_call *base)
{
	struct fake_call *c = (struct fake_call *)base;
	free(c->name);
	free(c);
}

static void answer(void *call)
{
	struct fake_call *c = call;
	AUTO_HOLD(&c->base);
	if (engine_of(c)->down)
		err_set(&c->err, ERR_NET, "nobody listens");
	else if (c->give)
		c->give(c);
	if (!c->base.ended)
		engine_call_end(&c->base, c->err.code ? &c->err : NULL);
}

static struct fake_call *call_new(struct engine *e, const char *slot, void (*give)(struct fake_call *c), engine_end_fn end, void *ctx)
{
	struct fake_engine *f = (struct fake_engine *)e;
	struct fake_call *c = xcalloc(1, sizeof *c);
	engine_call_init(&c->base, e, end, ctx);
	c->base.let_go = let_go;
	c->base.destroy = destroy;
	c->give = give;
	if (!f->hangs || strcmp(f->hangs, slot) != 0)
		c->timer = loop_timer_start(e->loop, f->delay_ms, 0, answer, c);
	return c;
}

/* ---- asking ---- */
static void give_info(struct fake_call *c)
{
	struct engine_info i = { .product = "docker", .version = "1.0", .api_version = "1.44", .os = "linux", .arch = "amd64", .cpus = 4, .memory_bytes = 8ull << 30 };
	c->on.info(c->base.ctx, &i);
}

static struct engine_call *ping(struct engine *e, void (*got)(void *, const struct engine_info *), engine_end_fn end, void *ctx)
{
	struct fake_call *c = call_new(e, "ping", give_info, end, ctx);
	((struct fake_engine *)e)->n_ping++;
	c->on.info = got;
	return &c->base;
}

static void give_images(struct fake_call *c)
{
	struct fake_engine *f = engine_of(c);
	for (size_t i = 0; i < f->n_images && !c->base.ended; i++) {
		const char *tags[] = { f->images[i] };
		struct engine_image image = { .id = "sha256:1", .repo_tags = tags, .n_repo_tags = 1, .size_bytes = 1000, .user = "", .workdir = "", .arch = "amd64", .os = "linux" };
		if (!c->name || strcmp(c->name, f->images[i]) == 0)
			c->on.image(c->base.ctx, &image);
		if (c->name && strcmp(c->name, f->images[i]) == 0)
			return;
	}
	if (c->name)
		err_set(&c->err, ERR_NOT_FOUND, "no such image");
}

static struct engine_call *images(struct engine *e, const char *filter, void (*item)(void *, const struct engine_image *), engine_end_fn end, void *ctx)
{
	(void)filter;
	struct fake_call *c = call_new(e, "images", give_images, end, ctx);
	((struct fake_engine *)e)->n_images_asked++;
	c->on.image = item;
	return &c->base;
}

static struct engine_call *image_inspect(struct engine *e, const char *ref, void (*got)(void *, const struct engine_image *), engine_end_fn end, void *ctx)
{
	struct fake_call *c = call_new(e, "image_inspect", give_images, end, ctx);
	struct fake_engine *f = (struct fake_engine *)e;
	f->n_inspect++;
	snprintf(f->inspected, sizeof f->inspected, "%s", ref);
	c->name = xstrdup(ref);
	c->on.image = got;
	return &c->base;
}

static void give_containers(struct fake_call *c)
{
	struct fake_engine *f = engine_of(c);
	for (size_t i = 0; i < f->n_sessions && !c->base.ended; i++) {
		const struct fake_session *s = &f->sessions[i];
		char hex[OID_HEX + 1];
		oid_hex(&s->commit, hex);
		AUTO_STR id = xasprintf("id-%s", s->name);
		AUTO_STR name = xasprintf("berth-%s", s->name);
		struct net_header labels[] = { { "io.berth.session", s->name }, { "io.berth.forge", "fake" }, { "io.berth.project", s->project },
			{ "io.berth.branch", s->branch }, { "io.berth.commit", hex }, { "io.berth.owner", s->owner }, { "io.berth.port", "40000" },
			{ "io.berth.workdir", s->workdir } };
		struct engine_container one = { .id = id, .name = name, .image = "x", .image_id = "x", .labels = labels, .n_labels = ARRAY_LEN(labels) - !s->workdir,
			.status = s->running ? "running" : "exited", .error = "", .health = "" };
		if (!c->name || strcmp(c->name, id) == 0)
			c->on.container(c->base.ctx, &one);
	}
}

static struct engine_call *containers(struct engine *e, const char *filter, void (*item)(void *, const struct engine_container *), engine_end_fn end, void *ctx)
{
	(void)filter;
	struct fake_call *c = call_new(e, "containers", give_containers, end, ctx);
	((struct fake_engine *)e)->n_list++;
	c->on.container = item;
	return &c->base;
}

static struct engine_call *container_inspect(struct engine *e, const char *container, void (*got)(void *, const struct engine_container *), engine_end_fn end, void *ctx)
{
	struct fake_call *c = call_new(e, "container_inspect", give_containers, end, ctx);
	c->name = xstrdup(container);
	c->on.container = got;
	return &c->base;
}

static struct engine_call *volumes(struct engine *e, const char *filter, void (*item)(void *, const struct engine_volume *), engine_end_fn end, void *ctx)
{
	(void)filter;
	struct fake_call *c = call_new(e, "volumes", NULL, end, ctx);
	c->on.volume = item;
	return &c->base;
}

static void give_usage(struct fake_call *c)
{
	struct engine_usage u = { .cpu_cores = 0.5, .memory_bytes = 1 << 20, .pids = 3, .cpu_known = true };
	c->on.usage(c->base.ctx, &u);
}

static struct engine_call *stats(struct engine *e, const char *container, void (*got)(void *, const struct engine_usage *), engine_end_fn end, void *ctx)
{
	(void)container;
	struct fake_call *c = call_new(e, "stats", give_usage, end, ctx);
	((struct fake_engine *)e)->n_stats++;
	c->on.usage = got;
	return &c->base;
}

static void give_log(struct fake_call *c)
{
	c->on.piece(c->base.ctx, 1, SV("one\n"));
	if (!c->base.ended)
		c->on.piece(c->base.ctx, 1, SV("two\n"));
}

static struct engine_call *logs(struct engine *e, const struct engine_logs_query *q, void (*piece)(void *, int, struct sv), engine_end_fn end, void *ctx)
{
	(void)q;
	struct fake_call *c = call_new(e, "logs", give_log, end, ctx);
	c->on.piece = piece;
	return &c->base;
}

/* ---- listening ---- */
static struct engine_call *events(struct engine *e, const char *filter, int64_t since_s, void (*item)(void *, const struct engine_event *), engine_end_fn end, void *ctx)
{
	(void)filter;
	(void)since_s;
	struct fake_engine *f = (struct fake_engine *)e;
	struct fake_call *c = call_new(e, "events", NULL, end, ctx);
	loop_timer_stop(c->timer);
	c->timer = NULL;
	c->on.event = item;
	f->events = &c->base;
	return f->events;
}

void fake_engine_event(struct fake_engine *e, const char *action)
{
	struct engine_event ev = { .type = "container", .action = action, .id = "x", .exit_code = "" };
	if (e->events)
		((struct fake_call *)e->events)->on.event(e->events->ctx, &ev);
}

void fake_engine_goes_down(struct fake_engine *e)
{
	struct err err = { 0 };
	e->down = true;
	err_set(&err, ERR_NET, "the engine went away");
	if (e->events)
		engine_call_end(e->events, &err);
}

/* ---- doing ---- */
static struct engine_call *stop(struct engine *e, const char *container, uint32_t timeout_s, engine_end_fn end, void *ctx)
{
	(void)container;
	(void)timeout_s;
	((struct fake_engine *)e)->n_stop++;
	return &call_new(e, "stop", NULL, end, ctx)->base;
}

static struct engine_call *remove_container(struct engine *e, const char *container, bool force, engine_end_fn end, void *ctx)
{
	struct fake_engine *f = (struct fake_engine *)e;
	(void)force;
	f->n_remove++;
	for (size_t i = 0; i < f->n_sessions; i++)
		if (strncmp(container, "id-", 3) == 0 && strcmp(f->sessions[i].name, container + 3) == 0)
			f->sessions[i--] = f->sessions[--f->n_sessions];
	return &call_new(e, "remove", NULL, end, ctx)->base;
}

static struct engine_call *volume_remove(struct engine *e, const char *name, engine_end_fn end, void *ctx)
{
	(void)name;
	((struct fake_engine *)e)->n_volume_remove++;
	return &call_new(e, "volume_remove", NULL, end, ctx)->base;
}

static struct engine_call *network_remove(struct engine *e, const char *name, engine_end_fn end, void *ctx)
{
	(void)name;
	return &call_new(e, "network_remove", NULL, end, ctx)->base;
}

static void engine_destroy(struct engine *e)
{
	engine_fini(e);
	free(e);
}

/* ---- commands ---- */
static void give_exec(struct fake_call *c)
{
	if (engine_of(c)->exec_out && c->on.piece)
		c->on.piece(c->base.ctx, 1, sv_of(engine_of(c)->exec_out));
	if (!c->base.ended && c->exited)
		c->exited(c->base.ctx, 0);
}

static struct engine_call *exec(struct engine *e, const struct engine_exec_query *q, void (*out)(void *, int, struct sv), void (*ended)(void *, int), engine_end_fn end, void *ctx)
{
	struct fake_call *c = call_new(e, "exec", give_exec, end, ctx);
	(void)q;
	c->on.piece = out;
	c->exited = ended;
	return &c->base;
}

struct fake_engine *fake_engine_new(struct loop *l)
{
	static const struct engine_ops ops = { .free = engine_destroy, .exec = exec, .ping = ping, .images = images, .image_inspect = image_inspect, .containers = containers,
		.container_inspect = container_inspect, .volumes = volumes, .stats = stats, .logs = logs, .events = events, .stop = stop,
		.remove = remove_container, .volume_remove = volume_remove, .network_remove = network_remove };
	struct fake_engine *f = xcalloc(1, sizeof *f);
	engine_init(&f->base, &ops, l, "fake");
	return f;
}
