/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What git in a session has answered: read, and said in our words (gitrun.h). Git is asked in English; what it says else is passed on. */
#include "gitrun.h"

#include <string.h>

#include "berth/mem.h"
#include "berth/text.h"
#include "parts.h"

enum { SAID_MOST = 2000, CAME_MOST = 100, SEEN_MAX = 4096, REASON_MAX = 260 };

static const struct { const char *name; enum gitrun_step step; } steps[] = {
	{ "look", GITRUN_LOOK }, { "add", GITRUN_ADD }, { "commit", GITRUN_COMMIT }, { "push", GITRUN_PUSH }, { "merge", GITRUN_MERGE },
};

/* ---- reading ---- */
/* "123 files changed, …": the number before the rest, 0 where none is. */
static uint32_t number_of(struct sv text)
{
	uint64_t n = 0;
	text = sv_trim(text);
	size_t digits = 0;
	while (digits < text.len && digits < 9 && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	return sv_to_u64((struct sv){ text.p, digits }, &n) ? (uint32_t)n : 0;
}

static bool read_step(struct gitrun *g, struct sv key, struct sv value)
{
	bool said = sv_starts(key, SV("said-"));
	if (said)
		key = (struct sv){ key.p + 5, key.len - 5 };
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		enum gitrun_step step = steps[i].step;
		if (!sv_eq(key, sv_of(steps[i].name)))
			continue;
		if (!said) {
			g->tried[step] = true;
			g->codes[step] = sv_eq(value, SV("0")) ? 0 : (int)MAX_OF(number_of(value), 1u);
		} else if (value.len && g->said.len < SAID_MOST) {
			struct gitrun_said line = { step, value };
			VEC_PUSH(&g->said, line);
		}
		return true;
	}
	return said;
}

static void read_fact(struct gitrun *g, struct sv key, struct sv value)
{
	if (sv_eq(key, SV("end")))
		g->complete = true;
	else if (sv_eq(key, SV("refused")))
		g->refused = value;
	else if (sv_eq(key, SV("word")))
		g->word = value;
	else if (sv_eq(key, SV("branch")))
		g->branch = value;
	else if (sv_eq(key, SV("made")))
		g->commit = value;
	else if (sv_eq(key, SV("absent")))
		g->absent = true;
	else if (sv_eq(key, SV("nothing")))
		g->nothing = true;
	else if (sv_eq(key, SV("left")))
		g->left = true;
	else if (sv_eq(key, SV("ahead")))
		g->ahead = number_of(value);
	else if (sv_eq(key, SV("behind")))
		g->behind = number_of(value);
	else if (sv_eq(key, SV("files")))
		g->files = number_of(value);
	else if (sv_eq(key, SV("came")) && g->came.len < CAME_MOST)
		VEC_PUSH(&g->came, value);
}

void gitrun_read(struct sv text, struct gitrun *ret)
{
	struct sv line, key;
	*ret = (struct gitrun){ 0 };
	while (!ret->complete && sv_split(&text, '\n', &line)) {
		struct sv value = line;
		sv_split(&value, ' ', &key);
		if (!read_step(ret, key, value))
			read_fact(ret, key, value);
	}
}

void gitrun_fini(struct gitrun *g)
{
	VEC_FINI(&g->said);
	VEC_FINI(&g->came);
}

/* ---- a stranger's words ---- */
void gitrun_words(struct buf *b, struct sv text)
{
	AUTO(buf_fini) struct buf raw = BUF_INIT;
	AUTO(buf_fini) struct buf words = BUF_INIT;
	buf_add(&raw, text.p, MIN_OF(text.len, (size_t)SEEN_MAX));
	if (raw.len)
		text_mask(raw.p, raw.len);
	log_last_words(&words, buf_sv(&raw));
	if (words.len)
		text_mask(words.p, words.len); /* escapes may have stood in it */
	buf_add_sv(b, buf_sv(&words));
}

static bool has(struct sv text, const char *word)
{
	return text.len && memmem(text.p, text.len, word, strlen(word)) != NULL;
}

static bool says(const struct gitrun *g, enum gitrun_step step, const char *word)
{
	for (size_t i = 0; i < g->said.len; i++)
		if (g->said.items[i].step == step && has(g->said.items[i].text, word))
			return true;
	return false;
}

