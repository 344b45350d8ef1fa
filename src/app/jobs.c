/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be done about a commit's build where the host builds: one table, each deed refused with its reason where it can't be. */
#include "app/deeds.h"
#include "berth/path.h"

#define TOUCHED_PATH ".renku/rebuild"

static const struct branch *branch_at(struct app *a, const struct app_deed_query *q)
{
	const struct branch *named = q->branch ? store_branch(a->store, q->project, q->branch) : NULL;
	if (q->branch)
		return named && oid_eq(&named->tip, &q->commit) ? named : NULL;
	for (size_t i = 0; i < store_n_branches(a->store, q->project); i++) {
		const struct branch *b = store_branch_at(a->store, q->project, i);
		if (oid_eq(&b->tip, &q->commit) && !b->is_remote)
			return b;
	}
	return NULL;
}

static int job_in(const struct subject *s, bool fits, const char *wanted, struct err *reterr)
{
	if (!s->image)
		return err_set(reterr, ERR_NOT_FOUND, "the state of its image is not known yet");
	if (!s->job) {
		err_set(reterr, ERR_NOT_FOUND, "no job builds the image of this commit");
		err_hint(reterr, "A pipeline for its branch makes one.");
		return -ERR_NOT_FOUND;
	}
	return fits ? 0 : err_set(reterr, ERR_CONFLICT, "the state of the job is %s: %s", s->job->state_word ? s->job->state_word : job_state_name(s->job->state), wanted);
}

static int may_retry(const struct subject *s, struct err *reterr)
{
	return job_in(s, s->job && (s->job->retryable || (s->job->state != JOB_SKIPPED && job_state_finished(s->job->state))), "only one that has ended can be run again", reterr);
}

static int may_play(const struct subject *s, struct err *reterr)
{
	return job_in(s, s->job && (s->job->playable || s->job->state == JOB_MANUAL || s->job->state == JOB_SCHEDULED), "only one that waits to be started by hand can be played", reterr);
}

static int may_cancel(const struct subject *s, struct err *reterr)
{
	return job_in(s, s->job && (s->job->cancelable || job_state_cancelable(s->job->state)), "there is nothing to cancel", reterr);
}

static int may_run(const struct subject *s, struct err *reterr)
{
	if (s->tip)
		return 0;
	if (s->more_branches) {
		err_set(reterr, ERR_CONFLICT, "pipelines run for the newest commit of a branch, and this one is no newest commit of the branches that were read so far");
		err_hint(reterr, "Select its branch; or b builds it on the engine.");
		return -ERR_CONFLICT;
	}
	err_set(reterr, ERR_CONFLICT, "pipelines run for the newest commit of a branch, and this one is no branch's newest");
	err_hint(reterr, "touch makes a branch beside it whose image is the same; b builds it on the engine.");
	return -ERR_CONFLICT;
}

static int may_unpin(const struct subject *s, struct err *reterr)
{
	enum image_state state = s->image ? s->image->state : IMAGE_PINNED;
	bool pinned = state == IMAGE_PINNED || state == IMAGE_PINNED_MISSING || state == IMAGE_PINNED_LOGIN;
	return pinned ? 0 : err_set(reterr, ERR_NOT_FOUND, "the project pins no image at this commit");
}

static int may_always(const struct subject *s, struct err *reterr)
{
	(void)s;
	(void)reterr;
	return 0;
}

