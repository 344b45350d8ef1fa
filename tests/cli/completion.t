#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion as each of three shells does it, with names that have blanks, quotes and what a shell would run.
BERTH=${BERTH:-${abs_top_builddir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}/berth}
. "${abs_top_srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}/tests/e2e/lib.sh"

export DOCKER_HOST=unix://$T/no-engine.sock
mkdir -p "$HOME/berth" "$T/bin"
ln -s "$BERTH" "$T/bin/berth"
export PATH=$T/bin:$PATH
for name in flights "odd näme" "it's \$(touch ran)"; do
  git init -q -b main "$HOME/berth/$name"
  git -C "$HOME/berth/$name" commit -q --allow-empty -m one
done
git -C "$HOME/berth/odd näme" branch 'fix/deps'
cd "$T" || bail 'no folder'

for shell in bash zsh fish; do
  berth completion "$shell"
  is "$STATUS" 0 "$shell: there is a script"
  printf '%s\n' "$OUT" >"$T/completion.$shell"
  run "$shell" -n "$T/completion.$shell"
  is "$STATUS:$ERR" '0:' "$shell: it is well formed"
done
berth completion tcsh
is "$STATUS" 2 'another shell is a usage error'
like "$ERR" 'bash, zsh and fish' 'that says which there are'

# complete SHELL WORD…: what is offered for the last word, sorted, blank lines left out
cat >"$T/ask.bash" <<'END'
compopt() { :; }
. "$1"; shift
COMP_WORDS=(berth "$@") COMP_CWORD=$#
_berth
printf '%s\n' "${COMPREPLY[@]}"
END
cat >"$T/ask.zsh" <<'END'
compdef() { : }
compadd() { case $1 in -a) print -rl -- ${(P)2} ;; --) shift; print -rl -- "$@" ;; esac }
_describe() { local -a all=(${(P)@[-1]}); print -rl -- ${all%%:*} }
_files() { print -rl -- *(N) }
. "$1"; shift
words=(berth "$@") CURRENT=$(($# + 1))
_berth
END
cat >"$T/ask.fish" <<'END'
source $argv[1]
set -l line berth
for w in $argv[2..-2]
	set -a line (string escape -- $w)
end
complete -C "$line $argv[-1]" | string replace -r '\t.*' ''
END
complete() {
  local shell=$1
  shift
  "$shell" "$T/ask.$shell" "$T/completion.$shell" "$@" 2>&1 | grep -v '^$' | sort
}

for shell in bash zsh fish; do
  like "$(complete "$shell" '' | tr '\n' ' ')" 'attach .*branches .*start .*stop ' "$shell: commands"
  unlike "$(complete "$shell" '' | tr '\n' ' ')" 'half-page-down' "$shell: none of the dashboard's"
  like "$(complete "$shell" start '' | tr '\n' ' ')" 'flights .*odd' "$shell: projects, names with blanks too"
  is "$(complete "$shell" branches 'odd näme' '' | tr '\n' ' ')" '' "$shell: nothing where there is no such word"
  is "$(complete "$shell" start 'odd näme' '' | tr '\n' ' ')" 'fix/deps main ' "$shell: branches of the project before"
  is "$(complete "$shell" start --memory 4G 'odd näme' '' | tr '\n' ' ')" 'fix/deps main ' "$shell: a flag's value is no word"
  like "$(complete "$shell" start flights --m | tr '\n' ' ')" '--memory ' "$shell: options of a session"
  like "$(complete "$shell" stop --a | tr '\n' ' ')" '--all ' "$shell: flags"
  is "$(complete "$shell" attach '')" '' "$shell: without an engine there is no session, and no word of the failure"
done
is "$(complete bash start 'odd' )" 'odd\ näme' 'bash: what is offered is quoted'
nok "test -e '$T/ran' || test -e '$HOME/ran'" 'no name was run'
done_testing