static struct sv without(struct sv text, const char *start)
{
	return sv_starts(text, sv_of(start)) ? sv_trim((struct sv){ text.p + strlen(start), text.len - strlen(start) }) : text;
}

/* Lines that only say that something failed, or advise what a person at a prompt would do. */
static bool is_idle_talk(struct sv line)
{
	static const char *const starts[] = { "hint:", "To ", "Done", "failed to push some refs", "error: failed to push some refs", "Please ", "Aborting", "warning:" };
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (sv_starts(line, sv_of(starts[i])))
			return true;
	return !line.len || line.p[0] == '=' || line.p[0] == '-' || line.p[0] == '!';
}

/* What a host or git says is wrong: the lines behind `start` where there are any ("remote: ", "fatal: "), one behind the other. */
static bool add_lines(struct buf *b, const struct gitrun *g, enum gitrun_step step, const char *start)
{
	bool any = false;
	for (size_t i = 0; i < g->said.len && b->len < REASON_MAX; i++) {
		struct sv line = sv_trim(g->said.items[i].text);
		if (g->said.items[i].step != step || !sv_starts(line, sv_of(start)))
			continue;
		line = without(without(line, start), "GitLab: ");
		if (is_idle_talk(line))
			continue;
		buf_add_str(b, any ? " " : "");
		gitrun_words(b, line);
		any = true;
	}
	return any;
}

/* The last words of a program that ended badly: up to three lines. */
static void add_last(struct buf *b, const struct gitrun *g, enum gitrun_step step)
{
	size_t from = g->said.len, n = 0;
	while (from > 0 && n < 3)
		n += g->said.items[--from].step == step && !is_idle_talk(sv_trim(g->said.items[from].text));
	const char *between = "";
	for (size_t i = from; i < g->said.len && n; i++) {
		struct sv line = sv_trim(g->said.items[i].text);
		if (g->said.items[i].step != step || is_idle_talk(line))
			continue;
		buf_add_str(b, between);
		gitrun_words(b, line);
		between = "; ";
	}
}

static void add_reason(struct buf *b, const struct gitrun *g, enum gitrun_step step)
{
	if (!add_lines(b, g, step, "remote: ") && !add_lines(b, g, step, "fatal: ") && !add_lines(b, g, step, "error: "))
		add_last(b, g, step);
	if (!b->len)
		buf_addf(b, "git gives no reason (exit status %d)", g->codes[step]);
}

static void add_branch(struct buf *b, const struct gitrun *g)
{
	if (g->branch.len)
		gitrun_words(b, g->branch);
	else
		buf_add_str(b, "its branch");
}

/* ---- what did not begin ---- */
static int refused(const struct gitrun *g, const char *session, bool pull, struct err *reterr)
{
	AUTO(buf_fini) struct buf word = BUF_INIT;
	const char *deed = pull ? "pull" : "save";
	gitrun_words(&word, g->word);
	if (sv_eq(g->refused, SV("no-git"))) {
		err_set(reterr, ERR_UNSUPPORTED, "the image of %s has no git", session);
		err_hint(reterr, pull ? "Stop it (its work is saved), and start a new session at the newest commit." : "`berth save %s` keeps its work on a branch of its own, without git in the image.", session);
	} else if (sv_eq(g->refused, SV("gone"))) {
		err_set(reterr, ERR_NOT_FOUND, "the project's folder is not there any more in %s", session);
	} else if (sv_eq(g->refused, SV("no-repository"))) {
		err_set(reterr, ERR_UNSUPPORTED, "git in %s finds no repository in the project's folder that it may use", session);
		err_hint(reterr, "`berth attach %s`, then `git status` there says why.", session);
	} else if (sv_eq(g->refused, SV("under-way"))) {
		err_set(reterr, ERR_CONFLICT, "a %s is under way in %s", buf_str(&word), session);
		err_hint(reterr, "End it there (berth attach %s; git %s --continue or --abort), then %s again.", session, buf_str(&word), deed);
	} else if (sv_eq(g->refused, SV("unmerged"))) {
		err_set(reterr, ERR_CONFLICT, "files in %s have conflicts that nobody has resolved yet", session);
		err_hint(reterr, "`berth attach %s`, resolve them and `git add` them, then %s again.", session, deed);
	} else if (sv_eq(g->refused, SV("detached"))) {
		err_set(reterr, ERR_CONFLICT, "HEAD in %s is on no branch%s%s", session, word.len ? ", but at commit " : "", buf_str(&word));
		err_hint(reterr, pull ? "`berth attach %s`, and `git switch` to a branch; then pull again." : "`berth attach %s` and `git switch -c NAME` make a branch of it; then save again.", session);
	} else if (sv_eq(g->refused, SV("busy"))) {
		err_set(reterr, ERR_BUSY, "another git is at work in %s (.git/index.lock is there)", session);
		err_hint(reterr, "Try again in a moment. If it stays, a git has died there: `berth attach %s`, look that none runs, and `rm %s`.", session, word.len ? buf_str(&word) : ".git/index.lock");
	} else {
		err_set(reterr, ERR_DENIED, "the repository in %s can't be written", session);
		err_hint(reterr, "Is its disk full, or are files of .git another user's? `berth attach %s` and look.", session);
	}
	return -reterr->code;
}

