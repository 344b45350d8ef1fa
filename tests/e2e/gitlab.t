#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A GitLab host by script, on the stand-in: looking, a push whose build fails, its log, what can be done about it, and what can't.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=standin.sh
. "$E2E_DIR/standin.sh"

standin_start
standin_config ''

# Logging in ---------------------------------------------------------------------------------------------------------
run bash -c 'printf "%s\n" glpat-read | "$0" login lab --check' "$BERTH"
is "$STATUS" 0 'login: a token that may only look is good'
like "$ERR" 'it is zoe' 'login: it says whose it is'
like "$ERR" "builds can't be run, retried or canceled" 'login: it says what a missing scope will stop'
run bash -c 'printf "%s\n" glpat-revoked | "$0" login lab' "$BERTH"
isnt "$STATUS" 0 'login: a revoked token is refused'
unlike "$(cat "$config")" 'glpat' 'login: and not kept'
run bash -c 'printf "%s\n" glpat-zoe | "$0" login lab' "$BERTH"
is "$STATUS" 0 'login: a good one is kept'
is "$(stat -c %a "$config")" 600 'login: in a file that nobody else can read'
unlike "$OUT$ERR" 'glpat-zoe' 'login: the token is not shown'
term_start 100x20 "$BERTH" login lab --check
term_ok 20 'it is zoe' 'login --check: at a terminal, the one that is kept'
term_end

# Looking ------------------------------------------------------------------------------------------------------------
berth projects --json
is "$STATUS" 0 'projects: exit status' || diag "$ERR"
like "$(json '[p["path"] for p in d if p["forge"] == "lab"]' <<<"$OUT")" 'lab/air/flights' 'projects: those of the host are listed'
berth branches lab/air/flights --json
like "$(json 'sorted(b["name"] for b in d)' <<<"$OUT")" 'feature/plots.*main.*stable' 'branches: all'
berth commits lab/lab/air/flights --json
is "$(json 'd[0]["subject"]' <<<"$OUT")" 'Give the project an environment' 'commits: newest first, the project named with its forge'
berth image jose/hidden
isnt "$STATUS" 0 'a project that may not be seen is not found'

# A push whose build fails -------------------------------------------------------------------------------------------
tell scripts '{"match": {"ref": "main"}, "script": {"steps": [{"status": "running"}, {"line": "E: Unable to locate package nope"}, {"hold": "go"}, {"finish": "failed", "failure_reason": "script_failure"}]}}'
git clone --quiet "${url/:\/\//:\/\/zoe:glpat-zoe@}/lab/air/flights.git" "$T/clone" 2>"$T/git.err" || bail "no clone: $(cat "$T/git.err")"
git -C "$T/clone" -c user.name=Z -c user.email=z@example.org commit --quiet --allow-empty -m 'Add a package'
git -C "$T/clone" push --quiet origin HEAD:main 2>>"$T/git.err" || bail "no push: $(cat "$T/git.err")"
sha=$(git -C "$T/clone" rev-parse HEAD)
ask 'pipelines/wait?project=lab/air/flights&count=1&seconds=20' >/dev/null
wait_ok 20 'image: being built' bash -c '"$0" image lab/air/flights --json | grep -q "\"building\""' "$BERTH"
background follow bash -c '"$0" log lab/air/flights --follow >"$1" 2>&1' "$BERTH" "$T/log"
wait_ok 30 'log: what the job says comes while it runs' grep -q 'Unable to locate package' "$T/log"
berth play lab/air/flights
isnt "$STATUS" 0 'play: a job that runs is not started by hand'
like "$ERR" 'running' 'play: and why'
tell signals/go '{}'
wait_ok 20 'image: failed' bash -c '"$0" image lab/air/flights --json | grep -q "\"failed\""' "$BERTH"
berth log lab/air/flights
like "$OUT" 'Unable to locate package nope' 'log: readable afterwards'
berth commits lab/air/flights --json
like "$(json 'd[0]["image"]' <<<"$OUT")" 'failed' 'commits: each with the state of its image'
berth branches lab/air/flights --json
like "$(json '[b["image"] for b in d if b["name"] == "main"][0]' <<<"$OUT")" 'failed' 'branches: each with that of its tip'

