# SPDX-License-Identifier: GPL-3.0-or-later
# `make bench` builds and runs them all; each prints its figures beside a peer's from the same run. `make check` only
# builds them.
BENCHES =
check_PROGRAMS += $(BENCHES)

BENCHES += tests/bench/bench-git-walk
tests_bench_bench_git_walk_SOURCES = tests/bench/git_walk.c
tests_bench_bench_git_walk_LDADD = libgit.a $(BELOW_git)

BENCHES += tests/bench/bench-log
tests_bench_bench_log_SOURCES = tests/bench/log.c
tests_bench_bench_log_LDADD = libtui.a $(BELOW_tui) -lutil

BENCH_FILES = tests/bench/dashboard tests/bench/host tests/bench/start
EXTRA_DIST += $(BENCH_FILES) tests/bench/screen.py

# (New ones above this line.)
.PHONY: bench
bench: $(BENCHES) berth
	@for b in $(BENCHES); do ./$$b || exit 1; done
	@for b in $(BENCH_FILES); do '$(srcdir)'/$$b ./berth || exit 1; done
