/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New projects: templates are looked up, and a repository is made of one, both on a worker. */
#include <sys/stat.h>
#include <unistd.h>

#include "app/publish.h"
#include "berth/git.h"
#include "berth/path.h"
#include "berth/template.h"
#include "berth/token.h"

enum { MANIFEST_MAX = 256 << 10 };

static void cancel_work(void *work)
{
	loop_work_cancel(work);
}

/* ---- which templates there are ---- */
struct look { struct ask *ask; char *where; struct git_place place; bool asked_for_login; struct templates found; struct err err; struct token_call *token; };

static int read_all(struct look *l, const char *folder, struct err *reterr)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO_STR manifest = path_join(folder, "manifest.yaml");
	int r = file_read(manifest, MANIFEST_MAX, &b, NULL);
	if (r == -ERR_NOT_FOUND) { /* the folder itself is one */
		const char *name = strrchr(folder, '/');
		l->found.items[0] = (struct template){ .name = xstrdup(name ? name + 1 : folder), .title = xstrdup("the folder as it is") };
		l->found.n = 1;
		return template_read(folder, &l->found.items[0], reterr);
	}
	r = r < 0 ? file_read(manifest, MANIFEST_MAX, &b, reterr) : templates_parse(buf_sv(&b), &l->found, reterr);
	for (size_t i = 0; r == 0 && i < l->found.n; i++) {
		AUTO_STR at = path_join(folder, l->found.items[i].name);
		r = template_read(at, &l->found.items[i], reterr);
	}
	return r;
}

static void look_process(struct loop_work *w, void *look)
{
	struct look *l = look;
	struct stat st;
	AUTO_STR folder = path_expand_home(l->where);
	(void)w;
	if (stat(folder, &st) == 0) {
		read_all(l, folder, &l->err);
		return;
	}
	AUTO_STR name = xasprintf("templates-%d", (int)getpid());
	AUTO_STR copy = path_of(PATH_CACHE, name);
	AUTO_STR parent = path_of(PATH_CACHE, NULL);
	path_remove_tree(copy, NULL);
	if (path_make_dirs(parent, &l->err) == 0 && repo_copy_tip(&l->place, copy, &l->err) == 0)
		read_all(l, copy, &l->err);
	path_remove_tree(copy, NULL);
}

static void look_done(void *look, bool cancelled);

static void look_submit(struct look *l)
{
	l->err = (struct err){ 0 };
	l->ask->cancel = cancel_work;
	l->ask->call = loop_work_submit(l->ask->app->loop, look_process, look_done, l);
}

/* ---- the login of a repository that is not for everybody ---- */
static void cancel_token(void *look)
{
	struct look *l = look;
	token_cancel(l->token);
	look_done(l, true);
}

static void login_found(void *look, const struct token_found *t, const struct err *err)
{
	struct look *l = look;
	l->token = NULL;
	if (err || !l->ask->app) {
		look_done(l, false); /* with the refusal of before */
		return;
	}
	str_replace(&l->place.user, t->user);
	l->place.password = secret_dup(t->token);
	look_submit(l);
}

/* Of a configured host it is known already; of others git's own helpers, or glab, may have it. */
static bool look_for_login(struct look *l)
{
	static const struct token_events events = { NULL, login_found };
	const char *scheme = strstr(l->where, "://");
	if (l->asked_for_login || l->place.password || l->err.code != ERR_AUTH || !scheme || !l->ask->app)
		return false;
	l->asked_for_login = true;
	struct host_facts h;
	struct token_query q = { 0 };
	AUTO_STR url = xstrndup(l->where, (size_t)(scheme - l->where) + 3 + strcspn(scheme + 3, "/"));
	l->ask->cancel = cancel_token;
	l->ask->call = l;
	if (!host_of_url(l->ask->app, l->where, &h, &q))
		q.url = url;
	l->token = token_find(l->ask->app->loop, &q, &events, l);
	return true;
}

/* What is known of it at once; a program may still be asked for the token. */
static void login_of_host(struct app *a, const char *where, struct git_place *ret)
{
	struct host_facts h;
	struct forge_login as;
	struct token_query ignored;
	if (!host_of_url(a, where, &h, &ignored))
		return;
	ret->ca_file = xstrdup(h.ca_file);
	if (h.forge && forge_login(h.forge, &as)) {
		ret->user = xstrdup(as.user);
		ret->password = secret_dup(as.token);
	}
}

