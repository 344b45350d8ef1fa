#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The ground that the other tests stand on: the images and the example projects are what they should be.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# A container of an image, without berth: its output.
output_of() {
  local id image=$1 body
  shift
  body=$(python3 -c 'import json, sys; print(json.dumps({"Image": sys.argv[1], "Cmd": sys.argv[2:], "Tty": True}))' "$image" "$@")
  id=$(engine_call POST /containers/create --header 'Content-Type: application/json' --data "$body" | json 'd["Id"]') || return 1
  engine_call POST "/containers/$id/start" >/dev/null
  engine_call POST "/containers/$id/wait" --max-time 60 >/dev/null
  engine_call GET "/containers/$id/logs?stdout=1&stderr=1" | tr -d '\r'
  engine_call DELETE "/containers/$id?force=1" >/dev/null
}

tiny lab 'USER 1000' 'WORKDIR /home/tiny' 'EXPOSE 8888'
is "$(engine_json "/images/$IMAGE/json" 'd["Config"]["User"]')" 1000 'a tiny image takes instructions'
is "$(output_of "$IMAGE" sh -c 'id -un; pwd; for i in git curl python3 bash; do command -v $i; done')" $'tiny\n/home/tiny' \
  'it has a shell and a user, but neither git nor curl nor Python'

session=$("$LAB/session-image" 2>"$T/session.log")
is $? 0 'the Jupyter image is there' || diag "$(tail -n 30 "$T/session.log")"
is "$(engine_json "/images/$session/json" 'd["Config"]["WorkingDir"]')" /home/jovyan 'it works in its home'
said=$(output_of "$session" sh -c 'id -u; git --version; git lfs version; jupyter lab --version; python3 -c "import ipykernel, tabulate"; command -v node')
like "$said" '^1000$' 'its user is not root'
like "$said" '^git version' 'it has git'
like "$said" '^git-lfs/' 'and git-lfs'
like "$said" '^4\.' 'and JupyterLab 4'
unlike "$said" 'node|Error' 'without Node.js, and with what the analysis needs'

ok 'the example projects are made' examples
flights=$HOME/berth/flights
is "$(git -C "$flights" for-each-ref --format='%(refname:short)' refs/heads | tr '\n' ' ')" \
  'analysis/by-weekday broken-environment main plots ' 'flights has its branches'
is "$(git -C "$flights" rev-parse --short=7 main)" f4adb04 'and the same ids on every machine'
is "$(git -C "$flights" status --porcelain)" '' 'its working tree is clean'
ok 'its first commit has no Dockerfile' test -z "$(git -C "$flights" ls-tree --name-only "$(git -C "$flights" rev-list --max-parents=0 main)" Dockerfile)"
git -C "$flights" branch mine main
before=$(stat -c %Y%i "$flights")
ok 'making them again' examples
is "$(stat -c %Y%i "$flights")" "$before" 'leaves a project alone that is there'
done_testing
