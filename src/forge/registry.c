/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is this image in its registry? The life of the whole and of one question. */
#include "forge/registry.h"

#include <stdlib.h>

/* ---- registries ---- */
static struct registry *registry_of(struct registries *all, const char *name)
{
	struct registry *r = all->first;
	while (r && strcmp(r->name, name))
		r = r->next;
	if (r)
		return r;
	AUTO_STR url = registry_base_url(name);
	const struct registries_config *c = &all->config;
	struct net_api_config api = { .peer = { .base_url = url, .ca_file = c->ca_file ? c->ca_file(c->ctx, name) : NULL },
	                              .words = registry_words, .total_timeout_ms = 60000 };
	r = xcalloc(1, sizeof *r);
	r->all = all;
	r->name = xstrdup(name);
	r->api = net_api_new(c->loop, c->net, &api);
	r->next = all->first;
	all->first = r;
	return r;
}

static void registry_free(struct registry *r)
{
	registry_forget(r);
	loop_defer_cancel(r->all->config.loop, registry_proceed, r);
	net_api_free(r->api);
	net_api_free(r->realm);
	VEC_FINI(&r->tokens);
	free(r->name);
	free(r->realm_url);
	free(r->realm_path);
	free(r->service);
	free(r);
}

struct registries *registries_new(const struct registries_config *c)
{
	struct registries *all = xcalloc(1, sizeof *all);
	all->config = *c;
	return all;
}

void registries_free(struct registries *all)
{
	if (!all)
		return;
	while (all->calls)
		registry_cancel(all->calls);
	while (all->first) {
		struct registry *r = all->first;
		all->first = r->next;
		registry_free(r);
	}
	free(all);
}

void registries_forget_logins(struct registries *all)
{
	for (struct registry *r = all->first; r; r = r->next)
		registry_forget(r);
}

/* ---- one question ---- */
static void begin(void *call);

static void probe_ended(struct registry_call *c)
{
	if (!c->registry || c->registry->probe != c)
		return;
	c->registry->probe = NULL;
	registry_resume(c->registry, /* only_in_request= */ false, NULL);
}

void registry_end(struct registry_call *c, const struct err *err)
{
	struct net_api_call *call = c->call;
	struct net_call *plain = c->plain;
	struct err e = err ? *err : (struct err){ 0 };
	if (c->ended)
		return;
	c->ended = true;
	c->call = NULL;
	c->plain = NULL;
	loop_defer_cancel(c->all->config.loop, begin, c);
	probe_ended(c);
	net_api_cancel(call);
	net_cancel(plain);
	*(c->prev ? &c->prev->next : &c->all->calls) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->image.digest = c->digest ? c->digest : "";
	c->got(c->ctx, err ? NULL : &c->image, err ? &e : NULL);
	registry_ref_fini(&c->ref);
	free(c->digest);
	free(c);
}

void registry_cancel(struct registry_call *c)
{
	struct err e = { 0 };
	err_set(&e, ERR_CANCELLED, "cancelled");
	if (c)
		registry_end(c, &e);
}

void registry_fetch(struct registry_call *c, const char *method, const char *path, net_api_end_fn end)
{
	struct registry *r = c->registry;
	struct net_header accept = { "Accept", REGISTRY_ACCEPT };
	struct net_api_request q = { .method = method, .path = path, .headers = &accept, .n_headers = 1, .any_type = true, .max_body = 4 << 20 };
	if (r->scheme == REGISTRY_BEARER)
		q.bearer = registry_token_of(r, c->ref.path);
	else if (r->scheme == REGISTRY_BASIC)
		q.basic = r->basic;
	c->had_login = q.bearer ? r->basic || r->identity : q.basic != NULL;
	c->call = net_api_fetch(r->api, &q, end, c);
}

