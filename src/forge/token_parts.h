/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FORGE_TOKEN_PARTS_H
#define BERTH_FORGE_TOKEN_PARTS_H
/* The pure parts of finding a token. */
#include "berth/secret.h"
#include "berth/vec.h"

typedef VEC(char *) token_words;
/* Words as a POSIX shell splits them: quotes and backslashes, nothing expanded. "!rest" gives sh, -c, rest. 0, or ERR_USAGE: a quote
 * that does not end, no word at all, too many. */
int token_split(const char *command, token_words *ret, struct err *reterr);
void token_words_fini(token_words *w);
/* The first line of what a program said, trimmed. NULL and *reterr: nothing there, or it can't be a token (spaces, controls). */
struct secret *token_of_output(struct sv out, struct err *reterr);
/* A token in a string: NULL when it is none, empty included. */
struct secret *token_of_text(const char *text);
/* The question of git-credential(1) about a URL, and its answer. */
void token_git_question(const char *url, struct buf *ret);
struct secret *token_of_git(struct sv answer, char **ret_user);
#endif
