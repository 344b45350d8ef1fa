/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Launches that wait for the build of their image: begun here, or by somebody else before. */
#include "app/app_impl.h"

struct image_wait {
	struct app *app;
	char *build_id;                /* NULL: it could not begin; err says why */
	bool began;
	struct err err;
	void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total);
	void (*end)(void *ctx, const struct err *err);
	void *ctx;
	struct image_wait *next;
};

static void fail_now(void *wait);
static void look_now(void *wait);

static void wait_free(struct image_wait *w)
{
	for (struct image_wait **p = &w->app->builds.waits; *p; p = &(*p)->next)
		if (*p == w) {
			*p = w->next;
			break;
		}
	loop_defer_cancel(w->app->loop, fail_now, w);
	loop_defer_cancel(w->app->loop, look_now, w);
	free(w->build_id);
	free(w);
}

static void wait_end(struct image_wait *w, const struct err *err)
{
	void (*end)(void *, const struct err *) = w->end;
	void *ctx = w->ctx;
	wait_free(w);
	end(ctx, err);
}

static void fail_now(void *wait)
{
	struct image_wait *w = wait;
	struct err err = w->err;
	wait_end(w, &err);
}

/* It is looked at from now on. Not at once: who waits is told of an end only when it has the handle, and it may have ended already. */
static void look_now(void *wait)
{
	builds_read_now(((struct image_wait *)wait)->app);
}

static void result_of(const struct build *b, struct err *ret)
{
	if (b->state == BUILD_DONE)
		return;
	if (b->state == BUILD_CANCELED)
		err_set(ret, ERR_CANCELLED, "the build of the image was canceled");
	else
		err_set(ret, ERR_FAILED, "the image could not be built: %s", b->error ? b->error : build_state_name(b->state));
	err_hint(ret, "%s", b->hint ? b->hint : "Its log says why (L, or `berth log`).");
}

static void wait_moved(struct image_wait *w, const struct build *b)
{
	struct err err = { 0 };
	if (b->state == BUILD_QUEUED || b->state == BUILD_RUNNING) {
		AUTO_STR what = b->steps ? xasprintf("building, step %u of %u", b->step, b->steps) : xstrdup("building");
		w->progress(w->ctx, what, b->step, b->steps);
		return;
	}
	result_of(b, &err);
	wait_end(w, err.code ? &err : NULL);
}

/* One wait after another, from the start again each time: what an end does may end others. */
static struct image_wait *next_of(const struct app *a, const char *build_id, const struct image_wait *after)
{
	struct image_wait *w = after ? after->next : a->builds.waits;
	while (w && (!w->build_id || strcmp(w->build_id, build_id) != 0))
		w = w->next;
	return w;
}

bool waits_for(const struct app *a, const char *build_id)
{
	for (const struct image_wait *w = a->builds.waits; w; w = w->next)
		if (w->build_id && !strcmp(w->build_id, build_id))
			return true;
	return false;
}

void waits_tell(struct app *a, const struct build *b)
{
	bool active = b->state == BUILD_QUEUED || b->state == BUILD_RUNNING;
	struct image_wait *w = next_of(a, b->id, NULL);
	while (w) {
		struct image_wait *next = active ? next_of(a, b->id, w) : NULL;
		wait_moved(w, b);
		w = active ? next : next_of(a, b->id, NULL);
	}
}

void waits_check_gone(struct app *a)
{
	struct err err = { 0 };
	for (struct image_wait *w = a->builds.waits, *next; w; w = next) {
		next = w->next;
		if (!w->build_id || store_build(a->store, w->build_id))
			continue;
		err_set(&err, ERR_NOT_FOUND, "the record of the build %s was removed", w->build_id);
		wait_end(w, &err);
		next = a->builds.waits;
	}
}

void waits_fini(struct app *a)
{
	while (a->builds.waits)
		wait_free(a->builds.waits);
}

static void *wait_start(void *self, const struct project *p, const struct oid *commit, const char *ref,
                        void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total), void (*end)(void *ctx, const struct err *err), void *ctx)
{
	(void)ref; /* image_ref_of() says the same to both of us */
	struct app *a = self;
	struct app_build_query q = { .project = p->id, .commit = *commit };
	struct image_wait *w = xcalloc(1, sizeof *w);
	bool running = false;
	*w = (struct image_wait){ .app = a, .progress = progress, .end = end, .ctx = ctx };
	int r = build_for(a, &q, &w->build_id, &running, &w->err);
	loop_defer(a->loop, r < 0 ? fail_now : look_now, w);
	w->began = !running;
	w->next = a->builds.waits;
	a->builds.waits = w;
	return w;
}

/* What this launch began it also ends; a build that somebody else wanted goes on. */
static void wait_cancel(void *self, void *handle)
{
	(void)self;
	struct image_wait *w = handle;
	if (w->began && w->build_id)
		build_cancel(w->build_id, NULL);
	wait_free(w);
}

const struct launch_image_ops app_image_ops = { wait_start, wait_cancel, host_wait_start, host_wait_cancel };
