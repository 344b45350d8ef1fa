# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/image/test-image
TESTS += tests/unit/image/test-image
tests_unit_image_test_image_SOURCES = \
  tests/unit/image/main.c \
  tests/unit/image/tests.h \
  tests/unit/image/pure.c \
  tests/unit/image/templates.c \
  tests/unit/image/disk.h \
  tests/unit/image/disk.c \
  tests/unit/image/records.c \
  tests/unit/image/follow.c \
  tests/unit/image/fakes.h \
  tests/unit/image/fakes.c \
  tests/unit/image/runs.c \
  tests/unit/image/resolver.c \
  tests/unit/image/host.c \
  tests/unit/image/registries.c \
  tests/unit/net/script.h \
  tests/unit/net/script.c \
  tests/unit/net/server.h \
  tests/unit/net/server.c \
  tests/unit/image/diagnose.c
tests_unit_image_test_image_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_image_test_image_LDADD = $(WHOLE) libimage.a $(NO_WHOLE) $(BELOW_image) $(CMOCKA_LIBS)
EXTRA_DIST += tests/fixtures/diagnosis