static void refused(struct registry_call *c, const struct err *why)
{
	struct err e = { 0 };
	if (c->had_login) {
		err_set(&e, ERR_DENIED, "the login for %s may not see %s", c->registry->name, c->ref.path);
		err_hint(&e, "ask for access to it, or log in as somebody who has it: docker login %s", c->registry->name);
	} else {
		/* Docker Hub says the same of what is private and of what is not there. */
		if (!strcmp(c->registry->name, "docker.io"))
			err_set(&e, ERR_AUTH, "docker.io has no %s, or wants a login for it", c->ref.path);
		else
			err_set(&e, ERR_AUTH, "%s wants a login for %s", c->registry->name, c->ref.path);
		err_hint(&e, "`docker login %s` stores one", c->registry->name);
	}
	e.http = why->http;
	registry_end(c, &e);
}

static void missing(struct registry_call *c)
{
	struct err e = { 0 };
	err_set(&e, ERR_NOT_FOUND, "%s has no %s%s%s", c->registry->name, c->ref.path, strchr(c->ref.what, ':') ? "@" : ":", c->ref.what);
	err_hint(&e, "check the name and the tag");
	e.http = 404;
	registry_end(c, &e);
}

static void found(struct registry_call *c, const struct net_answer *a)
{
	const char *digest = net_header_get(&a->response, "docker-content-digest");
	c->digest = xstrdup(digest ? digest : strchr(c->ref.what, ':') ? c->ref.what : "");
	if (c->details)
		registry_ask_details(c);
	else
		registry_end(c, NULL);
}

static void got_manifest(void *ctx, const struct net_answer *a, const struct err *err)
{
	struct registry_call *c = ctx;
	c->call = NULL;
	if (c->ended)
		return;
	if (!err) {
		c->registry->is_open |= c->registry->scheme == REGISTRY_OTHER;
		probe_ended(c);
		found(c, a);
	} else if (err->http == 401 && a && c->n_tries == 1 && registry_learn(c->registry, a)) {
		c->registry->probe = NULL;      /* those who waited for it are in the same request for a token */
		c->waits = true;
		registry_want_login(c->registry);
	} else if (err->http == 401 || err->http == 403) {
		refused(c, err);
	} else if (err->http == 404) {
		missing(c);
	} else {
		registry_end(c, err);
	}
}

/* Its path is of a reference's characters: nothing in it needs encoding. */
static void ask(struct registry_call *c)
{
	AUTO_STR path = xasprintf("/v2/%s/manifests/%s", c->ref.path, c->ref.what);
	c->n_tries++;
	registry_fetch(c, "HEAD", path, got_manifest);
}

static void begin(void *call)
{
	struct registry_call *c = call;
	struct registry *r = c->registry;
	if (c->err.code) {
		registry_end(c, &c->err);
	} else if (r->scheme == REGISTRY_OTHER && !r->is_open && r->probe) {
		c->waits = true;
	} else if (c->n_tries == 0 && r->scheme != REGISTRY_OTHER && !(r->scheme == REGISTRY_BASIC && r->basic) && !registry_token_of(r, c->ref.path)) {
		c->n_tries = 1;                 /* what it wants is known */
		c->waits = true;
		registry_want_login(r);
	} else {
		if (r->scheme == REGISTRY_OTHER && !r->is_open)
			r->probe = c;
		ask(c);
	}
}

struct registry_call *registry_look(struct registries *all, const char *ref, bool details,
                                    void (*got)(void *ctx, const struct registry_image *i, const struct err *err), void *ctx)
{
	struct registry_call *c = xcalloc(1, sizeof *c);
	c->all = all;
	c->details = details;
	c->got = got;
	c->ctx = ctx;
	c->next = all->calls;
	if (all->calls)
		all->calls->prev = c;
	all->calls = c;
	if (!registry_ref_parse(ref, &c->ref, &c->err))
		c->registry = registry_of(all, c->ref.registry);
	loop_defer(all->config.loop, begin, c);
	return c;
}

/* ---- when a login or a token has come ---- */
void registry_resume(struct registry *r, bool only_in_request, const struct err *err)
{
	for (struct registry_call *c = r->all->calls, *next; c; c = next) {
		next = c->next;
		if (c->registry != r || !c->waits || (only_in_request && !c->in_request))
			continue;
		c->waits = c->in_request = false;
		if (err)
			c->err = *err;
		loop_defer(r->all->config.loop, begin, c);
	}
}
