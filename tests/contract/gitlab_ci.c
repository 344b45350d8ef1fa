/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pipelines with their job, and what can be done with them. */
#include "berth/mem.h"
#include "tests/contract/gitlab.h"

static void pipelines_of(struct forge *f, const struct forge_pipelines_query *q, struct brought *b)
{
	b->call = forge_pipelines(f, q, saw_pipeline, brought_end, b);
	brought_wait(b);
	if (b->err.code)
		fail_msg("%s", b->err.text);
}

static void keep_oid(void *ctx, const struct oid *id, const char *branch) { *(struct oid *)ctx = *id; }
static void any_end(void *ctx, const struct err *err) { loop_stop(loop); }

static struct oid tip_of(const char *rev)
{
	struct oid id = { { 0 } };

	forge_resolve(forge, &flights, rev, keep_oid, any_end, &id);
	loop_run(loop);
	assert_false(oid_is_zero(&id));
	return id;
}

static const char *const made[] = {
	"{'ref':'stable','age_s':900,'jobs':[{'name':'image_build','status':'failed','failure_reason':'runner_system_failure'}]}",
	"{'ref':'stable','age_s':800,'jobs':[{'name':'image_build','status':'failed','retried':true},{'name':'image_build','status':'running'}]}",
	"{'ref':'stable','age_s':700,'jobs':[{'name':'below','status':'running','child':[{'name':'image_build','status':'pending'}]}]}",
	"{'ref':'stable','age_s':600,'jobs':[{'name':'test','status':'success'}]}",
	"{'ref':'stable','age_s':500,'source':'merge_request_event','jobs':[{'name':'image_build','status':'skipped'}]}",
};

/* One request of GraphQL, two of REST: the same answer. */
static void pipelines_come_with_their_job(void **state)
{
	static const char whole[] = "stable skipped skipped|stable success -|stable running pending|stable running running|stable failed failed why|";
	struct forge_pipelines_query q = { .project = &flights, .ref = "stable" };
	AUTO(brought_fini) struct brought joined = { 0 };
	AUTO(brought_fini) struct brought rest = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		job_of(made[i]);
	tell("POST", "/counts/reset", NULL);
	pipelines_of(forge, &q, &joined);
	assert_string_equal(buf_str(&joined.text), whole);
	AUTO_JSON counts = ask("GET", "/counts", NULL);
	assert_int_equal(json_int(counts, "requests", -1), 1);
	tell("POST", "/settings", "{'graphql':false}");
	struct forge *old = forge_of("glpat-zoe", NULL);
	pipelines_of(old, &q, &rest);
	assert_string_equal(buf_str(&rest.text), whole);
	tell("POST", "/settings", "{'graphql':true}");
	forge_free(old);
}

static void pipelines_of_one_commit_are_found(void **state)
{
	const struct oid commits[] = { tip_of("stable"), tip_of("feature/plots"), { { 7 } } };
	AUTO(brought_fini) struct brought joined = { 0 };
	AUTO(brought_fini) struct brought rest = { 0 };
	AUTO(brought_fini) struct brought none = { 0 };

	pipelines_of(forge, &(struct forge_pipelines_query){ .project = &flights, .commits = commits, .n_commits = 3 }, &joined);
	assert_int_equal(joined.n_items, 5);
	pipelines_of(forge, &(struct forge_pipelines_query){ .project = &flights, .commits = commits + 1, .n_commits = 2 }, &none);
	assert_int_equal(none.n_items, 0);
	tell("POST", "/settings", "{'graphql':false}");
	struct forge *old = forge_of("glpat-zoe", NULL);
	pipelines_of(old, &(struct forge_pipelines_query){ .project = &flights, .commits = commits, .n_commits = 1 }, &rest);
	tell("POST", "/settings", "{'graphql':true}");
	forge_free(old);
	assert_int_equal(rest.n_items, 5);
	assert_non_null(strstr(buf_str(&rest.text), "running pending"));
}

/* ---- what can be done -------------------------------------------------------------------------------------------------------------- */
static struct err act(uint64_t job, enum forge_job_action action, struct brought *b)
{
	b->call = forge_job_act(forge, &(struct forge_job_action_query){ .project = &flights, .job = job, .action = action }, saw_job, brought_end, b);
	return brought_wait(b)->err;
}

