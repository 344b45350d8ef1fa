/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dockerfiles, as far as COPY, ADD and the context's bind mounts go. Follows BuildKit's parser: the escape directive,
 * comments and empty lines inside a continued instruction, heredocs, flags, the JSON form. It never fails: what Docker would
 * refuse has no image that could be the same.
 */
#include <strings.h>
#include "berth/mem.h"
#include "image/dockerfile.h"

struct scan {
	struct sv rest;
	char escape;
	struct buf line;               /* the logical line */
	void (*source)(void *ctx, struct sv pattern);
	void *ctx;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static struct sv skip_space(struct sv s)
{
	while (s.len && is_space(s.p[0]))
		s = (struct sv){ s.p + 1, s.len - 1 };
	return s;
}

static bool next_word(struct sv *rest, struct sv *ret)
{
	*rest = skip_space(*rest);
	size_t n = 0;
	while (n < rest->len && !is_space(rest->p[n]))
		n++;
	*ret = (struct sv){ rest->p, n };
	*rest = (struct sv){ rest->p + n, rest->len - n };
	return n > 0;
}

static bool word_is(struct sv word, const char *name)
{
	return word.len == strlen(name) && strncasecmp(word.p, name, word.len) == 0;
}

/* ---- lines ---- */
/* "# escape=`" counts only on top, among other directives. */
static char escape_of(struct sv text)
{
	struct sv line;
	while (sv_split(&text, '\n', &line)) {
		struct sv s = sv_trim(line), key;
		if (!s.len || s.p[0] != '#')
			break;
		s = sv_trim((struct sv){ s.p + 1, s.len - 1 });
		if (!memchr(s.p, '=', s.len) || !sv_split(&s, '=', &key))
			break;
		s = sv_trim(s);
		if (word_is(sv_trim(key), "escape"))
			return s.len == 1 && s.p[0] == '`' ? '`' : '\\';
	}
	return '\\';
}

static bool ends_in_escape(struct sv *line, char escape)
{
	struct sv s = *line;
	while (s.len && is_space(s.p[s.len - 1]))
		s.len--;
	if (!s.len || s.p[s.len - 1] != escape)
		return false;
	s.len--;
	*line = s;
	return true;
}

/* Gathers one instruction with its continuations into s->line. */
static bool next_instruction(struct scan *s)
{
	struct sv line;
	bool begun = false;
	buf_clear(&s->line);
	while (sv_split(&s->rest, '\n', &line)) {
		struct sv bare = sv_trim(line);
		if (!bare.len || bare.p[0] == '#')
			continue;
		bool goes_on = ends_in_escape(&line, s->escape);
		buf_add_sv(&s->line, begun ? line : skip_space(line));
		begun = true;
		if (!goes_on)
			break;
	}
	return begun;
}

/* ---- heredocs ---- */
struct heredoc { struct sv name; bool strip_tabs; };

/* "<<EOF", "<<-EOF", "0<<'EOF'"; the name's quotes go. */
static bool word_is_heredoc(struct sv word, struct heredoc *ret)
{
	while (word.len && word.p[0] >= '0' && word.p[0] <= '9')
		word = (struct sv){ word.p + 1, word.len - 1 };
	if (!sv_starts(word, SV("<<")) || sv_starts(word, SV("<<<")))
		return false;
	word = (struct sv){ word.p + 2, word.len - 2 };
	ret->strip_tabs = word.len && word.p[0] == '-';
	if (ret->strip_tabs)
		word = (struct sv){ word.p + 1, word.len - 1 };
	if (word.len > 1 && (word.p[0] == '"' || word.p[0] == '\'') && word.p[word.len - 1] == word.p[0])
		word = (struct sv){ word.p + 1, word.len - 2 };
	ret->name = word;
	for (size_t i = 0; i < word.len; i++)
		if (strchr("<>|&;()\"'", word.p[i]))
			return false;
	return word.len > 0;
}

static void skip_heredoc(struct scan *s, const struct heredoc *h)
{
	struct sv line;
	while (sv_split(&s->rest, '\n', &line)) {
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		while (h->strip_tabs && line.len && line.p[0] == '\t')
			line = (struct sv){ line.p + 1, line.len - 1 };
		if (sv_eq(line, h->name))
			return;
	}
}

static void skip_heredocs(struct scan *s, struct sv args)
{
	struct heredoc h;
	struct sv word;
	while (next_word(&args, &word))
		if (word_is_heredoc(word, &h))
			skip_heredoc(s, &h);
}

/* ---- sources ---- */
/* Cleans as Docker does: relative to the context's root, which ".." can't leave. Empty: all of it. */
static void give_source(struct scan *s, struct sv raw)
{
	AUTO(buf_fini) struct buf clean = BUF_INIT;
	struct sv part;
	while (sv_split(&raw, '/', &part)) {
		if (!part.len || sv_eq(part, SV(".")))
			continue;
		if (sv_eq(part, SV(".."))) {
			while (clean.len && clean.p[clean.len - 1] != '/')
				buf_cut_to(&clean, clean.len - 1);
			if (clean.len)
				buf_cut_to(&clean, clean.len - 1);
			continue;
		}
		if (clean.len)
			buf_add_char(&clean, '/');
		buf_add_sv(&clean, part);
	}
	s->source(s->ctx, buf_sv(&clean));
}

static bool is_address(struct sv s)
{
	return sv_starts(s, SV("http://")) || sv_starts(s, SV("https://")) || sv_starts(s, SV("git://")) || sv_starts(s, SV("git@")) ||
	       sv_starts(s, SV("ssh://"));
}

/* A word of the plain form: quotes and escapes go, a variable could be anything. */
static void give_word(struct scan *s, struct sv word)
{
	AUTO(buf_fini) struct buf plain = BUF_INIT;
	struct heredoc h;
	char quote = 0;
	if (word_is_heredoc(word, &h) || is_address(word))
		return;
	for (size_t i = 0; i < word.len; i++) {
		char c = word.p[i];
		if (c == '$' && quote != '\'') {
			s->source(s->ctx, SV(""));
			return;
		}
		if (c == s->escape && quote != '\'' && i + 1 < word.len) {
			if (s->escape == '\\' && strchr("*?[]\\", word.p[i + 1]))
				buf_add_char(&plain, c); /* it escapes a pattern's character too */
			buf_add_char(&plain, word.p[++i]);
		} else if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
		} else {
			buf_add_char(&plain, c);
		}
	}
	give_source(s, buf_sv(&plain));
}

