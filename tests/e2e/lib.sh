# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# For end-to-end tests: TAP, a home of its own, bounded waiting, an engine that may be stopped, and clean-up.
# A test is a file tests/e2e/NAME.t that begins with
#
#   #!/bin/bash
#   . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
#
# and ends with done_testing. README.md beside this file has an example and the rules.
set -uo pipefail

# A test that stops its engine says E2E_NEEDS=engine before it reads this: then all of it runs in a network namespace of
# its own, where a second engine can make its bridges and rules without touching those of the first.
if [ "${E2E_NEEDS:-}" = engine ] && [ -z "${E2E_NETWORK:-}" ]; then
  if [ "$(id -u)" -ne 0 ]; then
    printf 'Bail out! an engine of its own needs root: run this test as root\n'
    exit 1
  fi
  E2E_NETWORK=own exec unshare --net -- bash "$0" "$@"
fi
[ -z "${E2E_NETWORK:-}" ] || ip link set lo up

E2E_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
E2E_TOP=$(cd "$E2E_DIR/../.." && pwd)
LAB=$E2E_TOP/tests/lab
# shellcheck source=../lab/lib.sh
. "$LAB/lib.sh"

# The program under test, and where this test keeps its things. T is short, for sockets' paths are.
BERTH=$(realpath -- "${BERTH:-$E2E_TOP/berth}")
T=$(mktemp -d "${TMPDIR:-/tmp}/berth-e2e.XXXXXX")
E2E_ID=${T##*.}

# Nothing of the user's settings gets in.
export HOME=$T/home XDG_CONFIG_HOME=$T/config XDG_CACHE_HOME=$T/cache XDG_STATE_HOME=$T/state XDG_DATA_HOME=$T/data
export XDG_RUNTIME_DIR=$T/run LC_ALL=C.UTF-8 TZ=UTC TERM=xterm-256color
export GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
export GIT_AUTHOR_NAME='E2E Test' GIT_AUTHOR_EMAIL=e2e@example.org GIT_COMMITTER_NAME='E2E Test' GIT_COMMITTER_EMAIL=e2e@example.org
unset NO_COLOR COLORTERM BERTH_TOKEN GITLAB_TOKEN SSH_CONNECTION SSH_TTY DISPLAY BROWSER DOCKER_CONTEXT PAGER EDITOR
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$XDG_STATE_HOME" "$XDG_DATA_HOME"
mkdir "$XDG_RUNTIME_DIR" && chmod 700 "$XDG_RUNTIME_DIR"
cd "$HOME" || exit # not in a repository

# TAP ----------------------------------------------------------------------------------------------------------------

E2E_PIDS=()       # what background started
E2E_IMAGES=()     # what tiny made
E2E_ENGINE_PID=   # what engine_start started
E2E_ENGINE_OPTIONS=() # more words for its dockerd
E2E_OUTER_HOST=
E2E_COUNT=0
E2E_FAILED=0
E2E_PLAN=

# plan N: optional; done_testing prints the plan otherwise.
plan() {
  E2E_PLAN=$1
  printf '1..%s\n' "$1"
}

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

# report STATUS TITLE: one test point.
report() {
  E2E_COUNT=$((E2E_COUNT + 1))
  if [ "$1" -eq 0 ]; then
    printf 'ok %s - %s\n' "$E2E_COUNT" "$2"
  else
    E2E_FAILED=$((E2E_FAILED + 1))
    printf 'not ok %s - %s\n' "$E2E_COUNT" "$2"
    diag "line ${BASH_LINENO[1]} of ${BASH_SOURCE[2]##*/}"
  fi
  return "$1"
}

# ok TITLE COMMAND...: COMMAND succeeds. Its output is shown when it does not.
ok() {
  local title=$1 status=0
  shift
  "$@" >"$T/ok.out" 2>&1 || status=$?
  report "$((status != 0))" "$title" || {
    diag "exit status $status: $*"
    head -c 3000 "$T/ok.out" | sed 's/^/#   /'
    return 1
  }
}

# nok TITLE COMMAND...: COMMAND fails.
nok() {
  local title=$1 status=0
  shift
  "$@" >"$T/ok.out" 2>&1 || status=$?
  report "$((status == 0))" "$title" || {
    diag "it should have failed: $*"
    head -c 3000 "$T/ok.out" | sed 's/^/#   /'
    return 1
  }
}

# is GOT WANTED TITLE
is() {
  report "$([ "$1" = "$2" ]; echo $?)" "$3" || {
    diag "got:    $1"
    diag "wanted: $2"
    return 1
  }
}

# isnt GOT UNWANTED TITLE
isnt() {
  report "$([ "$1" != "$2" ]; echo $?)" "$3" || {
    diag "got, and should not have: $1"
    return 1
  }
}

# like TEXT REGEX TITLE: an extended regular expression found anywhere in TEXT.
like() {
  report "$(grep -qE -- "$2" <<<"$1"; echo $?)" "$3" || {
    diag "no /$2/ in:"
    printf '%s' "$1" | head -c 3000 | sed 's/^/#   /'
    echo
    return 1
  }
}

unlike() {
  report "$(! grep -qE -- "$2" <<<"$1"; echo $?)" "$3" || {
    diag "there is /$2/ in:"
    printf '%s' "$1" | head -c 3000 | sed 's/^/#   /'
    echo
    return 1
  }
}

# bail REASON: nothing more makes sense.
bail() {
  printf 'Bail out! %s\n' "$*"
  exit 1
}

done_testing() {
  [ -n "$E2E_PLAN" ] || printf '1..%s\n' "$E2E_COUNT"
  [ "$E2E_FAILED" -eq 0 ]
  exit
}

# Waiting ------------------------------------------------------------------------------------------------------------

# wait_for SECONDS COMMAND...: polls until COMMAND succeeds. The only way to wait here: a condition, and a limit. The limit is
# for a machine with nothing else to do; it is only reached by what never comes, so a busy one gets E2E_PATIENCE times that.
E2E_PATIENCE=${E2E_PATIENCE:-4}
wait_for() { wait_until $(($1 * E2E_PATIENCE)) "${@:2}"; }

# wait_ok SECONDS TITLE COMMAND...: the same as a test point.
wait_ok() {
  local seconds=$1 title=$2 status=0
  shift 2
  wait_for "$seconds" "$@" || status=1
  report "$status" "$title" || {
    diag "not true within $((seconds * E2E_PATIENCE)) s: $*"
    return 1
  }
}

# Running berth ------------------------------------------------------------------------------------------------------

# run COMMAND...: leaves the exit status in STATUS and what was said in OUT and ERR. Never waits longer than RUN_LIMIT s.
# shellcheck disable=SC2034 # for the tests
run() {
  STATUS=0
  timeout -k 5 "${RUN_LIMIT:-120}" "$@" >"$T/run.out" 2>"$T/run.err" </dev/null || STATUS=$?
  OUT=$(tr -d '\0' <"$T/run.out")
  ERR=$(tr -d '\0' <"$T/run.err")
}

berth() { run "$BERTH" "$@"; }

# json EXPRESSION [ARGUMENT...] <JSON: the value of a Python expression about the document d and the arguments a, plainly
# printed.
json() {
  python3 -c 'import json, sys
a = sys.argv[2:]
try:
    d = json.load(sys.stdin)
    v = eval(sys.argv[1])
except Exception as e:
    sys.exit("# json: %r in %s" % (e, sys.argv[1]))
print(v if isinstance(v, str) else json.dumps(v, ensure_ascii=False))' "$@"
}

# background NAME COMMAND...: starts COMMAND with its output in $T/NAME.out; its process id is then in PID. It is ended
# at the latest when the test ends.
background() {
  local name=$1
  shift
  : >"$T/$name.out" # now, not when the process gets to it: what an earlier one of that name said must not be taken for its words
  "$@" >>"$T/$name.out" 2>&1 </dev/null &
  PID=$!
  E2E_PIDS+=("$PID")
}

# stop_process PID: asks, waits, and insists.
stop_process() {
  kill "$1" 2>/dev/null || return 0
  wait_until 10 process_gone "$1" || kill -9 "$1" 2>/dev/null
  wait_until 10 process_gone "$1" || diag "process $1 does not end"
  wait "$1" 2>/dev/null
  return 0
}

# A terminal ---------------------------------------------------------------------------------------------------------
# tmux on a socket of its own is the terminal: it takes keys and shows what a person would see.

term_tmux() { tmux -f /dev/null -S "$T/tmux" "$@"; }

# term_start COLUMNSxROWS COMMAND...
term_start() {
  local size=$1
  shift
  term_tmux new-session -d -x "${size%x*}" -y "${size#*x}" "$(printf '%q ' "$@"); echo \"exit status \$?\"; read -r _" \; \
    set-option -g remain-on-exit on \; set-option -g status off \; set-option -sg escape-time 0
}
term_keys() { term_tmux send-keys -- "$@"; }
term_type() { term_tmux send-keys -l -- "$1"; }
term_screen() { term_tmux capture-pane -p; }
term_shows() { grep -qE -- "$1" <<<"$(term_screen)"; }
term_end() { term_tmux kill-server; }
term_resize() { term_tmux resize-window -x "${1%x*}" -y "${1#*x}"; }

# term_ok SECONDS REGEX TITLE: it is on the screen within SECONDS; else the screen is shown.
term_ok() {
  local status=0
  wait_for "$1" term_shows "$2" || status=1
  report "$status" "$3" || {
    diag "no /$2/ on the screen within $(($1 * E2E_PATIENCE)) s:"
    term_screen | sed 's/^/#   |/'
    return 1
  }
}

# Projects -----------------------------------------------------------------------------------------------------------

# examples: the example projects in ~/berth of this test's home.
examples() { "$LAB/make-example" "$HOME/berth"; }

# own NAME: NAME with this test's mark. Sessions and images are named after projects, so a test whose project has such a
# name can't meet those of others; e2e_cleanup removes the images whose name has the mark.
own() { printf '%s-%s' "$1" "${E2E_ID,,}"; }

# example NAME: one of the example projects, in ~/berth under a name of this test's own, which is printed.
example() {
  local name
  name=$(own "$1")
  [ -d "$T/examples/$1" ] || "$LAB/make-example" "$T/examples" || return 1
  mkdir -p "$HOME/berth"
  mv "$T/examples/$1" "$HOME/berth/$name"
  printf '%s\n' "$name"
}

# project NAME: an empty repository in ~/berth; prints its folder.
project() {
  local folder=$HOME/berth/$1
  mkdir -p "$folder"
  git -c init.defaultBranch=main init --quiet "$folder"
  printf '%s\n' "$folder"
}

# commit FOLDER MESSAGE: everything in the working tree; prints the full id.
commit() {
  git -C "$1" add --all
  git -C "$1" -c commit.gpgSign=false commit --quiet --allow-empty --message "$2"
  git -C "$1" rev-parse HEAD
}

# pin FOLDER IMAGE [LINE...]: .renku/renku.ini with that image, and more lines; committed.
pin() {
  local folder=$1 image=$2
  shift 2
  mkdir -p "$folder/.renku"
  {
    printf '[interactive]\n'
    [ -z "$image" ] || printf 'image = %s\n' "$image"
    for line; do printf '%s\n' "$line"; done
  } >"$folder/.renku/renku.ini"
  commit "$folder" "Use $image" >/dev/null
}

# The engine ---------------------------------------------------------------------------------------------------------
# By default the one that runs. A test that must stop an engine says E2E_NEEDS=engine first and starts its own.

trap e2e_cleanup EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
trap 'exit 129' HUP

[ -x "$BERTH" ] || bail "$BERTH is not there: build it first"
engine_find || bail "no container engine answers; './bootstrap check' provides one"
export DOCKER_HOST=$ENGINE_HOST
E2E_OUTER_HOST=$ENGINE_HOST

# engine_start [SIZE]: a second engine of this test alone, on its own socket; everything after talks to it. With SIZE, say
# 64m, all it stores is on a disk of that size. Started again after engine_stop it still has its images, containers and
# volumes.
engine_start() {
  local dir=$T/engine
  [ -n "${E2E_NETWORK:-}" ] || bail "engine_start is for tests that say E2E_NEEDS=engine before they read lib.sh"
  mkdir -p "$dir/data"
  [ -z "${1:-}" ] || mount -t tmpfs -o "size=$1" berth-e2e "$dir/data"
  printf '{}\n' >"$dir/daemon.json"
  setsid dockerd --config-file "$dir/daemon.json" --host "unix://$dir/s" --data-root "$dir/data" --exec-root "$dir/exec" \
    --pidfile "$dir/pid" ${E2E_ENGINE_OPTIONS[@]+"${E2E_ENGINE_OPTIONS[@]}"} >>"$dir/log" 2>&1 </dev/null &
  E2E_ENGINE_PID=$!
  engine_use "unix://$dir/s"
  export DOCKER_HOST=$ENGINE_HOST
  wait_until 60 engine_answers || {
    tail -n 5 "$dir/log" | sed 's/^/#   /'
    bail "the private engine did not start"
  }
}

# engine_stop SIGNAL: TERM lets it end in order (its containers end too), KILL is a crash.
engine_stop() {
  local helper
  [ -n "$E2E_ENGINE_PID" ] || return 0
  helper=$(cat "$T/engine/exec/containerd/containerd.pid" 2>/dev/null) || helper=
  kill -s "$1" "$E2E_ENGINE_PID" 2>/dev/null
  wait_until 40 process_gone "$E2E_ENGINE_PID" || kill -9 "$E2E_ENGINE_PID"
  wait "$E2E_ENGINE_PID" 2>/dev/null
  # After a crash containerd goes a moment later; an engine that starts meanwhile would take it for a living one.
  [ -z "$helper" ] || wait_until 10 process_gone "$helper" || kill -9 "$helper"
  rm -f "$T/engine/exec/containerd/containerd.pid" # it may be a zombie for a while, which would be taken for living too
  E2E_ENGINE_PID=
}

# engine_sweep: the processes that a crashed engine left, with the containers' own.
engine_sweep() {
  local shim
  while IFS= read -r shim; do
    [ -z "$shim" ] || kill -9 $(pgrep -P "$shim") "$shim" 2>/dev/null
  done < <(pgrep -f -- "-address $T/engine/")
}

# engine_copy IMAGE...: gives the private engine images that the usual one has.
engine_copy() {
  local own=$ENGINE_HOST image
  for image; do
    engine_use "$E2E_OUTER_HOST"
    engine_call GET "/images/$image/get" --output "$T/image.tar" || return 1
    engine_use "$own"
    engine_call POST /images/load --header 'Content-Type: application/x-tar' --header 'Expect:' --upload-file "$T/image.tar" >/dev/null || return 1
    rm -f "$T/image.tar"
  done
}

# engine_json PATH EXPRESSION: asks the engine and prints one value of the answer d.
engine_json() { engine_call GET "$1" | json "$2"; }

# label_filter LABEL: as the engine's lists want it, in an address.
label_filter() { urlencode "{\"label\":[\"$1\"]}"; }

# containers LABEL[=VALUE], volumes LABEL[=VALUE]: their ids or names, one a line.
containers() { engine_call GET "/containers/json?all=1&filters=$(label_filter "$1")" | json '"\n".join(c["Id"] for c in d)'; }
volumes() { engine_call GET "/volumes?filters=$(label_filter "$1")" | json '"\n".join(v["Name"] for v in d["Volumes"] or [])'; }

# The sessions of other tests, and of a person, stay: ours are those of projects that have our mark, and all that a private
# engine has; and volumes that have it in their name, whether or not anybody gave them a label.
e2e_ours() {
  local kind list all=no
  [ -z "$E2E_ENGINE_PID" ] || all=yes
  for kind in 'containers/json?all=1' volumes; do
    list=$(engine_call GET "/$kind") || continue
    json '"\n".join(a[0].split("/")[0] + "/" + (i.get("Id") or i["Name"]) for i in (d if isinstance(d, list) else d["Volumes"] or [])
      if any(k.startswith("io.berth.") and (a[2] == "yes" or a[1] in v) for k, v in (i["Labels"] or {}).items())
      or i.get("Name", "").startswith("berth-") and a[1] in i["Name"])' \
      "$kind" "-${E2E_ID,,}" "$all" <<<"$list" | sed '/^$/d'
  done
}

