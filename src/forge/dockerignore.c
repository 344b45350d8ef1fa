/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/vec.h"
#include "berth/dockerignore.h"

enum { MAX_PATTERNS = 4096, MAX_TOKENS = 1024 };
enum token_kind { TOKEN_BYTE, TOKEN_ANY, TOKEN_CLASS, TOKEN_STAR, TOKEN_GLOBSTAR, TOKEN_FOLDERS, TOKEN_IN_FOLDERS };
struct token {                        /* FOLDERS is "**" and "/": nothing, or anything that ends in a slash; IN_FOLDERS follows it */
	enum token_kind kind;
	unsigned char byte;
	uint64_t set[4];
};
struct pattern { struct token *tokens; size_t n; bool exception; };
struct dockerignore { VEC(struct pattern) patterns; };
typedef VEC(struct token) tokens;

/* ---- reading --------------------------------------------------------------------------------------------------------------- */
/* "./a//b/../c/" -> "a/c" */
static void path_clean(struct sv in, struct buf *out)
{
	struct sv part;

	while (sv_split(&in, '/', &part)) {
		if (!part.len || sv_eq(part, SV(".")))
			continue;
		if (sv_eq(part, SV(".."))) {
			const char *slash = out->len ? memrchr(out->p, '/', out->len) : NULL;
			buf_cut_to(out, slash ? (size_t)(slash - out->p) : 0);
			continue;
		}
		if (out->len)
			buf_add_char(out, '/');
		buf_add_sv(out, part);
	}
}

static void class_add(struct token *t, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		t->set[c / 64] |= UINT64_C(1) << (c % 64);
}

/* "[a-z]", "[^a]"; `at` is just after the bracket. False when it never ends. */
static bool class_read(struct sv s, size_t *at, struct token *t)
{
	bool negated = *at < s.len && s.p[*at] == '^', first = true;

	*t = (struct token){ .kind = TOKEN_CLASS };
	for (*at += negated; *at < s.len && (s.p[*at] != ']' || first); first = false) {
		unsigned from = (unsigned char)s.p[(*at)++], to = from;
		if (from == '\\' && *at < s.len)
			from = to = (unsigned char)s.p[(*at)++];
		if (*at + 1 < s.len && s.p[*at] == '-' && s.p[*at + 1] != ']') {
			to = (unsigned char)s.p[*at + 1];
			*at += 2;
		}
		class_add(t, from, to);
	}
	for (size_t i = 0; negated && i < ARRAY_LEN(t->set); i++)
		t->set[i] = ~t->set[i];
	return (*at)++ < s.len;
}

static void star_read(struct sv s, size_t *at, tokens *out)
{
	if (*at >= s.len || s.p[*at] != '*') {
		VEC_PUSH(out, ((struct token){ .kind = TOKEN_STAR }));
		return;
	}
	while (*at < s.len && s.p[*at] == '*')
		++*at;
	if (*at < s.len && s.p[*at] == '/') {
		++*at;
		VEC_PUSH(out, ((struct token){ .kind = TOKEN_FOLDERS }));
		VEC_PUSH(out, ((struct token){ .kind = TOKEN_IN_FOLDERS }));
	} else {
		VEC_PUSH(out, ((struct token){ .kind = TOKEN_GLOBSTAR }));
	}
}

static bool tokens_read(struct sv s, tokens *out)
{
	for (size_t at = 0; at < s.len;) {
		struct token t = { .kind = TOKEN_BYTE, .byte = (unsigned char)s.p[at++] };
		if (t.byte == '*') {
			star_read(s, &at, out);
			continue;
		}
		if (t.byte == '?')
			t.kind = TOKEN_ANY;
		else if (t.byte == '[' && !class_read(s, &at, &t))
			return false;
		else if (t.kind == TOKEN_BYTE && t.byte == '\\' && at < s.len)
			t.byte = (unsigned char)s.p[at++];
		VEC_PUSH(out, t);
	}
	return out->len <= MAX_TOKENS;
}

