/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log of a job of a host: followed there to its end, and over to the next try of a retried job. That of a job that has ended is kept
 * in the cache, where it opens at once and without the host.
 */
#include "app/app_impl.h"
#include "berth/cache.h"
#include "berth/path.h"

enum { SETTLED_S = 60 /* by then the host has all of a log, also when it is looked at only once */ };

struct job_log {
	struct app *app;               /* NULL: nobody listens any more */
	struct forge_call *call;
	struct app_log_events ev;
	void *ctx;
	struct project project;
	uint64_t job;
	bool follow, whole;
	struct cache_log *kept;        /* what has come, on its way to the disk; NULL: nothing yet, or it can't be kept */
};

static void log_free(struct job_log *l)
{
	cache_log_end(l->kept, /* keep= */ false);
	project_fini(&l->project);
	free(l);
}

char *app_job_log_id(struct project_id p, uint64_t job)
{
	return xasprintf("%llu-%llu", (unsigned long long)p.v, (unsigned long long)job);
}

static bool read_id(const char *id, struct project_id *ret_project, uint64_t *ret_job)
{
	struct sv rest = sv_of(id), project;
	return sv_split(&rest, '-', &project) && sv_to_u64(project, &ret_project->v) && sv_to_u64(rest, ret_job);
}

static char *job_text(uint64_t job)
{
	return xasprintf("%llu", (unsigned long long)job);
}

char *job_log_kept(struct app *a, const char *id)
{
	struct project_id p = { 0 };
	uint64_t job = 0;
	const struct project *project = read_id(id, &p, &job) ? store_project(a->store, p) : NULL;
	AUTO_STR text = job_text(job);
	return project ? cache_log_path(a->cache, project, text) : NULL;
}

/* ---- from the host ---- */
static void log_bytes(void *log, struct sv bytes)
{
	struct job_log *l = log;
	if (!l->app)
		return;
	if (!l->kept) {
		AUTO_STR job = job_text(l->job);
		l->kept = cache_log_begin(l->app->cache, &l->project, job);
	}
	cache_log_add(l->kept, bytes);
	l->ev.piece(l->ctx, bytes);
}

static void log_rewritten(void *log)
{
	struct job_log *l = log;
	if (!l->app)
		return;
	cache_log_end(l->kept, /* keep= */ false);
	l->kept = NULL;
	l->ev.rewritten(l->ctx);
}

static void log_state(void *log, const struct forge_log_state *s)
{
	struct job_log *l = log;
	if (!l->app)
		return;
	if (s->job) {
		l->job = s->job->id;
		l->whole = s->whole && (l->follow || clock_wall_s() > s->job->ended_at_s + SETTLED_S);
	}
	AUTO_STR words = s->trouble ? xasprintf("%s; asks again", s->trouble) :
		s->job && !job_state_runs(s->job->state) && job_state_active(s->job->state) ? xasprintf("the job is %s", job_state_name(s->job->state)) : NULL;
	l->ev.state(l->ctx, s->grown_at_s, words);
}

static void log_end(void *log, const struct err *err)
{
	struct job_log *l = log;
	void (*end)(void *, const struct err *) = l->app ? l->ev.end : NULL;
	void *ctx = l->ctx;
	cache_log_end(l->kept, l->whole && !err);
	l->kept = NULL;
	log_free(l);
	if (end)
		end(ctx, err);
}

/* What the rows on screen say of it. */
static const struct job *known_job(const struct app *a, struct project_id p, uint64_t job)
{
	const struct want_images *w = &a->schedule.images;
	for (size_t i = 0; project_id_eq(w->project, p) && i < w->n; i++) {
		const struct image *image = store_image(a->store, p, &w->commits[i]);
		if (image && image->has_job && image->job.id == job && image->fresh.state == FRESH_FRESH)
			return &image->job;
	}
	return NULL;
}

struct job_log *job_log_begin(struct app *a, const char *id, bool follow, const struct app_log_events *ev, void *ctx, struct err *reterr)
{
	static const struct forge_log_events events = { .bytes = log_bytes, .rewritten = log_rewritten, .state = log_state, .end = log_end };
	struct project_id p = { 0 };
	uint64_t job = 0;
	const struct project *project = read_id(id, &p, &job) ? store_project(a->store, p) : NULL;
	if (!project) {
		err_set(reterr, ERR_NOT_FOUND, "the project of that log is gone");
		return NULL;
	}
	struct job_log *l = xcalloc(1, sizeof *l);
	l->app = a;
	l->ev = *ev;
	l->ctx = ctx;
	l->job = job;
	l->follow = follow;
	project_dup(&l->project, project);
	const struct forge_log_query q = { .project = project, .job = job, .once = !follow, .known = known_job(a, p, job) };
	l->call = forge_job_log(forge_of(a, project), &q, &events, l);
	return l;
}

void job_log_stop(struct job_log *l)
{
	if (!l)
		return;
	l->app = NULL;
	forge_cancel(l->call); /* ends in log_end, which frees */
}
