/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CI of a GitLab host: states, reasons and roles in one table each, and their entities */
#include <stdio.h>
#include <strings.h>
#include "model/entity.h"

FIELDS_OF(job, offsetof(struct job, name), offsetof(struct job, ref), offsetof(struct job, source), offsetof(struct job, state_word),
          offsetof(struct job, failure_reason), offsetof(struct job, web_url), offsetof(struct job, runner));
FIELDS_OF(account, offsetof(struct account, user), offsetof(struct account, name), offsetof(struct account, email), offsetof(struct account, host),
          offsetof(struct account, version), offsetof(struct account, token_name), offsetof(struct account, scopes));
FIELDS_OF(registry_tag, offsetof(struct registry_tag, name), offsetof(struct registry_tag, ref), offsetof(struct registry_tag, digest));
FIELDS_OF(pipeline, offsetof(struct pipeline, ref), offsetof(struct pipeline, source), offsetof(struct pipeline, state_word),
          offsetof(struct pipeline, web_url), offsetof(struct pipeline, problem));
DEFINE_ENTITY(job)
DEFINE_ENTITY(account)
DEFINE_ENTITY(registry_tag)

void pipeline_fini(struct pipeline *p)
{
	if (!p)
		return;
	job_fini(&p->job);
	strings_fini(p, pipeline_strings, ARRAY_LEN(pipeline_strings), sizeof *p);
}

void pipeline_dup(struct pipeline *out, const struct pipeline *p)
{
	*out = *p;
	strings_dup(out, pipeline_strings, ARRAY_LEN(pipeline_strings));
	job_dup(&out->job, &p->job);
}

/* ---- states --------------------------------------------------------------------------------------------------------------- */
enum { ACTIVE = 1, FINISHED = 2, CANCELABLE = 4, RUNS = 8 };
static const struct { const char *word; unsigned is; } states[JOB_STATE_COUNT_] = {
	[JOB_OTHER] = { "other", ACTIVE },
	[JOB_CREATED] = { "created", ACTIVE | CANCELABLE },
	[JOB_WAITING_FOR_RESOURCE] = { "waiting_for_resource", ACTIVE | CANCELABLE },
	[JOB_PREPARING] = { "preparing", ACTIVE | CANCELABLE },
	[JOB_WAITING_FOR_CALLBACK] = { "waiting_for_callback", ACTIVE | CANCELABLE },
	[JOB_PENDING] = { "pending", ACTIVE | CANCELABLE },
	[JOB_RUNNING] = { "running", ACTIVE | CANCELABLE | RUNS },
	[JOB_SUCCESS] = { "success", FINISHED },
	[JOB_FAILED] = { "failed", FINISHED },
	[JOB_CANCELING] = { "canceling", ACTIVE | RUNS },
	[JOB_CANCELED] = { "canceled", FINISHED },
	[JOB_SKIPPED] = { "skipped", FINISHED },
	[JOB_MANUAL] = { "manual", 0 },
	[JOB_SCHEDULED] = { "scheduled", CANCELABLE },
};

static unsigned state_is(enum job_state s) { return (size_t)s < ARRAY_LEN(states) ? states[s].is : 0; }
const char *job_state_name(enum job_state s) { return states[(size_t)s < ARRAY_LEN(states) ? s : JOB_OTHER].word; }
bool job_state_active(enum job_state s) { return state_is(s) & ACTIVE; }
bool job_state_finished(enum job_state s) { return state_is(s) & FINISHED; }
bool job_state_cancelable(enum job_state s) { return state_is(s) & CANCELABLE; }
bool job_state_runs(enum job_state s) { return state_is(s) & RUNS; }

enum job_state job_state_of(const char *word)
{
	for (size_t i = JOB_OTHER + 1; word && i < ARRAY_LEN(states); i++) {
		if (!strcasecmp(states[i].word, word))
			return (enum job_state)i;
	}
	return JOB_OTHER;
}

static unsigned image_rank(const struct pipeline *p)
{
	if (!p->has_job)
		return 0;
	return p->job.state == JOB_SKIPPED ? 1 : 2;
}

bool pipeline_outranks(const struct pipeline *a, const struct pipeline *b)
{
	unsigned rank_a = image_rank(a), rank_b = image_rank(b);
	return rank_a != rank_b ? rank_a > rank_b : a->id > b->id;
}

