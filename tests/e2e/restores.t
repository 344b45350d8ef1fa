#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Saved work comes back as it was, whatever it was: the same branch at the same commit, the same files byte for byte, what was staged as
# staged and what was not as not. The session that it is saved from is only read, and the repository is sound after each.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=workspace.sh
. "$E2E_DIR/workspace.sh"

tiny bb
image=$IMAGE
name=$(own back)
folder=$(project "$name")
printf 'one\n' >"$folder/f"
for f in gone moved mode kind deleted; do printf '%s\n%s\n%s\n' "$f" some lines >"$folder/$f"; done
printf '*.o\n' >"$folder/.gitignore"
pin "$folder" "$image" 'default_url = shell'
git -C "$folder" branch other
berth start "$name" --name "$(own from)" --json
is "$STATUS" 0 'a session runs' || { diag "$ERR"; bail 'nothing to save from'; }
from=$(json 'd["container"]' <<<"$OUT")
container=$from
place=$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')
take
cp -a "$w" "$T/clean"

saves() { git -C "$folder" for-each-ref --format='%(refname:short)' refs/heads/renku/autosave; }
forget() { saves | sed 's#^#refs/heads/#' | while IFS= read -r ref; do git -C "$folder" update-ref -d "$ref"; done; }
anew() { forget && rm -rf "$w" && cp -a "$T/clean" "$w"; }

