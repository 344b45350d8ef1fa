/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tags of a project's own image. The number of its repository is asked for once. One or two tags are asked one by one, with digest
 * and size (several requests of the host to its registry each); more of them are looked up in the list of tags, which
 * has names only: a digest is asked for where somebody looks at the row.
 */
#include "forge/gitlab.h"

enum { ONE_BY_ONE = 2, MAX_LISTED = 20000 };

struct tags_op { struct op op; VEC(char *) names; struct map *present; char *prefix, *repository; unsigned waiting; size_t at, listed; struct err err; };

static void tags_fini_op(struct op *op)
{
	struct tags_op *x = (struct tags_op *)op;

	for (size_t i = 0; i < x->names.len; i++)
		free(x->names.items[i]);
	VEC_FINI(&x->names);
	map_free(x->present);
	free(x->prefix);
	free(x->repository);
}

static void tag_give(struct tags_op *x, const char *name, bool present)
{
	AUTO_STR ref = x->prefix ? xasprintf("%s:%s", x->prefix, name) : NULL;
	struct registry_tag tag = { .name = (char *)(uintptr_t)name, .ref = ref, .present = present };

	forge_give_tag(x->op.call, &tag);
}

static void all_absent(struct tags_op *x)
{
	for (size_t i = 0; i < x->names.len && forge_call_alive(x->op.call); i++)
		tag_give(x, x->names.items[i], false);
	op_end(&x->op, NULL);
}

/* ---- one by one ---------------------------------------------------------------------------------------------------------------- */
static void one_next(struct tags_op *x);

static void one_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct tags_op *x = (struct tags_op *)op;
	const char *name = x->names.items[x->at++];
	AUTO(registry_tag_fini) struct registry_tag tag = { 0 };

	if (err && a && a->response.status == 404) {
		tag_give(x, name, false);
		one_next(x);
		return;
	}
	AUTO_JSON j = op_json(op, a, err);
	if (!j)
		return;
	if (gitlab_tag(j, &tag) && !strcmp(tag.name, name)) {
		if (!tag.ref && x->prefix)
			tag.ref = xasprintf("%s:%s", x->prefix, name);
		forge_give_tag(op->call, &tag);
	} else {
		tag_give(x, name, true); /* it is there, and says nothing of itself */
	}
	one_next(x);
}

static void one_next(struct tags_op *x)
{
	AUTO(buf_fini) struct buf path = BUF_INIT;

	if (!forge_call_alive(x->op.call))
		return;
	if (x->at == x->names.len) {
		op_end(&x->op, NULL);
		return;
	}
	buf_addf(&path, "%s/registry/repositories/%s/tags/", x->op.base, x->repository);
	buf_add_urlencoded(&path, sv_of(x->names.items[x->at]), NULL);
	op_get(&x->op, buf_str(&path), one_got);
}

/* ---- from the list --------------------------------------------------------------------------------------------------------------- */
static long list_page(struct op *op, const json_t *list)
{
	struct tags_op *x = (struct tags_op *)op;
	size_t n = json_array_size(list), found = 0;

	for (size_t i = 0; i < n; i++) {
		const char *name = json_str(json_array_get(list, i), "name", NULL);
		if (name && *name)
			map_put(x->present, sv_of(name), x);
	}
	for (size_t i = 0; i < x->names.len; i++)
		found += map_get(x->present, sv_of(x->names.items[i])) != NULL;
	x->listed += n;
	return found == x->names.len || x->listed > MAX_LISTED ? NET_PAGES_STOP : (long)n;
}

static void list_ended(struct op *op, bool complete, const struct net_answer *a, const struct err *err)
{
	struct tags_op *x = (struct tags_op *)op;

	if (err) {
		op_fail(op, a, err);
		return;
	}
	for (size_t i = 0; i < x->names.len && forge_call_alive(op->call); i++) {
		bool there = map_get(x->present, sv_of(x->names.items[i])) != NULL;
		if (there || complete || x->listed <= MAX_LISTED)
			tag_give(x, x->names.items[i], there);
	}
	op_end(op, NULL);
}

static void tags_ask(struct tags_op *x)
{
	if (x->names.len <= ONE_BY_ONE) {
		one_next(x);
		return;
	}
	AUTO_STR path = xasprintf("%s/registry/repositories/%s/tags?per_page=100", x->op.base, x->repository);
	op_pages(&x->op, path, 0, list_page, list_ended);
}

/* ---- which repository -------------------------------------------------------------------------------------------------------------- */
static long repositories_page(struct op *op, const json_t *list)
{
	struct tags_op *x = (struct tags_op *)op;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);
		uint64_t id = gitlab_id(j, "id");
		if (id && !*json_str(j, "name", "?")) { /* the project's own one has no name */
			free(x->repository);
			x->repository = xasprintf("%llu", (unsigned long long)id);
			str_replace(&x->prefix, json_str(j, "location", x->prefix));
			return NET_PAGES_STOP;
		}
	}
	return (long)json_array_size(list);
}

static void repositories_ended(struct op *op, bool complete, const struct net_answer *a, const struct err *err)
{
	struct tags_op *x = (struct tags_op *)op;

	if (err) {
		op_fail(op, a, err);
	} else if (!x->repository) {
		all_absent(x); /* nothing was ever pushed */
	} else {
		map_put(op->g->repositories, sv_of(op->base), xstrdup(x->repository));
		tags_ask(x);
	}
}

static void tags_begin(struct op *op)
{
	struct tags_op *x = (struct tags_op *)op;
	const char *known = map_get(op->g->repositories, sv_of(op->base));

	if (!x->names.len) {
		op_end(op, NULL);
		return;
	}
	if (known) {
		x->repository = xstrdup(known);
		tags_ask(x);
		return;
	}
	AUTO_STR path = op_path(op, "/registry/repositories?per_page=100");
	op_pages(op, path, 0, repositories_page, repositories_ended);
}

void gitlab_registry_tags(struct forge *f, struct forge_call *c, const struct forge_tags_query *q)
{
	struct err err = { 0 };

	if (gitlab_may(f, q->project, FORGE_DEED_PULL, &err)) {
		forge_call_end_later(c, &err);
		return;
	}
	struct tags_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_PULL);
	x->op.fini = tags_fini_op;
	x->present = map_new(NULL);
	x->prefix = xstrdup(q->project->image_prefix);
	for (size_t i = 0; i < q->n_tags; i++)
		VEC_PUSH(&x->names, xstrdup(q->tags[i]));
	op_later(&x->op, tags_begin);
}
