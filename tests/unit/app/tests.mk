# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/app/test-app
TESTS += tests/unit/app/test-app
tests_unit_app_test_app_SOURCES = \
  tests/unit/app/main.c \
  tests/unit/app/test_app.h \
  tests/unit/app/test_command.c \
  tests/unit/app/test_config.c \
  tests/unit/app/fakes.h \
  tests/unit/app/fake_forge.c \
  tests/unit/app/fake_engine.c \
  tests/unit/app/world.h \
  tests/unit/app/world.c \
  tests/unit/app/test_remember.c \
  tests/unit/app/test_schedule.c \
  tests/unit/app/test_engine.c \
  tests/unit/app/test_start.c \
  tests/unit/app/test_inside.c \
  tests/unit/app/test_builds.c \
  tests/unit/app/test_forges.c \
  tests/unit/app/test_search.c \
  tests/unit/app/test_branches.c \
  tests/unit/app/fake_host.c \
  tests/unit/app/test_jobs.c \
  tests/unit/app/test_hosts.c \
  tests/unit/net/server.h \
  tests/unit/net/server.c \
  tests/unit/net/script.h \
  tests/unit/net/script.c \
  tests/unit/app/test_links.c \
  tests/unit/app/test_quick.c \
  tests/unit/app/test_saves.c
tests_unit_app_test_app_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_app_test_app_LDADD = $(WHOLE) libapp.a $(NO_WHOLE) $(BELOW_app) $(CMOCKA_LIBS)
