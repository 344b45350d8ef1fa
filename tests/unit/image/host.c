/* SPDX-License-Identifier: GPL-3.0-or-later */
/* States of images that a host builds: from its pipelines and its registry, and in how many requests. */
#include "berth/mem.h"
#include "disk.h"
#include "fakes.h"
#include "tests.h"

enum { FIRST_JOB = 1, NO_PIPELINE = 20, NO_JOB, WRONG_FILE, REASONED, ROWS_END };

/* ---- a host: the fake forge, with CI and a registry ---- */
struct pending { struct forge_call *call; struct oid commits[40]; size_t n; };
static struct host {
	struct forge_ops ops, base;
	struct loop *loop;
	struct pending pipelines, tags;
	unsigned n_pipelines, n_tags;
	bool has_tag;
} host;

static void give_pipeline(struct forge_call *c, const struct oid *commit)
{
	unsigned n = commit->b[0];
	if (n == NO_PIPELINE)
		return;
	enum job_state state = n == REASONED ? JOB_FAILED : n < JOB_STATE_COUNT_ ? (enum job_state)n : JOB_SUCCESS;
	struct pipeline p = { .id = 100 + n, .commit = *commit, .has_job = n != NO_JOB && n != WRONG_FILE };
	p.problem = n == WRONG_FILE ? (char[]){ "jobs config should contain at least one visible job" } : NULL;
	p.job = (struct job){ .id = 1000 + n, .name = (char[]){ "image_build" }, .state = state, .started_at_s = 1000, .ended_at_s = state == JOB_SUCCESS ? 1090 : 0,
		.failure_reason = n == REASONED ? (char[]){ "runner_system_failure" } : NULL };
	forge_give_pipeline(c, &p);
}

static void run_pipelines(void *pending)
{
	struct pending *p = pending;
	struct forge_call *c = p->call;
	for (size_t i = 0; i < p->n; i++)
		give_pipeline(c, &p->commits[i]);
	p->call = NULL;
	forge_call_set_impl(c, NULL);
	forge_call_end(c, NULL);
}

static void run_tags(void *pending)
{
	struct pending *p = pending;
	struct forge_call *c = p->call;
	const struct registry_tag t = { .name = (char[]){ "0707070" }, .ref = (char[]){ "r.example/flights:0707070" }, .digest = (char[]){ "sha256:77" },
		.size_bytes = 4000, .present = host.has_tag };
	p->call = NULL;
	forge_call_set_impl(c, NULL);
	forge_give_tag(c, &t);
	forge_call_end(c, NULL);
}

static void pipelines(struct forge *f, struct forge_call *c, const struct forge_pipelines_query *q)
{
	host.n_pipelines++;
	host.pipelines.call = c;
	host.pipelines.n = q->n_commits;
	memcpy(host.pipelines.commits, q->commits, q->n_commits * sizeof *q->commits);
	forge_call_set_impl(c, &host.pipelines);
	loop_defer(f->loop, run_pipelines, &host.pipelines);
}

static void registry_tags(struct forge *f, struct forge_call *c, const struct forge_tags_query *q)
{
	assert_int_equal(q->n_tags, 1);
	host.n_tags++;
	host.tags.call = c;
	forge_call_set_impl(c, &host.tags);
	loop_defer(f->loop, run_tags, &host.tags);
}

static void cancel(struct forge_call *c)
{
	void *impl = forge_call_impl(c);
	if (impl == &host.pipelines)
		loop_defer_cancel(host.loop, run_pipelines, impl);
	else if (impl == &host.tags)
		loop_defer_cancel(host.loop, run_tags, impl);
	else
		host.base.cancel(c);
}

/* ---- asking ---- */
struct told { enum image_state state; char *reason, *ref; uint32_t typical; bool has_job; };
static struct told got[256];
static bool ended;

static void on_item(void *ctx, const struct image *i)
{
	(void)ctx;
	struct told *t = &got[i->commit.b[0]];
	free(t->reason);
	free(t->ref);
	*t = (struct told){ i->state, xstrdup(i->reason), xstrdup(i->ref), i->typical_build_s, i->has_job };
}

static void on_end(void *ctx, const struct err *err)
{
	(void)ctx;
	assert_null(err);
	ended = true;
}

static const struct fake_file files[] = { { 0, "Dockerfile", "FROM x\nCOPY a /\n" }, { 0, "a", "b" }, { 0 } };
static struct fake_forge *forge;
static struct fake_engine *engine;
static struct image_resolver *resolver;

static void open_host(const char *const *tags)
{
	struct project p = { .forge = (char[]){ "host" }, .path = (char[]){ "flights" }, .image_prefix = (char[]){ "r.example/flights" } };
	host = (struct host){ .loop = loop_new() };
	forge = fake_forge_new(host.loop, files, ROWS_END);
	host.base = host.ops = *forge->base.ops;
	host.ops.caps = FORGE_HAS_JOBS | FORGE_HAS_REGISTRY;
	host.ops.pipelines = pipelines;
	host.ops.registry_tags = registry_tags;
	host.ops.cancel = cancel;
	forge->base.ops = &host.ops;
	engine = fake_engine_new(host.loop, tags);
	resolver = image_resolver_new(&forge->base, &engine->base, &p);
}

