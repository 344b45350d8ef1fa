# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/tui/test-tui
TESTS += tests/unit/tui/test-tui
tests_unit_tui_test_tui_SOURCES = \
  tests/unit/tui/main.c \
  tests/unit/tui/tests.h \
  tests/unit/tui/layout.c \
  tests/unit/tui/keys.c \
  tests/unit/tui/theme.c \
  tests/unit/tui/log.c
tests_unit_tui_test_tui_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_tui_test_tui_LDADD = $(WHOLE) libtui.a $(NO_WHOLE) $(BELOW_tui) $(CMOCKA_LIBS)
