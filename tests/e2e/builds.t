#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds: followed, cancelled, tried again, lost and failed; seen by whoever looks, and always from the commit's tree.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tiny base
base=$IMAGE

# buildable NAME LINE...: a project with a Dockerfile of these lines on the tiny base.
buildable() {
  NAME=$(own "$1")
  FOLDER=$(project "$NAME")
  shift
  {
    printf 'FROM %s\n' "$base"
    printf '%s\n' "$@"
  } >"$FOLDER/Dockerfile"
  commit "$FOLDER" 'An environment' >/dev/null
}
state_of() { "$BERTH" image "$1" --json | json 'd["state"]'; }
is_state() { [ "$(state_of "$1")" = "$2" ]; }
grows() { [ "$(wc -c <"$1")" -gt "$2" ]; }
build_of() { "$BERTH" builds --json | json "[b for b in d if b['project'] == '$1'][0]$2"; }

# It says a line five times a second, for longer than any test here waits; each step comes to its end by itself elsewhere.
slow='i=0; while [ $i -lt 600 ]; do i=$((i + 1)); echo "line $i of many"; sleep 0.2; done'

# The longest ones first, beside all the others: a project without a Dockerfile, and a package that is not there.
tides=$(example tides)
"$LAB/session-image" >"$T/session.out" 2>&1 || bail "no Jupyter image: $(tail -n 5 "$T/session.out")"
flights=$(example flights)
build_tides() {
  timeout 400 "$BERTH" build "$tides" >"$T/tides.log" 2>"$T/tides.err"
  echo $? >"$T/tides.status"
}
build_broken() {
  timeout 200 "$BERTH" build "$flights" broken-environment >"$T/broken.log" 2>"$T/broken.err"
  echo $? >"$T/broken.status"
}
build_tides &
build_broken &

# Watching ---------------------------------------------------------------------------------------------------------------
buildable slow "RUN $slow"
background build "$BERTH" build "$NAME"
builder=$PID
wait_ok 30 'a build shows its log while it runs' grep -q 'line 3 of many' "$T/build.out"
is "$(state_of "$NAME")" building 'the image is being built'
background follow "$BERTH" log "$NAME" --follow
follower=$PID
wait_ok 10 'another berth sees it from the beginning' grep -q 'line 1 of many' "$T/follow.out"
size=$(wc -c <"$T/follow.out")
wait_ok 10 'and as it grows' grows "$T/follow.out" "$size"
berth commits "$NAME" --json
like "$(json 'd[0]["image"]' <<<"$OUT")" 'building' 'and the list of commits says so'
berth log "$NAME"
is "$STATUS" 0 'without --follow it ends at once'
like "$OUT" 'line 1 of many' 'with what there is'
is "$(build_of "$NAME" '["state"]')" running 'berth builds says that it runs'
is "$(build_of "$NAME" '["id"]')" "$NAME/$(git -C "$FOLDER" rev-parse --short=7 HEAD)-1" 'and how it is called'

# Two of the same commit are one.
berth build "$NAME" --detach --json
is "$STATUS" 0 'a second build of the commit'
is "$(json 'd["id"]' <<<"$OUT")" "$(build_of "$NAME" '["id"]')" 'is the one that runs'
is "$("$BERTH" builds --json | json "len([b for b in d if b['project'] == '$NAME'])")" 1 'there is just one'

# It goes on when the berth that began it ends, however that ends.
kill -KILL "$builder"
wait "$builder" 2>/dev/null
size=$(wc -c <"$T/follow.out")
wait_ok 10 'the build goes on when its berth is killed' grows "$T/follow.out" "$size"

# Cancelling -------------------------------------------------------------------------------------------------------------
berth cancel "$NAME"
is "$STATUS" 0 'cancel: exit status' || diag "$ERR"
wait_ok 20 'whoever follows sees the end' process_gone "$follower"
wait_ok 10 'the build is canceled' is_state "$NAME" canceled
berth cancel "$NAME"
is "$STATUS" 3 'cancel: nothing is left to cancel'
berth log "$NAME"
like "$OUT" 'line 3 of many' 'its log is kept'
like "$OUT" 'canceled after' 'and says how it ended'
engine_builds() { engine_call GET "/containers/json" | json "[c['Id'] for c in d if 'line \$i of many' in c['Command'] or 'i=0; while' in c['Command']]"; }
engine_idle() { [ "$(engine_builds)" = '[]' ]; }
wait_ok 20 'and the engine builds no more' engine_idle

# Retried: here by a person whose ctrl-C cancels it again.
background build "$BERTH" build "$NAME"
wait_ok 30 'tried again' grep -q 'line 2 of many' "$T/build.out"
is "$(build_of "$NAME" '["id"]')" "$NAME/$(git -C "$FOLDER" rev-parse --short=7 HEAD)-2" 'it is a second build'
kill -INT "$PID"
wait_ok 20 'ctrl-C ends it' process_gone "$PID"
wait "$PID"
is $? 130 'with exit status 130' || diag "$(tail -n 5 "$T/build.out")"
is "$(state_of "$NAME")" canceled 'as cancelled'

