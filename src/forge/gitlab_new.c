/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A new project: the number of its group is looked up, then it is made, empty. */
#include "forge/gitlab.h"

struct new_op { struct op op; char *namespace_path, *path, *name, *visibility; };

static void new_fini_op(struct op *op)
{
	struct new_op *x = (struct new_op *)op;

	free(x->namespace_path);
	free(x->path);
	free(x->name);
	free(x->visibility);
}

/* 400 with "path has already been taken", "visibility_level … is not allowed", and the like. */
static void refused(struct new_op *x, const struct net_answer *a)
{
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(1000);
	struct err bad = { 0 };

	gitlab_words(a->response.body, &words);
	bool taken = gitlab_is_taken(buf_str(&words));
	err_set(&bad, taken ? ERR_CONFLICT : ERR_DENIED, "%s/%s can't be made at %s: %s", x->namespace_path ? x->namespace_path : x->op.g->account.user ? x->op.g->account.user : "your own",
	        x->path, x->op.g->url, words.len ? buf_str(&words) : "the host doesn't say why");
	err_hint(&bad, taken ? "choose another name or group" : "ask who looks after the group, or choose another visibility");
	op_end(&x->op, &bad);
}

static void made(struct op *op, const struct net_answer *a, const struct err *err)
{
	if (err && a && (a->response.status == 400 || a->response.status == 409))
		refused((struct new_op *)op, a);
	else
		op_project_got(op, a, err);
}

static void make(struct new_op *x, int64_t namespace_id)
{
	json_t *body = json_object();

	json_object_set_new(body, "name", json_str_lossy(sv_of(x->name)));
	json_object_set_new(body, "path", json_str_lossy(sv_of(x->path)));
	json_object_set_new(body, "visibility", json_str_lossy(sv_of(x->visibility)));
	if (namespace_id)
		json_object_set_new(body, "namespace_id", json_integer(namespace_id));
	op_fetch(&x->op, &(struct op_ask){ .method = "POST", .path = "/api/v4/projects", .body = body }, made);
}

static void namespace_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct new_op *x = (struct new_op *)op;
	struct err bad = { 0 };

	if (err && a && a->response.status == 404) {
		err_set(&bad, ERR_NOT_FOUND, "%s has no group %s, or this account may not see it", op->g->url, x->namespace_path);
		err_hint(&bad, "groups are named by their whole path: science/flights");
		op_end(op, &bad);
		return;
	}
	AUTO_JSON j = op_json(op, a, err);
	if (!j)
		return;
	int64_t id = json_int(j, "id", 0);
	if (id > 0) {
		make(x, id);
		return;
	}
	err_set(&bad, ERR_DECODE, "%s did not answer with a group", op->g->url);
	op_end(op, &bad);
}

void gitlab_new_project(struct forge *f, struct forge_call *c, const struct forge_new_query *q)
{
	struct err err = { 0 };

	if (gitlab_may(f, NULL, FORGE_DEED_NEW, &err)) {
		forge_call_end_later(c, &err);
		return;
	}
	struct new_op *x = op_new(f, c, sizeof *x, NULL, FORGE_DEED_NEW);
	x->op.fini = new_fini_op;
	x->namespace_path = xstrdup(q->namespace_path);
	x->path = xstrdup(q->path);
	x->name = xstrdup(q->name ? q->name : q->path);
	x->visibility = xstrdup(q->visibility ? q->visibility : "private");
	if (!x->namespace_path) {
		make(x, 0);
		return;
	}
	AUTO(buf_fini) struct buf path = BUF_INIT;
	buf_add_str(&path, "/api/v4/namespaces/");
	buf_add_urlencoded(&path, sv_of(x->namespace_path), NULL);
	op_fetch(&x->op, &(struct op_ask){ .path = buf_str(&path) }, namespace_got);
}
