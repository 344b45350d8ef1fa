/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The image of one commit, or those of a list, for a caller who waits. */
#include "app/app_impl.h"

struct one_image {
	struct app *app;
	struct ask *ask;               /* NULL: answered; what is left is the resolver, freed at the end of the turn */
	struct image_resolver *resolver; /* its own, so that the list's requests and this one don't replace each other */
	bool of_list;                  /* they go into the store as they come */
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

static void into_store(struct one_image *o, const struct image *i)
{
	struct image copy;
	if (!o->ask || !store_project(o->app->store, o->ask->project))
		return;
	image_dup(&copy, i);
	store_put_image(o->app->store, o->ask->project, &copy);
	image_fini(&copy);
}

static void one_item(void *one, const struct image *i)
{
	struct one_image *o = one;
	if (o->of_list) {
		into_store(o, i);
		return;
	}
	image_fini(&o->image);
	image_dup(&o->image, i);
	o->have = true;
}

static void one_end(void *one, const struct err *err)
{
	struct one_image *o = one;
	struct ask *k = o->ask;
	struct err missing = { 0 };
	if (!k)
		return; /* the app is closing, and frees */
	if (!err && !o->of_list && !o->have) {
		err_set(&missing, ERR_NOT_FOUND, "the commit is not there any more");
		err = &missing;
	}
	if (!err && !o->of_list) {
		into_store(o, &o->image);
		if (ask_heard(k))
			k->got.image(k->ctx, &o->image);
	}
	o->ask = NULL;
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

static unsigned begin(struct ask *k, struct project_id p, const struct oid *commits, size_t n, bool of_list)
{
	struct app *a = k->app;
	const struct project *project = store_project(a->store, p);
	struct err err = { 0 };
	k->project = p;
	if (!project) {
		err_set(&err, ERR_NOT_FOUND, "the project is gone");
		return ask_fail(k, &err);
	}
	struct one_image *o = xcalloc(1, sizeof *o);
	o->app = a;
	o->ask = k;
	o->of_list = of_list;
	o->next = a->schedule.ones;
	a->schedule.ones = o;
	k->data = o;
	k->close = one_close;
	o->resolver = resolver_new(a, project);
	if (of_list)
		image_resolver_of_list(o->resolver, /* closer= */ false);
	image_resolve(o->resolver, commits, n, one_item, one_end, o);
	return k->number;
}

unsigned app_image(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct image *i), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	k->got.image = got;
	return begin(k, p, commit, 1, /* of_list= */ false);
}

unsigned app_images(struct app *a, struct project_id p, const struct oid *commits, size_t n, app_end_fn end, void *ctx)
{
	return begin(ask_new(a, end, ctx), p, commits, n, /* of_list= */ true);
}
