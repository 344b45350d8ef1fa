/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TESTS_UNIT_TUI_H
#define BERTH_TESTS_UNIT_TUI_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void test_layout_table(void **state);
void test_layout_all_sizes(void **state);
void test_layout_wide(void **state);
void test_colour_slots(void **state);
void test_keys_table(void **state);
void test_keys_pieces(void **state);
void test_keys_hostile(void **state);
void test_keymap_defaults(void **state);
void test_keymap_config(void **state);
void test_themes_shipped(void **state);
void test_theme_errors(void **state);
void test_theme_fall_back(void **state);
void test_fewer_colours(void **state);
void test_eight_colours(void **state);
void test_themes_can_be_read(void **state);
void test_offlist(void **state);
void test_logstore(void **state);
void test_logstore_long(void **state);
void test_logview(void **state);
void test_logview_folds(void **state);
void test_logscan(void **state);
void test_log_big(void **state);
void test_log_mask(void **state);
void test_logline(void **state);
void test_line(void **state);
void test_surface(void **state);
#endif
