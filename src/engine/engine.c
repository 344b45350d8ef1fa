/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The port's front: finds the slot, answers for those that are missing, and keeps the rules of calls in one place. */
#include "berth/engine_impl.h"

#include "berth/mem.h"

void engine_init(struct engine *e, const struct engine_ops *ops, struct loop *loop, const char *name)
{
	*e = (struct engine){ .ops = ops, .loop = loop, .name = xstrdup(name ? name : "default") };
}

void engine_fini(struct engine *e)
{
	free(e->name);
	free(e->identity);
	e->name = e->identity = NULL;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	while (e->calls)
		engine_cancel(e->calls);
	e->ops->free(e);
}

const char *engine_name(const struct engine *e)
{
	return e->name;
}

const char *engine_identity(const struct engine *e)
{
	return e->identity ? e->identity : e->name;
}

unsigned engine_caps(const struct engine *e)
{
	return e->caps;
}

/* ---- calls ---- */
void engine_call_init(struct engine_call *c, struct engine *e, engine_end_fn end, void *ctx)
{
	c->engine = e;
	c->end = end;
	c->ctx = ctx;
	c->holds = 1;
	c->prev = NULL;
	c->next = e->calls;
	if (e->calls)
		e->calls->prev = c;
	e->calls = c;
}

static void call_unlink(struct engine_call *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		c->engine->calls = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->prev = c->next = NULL;
}

void engine_call_hold(struct engine_call *c)
{
	c->holds++;
}

void engine_call_release(struct engine_call *c)
{
	if (--c->holds == 0)
		c->destroy(c);
}

void engine_call_end(struct engine_call *c, const struct err *err)
{
	if (c->ended)
		return;
	c->ended = true;
	call_unlink(c);
	c->let_go(c);
	if (c->end)
		c->end(c->ctx, err);
	engine_call_release(c);
}

void engine_cancel(struct engine_call *c)
{
	if (!c)
		return;
	struct err err = { 0 };
	err_set(&err, ERR_CANCELLED, "cancelled");
	engine_call_end(c, &err);
}

/* ---- what an engine has no slot for ---- */
struct refused_call { struct engine_call base; struct err err; };

static void refused_tell(void *ctx)
{
	struct refused_call *r = ctx;

	engine_call_end(&r->base, &r->err);
}

static void refused_let_go(struct engine_call *c)
{
	loop_defer_cancel(c->engine->loop, refused_tell, c);
}

static void refused_destroy(struct engine_call *c)
{
	free(c);
}

static struct engine_call *unsupported(struct engine *e, const char *what, engine_end_fn end, void *ctx)
{
	struct refused_call *r = xcalloc(1, sizeof *r);

	engine_call_init(&r->base, e, end, ctx);
	r->base.let_go = refused_let_go;
	r->base.destroy = refused_destroy;
	err_set(&r->err, ERR_UNSUPPORTED, "the engine '%s' can't %s", e->name, what);
	loop_defer(e->loop, refused_tell, r);
	return &r->base;
}

struct refused_tty { struct engine_tty port; struct engine_call *call; struct engine_tty_events ev; void *ctx; };

static void refused_tty_end(void *ctx, const struct err *err)
{
	struct refused_tty *t = ctx;

	t->call = NULL;
	if (t->ev.on_end)
		t->ev.on_end(t->ctx, -1, err);
}

static struct engine_tty *unsupported_tty(struct engine *e, const struct engine_tty_events *ev, void *ctx)
{
	static const struct engine_ops no_ops = { 0 };
	struct refused_tty *t = xcalloc(1, sizeof *t);

	t->port.ops = &no_ops;
	t->ev = *ev;
	t->ctx = ctx;
	t->call = unsupported(e, "open a terminal in a container", refused_tty_end, t);
	return &t->port;
}

