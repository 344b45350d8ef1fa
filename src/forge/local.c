/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "forge/local.h"

/* ---- items ---------------------------------------------------------------------------------------------------------------- */
static void item_fini(struct item *i)
{
	switch (i->kind) {
	case ITEM_PROJECT: project_fini(&i->project); break;
	case ITEM_BRANCH: branch_fini(&i->branch); break;
	case ITEM_COMMIT: commit_fini(&i->commit); break;
	case ITEM_IDS: free(i->ids.ids); break;
	case ITEM_FOUND: free(i->found.branch); break;
	case ITEM_TREE: free(i->tree.path); break;
	case ITEM_NOTE: case ITEM_BYTES: buf_fini(&i->bytes); break;
	case ITEM_PROGRESS: break;
	}
}

static void item_give(struct forge_call *c, const struct item *i)
{
	switch (i->kind) {
	case ITEM_PROJECT: forge_give_project(c, &i->project); break;
	case ITEM_BRANCH: forge_give_branch(c, &i->branch); break;
	case ITEM_COMMIT: forge_give_commit(c, &i->commit); break;
	case ITEM_IDS: forge_give_ids(c, i->ids.first, i->ids.ids, i->ids.n, i->ids.complete); break;
	case ITEM_FOUND: forge_give_found(c, &i->found.id, i->found.branch); break;
	case ITEM_NOTE: forge_give_note(c, buf_str(&i->bytes)); break;
	case ITEM_BYTES: forge_give_bytes(c, buf_sv(&i->bytes)); break;
	case ITEM_TREE: forge_give_tree(c, &(struct forge_tree_item){ i->tree.path, i->tree.blob, i->tree.mode }); break;
	case ITEM_PROGRESS: forge_give_progress(c, i->progress.what, i->progress.now, i->progress.total); break;
	}
}

static void job_deliver(struct local_job *j)
{
	items taken;

	pthread_mutex_lock(&j->lock);
	taken = j->items;
	j->items = (items)VEC_INIT;
	j->rung = false;
	pthread_mutex_unlock(&j->lock);
	for (size_t i = 0; i < taken.len; i++) {
		if (j->call) /* a callback may have cancelled it */
			item_give(j->call, &taken.items[i]);
		item_fini(&taken.items[i]);
	}
	VEC_FINI(&taken);
}

static void job_rung(void *ctx, const void *item, size_t n) { job_deliver(ctx); }

static void job_ring(struct local_job *j, bool was_rung)
{
	if (!was_rung)
		loop_work_post(j->work, job_rung, NULL, 0);
}

void job_put(struct local_job *j, const struct item *i)
{
	pthread_mutex_lock(&j->lock);
	VEC_PUSH(&j->items, *i);
	bool was_rung = j->rung;
	j->rung = true;
	pthread_mutex_unlock(&j->lock);
	job_ring(j, was_rung);
}

void job_put_progress(void *job, const char *what, uint64_t now, uint64_t total)
{
	struct local_job *j = job;

	pthread_mutex_lock(&j->lock);
	struct item *last = j->items.len ? VEC_LAST(&j->items) : NULL;
	if (last && last->kind == ITEM_PROGRESS && !strcmp(last->progress.what, what)) {
		last->progress.now = now;
		last->progress.total = total;
	} else {
		VEC_PUSH(&j->items, ((struct item){ .kind = ITEM_PROGRESS, .progress = { what, now, total } }));
	}
	bool was_rung = j->rung;
	j->rung = true;
	pthread_mutex_unlock(&j->lock);
	job_ring(j, was_rung);
}

/* ---- jobs ----------------------------------------------------------------------------------------------------------------- */
static void job_free(struct local_job *j)
{
	for (size_t i = 0; i < j->items.len; i++)
		item_fini(&j->items.items[i]);
	VEC_FINI(&j->items);
	for (size_t i = 0; i < j->n_folders; i++)
		free(j->folders[i]);
	for (size_t i = 0; i < j->tar.n_extra; i++) {
		free((char *)(uintptr_t)j->tar.extra[i].path);
		free((char *)(uintptr_t)j->tar.extra[i].bytes.p);
	}
	char *const owned[] = { j->dir, j->name, j->path, j->into, j->branch, j->message, j->author_name, j->author_email, j->listed, j->tar.keep };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	free(j->folders);
	free(j->tar.extra);
	free(j->ids);
	pthread_mutex_destroy(&j->lock);
	pthread_cond_destroy(&j->wake);
	free(j);
}

