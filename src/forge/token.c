/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a host's token is looked for, one source after the other. */
#include "berth/token.h"

#include <sys/stat.h>
#include <unistd.h>

#include "berth/path.h"
#include "forge/glab.h"
#include "forge/token_parts.h"

struct token_call {
	struct loop *loop;
	struct token_query q;           /* its strings and the token are owned */
	struct token_events ev;
	void *ctx;
	struct loop_ask *ask;
	token_words words;
	struct secret *token;
	char *from, *user;
};

const char *token_source_name(enum token_source s)
{
	static const char *const names[] = { "none", "environment", "token-command", "config", "glab", "git" };
	return names[s];
}

bool token_file_is_private(const char *path, struct err *reterr)
{
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(reterr, ERR_NOT_FOUND, "%s is no file", path);
		return false;
	}
	if (!(st.st_mode & (S_IRWXG | S_IRWXO)))
		return true;
	AUTO(buf_fini) struct buf quoted = BUF_INIT;
	buf_add_shell_quoted(&quoted, sv_of(path));
	err_set(reterr, ERR_DENIED, "others on this machine can read %s, so the token in it is not used", path);
	err_hint(reterr, "`chmod 600 %s` keeps it to yourself", buf_str(&quoted));
	return false;
}

/* ---- ends ---- */
static void call_free(struct token_call *c)
{
	loop_ask_cancel(c->ask);
	token_words_fini(&c->words);
	secret_free(c->token);
	secret_free((struct secret *)c->q.token);
	free((char *)c->q.url);
	free((char *)c->q.command);
	free((char *)c->q.token_from);
	free((char *)c->q.glab_file);
	free(c->from);
	free(c->user);
	free(c);
}

static void give(struct token_call *c, enum token_source source)
{
	struct token_found t = { source, c->from, c->user, c->token };
	c->ev.got(c->ctx, &t, NULL);
	call_free(c);
}

static void fail(struct token_call *c, const struct err *e)
{
	c->ev.got(c->ctx, NULL, e);
	call_free(c);
}

static void note(const struct token_call *c, const char *hint, const char *text)
{
	if (c->ev.note)
		c->ev.note(c->ctx, text, hint);
}

static void none(struct token_call *c)
{
	struct err e = { 0 };
	const char *host = strstr(c->q.url, "://");
	err_set(&e, ERR_AUTH, "there is no token for %s", host ? host + 3 : c->q.url);
	err_hint(&e, "`berth login %s` says how to get one", host ? host + 3 : c->q.url);
	fail(c, &e);
}

/* ---- programs ---- */
/* What a failing program said last, in its own words. */
static struct sv last_words(struct sv errors)
{
	struct sv rest = errors, line, last = SV("");
	while (sv_split(&rest, '\n', &line))
		if (sv_trim(line).len)
			last = sv_trim(line);
	last.len = utf8_floor(last, 160);
	return last;
}

static void set_failed(struct err *e, const char *name, const struct loop_answer *a)
{
	struct sv words = last_words(a->errors);
	if (a->signo)
		err_set(e, ERR_AUTH, "token-command: %s was ended by signal %d", name, a->signo);
	else
		err_set(e, ERR_AUTH, "token-command: %s failed with exit code %d%s%.*s", name, a->status, words.len ? ": " : "", (int)words.len, words.p);
	err_hint(e, "run it in a shell to see why, or change token-command in the configuration");
}

static void git_answered(void *ctx, const struct loop_answer *a, const struct err *err)
{
	struct token_call *c = ctx;
	c->ask = NULL;
	if (a && !a->status)
		c->token = token_of_git(a->out, &c->user);
	if (!c->token) {
		none(c);
		return;
	}
	c->from = xstrdup("git credential");
	give(c, TOKEN_GIT);
}

/* The environment as it is, but git must not ask anybody: no terminal, no window. */
static const char *const *git_environment(void)
{
	static const char *const ours[] = { "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", "GCM_INTERACTIVE=never" };
	VEC(const char *) env = VEC_INIT;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		VEC_PUSH(&env, ours[i]);
	for (char **e = environ; *e; e++) {
		bool replaced = false;
		for (size_t i = 0; i < ARRAY_LEN(ours); i++)
			replaced |= strncmp(*e, ours[i], strcspn(ours[i], "=") + 1) == 0;
		if (!replaced)
			VEC_PUSH(&env, *e);
	}
	VEC_PUSH(&env, (const char *)NULL);
	return env.items;
}

static void ask_git(struct token_call *c)
{
	AUTO(buf_fini) struct buf question = BUF_INIT_MAX(8192);
	token_git_question(c->q.url, &question);
	if (c->q.no_git || !question.len) {
		none(c);
		return;
	}
	const char *const *env = git_environment();
	/* From the root: the configuration of a repository we happen to stand in names no program that we run. */
	struct loop_ask_spec spec = { .argv = (const char *const[]){ "git", "credential", "fill", NULL }, .env = env, .cwd = "/",
	                              .input = buf_sv(&question), .timeout_ms = c->q.timeout_ms };
	c->ask = loop_ask(c->loop, &spec, git_answered, c);
	free((void *)env);
}

