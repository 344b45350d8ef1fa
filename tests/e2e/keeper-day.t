#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A day in the life of a keeper, under a clock that is set ahead: work is saved now and then while somebody works, never twice the
# same; a session that nobody uses for 24 hours is warned of, saved and stopped. Killed in between, and the engine's sessions ended
# by somebody else, it goes on.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=clock.sh
. "$E2E_DIR/clock.sh"

gone() { [ -z "$(containers "io.berth.session=$1")" ] && [ -z "$(volumes "io.berth.session=$1")" ]; }

tiny idle 'USER 1000'
name=$(own day)
folder=$(project "$name")
pin "$folder" "$IMAGE" 'default_url = shell'
session=$(own one)
at 0
berth start "$name" --name "$session" --json
is "$STATUS" 0 'a session starts' || { diag "$ERR"; bail 'there is nothing to keep'; }
container=$(json 'd["container"]' <<<"$OUT")
place=$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')
wait_ok 20 'a keeper looks at it' seen "$session"
put() {
  head -c 100000 /dev/urandom >"$T/work"
  rm -rf "$T/put" && mkdir "$T/put" && cp "$T/work" "$T/put/work.bin"
  tar -C "$T/put" --owner=1000 --group=1000 -c . | engine_call PUT "/containers/$container/archive?path=$(urlencode "$place")" --header 'Content-Type: application/x-tar' --upload-file - >/dev/null
}
refs() { git -C "$folder" for-each-ref --format='%(objectname) %(refname)' refs/heads/renku; }
saved() { [ -n "$(refs | while read -r id _; do git -C "$folder" cat-file blob "$id:work.bin" 2>/dev/null | cmp -s - "$T/work" && echo yes; done)" ]; }

# Now and then -----------------------------------------------------------------------------------------------------------
put
at 700
wait_ok 30 'some minutes pass' reached
wait_ok 20 'the work is saved while the session runs' saved
before=$(refs)
at 1400
wait_ok 30 'more of them, in which nothing changes' reached
is "$(refs)" "$before" 'the same work is not saved again'
put
at 2100
wait_ok 30 'somebody works' reached
wait_ok 20 'that is saved too' saved
is "$(refs | wc -l)" 1 'in the place of the older'
isnt "$(noted "$session" saved_at_s)" 0 'and noted'

# Where it can't be saved it is warned of ----------------------------------------------------------------------------------
mv "$folder" "$folder.away"
put
at 3200
wait_ok 30 'the repository is away' reached
failed() { [ "$(noted "$session" save_failed_at_s)" -gt 0 ] 2>/dev/null; }
wait_ok 20 'that is noted' failed
mv "$folder.away" "$folder"
at 5000
wait_ok 30 'it is back' reached
wait_ok 20 'and the work saved' saved
is "$(noted "$session" save_failed_at_s)" 0 'and that, too, is noted'

# A day ------------------------------------------------------------------------------------------------------------------
put
began=$SECONDS
at 40000
wait_ok 60 'half a day passes' reached
kill -9 "$(keeper_pid)"
wait_ok 10 'the keeper is killed' keeper_gone
berth sessions --json
wait_ok 20 'and followed by another' keeper_lives
at 83500
wait_ok 60 'nearly all of the day has passed' reached
isnt "$(noted "$session" warned_at_s)" 0 'it was warned of'
is "$(engine_json "/containers/$container/json" 'd["State"]["Status"]')" running 'and still runs'
at 95000
wait_ok 60 'the day ends: it is stopped' gone "$session"
took=$((SECONDS - began))
diag "a day took $took s"
ok 'a day takes less than a minute, on a machine with nothing else to do' test "$took" -lt $((60 * E2E_PATIENCE))
ok 'its work is saved, every byte' saved
ok 'the repository is sound' git -C "$folder" fsck --strict --no-dangling
like "$(cat "$XDG_STATE_HOME/berth/keeper.log")" 'idle for its whole time' 'the keeper says why'
wait_ok 30 'the keeper ends with it' keeper_gone
is "$(leftovers)" '' 'nothing is left'
done_testing
