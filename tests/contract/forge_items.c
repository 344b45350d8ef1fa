/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items, then one end. */
#include "tests/contract/forge.h"

/* ---- items, then one end ------------------------------------------------------------------------------------------------------- */
static void projects_are_listed(void **state)
{
	AUTO(seen_fini) struct seen s = { 0 };

	s.call = forge_projects(forge, on_project, on_note, seen_end, &s);
	seen_wait(&s);
	assert_int_equal(s.err.code, ERR_NONE);
	assert_string_equal(buf_str(&s.text), maker->listed);
}

static void branches_are_listed(void **state)
{
	AUTO(project_fini) struct project usual = project_of("usual");
	AUTO(project_fini) struct project empty = project_of("empty");
	AUTO(seen_fini) struct seen s = { 0 };
	AUTO(seen_fini) struct seen none = { 0 };

	s.call = forge_branches(forge, &usual, on_branch, seen_end, &s);
	seen_wait(&s);
	assert_string_equal(buf_str(&s.text), maker->branches);
	none.call = forge_branches(forge, &empty, on_branch, seen_end, &none);
	seen_wait(&none);
	assert_int_equal(none.err.code, ERR_NONE);
	assert_int_equal(none.n_items, 0);
}

static void history_comes_in_pages(void **state)
{
	static const struct { size_t first, max, n; bool complete; } cases[] = {
		{ 0, 10, 10, false }, { 10, 10, 10, false }, { 5, 300, 300, false }, { 8990, 100, 10, true },
		{ 0, LONG_HISTORY, LONG_HISTORY, false }, { 0, SIZE_MAX, LONG_HISTORY, true }, { 20, SIZE_MAX, LONG_HISTORY - 20, true },
		{ LONG_HISTORY, 10, 0, true }, { LONG_HISTORY + 50, 10, 0, true }, { 3, 0, 0, false },
	};
	AUTO(project_fini) struct project p = project_of("long");
	struct oid tip = resolved(&p, "main");
	AUTO(seen_fini) struct seen all = ids_of(&p, &tip, 0, SIZE_MAX);

	assert_int_equal(all.ids.len, LONG_HISTORY);
	assert_true(oid_eq(&all.ids.items[0], &tip));
	for (int round = 0; round < 2; round++) /* again with the kept walk dropped by others */
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			AUTO(seen_fini) struct seen s = ids_of(&p, &tip, cases[i].first, cases[i].max);
			assert_int_equal(s.err.code, ERR_NONE);
			assert_int_equal(s.ids.len, cases[i].n);
			if (cases[i].n != LONG_HISTORY || cases[i].max == SIZE_MAX)
				assert_int_equal(s.complete, cases[i].complete);
			if (cases[i].n)
				assert_memory_equal(s.ids.items, all.ids.items + cases[i].first, cases[i].n * sizeof(struct oid));
			struct oid other = all.ids.items[100 + i];
			AUTO(seen_fini) struct seen shorter = ids_of(&p, &other, 0, 1);
			assert_int_equal(shorter.ids.len, 1);
		}
}

static void commits_are_read(void **state)
{
	AUTO(project_fini) struct project p = project_of("usual");
	const struct oid ids[] = { resolved(&p, "main"), resolved(&p, "v1"), { .b = { 3 } } };
	AUTO(seen_fini) struct seen s = { 0 };
	AUTO(seen_fini) struct seen bad = { 0 };

	s.call = forge_commits(forge, &p, ids, 2, on_commit, seen_end, &s);
	seen_wait(&s);
	assert_string_equal(buf_str(&s.text), "change 5|change 3|");
	bad.call = forge_commits(forge, &p, ids, 3, on_commit, seen_end, &bad);
	seen_wait(&bad);
	assert_int_equal(bad.n_items, 2);
	assert_int_equal(bad.err.code, ERR_NOT_FOUND);
}

static void names_are_resolved(void **state)
{
	static const struct { const char *rev, *branch; enum err_code code; } cases[] = {
		{ "main", "main", ERR_NONE }, { "feature/x", "feature/x", ERR_NONE }, { "v1", "-", ERR_NONE },
		{ "nope", "", ERR_NOT_FOUND }, { "\x1b[31m", "", ERR_NOT_FOUND }, { "", "", ERR_USAGE },
	};
	AUTO(project_fini) struct project p = project_of("usual");

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(seen_fini) struct seen s = { 0 };
		s.call = forge_resolve(forge, &p, cases[i].rev, on_found, seen_end, &s);
		seen_wait(&s);
		assert_int_equal(s.err.code, cases[i].code);
		assert_string_equal(buf_str(&s.text), cases[i].branch);
	}
}

static void files_are_read(void **state)
{
	static const struct { const char *path; size_t max; enum err_code code; } cases[] = {
		{ "README.md", 100, ERR_NONE }, { "README.md", 5, ERR_TOO_BIG }, { "none", 100, ERR_NOT_FOUND }, { "bin", 100, ERR_NOT_FOUND },
		{ "../usual/README.md", 100, ERR_NOT_FOUND },
	};
	AUTO(project_fini) struct project p = project_of("usual");
	struct oid commit = resolved(&p, "v1"), nowhere = { .b = { 4 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(seen_fini) struct seen s = { 0 };
		s.call = forge_file(forge, &(struct forge_file_query){ &p, commit, cases[i].path, cases[i].max }, on_bytes, seen_end, &s);
		seen_wait(&s);
		assert_int_equal(s.err.code, cases[i].code);
		assert_string_equal(buf_str(&s.text), cases[i].code ? "" : "change 3\n\nbody of 3\n");
	}
	AUTO(seen_fini) struct seen s = { 0 };
	s.call = forge_file(forge, &(struct forge_file_query){ &p, nowhere, "README.md", 100 }, on_bytes, seen_end, &s);
	seen_wait(&s);
	assert_int_equal(s.err.code, ERR_NOT_FOUND);
}

static void trees_are_listed(void **state)
{
	AUTO(project_fini) struct project p = project_of("usual");
	struct oid commit = resolved(&p, "main");
	AUTO(seen_fini) struct seen s = { 0 };

	s.call = forge_tree(forge, &p, &commit, on_tree, seen_end, &s);
	seen_wait(&s);
	assert_string_equal(buf_str(&s.text), "100644 README.md|100755 bin/run|120000 link|");
}

const struct CMUnitTest forge_items_tests[] = {
	cmocka_unit_test(projects_are_listed),
	cmocka_unit_test(branches_are_listed),
	cmocka_unit_test(history_comes_in_pages),
	cmocka_unit_test(commits_are_read),
	cmocka_unit_test(names_are_resolved),
	cmocka_unit_test(files_are_read),
	cmocka_unit_test(trees_are_listed),
	{ 0 },
};
