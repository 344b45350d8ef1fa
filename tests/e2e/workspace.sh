# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# For tests of saved work, read after lib.sh: the workspace of the session in $container, at $place, is taken to $w, changed there by this
# machine's git, and given back. The image needs busybox at /bin/busybox, and no git.

w=$T/w
owner=0 group=0

# take: the workspace as it is, in $w. give: the workspace is as $w.
# shellcheck disable=SC2154 # container, place: the test sets them
take() {
  rm -rf "$w" && mkdir "$w" && engine_call GET "/containers/$container/archive?path=$(urlencode "$place")" | tar -xC "$w" --strip-components=1 &&
    owner=$(stat -c %u "$w") && group=$(stat -c %g "$w")
}
give() {
  engine_call POST "/containers/$container/exec" --header 'Content-Type: application/json' \
    --data "{\"Cmd\":[\"sh\",\"-c\",\"cd '$place' && /bin/busybox rm -rf -- ..?* .[!.]* *\"],\"AttachStdout\":true}" | json 'd["Id"]' >"$T/exec"
  engine_call POST "/exec/$(cat "$T/exec")/start" --header 'Content-Type: application/json' --data '{"Detach":false}' --output /dev/null
  tar -C "$w" --owner="$owner" --group="$group" -c . | engine_call PUT "/containers/$container/archive?path=$(urlencode "$place")" --header 'Content-Type: application/x-tar' --upload-file - >/dev/null
}
in_w() { git -c safe.directory='*' -c commit.gpgSign=false -C "$w" "$@"; }

# state: every byte of HEAD, the index, the references and the files, which no save may change.
state() {
  engine_call GET "/containers/$container/archive?path=$(urlencode "$place")" | python3 -c '
import hashlib, sys, tarfile
t = tarfile.open(fileobj=sys.stdin.buffer, mode="r|")
print("\n".join(sorted(repr((m.name, m.type, m.mode, m.uid, m.mtime, m.linkname, hashlib.sha256(t.extractfile(m).read()).hexdigest() if m.isreg() else "")) for m in t)))'
}
