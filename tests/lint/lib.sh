# shellcheck shell=sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the lints: where the sources are, and TAP.
set -eu
# shellcheck disable=SC2034 # for those who read this file
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-${abs_top_srcdir:-${here%/tests/lint}}}
n_checks=0
failed=0

# sources FOLDER…: all C files there, in one order everywhere.
sources() {
	for folder; do
		if [ -d "$root/$folder" ]; then
			find "$root/$folder" -name '*.[ch]' -type f
		fi
	done | LC_ALL=C sort
}

# check NAME COMPLAINTS: one test, which is fine when nothing is complained about.
check() {
	n_checks=$((n_checks + 1))
	if [ -z "$2" ]; then
		echo "ok $n_checks - $1"
	else
		failed=1
		echo "not ok $n_checks - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

finish() {
	echo "1..$n_checks"
	exit "$failed"
}
