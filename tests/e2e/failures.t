#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Starts that go wrong, and images that have little in them: each says why in words, keeps the log, leaves nothing behind.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# A project for each image, so that the cases can't disturb each other. $NAME is its name then.
pinned() {
  local folder
  NAME=$(own "$1")
  folder=$(project "$NAME")
  printf 'hello\n' >"$folder/hello.txt"
  mkdir -p "$folder/data"
  printf '#!/bin/sh\n' >"$folder/data/run.sh"
  chmod 755 "$folder/data/run.sh"
  shift
  pin "$folder" "$@"
}

# fails CODE REGEX TITLE: the last start ended so, said so in words, and nothing is left.
fails() {
  is "$STATUS" "$1" "$3: exit status $1" || diag "$ERR"
  like "$ERR" "$2" "$3: says why"
  unlike "$ERR" 'BUG|Assertion|null|\(\(' "$3: in whole words"
  is "$(leftovers)" '' "$3: nothing is left on the engine"
  is "$(berth_files)" '' "$3: nor on this machine"
}

# Little images that work -----------------------------------------------------------------------------------------------
tiny bare 'USER 1000' 'WORKDIR /home/tiny'
pinned bare "$IMAGE"
commit=$(git -C "$HOME/berth/$NAME" rev-parse HEAD)
berth start "$NAME" --json
is "$STATUS" 0 'an image without git, Python and Jupyter starts' || diag "$ERR"
session=$(json 'd["name"]' <<<"$OUT")
container=$(json 'd["container"]' <<<"$OUT")
is "$(json 'd["url"]' <<<"$OUT")" null 'it has nothing to open, and says so with null'
like "$ERR" 'attach a shell' 'and what to do instead'
work=/home/tiny/work/$NAME
is "$(file_in "$container" "$work/hello.txt")" hello 'the clone is in it'
is "$(file_in "$container" "$work/.git/HEAD")" 'ref: refs/heads/main' 'on its branch'
engine_call GET "/containers/$container/archive?path=$work" | tar -xO "$NAME/.git/refs/heads/main" "$NAME/.git/packed-refs" >"$T/refs" 2>/dev/null
like "$(cat "$T/refs")" "$commit" 'at its commit'
is "$(engine_call GET "/containers/$container/archive?path=$work" | tar -t --numeric-owner -v | awk '{ print $2 }' | sort -u)" 1000/1000 \
  'all of it belongs to the image'\''s user'
like "$(engine_call GET "/containers/$container/archive?path=$work" | tar -tv | grep run.sh)" '^-rwx' 'modes are kept'
unlike "$(engine_call GET "/containers/$container/archive?path=$work" | tar -xO "$NAME/.git/config")" '@|token' 'no secret is in its .git/config'
term_start 100x24 "$BERTH" attach "$session"
term_ok 15 '[$#] *$' 'a shell opens in it'
term_type 'echo "$(cat hello.txt)=$((40 + 2))"; exit'
term_keys Enter
term_ok 10 'hello=42' 'in the workspace'
term_end
berth stop "$session"
is "$STATUS" 0 'it stops, though nobody can ask git in it' || diag "$ERR"
is "$(leftovers)" '' 'nothing is left of it'

tiny --no-shell noshell 'ENTRYPOINT ["/bin/busybox", "sleep", "1000"]'
pinned noshell "$IMAGE"
berth start "$NAME" --json
is "$STATUS" 0 'an image without a shell starts' || diag "$ERR"
session=$(json 'd["name"]' <<<"$OUT")
like "$(engine_call GET "/containers/$(json 'd["container"]' <<<"$OUT")/archive?path=/home/jovyan/work/$NAME" | tar -t | tr '\n' ' ')" 'hello\.txt' \
  'with the clone in a place of its own'
term_start 100x24 "$BERTH" attach "$session"
term_ok 15 'exit status [1-9]' 'a shell can not be opened in it'
like "$(term_screen)" 'shell|sh' 'and berth says why'
term_end
berth stop "$session" --force
is "$STATUS" 0 'it stops' || diag "$ERR"

tiny server 'USER 1000' 'EXPOSE 8080' 'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]'
pinned server "$IMAGE" 'default_url = /lab'
berth start "$NAME" --json
is "$STATUS" 0 'an image with a server of its own starts' || diag "$ERR"
is "$(http_code "$(json 'd["url"]' <<<"$OUT")")" 200 'its page is served'
is "$(cat "$T/page")" tiny 'and is its own'
berth stop "$(json 'd["name"]' <<<"$OUT")" --force
is "$(leftovers)" '' 'nothing is left of it'

