#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every header compiles alone, and twice. The compiler and its flags are those of this build. Usage: headers.t [ROOT]
. "$(dirname "$0")/lib.sh"

CC=
CPPFLAGS=
# shellcheck source=/dev/null
. "${abs_top_builddir:-.}/tests/lint/flags"

cd "${abs_top_builddir:-.}"
for header in $(sources include src | grep '\.h$'); do
	# shellcheck disable=SC2086 # both are lists of words
	check "${header#"$root/"}" "$(printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
		$CC $CPPFLAGS -fsyntax-only -x c - 2>&1 | head -n 20)"
done
finish
