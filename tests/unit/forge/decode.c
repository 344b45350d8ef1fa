/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded answers of real hosts, and answers that no host should give. */
#include "forge/gitlab_pure.h"
#include "tests.h"

static const struct gitlab_where at = { "lab", "https://gitlab.example.org" };

static json_t *fixture(const char *name)
{
	AUTO_STR path = xasprintf("%s/fixtures/gitlab/%s", TEST_SRCDIR, name);
	AUTO(buf_fini) struct buf text = BUF_INIT;
	struct err err = { 0 };

	if (file_read(path, 1 << 20, &text, &err))
		fail_msg("%s", err.text);
	json_t *j = json_read(buf_sv(&text), 1 << 20, &err);
	if (!j)
		fail_msg("%s: %s", name, err.text);
	return j;
}

static json_t *text(const char *json)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;

	for (const char *p = json; *p; p++)
		buf_add_char(&b, *p == '\'' ? '"' : *p);
	json_t *j = json_read(buf_sv(&b), 1 << 20, NULL);
	if (!j)
		fail_msg("%s", json);
	return j;
}

static void a_project_is_read(void **state)
{
	AUTO_JSON j = fixture("gitlab4j/project.json");
	AUTO(project_fini) struct project p = { 0 };

	assert_true(gitlab_project(j, &at, &p));
	assert_string_equal(p.path, "diaspora/diaspora-project-site");
	assert_string_equal(p.name, "diaspora-project-site");
	assert_string_equal(p.forge, "lab");
	assert_int_equal(p.number, 3);
	/* where the host says that it can be cloned is not where its token would be sent */
	assert_string_equal(p.clone_url, "https://gitlab.example.org/diaspora/diaspora-project-site.git");
	assert_string_equal(p.image_prefix, "registry.gitlab.example.com/diaspora/diaspora-client");
	assert_string_equal(p.default_branch, "master");
	assert_int_equal(p.active_at_s, 1380548762);
	assert_true(p.rights_known);
	assert_int_equal(p.access_level, 10);
	assert_false(p.can_push || p.can_run);
	assert_true(project_id_eq(p.id, project_id_of("lab", "diaspora/diaspora-project-site")));
}

