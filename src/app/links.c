/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a link to a session means here: which project of which forge, the branch and commit as they are now, and why somebody should look twice. */
#include <strings.h>

#include "app/app_impl.h"

struct link_ask {
	struct ask *ask;               /* the caller's */
	struct link link;
	char *where;                   /* "forge/path", as app_find_project() takes it */
	bool foreign;
	struct project_id project;
	char *branch;                  /* as it was found */
	struct oid commit;
	struct session_options options;
	struct buf warnings, doubts;
};

static void link_ask_free(struct link_ask *l)
{
	link_fini(&l->link);
	options_fini(&l->options);
	buf_fini(&l->warnings);
	buf_fini(&l->doubts);
	free(l->branch);
	free(l->where);
	free(l);
}

static void link_close(struct ask *k)
{
	link_ask_free(k->data);
	ask_free(k);
}

static void finish(struct link_ask *l, const struct err *err)
{
	struct ask *k = l->ask;
	link_ask_free(l);
	ask_end(k, err);
}

/* ---- which forge ---- */
static bool is_host_of(const char *url, const char *host)
{
	struct sv own = sv_url_host(url);
	if (strlen(host) == own.len && strncasecmp(own.p, host, own.len) == 0)
		return true;
	/* RenkuLab's pages are at renku.example, its GitLab may be at gitlab.renku.example. */
	return own.len == strlen(host) + 7 && strncasecmp(own.p, "gitlab.", 7) == 0 && strncasecmp(own.p + 7, host, own.len - 7) == 0;
}

static const char *forge_of_host(const struct app *a, const struct link *l)
{
	struct host_facts h;
	for (size_t i = 0; l->berth && i < a->forges.n; i++)
		if (strcasecmp(a->forges.items[i].name, l->host) == 0)
			return a->forges.items[i].name;
	for (size_t i = 0; host_at(a, i, &h); i++)
		if (is_host_of(h.url, l->host))
			return h.name;
	return NULL;
}

static int find_forge(struct link_ask *l, struct err *reterr)
{
	const struct app *a = l->ask->app;
	const char *forge = forge_of_host(a, &l->link);
	struct host_facts first;
	l->foreign = !forge;
	if (!forge && host_at(a, 0, &first))
		forge = first.name;
	if (!forge) {
		err_set(reterr, ERR_NOT_FOUND, "the link is of %s, and that host is not configured here", l->link.host);
		err_hint(reterr, "`berth login %s` adds it, where it is a GitLab host.", l->link.host);
		return -ERR_NOT_FOUND;
	}
	l->where = xasprintf("%s/%s", forge, l->link.project);
	return 0;
}

/* ---- the end: what it comes to ---- */
static void add_doubts(struct link_ask *l)
{
	const struct session_options *o = &l->link.options;
	struct sv rest = sv_of(options_text(o, OPT_ENV)), name, value;
	unsigned n = 0;
	if (l->foreign)
		buf_addf(&l->doubts, "It is a link of %s, a host that is not configured here; the project of that path is %s.\n", l->link.host, l->where);
	if (link_sets(&l->link, OPT_IMAGE))
		buf_addf(&l->doubts, "It starts from an image of its own, %s, instead of the commit's.\n", options_text(o, OPT_IMAGE));
	while (options_env_next(&rest, &name, &value))
		n++;
	if (n)
		buf_addf(&l->doubts, "It sets %u environment variable%s.\n", n, n == 1 ? "" : "s");
	if (!l->link.autostart)
		buf_add_str(&l->doubts, "It does not ask for a start by itself (autostart=1 is missing).\n");
}

/* What a link wishes is a wish, as a project's: it shrinks to what the engine has, and is not this person's last choice. */
static bool lay_over(struct link_ask *l)
{
	bool any = false;
	for (int i = 0; i < OPT_COUNT_; i++) {
		if (!link_sets(&l->link, (enum option_id)i))
			continue;
		options_take(&l->options, &l->link.options, (enum option_id)i);
		l->options.values[i].source = FROM_PROJECT;
		any = true;
	}
	return any;
}

static void options_ended(void *link_ask, const struct err *err)
{
	struct link_ask *l = link_ask;
	if (!err && ask_heard(l->ask)) {
		bool any = lay_over(l);
		add_doubts(l);
		const struct app_link k = { .project = l->project, .branch = l->branch, .commit = l->commit, .newest = !l->link.commit, .options = any ? &l->options : NULL,
		                            .warnings = buf_str(&l->warnings), .doubts = buf_str(&l->doubts) };
		l->ask->got.link(l->ask->ctx, &k);
	}
	finish(l, err);
}

