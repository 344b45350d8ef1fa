#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Git in a session of a project on this machine: a push reaches the repository as branches, one that is checked out there is not moved, and
# a fetch brings what came meanwhile.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

image=$("$LAB/session-image" 2>"$T/session.out") || bail "no image with git: $(tail -n 5 "$T/session.out")"
folder=$(project "$(own pushes)")
printf 'one\n' >"$folder/README.md"
pin "$folder" "$image"
git -C "$folder" config user.name "Ada \"L\" O'Hara"
git -C "$folder" config user.email ada@example.org
git -C "$folder" branch side
head -c 100000 /dev/urandom >"$folder/data.bin"
git -C "$folder" lfs install --local >/dev/null
git -C "$folder" lfs track '*.bin' >/dev/null
commit "$folder" 'Data' >/dev/null
main=$(git -C "$folder" rev-parse main)

berth start "$(own pushes)" --lfs --json
is "$STATUS" 0 'start' || { diag "$ERR"; bail 'no session'; }
session=$(json 'd["name"]' <<<"$OUT")
container=$(json 'd["container"]' <<<"$OUT")
workdir=$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')
inside() { timeout -k 5 100 docker exec -i --workdir "$workdir" "$container" "$@" 2>&1 </dev/null; }

is "$(inside git status --porcelain)" '' 'the tree is clean'
is "$(inside sha256sum data.bin | cut -c1-64)" "$(sha256sum "$folder/data.bin" | cut -c1-64)" 'LFS: from the repository'\''s own store'
is "$(inside git config user.name)" "Ada \"L\" O'Hara" 'author: as in the repository'
is "$(inside find . -not -user jovyan)" '' 'files: all are of the image'\''s user'

# A branch that is not checked out -------------------------------------------------------------------------------------------
inside sh -c 'git checkout --quiet -b topic && echo two >>README.md && git commit --quiet -am "From the session"' >/dev/null
said=$(inside git push origin topic)
like "$said" 'topic is on your machine' 'push: a new branch, and it says so'
is "$(git -C "$folder" log -1 --format='%s by %an' topic)" "From the session by Ada \"L\" O'Hara" 'push: it is there'
inside sh -c 'git checkout --quiet side && echo three >side.txt && git add side.txt && git commit --quiet -m "Side"' >/dev/null
like "$(inside git push)" 'side is on your machine' 'push: a branch that was there moves forwards'
is "$(git -C "$folder" log -1 --format=%s side)" 'Side' 'push: it did'

# Several at a time: each is answered for what it pushed, though the other's exchange was already under way
inside sh -c 'git checkout --quiet side; git branch one; git branch other' >/dev/null
for i in 1 2 3 4; do
	inside sh -c "git checkout --quiet one && echo $i >one.txt && git add one.txt && git commit --quiet -m 'One $i' && git checkout --quiet other && echo $i >other.txt && git add other.txt && git commit --quiet -m 'Other $i'" >/dev/null
	inside git push origin one >"$T/one.said" &
	pushing=$!
	inside git push origin other >"$T/other.said"
	wait "$pushing"
	like "$(cat "$T/one.said")" 'one is on your machine' "two pushes at a time, $i: the one"
	like "$(cat "$T/other.said")" 'other is on your machine' "two pushes at a time, $i: the other"
	is "$(git -C "$folder" log -1 --format=%s one), $(git -C "$folder" log -1 --format=%s other)" "One $i, Other $i" "two pushes at a time, $i: both are there"
done
# A push whose question came late, when an exchange had taken it and another had gone by since
inside git push origin --delete other >"$T/delete.said" || diag "$(cat "$T/delete.said")"
like "$(cat "$T/delete.said")" 'other stays on your machine: delete it there' 'a branch is not deleted on the machine, and it says so'
inside sh -c 'git checkout --quiet other && git commit --quiet --allow-empty -m "Other, last" && git push origin other' >/dev/null
late=$(inside sh -c 'printf "%040d %040d refs/heads/one\n" 1 2 | sh /run/berth/git-ask push')
is "$late" 'berth: one is on your machine' 'asked late: what was said of that branch'
like "$(inside sh -c 'git tag v1 && git push origin v1')" 'v1 is no branch, and stays in this session' 'a tag stays, and it says so'
is "$(inside find /run/berth -name '*.[0-9]*')" '' 'nothing of the asking is left behind'

# One that is ------------------------------------------------------------------------------------------------------------------
inside sh -c 'git checkout --quiet main && echo four >>README.md && git commit --quiet -am "On main"' >/dev/null
said=$(inside git push origin main)
like "$said" "main is checked out on your machine, and stays as it is: the work is there as main-$session" 'push: one that is checked out stays, and it says where the work is'
is "$(git -C "$folder" rev-parse main)" "$main" 'it is not moved'
is "$(git -C "$folder" status --porcelain)" '' 'nor are its files'
is "$(git -C "$folder" log -1 --format=%s "main-$session")" 'On main' 'the work is beside it'
inside sh -c 'echo five >>README.md && git commit --quiet -am "More on main"' >/dev/null
inside git push origin main >/dev/null
is "$(git -C "$folder" log -1 --format=%s "main-$session")" 'More on main' 'the same branch goes on'
ok 'its objects are whole' git -C "$folder" fsck --no-dangling

# The other way ------------------------------------------------------------------------------------------------------------------
git -C "$folder" merge --quiet "main-$session"
git -C "$folder" branch fresh main
commit "$folder" 'From outside' >/dev/null
ok 'fetch' inside git fetch
is "$(inside git log -1 --format=%s origin/main)" 'From outside' 'fetch: what came meanwhile is there'
is "$(inside git rev-parse origin/fresh)" "$(git -C "$folder" rev-parse fresh)" 'fetch: a new branch, too'
ok 'pull' inside git pull --quiet --ff-only origin main
is "$(inside git log -1 --format=%s)" 'From outside' 'pull: it is there'