static void job_unlink(struct local_job *j)
{
	if (!j->local)
		return;
	if (j->prev)
		j->prev->next = j->next;
	else
		j->local->jobs = j->next;
	if (j->next)
		j->next->prev = j->prev;
}

static void job_process(struct loop_work *w, void *ctx)
{
	struct local_job *j = ctx;

	j->work = w;
	j->rc = j->run(j, &j->err);
}

static void job_done(void *ctx, bool cancelled)
{
	struct local_job *j = ctx;
	struct forge_call *call;

	job_deliver(j);
	walker_give_back(j->rc ? NULL : j->local, j->walker);
	job_unlink(j);
	call = j->call;
	struct err err = j->err;
	if (cancelled)
		err_set(&err, ERR_CANCELLED, "cancelled");
	else if (!j->rc)
		err = (struct err){ 0 };
	job_free(j);
	if (call)
		forge_call_end(call, &err);
}

struct local_job *job_new(struct local *l, struct forge_call *c, int (*run)(struct local_job *j, struct err *reterr))
{
	struct local_job *j = xcalloc(1, sizeof *j);

	j->local = l;
	j->call = c;
	j->run = run;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->wake, NULL);
	j->next = l->jobs;
	if (l->jobs)
		l->jobs->prev = j;
	l->jobs = j;
	if (c)
		forge_call_set_impl(c, j);
	return j;
}

struct local_job *job_for_project(struct local *l, struct forge_call *c, const struct project *p, int (*run)(struct local_job *j, struct err *reterr))
{
	struct err err = { 0 };

	if (p->dir) {
		struct local_job *j = job_new(l, c, run);
		j->dir = xstrdup(p->dir);
		return j;
	}
	err_set(&err, ERR_NOT_FOUND, "project %s is in no folder of this machine", p->path ? p->path : "without a name");
	forge_call_end_later(c, &err);
	return NULL;
}

void job_submit(struct local_job *j) { loop_work_submit(j->local->forge.loop, job_process, job_done, j); }

static void local_cancel(struct forge_call *c)
{
	struct local_job *j = forge_call_impl(c);

	if (!j)
		return;
	j->call = NULL;
	pthread_mutex_lock(&j->lock);
	atomic_store(&j->stop, true);
	pthread_cond_broadcast(&j->wake);
	pthread_mutex_unlock(&j->lock);
}

/* ---- the forge ------------------------------------------------------------------------------------------------------------ */
static void local_destroy(struct forge *f)
{
	struct local *l = (struct local *)f;

	while (l->jobs) {
		struct local_job *j = l->jobs;
		job_unlink(j);
		j->local = NULL;
		atomic_store(&j->stop, true);
	}
	walkers_fini(l);
	for (size_t i = 0; i < l->n_folders; i++)
		free(l->folders[i]);
	free(l->folders);
	free(l->listed);
	free(l);
}

static const struct forge_ops local_ops = {
	.caps = FORGE_CAN_BUILD_LOCALLY | FORGE_COMMITS,
	.destroy = local_destroy,
	.cancel = local_cancel,
	.projects = local_projects,
	.branches = local_branches,
	.commit_ids = local_commit_ids,
	.commits = local_commits,
	.resolve = local_resolve,
	.file = local_file,
	.tree = local_tree,
	.tar = local_tar,
	.tar_more = local_tar_more,
	.clone = local_clone,
	.git_place = local_git_place,
	.commit_files = local_commit_files,
	.watch = local_watch,
	.unwatch = local_unwatch,
};

struct forge *forge_local_new(struct loop *loop, const struct forge_local_config *config)
{
	struct local *l = xcalloc(1, sizeof *l);

	forge_init(&l->forge, &local_ops, loop, config->name);
	l->depth = config->depth;
	l->current = config->current;
	l->listed = xstrdup(config->listed);
	l->absent_is_fine = config->absent_is_fine;
	l->n_folders = config->n_folders;
	l->folders = xcalloc(config->n_folders ? config->n_folders : 1, sizeof *l->folders);
	for (size_t i = 0; i < config->n_folders; i++)
		l->folders[i] = xstrdup(config->folders[i]);
	return &l->forge;
}