static void options_got(void *link_ask, const struct session_options *o, const char *warnings)
{
	struct link_ask *l = link_ask;
	options_fini(&l->options);
	options_dup(&l->options, o);
	buf_add_str(&l->warnings, warnings);
}

/* ---- branch and commit ---- */
static void ask_options(struct link_ask *l)
{
	app_start_options(l->ask->app, l->project, &l->commit, options_got, options_ended, l);
}

static void gone(struct link_ask *l, const char *what, const char *name, struct err *err)
{
	if (err->code != ERR_NOT_FOUND && err->code != ERR_CONFLICT) {
		finish(l, err);
		return;
	}
	*err = (struct err){ 0 };
	err_set(err, ERR_NOT_FOUND, "%s has no %s %s (any more); the link asks for it", l->where, what, name);
	err_hint(err, "`berth %s` lists those that are there.", strcmp(what, "branch") == 0 ? "branches" : "commits");
	finish(l, err);
}

static void commit_got(void *link_ask, const struct oid *id, const char *branch)
{
	(void)branch;
	((struct link_ask *)link_ask)->commit = *id;
}

static void commit_ended(void *link_ask, const struct err *err)
{
	struct link_ask *l = link_ask;
	struct err copy = { 0 };
	if (!err) {
		ask_options(l);
		return;
	}
	err_copy(&copy, err);
	gone(l, "commit", l->link.commit, &copy);
}

static void branch_got(void *link_ask, const struct oid *id, const char *branch)
{
	struct link_ask *l = link_ask;
	l->commit = *id;
	str_replace(&l->branch, branch);
}

static void branch_ended(void *link_ask, const struct err *err)
{
	struct link_ask *l = link_ask;
	struct err copy = { 0 };
	err_copy(&copy, err);
	if (!err && l->link.branch && !l->branch) /* a tag, or another revision */
		err_set(&copy, ERR_NOT_FOUND, "no branch");
	if (copy.code && l->link.branch)
		gone(l, "branch", l->link.branch, &copy);
	else if (copy.code)
		finish(l, &copy);
	else if (l->link.commit)
		app_resolve(l->ask->app, l->project, l->link.commit, commit_got, commit_ended, l);
	else
		ask_options(l);
}

static void project_got(void *link_ask, struct project_id p)
{
	((struct link_ask *)link_ask)->project = p;
}

static void project_ended(void *link_ask, const struct err *err)
{
	struct link_ask *l = link_ask;
	struct err copy = { 0 };
	if (!err && !l->link.branch && l->link.commit) {
		app_resolve(l->ask->app, l->project, l->link.commit, commit_got, commit_ended, l);
		return;
	}
	if (!err) {
		app_resolve(l->ask->app, l->project, l->link.branch, branch_got, branch_ended, l);
		return;
	}
	err_copy(&copy, err);
	if (l->foreign)
		err_prefix(&copy, "the link is of %s, a host that is not configured here", l->link.host);
	finish(l, &copy);
}

static void begin(void *ask)
{
	struct ask *k = ask;
	struct link_ask *l = k->data;
	struct err err = { 0 };
	k->close = link_close;
	if (find_forge(l, &err) < 0)
		finish(l, &err);
	else
		app_find_project(k->app, l->where, project_got, project_ended, l);
}

static void begin_close(struct ask *k)
{
	loop_defer_cancel(k->app->loop, begin, k);
	link_close(k);
}

unsigned app_link(struct app *a, const struct link *link, void (*got)(void *ctx, const struct app_link *k), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct link_ask *l = xcalloc(1, sizeof *l);
	AUTO(buf_fini) struct buf text = BUF_INIT;
	l->ask = k;
	k->data = l;
	k->got.link = got;
	options_init(&l->options);
	link_make(&text, link); /* a copy that is as it would be read */
	if (link_parse(buf_sv(&text), &l->link, NULL) < 0)
		BUG("a link that was read can't be read again");
	k->close = begin_close;
	loop_defer(a->loop, begin, k);
	return k->number;
}

/* ---- making one ---- */
int app_link_of(const struct app *a, struct project_id id, struct link *ret, struct err *reterr)
{
	const struct project *p = store_project(a->store, id);
	struct host_facts h;
	if (!p)
		return err_set(reterr, ERR_NOT_FOUND, "the project is gone");
	link_init(ret);
	ret->project = xstrdup(p->path);
	ret->autostart = true;
	for (size_t i = 0; host_at(a, i, &h); i++) {
		if (strcmp(h.name, p->forge) != 0)
			continue;
		ret->host = sv_dup(sv_url_host(h.url));
		return 0;
	}
	ret->host = xstrdup(p->forge);
	ret->berth = true;
	return 0;
}