static void jobs_are_retried_played_cancelled(void **state)
{
	uint64_t failed = job_of("{'jobs':[{'name':'image_build','status':'failed'}]}");
	uint64_t manual = job_of("{'jobs':[{'name':'image_build','status':'manual','when':'manual'}]}");
	uint64_t running = job_of("{'jobs':[{'name':'image_build','script':'running'}]}");
	struct brought b[6] = { { 0 } };

	assert_int_equal(act(failed, FORGE_JOB_RETRY, &b[0]).code, ERR_NONE);
	assert_true(b[0].id > failed); /* a new one */
	assert_int_equal(act(failed, FORGE_JOB_RETRY, &b[1]).code, ERR_CONFLICT);
	assert_string_not_equal(b[1].err.hint, "");
	assert_int_equal(act(manual, FORGE_JOB_PLAY, &b[2]).code, ERR_NONE);
	assert_int_equal(act(manual, FORGE_JOB_PLAY, &b[3]).code, ERR_CONFLICT);
	assert_int_equal(act(running, FORGE_JOB_CANCEL, &b[4]).code, ERR_NONE);
	assert_int_equal(act(999999, FORGE_JOB_RETRY, &b[5]).code, ERR_NOT_FOUND);
	for (size_t i = 0; i < ARRAY_LEN(b); i++)
		brought_fini(&b[i]);
}

static void pipelines_are_run(void **state)
{
	const struct forge_variable variables[] = { { "A", "1" }, { "B\"", "x\ny" } };
	struct forge_run_query q = { .project = &flights, .ref = "main", .variables = variables, .n_variables = 2 };
	AUTO(brought_fini) struct brought b = { 0 };
	AUTO(brought_fini) struct brought bad = { 0 };

	b.call = forge_run_pipeline(forge, &q, saw_pipeline, brought_end, &b);
	brought_wait(&b);
	if (b.err.code)
		fail_msg("%s", b.err.text);
	assert_true(b.id > 0);
	q.ref = "no/such";
	bad.call = forge_run_pipeline(forge, &q, saw_pipeline, brought_end, &bad);
	brought_wait(&bad);
	assert_int_equal(bad.err.code, ERR_CONFLICT);
	assert_non_null(strstr(bad.err.text, "no/such"));
	assert_string_not_equal(bad.err.hint, "");
}

static void commits_are_made(void **state)
{
	const struct forge_file_action put[] = { { FORGE_FILE_PUT, ".berth/build", SV("1\n") }, { FORGE_FILE_CREATE, "new \xc3\xa9", SV("\x00\xff") } };
	const struct forge_file_action again[] = { { FORGE_FILE_PUT, ".berth/build", SV("2\n") } };
	struct forge_commit_query q = { .project = &flights, .branch = "feature/plots", .message = "Build anew\n\nberth", .actions = put, .n_actions = 2 };
	AUTO(brought_fini) struct brought b = { 0 };
	AUTO(brought_fini) struct brought c = { 0 };
	AUTO(brought_fini) struct brought d = { 0 };

	b.call = forge_commit_files(forge, &q, saw_commit, brought_end, &b);
	brought_wait(&b);
	if (b.err.code)
		fail_msg("%s", b.err.text);
	assert_string_equal(buf_str(&b.text), "Build anew|");
	struct oid tip = tip_of("feature/plots");
	assert_true(oid_eq(&tip, &b.commit));
	q.actions = again; /* is there by now */
	q.n_actions = 1;
	c.call = forge_commit_files(forge, &q, saw_commit, brought_end, &c);
	brought_wait(&c);
	if (c.err.code)
		fail_msg("%s", c.err.text);
	q.branch = "stable"; /* protected, and zoe is no maintainer */
	d.call = forge_commit_files(forge, &q, saw_commit, brought_end, &d);
	brought_wait(&d);
	assert_int_equal(d.err.code, ERR_DENIED);
	assert_non_null(strstr(d.err.text, "stable"));
}

static void forks_get_their_first_pipeline(void **state)
{
	static const struct forge_fork_events events = { saw_project, saw_pipeline, saw_note, brought_end };
	const struct forge_fork_query q = { .project = &flights, .path = "my-flights", .name = "My flights" };
	AUTO(brought_fini) struct brought b = { 0 };
	AUTO(brought_fini) struct brought again = { 0 };

	b.call = forge_fork(forge, &q, &events, &b);
	brought_wait(&b);
	if (b.err.code)
		fail_msg("%s", b.err.text);
	assert_non_null(strstr(buf_str(&b.text), "zoe/my-flights|"));
	assert_non_null(strstr(buf_str(&b.text), "main "));
	again.call = forge_fork(forge, &q, &events, &again);
	brought_wait(&again);
	assert_int_equal(again.err.code, ERR_CONFLICT);
}

