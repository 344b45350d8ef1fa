#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# berth, its keeper and the engine are killed at each step of a launch, a save, a pause and a stop: the next run says what it found
# and carries on. No byte of anybody's work is lost, and nothing is left that belongs to nobody. A step is whatever others can see:
# a request, a file or folder made, renamed or removed (killer.c). Some of them are taken, spread over all; KILLS=20 takes 20 times
# as many.
E2E_NEEDS=engine
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"${CC:-cc}" -O1 -shared -fPIC -o "$T/killer.so" "$E2E_DIR/killer.c" -ldl || bail 'the killer could not be compiled'
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
began=$SECONDS
tiny bare 'USER 1000'
bare=$IMAGE
engine_start 400m
ok 'the image is there' engine_copy "$bare"
folder=$(project work)
printf 'one\n' >"$folder/f"
head -c 300000 /dev/urandom >"$folder/data.bin"
pin "$folder" "$bare" 'default_url = shell'
n_kills=0 n_losses=0 n_orphans=0 n_steps=0
declare -A steps_of

# wrong TITLE: a test point that failed. What goes well at each of many steps is counted, not told.
wrong() { report 1 "$1"; }

# Under the killer ---------------------------------------------------------------------------------------------------
# count NAME COMMAND...: how many steps it takes, in STEPS.
count() {
  local name=$1
  shift
  run env LD_PRELOAD="$T/killer.so" KILLER_COUNT="$T/count" "$@"
  is "$STATUS" 0 "$name: it goes well when nobody is killed" || diag "$OUT$ERR"
  STEPS=$(cat "$T/count" 2>/dev/null || echo 0)
  steps_of[$name]=$STEPS
  n_steps=$((n_steps + STEPS))
}

# killed berth|engine STEP COMMAND...: it is run, and somebody killed at that step. What the step was is then in SAID.
killed() {
  local victim='' who=$1 at=$2
  shift 2
  [ "$who" = berth ] || victim=$E2E_ENGINE_PID
  rm -f "$T/said"
  RUN_LIMIT=90 run env LD_PRELOAD="$T/killer.so" KILLER_AT="$at" KILLER_PID="$victim" KILLER_SAID="$T/said" "$@" 2>/dev/null
  SAID=$(cut -c1-110 "$T/said" 2>/dev/null)
  [ -z "$SAID" ] || n_kills=$((n_kills + 1))
  if [ "$who" = engine ] && [ -n "$SAID" ]; then
    engine_stop KILL
    engine_start 2>/dev/null
  fi
}

# points N OF: N steps spread over OF of them, the first and the last among them.
much=${KILLS:-1}
points() { python3 -c 'import sys; n, of = map(int, sys.argv[1:]); n = min(n * '"$much"', of); print(*sorted({1 + round(i * (of - 1) / max(1, n - 1)) for i in range(n)}))' "$1" "$2"; }

# What must be true afterwards ------------------------------------------------------------------------------------------
# The next run: it sweeps, sees to a keeper, and says what it found.
look() { timeout 30 "$BERTH" sessions >/dev/null 2>"$T/found"; cat "$T/found" >>"$T/found.all"; }
there() { [[ $(engine_call GET "/containers/berth-$1/json" 2>/dev/null)$(engine_call GET "/volumes/berth-$1" 2>/dev/null) == *'"Name":'* ]]; }
gone() { ! there "$1"; }
runs() { [ "$(engine_json "/containers/berth-$1/json" 'd["State"]["Status"]' 2>/dev/null)" = running ]; }
fate() { sed -n 2p "$XDG_STATE_HOME"/berth/sessions/"$1"@*.fate 2>/dev/null; }

