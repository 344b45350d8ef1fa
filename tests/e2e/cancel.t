#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A start that is cancelled, or killed, at each of its steps leaves nothing behind.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# It never answers, so no start of it can end before it is cancelled.
tiny silent 'EXPOSE 8080' 'CMD ["sleep", "1000"]'
name=$(own silent)
folder=$(project "$name")
head -c 3000000 /dev/urandom >"$folder/data.bin"
pin "$folder" "$IMAGE"
gate_start

# Where each step is stopped: TITLE, hold or answer, the request. after: at the second request, once the first was answered; any
# container may be looked into before that, also an ended one of another test.
places=(
  'check request|hold|^GET [^ ]*/volumes'
  'get image|hold|^GET [^ ]*/images/[^ ]*/json'
  'make workspace, before it is made|hold|^POST [^ ]*/containers/create'
  'make workspace, looking into the image|hold|^GET [^ ]*/archive'
  'make workspace, made but not told|answer|^POST [^ ]*/volumes/create'
  'create container, network|hold|^POST [^ ]*/networks/create|^GET [^ ]*/networks'
  'create container, made but not told|answer|^POST [^ ]*/containers/create.*name=berth-[^&]*[^k](&|$)'
  'create container, copying|hold|^PUT [^ ]*/archive'
  'start, not begun|hold|^POST [^ ]*/start'
  'start, begun but not told|answer|^POST [^ ]*/start'
  'wait until it answers|after|^POST [^ ]*/start ^GET [^ ]*/containers/[^/]*/json'
)

# begin PLACE: a start that stands there; its process is $PID.
begin() {
  local title how what
  IFS='|' read -r title how what <<<"$1"
  if [ "$how" = after ]; then gate_answer "${what% ^*}"; else "gate_$how" "$what"; fi
  background start "$BERTH" start "$name"
  if [ "$how" = after ]; then
    wait_for 30 gate_held
    gate_then_hold "^${what##* ^}"
  fi
  wait_ok 30 "$title: reached" gate_held || diag "$(cat "$T/start.out")"
}

clean() {
  wait_ok 20 "$1: nothing is left on the engine" nothing_left
  is "$(leftovers)$(engine_json /containers/json?all=1 '[c["Names"] for c in d if "'"$name"'" in c["Names"][0]]')" '[]' "$1: not even by name"
  wait_ok 5 "$1: nor on this machine" no_files
}
nothing_left() { [ -z "$(leftovers)" ]; }
no_files() { [ -z "$(berth_files)" ]; }

for place in "${places[@]}"; do
  title=${place%%|*}
  begin "$place"
  kill -INT "$PID"
  wait_for 5 grep -q 'Cancelling' "$T/start.out"
  gate_open
  wait_ok 20 "ctrl-C at '$title': it ends" process_gone "$PID"
  wait "$PID"
  is $? 130 "ctrl-C at '$title': exit status 130" || diag "$(cat "$T/start.out")"
  clean "ctrl-C at '$title'"
done

# Steps that the engine has no part in, wherever they are when the signal comes.
for step in 'check request' 'clone at the commit' 'wait until it answers'; do
  background start "$BERTH" start "$name"
  wait_for 30 grep -q "$step" "$T/start.out"
  kill -TERM "$PID"
  wait_ok 20 "SIGTERM about '$step': it ends" process_gone "$PID"
  clean "SIGTERM about '$step'"
done

# An engine that hangs: ctrl-C twice still ends it, and the next berth cleans up.
begin 'create container, made but not told|answer|^POST [^ ]*/containers/create.*name=berth-[^&]*[^k](&|$)'
kill -INT "$PID"
wait_for 5 grep -q 'Cancelling' "$T/start.out"
kill -INT "$PID"
wait_ok 20 'ctrl-C twice at an engine that hangs: it ends' process_gone "$PID"
gate_open
swept() {
  timeout 20 "$BERTH" sessions >/dev/null 2>&1
  nothing_left
}
wait_ok 30 'the next berth removes what that left' swept
wait_ok 5 'on this machine too' no_files

# Killed: no chance to clean up. The next berth does, and touches nothing else.
tiny bare 'USER 1000'
other=$(own other)
pin "$(project "$other")" "$IMAGE"
# Its keeper goes around the gate, where it would be taken for the start that is meant.
wait_ok 30 'no keeper is left of what was cancelled' keeper_gone
DOCKER_HOST=$ENGINE_HOST berth start "$other" --json
is "$STATUS" 0 'a session that shall stay' || diag "$ERR"
stays=$(json 'd["name"]' <<<"$OUT")
kept=$(leftovers)
# All of this test but that one session; what other tests are making comes and goes meanwhile.
mine() { leftovers | grep -vxF "$kept"; }
none_of_mine() { [ -z "$(mine)" ]; }
swept() {
  timeout 20 "$BERTH" sessions >/dev/null 2>&1
  none_of_mine
}
for place in "${places[@]}"; do
  title=${place%%|*}
  case $title in 'check request' | 'get image' | *network*) continue ;; esac # nothing is there yet
  begin "$place"
  # Another berth does not take away what a living one is making.
  [ "$title" != 'create container, copying' ] || {
    before=$(mine)
    DOCKER_HOST=$ENGINE_HOST berth sessions --json
    is "$(mine)" "$before" 'another berth leaves a start that goes on alone'
  }
  kill -KILL "$PID"
  wait "$PID" 2>/dev/null
  gate_open
  if [ "$title" = 'start, begun but not told' ] || [ "$title" = 'wait until it answers' ]; then
    # It runs and wants no settings: a session like any other, which the next berth lists and stops.
    berth sessions --json
    is "$(json "[s['name'] for s in d if s['project'] == '$name' and s['state'] in ('starting', 'running')] != []" <<<"$OUT")" true "kill -9 at '$title': the next berth has the session"
    berth stop "$(json "[s['name'] for s in d if s['project'] == '$name'][0]" <<<"$OUT")" --force
    is "$STATUS" 0 'and stops it'
  fi
  wait_ok 30 "kill -9 at '$title': the next berth sweeps" swept
  wait_ok 5 "kill -9 at '$title': and on this machine" no_files
done
berth sessions --json
is "$(json "[s['state'] for s in d if s['name'] == '$stays']" <<<"$OUT")" '["running"]' 'the other session still runs'
berth stop "$stays" --force
is "$STATUS" 0 'until it is stopped'
is "$(leftovers)" '' 'nothing is left'
done_testing
