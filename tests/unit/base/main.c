/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include "berth/vec.h"
#include <string.h>

int main(void)
{
	const struct test_list *const lists[] = {
		&str_tests, &encode_tests, &err_tests, &map_tests, &json_tests, &file_tests, &clock_tests, &dying_tests,
	};
	VEC(struct CMUnitTest) all = VEC_INIT;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		for (size_t k = 0; k < lists[i]->n; k++)
			VEC_PUSH(&all, lists[i]->tests[k]);
	}
	int failed = _cmocka_run_group_tests("base", all.items, all.len, NULL, NULL);
	VEC_FINI(&all);
	return failed;
}
