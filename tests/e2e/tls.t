#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An engine at tcp:// with TLS: a session on it, and what makes one side or the other refuse, in a sentence each.
E2E_NEEDS=engine
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tiny web 'EXPOSE 8080' 'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]'
name=$(own web)
pin "$(project "$name")" "$IMAGE"
C=$T/tls
mkdir -p "$C"

# authority NAME: a CA. certificate CA NAME DAYS ALT-NAME: signed by it, for servers and clients.
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$1" -keyout "$C/$1.key" -out "$C/$1.pem" 2>/dev/null
}
certificate() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" -keyout "$C/$2.key" -out "$C/$2.csr" 2>/dev/null &&
    printf 'subjectAltName = %s\nextendedKeyUsage = serverAuth, clientAuth\n' "$4" >"$C/$2.ext" &&
    openssl x509 -req -in "$C/$2.csr" -CA "$C/$1.pem" -CAkey "$C/$1.key" -CAcreateserial -days "$3" -extfile "$C/$2.ext" -out "$C/$2.pem" 2>/dev/null
}
for ca in ours theirs; do authority "$ca" || bail "openssl makes no certificates"; done
certificate ours server 30 IP:127.0.0.1
certificate ours expired -1 IP:127.0.0.1
certificate ours elsewhere 30 DNS:engine.example.org
certificate ours client 30 DNS:client
certificate theirs stranger 30 DNS:client

# with DIRECTORY CA [CERTIFICATE]: what berth is given.
with() {
  rm -rf "${C:?}/$1"
  mkdir "$C/$1"
  cp "$C/$2.pem" "$C/$1/ca.pem"
  [ -z "${3:-}" ] || { cp "$C/$3.pem" "$C/$1/cert.pem" && cp "$C/$3.key" "$C/$1/key.pem"; }
  export DOCKER_CERT_PATH=$C/$1
}
says() {
  berth sessions
  is "$STATUS" 5 "$2: exit status 5" || diag "$ERR"
  like "$ERR" "$1" "$2: and why"
  is "$(wc -l <<<"$ERR")" 1 "$2: in one line" || diag "$ERR"
}

E2E_ENGINE_OPTIONS=(--host tcp://127.0.0.1:2376 --tlsverify --tlscacert "$C/ours.pem" --tlscert "$C/server.pem" --tlskey "$C/server.key")
engine_start ''
ok 'the image is there' engine_copy "$IMAGE"
own_socket=$ENGINE_HOST
export DOCKER_HOST=tcp://127.0.0.1:2376 DOCKER_TLS_VERIFY=1

with good ours client
berth start "$name" --json
is "$STATUS" 0 'a session starts over TLS' || diag "$ERR"
session=$(json 'd["name"]' <<<"$OUT")
address=$(json 'd["address"]' <<<"$OUT")
is "$(http_code "$address/")" 200 'it answers'
berth logs "$session"
is "$STATUS" 0 'its log is read over TLS' || diag "$ERR"
berth stop "$session" --force
is "$STATUS" 0 'and it is stopped' || diag "$ERR"

with bare ours
says 'client certificate' 'no client certificate'
with stranger ours stranger
says 'refuses? the client certificate|wants a client certificate' 'a client certificate that others signed'
with wrong theirs client
says 'nobody that this machine trusts|signed by itself or' 'a CA that did not sign the engine'\''s certificate'
with good ours client
impostor() { # CERTIFICATE: another server at another port
  background impostor openssl s_server -accept 127.0.0.1:2377 -cert "$C/$1.pem" -key "$C/$1.key" -quiet
  impostor=$PID
  wait_for 10 python3 -c 'import socket; socket.create_connection(("127.0.0.1", 2377), 2)' || bail "openssl s_server does not listen"
}
export DOCKER_HOST=tcp://127.0.0.1:2377
impostor expired
says 'has expired' 'an engine whose certificate has expired'
stop_process "$impostor"
impostor elsewhere
says 'for another name' 'an engine whose certificate names another'
stop_process "$impostor"
export DOCKER_HOST=tcp://127.0.0.1:2376
unset DOCKER_TLS_VERIFY DOCKER_CERT_PATH
says 'HTTPS|TLS' 'no TLS at all'
engine_use "$own_socket"
is "$(leftovers)" '' 'nothing is left'
done_testing
