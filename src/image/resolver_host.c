/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a host's CI and registry say of a commit to a state and its sentence. */
#include "berth/mem.h"
#include "image/resolver.h"

#define REASON(i, ...) (free((i)->reason), (i)->reason = xasprintf(__VA_ARGS__))

/* THE table of job states: what the image is while its job is so. */
static const struct { enum image_state image; const char *words; } of_job[JOB_STATE_COUNT_] = {
	[JOB_OTHER] = { IMAGE_UNKNOWN, NULL },
	[JOB_CREATED] = { IMAGE_QUEUED, "its build waits for earlier jobs of its pipeline" },
	[JOB_WAITING_FOR_RESOURCE] = { IMAGE_QUEUED, "its build waits for a resource that another job holds" },
	[JOB_PREPARING] = { IMAGE_QUEUED, "its build is being prepared" },
	[JOB_WAITING_FOR_CALLBACK] = { IMAGE_QUEUED, "its build waits for an answer from elsewhere" },
	[JOB_PENDING] = { IMAGE_QUEUED, "its build waits for a runner" },
	[JOB_RUNNING] = { IMAGE_BUILDING, "its build runs" },
	[JOB_SUCCESS] = { IMAGE_AVAILABLE, "its build passed" },
	[JOB_FAILED] = { IMAGE_FAILED, NULL },
	[JOB_CANCELING] = { IMAGE_BUILDING, "its build is being canceled; what it cleans up still runs" },
	[JOB_CANCELED] = { IMAGE_CANCELED, "its build was canceled" },
	[JOB_SKIPPED] = { IMAGE_SKIPPED, "its build was skipped: the rules of its pipeline say so, or an earlier job failed" },
	[JOB_MANUAL] = { IMAGE_MANUAL, "its build waits for somebody to start it" },
	[JOB_SCHEDULED] = { IMAGE_SCHEDULED, "its build starts later by itself" },
};

static void failed_words(const struct job *j, struct image *i)
{
	char why[256];
	if (j->failure_reason)
		REASON(i, "its build failed: %s", failure_reason_text(j->failure_reason, why, sizeof why));
	else
		REASON(i, "its build failed; the log says why");
}

static void job_words(const struct job *j, struct image *i)
{
	if (j->state == JOB_FAILED)
		failed_words(j, i);
	else if (!of_job[j->state].words)
		REASON(i, "its build is in a state that this berth doesn't know: %s", j->state_word ? j->state_word : "?");
	else if (j->stuck)
		REASON(i, "its build waits for a runner, and no runner is there that takes it");
	else if (j->runner && job_state_runs(j->state))
		REASON(i, "%s on %s", of_job[j->state].words, j->runner);
	else
		REASON(i, "%s", of_job[j->state].words);
}

static void tag_words(const struct facts *f, struct image *i)
{
	i->state = IMAGE_AVAILABLE;
	str_replace(&i->ref, f->tag.ref ? f->tag.ref : i->ref);
	str_replace(&i->image_id, f->tag.digest);
	i->size_bytes = f->tag.size_bytes;
	i->created_at_s = f->tag.created_at_s;
	if (f->has_pipeline && f->pipeline.has_job && f->pipeline.job.state == JOB_FAILED)
		REASON(i, "the registry has it, though the last build of it failed");
	else if (f->has_pipeline && f->pipeline.has_job && job_state_active(f->pipeline.job.state))
		REASON(i, "the registry has it; it is being built anew");
}

/* The job passed. Whether the tag is there is only known of commits that were looked at. */
static void passed_words(const struct image_resolver *r, const struct facts *f, struct image *i)
{
	char sha[8];
	oid_sha7(&i->commit, sha);
	if (f->tag_err.code)
		REASON(i, "its build passed; whether the registry has the image is not known: %s", f->tag_err.text);
	else if (f->tag_known && r->project.rights_known && !r->project.registry_enabled)
		i->state = IMAGE_NONE, REASON(i, "its build passed, but the project has no container registry");
	else if (f->tag_known)
		i->state = IMAGE_NONE, REASON(i, "its build passed, but the registry has no tag %s: it was pushed under another name, or removed since", sha);
	else
		REASON(i, "its build passed; whether the image is still in the registry is seen when it is looked at");
}

static void no_pipeline_words(const struct image_resolver *r, struct image *i)
{
	i->state = IMAGE_NONE;
	if (r->project.rights_known && !r->project.ci_enabled)
		REASON(i, "the project has no CI, so nothing builds its images there");
	else
		REASON(i, "no pipeline ran for this commit");
}

void image_host_state(struct image_resolver *r, const struct facts *f, struct image *i)
{
	if (f->has_pipeline) {
		i->pipeline_id = f->pipeline.id;
		str_replace(&i->pipeline_url, f->pipeline.web_url);
		i->has_job = f->pipeline.has_job;
		if (i->has_job) {
			job_dup(&i->job, &f->pipeline.job);
			i->build_started_at_s = i->job.started_at_s;
			i->build_ended_at_s = i->job.ended_at_s;
		}
	}
	if (f->tag_known && f->tag.present) {
		tag_words(f, i);
	} else if (!f->ci_generation) {
		i->state = IMAGE_UNKNOWN;
		REASON(i, "%s", r->ci_err.code ? r->ci_err.text : "its pipelines were not asked for yet");
	} else if (!f->has_pipeline) {
		no_pipeline_words(r, i);
	} else if (!i->has_job) {
		i->state = f->pipeline.problem ? IMAGE_FAILED : IMAGE_NONE;
		if (f->pipeline.problem)
			REASON(i, "its pipeline could not begin: %s", f->pipeline.problem);
		else
			REASON(i, "its pipeline has no job image_build");
	} else {
		i->state = of_job[i->job.state].image;
		job_words(&i->job, i);
		if (i->job.state == JOB_SUCCESS)
			passed_words(r, f, i);
	}
	if (r->ci_err.code) {
		i->fresh.state = FRESH_FAILED;
		i->fresh.err = r->ci_err;
	}
}
