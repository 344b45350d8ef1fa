#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The lints themselves: each rule is broken once in a tree made for it, and must say so, at that line.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
n=0
failed=0
licence='/* SPDX-License-Identifier: GPL-3.0-or-later */'

# says LINT WHAT TEXT: TEXT as it must stand in what LINT prints of the tree.
says() {
	n=$((n + 1))
	if printf '%s\n' "$output" | grep -qF -- "$2"; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "# does not say: $2"
		failed=1
	fi
}

mkdir -p "$tree/include/berth" "$tree/src/base" "$tree/src/text" "$tree/src/net" "$tree/src/git" "$tree/src/tui" "$tree/src/app" "$tree/tests"
put() {
	cat > "$tree/$1"
}
for h in str text net git engine_impl; do
	guard=BERTH_$(echo $h | tr '[:lower:]' '[:upper:]')_H
	printf '%s\n#ifndef %s\n#define %s\n#endif\n' "$licence" "$guard" "$guard" |
		put "include/berth/$h.h"
done
printf '%s\n#include "berth/text.h"\n#include "../text/x.h"\n#include "nowhere.h"\n#include "berth/gone.h"\n' "$licence" | put src/base/up.c
printf '%s\n#include "berth/git.h"\n#include <git2.h>\n#include <curl/curl.h>\n#include "berth/str.h"\n#include "tui/x.h"\n' "$licence" | put src/net/side.c
printf '%s\n#include <curses.h>\n' "$licence" | put src/tui/other.c
printf '%s\n#include <curses.h>\n' "$licence" | put src/tui/surface_curses.c
printf '%s\n#include "berth/engine_impl.h"\n' "$licence" | put src/app/impl.c
printf '%s\n#ifndef BERTH_NEW_H\n#define BERTH_NEW_H\n#endif\n' "$licence" | put include/berth/new.h

output=$("$here/layers.t" "$tree" || :)
says 'an include upward' 'src/base/up.c:2: base may not include berth/text.h: text is above it'
says 'an include by a way around' 'src/base/up.c:3: "../text/x.h" is private to another room'
says 'an include of nothing' 'src/base/up.c:4: there is no "nowhere.h"'
says 'a contract that is not there' 'src/base/up.c:5: there is no berth/gone.h'
says 'an include sideways' 'src/net/side.c:2: net may not include berth/git.h: git is beside it'
says 'a library that is not at home' 'src/net/side.c:3: <git2.h> is for git only'
says "another room's private header" 'src/net/side.c:6: "tui/x.h" is private to another room'
says 'curses in a view' 'src/tui/other.c:2: <curses.h> is for'
says "an implementer's header" 'src/app/impl.c:2: berth/engine_impl.h is for the implementers in engine'
says 'a header of no room' 'include/berth/new.h:1: this header is not in tests/lint/rules.txt'
n=$((n + 1))
if printf '%s\n' "$output" | grep -qE 'side.c:(4|5)|^# src/tui/surface_curses'; then
	echo "not ok $n - what is allowed is let be"
	failed=1
else
	echo "ok $n - what is allowed is let be"
fi

{
	echo "$licence"
	echo 'static int long_one(int a, int b, int c, int d, int e, int f, void (*g)(int, int), int h)'
	echo '{'
	echo '	sprintf(x, "y"); /* strcpy(a, b) */'
	echo '	say("printf(1)", v->system(2), my_exit(3), "\"", atoi("4"));'
	printf '\tif (x) {\n%.0s' 1 2 3 4 5
	printf '\t}\n%.0s' 1 2 3 4 5
	yes '	f();' | sed 81q
	echo '}'
	yes '' | sed 450q
} | put src/app/long.c
printf 'int x;\n' | put src/app/bare.c
printf '%s\n#ifndef WRONG_H\n#define WRONG_H\n#endif\n' "$licence" | put src/app/guard.h
printf '%s\nvoid f(void)\n{\n\tprintf("x");\n\texit(1);\n}\n' "$licence" | put src/tui/face.c
output=$("$here/code.t" "$tree" || :)
says 'a banned function' 'src/app/long.c:4: sprintf has no bound'
says 'a banned one after an odd string' 'src/app/long.c:5: atoi knows no error'
says 'a long function' 'src/app/long.c:3: long_one has 95 lines'
says 'a long file' 'the file has 547 lines'
says 'many parameters' 'src/app/long.c:3: long_one has 8 parameters'
says 'deep nesting' 'src/app/long.c:10: long_one nests 5 deep'
says 'no licence' 'src/app/bare.c:1: the first line does not say'
says 'a wrong guard' 'src/app/guard.h:1: the guard is WRONG_H'
says 'exit in a face that is not the command line' 'src/tui/face.c:5: exit ends the program'
n=$((n + 1))
if printf '%s\n' "$output" | grep -qE 'strcpy|system |my_exit|printf writes'; then
	echo "not ok $n - comments, strings, members and other names are let be"
	printf '%s\n' "$output" | sed 's/^/# /'
	failed=1
else
	echo "ok $n - comments, strings, members and other names are let be"
fi
echo "1..$n"
exit "$failed"