static void rights_are_told_apart(void **state)
{
	static const struct { const char *json; bool known, push; uint32_t level; } cases[] = {
		{ "{'path_with_namespace':'a/b'}", false, true, 0 },
		{ "{'path_with_namespace':'a/b','permissions':{'project_access':null,'group_access':null}}", true, true, 0 },
		{ "{'path_with_namespace':'a/b','permissions':{'project_access':{'access_level':20},'group_access':null}}", true, false, 20 },
		{ "{'path_with_namespace':'a/b','permissions':{'project_access':{'access_level':20},'group_access':{'access_level':40}}}", true, true, 40 },
		{ "{'path_with_namespace':'a/b','archived':true,'permissions':{'project_access':{'access_level':50}}}", true, false, 50 },
		{ "{'path_with_namespace':'a/b','permissions':{'project_access':{'access_level':'40'},'group_access':-7}}", true, true, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_JSON j = text(cases[i].json);
		AUTO(project_fini) struct project p = { 0 };
		assert_true(gitlab_project(j, &at, &p));
		assert_int_equal(p.rights_known, cases[i].known);
		assert_int_equal(p.can_push, cases[i].push);
		assert_int_equal(p.access_level, cases[i].level);
	}
}

static void jobs_are_read(void **state)
{
	AUTO_JSON j = fixture("gitlab4j/job.json");
	AUTO(job_fini) struct job job = { 0 };

	assert_true(gitlab_job(j, &job));
	assert_int_equal(job.id, 7);
	assert_int_equal(job.pipeline_id, 6);
	assert_string_equal(job.name, "teaspoon");
	assert_int_equal(job.state, JOB_FAILED);
	assert_string_equal(job.failure_reason, "script_failure");
	assert_int_equal(job.started_at_s, 1450979667);
	assert_int_equal(job.log_bytes, 1500);
	assert_true(job.retryable && !job.cancelable && !job.playable);
	char hex[OID_HEX + 1];
	oid_hex(&job.commit, hex);
	assert_string_equal(hex, "0ff3ae198f8601a285adcf5c0fff204ee6fba5fd");
	AUTO_JSON statuses = fixture("narkoz/project_commit_status.json");
	AUTO(job_fini) struct job status = { 0 };
	assert_true(gitlab_job(json_array_get(statuses, 0), &status));
	assert_int_equal(status.created_at_s, 1445636148);
}

static void unknown_states_keep_their_word(void **state)
{
	AUTO_JSON j = text("{'id':'gid://gitlab/Ci::Build/88','status':'WAITING_FOR_GODOT','failureMessage':'no'}");
	AUTO(job_fini) struct job job = { 0 };

	assert_true(gitlab_job(j, &job));
	assert_int_equal(job.id, 88);
	assert_int_equal(job.state, JOB_OTHER);
	assert_string_equal(job.state_word, "waiting_for_godot");
	assert_null(job.failure_reason); /* it has not failed */
}

static void the_rest_is_read(void **state)
{
	AUTO_JSON pipeline = fixture("gitlab4j/pipeline.json");
	AUTO(pipeline_fini) struct pipeline p = { 0 };
	assert_true(gitlab_pipeline(pipeline, &p));
	assert_int_equal(p.id, 46);
	assert_int_equal(p.state, JOB_SUCCESS);
	assert_non_null(strstr(p.problem, "valid YAML"));
	AUTO_JSON branch = fixture("gitlab4j/branch.json");
	AUTO(branch_fini) struct branch b = { 0 };
	assert_true(gitlab_branch(branch, &b));
	assert_true(b.is_default);
	assert_string_equal(b.tip_subject, "add projects API");
	AUTO_JSON commits = fixture("narkoz/project_commits.json");
	AUTO(commit_fini) struct commit c = { 0 };
	assert_true(gitlab_commit(json_array_get(commits, 0), &c));
	assert_string_equal(c.subject, "API: expose issues project id");
	assert_int_equal(c.committed_at_s, 1343215341);
	AUTO_JSON tag = fixture("narkoz/registry_repository_tag.json");
	AUTO(registry_tag_fini) struct registry_tag t = { 0 };
	assert_true(gitlab_tag(tag, &t));
	assert_int_equal(t.size_bytes, 350224384);
	assert_int_equal(t.created_at_s, 1546793391);
}

static void tokens_are_read(void **state)
{
	AUTO(account_fini) struct account a = { 0 };
	AUTO_JSON pat = text("{'id':4,'name':'berth','revoked':false,'scopes':['api','read_registry'],'active':true,'expires_at':'2026-12-31'}");
	AUTO_JSON user = fixture("gitlab4j/user.json");

	gitlab_token_self(pat, &a);
	gitlab_user(user, &a);
	assert_string_equal(a.scopes, "api read_registry");
	assert_string_equal(a.token_name, "berth");
	assert_int_equal(a.expires_at_s, 1798675200);
	assert_false(a.revoked);
	assert_non_null(a.user);
	AUTO_JSON oauth = text("{'resource_owner_id':1,'scope':['read_api'],'expires_in':7183}");
	gitlab_token_self(oauth, &a);
	assert_string_equal(a.scopes, "read_api");
	AUTO_JSON dead = text("{'scopes':[],'active':false}");
	gitlab_token_self(dead, &a);
	assert_string_equal(a.scopes, "");
	assert_true(a.revoked);
	assert_false(account_has_scope(&a, "api"));
}

static void wrong_answers_are_no_things(void **state)
{
	static const char *const cases[] = { "{}", "[]", "[1]", "{'id':null,'name':7,'path_with_namespace':false}", "{'id':'7','name':''}", "{'id':-3}",
		"{'id':1.5e300,'path_with_namespace':'../../etc/passwd'}", "{'path_with_namespace':'a/b\\u001b[31m'}", "{'path_with_namespace':'alone'}" };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_JSON j = text(cases[i]);
		struct project p;
		struct commit c;
		struct branch b;
		assert_false(gitlab_project(j, &at, &p));
		assert_false(gitlab_commit(j, &c));
		assert_false(gitlab_branch(j, &b));
		if (json_int(j, "id", 0) > 0)
			continue;
		struct job job;
		struct pipeline pipeline;
		assert_false(gitlab_job(j, &job));
		assert_false(gitlab_pipeline(j, &pipeline));
	}
}

