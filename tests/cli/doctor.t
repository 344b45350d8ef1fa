#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The doctor without an engine: what it finds, what it says to do, that it ends in time, and that it shows no secret.
BERTH=${BERTH:-${abs_top_builddir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}/berth}
. "${abs_top_srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}/tests/e2e/lib.sh"

export DOCKER_HOST=unix://$T/no-engine.sock DOCKER_CONFIG=$T/docker
mkdir -p "$XDG_CONFIG_HOME/berth" "$DOCKER_CONFIG"
config=$XDG_CONFIG_HOME/berth/config
levels() { json '[c["what"] for c in d if c["subject"] == a[0] and c["level"] == a[1]]' "$1" "$2" <<<"$OUT"; }

# ---- no engine, nothing else wrong ----
berth doctor --json
is "$STATUS" 1 'without an engine: a problem, and the exit code says so'
like "$(levels engine problem)" 'no-engine.sock' 'it names the address'
isnt "$(json '[c["fix"] for c in d if c["subject"] == "engine"][0]' <<<"$OUT")" null 'and what to do'
like "$(levels config ok)" 'every setting has its default' 'no configuration is no problem'
like "$(levels folders ok)" 'state' 'the folders are fine'
is "$(json 'sorted(set(c["level"] for c in d))' <<<"$OUT")" '["ok", "problem"]' 'nothing else is'
berth doctor
like "$OUT" '^level	subject' 'a pipe gets tab-separated text'
like "$ERR" '1 problem' 'and the sum'

# ---- configuration and folders ----
printf '[ui]\n\ttheem = dark\n[start]\n\tmemory = lots\n' >"$config"
chmod 777 "$XDG_STATE_HOME" && mkdir -p "$XDG_STATE_HOME/berth" && chmod 777 "$XDG_STATE_HOME/berth"
berth doctor --json
like "$(levels config problem)" 'config:2.*theem' 'a wrong line is named by file and number'
like "$(levels folders warning)" 'others may write' 'a folder that others may write'
chmod 700 "$XDG_STATE_HOME/berth"
mv "$XDG_CACHE_HOME" "$T/cache.kept" && : >"$XDG_CACHE_HOME"
berth doctor --json
like "$(levels folders problem)" 'is no folder' 'a file in the place of a folder'
rm "$XDG_CACHE_HOME" && mv "$T/cache.kept" "$XDG_CACHE_HOME"
printf '[forge "local"]\n\tfolder = %s/gone\n' "$T" >"$config"
berth doctor --json
like "$(levels projects warning)" 'gone is not there' 'a folder of repositories that is gone'

# ---- hosts that are not there, and one that never answers ----
background silent python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(8)
open(sys.argv[1], "w").write(str(s.getsockname()[1])); time.sleep(120)' "$T/port"
wait_for 10 test -s "$T/port" || bail 'no server'
cat >"$config" <<EOF
[forge "nowhere"]
	type = gitlab
	url = https://no-such-host.invalid
	token = glpat-not-to-be-seen
[forge "silent"]
	type = gitlab
	url = http://127.0.0.1:$(cat "$T/port")
	token-command = echo glpat-also-not
[forge "asks"]
	type = gitlab
	url = http://127.0.0.1:9
	token-command = sleep 100
EOF
chmod 600 "$config"
begun=$SECONDS
RUN_LIMIT=60 berth doctor --json
ok 'a host that never answers does not hold it up' test $((SECONDS - begun)) -lt $((25 * E2E_PATIENCE / 4))
is "$STATUS" 1 'it is a problem'
hosts=$(levels host problem)
like "$hosts" 'no-such-host.invalid' 'a name that nobody knows'
like "$hosts" 'silent: ' 'a host that does not answer'
like "$hosts" 'asks: ' 'a host that nobody listens for'
unlike "$OUT$ERR" 'glpat-' 'no token is shown'

# ---- registries ----
printf '{"auths": {"127.0.0.1:9": {"auth": "dXNlcjpzZWNyZXQtd29yZA=="}}, "credHelpers": {"registry.example": "no-such-helper"}}' >"$DOCKER_CONFIG/config.json"
: >"$config"
berth doctor --json
like "$(levels registry warning)" 'registry.example.*docker-credential-no-such-helper' 'a helper that is not installed'
like "$(levels registry problem)" '127.0.0.1:9' 'a registry that does not answer'
unlike "$OUT$ERR" 'secret-word|dXNlcj' 'and no password is shown'
printf '{"auths": ' >"$DOCKER_CONFIG/config.json"
berth doctor --json
like "$(levels registry problem)" 'config.json' "Docker's own file is broken"
rm "$DOCKER_CONFIG/config.json"

# ---- the terminal ----
term_start 100x40 env LC_ALL=C TERM=no-such-terminal "$BERTH" doctor
term_ok 20 'no description of the terminal no-such-terminal' 'a terminal that nobody described'
term_ok 5 'x problem' 'in ASCII where the locale asks for it'
term_ok 20 'exit status 1' 'and it ends'
term_end
done_testing
