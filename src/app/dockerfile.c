/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Dockerfile that a commit's image is built with: its own, or the one that is made for it. */
#include "app/app_impl.h"

static void loaded(void *ask, const struct environment *e, const struct err *err)
{
	struct ask *k = ask;
	k->close = NULL;
	if (e && ask_heard(k))
		k->got.dockerfile(k->ctx, &(struct app_dockerfile){ e->dockerfile, e->generated, e->made_from ? e->made_from : "" });
	ask_end(k, err);
}

static void load_close(struct ask *k)
{
	environment_load_cancel(k->data);
	ask_free(k);
}

unsigned app_dockerfile(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct app_dockerfile *d), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	const struct project *project = store_project(a->store, p);
	struct err err = { 0 };
	k->got.dockerfile = got;
	if (!project) {
		err_set(&err, ERR_NOT_FOUND, "the project is gone");
		return ask_fail(k, &err);
	}
	unsigned number = k->number;
	k->close = load_close;
	k->data = environment_load(forge_of(a, project), project, commit, loaded, k);
	return number;
}
