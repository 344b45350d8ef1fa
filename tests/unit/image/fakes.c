/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/mem.h"
#include "disk.h"
#include "fakes.h"
#include "tests.h"

/* ---- the forge ---- */
enum { PIECE = 64 * 1024 };

static struct fake_forge *fake_of(struct forge *f)
{
	return (struct fake_forge *)f;
}

static bool is_of(const struct fake_file *file, const struct oid *commit)
{
	return !file->commit || file->commit == commit->b[0];
}

/* What a call does at the end of the turn. */
struct fake_job {
	struct fake_forge *f;
	struct forge_call *call;
	void (*run)(void *job);
	struct oid commit;
	char *path;
	size_t left;
	bool breaks;
};

static struct fake_job *job_new(struct forge *f, struct forge_call *c, void (*run)(void *job), const struct oid *commit)
{
	struct fake_job *j = xcalloc(1, sizeof *j);
	*j = (struct fake_job){ .f = fake_of(f), .call = c, .run = run, .commit = *commit };
	forge_call_set_impl(c, j);
	return j;
}

static void job_free(struct fake_job *j)
{
	loop_defer_cancel(j->f->base.loop, j->run, j);
	free(j->path);
	free(j);
}

static void job_end(struct fake_job *j, const struct err *err)
{
	struct forge_call *c = j->call;
	forge_call_set_impl(c, NULL);
	job_free(j);
	forge_call_end(c, err);
}

static void run_file(void *job)
{
	struct fake_job *j = job;
	struct err err = { 0 };
	for (const struct fake_file *file = j->f->files; file->path; file++)
		if (is_of(file, &j->commit) && strcmp(file->path, j->path) == 0) {
			forge_give_bytes(j->call, sv_of(file->text));
			job_end(j, NULL);
			return;
		}
	err_set(&err, ERR_NOT_FOUND, "%s is not there", j->path);
	job_end(j, &err);
}

static void fake_file(struct forge *f, struct forge_call *c, const struct forge_file_query *q)
{
	struct fake_job *j = job_new(f, c, run_file, &q->commit);
	j->path = xstrdup(q->path);
	j->f->n_files++;
	loop_defer(f->loop, run_file, j);
}

static void run_tree(void *job)
{
	struct fake_job *j = job;
	struct err err = { 0 };
	if (j->f->tree_breaks)
		err_set(&err, ERR_DECODE, "object 0101010 is corrupt");
	for (const struct fake_file *file = j->f->files; file->path && !err.code; file++)
		if (is_of(file, &j->commit)) {
			uint64_t hash = hash_bytes(file->text, strlen(file->text));
			struct forge_tree_item i = { .path = file->path, .mode = 0100644 };
			memcpy(i.blob.b, &hash, sizeof hash);
			forge_give_tree(j->call, &i);
		}
	job_end(j, &err);
}

static void fake_tree(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *commit)
{
	(void)p;
	fake_of(f)->n_trees++;
	loop_defer(f->loop, run_tree, job_new(f, c, run_tree, commit));
}

static void run_ids(void *job)
{
	struct fake_job *j = job;
	for (unsigned k = j->commit.b[0]; k <= j->f->last; k++) {
		struct oid o = oid_of((unsigned char)k);
		forge_give_ids(j->call, k - j->commit.b[0], &o, 1, k == j->f->last);
	}
	job_end(j, NULL);
}

static void fake_ids(struct forge *f, struct forge_call *c, const struct forge_commits_query *q)
{
	fake_of(f)->n_walks++;
	loop_defer(f->loop, run_ids, job_new(f, c, run_ids, &q->tip));
}

static void run_tar(void *job)
{
	struct fake_job *j = job;
	static char zeros[PIECE];
	size_t n = MIN_OF(j->left, sizeof zeros);
	struct err err = { 0 };
	if (j->breaks && j->left <= PIECE)
		err_set(&err, ERR_DECODE, "object 0101010 is corrupt");
	if (!n || err.code) {
		job_end(j, &err);
		return;
	}
	j->left -= n;
	forge_give_bytes(j->call, (struct sv){ zeros, n });
}

static void fake_tar(struct forge *f, struct forge_call *c, const struct forge_tar_query *q)
{
	struct fake_job *j = job_new(f, c, run_tar, &q->commit);
	j->left = j->f->tar_bytes;
	j->breaks = j->f->tar_breaks;
	j->f->extra_seen = q->n_extra ? q->extra[0].bytes.len : 0;
}

static void fake_tar_more(struct forge_call *c)
{
	struct fake_job *j = forge_call_impl(c);
	loop_defer(j->f->base.loop, run_tar, j);
}

static void fake_cancel(struct forge_call *c)
{
	struct fake_job *j = forge_call_impl(c);
	forge_call_set_impl(c, NULL);
	if (j)
		job_free(j);
}

static void fake_destroy(struct forge *f)
{
	free(f);
}

struct fake_forge *fake_forge_new(struct loop *l, const struct fake_file *files, unsigned char last)
{
	static const struct forge_ops ops = { .destroy = fake_destroy, .cancel = fake_cancel, .commit_ids = fake_ids, .file = fake_file, .tree = fake_tree,
		.tar = fake_tar, .tar_more = fake_tar_more };
	struct fake_forge *f = xcalloc(1, sizeof *f);
	forge_init(&f->base, &ops, l, "local");
	f->files = files;
	f->last = last;
	f->tar_bytes = 3 * PIECE + 512;
	return f;
}