/* ---- the slots ---- */
#define SLOT(e, slot, what, ...) \
	((e)->ops->slot ? (e)->ops->slot((e), __VA_ARGS__, end, ctx) : unsupported((e), (what), end, ctx))

struct engine_call *engine_ping(struct engine *e, void (*got)(void *ctx, const struct engine_info *i), engine_end_fn end, void *ctx)
{
	return SLOT(e, ping, "be asked for its version", got);
}

struct engine_call *engine_image_inspect(struct engine *e, const char *ref, void (*got)(void *ctx, const struct engine_image *i), engine_end_fn end, void *ctx)
{
	return SLOT(e, image_inspect, "look at images", ref, got);
}

struct engine_call *engine_images(struct engine *e, const char *filter, void (*item)(void *ctx, const struct engine_image *i), engine_end_fn end, void *ctx)
{
	return SLOT(e, images, "list images", filter, item);
}

struct engine_call *engine_image_tag(struct engine *e, const char *ref, const char *new_ref, engine_end_fn end, void *ctx)
{
	return SLOT(e, image_tag, "tag images", ref, new_ref);
}

struct engine_call *engine_image_remove(struct engine *e, const char *ref, engine_end_fn end, void *ctx)
{
	return SLOT(e, image_remove, "remove images", ref);
}

struct engine_call *engine_pull(struct engine *e, const char *ref, void (*progress)(void *ctx, const struct engine_progress *p), engine_end_fn end, void *ctx)
{
	return SLOT(e, pull, "pull images", ref, NULL, progress);
}

struct engine_call *engine_pull_as(struct engine *e, const char *ref, const struct engine_login *login, void (*progress)(void *ctx, const struct engine_progress *p), engine_end_fn end, void *ctx)
{
	return SLOT(e, pull, "pull images", ref, login, progress);
}

struct engine_call *engine_build(struct engine *e, const struct engine_build_query *q, void (*event)(void *ctx, const struct engine_build_event *ev), engine_end_fn end, void *ctx)
{
	if (!e->ops->build && q->context_done)
		q->context_done(q->context_ctx);
	return SLOT(e, build, "build images", q, event);
}

void engine_build_context_ready(struct engine_call *c)
{
	if (!c->ended && c->engine->ops->build)
		c->engine->ops->body_ready(c);
}

struct engine_call *engine_create(struct engine *e, const struct engine_create_query *q, void (*made)(void *ctx, const char *id, const char *warning), engine_end_fn end, void *ctx)
{
	return SLOT(e, create, "create containers", q, made);
}

struct engine_call *engine_start(struct engine *e, const char *container, engine_end_fn end, void *ctx)
{
	return SLOT(e, start, "start containers", container);
}

struct engine_call *engine_stop(struct engine *e, const char *container, uint32_t timeout_s, engine_end_fn end, void *ctx)
{
	return SLOT(e, stop, "stop containers", container, timeout_s);
}

struct engine_call *engine_kill(struct engine *e, const char *container, const char *signal, engine_end_fn end, void *ctx)
{
	return SLOT(e, kill, "send signals", container, signal);
}

struct engine_call *engine_remove(struct engine *e, const char *container, bool force, engine_end_fn end, void *ctx)
{
	return SLOT(e, remove, "remove containers", container, force);
}

struct engine_call *engine_containers(struct engine *e, const char *label_filter, void (*item)(void *ctx, const struct engine_container *c), engine_end_fn end, void *ctx)
{
	return SLOT(e, containers, "list containers", label_filter, item);
}

struct engine_call *engine_container_inspect(struct engine *e, const char *container, void (*got)(void *ctx, const struct engine_container *c), engine_end_fn end, void *ctx)
{
	return SLOT(e, container_inspect, "look at containers", container, got);
}

struct engine_call *engine_volume_create(struct engine *e, const char *name, const struct net_header *labels, size_t n_labels, engine_end_fn end, void *ctx)
{
	return SLOT(e, volume_create, "create volumes", name, labels, n_labels);
}

