#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A keeper lives through its engine's restart, orderly or as a crash, and counts on; killed while the engine is away, it is followed by
# another when it is back. The sessions go on meanwhile: this engine leaves them running (live-restore).
E2E_NEEDS=engine
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=clock.sh
. "$E2E_DIR/clock.sh"

seen_since() { [ "$(noted "$1" seen_at_s)" -gt "$2" ] 2>/dev/null; }
state() { timeout 20 "$BERTH" sessions --json 2>/dev/null | json '[s["state"] for s in d if s["name"] == a[0]][0]' "$session"; }
runs() { [ "$(state)" = running ]; }

tiny idle
image=$IMAGE
# shellcheck disable=SC2034 # lib.sh starts the engine with them
E2E_ENGINE_OPTIONS=(--live-restore)
engine_start 160m
ok 'the image is there' engine_copy "$image"
pin "$(project kept)" "$image"
at 0
session=kept
berth start kept --name "$session" --idle 20h --json
is "$STATUS" 0 'a session starts' || { diag "$ERR"; bail 'nothing to keep'; }
wait_ok 20 'a keeper came with it' keeper_lives
wait_ok 20 'and looks at it' seen_since "$session" 0
keeper=$(keeper_pid)
now=0
for how in TERM KILL; do
  last=$(noted "$session" seen_at_s)
  idle=$(noted "$session" idle_s)
  engine_stop "$how"
  berth sessions
  is "$STATUS" 5 "SIG$how: the engine is away"
  ok "SIG$how: the keeper is not" keeper_lives
  engine_start
  wait_ok 60 "SIG$how: the session has gone on" runs
  is "$(keeper_pid)" "$keeper" "SIG$how: and the same keeper looks after it"
  now=$((now + 1800))
  at "$now"
  wait_ok 120 "SIG$how: half an hour passes" reached
  wait_ok 60 "SIG$how: it is looked at again" seen_since "$session" "$last"
  ok "SIG$how: and its idle time goes on from where it was" test "$(noted "$session" idle_s)" -gt "$((idle + 1200))"
done

# Killed while nobody could start another.
idle=$(noted "$session" idle_s)
engine_stop KILL
kill -9 "$keeper"
wait_ok 10 'the keeper is killed while the engine is away' keeper_gone
berth sessions
is "$STATUS" 5 'without an engine: exit status 5'
ok 'and no keeper is started for nothing' keeper_gone
engine_start
wait_ok 60 'when the engine is back, the session is there' runs
wait_ok 20 'and whoever looks starts another keeper' keeper_lives
isnt "$(keeper_pid)" "$keeper" 'which is another one'
at $((now + 1800))
wait_ok 120 'half an hour passes' reached
ok 'it counts on from where the other was' test "$(noted "$session" idle_s)" -gt "$((idle + 1200))"
berth stop "$session" --force
is "$STATUS" 0 'the session is stopped' || diag "$ERR"
wait_ok 60 'and the keeper ends with it' keeper_gone
is "$(leftovers)" '' 'nothing is left'
done_testing
