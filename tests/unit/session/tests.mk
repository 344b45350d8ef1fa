# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/session/test-session
TESTS += tests/unit/session/test-session
tests_unit_session_test_session_SOURCES = \
  tests/unit/session/main.c \
  tests/unit/session/tests.h \
  tests/unit/session/options.c \
  tests/unit/session/links.c \
  tests/unit/session/parts.c \
  tests/unit/session/plan.c \
  tests/unit/session/gitin.c \
  tests/unit/session/shell.h \
  tests/unit/session/gitrun.c \
  tests/unit/session/exchange.c \
  tests/unit/session/launch.c \
  tests/unit/session/sessions.c \
  tests/unit/session/feed.c \
  tests/unit/session/idle.c \
  tests/unit/session/saves.c \
  tests/unit/session/fake.h \
  tests/unit/session/fake_engine.c \
  tests/unit/session/fake_storage.c \
  tests/unit/session/fake_forge.c
tests_unit_session_test_session_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_session_test_session_LDADD = $(WHOLE) libsession.a $(NO_WHOLE) $(BELOW_session) $(CMOCKA_LIBS)
