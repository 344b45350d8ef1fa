/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forks: asked for, watched until the copy is there, and given the first pipeline, which the host itself does not run */
#include "forge/gitlab.h"

enum { FIRST_LOOK_MS = 1000, MAX_LOOK_MS = 10000 };

struct fork_op { struct op op; bool no_pipeline; char *base, *branch, *status; uint64_t wait_ms; };

static void fork_look(void *op);

static void fork_fini_op(struct op *op)
{
	struct fork_op *x = (struct fork_op *)op;

	free(x->base);
	free(x->branch);
	free(x->status);
}

/* The fork is there, so a missing pipeline is a note and no failure. */
static void pipeline_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	AUTO_JSON j = err ? NULL : json_read(a->response.body, GITLAB_MAX_ANSWER, NULL);
	AUTO(pipeline_fini) struct pipeline p = { 0 };
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(1000);

	if (j && gitlab_pipeline(j, &p)) {
		forge_give_pipeline(op->call, &p);
	} else {
		if (a)
			gitlab_words(a->response.body, &words);
		AUTO_STR note = xasprintf("the fork is there, but no pipeline could be run for it: %s", words.len ? buf_str(&words) : err ? err->text : "no answer");
		forge_give_note(op->call, note);
	}
	op_end(op, NULL);
}

static void fork_ready(struct fork_op *x)
{
	if (x->no_pipeline) {
		op_end(&x->op, NULL);
		return;
	}
	if (!x->branch) {
		forge_give_note(x->op.call, "the fork is there, but has no commits to build yet");
		op_end(&x->op, NULL);
		return;
	}
	AUTO_STR path = xasprintf("%s/pipeline", x->base);
	json_t *body = json_pack("{s:o}", "ref", json_str_lossy(sv_of(x->branch)));
	op_post(&x->op, path, body, pipeline_got);
}

static void fork_failed(struct fork_op *x, const json_t *j)
{
	AUTO_STR why = gitlab_text(j, "import_error");
	struct err bad = { 0 };

	err_set(&bad, ERR_FAILED, "%s could not be copied: %s", x->op.project, why ? why : "the host doesn't say why");
	err_hint(&bad, "remove the half-made fork and try again");
	op_end(&x->op, &bad);
}

static void fork_seen(struct fork_op *x, const json_t *j, const struct project *p)
{
	const char *status = p->import_status ? p->import_status : "none";
	bool changed = !x->status || strcmp(x->status, status) != 0;

	str_replace(&x->status, status);
	str_replace(&x->branch, p->default_branch);
	if (!x->base) {
		AUTO(buf_fini) struct buf base = BUF_INIT;
		gitlab_add_project(&base, p);
		x->base = buf_take(&base);
	}
	if (changed)
		forge_give_project(x->op.call, p);
	if (!forge_call_alive(x->op.call))
		return;
	if (!strcmp(status, "failed")) {
		fork_failed(x, j);
	} else if (!strcmp(status, "finished") || !strcmp(status, "none")) {
		fork_ready(x);
	} else {
		x->wait_ms = MIN_OF(x->wait_ms + x->wait_ms / 2, (uint64_t)MAX_LOOK_MS);
		op_timer(&x->op, x->wait_ms, fork_look);
	}
}

static void fork_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	const struct gitlab_where at = gitlab_at(op->g);
	AUTO(project_fini) struct project p = { 0 };
	struct err bad = { 0 };

	if (err && a && a->response.status == 409) {
		AUTO(buf_fini) struct buf words = BUF_INIT_MAX(1000);
		gitlab_words(a->response.body, &words);
		bool taken = gitlab_is_taken(buf_str(&words)); /* said once for its name, its path and its namespace */
		err_set(&bad, ERR_CONFLICT, "%s can't be forked there: %s", op->project, words.len && !taken ? buf_str(&words) : "a project of that name or path is there already");
		err_hint(&bad, "choose another path or group");
		op_end(op, &bad);
		return;
	}
	AUTO_JSON j = op_json(op, a, err);
	if (!j)
		return;
	if (gitlab_project(j, &at, &p)) {
		fork_seen((struct fork_op *)op, j, &p);
		return;
	}
	err_set(&bad, ERR_DECODE, "%s did not answer with a project", op->g->url);
	op_end(op, &bad);
}

static void fork_look(void *op)
{
	struct fork_op *x = op;

	op_fetch(&x->op, &(struct op_ask){ .path = x->base }, fork_got);
}

void gitlab_fork(struct forge *f, struct forge_call *c, const struct forge_fork_query *q)
{
	json_t *body = json_object();
	struct err err = { 0 };

	if (gitlab_may(f, q->project, FORGE_DEED_FORK, &err)) {
		json_decref(body);
		forge_call_end_later(c, &err);
		return;
	}
	struct fork_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_FORK);
	x->op.fini = fork_fini_op;
	x->no_pipeline = q->no_pipeline;
	x->wait_ms = MIN_OF((uint64_t)FIRST_LOOK_MS, (uint64_t)x->op.g->poll_ms);
	if (q->namespace_path)
		json_object_set_new(body, "namespace_path", json_str_lossy(sv_of(q->namespace_path)));
	if (q->path)
		json_object_set_new(body, "path", json_str_lossy(sv_of(q->path)));
	if (q->name)
		json_object_set_new(body, "name", json_str_lossy(sv_of(q->name)));
	AUTO_STR path = op_path(&x->op, "/fork");
	op_post(&x->op, path, body, fork_got);
}