# Lost -------------------------------------------------------------------------------------------------------------------
berth build "$NAME" --detach
is "$STATUS" 0 'a build without a watcher'
has_line() { [[ $("$BERTH" log "$NAME") == *'line 2 of many'* ]]; }
wait_ok 30 'runs' has_line
worker=$(pgrep -f -- "build-worker $NAME/" | head -n 1)
isnt "$worker" '' 'in a process of its own'
background follow "$BERTH" log "$NAME" --follow
follower=$PID
wait_for 10 grep -q 'line 2 of many' "$T/follow.out"
kill -KILL "$worker"
wait_ok 20 'a killed build does not hold who follows it' process_gone "$follower"
is "$(build_of "$NAME" '["state"]')" lost 'it counts as lost'
like "$(build_of "$NAME" '["error"]')" 'killed' 'and says what happened'
is "$(state_of "$NAME")" failed 'its image has failed'
berth image "$NAME"
like "$OUT" 'lost.*[Bb]uild' 'with the next step'
wait_ok 20 'the engine does not go on for nobody' engine_idle

# Failing ----------------------------------------------------------------------------------------------------------------
buildable fails 'RUN echo all is well' 'RUN echo "the compiler is missing" >&2; exit 42' 'RUN echo never reached'
berth build "$NAME"
is "$STATUS" 1 'a build that fails: exit status 1'
like "$OUT" 'the compiler is missing' 'the log is shown'
like "$ERR" 'returned a non-zero code: 42|exit code: 42' 'the engine'\''s words are told'
unlike "$OUT" 'never reached$' 'what comes after did not run'
is "$(state_of "$NAME")" failed 'the image has failed'
berth log "$NAME" --follow
is "$STATUS" 0 'its log can be read after'
like "$OUT" 'the compiler is missing' 'and is whole'
berth build "$NAME" --json
is "$STATUS" 1 'the same as JSON: exit status 1'
is "$(json 'd["state"]' <<<"$OUT")" failed 'the result says failed'
like "$(json 'd["error"]' <<<"$OUT")" '42' 'and why'
printf 'FROM %s\nRUN echo repaired\n' "$base" >"$FOLDER/Dockerfile"
commit "$FOLDER" 'Repair it' >/dev/null
berth build "$NAME"
is "$STATUS" 0 'the next commit builds' || diag "$ERR"
is "$(state_of "$NAME")" ready 'and is ready'

buildable syntax 'RUNN echo'
berth build "$NAME"
is "$STATUS" 1 'a Dockerfile with a typo: exit status 1'
like "$ERR" '(RUNN|unknown instruction)' 'the engine'\''s words name it'
berth diagnose "$NAME"
is "$STATUS" 0 'the failed build is diagnosed'
like "$OUT" 'line 2: unknown instruction: RUNN' 'with the line of the Dockerfile'
berth diagnose "$NAME" --json
is "$(json 'd["rule"]' <<<"$OUT")" dockerfile-syntax 'by the rule that is sure of it'
buildable copies 'COPY not-there.txt /'
berth build "$NAME"
is "$STATUS" 1 'a COPY of what is not there: exit status 1'
like "$ERR" 'not-there\.txt' 'the file is named'
NAME=$(own nobase)
FOLDER=$(project "$NAME")
printf 'FROM localhost:9/nobody/nothing:1\n' >"$FOLDER/Dockerfile"
commit "$FOLDER" 'No base' >/dev/null
berth build "$NAME"
is "$STATUS" 1 'a base image that can'\''t be had: exit status 1'
like "$ERR" 'localhost:9' 'it is named'

# Only what is committed counts ------------------------------------------------------------------------------------------
buildable clean 'COPY . /tree' 'RUN ls -a /tree && cat /tree/data.txt'
printf 'committed\n' >"$FOLDER/data.txt"
printf 'secret.txt\nbig/\n' >"$FOLDER/.dockerignore"
printf 'tracked, but not for the image\n' >"$FOLDER/secret.txt"
commit "$FOLDER" 'With data' >/dev/null
printf 'changed, not committed\n' >"$FOLDER/data.txt"
printf 'untracked\n' >"$FOLDER/untracked.txt"
printf 'FROM scratch\n' >"$FOLDER/Dockerfile"
git -C "$FOLDER" add Dockerfile # staged is not committed
berth build "$NAME"
is "$STATUS" 0 'a dirty working tree builds' || diag "$ERR"
like "$OUT" '(^|[0-9] )committed$' 'what is committed counts'
unlike "$OUT" 'not committed|untracked' 'nothing else does'
unlike "$OUT" 'secret\.txt' '.dockerignore is honoured'
is "$(git -C "$FOLDER" status --porcelain | LC_ALL=C sort | tr '\n' ';')" ' M data.txt;?? untracked.txt;M  Dockerfile;' 'the working tree is left alone'

