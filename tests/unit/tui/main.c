/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>

#include "tests.h"

int main(void)
{
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_table), cmocka_unit_test(test_layout_all_sizes), cmocka_unit_test(test_keys_table), cmocka_unit_test(test_keys_pieces),
		cmocka_unit_test(test_keys_hostile), cmocka_unit_test(test_keymap_defaults), cmocka_unit_test(test_keymap_config), cmocka_unit_test(test_themes_shipped),
		cmocka_unit_test(test_theme_errors), cmocka_unit_test(test_theme_fall_back), cmocka_unit_test(test_fewer_colours), cmocka_unit_test(test_eight_colours), cmocka_unit_test(test_themes_can_be_read), cmocka_unit_test(test_offlist),
		cmocka_unit_test(test_logstore), cmocka_unit_test(test_logstore_long), cmocka_unit_test(test_logview), cmocka_unit_test(test_logview_folds),
		cmocka_unit_test(test_logscan), cmocka_unit_test(test_log_big), cmocka_unit_test(test_log_mask), cmocka_unit_test(test_logline), cmocka_unit_test(test_line), cmocka_unit_test(test_surface),
		cmocka_unit_test(test_layout_wide), cmocka_unit_test(test_colour_slots),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
