#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Tokens that end and are renewed: the token-command is run once more, what was refused is asked again, and what came of it is said;
# a token-command that takes its time is waited for by a build as well.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=standin.sh
. "$E2E_DIR/standin.sh"

standin_start
ran() { wc -l <"$T/ran"; }

printf 'glpat-one\n' >"$T/token"
: >"$T/ran"
cat >"$T/command" <<END
#!/bin/sh
echo ran >>"$T/ran"
if test -e "$T/slow" && grep -q build-worker /proc/\$PPID/cmdline; then sleep 14; fi
cat "$T/token"
END
chmod +x "$T/command"
tell tokens '{"value": "glpat-one", "user": "zoe", "scopes": ["api", "write_repository", "read_registry"]}'
mkdir -p "$XDG_CONFIG_HOME/berth"
printf '[forge "lab"]\n\ttype = gitlab\n\turl = %s\n\ttoken-command = %s\n' "$url" "$T/command" >"$XDG_CONFIG_HOME/berth/config"

berth projects --json
like "$OUT" 'lab/air/flights' 'a token-command gives the token'
is "$(ran)" 1 'it is run once'

# Revoked while the dashboard runs ------------------------------------------------------------------------------------
term_start 120x40 "$BERTH"
term_ok 20 'flights.*lab' 'the dashboard lists the host'
tell tokens '{"value": "glpat-two", "user": "zoe", "scopes": ["api", "write_repository", "read_registry"]}'
tell tokens '{"value": "glpat-one", "user": "zoe", "revoked": true}'
printf 'glpat-two\n' >"$T/token"
: >"$T/ran"
tell counts/reset '{}'
term_keys r
term_ok 20 'token was refused; token-command has a new one' 'a token that was revoked: the command is run again, and that is said'
wait_ok 20 'and what was refused is asked once more, with the new one' eval '[ "$(asked "len([e for e in d[\"log\"] if \"/projects?\" in e[\"target\"] and e[\"status\"] in (200, 304)])")" -ge 1 ]'
is "$(ran)" 1 'the command was run once'
is "$(asked 'max([sum(1 for f in d["log"] if f["target"] == e["target"] and f["status"] == 401) for e in d["log"]])')" 1 'and nothing was refused twice'

# And once more, with nothing better ------------------------------------------------------------------------------------
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end
tell tokens '{"value": "glpat-two", "user": "zoe", "revoked": true}'
: >"$T/ran"
berth projects
is "$(ran)" 2 'a command that gives the same token again is run twice, not for ever'
like "$ERR" 'lab: .*[Tt]oken' 'and the error is said'
unlike "$ERR$OUT" 'glpat' 'without the token'

# A command that takes its time ------------------------------------------------------------------------------------------
tell tokens '{"value": "glpat-three", "user": "zoe", "scopes": ["api", "write_repository", "read_registry"]}'
printf 'glpat-three\n' >"$T/token"
git clone --quiet "${url/:\/\//:\/\/zoe:glpat-three@}/lab/air/flights.git" "$T/clone" 2>"$T/git.err" || bail "no clone: $(cat "$T/git.err")"
printf 'FROM scratch\nCOPY README.md /\n' >"$T/clone/Dockerfile"
git -C "$T/clone" -c user.name=Z -c user.email=z@example.org commit --quiet --all -m 'Build anywhere'
git -C "$T/clone" push --quiet origin HEAD:here 2>>"$T/git.err" || bail "no push: $(cat "$T/git.err")"
sha=$(git -C "$T/clone" rev-parse HEAD)
E2E_IMAGES+=("berth/lab/air/flights:${sha:0:7}")
: >"$T/slow"
berth build lab/air/flights here
is "$STATUS" 0 'a build waits for a token-command of 14 seconds' || diag "$ERR$OUT"
berth builds --json
like "$OUT" '"done"' 'and is not taken for lost'
berth build --detach lab/air/flights main
wait_for 5 test -s "$T/ran"
berth cancel lab/air/flights main
is "$STATUS" 0 'a build that waits for its token can be canceled' || diag "$ERR"
wait_ok 10 'and is canceled at once' bash -c '"$0" builds --json | grep -q "\"canceled\""' "$BERTH"
done_testing
