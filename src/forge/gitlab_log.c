/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A job's log as it grows. The host gives the whole of it each time and knows no ranges, so each answer is read through: what was
 * given before is only hashed, and where its hash is the same, the rest is new. Nothing is kept but the hash and how far it
 * reaches. A body that is shorter than before is no log (the host is moving it to its archive) until the last looks say so, too.
 */
#include "forge/gitlab.h"

enum phase { FOLLOW, FINAL /* the job has ended */, RETRIES /* is there a newer try? */, LAST /* once more: archived */ };
enum { MAX_WAIT_MS = 60000, QUIET_LOOKS = 2, SETTLED_S = 60 /* after a job's end: its log is whole by then */ };
#define HASH_START 14695981039346656037u

struct log_op {
	struct op op;
	uint64_t id;
	bool once, have_job, closing;
	enum phase phase;
	struct job job;
	struct op_request *asked_job;
	struct net_api_call *trace;
	char *etag, *next_etag;
	uint64_t given, hash;         /* bytes given, and their hash */
	uint64_t seen, running;       /* of the body that is coming */
	bool grew, unchanged;
	unsigned quiet, shorter, failures;
	uint64_t job_at_ms, trace_at_ms; /* when next; 0: not planned */
	int64_t grown_at_s;
	char *trouble;
};

static void log_tick(void *ctx);
static void trace_ask(struct log_op *x);
static void log_step(struct log_op *x);

static void log_fini_op(struct op *op)
{
	struct log_op *x = (struct log_op *)op;

	x->closing = true;
	net_api_cancel(x->trace);
	job_fini(&x->job);
	free(x->etag);
	free(x->next_etag);
	free(x->trouble);
}

static uint64_t hash_more(uint64_t h, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 1099511628211u;
	return h;
}

static uint64_t now_ms(const struct log_op *x) { return loop_now_ms(x->op.g->forge.loop); }

static void log_tell(struct log_op *x, bool whole)
{
	const struct forge_log_state s = { .job = &x->job, .bytes = x->given, .grown_at_s = x->grown_at_s, .whole = whole, .trouble = x->trouble };

	if (x->have_job)
		forge_give_log_state(x->op.call, &s);
}

static void log_whole(struct log_op *x)
{
	log_tell(x, job_state_finished(x->job.state));
	op_end(&x->op, NULL);
}

static void trouble_is(struct log_op *x, const char *text)
{
	bool same = text == x->trouble || (text && x->trouble && !strcmp(text, x->trouble));

	if (same)
		return;
	str_replace(&x->trouble, text);
	log_tell(x, false);
}

static void log_schedule(struct log_op *x)
{
	uint64_t job = x->asked_job ? 0 : x->job_at_ms, trace = x->trace ? 0 : x->trace_at_ms, now = now_ms(x);
	uint64_t at = job && trace ? MIN_OF(job, trace) : MAX_OF(job, trace);

	if (at && forge_call_alive(x->op.call))
		op_timer(&x->op, at > now ? at - now : 0, log_tick);
}

/* Refusals are for good; everything else is tried again, ever more slowly. True: the op is gone. */
static bool log_failed(struct log_op *x, const struct net_answer *a, const struct err *err, uint64_t *at_ms)
{
	bool for_good = err->code == ERR_AUTH || err->code == ERR_DENIED || err->code == ERR_NOT_FOUND || x->once;
	uint64_t wait = (uint64_t)x->op.g->poll_ms << MIN_OF(x->failures, 5u);

	if (for_good) {
		op_fail(&x->op, a, err);
		return true;
	}
	x->failures++;
	*at_ms = now_ms(x) + MIN_OF(wait, (uint64_t)MAX_WAIT_MS);
	trouble_is(x, err->text);
	return false;
}

/* ---- the log ---------------------------------------------------------------------------------------------------------------------- */
static void log_anew(struct log_op *x)
{
	forge_give_rewritten(x->op.call);
	x->given = x->seen = 0;
	x->hash = x->running = HASH_START;
	x->shorter = x->quiet = 0;
	str_replace(&x->etag, NULL);
}

static void trace_head(void *ctx, const struct net_answer *a)
{
	struct log_op *x = ctx;

	x->unchanged = a->unchanged;
	str_replace(&x->next_etag, net_header_get(&a->response, "etag"));
}

