#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The options of a start, from the command line and from renku.ini, reach the container; what can't be is refused before
# anything is made; the form starts with what was typed and offers it again.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

inspect() { engine_json "/containers/berth-$1/json" "$2"; }

tiny opts 'CMD ["sh", "-c", "while true; do sleep 1; done"]'
dir=$(project "$(own opts)")
pin "$dir" "$IMAGE"
name=$(own o1)

berth start "$(own opts)" --env CI_COMMIT_SHA=mine
is "$STATUS" 2 'a variable of the session itself is refused'
like "$ERR" 'CI_COMMIT_SHA is set by the session itself' 'by name'
berth start "$(own opts)" --env "A=1" --env "A=2"
like "$ERR" 'A is set twice' 'the same variable twice, too'
berth start "$(own opts)" --gpus 1
like "$ERR" 'GPU.*none' 'a GPU that the engine does not offer'
berth start "$(own opts)" --memory 9T
like "$ERR" "9T of memory are asked for, but the engine's machine has" 'more memory than there is'
is "$(leftovers)" '' 'nothing was made by any of them'

berth start "$(own opts)" --name "$name" --environment shell --env A=b --env 'TWO=c d=e' --memory 96M --shm 48M --cpus 0.5 --idle 90m --disk 2G
is "$STATUS" 0 'a start with options'
like "$(inspect "$name" 'd["Config"]["Env"]')" '"A=b"' 'a variable is in the container'
like "$(inspect "$name" 'd["Config"]["Env"]')" '"TWO=c d=e"' 'with blanks, too'
is "$(inspect "$name" 'd["HostConfig"]["Memory"]')" 100663296 'memory'
is "$(inspect "$name" 'd["HostConfig"]["ShmSize"]')" 50331648 'shared memory'
is "$(inspect "$name" 'd["HostConfig"]["NanoCpus"]')" 500000000 'CPUs'
is "$(inspect "$name" 'd["Config"]["Labels"]["io.berth.idle"]')" 5400 'the idle limit is a label'
unlike "$(inspect "$name" 'd["Config"]["Labels"]')" 'TWO' 'variables are in no label'
if [ "$(inspect "$name" 'd["Config"]["Labels"]["io.berth.disk"]')" = 0 ]; then
	like "$ERR" "can't limit disk space" 'a disk limit that can not be is said'
else
	is "$(inspect "$name" 'd["HostConfig"]["StorageOpt"]["size"]')" 2147483648 'the disk is limited'
fi
berth stop "$name" --force

printf '[interactive]\nimage = %s\ndefault_url = shell\nmem_request = 80M\ngpu_request = 1\n' "$IMAGE" >"$dir/.renku/renku.ini"
commit "$dir" 'Wishes' >/dev/null
berth start "$(own opts)" --name "$name"
is "$STATUS" 0 "a project's wish for a GPU that is not there does not block"
like "$ERR" 'offers none' 'it is said'
is "$(inspect "$name" 'd["HostConfig"]["Memory"]')" 83886080 "the project's memory counts"
berth stop "$name" --force

# The form --------------------------------------------------------------------------------------------------------------
has_memory() {
	local id
	for id in $(containers "io.berth.project=$(own opts)"); do
		[ "$(engine_json "/containers/$id/json" 'd["HostConfig"]["Memory"]')" = "$1" ] && return 0
	done
	return 1
}
open_the_form() {
	term_start 100x30 "$BERTH"
	term_ok 20 "$(own opts)" 'the dashboard'
	term_ok 20 ' docker [0-9]' 'with its engine'
	term_keys 1 /
	term_type "$(own opts)"
	term_keys Enter
	term_ok 10 "▌$(own opts)" 'the project is selected'
	term_ok 10 'Wishes' 'and its newest commit'
	term_keys S
}

open_the_form
term_ok 10 'Memory +\[80M' 'the form shows what the project asks for'
term_ok 5 'Environment +\[shell' 'all of it'
term_keys Tab Tab Tab C-u
term_type 900G
term_ok 5 'the engine has [0-9.]+[GT]' 'what the engine has is said as one types'
term_keys C-s
term_ok 5 'Memory +\[900G' 'and it is not started'
term_keys C-u
term_type 70M
term_ok 5 '--memory=70M' 'the same start on a command line'
term_keys Tab C-u
term_type 0
term_keys C-a
wait_ok 60 'it starts' has_memory 73400320
term_ok 60 '[#$] *$' 'and a shell in it opens by itself'
term_type 'echo in-$A$((40+2))-here; exit'
term_keys Enter
term_ok 20 '\[1\] Projects' 'its end gives the dashboard back'
term_keys Q
term_end
berth sessions --json
while read -r session; do
	berth stop "$session" --force
done < <(json '"\n".join(s["name"] for s in d if s["project"] == a[0])' "$(own opts)" <<<"$OUT")
is "$(leftovers)" '' 'all of it is gone'

open_the_form
term_ok 10 'Memory +\[70M' 'the last choice is offered'
term_keys Escape
term_ok 5 "▌$(own opts)" 'esc closes the form'
term_keys Q
term_end
done_testing
