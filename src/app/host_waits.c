/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Launches whose image a host builds: they wait in their step "get image" until it is there or can't come, however it was begun.
 * Cancelling the launch leaves the build alone: it is the host's.
 */
#include "app/app_impl.h"
#include "berth/path.h"

struct host_wait {
	struct image_poll *poll;
	void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total);
	void (*end)(void *ctx, const struct err *err);
	void *ctx;
};

static void wait_free(struct host_wait *w)
{
	image_poll_free(w->poll);
	free(w);
}

static void say_progress(struct host_wait *w, const struct image *i)
{
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

static void wait_over(struct host_wait *w, const struct image *i)
{
	void (*end)(void *, const struct err *) = w->end;
	void *ctx = w->ctx;
	struct err err = { 0 };
	result_of(i, &err);
	wait_free(w);
	end(ctx, err.code ? &err : NULL);
}

/* A host that doesn't answer for once is asked again while its build runs; where it doesn't, the pull that follows says what is wrong. */
static bool told(void *wait, const struct image *i, const struct err *err)
{
	struct host_wait *w = wait;
	bool goes_on = i->has_job && job_state_active(i->job.state) && i->state != IMAGE_READY && i->state != IMAGE_AVAILABLE;
	(void)err;
	if (goes_on)
		say_progress(w, i);
	else
		wait_over(w, i);
	return goes_on;
}

void *host_wait_start(void *app, const struct launch_awaited *q, void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total),
                      void (*end)(void *ctx, const struct err *err), void *ctx)
{
	struct app *a = app;
	AUTO_STR own = image_ref_of(q->project, q->commit);
	if (strcmp(own, q->ref) != 0 || !(forge_caps(forge_of(a, q->project)) & FORGE_HAS_JOBS))
		return NULL;
	struct host_wait *w = xcalloc(1, sizeof *w);
	*w = (struct host_wait){ .progress = progress, .end = end, .ctx = ctx };
	w->poll = image_poll_start(a, q->project, q->commit, told, w);
	return w;
}

void host_wait_cancel(void *app, void *handle)
{
	(void)app;
	wait_free(handle);
}
