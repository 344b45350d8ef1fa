/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What changes something: jobs, pipelines, commits */
#include "forge/gitlab.h"

/* Ends the call where it is known beforehand that it would be refused. */
static bool refused(struct forge *f, struct forge_call *c, const struct project *p, enum forge_deed deed)
{
	struct err err = { 0 };

	if (!gitlab_may(f, p, deed, &err))
		return false;
	forge_call_end_later(c, &err);
	return true;
}

static const char *words_of(const struct net_answer *a, struct buf *b)
{
	if (a)
		gitlab_words(a->response.body, b);
	return buf_str(b);
}

static json_t *variables_json(const struct forge_variable *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:o, s:o}", "key", json_str_lossy(sv_of(v[i].key)), "value", json_str_lossy(sv_of(v[i].value))));
	return list;
}

/* ---- jobs ---------------------------------------------------------------------------------------------------------------------- */
struct act_op { struct op op; uint64_t job; const char *verb; };

static void act_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct act_op *x = (struct act_op *)op;
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(1000);
	struct err bad = { 0 };

	/* 403 "Job is not retryable", 400 "Unplayable Job": not a matter of rights, but of the state that it is in by now */
	if (err && (strstr(words_of(a, &words), "not retryable") || strstr(buf_str(&words), "Unplayable") || strstr(buf_str(&words), "ancel"))) {
		err_set(&bad, ERR_CONFLICT, "job %llu can't be %s as it is now: %s", (unsigned long long)x->job, x->verb, buf_str(&words));
		err_hint(&bad, "its state has changed: look again");
		op_end(op, &bad);
		return;
	}
	op_job_got(op, a, err);
}

void gitlab_job_act(struct forge *f, struct forge_call *c, const struct forge_job_action_query *q)
{
	static const struct { const char *path, *verb; } acts[] = {
		[FORGE_JOB_RETRY] = { "retry", "retried" }, [FORGE_JOB_PLAY] = { "play", "started" }, [FORGE_JOB_CANCEL] = { "cancel", "cancelled" },
		[FORGE_JOB_CANCEL_FORCE] = { "cancel", "cancelled" },
	};
	json_t *body = NULL;

	if (refused(f, c, q->project, FORGE_DEED_RUN))
		return;
	struct act_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_RUN);
	x->job = q->job;
	x->verb = acts[q->action].verb;
	if (q->action == FORGE_JOB_PLAY && q->n_variables)
		body = json_pack("{s:o}", "job_variables_attributes", variables_json(q->variables, q->n_variables));
	if (q->action == FORGE_JOB_CANCEL_FORCE)
		body = json_pack("{s:b}", "force", 1);
	AUTO_STR path = xasprintf("%s/jobs/%llu/%s", x->op.base, (unsigned long long)q->job, acts[q->action].path);
	op_post(&x->op, path, body, act_got);
}

/* ---- pipelines ------------------------------------------------------------------------------------------------------------------ */
struct run_op { struct op op; char *ref; bool with_inputs; };

static void run_fini_op(struct op *op) { free(((struct run_op *)op)->ref); }

static void run_refused(struct run_op *x, const struct net_answer *a)
{
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(1000);
	struct err bad = { 0 };

	AUTO(buf_fini) struct buf inputs = BUF_INIT;
	const char *hint, *theirs = words_of(a, &words);
	bool of_inputs = gitlab_input_words(buf_str(&words), &inputs, &hint);
	err_set(&bad, ERR_CONFLICT, "no pipeline for %s of %s: %s", x->ref, x->op.project, of_inputs ? buf_str(&inputs) : theirs);
	if (of_inputs)
		err_hint(&bad, "%s", hint);
	else if (strstr(buf_str(&words), "variables"))
		err_hint(&bad, "the project lets higher roles set variables only: run it without them, or ask a maintainer");
	else if (strstr(buf_str(&words), "Reference not found"))
		err_hint(&bad, "the branch may have been removed: look again");
	else if (strstr(buf_str(&words), "config file"))
		err_hint(&bad, "the commit has no .gitlab-ci.yml: build it on the engine, or add one");
	else if (x->with_inputs)
		err_hint(&bad, "inputs need GitLab 18.1 or newer, and a .gitlab-ci.yml that names them");
	op_end(&x->op, &bad);
}

static void run_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	AUTO(pipeline_fini) struct pipeline p = { 0 };

	if (err && a && a->response.status == 400) {
		run_refused((struct run_op *)op, a);
		return;
	}
	AUTO_JSON j = op_json(op, a, err);
	if (!j)
		return;
	if (gitlab_pipeline(j, &p)) {
		forge_give_pipeline(op->call, &p);
		op_end(op, NULL);
		return;
	}
	op_end_odd(op, "a pipeline");
}

/* A type is part of an input: 7, true, [1, 2] and "quoted text" are what they are in JSON, all else is text. */
static json_t *input_json(const char *value)
{
	AUTO_STR listed = xasprintf("[%s]", value); /* a bare 7 or true is no document of its own */
	AUTO_JSON all = json_read(sv_of(listed), 1 << 20, NULL);
	json_t *one = json_array_size(all) == 1 ? json_array_get(all, 0) : NULL;

	return one && !json_is_null(one) && !json_is_object(one) ? json_incref(one) : json_str_lossy(sv_of(value));
}

static json_t *inputs_json(const struct forge_variable *v, size_t n)
{
	json_t *inputs = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_set_new(inputs, v[i].key, input_json(v[i].value));
	return inputs;
}

