/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a commit has no image: the log of its newest build is diagnosed, the nearest commit before it that has an image is looked for,
 * and the environments of the two are compared. Only the log has to be there; without the rest the answer is shorter.
 */
#include "app/app_impl.h"

enum { HISTORY_MAX = 100 };

struct why {
	struct app *app;
	struct ask *ask;
	bool of_file;                  /* a log alone: there is no commit to compare with */
	struct oid commit;
	char *reason;                  /* the job's failure_reason; NULL: none */
	bool succeeded;
	struct diagnosing *diagnosing;
	struct diagnosis diagnosis;
	struct app_log *log;
	struct forge_call *history;
	struct oid ids[HISTORY_MAX];
	size_t n_ids, nearest;         /* nearest: n_ids when none of them has an image */
	struct image_resolver *resolver;
	struct environment_compare *compare;
	VEC(struct environment_file) files; /* path and diff owned */
	bool gone;                     /* the app closes: what ends now only frees */
};

static void why_free(void *why)
{
	struct why *w = why;
	for (size_t i = 0; i < w->files.len; i++) {
		free((char *)(uintptr_t)w->files.items[i].path);
		free((char *)(uintptr_t)w->files.items[i].diff);
	}
	VEC_FINI(&w->files);
	diagnosing_free(w->diagnosing);
	diagnosis_fini(&w->diagnosis);
	image_resolver_free(w->resolver);
	free(w->reason);
	free(w);
}

static void why_end(struct why *w, const struct err *err)
{
	struct ask *k = w->ask;
	struct err copy = err ? *err : (struct err){ 0 };
	if (!err && ask_heard(k)) {
		struct app_why answer = { .diagnosis = &w->diagnosis, .succeeded = w->succeeded, .base = w->nearest < w->n_ids ? &w->ids[w->nearest] : NULL, .files = w->files.items, .n_files = w->files.len };
		k->got.why(k->ctx, &answer);
	}
	why_free(w);
	ask_end(k, err ? &copy : NULL);
}

/* ---- the environments ---- */
static void file_differs(void *why, const struct environment_file *e)
{
	struct why *w = why;
	struct environment_file copy = { xstrdup(e->path), xstrdup(e->diff), e->change };
	VEC_PUSH(&w->files, copy);
}

static void compared(void *why, const struct err *err)
{
	struct why *w = why;
	w->compare = NULL;
	(void)err;                     /* then nothing is said of the files */
	why_end(w, NULL);
}

/* ---- the nearest image ---- */
static void image_known(void *why, const struct image *i)
{
	struct why *w = why;
	if (i->state != IMAGE_READY && i->state != IMAGE_AVAILABLE)
		return;
	for (size_t k = 0; k < w->nearest; k++)
		if (oid_eq(&w->ids[k], &i->commit))
			w->nearest = k;
}

/* The resolver is not freed within its own callback. */
static void images_known(void *why)
{
	struct why *w = why;
	const struct project *p = store_project(w->app->store, w->ask->project);
	image_resolver_free(w->resolver);
	w->resolver = NULL;
	if (p && w->nearest < w->n_ids)
		w->compare = environment_compare(forge_of(w->app, p), p, &w->ids[w->nearest], &w->commit, file_differs, compared, w);
	else
		why_end(w, NULL);
}

static void images_ended(void *why, const struct err *err)
{
	struct why *w = why;
	(void)err;
	if (!w->gone)
		loop_defer(w->app->loop, images_known, w);
}

static void history_ids(void *why, size_t first, const struct oid *ids, size_t n, bool complete)
{
	struct why *w = why;
	(void)complete;
	for (size_t i = 0; i < n && first - 1 + i < HISTORY_MAX; i++) {
		w->ids[first - 1 + i] = ids[i];
		w->n_ids = MAX_OF(w->n_ids, first + i);
	}
}

static void history_ended(void *why, const struct err *err)
{
	struct why *w = why;
	const struct project *p = w->gone ? NULL : store_project(w->app->store, w->ask->project);
	w->history = NULL;
	w->nearest = w->n_ids;
	if (w->gone)
		why_free(w);
	else if (err || !p || !w->n_ids)
		why_end(w, NULL);
	else {
		w->resolver = resolver_new(w->app, p);
		image_resolve(w->resolver, w->ids, w->n_ids, image_known, images_ended, w);
	}
}

