/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person named on a command line: a project by path, name or folder, and a revision in it. */
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_impl.h"
#include "berth/git.h"
#include "berth/path.h"
#include "berth/text.h"

static bool within(const char *dir, const char *folder)
{
	size_t n = strlen(folder);
	return strncmp(dir, folder, n) == 0 && (dir[n] == '/' || dir[n] == '\0');
}

/* The project whose folder is the innermost around `cwd`. */
static const struct project *around(struct store *s, const char *cwd)
{
	const struct project *best = NULL;
	for (size_t i = 0; i < store_n_projects(s); i++) {
		const struct project *p = store_project_at(s, i);
		if (p->dir && within(cwd, p->dir) && (!best || strlen(p->dir) > strlen(best->dir)))
			best = p;
	}
	return best;
}

/* What a folder is that holds no project of ours. False: it is none. */
static bool explain_folder(struct app *a, const char *dir, struct err *reterr)
{
	struct repo *repo = NULL;
	struct stat st;
	if (stat(dir, &st) || !S_ISDIR(st.st_mode))
		return false;
	if (repo_open(dir, &repo, reterr) < 0)
		return true;
	repo_free(repo);
	err_set(reterr, ERR_NOT_FOUND, "the repository %s is in none of the folders that berth looks in", dir);
	err_hint(reterr, "Start berth in it, or add folder = %s to [forge \"local\"] in %s.", dir, config_path(a->config));
	return true;
}

static int find_here(struct app *a, struct project_id *ret, struct err *reterr)
{
	char cwd[PATH_MAX];
	const struct project *found = getcwd(cwd, sizeof cwd) ? around(a->store, cwd) : NULL;
	if (!found && access(".git", F_OK) == 0 && explain_folder(a, cwd, reterr))
		return -(int)reterr->code;
	if (!found) {
		err_set(reterr, ERR_NOT_FOUND, "the current folder is in no git repository that berth knows");
		err_hint(reterr, "Name a project; `berth projects` lists them.");
		return -ERR_NOT_FOUND;
	}
	*ret = found->id;
	return 0;
}

static int several(const char *text, const struct project *a, const struct project *b, struct err *reterr)
{
	if (strcmp(a->forge, b->forge) == 0) {
		err_set(reterr, ERR_CONFLICT, "%s names more than one project: %s and %s", text, a->path, b->path);
		err_hint(reterr, "Use the whole path of one of them.");
	} else {
		err_set(reterr, ERR_CONFLICT, "%s names more than one project: %s/%s and %s/%s", text, a->forge, a->path, b->forge, b->path);
		err_hint(reterr, "Put the forge before the path, as here.");
	}
	return -ERR_CONFLICT;
}

/* How well a text names a project: with its forge, by its whole path, by its name or folder, or not. */
enum naming { NAMES_NOT, NAMES_LOOSELY, NAMES_BY_PATH, NAMES_WHOLLY };
static enum naming naming_of(const struct project *p, const char *text, const char *real)
{
	size_t n = strlen(p->forge);
	if (strncmp(text, p->forge, n) == 0 && text[n] == '/' && strcmp(text + n + 1, p->path) == 0)
		return NAMES_WHOLLY;
	if (strcmp(p->path, text) == 0)
		return NAMES_BY_PATH;
	if (strcmp(p->name, text) == 0)
		return NAMES_LOOSELY;
	return real && p->dir && strcmp(p->dir, real) == 0 ? NAMES_LOOSELY : NAMES_NOT;
}

/* The best naming counts; a folder may lie within a project. */
static int find_named(struct app *a, const char *text, const struct project **ret, struct err *reterr)
{
	char resolved[PATH_MAX];
	const char *real = realpath(text, resolved);
	const struct project *found = NULL, *other = NULL;
	enum naming best = NAMES_NOT;
	for (size_t i = 0; i < store_n_projects(a->store); i++) {
		const struct project *p = store_project_at(a->store, i);
		enum naming n = naming_of(p, text, real);
		if (n == NAMES_NOT || n < best)
			continue;
		other = n == best ? found : NULL;
		found = p;
		best = n;
	}
	*ret = found ? found : real ? around(a->store, real) : NULL;
	return other ? several(text, other, found, reterr) : 0;
}

