/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Builds that somebody waits for, wherever they look meanwhile: each has a resolver of its own and is asked for every few seconds
 * until its image is there or can't be any more. Then it is told, and where that was asked for, a session starts.
 */
#include "app/app_impl.h"

enum { WATCH_EVERY_MS = 3000, WATCHES_MAX = 32 };

struct watch {
	struct app *app;
	struct project project;
	char *branch;
	struct oid commit;
	bool start, ended;
	struct image_resolver *resolver;
	struct request *asked;
	struct loop_timer *timer;
	struct image image;            /* as it was last; state UNKNOWN at first */
	struct watch *next;
};
struct watch_request { struct request base; struct watch *watch; };

static void watch_free(struct watch *w)
{
	request_drop(&w->asked);
	loop_timer_stop(w->timer);
	image_resolver_free(w->resolver);
	image_fini(&w->image);
	project_fini(&w->project);
	free(w->branch);
	free(w);
}

static void told(struct watch *w)
{
	struct app *a = w->app;
	char sha[8];
	oid_sha7(&w->commit, sha);
	AUTO_STR what = xasprintf("%s %s", w->project.name, sha);
	bool good = w->image.state == IMAGE_READY || w->image.state == IMAGE_AVAILABLE || w->image.state == IMAGE_SAME_AS || w->image.state == IMAGE_PINNED;
	if (good)
		app_say(a, MESSAGE_GOOD, w->start ? NULL : "s starts a session from it.", "The image of %s is there", what);
	else
		app_say(a, MESSAGE_ERROR, "L shows the log.", "There is no image of %s: %s", what, w->image.reason ? w->image.reason : image_state_name(w->image.state));
	if (a->notify)
		a->notify(a->notify_ctx, good, what);
	if (!good || !w->start)
		return;
	const struct app_start q = { .project = w->project.id, .branch = w->branch, .commit = &w->commit };
	enum start_kind kind;
	AUTO_STR name = NULL;
	struct err err = { 0 };
	if (app_start(a, &q, &kind, &name, &err) < 0)
		app_say_err(a, MESSAGE_ERROR, &err, NULL);
}

static bool goes_on(const struct image *i)
{
	return i->state == IMAGE_UNKNOWN || i->state == IMAGE_QUEUED || i->state == IMAGE_BUILDING || i->state == IMAGE_SCHEDULED;
}

static void watch_item(void *request, const struct image *i)
{
	struct watch_request *r = request;
	struct image copy;
	if (!r->base.app)
		return;
	image_fini(&r->watch->image);
	image_dup(&r->watch->image, i);
	image_dup(&copy, i);
	if (store_project(r->base.app->store, r->watch->project.id))
		store_put_image(r->base.app->store, r->watch->project.id, &copy);
	image_fini(&copy);
}

static void watch_end(void *request, const struct err *err)
{
	struct watch_request *r = request;
	struct watch *w = r->watch;
	if (request_over(&r->base) && !err && !w->ended && !goes_on(&w->image)) {
		w->ended = true;
		loop_timer_stop(w->timer);
		w->timer = NULL;
		told(w);
	}
	free(r);
}

static void watch_look(void *watch)
{
	struct watch *w = watch;
	if (w->asked || schedule_asleep(w->app))
		return;
	image_resolver_forget_jobs(w->resolver);
	struct watch_request *r = request_new(w->app, sizeof *r, &w->asked, cancel_image);
	r->watch = w;
	r->base.call = image_resolve(w->resolver, &w->commit, 1, watch_item, watch_end, r);
}

static struct watch *watch_of(const struct app *a, struct project_id p, const struct oid *commit)
{
	for (struct watch *w = a->watches; w; w = w->next)
		if (project_id_eq(w->project.id, p) && oid_eq(&w->commit, commit))
			return w;
	return NULL;
}

/* Those that have ended go when there are too many, the oldest first; they stand at the end. */
static void make_room(struct app *a)
{
	size_t n = 0;
	for (struct watch **p = &a->watches; *p;) {
		struct watch *w = *p;
		if (++n >= WATCHES_MAX && w->ended) {
			*p = w->next;
			watch_free(w);
		} else {
			p = &w->next;
		}
	}
}

int app_watch(struct app *a, const struct app_watch_query *q, struct err *reterr)
{
	const struct project *p = store_project(a->store, q->project);
	struct watch *w = watch_of(a, q->project, &q->commit);
	if (!p)
		return err_set(reterr, ERR_NOT_FOUND, "the project is gone");
	if (w && w->ended) {
		app_unwatch(a, q->project, &q->commit);
		w = NULL;
	}
	if (w) {
		w->start |= q->start;
		return 0;
	}
	make_room(a);
	w = xcalloc(1, sizeof *w);
	w->app = a;
	w->commit = q->commit;
	w->branch = xstrdup(q->branch);
	w->start = q->start;
	w->image.commit = q->commit;
	project_dup(&w->project, p);
	w->resolver = resolver_new(a, p);
	w->timer = loop_timer_start(a->loop, 1, WATCH_EVERY_MS, watch_look, w);
	w->next = a->watches;
	a->watches = w;
	return 0;
}

void app_unwatch(struct app *a, struct project_id p, const struct oid *commit)
{
	for (struct watch **at = &a->watches; *at; at = &(*at)->next) {
		struct watch *w = *at;
		if (!project_id_eq(w->project.id, p) || !oid_eq(&w->commit, commit))
			continue;
		*at = w->next;
		watch_free(w);
		return;
	}
}

bool app_watch_at(const struct app *a, size_t i, struct app_watched *ret)
{
	const struct watch *w = a->watches;
	while (w && i-- > 0)
		w = w->next;
	if (!w)
		return false;
	*ret = (struct app_watched){ .project = &w->project, .branch = w->branch, .image = &w->image, .start = w->start, .ended = w->ended };
	return true;
}

bool app_is_watched(const struct app *a, struct project_id p, const struct oid *commit)
{
	const struct watch *w = watch_of(a, p, commit);
	return w && !w->ended;
}

void app_on_notify(struct app *a, void (*notify)(void *ctx, bool good, const char *what), void *ctx)
{
	a->notify = notify;
	a->notify_ctx = ctx;
}

void awaited_forget_engine(struct app *a)
{
	for (struct watch *w = a->watches; w; w = w->next) {
		request_drop(&w->asked);
		image_resolver_free(w->resolver);
		w->resolver = resolver_new(a, &w->project);
	}
}

void awaited_fini(struct app *a)
{
	while (a->watches) {
		struct watch *w = a->watches;
		a->watches = w->next;
		watch_free(w);
	}
}
