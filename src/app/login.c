/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A token is tried on its host, and kept in the configuration file when it is good. */
#include "app/app_impl.h"

#include "berth/path.h"
#include "berth/token.h"

enum { CONFIG_MAX = 4 << 20 };

struct login {
	struct ask *ask;
	struct app *app;
	struct forge *forge;           /* with the new token; of this login alone */
	char *url;
	struct token_call *asking;     /* where the host's own token is looked for */
	struct login *next;            /* of the app's that are not freed yet */
};

static void login_free(void *login)
{
	struct login *l = login;
	for (struct login **p = &l->app->logins; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			break;
		}
	forge_free(l->forge);
	free(l->url);
	free(l);
}

void logins_fini(struct app *a)
{
	while (a->logins) {
		loop_defer_cancel(a->loop, login_free, a->logins);
		login_free(a->logins);
	}
}

static void login_account(void *login, const struct account *a)
{
	struct login *l = login;
	if (ask_heard(l->ask))
		l->ask->got.account(l->ask->ctx, a);
}

static void login_end(void *login, const struct err *err)
{
	struct login *l = login;
	struct ask *k = l->ask;
	loop_defer(l->app->loop, login_free, l); /* not within its own call */
	ask_end(k, err);
}

/* The section of a host by its name or its address; false: there is none. */
static bool known_host(const struct app *a, const char *text, struct config_forge *ret)
{
	for (size_t i = 0; config_forge_at(a->config, i, ret); i++)
		if (ret->kind == FORGE_KIND_GITLAB && (!text || strcmp(ret->name, text) == 0 || strcmp(ret->url, text) == 0))
			return true;
	return false;
}

int app_login_host(const struct app *a, const char *text, struct buf *ret_url, struct buf *ret_name, struct err *reterr)
{
	struct config_forge f;
	if (known_host(a, text, &f)) {
		buf_add_str(ret_url, f.url);
		buf_add_str(ret_name, f.name);
		return 0;
	}
	if (!text)
		return err_set(reterr, ERR_USAGE, "no GitLab host is configured; name one: berth login gitlab.example.org");
	int r = forge_gitlab_url(sv_of(text), ret_url, reterr);
	if (r < 0)
		return r;
	buf_add_sv(ret_name, sv_url_host(buf_str(ret_url)));
	return 0;
}

static void try_token(struct login *l, const struct secret *token)
{
	struct app *a = l->app;
	struct ask *k = l->ask;
	struct config_forge known;
	bool is_known = known_host(a, l->url, &known);
	const struct forge_gitlab_config c = { .name = "login", .url = l->url, .token = token, .ca_file = is_known ? known.ca_file : NULL };
	l->forge = forge_gitlab_new(a->loop, a->net, &c);
	k->cancel = cancel_forge;
	k->call = forge_account(l->forge, login_account, login_end, l);
}

static void cancel_token(void *login)
{
	struct login *l = login;
	struct err err = { 0 };
	token_cancel(l->asking);
	err_set(&err, ERR_CANCELLED, "cancelled");
	login_end(l, &err);
}

static void token_found(void *login, const struct token_found *t, const struct err *err)
{
	struct login *l = login;
	l->asking = NULL;
	if (t)
		try_token(l, t->token);
	else
		login_end(l, err);
}

/* Of a host that is not configured, what its environment, glab and git have. */
static void look_for_token(struct login *l)
{
	static const struct token_events events = { NULL, token_found };
	struct host_facts h;
	struct token_query q = { .url = l->url };
	l->ask->cancel = cancel_token;
	l->ask->call = l;
	if (!host_of_url(l->app, l->url, &h, &q))
		q = (struct token_query){ .url = l->url };
	l->asking = token_find(l->app->loop, &q, &events, l);
}

unsigned app_login(struct app *a, const char *url, const struct secret *token, void (*got)(void *ctx, const struct account *a), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct login *l = xcalloc(1, sizeof *l);
	l->ask = k;
	l->app = a;
	l->url = xstrdup(url);
	l->next = a->logins;
	a->logins = l;
	k->got.account = got;
	if (token)
		try_token(l, token);
	else
		look_for_token(l);
	return k->number;
}