/* ---- talking with the project ---- */
enum trouble { TROUBLE_AUTH, TROUBLE_PROTECTED, TROUBLE_MOVED, TROUBLE_DENIED, TROUBLE_ABSENT, TROUBLE_TLS, TROUBLE_NET, TROUBLE_SPACE, TROUBLE_OTHER };
static const struct { const char *word; enum trouble trouble; } troubles[] = {
	{ "Authentication failed", TROUBLE_AUTH }, { "could not read Username", TROUBLE_AUTH }, { "could not read Password", TROUBLE_AUTH }, { "error: 401", TROUBLE_AUTH },
	{ "protected branch", TROUBLE_PROTECTED },
	{ "(fetch first)", TROUBLE_MOVED }, { "(non-fast-forward)", TROUBLE_MOVED }, { "(stale info)", TROUBLE_MOVED },
	{ "not allowed", TROUBLE_DENIED }, { "error: 403", TROUBLE_DENIED }, { "[remote rejected]", TROUBLE_DENIED },
	{ "not found", TROUBLE_ABSENT }, { "error: 404", TROUBLE_ABSENT }, { "does not appear to be a git repository", TROUBLE_ABSENT },
	{ "certificate", TROUBLE_TLS }, { "No space left", TROUBLE_SPACE },
	{ "unable to access", TROUBLE_NET }, { "Could not resolve host", TROUBLE_NET }, { "Connection ", TROUBLE_NET }, { "hung up", TROUBLE_NET },
};

static enum trouble trouble_of(const struct gitrun *g, enum gitrun_step step)
{
	for (size_t i = 0; i < ARRAY_LEN(troubles); i++)
		if (says(g, step, troubles[i].word))
			return troubles[i].trouble;
	return TROUBLE_OTHER;
}

static int trouble_set(const struct gitrun *g, enum gitrun_step step, const char *session, struct err *reterr)
{
	static const enum err_code codes[] = { ERR_AUTH, ERR_DENIED, ERR_CONFLICT, ERR_DENIED, ERR_NOT_FOUND, ERR_TLS, ERR_NET, ERR_NO_SPACE, ERR_FAILED };
	AUTO(buf_fini) struct buf reason = BUF_INIT;
	AUTO(buf_fini) struct buf branch = BUF_INIT;
	enum trouble t = trouble_of(g, step);
	add_reason(&reason, g, step);
	add_branch(&branch, g);
	switch (t) {
	case TROUBLE_AUTH:
		err_set(reterr, codes[t], "the host takes no login from %s: %s", session, buf_str(&reason));
		err_hint(reterr, "`berth login` checks the token and keeps a new one, which the session is then given; save or pull again after it.");
		break;
	case TROUBLE_PROTECTED:
		err_set(reterr, codes[t], "%s is protected, and this account may not push to it: %s", buf_str(&branch), buf_str(&reason));
		err_hint(reterr, "`berth attach %s`, `git switch -c NAME`, and save again: then it is a branch of its own, for a merge request.", session);
		break;
	case TROUBLE_MOVED:
		err_set(reterr, codes[t], "somebody has pushed to %s in this very moment", buf_str(&branch));
		err_hint(reterr, "`berth attach %s`, `git pull --no-rebase` joins both; then save again.", session);
		break;
	case TROUBLE_DENIED:
		err_set(reterr, codes[t], "the host does not let this account do that: %s", buf_str(&reason));
		err_hint(reterr, "It needs the right to push there, its token the scope write_repository. `berth save %s` may still keep the work.", session);
		break;
	default:
		err_set(reterr, codes[t], "the project can't be %s from %s: %s", step == GITRUN_PUSH ? "pushed to" : "asked", session, buf_str(&reason));
		if (t == TROUBLE_OTHER && step == GITRUN_PUSH)
			err_hint(reterr, "A hook may refuse it. `berth attach %s` and `git push` there show all of it.", session);
		else
			err_hint(reterr, "`berth attach %s` and `git ls-remote origin` there show all of it; then try again.", session);
	}
	return -reterr->code;
}

