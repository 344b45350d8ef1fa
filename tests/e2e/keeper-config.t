#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A host and a folder that come into the configuration while a keeper runs are known to the keeper that goes on: it gives git in such a
# session its login, saves its work, and stops it when it is idle. What does not concern it changes nothing.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=standin.sh
. "$E2E_DIR/standin.sh"
# shellcheck source=clock.sh
. "$E2E_DIR/clock.sh"

is_other() { [ -n "$(keeper_pid)" ] && [ "$(keeper_pid)" != "$1" ] && keeper_lives; }

standin_start
tiny bare 'USER 1000'
pin "$(project "$(own first)")" "$IMAGE" 'default_url = shell'
at 0
berth start "$(own first)" --name "$(own first)"
is "$STATUS" 0 'a session of a project of this machine' || diag "$ERR"
wait_ok 20 'a keeper came with it' keeper_lives
first=$(keeper_pid)

# Something else changes ------------------------------------------------------------------------------------------------------
printf '[ui]\n\tmouse = false\n' >"$config"
at 60
wait_ok 60 'a setting of the dashboard changes, and time passes' reached
is "$(keeper_pid)" "$first" 'the keeper goes on'

# A host ------------------------------------------------------------------------------------------------------------------------
standin_config glpat-zoe
wait_ok 20 'a host is configured: another keeper goes on' is_other "$first"
wait_ok 10 'and the first has ended' process_gone "$first"
like "$(cat "$XDG_STATE_HOME/berth/keeper.log")" 'names other hosts or folders: a new keeper' 'which is written down'
second=$(keeper_pid)
at 120
wait_ok 60 'it counts on' reached
project=lab/air/flights
session=$(own host)
berth start $project --image "$IMAGE" --environment shell --name "$session" --idle 2h --json
is "$STATUS" 0 'a session of the host'\''s project' || diag "$ERR"
container=$(json 'd["container"]' <<<"$OUT")
place=$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')
run_in "$container" "echo precious >'$place/precious.txt'"
is "$(keeper_pid)" "$second" 'the same keeper looks after it'
at 1200
wait_ok 120 'a while passes' reached
git clone --quiet --mirror "${url/:\/\//:\/\/zoe:glpat-zoe@}/$project.git" "$T/mirror" 2>"$T/git.err" || bail "no clone: $(cat "$T/git.err")"
precious() {
  local ref
  git -C "$T/mirror" fetch --quiet --prune origin 2>/dev/null
  for ref in $(git -C "$T/mirror" for-each-ref --format='%(refname)' refs/heads/renku); do
    [ "$(git -C "$T/mirror" show "$ref:precious.txt" 2>/dev/null)" != precious ] || return 0
  done
  return 1
}
wait_ok 30 'its work is saved to the host' precious || diag "$(cat "$XDG_STATE_HOME/berth/keeper.log")"

# A folder ----------------------------------------------------------------------------------------------------------------------
mkdir -p "$T/more"
git -c init.defaultBranch=main init --quiet "$T/more/$(own there)"
pin "$T/more/$(own there)" "$IMAGE" 'default_url = shell'
printf '[forge "local"]\n\tfolder = %s\n\tfolder = %s\n' "$HOME/berth" "$T/more" >>"$config"
wait_ok 20 'a folder is configured: another keeper goes on' is_other "$second"
berth start "$(own there)" --name "$(own there)" --idle 2h --json
is "$STATUS" 0 'a session of a project there' || diag "$ERR"
run_in "$(json 'd["container"]' <<<"$OUT")" "echo dear >'$(engine_json "/containers/$(json 'd["container"]' <<<"$OUT")/json" 'd["Config"]["WorkingDir"]')/dear.txt'"
at 10000
gone() { [ -z "$(containers "io.berth.session=$1")$(volumes "io.berth.session=$1")" ]; }
wait_ok 200 'idle for its time it is stopped' gone "$(own there)" || diag "$(cat "$XDG_STATE_HOME/berth/keeper.log")"
ref=$(git -C "$T/more/$(own there)" for-each-ref --format='%(refname)' refs/heads/renku | head -n 1)
is "$(git -C "$T/more/$(own there)" show "$ref:dear.txt")" dear 'with its work saved'
wait_ok 60 'and so is that of the host' gone "$session" || diag "$(cat "$XDG_STATE_HOME/berth/keeper.log")"
ok 'with its work saved' precious

berth stop "$(own first)" --force
is "$(leftovers)" '' 'nothing is left'
wait_ok 30 'the keeper ends with the last session' keeper_gone
nok 'no token in what berth keeps' grep -rqs 'glpat' "$XDG_STATE_HOME" "$XDG_CACHE_HOME"
done_testing
