/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

int main(void)
{
#define LIST(name) cmocka_unit_test(name),
	const struct CMUnitTest tests[] = { ENTITY_TESTS(LIST) CI_TESTS(LIST) STORE_TESTS(LIST) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
