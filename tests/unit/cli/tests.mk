# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/cli/test-cli
TESTS += tests/unit/cli/test-cli
tests_unit_cli_test_cli_SOURCES = tests/unit/cli/main.c
tests_unit_cli_test_cli_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cli_test_cli_LDADD = $(WHOLE) libcli.a $(NO_WHOLE) $(BELOW_cli) $(CMOCKA_LIBS)
