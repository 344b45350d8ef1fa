#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An engine behind ssh: a session on it, and what keeps ssh or the engine behind it from answering, in a sentence each.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tiny web 'EXPOSE 8080' 'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]'
name=$(own web)
pin "$(project "$name")" "$IMAGE"

sshd=$(command -v sshd) || bail "sshd is not installed: 'apt-get install openssh-server' provides it"
socket=${ENGINE_HOST#unix://}
me=$(id -un)
mkdir -p "$T/ssh" /run/sshd
for key in host other_host user other_user; do ssh-keygen -q -t ed25519 -N '' -f "$T/ssh/$key"; done
cat "$T/ssh/user.pub" >"$T/ssh/authorized_keys"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

# server [OPTION...]: an ssh server on that port, on loopback.
server() {
  {
    printf '%s\n' "Port $port" 'ListenAddress 127.0.0.1' "HostKey $T/ssh/${HOST_KEY:-host}" "AuthorizedKeysFile $T/ssh/authorized_keys" \
      "PidFile $T/ssh/pid" 'StrictModes no' 'UsePAM no' 'PasswordAuthentication yes' 'PermitRootLogin yes'
    printf '%s\n' "$@"
  } >"$T/ssh/sshd_config"
  background sshd "$sshd" -D -e -f "$T/ssh/sshd_config"
  server=$PID
  wait_for 10 grep -q listening "$T/sshd.out" || bail "sshd did not start: $(cat "$T/sshd.out")"
}

# ssh reads the home of the password file, not \$HOME: what it shall know comes in front.
mkdir -p "$T/bin"
printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$T/ssh/config" >"$T/bin/ssh"
chmod 755 "$T/bin/ssh"
export PATH=$T/bin:$PATH
printf 'UserKnownHostsFile %s\nGlobalKnownHostsFile /dev/null\nIdentityFile %s\nIdentitiesOnly yes\n' "$T/ssh/known" "$T/ssh/user" >"$T/ssh/config"
knows() { printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$T/ssh/$1.pub")" >"$T/ssh/known"; }
knows host

# tunnels: processes of ssh and folders that this test's berth left.
tunnels() {
  pgrep -f -- "$T/ssh/config" || true
  find "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME" -name 'ssh-*' 2>/dev/null
}
none_left() { [ -z "$(tunnels)" ]; }
local_engine=$DOCKER_HOST
by_ssh=ssh://$me@127.0.0.1:$port$socket
[ "$socket" != /var/run/docker.sock ] || by_ssh=ssh://$me@127.0.0.1:$port

# says STATUS REGEX TITLE: what `berth sessions` says of the engine at DOCKER_HOST.
says() {
  berth sessions
  is "$STATUS" "$1" "$3: exit status $1" || diag "$ERR"
  like "$ERR" "$2" "$3: and why"
  is "$(wc -l <<<"$ERR")" 1 "$3: in one line" || diag "$ERR"
  unlike "$ERR" '[Pp]assword:|\(yes/no' "$3: nothing is asked"
}

server
export DOCKER_HOST=$by_ssh
berth start "$name" --json
is "$STATUS" 0 'a session starts on the engine behind ssh' || diag "$ERR"
session=$(json 'd["name"]' <<<"$OUT")
berth sessions --json
is "$(json "[s['state'] for s in d if s['name'] == '$session']" <<<"$OUT")" '["running"]' 'it is listed'
berth connect "$session"
like "$ERR" "ssh -N -L [0-9]+:127\.0\.0\.1:[0-9]+ ssh://$me@127\.0\.0\.1:$port" 'connect says how its port is reached'
berth stop "$session" --force
is "$STATUS" 0 'it is stopped' || diag "$ERR"
wait_ok 10 'no tunnel outlives its berth' none_left

# Killed, berth leaves no ssh behind either.
background list "$BERTH" start "$name" --new --name "$(own killed)"
wait_for 30 grep -q 'get image\|make workspace' "$T/list.out"
kill -KILL "$PID"
no_ssh() { ! pgrep -f -- "$T/ssh/config" >/dev/null; }
wait_ok 30 'killed: its ssh ends with it' no_ssh
swept() {
  timeout 60 "$BERTH" sessions >/dev/null 2>&1
  [ -z "$(leftovers)" ]
}
wait_ok 30 'and what it was making goes with the next berth' swept

DOCKER_HOST=ssh://$me@127.0.0.1:$port/nowhere/docker.sock says 5 'finds no engine there' 'no engine at that socket'
printf 'UserKnownHostsFile %s\nGlobalKnownHostsFile /dev/null\nIdentityFile %s\nIdentitiesOnly yes\n' "$T/ssh/known" "$T/ssh/other_user" >"$T/ssh/config"
says 4 'refuses the login' 'a key that is not known there'
printf 'UserKnownHostsFile %s\nGlobalKnownHostsFile /dev/null\nIdentityFile %s\nIdentitiesOnly yes\n' "$T/ssh/known" "$T/ssh/user" >"$T/ssh/config"
: >"$T/ssh/known"
says 5 'host key of 127\.0\.0\.1 is not known' 'a host that is not known'
knows other_host
says 5 'is not the one that was accepted' 'a host whose key has changed'
knows host
stop_process "$server"
says 5 'no ssh server listens' 'no ssh server'
server 'AllowStreamLocalForwarding no'
says 5 'finds no engine there.*AllowStreamLocalForwarding' 'a server that forwards nothing'
stop_process "$server"
DOCKER_HOST=ssh://$me:secret@127.0.0.1:$port says 7 'no engine.s address by ssh' 'a password in the address'
unlike "$ERR" secret 'which is not shown'
export DOCKER_HOST=$local_engine
wait_ok 10 'no ssh is left' no_ssh
is "$(leftovers)" '' 'nothing is left'
done_testing