static void trace_data(void *ctx, struct sv bytes)
{
	struct log_op *x = ctx;

	if (x->closing || !x->trace || !forge_call_alive(x->op.call))
		return;
	if (x->seen < x->given) {
		size_t n = (size_t)MIN_OF(bytes.len, x->given - x->seen);
		x->running = hash_more(x->running, bytes.p, n);
		x->seen += n;
		bytes = (struct sv){ bytes.p + n, bytes.len - n };
		if (x->seen == x->given && x->running != x->hash) {
			struct net_api_call *old = x->trace;
			x->trace = NULL; /* its end is nobody's */
			net_api_cancel(old);
			log_anew(x);
			trace_ask(x);
			return;
		}
	}
	if (!bytes.len)
		return;
	x->hash = x->running = hash_more(x->running, bytes.p, bytes.len);
	x->seen = x->given = x->given + bytes.len;
	x->grew = true;
	x->grown_at_s = clock_wall_s();
	forge_give_bytes(x->op.call, bytes);
}

static void trace_ended_well(struct log_op *x)
{
	bool shorter = !x->unchanged && x->seen < x->given;

	x->failures = 0;
	if (shorter && x->phase != FOLLOW && ++x->shorter > 1) {
		log_anew(x);
		trace_ask(x);
		return;
	}
	if (!shorter && !x->unchanged) {
		free(x->etag);
		x->etag = x->next_etag;
		x->next_etag = NULL;
		x->shorter = 0;
	}
	x->quiet = x->grew ? 0 : x->quiet + 1;
	bool tell = x->grew || x->trouble;
	str_replace(&x->trouble, NULL);
	if (tell)
		log_tell(x, false);
	log_step(x);
}

static void trace_ended(void *ctx, const struct err *err)
{
	struct log_op *x = ctx;

	if (x->closing || !x->trace)
		return;
	x->trace = NULL;
	if (!forge_call_alive(x->op.call))
		return;
	if (err && err->code == ERR_NOT_FOUND)
		err = NULL; /* no log yet */
	if (!err)
		trace_ended_well(x);
	else if (!log_failed(x, NULL, err, &x->trace_at_ms))
		log_schedule(x);
}

static void trace_ask(struct log_op *x)
{
	static const struct net_piece_events events = { .on_head = trace_head, .on_data = trace_data, .on_end = trace_ended };
	AUTO_STR path = xasprintf("%s/jobs/%llu/trace", x->op.base, (unsigned long long)x->id);
	const struct net_header header = { "If-None-Match", x->etag };
	const struct net_api_request q = { .path = path, .headers = &header, .n_headers = x->etag != NULL, .any_type = true };

	if (!forge_call_alive(x->op.call))
		return;
	x->trace_at_ms = 0;
	x->seen = 0;
	x->running = HASH_START;
	x->grew = x->unchanged = false;
	x->trace = net_api_open(x->op.g->api, &q, &events, x);
}

/* ---- the job ---------------------------------------------------------------------------------------------------------------------- */
static void job_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct log_op *x = (struct log_op *)op;
	AUTO_JSON j = err ? NULL : json_read(a->response.body, GITLAB_MAX_ANSWER, NULL);
	struct err bad = { 0 };
	struct job job;

	x->asked_job = NULL;
	if (!err && !gitlab_job(j, &job))
		err_set(&bad, ERR_DECODE, "%s did not answer with a job", op->g->url);
	if (err || bad.code) {
		if (!log_failed(x, a, err ? err : &bad, &x->job_at_ms))
			log_schedule(x);
		return;
	}
	bool first = !x->have_job, changed = first || job.state != x->job.state;
	bool told = changed || (job.failure_reason && !x->job.failure_reason);
	job_fini(&x->job);
	x->job = job;
	x->have_job = true;
	if (x->trouble && !x->failures)
		str_replace(&x->trouble, NULL);
	if (told)
		log_tell(x, false);
	if (changed && !first && x->phase == FOLLOW && !x->trace)
		x->trace_at_ms = now_ms(x);
	log_step(x);
}

static void job_ask(struct log_op *x)
{
	AUTO_STR path = xasprintf("%s/jobs/%llu", x->op.base, (unsigned long long)x->id);

	x->job_at_ms = 0;
	x->asked_job = op_get(&x->op, path, job_got);
}

