#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Work saved to a GitLab host over HTTP: it arrives and comes back; and whatever the host refuses, the workspace stays and says so.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=standin.sh
. "$E2E_DIR/standin.sh"

standin_start
standin_config glpat-zoe
tiny bare 'USER 1000'
project=lab/air/flights
session=$(own host)
berth start $project --image "$IMAGE" --name "$session" --json
is "$STATUS" 0 'a session of a host'\''s project runs' || { diag "$ERR"; bail 'nothing to save from'; }
container=$(json 'd["container"]' <<<"$OUT")
place=$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')
git clone --quiet --mirror "${url/:\/\//:\/\/zoe:glpat-zoe@}/$project.git" "$T/mirror" 2>"$T/git.err" || bail "no clone: $(cat "$T/git.err")"
there() { git -C "$T/mirror" fetch --quiet --prune origin 2>/dev/null; git -C "$T/mirror" for-each-ref --format='%(refname)' refs/heads/renku; }

# put: new work in the workspace, also in $T/work.
put() {
  head -c 200000 /dev/urandom >"$T/work"
  rm -rf "$T/put" && mkdir "$T/put" && cp "$T/work" "$T/put/work.bin"
  tar -C "$T/put" --owner=1000 --group=1000 -c . | engine_call PUT "/containers/$container/archive?path=$(urlencode "$place")" --header 'Content-Type: application/x-tar' --upload-file - >/dev/null
}
arrived() {
  local ref
  for ref in $(there); do git -C "$T/mirror" cat-file blob "$ref:work.bin" 2>/dev/null | cmp -s - "$T/work" && return 0; done
  return 1
}
kept() { file_in "$container" "$place/work.bin" | cmp -s - "$T/work"; }
# refused TITLE STATUS REGEX: a save is refused with this exit status and these words; the work stays where it is, nothing half is there.
refused() {
  local before
  before=$(there)
  put
  berth save "$session"
  is "$STATUS" "$2" "$1: it is not saved, exit status $2" || diag "$ERR"
  like "$ERR" "$3" "$1: and why"
  unlike "$ERR$OUT" 'glpat' "$1: without the token"
  ok "$1: the work is in its workspace" kept
  is "$(there)" "$before" "$1: nothing half is there"
}
works_again() {
  berth save "$session"
  is "$STATUS" 0 "$1: it is saved afterwards" || diag "$ERR"
  ok "$1: every byte" arrived
  ok "$1: the host's repository is sound" git -C "$T/mirror" fsck --strict --no-dangling
}

put
berth save "$session"
is "$STATUS" 0 'work is saved to the host' || diag "$ERR"
like "$OUT" '^renku/autosave/zoe/main/' 'under the name that the person has there'
ok 'every byte of it' arrived
ok 'its repository is sound' git -C "$T/mirror" fsck --strict --no-dangling
berth autosaves $project
like "$OUT" 'renku/autosave/zoe/main/' 'it is listed'
name=$(there | sed 's#refs/heads/##')
berth autosaves $project "$name" --diff
like "$OUT" 'work.bin' 'and shown'
put
works_again 'newer work'
is "$(there | wc -l)" 1 'and takes the place of the older'

tell tokens '{"value": "glpat-zoe", "revoked": true}'
refused 'a token that has ended' 4 'token'
tell tokens '{"value": "glpat-zoe", "revoked": false}'
works_again 'a token that has ended'
tell faults '{"match": "git-receive-pack", "kind": "forbidden", "times": 20}'
refused 'no right to push' 4 'may not be pushed|refuses|403'
tell faults '{}' DELETE
works_again 'no right to push'
tell "projects/$project" '{"protected": ["'"$name"'"]}'
refused 'a protected branch' 4 'protected|not allowed|refuses'
tell "projects/$project" '{"protected": []}'
works_again 'a protected branch'
hook=$(find "$(sed -n 's/^state=//p' "$T/where")" -path '*/.hooks/pre-receive' | head -n 1)
ok 'the host has hooks' test -n "$hook"
mv "$hook" "$hook.away"
printf '#!/bin/sh\ncat >/dev/null\necho "GL-HOOK-ERR: no big days here" >&2\nexit 1\n' >"$hook"
chmod +x "$hook"
refused 'a hook that refuses' 4 'refuses|hook|declined'
mv "$hook.away" "$hook"
works_again 'a hook that refuses'
tell faults '{"match": "git-receive-pack", "kind": "drop", "times": 20}'
refused 'a host that goes away' 5 '[a-z]'
tell faults '{}' DELETE
works_again 'a host that goes away'

