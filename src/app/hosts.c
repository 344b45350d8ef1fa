/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The GitLab hosts of the configuration. A host's token may come from a program that takes its time (a password manager), so a
 * host is a forge that is not there yet: its slot waits, and what was wanted meanwhile is asked for when it comes.
 */
#include "app/app_impl.h"

#include "berth/cache.h"
#include "berth/log.h"
#include "berth/path.h"
#include "berth/token.h"

struct host {
	struct app *app;
	size_t slot;
	struct config_forge config;    /* borrowed from the configuration */
	bool is_default;
	enum token_source source;      /* of the token */
	struct secret *token;          /* NULL: none */
	struct token_call *asking;
	struct forge *forge;           /* owned; NULL until its token is known */
	char *token_from;              /* for people; NULL: none was found, and … */
	struct err token_err;          /* … why */
	struct config *renewed;        /* what the file says now, while its token is looked for again */
	int64_t silent_s;              /* since when it has not answered; 0: it does */
};

/* ---- answers, kept on disk so that the next run asks by their ETags ---- */
static bool memo_get(void *host, const char *key, struct net_kept *ret)
{
	struct host *h = host;
	struct cache_memo m;
	if (!cache_memo_get(h->app->cache, h->config.url, key, &m))
		return false;
	*ret = (struct net_kept){ m.etag ? m.etag : "", m.content_type ? m.content_type : "", m.next ? m.next : "", m.body, m.at_s };
	return true;
}

static void memo_put(void *host, const char *key, const struct net_kept *k)
{
	struct host *h = host;
	cache_memo_put(h->app->cache, h->config.url, key, &(struct cache_memo){ k->etag, k->content_type, k->next, k->body, k->at_s });
}

static void memo_touch(void *host, const char *key, int64_t at_s)
{
	struct host *h = host;
	cache_memo_touch(h->app->cache, h->config.url, key, at_s);
}

/* ---- is it there? ---- */
/* A first failure may be a hiccup and is tried again within a second: it is told when others have failed as well, or when it was a long wait. */
static void host_state(void *host, const struct net_api_state *st)
{
	struct host *h = host;
	bool silent = st->mood == NET_API_TRYING || st->mood == NET_API_DOWN;
	if (!silent)
		h->silent_s = 0;
	else if (!h->silent_s)
		h->silent_s = clock_wall_s();
	if (!silent || st->mood == NET_API_DOWN || st->why.code == ERR_TIMEOUT)
		store_set_host_away(h->app->store, h->config.name, h->silent_s, silent ? &st->why : NULL);
}

void hosts_retry_now(struct app *a)
{
	for (size_t i = 0; i < a->hosts.len; i++)
		if (a->hosts.items[i]->forge)
			forge_retry_now(a->hosts.items[i]->forge);
}

/* ---- tokens ---- */
static void host_note(void *host, const char *text, const char *hint)
{
	struct host *h = host;
	app_say(h->app, MESSAGE_WARN, hint, "%s: %s", h->config.name, text);
}

/* What failed is said by what it keeps from being done; without a token what everybody may see is there. */
static void say_no_token(struct host *h, const struct err *err)
{
	AUTO_STR prefix = xasprintf("%s: ", h->config.name);
	struct err copy = *err;
	if (!copy.hint[0])
		err_hint(&copy, "`berth login %s` stores one; until then only what is public is shown.", h->config.name);
	app_say_err(h->app, MESSAGE_WARN, &copy, prefix);
}

static struct token_query token_query_of(const struct config_forge *f, bool is_default)
{
	return (struct token_query){ .url = f->url, .is_default = is_default, .command = f->token_command, .token = f->token, .token_from = f->token_from };
}

/* ---- a token that is refused: it has a new one, or has not ---- */
static void host_renewed(void *host, const struct token_found *t, const struct err *err)
{
	struct host *h = host;
	bool other = t && !secret_eq(h->token, secret_reveal(t->token));
	h->asking = NULL;
	if (other) {
		app_say(h->app, MESSAGE_INFO, NULL, "%s: its token was refused; %s has a new one", h->config.name, t->from);
		secret_free(h->token);
		h->token = secret_dup(t->token);
		h->source = t->source;
	} else if (err) {
		AUTO_STR prefix = xasprintf("%s: its token was refused, and there is no other: ", h->config.name);
		app_say_err(h->app, MESSAGE_WARN, err, prefix);
	} else {
		app_say(h->app, MESSAGE_WARN, NULL, "%s: its token was refused, and %s gives the same one again", h->config.name, t->from);
	}
	forge_gitlab_renewed(h->forge, other ? h->token : NULL);
}