# orphans SESSION...: what is there that belongs to none of these sessions.
orphans() {
  local kept=" $* " session thing
  engine_call GET '/containers/json?all=1' | json '"\n".join("container " + c["Names"][0][1:] for c in d)' | sed '/^$/d' | while read -r _ thing; do
    [[ $kept == *" ${thing#berth-} "* ]] || echo "container $thing"
  done
  engine_call GET /volumes | json '"\n".join(v["Name"] for v in d["Volumes"] or [])' | sed '/^$/d' | while read -r thing; do
    [[ $kept == *" ${thing#berth-} "* ]] || echo "volume $thing"
  done
  engine_call GET /networks | json '"\n".join(n["Name"] for n in d if n["Name"].startswith("berth"))' | sed '/^$/d' | while read -r thing; do
    [ $# -gt 0 ] || echo "network $thing"
  done
  find "$XDG_CACHE_HOME"/berth/{saves,clones} "$XDG_STATE_HOME"/berth/launches -mindepth 1 -maxdepth 1 ! -name '*.log' ! -name network.lock 2>/dev/null
  find "$XDG_STATE_HOME"/berth/{sessions,saves} -type f 2>/dev/null | while read -r thing; do
    session=${thing##*/}
    session=${session%%@*}
    [[ $kept == *" ${session%.lock} "* ]] || echo "$thing"
  done
}
# What was being written when somebody died goes after a while: that while is over now.
settled() {
  find "$XDG_STATE_HOME/berth" "$XDG_CACHE_HOME/berth/saves" -type f -name '*.??????' -exec touch -d '2 hours ago' {} + 2>/dev/null
  [ -z "$(orphans "$@")" ] || { look && false; }
}
no_orphans() {
  local title=$1 left
  shift
  wait_for 15 settled "$@" && return 0
  left=$(orphans "$@")
  n_orphans=$((n_orphans + 1))
  wrong "$title: nothing is left that belongs to nobody"
  diag "$left"
  diag "$(tail -n 20 "$XDG_STATE_HOME/berth/keeper.log")"
}

# put SESSION: new work of its own in the session's workspace; it is then in $T/work. In: where the workspace lies.
put() {
  local container
  container=$(engine_json "/containers/berth-$1/json" 'd["Id"]')
  place=${place:-$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')}
  head -c 150000 /dev/urandom >"$T/work"
  rm -rf "$T/put" && mkdir -p "$T/put/deep/er"
  cp "$T/work" "$T/put/deep/er/work.bin"
  tar -C "$T/put" --owner=1000 --group=1000 -c . | engine_call PUT "/containers/$container/archive?path=$(urlencode "$place")" --header 'Content-Type: application/x-tar' --upload-file - >/dev/null
}
in_repository() {
  local ref
  for ref in $(git -C "$folder" for-each-ref --format='%(refname)' refs/heads/renku); do
    git -C "$folder" cat-file blob "$ref:deep/er/work.bin" 2>/dev/null | cmp -s - "$T/work" && return 0
  done
  return 1
}
in_workspace() { file_in "berth-$1" "$place/deep/er/work.bin" 2>/dev/null | cmp -s - "$T/work"; }

# not_lost TITLE SESSION: the work that was put is in its workspace, or in the repository.
not_lost() {
  in_repository || in_workspace "$2" || {
    n_losses=$((n_losses + 1))
    wrong "$1: the work is there"
    return 1
  }
}
saved_now() {
  in_repository && return 0
  n_losses=$((n_losses + 1))
  wrong "$1: the work is in the repository"
}
sound() { git -C "$folder" fsck --strict --no-dangling >"$T/fsck" 2>&1 || { wrong "$1: the repository is sound" && return 0; diag "$(cat "$T/fsck")"; }; }
forget() { git -C "$folder" for-each-ref --format='delete %(refname)' refs/heads/renku | git -C "$folder" update-ref --stdin; }
keeper_kill() {
  local pid
  pid=$(keeper_pid)
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
  wait_until 5 keeper_gone
}

start() {
  RUN_LIMIT=60 berth start work --new --name "$1" --json
  [ "$STATUS" = 0 ] || { wrong "$1 starts"; diag "$ERR"; bail 'there is nothing to go on with'; }
}

# Launch -------------------------------------------------------------------------------------------------------------
launch=("$BERTH" start work --new --name one)
count launch "${launch[@]}"
berth stop one --force
begun=$n_kills
for who in berth engine; do
  for at in $(points "$([ $who = berth ] && echo 9 || echo 1)" "${steps_of[launch]}"); do
    keeper_kill
    killed $who "$at" "${launch[@]}"
    title="launch, $who killed at step $at ($SAID)"
    look
    stopped() { gone one || { berth stop one --force; [ "$STATUS" = 0 ]; }; }
    wait_for 10 stopped || { wrong "$title: what runs can be stopped"; diag "$ERR"; }
    no_orphans "$title"
  done
done
ok "launch: $((n_kills - begun)) kills at ${steps_of[launch]} steps" test $((n_kills - begun)) -ge 8
is "$n_losses $n_orphans" '0 0' 'launch: nothing lost, nothing orphaned'

# A session that nobody touches ------------------------------------------------------------------------------------------
start other
put other
cp "$T/work" "$T/others-work"

# Save ---------------------------------------------------------------------------------------------------------------
start one
put one
count save "$BERTH" save one
saved_now save
begun=$n_kills
for who in berth engine; do
  for at in $(points "$([ $who = berth ] && echo 8 || echo 1)" "${steps_of[save]}"); do
    put one
    killed $who "$at" "$BERTH" save one
    title="save, $who killed at step $at ($SAID)"
    sound "$title"
    not_lost "$title" one
    [ $who = berth ] || { berth resume one; berth resume other; }
    berth save one
    [ "$STATUS" = 0 ] || { wrong "$title: it is saved then"; diag "$ERR"; }
    saved_now "$title"
  done
  no_orphans 'save' one other
done
ok 'save: the session runs' runs one
sound save
ok "save: $((n_kills - begun)) kills at ${steps_of[save]} steps" test $((n_kills - begun)) -ge 8
diag "$((SECONDS - began)) s so far"
is "$n_losses $n_orphans" '0 0' 'save: nothing lost, nothing orphaned'

# Pause --------------------------------------------------------------------------------------------------------------
put one
count pause "$BERTH" pause one
berth resume one
begun=$n_kills
for who in berth engine; do
  for at in $(points "$([ $who = berth ] && echo 5 || echo 1)" "${steps_of[pause]}"); do
    put one
    killed $who "$at" "$BERTH" pause one
    title="pause, $who killed at step $at ($SAID)"
    not_lost "$title" one
    # What had begun is carried on; what had not is begun again.
    look
    carried() { [ "$(fate one)" != pausing ]; }
    wait_for 20 carried || { wrong "$title: it is carried on"; diag "$(tail -n 5 "$XDG_STATE_HOME/berth/keeper.log")"; }
    # One that ended with the engine can't be paused any more; its work can be saved.
    [ "$(fate one)" = paused ] || {
      if runs one; then berth pause one; else berth save one; fi
      [ "$STATUS" = 0 ] || { wrong "$title: it can be paused then"; diag "$ERR"; }
    }
    saved_now "$title"
    berth resume one
    [ "$STATUS" = 0 ] || { wrong "$title: it goes on"; diag "$ERR"; }
    [ $who = berth ] || berth resume other
  done
  no_orphans 'pause' one other
done
sound pause
ok "pause: $((n_kills - begun)) kills at ${steps_of[pause]} steps" test $((n_kills - begun)) -ge 5
diag "$((SECONDS - began)) s so far"
is "$n_losses $n_orphans" '0 0' 'pause: nothing lost, nothing orphaned'

# Stop ---------------------------------------------------------------------------------------------------------------
put one
count stop "$BERTH" stop one
begun=$n_kills
for who in berth engine; do
  for at in $(points "$([ $who = berth ] && echo 6 || echo 1)" "${steps_of[stop]}"); do
    forget
    start one
    put one
    killed $who "$at" "$BERTH" stop one
    title="stop, $who killed at step $at ($SAID)"
    not_lost "$title" one
    look
    carried() { gone one || [ "$(fate one)" != stopping ]; }
    wait_for 20 carried || { wrong "$title: it is carried on"; diag "$(tail -n 5 "$XDG_STATE_HOME/berth/keeper.log")"; }
    gone one || { # it had not begun
      berth stop one
      [ "$STATUS" = 0 ] || { wrong "$title: it can be stopped then"; diag "$ERR"; }
    }
    saved_now "$title"
    [ $who = berth ] || berth resume other
    no_orphans "$title" other
  done
done
sound stop
ok "stop: $((n_kills - begun)) kills at ${steps_of[stop]} steps" test $((n_kills - begun)) -ge 6
diag "$((SECONDS - began)) s so far"
is "$n_losses $n_orphans" '0 0' 'stop: nothing lost, nothing orphaned'

# The keeper, while it carries on a stop --------------------------------------------------------------------------------
# broken_off: a stop that was killed when it had just begun; no keeper lives.
broken_off() {
  forget
  start one
  put one
  keeper_kill
  killed berth "$1" "$BERTH" stop one
  keeper_kill
}
mid=$((steps_of[stop] / 2))
broken_off $mid
background keep env LD_PRELOAD="$T/killer.so" KILLER_COUNT="$T/count" "$BERTH" keep
keeper=$PID
wait_ok 30 'a keeper carries on a stop' gone one
stop_process "$keeper"
steps_of[keeper]=$(cat "$T/count" 2>/dev/null || echo 200)
n_steps=$((n_steps + steps_of[keeper]))
begun=$n_kills
for at in $(points 4 "${steps_of[keeper]}"); do
  broken_off $mid
  rm -f "$T/said"
  background keep env LD_PRELOAD="$T/killer.so" KILLER_AT="$at" KILLER_SAID="$T/said" "$BERTH" keep
  keeper=$PID
  over() { process_gone "$keeper" || gone one; }
  wait_for 20 over
  SAID=$(cut -c1-110 "$T/said" 2>/dev/null)
  [ -z "$SAID" ] || n_kills=$((n_kills + 1))
  title="keeper, killed at step $at ($SAID)"
  not_lost "$title" one
  look
  wait_for 20 gone one || wrong "$title: another carries on"
  stop_process "$keeper"
  saved_now "$title"
  no_orphans "$title" other
done
ok "keeper: $((n_kills - begun)) kills at ${steps_of[keeper]} steps" test $((n_kills - begun)) -ge 2
diag "$((SECONDS - began)) s so far"
is "$n_losses $n_orphans" '0 0' 'keeper: nothing lost, nothing orphaned'

# In the end ----------------------------------------------------------------------------------------------------------
cp "$T/others-work" "$T/work"
ok 'the session that nobody touched has every byte' in_workspace other
like "$(cat "$T/found.all")" 'Removed what an interrupted start had left' 'what was found is told'
sound end
berth stop other --force
is "$STATUS" 0 'it stops' || diag "$ERR"
wait_ok 15 'nothing is left' settled
diag "steps: $n_steps (launch ${steps_of[launch]}, save ${steps_of[save]}, pause ${steps_of[pause]}, stop ${steps_of[stop]}, keeper ${steps_of[keeper]}), kills: $n_kills, losses: $n_losses, orphans: $n_orphans, $((SECONDS - began)) s"
is "$n_losses $n_orphans" '0 0' "steps $n_steps, kills $n_kills, losses 0"
done_testing
