/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Launches whose image a host builds: they wait in their step "get image" until it is there or can't come, however it was begun.
 * Cancelling the launch leaves the build alone: it is the host's.
 */
#include "app/app_impl.h"
#include "berth/path.h"

enum { LOOK_EVERY_MS = 2500 };

struct host_wait {
	struct app *app;
	struct project project;
	struct oid commit;
	struct image image;            /* as it was last; state UNKNOWN: not told yet */
	struct image_resolver *resolver;
	struct request *asked;
	struct loop_timer *timer;
	void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total);
	void (*end)(void *ctx, const struct err *err);
	void *ctx;
};
struct wait_request { struct request base; struct host_wait *wait; };

static void wait_free(struct host_wait *w)
{
	request_drop(&w->asked);
	loop_timer_stop(w->timer);
	image_resolver_free(w->resolver);
	image_fini(&w->image);
	project_fini(&w->project);
	free(w);
}

static void say_progress(struct host_wait *w)
{
	const struct image *i = &w->image;
	int64_t took_s = i->job.started_at_s ? clock_wall_s() - i->job.started_at_s : 0;
	bool in_time = took_s > 0 && took_s < i->typical_build_s;
	w->progress(w->ctx, i->reason ? i->reason : "its host builds it", in_time ? (uint64_t)took_s : 0, in_time ? i->typical_build_s : 0);
}

/* What there is none of can't be pulled, and the reason is known; of the rest the registry has the last word. */
static void result_of(const struct image *i, struct err *ret)
{
	static const bool hopeless[IMAGE_STATE_COUNT_] = { [IMAGE_FAILED] = true, [IMAGE_CANCELED] = true, [IMAGE_SKIPPED] = true, [IMAGE_MANUAL] = true,
		[IMAGE_SCHEDULED] = true, [IMAGE_NONE] = true };
	if (!hopeless[i->state])
		return;
	err_set(ret, ERR_FAILED, "there is no image of this commit: %s", i->reason ? i->reason : image_state_name(i->state));
	err_hint(ret, "%s", i->state == IMAGE_FAILED ? "`berth diagnose` says why; `berth retry` lets the host try again, `berth build` builds it on the engine." :
	                    i->state == IMAGE_MANUAL ? "`berth play` starts its build, `berth build` builds it on the engine." :
	                                               "`berth run-pipeline` lets the host build it, `berth build` the engine.");
}

static void wait_over(struct host_wait *w)
{
	void (*end)(void *, const struct err *) = w->end;
	void *ctx = w->ctx;
	struct err err = { 0 };
	result_of(&w->image, &err);
	wait_free(w);
	end(ctx, err.code ? &err : NULL);
}

static void image_told(void *request, const struct image *i)
{
	const struct wait_request *r = request;
	if (!r->base.app)
		return;
	image_fini(&r->wait->image);
	image_dup(&r->wait->image, i);
}

static void look(void *wait);

/* A host that doesn't answer for once is asked again while its build runs. */
static void look_ended(void *request, const struct err *err)
{
	struct wait_request *r = request;
	struct host_wait *w = request_over(&r->base) ? r->wait : NULL;
	free(r);
	if (!w)
		return;
	if (w->image.has_job && job_state_active(w->image.job.state) && w->image.state != IMAGE_READY && w->image.state != IMAGE_AVAILABLE) {
		say_progress(w);
		w->timer = loop_timer_start(w->app->loop, LOOK_EVERY_MS, 0, look, w);
	} else {
		(void)err;             /* the pull that follows says what is wrong */
		wait_over(w);
	}
}

static void look(void *wait)
{
	struct host_wait *w = wait;
	loop_timer_stop(w->timer);
	w->timer = NULL;
	image_resolver_forget_jobs(w->resolver);
	struct wait_request *r = request_new(w->app, sizeof *r, &w->asked, cancel_image);
	r->wait = w;
	r->base.call = image_resolve(w->resolver, &w->commit, 1, image_told, look_ended, r);
}

void *host_wait_start(void *app, const struct launch_awaited *q, void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total),
                      void (*end)(void *ctx, const struct err *err), void *ctx)
{
	struct app *a = app;
	AUTO_STR own = image_ref_of(q->project, q->commit);
	if (strcmp(own, q->ref) != 0 || !(forge_caps(forge_of(a, q->project)) & FORGE_HAS_JOBS))
		return NULL;
	struct host_wait *w = xcalloc(1, sizeof *w);
	*w = (struct host_wait){ .app = a, .commit = *q->commit, .progress = progress, .end = end, .ctx = ctx };
	project_dup(&w->project, q->project);
	w->resolver = resolver_new(a, q->project);
	w->timer = loop_timer_start(a->loop, 0, 0, look, w);
	return w;
}

void host_wait_cancel(void *app, void *handle)
{
	(void)app;
	wait_free(handle);
}
