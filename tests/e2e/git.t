#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Git in a session of a host's project: push and pull with its own address alone, a token that is nowhere but in the container's memory and
# follows the host's, the author, files in Git LFS, submodules, commits and pulls by berth, and whoever the image's user is.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=standin.sh
. "$E2E_DIR/standin.sh"

image=$("$LAB/session-image" 2>"$T/session.out") || bail "no image with git: $(tail -n 5 "$T/session.out")"
mark=${E2E_ID,,}
python3 - "$mark" >"$T/world.json" <<'END'
import json, sys
mark = sys.argv[1]
print(json.dumps({
  "users": [{"username": "zoe", "name": "Zoë \"Z\" O'Müller"}], "groups": [{"path": "lab", "members": {"zoe": "developer"}}],
  "tokens": [{"value": "glpat-first", "user": "zoe", "scopes": ["api", "write_repository"]}, {"value": "glpat-second", "user": "zoe", "scopes": ["api", "write_repository"]}],
  "projects": [{"path": "lab/work-" + mark, "commits": [{"message": "Begin", "files": {"README.md": "one\n"}}]},
               {"path": "lab/lib-" + mark, "commits": [{"message": "A library", "files": {"lib.py": "x = 1\n"}}]},
               {"path": "lab/other-" + mark, "commits": [{"message": "Another", "files": {"a": "b\n"}}]}]}))
END
standin_start --world "$T/world.json"
project=lab/work-$mark

mkdir -p "$XDG_CONFIG_HOME/berth"
config=$XDG_CONFIG_HOME/berth/config
use_token() { # by a rename, as berth login does
  printf '[forge "lab"]\n\ttype = gitlab\n\turl = %s\n\ttoken = %s\n' "$url" "$1" >"$config.new"
  chmod 600 "$config.new"
  mv "$config.new" "$config"
}
use_token glpat-first

