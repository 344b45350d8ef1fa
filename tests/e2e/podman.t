#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where no engine answers and podman is there, berth starts its service, once, and says what podman says when it can't. The podman here is
# a stand-in: it takes the same words, and what it serves is the engine of this machine, whose own socket is hidden from this test.
if [ -z "${E2E_HIDDEN:-}" ]; then
  [ "$(id -u)" -eq 0 ] || { printf 'Bail out! hiding the engine needs root: run this test as root\n' && exit 1; }
  E2E_HIDDEN=yes exec unshare --mount -- bash "$0" "$@"
fi
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
engine_need
real=${ENGINE_HOST#unix://}
[ "$real" != "$ENGINE_HOST" ] || bail "the engine is not at a socket: $ENGINE_HOST"
touch "$T/real"
mount --bind "$real" "$T/real"
for socket in /var/run/docker.sock /run/podman/podman.sock; do
  [ ! -e "$socket" ] || mount --bind /dev/null "$socket"
done
unset DOCKER_HOST
export E2E_REAL=$T/real

STATUS=0
PATH=$T/nothing "$BERTH" sessions >/dev/null 2>"$T/none" || STATUS=$?
ERR=$(cat "$T/none")
isnt "$STATUS" 0 'no engine and no podman'
like "$ERR" 'No container engine found' 'is said'

mkdir "$T/bin" "$T/g"
cat >"$T/bin/podman" <<PODMAN
#!/bin/sh
[ -n "\$E2E_REAL" ] || exit 1
echo "\$*" >>"$T/asked"
[ ! -e "$T/broken" ] || { echo 'time="now" level=info'; echo 'Error: overlay is not supported over xfs' >&2; exit 125; }
exec "$E2E_DIR/gate" "\${5#unix://}" "$T/real" "$T/g"
PODMAN
chmod 755 "$T/bin/podman"
PATH=$T/bin:$PATH

touch "$T/broken"
berth sessions
isnt "$STATUS" 0 'a podman that fails'
like "$ERR" 'Podman.s service could not be started.*overlay is not supported' 'is said in its own words'
rm "$T/broken" "$T/asked"

background one "$BERTH" sessions --json
one=$PID
berth sessions --json
is "$STATUS" 0 'the service is started' || diag "$ERR"
wait "$one"
is "$?" 0 'for two berths at once' || diag "$(cat "$T/one.out")"
is "$(cat "$T/asked")" "system service --time 600 unix://$XDG_RUNTIME_DIR/berth/podman.sock" 'once, to end by itself when it is not used'
is "$(stat -c %a "$XDG_RUNTIME_DIR/berth")" 700 'where nobody else can reach it'
berth sessions
is "$STATUS" 0 'a later berth finds it'
is "$(wc -l <"$T/asked")" 1 'and starts no other'
service=$(pgrep -f "gate $XDG_RUNTIME_DIR/berth/podman.sock")
kill "$service"
wait_ok 10 'it has ended' bash -c '! kill -0 "$1" 2>/dev/null' - "$service"
berth sessions
is "$STATUS" 0 'then it is started again' || diag "$ERR"
is "$(wc -l <"$T/asked")" 2 'once'
DOCKER_HOST=unix://$T/nothing berth sessions
isnt "$STATUS" 0 'an engine that is named is not replaced'
like "$ERR" "$T/nothing" 'but named'
kill "$(pgrep -f "gate $XDG_RUNTIME_DIR/berth/podman.sock")"
export DOCKER_HOST=unix://$T/real # for the clean-up
done_testing
