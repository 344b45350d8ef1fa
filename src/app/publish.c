/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A new project goes to a host. Each step that fails says what stands by then: the folder always does, so nothing that is done here is
 * ever undone, and git can go on with it.
 */
#include "app/publish.h"
#include "berth/git.h"
#include "berth/path.h"

#define BRANCH "main"
enum { LOOK_MS = 1000, LOOKS_MAX = 6, HOST_LOOK_MS = 100, HOST_LOOKS_MAX = 300 /* its token may come from a program that asks somebody */ };

struct publish {
	struct ask *ask;
	char *folder, *host, *namespace_path, *path, *name, *visibility;
	struct project project; bool there;
	struct git_place place;        /* for the worker */
	struct err err;                /* of it */
	struct loop_timer *timer;
	unsigned looks;
	bool builds;                   /* a pipeline was seen */
};

void publish_free(struct publish *p)
{
	if (!p)
		return;
	loop_timer_stop(p->timer);
	project_fini(&p->project);
	git_place_fini(&p->place);
	free(p->folder);
	free(p->host);
	free(p->namespace_path);
	free(p->path);
	free(p->name);
	free(p->visibility);
	free(p);
}

static void publish_close(struct ask *k)
{
	publish_free(k->data);
	ask_free(k);
}

static void publish_end(struct publish *p, const struct err *err)
{
	struct ask *k = p->ask;
	struct err e = { 0 };
	err_copy(&e, err);
	k->close = NULL;
	publish_free(p);
	ask_end(k, err ? &e : NULL);
}

static void say_text(struct publish *p, const char *text)
{
	if (ask_heard(p->ask) && p->ask->got.said)
		p->ask->got.said(p->ask->ctx, text);
}

static bool gone(struct publish *p)
{
	struct err err = { 0 };
	if (p->ask->app && !p->ask->app->closing)
		return false;
	err_set(&err, ERR_CANCELLED, "cancelled");
	publish_end(p, &err);
	return true;
}

/* A step is waited for by time; the app may end meanwhile. */
static void wait_for(struct publish *p, uint64_t ms, void (*fn)(void *publish))
{
	loop_timer_stop(p->timer);
	p->ask->close = publish_close;
	p->timer = loop_timer_start(p->ask->app->loop, ms, 0, fn, p);
}

static void cancel_work(void *work)
{
	loop_work_cancel(work);
}

static struct forge *host_of(const struct publish *p, bool *ret_known)
{
	struct host_facts h;
	*ret_known = false;
	for (size_t i = 0; host_at(p->ask->app, i, &h); i++)
		if (strcmp(h.name, p->host) == 0) {
			*ret_known = true;
			return h.forge;
		}
	return NULL;
}

/* ---- its first build ---- */
static void look_for_build(void *publish);

static void run_end(void *publish, const struct err *err)
{
	struct publish *p = publish;
	if (err && !p->builds && err->code != ERR_CANCELLED) {
		AUTO_STR text = xasprintf("no build runs yet: %s", err->text);
		say_text(p, text);
	}
	publish_end(p, NULL);
}

static void pipeline_seen(void *publish, const struct pipeline *pl)
{
	struct publish *p = publish;
	if (p->builds)
		return;
	AUTO_STR text = xasprintf("its first build runs: pipeline %llu", (unsigned long long)pl->id);
	p->builds = true;
	say_text(p, text);
}

static void pipelines_end(void *publish, const struct err *err)
{
	struct publish *p = publish;
	bool known;
	if (gone(p))
		return;
	if (p->builds) {
		publish_end(p, NULL);
		return;
	}
	if (++p->looks < LOOKS_MAX) {
		wait_for(p, LOOK_MS, look_for_build);
		return;
	}
	(void)err; /* asking for one says the same, and more */
	struct forge *f = host_of(p, &known);
	const struct forge_run_query q = { .project = &p->project, .ref = BRANCH };
	p->ask->call = forge_run_pipeline(f, &q, pipeline_seen, run_end, p);
}

/* A push has the host run a pipeline, a moment later. */
static void look_for_build(void *publish)
{
	struct publish *p = publish;
	bool known;
	p->ask->close = NULL;
	p->ask->cancel = cancel_forge;
	const struct forge_pipelines_query q = { .project = &p->project, .ref = BRANCH, .max = 1 };
	p->ask->call = forge_pipelines(host_of(p, &known), &q, pipeline_seen, pipelines_end, p);
}

/* ---- pushing ---- */
static void push_process(struct loop_work *w, void *publish)
{
	struct publish *p = publish;
	struct repo *r = NULL;
	struct place_update u = { .name = "refs/heads/" BRANCH };
	(void)w;
	int rc = repo_open(p->folder, &r, &p->err);
	if (rc == 0)
		rc = repo_resolve(r, BRANCH, &u.id, &p->err);
	if (rc == 0)
		rc = place_push(&p->place, &(struct place_push){ .from = r, .updates = &u, .n = 1 }, NULL, &p->err);
	repo_free(r);
	if (rc == 0)
		repo_set_origin(p->folder, p->project.clone_url, BRANCH, &p->err);
}

