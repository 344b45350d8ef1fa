/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Projects that leave the store one by one, and hosts that are away. */
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

void hosts_are_away_until_they_answer(void **state)
{
	struct store *s = store_new();
	struct err why = { 0 };
	(void)state;
	err_set(&why, ERR_NET, "it is gone");
	store_set_host_away(s, "lab", 0, NULL);                 /* one that was there stays so */
	assert_int_equal(store_n_hosts_away(s), 0);
	store_set_host_away(s, "lab", 100, &why);
	store_set_host_away(s, "other", 200, &why);
	err_set(&why, ERR_TIMEOUT, "it is silent");
	store_set_host_away(s, "lab", 300, &why);               /* it is away since then, whatever is the reason now */
	assert_int_equal(store_n_hosts_away(s), 2);
	assert_string_equal(store_host_away_at(s, 0)->name, "lab");
	assert_int_equal(store_host_away_at(s, 0)->since_s, 100);
	assert_string_equal(store_host_away_at(s, 0)->why.text, "it is silent");
	store_set_host_away(s, "lab", 0, NULL);
	assert_int_equal(store_n_hosts_away(s), 1);
	assert_string_equal(store_host_away_at(s, 0)->name, "other");
	assert_null(store_host_away_at(s, 1));
	store_free(s);
}