struct engine_call *engine_volume_remove(struct engine *e, const char *name, engine_end_fn end, void *ctx)
{
	return SLOT(e, volume_remove, "remove volumes", name);
}

struct engine_call *engine_volumes(struct engine *e, const char *label_filter, void (*item)(void *ctx, const struct engine_volume *v), engine_end_fn end, void *ctx)
{
	return SLOT(e, volumes, "list volumes", label_filter, item);
}

struct engine_call *engine_network_ensure(struct engine *e, const char *name, const struct net_header *labels, size_t n_labels, engine_end_fn end, void *ctx)
{
	return SLOT(e, network_ensure, "make networks", name, labels, n_labels);
}

struct engine_call *engine_network_remove(struct engine *e, const char *name, engine_end_fn end, void *ctx)
{
	return SLOT(e, network_remove, "remove networks", name);
}

struct engine_call *engine_archive_put(struct engine *e, const struct engine_archive_query *q, engine_end_fn end, void *ctx)
{
	if (!e->ops->archive_put && q->read_done)
		q->read_done(q->read_ctx);
	return SLOT(e, archive_put, "put files into containers", q);
}

void engine_archive_ready(struct engine_call *c)
{
	if (!c->ended && c->engine->ops->archive_put)
		c->engine->ops->body_ready(c);
}

void engine_archive_hold(struct engine_call *c, bool held)
{
	if (!c->ended && c->engine->ops->archive_hold)
		c->engine->ops->archive_hold(c, held);
}

struct engine_call *engine_archive_get(struct engine *e, const char *container, const char *path, void (*piece)(void *ctx, struct sv tar), engine_end_fn end, void *ctx)
{
	return SLOT(e, archive_get, "get files out of containers", container, path, piece);
}

struct engine_call *engine_exec(struct engine *e, const struct engine_exec_query *q, void (*out)(void *ctx, int stream, struct sv bytes), void (*ended)(void *ctx, int exit_code), engine_end_fn end, void *ctx)
{
	return SLOT(e, exec, "run commands in containers", q, out, ended);
}

struct engine_call *engine_logs(struct engine *e, const struct engine_logs_query *q, void (*piece)(void *ctx, int stream, struct sv bytes), engine_end_fn end, void *ctx)
{
	return SLOT(e, logs, "show logs", q, piece);
}

struct engine_call *engine_events(struct engine *e, const char *label_filter, int64_t since_s, void (*item)(void *ctx, const struct engine_event *ev), engine_end_fn end, void *ctx)
{
	return SLOT(e, events, "tell what happens", label_filter, since_s, item);
}

struct engine_call *engine_stats(struct engine *e, const char *container, void (*got)(void *ctx, const struct engine_usage *u), engine_end_fn end, void *ctx)
{
	return SLOT(e, stats, "measure containers", container, got);
}

/* ---- terminals ---- */
struct engine_tty *engine_tty_open(struct engine *e, const struct engine_exec_query *q, uint16_t rows, uint16_t cols, const struct engine_tty_events *ev, void *ctx)
{
	return e->ops->tty_open ? e->ops->tty_open(e, q, rows, cols, ev, ctx) : unsupported_tty(e, ev, ctx);
}

void engine_tty_write(struct engine_tty *t, struct sv bytes)
{
	if (t->ops->tty_write)
		t->ops->tty_write(t, bytes);
}

void engine_tty_resize(struct engine_tty *t, uint16_t rows, uint16_t cols)
{
	if (t->ops->tty_resize)
		t->ops->tty_resize(t, rows, cols);
}

void engine_tty_close(struct engine_tty *t)
{
	if (!t)
		return;
	if (t->ops->tty_close) {
		t->ops->tty_close(t);
		return;
	}
	struct refused_tty *r = (struct refused_tty *)t;
	r->ev = (struct engine_tty_events){ 0 };
	if (r->call)
		engine_cancel(r->call);
	free(r);
}