/* ---- what a token lets one do ---- */
static const struct { const char *any_of, *without; } scopes[] = {
	{ "api read_api", "projects, branches and builds can't be seen" },
	{ "api", "builds can't be run, retried or canceled, and nothing can be committed or forked" },
	{ "api read_repository write_repository", "sessions can't clone private projects" },
	{ "api write_repository", "what is saved in a session can't be pushed" },
	{ "api read_api read_registry", "images of private projects can't be pulled" },
};

static bool has_any(const struct account *a, const char *any_of)
{
	struct sv rest = sv_of(any_of), one;
	while (sv_split(&rest, ' ', &one)) {
		AUTO_STR scope = sv_dup(one);
		if (account_has_scope(a, scope))
			return true;
	}
	return false;
}

bool account_lacks(const struct account *a, size_t *at, struct buf *ret)
{
	while (*at < ARRAY_LEN(scopes)) {
		const char *any_of = scopes[*at].any_of, *without = scopes[*at].without;
		++*at;
		if (has_any(a, any_of))
			continue;
		buf_addf(ret, "Without %s%s: %s.", strchr(any_of, ' ') ? "one of the scopes " : "the scope ", any_of, without);
		return true;
	}
	return false;
}

/* ---- keeping it ---- */
static void add_quoted(struct buf *b, struct sv s)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_add_char(b, '\\');
		buf_add_char(b, s.p[i]);
	}
	buf_add_char(b, '"');
}

static bool is_header(struct sv line, const char *name)
{
	AUTO_STR wanted = xasprintf("[forge \"%s\"]", name);
	line = sv_trim(line);
	return sv_starts(line, sv_of(wanted));
}

static bool sets_token(struct sv line)
{
	line = sv_trim(line);
	if (!sv_starts(line, SV("token")))
		return false;
	line = sv_trim((struct sv){ line.p + 5, line.len - 5 });
	return line.len && line.p[0] == '=';
}

/* The file as it was, but for this one line; what people wrote beside it stays as they wrote it. */
static void put_token(struct buf *out, struct sv before, const char *url, const char *name, const struct secret *token)
{
	struct sv line;
	bool in_section = false, done = false;
	while (sv_split(&before, '\n', &line)) {
		bool header = sv_starts(sv_trim(line), SV("["));
		if (header)
			in_section = is_header(line, name);
		if (in_section && sets_token(line))
			continue; /* the old one */
		if (before.len || line.len) {
			buf_add_sv(out, line);
			buf_add_char(out, '\n');
		}
		if (header && in_section && !done) {
			buf_add_str(out, "\ttoken = ");
			add_quoted(out, secret_reveal(token));
			buf_add_char(out, '\n');
			done = true;
		}
	}
	if (done)
		return;
	buf_addf(out, "[forge \"%s\"]\n\ttype = gitlab\n\turl = %s\n\ttoken = ", name, url);
	add_quoted(out, secret_reveal(token));
	buf_add_char(out, '\n');
}

int app_login_keep(struct app *a, const char *url, const char *name, const struct secret *token, struct err *reterr)
{
	const char *path = config_path(a->config), *slash = strrchr(path, '/');
	AUTO(buf_fini) struct buf before = BUF_INIT_MAX(CONFIG_MAX), after = BUF_INIT_MAX(2 * CONFIG_MAX);
	struct err err = { 0 };
	int r = file_read(path, CONFIG_MAX, &before, &err);
	if (r < 0 && r != -ERR_NOT_FOUND)
		return err_copy(reterr, &err);
	if (slash) {
		AUTO_STR folder = xstrndup(path, (size_t)(slash - path));
		if (path_make_dirs(folder, reterr) < 0)
			return -ERR_SYS;
	}
	put_token(&after, buf_sv(&before), url, name, token);
	r = file_write_atomic(path, buf_sv(&after), reterr);
	wipe(before.p, before.len);
	wipe(after.p, after.len);
	return r;
}