static void explain_name(struct app *a, const char *text, struct err *reterr)
{
	struct text_nearest near = { .typed = sv_of(text) };
	for (size_t i = 0; i < store_n_projects(a->store); i++) {
		text_nearest_offer(&near, store_project_at(a->store, i)->path);
		text_nearest_offer(&near, store_project_at(a->store, i)->name);
	}
	err_set(reterr, ERR_NOT_FOUND, "there is no project %s", text);
	if (near.best)
		err_hint(reterr, "Did you mean %s? `berth projects` lists all.", near.best);
	err_hint(reterr, "`berth projects` lists them; [forge \"local\"] folder in %s says where berth looks.", config_path(a->config));
}

static int find(struct app *a, const char *text, struct project_id *ret, struct err *reterr)
{
	const struct project *found = NULL;
	if (!text || !*text)
		return find_here(a, ret, reterr);
	int r = find_named(a, text, &found, reterr);
	if (r < 0)
		return r;
	if (!found) {
		char resolved[PATH_MAX];
		const char *dir = *text == '/' || *text == '.' ? realpath(text, resolved) : NULL;
		if (!dir || !explain_folder(a, dir, reterr))
			explain_name(a, text, reterr);
		return -(int)reterr->code;
	}
	*ret = found->id;
	return 0;
}

/* The repository around here, from what was known before anything is asked: what the list says anew can't make it another one. */
static bool find_recalled(struct app *a, struct project_id *ret)
{
	char dir[PATH_MAX];
	if (!getcwd(dir, sizeof dir))
		return false;
	const struct project *p = around(a->store, dir);
	/* One that has come since then may lie in between. */
	for (char *slash = dir + strlen(dir); p && strlen(p->dir) < (size_t)(slash - dir); slash = strrchr(dir, '/')) {
		*slash = '\0';
		AUTO_STR git = path_join(dir, ".git");
		if (access(git, F_OK) == 0)
			return false;
	}
	if (p)
		*ret = p->id;
	return p != NULL;
}

static void find_known(void *ask);
static void wait_for_lists(struct ask *k);
static void find_in_lists(struct ask *k, const struct err *err);

static void stop_waiting(struct ask *k)
{
	store_unsubscribe(k->app->store, (int)(intptr_t)k->data);
	loop_defer_cancel(k->app->loop, find_known, k);
}

static void find_close(struct ask *k)
{
	stop_waiting(k);
	ask_free(k);
}

/* The repository of this machine is it, then. */
static void no_host_has_it(struct ask *k, const struct err *err)
{
	struct err said = *err;
	if (k->project.v && ask_heard(k))
		k->got.project(k->ctx, k->project);
	ask_end(k, k->project.v ? NULL : &said);
}