# What can be done ----------------------------------------------------------------------------------------------------
tell scripts '{"match": {"ref": "main"}, "script": "success"}'
berth retry lab/air/flights
is "$STATUS" 0 'retry: exit status' || diag "$ERR"
like "$ERR" 'runs again' 'retry: it says what came of it'
wait_ok 20 'image: the new job passes' bash -c '! "$0" image lab/air/flights --json | grep -qE "\"(failed|building|queued)\""' "$BERTH"
berth run-pipeline lab/air/flights "$sha" --variable 'A=b c'
is "$STATUS" 0 'run-pipeline: at the end of a branch' || diag "$ERR"
berth run-pipeline lab/air/flights "$(git -C "$T/clone" rev-parse HEAD~1)"
isnt "$STATUS" 0 'run-pipeline: not for a commit that no branch ends at'
like "$ERR" 'newest commit of a branch' 'run-pipeline: and why'
git -C "$T/clone" switch -q -c takes-inputs
printf '%s\n' spec: '  inputs:' '    where:' '      options: [lab, field]' '    times:' '      type: number' '      default: 1' --- >"$T/ci.yml"
cat "$T/clone/.gitlab-ci.yml" >>"$T/ci.yml"
cp "$T/ci.yml" "$T/clone/.gitlab-ci.yml"
git -C "$T/clone" -c user.name=Z -c user.email=z@example.org commit -qam 'Take inputs'
git -C "$T/clone" push -q origin takes-inputs
inputs=$(git -C "$T/clone" rev-parse HEAD)
git -C "$T/clone" switch -q -
berth run-pipeline lab/air/flights "$inputs"
isnt "$STATUS" 0 'run-pipeline: not without an input that is needed'
like "$ERR" 'the input where is needed.*--input NAME=VALUE' 'run-pipeline: it says which, and how to give it'
berth run-pipeline lab/air/flights "$inputs" --input where=moon
like "$ERR" "the input where can't have this value" 'run-pipeline: nor with a value that is none of its options'
berth run-pipeline lab/air/flights "$inputs" --input where=lab --input 'times="7"'
like "$ERR" 'the input times must be a number' 'run-pipeline: nor with text for a number'
berth run-pipeline lab/air/flights "$inputs" --input where=lab --input times=7
is "$STATUS" 0 'run-pipeline: with inputs that fit' || diag "$ERR"
berth touch lab/air/flights "$(git -C "$T/clone" rev-parse HEAD~1)"
is "$STATUS" 0 'touch: there a commit beside the branch does it' || diag "$ERR"
berth branches lab/air/flights --json
like "$OUT" 'rebuild/' 'touch: it is on a branch of its own'

berth pin lab/air/flights main --image registry.example/air/flights:1
is "$STATUS" 0 'pin: through the host' || diag "$ERR"
like "$ERR" 'on main pins registry.example/air/flights:1' 'pin: what was done'
git -C "$T/clone" fetch --quiet origin 2>>"$T/git.err"
like "$(git -C "$T/clone" show origin/main:.renku/renku.ini)" '^image = registry.example/air/flights:1$' 'pin: it is there'
berth unpin lab/air/flights main
is "$STATUS" 0 'unpin: through the host' || diag "$ERR"
git -C "$T/clone" fetch --quiet origin 2>>"$T/git.err"
unlike "$(git -C "$T/clone" show origin/main:.renku/renku.ini)" '^image' 'unpin: it has gone'

# A protected branch takes no commit of zoe's: the same goes beside it, when it is said so.
tell projects/lab/air/flights '{"protected": ["stable", "main"]}'
tip=$(git -C "$T/clone" rev-parse origin/main)
pinned() { git -C "$T/clone" fetch --quiet origin 2>>"$T/git.err" && git -C "$T/clone" show "origin/pin/${tip:0:7}:.renku/renku.ini" | grep -q '^image = registry.example/air/flights:2$'; }
berth pin lab/air/flights main --image registry.example/air/flights:2
is "$STATUS" 4 'pin: a protected branch refuses'
like "$ERR" 'not allowed to push.*--beside puts it on a branch of its own' 'pin: why, and what goes instead'
nok 'pin: and nothing was made unasked' pinned
berth pin lab/air/flights main --image registry.example/air/flights:2 --beside
is "$STATUS" 0 'pin: beside a protected branch' || diag "$ERR"
like "$ERR" "on pin/${tip:0:7} pins registry.example/air/flights:2 .a branch beside" 'pin: and where it is'
ok 'pin: it is there' pinned
is "$(git -C "$T/clone" rev-parse origin/main "origin/pin/${tip:0:7}~1")" "$tip
$tip" 'pin: on top of a main that stays where it was'
tell "projects/lab/air/flights" "{\"delete_branch\": \"pin/${tip:0:7}\"}"
git -C "$T/clone" fetch --quiet --prune origin 2>>"$T/git.err"
term_start 100x30 "$BERTH"
term_ok 30 'lab/air/flights|air/flights' 'the dashboard lists the project'
term_keys /
term_type flights
term_keys Enter 3
term_ok 30 '\[3\] Commits.*1/' 'its commits'
term_keys :
term_type pin
term_keys Enter
term_ok 10 'pin the image:' 'pin: it asks which image'
term_keys C-u
term_type registry.example/air/flights:2
term_keys Enter
term_ok 20 'Pin it on a branch beside' 'pin: where the branch is protected, a branch beside is offered'
term_keys b
wait_ok 20 'pin: and made' pinned
term_keys Q
term_end
tell projects/lab/air/flights '{"protected": ["stable"]}'

