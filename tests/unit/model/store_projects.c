/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Projects that leave the store one by one. */
#include "tests.h"

#include "berth/mem.h"
#include "berth/store.h"

static const struct fresh good = { .state = FRESH_FRESH, .at_s = 100 };

void one_project_goes_with_all_of_it(void **state)
{
	struct store *s = store_new();
	struct project items[3] = { 0 };
	struct project_id a = project_id_of("local", "a"), c = project_id_of("local", "c");
	struct branch main_a = { .name = xstrdup("main") }, main_c = { .name = xstrdup("main") };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		char path[2] = { (char)('a' + (int)i), '\0' };
		items[i] = (struct project){ .id = project_id_of("local", path), .forge = xstrdup("local"), .path = xstrdup(path) };
	}
	store_set_projects(s, items, ARRAY_LEN(items), &good);
	store_set_branches(s, a, &main_a, 1, &good);
	store_set_branches(s, c, &main_c, 1, &good);
	store_remove_project(s, a);
	store_remove_project(s, a); /* gone already */
	store_remove_project(s, project_id_of("local", "never"));
	assert_int_equal(store_n_projects(s), 2);
	assert_null(store_project(s, a));
	assert_int_equal(store_n_branches(s, a), 0);
	assert_ptr_equal(store_project(s, c), store_project_at(s, 1));
	assert_int_equal(store_n_branches(s, c), 1);
	store_free(s);
}
