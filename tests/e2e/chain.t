#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From a push to a session: the host builds the commit on an engine and it fails, berth watches and says why; another commit mends it, is
# waited for while it is built, pulled from a real registry with the host's token, runs, and is stopped.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=registry.sh
. "$E2E_DIR/registry.sh"
# shellcheck source=standin.sh
. "$E2E_DIR/standin.sh"

standin_start --engine "${DOCKER_HOST:-unix:///var/run/docker.sock}" --docker-registry "$(registry_program)"
registry=$(sed -n 's/^registry=//p' "$T/where")
tell settings '{"default_script": "real", "upload_ms": 100}'
jobs_wait() { ask "jobs/$1/wait?status=$2&seconds=90"; }

standin_config ''
run bash -c 'printf "%s\n" glpat-zoe | "$0" login lab' "$BERTH"
is "$STATUS" 0 'login' || diag "$ERR"
project=lab/air/flights
image=$registry/$project

tiny base
git clone --quiet "${url/:\/\//:\/\/zoe:glpat-zoe@}/$project.git" "$T/clone" 2>"$T/git.err" || bail "no clone: $(cat "$T/git.err")"
# push MESSAGE DOCKERFILE: leaves the commit's id in SHA.
push() {
  printf '%s\n' "$2" >"$T/clone/Dockerfile"
  printf '[interactive]\nmem_request = 64M\ndefault_url = /\n' >"$T/clone/.renku/renku.ini"
  git -C "$T/clone" add -A
  git -C "$T/clone" commit --quiet -m "$1"
  git -C "$T/clone" push --quiet origin HEAD:main 2>"$T/git.err" || bail "no push: $(cat "$T/git.err")"
  SHA=$(git -C "$T/clone" rev-parse HEAD)
}

# A push whose build fails ------------------------------------------------------------------------------------------------
push 'Copy what is not there' "FROM $IMAGE
COPY data.csv /data.csv"
broken=$SHA
background follow "$BERTH" log "$project" "$broken" --follow
wait_ok 60 'watched to its failure' grep -q 'ERROR: Job failed' "$T/follow.out"
like "$(cat "$T/follow.out")" 'COPY data.csv' 'its build is seen'
wait_ok 20 'the image has failed' bash -c '"$0" image "$1" "$2" --json | grep -q "\"failed\""' "$BERTH" "$project" "$broken"
berth diagnose "$project" "$broken"
is "$STATUS" 0 'diagnosed' || diag "$ERR"
like "$OUT" 'data\.csv' 'the right cause: the file that is not there'
berth start "$project" "$broken" --name "$(own broken)"
isnt "$STATUS" 0 'a start from it is refused'
like "$ERR" 'its build failed.*berth diagnose' 'and says why, and what next'
is "$(leftovers)" '' 'nothing is left of it'

# Another commit mends it ----------------------------------------------------------------------------------------------------
push 'Make it' "FROM $IMAGE
RUN sleep 5 && echo 1,2 >/data.csv
EXPOSE 8080
CMD [\"httpd\", \"-f\", \"-p\", \"8080\", \"-h\", \"/www\"]"
E2E_IMAGES+=("$image:${SHA:0:7}")
background left "$BERTH" start "$project" "$SHA" --name "$(own left)"
wait_ok 30 'a start waits for the build' grep -qE 'its build (runs|waits)' "$T/left.out"
kill -TERM "$PID"
wait "$PID"
isnt "$?" 0 'and can be left'
is "$(leftovers)" '' 'with nothing behind'
berth start "$project" "$SHA" --name "$(own chain)" --json
is "$STATUS" 0 'it is built, pulled, and the session runs' || diag "$ERR"
name=$(json 'd["name"]' <<<"$OUT")
is "$(json 'd["image"]' <<<"$OUT")" "$image:${SHA:0:7}" 'from the image of the host'"'"'s registry'
is "$(http_code "$(json 'd["url"]' <<<"$OUT")")" 200 'it answers'
is "$(file_in "berth-$name" /data.csv)" 1,2 'it is what was built'
berth image "$project" "$SHA" --json
is "$(json 'd["state"]' <<<"$OUT")" ready 'the engine has it now'
unlike "$(engine_json "/containers/berth-$name/json" 'json.dumps(d)')" glpat-zoe 'the token is nowhere in the container'
berth stop "$name"
is "$STATUS" 0 'stopped' || diag "$ERR"
is "$(leftovers)" '' 'nothing is left of it'

# In the registry, not on the engine -------------------------------------------------------------------------------------------
engine_call DELETE "/images/$image:${SHA:0:7}?force=1" >/dev/null
berth image "$project" "$SHA" --json
is "$(json 'd["state"]' <<<"$OUT")" available 'without the engine, the registry has it'
like "$(json 'd["image_id"], d["size"]' <<<"$OUT")" 'sha256:.*, [1-9]' 'with digest and size'
done_testing