static bool settled(const struct log_op *x)
{
	return job_state_finished(x->job.state) && x->job.ended_at_s && x->job.ended_at_s + SETTLED_S < clock_wall_s();
}

/* ---- a newer try of the same job --------------------------------------------------------------------------------------------------- */
static void retries_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct log_op *x = (struct log_op *)op;
	AUTO_JSON list = err ? NULL : json_read(a->response.body, GITLAB_MAX_ANSWER, NULL);
	struct job newest = { 0 }, job;

	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!gitlab_job(json_array_get(list, i), &job))
			continue;
		bool later = job.name && x->job.name && !strcmp(job.name, x->job.name) && job.id > MAX_OF(x->id, newest.id);
		job_fini(later ? &newest : &job);
		if (later)
			newest = job;
	}
	x->phase = LAST;
	if (newest.id) {
		job_fini(&x->job);
		x->job = newest;
		x->id = newest.id;
		x->phase = FOLLOW;
		x->grown_at_s = 0;
		log_anew(x);
		log_tell(x, false);
		x->job_at_ms = x->trace_at_ms = now_ms(x);
		log_schedule(x);
		return;
	}
	if (settled(x)) {
		log_whole(x);
		return;
	}
	x->trace_at_ms = now_ms(x) + (uint64_t)x->op.g->poll_ms * 5 / 3;
	log_schedule(x);
}

/* ---- what comes next ---------------------------------------------------------------------------------------------------------------- */
static void follow_step(struct log_op *x)
{
	uint64_t now = now_ms(x), poll = x->op.g->poll_ms;
	bool sleeps = x->job.state == JOB_MANUAL || x->job.state == JOB_SCHEDULED;

	if (!x->asked_job && !x->job_at_ms)
		x->job_at_ms = now + (sleeps ? 5 * poll : poll);
	if (!x->trace && !x->trace_at_ms && job_state_active(x->job.state) && (job_state_runs(x->job.state) || x->job.state == JOB_OTHER || x->given))
		x->trace_at_ms = now + (x->quiet >= QUIET_LOOKS ? 5 * poll : 5 * poll / 3);
	log_schedule(x);
}

static void log_step(struct log_op *x)
{
	bool waits = x->trace || (x->trace_at_ms && (x->phase != FOLLOW || x->once));

	if (!forge_call_alive(x->op.call))
		return;
	if (!x->have_job || waits) {
		log_schedule(x);
		return;
	}
	if (x->once) {
		log_whole(x);
		return;
	}
	if (x->phase == FOLLOW && job_state_finished(x->job.state)) {
		x->phase = FINAL;
		x->job_at_ms = 0;
		if (!settled(x)) {
			trace_ask(x); /* what came so far may have been read before the job's end */
			return;
		}
	}
	if (x->phase == FINAL) {
		x->phase = RETRIES;
		AUTO_STR path = xasprintf("%s/pipelines/%llu/jobs?per_page=100", x->op.base, (unsigned long long)x->job.pipeline_id);
		if (x->job.pipeline_id)
			op_get(&x->op, path, retries_got);
		else
			retries_got(&x->op, NULL, &(struct err){ .code = ERR_NOT_FOUND });
		return;
	}
	if (x->phase == LAST) {
		log_whole(x);
		return;
	}
	if (x->phase == FOLLOW)
		follow_step(x);
}

static void log_tick(void *ctx)
{
	struct log_op *x = ctx;
	uint64_t now = now_ms(x);

	if (x->job_at_ms && x->job_at_ms <= now && !x->asked_job)
		job_ask(x);
	if (x->trace_at_ms && x->trace_at_ms <= now && !x->trace)
		trace_ask(x);
	log_schedule(x);
}

void gitlab_job_log(struct forge *f, struct forge_call *c, const struct forge_log_query *q)
{
	struct log_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_READ);

	x->op.fini = log_fini_op;
	x->id = q->job;
	x->once = q->once;
	x->hash = x->running = HASH_START;
	if (q->known && q->known->id == q->job)
		job_dup(&x->job, q->known);
	x->have_job = settled(x);
	x->phase = x->have_job ? LAST : FOLLOW;
	if (!x->have_job)
		job_ask(x);
	trace_ask(x);
}
