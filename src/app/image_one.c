/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The image of one commit, for a caller who waits. */
#include "app/app_impl.h"

struct one_image {
	struct app *app;
	struct ask *ask;               /* NULL: answered; what is left is the resolver, freed at the end of the turn */
	struct image_resolver *resolver; /* its own, so that the list's requests and this one don't replace each other */
	struct image image;
	bool have;
	struct one_image *next;
};

static void one_free(void *one)
{
	struct one_image *o = one;
	for (struct one_image **p = &o->app->schedule.ones; *p; p = &(*p)->next)
		if (*p == o) {
			*p = o->next;
			break;
		}
	image_resolver_free(o->resolver);
	image_fini(&o->image);
	free(o);
}

static void one_item(void *one, const struct image *i)
{
	struct one_image *o = one;
	image_fini(&o->image);
	image_dup(&o->image, i);
	o->have = true;
}

static void give(struct one_image *o, struct ask *k)
{
	struct app *a = o->app;
	struct image copy;
	image_dup(&copy, &o->image);
	if (store_project(a->store, k->project))
		store_put_image(a->store, k->project, &copy);
	image_fini(&copy);
	if (ask_heard(k))
		k->got.image(k->ctx, &o->image);
}

static void one_end(void *one, const struct err *err)
{
	struct one_image *o = one;
	struct ask *k = o->ask;
	struct err missing = { 0 };
	o->ask = NULL;
	if (!k)
		return; /* the app is closing, and frees */
	if (!err && !o->have) {
		err_set(&missing, ERR_NOT_FOUND, "the commit is not there any more");
		err = &missing;
	}
	if (!err)
		give(o, k);
	loop_defer(o->app->loop, one_free, o);
	ask_end(k, err);
}

static void one_close(struct ask *k)
{
	((struct one_image *)k->data)->ask = NULL;
	ask_free(k);
}

void ones_fini(struct app *a)
{
	while (a->schedule.ones) {
		loop_defer_cancel(a->loop, one_free, a->schedule.ones);
		one_free(a->schedule.ones);
	}
}

unsigned app_image(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct image *i), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	const struct project *project = store_project(a->store, p);
	struct err err = { 0 };
	k->got.image = got;
	k->project = p;
	if (!project) {
		err_set(&err, ERR_NOT_FOUND, "the project is gone");
		return ask_fail(k, &err);
	}
	struct one_image *o = xcalloc(1, sizeof *o);
	o->app = a;
	o->ask = k;
	o->next = a->schedule.ones;
	a->schedule.ones = o;
	k->data = o;
	k->close = one_close;
	o->resolver = resolver_new(a, project);
	image_resolve(o->resolver, commit, 1, one_item, one_end, o);
	return k->number;
}
