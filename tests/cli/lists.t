#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The subcommands that need no engine, on repositories with odd names: tables, TSV, JSON, exit codes, sentences.
BERTH=${BERTH:-${abs_top_builddir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}/berth}
. "${abs_top_srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}/tests/e2e/lib.sh"

export DOCKER_HOST=unix://$T/no-engine.sock
mkdir -p "$HOME/berth"
cd "$HOME" || bail "no home"

commit() { # REPOSITORY DATE MESSAGE
  GIT_AUTHOR_DATE=$2 GIT_COMMITTER_DATE=$2 git -C "$1" commit -q --allow-empty -m "$3"
}

# ---- nothing there yet ----
berth projects
is "$STATUS" 0 'no projects is no failure'
like "$ERR" 'no projects.*folder' 'and says where berth looked'
berth projects --json
is "$OUT" '[]' 'JSON is an empty list then'
berth branches
is "$STATUS" 3 'outside of a repository: not found'
like "$ERR" 'current folder' 'in words'

# ---- projects ----
one=$HOME/berth/flights
git init -q -b main "$one"
commit "$one" '2024-01-01T10:00:00Z' 'first'
commit "$one" '2024-01-02T10:00:00Z' $'second \033[2J with an escape'
git -C "$one" branch 'fix/deps'
odd="$HOME/berth/odd näme 'quoted'"
git init -q -b main "$odd"
GIT_AUTHOR_NAME=$'Ann \033]0;x\007' commit "$odd" '2024-02-01T10:00:00Z' 'a commit'
git init -q -b main "$HOME/berth/empty"

berth projects --json
is "$STATUS" 0 'projects --json'
is "$(json 'sorted(p["name"] for p in d)' <<<"$OUT")" "[\"empty\", \"flights\", \"odd näme 'quoted'\"]" 'all three are there'
is "$(json '[p["note"] for p in d if p["name"] == "empty"][0] is not None' <<<"$OUT")" true 'the empty one has a note'
berth projects
like "$OUT" '^name	' 'a pipe gets tab-separated text with a head'
berth projects --columns name --sort -name
is "$(head -n 2 <<<"$OUT" | tail -n 1)" "odd näme 'quoted'" 'columns and sort as asked'
berth projects --columns nonsense
is "$STATUS" 2 'an unknown column is a usage error'
like "$ERR" 'columns are .*name' 'that lists the known ones'

# ---- branches and commits ----
berth branches flights --json
is "$(json '[b["name"] for b in d]' <<<"$OUT")" '["main", "fix/deps"]' 'branches, the default one first'
is "$(json 'd[0]["default"]' <<<"$OUT")" true 'marked'
berth commits flights
is "$(wc -l <<<"$OUT")" 3 'a head and two commits'
unlike "$OUT" $'\033' 'no escape of a message comes through'
berth commits flights --json
is "$(json 'sorted({c["image"] for c in d})' <<<"$OUT")" '["? unknown"]' 'what nobody can tell without an engine is called unknown'
berth commits flights --branch fix/deps --json
is "$(json 'd[0]["subject"].startswith("second")' <<<"$OUT")" true 'newest first'
berth commits flights --branch nonsense
is "$STATUS" 3 'an unknown branch is not found'
berth commits empty
is "$STATUS" 3 'no commits yet is not found'
like "$ERR" 'no commits yet' 'and says why'
cd "$one" || bail "no project"
berth commits
is "$(wc -l <<<"$OUT")" 3 'inside a repository no project need be named'
berth commits --max 1
is "$(wc -l <<<"$OUT")" 2 'at most so many'
berth commits --max many
is "$STATUS" 2 'a number that is none'
berth commits "$odd"
is "$STATUS" 0 'a folder names a project'
unlike "$OUT" $'\033|\007' 'an author cannot move the terminal'
berth commits flights fix/deps --max 1
is "$(wc -l <<<"$OUT")" 2 'a branch may stand behind the project'
berth commits fix/deps --max 1
is "$(wc -l <<<"$OUT")" 2 'or alone, inside of it'
berth branches flight
is "$STATUS" 3 'a wrong name is not found'
like "$ERR" 'no project flight. Did you mean flights' 'the one that was meant is named'
berth commits empty
like "$ERR" '^berth: empty has no commits yet. Commit something' 'a name is spelt as it is, and what to do is said'
berth branches "$T"
like "$ERR" 'not a git repository' 'a folder that is no repository is told as such'
git init -q "$T/aside"
berth branches "$T/aside"
is "$STATUS" 3 'a repository elsewhere is not found'
like "$ERR" "aside is in none of the folders that berth looks in. .*folder = $T/aside" 'and how to have it is said'
mkdir -p "$T/hurt" && cp -r "$one/.git" "$T/hurt/.git" && rm -rf "$T/hurt/.git/objects"
cd "$T/hurt" || bail 'no folder'
berth branches
like "$ERR" 'hurt is not a git repository' 'of a damaged one around us it is said, too'
cd "$one" || bail "no project"