/* What stands in the environment or the configuration is what it was; the others may say something else by now. */
static bool host_renew(void *host)
{
	static const struct token_events events = { host_note, host_renewed };
	struct host *h = host;
	const struct token_query q = token_query_of(&h->config, h->is_default);
	if (h->app->closing || (h->source != TOKEN_COMMAND && h->source != TOKEN_GLAB && h->source != TOKEN_GIT))
		return false;
	if (!h->asking)
		h->asking = token_find(h->app->loop, &q, &events, h);
	return true;
}

static void host_token(void *host, const struct token_found *t, const struct err *err)
{
	struct host *h = host;
	struct app *a = h->app;
	h->asking = NULL;
	if (err) {
		h->token_err = *err;
		say_no_token(h, err);
	}
	if (t)
		str_replace(&h->token_from, t->from ? t->from : token_source_name(t->source));
	const struct net_memo memo = { memo_get, memo_put, memo_touch, h };
	const struct forge_gitlab_config c = { .name = h->config.name, .url = h->config.url, .token = t ? t->token : NULL, .ca_file = h->config.ca_file,
		.memo = a->cache ? &memo : NULL, .on_state = host_state, .renew = host_renew, .ctx = h, .stays = a->stays };
	h->source = t ? t->source : TOKEN_NONE;
	h->token = t ? secret_dup(t->token) : NULL;
	h->forge = forge_gitlab_new(a->loop, a->net, &c);
	a->forges.items[h->slot].forge = h->forge;
	a->forges.items[h->slot].waits = false;
	if (a->schedule.projects)
		ask_projects(a);
	forges_settled(a);
}

static void host_begin(struct app *a, const struct config_forge *f, bool is_default)
{
	static const struct token_events events = { host_note, host_token };
	struct host *h = xcalloc(1, sizeof *h);
	*h = (struct host){ .app = a, .config = *f, .is_default = is_default, .slot = forges_add(a, f->name) };
	const struct token_query q = token_query_of(f, is_default);
	VEC_PUSH(&a->hosts, h);
	h->asking = token_find(a->loop, &q, &events, h);
}

/* ---- again: a long-lived process sees that a token was exchanged ---- */
static void renewed(void *host, const struct token_found *t, const struct err *err)
{
	struct host *h = host;
	struct forge_login now = { 0 };
	bool had = forge_login(h->forge, &now);
	h->asking = NULL;
	if (t && !(had && secret_eq(now.token, secret_reveal(t->token)))) {
		log_debug("app", "the token of %s has changed", h->config.name);
		forge_set_token(h->forge, t->token);
		h->app->tokens_generation++;
		keeper_wake(h->app);
	} else if (err) {
		log_debug("app", "%s: %s", h->config.name, err->text);
	}
	config_free(h->renewed);
	h->renewed = NULL;
}

static void renew(struct host *h, bool is_default)
{
	static const struct token_events events = { NULL, renewed };
	struct config_forge f = h->config;
	if (h->asking || !h->forge)
		return;
	h->renewed = config_read(config_path(h->app->config), NULL);
	for (size_t i = 0; config_forge_at(h->renewed, i, &f); i++)
		if (f.kind == FORGE_KIND_GITLAB && strcmp(f.name, h->config.name) == 0 && strcmp(f.url, h->config.url) == 0)
			break;
	if (f.kind != FORGE_KIND_GITLAB || !f.url || strcmp(f.name, h->config.name) != 0 || strcmp(f.url, h->config.url) != 0) {
		config_free(h->renewed); /* it is configured no longer: what it had goes on */
		h->renewed = NULL;
		return;
	}
	const struct token_query q = token_query_of(&f, is_default);
	h->asking = token_find(h->app->loop, &q, &events, h);
}

