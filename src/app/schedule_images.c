/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks for the states of images of the rows on screen, through one resolver a project. */
#include "app/app_impl.h"

struct images_request {
	struct request base;
	struct project_id project;
	bool of_one;                   /* the row that is looked at: what failed there says nothing of the others */
};

static struct image_resolver *resolver_for(struct app *a, struct project_id p)
{
	struct schedule *s = &a->schedule;
	const struct project *project = store_project(a->store, p);
	size_t oldest = 0;
	if (!project)
		return NULL;
	s->resolver_clock++;
	for (size_t i = 0; i < RESOLVERS_MAX; i++) {
		if (s->resolvers[i].resolver && project_id_eq(s->resolvers[i].project, p)) {
			s->resolvers[i].used = s->resolver_clock;
			return s->resolvers[i].resolver;
		}
		if (s->resolvers[i].used < s->resolvers[oldest].used)
			oldest = i;
	}
	image_resolver_free(s->resolvers[oldest].resolver);
	s->resolvers[oldest].resolver = resolver_new(a, project);
	s->resolvers[oldest].project = p;
	s->resolvers[oldest].used = s->resolver_clock;
	return s->resolvers[oldest].resolver;
}

static void image_item(void *request, const struct image *i)
{
	struct images_request *r = request;
	struct image copy;
	if (!r->base.app || !store_project(r->base.app->store, r->project))
		return;
	if (r->base.app->schedule.images_again)
		schedule_images_soon(r->base.app); /* other rows waited for the question about pipelines */
	keep_image(r->base.app, store_project(r->base.app->store, r->project), i);
	const struct image *known = store_image(r->base.app->store, r->project, &i->commit);
	bool lost = i->state == IMAGE_UNKNOWN && known && known->state != IMAGE_UNKNOWN;
	image_dup(&copy, lost ? known : i);
	if (lost) { /* it could not be asked: what was so stays, and shows that it is old */
		copy.fresh = fresh_of(FRESH_FAILED, &i->fresh.err, &known->fresh);
		if (!copy.fresh.err.code)
			err_set(&copy.fresh.err, ERR_NET, "%s", i->reason ? i->reason : "its state could not be asked");
	}
	store_put_image(r->base.app->store, r->project, &copy);
}

/* A row that was never answered says why; one that was keeps its answer and shows that it is old. */
static void mark_failed(struct app *a, const struct images_request *r, const struct err *err)
{
	const struct want_images *w = &a->schedule.images;
	if (!project_id_eq(w->project, r->project) || !store_project(a->store, r->project))
		return;
	for (size_t i = 0; i < w->n; i++) {
		const struct image *known = store_image(a->store, r->project, &w->commits[i]);
		struct image image = { .commit = w->commits[i], .state = IMAGE_UNKNOWN };
		if (known)
			image_dup(&image, known);
		else
			image.reason = xstrdup(err->text);
		image.fresh = fresh_of(FRESH_FAILED, err, known ? &known->fresh : NULL);
		store_put_image(a->store, r->project, &image);
	}
}

static void say_once(struct app *a, const struct err *err)
{
	struct schedule *s = &a->schedule;
	if (err && (!s->images_said || strcmp(s->images_said, err->text) != 0))
		app_say_err(a, MESSAGE_WARN, err, "The states of images are not known: ");
	str_replace(&s->images_said, err ? err->text : NULL);
}

static void images_end(void *request, const struct err *err)
{
	struct images_request *r = request;
	if (request_over(&r->base)) {
		struct app *a = r->base.app;
		if (err && !r->of_one)
			mark_failed(a, r, err);
		if (!r->of_one) {
			say_once(a, err);
			schedule_poll(a);
			schedule_look_soon(a);
		}
		if (a->schedule.images_again)
			schedule_images_soon(a);
	}
	free(r);
}

static struct images_request *begin_request(struct app *a, bool of_one)
{
	struct schedule *s = &a->schedule;
	struct images_request *r = request_new(a, sizeof *r, &s->images_asked, cancel_image);
	r->project = s->images.project;
	r->of_one = of_one;
	return r;
}

