#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A session's unsaved work is saved on branches of its project, whatever it is and however it lies there, and comes back as it was;
# the workspace is only read. The image has no git: all of it is done through the engine.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=workspace.sh
. "$E2E_DIR/workspace.sh"

tiny bb
image=$IMAGE
folder=$(project "$(own save)")
printf 'one\n' >"$folder/f"
printf '*.o\n' >"$folder/.gitignore"
pin "$folder" "$image" 'default_url = shell'
git -C "$folder" branch other
berth start "$(own save)" --json
is "$STATUS" 0 'a session runs' || { diag "$ERR"; bail 'nothing to save from'; }
session=$(json 'd["name"]' <<<"$OUT")
container=$(json 'd["container"]' <<<"$OUT")
place=$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')
start7=$(git -C "$folder" rev-parse HEAD | cut -c1-7)

saves() { git -C "$folder" for-each-ref --format='%(refname:short)' refs/heads/renku/autosave; }

# saves_as TITLE NAME...: the workspace is given, saved and found unchanged; exactly these branches are there after it.
saves_as() {
  local title=$1
  shift
  give
  state >"$T/before"
  berth save "$session"
  is "$STATUS" 0 "$title: it is saved" || diag "$ERR"
  state >"$T/after"
  ok "$title: the workspace is byte for byte what it was" cmp "$T/before" "$T/after"
  is "$(sort <<<"$OUT")" "$(printf '%s\n' "$@" | sort)" "$title: under these names"
  ok "$title: the repository is sound" git -C "$folder" fsck --strict --no-dangling
}
user=$(id -un)
name() { printf 'renku/autosave/%s/%s/%s/%s' "$user" "$1" "${3:-$start7}" "$2"; }
head7() { in_w rev-parse HEAD | cut -c1-7; }
forget() { saves | sed 's#^#refs/heads/#' | while IFS= read -r ref; do git -C "$folder" update-ref -d "$ref"; done; }

berth save "$session" --json
is "$(json 'd["saved"]' <<<"$OUT")" false 'a clean workspace needs no saving'
is "$(saves)" '' 'and none is made'

# Files.
take
printf 'two\n' >"$w/f"
in_w add f
printf 'three\n' >"$w/f"
: >"$w/empty"
printf 'x' >"$w/with
a newline"
printf 'object' >"$w/ignored.o"
head -c 6000000 /dev/urandom >"$w/big.bin"
printf '#!/bin/sh\ntouch hook-ran\nexit 1\n' >"$w/.git/hooks/pre-push"
cp "$w/.git/hooks/pre-push" "$w/.git/hooks/pre-commit"
chmod +x "$w/.git/hooks/"*
saves_as 'files' "$(name main "$(head7)")"
tip=$(saves)
is "$(git -C "$folder" show "$tip:f")" three 'a changed file is there'
is "$(git -C "$folder" show "$tip^:f")" two 'what was staged of it, too'
is "$(git -C "$folder" cat-file -s "$tip:empty")" 0 'an empty file'
is "$(git -C "$folder" cat-file -s "$tip:big.bin")" 6000000 'a large one'
nok 'an ignored one is left' git -C "$folder" cat-file -e "$tip:ignored.o"
before=$(git -C "$folder" rev-parse "$tip")
berth save "$session"
is "$(git -C "$folder" rev-parse "$tip")" "$before" 'the same work is not saved twice'

# Shown, restored.
berth autosaves "$(own save)"
like "$OUT" "renku/autosave/$user/main/" 'it is listed'
berth autosaves "$(own save)" "$tip" --diff
like "$OUT" '^\+three' 'it is shown as a patch'
berth start "$(own save)" --restore "$tip" --name "$(own back)" --json
is "$STATUS" 0 'a new session has it' || diag "$ERR"
back=$(json 'd["container"]' <<<"$OUT")
in_w status --porcelain=v2 -z | sort -z >"$T/was"
first=$container container=$back
take
in_w status --porcelain=v2 -z | sort -z >"$T/is"
ok 'with the same staged and unstaged files' cmp "$T/was" "$T/is"
is "$(in_w rev-parse --abbrev-ref HEAD)" main 'on the same branch'
is "$(git -C "$folder" rev-parse --verify --quiet "$tip" | wc -l)" 1 'and it is still there'

# Another session's work of the same name is not touched.
printf 'other session\n' >"$w/f"
give
berth save "$(own back)"
is "$STATUS" 0 'another session saves the same branch at the same commit' || diag "$ERR"
like "$OUT" '/main/@2/' 'under a name of its own'
is "$(git -C "$folder" rev-parse "$tip")" "$before" 'and the first one'\''s work stays'
berth stop "$(own back)" --force
container=$first
berth autosaves "$(own save)" "$tip" --delete
is "$STATUS" 0 'one that is not wanted is deleted when asked' || diag "$ERR"
nok 'and is gone' git -C "$folder" rev-parse --verify --quiet "$tip"
forget

