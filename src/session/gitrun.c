/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commit and push, pull: by the git of the image, in the running session, as the image's user, so that this user's configuration and
 * hooks count. One command in the container does all of it; a commit's message comes over its standard input. It writes down what it
 * found and did, a word and a value a line; what git and hooks print comes behind "said-STEP", so that it is never taken for a word of ours.
 *
 * A commit takes all that is dirty, as `git add -A` and `git commit` would. It is made from a copy of the index that lies where git's own
 * lock of it would (`index.lock`, as `git commit -a` does): nobody else changes the index meanwhile, hooks see a GIT_INDEX_FILE as they
 * are used to, and where anything fails the index is the one that it was, staged and unstaged told apart.
 *
 * One of ours that is killed in the middle leaves that lock. `berth.lock` beside it, there only while the lock is ours, says which process
 * took it and what HEAD was: when that process is gone and no git runs in the project, the next commit clears it away, and where the commit
 * had been made already, its index takes its place first.
 */
#include "berth/exchange.h"
#include "berth/mem.h"
#include "call.h"
#include "gitrun.h"

enum { SAID_MAX = 1 << 20, MESSAGE_MAX = 64 << 10, CAME_MOST = 20 };

static const char script[] =
	"end() { [ -z \"$1\" ] || printf 'refused %s\\n' \"$1\"; echo end; exit 0; }\n"
	"cd \"$1\" 2>/dev/null || end gone\n"
	"export GIT_TERMINAL_PROMPT=0 GIT_EDITOR=: LANGUAGE=en\n"
	/* result STEP CODE: and what was said, of much the beginning and the last line */
	"result() {\n"
	"  echo \"$1 $2\"\n"
	"  printf '%s\\n' \"$out\" | {\n"
	"    n=0 last=\n"
	"    while IFS= read -r line; do\n"
	"      n=$((n + 1))\n"
	"      if [ $n -gt 100 ]; then last=$line; else printf 'said-%s %s\\n' \"$1\" \"$line\"; fi\n"
	"    done\n"
	"    [ -z \"$last\" ] || printf 'said-%s %s\\n' \"$1\" \"$last\"\n"
	"  }\n"
	"}\n"
	"command -v git >/dev/null 2>&1 || end no-git\n"
	"dir=$(git rev-parse --absolute-git-dir 2>/dev/null </dev/null) && [ -z \"$(git rev-parse --show-prefix)\" ] || end no-repository\n"
	"for way in MERGE_HEAD=merge CHERRY_PICK_HEAD=cherry-pick REVERT_HEAD=revert rebase-merge=rebase rebase-apply=rebase; do\n"
	"  [ ! -e \"$dir/${way%=*}\" ] || { echo \"word ${way#*=}\"; end under-way; }\n"
	"done\n"
	"[ -z \"$(git ls-files --unmerged)\" ] || end unmerged\n"
	"head=$(git rev-parse -q --verify HEAD) || head=\n"
	"branch=$(git symbolic-ref -q HEAD) && case $branch in refs/heads/*) : ;; *) false ;; esac || {\n"
	"  echo \"word $(git rev-parse --short HEAD)\"\n"
	"  end detached\n"
	"}\n"
	"branch=${branch#refs/heads/}\n"
	"printf 'branch %s\\n' \"$branch\"\n"
	/* what the project has: its tip, fetched where it is news */
	"tip= ahead=0 behind=0\n"
	"look() {\n"
	"  out=$(git ls-remote origin \"refs/heads/$branch\" 2>&1 </dev/null) || return\n"
	"  tip=$(printf '%s\\n' \"$out\" | while IFS='\t' read -r id ref; do [ \"$ref\" != \"refs/heads/$branch\" ] || echo \"$id\"; done)\n"
	"  [ -n \"$tip\" ] || { echo absent; return 0; }\n"
	"  if [ -z \"$head\" ] || ! git merge-base --is-ancestor \"$tip\" \"$head\" 2>/dev/null; then\n"
	"    out=$(git fetch --quiet --no-recurse-submodules origin \"+refs/heads/$branch:refs/remotes/origin/$branch\" 2>&1 </dev/null) || return\n"
	"    tip=$(git rev-parse \"refs/remotes/origin/$branch\") || return\n"
	"  fi\n"
	"  if [ -z \"$head\" ]; then behind=$(git rev-list --count \"$tip\"); return; fi\n"
	"  ahead=$(git rev-list --count \"$tip..$head\") && behind=$(git rev-list --count \"$head..$tip\")\n"
	"}\n"
	"look\n"
	"code=$?\n"
	"[ $code = 0 ] && [ -z \"$tip\" ] && [ -n \"$head\" ] && ahead=$(git rev-list --count \"$head\" --not --remotes=origin)\n"
	"printf 'ahead %s\\nbehind %s\\n' \"$ahead\" \"$behind\"\n"
	"[ $code = 0 ] && out=\n"
	"result look $code\n"
	"if [ \"$2\" = pull ]; then\n"
	"  [ $code = 0 ] && [ -n \"$tip\" ] && [ \"$behind\" -gt 0 ] && [ \"$ahead\" = 0 ] || end\n"
	"  out=$(git -c merge.autoStash=false merge --ff-only --quiet \"$tip\" 2>&1 </dev/null)\n"
	"  code=$?\n"
	"  result merge $code\n"
	"  [ $code = 0 ] || end\n"
	"  printf 'files %s\\n' \"$(git diff --no-ext-diff --shortstat \"${head:-$(git hash-object -t tree /dev/null)}\" HEAD)\"\n"
	"  git -c log.showSignature=false log --no-color --no-decorate -n 20 --format='came %h %s' \"${head:+$head..}HEAD\" </dev/null\n"
	"  end\n"
	"fi\n"
	"[ \"$behind\" = 0 ] || end\n"
	"lock=$dir/index.lock mark=$dir/berth.lock\n"
	"take() { (set -C && : >\"$lock\") 2>/dev/null; }\n"
	/* the 22nd field: numbers of processes come back, with their beginning they don't */
	"began() { { IFS= read -r line <\"/proc/$1/stat\"; } 2>/dev/null || return 1; set -- ${line##*) }; echo \"${20}\"; }\n"
	"git_runs() {\n"
	"  top=$(pwd -P)\n"
	"  for at in /proc/[0-9]*; do\n"
	"    { IFS= read -r name <\"$at/comm\"; } 2>/dev/null || continue\n"
	"    case $name in git|git-*) ;; *) continue ;; esac\n"
	"    { IFS= read -r line <\"$at/stat\"; } 2>/dev/null || continue\n"
	"    case ${line##*) } in [ZX]*) continue ;; esac\n" /* it is dead, nobody has asked for its end yet */
	"    where=$(readlink \"$at/cwd\" 2>/dev/null) || { [ ! -e \"$at\" ] || return 0; continue; }\n"
	"    case $where in \"$top\"|\"$top\"/*) return 0 ;; esac\n"
	"  done\n"
	"  return 1\n"
	"}\n"
	/* of one of ours that is dead; of two that see it, one has it */
	"is_left() {\n"
	"  { read -r pid start before <\"$mark\"; } 2>/dev/null && [ -n \"$before\" ] && [ \"$(began \"$pid\")\" != \"$start\" ] && ! git_runs || return 1\n"
	"  mv \"$mark\" \"$mark.$$\" 2>/dev/null && read -r pid2 start2 before2 <\"$mark.$$\" || return 1\n"
	"  [ \"$pid2 $start2 $before2\" = \"$pid $start $before\" ] || { mv \"$mark.$$\" \"$mark\"; return 1; }\n"
	"}\n"
	"if ! take; then\n"
	"  [ -e \"$lock\" ] || end read-only\n"
	"  is_left || { echo \"word $dir/index.lock\"; end busy; }\n"
	"  parent=$(git rev-parse -q --verify 'HEAD^') || parent=none\n"
	"  if [ -n \"$head\" ] && [ \"$head\" != \"$before\" ] && [ \"$parent\" = \"$before\" ] && [ -s \"$lock\" ] && GIT_INDEX_FILE=$lock git diff --no-ext-diff --cached --quiet HEAD </dev/null 2>/dev/null; then\n"
	"    mv -f \"$lock\" \"$dir/index\"\n"
	"  fi\n"
	"  rm -f \"$lock\" \"$lock.lock\" \"$mark.$$\"\n"
	"  echo left\n"
	"  take || { echo \"word $dir/index.lock\"; end busy; }\n"
	"fi\n"
	"trap 'rm -f \"$mark\"; rm -f \"$lock\"' EXIT\n"
	"trap 'exit 1' HUP INT TERM\n"
	"printf '%s %s %s\\n' $$ \"$(began $$)\" \"${head:-none}\" >\"$mark\"\n"
	"commit() {\n"
	"  if [ -s \"$dir/index\" ]; then\n"
	"    out=$(cp -p \"$dir/index\" \"$lock\" 2>&1)\n" /* with its time, by which git knows what was changed in the same instant */
	"  else\n"
	"    out=$(GIT_INDEX_FILE=$lock git read-tree --empty 2>&1)\n"
	"  fi && out=$(GIT_INDEX_FILE=$lock git add -A 2>&1 </dev/null)\n"
	"  code=$?\n"
	"  result add $code\n"
	"  [ $code = 0 ] || end\n"
	"  ! GIT_INDEX_FILE=$lock git diff --no-ext-diff --cached --quiet </dev/null || { echo nothing; rm -f \"$mark\"; rm -f \"$lock\"; trap - EXIT; return; }\n"
	"  printf 'files %s\\n' \"$(GIT_INDEX_FILE=$lock git diff --no-ext-diff --cached --no-renames --shortstat </dev/null)\"\n"
	"  out=$(GIT_INDEX_FILE=$lock git commit --quiet --cleanup=whitespace -F - 2>&1)\n"
	"  code=$?\n"
	"  result commit $code\n"
	"  [ $code = 0 ] || end\n"
	"  rm -f \"$mark\"\n"
	"  mv -f \"$lock\" \"$dir/index\"\n"
	"  trap - EXIT\n" /* the next lock is somebody else's */
	"  echo \"made $(git rev-parse --short HEAD)\"\n"
	"  ahead=$((ahead + 1))\n"
	"}\n"
	"looked=$code\n"
	"commit\n"
	"printf 'ahead %s\\n' \"$ahead\"\n"
	"[ \"$looked\" = 0 ] && { [ \"$ahead\" -gt 0 ] || [ -z \"$tip\" ]; } && git rev-parse -q --verify HEAD >/dev/null || end\n"
	"out=$(git push --porcelain origin \"HEAD:refs/heads/$branch\" 2>&1 </dev/null)\n"
	"result push $?\n"
	"end\n";

