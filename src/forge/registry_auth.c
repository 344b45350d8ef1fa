/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a registry wants to see before it answers: a password, or a token that its realm gives for one (distribution's token specification). */
#include "forge/registry.h"

#include "berth/json.h"

enum { SCOPES_MAX = 20, EXPIRES_DEFAULT_S = 60, EXPIRES_MAX_S = 3600, EARLY_MS = 10000 };
struct registry_want { struct registry *registry; /* NULL: gone meanwhile */ };

/* ---- what is known ---- */
static void tokens_forget(struct registry *r)
{
	for (size_t i = 0; i < r->tokens.len; i++) {
		free(r->tokens.items[i].path);
		secret_free(r->tokens.items[i].bearer);
	}
	VEC_CLEAR(&r->tokens);
}

void registry_forget(struct registry *r)
{
	tokens_forget(r);
	secret_free(r->basic);
	secret_free(r->identity);
	r->basic = r->identity = NULL;
	r->login = LOGIN_UNKNOWN;
	if (r->want)
		r->want->registry = NULL;
	r->want = NULL;
}

const struct secret *registry_token_of(const struct registry *r, const char *path)
{
	uint64_t now = loop_now_ms(r->all->config.loop);
	for (size_t i = r->tokens.len; i-- > 0; )
		if (!strcmp(r->tokens.items[i].path, path) && now < r->tokens.items[i].until_ms)
			return r->tokens.items[i].bearer;
	return NULL;
}

static bool learn_realm(struct registry *r, struct registry_challenge *c)
{
	AUTO_STR base = registry_base_url(r->name);
	const struct registries_config *config = &r->all->config;
	char *url = NULL, *path = NULL;
	if (!registry_realm_split(c, base, &url, &path))
		return false;
	if (!r->asking && (!r->realm_url || strcmp(r->realm_url, url))) {
		struct net_api_config api = { .peer = { .base_url = url, .ca_file = config->ca_file ? config->ca_file(config->ctx, r->name) : NULL },
		                              .words = registry_words, .total_timeout_ms = 60000 };
		struct net_api *old = r->realm;
		r->realm = net_api_new(config->loop, config->net, &api);
		net_api_free(old);
		str_replace(&r->realm_url, url);
	}
	str_replace(&r->realm_path, path);
	str_replace(&r->service, c->service);
	free(url);
	free(path);
	return true;
}

bool registry_learn(struct registry *r, const struct net_answer *a)
{
	struct registry_challenge c;
	const char *value = net_header_get(&a->response, "www-authenticate");
	registry_challenge_parse(sv_of(value ? value : ""), &c);
	bool known = c.scheme == REGISTRY_BASIC || (c.scheme == REGISTRY_BEARER && learn_realm(r, &c));
	if (known)
		r->scheme = c.scheme;
	registry_challenge_fini(&c);
	return known;
}

/* ---- logins ---- */
void registry_want_login(struct registry *r)
{
	const struct registries_config *c = &r->all->config;
	if (r->login == LOGIN_KNOWN) {
		loop_defer_cancel(c->loop, registry_proceed, r);
		loop_defer(c->loop, registry_proceed, r); /* with all that wait at the end of this turn */
		return;
	}
	if (r->login == LOGIN_ASKED)
		return;
	struct registry_want *want = xmalloc(sizeof *want);
	want->registry = r;
	r->want = want;
	r->login = LOGIN_ASKED;
	if (c->find_login)
		c->find_login(c->ctx, want, r->name);
	else
		registry_login_found(want, NULL);
}

void registry_login_found(struct registry_want *want, const struct secret *login)
{
	struct registry *r = want->registry;
	free(want);
	if (!r)
		return;
	r->want = NULL;
	r->login = LOGIN_KNOWN;
	r->basic = registry_login_basic(login);
	r->identity = r->basic ? NULL : registry_login_identity(login);
	registry_want_login(r);
}

/* ---- tokens ---- */
static bool login_may_go(const struct registry *r)
{
	const struct registries_config *c = &r->all->config;
	const char *host = strstr(r->realm_url, "://") + 3;
	return registry_owns(r->name, r->realm_url) || (c->trusts && c->trusts(c->ctx, r->name, host));
}

/* The scopes of all that wait, each repository once. */
static void add_scopes(struct registry *r, struct buf *b, const char *before)
{
	const char *paths[SCOPES_MAX];
	size_t n = 0;
	for (struct registry_call *c = r->all->calls; c; c = c->next) {
		size_t i = 0;
		if (c->registry != r || !c->waits)
			continue;
		while (i < n && strcmp(paths[i], c->ref.path))
			i++;
		if (i == SCOPES_MAX)
			continue;
		c->in_request = true;
		if (i < n)
			continue;
		paths[n++] = c->ref.path;
		buf_add_str(b, n == 1 || *before == '&' ? before : "%20");
		buf_addf(b, "repository%%3A%s%%3Apull", c->ref.path);
	}
}

static void keep_token(struct registry *r, const char *token, int64_t expires_s)
{
	uint64_t ms = (uint64_t)(expires_s < 1 ? EXPIRES_DEFAULT_S : MIN_OF(expires_s, (int64_t)EXPIRES_MAX_S)) * 1000;
	uint64_t until = loop_now_ms(r->all->config.loop) + (ms > 2 * EARLY_MS ? ms - EARLY_MS : ms / 2);
	if (r->tokens.len > 256)
		tokens_forget(r);
	for (struct registry_call *c = r->all->calls; c; c = c->next)
		if (c->registry == r && c->in_request && !registry_token_of(r, c->ref.path))
			VEC_PUSH(&r->tokens, ((struct registry_token){ xstrdup(c->ref.path), secret_new(sv_of(token)), until }));
}

static void set_refused(const struct registry *r, bool with_login, const struct err *why, struct err *ret)
{
	*ret = (struct err){ 0 };
	if (with_login)
		err_set(ret, ERR_AUTH, "the login for %s is not accepted by %s", r->name, strstr(r->realm_url, "://") + 3);
	else if (r->basic || r->identity)
		err_set(ret, ERR_AUTH, "%s wants its login to be sent to %s, which berth does not do unasked", r->name, strstr(r->realm_url, "://") + 3);
	else
		err_set(ret, ERR_AUTH, "%s wants a login", r->name);
	err_hint(ret, "`docker login %s` stores one", r->name);
	ret->http = why->http;
}

static void got_token(void *ctx, const struct net_answer *a, const struct err *err)
{
	struct registry *r = ctx;
	struct err e = { 0 };
	r->asking = NULL;
	if (err && err->code == ERR_CANCELLED)
		return;
	json_auto_t *j = err ? NULL : json_read(a->response.body, 1 << 20, &e);
	const char *token = json_str(j, "token", json_str(j, "access_token", NULL));
	bool with_login = (r->basic || r->identity) && login_may_go(r);
	if (err && (err->http == 401 || err->http == 403))
		set_refused(r, with_login, err, &e);
	else if (err)
		e = *err;
	else if (!token || !*token)
		err_set(&e, ERR_DECODE, "%s gives no token for %s", strstr(r->realm_url, "://") + 3, r->name);
	else
		keep_token(r, token, json_int(j, "expires_in", EXPIRES_DEFAULT_S));
	registry_resume(r, /* only_in_request= */ true, e.code ? &e : NULL);
	for (struct registry_call *c = r->all->calls; c; c = c->next)
		if (c->registry == r && c->waits) {     /* they came meanwhile */
			registry_want_login(r);
			return;
		}
}

static void ask_token(struct registry *r)
{
	AUTO(buf_fini) struct buf path = BUF_INIT_MAX(32 << 10);
	struct buf form = BUF_INIT_MAX(64 << 10);
	bool may = login_may_go(r), by_form = may && r->identity;
	struct buf *to = by_form ? &form : &path;
	struct net_api_request q = { .method = by_form ? "POST" : "GET", .max_body = 1 << 20, .basic = may ? r->basic : NULL };
	buf_add_str(&path, r->realm_path);
	buf_add_str(to, by_form ? "grant_type=refresh_token&client_id=berth&service=" : strchr(r->realm_path, '?') ? "&service=" : "?service=");
	buf_add_urlencoded(to, sv_of(r->service ? r->service : ""), NULL);
	if (by_form) {
		buf_add_str(to, "&scope=");
		add_scopes(r, to, "");
		buf_add_str(to, "&refresh_token=");
		buf_add_urlencoded(to, secret_reveal(r->identity), NULL);
		q.body = buf_sv(&form);
		q.body_type = "application/x-www-form-urlencoded";
	} else {
		add_scopes(r, to, "&scope=");
	}
	q.path = buf_str(&path);
	r->asking = net_api_fetch(r->realm, &q, got_token, r);
	if (form.p)
		wipe(form.p, form.cap);
	buf_fini(&form);
}

void registry_proceed(void *registry)
{
	struct registry *r = registry;
	struct err e = { 0 };
	if (r->scheme == REGISTRY_BEARER) {
		if (!r->asking)
			ask_token(r);
		return;
	}
	if (!r->basic) {
		err_set(&e, ERR_AUTH, "%s wants a login", r->name);
		err_hint(&e, "`docker login %s` stores one", r->name);
		e.http = 401;
	}
	registry_resume(r, /* only_in_request= */ false, e.code ? &e : NULL);
}