# A clone of the test's own, to make commits with.
as_zoe=${url/:\/\//:\/\/oauth2:glpat-second@}
clone=$T/clone
git clone --quiet "$as_zoe/$project.git" "$clone" || bail 'no clone'
git -C "$clone" checkout --quiet -B main
mkdir -p "$clone/.renku"
printf '[interactive]\nimage = %s\n' "$image" >"$clone/.renku/renku.ini"
git -C "$clone" lfs install --local >/dev/null
git -C "$clone" lfs track '*.bin' >/dev/null
head -c 300000 /dev/urandom >"$clone/big.bin"
big=$(sha256sum <"$clone/big.bin")
git -C "$clone" -c protocol.file.allow=always submodule --quiet add "$as_zoe/lab/lib-$mark.git" lib
git -C "$clone" config -f .gitmodules submodule.lib.url "../lib-$mark.git"
git -C "$clone" config -f .gitmodules --add submodule.gone.path gone
git -C "$clone" config -f .gitmodules submodule.gone.url "https://127.0.0.1:1/gone.git"
git -C "$clone" update-index --add --cacheinfo "160000,$(git -C "$clone/lib" rev-parse HEAD),gone"
git -C "$clone" add .renku .gitattributes .gitmodules big.bin
git -C "$clone" commit --quiet -m 'Big files and a library'
git -C "$clone" push --quiet origin main 2>"$T/push.err" || bail "no push: $(cat "$T/push.err")"

# inside COMMAND...: in the session's container, as its user, in the workspace.
inside() {
  timeout -k 5 60 docker exec -i --workdir "$workdir" "$container" "$@" 2>&1 </dev/null
}
# open_session FLAG...: starts a session; leaves session, container, volume, workdir; its 127.0.0.1 has the host's port.
open_session() {
  berth --log "$T/berth.log" start "$project" main "$@" --json
  is "$STATUS" 0 "start $*" || { diag "$ERR"; return 1; }
  said=$ERR
  session=$(json 'd["name"]' <<<"$OUT")
  container=$(json 'd["container"]' <<<"$OUT")
  volume=$(json 'd["volume"]' <<<"$OUT")
  workdir=$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')
  background "port-$session" "$E2E_DIR/inside-port" "$(engine_json "/containers/$container/json" 'd["State"]["Pid"]')" "$port" "$T/p-$session"
  wait_for 10 grep -q ready "$T/port-$session.out"
}
close_session() {
  berth stop "$session" --force
  is "$STATUS" 0 "it stops" || diag "$ERR"
}

# Pointers, the author, a library ------------------------------------------------------------------------------------
open_session --name "g1-$mark" --lfs=no || bail 'no session'
like "$said" 'Git LFS .* stays? a pointer' 'LFS: pointers are said to be left'
like "$said" 'submodule gone is left out' 'submodules: one that is gone is said, and is no reason not to start'
is "$(inside cat lib/lib.py)" 'x = 1' 'submodules: one with a relative address is there'
like "$(inside git submodule status)" '^ [0-9a-f]+ lib' 'submodules: git sees it so'
like "$(inside cat big.bin)" '^version https://git-lfs' 'LFS: a pointer is left'
is "$(inside git status --porcelain)" '' 'the tree is clean'
is "$(inside git log -1 --format=%s)" 'Big files and a library' 'at the newest commit'
is "$(inside git config user.name)" "Zoë \"Z\" O'Müller" 'author: the name that the host has'
like "$(inside git config user.email)" '@' 'author: and the mail'
is "$(inside find . -not -user jovyan)" '' 'files: all are of the image'\''s user'
inside git lfs pull >"$T/lfs.out"
is "$(inside sha256sum big.bin)" "${big%-}big.bin" 'LFS: git lfs pull in the session fetches' || diag "$(cat "$T/lfs.out")"

# Push and pull --------------------------------------------------------------------------------------------------------
inside sh -c 'echo two >>README.md && git commit --quiet -am "From the session"' >/dev/null
ok 'push' inside git push --quiet origin main
git -C "$clone" pull --quiet origin main
is "$(git -C "$clone" log -1 --format='%s by %an')" "From the session by Zoë \"Z\" O'Müller" 'push: the host has it, by the right author'
printf 'three\n' >>"$clone/README.md"
git -C "$clone" commit --quiet -am 'From outside' && git -C "$clone" push --quiet origin main
ok 'pull' inside git pull --quiet
is "$(inside git log -1 --format=%s)" 'From outside' 'pull: it is there'
inside sh -c 'head -c 200000 /dev/urandom >more.bin && git add more.bin && git commit --quiet -m "More"' >/dev/null
ok 'LFS: a push with a new big file' inside git push origin main
git -C "$clone" pull --quiet origin main
is "$(sha256sum <"$clone/more.bin")" "$(inside sh -c 'sha256sum <more.bin')" 'LFS: it came to the host'
ok 'a second clone of the same project' inside git clone --quiet "$url/$project.git" /tmp/again

# No other address ------------------------------------------------------------------------------------------------------
nok 'another project of the host gets no login' inside env GIT_TERMINAL_PROMPT=0 git ls-remote "$url/lab/other-$mark.git"
ask_helper() { inside sh -c "printf 'protocol=%s\nhost=%s\npath=%s\n\n' '$1' '$2' '$3' | sh /run/berth/git-login get"; }
like "$(ask_helper http "127.0.0.1:$port" "$project.git")" 'password=glpat-first' 'the helper answers for this address'
is "$(ask_helper http "127.0.0.1:$port" "lab/other-$mark.git")" '' 'the helper: not for another project'
is "$(ask_helper http "127.0.0.1:$port" "$project.git/../other")" '' 'the helper: not for a path behind it'
is "$(ask_helper http "127.0.0.1:1" "$project.git")" '' 'the helper: not for another port'
is "$(ask_helper https "127.0.0.1:$port" "$project.git")" '' 'the helper: not for another protocol'
is "$(ask_helper http "127.0.0.1:$port" '')" '' 'the helper: not for a host alone'

# The token is nowhere -----------------------------------------------------------------------------------------------------
inside git config --global credential.helper store
ok 'with a helper of the user that stores what works' inside git push --quiet origin main:stored
hits() { "$@" 2>/dev/null | grep -a -o -E 'glpat-(first|second)' | wc -l; }
audit() {
  is "$(hits engine_call GET "/containers/$container/json")" 0 "$1: not in inspect"
  is "$(hits engine_call GET "/containers/$container/top?ps_args=auxe")" 0 "$1: not in ps, arguments and environment"
  is "$(hits engine_call GET "/containers/$container/logs?stdout=1&stderr=1")" 0 "$1: not in its log"
  is "$(hits engine_call GET "/volumes/$volume")" 0 "$1: not in the volume's labels"
  is "$(hits engine_call GET "/containers/$container/archive?path=$(urlencode "${workdir%/*}")")" 0 "$1: not in the volume"
  is "$(hits inside git config --list --show-origin)" 0 "$1: not in git's configuration"
  is "$(hits engine_call GET "/containers/$container/export")" 0 "$1: not in the export"
  is "$(hits engine_call GET "/events?since=$began&until=$(date +%s)")" 0 "$1: not in the engine's events"
  is "$(hits cat "$T/berth.log")" 0 "$1: not in berth's log"
  is "$(hits grep -r -a glpat "$XDG_STATE_HOME" "$XDG_CACHE_HOME")" 0 "$1: not in berth's files"
}
began=$(($(date +%s) - 600))
is "$(inside sh -c 'cat /run/berth/git-token')" glpat-first 'it is in the memory of the container'
audit 'running'
docker commit "$container" "berth-test/$(own committed):1" >/dev/null
E2E_IMAGES+=("berth-test/$(own committed):1")
is "$(docker save "berth-test/$(own committed):1" | grep -a -c glpat)" 0 'not in the layers of an image made of it'

# A new token ------------------------------------------------------------------------------------------------------------------
use_token glpat-second
wait_ok 20 'a new token reaches the session by itself' bash -c '[ "$(docker exec "$0" cat /run/berth/git-token)" = glpat-second ]' "$container"
tell tokens '{"value": "glpat-first", "revoked": true}'
inside sh -c 'echo four >>README.md && git commit --quiet -am "With the new one"' >/dev/null
ok 'and push works with it' inside git push --quiet origin main
audit 'changed'

# Commit and push, pull, by berth -------------------------------------------------------------------------------------------------
outside() { git -C "$clone" pull --quiet origin main && printf '%s\n' "$1" >>"$clone/$2" && git -C "$clone" add "$2" && git -C "$clone" commit --quiet -m "$1" && git -C "$clone" push --quiet origin main; }
on_host() { git -C "$clone" fetch --quiet origin && git -C "$clone" log -1 --format="$1" origin/main; }
inside git config --global --unset credential.helper >/dev/null
inside sh -c 'echo five >>README.md; echo new >"a new one"; echo staged >staged.txt; git add staged.txt; echo later >>staged.txt' >/dev/null
berth save "$session" --commit -m "It's \"done\" \$(id)"
is "$STATUS" 0 'commit: exit status 0' || diag "$ERR"
like "$ERR" 'Committed 3 files as [0-9a-f]+, and pushed to main' 'commit: it says what it did'
is "$(on_host '%s by %an')" "It's \"done\" \$(id) by Zoë \"Z\" O'Müller" 'commit: the host has it, with its message and the right author'
is "$(inside git status --porcelain)" '' 'commit: nothing is dirty any more'
is "$(inside find .git -not -user jovyan)" '' 'commit: all files of the repository are the user'\''s'
berth save "$session" --commit -m Again --json
is "$STATUS $(json 'd["commit"], d["pushed"]' <<<"$OUT")" '0 [null, 0]' 'commit: nothing to commit is no failure'
berth save "$session" --commit
is "$STATUS" 2 'commit: a message is wanted'
like "$ERR" 'wants a message' 'commit: and asked for'
outside 'From outside again' README.md
inside sh -c 'echo six >>README.md' >/dev/null
berth save "$session" --commit -m Six
is "$STATUS" 6 'behind: not pushed, exit status 6'
like "$ERR" 'main of the project has 1 commit that the session does not have' 'behind: how many'
like "$ERR" "berth pull $session" 'behind: and what to do'
is "$(inside git log -1 --format=%s)" "It's \"done\" \$(id)" 'behind: nothing is committed'
berth pull "$session"
is "$STATUS" 6 'pull: a changed file in the way'
like "$ERR" 'would overwrite work in .*: README.md' 'pull: is named'
is "$(inside tail -n 1 README.md)" six 'pull: and left alone'
inside sh -c 'git checkout --quiet README.md && echo dirty >>staged.txt' >/dev/null
berth pull "$session"
is "$STATUS" 0 'pull: exit status 0' || diag "$ERR"
like "$ERR" '1 commit came to main, with changes of 1 file' 'pull: says how much came'
like "$OUT" '^[0-9a-f]+ From outside again' 'pull: and what'
is "$(inside git status --porcelain)" ' M staged.txt' 'pull: what is dirty stays so'
inside sh -c 'printf "#!/bin/sh\necho untidy\nexit 1\n" >.git/hooks/pre-commit && chmod +x .git/hooks/pre-commit && git add staged.txt && echo more >>README.md' >/dev/null
berth save "$session" --commit -m Hook
is "$STATUS" 1 'hook: exit status 1'
like "$ERR" 'a hook in .* refuses the commit: untidy' 'hook: its words'
is "$(inside git status --porcelain)" "$(printf ' M README.md\nM  staged.txt')" 'hook: what was staged is as it was'
inside rm .git/hooks/pre-commit >/dev/null
tell "projects/$project" '{"protected": ["main"]}'
berth save "$session" --commit -m Protected
is "$STATUS" 4 'protected: exit status 4'
like "$ERR" 'ommitted in .* but not pushed: main is protected' 'protected: it is committed, and says why it is not pushed'
tell "projects/$project" '{"protected": []}'
tell faults '{"match": "git-receive-pack", "kind": "forbidden", "times": 20}'
berth save "$session" --commit -m Forbidden
is "$STATUS" 4 'no right: exit status 4' || diag "$ERR"
tell faults '{}' DELETE
tell tokens '{"value": "glpat-second", "revoked": true}'
berth save "$session" --commit -m Ended
is "$STATUS" 4 'a token that has ended: exit status 4'
like "$ERR" 'takes no login' 'a token that has ended: so it says'
unlike "$ERR$OUT" 'glpat' 'a token that has ended: without the token'
tell tokens '{"value": "glpat-second", "revoked": false}'
berth save "$session" --commit -m Pushed
like "$ERR" 'nothing to commit; 1 commit was pushed to main' 'afterwards what was committed is pushed' || diag "$ERR"
is "$(on_host %s)" 'Protected' 'the host has it'
inside git checkout --quiet --detach >/dev/null
berth save "$session" --commit -m Nowhere
is "$STATUS" 6 'HEAD on no branch: exit status 6'
like "$ERR" 'on no branch' 'HEAD on no branch: so it says'
inside git checkout --quiet main >/dev/null
berth pull "$session"
like "$ERR" 'nothing new for main' 'pull: nothing new'
ok 'the repository is whole' inside git fsck --no-dangling
audit 'committed'

# Paused, resumed, ended ---------------------------------------------------------------------------------------------------------
berth pause "$session"
is "$STATUS" 0 'pause' || diag "$ERR"
is "$(hits engine_call GET "/containers/$container/export")" 0 'paused: the token is gone'
berth resume "$session"
is "$STATUS" 0 'resume' || diag "$ERR"
wait_ok 20 'resumed: it is there again' bash -c '[ "$(docker exec "$0" cat /run/berth/git-token)" = glpat-second ]' "$container"
close_session
is "$(leftovers)" '' 'nothing is left'

# LFS fetched ------------------------------------------------------------------------------------------------------------------
open_session --name "g2-$mark" --lfs || bail 'no session'
is "$(inside sha256sum big.bin)" "${big%-}big.bin" 'LFS: fetched at the start'
is "$(inside git status --porcelain)" '' 'LFS: and git sees nothing changed'
is "$(inside git lfs ls-files | sort | cut -c12)" "$(printf '*\n*')" 'LFS: git-lfs has them'
berth save "$session" --dry-run
like "$ERR" 'nothing to save' 'LFS: fetched files are no unsaved work' || diag "$OUT"
close_session
rm -rf "$T"/fake-*; state=$(sed -n 's/^state=//p' "$T/where")
find "$state/lfs" -type f -name "${big%% *}" -delete
berth start "$project" main --name "g3-$mark" --lfs
isnt "$STATUS" 0 'LFS: an object that the host lacks fails the start'
like "$ERR" 'big.bin is in Git LFS, but the host does not have it' 'LFS: and is named'
like "$ERR" 'lfs=no' 'LFS: with a way out'
is "$(leftovers)" '' 'LFS: nothing is left of it'

# Whoever the image's user is -----------------------------------------------------------------------------------------------------
for uid in 0 12345; do
  E2E_IMAGES+=("berth-test/$(own "uid$uid"):1")
  printf 'FROM %s\nUSER %s\nWORKDIR /tmp\nENTRYPOINT []\nCMD ["sleep","600"]\nENV HOME=/nowhere\n' "$image" "$uid" |
    docker build --quiet -t "berth-test/$(own "uid$uid"):1" - >/dev/null 2>&1 || bail 'no image with another user'
  open_session --name "u$uid-$mark" --image "berth-test/$(own "uid$uid"):1" --environment shell || continue
  is "$(inside id -u)" "$uid" "uid $uid: the user"
  is "$(inside find . -not -uid "$uid")" '' "uid $uid: all files are that user's"
  is "$(inside git config user.name)" "Zoë \"Z\" O'Müller" "uid $uid: the author, without a home"
  inside sh -c "echo $uid >>README.md && git commit --quiet -am 'By $uid'" >/dev/null
  ok "uid $uid: push" inside git push --quiet origin main
  close_session
done
tiny nogit 'USER 1000'
berth start "$project" main --name "n-$mark" --image "$IMAGE" --environment shell --json
is "$STATUS" 0 'an image without git starts all the same' || diag "$ERR"
berth save "n-$mark" --commit -m None
is "$STATUS" 1 'without git: no commit'
like "$ERR" "he image of n-$mark has no git.*berth save n-$mark" 'without git: why, and what there is instead'
berth pull "n-$mark"
like "$ERR" 'has no git' 'without git: no pull either'
berth stop "n-$mark" --force
done_testing
