#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The main job by keys alone, at 80x24: from the dashboard that `./bootstrap run` opens to a running Jupyter session, a
# shell in it and back, and its end; then how the dashboard leaves a terminal.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$LAB/session-image" >"$T/session.out" 2>&1 || bail "no Jupyter image: $(tail -n 5 "$T/session.out")"
name=$(example flights) || bail 'the example project could not be made'
head=$(git -C "$HOME/berth/$name" rev-parse main)
session=$name-main

# berth in a shell of its own, so that what it leaves behind can be looked at.
term_start 80x24 bash --norc
term_ok 10 'bash-.*[$#] *$' 'a shell'
term_type 'stty -a >before; cd berth; "$BERTH"; echo "left=$?"'
export BERTH
term_keys Enter
term_ok 20 '✓ docker|✓ podman' 'the engine answers'
term_ok 10 "▌$name" 'the project is selected'
term_ok 10 '▏main.*no image' 'its branches are there, with the state of their images'
term_ok 10 "▏${head:0:7}" 'and its commits'
like "$(term_screen | tail -n 1)" 's start.*b build.*\? help' 'the last line says what the keys do here'
term_keys '?'
term_ok 5 'Help: Projects' 'help explains this place'
term_keys Escape # what follows at once would make another key of it: first see that it is done
term_ok 5 "▌$name" 'esc closes it'

# Start, building first -------------------------------------------------------------------------------------------------
term_keys s
term_ok 5 'Build [0-9a-f]{7}, then start\?' 's: the image is missing, so it asks'
like "$(term_screen)" '\[ Build, then start  b \]' 'with the answer marked, as nothing is lost by it'
unlike "$(term_screen)" 's builds it' 'and without keys that mean something else here'
term_keys Enter
term_ok 60 'get image|make workspace|clone at|create container|wait until' 'the steps are shown'
term_ok 60 "The session $session is ready" 'the session is ready'
term_ok 10 '✓ ready' 'and the image'