const char *gitrun_script(void)
{
	return script;
}

struct gitrun_call {
	struct session_call base;
	char *name;
	bool pull;
	struct buf out;
	struct err err;                /* why it can't even begin */
	int exit_code;
	void (*got)(void *ctx, const struct session_git_done *done);
};

static void call_fini(struct session_call *c)
{
	struct gitrun_call *g = (struct gitrun_call *)c;
	free(g->name);
	buf_fini(&g->out);
}

static void piece(void *call, int stream, struct sv bytes)
{
	if (stream == 1)
		buf_add_sv(&((struct gitrun_call *)call)->out, bytes);
}

static void exited(void *call, int exit_code)
{
	((struct gitrun_call *)call)->exit_code = exit_code;
}

/* ---- told, where all went well ---- */
typedef VEC(const char *) lines;

static void keep_note(void *notes, const char *text)
{
	lines *l = notes;
	VEC_PUSH(l, xstrdup(text));
}

static void lines_free(lines *l)
{
	for (size_t i = 0; i < l->len; i++)
		free((char *)l->items[i]);
	VEC_FINI(l);
}

static void tell(struct gitrun_call *c, const struct gitrun *g)
{
	AUTO_STR branch = sv_dup(g->branch);
	AUTO_STR commit = g->commit.len ? sv_dup(g->commit) : NULL;
	lines notes = VEC_INIT, came = VEC_INIT;
	struct session_git_done d = { .branch = branch, .commit = commit, .files = g->files, .sent = g->tried[GITRUN_PUSH] ? g->ahead : 0,
		.came = g->tried[GITRUN_MERGE] ? g->behind : 0, .pushed = g->tried[GITRUN_PUSH], .ahead = g->tried[GITRUN_PUSH] ? 0 : g->ahead };
	gitrun_notes(g, keep_note, &notes);
	for (size_t i = 0; i < MIN_OF(g->came.len, (size_t)CAME_MOST); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		gitrun_words(&b, g->came.items[i]);
		VEC_PUSH(&came, xstrdup(buf_str(&b)));
	}
	for (size_t i = 0; i < notes.len && !d.landed; i++)
		d.landed = exchange_landed(notes.items[i]);
	d.notes = notes.items;
	d.n_notes = notes.len;
	d.commits = came.items;
	d.n_commits = came.len;
	c->got(c->base.ctx, &d);
	lines_free(&notes);
	lines_free(&came);
}

