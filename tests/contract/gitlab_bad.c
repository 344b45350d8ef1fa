/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bad days: whatever the host does, every call ends once, with a sentence. */
#include "berth/mem.h"
#include "berth/path.h"
#include "tests/contract/gitlab.h"

static struct oid tip;

static void nothing_found(void *ctx, const struct oid *id, const char *branch) { tip = *id; }
static void nothing_of_bytes(void *ctx, struct sv bytes) { }
static void nothing_of_tree(void *ctx, const struct forge_tree_item *i) { }

static struct forge_call *any_call(unsigned which, struct forge *f, struct brought *b)
{
	static const char *const tags[] = { "1a2b3c4" };

	switch (which) {
	case 0: return forge_projects(f, saw_project, saw_note, brought_end, b);
	case 1: return forge_branches(f, &flights, NULL, brought_end, b);
	case 2: return forge_commit_ids(f, &(struct forge_commits_query){ .project = &flights, .tip = tip, .max = 10 }, NULL, brought_end, b);
	case 3: return forge_commits(f, &flights, &tip, 1, saw_commit, brought_end, b);
	case 4: return forge_resolve(f, &flights, "main", nothing_found, brought_end, b);
	case 5: return forge_file(f, &(struct forge_file_query){ &flights, tip, "Dockerfile", 1000 }, nothing_of_bytes, brought_end, b);
	case 6: return forge_tree(f, &flights, &tip, nothing_of_tree, brought_end, b);
	case 7: return forge_pipelines(f, &(struct forge_pipelines_query){ .project = &flights }, saw_pipeline, brought_end, b);
	case 8: return forge_registry_tags(f, &(struct forge_tags_query){ &flights, tags, 1 }, saw_tag, brought_end, b);
	case 9: return forge_project(f, "lab/air/flights", saw_project, brought_end, b);
	case 10: return forge_job_act(f, &(struct forge_job_action_query){ .project = &flights, .job = 1 }, saw_job, brought_end, b);
	case 11: return forge_tar(f, &(struct forge_tar_query){ .project = &flights, .commit = tip }, nothing_of_bytes, brought_end, b);
	default: return NULL;
	}
}
enum { N_CALLS = 12 };

static void a_day(const char *fault, bool must_fail)
{
	tell("POST", "/faults", fault);
	for (unsigned which = 0; which < N_CALLS; which++) {
		struct forge *f = forge_of("glpat-zoe", NULL); /* which has kept nothing */
		AUTO(brought_fini) struct brought b = { 0 };
		b.call = any_call(which, f, &b);
		if (which == 11)
			for (int i = 0; i < 20; i++)
				forge_tar_more(b.call);
		brought_wait(&b);
		if (must_fail && !b.err.code)
			fail_msg("%s: call %u did not notice", fault, which);
		if (b.err.code) {
			assert_true(b.err.text[0] && b.err.code != ERR_CANCELLED);
			assert_null(strstr(b.err.text, "glpat"));
			assert_null(strpbrk(b.err.text, "\n\r\x1b"));
		}
		forge_free(f);
	}
	tell("DELETE", "/faults", NULL);
}