/* ---- branches that differ ---- */
static int behind(const struct gitrun *g, const char *session, bool pull, struct err *reterr)
{
	AUTO(buf_fini) struct buf branch = BUF_INIT;
	add_branch(&branch, g);
	err_set(reterr, ERR_CONFLICT, "%s is behind: %s of the project has %u commit%s that the session does not have%s", session, buf_str(&branch), g->behind, g->behind == 1 ? "" : "s",
	        g->ahead ? ", and the session has others" : "");
	if (!pull && !g->ahead)
		err_hint(reterr, "Nothing was committed or pushed. `berth pull %s` brings them, then save again.", session);
	else
		err_hint(reterr, "%s. `berth attach %s`: commit what is open, `git pull --no-rebase` joins both; then save.", pull ? "Nothing was touched" : "Nothing was committed or pushed", session);
	return -ERR_CONFLICT;
}

/* Git lists the names behind tabs, as they are. */
static int in_the_way(const struct gitrun *g, const char *session, struct err *reterr)
{
	AUTO(buf_fini) struct buf names = BUF_INIT;
	AUTO(buf_fini) struct buf reason = BUF_INIT;
	size_t n = 0;
	for (size_t i = 0; i < g->said.len; i++) {
		struct sv line = g->said.items[i].text;
		if (g->said.items[i].step != GITRUN_MERGE || line.p[0] != '\t' || !sv_trim(line).len)
			continue;
		if (n++ < 3) {
			buf_add_str(&names, n > 1 ? ", " : "");
			gitrun_words(&names, (struct sv){ sv_trim(line).p, MIN_OF(sv_trim(line).len, (size_t)60) });
		}
	}
	if (n > 3)
		buf_addf(&names, " and %zu more", n - 3);
	if (n) {
		err_set(reterr, ERR_CONFLICT, "what comes would overwrite work in %s that is not committed: %s", session, buf_str(&names));
		err_hint(reterr, "Nothing was touched. `berth attach %s`: commit or `git stash` it, then `git pull --no-rebase`.", session);
		return -ERR_CONFLICT;
	}
	add_reason(&reason, g, GITRUN_MERGE);
	err_set(reterr, says(g, GITRUN_MERGE, "index.lock") ? ERR_BUSY : says(g, GITRUN_MERGE, "No space left") ? ERR_NO_SPACE : ERR_FAILED, "git in %s could not bring the files: %s",
	        session, buf_str(&reason));
	err_hint(reterr, "`berth attach %s` and `git status` there show how it is.", session);
	return -reterr->code;
}

