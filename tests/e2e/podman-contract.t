#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The contract of the engine port, kept by Podman: its real service at a socket of this test's own, with its storage and its
# network beside the machine's. The cases are those of tests/contract/engine*.c, from beside the program under test.
E2E_NEEDS=engine # a network of its own
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
contract=$(dirname "$BERTH")/tests/contract/test-engine
[ -x "$contract" ] || bail "$contract is not there: 'make check TESTS=' builds it"
have podman || bail "podman is not installed; './bootstrap check' installs it"

# The limits that this process has: more may be refused here. runc: crun wants one kind of cgroups only.
cat >"$T/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=1000:1000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
export CONTAINERS_CONF=$T/containers.conf
background podman podman --root "$T/pod" --runroot "$T/pod-run" --tmpdir "$T/pod-tmp" --storage-driver vfs \
  system service --time 0 "unix://$T/podman.sock"
service=$PID

# What containers have mounted is in the way of removing the storage.
end_podman() {
  kill "$service" 2>/dev/null
  wait "$service" 2>/dev/null
  findmnt -rno TARGET | grep -F "$T/pod" | sort -r | while IFS= read -r at; do umount -l "$at"; done
}
trap 'status=$?; end_podman; (exit "$status"); e2e_cleanup' EXIT

answers() { [ "$(curl -s --max-time 5 --unix-socket "$T/podman.sock" http://engine/_ping)" = OK ]; }
wait_ok 30 "Podman's service answers" answers
version=$(curl -s --unix-socket "$T/podman.sock" http://engine/version | json 'd["Version"]')
like "$version" '^[0-9]+\.' "it is Podman $version"

STATUS=0
BERTH_TEST_ENGINE=unix://$T/podman.sock CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 420 "$contract" >"$T/contract" 2>&1 || STATUS=$?
# Its test points are ours, numbered on.
while IFS= read -r line; do
  case $line in
    'ok '[0-9]*' - '*) ok "${line#ok * - }" true ;;
    'not ok '[0-9]*' - '*) ok "${line#not ok * - }" false ;;
    '#'* | *ERROR*) diag "$line" ;;
  esac
done <"$T/contract"
is "$STATUS" 0 'all of it' || diag "$(tail -n 5 "$T/contract")"
done_testing
