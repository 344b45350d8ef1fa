/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_UNIT_TEXT_TESTS_H
#define TESTS_UNIT_TEXT_TESTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* One program makes one TAP plan, so main.c runs all files' tests as one group. */
struct test_list { const struct CMUnitTest *tests; size_t n; };
#define TEST_LIST(name, ...) \
	static const struct CMUnitTest name##_items[] = { __VA_ARGS__ }; \
	const struct test_list name = { name##_items, sizeof name##_items / sizeof name##_items[0] }

extern const struct test_list glyph_tests, layout_tests, fuzzy_tests, unit_tests, escape_tests, trace_tests;

/* Says which row of a table is wrong, then fails. */
#define assert_row(ok, i, what) \
	do { \
		if (!(ok)) \
			fail_msg("row %zu (%s)", (size_t)(i), (what)); \
	} while (0)
#endif
