#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A session's life after its start: paused, resumed, exported, stopped with work that can't be saved, discarded; a workspace whose
# container is gone; what died says why; saved work is told of before a start.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tiny bare 'USER 1000'
name=$(own lives)
folder=$(project "$name")
printf 'one\n' >"$folder/f"
pin "$folder" "$IMAGE" 'default_url = shell'
session=$(own one)
berth start "$name" --name "$session" --json
is "$STATUS" 0 'a session runs' || { diag "$ERR"; bail 'there is nothing to look at'; }
container=$(json 'd["container"]' <<<"$OUT")
place=$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')
state() { timeout 30 "$BERTH" sessions --json 2>/dev/null | json '[s["state"] for s in d if s["name"] == a[0]][0]' "$1"; }
reason() { timeout 30 "$BERTH" sessions --json 2>/dev/null | json '[s["reason"] for s in d if s["name"] == a[0]][0]' "$1"; }
put() {
  head -c 100000 /dev/urandom >"$T/work"
  rm -rf "$T/put" && mkdir "$T/put" && cp "$T/work" "$T/put/work.bin"
  tar -C "$T/put" --owner=1000 --group=1000 -c . | engine_call PUT "/containers/$container/archive?path=$(urlencode "$place")" --header 'Content-Type: application/x-tar' --upload-file - >/dev/null
}
kept() { file_in "$container" "$place/work.bin" | cmp -s - "$T/work"; }
saved() {
  local ref
  while read -r ref; do
    if git -C "$folder" cat-file blob "$ref:work.bin" 2>/dev/null | cmp -s - "$T/work"; then return 0; fi
  done < <(git -C "$folder" for-each-ref --format='%(refname)' refs/heads/renku)
  return 1
}
break_repository() { mv "$folder" "$folder.away"; }
mend_repository() { mv "$folder.away" "$folder"; }

# Pause and resume -----------------------------------------------------------------------------------------------------
put
berth pause "$session"
is "$STATUS" 0 'it is paused' || diag "$ERR"
like "$(tr '\n' ' ' <<<"$ERR")" "The work .*saved as renku/autosave/[^ ]*\. $session is paused; its workspace is kept\." 'what became of it and of its work is said'
is "$(state "$session")" paused 'and shows as that'
ok 'its work is saved' saved
ok 'and in its workspace' kept
berth pause "$session"
isnt "$STATUS" 0 'one that is paused is not paused again'
berth connect "$session"
is "$STATUS" 6 'one that is paused has no address to go to'
like "$ERR" "does not run.*berth resume $session" 'and what goes on with it is said'
term_start 100x20 "$BERTH" attach "$session"
term_ok 20 'so there is no shell in it: it is paused. `berth resume' 'a shell in it: what to do first'
nok 'and it is not said to be there' term_shows 'A shell in'
term_end
berth resume "$session"
is "$STATUS" 0 'it goes on' || diag "$ERR"
like "$ERR" "berth (connect|attach) $session" 'and how one gets there is said'
is "$(state "$session")" running 'and runs'
ok 'with its work' kept
berth resume "$session"
is "$STATUS" 6 'one that runs is not resumed'

# Export -----------------------------------------------------------------------------------------------------------------
berth export "$session" --output "$T/out.tar"
is "$STATUS" 0 'its workspace is exported' || diag "$ERR"
like "$ERR" "$T/out.tar: [0-9]" 'where it is and how big is said'
tar -xOf "$T/out.tar" --wildcards '*/work.bin' | cmp -s - "$T/work"
is $? 0 'every byte of it'
nok 'nothing half written is left' test -e "$T/out.tar.part"

# Killed: why --------------------------------------------------------------------------------------------------------------
engine_call POST "/containers/$container/kill" >/dev/null
killed() { [ "$(state "$session")" = failed ]; }
wait_ok 20 'one that is killed shows as failed' killed
like "$(reason "$session")" 'killed' 'and why, in words'
ok 'its work is there' kept
berth resume "$session"
is "$STATUS" 0 'it can be resumed' || diag "$ERR"
ok 'with every byte' kept

# A disk that was full, and one that nearly is -----------------------------------------------------------------------------
watch=$(find "$XDG_STATE_HOME/berth/sessions" -name "$session@*.watch")
ok 'the keeper keeps notes' test -n "$watch"
pid=$(keeper_pid)
kill -STOP "$pid"
sed -i 's/^disk_size_bytes .*/disk_size_bytes 100000000000/; s/^disk_free_bytes .*/disk_free_bytes 1000000/' "$watch"
engine_call POST "/containers/$container/kill" >/dev/null
wait_ok 20 'it is killed' killed
like "$(reason "$session")" 'disk that has its workspace was full' 'a full disk is told as the cause'
kill -CONT "$pid"
berth resume "$session"

# Stopped with unsaved work ------------------------------------------------------------------------------------------------
put
break_repository
berth stop "$session"
is "$STATUS" 6 'a stop whose work can'\''t be saved: exit status 6' || diag "$ERR"
like "$ERR" 'stopped with unsaved work' 'it says so'
is "$(state "$session")" unsaved 'and shows as that' || diag "$(state "$session")"
ok 'the work is there' kept
berth discard "$(own other)"
isnt "$STATUS" 0 'a discard wants the right name'
mend_repository
berth stop "$session"
is "$STATUS" 0 'stopped again it is saved' || diag "$ERR"
ok 'every byte' saved
is "$(containers "io.berth.session=$session")$(volumes "io.berth.session=$session")" '' 'and gone'

# Saved work is told of before a start -----------------------------------------------------------------------------------------
berth start "$name" --name "$session" --json
is "$STATUS" 0 'a start beside saved work' || diag "$ERR"
like "$ERR" 'saved work of main.*--restore renku/autosave/.*--fresh' 'says that there is some, and which flag decides'
container=$(json 'd["container"]' <<<"$OUT")
berth start "$name" --new --fresh --name "$(own two)"
unlike "$ERR" 'saved work' 'one that is to be fresh does not'
berth stop "$(own two)" --force

# A workspace without its container -----------------------------------------------------------------------------------------
put
engine_call DELETE "/containers/$container?force=1" >/dev/null
alone() { [ "$(state "$session")" = stopped ]; }
wait_ok 20 'a workspace whose container is gone is listed' alone
berth resume "$session"
isnt "$STATUS" 0 'it can'\''t be resumed'
like "$ERR" 'container of .* is gone' 'and why'
before=$(git -C "$folder" for-each-ref refs/heads/renku | wc -l)
berth stop "$session"
is "$STATUS" 0 'stopped, its work is saved' || diag "$ERR"
ok 'every byte' saved
ok 'the older work is there too' test "$(git -C "$folder" for-each-ref refs/heads/renku | wc -l)" -ge "$before"
is "$(volumes "io.berth.session=$session")" '' 'and it is gone'

# Discarded ------------------------------------------------------------------------------------------------------------------
berth start "$name" --fresh --name "$session" --json
container=$(json 'd["container"]' <<<"$OUT")
berth discard "$session"
isnt "$STATUS" 0 'one that runs is not discarded'
put
berth pause "$session"
berth discard "$session" --yes
is "$STATUS" 0 'a stopped one is discarded by its name' || diag "$ERR"
is "$(leftovers)" '' 'nothing is left'
done_testing