e2e_remove_ours() {
  local thing
  while IFS= read -r thing; do
    [ -z "$thing" ] || engine_call DELETE "/$thing?force=1" >/dev/null 2>&1
  done < <(e2e_ours 2>/dev/null)
}

# The keeper of this test's sessions.
keeper_pid() { cat "$XDG_STATE_HOME"/berth/keeper@*.lock 2>/dev/null; }
keeper_lives() { local pid; pid=$(keeper_pid) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; }
keeper_gone() { ! keeper_lives; }

# keepers_end: every process of berth that carries this test's home (keepers and the like, which berth starts by itself) is ended, and
# has ended: asked first, then, bounded, made to. A keeper that is asked starts no other; one that another berth of this test starts
# meanwhile is found by the next round.
home_pids() {
  local pid
  while IFS= read -r pid; do
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != berth ] || printf '%s\n' "$pid"
  done < <(grep -lsz "^HOME=$T/home$" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3)
}
keepers_end() {
  local pid round
  for round in 1 2 3; do
    for pid in $(home_pids); do stop_process "$pid"; done
    wait_until 10 home_is_empty && return 0
  done
  diag "after $round rounds processes of this test still run: $(home_pids | tr '\n' ' ')"
  return 1
}
home_is_empty() { [ -z "$(home_pids)" ]; }