static void tags_are_there_or_not(void **state)
{
	const char *const one[] = { "1a2b3c4" }, *const some[] = { "1a2b3c4", "0000000", "7654321" };
	AUTO(brought_fini) struct brought none = { 0 };
	AUTO(brought_fini) struct brought b = { 0 };
	AUTO(brought_fini) struct brought many = { 0 };

	none.call = forge_registry_tags(forge, &(struct forge_tags_query){ &flights, one, 1 }, saw_tag, brought_end, &none);
	brought_wait(&none);
	assert_string_equal(buf_str(&none.text), "1a2b3c4 absent|");
	tell("POST", "/images", "{'project':'lab/air/flights','tag':'1a2b3c4'}");
	tell("POST", "/images", "{'project':'lab/air/flights','tag':'7654321'}");
	b.call = forge_registry_tags(forge, &(struct forge_tags_query){ &flights, one, 1 }, saw_tag, brought_end, &b);
	brought_wait(&b);
	assert_string_equal(buf_str(&b.text), "1a2b3c4 there known|");
	many.call = forge_registry_tags(forge, &(struct forge_tags_query){ &flights, some, 3 }, saw_tag, brought_end, &many);
	brought_wait(&many);
	assert_string_equal(buf_str(&many.text), "1a2b3c4 there|0000000 absent|7654321 there|");
}

/* Projects, branches, commits, pipelines: what a dashboard asks when it has nothing. */
static void a_cold_start_is_few_requests(void **state)
{
	struct forge *f = forge_of("glpat-zoe", NULL), *kept = forge;
	AUTO(brought_fini) struct brought a = { 0 };
	AUTO(brought_fini) struct brought b = { 0 };
	AUTO(brought_fini) struct brought c = { 0 };
	const struct oid tip = tip_of("main");

	tell("POST", "/counts/reset", NULL);
	forge = f;
	forge_projects(f, saw_project, NULL, brought_end, &a);
	forge_branches(f, &flights, NULL, brought_end, &b);
	forge_pipelines(f, &(struct forge_pipelines_query){ .project = &flights }, saw_pipeline, brought_end, &c);
	brought_wait(&a);
	brought_wait(&b);
	brought_wait(&c);
	AUTO(brought_fini) struct brought ids = { 0 };
	AUTO(brought_fini) struct brought commits = { 0 };
	forge_commit_ids(f, &(struct forge_commits_query){ .project = &flights, .branch = "main", .tip = tip, .max = 50 }, NULL, brought_end, &ids);
	brought_wait(&ids);
	forge_commits(f, &flights, &tip, 1, saw_commit, brought_end, &commits);
	brought_wait(&commits);
	AUTO_JSON counts = ask("GET", "/counts", NULL);
	assert_int_equal(json_int(counts, "requests", -1), 4);
	forge = kept;
	forge_free(f);
}

static void count_branch(void *ctx, const struct branch *br)
{
	struct brought *b = ctx;
	b->n_items++;
}

static void thousands_of_branches_come_once_each(void **state)
{
	AUTO(brought_fini) struct brought b = { 0 };

	tell("POST", "/world", "{'scale':{'branches':1200,'commits':30,'group':'big','user':'zoe'}}");
	AUTO(project_fini) struct project big = project_at("big/model");
	tell("POST", "/counts/reset", NULL);
	forge_branches(forge, &big, count_branch, brought_end, &b);
	brought_wait(&b);
	assert_int_equal(b.err.code, ERR_NONE);
	assert_int_equal(b.n_items, 1201);
	AUTO_JSON counts = ask("GET", "/counts", NULL);
	assert_int_equal(json_int(counts, "requests", -1), 13);
}

static void name_branch(void *ctx, const struct branch *br)
{
	struct brought *b = ctx;
	if (b->n_items++ < 3)
		buf_addf(&b->text, "%s ", br->name);
}

static void page_said(void *ctx, bool more, uint64_t total)
{
	buf_add_str(&((struct brought *)ctx)->text, more ? "more" : "last");
}

static void branch_page(struct forge_branches_query q, size_t n, const char *text)
{
	static const struct forge_branches_events events = { name_branch, page_said, brought_end };
	AUTO(brought_fini) struct brought b = { 0 };

	tell("POST", "/counts/reset", NULL);
	forge_branches_page(forge, &q, &events, &b);
	brought_wait(&b);
	assert_int_equal(b.err.code, ERR_NONE);
	assert_int_equal(b.n_items, n);
	if (text)
		assert_string_equal(buf_str(&b.text), text);
	AUTO_JSON counts = ask("GET", "/counts", NULL);
	assert_int_equal(json_int(counts, "requests", -1), 1);
}

static void branches_come_in_pages_and_by_name(void **state)
{
	tell("POST", "/world", "{'scale':{'branches':300,'commits':30,'group':'pages','user':'zoe'}}");
	AUTO(project_fini) struct project paged = project_at("pages/model");
	branch_page((struct forge_branches_query){ .project = &paged }, 100, NULL);
	branch_page((struct forge_branches_query){ .project = &paged, .first = 200, .max = 100 }, 100, NULL);
	branch_page((struct forge_branches_query){ .project = &paged, .first = 300 }, 1, NULL);
	branch_page((struct forge_branches_query){ .project = &paged, .name = "main" }, 1, "main last");
	branch_page((struct forge_branches_query){ .project = &paged, .name = "no/such one" }, 0, "last");
	branch_page((struct forge_branches_query){ .project = &paged, .prefix = "feature/" }, 100, NULL);
	branch_page((struct forge_branches_query){ .project = &paged, .prefix = "eature/" }, 0, "last");
	branch_page((struct forge_branches_query){ .project = &paged, .prefix = "renku/autosave/" }, 0, "last");
}

