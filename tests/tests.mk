# SPDX-License-Identifier: GPL-3.0-or-later
# What make check runs beside the rooms' unit tests: lints and command-line tests (they need no test library).
dist_check_SCRIPTS = tests/lint/layers.t tests/lint/code.t tests/lint/headers.t tests/lint/bites.t
dist_check_SCRIPTS += tests/cli/lists.t tests/cli/doctor.t tests/cli/completion.t
dist_check_SCRIPTS += tests/fake/api.t tests/fake/jobs.t tests/fake/bad-days.t
TESTS += $(dist_check_SCRIPTS)
EXTRA_DIST += tests/README.md tests/e2e/lib.sh tests/lint/lib.sh tests/lint/rules.txt tests/lint/layers.awk tests/lint/code.awk

# The compiler of this build, for the lint that compiles headers.
check_DATA = tests/lint/flags
CLEANFILES += tests/lint/flags
tests/lint/flags: Makefile
	@$(MKDIR_P) tests/lint
	@printf "CC='%s'\nCPPFLAGS='%s'\n" '$(CC)' \
	  '$(DEFS) $(DEFAULT_INCLUDES) $(CPPFLAGS) $(AM_CPPFLAGS) -std=gnu11 $(WARN_CFLAGS) -Werror' > $@