static bool line_read(struct dockerignore *d, struct sv line)
{
	AUTO(buf_fini) struct buf clean = BUF_INIT;
	struct pattern p = { 0 };
	tokens all = VEC_INIT;

	p.exception = line.p[0] == '!';
	if (p.exception)
		line = sv_trim((struct sv){ line.p + 1, line.len - 1 });
	path_clean(line, &clean);
	if (!clean.len)
		return !p.exception || line.len; /* "." and "/" name everything, and then there would be no context: passed over, as docker does */
	bool ok = tokens_read(buf_sv(&clean), &all) && d->patterns.len < MAX_PATTERNS;
	p.tokens = all.items;
	p.n = all.len;
	if (ok)
		VEC_PUSH(&d->patterns, p);
	else
		VEC_FINI(&all);
	return ok;
}

int dockerignore_new(struct sv text, struct dockerignore **ret, struct err *reterr)
{
	struct dockerignore *d = xcalloc(1, sizeof *d);
	struct sv line;

	if (sv_starts(text, SV("\xef\xbb\xbf")))
		text = (struct sv){ text.p + 3, text.len - 3 };
	for (unsigned n = 1; sv_split(&text, '\n', &line); n++) {
		if (line.len && line.p[0] == '#')
			continue;
		line = sv_trim(line);
		if (!line.len || line_read(d, line))
			continue;
		dockerignore_free(d);
		err_set(reterr, ERR_CONFIG, ".dockerignore:%u: \"%.*s\" is no pattern", n, (int)MIN_OF(line.len, (size_t)80), line.p);
		err_hint(reterr, "a [ needs its ], and a ! something after it; correct the line and commit it");
		return -ERR_CONFIG;
	}
	*ret = d;
	return 0;
}

void dockerignore_free(struct dockerignore *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->patterns.len; i++)
		free(d->patterns.items[i].tokens);
	VEC_FINI(&d->patterns);
	free(d);
}

/* ---- matching: all places in the pattern at once, so that no pattern can make it slow ------------------------------------------ */
struct places { bool at[MAX_TOKENS + 1]; };

/* What can be reached without a byte. Goes forward only, so one pass is enough. */
static void places_close(const struct pattern *p, struct places *s)
{
	for (size_t i = 0; i < p->n; i++) {
		if (!s->at[i])
			continue;
		enum token_kind kind = p->tokens[i].kind;
		if (kind == TOKEN_STAR || kind == TOKEN_GLOBSTAR || kind == TOKEN_FOLDERS)
			s->at[i + 1] = true;
		if (kind == TOKEN_FOLDERS)
			s->at[i + 2] = true;
	}
}

static void place_step(const struct token *t, size_t i, unsigned char c, struct places *to)
{
	switch (t->kind) {
	case TOKEN_BYTE: to->at[i + 1] |= c == t->byte; break;
	case TOKEN_ANY: to->at[i + 1] |= c != '/'; break;
	case TOKEN_CLASS: to->at[i + 1] |= (t->set[c / 64] >> (c % 64)) & 1; break;
	case TOKEN_STAR: to->at[i] |= c != '/'; break;
	case TOKEN_GLOBSTAR: to->at[i] = true; break;
	case TOKEN_FOLDERS: break;
	case TOKEN_IN_FOLDERS:
		to->at[i] = true;
		to->at[i + 1] |= c == '/';
		break;
	}
}

static void places_step(const struct pattern *p, const struct places *from, unsigned char c, struct places *to)
{
	memset(to->at, 0, p->n + 1);
	for (size_t i = 0; i < p->n; i++)
		if (from->at[i])
			place_step(&p->tokens[i], i, c, to);
	places_close(p, to);
}

/* The path itself, or a folder on the way to it. */
static bool pattern_matches(const struct pattern *p, const char *path)
{
	struct places a, b, *now = &a, *next = &b;

	memset(a.at, 0, p->n + 1);
	a.at[0] = true;
	places_close(p, &a);
	for (const char *c = path; *c; c++) {
		if (*c == '/' && c > path && now->at[p->n])
			return true;
		places_step(p, now, (unsigned char)*c, next);
		struct places *swap = now;
		now = next;
		next = swap;
	}
	return now->at[p->n];
}

bool dockerignore_excludes(const struct dockerignore *d, const char *path)
{
	bool excluded = false;

	for (size_t i = 0; i < d->patterns.len; i++) {
		const struct pattern *p = &d->patterns.items[i];
		if (p->exception == excluded && pattern_matches(p, path))
			excluded = !p->exception;
	}
	return excluded;
}
