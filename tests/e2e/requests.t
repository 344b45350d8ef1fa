#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a GitLab host is asked: a cold dashboard, a warm one, one without a network; and answers that are too much.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=standin.sh
. "$E2E_DIR/standin.sh"

standin_start --branches 3000 --projects 180
had() { [ "$(asked "len([e for e in d['log'] if '$1' in e['target']])")" -ge "${2:-1}" ]; }
# All that was asked since the start, until nothing more was for two seconds: while nobody presses a key, the screen is settled then. What is asked
# again every half a minute is left out.
settled='(lambda l: [e for e in l if e["start"] < l[0]["start"] + 25])(sorted(d["log"], key=lambda e: e["start"]))'
rounds='(lambda l: sum(1 for i, e in enumerate(l) if all(e["start"] >= f["end"] for f in l[:i])))('$settled')'
quiet() {
  local before=-1 now same=0 n
  for ((n = 0; n < 60 && same < 4; n++)); do
    now=$(asked "d['requests']")
    if [ "$now" = "$before" ]; then same=$((same + 1)); else same=0; fi
    before=$now
    sleep 0.5
  done
}
# within LABEL REQUESTS ROUNDS: that was all, and nothing was asked twice.
within() {
  local n
  quiet
  n=$(asked "len($settled)")
  ok "$1: at most $2 requests ($n)" test "$n" -le "$2" || diag "$(asked "'\n'.join(e['target'][:150] for e in $settled)")"
  n=$(asked "$rounds")
  ok "$1: in at most $3 round trips ($n)" test "$n" -le "$3"
  is "$(asked "len($settled) - len({e['method'] + e['target'] for e in $settled})")" 0 "$1: nothing twice"
  diag "$1: $(asked "'%d requests in %d rounds, %d bytes sent to the host, %d from it' % (len($settled), $rounds, sum(e['received'] for e in $settled), sum(e['sent'] for e in $settled))")"
}

standin_config glpat-zoe
tell pipelines '{"project":"lab/air/flights","ref":"main","age_s":9000,"jobs":[{"name":"image_build","status":"failed","failure_reason":"script_failure","trace":"E: Unable to locate package nope\n"}]}'
tell settings '{"latency_ms": 400}' # so that what is sent together overlaps on a busy machine, too

# Cold ----------------------------------------------------------------------------------------------------------------------
tell counts/reset
term_start 160x50 "$BERTH"
term_ok 20 '▏[0-9a-f]{7}.*✗ failed' 'cold: the commits are there, with the state of their build'
term_ok 20 'Unable to locate package nope' 'cold: the log of the failed build shows'
within cold 5 3
is "$(asked 'len([e for e in d["log"] if "/jobs" in e["target"]])')" 1 'cold: of a job that ended long ago only the log is asked for'
is "$(asked 'len([e for e in d["log"] if "/registry/" in e["target"] or "/repository/files/" in e["target"]])')" 0 'cold: neither a registry nor a file by itself'
ok 'cold: but what the image is pinned to was asked' had renku
term_keys 3
wait_ok 20 'cold: once a key is pressed, the row that is rested on is looked at closer' had /registry/
quiet
is "$(asked 'len([e for e in d["log"] if "/registry/" in e["target"]])')" 1 'cold: by one question'
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end

# Warm ----------------------------------------------------------------------------------------------------------------------
tell counts/reset
term_start 160x50 "$BERTH"
term_ok 20 '▏[0-9a-f]{7}.*✗ failed' 'warm: the commits are there'
term_ok 20 'Unable to locate package nope' 'warm: and the log'
wait_ok 20 'warm: the pipelines are asked again' had graphql
within warm 3 2
term_keys 3
wait_ok 20 'warm: all is asked again' had /registry/
is "$(asked '" ".join(sorted({str(e["status"]) for e in d["log"]}))')" 304 'warm and unchanged: only 304s'
is "$(asked 'len([e for e in d["log"] if "/trace" in e["target"]])')" 0 'warm: a log that has ended is not asked for again'
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end

# In a clone ------------------------------------------------------------------------------------------------------------------
git -C "$T" init --quiet small
git -C "$T/small" remote add origin "$url/lab/air/flights.git"
for how in cold warm; do
  [ $how = warm ] || rm -rf "$XDG_CACHE_HOME/berth"
  tell counts/reset
  cd "$T/small" || bail 'no folder'
  term_start 160x50 "$BERTH"
  term_ok 20 '▏[0-9a-f]{7}.*✗ failed' "in a clone, $how: the commits are there, with the state of their build"
  term_ok 20 'Unable to locate package nope' "in a clone, $how: and the log"
  wait_ok 20 "in a clone, $how: the pipelines were asked for" had graphql
  within "in a clone, $how" 5 3
  term_keys Q
  term_ok 10 'exit status 0|Pane is dead' 'it ends'
  term_end
  cd "$T" || bail 'no folder'
done