# Two at once; restored.
put
background one "$BERTH" save "$session"
one=$PID
berth save "$session"
is "$STATUS" 0 'two at once: one' || diag "$ERR"
wait "$one"
is $? 0 'two at once: the other' || diag "$(cat "$T/one.out")"
ok 'two at once: every byte' arrived
name=$(there | sed 's#refs/heads/##')
berth start $project --image "$IMAGE" --restore "$name" --name "$(own back)" --json
is "$STATUS" 0 'a new session has it' || diag "$ERR"
file_in "$(json 'd["container"]' <<<"$OUT")" "$place/work.bin" >"$T/back"
ok 'every byte of it' cmp "$T/back" "$T/work"
berth stop "$(own back)" --force

# Files in Git LFS: pointers on the branch, their bytes in the host's store before; what can't be sent there is not saved.
give() { # FILE NAME: a file of the workspace
  rm -rf "$T/put" && mkdir "$T/put" && cp "$1" "$T/put/$2"
  tar -C "$T/put" --owner=1000 --group=1000 -c . | engine_call PUT "/containers/$container/archive?path=$(urlencode "$place")" --header 'Content-Type: application/x-tar' --upload-file - >/dev/null
}
state=$(sed -n 's/^state=//p' "$T/where")
in_store() { local sum; sum=$(sha256sum <"$1" | cut -c1-64); cmp -s "$1" "$state/lfs/${sum:0:2}/$sum"; }
printf '*.lfs filter=lfs diff=lfs merge=lfs -text\n' >"$T/attributes"
head -c 5000000 /dev/urandom >"$T/big.lfs"
printf 'small\n' >"$T/small.lfs"
give "$T/attributes" .gitattributes
give "$T/big.lfs" big.lfs
give "$T/small.lfs" small.lfs
before=$(there)
tell faults '{"match": "PUT .*info/lfs/objects/", "kind": "forbidden", "times": 20}'
berth save "$session"
is "$STATUS" 4 'LFS: a file that the host does not take: exit status 4' || diag "$ERR"
like "$ERR" '(big|small)\.lfs can.t be sent to Git LFS' 'LFS: and is named'
unlike "$ERR$OUT" 'glpat' 'LFS: without the token'
is "$(there)" "$before" 'LFS: nothing half is there'
tell faults '{}' DELETE
tell faults '{"match": "info/lfs/objects/batch", "kind": "internal_error", "times": 20}'
berth save "$session"
isnt "$STATUS" 0 'LFS: a host whose LFS is broken: it is not saved'
is "$(there)" "$before" 'LFS: nothing half is there'
tell faults '{}' DELETE
berth save "$session"
is "$STATUS" 0 'LFS: it is saved afterwards' || diag "$ERR"
name=$(there | tail -n 1 | sed 's#refs/heads/##')
like "$(git -C "$T/mirror" cat-file blob "$name:big.lfs")" "^oid sha256:$(sha256sum <"$T/big.lfs" | cut -c1-64)" 'LFS: as a pointer'
ok 'LFS: the big one is in the store' in_store "$T/big.lfs"
ok 'LFS: the small one, too' in_store "$T/small.lfs"
ok 'LFS: the repository is sound' git -C "$T/mirror" fsck --strict --no-dangling
tip=$(git -C "$T/mirror" rev-parse "$name")
tell counts/reset '{}'
berth save "$session"
is "$STATUS" 0 'LFS: saved once more' || diag "$ERR"
there >/dev/null
is "$(git -C "$T/mirror" rev-parse "$name")" "$tip" 'LFS: the same work is not saved twice'
unlike "$(ask counts)" 'lfs objects"' 'LFS: and nothing is sent again'
berth start $project --image "$IMAGE" --restore "$name" --name "$(own lfs)" --json
is "$STATUS" 0 'LFS: a new session has it' || diag "$ERR"
container=$(json 'd["container"]' <<<"$OUT")
for f in big.lfs small.lfs; do
  file_in "$container" "$place/$f" >"$T/back"
  ok "LFS: every byte of $f" cmp "$T/back" "$T/$f"
