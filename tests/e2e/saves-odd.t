#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Saves on bad days: a submodule with work of its own, no room on either disk, a container that is killed meanwhile, two berths at
# once, a shallow clone, a file of two gigabytes. Nothing is lost, and what could not be saved is said.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=workspace.sh
. "$E2E_DIR/workspace.sh"

tiny bb 'USER 1000'
image=$IMAGE
lib=$(project "$(own lib)")
printf 'lib\n' >"$lib/a"
commit "$lib" 'A library' >/dev/null
folder=$(project "$(own odd)")
printf 'one\n' >"$folder/f"
git -C "$folder" -c protocol.file.allow=always submodule --quiet add "../$(own lib)" lib 2>/dev/null || git -C "$folder" -c protocol.file.allow=always submodule --quiet add "$lib" lib
git -C "$folder" config -f .gitmodules submodule.lib.url "../$(own lib)"
pin "$folder" "$image" 'default_url = shell'
session=$(own odd)
berth start "$(own odd)" --name "$session" --json
is "$STATUS" 0 'a session runs' || { diag "$ERR"; bail 'nothing to save from'; }
container=$(json 'd["container"]' <<<"$OUT")
place=$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')
# Beside what is there, unlike that of workspace.sh.
give() { tar -C "$w" --owner=1000 --group=1000 -c . | engine_call PUT "/containers/$container/archive?path=$(urlencode "$place")" --header 'Content-Type: application/x-tar' --upload-file - >/dev/null; }
give_one() { # FILE NAME
  rm -rf "$T/put" && mkdir -p "$T/put/$(dirname "$2")" && cp "$1" "$T/put/$2"
  tar -C "$T/put" --owner=1000 --group=1000 -c . | engine_call PUT "/containers/$container/archive?path=$(urlencode "$place")" --header 'Content-Type: application/x-tar' --upload-file - >/dev/null
}
# read_only TITLE: berth save has just read the workspace; berth_save: with a look at it before.
berth_save() { state >"$T/before" && berth save "$session"; }
read_only() {
  state >"$T/after"
  ok "$1: the workspace is byte for byte what it was" cmp "$T/before" "$T/after"
}
kept() { file_in "$container" "$place/$1" | cmp -s - "$2"; }
saves() { git -C "$folder" for-each-ref --format='%(refname)' refs/heads/renku/autosave; }
arrived() { # FILE NAME: on one of the branches, byte for byte
  local ref
  for ref in $(saves); do git -C "$folder" cat-file blob "$ref:$2" 2>/dev/null | cmp -s - "$1" && return 0; done
  return 1
}
sound() { ok "$1: the repository is sound" git -C "$folder" fsck --strict --no-dangling; }
no_copies() { is "$(find "$XDG_CACHE_HOME/berth/saves" -mindepth 1)" '' "$1: no copy is left on this machine"; }
restored() { # TITLE FILE NAME
  local back
  berth start "$(own odd)" --restore "$(saves | tail -n 1 | sed 's#refs/heads/##')" --name "$(own back)" --json
  is "$STATUS" 0 "$1: a new session has it" || diag "$ERR"
  back=$(json 'd["container"]' <<<"$OUT")
  file_in "$back" "$place/$3" >"$T/back"
  ok "$1: every byte" cmp "$T/back" "$2"
  berth stop "$(own back)" --force
}

