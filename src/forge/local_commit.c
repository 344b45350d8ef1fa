/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commits into a repository of this machine. */
#include "forge/local.h"

static int commit_run(struct local_job *j, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	struct repo_file *files = xcalloc(j->tar.n_extra, sizeof *files);
	struct item i = { .kind = ITEM_COMMIT };
	struct oid made;

	for (size_t k = 0; k < j->tar.n_extra; k++)
		files[k] = (struct repo_file){ .path = j->tar.extra[k].path, .bytes = j->tar.extra[k].bytes };
	const struct repo_commit_spec spec = { .branch = j->branch, .message = j->message, .parent = j->oid, .new_branch = j->new_branch, .fallback_author = j->author_name,
		.files = files, .n_files = j->tar.n_extra };
	int rc = repo_open(j->dir, &r, reterr);
	if (!rc)
		rc = repo_commit_on(r, &spec, &made, reterr);
	if (!rc)
		rc = repo_commit(r, &made, &i.commit, reterr);
	if (!rc)
		job_put(j, &i);
	free(files);
	return rc;
}

void local_commit_files(struct forge *f, struct forge_call *c, const struct forge_commit_query *q)
{
	struct err err = { 0 };

	for (size_t i = 0; i < q->n_actions; i++)
		if (q->actions[i].change == FORGE_FILE_DELETE)
			err_set(&err, ERR_UNSUPPORTED, "%s: files are not deleted through berth", q->actions[i].path);
	if (!q->n_actions || !q->parent)
		err_set(&err, ERR_USAGE, "a commit changes at least one file, on top of a commit");
	if (err.code) {
		forge_call_end_later(c, &err);
		return;
	}
	struct local_job *j = job_for_project((struct local *)f, c, q->project, commit_run);
	if (!j)
		return;
	j->oid = *q->parent;
	j->new_branch = q->start != NULL;
	j->branch = xstrdup(q->branch);
	j->message = xstrdup(q->message);
	j->author_name = xstrdup(q->author ? q->author : "berth");
	j->tar.extra = xcalloc(q->n_actions, sizeof *j->tar.extra);
	for (size_t i = 0; i < q->n_actions; i++)
		j->tar.extra[j->tar.n_extra++] = (struct forge_extra_file){ xstrdup(q->actions[i].path), { sv_dup(q->actions[i].bytes), q->actions[i].bytes.len } };
	job_submit(j);
}
