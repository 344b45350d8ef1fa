/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "forge/local.h"

/* ---- one file -------------------------------------------------------------------------------------------------------------- */
static int file_run(struct local_job *j, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	struct item i = { .kind = ITEM_BYTES, .bytes = BUF_INIT_MAX(j->max ? j->max : 1) };

	int rc = repo_open(j->dir, &r, reterr);
	if (!rc)
		rc = repo_file(r, &j->oid, j->path, j->max, &i.bytes, reterr);
	if (rc)
		buf_fini(&i.bytes);
	else
		job_put(j, &i);
	return rc;
}

void local_file(struct forge *f, struct forge_call *c, const struct forge_file_query *q)
{
	struct local_job *j = job_for_project((struct local *)f, c, q->project, file_run);

	if (!j)
		return;
	j->oid = q->commit;
	j->path = xstrdup(q->path);
	j->max = q->max_bytes;
	job_submit(j);
}

/* ---- all names --------------------------------------------------------------------------------------------------------------- */
static bool tree_entry(void *ctx, const struct tree_entry *e)
{
	struct local_job *j = ctx;

	if (e->mode != 0040000)
		job_put(j, &(struct item){ .kind = ITEM_TREE, .tree = { xstrdup(e->path), e->id, e->mode } });
	return !atomic_load(&j->stop);
}

static int tree_run(struct local_job *j, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;

	int rc = repo_open(j->dir, &r, reterr);
	return rc ? rc : repo_tree_each(r, &j->oid, tree_entry, j, reterr);
}

void local_tree(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *commit)
{
	struct local_job *j = job_for_project((struct local *)f, c, p, tree_run);

	if (!j)
		return;
	j->oid = *commit;
	job_submit(j);
}

/* ---- clones --------------------------------------------------------------------------------------------------------------------- */
static int clone_run(struct local_job *j, struct err *reterr)
{
	const struct clone_spec spec = { .url_or_path = j->dir, .branch = j->branch, .commit = j->oid, .into = j->into,
		.author_name = j->author_name, .author_email = j->author_email };

	return repo_clone(&spec, &j->stop, job_put_progress, j, reterr);
}

void local_clone(struct forge *f, struct forge_call *c, const struct forge_clone_query *q)
{
	struct local_job *j = job_for_project((struct local *)f, c, q->project, clone_run);

	if (!j)
		return;
	j->oid = q->commit;
	j->branch = xstrdup(q->branch);
	j->into = xstrdup(q->into);
	j->author_name = xstrdup(q->author_name);
	j->author_email = xstrdup(q->author_email);
	job_submit(j);
}

bool local_git_place(const struct forge *f, const struct project *p, struct git_place *ret)
{
	(void)f;
	*ret = (struct git_place){ .url = xstrdup(p->dir) };
	return p->dir != NULL;
}
