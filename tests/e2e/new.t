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
done_testing
