/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor's look at a GitLab host: does it answer, do the clocks agree, and what may its token do? */
#include <inttypes.h>

#include "app/doctor.h"
#include "berth/path.h"
#include "berth/text.h"

enum { AHEAD_SOME_S = 30, AHEAD_FAR_S = 300, EXPIRES_SOON_S = 7 * 86400, FETCH_MS = 6000 };

/* ---- clocks ---- */
void doctor_clock_line(struct part *p, const char *whose, int64_t ahead_s)
{
	AUTO(buf_fini) struct buf by = BUF_INIT;
	int64_t by_s = ahead_s < 0 ? -ahead_s : ahead_s;
	text_add_duration(&by, by_s);
	if (by_s < AHEAD_SOME_S)
		part_add(p, CHECK_OK, NULL, "this machine's clock agrees with %s", whose);
	else
		part_add(p, by_s < AHEAD_FAR_S ? CHECK_WARNING : CHECK_PROBLEM, "Let the clock be set: sudo timedatectl set-ntp true (ages, tokens and certificates go by it).",
		         "this machine's clock is %s %s that of %s", buf_str(&by), ahead_s > 0 ? "behind" : "ahead of", whose);
}

/* ---- the way there ---- */
static void cancel_net(void *call)
{
	net_cancel(call);
}

static void answered(void *call, const struct net_response *r, const struct err *err)
{
	struct part_call *c = call;
	struct part *p = c->part;
	struct host_facts h;
	int64_t at_s;
	if (!request_over(&c->request)) {
		free(c);
		return;
	}
	free(c);
	host_at(part_app(p), p->which, &h);
	if (err) {
		AUTO_STR before = xasprintf("%s: ", h.name);
		part_add_err(p, CHECK_PROBLEM, err, before);
		return;
	}
	if (r->status >= 500)
		part_add(p, CHECK_WARNING, "It is down or being updated; what was seen before still browses.", "%s: %s answers with status %d", h.name, h.url, r->status);
	else
		part_add(p, CHECK_OK, NULL, "%s: %s answers in %" PRIu64 " ms", h.name, h.url, loop_now_ms(part_app(p)->loop) - p->began_ms);
	if (net_response_date(r, &at_s))
		doctor_clock_line(p, h.name, at_s - clock_wall_s());
}

void doctor_host(struct part *p)
{
	struct app *a = part_app(p);
	struct host_facts h;
	host_at(a, p->which, &h);
	if (strncmp(h.url, "http://", 7) == 0 && !sv_starts(sv_url_host(h.url), SV("127.")) && !sv_starts(sv_url_host(h.url), SV("localhost")))
		part_add(p, CHECK_WARNING, "Use its https:// address, if it has one.", "%s: %s is spoken to without TLS: whoever is on the way can read the token", h.name, h.url);
	const struct net_request q = { .peer = { .base_url = h.url, .ca_file = h.ca_file }, .method = "GET", .path = "/api/v4/version", .connect_timeout_ms = FETCH_MS,
		.total_timeout_ms = FETCH_MS, .max_body = 1 << 20 };
	struct part_call *c = part_call_new(p, sizeof *c, cancel_net);
	c->request.call = net_fetch(a->net, &q, answered, c);
}

/* ---- its token ---- */
static void expiry_line(struct part *p, const struct host_facts *h, const struct account *a)
{
	AUTO(buf_fini) struct buf in = BUF_INIT;
	AUTO_STR fix = xasprintf("Make another at %s/-/user_settings/personal_access_tokens, then: berth login %s", h->url, h->name);
	int64_t left_s = a->expires_at_s - clock_wall_s();
	if (!a->expires_at_s)
		return;
	text_add_duration(&in, left_s < 0 ? 0 : left_s);
	if (left_s <= 0 || a->revoked)
		part_add(p, CHECK_PROBLEM, fix, "%s: the token %s", h->name, a->revoked ? "is revoked" : "has expired");
	else if (left_s < EXPIRES_SOON_S)
		part_add(p, CHECK_WARNING, fix, "%s: the token expires in %s", h->name, buf_str(&in));
	else
		part_add(p, CHECK_OK, NULL, "%s: the token is good for %s", h->name, buf_str(&in));
}

static void account_got(void *call, const struct account *a)
{
	struct part_call *c = call;
	struct host_facts h;
	if (!c->request.app)
		return;
	struct part *p = c->part;
	host_at(c->request.app, p->which, &h);
	if (a->anonymous) {
		AUTO_STR fix = xasprintf("berth login %s", h.name);
		part_add(p, h.token_from ? CHECK_PROBLEM : CHECK_WARNING, fix, h.token_from ? "%s: the host does not know the token from %s" : "%s: there is no token, so only what is public is shown", h.name, h.token_from);
		return;
	}
	part_add(p, CHECK_OK, NULL, "%s: signed in as %s, with the token from %s%s%s", h.name, a->user ? a->user : "somebody", h.token_from ? h.token_from : "nowhere",
	         a->scopes ? "; scopes: " : "", a->scopes ? a->scopes : "");
	AUTO(buf_fini) struct buf lacks = BUF_INIT;
	AUTO_STR fix = xasprintf("A token with the scope api does all; a narrower one works for what it covers. berth login %s", h.name);
	for (size_t i = 0; account_lacks(a, &i, &lacks); buf_clear(&lacks))
		part_add(p, CHECK_WARNING, fix, "%s: %s", h.name, buf_str(&lacks));
	expiry_line(p, &h, a);
}

static void account_end(void *call, const struct err *err)
{
	struct part_call *c = call;
	struct part *p = c->part;
	struct host_facts h;
	if (request_over(&c->request) && err && part_calls_over(p)) {
		host_at(part_app(p), p->which, &h);
		AUTO_STR before = xasprintf("%s: ", h.name);
		bool told = p->lines.len && VEC_LAST(&p->lines)->level == CHECK_PROBLEM; /* that it does not answer */
		if (!told)
			part_add_err(p, CHECK_PROBLEM, err, before);
	}
	free(c);
}

/* The way there first: what a host that can't be reached says of its token is nothing. */
void doctor_host_look(struct part *p)
{
	struct host_facts h;
	host_at(part_app(p), p->which, &h);
	if (!part_calls_over(p))
		return;
	if (p->n_calls > 1 || (p->lines.len && VEC_LAST(&p->lines)->level == CHECK_PROBLEM && !strstr(VEC_LAST(&p->lines)->what, "clock"))) {
		if (h.token_err->code && h.token_err->code != ERR_AUTH)
			part_add_err(p, CHECK_PROBLEM, h.token_err, "its token: ");
		part_done(p);
		return;
	}
	if (!h.forge)
		return; /* a program is asked for the token */
	struct part_call *c = part_call_new(p, sizeof *c, cancel_forge);
	c->request.call = forge_account(h.forge, account_got, account_end, c);
}
