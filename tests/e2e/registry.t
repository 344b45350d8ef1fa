#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Images that projects pin in a real registry: there, missing, behind a login, made for another machine. What a start says, and how it pulls.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=registry.sh
. "$E2E_DIR/registry.sh"

export DOCKER_CONFIG=$T/docker
mkdir -p "$DOCKER_CONFIG"
perl -e 'print "alice:", crypt("s3cret-pw", q($2y$05$abcdefghijklmnopqrstuu)), "\n"' >"$T/htpasswd"
registry_start open
open=$REGISTRY
registry_start closed "$T/htpasswd"
closed=$REGISTRY
login=$(printf '{"username":"alice","password":"s3cret-pw"}' | base64 -w 0 | tr '+/' '-_')
tiny app 'USER 1000' 'CMD ["sleep", "1000"]'
app=$IMAGE

# put REGISTRY PATH TAG: the image app, pushed there and taken off the engine.
put() {
  engine_call POST "/images/$app/tag?repo=$(urlencode "$1/$2")&tag=$3" >/dev/null
  [[ $(engine_call POST "/images/$1/$2/push?tag=$3" -H "X-Registry-Auth: $login") == *'"Digest"'* ]] || bail "the image can't be pushed to $1"
  forget "$1/$2:$3"
}
forget() { engine_call DELETE "/images/$1?force=1&noprune=1" >/dev/null 2>&1; }
# pinned NAME IMAGE: a project of that name (then in NAME) that pins it.
pinned() {
  NAME=$(own "$1")
  pin "$(project "$NAME")" "$2" 'mem_request = 64M'
  E2E_IMAGES+=("$2")
}
# state STATE REGEX TITLE: of the pinned image
state() {
  berth image "$NAME" --json
  is "$(json 'd["state"]' <<<"$OUT")" "$1" "$3: $1"
  like "$(json 'd["reason"]' <<<"$OUT")" "$2" "$3: says why"
}
# refused REGEX TITLE: a start from it says so and leaves nothing
refused() {
  berth start "$NAME"
  isnt "$STATUS" 0 "$2: no session"
  like "$ERR" "$1" "$2: says why, and what next"
  is "$(leftovers)" '' "$2: nothing is left"
}
works() {
  berth start "$NAME" --json
  is "$STATUS" 0 "$1: pulled, and the session runs" || diag "$ERR"
  berth stop "$(json 'd["name"]' <<<"$OUT")"
}

put "$open" lab/app 1
put "$closed" lab/app 1

# There, and not there ---------------------------------------------------------------------------------------------------
pinned open "$open/lab/app:1"
state pinned 'its registry has it' 'in a registry'
like "$(json 'd["image_id"], d["size"]' <<<"$OUT")" 'sha256:.*, [1-9]' 'with digest and size'
works 'in a registry'
pinned missing "$open/lab/app:none"
state pinned-missing 'neither the engine nor its registry' 'a tag that is not there'
refused 'no such tag' 'a tag that is not there'

# Logins -------------------------------------------------------------------------------------------------------------------
pinned closed "$closed/lab/app:1"
state pinned-login "wants a login.*docker login $closed" 'without a login'
refused 'docker login' 'without a login'
config() { printf '%s\n' "$1" >"$DOCKER_CONFIG/config.json"; }
config "{\"auths\":{\"$closed\":{\"auth\":\"$(printf 'alice:wrong-pw' | base64)\"}}}"
state pinned-login 'login' 'a wrong password'
refused 'docker login' 'a wrong password'
unlike "$OUT$ERR" 'wrong-pw' 'a wrong password: it is not shown'
config "{\"auths\":{\"$closed\":{\"auth\":\"$(printf 'alice:s3cret-pw' | base64)\"}}}"
state pinned 'its registry has it' 'the right password'
mkdir "$T/bin"
printf '#!/bin/sh\nread -r server\n[ "$1" = get ] && [ "$server" = "%s" ] || exit 1\nprintf %s\n' "$closed" \
  "'{\"ServerURL\":\"$closed\",\"Username\":\"alice\",\"Secret\":\"s3cret-pw\"}'" >"$T/bin/docker-credential-lab"
chmod 755 "$T/bin/docker-credential-lab"
config "{\"credHelpers\":{\"$closed\":\"lab\"}}"
PATH=$T/bin:$PATH
state pinned 'its registry has it' 'a credential helper'
works 'a credential helper'

# Another machine's ---------------------------------------------------------------------------------------------------------
# manifest TAG TYPE FILE: puts it into the open registry.
manifest() { curl --disable --silent --fail --max-time 20 --request PUT --header "Content-Type: $2" --data-binary "@$3" "http://$open/v2/lab/app/manifests/$1" >/dev/null || bail "no manifest $1"; }
v2=application/vnd.docker.distribution.manifest.v2+json
curl --disable --silent --fail --max-time 20 --header "Accept: $v2" "http://$open/v2/lab/app/manifests/1" >"$T/manifest"
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s","size":%s,"digest":"sha256:%s","platform":{"os":"linux","architecture":"s390x"}}]}' \
  application/vnd.docker.distribution.manifest.list.v2+json "$v2" "$(stat -c %s "$T/manifest")" "$(sha256sum "$T/manifest" | cut -d' ' -f1)" >"$T/list"
manifest others application/vnd.docker.distribution.manifest.list.v2+json "$T/list"
pinned others "$open/lab/app:others"
refused "not made for this machine.s processor" 'an image for other processors'
# The same image under a configuration that says s390x.
python3 - "http://$open" "$T" <<'PYTHON' || bail 'the image for another machine can not be made'
import hashlib, json, sys, urllib.request
base, folder = sys.argv[1:]
manifest = json.load(open(folder + "/manifest"))
config = json.load(urllib.request.urlopen(base + "/v2/lab/app/blobs/" + manifest["config"]["digest"], timeout=20))
config["architecture"] = "s390x"
blob = json.dumps(config).encode()
digest = "sha256:" + hashlib.sha256(blob).hexdigest()
start = urllib.request.urlopen(urllib.request.Request(base + "/v2/lab/app/blobs/uploads/", b"", method="POST"), timeout=20)
where = start.headers["Location"]
urllib.request.urlopen(urllib.request.Request(where + "&digest=" + digest, blob, {"Content-Type": "application/octet-stream"}, method="PUT"), timeout=20)
manifest["config"].update(digest=digest, size=len(blob))
json.dump(manifest, open(folder + "/s390x", "w"))
PYTHON
manifest s390x "$v2" "$T/s390x"
pinned alone "$open/lab/app:s390x"
berth start "$NAME"
like "$ERR" 'made for s390x processors, the engine.s machine has' 'one for another processor alone: a warning'
[ "$STATUS" != 0 ] || berth stop "$(own alone)-main"
is "$(leftovers)" '' 'one for another processor alone: nothing is left'

# Down, and secrets ----------------------------------------------------------------------------------------------------------
pinned down "127.0.0.1:9/lab/app:1"
state pinned 'not known.*127.0.0.1:9' 'a registry that is down'
refused '127.0.0.1:9.*refused' 'a registry that is down'
is "$(grep -rlE 's3cret-pw|wrong-pw' "$XDG_STATE_HOME" "$XDG_CACHE_HOME" "$XDG_CONFIG_HOME" "$HOME/berth" 2>/dev/null)" '' 'no password is kept anywhere'
done_testing
