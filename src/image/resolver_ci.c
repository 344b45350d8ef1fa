/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a host's CI and registry say of commits: pipelines of many in one request, a tag of the one that is looked at. */
#include "berth/mem.h"
#include "image/resolver.h"

enum { PIPELINES_MAX = 100, TYPICAL_OF = 15 };

struct ci_ask {
	struct image_resolver *r;      /* NULL: nobody waits any more */
	struct forge_call *call;
	struct oid *commits;
	size_t n;
	uint64_t generation;
	void (*done)(void *ctx);       /* NULL: whoever waited has gone; what comes is kept, for the next who asks */
	void *ctx;
};

bool resolver_has_ci(const struct image_resolver *r)
{
	return forge_caps(r->forge) & FORGE_HAS_JOBS;
}

static void ask_free(struct ci_ask *a)
{
	free(a->commits);
	free(a);
}

void ci_ask_cancel(struct ci_ask *a)
{
	if (!a)
		return;
	a->r = NULL;
	forge_cancel(a->call); /* ends in an end below, which frees */
}

void ci_ask_leave(struct ci_ask *a)
{
	if (a)
		a->done = NULL;
}

static struct ci_ask *ask_new(struct image_resolver *r, const struct oid *commits, size_t n)
{
	struct ci_ask *a = xcalloc(1, sizeof *a);
	a->r = r;
	a->generation = r->ci_generation;
	a->commits = xcalloc(n ? n : 1, sizeof *a->commits);
	a->n = n;
	memcpy(a->commits, commits, n * sizeof *commits);
	return a;
}

/* ---- how long builds take ---- */
static int by_length(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static uint32_t typical_ci_s(struct image_resolver *r)
{
	uint32_t took[TYPICAL_OF];
	size_t n = 0, pos = 0;
	struct sv key;
	void *value;
	while (n < TYPICAL_OF && map_next(r->facts, &pos, &key, &value)) {
		const struct job *j = &((const struct facts *)value)->pipeline.job;
		if (j->state == JOB_SUCCESS && j->started_at_s && j->ended_at_s >= j->started_at_s)
			took[n++] = (uint32_t)MIN_OF(j->ended_at_s - j->started_at_s, (int64_t)UINT32_MAX);
	}
	if (!n)
		return 0;
	qsort(took, n, sizeof *took, by_length);
	return MAX_OF(took[n / 2], 1U);
}

/* ---- pipelines ---- */
static void pipeline_item(void *ask, const struct pipeline *p)
{
	struct ci_ask *a = ask;
	if (!a->r)
		return;
	struct facts *f = facts_of(a->r, &p->commit);
	/* What an earlier answer said of this commit is replaced by the first one of this answer. */
	if (f->has_pipeline && f->ci_generation == a->generation && !pipeline_outranks(p, &f->pipeline))
		return;
	pipeline_fini(&f->pipeline);
	pipeline_dup(&f->pipeline, p);
	f->has_pipeline = true;
	f->ci_generation = a->generation;
}

/* Nothing is known of it: it is asked for when somebody looks at it. */
static void pipeline_not_asked(void *ask, const struct oid *commit)
{
	struct ci_ask *a = ask;
	for (size_t i = 0; i < a->n; i++)
		if (oid_eq(&a->commits[i], commit)) {
			a->commits[i] = a->commits[--a->n];
			return;
		}
}

static void pipelines_end(void *ask, const struct err *err)
{
	struct ci_ask *a = ask;
	struct image_resolver *r = a->r;
	if (!r) {
		ask_free(a);
		return;
	}
	r->ci_err = (struct err){ 0 };
	err_copy(&r->ci_err, err);
	for (size_t i = 0; i < a->n && !err; i++) {
		struct facts *f = facts_of(r, &a->commits[i]);
		if (f->ci_generation == a->generation)
			continue;
		pipeline_fini(&f->pipeline); /* it has none, or none any more */
		f->has_pipeline = false;
		f->ci_generation = a->generation;
	}
	r->typical_ci_s = typical_ci_s(r);
	void (*done)(void *) = a->done;
	void *ctx = a->ctx;
	ask_free(a);
	done(ctx);
}

struct ci_ask *ci_ask_pipelines(struct image_resolver *r, const struct oid *commits, size_t n, void (*done)(void *ctx), void *ctx)
{
	struct ci_ask *a = ask_new(r, commits, n);
	const struct forge_pipelines_query q = { .project = &r->project, .commits = a->commits, .n_commits = n, .max = PIPELINES_MAX,
		.not_asked = pipeline_not_asked, .newest_first = r->of_list };
	a->done = done;
	a->ctx = ctx;
	a->call = forge_pipelines(r->forge, &q, pipeline_item, pipelines_end, a);
	return a;
}

/* ---- the tag of one commit ---- */
static void tag_item(void *ask, const struct registry_tag *t)
{
	struct ci_ask *a = ask;
	if (!a->r)
		return;
	struct facts *f = facts_of(a->r, &a->commits[0]);
	registry_tag_fini(&f->tag);
	registry_tag_dup(&f->tag, t);
	f->tag_known = true;
}

static void tag_end(void *ask, const struct err *err)
{
	struct ci_ask *a = ask;
	struct image_resolver *r = a->r;
	if (!r) {
		ask_free(a);
		return;
	}
	struct facts *f = facts_of(r, &a->commits[0]);
	f->tag_generation = a->generation;
	f->tag_by_registry = false;
	f->tag_err = (struct err){ 0 };
	err_copy(&f->tag_err, err);
	void (*done)(void *) = a->done;
	void *ctx = a->ctx;
	r->tag_asked = NULL;
	ask_free(a);
	if (done)
		done(ctx);
}

struct ci_ask *ci_ask_tag(struct image_resolver *r, const struct oid *commit, void (*done)(void *ctx), void *ctx)
{
	struct ci_ask *a = r->tag_asked;
	if (a && oid_eq(&a->commits[0], commit) && a->generation == r->ci_generation) {
		a->done = done;
		a->ctx = ctx;
		return a;
	}
	r->tag_asked = NULL;
	ci_ask_cancel(a);
	a = r->tag_asked = ask_new(r, commit, 1);
	char sha[8];
	oid_sha7(commit, sha);
	const char *const tags[] = { sha };
	const struct forge_tags_query q = { .project = &r->project, .tags = tags, .n_tags = 1 };
	a->done = done;
	a->ctx = ctx;
	a->call = forge_registry_tags(r->forge, &q, tag_item, tag_end, a);
	return a;
}

/* A tag that is there stays (until somebody refreshes); one that is not may come with the next build. */
bool ci_wants_tag(struct image_resolver *r, const struct oid *commit)
{
	const struct facts *f = facts_of(r, commit);
	if (!(forge_caps(r->forge) & FORGE_HAS_REGISTRY) || (f->pin_known && f->pin))
		return false;
	if (f->tag_known && f->tag.present)
		return f->tag_generation < r->full_generation;
	if (f->has_pipeline && f->pipeline.has_job && job_state_active(f->pipeline.job.state))
		return false;
	return f->tag_generation != r->ci_generation;
}
