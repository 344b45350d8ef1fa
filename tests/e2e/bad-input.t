#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What can't be: each is refused in words, before anything is made where that can be known, and nothing is lost.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tiny bad 'CMD ["sh", "-c", "while true; do sleep 1; done"]'
name=$(own bad)
dir=$(project "$name")
pin "$dir" "$IMAGE"
git -C "$dir" branch side

# refused WORDS TITLE OPTION...: a start that must not begin.
refused() {
	local words=$1 title=$2
	shift 2
	berth start "$name" --environment shell "$@"
	is "$STATUS" 2 "$title: a usage error" || diag "$ERR"
	like "$ERR" "$words" "$title: in words"
}

# Values -----------------------------------------------------------------------------------------------------------------
refused "--cpus: .0. is not a number from 0.1 to 256" 'no CPUs at all' --cpus 0
refused "--cpus: .two. is not a number" 'CPUs of no number' --cpus two
refused "--memory: .2 pounds. is not a size .2G, 512M. from 16M" 'memory without sense' --memory '2 pounds'
refused "--memory: .1M. is not a size" 'too little memory' --memory 1M
refused "--gpus: .0.5. is not a whole number" 'half a GPU' --gpus 0.5
refused "--idle: .3. is not a time .12h, 30m, 2d." 'an idle limit without a unit' --idle 3
refused "--environment: .lab. is neither a path" 'an environment that is no path' --environment lab
refused "no name for a session" 'a name with a blank' --name 'Bad Name'
refused "no name of an image" 'an image that is no name' --image 'a b'
refused "--lfs: .perhaps. is neither yes nor no" 'neither yes nor no' --lfs=perhaps
refused "is set by the session itself" 'a variable of the session' --env SESSION_URL=x
for variable in CI_COMMIT_SHA PROJECT_NAME NOTEBOOK_DIR RENKU_USERNAME; do
	refused "$variable is set by the session itself" "the session's own $variable" --env "$variable=x"
done
refused 'variable' 'a variable without a name' --env =x
refused 'variable' 'a variable whose name is none' --env 'A B=x'

# More than there is ----------------------------------------------------------------------------------------------------
berth start "$name" --cpus 200
like "$ERR" 'CPUs? .*the engine' 'more CPUs than the engine has'
isnt "$STATUS" 0 'more CPUs: not started'
is "$(leftovers)" '' 'nothing was made by any of them'

# Branches, commits, links -------------------------------------------------------------------------------------------------
berth start "$name" gone
is "$STATUS" 3 'a branch that is gone'
like "$ERR" 'gone' 'is named'
berth open "berth://local/$name?autostart=1&branch=gone" --yes
is "$STATUS" 3 'a link to a branch that is gone'
berth open "berth://local/$name?autostart=1&commit=0123456789012345678901234567890123456789" --yes
is "$STATUS" 3 'a link to a commit that is gone'
berth open "https://nowhere.invalid/projects/a/b/sessions/new?autostart=1" --yes
isnt "$STATUS" 0 'a link of a foreign host'
like "$ERR" 'nowhere.invalid' 'names it'
berth open "berth://local/$name?autostart=1&memory=lots" --yes
is "$STATUS" 2 'a link with a value that can not be'
berth open "berth://local/$name?autostart=1&env%5BSESSION_URL%5D=x" --yes
is "$STATUS" 2 'a link with a variable of the session' || diag "$ERR"
like "$ERR" 'SESSION_URL is set by the session itself' 'which is named'
is "$(leftovers)" '' 'nothing was made by any link'
berth start "$name" --restore renku/autosave/nobody/main/0123456/89abcde
is "$STATUS" 3 'saved work that is not there'

# Images -------------------------------------------------------------------------------------------------------------------
berth start "$name" --environment shell --image "localhost:9/$(own none):1"
isnt "$STATUS" 0 'an image that can not be had'
like "$ERR" "localhost:9/$(own none):1" 'is named'
is "$(leftovers)" '' 'and nothing is left of the start'