# Another way of theirs and ours ----------------------------------------------------------------------------------------------------
inside sh -c 'git checkout --quiet side && echo six >>side.txt && git commit --quiet -am "Ours"' >/dev/null
git -C "$folder" branch -f side main
like "$(inside git push origin side | tr '\n' ' ')" "side has other commits on your machine.* as side-$session|rejected" 'push: no branch is moved sideways'
is "$(git -C "$folder" rev-parse side)" "$(git -C "$folder" rev-parse main)" 'it is where it was'

# Commit and push, pull, by berth ---------------------------------------------------------------------------------------------------
inside sh -c 'git checkout --quiet topic && echo eight >>README.md && echo n >new.txt' >/dev/null
berth save "$session" --commit -m 'By berth'
is "$STATUS" 0 'commit: exit status 0' || diag "$ERR"
like "$ERR" 'topic is on your machine' 'commit: it says that it arrived'
is "$(git -C "$folder" log -1 --format='%s by %an' topic)" "By berth by Ada \"L\" O'Hara" 'commit: it is there'
is "$(inside git status --porcelain)" '' 'commit: nothing is dirty any more'
inside sh -c 'git checkout --quiet main && echo nine >nine.txt' >/dev/null
before=$(git -C "$folder" rev-parse main)
berth save "$session" --commit -m 'Beside'
is "$STATUS" 0 'commit: of a branch that is checked out on the machine' || diag "$ERR"
like "$ERR" "main is checked out on your machine.*main-$session" 'commit: says where the work is'
is "$(git -C "$folder" rev-parse main)" "$before" 'commit: the branch is not moved'
is "$(git -C "$folder" log -1 --format=%s "main-$session")" 'Beside' 'commit: the work is beside it'
git -C "$folder" merge --quiet "main-$session"
commit "$folder" 'Later' >/dev/null
inside sh -c 'echo dirty >>nine.txt' >/dev/null
berth save "$session" --dry-run --json
is "$(json 'd["behind"]' <<<"$OUT")" 1 'behind: known before anybody has fetched'
berth save "$session" --commit -m 'Behind'
is "$STATUS" 6 'behind: exit status 6'
like "$ERR" 'main of the project has 1 commit that' 'behind: how many'
berth pull "$session"
is "$STATUS" 0 'pull: exit status 0' || diag "$ERR"
like "$OUT" 'Later' 'pull: what came'
is "$(inside git log -1 --format=%s)" 'Later' 'pull: it is there'
is "$(inside git status --porcelain)" ' M nine.txt' 'pull: what is dirty stays so'
inside git checkout --quiet nine.txt >/dev/null

# A repository that is in no configured folder, and newer than the keeper -----------------------------------------------------------
far=$T/far/$(own far)
mkdir -p "$far"
git -c init.defaultBranch=main init --quiet "$far"
git -C "$far" config user.name Ada
git -C "$far" config user.email ada@example.org
pin "$far" "$image"
commit "$far" 'Far' >/dev/null
cd "$far" || bail "no $far"
berth start --json
cd "$T" || bail "no $T"
is "$STATUS" 0 'far: a session of the repository that berth is started in' || diag "$ERR"
far_session=$(json 'd["name"]' <<<"$OUT")
far_container=$(json 'd["container"]' <<<"$OUT")
far_workdir=$(engine_json "/containers/$far_container/json" 'd["Config"]["WorkingDir"]')
far_inside() { timeout -k 5 100 docker exec -i --workdir "$far_workdir" "$far_container" "$@" 2>&1 </dev/null; }
far_inside sh -c 'git checkout --quiet -b said && echo two >>README.md && git add README.md && git commit --quiet -m "From far" && git push origin said' >/dev/null
wait_ok 60 'far: a push arrives, though the keeper runs elsewhere and is older' git -C "$far" rev-parse --verify --quiet said
far_inside sh -c 'echo three >new.txt' >/dev/null
berth save "$far_session"
is "$STATUS" 0 'far: its work is saved from anywhere' || diag "$ERR"
is "$(git -C "$far" branch --list 'renku/autosave/*' | wc -l)" 1 'far: to where it belongs'
berth projects --json
like "$(json '[p["dir"] for p in d]' <<<"$OUT")" "$far" 'far: it stays in the list'
berth stop "$far_session"
is "$STATUS" 0 'far: stopped' || diag "$ERR"
mv "$far" "$far.gone"
berth projects --json
is "$STATUS" 0 'far: one that has gone is passed over' || diag "$ERR"
unlike "$OUT$ERR" "$far" 'far: without a word'

# A keeper that has died ---------------------------------------------------------------------------------------------------------------
kill -9 "$(keeper_pid)"
wait_for 10 keeper_gone
inside sh -c 'git checkout --quiet topic && echo seven >>README.md && git commit --quiet -am "Without a keeper"' >/dev/null
like "$(inside git push origin topic)" 'as soon as berth looks there' 'push: without a keeper it waits, and says so'
background keeper "$BERTH" keep
wait_ok 30 'and the next keeper takes it' bash -c '[ "$(git -C "$0" log -1 --format=%s topic)" = "Without a keeper" ]' "$folder"
berth stop "$session"
is "$STATUS" 0 'stop: all of it is saved' || diag "$ERR"
is "$(leftovers)" '' 'nothing is left'
done_testing
