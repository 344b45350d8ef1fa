/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commit and push, pull: git's answers whatever stands in them, and the whole way with a git of this machine. */
#include "session/gitrun.h"
#include "shell.h"

/* ---- what git has answered ---- */
static int judge(const char *text, bool pull, struct err *err)
{
	struct gitrun g;
	*err = (struct err){ 0 };
	gitrun_read(sv_of(text), &g);
	int rc = gitrun_judge(&g, "a", pull, err);
	gitrun_fini(&g);
	return rc;
}

static void answers_become_sentences(void **state)
{
	static const struct { const char *text; bool pull; int rc; const char *words, *hint; } rows[] = {
		{ "", false, -ERR_DECODE, "how git in a ended is not known", "berth attach a" },
		{ "branch main\nlook 0\n", false, -ERR_DECODE, "not known", NULL },
		{ "refused no-git\nend\n", false, -ERR_UNSUPPORTED, "the image of a has no git", "berth save a" },
		{ "refused gone\nend\n", true, -ERR_NOT_FOUND, "not there any more", NULL },
		{ "refused no-repository\nend\n", true, -ERR_UNSUPPORTED, "no repository", NULL },
		{ "word rebase\nrefused under-way\nend\n", false, -ERR_CONFLICT, "a rebase is under way in a", "git rebase --continue" },
		{ "refused unmerged\nend\n", false, -ERR_CONFLICT, "conflicts", "save again" },
		{ "word 9f8e7d6\nrefused detached\nend\n", false, -ERR_CONFLICT, "on no branch, but at commit 9f8e7d6", "git switch -c" },
		{ "refused busy\nend\n", false, -ERR_BUSY, "another git", "index.lock" },
		{ "refused read-only\nend\n", false, -ERR_DENIED, "can't be written", NULL },
		{ "branch main\nahead 0\nbehind 1\nlook 0\nend\n", false, -ERR_CONFLICT, "a is behind: main of the project has 1 commit that", "Nothing was committed or pushed. `berth pull a`" },
		{ "branch main\nahead 2\nbehind 3\nlook 0\nend\n", false, -ERR_CONFLICT, "has 3 commits that the session does not have, and the session has others", "git pull --no-rebase" },
		{ "branch main\nahead 2\nbehind 3\nlook 0\nend\n", true, -ERR_CONFLICT, "has 3 commits", "Nothing was touched" },
		{ "branch x\nabsent\nlook 0\nend\n", true, -ERR_NOT_FOUND, "the project has no branch x", "--commit" },
		{ "branch x\nlook 128\nsaid-look fatal: Authentication failed for 'http://h/x'\nend\n", true, -ERR_AUTH, "takes no login", "berth login" },
		{ "branch x\nlook 128\nsaid-look fatal: unable to access 'http://h/': Could not resolve host: h\nend\n", true, -ERR_NET, "Could not resolve host: h", NULL },
		{ "branch x\nlook 128\nsaid-look fatal: unable to access 'http://h/': Failed to connect\nadd 0\ncommit 0\nmade 9f8e7d6\nahead 1\nend\n", false, -ERR_NET,
		  "committed in a as 9f8e7d6, but not pushed: the project can't be asked", NULL },
		{ "branch main\nlook 0\nadd 0\ncommit 1\nsaid-commit one\nsaid-commit two\nsaid-commit \nsaid-commit three\nsaid-commit four\nend\n", false, -ERR_FAILED,
		  "a hook in a refuses the commit: two; three; four", "what was staged is as it was" },
		{ "branch main\nlook 0\nadd 0\ncommit 128\nsaid-commit *** Please tell me who you are.\nend\n", false, -ERR_CONFIG, "does not know whose commit", "user.email" },
		{ "branch main\nlook 0\nadd 128\nsaid-add warning: x\nsaid-add fatal: adding files failed\nend\n", false, -ERR_FAILED, "could not commit: adding files failed", NULL },
		{ "branch main\nlook 0\nadd 1\nsaid-add cp: error writing: No space left on device\nend\n", false, -ERR_NO_SPACE, "No space left", NULL },
		{ "branch main\nlook 0\nadd 0\ncommit 0\nmade abc\nahead 1\npush 1\nsaid-push remote: GitLab: You are not allowed to push code to protected branches on this project.\n"
		  "said-push !\tHEAD:refs/heads/main\t[remote rejected] (pre-receive hook declined)\nsaid-push error: failed to push some refs to 'x'\nend\n", false, -ERR_DENIED,
		  "committed in a as abc, but not pushed: main is protected, and this account may not push to it: You are not allowed to push code to protected branches", "git switch -c" },
		{ "branch main\nlook 0\nnothing\nahead 1\npush 128\nsaid-push remote: You are not allowed to push code to this project.\nsaid-push fatal: unable to access 'x': The requested URL returned error: 403\nend\n",
		  false, -ERR_DENIED, "does not let this account", "write_repository" },
		{ "branch main\nlook 0\nadd 0\ncommit 0\nmade abc\npush 1\nsaid-push !\tHEAD:refs/heads/main\t[rejected] (fetch first)\nend\n", false, -ERR_CONFLICT, "in this very moment", "git pull" },
		{ "branch main\nlook 0\nadd 0\ncommit 0\nmade abc\npush 1\nsaid-push tests fail\nsaid-push error: failed to push some refs to 'x'\nend\n", false, -ERR_FAILED, "tests fail", "A hook may refuse it" },
		{ "branch main\nlook 0\nbehind 1\nmerge 1\nsaid-merge error: Your local changes to the following files would be overwritten by merge:\nsaid-merge \ta\nsaid-merge \tb\nsaid-merge \tc\n"
		  "said-merge \td\nend\n", true, -ERR_CONFLICT, "not committed: a, b, c and 1 more", "Nothing was touched" },
		{ "branch main\nlook 0\nbehind 1\nmerge 128\nsaid-merge fatal: Unable to create '/x/index.lock': File exists.\nend\n", true, -ERR_BUSY, "index.lock", NULL },
		{ "branch main\nahead 0\nbehind 0\nlook 0\nend\n", true, 0, "", NULL },
		{ "branch main\nlook 0\nadd 0\nnothing\nend\n", false, 0, "", NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err;
		int rc = judge(rows[i].text, rows[i].pull, &err);
		if (rc != rows[i].rc || !strstr(err.text, rows[i].words) || (rows[i].hint && !strstr(err.hint, rows[i].hint)))
			fail_msg("row %zu: %d %s / %s", i, rc, err.text, err.hint);
	}
}

static void one_note(void *text, const char *note)
{
	buf_addf(text, "%s|", note);
}

static void hostile_answers_stay_words(void **state)
{
	static const char text[] = "branch ma\033[31min\nlook 0\nadd 0\nsaid-add warning: adding embedded git repository: x\xff\xe2\x80\xae\033]0;t\a\ncommit 0\nmade 9f\033c\npush 0\n"
	                           "said-push remote: berth: glpat-abcdefghij0123456789 is here\nsaid-push end\nsaid-push made 0\nend\nbranch other\n";
	AUTO(buf_fini) struct buf notes = BUF_INIT;
	AUTO(buf_fini) struct buf words = BUF_INIT;
	AUTO(buf_fini) struct buf many = BUF_INIT;
	struct gitrun g;
	struct err err;
	(void)state;
	gitrun_read(sv_of(text), &g);
	assert_true(sv_eq(g.branch, SV("ma\033[31min"))); /* what comes behind the end is nobody's */
	gitrun_notes(&g, one_note, &notes);
	gitrun_words(&words, g.branch);
	gitrun_fini(&g);
	for (size_t i = 0; i < notes.len; i++)
		assert_true((unsigned char)notes.p[i] >= 0x20);
	assert_null(memchr(words.p, 033, words.len));
	assert_null(strstr(buf_str(&notes), "abcdefghij"));
	assert_null(strstr(buf_str(&notes), "\xe2\x80\xae"));
	buf_add_str(&many, "branch main\nlook 0\nadd 0\ncommit 1\n");
	for (int i = 0; i < 5000; i++)
		buf_addf(&many, "said-commit %d\033[2J\xc3\n", i);
	buf_add_str(&many, "end\n");
	assert_int_equal(judge(buf_str(&many), false, &err), -ERR_FAILED);
	assert_null(strchr(err.text, 033));
	assert_int_equal(judge("branch main\nahead 99999999999999999999\nbehind -1\nlook x\nend\n", true, &err), -ERR_FAILED);
}

/* ---- the whole way ---- */
static void got(void *shell, const struct session_git_done *d)
{
	struct shell *s = shell;
	buf_clear(&s->said);
	buf_addf(&s->said, "%s%s files=%u sent=%u came=%u ahead=%u%s", d->branch, d->commit ? " committed" : "", d->files, d->sent, d->came, d->ahead, d->pushed ? " pushed" : "");
	for (size_t i = 0; i < d->n_notes; i++)
		buf_addf(&s->said, " (%s)", d->notes[i]);
	for (size_t i = 0; i < d->n_commits; i++)
		buf_addf(&s->said, " [%s]", d->commits[i] + strcspn(d->commits[i], " ") + 1);
}

static void run_git(struct shell *s, const char *message)
{
	buf_clear(&s->said);
	if (message)
		session_commit(&s->e->base, s->loop, &s->session, message, got, shell_end, s);
	else
		session_pull(&s->e->base, s->loop, &s->session, got, shell_end, s);
	shell_wait(s);
}

static void well(struct shell *s, const char *message, const char *said)
{
	run_git(s, message);
	if (s->err.code)
		fail_msg("%s / %s", s->err.text, s->err.hint);
	assert_string_equal(buf_str(&s->said), said);
}

static void badly(struct shell *s, const char *message, enum err_code code, const char *words)
{
	run_git(s, message);
	if (s->err.code != code || !strstr(s->err.text, words) || s->said.len)
		fail_msg("%d %s / %s (said: %s), not %s", s->err.code, s->err.text, s->err.hint, buf_str(&s->said), words);
	assert_true(*s->err.hint || code == ERR_USAGE);
	shell_do(s, "test ! -e work/.git/index.lock");
}

static void with_clone(struct shell *s, const char *name)
{
	shell_init(s, name);
	shell_do(s, "git init -q --bare host.git && git init -q other && cd other && echo one >a && echo x >b && echo '*.tmp' >.gitignore && git add . && git commit -q -m Begin && "
	            "git remote add origin ../host.git && git push -q origin main && cd .. && git clone -q host.git work");
}

static const char from_outside[] = "cd other && git pull -q origin main && echo more >>a && git commit -qam 'From outside' && git push -q origin main";

static void commits_take_all_that_is_dirty(void **state)
{
	AUTO(shell_fini) struct shell s;
	(void)state;
	with_clone(&s, "commits");
	shell_do(&s, "cd work && echo two >>a && git rm -q b && mkdir d && echo n >'d/na me' && echo t >no.tmp && echo staged >c && git add c && echo later >>c");
	well(&s, "It's \"$(id)\" `id`\n\n# not a comment\n", "main committed files=4 sent=1 came=0 ahead=0 pushed");
	shell_is(&s, "git -C host.git log -1 --format=%B main", "It's \"$(id)\" `id`\n\n# not a comment");
	shell_is(&s, "git -C host.git show main:c", "staged\nlater");
	shell_is(&s, "git -C work status --porcelain", "");
	shell_is(&s, "git -C work status -sb", "## main...origin/main");
	shell_is(&s, "git -C host.git ls-tree -r --name-only main", ".gitignore\na\nc\nd/na me");
	well(&s, "Again", "main files=0 sent=0 came=0 ahead=0");
	shell_do(&s, "cd work && echo 3 >>a && git commit -qam Mine");
	well(&s, "Nothing", "main files=0 sent=1 came=0 ahead=0 pushed");
	shell_do(&s, "cd work && git checkout -q -b topic/x");
	well(&s, "New", "topic/x files=0 sent=0 came=0 ahead=0 pushed");
	shell_do(&s, "cd work && git init -q sub && cd sub && git commit -q --allow-empty -m x");
	well(&s, "Nested", "topic/x committed files=1 sent=1 came=0 ahead=0 pushed (sub is a repository of its own: only which commit it is at was saved, push it from the session)");
	shell_do(&s, "git -C work fsck --no-dangling && git -C host.git fsck --no-dangling");
}

/* A git that ends the command it is part of as a kill would: before or after it does what `mode` names. */
static void git_that_kills(struct shell *s)
{
	shell_do(s, "real=$(command -v git) && mkdir bin && cat >bin/git <<END\n#!/bin/sh\n"
	            "if read -r when what <'$PWD/bin/mode' 2>/dev/null; then case \"\\$*\" in \"\\$what\"*)\n"
	            "  rm '$PWD/bin/mode'\n  [ \\$when != after ] || $real \"\\$@\"\n"
	            "  echo \\$\\$ >'$PWD/bin/pid'\n  read -r pid rest <.git/berth.lock && kill -9 \\$pid\n  exit 1 ;;\nesac; fi\nexec $real \"\\$@\"\nEND\nchmod +x bin/git");
}

static void killed(struct shell *s, const char *mode)
{
	AUTO_STR set = xasprintf("echo '%s' >bin/mode", mode);
	shell_do(s, set);
	run_git(s, "Mine");
	assert_int_not_equal(s->err.code, 0);
	shell_do(s, "test -e work/.git/index.lock && test -s work/.git/berth.lock");
	shell_do(s, "n=0; while kill -0 $(cat bin/pid) 2>/dev/null && [ $n -lt 3000 ]; do sleep 0.02; n=$((n+1)); done");
}

#define CLEARED " (a commit before this one had been killed in the middle: its lock on the index was cleared away)"
static void what_the_killed_left_is_cleared_away(void **state)
{
	AUTO(shell_fini) struct shell s;
	(void)state;
	with_clone(&s, "killed");
	git_that_kills(&s);
	AUTO_STR path = xasprintf("%s/bin:%s", s.dir, getenv("PATH"));
	s.e->run_path = path;
	shell_do(&s, "cd work && echo 2 >>a && git add a && echo 3 >>a && echo n >new");
	AUTO_STR before = shell_out(&s, "sha256sum work/.git/index");
	killed(&s, "before add -A");
	shell_is(&s, "sha256sum work/.git/index", before);
	killed(&s, "before commit --quiet"); /* which clears away first what the other left */
	shell_is(&s, "sha256sum work/.git/index", before);
	well(&s, "Mine", "main committed files=2 sent=1 came=0 ahead=0 pushed" CLEARED);
	shell_is(&s, "cd work && git status --porcelain && git log --format=%s origin/main", "Mine\nBegin");
	shell_do(&s, "cd work && echo 4 >>a && git add a && echo 5 >>b");
	killed(&s, "after commit --quiet"); /* it was made: only its index and the push are missing */
	well(&s, "Again", "main files=0 sent=1 came=0 ahead=0 pushed" CLEARED);
	shell_is(&s, "cd work && git status --porcelain && git log --format=%s origin/main", "Mine\nMine\nBegin");
	shell_is(&s, "ls -A work/.git | grep -c lock || :", "0");
	/* a dead git that nobody asks for runs no more, wherever it was */
	shell_do(&s, "cp $(command -v sleep) bin/git-dead && (cd work && exec ../bin/git-dead 0 & exec sleep 900) >/dev/null 2>&1 & echo $! >bin/parent");
	shell_do(&s, "echo 6 >>work/a");
	killed(&s, "before add -A");
	well(&s, "Third", "main committed files=1 sent=1 came=0 ahead=0 pushed" CLEARED);
	shell_do(&s, "kill $(cat bin/parent)");
	/* of a process that lives, or without our mark: it is not ours to clear away */
	shell_do(&s, ": >work/.git/index.lock && echo \"1 $(sed 's/.*) //' /proc/1/stat | cut -d' ' -f20) none\" >work/.git/berth.lock && echo 6 >>work/a");
	run_git(&s, "x");
	assert_int_equal(s.err.code, ERR_BUSY);
	shell_do(&s, "rm work/.git/berth.lock");
	run_git(&s, "x");
	assert_int_equal(s.err.code, ERR_BUSY);
	assert_non_null(strstr(s.err.hint, "/work/.git/index.lock`"));
	shell_do(&s, "test -e work/.git/index.lock && rm work/.git/index.lock");
	well(&s, "Last", "main committed files=1 sent=1 came=0 ahead=0 pushed");
	shell_do(&s, "git -C work fsck --no-dangling && git -C host.git fsck --no-dangling");
}

static void the_first_commit_of_all(void **state)
{
	AUTO(shell_fini) struct shell s;
	(void)state;
	shell_init(&s, "first");
	shell_do(&s, "git init -q --bare host.git && git clone -q host.git work 2>/dev/null");
	well(&s, "None yet", "main files=0 sent=0 came=0 ahead=0");
	badly(&s, NULL, ERR_NOT_FOUND, "no branch main");
	shell_do(&s, "echo 1 >work/a");
	well(&s, "Begin", "main committed files=1 sent=1 came=0 ahead=0 pushed");
	shell_is(&s, "git -C host.git log --format=%s main", "Begin");
}

static void what_fails_leaves_the_index(void **state)
{
	static const char staged[] = "cd work && git diff --cached --name-only && git diff --name-only && git ls-files --others --exclude-standard";
	AUTO(shell_fini) struct shell s;
	(void)state;
	with_clone(&s, "fails");
	shell_do(&s, "cd work && echo two >>a && git add a && echo two >>b && echo n >new");
	AUTO_STR before = shell_out(&s, "sha256sum work/.git/index");
	shell_do(&s, "printf '#!/bin/sh\\necho \"not \\033[31mtidy\"\\nexit 1\\n' >work/.git/hooks/pre-commit && chmod +x work/.git/hooks/pre-commit");
	badly(&s, "x", ERR_FAILED, "a hook in a refuses the commit: not tidy");
	shell_is(&s, staged, "a\nb\nnew");
	shell_is(&s, "sha256sum work/.git/index", before);
	shell_do(&s, "cd work && rm .git/hooks/pre-commit && git config user.useConfigOnly true && git config --global --unset user.email");
	badly(&s, "x", ERR_CONFIG, "does not know whose commit");
	shell_do(&s, "git config --global user.email a@b && : >work/.git/index.lock");
	run_git(&s, "x");
	assert_int_equal(s.err.code, ERR_BUSY);
	shell_do(&s, "rm work/.git/index.lock && echo x >work/.git/MERGE_HEAD");
	badly(&s, "x", ERR_CONFLICT, "a merge is under way");
	shell_do(&s, "rm work/.git/MERGE_HEAD && chmod 0 work/new");
	if (geteuid() != 0)
		badly(&s, "x", ERR_FAILED, "new");
	shell_do(&s, "chmod 644 work/new && printf '#!/bin/sh\\necho no pushes today\\nexit 1\\n' >work/.git/hooks/pre-push && chmod +x work/.git/hooks/pre-push");
	badly(&s, "Kept", ERR_FAILED, "but not pushed");
	assert_non_null(strstr(s.err.text, "no pushes today"));
	shell_is(&s, "git -C work log -1 --format=%s", "Kept");
	shell_do(&s, "rm work/.git/hooks/pre-push && mv host.git away.git && echo 4 >>work/a");
	badly(&s, "Offline", ERR_NOT_FOUND, "but not pushed: the project can't be asked");
	shell_do(&s, "mv away.git host.git && printf '#!/bin/sh\\necho \"GitLab: You are not allowed to push code to protected branches on this project.\" >&2\\nexit 1\\n' >host.git/hooks/pre-receive && "
	             "chmod +x host.git/hooks/pre-receive");
	badly(&s, "x", ERR_DENIED, "main is protected, and this account may not push to it: You are not allowed to push code to protected branches on this project.");
	shell_do(&s, "rm host.git/hooks/pre-receive");
	well(&s, "x", "main files=0 sent=2 came=0 ahead=0 pushed");
	shell_do(&s, "cd work && git checkout -q --detach");
	badly(&s, "x", ERR_CONFLICT, "on no branch, but at commit");
	badly(&s, " \n", ERR_USAGE, "wants a message");
}

static void behind_is_said_and_nothing_done(void **state)
{
	AUTO(shell_fini) struct shell s;
	(void)state;
	with_clone(&s, "behind");
	shell_do(&s, from_outside);
	shell_do(&s, from_outside);
	shell_do(&s, "echo mine >>work/b && echo n >work/new");
	badly(&s, "x", ERR_CONFLICT, "a is behind: main of the project has 2 commits that the session does not have");
	assert_non_null(strstr(s.err.hint, "berth pull a"));
	shell_is(&s, "git -C work log --format=%s", "Begin");
	well(&s, NULL, "main files=1 sent=0 came=2 ahead=0 [From outside] [From outside]");
	shell_is(&s, "git -C work status --porcelain", "M b\n?? new");
	well(&s, NULL, "main files=0 sent=0 came=0 ahead=0");
	well(&s, "Both", "main committed files=2 sent=1 came=0 ahead=0 pushed");
	shell_do(&s, "cd work && echo 1 >>b && git commit -qam Mine");
	well(&s, NULL, "main files=0 sent=0 came=0 ahead=1");
	shell_do(&s, from_outside);
	badly(&s, "x", ERR_CONFLICT, "has 1 commit that the session does not have, and the session has others");
	badly(&s, NULL, ERR_CONFLICT, "and the session has others");
	shell_is(&s, "git -C work log -1 --format=%s", "Mine");
}

static void a_pull_never_touches_what_is_dirty(void **state)
{
	AUTO(shell_fini) struct shell s;
	(void)state;
	with_clone(&s, "dirty");
	shell_do(&s, from_outside);
	shell_do(&s, "cd work && git config merge.autoStash true && echo mine >>a");
	badly(&s, NULL, ERR_CONFLICT, "what comes would overwrite work in a that is not committed: a");
	shell_is(&s, "cat work/a", "one\nmine");
	shell_is(&s, "git -C work stash list", "");
	shell_do(&s, "git -C work checkout -q a && cd other && echo 1 >'n\033[1mew' && git add . && git commit -qm New && git push -q origin main && echo 2 >'../work/n\033[1mew'");
	badly(&s, NULL, ERR_CONFLICT, "not committed: n");
	assert_null(strchr(s.err.text, 033));
	shell_is(&s, "git -C work log --format=%s", "Begin");
	shell_do(&s, "rm work/n*");
	well(&s, NULL, "main files=2 sent=0 came=2 ahead=0 [New] [From outside]");
}

static void what_can_not_begin_says_why(void **state)
{
	AUTO(shell_fini) struct shell s;
	(void)state;
	with_clone(&s, "refused");
	s.e->run_path = "/nowhere";
	badly(&s, "x", ERR_UNSUPPORTED, "the image of a has no git");
	badly(&s, NULL, ERR_UNSUPPORTED, "the image of a has no git");
	s.e->run_path = NULL;
	shell_do(&s, "mv work/.git kept && git init -q ."); /* one above it is not meant */
	run_git(&s, "x");
	assert_int_equal(s.err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(s.err.text, "no repository"));
	shell_do(&s, "mv work gone");
	run_git(&s, NULL);
	assert_int_equal(s.err.code, ERR_NOT_FOUND);
	s.session.state = SESSION_STOPPED;
	run_git(&s, NULL);
	assert_int_equal(s.err.code, ERR_CONFLICT);
	assert_non_null(strstr(s.err.text, "does not run"));
	s.session.workdir = NULL;
	run_git(&s, NULL);
	assert_int_equal(s.err.code, ERR_UNSUPPORTED);
}

static void a_call_can_be_left(void **state)
{
	AUTO(shell_fini) struct shell s;
	(void)state;
	with_clone(&s, "left");
	session_cancel(session_pull(&s.e->base, s.loop, &s.session, got, shell_end, &s));
	shell_wait(&s);
	assert_int_equal(s.err.code, ERR_CANCELLED);
	s.session.workdir = NULL;
	session_cancel(session_pull(&s.e->base, s.loop, &s.session, got, shell_end, &s));
	shell_wait(&s);
	assert_int_equal(s.err.code, ERR_CANCELLED);
}

const struct CMUnitTest gitrun_tests[] = {
	cmocka_unit_test(answers_become_sentences), cmocka_unit_test(hostile_answers_stay_words), cmocka_unit_test(commits_take_all_that_is_dirty), cmocka_unit_test(the_first_commit_of_all), cmocka_unit_test(what_the_killed_left_is_cleared_away),
	cmocka_unit_test(what_fails_leaves_the_index), cmocka_unit_test(behind_is_said_and_nothing_done), cmocka_unit_test(a_pull_never_touches_what_is_dirty),
	cmocka_unit_test(what_can_not_begin_says_why), cmocka_unit_test(a_call_can_be_left),
};
const size_t n_gitrun_tests = ARRAY_LEN(gitrun_tests);
