/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

void job_states_by_word(void **state)
{
	unsigned finished = 0, active = 0, cancelable = 0;

	for (int s = JOB_OTHER + 1; s < JOB_STATE_COUNT_; s++) {
		assert_int_equal(job_state_of(job_state_name(s)), s);
		assert_false(job_state_finished(s) && (job_state_active(s) || job_state_cancelable(s)));
		finished += job_state_finished(s);
		active += job_state_active(s);
		cancelable += job_state_cancelable(s);
	}
	assert_int_equal(JOB_STATE_COUNT_ - 1, 13);
	assert_int_equal(finished, 4);
	assert_int_equal(active, 7);
	assert_int_equal(cancelable, 7);
	assert_int_equal(job_state_of("WAITING_FOR_CALLBACK"), JOB_WAITING_FOR_CALLBACK);
	assert_int_equal(job_state_of("cancelled"), JOB_OTHER);
	assert_int_equal(job_state_of("other"), JOB_OTHER);
	assert_int_equal(job_state_of(NULL), JOB_OTHER);
	assert_true(job_state_active(JOB_OTHER));
	assert_string_equal(job_state_name(-1), "other");
}

void failure_reasons_read_well(void **state)
{
	char buf[200], tiny[8];

	assert_string_equal(failure_reason_text("script_failure", buf, sizeof buf), "its script ended with an error");
	assert_string_equal(failure_reason_text("a_new_reason", buf, sizeof buf), "a new reason");
	assert_string_equal(failure_reason_text("There is some_thing", buf, sizeof buf), "There is some_thing");
	assert_string_equal(failure_reason_text(NULL, buf, sizeof buf), "");
	assert_string_equal(failure_reason_text("script_failure", tiny, sizeof tiny), "its scr");
}

static struct pipeline pipeline_of(uint64_t id, bool has_job, enum job_state job)
{
	return (struct pipeline){ .id = id, .has_job = has_job, .job = { .state = job } };
}

void pipelines_of_one_commit(void **state)
{
	const struct pipeline old_success = pipeline_of(1, true, JOB_SUCCESS), skipped = pipeline_of(2, true, JOB_SKIPPED),
		jobless = pipeline_of(3, false, JOB_OTHER), newer = pipeline_of(4, true, JOB_RUNNING);

	assert_true(pipeline_outranks(&old_success, &skipped));
	assert_true(pipeline_outranks(&old_success, &jobless));
	assert_true(pipeline_outranks(&skipped, &jobless));
	assert_true(pipeline_outranks(&newer, &old_success));
	assert_false(pipeline_outranks(&skipped, &old_success));
	assert_false(pipeline_outranks(&newer, &newer));
}

void pipelines_copy_deeply(void **state)
{
	struct pipeline p = { .id = 7, .ref = xstrdup("main"), .has_job = true, .job = { .name = xstrdup("image_build") } }, copy;

	pipeline_dup(&copy, &p);
	pipeline_fini(&p);
	pipeline_fini(&p);
	assert_null(p.job.name);
	assert_string_equal(copy.ref, "main");
	assert_string_equal(copy.job.name, "image_build");
	pipeline_fini(&copy);
	pipeline_fini(NULL);
}

void scopes_and_roles(void **state)
{
	struct account a = { 0 };

	assert_true(account_has_scope(&a, "api"));      /* not told */
	a.anonymous = true;
	assert_false(account_has_scope(&a, "api"));
	a = (struct account){ .scopes = xstrdup("read_api read_registry") };
	assert_true(account_has_scope(&a, "read_api"));
	assert_true(account_has_scope(&a, "read_registry"));
	assert_false(account_has_scope(&a, "api"));
	assert_false(account_has_scope(&a, "read_regi"));
	account_fini(&a);
	assert_string_equal(access_level_name(0), "unknown");
	assert_string_equal(access_level_name(30), "developer");
	assert_string_equal(access_level_name(39), "developer");
	assert_string_equal(access_level_name(5), "minimal access");
}
