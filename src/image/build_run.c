/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One build, in the process that does it: lock, record, environment, engine, last words. It ends by run_end() alone, which
 * writes the record and tells the owner; the memory goes when nobody below can call back any more.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "berth/text.h"
#include "image/build_log.h"
#include "image/context.h"
#include "image/environment.h"
#include "image/record.h"

enum { WRITE_EVERY_MS = 300, RESERVE_BYTES = 16 * 1024 };

struct build_run {
	struct loop *loop;
	struct forge *forge;
	struct engine *engine;
	struct project project;
	struct record rec;
	struct build_log log;
	int lock;
	bool mine;                     /* the lock is ours, so the record is */
	bool cancelled, ended;
	unsigned holds;                /* functions under way that go on after a callback */
	struct err cause;              /* what the forge failed with while the engine built */
	struct loop_signal *term;
	struct loop_timer *write_timer; /* a step is to be written down soon */
	struct environment_load *env;
	struct engine_call *build;
	struct context *context;       /* ours until the engine says context_done */
	struct build_run_events ev;
	void *ctx;
};

/* ---- the end ---- */
static void run_release(struct build_run *r)
{
	if (--r->holds || !r->ended || r->build || r->context)
		return;
	project_fini(&r->project);
	record_fini(&r->rec);
	free(r);
}

