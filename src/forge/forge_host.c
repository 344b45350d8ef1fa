/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The port's front for what a GitLab host adds: accounts, pipelines, jobs, commits, forks, the registry. */
#include "berth/git.h"
#include "forge/forge_call.h"

/* ---- what may be done ------------------------------------------------------------------------------------------------------ */
int forge_may(const struct forge *f, const struct project *p, enum forge_deed deed, struct err *reterr)
{
	static const struct { unsigned cap; const char *what; } needs[FORGE_DEED_COUNT_] = {
		[FORGE_DEED_RUN] = { FORGE_HAS_JOBS, "has no jobs to run" }, [FORGE_DEED_COMMIT] = { FORGE_COMMITS, "can't make commits" },
		[FORGE_DEED_FORK] = { FORGE_FORKS, "can't fork" }, [FORGE_DEED_PULL] = { FORGE_HAS_REGISTRY, "has no registry" },
	};
	if (needs[deed].cap & ~forge_caps(f))
		return err_set(reterr, ERR_UNSUPPORTED, "forge %s %s", f->name, needs[deed].what);
	return f->ops->may ? f->ops->may(f, p, deed, reterr) : 0;
}

bool forge_login(const struct forge *f, struct forge_login *ret)
{
	*ret = (struct forge_login){ 0 };
	return f->ops->login && f->ops->login(f, ret);
}

void forge_look_ahead(struct forge *f, const struct project *p)
{
	if (f->ops->look_ahead)
		f->ops->look_ahead(f, p);
}

/* ---- calls ------------------------------------------------------------------------------------------------------------------ */
struct forge_call *forge_account(struct forge *f, void (*item)(void *ctx, const struct account *a), forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.account = item;
	if (!f->ops->account)
		return forge_call_unsupported(c, "knows no accounts");
	f->ops->account(f, c);
	return c;
}

struct forge_call *forge_project(struct forge *f, const char *path, forge_project_fn item, forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.project = item;
	if (!f->ops->project)
		return forge_call_unsupported(c, "can't look up a project by its path");
	f->ops->project(f, c, path);
	return c;
}

struct forge_call *forge_pipelines(struct forge *f, const struct forge_pipelines_query *q, forge_pipeline_fn item, forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.pipeline = item;
	c->not_asked = q->not_asked;
	if (!f->ops->pipelines)
		return forge_call_unsupported(c, "has no pipelines");
	f->ops->pipelines(f, c, q);
	return c;
}

struct forge_call *forge_job(struct forge *f, const struct project *p, uint64_t job, forge_job_fn item, forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.job = item;
	if (!f->ops->job)
		return forge_call_unsupported(c, "has no jobs");
	f->ops->job(f, c, p, job);
	return c;
}

struct forge_call *forge_job_act(struct forge *f, const struct forge_job_action_query *q, forge_job_fn item, forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.job = item;
	if (!f->ops->job_act)
		return forge_call_unsupported(c, "has no jobs");
	f->ops->job_act(f, c, q);
	return c;
}

struct forge_call *forge_run_pipeline(struct forge *f, const struct forge_run_query *q, forge_pipeline_fn item, forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.pipeline = item;
	if (!f->ops->run_pipeline)
		return forge_call_unsupported(c, "has no pipelines");
	f->ops->run_pipeline(f, c, q);
	return c;
}

struct forge_call *forge_commit_files(struct forge *f, const struct forge_commit_query *q,
                                      void (*item)(void *ctx, const struct commit *c), forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.commit = item;
	if (!f->ops->commit_files)
		return forge_call_unsupported(c, "can't make commits");
	f->ops->commit_files(f, c, q);
	return c;
}

struct forge_call *forge_new_project(struct forge *f, const struct forge_new_query *q, forge_project_fn item, forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.project = item;
	if (!f->ops->new_project)
		return forge_call_unsupported(c, "makes no projects: they are repositories on this machine");
	f->ops->new_project(f, c, q);
	return c;
}