/* ---- a commit that was not made ---- */
static int not_committed(const struct gitrun *g, enum gitrun_step step, const char *session, struct err *reterr)
{
	AUTO(buf_fini) struct buf reason = BUF_INIT;
	if (step == GITRUN_COMMIT && (says(g, step, "tell me who you are") || says(g, step, "identity unknown") || says(g, step, "ident name"))) {
		err_set(reterr, ERR_CONFIG, "git in %s does not know whose commit it is", session);
		err_hint(reterr, "`berth attach %s`: git config --global user.name NAME, and user.email MAIL; then save again.", session);
		return -ERR_CONFIG;
	}
	bool hook = step == GITRUN_COMMIT && g->codes[step] == 1;
	if (hook)
		add_last(&reason, g, step);
	else
		add_reason(&reason, g, step);
	err_set(reterr, says(g, step, "No space left") ? ERR_NO_SPACE : ERR_FAILED, hook ? "a hook in %s refuses the commit%s%s" : "git in %s could not commit%s%s", session, reason.len ? ": " : "",
	        buf_str(&reason));
	err_hint(reterr, "Nothing was committed, and what was staged is as it was. `berth attach %s`, mend it, and save again.", session);
	return -reterr->code;
}

/* A commit that was made stays, whatever became of the rest. */
static void tell_commit(const struct gitrun *g, const char *session, struct err *reterr)
{
	AUTO(buf_fini) struct buf commit = BUF_INIT;
	gitrun_words(&commit, g->commit);
	if (commit.len)
		err_prefix(reterr, "committed in %s as %s, but not pushed", session, buf_str(&commit));
}

static int judge_pull(const struct gitrun *g, const char *session, struct err *reterr)
{
	AUTO(buf_fini) struct buf branch = BUF_INIT;
	add_branch(&branch, g);
	if (g->codes[GITRUN_LOOK])
		return trouble_set(g, GITRUN_LOOK, session, reterr);
	if (g->absent) {
		err_set(reterr, ERR_NOT_FOUND, "the project has no branch %s that could be pulled", buf_str(&branch));
		err_hint(reterr, "`berth save %s --commit -m MESSAGE` pushes it.", session);
		return -ERR_NOT_FOUND;
	}
	if (g->behind && g->ahead)
		return behind(g, session, true, reterr);
	return g->codes[GITRUN_MERGE] ? in_the_way(g, session, reterr) : 0;
}

static int judge_save(const struct gitrun *g, const char *session, struct err *reterr)
{
	int rc = 0;
	if (g->behind)
		return behind(g, session, false, reterr);
	if (g->codes[GITRUN_ADD] || g->codes[GITRUN_COMMIT])
		return not_committed(g, g->codes[GITRUN_ADD] ? GITRUN_ADD : GITRUN_COMMIT, session, reterr);
	if (g->codes[GITRUN_LOOK])
		rc = trouble_set(g, GITRUN_LOOK, session, reterr);
	else if (g->codes[GITRUN_PUSH])
		rc = trouble_set(g, GITRUN_PUSH, session, reterr);
	if (rc)
		tell_commit(g, session, reterr);
	return rc;
}

int gitrun_judge(const struct gitrun *g, const char *session, bool pull, struct err *reterr)
{
	struct err ignored;
	reterr = reterr ? reterr : &ignored;
	if (g->refused.len)
		return refused(g, session, pull, reterr);
	if (!g->complete || !g->branch.len) {
		err_set(reterr, ERR_DECODE, "how git in %s ended is not known", session);
		err_hint(reterr, "`berth attach %s` and `git status` there show how it is.", session);
		return -ERR_DECODE;
	}
	return pull ? judge_pull(g, session, reterr) : judge_save(g, session, reterr);
}

/* ---- beside ---- */
void gitrun_notes(const struct gitrun *g, void (*note)(void *ctx, const char *text), void *ctx)
{
	static const char nested[] = "warning: adding embedded git repository: ", berth[] = "remote: berth: ";
	if (g->left)
		note(ctx, "a commit before this one had been killed in the middle: its lock on the index was cleared away");
	for (size_t i = 0; i < g->said.len; i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct sv line = g->said.items[i].text;
		if (g->said.items[i].step == GITRUN_PUSH && sv_starts(line, sv_of(berth))) {
			gitrun_words(&b, without(line, berth));
		} else if (g->said.items[i].step == GITRUN_ADD && sv_starts(line, sv_of(nested))) {
			line = without(line, nested);
			gitrun_words(&b, sv_ends(line, SV("/")) ? (struct sv){ line.p, line.len - 1 } : line);
			buf_add_str(&b, " is a repository of its own: only which commit it is at was saved, push it from the session");
		}
		if (b.len)
			note(ctx, buf_str(&b));
	}
}
