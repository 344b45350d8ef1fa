/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keeper gives each session git's login: when it first sees it, and again when the host's token has changed. */
#include <string.h>

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
	k->config_changed = true;
	keeper_wake(k->app);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool has_folder(const struct config_forge *f, const char *folder)
{
	for (size_t i = 0; i < f->n_folders; i++)
		if (strcmp(f->folders[i], folder) == 0)
			return true;
	return false;
}

/* What it has no more is no matter: sessions of it go on with what this process knows. */
static bool is_known(const struct config *c, const struct config_forge *f)
{
	struct config_forge had;
	for (size_t i = 0; config_forge_at(c, i, &had); i++) {
		if (had.kind != f->kind || !same(had.name, f->name) || !same(had.url, f->url) || had.depth < f->depth)
			continue;
		bool all = true;
		for (size_t k = 0; k < f->n_folders; k++)
			all = all && has_folder(&had, f->folders[k]);
		if (all)
			return true;
	}
	return false;
}

bool keeper_is_outdated(struct keeper *k)
{
	struct config_forge f;
	struct err err = { 0 };
	bool outdated = false;
	if (!k->config_changed)
		return false;
	struct config *now = config_read(config_path(k->app->config), &err);
	for (size_t i = 0; !err.code && config_forge_at(now, i, &f); i++)
		outdated = outdated || !is_known(k->app->config, &f);
	config_free(now);
	k->config_changed = outdated;
	return outdated;
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
