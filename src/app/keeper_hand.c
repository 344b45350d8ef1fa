/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keeper gives each session git's login: when it first sees it, and again when the host's token has changed. */
#include "app/keeper.h"
#include "berth/log.h"
#include "berth/path.h"

enum { TOKENS_EVERY_S = 1800 /* hosts' tokens are looked for so often; at once when the configuration changes */, SOON_MS = 100 };

struct hand_request { struct request base; struct keeper *keeper; char *session; };

static void hand_end(void *request, const struct err *err)
{
	struct hand_request *r = request;
	struct keeper *k = r->keeper;
	bool heard = request_over(&r->base);
	if (err && heard)
		log_debug("keeper", "git in %s: %s", r->session, err->text);
	free(r->session);
	free(r);
	if (heard)
		keeper_go_on(k);
}

void keeper_hand(struct keeper *k, const struct session *s)
{
	struct hand_request *r = request_new(k->app, sizeof *r, &k->looking, cancel_session);
	r->keeper = k;
	r->session = xstrdup(s->name);
	r->base.call = inside_hand(k->app, s, hand_end, r);
}

void keeper_wake(struct app *a)
{
	if (a->keeper && !a->keeper->looking)
		loop_timer_again(a->keeper->timer, SOON_MS);
}

static void config_changed(void *keeper)
{
	struct keeper *k = keeper;
	k->tokens_at_s = 0;
	keeper_wake(k->app);
}

void keeper_watch_tokens(struct keeper *k)
{
	k->config = loop_path_watch(k->app->loop, config_path(k->app->config), config_changed, k, NULL);
	k->tokens_at_s = clock_wall_s(); /* they were just found */
}

void keeper_look_for_tokens(struct keeper *k)
{
	int64_t now_s = clock_wall_s();
	if (k->tokens_at_s && now_s - k->tokens_at_s < TOKENS_EVERY_S)
		return;
	k->tokens_at_s = now_s;
	hosts_renew(k->app);
}