/* ---- why a job failed: gitlab's Enums::Ci::CommitStatus ------------------------------------------------------------------ */
static const struct { const char *key, *text; } reasons[] = {
	{ "unknown_failure", "it failed and the host doesn't know why; try again" },
	{ "script_failure", "its script ended with an error" },
	{ "api_failure", "the runner could not talk to the host; try again" },
	{ "stuck_or_timeout_failure", "it got stuck or took too long; look at the time limits or try again" },
	{ "stuck_pending_with_matching_runners", "it waited too long although a runner could have taken it; try again" },
	{ "stuck_pending_no_matching_runners", "it waited too long: no runner takes its tags" },
	{ "no_updates_running", "the runner said nothing more of it for too long; try again" },
	{ "no_updates_canceling", "it was being cancelled and the runner said nothing more of it" },
	{ "server_timeout_running", "it ran longer than its time limit" },
	{ "server_timeout_canceling", "it was being cancelled for longer than its time limit" },
	{ "runner_system_failure", "the runner itself failed; try again" },
	{ "runner_configuration_error", "the job or its runner is set up wrongly; ask who runs the runner" },
	{ "runner_external_dependency_failure", "the runner could not reach something that it needs; try again" },
	{ "runner_interrupted", "the runner was interrupted; try again" },
	{ "runner_unsupported", "no runner can do what the job asks for" },
	{ "missing_dependency_failure", "the results of an earlier job that it needs are gone" },
	{ "stale_schedule", "it was delayed and could not be started any more; try again" },
	{ "job_execution_timeout", "it ran longer than its time limit" },
	{ "job_execution_server_timeout", "it ran longer than its time limit" },
	{ "archived_failure", "it is archived and can't be run again" },
	{ "unmet_prerequisites", "what it needs could not be prepared" },
	{ "scheduler_failure", "the host could not give it to a runner; try again or tell its administrator" },
	{ "data_integrity_failure", "the host's record of it is damaged; tell its administrator the job's number" },
	{ "forward_deployment_failure", "a newer deployment exists" },
	{ "failed_outdated_deployment_job", "a newer deployment exists" },
	{ "user_blocked", "the account that started it is blocked" },
	{ "project_deleted", "its project was deleted" },
	{ "ci_quota_exceeded", "the compute minutes of the project are used up" },
	{ "pipeline_loop_detected", "it would start pipelines without an end" },
	{ "no_matching_runner", "no runner takes it; look at its tags" },
	{ "trace_size_exceeded", "its log grew over the host's limit" },
	{ "builds_disabled", "CI/CD is switched off for the project" },
	{ "environment_creation_failure", "the environment that it names is not valid" },
	{ "deployment_rejected", "its deployment was rejected" },
	{ "protected_environment_failure", "its environment is protected and this account may not deploy there" },
	{ "insufficient_bridge_permissions", "this account may not start the pipeline that it triggers" },
	{ "downstream_bridge_project_not_found", "the project whose pipeline it triggers was not found" },
	{ "invalid_bridge_trigger", "what it triggers is not valid" },
	{ "upstream_bridge_project_not_found", "the project that it follows was not found" },
	{ "insufficient_upstream_permissions", "this account may not read the project that it follows" },
	{ "bridge_pipeline_is_child_pipeline", "a child pipeline can't trigger this" },
	{ "downstream_pipeline_creation_failed", "the pipeline that it triggers could not be made" },
	{ "downstream_project_trigger_resolved_to_empty", "the name of the project that it triggers is empty" },
	{ "secrets_provider_not_found", "the place of its secrets was not found; look at the CI/CD variables" },
	{ "secrets_manager_access_denied", "it may not read its secrets" },
	{ "reached_max_descendant_pipelines_depth", "child pipelines are nested too deeply" },
	{ "ip_restriction_failure", "the group lets in certain addresses only" },
	{ "reached_max_pipeline_hierarchy_size", "it has too many child pipelines" },
	{ "reached_downstream_pipeline_trigger_rate_limit", "too many pipelines were triggered in the last minute; try again later" },
	{ "duo_workflow_not_allowed", "this kind of workflow is not allowed here" },
	{ "duo_workflow_connection_failure", "the workflow service could not be reached" },
	{ "job_router_failure", "the host's job router failed to run it" },
	{ "job_token_expired", "its token ran out; it may have run over its time limit" },
	{ "id_token_burned_project_path", "the project's path was used by another one before, so it gets no identity token" },
};

const char *failure_reason_text(const char *reason, char *buf, size_t size)
{
	for (size_t i = 0; reason && i < ARRAY_LEN(reasons); i++) {
		if (!strcmp(reasons[i].key, reason)) {
			snprintf(buf, size, "%s", reasons[i].text);
			return buf;
		}
	}
	snprintf(buf, size, "%s", reason ? reason : "");
	for (char *p = strchr(buf, ' ') ? NULL : buf; p && *p; p++) {
		if (*p == '_')
			*p = ' ';
	}
	return buf;
}

/* ---- accounts and roles ---------------------------------------------------------------------------------------------------- */
bool account_has_scope(const struct account *a, const char *scope)
{
	struct sv rest = sv_of(a->scopes), one;

	if (!a->scopes)
		return !a->anonymous;
	while (sv_split(&rest, ' ', &one)) {
		if (sv_eq(one, sv_of(scope)))
			return true;
	}
	return false;
}

const char *access_level_name(uint32_t level)
{
	static const struct { uint32_t from; const char *name; } roles[] = {
		{ 60, "administrator" }, { 50, "owner" }, { 40, "maintainer" }, { 30, "developer" }, { 20, "reporter" }, { 15, "planner" }, { 10, "guest" },
		{ 1, "minimal access" },
	};
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		if (level >= roles[i].from)
			return roles[i].name;
	}
	return "unknown";
}