/* ---- the table ---- */
static void do_job(struct ask *k, const struct subject *s, const struct app_deed_query *q);
static void do_run(struct ask *k, const struct subject *s, const struct app_deed_query *q);
static void do_touch(struct ask *k, const struct subject *s, const struct app_deed_query *q);
static void do_fork(struct ask *k, const struct subject *s, const struct app_deed_query *q);
static const struct deed {
	const char *name;
	unsigned caps;
	enum forge_deed right;
	enum forge_job_action action;
	int (*may)(const struct subject *s, struct err *reterr);
	void (*begin)(struct ask *k, const struct subject *s, const struct app_deed_query *q);
	const char *said;              /* a number is put behind it */
} deeds[APP_DEED_COUNT_] = {
	[APP_RETRY] = { "run again", FORGE_HAS_JOBS, FORGE_DEED_RUN, FORGE_JOB_RETRY, may_retry, do_job, "the build runs again, as job" },
	[APP_PLAY] = { "started by hand", FORGE_HAS_JOBS, FORGE_DEED_RUN, FORGE_JOB_PLAY, may_play, do_job, "the build was started: job" },
	[APP_CANCEL] = { "canceled", FORGE_HAS_JOBS, FORGE_DEED_RUN, FORGE_JOB_CANCEL, may_cancel, do_job, "the build is being canceled: job" },
	[APP_RUN] = { "run", FORGE_HAS_JOBS, FORGE_DEED_RUN, 0, may_run, do_run, "it runs: pipeline" },
	[APP_TOUCH] = { "touched", FORGE_COMMITS | FORGE_HAS_JOBS, FORGE_DEED_COMMIT, 0, may_always, do_touch, NULL },
	[APP_FORK] = { "copied", FORGE_FORKS, FORGE_DEED_FORK, 0, may_always, do_fork, "its first build runs: pipeline" },
	[APP_PIN] = { "pinned", FORGE_COMMITS, FORGE_DEED_COMMIT, 0, may_always, pin_begin, NULL },
	[APP_UNPIN] = { "unpinned", FORGE_COMMITS, FORGE_DEED_COMMIT, 0, may_unpin, pin_begin, NULL },
};

static int subject_of(struct app *a, const struct app_deed_query *q, struct subject *ret, struct err *reterr)
{
	*ret = (struct subject){ .project = store_project(a->store, q->project) };
	if (!ret->project)
		return err_set(reterr, ERR_NOT_FOUND, "the project is gone");
	ret->forge = forge_of(a, ret->project);
	ret->image = store_image(a->store, q->project, &q->commit);
	ret->job = ret->image && ret->image->has_job ? &ret->image->job : NULL;
	ret->tip = branch_at(a, q);
	ret->more_branches = store_branches_more(a->store, q->project);
	return 0;
}

int app_may(struct app *a, const struct app_deed_query *q, struct err *reterr)
{
	const struct deed *d = &deeds[q->deed];
	struct subject s;
	int r = refuse_read_only(a, reterr);
	if (r == 0)
		r = subject_of(a, q, &s, reterr);
	if (r < 0)
		return r;
	if (d->caps & ~forge_caps(s.forge))
		return err_set(reterr, ERR_UNSUPPORTED, d->caps == FORGE_FORKS ? "projects of the forge %s have no forks: clone the repository instead" : "%s has no CI: its images are built on the engine", s.project->forge);
	r = forge_may(s.forge, s.project, d->right, reterr);
	if (r == 0 && q->deed == APP_PIN && !q->image)
		r = may_pin_own(&s, reterr);
	return r < 0 ? r : d->may(&s, reterr);
}

bool app_has_jobs(const struct app *a, struct project_id p)
{
	const struct project *project = store_project(a->store, p);
	return project && (forge_caps(forge_of(a, project)) & FORGE_HAS_JOBS);
}

/* ---- doing ---- */
static void say_number(struct ask *k, uint64_t number)
{
	AUTO_STR text = xasprintf("%s %llu", k->text, (unsigned long long)number);
	deed_say(k, text);
}

static void job_moved(void *ask, const struct job *j)
{
	say_number(ask, j->id);
}

static void pipeline_made(void *ask, const struct pipeline *p)
{
	say_number(ask, p->id);
}

static void commit_made(void *ask, const struct commit *c)
{
	struct ask *k = ask;
	char sha[8];
	oid_sha7(&c->id, sha);
	AUTO_STR text = xasprintf("the commit %s was made on %s; its image is built now", sha, k->text);
	deed_say(k, text);
}

void deed_say(struct ask *k, const char *text)
{
	if (ask_heard(k) && k->got.said)
		k->got.said(k->ctx, text);
}

void deed_end(void *ask, const struct err *err)
{
	struct ask *k = ask;
	struct app *a = k->app;
	struct project_id p = k->project;
	ask_end(k, err);
	if (a && !a->closing) {
		jobs_changed(a, p);
		if (!err)
			schedule_branches(a);
	}
}