# A port that somebody takes between choice and start -------------------------------------------------------------------
gate_start
gate=$PID
gate_hold '^POST .*/containers/[^/]+/start'
background start "$BERTH" start "$NAME" --json
starting=$PID
wait_ok 30 'the start is held just before the container starts' gate_held
port=$(engine_json "/containers/$(containers "io.berth.project=$NAME")/json" \
  '[b["HostPort"] for p in d["HostConfig"]["PortBindings"].values() for b in p][0]')
background taker python3 -c 'import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
print("listening", flush=True)
time.sleep(600)' "$port"
wait_ok 10 "port $port is taken meanwhile" grep -q listening "$T/taker.out"
gate_open
wait "$starting"
is $? 0 'the start takes another port' || diag "$(cat "$T/start.out")"
stop_process "$PID"
like "$(cat "$T/start.out")" 'was taken meanwhile' 'and says so'
url=$(grep '^{' "$T/start.out" | json 'd["url"]')
isnt "${url##*:}" "$port/" 'it is another one'
is "$(http_code "$url")" 200 'its page is served there'
berth stop "$(grep '^{' "$T/start.out" | json 'd["name"]')" --force
is "$(leftovers)" '' 'nothing is left of it'

# An engine that goes, its socket too, while a start waits: what can't be removed is not taken for what isn't there ------
tiny silent 'EXPOSE 8080' 'CMD ["sleep", "1000"]'
pinned silent "$IMAGE"
background start "$BERTH" start "$NAME"
starting=$PID
wait_ok 30 'a start waits for its session to answer' grep -q 'wait until it answers' "$T/start.out"
kill -STOP "$gate" # nothing passes any more
rm -f "$T/g/s"
kill -KILL "$gate"
wait "$starting"
is $? 5 'it ends with the engine' || diag "$(cat "$T/start.out")"
like "$(grep '^berth: ' "$T/start.out")" "[Tt]here is no engine at $T/g/s" 'and says why'
like "$(cat "$T/start.out")" 'the container could not be removed .*tries again' 'and what it could not remove'
isnt "$(leftovers)" '' 'which is there'
export DOCKER_HOST=$ENGINE_HOST
swept() {
  timeout 20 "$BERTH" sessions >/dev/null 2>&1
  [ -z "$(leftovers)$(berth_files)" ]
}
wait_ok 30 'when the engine is back, it goes' swept

# Commands that fail ----------------------------------------------------------------------------------------------------
tiny dies 'EXPOSE 8080' 'CMD ["sh", "-c", "echo the licence has run out; exit 3"]'
pinned dies "$IMAGE"
berth start "$NAME"
fails 1 'ended with exit code 3: the licence has run out' 'a command that ends at once'
log=$(grep -o '/[^ ]*\.log' <<<"$ERR" | head -n 1)
like "$(cat "$log")" 'the licence has run out' 'its log is kept where berth says'

tiny quiet 'EXPOSE 8080' 'CMD ["true"]'
pinned quiet "$IMAGE"
berth start "$NAME"
fails 1 'ended by itself.*printed nothing' 'a command that ends in silence'

tiny absent 'EXPOSE 8080' 'CMD ["no-such-program", "--port", "8080"]'
pinned absent "$IMAGE"
berth start "$NAME"
fails 1 'no such command \(exit code 127\).*no-such-program' 'a command that is not there'

tiny --no-shell absent2 'ENTRYPOINT ["/no/such/program"]'
pinned absent2 "$IMAGE"
berth start "$NAME"
fails 1 '/no/such/program' 'a program that is not there, without a shell'

tiny denied 'EXPOSE 8080' 'CMD ["/etc/passwd"]'
pinned denied "$IMAGE"
berth start "$NAME"
fails 1 'executed|ermission denied' 'a file that is no program'

tiny hungry 'EXPOSE 8080' 'CMD ["tail", "/dev/zero"]'
pinned hungry "$IMAGE" 'mem_request = 32M'
berth start "$NAME"
fails 1 'out of memory.*--memory' 'a program that needs too much memory'

tiny nouser 'USER nobody-of-that-name'
pinned nouser "$IMAGE"
berth start "$NAME"
fails 1 'nobody-of-that-name' 'a user that the image does not have'

pinned missing "localhost:9/berth-test/$(own missing):1"
berth start "$NAME"
isnt "$STATUS" 0 'a pinned image that can'\''t be had fails' && fails "$STATUS" "localhost:9/berth-test/$(own missing):1 is not on the engine" 'an image that can'\''t be had'
berth image "$NAME" --json
is "$(json 'd["state"]' <<<"$OUT")" pinned 'berth image knows it before'
like "$(json 'd["reason"]' <<<"$OUT")" 'the engine does not have.*registry.*not known.*localhost:9' 'and that its registry does not answer'

