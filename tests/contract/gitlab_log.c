/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs that grow, shrink, are rewritten, begin anew. */
#include "berth/mem.h"
#include "tests/contract/gitlab.h"

static void follow(struct brought *b, uint64_t job)
{
	b->call = forge_job_log(forge, &(struct forge_log_query){ .project = &flights, .job = job }, &log_events, b);
}

static void until_text(struct brought *b, const char *text)
{
	for (unsigned i = 0; !strstr(buf_str(&b->text), text); i++) {
		if (b->n_ends || i > 100000)
			fail_msg("no \"%s\" in \"%s\" (%s)", text, buf_str(&b->text), b->err.text);
		loop_turn(loop, true);
	}
}

static void change(uint64_t job, const char *body)
{
	AUTO_STR path = xasprintf("/jobs/%llu", (unsigned long long)job);
	tell("POST", path, body);
}

static void a_log_is_followed_to_its_end(void **state)
{
	uint64_t job = job_of("{'jobs':[{'name':'image_build','status':'running','trace':'one\\n'}]}");
	AUTO(brought_fini) struct brought b = { 0 };

	follow(&b, job);
	until_text(&b, "one\n");
	change(job, "{'append':'two\\n'}");
	until_text(&b, "two\n");
	change(job, "{'append':'three\\n','status':'success'}");
	brought_wait(&b);
	assert_int_equal(b.err.code, ERR_NONE);
	assert_string_equal(buf_str(&b.text), "one\ntwo\nthree\n");
	assert_true(b.last.whole);
	assert_int_equal(b.job, JOB_SUCCESS);
	assert_int_equal(b.n_anew, 0);
	assert_true(b.last.grown_at_s > 0);
}

/* Of a job that ended long ago the log is all that is asked for. */
static void the_log_of_a_known_job_is_one_request(void **state)
{
	uint64_t id = job_of("{'age_s':900,'jobs':[{'name':'image_build','status':'failed','trace':'one\\n','took_s':30}]}");
	AUTO(brought_fini) struct brought known = { 0 };
	struct job job = { .id = id, .state = JOB_FAILED, .ended_at_s = 1 };
	struct forge_log_query q = { .project = &flights, .job = id, .known = &job };

	tell("POST", "/counts/reset", NULL);
	known.call = forge_job_log(forge, &q, &log_events, &known);
	brought_wait(&known);
	assert_string_equal(buf_str(&known.text), "one\n");
	assert_true(known.last.whole);
	AUTO_JSON counts = ask("GET", "/counts", NULL);
	assert_int_equal(json_int(counts, "requests", -1), 1);
	for (unsigned i = 0; i < 2; i++) { /* one that may still move, or another one: no word is taken for it */
		AUTO(brought_fini) struct brought b = { 0 };
		job.state = i ? JOB_FAILED : JOB_RUNNING;
		job.id = id + i;
		tell("POST", "/counts/reset", NULL);
		b.call = forge_job_log(forge, &q, &log_events, &b);
		brought_wait(&b);
		assert_int_equal(b.job, JOB_FAILED);
		AUTO_JSON more = ask("GET", "/counts", NULL);
		assert_int_equal(json_int(more, "requests", -1), 3);
	}
}

static void a_rewritten_log_begins_anew(void **state)
{
	uint64_t job = job_of("{'jobs':[{'name':'image_build','status':'running','trace':'one\\ntwo\\n'}]}");
	AUTO(brought_fini) struct brought b = { 0 };

	follow(&b, job);
	until_text(&b, "two\n");
	change(job, "{'trace':'One\\ntwo\\nthree\\n'}");
	until_text(&b, "three\n");
	assert_string_equal(buf_str(&b.text), "One\ntwo\nthree\n");
	assert_int_equal(b.n_anew, 1);
	forge_cancel(b.call);
	brought_wait(&b);
	assert_int_equal(b.err.code, ERR_CANCELLED);
}

/* While a log moves to its archive it may be empty for a moment; a finished one that stays shorter is believed. */
static void a_shorter_log_is_believed_at_the_end(void **state)
{
	uint64_t job = job_of("{'jobs':[{'name':'image_build','status':'running','trace':'one\\ntwo\\n'}]}");
	AUTO(brought_fini) struct brought b = { 0 };

	follow(&b, job);
	until_text(&b, "two\n");
	change(job, "{'trace':'one\\n'}");
	for (int i = 0; i < 50; i++)
		loop_turn(loop, true);
	assert_string_equal(buf_str(&b.text), "one\ntwo\n");
	change(job, "{'status':'failed'}");
	brought_wait(&b);
	assert_int_equal(b.err.code, ERR_NONE);
	assert_string_equal(buf_str(&b.text), "one\n");
	assert_true(b.last.whole);
}

