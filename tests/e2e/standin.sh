# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034
# The stand-in GitLab (tests/fake) for end-to-end tests. Read after lib.sh.
E2E_STANDIN=$LAB/../fake

# standin_start [OPTION ...]: serves until the test ends, the world of tests/fake unless --world names another. Leaves its address in
# url and port, that of its control API in control, its process in standin_pid, and the place of berth's configuration in config.
standin_start() {
  case " $* " in *' --world '*) ;; *) set -- --world "$E2E_STANDIN/world.json" "$@" ;; esac
  background gitlab "$E2E_STANDIN/gitlab" "$@" --info "$T/where"
  standin_pid=$PID
  wait_for 60 test -s "$T/where" || bail "the stand-in GitLab does not start: $(tail -n 5 "$T/gitlab.err")"
  url=$(sed -n 's/^url=//p' "$T/where")
  port=${url##*:}
  control=$(sed -n 's/^control=//p' "$T/where")
  config=$XDG_CONFIG_HOME/berth/config
  mkdir -p "$XDG_CONFIG_HOME/berth"
}

# standin_config TOKEN: it is berth's host "lab"; with an empty TOKEN there is none in the file.
standin_config() {
  printf '[forge "lab"]\n\ttype = gitlab\n\turl = %s\n' "$url" >"$config"
  [ -z "$1" ] || printf '\ttoken = %s\n' "$1" >>"$config"
  chmod 600 "$config"
}

# Of its control API: tell PATH [JSON [METHOD]]; ask PATH prints the answer; asked EXPRESSION: what it was asked (json in lib.sh).
tell() { curl --disable --silent --max-time 60 --request "${3:-POST}" --data "${2:-{\}}" "$control/$1" >/dev/null; }
ask() { curl --disable --silent --max-time 100 "$control/$1"; }
asked() { ask 'counts?log=true' | json "$1"; }
