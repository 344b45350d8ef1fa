#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Repositories, branches, people and files with odd names, all the way from the list to the running session.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tiny base 'USER 1000' 'WORKDIR /home/tiny' 'CMD ["sleep", "1000"]'
base=$IMAGE

# odd NAME: a repository whose folder, branch, author, message and files are as odd as git allows.
odd() {
  NAME="$1-${E2E_ID,,}"
  FOLDER=$(project "$NAME")
  printf 'FROM %s\nCOPY . /tree\n' "$base" >"$FOLDER/Dockerfile"
  mkdir -p "$FOLDER/Übung 1/\$HOME"
  printf 'inside\n' >"$FOLDER/Übung 1/\$HOME/a \"b\" 'c'.txt"
  printf 'x\n' >"$FOLDER/-rf"
  printf 'x\n' >"$FOLDER/new"$'\n'"line"
  ln -s 'Übung 1/$HOME' "$FOLDER/lïnk"
  git -C "$FOLDER" add --all
  GIT_AUTHOR_NAME=$'Ev\033[31mil "Bobby" \'; DROP' GIT_AUTHOR_EMAIL='a b@example.org' git -C "$FOLDER" -c commit.gpgSign=false commit --quiet \
    --cleanup=verbatim --message $'Subject \033]0;owned\007 with \302\233[31m and \342\200\256bidi\t"quotes"\n\nBody \033[2J'
  BRANCH='feature/ünï/"q"'\''$(id)'
  git -C "$FOLDER" branch "$BRANCH"
}
# On a terminal and on a pipe nothing of it moves anything.
clean_bytes() { ! LC_ALL=C grep -q -a -P '\x1b|\x07|\xc2\x9b|\xe2\x80\xae' <<<"$1"; }

for name in 'Größe 3' "it's \"quoted\"" '名前' 'Mixed.Case_1' '-dash'; do
  odd "$name"
  berth projects --json
  is "$(json '[p["name"] for p in d].count(a[0])' "$NAME" <<<"$OUT")" 1 "$name: listed by its name"
  berth branches --json -- "$NAME"
  is "$STATUS" 0 "$name: branches" || diag "$ERR"
  is "$(json '[b["name"] for b in d if "/" in b["name"]][0]' <<<"$OUT")" "$BRANCH" "$name: a branch with slashes, quotes and a dollar"
  berth commits --json -- "$NAME"
  is "$(json 'len(d)' <<<"$OUT")" 1 "$name: its commit"
  ok "$name: JSON carries no raw control characters" clean_bytes "${OUT//$'\342\200\256'/}"
  berth commits -- "$NAME"
  ok "$name: nor does the table" clean_bytes "$OUT"
  like "$OUT" 'Ev' "$name: which still shows the author"
  berth build -- "$NAME" "$BRANCH"
  is "$STATUS" 0 "$name: builds" || diag "$ERR" "$(tail -n 3 <<<"$OUT")"
  berth start --json -- "$NAME" "$BRANCH"
  is "$STATUS" 0 "$name: starts" || diag "$ERR"
  session=$(json 'd["name"]' <<<"$OUT")
  container=$(json 'd["container"]' <<<"$OUT")
  like "$session" '^[a-z0-9][a-z0-9-]*$' "$name: the session has a plain name"
  is "$(json '[d["project"], d["branch"]] == a' "$NAME" "$BRANCH" <<<"$OUT")" true "$name: and knows where it is from"
  work=$(engine_json "/containers/$container/json" 'd["Config"]["WorkingDir"]')
  is "$(file_in "$container" "$work/Übung 1/\$HOME/a \"b\" 'c'.txt")" inside "$name: odd files are in the workspace"
  is "$(file_in "$container" "$work/.git/HEAD")" "ref: refs/heads/$BRANCH" "$name: on the branch"
  berth sessions
  ok "$name: the list of sessions is clean" clean_bytes "$OUT"
  like "$OUT" "$session" "$name: and has it"
  berth stop "$session" --force
  is "$STATUS" 0 "$name: stops" || diag "$ERR"
  is "$(leftovers)" '' "$name: nothing is left"
  rm -rf "$FOLDER"
done

# Repositories that are none, or not whole -------------------------------------------------------------------------------
mkdir "$HOME/berth/plain-folder"
git clone --quiet --bare "$(project "$(own b)")" "$HOME/berth/$(own bare).git" 2>/dev/null
broken=$(project "$(own broken)")
commit "$broken" one >/dev/null
find "$broken/.git/objects" -type f -exec truncate -s 3 {} +
printf 'ref: refs/heads/gone\n' >"$broken/.git/HEAD"
source=$(project "$(own source)")
for i in 1 2 3; do commit "$source" "commit $i" >/dev/null; done
git clone --quiet --depth 1 "file://$source" "$HOME/berth/$(own shallow)"
berth projects --json
is "$STATUS" 0 'one broken repository does not hide the others'
is "$(json 'a[0] in [p["name"] for p in d]' "$(own source)" <<<"$OUT")" true 'the whole ones are listed'
berth commits --json "$(own shallow)"
is "$(json 'len(d)' <<<"$OUT")" 1 'a shallow clone has the commits it has'
berth start "$(own shallow)" --image "$base" --json
is "$STATUS" 0 'and a session starts from it' || diag "$ERR"
berth stop "$(json 'd["name"]' <<<"$OUT")" --force
berth commits "$(own broken)"
isnt "$STATUS" 0 'a broken one fails'
like "$ERR" '^berth: .*[.]$' 'with a sentence'
unlike "$ERR" 'BUG|Assertion' 'and no more'
mkdir "$T/elsewhere"
cd "$T/elsewhere" || exit
berth start
is "$STATUS" 3 'outside of any repository: exit status 3'
like "$ERR" 'no git repository' 'and why'
cd / || exit
printf '[ui]\n\tcolor = 256\n[start]\n\tmemory = lots\n' >"$XDG_CONFIG_HOME/berth.conf"
berth --config "$XDG_CONFIG_HOME/berth.conf" config
is "$STATUS" 7 'a configuration with a typo: exit status 7'
like "$ERR" 'berth\.conf:2: there is no setting ui\.color.*[Dd]id you mean ui\.colour' 'file, line, and what was meant'
like "$ERR" 'berth\.conf:4: .*memory' 'all of its problems'
berth --config "$XDG_CONFIG_HOME/absent.conf" config
isnt "$STATUS" 0 'a configuration that is not there'
is "$(leftovers)" '' 'nothing is left'
done_testing
