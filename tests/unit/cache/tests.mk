# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/cache/test-cache
TESTS += tests/unit/cache/test-cache
tests_unit_cache_test_cache_SOURCES = \
  tests/unit/cache/main.c \
  tests/unit/cache/tests.h \
  tests/unit/cache/file.c \
  tests/unit/cache/things.c \
  tests/unit/cache/writing.c \
  tests/unit/cache/secrets.c \
  tests/unit/cache/killed.c
tests_unit_cache_test_cache_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cache_test_cache_LDADD = $(WHOLE) libcache.a $(NO_WHOLE) $(BELOW_cache) $(CMOCKA_LIBS)
