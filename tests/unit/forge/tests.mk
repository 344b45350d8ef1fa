# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/forge/test-forge
TESTS += tests/unit/forge/test-forge
tests_unit_forge_test_forge_SOURCES = \
  tests/unit/forge/main.c \
  tests/unit/forge/tests.h \
  tests/unit/forge/url.c \
  tests/unit/forge/decode.c
tests_unit_forge_test_forge_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_forge_test_forge_LDADD = $(WHOLE) libforge.a $(NO_WHOLE) $(BELOW_forge) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/forge/test-token
TESTS += tests/unit/forge/test-token
tests_unit_forge_test_token_SOURCES = tests/unit/forge/token.c
tests_unit_forge_test_token_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_forge_test_token_LDADD = $(WHOLE) libforge.a $(NO_WHOLE) $(BELOW_forge) $(CMOCKA_LIBS)
EXTRA_DIST += tests/fixtures/gitlab

check_PROGRAMS += tests/unit/forge/test-registry
TESTS += tests/unit/forge/test-registry
tests_unit_forge_test_registry_SOURCES = \
  tests/unit/forge/registry.c \
  tests/unit/net/script.h \
  tests/unit/net/script.c \
  tests/unit/net/server.h \
  tests/unit/net/server.c
EXTRA_DIST += tests/unit/forge/registry_server.py
tests_unit_forge_test_registry_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_forge_test_registry_LDADD = $(WHOLE) libforge.a $(NO_WHOLE) $(BELOW_forge) $(CMOCKA_LIBS)
