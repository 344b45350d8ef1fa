# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/loop/test-loop
TESTS += tests/unit/loop/test-loop
tests_unit_loop_test_loop_SOURCES = \
  tests/unit/loop/main.c \
  tests/unit/loop/tests.h \
  tests/unit/loop/turn.c \
  tests/unit/loop/io.c \
  tests/unit/loop/jobs.c
tests_unit_loop_test_loop_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_loop_test_loop_LDADD = $(WHOLE) libloop.a $(NO_WHOLE) $(BELOW_loop) $(CMOCKA_LIBS)