/* What lies ahead says where the default branch stands while a long page is still on its way; then the page says it again. */
static void the_default_branch_comes_ahead_of_a_long_page(void **state)
{
	static const struct forge_branches_events events = { name_branch, page_said, brought_end };
	AUTO(project_fini) struct project paged = project_at("pages/model");
	AUTO(brought_fini) struct brought b = { 0 };

	tell("POST", "/faults", "{'match':'/repository/branches','kind':'hold'}");
	forge_look_ahead(forge, &paged);
	forge_branches_page(forge, &(struct forge_branches_query){ .project = &paged }, &events, &b);
	for (unsigned i = 0; !b.n_items && !b.n_ends && i < 100000; i++)
		loop_turn(loop, true);
	assert_string_equal(buf_str(&b.text), "main ");
	tell("DELETE", "/faults", NULL);
	brought_wait(&b);
	assert_int_equal(b.err.code, ERR_NONE);
	assert_int_equal(b.n_items, 101);
}

static void note_not_asked(void *brought, const struct oid *commit) { ((struct brought *)brought)->n_states++; }

/* Pages of a hundred for many rows, ids for the few that are left; what is not asked for is said to be not known. */
static void older_pipelines_are_asked_for_in_pages(void **state)
{
	static const struct { unsigned pipelines, items, not_asked, requests; } cases[] = { { 150, 150, 0, 2 }, { 450, 300, 29 - 12, 3 + 3 } };
	struct oid commits[30] = { { { 0 } } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STR world = xasprintf("{'scale':{'pipelines':%u,'commits':1,'group':'long%zu','user':'zoe','names':false}}", cases[i].pipelines, i);
		AUTO_STR path = xasprintf("long%zu/model", i);
		AUTO(brought_fini) struct brought b = { 0 };
		tell("POST", "/world", world);
		AUTO(project_fini) struct project p = project_at(path);
		forge_resolve(forge, &p, "main", keep_oid, any_end, &commits[0]);
		loop_run(loop);
		for (size_t k = 1; k < ARRAY_LEN(commits); k++)
			commits[k].b[0] = (unsigned char)k; /* these have none */
		tell("POST", "/counts/reset", NULL);
		pipelines_of(forge, &(struct forge_pipelines_query){ .project = &p, .commits = commits, .n_commits = ARRAY_LEN(commits), .not_asked = note_not_asked }, &b);
		assert_int_equal(b.n_items, cases[i].items);
		assert_int_equal(b.n_states, cases[i].not_asked);
		AUTO_JSON counts = ask("GET", "/counts", NULL);
		assert_int_equal(json_int(counts, "requests", -1), cases[i].requests);
	}
}

/* What stands at a commit is asked for once, also that it isn't there. */
static void files_of_a_commit_are_asked_for_once(void **state)
{
	static const char *const names[] = { "Dockerfile", "no such file" };
	const struct oid tip = tip_of("main");

	for (unsigned round = 0; round < 2; round++) {
		tell("POST", "/counts/reset", NULL);
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			AUTO(brought_fini) struct brought b = { 0 };
			forge_file(forge, &(struct forge_file_query){ &flights, tip, names[i], 1000 }, NULL, brought_end, &b);
			brought_wait(&b);
			assert_int_equal(b.err.code, i ? ERR_NOT_FOUND : ERR_NONE);
		}
		AUTO_JSON counts = ask("GET", "/counts", NULL);
		assert_int_equal(json_int(counts, "requests", -1), round ? 0 : 2);
	}
}

const struct CMUnitTest gitlab_ci_tests[] = {
	cmocka_unit_test(pipelines_come_with_their_job), cmocka_unit_test(pipelines_of_one_commit_are_found),
	cmocka_unit_test(jobs_are_retried_played_cancelled), cmocka_unit_test(pipelines_are_run), cmocka_unit_test(commits_are_made),
	cmocka_unit_test(forks_get_their_first_pipeline), cmocka_unit_test(tags_are_there_or_not), cmocka_unit_test(a_cold_start_is_few_requests),
	cmocka_unit_test(thousands_of_branches_come_once_each), cmocka_unit_test(branches_come_in_pages_and_by_name),
	cmocka_unit_test(the_default_branch_comes_ahead_of_a_long_page), cmocka_unit_test(older_pipelines_are_asked_for_in_pages),
	cmocka_unit_test(files_of_a_commit_are_asked_for_once), { 0 },
};