static void servers_words_are_found(void **state)
{
	static const struct { const char *body, *words; } cases[] = {
		{ "{'message':'404 Project Not Found'}", "404 Project Not Found" },
		{ "{'message':{'name':['has already been taken'],'base':['Reference not found']}}", "name has already been taken; Reference not found" },
		{ "{'message':{'error':'This endpoint has been requested too many times. Try again later.'}}", "This endpoint has been requested too many times. Try again later." },
		{ "{'message':['one','two']}", "one; two" },
		{ "{'error':'ref is missing, per_page is invalid'}", "ref is missing, per_page is invalid" },
		{ "{'error':'invalid_token','error_description':'Token was revoked.'}", "Token was revoked." },
		{ "{'errors':[{'message':'Invalid token'}]}", "Invalid token" },
		{ "Retry later\n", "Retry later" }, { "\n\n", "" }, { "<html><h1>502</h1>", "" }, { "", "" }, { "{}", "" }, { "[]", "" }, { "{'message':null}", "" },
		{ "{'message':{'a':{'b':{'c':{'d':'too deep'}}}}}", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_fini) struct buf json = BUF_INIT, words = BUF_INIT;
		for (const char *p = cases[i].body; *p; p++)
			buf_add_char(&json, *p == '\'' ? '"' : *p);
		gitlab_words(buf_sv(&json), &words);
		assert_string_equal(buf_str(&words), cases[i].words);
		assert_int_equal(gitlab_is_taken(buf_str(&words)), i == 1);
	}
	AUTO(buf_fini) struct buf scope = BUF_INIT;
	assert_true(gitlab_missing_scope(SV("{\"error\":\"insufficient_scope\",\"scope\":\"api read_api\"}"), &scope));
	assert_string_equal(buf_str(&scope), "api read_api");
	assert_false(gitlab_missing_scope(SV("{\"error\":\"invalid_token\"}"), &scope));
	assert_false(gitlab_missing_scope(SV("x"), &scope));
}