static void ended(void *call, const struct err *err)
{
	struct gitrun_call *c = call;
	struct gitrun g;
	struct err failed = { 0 };
	if (err && (c->exit_code == 126 || c->exit_code == 127)) {
		if (!session_call_back(&c->base, err))
			return;
		err_set(&failed, ERR_UNSUPPORTED, "the image of %s has no shell, so git can't be run in it", c->name);
		err_hint(&failed, "`berth save %s` keeps its work on a branch of its own, without git in the image.", c->name);
		session_call_end(&c->base, &failed);
		return;
	}
	if (!session_call_ok(&c->base, err))
		return;
	gitrun_read(buf_sv(&c->out), &g);
	if (gitrun_judge(&g, c->name, c->pull, &failed) == 0)
		tell(c, &g);
	gitrun_fini(&g);
	session_call_end(&c->base, failed.code ? &failed : NULL);
}

static void never_begun(void *call)
{
	struct gitrun_call *c = call;
	struct err err = c->err;
	session_call_end(&c->base, &err);
}

static int check(const struct session *s, const char *message, bool pull, struct err *reterr)
{
	if (!s->workdir || !strchr(s->workdir + 1, '/')) {
		err_set(reterr, ERR_UNSUPPORTED, "%s was started by an older berth, which did not note where its project is", s->name);
		err_hint(reterr, "Commit and push from inside the session: berth attach %s", s->name);
	} else if (!session_is_up(s)) {
		err_set(reterr, ERR_CONFLICT, "%s does not run, and git works in a running session only", s->name);
		err_hint(reterr, "`berth resume %s` goes on with it.", s->name);
	} else if (!pull && !sv_trim(sv_of(message)).len) {
		err_set(reterr, ERR_USAGE, "a commit wants a message that says something");
	} else if (!pull && strlen(message) > MESSAGE_MAX) {
		err_set(reterr, ERR_TOO_BIG, "the message has more than %d kB", MESSAGE_MAX >> 10);
	} else {
		return 0;
	}
	return -reterr->code;
}