# ---- the locale ----
git checkout -q -b ahead && commit "$one" '2024-01-03T10:00:00Z' 'third' && git checkout -q main
LC_ALL=C berth branches flights --columns name,track
like "$OUT" $'^ahead\t\\+1$' 'without UTF-8 what is drawn is ASCII'
{ LC_ALL=xx_YY.UTF-8 berth branches flights --columns name,track; } 2>/dev/null
like "$OUT" $'^ahead\t↑1$' 'a UTF-8 locale that this machine does not have is UTF-8'
git branch -q -D ahead

# ---- the configuration ----
mkdir -p "$XDG_CONFIG_HOME/berth"
printf '[start]\n\tmemroy = 16G\n' >"$XDG_CONFIG_HOME/berth/config"
berth branches
is "$STATUS" 0 'a misspelt setting stops nothing'
like "$ERR" "^berth: .*config:2: .*memroy.*memory" 'and every command says where it stands and what was meant'
rm "$XDG_CONFIG_HOME/berth/config"

# ---- the image without an engine ----
berth image main --json
is "$STATUS" 0 'image answers without an engine'
is "$(json 'd["state"]' <<<"$OUT")" unknown 'it can only say that it does not know'
berth image nonsense
is "$STATUS" 3 'an unknown revision'
berth image flights "$(git rev-parse --short=7 HEAD)"
is "$STATUS" 0 'a short sha is a revision'

# ---- no engine ----
for words in sessions 'start flights' 'stop x' 'build flights' 'connect x' 'logs x'; do
  # shellcheck disable=SC2086
  berth $words
  is "$STATUS" 5 "$words without an engine: no answer"
done
like "$ERR" 'no-engine.sock' 'and names the socket'
berth sessions --json
is "$(json 'd["error"]["code"]' <<<"$ERR")" net 'as JSON too'

# ---- words ----
berth --help
like "$OUT" 'berth start|start \[PROJECT\]' 'help lists the commands'
like "$OUT" 'SESSION is .*left out' 'and says what words may be left out'
berth start --help
like "$OUT" '--memory' "start's help lists the session's options"
berth help --man
like "$OUT" '^\.TH BERTH 1' 'the man page'
for shell in bash zsh fish; do
  berth completion $shell
  like "$OUT" 'sessions' "completion for $shell"
done
berth completion bash && ok 'bash reads it' bash -n "$T/run.out"
berth --version
like "$OUT" '^berth [0-9]' 'version'
berth strat
is "$STATUS" 2 'a mistyped command'
like "$ERR" 'mean .berth start' 'is guessed'
berth projects one two
is "$STATUS" 2 'one word too many'
berth projects --frobnicate
is "$STATUS" 2 'an unknown option'
berth start flights --memory lots
is "$STATUS" 2 'a wrong value of an option'
berth --read-only start flights
is "$STATUS" 4 'read-only changes nothing'
berth
ok 'the dashboard needs a terminal' [ "$STATUS" -ne 0 ]
like "$ERR" 'terminal' 'and says so'

# ---- logs from disk ----
printf 'plain\n\033[31mred\033[0m\rover\r\n\033]0;title\007tail\033[2J\n' >"$T/raw.log"
berth log --from "$T/raw.log"
is "$OUT" $'plain\nover\ntail' 'a raw log is plain on a pipe'
STATUS=0
OUT=$("$BERTH" log --from - <"$T/raw.log") || STATUS=$?
is "$STATUS:$(tail -n 1 <<<"$OUT")" '0:tail' 'from standard input too'
berth log --from "$T/none.log"
is "$STATUS" 3 'a log that is not there'
like "$ERR" 'none.log can.t be opened: .*Check its name' 'is named, with what to do'
berth log --from "$T"
is "$STATUS" 2 'a folder is no log'
like "$ERR" 'is a folder, not a log. Name a file' 'which is said'