static void what_is_wrong_with_inputs_is_said(void **state)
{
	static const struct { const char *theirs, *ours, *hint; } cases[] = {
		{ "`where` input: required value has not been provided", "the input where is needed", "--input NAME=VALUE" },
		{ "unknown input arguments: a, b, `where` input: required value has not been provided, `n` input: provided value is not a number",
		  "its .gitlab-ci.yml has no input a, b; the input where is needed; the input n must be a number", "at its top" },
		{ "unknown input arguments: a", "its .gitlab-ci.yml has no input a", "at its top" },
		{ "`n` input: provided value is not a string", "the input n must be text", "double quotes" },
		{ "`n` input: provided value is not a boolean", "the input n must be true or false", "NAME=true" },
		{ "`n` input: provided value is not an array", "the input n must be a list", "[" },
		{ "`n` input: `x` cannot be used because it is not in the list of allowed options", "the input n can't have this value", "can have" },
		{ "`n` input: provided value does not match required RegEx pattern", "the input n has not the form that the project wants", "pattern" },
		{ "Given inputs not defined in the `spec` section of the included configuration file", "its .gitlab-ci.yml takes no inputs", "leave them out" },
		{ "Reference not found", "", NULL }, { "", "", NULL }, { "` input: ", "", NULL }, { "`n` input: something new", "", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		const char *hint = NULL;
		assert_int_equal(gitlab_input_words(cases[i].theirs, &b, &hint), cases[i].hint != NULL);
		assert_string_equal(buf_str(&b), cases[i].ours);
		assert_true(!hint || strstr(hint, cases[i].hint));
	}
	(void)state;
}

const struct CMUnitTest decode_tests[] = {
	cmocka_unit_test(a_project_is_read), cmocka_unit_test(rights_are_told_apart), cmocka_unit_test(jobs_are_read),
	cmocka_unit_test(unknown_states_keep_their_word), cmocka_unit_test(the_rest_is_read), cmocka_unit_test(tokens_are_read),
	cmocka_unit_test(wrong_answers_are_no_things), cmocka_unit_test(servers_words_are_found),
	cmocka_unit_test(what_is_wrong_with_inputs_is_said), { 0 },
};

/* ---- the join ------------------------------------------------------------------------------------------------------------------------ */
#define SHA_A "0123456789abcdef0123456789abcdef01234567"
#define SHA_B "89abcdef0123456789abcdef0123456789abcdef"

static void note_pipeline(void *ctx, struct pipeline *p)
{
	char sha[8];

	oid_sha7(&p->commit, sha);
	buf_addf(ctx, "%llu %s ", (unsigned long long)p->id, sha);
	if (p->has_job)
		buf_addf(ctx, "%llu %s|", (unsigned long long)p->job.id, job_state_name(p->job.state));
	else
		buf_add_str(ctx, "-|");
}

static void children_count_for_their_parents(void **state)
{
	AUTO_JSON j = text(
		"{'data':{'project':{'top':{'pageInfo':{'hasNextPage':true,'endCursor':'c12'},'nodes':["
		"{'id':'gid://gitlab/Ci::Pipeline/12','sha':'" SHA_A "','status':'SKIPPED','ref':'main','job':{'id':'gid://gitlab/Ci::Build/90','status':'SKIPPED'}},"
		"{'id':'gid://gitlab/Ci::Pipeline/10','sha':'" SHA_A "','status':'RUNNING','ref':'main','job':null},"
		"{'id':'gid://gitlab/Ci::Pipeline/9','sha':'" SHA_B "','status':'FAILED','ref':'x','job':{'id':'gid://gitlab/Ci::Build/70','status':'FAILED','failureMessage':'it broke'}},"
		"null,7,{'id':0}]},"
		"'child':{'pageInfo':{'hasNextPage':false,'endCursor':'c8'},'nodes':["
		"{'id':'gid://gitlab/Ci::Pipeline/11','source':'parent_pipeline','sha':'" SHA_A "','status':'RUNNING','ref':'main','job':{'id':'gid://gitlab/Ci::Build/80','status':'RUNNING'}},"
		"{'id':'gid://gitlab/Ci::Pipeline/8','source':'parent_pipeline','sha':'" SHA_B "','status':'SUCCESS','ref':'y','job':{'id':'gid://gitlab/Ci::Build/60','status':'SUCCESS'}}"
		"]}}}}");
	AUTO(buf_fini) struct buf seen = BUF_INIT;
	AUTO(gitlab_join_after_fini) struct gitlab_join_after after;

	assert_true(gitlab_join_answer(j, note_pipeline, &seen, &after, NULL));
	assert_string_equal(after.top, "c12");
	assert_null(after.child);
	assert_string_equal(buf_str(&seen), "12 0123456 90 skipped|10 0123456 80 running|9 89abcde 70 failed|8 89abcde 60 success|");
}

#define TIP(sha) "{'tree':{'lastCommit':{'sha':'" sha "'}}}"
static void a_file_is_taken_where_its_commit_is_sure(void **state)
{
	static const char *const unsure[] = {
		"{'data':{'project':{'before':" TIP(SHA_A) ",'after':" TIP(SHA_B) ",'repository':{'blobs':{'nodes':[]}}}}}", /* it moved in between */
		"{'data':{'project':{'before':" TIP(SHA_A) ",'after':" TIP(SHA_A) ",'repository':null}}}",
		"{'data':{'project':{'before':" TIP(SHA_A) ",'after':" TIP(SHA_A) ",'repository':{'blobs':{'nodes':[{'rawTextBlob':null}]}}}}}",
		"{'data':{'project':{'before':" TIP(SHA_A) ",'after':" TIP(SHA_A) ",'repository':{'blobs':{'nodes':[{'rawTextBlob':'Z\\u00fcrich'}]}}}}}", /* of which encoding? */
		"{'data':{'project':{'before':{'tree':null},'after':{'tree':null},'repository':{'blobs':{'nodes':[]}}}}}",
		"{'data':{'project':{'before':" TIP("x") ",'after':" TIP("x") ",'repository':{'blobs':{'nodes':[]}}}}}", "{}", "[]" };
	AUTO_JSON there = text("{'data':{'project':{'before':" TIP(SHA_A) ",'after':" TIP(SHA_A) ",'repository':{'blobs':{'nodes':[{'path':'p','rawTextBlob':'image = x'}]}}}}}");
	AUTO_JSON none = text("{'data':{'project':{'before':" TIP(SHA_B) ",'after':" TIP(SHA_B) ",'repository':{'blobs':{'nodes':[]}}}}}");
	struct gitlab_join_file file;
	char hex[OID_HEX + 1];

	for (size_t i = 0; i < ARRAY_LEN(unsure); i++) {
		AUTO_JSON j = text(unsure[i]);
		assert_false(gitlab_join_file(j, &file));
	}
	assert_true(gitlab_join_file(there, &file) && file.present);
	oid_hex(&file.commit, hex);
	assert_string_equal(hex, SHA_A);
	assert_true(sv_eq(file.text, SV("image = x")));
	assert_true(gitlab_join_file(none, &file));
	assert_false(file.present);
}

static void answers_that_are_none_are_told(void **state)
{
	static const char *const cases[] = { "{'errors':[{'message':'no such field'}]}", "{'data':{'project':null}}", "{'data':null}", "[]", "{}",
		"{'data':{'project':{}},'errors':['x']}", "{'errors':[7]}" };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_JSON j = text(cases[i]);
		AUTO(buf_fini) struct buf seen = BUF_INIT;
		struct err err = { 0 };
		struct gitlab_join_after after;
		assert_false(gitlab_join_answer(j, note_pipeline, &seen, &after, &err));
		assert_null(after.top);
		assert_int_equal(err.code, ERR_UNSUPPORTED);
		assert_int_equal(seen.len, 0);
	}
}