# Files in Git LFS: one that git-lfs committed, one that it never saw. They are pointers; their bytes are in the project's store.
take
printf '*.lfs filter=lfs diff=lfs merge=lfs -text\n' >"$w/.gitattributes"
rm -f "$w/.git/hooks/pre-"*
pointer() { printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %s\n' "$(sha256sum <"$1" | cut -c1-64)" "$(stat -c %s "$1")"; }
head -c 5000000 /dev/urandom >"$T/seen.lfs"
sum=$(sha256sum <"$T/seen.lfs" | cut -c1-64)
mkdir -p "$w/.git/lfs/objects/${sum:0:2}/${sum:2:2}"
cp "$T/seen.lfs" "$w/.git/lfs/objects/${sum:0:2}/${sum:2:2}/$sum"
pointer "$T/seen.lfs" >"$w/seen.lfs"
in_w -c filter.lfs.clean=cat add .gitattributes seen.lfs
in_w -c filter.lfs.clean=cat commit --quiet --message 'in LFS' -- .gitattributes seen.lfs
cp "$T/seen.lfs" "$w/seen.lfs"
printf 'new\n' >"$w/new.lfs"
cp "$w/new.lfs" "$T/new.lfs"
saves_as 'files in LFS' "$(name main "$(head7)")"
tip=$(saves)
is "$(git -C "$folder" show "$tip:new.lfs")" "$(pointer "$T/new.lfs")" 'files in LFS: a new one is a pointer'
is "$(git -C "$folder" show "$tip:seen.lfs")" "$(pointer "$T/seen.lfs")" 'files in LFS: as one that was committed'
ok 'files in LFS: the bytes of that are in the store' cmp "$T/seen.lfs" "$folder/.git/lfs/objects/${sum:0:2}/${sum:2:2}/$sum"
berth start "$(own save)" --restore "$tip" --name "$(own lfs)" --json
is "$STATUS" 0 'files in LFS: a new session has it' || diag "$ERR"
back=$(json 'd["container"]' <<<"$OUT")
for f in seen.lfs new.lfs; do
  file_in "$back" "$place/$f" >"$T/back"
  ok "files in LFS: every byte of $f" cmp "$T/back" "$T/$f"
done
berth stop "$(own lfs)" --force
forget
take
in_w update-ref refs/heads/main "HEAD^"
in_w -c filter.lfs.clean=cat reset --quiet
rm -f "$w/seen.lfs" "$w/new.lfs" "$w/.gitattributes"
give

# Commits: no upstream, slashes, detached, stashes; two of them at once.
take
rm -f "$w/.git/hooks/pre-"*
in_w stash push --quiet --include-untracked
in_w checkout --quiet -b fix/a/b
in_w commit --quiet --allow-empty --message 'nowhere else'
on=$(head7)
stash=$(in_w rev-parse refs/stash | cut -c1-7)
saves_as 'a branch without upstream' "$(name fix/a/b "$on")" "$(name @stash-0 "$stash")"
in_w checkout --quiet --detach
in_w commit --quiet --allow-empty --message 'on no branch'
saves_as 'a detached HEAD' "$(name HEAD "$(head7)")" "$(name fix/a/b "$on")" "$(name @stash-0 "$stash")"
forget

# A merge that is not done; work on another branch.
take
in_w stash clear
in_w branch -D fix/a/b --quiet
in_w checkout --quiet other
printf 'theirs\n' >"$w/f"
in_w commit --quiet --all --message theirs
theirs=$(head7)
in_w checkout --quiet main
printf 'ours\n' >"$w/f"
in_w commit --quiet --all --message ours
in_w merge other >/dev/null 2>&1
saves_as 'a merge with conflicts' "$(name main "$(head7)")" "$(name other "$theirs")"
forget

# A branch without a commit; a repository without any; none.
take
in_w merge --abort
in_w checkout --quiet --orphan fresh
in_w branch -D main other --quiet
saves_as 'a branch without a commit' "$(name fresh 0000000)"
forget
rm -rf "$w/.git"
git -c init.defaultBranch=new init --quiet "$w"
saves_as 'an empty repository' "$(name new 0000000)"
forget
rm -rf "$w/.git"
saves_as 'no repository at all' "$(name HEAD 0000000)"
forget

# The container is dead.
engine_call POST "/containers/$container/kill" >/dev/null
wait_ok 20 'the container is killed' test "$(engine_json "/containers/$container/json" 'd["State"]["Status"]')" = exited
berth save "$session"
is "$STATUS" 0 'a dead one'\''s work is saved' || diag "$ERR"
ok 'a dead one: the repository is sound' git -C "$folder" fsck --strict --no-dangling
forget

# Where it can't be saved it says so, and the workspace stays.
chmod a-w "$folder/.git/objects" "$folder/.git/objects/pack"
mv "$folder" "$folder.away"
berth save "$session"
isnt "$STATUS" 0 'with the repository gone nothing is promised'
isnt "$ERR" '' 'and the reason is told'
mv "$folder.away" "$folder"
chmod u+w "$folder/.git/objects" "$folder/.git/objects/pack"
is "$(volumes "io.berth.session=$session" | wc -l)" 1 'the workspace is there'
berth save "$session"
is "$STATUS" 0 'and saved when the repository is back' || diag "$ERR"
ok 'and the repository is sound' git -C "$folder" fsck --strict --no-dangling
is "$(find "$XDG_CACHE_HOME/berth/saves" -mindepth 1 | wc -l)" 0 'no copy is left on this machine'

# A session that did nothing leaves nothing: saved work that its clone has from the project is not its own.
saves >"$T/before"
berth start "$(own save)" --fresh --name "$(own idle)"
is "$STATUS" 0 'another session, beside the saved work' || diag "$ERR"
berth stop "$(own idle)"
is "$STATUS" 0 'stops' || diag "$ERR"
saves >"$T/after"
ok 'and saves nothing anew' cmp "$T/before" "$T/after"

berth stop "$session" --force
is "$STATUS" 0 'it stops'
is "$(leftovers)" '' 'nothing is left'
done_testing
