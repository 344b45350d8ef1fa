#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The keeper: starts with the first session and ends with the last, counts idle hours under a clock that is set ahead, warns an
# hour before; killed, it is followed by another that knows as much.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=clock.sh
. "$E2E_DIR/clock.sh"

gone() { [ -z "$(containers "io.berth.session=$1")" ] && [ -z "$(volumes "io.berth.session=$1")" ]; }

# A session without Jupyter ------------------------------------------------------------------------------------------
tiny idle
folder=$(project "$(own idle)")
pin "$folder" "$IMAGE"
at 0
session=$(own idler)
berth start "$(own idle)" --name "$session" --idle 90m --json
is "$STATUS" 0 'a session starts' || diag "$ERR"
wait_ok 20 'a keeper came with it' keeper_lives
wait_ok 20 'and looks at it' seen "$session"
berth sessions --json
like "$(json '[str(s["left"]) for s in d if s["name"] == a[0]][0]' "$session" <<<"$OUT")" '^5[34][0-9]{2}$' 'it has an hour and a half'
is "$(json '[s["state"] for s in d if s["name"] == a[0]][0]' "$session" <<<"$OUT")" running 'and runs'
berth keep
is "$STATUS" 6 'a second keeper is refused'
like "$ERR" 'runs already' 'and told why'
mine=$XDG_STATE_HOME
export XDG_STATE_HOME=$T/other
berth sessions --json
like "$OUT" "$session" 'the berth of another state folder sees the session'
sleep 1
ok 'and starts no keeper: it has one' test ! -e "$XDG_STATE_HOME/berth/keeper.log"
export XDG_STATE_HOME=$mine

# Time passes, the keeper dies ---------------------------------------------------------------------------------------
at 900
wait_ok 60 'a quarter of an hour passes' reached
like "$(noted "$session" idle_s)" '^(8[4-9]|9[0-6])[0-9]$' 'idle time is counted'
kill -9 "$(keeper_pid)"
wait_ok 10 'the keeper is killed' keeper_gone
berth sessions --json
wait_ok 20 'any berth starts another' keeper_lives
at 1500
wait_ok 90 'it counts on' reached
like "$(noted "$session" idle_s)" '^1[345][0-9]{2}$' 'from where the other was'
is "$(noted "$session" warned_at_s)" 0 'no warning yet'
at 3000
wait_ok 60 'its last part has begun' reached
isnt "$(noted "$session" warned_at_s)" 0 'the warning was given'
berth sessions --json
like "$(json '[str(s["left"]) for s in d if s["name"] == a[0]][0]' "$session" <<<"$OUT")" '^[23][0-9]{3}$' 'what is left of it is told'

# Extending ---------------------------------------------------------------------------------------------------
berth extend "$session" 2h
is "$STATUS" 0 'its time is extended'
like "$ERR" 'kept for (2 ?h|1 ?h)' 'and for how long is told'

# The end ------------------------------------------------------------------------------------------------------------
berth stop "$session"
is "$STATUS" 0 'it is stopped' || diag "$ERR"
wait_ok 30 'and removed' gone "$session"
ok 'its notes are gone' test -z "$(find "$XDG_STATE_HOME/berth/sessions" -name "$session@*")"
wait_ok 30 'the keeper ends with the last session' keeper_gone
is "$(leftovers)" '' 'nothing is left'
done_testing
