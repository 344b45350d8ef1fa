#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The main job by script: look at a project, build its image, start a real Jupyter session, use it, stop it.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$LAB/session-image" >"$T/session.out" 2>&1 || bail "no Jupyter image: $(tail -n 5 "$T/session.out")"
name=$(example flights) || bail 'the example project could not be made'
flights=$HOME/berth/$name
head=$(git -C "$flights" rev-parse main)
plots=$(git -C "$flights" rev-parse plots)

# Looking ------------------------------------------------------------------------------------------------------------
berth projects --json
is "$STATUS" 0 'projects: exit status'
is "$(json '[(p["name"], p["path"], p["default_branch"]) for p in d]' <<<"$OUT")" "[[\"$name\", \"$name\", \"main\"]]" 'projects: the one there is'
berth branches "$name" --json
is "$(json 'sorted(b["name"] for b in d)' <<<"$OUT")" '["analysis/by-weekday", "broken-environment", "main", "plots"]' 'branches: all four'
is "$(json '[b["default"] for b in d if b["name"] == "main"][0]' <<<"$OUT")" true 'branches: main is the default'
is "$(json '[(b["ahead"], b["behind"]) for b in d if b["name"] == "analysis/by-weekday"][0]' <<<"$OUT")" \
  "[1, $(git -C "$flights" rev-list --count analysis/by-weekday..main)]" 'branches: ahead and behind are as git counts'
berth commits "$name" --json --max 0
is "$(json '"\n".join(c["id"] for c in d)' <<<"$OUT")" "$(git -C "$flights" rev-list main)" 'commits: the same as git, in the same order'
is "$(json '[c["author"] for c in d if c["subject"].startswith("Notebook")][0]' <<<"$OUT")" '王小明' 'commits: authors in UTF-8'
berth commits "$name" --branch nowhere --json
is "$STATUS" 3 'commits: a branch that is not there is exit status 3'
like "$ERR" '"code": ?"not-found"' 'and the error is JSON'
berth image "$name" --json
is "$(json '[d["state"], d["ref"]]' <<<"$OUT")" "[\"none\", \"berth/$name:${head:0:7}\"]" 'image: there is none yet'
cd "$flights" || bail 'no project'
berth image plots --json
is "$(json 'd["commit"]' <<<"$OUT")" "$plots" 'inside a repository one word is a revision'
cd / || exit

# Building -----------------------------------------------------------------------------------------------------------
printf 'RUN false\n' >>"$flights/Dockerfile" # not committed: must not count
berth build "$name"
is "$STATUS" 0 'build: exit status'
like "$OUT" 'FROM .*debian:trixie-slim' 'build: the log is shown'
like "$ERR" "Built berth/$name:${head:0:7}" 'build: the image is named'
unlike "$OUT" 'RUN false' 'build: the dirty working tree is not in it'
git -C "$flights" checkout --quiet -- Dockerfile
berth image "$name" --json
is "$(json 'd["state"]' <<<"$OUT")" ready 'image: ready'
berth image "$name" plots --json
is "$(json 'd["state"]' <<<"$OUT")" none 'image: plots needs another package, so it is not the same'
berth image "$name" main~1 --json
like "$(json '[d["state"], d["ref"]]' <<<"$OUT")" '"(none|same-as)"' 'image: an older commit has its own answer'
berth builds --json
is "$(json '[(b["state"], b["project"], b["commit"]) for b in d]' <<<"$OUT")" "[[\"done\", \"$name\", \"$(json 'd[0]["commit"]' <<<"$OUT")\"]]" 'builds: one, done'
berth log "$name"
like "$OUT" 'FROM .*debian:trixie-slim' 'log: readable afterwards'

# Starting -----------------------------------------------------------------------------------------------------------
berth start "$name" --json
is "$STATUS" 0 'start: exit status' || diag "$ERR"
for step in 'check request' 'get image' 'make workspace' 'clone at the commit' 'create container' 'start' 'wait until it answers'; do
  like "$ERR" "$step" "start: the step '$step' is told"