static struct session_call *run(struct engine *e, struct loop *l, const struct session *s, const char *message, void (*got)(void *ctx, const struct session_git_done *done),
                                session_end_fn end, void *ctx)
{
	struct gitrun_call *c = session_call_new(sizeof *c, e, l, end, ctx);
	c->base.fini = call_fini;
	c->pull = !message;
	c->name = xstrdup(s->name);
	c->out = BUF_INIT_MAX(SAID_MAX);
	c->exit_code = -1;
	c->got = got;
	if (check(s, message, c->pull, &c->err) < 0) {
		c->base.timer = loop_timer_start(l, 0, 0, never_begun, c);
		return &c->base;
	}
	const char *argv[] = { "/bin/sh", "-c", script, "berth", s->workdir, c->pull ? "pull" : "save" };
	struct engine_exec_query q = { .container = s->container_id, .argv = argv, .n_argv = ARRAY_LEN(argv), .workdir = "/", .stdin_bytes = message ? sv_of(message) : (struct sv){ "", 0 } };
	c->base.call = engine_exec(e, &q, piece, exited, ended, c);
	return &c->base;
}

struct session_call *session_commit(struct engine *e, struct loop *l, const struct session *s, const char *message, void (*got)(void *ctx, const struct session_git_done *done),
                                    session_end_fn end, void *ctx)
{
	return run(e, l, s, message ? message : "", got, end, ctx);
}

struct session_call *session_pull(struct engine *e, struct loop *l, const struct session *s, void (*got)(void *ctx, const struct session_git_done *done), session_end_fn end,
                                  void *ctx)
{
	return run(e, l, s, NULL, got, end, ctx);
}