void gitlab_run_pipeline(struct forge *f, struct forge_call *c, const struct forge_run_query *q)
{
	if (refused(f, c, q->project, FORGE_DEED_RUN))
		return;
	struct run_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_RUN);
	json_t *body = json_pack("{s:o}", "ref", json_str_lossy(sv_of(q->ref)));

	x->op.fini = run_fini_op;
	x->ref = xstrdup(q->ref);
	x->with_inputs = q->n_inputs > 0;
	if (q->n_variables)
		json_object_set_new(body, "variables", variables_json(q->variables, q->n_variables));
	if (q->n_inputs)
		json_object_set_new(body, "inputs", inputs_json(q->inputs, q->n_inputs));
	AUTO_STR path = op_path(&x->op, "/pipeline");
	op_post(&x->op, path, body, run_got);
}

/* ---- commits --------------------------------------------------------------------------------------------------------------------- */
struct change { enum forge_file_change change; char *path; struct buf base64; };
struct commit_op { struct op op; char *branch, *message, *start; VEC(struct change) changes; size_t at; };

static void commit_fini_op(struct op *op)
{
	struct commit_op *x = (struct commit_op *)op;

	for (size_t i = 0; i < x->changes.len; i++) {
		free(x->changes.items[i].path);
		buf_fini(&x->changes.items[i].base64);
	}
	VEC_FINI(&x->changes);
	free(x->branch);
	free(x->message);
	free(x->start);
}

static void commit_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct commit_op *x = (struct commit_op *)op;
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(1000);
	AUTO(commit_fini) struct commit commit = { 0 };
	struct err bad = { 0 };

	if (err && a && a->response.status == 400) {
		bool rights = strstr(words_of(a, &words), "not allowed to push") != NULL;
		err_set(&bad, rights ? ERR_DENIED : ERR_CONFLICT, "nothing was committed to %s of %s: %s", x->branch, op->project, buf_str(&words));
		err_hint(&bad, "%s", rights ? "the branch is protected: commit to another one" : "the branch may have moved on: look again");
		bad.http = a->response.status;
		op_end(op, &bad);
		return;
	}
	AUTO_JSON j = op_json(op, a, err);
	if (!j)
		return;
	if (gitlab_commit(j, &commit)) {
		forge_give_commit(op->call, &commit);
		op_end(op, NULL);
		return;
	}
	op_end_odd(op, "a commit");
}

static void commit_send(struct commit_op *x)
{
	static const char *const names[] = { "create", "update", "delete", "update" };
	json_t *actions = json_array();
	struct oid id;

	for (size_t i = 0; i < x->changes.len; i++) {
		struct change *ch = &x->changes.items[i];
		json_t *one = json_pack("{s:s, s:o}", "action", names[ch->change], "file_path", json_str_lossy(sv_of(ch->path)));
		if (ch->change != FORGE_FILE_DELETE) {
			json_object_set_new(one, "content", json_str_lossy(buf_sv(&ch->base64)));
			json_object_set_new(one, "encoding", json_string("base64"));
		}
		json_array_append_new(actions, one);
	}
	json_t *body = json_pack("{s:o, s:o, s:o}", "branch", json_str_lossy(sv_of(x->branch)), "commit_message", json_str_lossy(sv_of(x->message)),
	                         "actions", actions);
	if (x->start)
		json_object_set_new(body, oid_parse(sv_of(x->start), &id) ? "start_sha" : "start_branch", json_str_lossy(sv_of(x->start)));
	AUTO_STR path = op_path(&x->op, "/repository/commits");
	op_post(&x->op, path, body, commit_got);
}

static void commit_next(struct op *op);

static void looked(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct commit_op *x = (struct commit_op *)op;
	int status = a ? a->response.status : 0;

	if (err && status != 404) {
		op_fail(op, a, err);
		return;
	}
	x->changes.items[x->at++].change = err ? FORGE_FILE_CREATE : FORGE_FILE_UPDATE;
	commit_next(op);
}

/* Files that are put: is there one of that name? Then the commit. */
static void commit_next(struct op *op)
{
	struct commit_op *x = (struct commit_op *)op;
	AUTO(buf_fini) struct buf path = BUF_INIT;

	while (x->at < x->changes.len && x->changes.items[x->at].change != FORGE_FILE_PUT)
		x->at++;
	if (x->at == x->changes.len) {
		commit_send(x);
		return;
	}
	buf_addf(&path, "%s/repository/files/", op->base);
	buf_add_urlencoded(&path, sv_of(x->changes.items[x->at].path), NULL);
	gitlab_add_query(&path, "ref", sv_of(x->start ? x->start : x->branch));
	op_fetch(op, &(struct op_ask){ .method = "HEAD", .path = buf_str(&path), .any_type = true }, looked);
}

void gitlab_commit_files(struct forge *f, struct forge_call *c, const struct forge_commit_query *q)
{
	struct err err = { 0 };

	if (refused(f, c, q->project, FORGE_DEED_COMMIT))
		return;
	if (!q->n_actions) {
		err_set(&err, ERR_USAGE, "a commit through the host changes at least one file");
		forge_call_end_later(c, &err);
		return;
	}
	struct commit_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_COMMIT);
	x->op.fini = commit_fini_op;
	x->branch = xstrdup(q->branch);
	x->message = xstrdup(q->message);
	x->start = xstrdup(q->start);
	for (size_t i = 0; i < q->n_actions; i++) {
		struct change ch = { .change = q->actions[i].change, .path = xstrdup(q->actions[i].path), .base64 = BUF_INIT };
		buf_add_base64(&ch.base64, q->actions[i].bytes.p, q->actions[i].bytes.len, false);
		VEC_PUSH(&x->changes, ch);
	}
	commit_next(&x->op);
}
