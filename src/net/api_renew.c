/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A token that is taken no more: its owner is asked for another, and what was refused meanwhile is sent once more with that. */
#include "net/api.h"

static bool may_ask(const struct net_api *a)
{
	uint64_t now = loop_now_ms(a->loop);
	return a->config.renew && (!a->renew_asked_ms || now >= a->renew_asked_ms + API_RENEW_EVERY_MS);
}

bool api_waits_for_token(struct net_api_call *c)
{
	struct net_api *a = c->api;
	if (c->q.bearer || c->q.basic || !a->bearer || c->is_given || c->sent_again)
		return false;
	if (c->bearer_no != a->bearer_no) {     /* the other one has come while this was on its way */
		c->sent_again = true;
		c->n_tries--;
		api_queue(c, 0);
		return true;
	}
	if (!a->renewing) {
		if (!may_ask(a))
			return false;
		a->renew_asked_ms = MAX_OF(loop_now_ms(a->loop), (uint64_t)1);
		a->renewing = a->config.renew(a->config.ctx);
		if (!a->renewing)
			return false;
	}
	c->where = API_REFUSED;
	return true;
}

static void end_refused(struct net_api *a)
{
	struct err e = { 0 };
	for (struct net_api_call *c = a->first; c; c = c->next) { /* those that have ended stay in the row until we leave */
		if (c->where != API_REFUSED)
			continue;
		api_status_error(c, &e);
		api_fail_with(c, &e);
	}
}

void net_api_renewed(struct net_api *a, const struct secret *bearer)
{
	api_enter(a);
	a->renewing = false;
	if (!bearer) {
		end_refused(a);
		api_leave(a);
		return;
	}
	net_api_set_bearer(a, bearer);
	for (struct net_api_call *c = a->first; c; c = c->next) {
		if (c->where != API_REFUSED)
			continue;
		c->sent_again = true;
		c->n_tries--;
		api_queue(c, 0);
	}
	api_leave(a);
}
