#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Names that are banned, and measures of files and functions. Usage: code.t [ROOT]
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2046 # one word a file: our own names hold no spaces
found=$(awk -v root="$root/" -f "$here/code.awk" "$here/rules.txt" $(sources include src tests) 2>&1) || found="banned $found"

rule() {
	check "$2" "$(printf '%s\n' "$found" | sed -n "s/^$1 //p")"
}

rule spdx 'every file names its licence in its first line'
rule guard 'every header has a guard that names it'
rule banned 'nothing banned is called'
rule file 'no file is longer than 500 lines'
rule function 'no function is longer than 80 lines'
rule nesting 'no function nests deeper than 4'
rule parameters 'no function takes more than 7 parameters'
check 'nothing else is said' "$(printf '%s\n' "$found" | grep -Ev '^((spdx|guard|banned|file|function|nesting|parameters) |$)' || :)"

others=
# What stands in for a user's own project (tests/lab/example, tests/fixtures) is not ours to mark.
for file in "$root"/Makefile.am "$root"/configure.ac "$root"/bootstrap $(find "$root/src" "$root/tests" \
	\( -path '*/lab/example' -o -path '*/fixtures' \) -prune -o -type f \
	\( -name '*.mk' -o -name '*.t' -o -name '*.sh' -o -name '*.awk' -o -name '*.py' \) -print); do
	[ -f "$file" ] || continue
	sed 2q "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
		others="$others${file#"$root/"}:1: the first two lines do not name the licence
"
done
check 'scripts and makefiles name it too' "$others"
finish
