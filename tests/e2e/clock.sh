# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# The clock of the keeper's tests, which is set ahead; and what the keeper notes. Read after lib.sh.
export BERTH_CLOCK=$T/clock

# at SECONDS: the clock goes on to so much ahead of the real one, in the keeper's steps; reached: it is there.
at() { printf '%s\n' "$1" >"$T/clock.goal.new" && mv "$T/clock.goal.new" "$T/clock.goal"; }
reached() { [ "$(cat "$T/clock" 2>/dev/null)" = "$(cat "$T/clock.goal")" ]; }

# noted SESSION KEY; seen SESSION: a keeper has looked at it.
noted() { sed -n "s/^$2 //p" "$XDG_STATE_HOME/berth/sessions/$1@"*.watch 2>/dev/null; }
seen() { [ "$(noted "$1" seen_at_s)" -gt 0 ] 2>/dev/null; }