# A host without GraphQL, and one that tells no files by it -----------------------------------------------------------------------
rm -rf "$XDG_CACHE_HOME/berth"
tell settings '{"graphql": false}'
tell counts/reset
term_start 160x50 "$BERTH"
term_ok 20 '▏[0-9a-f]{7}.*✗ failed' 'without GraphQL: the state of the build all the same'
term_ok 20 'Unable to locate package nope' 'without GraphQL: and the log'
wait_ok 20 'without GraphQL: what the image is pinned to was asked' had renku.ini
within 'without GraphQL' 8 5
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end
tell settings '{"graphql": true}'
rm -rf "$XDG_CACHE_HOME/berth"
tell faults '{"match": "graphql.*renku", "kind": "json", "value": {"errors": [{"message": "there is no such field"}]}}'
tell counts/reset
term_start 160x50 "$BERTH"
term_ok 20 '▏[0-9a-f]{7}.*✗ failed' 'no files by GraphQL: the state of the build all the same'
wait_ok 20 'no files by GraphQL: what the image is pinned to was asked' had /repository/files/
within 'no files by GraphQL' 7 5
is "$(asked 'len([e for e in d["log"] if "/pipelines" in e["target"]])')" 0 'no files by GraphQL: pipelines are asked for by it all the same'
tell faults '{}' DELETE
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end

# Many branches, many projects -----------------------------------------------------------------------------------------------
tell settings '{"latency_ms": 0}'
run timeout 60 "$BERTH" branches scale/model --json
is "$STATUS" 0 'three thousand branches: exit status' || diag "$ERR"
ok 'three thousand branches: all are listed' test "$(json 'len(d)' <<<"$OUT")" -ge 3000
berth projects --json
is "$(json 'len([p for p in d if p["forge"] == "lab"])' <<<"$OUT")" 100 'many projects: a hundred of a host'
like "$ERR" 'lab has more projects' 'many projects: and that there are more is said'
berth projects --json --max 0
ok 'many projects: all of them, when asked for' test "$(json 'len(d)' <<<"$OUT")" -ge 180
tell counts/reset
berth projects --search 'p177 scale' --json
is "$STATUS" 0 'search: exit status' || diag "$ERR"
is "$(json '" ".join(p["path"] for p in d)' <<<"$OUT")" scale/p177 'search: what no page had is found, by words in its path'
is "$(asked "len([e for e in d['log'] if 'search=' in e['target']])")" 2 "search: one question for one's own, one for all"
berth projects --search 'no such thing'
is "$STATUS" 0 'search: finding nothing is no failure'
like "$ERR" 'No project has the words no such thing' 'search: and is said'
is "$(berth projects --max x; echo "$STATUS")" 2 '--max wants a number'

# The filter of the dashboard asks the host, too -----------------------------------------------------------------------------
rm -rf "$XDG_CACHE_HOME/berth" # it has seen them all
term_start 160x50 "$BERTH"
term_ok 20 'Projects.*1/5[0-9]\+' 'a host with many projects: a page of them'
tell counts/reset
term_keys 1 /
term_type scale/p17
term_ok 20 'scale|p17[0-9]' 'the filter shows what is here'
term_type 7
term_ok 20 'found' 'the filter: the host is asked, and what it has is marked'
ok 'the filter: once, when typing has stopped' test "$(asked "len([e for e in d['log'] if 'search=' in e['target']])")" -le 3
term_keys Enter G
term_ok 20 'p177|177' 'the filter: it stands in the list'
tell faults '{"match": "search=", "kind": "forbidden"}'
term_keys / C-u
term_type zzzzyyy
term_ok 20 'could not be searched' 'the filter: a host that refuses says why'
tell faults '{}' DELETE
term_keys C-u Enter
tell counts/reset
term_keys G
term_ok 20 'Projects.*/1[0-9][0-9]\+' "the end of the list: the host's next page comes"
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end

# Answers that are too much --------------------------------------------------------------------------------------------------
for kind in deep huge wrong_types sign_in; do
  tell faults '{"match": "GET /api/v4/projects[?]", "kind": "'$kind'"}'
  run timeout 60 "$BERTH" projects
  is "$STATUS" 0 "$kind: the other projects are listed" || diag "$ERR"
  like "$ERR" 'lab: .+' "$kind: and the host is named, with what is wrong"
  unlike "$ERR$OUT" 'glpat' "$kind: without the token"
  tell faults '{}' DELETE
done
for kind in deep huge; do
  tell faults '{"match": "graphql", "kind": "'$kind'"}'
  run timeout 60 "$BERTH" image lab/air/flights --json
  like "$OUT$ERR" 'failed|lab' "$kind: a question about pipelines that is answered so ends"
  tell faults '{}' DELETE
done