# A submodule's own work is not saved with the project's: said, and the workspace stays.
is "$(file_in "$container" "$place/lib/a")" lib 'the submodule is there'
head -c 100000 /dev/urandom >"$T/work"
give_one "$T/work" lib/a
berth_save
read_only 'a submodule'
like "$ERR" 'the submodule lib has work that is nowhere else \(1 changed file\): it is not saved with the project' 'a submodule: its changed files are said not to be saved'
berth stop "$session"
is "$STATUS" 6 'a submodule: a stop keeps the workspace, exit status 6' || diag "$ERR"
like "$ERR" 'stopped with unsaved work: the submodule lib has' 'a submodule: and says why'
like "$ERR" 'resume it.*export it' 'a submodule: and what can be done'
ok 'a submodule: its file is there' kept lib/a "$T/work"
berth resume "$session"
is "$STATUS" 0 'a submodule: it is resumed' || diag "$ERR"
ok 'a submodule: every byte' kept lib/a "$T/work"
printf 'lib\n' >"$T/lib-a"
give_one "$T/lib-a" lib/a
take
in_w -C lib commit --quiet --allow-empty --message 'nowhere else'
own_commit=$(in_w -C lib rev-parse HEAD)
give
berth stop "$session"
is "$STATUS" 6 'a submodule: a commit that is nowhere else keeps it, too' || diag "$ERR"
like "$ERR" 'lib has work that is nowhere else \(1 commit that was never pushed\)' 'a submodule: which is said'
take
is "$(in_w -C lib rev-parse HEAD)" "$own_commit" 'a submodule: the commit is there'
ok 'a submodule: it is sound' in_w -C lib fsck --strict --no-dangling
berth resume "$session"
in_w -C lib push --quiet "$lib" HEAD:refs/heads/from-session
in_w -C lib update-ref refs/remotes/origin/from-session HEAD
in_w add lib
give
berth_save
read_only 'a submodule that is pushed'
unlike "$ERR" 'not saved|nowhere else' 'a submodule: once it is pushed, nothing of it is unsaved' || diag "$ERR"
sound 'a submodule'

# No room where berth keeps its copies.
mkdir -p "$XDG_CACHE_HOME/berth/saves"
head -c 12000000 /dev/urandom >"$T/work"
give_one "$T/work" work.bin
before=$(saves | xargs -r -n 1 git -C "$folder" rev-parse)
nobody_saves() { [ -z "$(find "$XDG_CACHE_HOME/berth/saves" -mindepth 1)" ]; }
wait_for 30 nobody_saves # the keeper may be at it, whose folder the disk would hide
mount -t tmpfs -o size=3m berth-e2e "$XDG_CACHE_HOME/berth/saves"
berth_save
isnt "$STATUS" 0 'a full cache folder: it is not saved'
read_only 'a full cache folder'
like "$ERR" '[Nn]o space' 'a full cache folder: and why' || diag "$ERR"
is "$(saves | xargs -r -n 1 git -C "$folder" rev-parse)" "$before" 'a full cache folder: nothing half is there'
ok 'a full cache folder: the work is there' kept work.bin "$T/work"
no_copies 'a full cache folder'
umount "$XDG_CACHE_HOME/berth/saves"
berth save "$session"
is "$STATUS" 0 'a full cache folder: saved when there is room' || diag "$ERR"
sound 'a full cache folder'
ok 'a full cache folder: every byte' arrived "$T/work" work.bin

# No room in the repository.
head -c 12000000 /dev/urandom >"$T/work"
give_one "$T/work" work.bin
mv "$folder/.git/objects" "$folder/.git/objects.away"
mkdir "$folder/.git/objects"
used=$(du -sk "$folder/.git/objects.away" | cut -f1)
mount -t tmpfs -o "size=$((used + 4000))k" berth-e2e "$folder/.git/objects"
cp -a "$folder/.git/objects.away/." "$folder/.git/objects/"
before=$(saves | xargs -r -n 1 git -C "$folder" rev-parse)
berth_save
isnt "$STATUS" 0 'a full repository: it is not saved'
read_only 'a full repository'
like "$ERR" '[Nn]o space' 'a full repository: and why' || diag "$ERR"
is "$(saves | xargs -r -n 1 git -C "$folder" rev-parse)" "$before" 'a full repository: nothing half is there'
ok 'a full repository: the work is there' kept work.bin "$T/work"
sound 'a full repository'
berth stop "$session"
is "$STATUS" 6 'a full repository: a stop keeps the workspace' || diag "$ERR"
ok 'a full repository: with the work' kept work.bin "$T/work"
mount -o remount,size=200m "$folder/.git/objects"
berth resume "$session"
berth save "$session"
is "$STATUS" 0 'a full repository: saved when there is room' || diag "$ERR"
ok 'a full repository: every byte' arrived "$T/work" work.bin
sound 'a full repository'
is "$(find "$folder/.git/objects" -name 'pack_git2*' -o -name 'tmp_*' | wc -l)" 0 'a full repository: no half pack is left'
no_copies 'a full repository'
cp -a "$folder/.git/objects/." "$folder/.git/objects.away/"
umount "$folder/.git/objects"
rmdir "$folder/.git/objects"
mv "$folder/.git/objects.away" "$folder/.git/objects"