static void do_job(struct ask *k, const struct subject *s, const struct app_deed_query *q)
{
	struct forge_job_action_query ask = { .project = s->project, .job = s->job->id, .action = deeds[q->deed].action };
	struct forge_variable variables[APP_VARIABLES_MAX];
	for (size_t i = 0; i < MIN_OF(q->n_variables, (size_t)APP_VARIABLES_MAX); i++)
		variables[i] = (struct forge_variable){ .key = q->variables[i].key, .value = q->variables[i].value };
	ask.variables = variables;
	ask.n_variables = q->deed == APP_PLAY ? MIN_OF(q->n_variables, (size_t)APP_VARIABLES_MAX) : 0;
	k->call = forge_job_act(s->forge, &ask, job_moved, deed_end, k);
}

static void do_run(struct ask *k, const struct subject *s, const struct app_deed_query *q)
{
	struct forge_variable variables[APP_VARIABLES_MAX], inputs[APP_VARIABLES_MAX];
	struct forge_run_query ask = { .project = s->project, .ref = s->tip->name, .variables = variables, .inputs = inputs };
	for (size_t i = 0; i < MIN_OF(q->n_variables, (size_t)APP_VARIABLES_MAX); i++) {
		const struct forge_variable v = { .key = q->variables[i].key, .value = q->variables[i].value };
		if (q->variables[i].is_input)
			inputs[ask.n_inputs++] = v;
		else
			variables[ask.n_variables++] = v;
	}
	k->call = forge_run_pipeline(s->forge, &ask, pipeline_made, deed_end, k);
}

/* A commit of one small file that no image is made from: what is built of it is what would have been built of this one. Where
 * the branch has moved on, it goes to a branch of its own: nobody's branch is moved back. */
static void do_touch(struct ask *k, const struct subject *s, const struct app_deed_query *q)
{
	char hex[OID_HEX + 1], sha[8];
	oid_hex(&q->commit, hex);
	oid_sha7(&q->commit, sha);
	AUTO_STR text = xasprintf("the image of %s, asked for at %lld\n", hex, (long long)clock_wall_s());
	AUTO_STR message = xasprintf("Build the image of %s", sha);
	AUTO_STR branch = s->tip ? xstrdup(s->tip->name) : xasprintf("rebuild/%s", sha);
	const struct forge_file_action action = { FORGE_FILE_PUT, TOUCHED_PATH, sv_of(text) };
	const struct forge_commit_query ask = { .project = s->project, .branch = branch, .message = message, .start = s->tip ? NULL : hex, .actions = &action, .n_actions = 1 };
	str_replace(&k->text, branch);
	k->call = forge_commit_files(s->forge, &ask, commit_made, deed_end, k);
}

/* ---- forks ---- */
static void fork_moved(void *ask, const struct project *p)
{
	struct ask *k = ask;
	bool there = !p->import_status || strcmp(p->import_status, "finished") == 0 || strcmp(p->import_status, "none") == 0;
	AUTO_STR text = xasprintf(there ? "the copy is there: %s" : "it is being copied to %s", p->path);
	if (there && k->app && !k->app->closing)
		forges_keep(k->app, p, 1);
	deed_say(k, text);
}

static void fork_note(void *ask, const char *text)
{
	deed_say(ask, text);
}

static void do_fork(struct ask *k, const struct subject *s, const struct app_deed_query *q)
{
	const struct forge_fork_query ask = { .project = s->project, .namespace_path = q->group, .path = q->path, .no_pipeline = q->no_build };
	static const struct forge_fork_events events = { fork_moved, pipeline_made, fork_note, deed_end };
	k->call = forge_fork(s->forge, &ask, &events, k);
}

unsigned app_do(struct app *a, const struct app_deed_query *q, void (*said)(void *ctx, const char *text), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct subject s;
	struct err err = { 0 };
	k->got.said = said;
	k->project = q->project;
	if (app_may(a, q, &err) < 0)
		return ask_fail(k, &err);
	subject_of(a, q, &s, NULL);
	k->cancel = cancel_forge;
	k->text = xstrdup(deeds[q->deed].said);
	deeds[q->deed].begin(k, &s, q);
	return k->number;
}