# Connect ---------------------------------------------------------------------------------------------------------------
term_keys c
term_ok 10 'http://127\.0\.0\.1:[0-9]+/lab\?token=[0-9a-f]{32}$' 'c: the address, in one line'
url=$(term_screen | grep -oE 'http://127\.0\.0\.1:[0-9]+/lab\?token=[0-9a-f]+')
port=${url#http://127.0.0.1:}
is "$(ss -Htn state established "dport = :${port%%/*}")" '' 'the dashboard keeps no connection, which would be somebody who uses it'
is "$(http_code --location --cookie-jar "$T/cookies" "$url")" 200 'its page is served'
like "$(cat "$T/page")" JupyterLab 'and is JupyterLab'
is "$(http_code "${url%%/lab*}/api/status")" 403 'but not without the token'
term_keys Escape
term_ok 5 "▌$name" 'esc closes it, and the selection is where it was'
unlike "$(term_screen)" "${url##*token=}" 'the token is not on the screen any more'

# The sessions, where there may be those of others ----------------------------------------------------------------------
term_keys 4
term_keys /
term_type "${E2E_ID,,}"
term_ok 5 '● flights' 'the filter works while one types'
term_keys Enter
term_ok 5 '▌● flights' '4, /: the session is found in its pane'
term_ok 5 "Session  $session" 'and told about'
term_ok 10 'Memory +[0-9.]+M of 1G' 'with the memory that it uses'
term_ok 5 'Project .*main @ '"${head:0:7}" 'and where it is from'
term_keys a
term_ok 20 'jovyan@.*\$ *$' 'a: a shell in it'
term_type 'echo "at=$(git rev-parse --short=7 HEAD)" "all=$((6 * 7))"; stty size; echo new >new.txt'
term_keys Enter
term_ok 10 "at=${head:0:7} all=42" 'it works'
term_ok 5 '^24 80' 'with the whole terminal'
term_keys C-]
term_keys d
term_ok 10 'Projects' 'ctrl-] d: back in the dashboard'
term_ok 5 '▌● flights' 'where it was'
term_keys a
term_ok 20 'jovyan@.*\$ *$' 'a: again'
term_type 'exit'
term_keys Enter
term_ok 10 '▌● flights' 'exit: back as well'

# Stop ------------------------------------------------------------------------------------------------------------------
term_keys d
term_ok 10 "Stop $session\?" 'd: asks'
term_ok 5 '^ *Only in this session: 1 new file\.' 'naming what would be lost'
like "$(term_screen)" '\[ Cancel \]' 'with Cancel marked'
term_keys Enter
term_ok 5 '▌● flights' 'enter: nothing happens'
is "$(engine_json "/containers/berth-$session/json" 'd["State"]["Running"]')" true 'it runs on'
term_keys d
term_ok 10 "Stop $session\?" 'd: asks again'
term_keys s
term_ok 5 'u takes it back' 's: it is about to stop'
term_keys u
term_ok 5 'Taken back' 'u: taken back'
is "$(engine_json "/containers/berth-$session/json" 'd["State"]["Running"]')" true 'it runs on'
term_keys d
term_ok 10 "Stop $session\?" 'd: asks a last time'
term_keys s
term_ok 30 "$session is stopped" 's: it stops after five seconds'
is "$(leftovers)" '' 'nothing is left of it'
is "$(berth_files)" '' 'nor on this machine'

# A build and its log ---------------------------------------------------------------------------------------------------
term_keys Escape
filter_gone() { ! term_shows "Sessions.*/${E2E_ID,,}"; }
wait_ok 5 'esc: the filter is gone' filter_gone
term_keys 2
term_keys G
term_ok 5 '▌[a-z/-]+' '2, G: the last branch'
term_keys g
term_ok 5 '▌main' 'g: the first'
term_keys L
term_ok 5 'FROM|berth:' 'L: the log of the last build'
term_keys Escape
term_ok 5 'Projects' 'esc: back'

# Sizes -----------------------------------------------------------------------------------------------------------------
for size in 160x50 60x20 30x8 80x24; do
  term_resize "$size"
  drawn() { [ "$(term_tmux display-message -p '#{window_width}x#{window_height}')" = "$size" ] && term_shows '[a-z]{3}'; }
  wait_ok 5 "$size: it draws" drawn
done
term_ok 5 '▌main' 'after many sizes it is as it was'

# Leaving ---------------------------------------------------------------------------------------------------------------
clean() {
  term_ok 10 "$1" "$2: it ends"
  term_type 'stty -a | diff ../before - && echo "terminal=same"'
  term_keys Enter
  term_ok 5 'terminal=same' "$2: the terminal is as before"
  is "$(term_tmux display-message -p '#{alternate_on}#{mouse_any_flag}#{bracket_paste_flag}#{cursor_flag}' | tr -d ' ')" \
    "$(term_tmux display-message -p '00#{bracket_paste_flag}1')" "$2: no other screen, no mouse, a cursor"
  term_type clear
  term_keys Enter
}
again() {
  term_type '"$BERTH"; echo "left=$?"'
  term_keys Enter
  term_ok 10 "▌$name" "$1: it runs"
}
pid_of_berth() { pgrep -f -- "^$BERTH\$" | while IFS= read -r p; do grep -qsz "^HOME=$T/home$" "/proc/$p/environ" && echo "$p"; done; }
term_keys q
clean 'left=0' q
for signal in TERM HUP; do
  again "SIG$signal"
  kill -s "$signal" "$(pid_of_berth)"
  clean 'left=[1-9][0-9]*' "SIG$signal"
done
again 'SIGSEGV'
kill -s SEGV "$(pid_of_berth)"
clean 'left=139' 'SIGSEGV'
again 'ctrl-Z'
term_keys C-z
term_ok 10 'Stopped' 'ctrl-Z: suspended'
like "$(term_tmux display-message -p '#{alternate_on}#{mouse_any_flag}')" '^00$' 'ctrl-Z: the terminal is the shell'\''s'
term_type fg
term_keys Enter
term_ok 10 "▌$name" 'fg: and back'
term_keys Q
clean 'left=[0-9]+' Q

# Terminals that can't --------------------------------------------------------------------------------------------------
STATUS=0
OUT=$(TERM=dumb "$BERTH" </dev/null 2>&1) || STATUS=$?
like "$OUT" '[a-z]' 'without a terminal: it says something'
isnt "$STATUS" 139 'and does not crash'
done_testing
