/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the contract suite (tests/contract/forge.c) does not see: .dockerignore's patterns, one by one. */
#include "berth/dockerignore.h"
#include "berth/forge.h"
#include "tests.h"

static void patterns_mean_what_docker_says(void **state)
{
	static const struct { const char *text, *path; bool excluded; } cases[] = {
		{ "", "a", false },
		{ "# a\n\n  \n", "a", false },
		{ "a", "a", true },
		{ "a", "a/b/c", true },
		{ "a", "ab", false },
		{ "a", "b/a", false },
		{ "/a/", "a", true },
		{ "./x/../a//b", "a/b", true },
		{ "a\r\n", "a", true },
		{ "\xef\xbb\xbf" "a", "a", true },
		{ " a ", "a", true },
		{ "*", "a", true },
		{ "*", "a/b", true },
		{ "*.md", "x.md", true },
		{ "*.md", "d/x.md", false },
		{ "*/*.md", "d/x.md", true },
		{ "**/*.md", "x.md", true },
		{ "**/*.md", "a/b/x.md", true },
		{ "**/node_modules", "a/b/node_modules/c/d", true },
		{ "**/node_modules", "a/xnode_modules", false },
		{ "a/**", "a/b/c", true },
		{ "a/**", "b", false },
		{ "a/**/z", "a/z", true },
		{ "a/**/z", "a/b/c/z", true },
		{ "a/**/z", "a/b/zz", false },
		{ "**", "anything/at/all", true },
		{ "te?t", "test", true },
		{ "te?t", "te/t", false },
		{ "[a-c]x", "bx", true },
		{ "[^a-c]x", "bx", false },
		{ "[^a-c]x", "dx", true },
		{ "\\*", "*", true },
		{ "\\*", "a", false },
		{ "a.b$(x)+|", "a.b$(x)+|", true },
		{ "a.b", "axb", false },
		{ "*\n!keep", "keep", false },
		{ "*\n!keep", "other", true },
		{ "data\n!data/keep", "data/keep", false },
		{ "data\n!data/keep", "data/drop", true },
		{ "*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true },
		{ "*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false },
		{ "!a\na", "a", true },
		{ "a\n! a", "a", false },
		{ ".", "a", false },
		{ "\xc3\xa9*", "\xc3\xa9t\xc3\xa9", true },
		{ "a/b", "a", false },
		{ "[]]", "]", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dockerignore *d = NULL;
		struct err err = { 0 };
		if (dockerignore_new(sv_of(cases[i].text), &d, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		if (dockerignore_excludes(d, cases[i].path) != cases[i].excluded)
			fail_msg("\"%s\" and %s", cases[i].text, cases[i].path);
		dockerignore_free(d);
	}
}

static void wrong_patterns_are_named(void **state)
{
	static const struct { const char *text, *says; } cases[] = {
		{ "a\n[b\n", ".dockerignore:2: \"[b\"" }, { "!", ".dockerignore:1: \"!\"" }, { "x\n\n!  \n", ".dockerignore:3: " }, { "[", ".dockerignore:1: " },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dockerignore *d = NULL;
		struct err err = { 0 };
		assert_int_equal(dockerignore_new(sv_of(cases[i].text), &d, &err), -ERR_CONFIG);
		assert_null(d);
		if (strncmp(err.text, cases[i].says, strlen(cases[i].says)))
			fail_msg("%s", err.text);
	}
}

/* Would take for ever with a matcher that tries one way after the other. */
static void no_pattern_is_slow(void **state)
{
	struct dockerignore *d = NULL;
	char path[2001];

	memset(path, 'a', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(dockerignore_new(SV("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\n**/**/**/**/**/**/**/**/**/a*b\n"), &d, NULL), 0);
	assert_false(dockerignore_excludes(d, path));
	dockerignore_free(d);
}

/* ---- what only a host has -------------------------------------------------------------------------------------------------------- */
static unsigned n_refused;

static void is_unsupported(void *ctx, const struct err *err)
{
	assert_non_null(err);
	assert_int_equal(err->code, ERR_UNSUPPORTED);
	assert_string_not_equal(err->text, "");
	n_refused++;
}

static void folders_have_no_pipelines(void **state)
{
	struct loop *loop = loop_new_virtual();
	struct forge *f = forge_local_new(loop, &(struct forge_local_config){ .name = "local" });
	const struct project p = { .path = (char[]){ "x" } };
	struct forge_login login;
	struct err err = { 0 };

	forge_account(f, NULL, is_unsupported, NULL);
	forge_projects_page(f, &(struct forge_projects_query){ 0 }, &(struct forge_projects_events){ .end = is_unsupported }, NULL);
	forge_project(f, "x", NULL, is_unsupported, NULL);
	forge_pipelines(f, &(struct forge_pipelines_query){ .project = &p }, NULL, is_unsupported, NULL);
	forge_job(f, &p, 1, NULL, is_unsupported, NULL);
	forge_job_log(f, &(struct forge_log_query){ .project = &p }, &(struct forge_log_events){ .end = is_unsupported }, NULL);
	forge_job_act(f, &(struct forge_job_action_query){ .project = &p }, NULL, is_unsupported, NULL);
	forge_run_pipeline(f, &(struct forge_run_query){ .project = &p }, NULL, is_unsupported, NULL);
	forge_fork(f, &(struct forge_fork_query){ .project = &p }, &(struct forge_fork_events){ .end = is_unsupported }, NULL);
	forge_registry_tags(f, &(struct forge_tags_query){ .project = &p }, NULL, is_unsupported, NULL);
	assert_int_equal(n_refused, 0);
	loop_turn(loop, false);
	assert_int_equal(n_refused, 10);
	assert_int_equal(forge_may(f, &p, FORGE_DEED_RUN, &err), -ERR_UNSUPPORTED);
	assert_int_equal(forge_may(f, &p, FORGE_DEED_READ, &err), 0);
	assert_false(forge_login(f, &login));
	forge_free(f);
	loop_free(loop);
}

static const struct CMUnitTest host_tests[] = { cmocka_unit_test(folders_have_no_pipelines), { 0 } };
static const struct CMUnitTest dockerignore_tests[] = {
	cmocka_unit_test(patterns_mean_what_docker_says), cmocka_unit_test(wrong_patterns_are_named), cmocka_unit_test(no_pattern_is_slow), { 0 },
};

int main(void)
{
	static const struct CMUnitTest *const tables[] = { dockerignore_tests, host_tests, url_tests, remote_tests, decode_tests, join_tests };
	static struct CMUnitTest tests[64];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (const struct CMUnitTest *t = tables[i]; t->test_func && n < ARRAY_LEN(tests); t++)
			tests[n++] = *t;
	return _cmocka_run_group_tests("forge", tests, n, NULL, NULL);
}
