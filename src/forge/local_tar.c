/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A commit's tree as a tar, written on a worker. Each finished piece waits until the reader has asked for one (credits), so a big
 * tree never lies in memory. */
#include "forge/local.h"
#include "forge/tar_out.h"

enum { MAX_IGNORE_FILE = 1 << 20, MAX_LINK = 4096, MODE_LINK = 0120000, MODE_MODULE = 0160000, MODE_DIR = 0040000 };

struct tar {
	struct local_job *job;
	struct repo *repo;
	struct tar_out out;
};

/* ---- pieces out --------------------------------------------------------------------------------------------------------------- */
/* Waits for the reader. False when nobody reads any more. */
static bool credit_take(struct local_job *j)
{
	pthread_mutex_lock(&j->lock);
	while (!j->credits && !atomic_load(&j->stop))
		pthread_cond_wait(&j->wake, &j->lock);
	bool ok = !atomic_load(&j->stop);
	j->credits -= ok;
	pthread_mutex_unlock(&j->lock);
	return ok;
}

void local_tar_more(struct forge_call *c)
{
	struct local_job *j = forge_call_impl(c);

	if (!j)
		return;
	pthread_mutex_lock(&j->lock);
	j->credits++;
	pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&j->lock);
}

static bool piece_flush(void *ctx, struct buf *piece)
{
	struct local_job *j = ctx;
	struct item i = { .kind = ITEM_BYTES, .bytes = *piece };

	if (!credit_take(j))
		return false;
	*piece = BUF_INIT;
	job_put(j, &i);
	return true;
}

static bool wants_stop(void *ctx) { return atomic_load(&((struct local_job *)ctx)->stop); }

/* ---- entries --------------------------------------------------------------------------------------------------------------------- */
static bool blob_piece(void *ctx, struct sv bytes) { return tar_out_data(&((struct tar *)ctx)->out, bytes); }

static bool link_piece(void *ctx, struct sv bytes)
{
	buf_add_sv(ctx, bytes);
	return true;
}

static bool link_out(struct tar *t, const struct tree_entry *e)
{
	AUTO(buf_fini) struct buf target = BUF_INIT_MAX(MAX_LINK);

	t->out.rc = repo_blob(t->repo, &e->id, NULL, link_piece, &target, &t->out.err);
	if (!t->out.rc)
		t->out.rc = buf_check(&target, e->path, &t->out.err);
	return !t->out.rc && tar_out_header(&t->out, &(struct tar_entry){ .path = e->path, .link = buf_str(&target) });
}

static bool file_out(struct tar *t, const struct tree_entry *e)
{
	uint64_t size = 0;
	struct err err = { 0 };

	t->out.rc = repo_blob(t->repo, &e->id, &size, NULL, NULL, &t->out.err);
	if (t->out.rc || !tar_out_header(&t->out, &(struct tar_entry){ .path = e->path, .exec = e->mode & 0100, .size = size }))
		return false;
	int rc = repo_blob(t->repo, &e->id, NULL, blob_piece, t, &err);
	if (rc && !t->out.rc)
		t->out.rc = err_copy(&t->out.err, &err);
	if (t->out.rc)
		err_prefix(&t->out.err, "%s", e->path);
	return !t->out.rc;
}

static bool entry_out(void *ctx, const struct tree_entry *e)
{
	struct tar *t = ctx;

	if (atomic_load(&t->job->stop))
		return tar_out_failed(&t->out, e->path);
	if (!tar_out_wants(&t->out, e->path))
		return true;
	if (e->mode == MODE_LINK)
		return link_out(t, e);
	/* What a submodule holds is in another repository; git archive leaves an empty folder too. */
	if (e->mode == MODE_DIR || e->mode == MODE_MODULE)
		return tar_out_header(&t->out, &(struct tar_entry){ .path = e->path, .folder = true });
	return file_out(t, e);
}

/* ---- the job ---------------------------------------------------------------------------------------------------------------------- */
static int ignore_read(struct tar *t, struct err *reterr)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;

	int rc = repo_file(t->repo, &t->job->oid, ".dockerignore", MAX_IGNORE_FILE, &text, reterr);
	if (rc == -ERR_NOT_FOUND)
		return 0;
	if (!rc)
		rc = dockerignore_new(buf_sv(&text), &t->out.ignore, reterr);
	return rc;
}

static int tar_begin(struct tar *t, struct err *reterr)
{
	AUTO(commit_fini) struct commit c = { 0 };
	struct local_job *j = t->job;

	int rc = repo_open(j->dir, &t->repo, reterr);
	if (!rc)
		rc = repo_commit(t->repo, &j->oid, &c, reterr);
	if (!rc && j->tar.dockerignore)
		rc = ignore_read(t, reterr);
	if (rc)
		return rc;
	t->out.time_s = c.committed_at_s;
	return tar_out_begin(&t->out, reterr);
}

static int tar_run(struct local_job *j, struct err *reterr)
{
	struct tar t = { .job = j, .out = { .extra = j->tar.extra, .n_extra = j->tar.n_extra, .keep = j->tar.keep, .flush = piece_flush,
		.stopped = wants_stop, .ctx = j } };

	int rc = tar_begin(&t, reterr);
	if (!rc)
		rc = repo_tree_each(t.repo, &j->oid, entry_out, &t, reterr);
	if (!rc)
		rc = tar_out_finish(&t.out, reterr);
	tar_out_fini(&t.out);
	repo_free(t.repo);
	return rc;
}

void local_tar(struct forge *f, struct forge_call *c, const struct forge_tar_query *q)
{
	struct local_job *j = job_for_project((struct local *)f, c, q->project, tar_run);

	if (!j)
		return;
	j->oid = q->commit;
	j->tar.dockerignore = q->dockerignore;
	j->tar.keep = xstrdup(q->keep);
	j->tar.n_extra = q->n_extra;
	j->tar.extra = xcalloc(q->n_extra ? q->n_extra : 1, sizeof *j->tar.extra);
	for (size_t i = 0; i < q->n_extra; i++) {
		j->tar.extra[i].path = xstrdup(q->extra[i].path);
		j->tar.extra[i].bytes = (struct sv){ sv_dup(q->extra[i].bytes), q->extra[i].bytes.len };
	}
	job_submit(j);
}
