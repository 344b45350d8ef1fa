#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A session's token is nowhere but in the memory of its container: not in what the engine tells, keeps or exports, not in
# the arguments or the environment of any process, not in the files of berth. What berth itself has in memory comes into no core.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=standin.sh
. "$E2E_DIR/standin.sh"

image=$("$LAB/session-image" 2>"$T/session.out") || bail "no Jupyter image: $(tail -n 5 "$T/session.out")"
folder=$(project "$(own secrets)")
printf 'x\n' >"$folder/x"
pin "$folder" "$image"

# During the launch: the engine's events, and every process of this machine, over and over.
background events curl --disable --silent --no-buffer "${ENGINE_CURL[@]}" "$ENGINE_URL/events?since=$(date +%s)"
watch_processes() {
  while :; do
    cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' | sort -u
    sleep 0.1
  done
}
background processes watch_processes
watcher=$PID
berth --log "$T/berth.log" start "$(own secrets)" --json
stop_process "$watcher"
is "$STATUS" 0 'the session runs' || diag "$ERR"
url=$(json 'd["url"]' <<<"$OUT")
token=${url##*token=}
session=$(json 'd["name"]' <<<"$OUT")
container=$(json 'd["container"]' <<<"$OUT")
volume=$(json 'd["volume"]' <<<"$OUT")
start_said=$ERR
like "$token" '^[0-9a-f]{32,}$' 'it has a token'

# Some use, which makes more events and logs.
is "$(http_code --location --cookie-jar "$T/cookies" "$url")" 200 'its page is served'
is "$(http_code --header "Authorization: token $token" "${url%%/lab*}/api/status")" 200 'and its API'
RUN_LIMIT=20 berth --log "$T/berth2.log" sessions --json
sessions_said=$OUT
berth logs "$session"
logs_said=$OUT$ERR

# hits COMMAND...: how often the token is in what COMMAND prints.
hits() { "$@" 2>/dev/null | grep -a -o -F "$token" | wc -l; }
say_var() { printf '%s' "$1"; }

# First: would it be found at all?
berth connect "$session"
is "$(hits say_var "$OUT")" 1 'connect prints it: the search finds what is there'
isnt "$(engine_call GET "/containers/$container/export" | tar -t | grep -c '^home/jovyan')" 0 'the export can be read'

is "$(hits engine_call GET "/containers/$container/json")" 0 'not in docker inspect'
is "$(hits engine_call GET "/containers/$container/top?ps_args=auxe")" 0 'not in docker top auxe'
isnt "$(engine_call GET "/containers/$container/top?ps_args=auxe" | grep -c jupyter)" 0 '(which shows Jupyter)'
is "$(hits engine_call GET "/containers/$container/logs?stdout=1&stderr=1")" 0 'not in its log'
is "$(hits engine_call GET "/volumes/$volume")" 0 'not in its volume'\''s description'
is "$(hits engine_call GET "/containers/json?all=1")" 0 'not in the list of containers'
is "$(hits engine_call GET "/containers/$container/export")" 0 'not in its exported file system'
is "$(hits engine_call GET "/containers/$container/archive?path=/home/jovyan")" 0 'not in its home and workspace'
is "$(hits engine_call GET "/containers/$container/archive?path=/run")" 0 'not in /run as the engine sees it'
engine_call POST "/commit?container=$container&repo=berth-test/$(own committed)&tag=1" --header 'Content-Type: application/json' --data '{}' >/dev/null
E2E_IMAGES+=("berth-test/$(own committed):1")
is "$(hits engine_call GET "/images/berth-test/$(own committed):1/json")" 0 'not in an image made of it'
is "$(hits cat "$T/events.out")" 0 'not in the engine'\''s events'
isnt "$(grep -c "$container" "$T/events.out")" 0 '(which were heard)'
is "$(hits cat "$T/processes.out")" 0 'not in any process'\''s arguments or environment during the launch'
isnt "$(grep -c jupyter-lab "$T/processes.out")" 0 '(which were seen)'
is "$(hits grep -r -a -F "$token" "$XDG_STATE_HOME" "$XDG_CACHE_HOME" "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" "$HOME")" 0 'not in the files of berth, nor in the repository'
is "$(hits grep -r -a -F "$token" "$XDG_RUNTIME_DIR")" 0 'not in its runtime folder'
is "$(hits cat "$T/berth.log" "$T/berth2.log")" 0 'not in the log of berth itself'
isnt "$(wc -l <"$T/berth.log")" 0 '(which was written)'
is "$(hits say_var "$start_said")" 0 'not in what start says beside its result'
is "$(hits say_var "$sessions_said")" 0 'not in sessions --json'
is "$(hits say_var "$logs_said")" 0 'not in berth logs'

# Another user of the image can't read it.
exec_as() {
  local id user=$1
  shift
  id=$(engine_call POST "/containers/$container/exec" --header 'Content-Type: application/json' --data "$(python3 -c 'import json, sys
print(json.dumps({"User": sys.argv[1], "AttachStdout": True, "AttachStderr": True, "Cmd": sys.argv[2:]}))' "$user" "$@")" | json 'd["Id"]')
  engine_call POST "/exec/$id/start" --header 'Content-Type: application/json' --data '{"Detach": false, "Tty": false}' --output "$T/exec.out"
  tr -d '\0' <"$T/exec.out"
}
is "$(hits exec_as jovyan cat /run/berth/token)" 1 'its own user reads it'
is "$(hits exec_as nobody cat /run/berth/token)" 0 'another user of the container does not'
is "$(exec_as jovyan stat -c '%a %U' /run/berth | grep -a -o '700 jovyan')" '700 jovyan' 'the folder is for that user alone'

berth stop "$session" --force
is "$STATUS" 0 'it stops'
is "$(hits cat "$T/events.out")" 0 'still not in the events'
is "$(leftovers)" '' 'nothing is left'
wait_ok 30 'and the keeper ends' keeper_gone

# Cores ------------------------------------------------------------------------------------------------------------------
# A dashboard, a command, a build's worker and the keeper, each with a host's token in its memory, die of what writes a core.
ulimit -c unlimited || bail 'no core can be had here at all'
cores=$T/cores
mkdir "$cores" && cd "$cores" || exit
pattern=$(cat /proc/sys/kernel/core_pattern)
case $pattern in
  '|'* | @* | */*) diag "cores go to $pattern: only the limit can be looked at" ;;
  *)
    background control sleep 600
    wait_for 10 grep -qx sleep "/proc/$PID/comm" # until then it is this shell
    kill -ABRT "$PID"
    wait "$PID" 2>/dev/null
    isnt "$(find "$cores" -type f)" '' 'a program of another kind leaves a core here'
    rm -f "$cores"/*
    ;;
esac

token=glpat-$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
cat >"$T/world.json" <<END
{"users": [{"username": "zoe"}], "groups": [{"path": "lab", "members": {"zoe": "developer"}}],
 "tokens": [{"value": "$token", "user": "zoe", "scopes": ["api", "write_repository"]}],
 "projects": [{"path": "lab/$(own dumped)", "commits": [{"message": "Begin", "files": {"README.md": "one\n"}}]}]}
END
standin_start --world "$T/world.json"
standin_config "$token"
tiny slow
git clone --quiet "${url/:\/\//:\/\/zoe:$token@}/lab/$(own dumped).git" "$T/clone" 2>"$T/git.err" || bail "no clone: $(cat "$T/git.err")"
printf 'FROM %s\nRUN i=0; while [ $i -lt 600 ]; do i=$((i + 1)); echo "line $i of many"; sleep 0.2; done\n' "$IMAGE" >"$T/clone/Dockerfile"
commit "$T/clone" 'A long build' >/dev/null
git -C "$T/clone" push --quiet origin HEAD 2>"$T/git.err" || bail "no push: $(cat "$T/git.err")"
E2E_IMAGES+=("berth/lab/$(own dumped):$(git -C "$T/clone" rev-parse --short=7 HEAD)")

# holds PID: its memory has the token, and so would a core.
holds() {
  python3 -c 'import sys
for line in open("/proc/%s/maps" % sys.argv[1]):
    (a, b), how = (int(x, 16) for x in line.split()[0].split("-")), line.split()[1]
    if how.startswith("rw") and b - a < 1 << 28:
        try:
            with open("/proc/%s/mem" % sys.argv[1], "rb", 0) as m:
                m.seek(a)
                if sys.argv[2].encode() in m.read(b - a):
                    sys.exit(0)
        except OSError:
            pass
sys.exit(1)' "$1" "$token"
}
# dies WHAT PID SIGNAL: it does, and no core comes of it, where it was nor in what is berth's.
dies() {
  local folder
  folder=$(readlink "/proc/$2/cwd")
  wait_ok 10 "$1 has a token in its memory" holds "$2"
  like "$(grep '^Max core file size' "/proc/$2/limits")" ' 1 +1 +bytes' "$1 may write no core"
  : >"$T/before"
  kill -s "$3" "$2"
  wait_ok 10 "$1 dies of SIG$3" process_gone "$2"
  is "$(find "$T" -type f -newer "$T/before" -name '*core*'; find "$cores" "$folder" -maxdepth 1 -type f -newer "$T/before")" '' "$1 leaves no core"
}
build_worker() {
  local pid
  for pid in $(home_pids); do
    ! tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q ' build-worker ' || printf '%s\n' "$pid"
  done
}

berth start "lab/$(own dumped)" --environment shell --image "$IMAGE" --json
is "$STATUS" 0 'a session of a host'\''s project' || diag "$ERR"
session=$(json 'd["name"]' <<<"$OUT")
wait_for 20 keeper_lives
"$BERTH" build "lab/$(own dumped)" >"$T/build.out" 2>&1 </dev/null &
builder=$!
disown "$builder" # bash would say aloud how it died
wait_ok 60 'a build runs' grep -q 'line 2 of many' "$T/build.out" || diag "$(cat "$T/build.out")"
worker=$(build_worker)
dies 'a command' "$builder" SEGV
dies 'a build'\''s worker' "$worker" ABRT
term_start 100x30 "$BERTH"
term_ok 20 "$(own dumped)" 'the dashboard lists the project'
wait_for 10 test -n "$(pgrep -P "$(term_tmux display-message -p '#{pane_pid}')" -x berth)"
dies 'the dashboard' "$(pgrep -P "$(term_tmux display-message -p '#{pane_pid}')" -x berth)" SEGV
term_ok 10 'exit status 139' 'which the terminal survives'
term_end
dies 'the keeper' "$(keeper_pid)" ABRT
is "$(hits grep -r -a -F "$token" "$XDG_STATE_HOME" "$XDG_CACHE_HOME" "$XDG_DATA_HOME" "$XDG_RUNTIME_DIR" "$HOME" "$cores")" 0 'the token is in no file beside the configuration'
berth stop "$session" --force
is "$STATUS" 0 'the session stops' || diag "$ERR"
is "$(leftovers)" '' 'nothing is left of it'
done_testing
