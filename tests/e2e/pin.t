#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pinning an image: a commit that changes one key, on a branch that nobody has checked out.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tiny pinned
name=$(own pin)
dir=$(project "$name")
mkdir -p "$dir/.renku"
printf '; ours\r\n[renku "interactive"]\r\ndefault_url = /lab\r\nimage = old:1 ; why\r\n' >"$dir/.renku/renku.ini"
cp "$dir/.renku/renku.ini" "$T/before"
printf 'jinja2\n' >"$dir/requirements.txt"
commit "$dir" 'Begin' >/dev/null
git -C "$dir" branch work
git -C "$dir" status --porcelain=v2 --branch >"$T/status"

berth image "$name" work
like "$OUT" 'pins old:1' 'it is pinned before'
berth pin "$name" work --image "$IMAGE"
is "$STATUS" 0 'pin: exit status' || diag "$ERR"
like "$ERR" "The commit [0-9a-f]{7} on work pins $IMAGE" 'pin: what was done, and where'
git -C "$dir" show work:.renku/renku.ini >"$T/after"
sed "s|old:1|$IMAGE|" "$T/before" >"$T/wanted"
ok 'pin: only the one value has changed, byte for byte' cmp "$T/after" "$T/wanted"
is "$(git -C "$dir" diff --name-only work~1 work)" .renku/renku.ini 'pin: in one file'
is "$(git -C "$dir" status --porcelain=v2 --branch | diff - "$T/status")" '' 'pin: work tree, index and HEAD stay as they were'
berth image "$name" work --json
is "$(json 'd["state"]' <<<"$OUT")" pinned 'image: the commit has it pinned'
berth pin "$name" work --image "$IMAGE"
is "$STATUS" 6 'pin: it is so already'
berth pin "$name" work --image 'no name'
is "$STATUS" 2 'pin: no name of an image'

# a branch that is checked out is not moved
before=$(git -C "$dir" rev-parse main)
berth pin "$name" main --image "$IMAGE"
is "$STATUS" 6 'pin: not onto a branch that is checked out'
like "$ERR" 'branch main is checked out in .*--beside' 'pin: and what goes instead'
is "$(git -C "$dir" rev-parse main)" "$before" 'pin: it stays'
berth pin "$name" main --image "$IMAGE" --beside
is "$STATUS" 0 'pin: beside it' || diag "$ERR"
is "$(git -C "$dir" rev-parse "pin/${before:0:7}~1")" "$before" 'pin: on top of it'
berth pin "$name" main --image "$IMAGE" --beside
is "$STATUS" 6 'pin: that branch is there already'
berth pin "$name" work~1 --image x:1
is "$STATUS" 6 'pin: an old commit gets a branch of its own; this one has it already' || diag "$ERR"

# a commit without an image of its own
berth pin "$name" main
is "$STATUS" 3 'pin: nothing of its own to pin'
# and out again
berth unpin "$name" work
is "$STATUS" 0 'unpin: exit status' || diag "$ERR"
git -C "$dir" show work:.renku/renku.ini >"$T/after"
grep -v '^image' "$T/before" >"$T/wanted"
ok 'unpin: only that line has gone' cmp "$T/after" "$T/wanted"
berth unpin "$name" work
is "$STATUS" 3 'unpin: there is nothing any more'
berth --read-only pin "$name" work --image x:1
is "$STATUS" 4 'pin: not with --read-only'
ok 'the repository is whole' git -C "$dir" fsck --strict

# in the dashboard
git -C "$dir" branch -D "pin/${before:0:7}" >/dev/null 2>&1
term_start 100x30 env -C "$dir" "$BERTH"
term_ok 20 'Begin|Pin no image' 'the dashboard'
term_keys 3
term_keys :
term_type pin
term_keys Enter
term_ok 10 'pin the image:' 'it asks which image'
term_type "$IMAGE"
term_keys Enter
term_ok 20 'beside' 'where the branch is checked out, a branch beside is offered'
term_keys b
wait_ok 20 'and made' git -C "$dir" rev-parse --verify --quiet "pin/${before:0:7}"
term_keys Q
term_end
done_testing
