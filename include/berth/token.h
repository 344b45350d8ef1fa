/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TOKEN_H
#define BERTH_TOKEN_H
/*
 * The token of a GitLab host, from the first of these that has one: BERTH_TOKEN and GITLAB_TOKEN (of the default host only), the
 * configured token-command, the configured token, glab's own configuration file, a git credential helper. A configured
 * source that fails is an error, said as such; the others are passed over, with a word where one may be missed.
 */
#include "berth/loop.h"
#include "berth/secret.h"

enum token_source { TOKEN_NONE, TOKEN_ENVIRONMENT, TOKEN_COMMAND, TOKEN_CONFIG, TOKEN_GLAB, TOKEN_GIT };
const char *token_source_name(enum token_source s);     /* "environment", "token-command" … */

struct token_query {
	const char *url;              /* of the host: "https://gitlab.example:8443/relative" */
	bool is_default;              /* the environment's tokens are for this host */
	const char *command;          /* token-command: words as a shell splits them, without its expansions; "!…" is given to sh. NULL: none */
	const struct secret *token;   /* the config's, of a file that nobody else can read; NULL: none */
	const char *token_from;       /* where that stands, for people */
	const char *glab_file;        /* NULL: where glab has it */
	bool no_git;                  /* don't ask git's credential helpers */
	uint32_t timeout_ms;          /* of each program; 0: 30 s */
};
struct token_found {
	enum token_source source;
	const char *from;             /* for people: "GITLAB_TOKEN", "token-command", "~/.config/glab-cli/config.yml:12" */
	const char *user;             /* who it is of, where the source says so; else NULL */
	const struct secret *token;   /* lent, as all of this, for the callback */
};
struct token_call;
/* got runs once, later: t is NULL and err says what was looked at (ERR_AUTH: nowhere) or what failed. note: a source that was passed
 * over and why (a glab file that others can read …), one line each; may be NULL. */
struct token_events {
	void (*note)(void *ctx, const char *text, const char *hint);
	void (*got)(void *ctx, const struct token_found *t, const struct err *err);
};
struct token_call *token_find(struct loop *l, const struct token_query *q, const struct token_events *ev, void *ctx);
void token_cancel(struct token_call *c);                /* got does not run; NULL is fine */

/* True for a file that only its owner can read; else (or when it is no file) an error with the chmod line as its hint. */
bool token_file_is_private(const char *path, struct err *reterr);
#endif