# leftovers: what of sessions this test has made and not removed.
leftovers() { e2e_ours; }

# file_in CONTAINER PATH: a file in a container or its volumes, on stdout; works in images without any program.
file_in() { engine_call GET "/containers/$1/archive?path=$(urlencode "$2")" | tar -xO; }

# http_code URL [CURL ARGUMENT...]: the status that answers; the page is then in $T/page.
http_code() { curl --disable --silent --max-time 20 --output "$T/page" --write-out '%{http_code}' "$@"; }

# gate_start: from now on berth talks to the engine through tests/e2e/gate, at $T/g/s.
gate_start() {
  mkdir -p "$T/g"
  background gate "$E2E_DIR/gate" "$T/g/s" "${ENGINE_HOST#unix://}" "$T/g"
  wait_until 10 test -S "$T/g/s" || bail "the gate did not open: $(cat "$T/gate.out")"
  export DOCKER_HOST=unix://$T/g/s
}

# gate_hold REGEX, gate_answer REGEX: the next such request ("POST /v1.41/containers/create?…") is held before the engine
# sees it, or its answer is. gate_held: whether one is. gate_open: it goes on. gate_then_hold REGEX: the answer that is held goes on, up
# to the next such request.
gate_hold() { rm -f "$T/g/held" && printf '%s\n' "$1" >"$T/g/hold"; }
gate_answer() { rm -f "$T/g/held" && printf '%s\n' "$1" >"$T/g/answer"; }
gate_then_hold() { gate_hold "$1" && rm -f "$T/g/answer"; }
gate_held() { [ -e "$T/g/held" ]; }
gate_open() { rm -f "$T/g/hold" "$T/g/answer"; }

