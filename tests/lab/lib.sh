# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Shared by bootstrap, the scripts beside this file and the end-to-end tests: words on the screen, progress, root
# rights, and a container engine spoken to over its HTTP API with curl, so that no engine's client need be installed.
# Source it; it changes nothing and prints nothing by itself.

# Engines and debootstrap are where only root looks for programs.
case :$PATH: in
  *:/usr/sbin:*) ;;
  *) PATH=$PATH:/usr/sbin:/sbin ;;
esac

# Words and progress -------------------------------------------------------------------------------------------------

say() { printf '%s\n' "$*" >&2; }
step() { printf '==> %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# progress LABEL: shows that a command whose output is piped in here is alive. On a terminal one line is rewritten with
# the newest line of output; elsewhere a line is printed every ten seconds. Swallows its input.
progress() {
  local label=$1 line='' count=0 last=$SECONDS width=${COLUMNS:-80} tty=no
  [ ! -t 2 ] || tty=yes
  while IFS= read -r line || [ -n "$line" ]; do
    count=$((count + 1))
    line=${line//[[:cntrl:]]/ }
    if [ "$tty" = yes ]; then
      line="    $label: $line"
      printf '\r%s\033[K' "${line:0:width-1}" >&2
    elif [ $((SECONDS - last)) -ge 10 ]; then
      last=$SECONDS
      printf '    %s: %s lines so far, now: %s\n' "$label" "$count" "${line:0:100}" >&2
    fi
  done
  [ "$tty" = no ] || printf '\r\033[K' >&2
}

# excerpt LOG: what in it tells why, at most 40 lines.
excerpt() {
  local telling='^not ok|^FAIL: |# SKIP|^Bail out|ERROR: |runtime error: |Assertion|: error: |undefined reference|\*\*\*'
  say "  ---- $1"
  if grep -q -E "$telling" "$1"; then
    grep -n -m 25 -E -A 8 "$telling" "$1"
  else
    tail -n 20 "$1"
  fi 2>&1 | cut -c1-240 | awk 'NR <= 40 { print "    | " $0 } NR == 41 { print "    | ..." }' >&2 || true
}

# logged LABEL LOG COMMAND...: runs COMMAND with all its output in LOG and progress on the screen. When it fails an excerpt
# of LOG is shown and its exit status returned.
logged() {
  local label=$1 log=$2 status=0
  shift 2
  "$@" </dev/null 2>&1 | tee "$log" | progress "$label" || status=${PIPESTATUS[0]}
  if [ "$status" -ne 0 ]; then
    say "$label failed (exit status $status):"
    excerpt "$log"
  fi
  return "$status"
}

# wait_until SECONDS COMMAND...: polls COMMAND until it succeeds, or fails after SECONDS.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# process_gone PID: it has ended, even if nobody has taken notice of that yet (a zombie).
process_gone() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  [[ ${stat##*) } == [ZX]* ]]
}

# as_root COMMAND...: runs COMMAND as root, through sudo where that is needed.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif have sudo; then
    sudo -- "$@"
  else
    die "'$1' needs root rights, and sudo is not installed. Run this as root, or install sudo first."
  fi
}

# The engine ---------------------------------------------------------------------------------------------------------
# ENGINE_CURL holds the curl arguments that reach the engine, ENGINE_URL the start of every address, ENGINE_HOST the
# engine's address as DOCKER_HOST would have it. engine_use sets all three.

ENGINE_CURL=()
ENGINE_URL=
# shellcheck disable=SC2034 # for those who source this
ENGINE_HOST=

# engine_use ADDRESS: from now on the engine is at ADDRESS (unix://, tcp://, http:// or ssh:// through a tunnel made
# by the caller). Only says how to reach it, not whether it answers.
engine_use() {
  local certs=${DOCKER_CERT_PATH:-$HOME/.docker}
  # shellcheck disable=SC2034
  ENGINE_HOST=$1
  case $1 in
    unix://*)
      ENGINE_CURL=(--unix-socket "${1#unix://}")
      ENGINE_URL=http://engine
      ;;
    tcp://* | http://* | https://*)
      ENGINE_CURL=()
      if [ -n "${DOCKER_TLS_VERIFY:-}" ]; then
        ENGINE_CURL=(--cacert "$certs/ca.pem" --cert "$certs/cert.pem" --key "$certs/key.pem")
        ENGINE_URL=https://${1#*://}
      else
        ENGINE_URL=http://${1#*://}
      fi
      ;;
    *) return 1 ;;
  esac
}

# engine_call METHOD PATH [CURL ARGUMENTS]: one request; the body of the answer on stdout. The status of curl, or 22
# when the engine answered with an error (whose text is then on stdout as well).
engine_call() {
  local method=$1 path=$2
  shift 2
  curl --disable --silent --show-error --fail-with-body --no-buffer --globoff --request "$method" \
    "${ENGINE_CURL[@]}" "$@" "$ENGINE_URL$path"
}

engine_answers() { [ "$(engine_call GET /_ping --max-time 5 2>/dev/null)" = OK ]; }

# engine_candidates: every address where an engine may answer, best first, one a line.
engine_candidates() {
  local run=${XDG_RUNTIME_DIR:-/run/user/$(id -u)} socket
  if [ -n "${DOCKER_HOST:-}" ]; then
    printf '%s\n' "$DOCKER_HOST"
    return
  fi
  if have docker; then
    docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || true
  fi
  for socket in /var/run/docker.sock "$run/docker.sock" "$HOME/.docker/run/docker.sock" \
    "$HOME/.docker/desktop/docker.sock" "$run/podman/podman.sock" /run/podman/podman.sock; do
    [ ! -S "$socket" ] || printf 'unix://%s\n' "$socket"
  done
}

# engine_find: uses the first engine that answers; fails when none does.
engine_find() {
  local address
  while IFS= read -r address; do
    if engine_use "$address" && engine_answers; then return 0; fi
  done < <(engine_candidates)
  return 1
}

# engine_need: engine_find, or a sentence and the end.
engine_need() {
  engine_find || die "no container engine answers (asked: $(engine_candidates | tr '\n' ' ')). Start one, for example" \
    "with './bootstrap run', or set DOCKER_HOST to the address of yours."
}

# urlencode TEXT: TEXT as part of an address.
urlencode() {
  local LC_ALL=C text=$1 char out=''
  local i
  for ((i = 0; i < ${#text}; i++)); do
    char=${text:i:1}
    case $char in
      [a-zA-Z0-9._~-]) out+=$char ;;
      *) out+=$(printf '%%%02X' "'$char") ;;
    esac
  done
  printf '%s' "$out"
}

image_exists() { engine_call GET "/images/$1/json" --output /dev/null --max-time 20 2>/dev/null; }

# stream_error: reads the engine's progress stream (one JSON object a line) on stdin; prints the error in it, if any.
stream_error() {
  sed -n 's/.*"error":"\(\([^"\\]\|\\.\)*\)".*/\1/p; s/^{"message":"\(\([^"\\]\|\\.\)*\)".*/\1/p' |
    sed 's/\\n/ /g; s/\\"/"/g; s/\\u003[cC]/</g; s/\\u003[eE]/>/g; s/\\u0026/\&/g' | tail -n 1
}

# image_import NAME:TAG [CHANGE...]: makes an image from the tar on stdin; each CHANGE is a Dockerfile instruction.
image_import() {
  local image=$1 query change log status=0
  shift
  query="fromSrc=-&repo=$(urlencode "${image%:*}")&tag=$(urlencode "${image##*:}")"
  for change in "$@"; do query+="&changes=$(urlencode "$change")"; done
  log=$(mktemp)
  engine_call POST "/images/create?$query" --header 'Content-Type: application/x-tar' --header 'Expect:' \
    --upload-file - >"$log" 2>&1 || status=$?
  if ! image_exists "$image"; then
    say "the engine did not take the image $image: $(stream_error <"$log") (curl: $status)"
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# build_text: a build's progress stream on stdin as the plain text a person would read. BuildKit's is a binary message in
# base64, of which the readable stretches will do.
build_text() {
  local line
  while IFS= read -r line; do
    case $line in
      *'"moby.buildkit.trace"'*)
        line=${line##*'"aux":"'}
        base64 -d 2>/dev/null <<<"${line%%'"'*}" | tr -c '[:print:]\n' '\n' | grep -aE '.{12}' | grep -avE '^[^ ]*sha256:[0-9a-f]+.?$' || true
        ;;
      '{"stream":"'*)
        line=${line#'{"stream":"'}
        printf '%s\n' "${line%'"}'*}"
        ;;
    esac
  done |
    sed -u 's/\\u001b\[[0-9;]*m//g; s/\\n$//; s/\\n/\n/g; s/\\r//g; s/\\t/ /g; s/\\u003[cC]/</g; s/\\u003[eE]/>/g; s/\\u0026/\&/g; s/\\"/"/g; s/\\\\/\\/g' |
    sed -u '/^$/d'
}

# image_build NAME:TAG LOG: builds the context tar on stdin; the text of the build goes to LOG. Takes the builder that
# berth takes, BuildKit unless the engine says otherwise or is Podman: the builders share no cache, and berth's builds of
# the same tree shall find the layers made here.
image_build() {
  local image=$1 log=$2 query raw complaint
  query="t=$(urlencode "$image")&rm=1&forcerm=1"
  case $(engine_call GET /_ping --max-time 5 --dump-header - --output /dev/null 2>/dev/null) in
    *[Bb]uilder-[Vv]ersion:\ 1* | *[Ll]ibpod* | *[Pp]odman*) ;;
    *) query+='&version=2' ;;
  esac
  raw=$(mktemp)
  engine_call POST "/build?$query" --header 'Content-Type: application/x-tar' --header 'Expect:' --upload-file - 2>&1 |
    tee "$raw" | build_text | tee "$log" | progress "building $image" || true
  complaint=$(stream_error <"$raw")
  rm -f "$raw"
  if [ -n "$complaint" ]; then
    say "building $image failed: $complaint"
    tail -n 20 "$log" | sed 's/^/    | /' >&2
    return 1
  fi
  image_exists "$image" || {
    say "building $image ended without an image; the log is $log"
    return 1
  }
}
