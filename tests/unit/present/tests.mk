# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/present/test-present
TESTS += tests/unit/present/test-present
tests_unit_present_test_present_SOURCES = tests/unit/present/main.c
tests_unit_present_test_present_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_present_test_present_LDADD = $(WHOLE) libpresent.a $(NO_WHOLE) $(BELOW_present) $(CMOCKA_LIBS)
