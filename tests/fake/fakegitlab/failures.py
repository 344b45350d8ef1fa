# SPDX-License-Identifier: GPL-3.0-or-later
"""What GitLab says of the reasons for which jobs fail."""

MESSAGES = {
    "unknown_failure": "There is an unknown failure, please try again",
    "api_failure": "There has been an API failure, please try again",
    "stuck_or_timeout_failure": "There has been a timeout failure or the job got stuck. Check your timeout limits or try again",
    "runner_system_failure": "There has been a runner system failure, please try again",
    "runner_configuration_error": "There has been a configuration error. Check your job configuration or contact your runner administrator.",
    "runner_external_dependency_failure": "The runner could not reach an external dependency. Please try again.",
    "runner_interrupted": "The runner process was interrupted before this job could finish. The job is safe to retry.",
    "missing_dependency_failure": "There has been a missing dependency failure",
    "runner_unsupported": "No runners support the requirements to run this job.",
    "stale_schedule": "Delayed job could not be executed by some reason, please try again",
    "job_execution_timeout": "The script exceeded the maximum execution time set for the job",
    "job_execution_server_timeout": "The script exceeded the maximum execution time set for the job",
    "archived_failure": "The job is archived and cannot be run",
    "unmet_prerequisites": "The job failed to complete prerequisite tasks",
    "scheduler_failure": "The scheduler failed to assign job to the runner, please try again or contact system administrator",
    "data_integrity_failure": "There has been an unknown job problem, please contact your system administrator with the job ID to review the logs",
    "user_blocked": "The user who created this job is blocked",
    "project_deleted": "The job belongs to a deleted project",
    "ci_quota_exceeded": "No more compute minutes available",
    "no_matching_runner": "No matching runner available",
    "trace_size_exceeded": "The job log size limit was reached",
    "builds_disabled": "The CI/CD is disabled for this project",
    "downstream_pipeline_creation_failed": "The downstream pipeline could not be created",
    "secrets_provider_not_found": "The secrets provider can not be found. Check your CI/CD variables and try again.",
    "job_token_expired": "The CI job token has expired. The job may have exceeded the maximum time limit.",
}


def message(reason):
    return MESSAGES.get(reason)
