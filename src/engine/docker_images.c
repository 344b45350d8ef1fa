/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "docker.h"

#include "berth/mem.h"
#include "decode.h"

/* ---- one image ---- */
struct image_call { struct docker_call call; void (*got)(void *ctx, const struct engine_image *i); };

static void inspect_answered(struct docker_call *c, const struct net_response *r)
{
	json_auto_t *j = docker_json(c, r);
	AUTO(scratch_fini) struct scratch s = SCRATCH_INIT;
	struct engine_image image;

	if (!j)
		return;
	decode_image(j, &s, &image);
	if (((struct image_call *)c)->got)
		((struct image_call *)c)->got(c->base.ctx, &image);
	docker_call_done(c);
}

static void inspect_begin(struct docker_call *c)
{
	struct err err = { 0 };
	AUTO_STR path = docker_image_path("/images/", c->arg, "/json", &err);

	if (!path)
		docker_call_fail(c, &err);
	else
		docker_fetch(c, &(struct docker_ask){ .method = "GET", .path = path }, inspect_answered);
}

struct engine_call *docker_image_inspect(struct engine *e, const char *ref, void (*got)(void *, const struct engine_image *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct image_call), inspect_begin, end, ctx);

	c->arg = xstrdup(ref);
	((struct image_call *)c)->got = got;
	return &c->base;
}

/* ---- the list ---- */
static void give(struct docker_call *c, const json_t *item)
{
	AUTO(scratch_fini) struct scratch s = SCRATCH_INIT;
	struct engine_image image;

	decode_image_item(item, &s, &image);
	((struct image_call *)c)->got(c->base.ctx, &image);
}

static void list_begin(struct docker_call *c)
{
	static const struct docker_list list = { "/images/json", NULL, "reference" };

	docker_fetch_list(c, &list, give, docker_call_done);
}

struct engine_call *docker_images(struct engine *e, const char *filter, void (*item)(void *, const struct engine_image *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct image_call), list_begin, end, ctx);

	c->arg = xstrdup(filter);
	((struct image_call *)c)->got = item;
	return &c->base;
}

/* ---- references ---- */
void docker_ref_split(const char *ref, char **ret_name, char **ret_tag)
{
	const char *at = strchr(ref, '@'), *slash = strrchr(ref, '/'), *colon = strrchr(slash ? slash : ref, ':');
	const char *cut = at ? at : colon;

	*ret_name = cut ? xstrndup(ref, (size_t)(cut - ref)) : xstrdup(ref);
	*ret_tag = xstrdup(cut ? cut + 1 : "latest");
}

struct tag_call { struct docker_call call; char *new_ref; };

static void tag_begin(struct docker_call *c)
{
	struct err err = { 0 };
	AUTO_STR start = docker_image_path("/images/", c->arg, "/tag", &err);
	AUTO_STR sound = start ? docker_image_path("", ((struct tag_call *)c)->new_ref, "", &err) : NULL;
	AUTO_STR name = NULL;
	AUTO_STR tag = NULL;
	AUTO(buf_fini) struct buf path = BUF_INIT;

	if (!sound) {
		docker_call_fail(c, &err);
		return;
	}
	docker_ref_split(((struct tag_call *)c)->new_ref, &name, &tag);
	buf_add_str(&path, start);
	docker_path_add(&path, "repo", name);
	docker_path_add(&path, "tag", tag);
	docker_fetch(c, &(struct docker_ask){ .method = "POST", .path = buf_str(&path) }, docker_answered_done);
}

static void tag_fini(struct docker_call *c)
{
	free(((struct tag_call *)c)->new_ref);
}

struct engine_call *docker_image_tag(struct engine *e, const char *ref, const char *new_ref, engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct tag_call), tag_begin, end, ctx);

	c->arg = xstrdup(ref);
	c->fini = tag_fini;
	((struct tag_call *)c)->new_ref = xstrdup(new_ref);
	return &c->base;
}

static void remove_begin(struct docker_call *c)
{
	struct err err = { 0 };
	AUTO_STR path = docker_image_path("/images/", c->arg, "", &err);

	if (!path)
		docker_call_fail(c, &err);
	else
		docker_fetch(c, &(struct docker_ask){ .method = "DELETE", .path = path, .idle_ms = 120000 }, docker_answered_done);
}

struct engine_call *docker_image_remove(struct engine *e, const char *ref, engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof *c, remove_begin, end, ctx);

	c->arg = xstrdup(ref);
	return &c->base;
}
