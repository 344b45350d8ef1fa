#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every include goes down the rooms, and third-party headers stay at home. Usage: layers.t [ROOT]
. "$(dirname "$0")/lib.sh"

for folder in include "$root"/src/*/ src/main.c; do
	folder=${folder#"$root/"}
	folder=${folder%/}
	case $folder in
	src/main.c) files=$root/src/main.c ;;
	*) files=$(sources "$folder") ;;
	esac
	[ -n "$files" ] || continue
	# shellcheck disable=SC2086 # one word a file: our own names hold no spaces
	check "$folder includes what stands below it only" \
		"$(awk -v root="$root/" -f "$here/layers.awk" "$here/rules.txt" $files 2>&1)"
done
finish