static void close_host(void)
{
	image_resolver_free(resolver);
	engine_free(&engine->base);
	forge_free(&forge->base);
	loop_free(host.loop);
	for (size_t i = 0; i < ARRAY_LEN(got); i++) {
		free(got[i].reason);
		free(got[i].ref);
		got[i] = (struct told){ 0 };
	}
}

static void ask(unsigned first, unsigned last)
{
	struct oid commits[40];
	size_t n = 0;
	for (unsigned c = first; c <= last; c++)
		commits[n++] = oid_of((unsigned char)c);
	ended = false;
	image_resolve(resolver, commits, n, on_item, on_end, NULL);
	turn_until(host.loop, &ended);
}

void every_job_state_is_an_image_state(void **state)
{
	static const char *const tags[] = { NULL };
	static const struct { unsigned commit; enum image_state state; const char *words; } wanted[] = {
		{ JOB_CREATED, IMAGE_QUEUED, "earlier jobs" }, { JOB_WAITING_FOR_RESOURCE, IMAGE_QUEUED, "resource" }, { JOB_PREPARING, IMAGE_QUEUED, "prepared" },
		{ JOB_WAITING_FOR_CALLBACK, IMAGE_QUEUED, "elsewhere" }, { JOB_PENDING, IMAGE_QUEUED, "runner" }, { JOB_RUNNING, IMAGE_BUILDING, "runs" },
		{ JOB_SUCCESS, IMAGE_AVAILABLE, "passed" }, { JOB_FAILED, IMAGE_FAILED, "the log says why" }, { JOB_CANCELING, IMAGE_BUILDING, "being canceled" },
		{ JOB_CANCELED, IMAGE_CANCELED, "canceled" }, { JOB_SKIPPED, IMAGE_SKIPPED, "skipped" }, { JOB_MANUAL, IMAGE_MANUAL, "somebody" },
		{ JOB_SCHEDULED, IMAGE_SCHEDULED, "later" }, { NO_PIPELINE, IMAGE_NONE, "no pipeline ran" }, { NO_JOB, IMAGE_NONE, "no job image_build" },
		{ WRONG_FILE, IMAGE_FAILED, "at least one visible job" }, { REASONED, IMAGE_FAILED, "runner" },
	};
	(void)state;
	open_host(tags);
	ask(FIRST_JOB, ROWS_END - 1);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const struct told *t = &got[wanted[i].commit];
		if (t->state != wanted[i].state || !t->reason || !strstr(t->reason, wanted[i].words))
			fail_msg("commit %u: %s, '%s'", wanted[i].commit, image_state_name(t->state), t->reason ? t->reason : "");
	}
	assert_int_equal(got[JOB_RUNNING].typical, 90);
	/* All rows are one request; the first alone is asked about more. */
	assert_int_equal(host.n_pipelines, 1);
	assert_true(host.n_tags <= 1 && forge->n_files <= 2);
	image_resolver_forget_jobs(resolver);
	ask(FIRST_JOB, ROWS_END - 1);
	assert_int_equal(host.n_pipelines, 2);
	close_host();
}

void the_registry_is_asked_about_what_is_looked_at(void **state)
{
	static const char *const tags[] = { NULL };
	(void)state;
	open_host(tags);
	host.has_tag = true;
	ask(JOB_SUCCESS, JOB_SUCCESS + 2);
	assert_int_equal(host.n_tags, 1);
	assert_int_equal(got[JOB_SUCCESS].state, IMAGE_AVAILABLE);
	assert_string_equal(got[JOB_SUCCESS].ref, "r.example/flights:0707070");
	assert_null(got[JOB_SUCCESS].reason);
	image_resolver_forget_jobs(resolver); /* a tag that is there stays there */
	ask(JOB_SUCCESS, JOB_SUCCESS + 2);
	assert_int_equal(host.n_tags, 1);
	close_host();
	open_host(tags);
	ask(JOB_SUCCESS, JOB_SUCCESS);
	assert_int_equal(host.n_tags, 1);
	assert_int_not_equal(got[JOB_SUCCESS].state, IMAGE_AVAILABLE);
	close_host();
}

void the_engine_goes_before_the_host(void **state)
{
	static const char *const pulled[] = { "r.example/flights:0808080", NULL }, *const built[] = { "berth/flights:0808080", NULL };
	(void)state;
	open_host(pulled);
	ask(JOB_FAILED, JOB_FAILED);
	assert_int_equal(got[JOB_FAILED].state, IMAGE_READY);
	assert_string_equal(got[JOB_FAILED].ref, pulled[0]);
	close_host();
	open_host(built);
	ask(JOB_FAILED, JOB_FAILED);
	assert_int_equal(got[JOB_FAILED].state, IMAGE_READY);
	assert_string_equal(got[JOB_FAILED].ref, built[0]);
	close_host();
}
