#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# berth keep --install: the unit is one that systemd takes, wherever berth and its folders are; what was there is kept; and where there is
# no systemd, or it can't be reached, or nothing can be written, that is said, with what follows from it.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

command -v systemd-analyze >/dev/null || bail 'systemd-analyze is not installed'
unit=$XDG_CONFIG_HOME/systemd/user/berth-keeper.service
sum() { sha256sum <"$1"; }
user_ns=()
[ "$(id -u)" -eq 0 ] || user_ns=(--map-root-user)

# on COMMAND...: run on a machine that systemd runs, as far as one can see; off: on one that it doesn't.
on() { run unshare ${user_ns[@]+"${user_ns[@]}"} --mount -- sh -c 'mkdir -p /run/systemd && mount -t tmpfs berth-e2e /run/systemd && mkdir /run/systemd/system && exec "$@"' sh "$@"; }
off() { run unshare ${user_ns[@]+"${user_ns[@]}"} --mount -- sh -c '{ ! test -d /run/systemd || mount -t tmpfs berth-e2e /run/systemd; } && exec "$@"' sh "$@"; }
# What systemd says of the unit; it looks whether the program is there.
verified() { on systemd-analyze verify --user "$unit"; }

# A systemctl that writes down what it is asked; $T/answer is what it does.
mkdir "$T/bin"
cat >"$T/bin/systemctl" <<END
#!/bin/sh
printf '%s\\n' "\$*" >>"$T/asked"
. "$T/answer"
END
chmod +x "$T/bin/systemctl"
PATH=$T/bin:$PATH
printf 'exit 0\n' >"$T/answer"
: >"$T/asked"

# Where there is no systemd -------------------------------------------------------------------------------------------------
off "$BERTH" keep --install
is "$STATUS" 1 'without systemd: an error'
like "$ERR" 'ystemd does not run this machine.*not needed: berth starts a keeper by itself' 'that says why, and that nothing is missing'
is "$(find "$XDG_CONFIG_HOME" -type f)$(cat "$T/asked")" '' 'and nothing is written, nobody asked'

# Where there is ----------------------------------------------------------------------------------------------------------
on "$BERTH" keep --install
is "$STATUS" 0 'with systemd: installed' || diag "$ERR"
like "$ERR" "$unit is written" 'where is said'
like "$ERR" 'systemctl --user disable --now berth-keeper' 'and how to be rid of it'
like "$ERR" 'enable-linger' 'and how to let it run when nobody is logged in'
is "$(cat "$T/asked")" '--user enable --now berth-keeper.service' 'systemd is asked to run it'
is "$(stat -c %a "$unit")" 600 'the unit is for its owner'
verified
is "$STATUS$OUT$ERR" 0 'systemd takes it, without a word'
is "$(sed -n 's/^ExecStart=//p' "$unit")" "\"$BERTH\" keep" 'it runs this program'
like "$(cat "$unit")" "Environment=\"DOCKER_HOST=$DOCKER_HOST\"" 'with this engine'
unlike "$(cat "$unit")" '[Tt]oken|TOKEN' 'and no token'
berth doctor --json
like "$OUT" "systemd starts it \\($unit\\)" 'the doctor finds it'

# Once more ----------------------------------------------------------------------------------------------------------------
before=$(sum "$unit")
on "$BERTH" keep --install
is "$STATUS" 0 'a second time'
like "$ERR" "$unit is there already" 'it is there already'
is "$(sum "$unit")" "$before" 'and stays'
is "$(wc -l <"$T/asked")" 2 'systemd is asked again: what failed may work now'
printf '# by hand\n' >>"$unit"
changed=$(sum "$unit")
on "$BERTH" keep --install
is "$STATUS" 0 'over one that a person changed'
like "$ERR" "is written anew; what it was is kept as $unit.old" 'which is said'
is "$(sum "$unit") $(sum "$unit.old")" "$before $changed" 'and kept'

# Odd paths -----------------------------------------------------------------------------------------------------------------
odd="$T/odd 100% \$HOME é 漢"
mkdir "$odd"
cp "$BERTH" "$odd/berth"
printf '[ui]\n\tmouse = false\n' >"$odd/my \"config\""
mine=$XDG_STATE_HOME
export XDG_STATE_HOME="$T/a \"state\" \\of \$x %h
and a line"
cd "$odd" || exit
on "$odd/berth" --config 'my "config"' keep --install
is "$STATUS" 0 'a program, a configuration and a folder with blanks, quotes, $, % and a line end' || diag "$ERR"
verified
is "$STATUS$OUT$ERR" 0 'systemd takes that unit, too'
# shellcheck disable=SC2016
is "$(sed -n 's/^ExecStart=//p' "$unit")" "\"${odd//%/%%}/berth\" --config \"$(sed 's/[%$]/&&/g; s/"/\\"/g' <<<"$odd/my \"config\"")\" keep" 'with each as it is to be written there'
is "$(grep -c '^Environment="XDG_STATE_HOME=' "$unit") $(grep -c '^and a line' "$unit")" '1 0' 'the line end ends no line'
like "$(grep XDG_STATE_HOME "$unit")" 'a \\"state\\" \\\\of \$x %%h\\x0aand a line"$' 'a variable: $ means nothing there'
export XDG_STATE_HOME=$mine
cd "$HOME" || exit
run "$odd/berth" doctor --json
like "$OUT" "systemd starts it \\($unit\\)" 'the doctor reads it'
mv "$odd/berth" "$odd/moved"
berth doctor --json
like "$OUT" 'starts .*odd 100% .*not there any more' 'and sees when its program is gone'

mkdir "$T/it's"
cp "$BERTH" "$T/it's/berth"
before=$(sum "$unit")
on "$T/it's/berth" keep --install
is "$STATUS" 1 'a program whose path systemd would refuse'
like "$ERR" "quotes, backslashes or control characters: $T/it's/berth" 'is refused, by name'
is "$(sum "$unit")" "$before" 'and the unit that was there stays'
rm -f "$unit" "$unit.old"

# What can't be ---------------------------------------------------------------------------------------------------------------
printf 'echo "Failed to connect to bus: No medium found" >&2\nexit 1\n' >"$T/answer"
on "$BERTH" keep --install
is "$STATUS" 1 'a systemd of this person that does not run: an error'
like "$ERR" 'Failed to connect to bus: No medium found. The unit is written; berth goes on starting keepers by itself' 'in its words, with what follows'
rm -rf "$XDG_CONFIG_HOME/systemd"
: >"$XDG_CONFIG_HOME/systemd"
: >"$T/asked"
on "$BERTH" keep --install
is "$STATUS" 1 'a folder that can not be made: an error'
like "$ERR" "$XDG_CONFIG_HOME/systemd.*goes on starting keepers by itself" 'by name, and nothing is lost with it'
is "$(cat "$T/asked")" '' 'nobody is asked to run what is not there'
done_testing