done
berth save "$(own lfs)"
is "$STATUS" 0 'LFS: what came back is saved again' || diag "$ERR"
rm -rf "$state/lfs"
berth start $project --image "$IMAGE" --restore "$name" --name "$(own lost)" --json
is "$STATUS" 0 'LFS: bytes that the host has lost don'\''t keep the rest from coming back' || diag "$ERR"
like "$OUT$ERR" 'stays? a pointer' 'LFS: and it is said'
file_in "$(json 'd["container"]' <<<"$OUT")" "$place/big.lfs" >"$T/back"
like "$(cat "$T/back")" '^version https://git-lfs' 'LFS: as a pointer'
berth stop "$(own lost)" --force
container=$(engine_json "/containers/json?filters=$(urlencode "{\"label\":[\"io.berth.session=$(own lfs)\"]}")" 'd[0]["Id"]')
berth save "$(own lfs)"
is "$STATUS" 0 'LFS: what the host has lost it gets again from a workspace' || diag "$ERR"
ok 'LFS: every byte' in_store "$T/big.lfs"
berth stop "$(own lfs)" --force
container=$(engine_json "/containers/json?filters=$(urlencode "{\"label\":[\"io.berth.session=$session\"]}")" 'd[0]["Id"]')

# A shallow clone in the workspace: the commits that it lacks are the host's.
git clone --quiet --depth 1 --branch main "file://$T/mirror" "$T/shallow" 2>"$T/git.err"
is "$(git -C "$T/shallow" rev-list --count HEAD)" 1 'a shallow clone: of one commit'
git -C "$T/shallow" -c commit.gpgSign=false commit --quiet --allow-empty --message 'Mine, on a shallow clone'
engine_call POST "/containers/$container/exec" --header 'Content-Type: application/json' --data "{\"Cmd\":[\"sh\",\"-c\",\"rm -rf '$place/.git'\"],\"AttachStdout\":true}" | json 'd["Id"]' >"$T/exec"
engine_call POST "/exec/$(cat "$T/exec")/start" --header 'Content-Type: application/json' --data '{"Detach":false}' --output /dev/null
tar -C "$T/shallow" --owner=1000 --group=1000 -c .git | engine_call PUT "/containers/$container/archive?path=$(urlencode "$place")" --header 'Content-Type: application/x-tar' --upload-file - >/dev/null
put
works_again 'a shallow clone'

# Big files, one that nothing can be made smaller of: what is sent does not go through memory, and nothing of it is left on this disk.
run_in "$container" "/bin/busybox dd if=/dev/zero of='$place/hole.dat' bs=1 count=1 seek=524287999 2>/dev/null && /bin/busybox dd if=/dev/urandom of='$place/noise.dat' bs=1000000 count=${E2E_NOISE_MB:-60} 2>/dev/null"
saved_in_little 'files of 500 and 60 MB' 150 "$session"
there >/dev/null
name=$(there | while IFS= read -r ref; do ! git -C "$T/mirror" cat-file -e "$ref:noise.dat" 2>/dev/null || printf '%s\n' "$ref"; done | tail -n 1)
is "$(git -C "$T/mirror" cat-file -s "$name:hole.dat")" 524288000 'files of 500 and 60 MB: all of the one is there'
is "$(git -C "$T/mirror" cat-file blob "$name:noise.dat" | sha256sum)" "$(file_in "$container" "$place/noise.dat" | sha256sum)" 'files of 500 and 60 MB: every byte of the other'
ok 'files of 500 and 60 MB: the repository is sound' git -C "$T/mirror" fsck --strict --no-dangling
is "$(find "$XDG_CACHE_HOME/berth/packs" -mindepth 1)" '' 'files of 500 and 60 MB: what was sent is not on this disk any more'
run_in "$container" "rm '$place/hole.dat' '$place/noise.dat'"

# Stopped while the host refuses: kept, and stopped again when it does not.
tell faults '{"match": "git-receive-pack", "kind": "forbidden", "times": 50}'
put
berth stop "$session"
is "$STATUS" 6 'a stop whose work the host refuses: exit status 6' || diag "$ERR"
like "$ERR" 'stopped with unsaved work' 'and so it says'
ok 'the work is there' kept
tell faults '{}' DELETE
berth stop "$session"
is "$STATUS" 0 'stopped again it is saved and gone' || diag "$ERR"
ok 'every byte' arrived
berth autosaves $project "$(there | head -n 1 | sed 's#refs/heads/##')" --delete
is "$STATUS" 0 'one is deleted when asked' || diag "$ERR"
nok 'no token in what berth keeps' grep -rqs 'glpat' "$XDG_STATE_HOME" "$XDG_CACHE_HOME"
is "$(leftovers)" '' 'nothing is left'
done_testing