static void a_retried_job_is_followed(void **state)
{
	uint64_t job = job_of("{'jobs':[{'name':'image_build','status':'failed','trace':'old\\n'}]}");
	AUTO(brought_fini) struct brought tried = { 0 };
	AUTO(brought_fini) struct brought b = { 0 };

	tell("POST", "/scripts", "{'match':{'name':'image_build'},'script':{'steps':[{'status':'running'},{'line':'new try'},{'finish':'success'}]}}");
	tried.call = forge_job_act(forge, &(struct forge_job_action_query){ .project = &flights, .job = job, .action = FORGE_JOB_RETRY }, saw_job, brought_end,
	                           &tried);
	brought_wait(&tried);
	assert_int_equal(tried.err.code, ERR_NONE);
	follow(&b, job);
	brought_wait(&b);
	tell("DELETE", "/scripts", NULL);
	assert_int_equal(b.err.code, ERR_NONE);
	assert_int_equal(b.id, tried.id);
	assert_non_null(strstr(buf_str(&b.text), "new try"));
	assert_null(strstr(buf_str(&b.text), "old"));
	assert_int_equal(b.n_anew, 1);
}

static void every_end_is_an_end(void **state)
{
	static const struct { const char *pipeline; enum job_state state; } cases[] = {
		{ "{'jobs':[{'name':'image_build','status':'skipped'}]}", JOB_SKIPPED }, { "{'jobs':[{'name':'image_build','status':'canceled'}]}", JOB_CANCELED },
		{ "{'jobs':[{'name':'image_build','status':'failed','trace':'x'}]}", JOB_FAILED }, { "{'jobs':[{'name':'image_build','status':'success'}]}", JOB_SUCCESS },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(brought_fini) struct brought b = { 0 };
		follow(&b, job_of(cases[i].pipeline));
		brought_wait(&b);
		assert_int_equal(b.err.code, ERR_NONE);
		assert_int_equal(b.job, cases[i].state);
		assert_true(b.last.whole);
	}
	uint64_t job = job_of("{'jobs':[{'name':'image_build','status':'canceling'}]}");
	AUTO(brought_fini) struct brought b = { 0 };
	follow(&b, job);
	while (b.job != JOB_CANCELING)
		loop_turn(loop, true);
	change(job, "{'status':'canceled'}");
	brought_wait(&b);
	assert_int_equal(b.job, JOB_CANCELED);
}

static void once_is_once(void **state)
{
	uint64_t job = job_of("{'jobs':[{'name':'image_build','status':'running','trace':'so far\\n'}]}");
	AUTO(brought_fini) struct brought b = { 0 };

	b.call = forge_job_log(forge, &(struct forge_log_query){ .project = &flights, .job = job, .once = true }, &log_events, &b);
	brought_wait(&b);
	assert_int_equal(b.err.code, ERR_NONE);
	assert_string_equal(buf_str(&b.text), "so far\n");
	assert_false(b.last.whole);
}

static void trouble_passes(void **state)
{
	uint64_t job = job_of("{'jobs':[{'name':'image_build','status':'running','trace':'one\\n'}]}");
	AUTO(brought_fini) struct brought b = { 0 };

	follow(&b, job);
	until_text(&b, "one\n");
	tell("POST", "/faults", "{'match':'trace','kind':'cut','times':2}");
	change(job, "{'append':'two\\n'}");
	until_text(&b, "two\n");
	change(job, "{'status':'success'}");
	brought_wait(&b);
	tell("DELETE", "/faults", NULL);
	assert_int_equal(b.err.code, ERR_NONE);
	assert_string_equal(buf_str(&b.text), "one\ntwo\n");
	assert_int_equal(b.n_anew, 0);
}

static void jobs_that_are_not_there(void **state)
{
	AUTO(brought_fini) struct brought b = { 0 };

	follow(&b, 424242);
	brought_wait(&b);
	assert_int_equal(b.err.code, ERR_NOT_FOUND);
	AUTO(brought_fini) struct brought cancelled = { .cancel_at_first = true };
	follow(&cancelled, job_of("{'jobs':[{'name':'image_build','status':'running','trace':'one\\n'}]}"));
	brought_wait(&cancelled);
	assert_int_equal(cancelled.err.code, ERR_CANCELLED);
	assert_int_equal(cancelled.n_items, 1);
}

const struct CMUnitTest gitlab_log_tests[] = {
	cmocka_unit_test(a_log_is_followed_to_its_end), cmocka_unit_test(the_log_of_a_known_job_is_one_request), cmocka_unit_test(a_rewritten_log_begins_anew), cmocka_unit_test(a_shorter_log_is_believed_at_the_end),
	cmocka_unit_test(a_retried_job_is_followed), cmocka_unit_test(every_end_is_an_end), cmocka_unit_test(once_is_once), cmocka_unit_test(trouble_passes),
	cmocka_unit_test(jobs_that_are_not_there), { 0 },
};