# berth_files: what launches may have left on this machine: clones, and notes about launches that are not ready.
berth_files() { find "$XDG_CACHE_HOME/berth/clones" "$XDG_STATE_HOME/berth/launches" -mindepth 1 -maxdepth 1 ! -name '*.log' ! -name '*.lock' 2>/dev/null; }

# tiny [--no-shell] NAME [INSTRUCTION...]: a tiny image of this test (see tests/lab/tiny-image), removed at its end. Call
# it plainly, then use "$IMAGE".
tiny() {
  local how=()
  if [ "$1" = --no-shell ]; then
    how=(--no-shell)
    shift
  fi
  IMAGE=berth-test/$(own "$1"):1
  shift
  E2E_IMAGES+=("$IMAGE")
  "$LAB/tiny-image" ${how[@]+"${how[@]}"} "$IMAGE" "$@" || bail "the image $IMAGE could not be made"
}

# run_in CONTAINER COMMAND: a command of sh, without a quotation mark in it.
run_in() {
  local exec
  exec=$(engine_call POST "/containers/$1/exec" --header 'Content-Type: application/json' --data "{\"Cmd\":[\"sh\",\"-c\",\"$2\"],\"AttachStdout\":true,\"AttachStderr\":true}" | json 'd["Id"]')
  engine_call POST "/exec/$exec/start" --header 'Content-Type: application/json' --data '{"Detach":false}' --output /dev/null
}

