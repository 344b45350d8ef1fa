/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

void turn_until(struct loop *l, const bool *flag)
{
	struct loop *watch = loop_new();
	uint64_t end = loop_now_ms(watch) + 8000;
	while (!*flag && loop_now_ms(watch) < end)
		loop_turn(l, /* wait= */ true);
	loop_free(watch);
	assert_true(*flag);
}

int main(void)
{
#define LIST(name) cmocka_unit_test(name),
	const struct CMUnitTest tests[] = { TURN_TESTS(LIST) IO_TESTS(LIST) JOB_TESTS(LIST) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
