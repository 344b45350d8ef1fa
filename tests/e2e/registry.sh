# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A real registry for end-to-end tests: Debian's docker-registry. Read after lib.sh.

# registry_program: where it is. './bootstrap check' gets it.
registry_program() {
  local program
  for program in "${DOCKER_REGISTRY:-}" "$(command -v docker-registry)" "${BERTH_TOOLS:-}/usr/bin/docker-registry"; do
    if [ -n "$program" ] && [ -x "$program" ]; then
      printf '%s\n' "$program"
      return
    fi
  done
  return 1
}
[ -n "$(registry_program)" ] || bail "docker-registry is not there: './bootstrap check' gets it; or install Debian's package, or set DOCKER_REGISTRY"

# registry_start NAME [HTPASSWD]: leaves its host and port in REGISTRY, serves until the test ends.
registry_start() {
  local port
  port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
  REGISTRY=127.0.0.1:$port
  mkdir -p "$T/$1"
  {
    printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: "%s"}, delete: {enabled: true}}\n' "$T/$1/data"
    printf 'http: {addr: "%s", secret: test}\n' "$REGISTRY"
    [ -z "${2:-}" ] || printf 'auth: {htpasswd: {realm: test, path: "%s"}}\n' "$2"
  } >"$T/$1/config.yml"
  background "registry-$1" "$(registry_program)" serve "$T/$1/config.yml"
  wait_for 20 registry_answers || bail "docker-registry does not answer: $(cat "$T/registry-$1.err")"
}
registry_answers() { [[ $(curl --disable --silent --output "$T/registry.answer" --write-out '%{http_code}' --max-time 5 "http://$REGISTRY/v2/") =~ ^(200|401)$ ]]; }