static void jobs_find_their_pipelines(void **state)
{
	AUTO(pipelines_fini) pipelines all = VEC_INIT;
	AUTO_JSON jobs = text("[{'id':5,'name':'image_build','status':'failed','pipeline':{'id':1,'sha':'" SHA_A "'}},"
	                      "{'id':7,'name':'image_build','status':'success','pipeline':{'id':1,'sha':'" SHA_A "'}},"
	                      "{'id':6,'name':'image_build','status':'running','pipeline':{'id':1,'sha':'" SHA_A "'}},"
	                      "{'id':8,'name':'test','status':'failed','pipeline':{'id':1}},{'id':9,'name':'image_build','pipeline':{'id':77}},"
	                      "{'id':20,'name':'image_build','status':'manual','ref':'main','pipeline':{'id':30,'sha':'" SHA_B "','source':'parent_pipeline'}},7,null]");
	AUTO(buf_fini) struct buf seen = BUF_INIT;
	struct pipeline one = { .id = 1, .source = xstrdup("push") }, two = { .id = 2, .ref = xstrdup("main") };

	oid_parse(SV(SHA_A), &one.commit);
	oid_parse(SV(SHA_B), &two.commit);
	VEC_PUSH(&all, one);
	VEC_PUSH(&all, two);
	gitlab_join_jobs(&all, jobs, "image_build");
	gitlab_join_order(&all);
	for (size_t i = 0; i < all.len; i++)
		note_pipeline(&seen, &all.items[i]);
	assert_string_equal(buf_str(&seen), "2 89abcde 20 manual|1 0123456 7 success|");
}

static void queries_hold_no_foreign_text(void **state)
{
	struct oid a = { { 1 } };
	const struct gitlab_join by_ref = { .path = "a/b\"}", .ref = "x\"){evil}", .job_name = "image_build", .max = 500 };
	const struct gitlab_join by_commit = { .path = "a/b", .ref = "x", .job_name = "image_build", .commits = &a, .n_commits = 1 };
	AUTO_STR first = gitlab_join_query(&by_ref);
	const struct gitlab_join older = { .path = "a/b", .job_name = "image_build", .after = { .top = (char *)"\"){evil}" } };
	AUTO_STR second = gitlab_join_query(&by_commit);
	AUTO_STR third = gitlab_join_query(&older);
	AUTO_JSON j = json_read(sv_of(first), 1 << 20, NULL);
	AUTO_JSON k = json_read(sv_of(second), 1 << 20, NULL);
	AUTO_JSON l = json_read(sv_of(third), 1 << 20, NULL);

	assert_null(strstr(json_str(j, "query", "evil"), "evil"));
	assert_non_null(strstr(json_str(j, "query", ""), "first:100)"));
	assert_string_equal(json_str(j, "variables.r", ""), "x\"){evil}");
	assert_non_null(strstr(json_str(k, "query", ""), "sha:\"0100000000000000000000000000000000000000\""));
	assert_null(json_path(k, "variables.r"));
	assert_null(strstr(json_str(l, "query", "evil"), "evil"));
	assert_string_equal(json_str(l, "variables.t", ""), "\"){evil}");
	assert_null(strstr(json_str(l, "query", ""), "child:")); /* all of them were on the page before */
	assert_true(strlen(json_str(k, "query", "")) < 10000);
}

const struct CMUnitTest join_tests[] = {
	cmocka_unit_test(children_count_for_their_parents), cmocka_unit_test(a_file_is_taken_where_its_commit_is_sure),
	cmocka_unit_test(answers_that_are_none_are_told),
	cmocka_unit_test(jobs_find_their_pipelines), cmocka_unit_test(queries_hold_no_foreign_text), { 0 },
};