static void look_done(void *look, bool cancelled)
{
	struct look *l = look;
	if (!cancelled && look_for_login(l))
		return;
	struct ask *k = l->ask;
	bool good = !cancelled && !l->err.code;
	struct err err = l->err;
	if (good && ask_heard(k))
		k->got.templates(k->ctx, &l->found);
	templates_fini(&l->found);
	git_place_fini(&l->place);
	free(l->where);
	free(l);
	if (cancelled)
		err_set(&err, ERR_CANCELLED, "cancelled");
	ask_end(k, good ? NULL : &err);
}

unsigned app_templates(struct app *a, const char *where, void (*got)(void *ctx, struct templates *t), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct look *l = xcalloc(1, sizeof *l);
	l->ask = k;
	l->where = xstrdup(where);
	l->place.url = xstrdup(where);
	login_of_host(a, where, &l->place);
	k->got.templates = got;
	look_submit(l);
	return k->number;
}

/* ---- making one ---- */
struct making { struct ask *ask; char *folder, *origin; struct template filled; char *title; struct publish *publish; /* NULL: it stays here */ struct err err; };

static void making_free(struct making *m)
{
	template_fini(&m->filled);
	publish_free(m->publish);
	free(m->folder);
	free(m->origin);
	free(m->title);
	free(m);
}

static int fill(struct making *m, const struct app_new *q, struct err *reterr)
{
	const struct template *t = q->template;
	struct template_value all[TEMPLATE_VARIABLES_MAX * 2 + 4];
	size_t n = 0;
	int r = 0;
	for (size_t i = 0; i < q->n_values && n < TEMPLATE_VARIABLES_MAX; i++)
		all[n++] = q->values[i];
	for (size_t i = 0; i < t->n_variables; i++)
		if (t->variables[i].fallback)
			all[n++] = (struct template_value){ t->variables[i].name, t->variables[i].fallback };
	/* RenkuLab's own names for the project's. */
	all[n++] = (struct template_value){ "name", q->name };
	all[n++] = (struct template_value){ "__name__", q->name };
	all[n++] = (struct template_value){ "__sanitized_project_name__", q->name };
	all[n++] = (struct template_value){ "__project_slug__", q->name };
	m->filled.files = xcalloc(t->n_files, sizeof *m->filled.files);
	for (size_t i = 0; r == 0 && i < t->n_files; i++) {
		struct template_file *f = &m->filled.files[m->filled.n_files++];
		f->path = xstrdup(t->files[i].path);
		f->executable = t->files[i].executable;
		if (memchr(buf_str(&t->files[i].bytes), '\0', t->files[i].bytes.len))
			buf_add_sv(&f->bytes, buf_sv(&t->files[i].bytes)); /* no text */
		else
			r = template_fill(buf_sv(&t->files[i].bytes), all, n, &f->bytes, reterr);
		if (r < 0)
			err_prefix(reterr, "%s", f->path);
	}
	return r;
}

static void making_process(struct loop_work *w, void *making)
{
	struct making *m = making;
	const struct template *t = &m->filled;
	struct repo_file *files = xcalloc(t->n_files, sizeof *files);
	AUTO_STR message = xasprintf("Begin from the template %s", m->title);
	(void)w;
	for (size_t i = 0; i < t->n_files; i++)
		files[i] = (struct repo_file){ t->files[i].path, buf_sv(&t->files[i].bytes), t->files[i].executable };
	const struct repo_make_spec spec = { .branch = "main", .message = message, .fallback_author = local_user(), .origin = m->origin, .files = files, .n_files = t->n_files };
	repo_make(m->folder, &spec, &m->err);
	free(files);
}

static void making_done(void *making, bool cancelled)
{
	struct making *m = making;
	struct ask *k = m->ask;
	struct err err = m->err;
	(void)cancelled; /* it is made, or not: there is no half */
	struct publish *publish = m->publish;
	bool goes_on = publish && !err.code && k->app;
	if (!err.code && k->app)
		app_refresh(k->app);
	if (goes_on)
		m->publish = NULL;
	making_free(m);
	if (goes_on)
		publish_begin(publish, k);
	else
		ask_end(k, err.code ? &err : NULL);
}

unsigned app_new_project(struct app *a, const struct app_new *q, void (*said)(void *ctx, const char *text), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct making *m = xcalloc(1, sizeof *m);
	struct err err = { 0 };
	m->ask = k;
	m->folder = path_expand_home(q->folder);
	m->origin = xstrdup(q->origin);
	m->title = xstrdup(q->template->name);
	k->got.said = said;
	if (refuse_read_only(a, &err) < 0 || (q->host && !(m->publish = publish_new(a, q, &err))) || fill(m, q, &err) < 0) {
		making_free(m);
		return ask_fail(k, &err);
	}
	k->cancel = cancel_work;
	k->call = loop_work_submit(a->loop, making_process, making_done, m);
	return k->number;
}
