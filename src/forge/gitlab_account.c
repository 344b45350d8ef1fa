/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose token it is, what may be done with it, and refusals as sentences */
#include "forge/gitlab.h"

/* ---- what may be done ---------------------------------------------------------------------------------------------------------- */
enum { ROLE_REPORTER = 20, ROLE_DEVELOPER = 30 };
/* docs.gitlab.com/security/tokens/access_token_scopes, user/permissions. scopes: any of them is enough. */
static const struct deed { const char *what; const char *scopes[4]; uint32_t role; bool ci; } deeds[FORGE_DEED_COUNT_] = {
	[FORGE_DEED_READ] = { "read this", { "api", "read_api" }, 0, false },
	[FORGE_DEED_RUN] = { "run, retry or cancel jobs", { "api" }, ROLE_DEVELOPER, true },
	[FORGE_DEED_COMMIT] = { "commit", { "api" }, ROLE_DEVELOPER, false },
	[FORGE_DEED_FORK] = { "fork", { "api" }, 0, false },
	[FORGE_DEED_NEW] = { "make projects", { "api" }, 0, false },
	[FORGE_DEED_CLONE] = { "clone", { "api", "read_repository", "write_repository" }, 0, false },
	[FORGE_DEED_PUSH] = { "push", { "api", "write_repository" }, ROLE_DEVELOPER, false },
	[FORGE_DEED_PULL] = { "pull images", { "api", "read_api", "read_registry" }, 0, false },
};

/* Fine-grained tokens show scopes by other names: what is not one of these says nothing. */
static bool scopes_tell(const struct account *a)
{
	return account_has_scope(a, "api") || account_has_scope(a, "read_api") || account_has_scope(a, "read_user") ||
	       account_has_scope(a, "read_repository") || account_has_scope(a, "write_repository") || account_has_scope(a, "read_registry");
}

static bool scope_there(const struct account *a, const struct deed *d)
{
	for (size_t i = 0; i < ARRAY_LEN(d->scopes) && d->scopes[i]; i++) {
		if (account_has_scope(a, d->scopes[i]))
			return true;
	}
	return false;
}

static int lacks_scope(const struct gitlab *g, const char *scope, const char *what, struct err *reterr)
{
	err_set(reterr, ERR_DENIED, "the token lacks the scope %s, so it may not %s", scope, what);
	err_hint(reterr, "make a token with that scope at %s/-/user_settings/personal_access_tokens, then: berth login", g->url);
	return -ERR_DENIED;
}

static int lacks_role(const char *path, uint32_t level, const struct deed *d, struct err *reterr)
{
	err_set(reterr, ERR_DENIED, "this account is %s in %s; to %s it must be %s", access_level_name(level), path, d->what, access_level_name(d->role));
	err_hint(reterr, "ask an owner of the project, or fork it");
	return -ERR_DENIED;
}

int gitlab_may(const struct forge *f, const struct project *p, enum forge_deed deed, struct err *reterr)
{
	const struct gitlab *g = (const struct gitlab *)f;
	const struct deed *d = &deeds[deed];
	bool open = deed == FORGE_DEED_READ || deed == FORGE_DEED_CLONE || deed == FORGE_DEED_PULL;

	if (!g->token && !open) {
		err_set(reterr, ERR_AUTH, "without a token nobody may %s at %s", d->what, g->url);
		err_hint(reterr, "berth login %s", g->forge.name);
		return -ERR_AUTH;
	}
	if (g->token && g->account_known && scopes_tell(&g->account) && !scope_there(&g->account, d))
		return lacks_scope(g, d->scopes[0], d->what, reterr);
	if (!p)
		return 0;
	if (p->archived && d->role)
		return err_set(reterr, ERR_DENIED, "%s is archived: it can only be read", p->path);
	if (d->role && p->rights_known && p->access_level && p->access_level < d->role)
		return lacks_role(p->path, p->access_level, d, reterr);
	if (d->ci && p->rights_known && !p->ci_enabled)
		return err_set(reterr, ERR_DENIED, "CI/CD is switched off for %s", p->path);
	if (deed == FORGE_DEED_PULL && p->rights_known && !p->registry_enabled)
		return err_set(reterr, ERR_DENIED, "the container registry is switched off for %s", p->path);
	return 0;
}

/* ---- refusals ------------------------------------------------------------------------------------------------------------------- */
static void explain_denied(const struct op *op, struct sv body, const struct err *err, struct err *ret)
{
	AUTO(buf_fini) struct buf scope = BUF_INIT_MAX(200), words = BUF_INIT_MAX(1000);
	const struct deed *d = &deeds[op->deed];

	if (gitlab_missing_scope(body, &scope)) {
		struct sv rest = buf_sv(&scope), first = { 0 };
		sv_split(&rest, ' ', &first); /* any one of them would do */
		AUTO_STR needed = first.len ? sv_dup(first) : xstrdup(d->scopes[0]);
		lacks_scope(op->g, needed, d->what, ret);
		return;
	}
	gitlab_words(body, &words);
	*ret = *err;
	ret->hint[0] = '\0';
	if (words.len && op->project && d->role)
		err_set(ret, ERR_DENIED, "%s may not be changed so: %s", op->project, buf_str(&words));
	else if (words.len)
		err_set(ret, ERR_DENIED, "%s%s%s does not allow this: %s", op->g->url, op->project ? "/" : "", op->project ? op->project : "", buf_str(&words));
	if (d->role)
		err_hint(ret, "to %s an account must be %s of the project, and the branch not protected against it", d->what, access_level_name(d->role));
	else if (err->hint[0])
		err_hint(ret, "%s", err->hint);
}