static void projects_moved(void *ask, const struct notice *n)
{
	struct ask *k = ask;
	const struct fresh *f = store_projects_fresh(k->app->store);
	struct project_id id = { 0 };
	struct err err = { 0 };
	if (n->kind != NOTICE_PROJECTS)
		return;
	bool waits = f->state == FRESH_LOADING || f->state == FRESH_STALE || f->state == FRESH_ABSENT, here = !k->text || !*k->text;
	/* In a clone of a host's project it is the host's that is meant. */
	struct project_id clone = { 0 };
	enum clone_of of = here && !k->hosts_asked ? find_clone(k->app, &clone) : CLONE_OF_NO_HOST;
	bool sought = k->app->stays && !clone.v;
	if (sought && of == CLONE_AWAITED)
		return; /* a question for it alone would be one too many */
	bool recalled = here && !clone.v && (waits || f->state == FRESH_FAILED) && find_recalled(k->app, &id);
	if (sought && of == CLONE_OF_HOST && waits && !recalled) { /* others' lists may take long */
		err_set(&err, ERR_NOT_FOUND, "no host has it");
		stop_waiting(k);
		if (!find_on_hosts(k, find_in_lists, &err))
			wait_for_lists(k);
		return;
	}
	if (waits && !recalled && !clone.v)
		return;
	id = clone.v ? clone : id;
	int r = id.v ? 0 : f->state == FRESH_FAILED ? err_copy(&err, &f->err) : find(k->app, k->text, &id, &err);
	stop_waiting(k);
	if (!clone.v && !k->hosts_asked && (r == -ERR_NOT_FOUND || here) && ask_heard(k)) {
		k->project = id;
		k->err = err;
		if (find_on_hosts(k, no_host_has_it, &err))
			return;
	}
	if (r == 0 && ask_heard(k))
		k->got.project(k->ctx, id);
	else if (k->err.code && here) /* what a host said of it says more than that no list has it */
		err = k->err;
	ask_end(k, r < 0 ? &err : NULL);
}

static void find_known(void *ask)
{
	struct notice n = { NOTICE_PROJECTS, { 0 } };
	projects_moved(ask, &n);
}

static void wait_for_lists(struct ask *k)
{
	k->data = (void *)(intptr_t)store_subscribe(k->app->store, projects_moved, k);
	k->close = find_close;
	loop_defer(k->app->loop, find_known, k);
	if (store_projects_fresh(k->app->store)->state != FRESH_FRESH)
		ask_projects(k->app); /* it may have failed before */
}

static void find_in_lists(struct ask *k, const struct err *err)
{
	if (err->code != ERR_NOT_FOUND)
		k->err = *err;
	wait_for_lists(k);
}

unsigned app_find_project(struct app *a, const char *text, void (*got)(void *ctx, struct project_id p), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	k->text = xstrdup(text);
	k->got.project = got;
	app_want_projects(a);
	/* Where nothing is known of it, its host is asked beside the lists: those of a big host take long, and may not have it. A dashboard wants its
	 * host's first page anyway, and goes on with that. */
	struct project_id clone = { 0 };
	bool named = text && *text;
	enum clone_of of = named ? CLONE_OF_NO_HOST : find_clone(a, &clone);
	bool known = named || clone.v || (a->stays && of == CLONE_AWAITED);
	struct err none = { 0 };
	err_set(&none, ERR_NOT_FOUND, "no host has it");
	if (known || store_projects_fresh(a->store)->state == FRESH_FRESH || !find_on_hosts(k, find_in_lists, &none))
		wait_for_lists(k);
	return k->number;
}

unsigned find_project_anew(struct app *a, const char *text, void (*got)(void *ctx, struct project_id p), app_end_fn end, void *ctx)
{
	if (store_projects_fresh(a->store)->state == FRESH_FRESH)
		ask_projects(a);
	return app_find_project(a, text, got, end, ctx);
}

static void resolved(void *ask, const struct oid *id, const char *branch)
{
	struct ask *k = ask;
	if (ask_heard(k))
		k->got.commit(k->ctx, id, branch);
}

unsigned app_resolve(struct app *a, struct project_id p, const char *rev, void (*got)(void *ctx, const struct oid *id, const char *branch),
                     app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct err err = { 0 };
	const struct project *project = store_project(a->store, p);
	k->got.commit = got;
	if (!project) {
		err_set(&err, ERR_NOT_FOUND, "the project is gone");
		return ask_fail(k, &err);
	}
	if (!rev || !*rev)
		rev = project->default_branch;
	if (!rev) {
		err_set(&err, ERR_NOT_FOUND, "%s has no commits yet", project->path);
		err_hint(&err, "Commit something there first.");
		return ask_fail(k, &err);
	}
	k->cancel = cancel_forge;
	k->call = forge_resolve(forge_of(a, project), project, rev, resolved, ask_end, k);
	return k->number;
}