static void refusals_are_sentences(void **state)
{
	static const char *const kinds[] = { "unauthorized", "revoked", "forbidden", "insufficient_scope" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO_STR fault = xasprintf("{'match':'/api/','kind':'%s'}", kinds[i]);
		a_day(fault, true);
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const kinds[] = { "wrong_types", "nulls", "deep", "sign_in" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO_STR fault = xasprintf("{'match':'/api/','kind':'%s'}", kinds[i]);
		a_day(fault, false);
	}
}

static void a_host_that_is_none(void **state)
{
	struct forge *f = forge_of("glpat-zoe", standin->control);
	AUTO(brought_fini) struct brought b = { 0 };

	forge_account(f, NULL, brought_end, &b);
	brought_wait(&b);
	assert_int_not_equal(b.err.code, ERR_NONE);
	assert_string_not_equal(b.err.text, "");
	forge_free(f);
	f = forge_of("glpat-zoe", "http://127.0.0.1:9");
	AUTO(brought_fini) struct brought nobody = { 0 };
	forge_projects(f, saw_project, NULL, brought_end, &nobody);
	brought_wait(&nobody);
	assert_int_equal(nobody.err.code, ERR_NET);
	forge_free(f);
}

static void found_end(void *ctx, const struct err *err)
{
	assert_null(err);
	loop_stop(loop);
}

static void nothing_of_progress(void *ctx, const char *what, uint64_t now, uint64_t total) { }
static void keep_project(void *ctx, const struct project *p) { project_dup(ctx, p); }

static void clone_of(struct forge *f, const struct project *p, const char *into, enum err_code code)
{
	const struct forge_clone_query q = { .project = p, .branch = "main", .commit = tip, .into = into };
	AUTO(brought_fini) struct brought b = { 0 };

	b.call = forge_clone(f, &q, nothing_of_progress, brought_end, &b);
	brought_wait(&b);
	if (b.err.code != code)
		fail_msg("%d instead of %d: %s", (int)b.err.code, (int)code, b.err.text);
	assert_null(strstr(b.err.text, "glpat"));
}

/* A host below a path, whose certificate only its own file knows; and what lies in a clone of it. */
static void a_host_with_its_own_certificate(void **state)
{
	static const char *const args[] = { "--tls", "--relative-url", "/gitlab", NULL };
	AUTO(buf_fini) struct buf world = BUF_INIT, config = BUF_INIT;
	AUTO(secret_free_p) struct secret *token = secret_new(SV("glpat-zoe"));
	AUTO(secret_free_p) struct secret *wrong = secret_new(SV("glpat-nonsense"));
	AUTO(project_fini) struct project p = { 0 };
	AUTO(brought_fini) struct brought unknown = { 0 };

	assert_int_equal(file_read(TEST_SRCDIR "/fake/world.json", 1 << 20, &world, NULL), 0);
	struct standin *tls = standin_new(loop, buf_str(&world), args);
	AUTO_STR ca = path_join(tls->state, "tls/ca.pem");
	AUTO_STR into = path_join(tls->state, "clone");
	AUTO_STR git_config = path_join(into, ".git/config");
	/* by name: the TLS of some libgit2 knows no addresses in certificates */
	const char *const port = strrchr(tls->url, ':');
	AUTO_STR url = xasprintf("https://localhost%s", port);
	struct forge_gitlab_config c = { .name = "tls", .url = url, .token = token, .ca_file = ca };
	struct forge *f = forge_gitlab_new(loop, tls->net, &c);
	forge_project(f, "lab/air/flights", keep_project, found_end, &p);
	loop_run(loop);
	forge_resolve(f, &p, "main", nothing_found, found_end, NULL);
	loop_run(loop);
	clone_of(f, &p, into, ERR_NONE);
	assert_int_equal(file_read(git_config, 1 << 20, &config, NULL), 0);
	assert_non_null(strstr(buf_str(&config), "/gitlab/lab/air/flights.git"));
	assert_null(strstr(buf_str(&config), "glpat"));
	assert_null(strchr(buf_str(&config), '@'));
	assert_int_equal(path_remove_tree(into, NULL), 0);
	forge_free(f);
	c.token = wrong;
	f = forge_gitlab_new(loop, tls->net, &c);
	clone_of(f, &p, into, ERR_AUTH);
	forge_free(f);
	c = (struct forge_gitlab_config){ .name = "tls", .url = url, .token = token };
	f = forge_gitlab_new(loop, tls->net, &c);
	clone_of(f, &p, into, ERR_TLS);
	forge_projects(f, NULL, NULL, brought_end, &unknown);
	brought_wait(&unknown);
	assert_int_equal(unknown.err.code, ERR_TLS);
	forge_free(f);
	standin_free(tls);
}

static void freed_in_the_middle(void **state)
{
	struct brought b[N_CALLS] = { { 0 } };
	struct forge *f = forge_of("glpat-zoe", NULL);

	for (unsigned which = 0; which < N_CALLS; which++)
		b[which].call = any_call(which, f, &b[which]);
	for (int i = 0; i < 3; i++)
		loop_turn(loop, false);
	forge_free(f);
	for (unsigned which = 0; which < N_CALLS; which++) {
		assert_int_equal(b[which].n_ends, 1);
		brought_fini(&b[which]);
	}
	for (int i = 0; i < 20; i++)
		loop_turn(loop, false);
}

static void the_tip_is_known(void **state)
{
	forge_resolve(forge, &flights, "main", nothing_found, found_end, NULL);
	loop_run(loop);
	assert_false(oid_is_zero(&tip));
}

const struct CMUnitTest gitlab_bad_tests[] = {
	cmocka_unit_test(the_tip_is_known), cmocka_unit_test(refusals_are_sentences), cmocka_unit_test(nonsense_is_refused),
	cmocka_unit_test(a_host_that_is_none), cmocka_unit_test(a_host_with_its_own_certificate), cmocka_unit_test(freed_in_the_middle), { 0 },
};
