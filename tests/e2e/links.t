#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Links that start sessions: made by the program, followed by it; asked about where they carry what a stranger may have put there.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

inspect() { engine_json "/containers/berth-$1/json" "$2"; }

tiny link 'CMD ["sh", "-c", "while true; do sleep 1; done"]'
dir=$(project "$(own link)")
pin "$dir" "$IMAGE"
name=$(own l1)
git -C "$dir" branch 'fix/a+b'

berth link "$(own link)" 'fix/a+b' HEAD --memory 96M --name "$name" --env 'A=b c&d'
link=$OUT
like "$link" "^berth://local/$(own link)\?autostart=1&branch=fix/a%2Bb&commit=[0-9a-f]{40}&memory=96M&env%5BA%5D=b%20c%26d&name=$name\$" 'a link'
berth link "$(own link)" gone
is "$STATUS" 3 'not of a branch that is not there'
berth link "$(own link)" --badge
is "$OUT" "[launch - berth](berth://local/$(own link)?autostart=1)" 'a badge'

run "$BERTH" open "$link" </dev/null
is "$STATUS" 2 'variables need a person'
like "$ERR" 'sets 1 environment variable' 'it is said what is odd'
like "$ERR" '\-\-yes confirms' 'and how to confirm it'
berth open "https://nowhere.invalid/projects/a/b/sessions/new?autostart=1" --yes
like "$ERR" 'nowhere.invalid, and that host is not configured' 'a foreign host'
berth open "berth://local/$(own link)?autostart=1&branch=gone" --yes
like "$ERR" 'has no branch gone' 'a branch that is gone'
berth open "berth://local/$(own link)?autostart=1&x=%1b%5d0;evil%07" --dry-run
unlike "$ERR" $'\033' 'nothing of a link moves the terminal'
is "$(leftovers)" '' 'nothing was made by any of them'

berth open "$link" --yes
is "$STATUS" 0 'a link is followed'
like "$(inspect "$name" 'd["Config"]["Env"]')" '"A=b c&d"' 'with its variables'
is "$(inspect "$name" 'd["HostConfig"]["Memory"]')" 100663296 'and options'
is "$(inspect "$name" 'd["Config"]["Labels"]["io.berth.branch"]')" 'fix/a+b' 'on its branch'
berth open "berth://local/$(own link)?autostart=1&branch=fix/a+b"
is "$OUT" "$name" 'a plain link of the branch leads to what runs there'

term_start 100x30 "$BERTH"
term_ok 20 "$name" 'the dashboard knows its sessions'
term_type ':open'
term_ok 5 'that a link asks for' 'the command is found'
term_keys Enter
term_type "berth://local/$(own link)?autostart=1&env[A]=typed&name=$(own l2)"
term_keys Enter
term_ok 20 'Start what the link asks for' 'it asks, too'
term_ok 5 'A=typed' 'showing the variables'
term_keys s
started() { "$BERTH" sessions --columns name 2>/dev/null | grep -qx "$(own l2)"; }
wait_ok 20 'and starts' started
term_keys Q
berth stop "$(own l2)" --force
berth stop "$name" --force
done_testing