done
unlike "$ERR$OUT" $'\033' 'start: plain on a pipe'
session=$(json 'd["name"]' <<<"$OUT")
url=$(json 'd["url"]' <<<"$OUT")
container=$(json 'd["container"]' <<<"$OUT")
is "$(json 'd["already_running"]' <<<"$OUT")" false 'start: it is new'
like "$url" '^http://127\.0\.0\.1:[0-9]+/lab\?token=[0-9a-f]{32,}$' 'start: the address has a token'
base=${url%%/lab*}
token=${url##*token=}

is "$(http_code --location --cookie-jar "$T/cookies" "$url")" 200 'the page is served with the token'
like "$(cat "$T/page")" 'JupyterLab' 'and it is JupyterLab'
is "$(http_code --header "Authorization: token $token" "$base/api/status")" 200 '/api/status answers with the token'
like "$(cat "$T/page")" '"kernels": 0' 'and says what runs'
is "$(http_code "$base/api/status")" 403 'it refuses without the token'
is "$(http_code --header "Authorization: token ${token%?}0x" "$base/api/status")" 403 'it refuses a wrong token'
is "$(http_code --header "Authorization: token $token" "$base/api/contents/notebooks/delays.ipynb?content=0")" 200 'the project is what it serves'
is "$(http_code --header "Authorization: token $token" --request POST "$base/api/kernels")" 201 'a kernel starts'
background listeners python3 -c 'import sys
for line in open("/proc/net/tcp"):
    word = line.split()
    if word[3] == "0A" and int(word[1].split(":")[1], 16) == int(sys.argv[1]):
        print(word[1].split(":")[0])' "${base##*:}"
wait "$PID"
is "$(cat "$T/listeners.out")" 0100007F 'its port listens on 127.0.0.1 alone'

berth sessions --json
is "$(json "len([s for s in d if s['name'] == '$session'])" <<<"$OUT")" 1 'sessions: it is listed'
of() { json "[s for s in d if s['name'] == '$session'][0]$1" <<<"$OUT"; }
is "$(of '["state"]')" running 'sessions: running'
is "$(of '["project"]')" "$name" 'sessions: project'
is "$(of '["branch"]')" main 'sessions: branch'
is "$(of '["commit"]')" "$head" 'sessions: commit'
is "$(of '["memory_limit"]')" 1073741824 'sessions: the memory that renku.ini at the commit asks for'
is "$(of '["cpu_limit"]')" 0.5 'sessions: and the CPUs'
is "$(of '["address"]')" "$base" 'sessions: address, without the token'
is "$(of '["memory"] > 10 * 2**20')" true 'sessions: memory used is measured'
is "$(of '["cpu"] >= 0')" true 'sessions: so is CPU'
like "$(of '["created_at"]')" '^20[0-9-]+T[0-9:]+Z$' 'sessions: times are RFC 3339'

inspect=$(engine_call GET "/containers/$container/json")
look() { json "$1" <<<"$inspect"; }
is "$(look 'd["HostConfig"]["Memory"]')" 1073741824 'the engine limits memory'
is "$(look 'd["HostConfig"]["MemorySwap"]')" 1073741824 'without swap beside it'
is "$(look 'd["HostConfig"]["NanoCpus"]')" 500000000 'and CPU'
is "$(look '0 < d["HostConfig"]["PidsLimit"] <= 65536')" true 'and processes'
is "$(look 'd["HostConfig"]["CapDrop"]')" '["ALL"]' 'all capabilities are dropped'
is "$(look '"no-new-privileges" in " ".join(d["HostConfig"]["SecurityOpt"])')" true 'new privileges are out'
is "$(look 'd["HostConfig"]["Privileged"]')" false 'it is not privileged'
is "$(look 'd["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")')" true 'the engine does not start it again by itself'

# A shell ------------------------------------------------------------------------------------------------------------
term_start 110x30 "$BERTH" attach "$session"
# The answers are told apart from what was typed by how they are put together here.
term_ok 20 '\$ *$' 'attach: a prompt'
term_type 'echo "at=$(git rev-parse HEAD)" "on=$(git branch --show-current)"'
term_keys Enter
term_ok 10 "at=$head on=main" 'attach: the clone is at the commit, on the branch'
term_type 'echo "me=$(id -un)" "owner=$(stat -c %U . .git .git/HEAD README.md | sort -u | xargs)" "in=$PWD" "dirty=$(git status --porcelain | wc -l)"'
term_keys Enter
term_ok 10 "me=jovyan owner=jovyan in=/home/jovyan/work/$name dirty=0" 'attach: files belong to the image'\''s user, nothing is changed'
term_type 'stty size'
term_keys Enter
term_ok 10 '^30 110' 'attach: the size of the terminal'
term_resize 90x25
term_type 'until stty size | grep "25 90"; do sleep 0.2; done'
term_keys Enter
term_ok 10 '^25 90' 'attach: and its changes'
term_type 'echo unsaved >left.txt; echo "said=$((6 * 7))"'
term_keys Enter
term_ok 10 'said=42' 'attach: work is done'
term_keys C-]
term_keys d
term_ok 10 "exit status 0" 'attach: the detach key leaves'
like "$(term_screen)" "Left $session" 'and says how to come back'
term_end
term_start 110x30 "$BERTH" attach "$session"
term_ok 20 '\$ *$' 'attach: back in'
term_type 'cat left.txt; exit 7'
term_keys Enter
term_ok 10 'exit status 7' 'attach: the shell'\''s exit status is berth'\''s'
like "$(term_screen)" 'unsaved' 'attach: what was made is there'
term_end
berth attach "$session"
is "$STATUS" 2 'attach: without a terminal it is refused'
like "$ERR" 'needs a terminal' 'and says so'