# A project with three thousand branches, in a clone of it --------------------------------------------------------------------
rm -rf "$XDG_CACHE_HOME/berth"
git -C "$T" init --quiet model
git -C "$T/model" remote add origin "$url/scale/model.git"
git -C "$T" clone --quiet --bare "$(printf %s "$url" | sed 's|://|://oauth2:glpat-zoe@|')/scale/model.git" work.git 2>/dev/null
for user in zoe ann; do # on a page that nobody reads: as old as the oldest commits
  git -C "$T/work.git" push --quiet "$(printf %s "$url" | sed 's|://|://oauth2:glpat-zoe@|')/scale/model.git" "$(git -C "$T/work.git" rev-list main | tail -1):refs/heads/renku/autosave/$user/main/1111111/2222222" 2>/dev/null
done
branch_pages='len([e for e in d["log"] if "/repository/branches?" in e["target"] and "search=" not in e["target"]])'
tell pipelines '{"project":"scale/model","ref":"main","age_s":9000,"jobs":[{"name":"image_build","status":"failed","trace":"nothing works\n"}]}'
tell settings '{"latency_ms": 400}'
tell faults '{"match": "/repository/branches[?]", "kind": "hold"}'
tell counts/reset
cd "$T/model" || bail 'no folder'
term_start 160x50 "$BERTH"
term_ok 20 '▏[0-9a-f]{7}.*Commit ' 'three thousand branches: the history of the default one, before they come'
term_ok 20 '▏[0-9a-f]{7}.*✗ failed' 'three thousand branches: and the state of its builds'
tell faults '{}' DELETE
term_ok 20 'Branches.*1/10[0-9]\+' 'three thousand branches: a page of them, and that there are more'
term_ok 20 'nothing works' 'three thousand branches: and the log'
within 'three thousand branches' 6 4
is "$(asked "$branch_pages")" 1 'three thousand branches: one page is asked for'
is "$(asked 'len([e for e in d["log"] if "/registry/" in e["target"] or "/repository/files/" in e["target"] or "search=" in e["target"]])')" 0 'three thousand branches: no registry, no file by itself, no search for saved work'
term_keys 3
wait_ok 20 'three thousand branches: saved work is looked for once a key is pressed' had 'search=%5Erenku%2Fautosave%2F'
tell settings '{"latency_ms": 0}'
term_keys 2 U
term_ok 20 'zoe/main/1111111' 'three thousand branches: saved work of a later page is found'
term_keys Escape
term_ok 10 '/ filter' 'three thousand branches: the list of saved work is left'
term_keys 1 s
term_ok 20 'There is saved work of this branch' 'three thousand branches: and is asked about before a start'
term_keys Escape
term_ok 10 '/ filter' 'three thousand branches: the question is left'
term_keys 2 /
term_type feature/0001
term_ok 30 'feature/0001' 'a filter: further pages are read for it'
term_ok 30 'of 300[0-9] |of 300[0-9]$' 'a filter: all of them'
term_keys Enter
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end
tell counts/reset
term_start 160x50 "$BERTH"
term_ok 20 '▏[0-9a-f]{7}.*Commit ' 'three thousand branches, warm: the history is there'
wait_ok 20 'three thousand branches, warm: the pipelines are asked again' had graphql
wait_ok 20 'three thousand branches, warm: and the branches' had '/repository/branches?'
within 'three thousand branches, warm' 4 3
term_keys 3
wait_ok 20 'three thousand branches, warm: once a key is pressed, saved work is' had 'search=%5Erenku%2Fautosave%2F'
is "$(asked 'len([e for e in d["log"] if "/projects/scale%2Fmodel?" in e["target"]])')" 0 'three thousand branches, warm: which project that is was known, though no page has it'
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end
cd "$T" || bail 'no folder'
tell counts/reset
berth autosaves scale/model --json
is "$(json 'len(d)' <<<"$OUT")" 2 'saved work of three thousand branches: all of it is listed'
ok "saved work: for few requests ($(asked 'd["requests"]'))" test "$(asked "$branch_pages")" -le 1
berth commits scale/model --branch 'no such branch'
like "$ERR" 'has no branch' 'a branch that no page has: it is not there'

# What was seen stays ----------------------------------------------------------------------------------------------------------
berth projects --json --max 0
seen=$(json 'len(d)' <<<"$OUT")
tell counts/reset
term_start 160x50 "$BERTH"
term_ok 20 "Projects.*1/$seen\+" 'seen before: all stand beside the page that is read now'
is "$(asked "len([e for e in d['log'] if '/api/v4/projects?' in e['target']])")" 1 'seen before: one page is asked for'
term_keys 1 j
term_ok 20 'Unable to locate package nope' 'seen before: a project is looked at, with its log'
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
term_end

# Without a network ------------------------------------------------------------------------------------------------------------
stop_process "$standin_pid"
term_start 160x50 "$BERTH"
term_ok 20 "Projects.*1/$seen( |$)" 'offline: all that was ever seen is listed'
term_keys 1 j
term_ok 20 '▏[0-9a-f]{7}.*failed' 'offline: what was seen is shown'
term_ok 20 'Unable to locate package nope' 'offline: with the log'
term_keys Q
term_ok 10 'exit status 0|Pane is dead' 'it ends'
done_testing
