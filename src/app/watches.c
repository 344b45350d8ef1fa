/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Builds that somebody waits for, wherever they look meanwhile, until the image is there or can't be any more. Then it is told, and
 * where that was asked for, a session starts.
 */
#include "app/app_impl.h"

enum { WATCHES_MAX = 32 };

struct watch {
	struct app *app;
	struct project project;
	char *branch;
	struct oid commit;
	bool start, ended;
	struct image_poll *poll;
	struct watch *next;
};

static void watch_free(struct watch *w)
{
	image_poll_free(w->poll);
	project_fini(&w->project);
	free(w->branch);
	free(w);
}

static void tell(struct watch *w, const struct image *i)
{
	struct app *a = w->app;
	char sha[8];
	oid_sha7(&w->commit, sha);
	AUTO_STR what = xasprintf("%s %s", w->project.name, sha);
	bool good = i->state == IMAGE_READY || i->state == IMAGE_AVAILABLE || i->state == IMAGE_SAME_AS || i->state == IMAGE_PINNED;
	if (good)
		app_say(a, MESSAGE_GOOD, w->start ? NULL : "s starts a session from it.", "The image of %s is there", what);
	else
		app_say(a, MESSAGE_ERROR, "L shows the log.", "There is no image of %s: %s", what, i->reason ? i->reason : image_state_name(i->state));
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

static bool told(void *watch, const struct image *i, const struct err *err)
{
	struct watch *w = watch;
	struct image copy;
	if (i->state != IMAGE_UNKNOWN && store_project(w->app->store, w->project.id)) {
		image_dup(&copy, i);
		store_put_image(w->app->store, w->project.id, &copy);
		image_fini(&copy);
	}
	if (err || goes_on(i))
		return true;
	w->ended = true;
	tell(w, i);
	return false;
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
	project_dup(&w->project, p);
	w->poll = image_poll_start(a, p, &q->commit, told, w);
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
	*ret = (struct app_watched){ .project = &w->project, .branch = w->branch, .image = image_poll_last(w->poll), .start = w->start, .ended = w->ended };
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
	for (struct watch *w = a->watches; w; w = w->next)
		image_poll_set_engine(w->poll, link_engine(a));
}

void awaited_fini(struct app *a)
{
	while (a->watches) {
		struct watch *w = a->watches;
		a->watches = w->next;
		watch_free(w);
	}
}