# More ---------------------------------------------------------------------------------------------------------------
berth logs "$session"
is "$STATUS" 0 'logs: exit status'
like "$OUT" 'Jupyter Server|jupyterlab' 'logs: what Jupyter printed'
berth connect "$session"
is "$OUT" "$url" 'connect: the address again'
SSH_CONNECTION='192.0.2.1 50000 192.0.2.2 22' berth connect "$session"
like "$ERR" "ssh -L ${base##*:}:127\.0\.0\.1:${base##*:} " 'connect: over SSH the line that makes it work'
berth start "$name" --json
is "$STATUS" 0 'start again: exit status'
is "$(json '[d["name"], d["url"], d["already_running"]]' <<<"$OUT")" "[\"$session\", \"$url\", true]" 'start again: the same session'
like "$ERR" 'runs already' 'and it says so'
berth start "$name" --new --name "$session"
is "$STATUS" 6 'start with a name that is taken: exit status 6'
like "$ERR" "$session" 'and the name is told'

# Stopping -----------------------------------------------------------------------------------------------------------
berth stop "$session" --keep
is "$STATUS" 0 'stop --keep: exit status'
is "$(engine_json "/containers/$container/json" 'd["State"]["Status"]')" exited 'stop --keep: the container is stopped'
isnt "$(volumes "io.berth.session=$session")" '' 'stop --keep: the workspace stays'
berth start "$name" --name "$session"
is "$STATUS" 6 'a start never takes over the workspace that was kept'
like "$ERR" "$session already" 'and says why'
berth stop "$session" --force
is "$STATUS" 0 'stop --force: exit status' || diag "$ERR"
is "$(leftovers)" '' 'stop: nothing is left on the engine'
is "$(berth_files)" '' 'nor in the folders of berth'
berth stop "$session"
is "$STATUS" 3 'stop: a session that is not there is exit status 3'
network_fine() { [ -n "$(containers io.berth.session)" ] || [ "$(engine_json /networks '[n["Name"] for n in d if n["Name"] == "berth-sessions"]')" = '[]' ]; }
wait_ok 60 'the network goes with the last session' network_fine
is "$(git -C "$flights" status --porcelain; git -C "$flights" rev-parse main plots)" "$head
$plots" 'the repository is as it was'
done_testing