/* ---- files ---- */
static void take_glab(struct token_call *c, const char *path, const struct glab_host *h)
{
	if (h && h->token)
		c->token = token_of_text(h->token);
	if (c->token) {
		c->from = xasprintf("%s:%d", path, h->token_line);
		c->user = xstrdup(h->user);
	} else if (h && h->use_keyring) {
		note(c, "token-command in the configuration can fetch it from there", "glab keeps this host's token in a keyring, which berth does not open");
	}
}

static void look_at_glab(struct token_call *c)
{
	AUTO_STR path = c->q.glab_file ? xstrdup(c->q.glab_file) : glab_path();
	AUTO(buf_fini) struct buf text = BUF_INIT_MAX(GLAB_FILE_MAX + 1);
	struct glab g = { 0 };
	struct err e = { 0 };
	if (access(path, F_OK) < 0)
		return;
	buf_reserve(&text, GLAB_FILE_MAX);      /* read at once: no unwiped copy */
	if (!token_file_is_private(path, &e) || file_read(path, GLAB_FILE_MAX, &text, &e)) {
		note(c, e.hint, e.text);
	} else if (glab_parse(buf_sv(&text), &g, &e)) {
		err_prefix(&e, "%s", path);
		note(c, "glab config edit opens it", e.text);
	} else {
		take_glab(c, path, glab_find(&g, c->q.url));
	}
	glab_fini(&g);
	if (text.p)
		wipe(text.p, text.cap);
}

static void look_at_files(struct token_call *c)
{
	if (c->q.token) {
		c->token = secret_dup(c->q.token);
		c->from = xstrdup(c->q.token_from ? c->q.token_from : "the configuration");
		give(c, TOKEN_CONFIG);
		return;
	}
	look_at_glab(c);
	if (c->token)
		give(c, TOKEN_GLAB);
	else
		ask_git(c);
}

/* ---- token-command ---- */
static void command_answered(void *ctx, const struct loop_answer *a, const struct err *err)
{
	struct token_call *c = ctx;
	struct err e = { 0 };
	c->ask = NULL;
	if (err) {
		e = *err;
		err_prefix(&e, "token-command");
	} else if (a->status || a->signo) {
		set_failed(&e, c->words.items[0], a);
	} else if (!(c->token = token_of_output(a->out, &e))) {
		err_prefix(&e, "token-command: %s", c->words.items[0]);
	}
	if (e.code) {
		fail(c, &e);
		return;
	}
	c->from = xstrdup("token-command");
	give(c, TOKEN_COMMAND);
}

static void run_command(struct token_call *c)
{
	struct err e = { 0 };
	if (token_split(c->q.command, &c->words, &e)) {
		fail(c, &e);
		return;
	}
	struct loop_ask_spec spec = { .argv = (const char *const *)c->words.items, .timeout_ms = c->q.timeout_ms };
	c->ask = loop_ask(c->loop, &spec, command_answered, c);
}

/* ---- the start ---- */
static bool look_at_environment(struct token_call *c)
{
	static const char *const names[] = { "BERTH_TOKEN", "GITLAB_TOKEN" };
	for (size_t i = 0; c->q.is_default && i < ARRAY_LEN(names) && !c->token; i++) {
		const char *value = getenv(names[i]);
		AUTO_STR what = xasprintf("%s holds no token", names[i]);
		c->token = token_of_text(value);
		if (c->token)
			c->from = xstrdup(names[i]);
		else if (value && *value)
			note(c, "it has spaces or control characters in it", what);
	}
	return c->token;
}

static void begin(void *ctx)
{
	struct token_call *c = ctx;
	if (look_at_environment(c))
		give(c, TOKEN_ENVIRONMENT);
	else if (c->q.command && *c->q.command)
		run_command(c);
	else
		look_at_files(c);
}

struct token_call *token_find(struct loop *l, const struct token_query *q, const struct token_events *ev, void *ctx)
{
	struct token_call *c = xcalloc(1, sizeof *c);
	c->loop = l;
	c->q = *q;
	c->q.url = xstrdup(q->url);
	c->q.command = xstrdup(q->command);
	c->q.token = secret_dup(q->token);
	c->q.token_from = xstrdup(q->token_from);
	c->q.glab_file = xstrdup(q->glab_file);
	c->ev = *ev;
	c->ctx = ctx;
	loop_defer(l, begin, c);
	return c;
}

void token_cancel(struct token_call *c)
{
	if (!c)
		return;
	loop_defer_cancel(c->loop, begin, c);
	call_free(c);
}