# Requests that can't be ------------------------------------------------------------------------------------------------
tiny plain 'USER 1000'
pinned plain "$IMAGE"
berth start "$NAME" --memory 8T
fails 2 'asked for, but the engine.s machine has' 'more memory than the machine has'
berth start "$NAME" --cpus 250
fails 2 'CPUs are asked for' 'more CPUs than the machine has'
berth start "$NAME" --memory lots
fails 2 'memory.*2G' 'a size that is none'
berth start "$NAME" --memroy 2G
fails 2 'memroy' 'an option that is none'
berth start "$NAME" --name 'No Name'
fails 2 'lower-case' 'a name that is none'
berth start "$NAME" nowhere
fails 3 'nowhere' 'a revision that is not there'
berth start "$(own nothing)"
fails 3 'no project' 'a project that is not there'
project "$(own empty)" >/dev/null
berth start "$(own empty)"
fails 3 'no commits' 'a project without commits'
berth --read-only start "$NAME"
fails 4 'read-only' 'a start while only looking'
DOCKER_HOST=unix://$T/nothing berth start "$NAME"
fails 5 "$T/nothing" 'no engine'
: >"$T/file"
DOCKER_HOST=unix://$T/file berth start "$NAME"
fails 5 "$T/file" 'an engine'\''s socket that is none'
DOCKER_HOST=tcp://127.0.0.1:9 berth start "$NAME"
fails 5 '127\.0\.0\.1' 'an engine that refuses'
if [ "$(id -u)" -eq 0 ] && id nobody >/dev/null 2>&1 && [ "${DOCKER_HOST#unix://}" != "$DOCKER_HOST" ]; then
  chmod 755 "$T"
  run setpriv --reuid nobody --regid nogroup --clear-groups env HOME="$T/nobody" XDG_CONFIG_HOME="$T/nobody" XDG_STATE_HOME="$T/nobody" \
    XDG_CACHE_HOME="$T/nobody" "$BERTH" sessions
  chmod 700 "$T"
  like "$STATUS" '^(4|5)$' 'no right to the socket: exit status' || diag "$ERR"
  like "$ERR" 'group|usermod|root' 'and which group or command gives it'
fi

# What a project asks for only warns ------------------------------------------------------------------------------------
folder=$HOME/berth/$NAME
pin "$folder" "$IMAGE" 'mem_request = 9999T' 'cpu_request = many' 'gpu_request = 2' 'default_url = javascript:alert(1)' 'colour = blue'
berth start "$NAME" --json
is "$STATUS" 0 'values out of range in renku.ini do not block a start' || diag "$ERR"
for word in 'mem_request = 9999T' 'cpu_request = many' '2 GPUs are asked for' 'default_url = javascript' 'colour = blue'; do
  like "$ERR" "$word" "$word is warned of"
done
is "$(json 'd["memory_limit"]' <<<"$OUT")" 2147483648 'the default is taken instead'
berth stop "$(json 'd["name"]' <<<"$OUT")" --force
pin "$folder" "$IMAGE" 'mem_request = 8T'
berth start "$NAME" --json
is "$STATUS" 0 'nor does more memory than there is' || diag "$ERR"
like "$ERR" 'more than the engine' 'with a word'
berth stop "$(json 'd["name"]' <<<"$OUT")" --force

# Two at once, by the same name: one wins, the other says so and takes nothing away from it.
berth_start_two() {
  "$BERTH" start "$NAME" --new --name "$(own twin | tr -d _)" >"$T/one.out" 2>&1 &
  local one=$! first=0 second=0
  "$BERTH" start "$NAME" --new --name "$(own twin | tr -d _)" >"$T/two.out" 2>&1 || second=$?
  wait "$one" || first=$?
  CODES=$(printf '%s\n' "$first" "$second" | sort -n | xargs)
}
berth_start_two
is "$CODES" '0 6' 'two starts of one name at once: one runs, one is told' || diag "$(cat "$T/one.out" "$T/two.out")"
berth sessions --json
is "$(json "[s['state'] for s in d if s['name'] == '$(own twin)']" <<<"$OUT")" '["running"]' 'the one that runs is whole'
is "$(volumes "io.berth.session=$(own twin)" | wc -l)" 1 'with its workspace'
berth stop "$(own twin)" --force
is "$(leftovers)" '' 'nothing is left in the end'
is "$(berth_files)" '' 'nor on this machine'
done_testing