struct forge_call *forge_registry_tags(struct forge *f, const struct forge_tags_query *q,
                                       void (*item)(void *ctx, const struct registry_tag *t), forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.tag = item;
	if (!f->ops->registry_tags)
		return forge_call_unsupported(c, "has no registry");
	f->ops->registry_tags(f, c, q);
	return c;
}

struct forge_call *forge_projects_page(struct forge *f, const struct forge_projects_query *q, const struct forge_projects_events *ev, void *ctx)
{
	struct forge_call *c = forge_call_new(f, ev->end, ctx);

	c->on.project = ev->item;
	c->page = ev->page;
	if (!f->ops->projects_page)
		return forge_call_unsupported(c, "can't list projects in pages");
	f->ops->projects_page(f, c, q);
	return c;
}

struct forge_call *forge_branches_page(struct forge *f, const struct forge_branches_query *q, const struct forge_branches_events *ev, void *ctx)
{
	struct forge_call *c = forge_call_new(f, ev->end, ctx);

	c->on.branch = ev->item;
	c->page = ev->page;
	if (!f->ops->branches_page)
		return forge_call_unsupported(c, "can't list branches in pages");
	f->ops->branches_page(f, c, q);
	return c;
}

struct forge_call *forge_job_log(struct forge *f, const struct forge_log_query *q, const struct forge_log_events *ev, void *ctx)
{
	struct forge_call *c = forge_call_new(f, ev->end, ctx);

	c->on.bytes = ev->bytes;
	c->rewritten = ev->rewritten;
	c->log_state = ev->state;
	if (!f->ops->job_log)
		return forge_call_unsupported(c, "has no jobs");
	f->ops->job_log(f, c, q);
	return c;
}

struct forge_call *forge_fork(struct forge *f, const struct forge_fork_query *q, const struct forge_fork_events *ev, void *ctx)
{
	struct forge_call *c = forge_call_new(f, ev->end, ctx);

	c->on.project = ev->project;
	c->pipeline = ev->pipeline;
	c->is_fork = true;
	c->note = ev->note;
	if (!f->ops->fork)
		return forge_call_unsupported(c, "can't fork");
	f->ops->fork(f, c, q);
	return c;
}

/* ---- items ------------------------------------------------------------------------------------------------------------------ */
void forge_give_account(struct forge_call *c, const struct account *a)
{
	if (!c->ending && c->on.account)
		c->on.account(c->ctx, a);
}

void forge_give_page(struct forge_call *c, bool more, uint64_t total)
{
	if (!c->ending && c->page)
		c->page(c->ctx, more, total);
}

/* A fork's projects are its items, so its pipeline has a place of its own. */
void forge_give_pipeline(struct forge_call *c, const struct pipeline *p)
{
	void (*give)(void *ctx, const struct pipeline *p) = c->is_fork ? c->pipeline : c->on.pipeline;

	if (!c->ending && give)
		give(c->ctx, p);
}

void forge_give_not_asked(struct forge_call *c, const struct oid *commit)
{
	if (!c->ending && c->not_asked)
		c->not_asked(c->ctx, commit);
}

void forge_give_job(struct forge_call *c, const struct job *j)
{
	if (!c->ending && c->on.job)
		c->on.job(c->ctx, j);
}

void forge_give_rewritten(struct forge_call *c)
{
	if (!c->ending && c->rewritten)
		c->rewritten(c->ctx);
}

void forge_give_log_state(struct forge_call *c, const struct forge_log_state *s)
{
	if (!c->ending && c->log_state)
		c->log_state(c->ctx, s);
}

void forge_give_tag(struct forge_call *c, const struct registry_tag *t)
{
	if (!c->ending && c->on.tag)
		c->on.tag(c->ctx, t);
}

bool forge_git_place(const struct forge *f, const struct project *p, struct git_place *ret)
{
	*ret = (struct git_place){ 0 };
	return f->ops->git_place && f->ops->git_place(f, p, ret);
}

void forge_set_token(struct forge *f, const struct secret *token)
{
	if (f->ops->set_token)
		f->ops->set_token(f, token);
}