/* ---- the log ---- */
static void log_piece(void *why, struct sv bytes)
{
	diagnosing_feed(((struct why *)why)->diagnosing, bytes);
}

static void log_rewritten(void *why)
{
	struct why *w = why;
	diagnosing_free(w->diagnosing);
	w->diagnosing = diagnosing_new();
}

static void log_state(void *why, int64_t grown_at_s, const char *words)
{
	(void)why, (void)grown_at_s, (void)words;
}

static void log_ended(void *why, const struct err *err)
{
	struct why *w = why;
	const struct diagnosis_facts facts = { .failure_reason = w->reason, .exit_code = -1 };
	const struct project *p = w->of_file ? NULL : store_project(w->app->store, w->ask->project);
	struct err gone = { 0 };
	w->log = NULL;
	if (!p && !w->of_file)
		err_set(&gone, ERR_NOT_FOUND, "the project is gone");
	if (err || gone.code) {
		why_end(w, err ? err : &gone);
		return;
	}
	diagnosing_end(w->diagnosing, &facts, &w->diagnosis);
	if (w->of_file) {
		why_end(w, NULL);
		return;
	}
	const struct forge_commits_query q = { .project = p, .tip = w->commit, .first = 1, .max = HISTORY_MAX };
	w->history = forge_commit_ids(forge_of(w->app, p), &q, history_ids, history_ended, w);
}

static void why_close(struct ask *k)
{
	struct why *w = k->data;
	w->gone = true;
	loop_defer_cancel(w->app->loop, images_known, w);
	app_log_stop(w->log);
	environment_compare_cancel(w->compare);
	ask_free(k);
	if (w->history)
		forge_cancel(w->history);  /* its end frees */
	else
		why_free(w);
}

/* What is diagnosed: a build of ours goes first; else the host's job. */
struct subject { enum app_log_kind kind; char *id; const char *reason; bool ended, succeeded; };

static bool find_subject(struct app *a, struct project_id p, const struct oid *commit, struct subject *ret)
{
	const struct build *b = store_build_of(a->store, p, commit);
	const struct image *i = store_image(a->store, p, commit);
	*ret = (struct subject){ 0 };
	if (b)
		*ret = (struct subject){ APP_LOG_BUILD, xstrdup(b->id), NULL, b->state != BUILD_QUEUED && b->state != BUILD_RUNNING, b->state == BUILD_DONE };
	else if (i && i->has_job)
		*ret = (struct subject){ APP_LOG_JOB, app_job_log_id(p, i->job.id), i->job.failure_reason, job_state_finished(i->job.state), i->job.state == JOB_SUCCESS };
	return ret->id != NULL;
}

/* k's answer is read out of a log; reason is copied. */
static struct why *why_begin(struct ask *k, void (*got)(void *ctx, const struct app_why *w), enum app_log_kind kind, const char *id, const char *reason)
{
	static const struct app_log_events events = { .piece = log_piece, .rewritten = log_rewritten, .state = log_state, .end = log_ended };
	struct why *w = xcalloc(1, sizeof *w);
	k->got.why = got;
	w->app = k->app;
	w->ask = k;
	w->reason = xstrdup(reason);
	w->diagnosing = diagnosing_new();
	k->data = w;
	k->close = why_close;
	w->log = app_log_follow(w->app, kind, id, false, &events, w);
	return w;
}

unsigned app_why(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct app_why *w), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct subject s;
	struct err err = { 0 };
	char sha[8];
	k->project = p;
	oid_sha7(commit, sha);
	bool known = find_subject(a, p, commit, &s);
	if (!known || !s.ended) {
		err_set(&err, ERR_NOT_FOUND, known ? "the build of %s is still under way" : "no image of %s was ever built", sha);
		err_hint(&err, "%s", known ? "`berth log --follow` shows it." : "`berth build` builds it.");
		free(s.id);
		return ask_fail(k, &err);
	}
	struct why *w = why_begin(k, got, s.kind, s.id, s.reason);
	w->commit = *commit;
	w->succeeded = s.succeeded;
	free(s.id);
	return k->number;
}

unsigned app_why_of_file(struct app *a, const char *path, void (*got)(void *ctx, const struct app_why *w), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	why_begin(k, got, APP_LOG_FILE, path, NULL)->of_file = true;
	return k->number;
}