at=2026-11-24T12:04:0
printf '%s0.000000Z 01O load 10%%\r\n%s1.000000Z 01E warning\n%s2.000000Z 01O+loaded\n%s3.000000Z 00O section_end:1:x\r\033[0K\n' \
  "$at" "$at" "$at" "$at" >"$T/runner.log"
berth log --from "$T/runner.log"
is "$OUT" $'loaded\nwarning' "a runner's lines are whole, and without its times"
berth log --times --from "$T/runner.log"
is "$OUT" $'2026-11-24T12:04:00Z loaded\n2026-11-24T12:04:01Z warning' 'with them when wanted'

printf 'a\033[31mb\nsection_start:7:Step_1[collapsed=true]\r\033[0Kc' >"$T/job.log"
berth log --from "$T/job.log" --json
is "$(json 'd' <<<"$OUT")" '{"lines": [{"offset": 0, "content": [{"text": "a"}, {"text": "b", "style": "term-fg-red"}]}, {"offset": 8, "content": [{"text": "c", "style": "term-fg-red"}], "section": "step-1", "section_header": true, "section_options": {"collapsed": "true"}}]}' "JSON is GitLab's lines"
OUT=$({ printf 'a\r'; printf '\nb\033'; printf '[1mc'; } | "$BERTH" log --from - --json)
is "$(json '[[s["text"] for s in l["content"]] for l in d["lines"]]' <<<"$OUT")" '[["a"], ["b", "c"]]' 'in pieces, too'
printf 'clone https://u:pass@h/x ?token=abc\nlast glpat-abcdefghij1234567890' >"$T/secret.log"
berth log --from "$T/secret.log"
is "$OUT" $'clone https://u:****@h/x ?token=***\nlast glpat-********************' 'tokens and passwords are masked'
berth log --from "$T/secret.log" --secrets
like "$OUT" 'u:pass@h/x ?.token=abc' 'until they are asked for'
OUT=$("$BERTH" log --from - --json </dev/null)
is "$(json 'd' <<<"$OUT")" '{"lines": []}' 'and an empty log has none'

# ---- why a log on disk failed ----
cat >"$T/failed.log" <<'EOF'
Step 1/2 : FROM debian
Step 2/2 : RUN git clone https://u:glpat-abcdefghij1234567890@h/x.git
fatal: repository 'https://u:glpat-abcdefghij1234567890@h/x.git/' not found
The command '/bin/sh -c git clone https://u:glpat-abcdefghij1234567890@h/x.git' returned a non-zero code: 128
EOF
berth diagnose --from "$T/failed.log"
is "$STATUS" 0 'a log on disk is diagnosed'
like "$OUT" '^Cause +There is no git repository' 'its cause'
like "$OUT" 'Shown by +line 3: fatal: repository' 'the line that shows it'
unlike "$OUT" 'glpat-a' 'and no token'
berth diagnose --from "$T/failed.log" --json
is "$(json '[d["rule"], d["exit_code"], d["base"], d["files"], "glpat-a" in str(d)]' <<<"$OUT")" '["git-no-repository", 128, null, [], false]' 'the same as JSON'
OUT=$("$BERTH" diagnose --from - <"$T/raw.log")
like "$(tr '\n' ' ' <<<"$OUT")" 'not known for sure.*Read the last lines.*over +tail' 'where nothing is sure, the last lines; from standard input'
OUT=$("$BERTH" diagnose --from - </dev/null)
like "$OUT" 'the log is empty' 'an empty one is called that'
berth diagnose --from "$T/none.log"
is "$STATUS" 3 'one that is not there'
like "$ERR" 'none.log can.t be opened' 'is named'

# ---- configuration ----
mkdir -p "$XDG_CONFIG_HOME/berth"
printf '[ui]\n\ttheem = mono\n' >"$XDG_CONFIG_HOME/berth/config"
berth config
is "$STATUS" 7 'a typo in the configuration'
like "$ERR" 'config:2: .*ui\.theem.*ui\.theme' 'is named with file and line and what was meant'
berth projects
is "$STATUS" 0 'and stops nothing else'
done_testing
