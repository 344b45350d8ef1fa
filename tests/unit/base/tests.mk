# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/base/test-base
TESTS += tests/unit/base/test-base
tests_unit_base_test_base_SOURCES = \
  tests/unit/base/main.c \
  tests/unit/base/tests.h \
  tests/unit/base/str.c \
  tests/unit/base/encode.c \
  tests/unit/base/err.c \
  tests/unit/base/map.c \
  tests/unit/base/json.c \
  tests/unit/base/file.c \
  tests/unit/base/clock.c \
  tests/unit/base/dying.c
tests_unit_base_test_base_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_base_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=free
tests_unit_base_test_base_LDADD = $(WHOLE) libbase.a $(NO_WHOLE) $(BELOW_base) $(CMOCKA_LIBS)
