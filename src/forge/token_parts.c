/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "forge/token_parts.h"

enum { WORDS_MAX = 64, TOKEN_MAX = 4096 };

/* ---- words of a command ---- */
void token_words_fini(token_words *w)
{
	for (size_t i = 0; i < w->len; i++)
		free(w->items[i]);
	VEC_FINI(w);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Adds one word to b; returns what is left of s, NULL when a quote does not end. */
static const char *take_word(const char *s, struct buf *b)
{
	char quote = '\0';
	for (; *s && (quote || !is_space(*s)); s++) {
		if (quote != '\'' && *s == '\\' && s[1]) {
			s++;
			if (quote && !strchr("\\\"$`", *s))
				buf_add_char(b, '\\');
			buf_add_char(b, *s);
		} else if (quote ? *s == quote : *s == '"' || *s == '\'') {
			quote = quote ? '\0' : *s;
		} else {
			buf_add_char(b, *s);
		}
	}
	return quote ? NULL : s;
}

static int split(const char *s, token_words *ret, struct err *reterr)
{
	for (; *s; ) {
		if (is_space(*s)) {
			s++;
			continue;
		}
		struct buf word = BUF_INIT;
		s = take_word(s, &word);
		char *text = buf_take(&word);
		VEC_PUSH(ret, text);
		if (!s)
			return err_set(reterr, ERR_USAGE, "token-command has a quote that does not end");
		if (ret->len > WORDS_MAX)
			return err_set(reterr, ERR_USAGE, "token-command has more than %d words", WORDS_MAX);
	}
	return ret->len ? 0 : err_set(reterr, ERR_USAGE, "token-command is empty");
}

int token_split(const char *command, token_words *ret, struct err *reterr)
{
	*ret = (token_words)VEC_INIT;
	int r = 0;
	while (is_space(*command))
		command++;
	if (*command == '!' && command[1]) {
		VEC_PUSH(ret, xstrdup("sh"));
		VEC_PUSH(ret, xstrdup("-c"));
		VEC_PUSH(ret, xstrdup(command + 1));
	} else {
		r = split(command, ret, reterr);
	}
	if (r)
		token_words_fini(ret);
	else
		VEC_PUSH(ret, (char *)NULL);    /* as argv ends */
	return r;
}

/* ---- tokens ---- */
static bool is_token(struct sv s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return s.len && s.len <= TOKEN_MAX;
}

struct secret *token_of_output(struct sv out, struct err *reterr)
{
	struct sv rest = out, line;
	sv_split(&rest, '\n', &line);
	line = sv_trim(line);
	if (is_token(line))
		return secret_new(line);
	err_set(reterr, ERR_AUTH, line.len ? "said something that is no token" : "said nothing");
	err_hint(reterr, "its first line of output must be the token alone");
	return NULL;
}

struct secret *token_of_text(const char *text)
{
	struct sv s = sv_trim(sv_of(text));
	return text && is_token(s) ? secret_new(s) : NULL;
}

/* ---- git-credential(1) ---- */
void token_git_question(const char *url, struct buf *ret)
{
	const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
	size_t host_len = strcspn(host, "/"), path_len = strlen(host) - host_len;
	if (strpbrk(url, "\r\n"))
		return;
	buf_addf(ret, "protocol=%.*s\nhost=%.*s\n", scheme ? (int)(scheme - url) : 5, scheme ? url : "https", (int)host_len, host);
	if (path_len > 1)
		buf_addf(ret, "path=%s\n", host + host_len + 1);
	buf_add_char(ret, '\n');
}

struct secret *token_of_git(struct sv answer, char **ret_user)
{
	struct sv rest = answer, line, password = { NULL, 0 };
	*ret_user = NULL;
	while (sv_split(&rest, '\n', &line)) {
		if (sv_starts(line, SV("password=")))
			password = (struct sv){ line.p + 9, line.len - 9 };
		else if (sv_starts(line, SV("username=")) && !*ret_user)
			*ret_user = sv_dup((struct sv){ line.p + 9, line.len - 9 });
	}
	if (is_token(password))
		return secret_new(password);
	free(*ret_user);
	*ret_user = NULL;
	return NULL;
}