/* ---- the engine ---- */
struct fake_call {
	struct engine_call base;
	void (*item)(void *ctx, const struct engine_image *i);
	void (*event)(void *ctx, const struct engine_build_event *ev);
	struct engine_build_query q;
	bool context_done;
};

static struct fake_engine *engine_of(struct engine_call *c)
{
	return (struct fake_engine *)c->engine;
}

static void give_tags(void *call)
{
	struct fake_call *c = call;
	struct fake_engine *e = engine_of(&c->base);
	struct err err = { 0 };
	AUTO_HOLD(&c->base);
	if (e->down)
		err_set(&err, ERR_NET, "nothing answers on /var/run/x.sock");
	for (const char *const *t = e->tags; t && *t && !e->down && !c->base.ended; t++) {
		const struct engine_image i = { .id = "sha256:1", .repo_tags = t, .n_repo_tags = 1, .size_bytes = 1000, .created_at_s = 500 };
		c->item(c->base.ctx, &i);
	}
	engine_call_end(&c->base, err.code ? &err : NULL);
}

static void say(struct fake_call *c, int kind, const char *text)
{
	const struct engine_build_event ev = { .kind = kind, .text = sv_of(text), .step = 1, .steps = 2 };
	if (!c->base.ended)
		c->event(c->base.ctx, &ev);
}

static void context_over(struct fake_call *c)
{
	if (c->event && !c->context_done) {
		c->context_done = true;
		engine_of(&c->base)->context_done = true;
		c->q.context_done(c->q.context_ctx);
	}
}

static void read_context(void *call)
{
	struct fake_call *c = call;
	struct fake_engine *e = engine_of(&c->base);
	struct err err = { 0 };
	char piece[4096];
	long n = 0;
	AUTO_HOLD(&c->base);
	while (!c->base.ended && (n = c->q.context_read(c->q.context_ctx, piece, sizeof piece)) > 0)
		e->context_bytes += (size_t)n;
	if (c->base.ended || n == NET_BODY_WAIT)
		return;
	if (n == NET_BODY_FAIL) {
		err_set(&err, ERR_CANCELLED, "the request's body broke off");
		engine_call_end(&c->base, &err);
		return;
	}
	say(c, BUILD_EVENT_BUILDER, "classic");
	say(c, BUILD_EVENT_STEP, "FROM x");
	say(c, BUILD_EVENT_LOG, "Step 1/2 : FROM x\n");
	if (e->build == FAKE_BUILD_HANGS) {
		e->building = true;
		return;
	}
	if (e->build == FAKE_BUILD_FAILS)
		err_set(&err, ERR_FAILED, "The command '/bin/sh -c false' returned a non-zero code: 1");
	if (e->build == FAKE_BUILD_ENGINE_DIES)
		err_set(&err, ERR_NET, "the engine closed the connection");
	engine_call_end(&c->base, err.code ? &err : NULL);
}

static void fake_let_go(struct engine_call *base)
{
	struct fake_call *c = (struct fake_call *)base;
	loop_defer_cancel(base->engine->loop, give_tags, c);
	loop_defer_cancel(base->engine->loop, read_context, c);
	context_over(c);
}

static void fake_call_free(struct engine_call *base)
{
	free(base);
}

static struct fake_call *fake_call_new(struct engine *e, engine_end_fn end, void *ctx)
{
	struct fake_call *c = xcalloc(1, sizeof *c);
	engine_call_init(&c->base, e, end, ctx);
	c->base.let_go = fake_let_go;
	c->base.destroy = fake_call_free;
	return c;
}

static struct engine_call *fake_images(struct engine *e, const char *filter, void (*item)(void *, const struct engine_image *), engine_end_fn end, void *ctx)
{
	struct fake_call *c = fake_call_new(e, end, ctx);
	(void)filter;
	((struct fake_engine *)e)->n_images++;
	c->item = item;
	loop_defer(e->loop, give_tags, c);
	return &c->base;
}

static struct engine_call *fake_build(struct engine *e, const struct engine_build_query *q, void (*event)(void *, const struct engine_build_event *), engine_end_fn end, void *ctx)
{
	struct fake_call *c = fake_call_new(e, end, ctx);
	struct fake_engine *fake = (struct fake_engine *)e;
	c->event = event;
	c->q = *q;
	fake->context_bytes = 0;
	fake->context_done = false;
	snprintf(fake->label_revision, sizeof fake->label_revision, "%s", q->labels[0].value);
	snprintf(fake->ref, sizeof fake->ref, "%s", q->ref);
	loop_defer(e->loop, read_context, c);
	return &c->base;
}

static void fake_body_ready(struct engine_call *base)
{
	loop_defer_cancel(base->engine->loop, read_context, base);
	loop_defer(base->engine->loop, read_context, base);
}

static void fake_engine_free(struct engine *e)
{
	engine_fini(e);
	free(e);
}

struct fake_engine *fake_engine_new(struct loop *l, const char *const *tags)
{
	static const struct engine_ops ops = { .free = fake_engine_free, .images = fake_images, .build = fake_build, .body_ready = fake_body_ready };
	struct fake_engine *e = xcalloc(1, sizeof *e);
	engine_init(&e->base, &ops, l, "fake");
	e->tags = tags;
	return e;
}