# A build on this machine, and a copy ---------------------------------------------------------------------------------------
git -C "$T/clone" checkout --quiet -b here
printf 'FROM scratch\nCOPY README.md /\n' >"$T/clone/Dockerfile"
git -C "$T/clone" -c user.name=Z -c user.email=z@example.org commit --quiet --all -m 'Build anywhere'
git -C "$T/clone" push --quiet origin here 2>>"$T/git.err" || bail "no push: $(cat "$T/git.err")"
here=$(git -C "$T/clone" rev-parse HEAD)
E2E_IMAGES+=("berth/lab/air/flights:${here:0:7}")
berth build lab/air/flights here
is "$STATUS" 0 'build: the host has the commits, this engine makes the image' || diag "$ERR$OUT"
nok 'build: the token is in no record and no log' grep -rq glpat "$XDG_STATE_HOME"
berth image lab/air/flights here
like "$OUT" 'ready' 'image: the engine has it'
berth fork lab/air/flights
is "$STATUS" 0 'fork: exit status' || diag "$ERR"
like "$ERR" 'The copy is there: zoe/flights' 'fork: it says where the copy is'
like "$ERR" 'first build runs: pipeline' 'fork: and that its first build runs'
berth fork lab/air/flights
is "$STATUS" 6 'fork: there is one already'
like "$ERR" 'a project of that name or path is there already' 'fork: which is said once'

# The doctor -------------------------------------------------------------------------------------------------------------
berth doctor --json
said() { json '[c["what"] for c in d if c["subject"] == "host" and c["level"] == a[0]]' "$1" <<<"$OUT"; }
like "$(said ok)" 'lab: http.* answers in [0-9]+ ms' 'doctor: the host answers'
like "$(said ok)" 'clock agrees with lab' 'doctor: the clocks agree'
like "$(said ok)" 'signed in as zoe' 'doctor: whose token it is'
unlike "$OUT$ERR" 'glpat' 'doctor: without showing it'

# What a token can't -----------------------------------------------------------------------------------------------------
sed -i 's/glpat-zoe/glpat-read/' "$config"
berth retry lab/air/flights
isnt "$STATUS" 0 'a token that may only look retries nothing'
like "$ERR" 'api' 'and the scope it lacks is named'
unlike "$ERR$OUT" 'glpat' 'without the token'

berth doctor --json
like "$(said warning)" 'Without the scope api: builds' 'doctor: what the missing scope stops'
sed -i 's/glpat-read/glpat-revoked/' "$config"
berth doctor --json
like "$(said problem)" 'lab: ' 'doctor: a revoked token is a problem'
is "$STATUS" 1 'doctor: and the exit code says so'
sed -i 's/glpat-revoked/glpat-read/' "$config"

# A host that is down ---------------------------------------------------------------------------------------------------
tell faults '{"match": "GET /api/v4/projects", "kind": "hold"}' >/dev/null
term_start 80x24 "$BERTH" projects
term_ok 20 'Waiting for lab' 'a host that does not answer: a person is told what is waited for'
term_end
curl --disable --silent --request DELETE "$control/faults" >/dev/null
term_start 110x30 "$BERTH"
term_ok 30 'flights' 'the dashboard shows its projects'
stop_process "$standin_pid"
term_ok 60 'lab: no answer for [0-9]+s' 'a host that goes away stands in the top line, with the time that this lasts'
term_end
berth projects
is "$STATUS" 0 'a host that is down does not take the other projects away'
like "$ERR$OUT" 'lab' 'and is named'
done_testing