void hosts_renew(struct app *a)
{
	for (size_t i = 0; i < a->hosts.len; i++)
		renew(a->hosts.items[i], i == 0);
}

void hosts_init(struct app *a)
{
	struct config_forge f;
	bool first = true;
	for (size_t i = 0; a->net && config_forge_at(a->config, i, &f); i++) {
		if (f.kind != FORGE_KIND_GITLAB)
			continue;
		host_begin(a, &f, first);
		first = false;
	}
}

void hosts_fini(struct app *a)
{
	for (size_t i = 0; i < a->hosts.len; i++) {
		token_cancel(a->hosts.items[i]->asking);
		config_free(a->hosts.items[i]->renewed);
		forge_free(a->hosts.items[i]->forge);
		secret_free(a->hosts.items[i]->token);
		free(a->hosts.items[i]->token_from);
		free(a->hosts.items[i]);
	}
	VEC_FINI(&a->hosts);
}

bool host_at(const struct app *a, size_t i, struct host_facts *ret)
{
	if (i >= a->hosts.len)
		return false;
	const struct host *h = a->hosts.items[i];
	*ret = (struct host_facts){ h->config.name, h->config.url, h->config.ca_file, h->forge, h->token_from, &h->token_err };
	return true;
}

bool host_of_url(const struct app *a, const char *url, struct host_facts *ret, struct token_query *ret_query)
{
	for (size_t i = 0; host_at(a, i, ret); i++) {
		size_t n = strlen(ret->url);
		if (strncmp(url, ret->url, n) != 0 || (url[n] && url[n] != '/'))
			continue;
		*ret_query = token_query_of(&a->hosts.items[i]->config, i == 0);
		return true;
	}
	return false;
}

const char *host_url(const struct app *a, size_t i, struct forge **ret_forge)
{
	if (i >= a->hosts.len)
		return NULL;
	*ret_forge = a->hosts.items[i]->forge;
	return a->hosts.items[i]->config.url;
}

/* ---- for the process of a build: no app, one forge, its token from where every berth has it ---- */
struct build_host {
	struct build_worker_where where;
	struct config_forge config;
	void (*got)(void *to, struct forge *f, const struct err *err);
	void *to;
	struct err err;
};

static void build_host_end(struct build_host *h, struct forge *f, const struct err *err)
{
	struct build_host copy = *h;
	struct err e = { 0 };
	err_copy(&e, err);
	free(h);
	copy.got(copy.to, f, err ? &e : NULL);
}

static void build_host_missing(void *host)
{
	struct build_host *h = host;
	build_host_end(h, NULL, &h->err);
}

static void build_host_token(void *host, const struct token_found *t, const struct err *err)
{
	struct build_host *h = host;
	const struct forge_gitlab_config c = { .name = h->config.name, .url = h->config.url, .token = t ? t->token : NULL, .ca_file = h->config.ca_file };
	bool fails = err && err->code != ERR_AUTH; /* without a token what everybody may see can be built */
	build_host_end(h, fails ? NULL : forge_gitlab_new(h->where.loop, h->where.net, &c), fails ? err : NULL);
}

void host_for_build(void *config, const struct build_worker_where *w, void (*got)(void *to, struct forge *f, const struct err *err), void *to)
{
	static const struct token_events events = { NULL, build_host_token };
	struct build_host *h = xcalloc(1, sizeof *h);
	bool is_default = true;
	*h = (struct build_host){ .where = *w, .got = got, .to = to };
	for (size_t i = 0; config_forge_at(config, i, &h->config); i++) {
		if (h->config.kind != FORGE_KIND_GITLAB)
			continue;
		if (strcmp(h->config.name, w->forge) == 0) {
			const struct token_query q = token_query_of(&h->config, is_default);
			token_find(w->loop, &q, &events, h);
			return;
		}
		is_default = false;
	}
	err_set(&h->err, ERR_NOT_FOUND, "no host %s is configured any more: its commits can't be had", w->forge);
	err_hint(&h->err, "Put [forge \"%s\"] back into the configuration, then build again.", w->forge);
	loop_defer(w->loop, build_host_missing, h);
}
