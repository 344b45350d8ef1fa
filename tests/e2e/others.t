#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two people on one engine: each sees and touches what is theirs; who looks after the engine sees all and can tell whose each is, reads
# logs, stops, exports and discards, and nothing that only its owner can do; a stop keeps the workspace, and never saves somebody's work
# to another's project of the same name.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ "$(id -u)" -eq 0 ] || bail 'this test is two people: run it as root'
me=$(id -un)
tiny both 'CMD ["sh", "-c", "echo hello from inside; while true; do sleep 1; done"]'
name=$(own both)
mine=$(project "$name")
pin "$mine" "$IMAGE"

# The other person has a home, a repository of the same name, and the engine through a socket that they may use.
chmod 711 "$T"
gate_start
chmod 711 "$T/g" && chmod 666 "$T/g/s"
other=$T/other
mkdir "$other" "$other/run" "$T/bin"
cp "$BERTH" "$T/bin/berth" && chmod 755 "$T/bin" "$T/bin/berth"
mkdir -p "$other/berth"
git -c init.defaultBranch=main init --quiet "$other/berth/$name"
pin "$other/berth/$name" "$IMAGE"
commit "$other/berth/$name" 'Another one of that name' >/dev/null
chown -R nobody "$other"
as_other() { # run as them
  run setpriv --reuid=nobody --regid=nogroup --clear-groups env -u XDG_CONFIG_HOME -u XDG_CACHE_HOME -u XDG_STATE_HOME -u XDG_DATA_HOME \
    HOME="$other" XDG_RUNTIME_DIR="$other/run" sh -c 'cd && exec "$@"' sh "$T/bin/berth" "$@"
}
end_others() { local pid; for pid in $(pgrep -u nobody -x berth); do grep -qsz "^HOME=$other$" "/proc/$pid/environ" && stop_process "$pid"; done; }
trap 'status=$?; end_others; (exit "$status"); e2e_cleanup' EXIT

theirs=$(own theirs)
ours=$(own ours)
as_other start "$name" --environment shell --name "$theirs" --json
is "$STATUS" 0 'another person starts a session' || diag "$ERR"
container=$(json 'd["container"]' <<<"$OUT")
volume=$(json 'd["volume"]' <<<"$OUT")
berth start "$name" --environment shell --name "$ours" --json
is "$STATUS" 0 'and so do we' || diag "$ERR"
run_in "$container" "echo precious >\$(find / -type d -name $name -path '*/work/*' | head -n 1)/precious.txt"

run_in "$container" 'echo hello from inside >/proc/1/fd/1'

# Each sees their own ------------------------------------------------------------------------------------------------------
named() { json '" ".join(sorted(s["name"].rsplit("-", 1)[0] for s in d if s["name"] in a))' "$theirs" "$ours" <<<"$OUT"; }
berth sessions --json
is "$(named)" ours 'we see ours'
as_other sessions --json
is "$(named)" theirs 'they see theirs'
berth sessions --all --json
is "$(named)" 'ours theirs' 'with --all both are there'
is "$(json '" ".join(s["owner"] for n in a for s in d if s["name"] == n)' "$theirs" "$ours" <<<"$OUT")" "nobody $me" 'with whose each is'
berth sessions --all
like "$OUT" "OWNER|$theirs.nobody" 'also in the table'
like "$(grep "$ours" <<<"$OUT")" "$me" 'each with its owner'
berth sessions
unlike "$OUT" 'OWNER|nobody' 'which is not there otherwise'

# What is theirs alone --------------------------------------------------------------------------------------------------------
before=$(git -C "$mine" for-each-ref)
for what in connect save pull resume extend stop pause logs export; do
  berth "$what" "$theirs"
  is "$STATUS" 4 "$what: not allowed"
  like "$ERR" "$theirs is somebody else's session.*--all" "$what: why, and how it is listed"
done
for what in save pull resume extend connect; do
  berth "$what" "$theirs" --all
  is "$STATUS" 2 "$what has no --all"
done
berth start "$name" --environment shell --new --name "$theirs"
is "$STATUS" 6 'their name is taken'
is "$(git -C "$mine" for-each-ref)" "$before" 'nothing of it came to our repository'

# What who looks after the engine can do ------------------------------------------------------------------------------------
berth logs "$theirs" --all
is "$STATUS" 0 'their log is read' || diag "$ERR"
like "$OUT" 'hello from inside' 'with what is in it'
berth export "$theirs" --all --output "$T/theirs.tar"
is "$STATUS" 0 'their workspace is exported' || diag "$ERR"
like "$(tar -tf "$T/theirs.tar")" 'precious.txt' 'with what is in it'

term_start 120x40 "$BERTH"
term_ok 20 "$name" 'the dashboard'
term_keys 4
term_ok 20 "${ours:0:12}" 'shows ours'
nok 'and not theirs' term_shows "nobody: ${theirs:0:6}"
term_keys A
term_ok 20 "nobody: ${theirs:0:6}" 'A shows theirs, with whose it is'
term_keys / && term_type "nobody" && term_keys Enter
term_ok 10 'Owner +nobody' 'and beside it'
term_keys c
term_ok 10 "somebody else's session" 'to connect to it is refused'
term_keys s
term_ok 10 "somebody else's session" 'so is to save it'
term_keys d
term_ok 20 "Stop $theirs of nobody\\?" 'a stop names whose it is'
nok 'and does not offer to save' term_shows 'Save, stop'
term_ok 1 'Only stop' 'only to stop it'
term_keys Enter
question_gone() { ! term_shows 'Only stop'; }
wait_ok 10 'nothing is done by default' question_gone
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end

berth stop --all
like "$STATUS $ERR" '^2 .*name one' 'stop --all alone stops nobody'
berth stop "$theirs" --all
is "$STATUS" 0 'their session is stopped' || diag "$ERR"
like "$ERR" "$theirs is a session of nobody: it is only stopped, and its workspace is kept" 'its workspace is kept, and that is said'
is "$(git -C "$mine" for-each-ref)" "$before" 'nothing of their work is in our repository'
as_other sessions --json
is "$(json '[s["state"] for s in d if s["name"] == a[0]][0]' "$theirs" <<<"$OUT")" stopped 'they see that it is stopped'
as_other resume "$theirs"
is "$STATUS" 0 'they go on with it' || diag "$ERR"
container=$(json '[s["container"] for s in d if s["name"] == a[0]][0]' "$theirs" <<<"$(as_other sessions --json; printf '%s' "$OUT")")
as_other save "$theirs"
is "$STATUS" 0 'they save it' || diag "$ERR"
like "$(git -c safe.directory='*' -C "$other/berth/$name" for-each-ref)" 'renku/autosave/nobody/main/' 'in their own repository'
berth stop "$theirs" --all --keep
is "$STATUS" 0 'stopped once more'
berth discard "$theirs" --all
is "$STATUS" 130 'to discard it is asked for by name'
ok 'and nothing is lost' engine_call GET "/volumes/$volume"
berth discard "$theirs" --all --yes
is "$STATUS" 0 'with a yes it is discarded' || diag "$ERR"
is "$(volumes "io.berth.session=$theirs")$(containers "io.berth.session=$theirs")" '' 'all of it'

# One session is there, and it is not ours
as_other start "$name" --environment shell --name "$theirs"
is "$STATUS" 0 'they start another one' || diag "$ERR"
berth stop "$ours" --force
is "$STATUS" 0 'ours is stopped'
as_other stop "$theirs" --force
is "$STATUS" 0 'theirs is stopped by themselves' || diag "$ERR"
is "$(leftovers)" '' 'nothing is left'
done_testing
