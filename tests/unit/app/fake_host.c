/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a host adds to the forge in memory: jobs that can be acted on, pipelines, commits, forks; each is noted, and answered a turn later. */
#include "fakes.h"

enum kind { ACT, RUN, COMMIT, FORK, PIPELINES };
static const char mark; /* a call of these begins with its address; one of the lists with a forge */
struct later { const char *mark; struct fake_forge *f; struct forge_call *call; struct loop_timer *timer; enum kind kind; struct oid commit; };

static void note(struct fake_forge *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(struct fake_forge *f, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_add_str(&b, f->deeds);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	b.len = MIN_OF(b.len, sizeof f->deeds - 1);
	memcpy(f->deeds, buf_str(&b), b.len + 1);
	buf_fini(&b);
}

static void give_pipeline(struct later *l, uint64_t id, bool has_job)
{
	struct pipeline p = { .id = id, .commit = l->commit, .state = l->f->job_state, .has_job = has_job };
	p.job = (struct job){ .id = 9, .pipeline_id = id, .name = (char *)(uintptr_t)"image_build", .commit = l->commit, .state = l->f->job_state };
	forge_give_pipeline(l->call, &p);
}

static void answer(void *later)
{
	struct later *l = later;
	struct forge_call *c = l->call;
	struct err err = { 0 };
	struct job job = { .id = 91, .state = JOB_PENDING };
	struct commit commit = { .id = fake_oid(7, 7) };
	struct project copy = { .id = project_id_of(l->f->base.name, "me/flights"), .forge = l->f->base.name, .path = (char *)(uintptr_t)"me/flights",
		.name = (char *)(uintptr_t)"flights", .import_status = (char *)(uintptr_t)"finished" };
	if (l->f->deed_fails)
		err_set(&err, l->f->deed_fails, "the host refuses");
	else if (l->kind == ACT)
		forge_give_job(c, &job);
	else if (l->kind == RUN || l->kind == PIPELINES)
		give_pipeline(l, 31, l->kind == PIPELINES);
	else if (l->kind == COMMIT)
		forge_give_commit(c, &commit);
	else
		forge_give_project(c, &copy);
	if (!forge_call_alive(c))
		return;
	loop_timer_stop(l->timer);
	free(l);
	forge_call_set_impl(c, NULL);
	forge_call_end(c, &err);
}

static void later(struct forge *f, struct forge_call *c, enum kind kind, const struct oid *commit)
{
	struct later *l = xcalloc(1, sizeof *l);
	*l = (struct later){ .mark = &mark, .f = (struct fake_forge *)f, .call = c, .kind = kind, .commit = commit ? *commit : (struct oid){ { 0 } } };
	l->timer = loop_timer_start(f->loop, 5, 0, answer, l);
	forge_call_set_impl(c, l);
}

static void job_act(struct forge *f, struct forge_call *c, const struct forge_job_action_query *q)
{
	note((struct fake_forge *)f, "act %d on %llu\n", (int)q->action, (unsigned long long)q->job);
	later(f, c, ACT, NULL);
}

static void run_pipeline(struct forge *f, struct forge_call *c, const struct forge_run_query *q)
{
	note((struct fake_forge *)f, "run %s with %zu and %zu\n", q->ref, q->n_variables, q->n_inputs);
	later(f, c, RUN, NULL);
}

static void commit_files(struct forge *f, struct forge_call *c, const struct forge_commit_query *q)
{
	note((struct fake_forge *)f, "commit on %s from %s: %s\n", q->branch, q->start ? "a commit" : "its end", q->actions[0].path);
	later(f, c, COMMIT, NULL);
}

static void fork_it(struct forge *f, struct forge_call *c, const struct forge_fork_query *q)
{
	note((struct fake_forge *)f, "fork to %s\n", q->namespace_path ? q->namespace_path : "me");
	later(f, c, FORK, NULL);
}

static void pipelines(struct forge *f, struct forge_call *c, const struct forge_pipelines_query *q)
{
	((struct fake_forge *)f)->n_pipelines++;
	later(f, c, PIPELINES, q->n_commits ? &q->commits[0] : NULL);
}

static int may(const struct forge *f, const struct project *p, enum forge_deed deed, struct err *reterr)
{
	(void)p;
	if (((const struct fake_forge *)f)->forbidden && deed == FORGE_DEED_RUN)
		return err_set(reterr, ERR_DENIED, "running builds needs the scope api");
	return 0;
}

static void cancel_host(struct forge_call *c)
{
	struct later *l = forge_call_impl(c);
	if (!l)
		return;
	loop_timer_stop(l->timer);
	free(l);
}

static const struct forge_ops *lists; /* of the forge in memory */
static void cancel(struct forge_call *c)
{
	struct later *l = forge_call_impl(c);
	if (l && l->mark == &mark)
		cancel_host(c);
	else
		lists->cancel(c);
}

void fake_forge_have_jobs(struct fake_forge *f)
{
	static struct forge_ops ops;
	lists = f->base.ops;
	ops = *lists;
	ops.caps |= FORGE_HAS_JOBS | FORGE_COMMITS | FORGE_FORKS;
	ops.cancel = cancel;
	ops.job_act = job_act;
	ops.run_pipeline = run_pipeline;
	ops.commit_files = commit_files;
	ops.fork = fork_it;
	ops.pipelines = pipelines;
	ops.may = may;
	f->base.ops = &ops;
}