# saved_in_little WHAT MOST SESSION: its save does well, in less than MOST MiB of memory.
saved_in_little() {
  local took status most=$2
  took=$(python3 -c 'import resource, subprocess, sys, time
began = time.monotonic()
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print("%d %d" % (time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
sys.exit(status)' "$BERTH" save "$3" 2>"$T/took.err")
  status=$?
  is "$status" 0 "$1: saved" || diag "$(cat "$T/took.err")"
  diag "$1: seconds, MiB: $took"
  case $(ldd "$BERTH") in *libasan*) most=600 ;; esac # which keeps 256 MiB of what was freed, to catch its use
  ok "$1: in less than $most MiB of memory" test "${took#* }" -lt "$most"
}

# is_child PID: what this test started, and not another process that has had its number since.
is_child() { grep -qsE "^PPid:[[:space:]]+$$\$" "/proc/$1/status"; }

e2e_cleanup() {
  local status=$? pid image mounted
  trap - EXIT
  [ "$BASHPID" = "$$" ] || exit "$status" # a subshell that a signal has hit: the test goes on
  term_tmux kill-server 2>/dev/null
  for pid in ${E2E_PIDS[@]+"${E2E_PIDS[@]}"}; do ! is_child "$pid" || stop_process "$pid"; done
  keepers_end
  if [ -n "$E2E_ENGINE_PID" ]; then
    e2e_remove_ours
    engine_stop TERM
  fi
  engine_sweep
  if [ -n "$E2E_OUTER_HOST" ]; then
    engine_use "$E2E_OUTER_HOST"
    e2e_remove_ours
  fi
  while IFS= read -r image; do [ -z "$image" ] || E2E_IMAGES+=("$image"); done < <(engine_json /images/json \
    "'\\n'.join(t for i in d for t in i['RepoTags'] or [] if t.startswith('berth/') and ('-${E2E_ID,,}' in t or '/${E2E_ID,,}-' in t))" 2>/dev/null)
  for image in ${E2E_IMAGES[@]+"${E2E_IMAGES[@]}"}; do engine_call DELETE "/images/$image?force=1" >/dev/null 2>&1; done
  while IFS= read -r mounted; do umount -l "$mounted" 2>/dev/null; done < <(cut -d' ' -f2 /proc/mounts | grep "^$T/" | sort -r)
  rm -rf "$T" 2>/dev/null || wait_until 10 rm -rf "$T" 2>/dev/null || {
    diag "what is left of $T: $(find "$T" | head -n 5 | tr '\n' ' ')"
    [ "$status" -ne 0 ] || status=1
  }
  exit "$status"
}
