# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/engine/test-engine
TESTS += tests/unit/engine/test-engine
tests_unit_engine_test_engine_SOURCES = \
  tests/unit/engine/main.c \
  tests/unit/engine/engine_test.h \
  tests/unit/engine/decode.c \
  tests/unit/engine/stream.c \
  tests/unit/engine/build.c \
  tests/unit/engine/errors.c \
  tests/unit/engine/find.c \
  tests/unit/engine/server.c \
  tests/unit/engine/tunnel.c
tests_unit_engine_test_engine_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_engine_test_engine_LDADD = $(WHOLE) libengine.a $(NO_WHOLE) $(BELOW_engine) $(CMOCKA_LIBS)
EXTRA_DIST += tests/unit/engine/data
