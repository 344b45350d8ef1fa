/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The image of one commit, asked for again and again, through a resolver of its own: rows that come on screen meanwhile replace nothing. */
#include "app/app_impl.h"

enum { ASK_EVERY_MS = 2500 };

struct image_poll {
	struct app *app;
	struct oid commit;
	struct image image;            /* as it was last; state UNKNOWN: not told yet */
	struct image_resolver *resolver;
	struct request *asked;
	struct loop_timer *timer;
	bool over;                     /* its owner has heard enough */
	bool (*told)(void *ctx, const struct image *i, const struct err *err);
	void *ctx;
};
struct poll_request { struct request base; struct image_poll *poll; };

static void item(void *request, const struct image *i)
{
	const struct poll_request *r = request;
	if (!r->base.app)
		return;
	image_fini(&r->poll->image);
	image_dup(&r->poll->image, i);
}

static void ended(void *request, const struct err *err)
{
	struct poll_request *r = request;
	struct image_poll *p = request_over(&r->base) ? r->poll : NULL;
	free(r);
	if (!p)
		return;
	p->over = true;                /* told may free it, unless it wants to hear more */
	if (p->told(p->ctx, &p->image, err)) {
		p->over = false;
		loop_timer_again(p->timer, ASK_EVERY_MS);
	}
}

static void ask_it(void *poll)
{
	struct image_poll *p = poll;
	if (p->asked)
		return;
	if (schedule_asleep(p->app)) {
		loop_timer_again(p->timer, ASK_EVERY_MS);
		return;
	}
	image_resolver_forget_jobs(p->resolver);
	struct poll_request *r = request_new(p->app, sizeof *r, &p->asked, cancel_image);
	r->poll = p;
	r->base.call = image_resolve(p->resolver, &p->commit, 1, item, ended, r);
}

struct image_poll *image_poll_start(struct app *a, const struct project *project, const struct oid *commit,
                                    bool (*told)(void *ctx, const struct image *i, const struct err *err), void *ctx)
{
	struct image_poll *p = xcalloc(1, sizeof *p);
	*p = (struct image_poll){ .app = a, .commit = *commit, .image.commit = *commit, .told = told, .ctx = ctx };
	p->resolver = resolver_new(a, project);
	p->timer = loop_timer_start(a->loop, 0, 0, ask_it, p);
	return p;
}

void image_poll_set_engine(struct image_poll *p, struct engine *e)
{
	request_drop(&p->asked);
	image_resolver_set_engine(p->resolver, e);
	if (!p->over)
		loop_timer_again(p->timer, 0);
}

const struct image *image_poll_last(const struct image_poll *p)
{
	return &p->image;
}

void image_poll_free(struct image_poll *p)
{
	if (!p)
		return;
	request_drop(&p->asked);
	loop_timer_stop(p->timer);
	image_resolver_free(p->resolver);
	image_fini(&p->image);
	free(p);
}
