/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes, and files in and out of containers as tar archives. */
#include "docker.h"

#include "berth/mem.h"
#include "decode.h"

enum { ARCHIVE_MS = 300000, VOLUME_MS = 60000 };

/* ---- volumes ---- */
struct volume_call { struct docker_call call; json_t *labels; void (*item)(void *ctx, const struct engine_volume *v); };

static void volume_fini(struct docker_call *c)
{
	json_decref(((struct volume_call *)c)->labels);
}

static void create_begin(struct docker_call *c)
{
	struct err err = { 0 };
	AUTO_STR sound = docker_path("", c->arg, "", &err);

	if (!sound) {
		docker_call_fail(c, &err);
		return;
	}
	json_auto_t *body = json_pack("{s:o,s:s,s:O}", "Name", json_str_lossy(sv_of(c->arg)), "Driver", "local", "Labels", ((struct volume_call *)c)->labels);
	docker_fetch(c, &(struct docker_ask){ .method = "POST", .path = "/volumes/create", .json = body, .idle_ms = VOLUME_MS }, docker_answered_done);
}

struct engine_call *docker_volume_create(struct engine *e, const char *name, const struct net_header *labels, size_t n_labels, engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct volume_call), create_begin, end, ctx);

	c->arg = xstrdup(name);
	c->fini = volume_fini;
	((struct volume_call *)c)->labels = docker_labels(labels, n_labels);
	return &c->base;
}

static void remove_begin(struct docker_call *c)
{
	struct err err = { 0 };
	AUTO_STR path = docker_path("/volumes/", c->arg, "", &err);

	if (!path)
		docker_call_fail(c, &err);
	else
		docker_fetch(c, &(struct docker_ask){ .method = "DELETE", .path = path, .fine = 404, .idle_ms = VOLUME_MS }, docker_answered_done);
}

struct engine_call *docker_volume_remove(struct engine *e, const char *name, engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof *c, remove_begin, end, ctx);

	c->arg = xstrdup(name);
	return &c->base;
}

static void give(struct docker_call *c, const json_t *item)
{
	AUTO(scratch_fini) struct scratch s = SCRATCH_INIT;
	struct engine_volume volume;

	decode_volume(item, &s, &volume);
	((struct volume_call *)c)->item(c->base.ctx, &volume);
}

static void list_begin(struct docker_call *c)
{
	static const struct docker_list list = { "/volumes", "Volumes", "label" };

	docker_fetch_list(c, &list, give, docker_call_done);
}

struct engine_call *docker_volumes(struct engine *e, const char *label_filter, void (*item)(void *, const struct engine_volume *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct volume_call), list_begin, end, ctx);

	c->arg = xstrdup(label_filter);
	((struct volume_call *)c)->item = item;
	return &c->base;
}

/* ---- archives ---- */
struct archive_call { struct docker_call call; char *path; void (*piece)(void *ctx, struct sv tar); };

static void archive_fini(struct docker_call *c)
{
	free(((struct archive_call *)c)->path);
}

static void archive_get_data(struct docker_call *c, struct sv bytes)
{
	((struct archive_call *)c)->piece(c->base.ctx, bytes);
}

static void archive_begin(struct docker_call *c)
{
	struct archive_call *a = (struct archive_call *)c;
	struct err err = { 0 };
	AUTO_STR start = docker_path("/containers/", c->arg, "/archive", &err);
	AUTO(buf_fini) struct buf path = BUF_INIT;

	if (!start) {
		docker_call_fail(c, &err);
		return;
	}
	buf_add_str(&path, start);
	docker_path_add(&path, "path", a->path);
	struct docker_ask ask = { .method = "GET", .path = buf_str(&path), .idle_ms = ARCHIVE_MS };
	if (a->piece) {
		docker_stream(c, &ask, archive_get_data, docker_call_done);
	} else {
		ask.method = "PUT";
		ask.pulled_body = true;
		docker_fetch(c, &ask, docker_answered_done);
	}
}

static struct docker_call *archive_new(struct engine *e, const char *container, const char *path, engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct archive_call), archive_begin, end, ctx);

	c->arg = xstrdup(container);
	c->fini = archive_fini;
	((struct archive_call *)c)->path = xstrdup(path);
	return c;
}

struct engine_call *docker_archive_put(struct engine *e, const struct engine_archive_query *q, engine_end_fn end, void *ctx)
{
	struct docker_call *c = archive_new(e, q->container, q->path, end, ctx);

	docker_call_keep_body(c, &(struct docker_body){ q->read, q->read_done, q->read_ctx });
	return &c->base;
}

struct engine_call *docker_archive_get(struct engine *e, const char *container, const char *path, void (*piece)(void *, struct sv), engine_end_fn end, void *ctx)
{
	struct docker_call *c = archive_new(e, container, path, end, ctx);

	((struct archive_call *)c)->piece = piece;
	return &c->base;
}

void docker_archive_hold(struct engine_call *call, bool held)
{
	struct docker_call *c = (struct docker_call *)call;

	if (c->net && held)
		net_call_pause(c->net);
	else if (c->net)
		net_call_resume(c->net);
}