static void push_done(void *publish, bool cancelled)
{
	struct publish *p = publish;
	struct err err = p->err;
	(void)cancelled;
	if (gone(p))
		return;
	if (err.code) {
		err_prefix(&err, "%s is there, but nothing was pushed to it", p->project.path);
		*err.hint = '\0';
		err_hint(&err, "Go on by hand: git -C '%s' push '%s' " BRANCH, p->folder, p->project.clone_url);
		publish_end(p, &err);
		return;
	}
	AUTO_STR text = xasprintf("it is pushed: %s", p->project.web_url ? p->project.web_url : p->project.path);
	say_text(p, text);
	look_for_build(p);
}

/* ---- making it there ---- */
static void project_made(void *publish, const struct project *made)
{
	struct publish *p = publish;
	project_fini(&p->project);
	project_dup(&p->project, made);
	p->there = true;
	if (p->ask->app && !p->ask->app->closing)
		forges_keep(p->ask->app, made, 1);
}

static void project_end(void *publish, const struct err *err)
{
	struct publish *p = publish;
	struct err e = { 0 };
	bool known;
	if (gone(p))
		return;
	err_copy(&e, err);
	struct forge *f = host_of(p, &known);
	if (!err && (!p->there || !f || !forge_git_place(f, &p->project, &p->place)))
		err_set(&e, ERR_FAILED, "%s did not say where the project can be pushed to", p->host);
	if (e.code) {
		err_prefix(&e, "the project is in %s, but not at %s", p->folder, p->host);
		publish_end(p, &e);
		return;
	}
	p->ask->cancel = cancel_work;
	p->ask->call = loop_work_submit(p->ask->app->loop, push_process, push_done, p);
}

static void look_for_host(void *publish)
{
	struct publish *p = publish;
	struct err err = { 0 };
	bool known;
	struct forge *f = host_of(p, &known);
	p->ask->close = NULL;
	if (!f && ++p->looks < HOST_LOOKS_MAX) {
		wait_for(p, HOST_LOOK_MS, look_for_host);
		return;
	}
	if (!f) {
		err_set(&err, ERR_TIMEOUT, "the project is in %s, but the token of %s has not come", p->folder, p->host);
		publish_end(p, &err);
		return;
	}
	p->looks = 0;
	const struct forge_new_query q = { p->namespace_path, p->path, p->name, p->visibility };
	p->ask->cancel = cancel_forge;
	p->ask->call = forge_new_project(f, &q, project_made, project_end, p);
}

void publish_begin(struct publish *p, struct ask *k)
{
	p->ask = k;
	k->data = p;
	look_for_host(p);
}

/* ---- what is asked for ---- */
const char *app_host_at(const struct app *a, size_t i)
{
	struct host_facts h;
	return host_at(a, i, &h) ? h.name : NULL;
}

static char *host_named(const struct app *a, const char *text, struct err *reterr)
{
	AUTO(buf_fini) struct buf names = BUF_INIT;
	struct host_facts h;
	for (size_t i = 0; host_at(a, i, &h); i++) {
		if (strcmp(h.name, text) == 0 || strcmp(h.url, text) == 0 || sv_eq(sv_url_host(h.url), sv_of(text)))
			return xstrdup(h.name);
		buf_addf(&names, "%s%s", i ? ", " : "", h.name);
	}
	err_set(reterr, ERR_NOT_FOUND, "no host %s is configured%s%s; nothing was made", text, names.len ? "; there are: " : "", buf_str(&names));
	err_hint(reterr, "`berth login %s` adds it.", text);
	return NULL;
}

struct publish *publish_new(struct app *a, const struct app_new *q, struct err *reterr)
{
	static const char *const levels[] = { "private", "internal", "public" };
	AUTO(buf_fini) struct buf slug = BUF_INIT;
	bool known = !q->visibility;
	for (size_t i = 0; i < ARRAY_LEN(levels) && !known; i++)
		known = strcmp(levels[i], q->visibility) == 0;
	buf_add_slug(&slug, sv_of(q->name));
	if (!known || !slug.len) {
		err_set(reterr, ERR_USAGE, !known ? "a project is private, internal or public, not %s" : "the name %s has no letter or digit that an address could be made of", !known ? q->visibility : q->name);
		return NULL;
	}
	char *host = host_named(a, q->host, reterr);
	if (!host)
		return NULL;
	struct publish *p = xcalloc(1, sizeof *p);
	*p = (struct publish){ .folder = path_expand_home(q->folder), .host = host, .namespace_path = xstrdup(q->namespace_path), .path = buf_take(&slug), .name = xstrdup(q->name),
		.visibility = xstrdup(q->visibility) };
	return p;
}