static void reserve_path_do(const struct build_run *r, bool give_back)
{
	AUTO_STR path = build_file(r->rec.b.id, "reserve");
	if (give_back) {
		unlink(path);
		return;
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (posix_fallocate(fd, 0, RESERVE_BYTES)) {
		/* nothing to reserve: the disk is full already, and the record will say so if it can */
	}
	close(fd);
}

static const char *hint_for(const struct err *err)
{
	switch (err->code) {
	case ERR_NET:
	case ERR_TIMEOUT: return "See that the engine runs, then build again.";
	case ERR_NO_SPACE: return "Make room (docker system df shows who takes it), then build again.";
	case ERR_AUTH:
	case ERR_DENIED: return "Log in where the base image comes from (docker login), or take another, then build again.";
	case ERR_NOT_FOUND: return "See that the commit and all it needs are still there, then build again.";
	default: return "The last lines of the log say why. Correct it in a new commit, or build this one again.";
	}
}

/* The result in words, in the record and as the log's last line. */
static void run_record_result(struct build_run *r, const struct err *err)
{
	struct build *b = &r->rec.b;
	AUTO(buf_fini) struct buf took = BUF_INIT;
	b->ended_at_s = clock_wall_s();
	b->pid = 0;
	text_add_duration(&took, b->ended_at_s - b->started_at_s);
	if (!err) {
		b->state = BUILD_DONE;
		build_log_say(&r->log, "built %s in %s", b->image_ref, buf_str(&took));
	} else if (r->cancelled) {
		b->state = BUILD_CANCELED;
		build_log_say(&r->log, "canceled after %s; no image was made", buf_str(&took));
	} else {
		b->state = BUILD_FAILED;
		str_replace(&b->error, err->text);
		str_replace(&b->hint, err->hint[0] ? err->hint : hint_for(err));
		build_log_say(&r->log, "the build failed after %s: %s", buf_str(&took), b->error);
	}
	if (r->log.failed && !b->hint) {
		struct err e = { 0 };
		err_set_errno(&e, r->log.failed, "its log is not whole");
		str_replace(&b->hint, e.text);
	}
}

static void run_end(struct build_run *r, const struct err *err)
{
	struct err copy = { 0 };
	if (r->ended)
		return;
	r->holds++;
	r->ended = true;
	if (r->cancelled)
		err_set(&copy, ERR_CANCELLED, "the build was canceled");
	else
		err_copy(&copy, err);
	loop_timer_stop(r->write_timer);
	loop_signal_unwatch(r->term);
	environment_load_cancel(r->env);
	if (r->context)
		context_stop(r->context);
	if (r->mine) {
		struct err failed = { 0 };
		run_record_result(r, copy.code ? &copy : NULL);
		build_log_close(&r->log);
		reserve_path_do(r, /* give_back= */ true);
		if (record_write(&r->rec, &failed) < 0 && !copy.code)
			copy = failed;
		close(r->lock);
		builds_touch();
	}
	if (r->ev.on_end)
		r->ev.on_end(r->ctx, copy.code ? &copy : NULL);
	if (r->build)
		engine_cancel(r->build);
	run_release(r);
}

/* ---- the engine ---- */
static void write_record(void *run)
{
	struct build_run *r = run;
	loop_timer_stop(r->write_timer);
	r->write_timer = NULL;
	record_write(&r->rec, NULL);
}

static void write_soon(struct build_run *r)
{
	if (!r->write_timer)
		r->write_timer = loop_timer_start(r->loop, WRITE_EVERY_MS, 0, write_record, r);
}

static void build_event(void *run, const struct engine_build_event *ev)
{
	struct build_run *r = run;
	if (r->ended)
		return;
	switch (ev->kind) {
	case BUILD_EVENT_LOG:
		build_log_add(&r->log, ev->text);
		if (r->ev.on_log)
			r->ev.on_log(r->ctx, ev->text);
		break;
	case BUILD_EVENT_STEP:
		r->rec.b.step = ev->step;
		r->rec.b.steps = ev->steps;
		write_soon(r);
		if (r->ev.on_step)
			r->ev.on_step(r->ctx, ev->step, ev->steps, ev->text);
		break;
	case BUILD_EVENT_BUILDER:
		free(r->rec.b.builder);
		r->rec.b.builder = sv_dup(ev->text);
		build_log_say(&r->log, "the builder is %s", r->rec.b.builder);
		write_soon(r);
		break;
	case BUILD_EVENT_IMAGE:
		break;
	}
}

static void build_end(void *run, const struct err *err)
{
	struct build_run *r = run;
	const struct err *cause = r->context ? context_error(r->context) : r->cause.code ? &r->cause : NULL;
	struct err e = { 0 };
	r->holds++;
	r->build = NULL;
	/* What the forge failed with is the cause; the engine only saw a broken context. */
	if (err && cause) {
		e = *cause;
		err_prefix(&e, "the commit's files can't be read");
	} else {
		err_copy(&e, err);
	}
	run_end(r, e.code ? &e : NULL);
	run_release(r);
}

static long run_context_read(void *run, char *p, size_t room)
{
	struct build_run *r = run;
	return r->context ? context_read(r->context, p, room) : NET_BODY_FAIL;
}

static void run_context_done(void *run)
{
	struct build_run *r = run;
	struct context *c = r->context;
	r->holds++;
	r->context = NULL;
	if (c) {
		err_copy(&r->cause, context_error(c));
		context_done(c);
	}
	run_release(r);
}

static void context_ready(void *run)
{
	struct build_run *r = run;
	if (r->build && !r->ended)
		engine_build_context_ready(r->build);
}

static void run_build(struct build_run *r, const struct environment *e)
{
	AUTO(buf_fini) struct buf now = BUF_INIT, fingerprint = BUF_INIT;
	char sha[OID_HEX + 1];
	const struct build *b = &r->rec.b;
	oid_hex(&b->commit, sha);
	buf_add_rfc3339(&now, clock_wall_s());
	buf_addf(&fingerprint, "%016llx", (unsigned long long)e->fingerprint);
	const struct net_header labels[] = {
		{ "org.opencontainers.image.revision", sha }, { "org.opencontainers.image.title", r->project.name },
		{ "org.opencontainers.image.created", buf_str(&now) }, { "io.berth.project", b->project }, { "io.berth.forge", b->forge },
		{ "io.berth.fingerprint", buf_str(&fingerprint) },
	};
	AUTO_STR made = e->generated ? sv_dup(e->dockerfile) : NULL;
	const struct context_query files = { &r->project, b->commit, made };
	r->context = context_open(r->forge, &files, context_ready, r);
	const struct engine_build_query q = {
		.ref = b->image_ref, .dockerfile = "Dockerfile", .labels = labels, .n_labels = ARRAY_LEN(labels),
		.no_cache = r->rec.no_cache, .classic = r->rec.classic,
		.context_read = run_context_read, .context_done = run_context_done, .context_ctx = r,
	};
	r->holds++; /* it may read the context, and be done with it, before the handle is known */
	r->build = engine_build(r->engine, &q, build_event, build_end, r);
	run_release(r);
}

static void env_done(void *run, const struct environment *e, const struct err *err)
{
	struct build_run *r = run;
	r->env = NULL;
	if (err) {
		struct err copy = *err;
		err_prefix(&copy, "the commit's files can't be read");
		run_end(r, &copy);
		return;
	}
	if (!e->generated)
		build_log_say(&r->log, "with the Dockerfile of the commit, on engine %s%s", engine_name(r->engine),
		              r->rec.no_cache ? ", nothing from the cache" : "");
	else
		build_log_say(&r->log, "the commit has no Dockerfile: one is made from %s; on engine %s",
		              e->made_from[0] ? e->made_from : "berth's template alone", engine_name(r->engine));
	run_build(r, e);
}

/* ---- the beginning ---- */
static void run_term(void *run, int signo)
{
	(void)signo;
	build_run_cancel(run);
}

static bool cancel_is_asked(const struct build_run *r)
{
	AUTO_STR path = build_file(r->rec.b.id, "cancel");
	return !access(path, F_OK);
}

/* The lock first: from then on the record is ours. */
static int run_take(struct build_run *r, const char *id, struct err *reterr)
{
	int n = record_read_raw(id, &r->rec, reterr);
	if (n < 0)
		return n;
	AUTO_STR lock = build_file(id, "lock");
	if (r->lock < 0)
		r->lock = lock_take(lock, /* wait= */ false, reterr);
	if (r->lock < 0)
		return r->lock;
	record_fini(&r->rec); /* as it is now that nobody else writes it */
	n = record_read_raw(id, &r->rec, reterr);
	if (!n && !build_is_active(&r->rec.b))
		n = err_set(reterr, ERR_CONFLICT, "build %s has ended already: %s", id, build_state_name(r->rec.b.state));
	if (n < 0) {
		close(r->lock);
		r->lock = -1;
		return n;
	}
	r->mine = true;
	reserve_path_do(r, /* give_back= */ false);
	r->rec.b.state = BUILD_RUNNING;
	r->rec.b.pid = (int)getpid();
	r->rec.b.started_at_s = clock_wall_s();
	str_replace(&r->rec.b.engine, engine_name(r->engine));
	n = build_log_open(&r->log, r->rec.b.log_path, reterr);
	return n < 0 ? n : record_write(&r->rec, reterr);
}

static void run_begin(void *run)
{
	struct build_run *r = run;
	struct err err = { 0 };
	char sha[OID_HEX + 1];
	AUTO_STR id = r->rec.b.id;
	r->rec.b.id = NULL;
	if (run_take(r, id, &err) < 0) {
		run_end(r, &err);
		return;
	}
	oid_hex(&r->rec.b.commit, sha);
	build_log_say(&r->log, "building %s from commit %s of %s", r->rec.b.image_ref, sha, r->rec.b.project);
	if (cancel_is_asked(r))
		r->cancelled = true;
	if (r->cancelled)
		run_end(r, NULL);
	else
		r->env = environment_load(r->forge, &r->project, &r->rec.b.commit, env_done, r);
}

struct build_run *build_run_start(struct loop *l, struct forge *f, struct engine *e, const struct project *p, const char *id,
                                  const struct build_run_events *ev, void *ctx)
{
	struct build_run *r = xcalloc(1, sizeof *r);
	r->loop = l;
	r->forge = f;
	r->engine = e;
	r->lock = r->log.fd = -1;
	r->rec.b.id = xstrdup(id);
	project_dup(&r->project, p);
	if (ev)
		r->ev = *ev;
	r->ctx = ctx;
	r->term = loop_signal_watch(l, SIGTERM, run_term, r);
	loop_defer(l, run_begin, r);
	return r;
}

void build_run_hand_lock(struct build_run *r, int lock)
{
	r->lock = lock;
}

void build_run_cancel(struct build_run *r)
{
	if (!r || r->ended)
		return;
	r->cancelled = true;
	if (r->mine)
		run_end(r, NULL); /* else run_begin, which is still to come, sees it */
}
