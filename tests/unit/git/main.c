/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

struct repo *opened(const char *path)
{
	struct repo *r = NULL;
	struct err err = { 0 };

	if (repo_open(path, &r, &err))
		fail_msg("%s", err.text);
	return r;
}

struct oid rev(struct repo *r, const char *name)
{
	struct oid id = { 0 };
	struct err err = { 0 };

	if (repo_resolve(r, name, &id, &err))
		fail_msg("%s", err.text);
	return id;
}

/* libgit2 up to 1.5 loses PCRE2's match data whenever a remote is made from a URL. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libpcre2\n"; }

enum { TESTS_MAX = 100 };

int main(void)
{
	static size_t (*const files[])(struct CMUnitTest *ret) = { repo_tests, history_tests, tree_tests, clone_tests, lfs_tests, salvage_tests, push_tests, gitconf_tests };
	struct CMUnitTest tests[TESTS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		n += files[i](tests + n);
	return _cmocka_run_group_tests("git", tests, n, fixture_begin, fixture_end);
}