# What is to be the same: HEAD, what is staged, what is not, and every file that git does not ignore, with its mode.
seen() {
  in_w symbolic-ref --quiet HEAD || echo detached
  in_w rev-parse --verify --quiet HEAD
  in_w -c core.quotePath=true ls-files --stage
  in_w status --porcelain=v2 --untracked-files=all -z | tr '\0' '\n' | sort
  in_w ls-files -z --cached --others --exclude-standard | sort -zu | (cd "$w" && python3 -c 'import hashlib, os, sys
for name in sys.stdin.buffer.read().split(b"\0"):
    if name and os.path.lexists(name):
        link = os.path.islink(name)
        what = os.readlink(name) if link else open(name, "rb").read()
        print(name, link, not link and os.access(name, os.X_OK), hashlib.sha256(what).hexdigest())')
}

# only_read TITLE: the work in $w is saved, and nothing but the project's repository has more than before.
only_read() {
  state >"$T/before"
  berth save "$(own from)"
  is "$STATUS" 0 "$1: it is saved" || diag "$ERR"
  state >"$T/after"
  ok "$1: the workspace is byte for byte what it was" cmp "$T/before" "$T/after"
  ok "$1: the repository is sound" git -C "$folder" fsck --strict --no-dangling
}

# comes_back TITLE REGEX: the work in $w is saved on a branch whose name has REGEX, the session is only read, and a new one has it.
comes_back() {
  local title=$1 ref
  container=$from
  give
  only_read "$title"
  ref=$(saves | grep -E -- "$2")
  is "$(wc -l <<<"$ref") ${ref:+one}" '1 one' "$title: on its branch" || diag "$(saves)"
  seen >"$T/was"
  berth start "$name" --restore "$ref" --name "$(own to)" --json
  is "$STATUS" 0 "$title: a new session has it" || { diag "$ERR"; return; }
  container=$(json 'd["container"]' <<<"$OUT")
  cp -a "$w" "$T/mine"
  take
  seen >"$T/is"
  ok "$title: all is as it was" diff -a "$T/was" "$T/is"
  ok "$title: what came back is sound" in_w fsck --no-dangling
  berth stop "$(own to)" --force
  rm -rf "$w" && mv "$T/mine" "$w"
  container=$from
}

# Changes of every kind --------------------------------------------------------------------------------------------------
dirty() {
  printf 'two\n' >"$w/f" && in_w add f && printf 'three\n' >"$w/f" # staged, and other than that
  in_w rm --quiet gone                                             # a deletion that is staged
  rm "$w/deleted"                                                  # and one that is not
  in_w mv moved there
  chmod +x "$w/mode"
  rm "$w/kind" && ln -s f "$w/kind"
  printf 'new\n' >"$w/new" && in_w add new && rm "$w/new"          # staged, then gone
  mkdir -p "$w/deep/er" && printf 'x\n' >"$w/deep/er/staged" && in_w add deep && printf 'y\n' >"$w/deep/er/not"
  : >"$w/empty"
  ln -s /nowhere "$w/dangling"
  printf 'o' >"$w/left.o"
}
anew
dirty
comes_back 'changes of every kind' "/main/[0-9a-f]{7}/[0-9a-f]{7}$"

anew
in_w checkout --quiet -b feat/x/y
in_w commit --quiet --allow-empty --message 'never pushed'
dirty
comes_back 'a branch of its own, with / in its name' '/feat/x/y/'
anew
in_w checkout --quiet other
in_w commit --quiet --allow-empty --message 'ahead'
dirty
comes_back 'another branch than it began on' '/other/'
anew
in_w checkout --quiet --detach
in_w commit --quiet --allow-empty --message 'on no branch'
dirty
comes_back 'a detached HEAD' '/HEAD/'
anew
in_w checkout --quiet --orphan fresh
in_w commit --quiet --message 'a new root'
dirty
comes_back 'a branch with a root of its own' '/fresh/'
anew
in_w checkout --quiet --orphan fresh
printf 'and more\n' >>"$w/f"
comes_back 'a branch without a commit' '/fresh/'
anew
rm -rf "$w/.git"
git -c init.defaultBranch=new init --quiet "$w"
in_w add f
printf 'and more\n' >>"$w/f"
comes_back 'an empty repository' '/new/'

# Names ----------------------------------------------------------------------------------------------------------------------
anew
mkdir "$w/a dir"
for f in 'with
a newline' '-n' 'q"uo'\''te' 'trailing ' $'tab\there' 'back\slash' 'Zürich 漢字' $'latin\xe9' 'star*?[x]' 'C:drive' 'a dir/$HOME' "$(printf 'l%.0s' {1..250})"; do
  printf '%s' "$f" >"$w/$f" && in_w add -- "./$f"
  printf '%s' "$f" >"$w/${f:0:245} not"
done
comes_back 'names of every kind' '/main/'

# A merge that is not done: what git can't have twice comes back as files.
anew
in_w checkout --quiet other
printf 'theirs\n' >"$w/f" && in_w commit --quiet --all --message theirs
in_w checkout --quiet main
printf 'ours\n' >"$w/f" && in_w commit --quiet --all --message ours
in_w merge other >/dev/null 2>&1
like "$(in_w status --porcelain=v2)" '^u UU' 'a merge that is not done: there is a conflict'
give
only_read 'a merge that is not done'
head=$(in_w rev-parse HEAD)
cp "$w/f" "$T/conflict"
berth start "$name" --restore "$(saves | grep /main/)" --name "$(own to)" --json
is "$STATUS" 0 'a merge that is not done: a new session has it' || diag "$ERR"
container=$(json 'd["container"]' <<<"$OUT")
take
is "$(in_w rev-parse HEAD)" "$head" 'a merge that is not done: the commits'
ok 'a merge that is not done: the file with both sides' cmp "$w/f" "$T/conflict"
ok 'a merge that is not done: what came back is sound' in_w fsck --no-dangling
berth stop "$(own to)" --force
container=$from

# Stashes: each is saved by itself, and a session can begin with it.
anew
printf 'stashed\n' >"$w/f" && printf 'also\n' >"$w/untracked" && in_w stash push --quiet --include-untracked
printf 'stashed later\n' >"$w/f" && in_w stash push --quiet
stash=$(in_w rev-parse 'refs/stash@{1}')
give
berth save "$(own from)"
is "$STATUS" 0 'stashes: saved' || diag "$ERR"
is "$(saves | grep -c '@stash-')" 2 'stashes: each by itself'
older=$(saves | grep "@stash-.*/${stash:0:7}$")
is "$(git -C "$folder" rev-parse "$older")" "$stash" 'stashes: as they were'
is "$(git -C "$folder" show "$older:f")" stashed 'stashes: with their files'
is "$(git -C "$folder" show "$older^3:untracked")" also 'stashes: and those that git did not know'
berth start "$name" --restore "$older" --name "$(own to)" --json
is "$STATUS" 0 'stashes: a session can begin with one' || diag "$ERR"
is "$(file_in "$(json 'd["container"]' <<<"$OUT")" "$place/f")" stashed 'stashes: with its files'
berth stop "$(own to)" --force

# Of a branch that the project has not, no start of that branch can offer it: the default branch's does.
anew
in_w checkout --quiet -b feat/x/y
printf 'on it\n' >"$w/f"
give
berth save "$(own from)"
berth start "$name" --new --name "$(own to)"
like "$ERR" 'There is saved work of feat/x/y .*--restore renku/autosave/[^ ]*/feat/x/y/' 'a branch of its own: a start of the default branch offers it'
berth stop "$(own to)" --force
berth start "$name" other --new --name "$(own to)"
unlike "$ERR" 'saved work' 'a branch of its own: one of another branch does not'
berth stop "$(own to)" --force
berth stop "$(own from)" --force # the dashboard would connect to it
term_start 120x40 "$BERTH"
term_ok 20 "$name" 'the dashboard'
term_ok 20 ' docker [0-9]' 'the dashboard: with its engine'
term_keys 1 s
term_ok 20 'There is saved work of feat/x/y' 'a branch of its own: and the dashboard asks'
term_keys Enter
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end
berth start "$name" --fresh --name "$(own from)" --json
from=$(json 'd["container"]' <<<"$OUT")
container=$from

# Several: none takes the place of another, and each comes back by its name.
anew
printf 'first\n' >"$w/f"
give
berth save "$(own from)"
one=$(saves)
berth start "$name" --fresh --new --name "$(own two)" --json
container=$(json 'd["container"]' <<<"$OUT")
rm -rf "$w" && cp -a "$T/clean" "$w"
printf 'second\n' >"$w/f"
give
berth save "$(own two)"
two=$(saves | grep -vxF "$one")
for ref in "$one:first" "$two:second"; do
  berth start "$name" --new --restore "${ref%:*}" --name "$(own to)" --json
  is "$STATUS" 0 "several: ${ref##*:} comes back by its name" || diag "$ERR"
  is "$(file_in "$(json 'd["container"]' <<<"$OUT")" "$place/f")" "${ref##*:}" "several: the ${ref##*:} one"
  berth stop "$(own to)" --force
done
is "$(saves | wc -l)" 2 'several: both are still there'
berth stop "$(own two)" --force
container=$from

# Begun from a commit that is nowhere any more: the branch was forced back and all that it had is thrown away.
forget
git -C "$folder" checkout --quiet -b side
printf 'soon gone\n' >"$folder/f" && commit "$folder" 'Soon gone' >/dev/null
base=$(git -C "$folder" rev-parse HEAD)
berth start "$name" side --name "$(own side)" --json
is "$STATUS" 0 'a base that goes: a session begins there' || diag "$ERR"
container=$(json 'd["container"]' <<<"$OUT")
take
printf 'precious\n' >"$w/precious" && in_w add precious && printf 'more\n' >>"$w/precious"
git -C "$folder" checkout --quiet main
git -C "$folder" branch --quiet -D side
git -C "$folder" branch side main
git -C "$folder" reflog expire --expire=now --all
git -C "$folder" gc --quiet --prune=now
nok 'a base that goes: it is gone' git -C "$folder" cat-file -e "$base"
give
berth save "$(own side)"
is "$STATUS" 0 'a base that goes: the work is saved' || diag "$ERR"
ok 'a base that goes: the repository is sound' git -C "$folder" fsck --strict --no-dangling
saved=$(saves)
like "$saved" "/side/${base:0:7}/" 'a base that goes: under the name of where it began'
seen >"$T/was"
berth stop "$(own side)" --force
berth start "$name" --restore "$saved" --name "$(own to)" --json
is "$STATUS" 0 'a base that goes: a new session has it' || diag "$ERR"
container=$(json 'd["container"]' <<<"$OUT")
take
seen >"$T/is"
ok 'a base that goes: all is as it was' diff -a "$T/was" "$T/is"
berth stop "$(own to)" --force

# Saved work whose history somebody has cut off: the commit in its name is in no repository.
squashed=$(git -C "$folder" commit-tree -m 'Squashed by hand' "$saved^{tree}")
forget
git -C "$folder" update-ref "refs/heads/renku/autosave/$(id -un)/side/${base:0:7}/${base:0:7}" "$squashed"
git -C "$folder" reflog expire --expire=now --all
git -C "$folder" gc --quiet --prune=now
nok 'a history that is cut off: the commit in its name is gone' git -C "$folder" cat-file -e "$base"
berth autosaves "$name"
like "$OUT" "side/${base:0:7}/${base:0:7}" 'a history that is cut off: it is listed'
berth autosaves "$name" "$(saves)" --diff
is "$STATUS" 0 'a history that is cut off: shown' || diag "$ERR"
like "$OUT" 'precious' 'a history that is cut off: with what is in it'
berth start "$name" --restore "$(saves)" --name "$(own to)" --json
is "$STATUS" 0 'a history that is cut off: a new session begins with it' || diag "$ERR"
like "$ERR" "${base:0:7} that this work began at is not in $name any more" 'a history that is cut off: which is said'
is "$(file_in "$(json 'd["container"]' <<<"$OUT")" "$place/precious")" "$(printf 'precious\nmore')" 'a history that is cut off: it has the files'
berth stop "$(own to)" --force
is "$(saves | wc -l)" 1 'a history that is cut off: it stays'
ok 'a history that is cut off: the repository is sound' git -C "$folder" fsck --strict --no-dangling

container=$from
berth stop "$(own from)" --force
is "$(leftovers)" '' 'nothing is left'
done_testing