/* Reads one JSON string off *rest; escapes but \uXXXX of ASCII are rare in paths and decoded all the same. */
static bool json_string(struct sv *rest, struct buf *ret)
{
	struct sv s = skip_space(*rest);
	buf_clear(ret);
	if (!s.len || s.p[0] != '"')
		return false;
	for (size_t i = 1; i < s.len; i++) {
		static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
		char c = s.p[i];
		if (c == '"') {
			*rest = (struct sv){ s.p + i + 1, s.len - i - 1 };
			return true;
		}
		if (c != '\\') {
			buf_add_char(ret, c);
			continue;
		}
		if (++i == s.len)
			return false;
		const char *at = s.p[i] ? strchr(from, s.p[i]) : NULL;
		uint32_t code = 0;
		if (at) {
			buf_add_char(ret, to[at - from]);
			continue;
		}
		if (s.p[i] != 'u' || s.len - i < 5)
			return false;
		for (size_t k = 0; k < 4; k++) {
			const char *hex = "0123456789abcdef0123456789ABCDEF", *digit = s.p[i + 1 + k] ? strchr(hex, s.p[i + 1 + k]) : NULL;
			if (!digit)
				return false;
			code = code << 4 | (uint32_t)((digit - hex) & 15);
		}
		char utf8[4];
		buf_add(ret, utf8, utf8_put(utf8, code));
		i += 4;
	}
	return false;
}

/* All strings of ["a", "b"] but the last, which is the destination. give false: only looks whether it is such a list. */
static bool json_sources(struct scan *s, struct sv args, bool give)
{
	AUTO(buf_fini) struct buf now = BUF_INIT;
	args = sv_trim(args);
	if (args.len < 2 || args.p[0] != '[')
		return false;
	args = (struct sv){ args.p + 1, args.len - 1 };
	while (json_string(&args, &now)) {
		args = skip_space(args);
		if (!args.len)
			return false;
		char next = args.p[0];
		args = skip_space((struct sv){ args.p + 1, args.len - 1 });
		if (next == ']')
			return !args.len;
		if (next != ',')
			return false;
		if (!give)
			continue;
		if (memchr(now.p ? now.p : "", '$', now.len))
			s->source(s->ctx, SV(""));
		else if (!is_address(buf_sv(&now)))
			give_source(s, buf_sv(&now));
	}
	return false;
}

static void copy_sources(struct scan *s, struct sv args)
{
	struct sv word, at = args;
	while (next_word(&at, &word) && sv_starts(word, SV("--"))) {
		if (sv_starts(word, SV("--from=")))
			return; /* another stage or image */
		args = at;
	}
	if (json_sources(s, args, /* give= */ false)) {
		json_sources(s, args, /* give= */ true);
		return;
	}
	struct sv before = { 0 };
	for (bool have = false; next_word(&args, &word); have = true, before = word)
		if (have)
			give_word(s, before);
}

/* RUN --mount=type=bind,source=x,target=y reads the context too, unless from= says another stage. */
static void mount_source(struct scan *s, struct sv options)
{
	struct sv option, key, type = SV("bind"), source = SV("");
	bool from = false;
	while (sv_split(&options, ',', &option)) {
		if (!sv_split(&option, '=', &key))
			continue;
		if (word_is(key, "type"))
			type = option;
		else if (word_is(key, "source") || word_is(key, "src"))
			source = option;
		else if (word_is(key, "from"))
			from = true;
	}
	if (from || !word_is(type, "bind"))
		return;
	if (source.len)
		give_word(s, source);
	else
		s->source(s->ctx, SV(""));
}

static void run_sources(struct scan *s, struct sv args)
{
	struct sv word;
	while (next_word(&args, &word) && sv_starts(word, SV("--")))
		if (sv_starts(word, SV("--mount=")))
			mount_source(s, (struct sv){ word.p + 8, word.len - 8 });
}

static void scan_fini(struct scan *s)
{
	buf_fini(&s->line);
}

void dockerfile_sources(struct sv text, void (*source)(void *ctx, struct sv pattern), void *ctx)
{
	AUTO(scan_fini) struct scan s = { .rest = text, .source = source, .ctx = ctx, .line = BUF_INIT_MAX(2 * DOCKERFILE_MAX) };
	if (!text.len)
		return;
	if (sv_starts(s.rest, SV("\xef\xbb\xbf")))
		s.rest = (struct sv){ s.rest.p + 3, s.rest.len - 3 };
	s.escape = escape_of(s.rest);
	while (next_instruction(&s)) {
		struct sv args = buf_sv(&s.line), name;
		if (!next_word(&args, &name))
			continue;
		bool copies = word_is(name, "COPY") || word_is(name, "ADD");
		if (copies)
			copy_sources(&s, args);
		else if (word_is(name, "RUN"))
			run_sources(&s, args);
		if (copies || word_is(name, "RUN"))
			skip_heredocs(&s, args);
	}
}
