#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# New projects from templates: whole or not at all, nothing overwritten.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir -p "$HOME/berth"
name=$(own new)
dir=$HOME/berth/$name

berth new --list
is "$(cut -f1 <<<"$OUT" | tr '\n' ' ')" 'python r julia minimal ' 'the templates'
run "$BERTH" new "$dir" </dev/null
is "$STATUS" 2 'a template has to be named'
berth new "$dir" -t minimal --set 'description=Made by a test'
is "$STATUS" 0 'a project is made'
is "$(git -C "$dir" rev-list --count main)" 1 'with one commit'
is "$(git -C "$dir" status --porcelain)" '' 'of all its files'
like "$(cat "$dir/.gitlab-ci.yml")" 'image_build:' 'with a job that builds its image'
like "$(cat "$dir/README.md")" 'Made by a test' 'and what was said of it'
before=$(git -C "$dir" rev-parse main)
berth new "$dir" -t python
is "$STATUS" 6 'a folder that is there is refused'
is "$(git -C "$dir" rev-parse main)" "$before" 'and left alone'

mkdir -p "$T/templates/one/sub"
printf -- '- folder: one\n  name: One\n  variables:\n    colour:\n      description: Which one\n' >"$T/templates/manifest.yaml"
# shellcheck disable=SC2016
printf 'FROM {{ colour }}\n' >"$T/templates/one/sub/file"
run "$BERTH" new "$HOME/berth/two" --from "$T/templates" </dev/null
like "$ERR" 'wants a value of colour: Which one' 'what a template wants is named'
ok 'nothing was made' test ! -e "$HOME/berth/two"
git -C "$T/templates" init --quiet && commit "$T/templates" 'Templates' >/dev/null
berth new "$HOME/berth/two" --from "file://$T/templates" --set colour=blue
is "$(cat "$HOME/berth/two/sub/file" 2>&1)" 'FROM blue' 'a repository of templates'
berth new "$HOME/berth/three" --from 'ext::sh -c id' --set colour=x
is "$STATUS" 3 'what is no https address is not run'

tiny base
berth new "$HOME/berth/$(own three)" -t minimal --set "base_image=$IMAGE"
is "$(grep '^ARG BASE_IMAGE=' "$HOME/berth/$(own three)/Dockerfile")" "ARG BASE_IMAGE=$IMAGE" 'on a base image of one'"'"'s own'

# At a host, too ------------------------------------------------------------------------------------------------------
# shellcheck source=standin.sh
. "$E2E_DIR/standin.sh"
standin_start
standin_config glpat-zoe

berth new "$HOME/berth/nowhere" -t minimal --forge elsewhere
is "$STATUS" 3 'host: one that is not configured'
like "$ERR" 'there are: lab; nothing was made' 'host: and which are'
ok 'host: nothing was made' test ! -e "$HOME/berth/nowhere"
berth new "$HOME/berth/nowhere" -t minimal --forge lab --visibility secret
is "$STATUS" 2 'host: a visibility that there is none of'
berth new "$HOME/berth/nowhere" -t minimal --namespace lab
is "$STATUS" 2 'host: a group without a host'
berth new "$HOME/berth/there" -t minimal --forge lab --namespace lab/air
is "$STATUS" 0 'host: made' || diag "$ERR"
like "$ERR" 'It is pushed: .*/lab/air/there' 'host: pushed'
like "$ERR" 'first build runs: pipeline [0-9]+' 'host: and its first build runs'
like "$(git -C "$HOME/berth/there" remote get-url origin)" '/lab/air/there.git$' 'host: origin is set'
is "$(git -C "$HOME/berth/there" config branch.main.merge)" refs/heads/main 'host: main follows it'
nok 'host: no token is in the repository' grep -rq glpat "$HOME/berth/there"
berth commits lab/air/there --json
is "$(json 'd[0]["sha"]' <<<"$OUT")" "$(git -C "$HOME/berth/there" rev-parse --short=7 main)" 'host: it has the commit'
berth new "$HOME/berth/again" --name there -t minimal --forge lab --namespace lab/air
is "$STATUS" 6 'host: there is one of that name'
like "$ERR" 'is in .*/again, but not at lab.*taken' 'host: what is there and what is not'
berth new "$HOME/berth/group" -t minimal --forge lab --namespace no/such/group
is "$STATUS" 3 'host: a group that is not there'
like "$ERR" 'no group no/such/group' 'host: is named'

# templates of a repository that is not for everybody
berth new "$HOME/berth/own" -t minimal --forge lab --visibility private
is "$STATUS" 0 'a private project of my own' || diag "$ERR"
berth new "$HOME/berth/from-own" --from "$url/zoe/own.git" --name copy
is "$STATUS" 0 'templates: a private repository of a configured host' || diag "$ERR"
ok 'templates: its files are there' test -s "$HOME/berth/from-own/.gitlab-ci.yml"
: >"$config"
berth new "$HOME/berth/not" --from "$url/zoe/own.git" --name copy
isnt "$STATUS" 0 'templates: not without a login'
like "$ERR" 'wants a token|not there' 'templates: which is said'
git config --global credential.helper '!f() { echo username=zoe; echo password=glpat-zoe; }; f'
berth new "$HOME/berth/helped" --from "$url/zoe/own.git" --name copy
is "$STATUS" 0 "templates: git's own helper has the login" || diag "$ERR"
unlike "$OUT$ERR" glpat 'templates: no token is shown'
done_testing