# A commit that changes nothing of the environment needs no build.
buildable same 'COPY requirements.txt /' 'RUN echo environment'
printf 'x\n' >"$FOLDER/requirements.txt"
commit "$FOLDER" 'Requirements' >/dev/null
berth build "$NAME"
sha=$(git -C "$FOLDER" rev-parse HEAD)
printf 'print(1)\n' >"$FOLDER/analysis.py"
commit "$FOLDER" 'Only code' >/dev/null
berth image "$NAME" --json
is "$(json '[d["state"], d["same_as"]]' <<<"$OUT")" "[\"same-as\", \"$sha\"]" 'a commit with the same environment can use the image'
berth start "$NAME" --json
is "$STATUS" 0 'a session starts with it' || diag "$ERR"
is "$(json 'd["image"]' <<<"$OUT")" "berth/$NAME:${sha:0:7}" 'without a build'
is "$(json 'd["commit"]' <<<"$OUT")" "$(git -C "$FOLDER" rev-parse HEAD)" 'at its own commit'
berth stop "$(json 'd["name"]' <<<"$OUT")" --force
is "$(leftovers)" '' 'it stops'

# Starting builds what is missing, and says how far it is.
buildable starts "RUN for i in 1 2 3 4 5; do echo \"part \$i\"; sleep 0.2; done"
berth start "$NAME" --json
is "$STATUS" 0 'a start without an image builds it first' || diag "$ERR"
like "$ERR" 'get image' 'and shows that'
is "$(state_of "$NAME")" ready 'the image stays for the next one'
berth stop "$(json 'd["name"]' <<<"$OUT")" --force
buildable starts2 'RUN exit 9'
berth start "$NAME"
is "$STATUS" 1 'a start whose build fails: exit status 1'
like "$ERR" 'was not built|could not be built' 'it says so'
like "$ERR" 'code: 9' 'with the engine'\''s words'
is "$(leftovers)" '' 'nothing is left of it'
buildable starts3 "RUN $slow"
background start "$BERTH" start "$NAME"
starting=$PID
wait_ok 30 'a start that waits for its build' is_state "$NAME" building
kill -INT "$starting"
wait_ok 20 'ctrl-C ends it' process_gone "$starting"
wait "$starting"
is $? 130 'with exit status 130'
wait_ok 10 'and the build that it began' is_state "$NAME" canceled

# Logs from elsewhere ----------------------------------------------------------------------------------------------------
printf 'plain\r\n\033[31mred\033[0m \033]0;title\007then\033[2J\n50%%\r100%%\nlast \302\233 one' >"$T/raw.log"
berth log --from "$T/raw.log"
is "$OUT" $'plain\nred then\n100%\nlast \xc2\xb7 one' 'log --from: safe and plain on a pipe' ||
  diag "$(od -c <<<"$OUT" | head)"
STATUS=0
OUT=$("$BERTH" log --from - <"$T/raw.log") || STATUS=$?
like "$OUT" '^red then' 'log --from -: from standard input'
berth log --from "$T/nothing.log"
is "$STATUS" 3 'log --from: a file that is not there'

# The long ones ----------------------------------------------------------------------------------------------------------
wait_ok 120 'the project with a mistyped package ends' test -e "$T/broken.status"
is "$(cat "$T/broken.status")" 1 'as failed'
like "$(cat "$T/broken.log")" 'Unable to locate package python3-pandsa' 'its log says where'
like "$(cat "$T/broken.err")" 'non-zero code|exit code' 'and berth in the engine'\''s words'
wait_ok 300 'the project without a Dockerfile ends' test -e "$T/tides.status"
is "$(cat "$T/tides.status")" 0 'as built, from a Dockerfile that was made for it' || diag "$(tail -n 5 "$T/tides.log" "$T/tides.err")"
like "$(cat "$T/tides.log")" 'apt\.txt' 'which honours apt.txt'
is "$(state_of "$tides")" ready 'its image is ready'
# Kept under another name, so that the next run finds its layers.
engine_call POST "/images/berth/$tides:$(git -C "$HOME/berth/$tides" rev-parse --short=7 main)/tag?repo=berth-test/tides&tag=kept"
berth start "$tides" --memory 512M --json
is "$STATUS" 0 'and a session runs in it' || diag "$ERR"
container=$(json 'd["container"]' <<<"$OUT")
id=$(engine_call POST "/containers/$container/exec" --header 'Content-Type: application/json' \
  --data '{"AttachStdout": true, "AttachStderr": true, "Cmd": ["./range.sh"]}' | json 'd["Id"]')
engine_call POST "/exec/$id/start" --header 'Content-Type: application/json' --data '{}' --output "$T/exec.out"
isnt "$(grep -a -c '[0-9]' "$T/exec.out")" 0 'with the program that apt.txt asks for' || diag "$(cat "$T/exec.out")"
berth stop "$(json 'd["name"]' <<<"$OUT")" --force
is "$(leftovers)" '' 'nothing is left'
done_testing
