#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A session's token is nowhere but in the memory of its container: not in what the engine tells, keeps or exports, not in
# the arguments or the environment of any process, not in the files of berth.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

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
done_testing
