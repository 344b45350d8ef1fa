#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An engine that goes away in the middle of a launch or a build, that comes back, and whose disk is full.
E2E_NEEDS=engine
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tiny silent 'EXPOSE 8080' 'CMD ["sleep", "1000"]'
silent=$IMAGE
tiny bare 'USER 1000'
bare=$IMAGE
engine_start 160m
ok 'the images are there' engine_copy "$silent" "$bare"
pin "$(project silent)" "$silent"
pin "$(project bare)" "$bare"
slow=$(project slow)
printf 'FROM %s\nUSER root\nRUN i=0; while [ $i -lt 600 ]; do i=$((i + 1)); echo "line $i of many"; sleep 0.2; done\n' "$bare" >"$slow/Dockerfile"
commit "$slow" 'An environment' >/dev/null

berth start bare --json
is "$STATUS" 0 'a session that outlives the engine' || diag "$ERR"
container=$(json 'd["container"]' <<<"$OUT")
session=$(json 'd["name"]' <<<"$OUT")

# Two networks of the same name, as two engines' clients make them at the same moment, are one again.
engine_call POST /networks/create --header 'Content-Type: application/json' --data '{"Name": "berth-sessions", "CheckDuplicate": false}' >/dev/null
berth start bare --new --name second
is "$STATUS" 0 'a second network of the sessions'\'' name does not keep them from starting' || diag "$ERR"
is "$(engine_json /networks 'sum(n["Name"] == "berth-sessions" for n in d)')" 1 'there is one again'
berth stop second --force

# In the middle of a launch: orderly, and as a crash.
for how in TERM KILL; do
  background start "$BERTH" start silent
  starting=$PID
  wait_ok 30 "SIG$how: a start waits for its session to answer" grep -q 'wait until it answers' "$T/start.out"
  engine_stop "$how"
  wait_ok 30 "SIG$how: the start ends with the engine" process_gone "$starting"
  wait "$starting"
  isnt $? 0 "SIG$how: as failed"
  like "$(cat "$T/start.out")" '^berth: .*(engine|connection|ended|stopped)' "SIG$how: and says why"
  berth sessions
  is "$STATUS" 5 "SIG$how: without an engine: exit status 5"
  like "$ERR" 'engine/s' "SIG$how: and where it was looked for"
  engine_start
  gone() {
    timeout 20 "$BERTH" sessions >/dev/null 2>&1
    [ -z "$(containers io.berth.project=silent)$(volumes io.berth.project=silent)$(containers io.berth.look)$(berth_files)" ]
  }
  wait_ok 30 "SIG$how: when it is back, what was half made goes" gone
  berth sessions --json
  is "$STATUS" 0 "SIG$how: sessions are listed again" || diag "$ERR"
  like "$(json "[s['state'] for s in d if s['name'] == '$session'][0]" <<<"$OUT")" 'stopped|failed|running' "SIG$how: the other session is still known"
  isnt "$(volumes "io.berth.session=$session")" '' "SIG$how: with its workspace"
  [ "$how" = KILL ] || engine_call POST "/containers/$container/start" >/dev/null
done
engine_is_told() {
  timeout 20 "$BERTH" sessions --json 2>/dev/null | json "[s['reason'] for s in d if s['name'] == '$session'][0]" | grep -q 'the engine went down while it ran; its workspace is kept'
}
wait_ok 90 'a session that died with the engine says so' engine_is_told || diag "$(timeout 20 "$BERTH" sessions --json)"
berth stop "$session" --force
is "$STATUS" 0 'it can be stopped' || diag "$ERR"
is "$(containers io.berth.session)$(volumes io.berth.session)" '' 'nothing is left'

# In the middle of a build.
background build "$BERTH" build slow
builder=$PID
wait_ok 30 'a build runs' grep -q 'line 3 of many' "$T/build.out"
engine_stop KILL
wait_ok 30 'the build ends with the engine' process_gone "$builder"
wait "$builder"
is $? 1 'as failed' || diag "$(tail -n 3 "$T/build.out")"
like "$(grep '^berth: ' "$T/build.out")" 'engine|connection' 'and says why'
berth log slow
is "$STATUS" 0 'its log is there without an engine' || diag "$ERR"
like "$OUT" 'line 3 of many' 'with what came'
berth image slow
like "$OUT" 'fail|unknown' 'its state is known'
engine_start
berth image slow --json
is "$(json 'd["state"]' <<<"$OUT")" failed 'and later, with an engine'

# The disk is full.
big=$(project big)
head -c 150000000 /dev/urandom >"$big/data.bin"
pin "$big" "$bare"
RUN_LIMIT=60 berth start big
is "$STATUS" 1 'a workspace that does not fit: exit status 1' || diag "$ERR"
like "$ERR" 'no space left|disk' 'and says so'
is "$(containers io.berth.project=big)$(volumes io.berth.project=big)$(containers io.berth.look)$(berth_files)" '' 'nothing is left of it'
berth start bare --json
is "$STATUS" 0 'a smaller one then fits' || diag "$ERR"
berth stop "$(json 'd["name"]' <<<"$OUT")" --force
printf 'FROM %s\nUSER root\nRUN dd if=/dev/zero of=/big bs=1M count=200\n' "$bare" >"$slow/Dockerfile"
commit "$slow" 'Too big' >/dev/null
RUN_LIMIT=60 berth build slow
is "$STATUS" 1 'a build that does not fit: exit status 1'
like "$ERR$OUT" 'No space left' 'and says so'
is "$(containers io.berth.session)$(volumes io.berth.session)" '' 'nothing is left'
done_testing
