# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/text/test-text
TESTS += tests/unit/text/test-text
tests_unit_text_test_text_SOURCES = \
  tests/unit/text/main.c \
  tests/unit/text/tests.h \
  tests/unit/text/glyph.c \
  tests/unit/text/layout.c \
  tests/unit/text/fuzzy.c \
  tests/unit/text/units.c \
  tests/unit/text/escapes.c \
  tests/unit/text/trace.c
tests_unit_text_test_text_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_text_test_text_LDADD = $(WHOLE) libtext.a $(NO_WHOLE) $(BELOW_text) $(CMOCKA_LIBS)
EXTRA_DIST += tests/fixtures/gitlab
