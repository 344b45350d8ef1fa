# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/git/test-git
TESTS += tests/unit/git/test-git
GIT_FIXTURE = tests/unit/git/fixture.c tests/unit/git/fixture.h
tests_unit_git_test_git_SOURCES = \
  tests/unit/git/main.c \
  tests/unit/git/tests.h \
  $(GIT_FIXTURE) \
  tests/unit/git/repo.c \
  tests/unit/git/history.c \
  tests/unit/git/tree.c \
  tests/unit/git/clone.c \
  tests/unit/git/salvage.c \
  tests/unit/git/push.c \
  tests/unit/git/lfs.c \
  tests/unit/git/gitconf.c
tests_unit_git_test_git_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_git_test_git_LDADD = $(WHOLE) libgit.a $(NO_WHOLE) $(BELOW_git) $(CMOCKA_LIBS)