# A name that is taken ----------------------------------------------------------------------------------------------------
one=$(own one)
berth start "$name" --environment shell --name "$one"
is "$STATUS" 0 'a session' || diag "$ERR"
berth start "$name" side --environment shell --name "$one"
is "$STATUS" 6 'its name is taken'
like "$ERR" "$one" 'which is said'
like "$(berth sessions --json; json '[s["state"] for s in d if s["name"] == a[0]]' "$one" <<<"$OUT")" 'running' 'and it runs on'

# Saved work whose base is gone ------------------------------------------------------------------------------------------------
docker_exec() { timeout 30 docker exec "berth-$one" sh -c "$1"; }
docker_exec "cd \$(find / -type d -name '$name' -path '*/work/*' 2>/dev/null | head -n 1) && echo precious >precious.txt"
berth save "$one"
is "$STATUS" 0 'its work is saved' || diag "$ERR"
berth autosaves "$name" --json
saved=$(json 'd[0]["name"]' <<<"$OUT")
like "$saved" '^renku/autosave/' 'on a branch of its own'
berth stop "$one" --force
git -C "$dir" checkout --quiet --orphan fresh
commit "$dir" 'Begin anew' >/dev/null
git -C "$dir" branch -D main side >/dev/null
berth autosaves "$name"
like "$OUT" "$saved" 'its branch is gone, and it is still listed'
berth start "$name" --environment shell --restore "$saved" --name "$one" --image "$IMAGE"
if [ "$STATUS" -eq 0 ]; then
	like "$(docker_exec 'cat $(find / -name precious.txt 2>/dev/null | head -n 1)')" precious 'it is put back all the same'
	berth stop "$one" --force
else
	like "$ERR" 'main|base|branch' 'why it is not put back is said'
fi
ok 'and it is where it was' git -C "$dir" rev-parse --verify --quiet "refs/heads/$saved"

# A session that another version of berth has started: nothing of it is lost, and it is this one's to save and stop ------------------
version=$("$BERTH" --version)
version=${version##* }
other_version=${version//[0-9]/9}
sed "s/${version//./\\.}/$other_version/g" "$BERTH" >"$T/other"
chmod +x "$T/other"
is "$("$T/other" --version)" "berth $other_version" 'there is a berth of another version'
run "$T/other" start "$name" fresh --environment shell --name "$one" --image "$IMAGE" --json
is "$STATUS" 0 'which starts a session' || diag "$ERR"
is "$(engine_json "/containers/berth-$one/json" 'd["Config"]["Labels"]["io.berth.version"]')" "$other_version" 'that bears its version'
docker_exec "cd \$(find / -type d -name '$name' -path '*/work/*' 2>/dev/null | head -n 1) && echo dear >dear.txt"
berth sessions --json
is "$(json '[s["state"] for s in d if s["name"] == a[0]][0]' "$one" <<<"$OUT")" running 'this berth knows it'
berth stop "$one"
is "$STATUS" 0 'and stops it' || diag "$ERR"
dear() { git -C "$dir" for-each-ref --format='%(refname)' refs/heads/renku/autosave | while IFS= read -r ref; do git -C "$dir" show "$ref:dear.txt" 2>/dev/null; done; }
is "$(dear)" dear 'with its work saved'

# A workspace of another berth, of another version ------------------------------------------------------------------------------
volume=berth-$(own alien)
timeout 30 docker volume create --label io.berth.session="$(own alien)" --label io.berth.version=99.0 --label io.berth.project=elsewhere --label io.berth.pending=nonsense "$volume" >/dev/null
berth sessions
is "$STATUS" 0 'a workspace of another version is no trouble'
berth start "$name" fresh --environment shell --name "$(own alien)" --image "$IMAGE"
isnt "$STATUS" 0 'its name is not taken over'
ok 'and it is left alone' timeout 30 docker volume inspect "$volume"
timeout 30 docker volume rm "$volume" >/dev/null
done_testing
