/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include "berth/vec.h"

int main(void)
{
	const struct test_list *const lists[] = { &glyph_tests, &layout_tests, &fuzzy_tests, &unit_tests, &escape_tests, &trace_tests };
	VEC(struct CMUnitTest) all = VEC_INIT;

	if (!setlocale(LC_CTYPE, "C.UTF-8")) { /* widths are the C library's */
		fprintf(stderr, "the locale C.UTF-8 is missing; libc-bin has it\n");
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		for (size_t k = 0; k < lists[i]->n; k++)
			VEC_PUSH(&all, lists[i]->tests[k]);
	}
	int failed = _cmocka_run_group_tests("text", all.items, all.len, NULL, NULL);
	VEC_FINI(&all);
	return failed;
}