/* The one that is looked at goes first: it is asked about more than the others. */
static void in_order(const struct want_images *w, struct oid ret[WANT_IMAGES_MAX])
{
	size_t n = 0, at = 0;
	while (at < w->n && !oid_eq(&w->commits[at], &w->looked))
		at++;
	if (at < w->n)
		ret[n++] = w->looked;
	for (size_t i = 0; i < w->n; i++)
		if (i != at)
			ret[n++] = w->commits[i];
}

static bool same_rows(const struct want_images *a, const struct want_images *b)
{
	return project_id_eq(a->project, b->project) && a->n == b->n && memcmp(a->commits, b->commits, a->n * sizeof *a->commits) == 0;
}

void ask_images(void *app)
{
	struct app *a = app;
	struct schedule *s = &a->schedule;
	struct image_resolver *resolver;
	if (schedule_asleep(a) || !s->images.n)
		return;
	if (ids_awaited(a, s->images.project))
		return; /* they bring more rows, and ask again */
	if (!(resolver = resolver_for(a, s->images.project)))
		return;
	/* What is asked of a host about other rows would be the same question once more. */
	s->images_again = s->images_asked && (same_rows(&s->images, &s->images_of) ||
	                  (project_id_eq(s->images.project, s->images_of.project) && image_resolver_asks_pipelines(resolver)));
	if (s->images_again)
		return;
	request_drop(&s->images_asked);
	struct oid commits[WANT_IMAGES_MAX];
	in_order(&s->images, commits);
	image_resolver_of_list(resolver, s->somebody && oid_eq(&s->rested, &s->images.looked));
	image_resolver_alone(resolver, !s->somebody);
	struct images_request *r = begin_request(a, /* of_one= */ false);
	s->images_of = s->images;
	r->base.call = image_resolve(resolver, commits, s->images.n, image_item, images_end, r);
}

void ask_looked(void *app)
{
	struct app *a = app;
	struct schedule *s = &a->schedule;
	struct image_resolver *resolver;
	if (!s->somebody)
		return; /* what stands on the screen is true, and enough for who only looks at it */
	if (!schedule_asleep(a) && project_id_eq(s->images.project, s->branches) && !s->saved_wanted)
		app_want_saved_work(a, s->branches); /* before a start asks for it */
	if (schedule_asleep(a) || !s->images.n || s->images_asked || oid_is_zero(&s->images.looked))
		return; /* what is under way looks again when it ends */
	s->rested = s->images.looked;
	if (!(resolver = resolver_for(a, s->images.project)) || !image_resolver_knows_less(resolver, &s->images.looked))
		return;
	image_resolver_of_list(resolver, /* closer= */ true);
	image_resolver_alone(resolver, false);
	struct images_request *r = begin_request(a, /* of_one= */ true);
	s->images_of = (struct want_images){ 0 };
	r->base.call = image_resolve(resolver, &s->images.looked, 1, image_item, images_end, r);
}

void jobs_changed(struct app *a, struct project_id p)
{
	struct schedule *s = &a->schedule;
	for (size_t i = 0; i < RESOLVERS_MAX; i++)
		if (s->resolvers[i].resolver && project_id_eq(s->resolvers[i].project, p))
			image_resolver_forget_jobs(s->resolvers[i].resolver);
	schedule_images_soon(a);
}

static void forget(struct app *a, void (*fn)(struct image_resolver *r))
{
	struct schedule *s = &a->schedule;
	for (size_t i = 0; i < RESOLVERS_MAX; i++)
		if (s->resolvers[i].resolver)
			fn(s->resolvers[i].resolver);
	schedule_images_soon(a);
}

void images_changed(struct app *a)
{
	forget(a, image_resolver_forget_tags);
}

void images_refresh(struct app *a)
{
	forget(a, image_resolver_forget);
}

void resolvers_fini(struct app *a)
{
	struct schedule *s = &a->schedule;
	request_drop(&s->images_asked);
	for (size_t i = 0; i < RESOLVERS_MAX; i++) {
		image_resolver_free(s->resolvers[i].resolver);
		s->resolvers[i].resolver = NULL;
		s->resolvers[i].used = 0;
	}
}

void resolvers_forget_engine(struct app *a)
{
	for (size_t i = 0; i < RESOLVERS_MAX; i++)
		if (a->schedule.resolvers[i].resolver)
			image_resolver_set_engine(a->schedule.resolvers[i].resolver, link_engine(a));
	awaited_forget_engine(a);
	schedule_images_soon(a);
}