# The container is killed while it is read; then two berths that know nothing of each other, at once.
head -c 40000000 /dev/urandom >"$T/work"
give_one "$T/work" work.bin
state >"$T/before"
background save "$BERTH" save "$session"
saving=$PID
sleep 0.3
engine_call POST "/containers/$container/kill" >/dev/null
wait "$saving"
first=$?
read_only 'a container that is killed meanwhile'
sound 'a container that is killed meanwhile'
ok 'a container that is killed meanwhile: the work is there' kept work.bin "$T/work"
[ "$first" -ne 0 ] || ok 'a container that is killed meanwhile: saved is saved' arrived "$T/work" work.bin
berth save "$session"
is "$STATUS" 0 'a container that is killed meanwhile: it is saved then' || diag "$ERR"
ok 'a container that is killed meanwhile: every byte' arrived "$T/work" work.bin
berth resume "$session"
head -c 20000000 /dev/urandom >"$T/work"
give_one "$T/work" work.bin
state >"$T/before"
XDG_STATE_HOME=$T/other-state XDG_CACHE_HOME=$T/other-cache background other "$BERTH" save "$session"
other=$PID
berth save "$session"
is "$STATUS" 0 'two berths at once: one' || diag "$ERR"
wait "$other"
is $? 0 'two berths at once: the other' || diag "$(cat "$T/other.out")"
ok 'two berths at once: every byte' arrived "$T/work" work.bin
read_only 'two berths at once'
sound 'two berths at once'
restored 'two berths at once' "$T/work" work.bin

# A shallow clone in the workspace: of its history only the end is there.
git -C "$folder" -c commit.gpgSign=false commit --quiet --allow-empty --message 'One more'
take
rm -rf "$w/.git"
git clone --quiet --no-checkout --depth 1 "file://$folder" "$T/shallow"
mv "$T/shallow/.git" "$w/.git"
in_w -c advice.detachedHead=false reset --quiet
in_w commit --quiet --allow-empty --message 'Mine, on a shallow clone'
head -c 100000 /dev/urandom >"$w/work.bin"
cp "$w/work.bin" "$T/work"
run_in "$container" "rm -rf '$place/.git'"
give
berth_save
is "$STATUS" 0 'a shallow clone: it is saved' || diag "$ERR"
read_only 'a shallow clone'
ok 'a shallow clone: every byte' arrived "$T/work" work.bin
sound 'a shallow clone'
restored 'a shallow clone' "$T/work" work.bin

# Two gigabytes, most of them a hole.
run_in "$container" "/bin/busybox dd if=/dev/zero of='$place/huge.bin' bs=1 count=1 seek=2147483647 2>/dev/null"
state >"$T/before"
saved_in_little 'a file of 2 GB' 200 "$session"
read_only 'a file of 2 GB'
is "$(git -C "$folder" cat-file -s "$(saves | tail -n 1):huge.bin")" 2147483648 'a file of 2 GB: all of it is there'
sound 'a file of 2 GB'
no_copies 'at the end'
berth stop "$session" --force
is "$STATUS" 0 'it stops' || diag "$ERR"

# A workspace whose container is gone is read through one that is made for it. When it is removed meanwhile, it does not come back:
# an engine makes volumes that it doesn't know when they are mounted by name.
berth start "$(own odd)" --name "$session" --json
container=$(json 'd["container"]' <<<"$OUT")
printf 'mine\n' >"$T/work"
give_one "$T/work" mine
engine_call DELETE "/containers/$container?force=1" >/dev/null
volume_there() { engine_json /volumes "'berth-$session' in [v['Name'] for v in d['Volumes'] or []]"; }
berth save "$session"
is "$STATUS" 0 'a workspace without its container is saved' || diag "$ERR"
ok 'a workspace without its container: every byte' arrived "$T/work" mine
sound 'a workspace without its container'
is "$(volume_there)" true 'a workspace without its container: it is still there'
gate_start
gate_hold 'POST [^ ]*/containers/create\?name=berth-save-'
background gone "$BERTH" save "$session"
wait_ok 20 'a save is about to look into a workspace' gate_held
engine_call DELETE "/volumes/berth-$session" >/dev/null
is "$(volume_there)" false 'the workspace is removed'
gate_open
wait "$PID"
isnt $? 0 'the save fails'
like "$(cat "$T/gone.out")" 'The workspace of .* is gone' 'and says why'
is "$(volume_there)" false 'the workspace has not come back'
is "$(leftovers)" '' 'nothing is left'
done_testing