void op_explain(const struct op *op, const struct net_answer *a, const struct err *err, struct err *ret)
{
	struct sv body = a ? a->response.body : SV("");
	int status = a ? a->response.status : err->http;

	*ret = *err;
	if (status == 403) {
		explain_denied(op, body, err, ret);
	} else if (status == 401) {
		err_hint(ret, "berth login %s", op->g->forge.name);
	} else if (status == 404 && op->project) {
		AUTO(buf_fini) struct buf words = BUF_INIT_MAX(1000);
		gitlab_words(body, &words);
		if (strstr(buf_str(&words), "Project")) {
			*ret = (struct err){ 0 };
			err_set(ret, ERR_NOT_FOUND, "%s has no project %s, or this account may not see it", op->g->url, op->project);
			if (op->g->token)
				err_hint(ret, "it may have been removed or made private; a moved project is found under its new path");
			else
				err_hint(ret, "berth login %s", op->g->forge.name);
			ret->http = FORGE_HTTP_GONE;
		} else if (ret->code == ERR_NOT_FOUND) {
			err_prefix(ret, "%s", op->project);
		}
	}
	ret->http = ret->http == FORGE_HTTP_GONE ? FORGE_HTTP_GONE : status ? status : ret->http;
}

void op_fail(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct err said = { 0 };

	op_explain(op, a, err, &said);
	op_end(op, &said);
}

/* ---- the account: /user and the token's own page at once ---------------------------------------------------------------------- */
struct account_op { struct op op; unsigned waiting; struct account found; bool oauth_asked; struct err err; };

static void account_fini_op(struct op *op) { account_fini(&((struct account_op *)op)->found); }

static void account_done(struct account_op *x)
{
	if (--x->waiting)
		return;
	if (!x->found.user && !x->found.scopes && !x->found.token_name && x->err.code) {
		if (x->err.code == ERR_NOT_FOUND) { /* every GitLab host has these pages */
			err_set(&x->err, ERR_NOT_FOUND, "%s is no GitLab host: it has nothing at /api/v4", x->op.g->url);
			err_hint(&x->err, "Check the address; where GitLab is installed below a path, that belongs to it.");
		}
		op_end(&x->op, &x->err);
		return;
	}
	account_fini(&x->op.g->account);
	account_dup(&x->op.g->account, &x->found);
	x->op.g->account_known = true;
	forge_give_account(x->op.call, &x->found);
	op_end(&x->op, NULL);
}

static void account_took(struct account_op *x, const struct net_answer *a, const struct err *err, void (*decode)(const json_t *j, struct account *a))
{
	AUTO_JSON j = err ? NULL : json_read(a->response.body, 1 << 20, NULL);

	if (err && (!x->err.code || err->code == ERR_AUTH))
		op_explain(&x->op, a, err, &x->err);
	else if (!err && !json_is_object(j))
		err_set(&x->err, ERR_DECODE, "%s does not answer as a GitLab host does", x->op.g->url);
	if (json_is_object(j))
		decode(j, &x->found);
	account_done(x);
}

static void user_got(struct op *op, const struct net_answer *a, const struct err *err) { account_took((struct account_op *)op, a, err, gitlab_user); }
static void oauth_got(struct op *op, const struct net_answer *a, const struct err *err) { account_took((struct account_op *)op, a, err, gitlab_token_self); }

static void version_decode(const json_t *j, struct account *a)
{
	AUTO_STR version = gitlab_text(j, "version");
	str_replace(&a->version, version);
}

static void version_got(struct op *op, const struct net_answer *a, const struct err *err) { account_took((struct account_op *)op, a, err, version_decode); }

/* Tokens of OAuth have no page of that kind (400, 404): theirs is another. */
static void token_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct account_op *x = (struct account_op *)op;
	int status = a ? a->response.status : 0;

	if (err && (status == 400 || status == 404))
		op_get(op, "/oauth/token/info", oauth_got);
	else
		account_took(x, a, err, gitlab_token_self);
}

/* Without a token there is no account; that this is a GitLab host shows in a list of what everybody sees. */
static void anonymous_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct account_op *x = (struct account_op *)op;
	AUTO_JSON j = err ? NULL : json_read(a->response.body, GITLAB_MAX_ANSWER, NULL);

	x->found.anonymous = true;
	if (err)
		op_explain(op, a, err, &x->err);
	else if (!json_is_array(j))
		err_set(&x->err, ERR_DECODE, "%s does not answer as a GitLab host does", op->g->url);
	else
		x->found.token_name = xstrdup("none");
	account_done(x);
}

void gitlab_account(struct forge *f, struct forge_call *c)
{
	struct account_op *x = op_new(f, c, sizeof *x, NULL, FORGE_DEED_READ);
	struct gitlab *g = x->op.g;

	x->op.fini = account_fini_op;
	x->found.host = xstrdup(g->url);
	x->waiting = g->token ? 3 : 1;
	if (!g->token) {
		op_get(&x->op, "/api/v4/projects?per_page=1&simple=true", anonymous_got);
		return;
	}
	op_get(&x->op, "/api/v4/version", version_got);
	op_get(&x->op, "/api/v4/user", user_got);
	op_get(&x->op, "/api/v4/personal_access_tokens/self", token_got);
}
