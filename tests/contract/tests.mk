# SPDX-License-Identifier: GPL-3.0-or-later

# The engine port, against a real engine: BERTH_TEST_ENGINE=unix:///path, else the usual one. Without an engine it fails.
check_PROGRAMS += tests/contract/test-engine
TESTS += tests/contract/test-engine
tests_contract_test_engine_SOURCES = \
  tests/contract/engine.c \
  tests/contract/engine.h \
  tests/contract/engine_images.c \
  tests/contract/engine_containers.c \
  tests/contract/engine_exec.c \
  tests/contract/engine_builds.c \
  tests/contract/engine_storage.c \
  tests/contract/engine_cancel.c
tests_contract_test_engine_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_contract_test_engine_LDADD = libengine.a $(BELOW_engine) $(CMOCKA_LIBS)

# The forge port, on every forge.
check_PROGRAMS += tests/contract/test-forge
TESTS += tests/contract/test-forge
tests_contract_test_forge_SOURCES = \
  tests/contract/forge.c \
  tests/contract/forge.h \
  tests/contract/forge_local.c \
  tests/contract/forge_items.c \
  tests/contract/forge_tar.c \
  tests/contract/forge_ends.c \
  tests/contract/forge_gitlab.c \
  tests/contract/standin.c \
  tests/contract/standin.h \
  $(GIT_FIXTURE)
tests_contract_test_forge_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)
tests_contract_test_forge_LDADD = $(WHOLE) libforge.a $(NO_WHOLE) $(BELOW_forge) $(CMOCKA_LIBS)

# What a GitLab host adds to the port, against the stand-in GitLab.
check_PROGRAMS += tests/contract/test-gitlab
TESTS += tests/contract/test-gitlab
tests_contract_test_gitlab_SOURCES = \
  tests/contract/gitlab.c \
  tests/contract/gitlab.h \
  tests/contract/gitlab_log.c \
  tests/contract/gitlab_ci.c \
  tests/contract/gitlab_bad.c \
  tests/contract/standin.c \
  tests/contract/standin.h
tests_contract_test_gitlab_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)
tests_contract_test_gitlab_LDADD = $(WHOLE) libforge.a $(NO_WHOLE) $(BELOW_forge) $(CMOCKA_LIBS)

# Builds from a commit to an image, in worker processes, on the same engine.
check_PROGRAMS += tests/contract/test-image-builds
TESTS += tests/contract/test-image-builds
tests_contract_test_image_builds_SOURCES = tests/contract/image.c
tests_contract_test_image_builds_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_contract_test_image_builds_LDADD = libimage.a $(BELOW_image) $(CMOCKA_LIBS)

# Sessions: launches from a repository on the same engine.
check_PROGRAMS += tests/contract/test-session
TESTS += tests/contract/test-session
tests_contract_test_session_SOURCES = \
  tests/contract/session.c \
  tests/contract/session.h \
  tests/contract/session_launch.c \
  tests/contract/session_cancel.c \
  $(GIT_FIXTURE)
tests_contract_test_session_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)
tests_contract_test_session_LDADD = libsession.a $(BELOW_session) $(CMOCKA_LIBS)
