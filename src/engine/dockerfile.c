/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which images a Dockerfile starts from: read as far as FROM, ARG and COPY --from go, and no further. */
#include <ctype.h>
#include <strings.h>

#include "berth/engine.h"
#include "berth/map.h"
#include "berth/mem.h"

struct bases {
	struct map *args;              /* name -> char * */
	struct map *stages;            /* names of stages, lower case */
	struct map *told;
	void (*base)(void *ctx, const char *ref);
	void *ctx;
};

static struct sv next_word(struct sv *rest)
{
	*rest = sv_trim(*rest);
	size_t n = 0;
	while (n < rest->len && !isspace((unsigned char)rest->p[n]))
		n++;
	struct sv word = { rest->p, n };
	*rest = (struct sv){ rest->p + n, rest->len - n };
	return word;
}

static bool word_is(struct sv word, const char *upper)
{
	return word.len == strlen(upper) && strncasecmp(word.p, upper, word.len) == 0;
}

static size_t name_length(struct sv s)
{
	size_t n = 0;

	while (n < s.len && (isalnum((unsigned char)s.p[n]) || s.p[n] == '_'))
		n++;
	return n;
}

/* One "$NAME", "${NAME}" or "${NAME:-default}" at the start of s; gives the bytes it takes. */
static size_t expand_one(const struct bases *b, struct sv s, struct buf *out)
{
	bool braces = s.len > 1 && s.p[1] == '{';
	struct sv after = { s.p + 1 + braces, s.len - 1 - braces };
	size_t n = name_length(after);
	const char *value = n ? map_get(b->args, (struct sv){ after.p, n }) : NULL;

	if (!n) {
		buf_add_char(out, '$');
		return 1;
	}
	if (!braces) {
		buf_add_str(out, value);
		return 1 + n;
	}
	const char *close = memchr(after.p + n, '}', after.len - n);
	size_t end = close ? (size_t)(close - after.p) : after.len;
	if ((!value || !*value) && end > n + 2 && after.p[n] == ':' && after.p[n + 1] == '-')
		buf_add(out, after.p + n + 2, end - n - 2);
	else
		buf_add_str(out, value);
	return 2 + end + (close ? 1 : 0);
}

static void expand_plain(struct buf *out, char c)
{
	if (c != '"' && c != '\'')
		buf_add_char(out, c);
}

static char *expand(const struct bases *b, struct sv s)
{
	struct buf out = BUF_INIT;

	while (s.len) {
		size_t n = *s.p == '$' ? expand_one(b, s, &out) : 1;
		if (*s.p != '$')
			expand_plain(&out, *s.p);
		n = MIN_OF(n, s.len);
		s = (struct sv){ s.p + n, s.len - n };
	}
	return buf_take(&out);
}

static char *lower_of(struct sv s)
{
	char *p = sv_dup(s);

	for (char *c = p; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return p;
}

static void tell_base(struct bases *b, struct sv word)
{
	AUTO_STR ref = expand(b, word);
	AUTO_STR lower = lower_of(sv_of(ref));
	bool number = *ref && strspn(ref, "0123456789") == strlen(ref);

	if (!*ref || number || strcmp(lower, "scratch") == 0 || map_get(b->stages, sv_of(lower)) || map_get(b->told, sv_of(ref)))
		return;
	map_put(b->told, sv_of(ref), b);
	b->base(b->ctx, ref);
}

static void read_from(struct bases *b, struct sv rest)
{
	struct sv word = next_word(&rest);

	while (sv_starts(word, SV("--")))
		word = next_word(&rest);
	tell_base(b, word);
	if (word_is(next_word(&rest), "AS")) {
		AUTO_STR stage = lower_of(next_word(&rest));
		map_put(b->stages, sv_of(stage), b);
	}
}

static void read_arg(struct bases *b, struct sv rest)
{
	for (struct sv word; (word = next_word(&rest)).len;) {
		struct sv value = word, name;
		if (!sv_split(&value, '=', &name) || map_get(b->args, name))
			continue;                   /* what the build was given goes before the file's own */
		map_put(b->args, name, expand(b, value));
	}
}

/* COPY --from=image, RUN --mount=type=bind,from=image */
static void read_options(struct bases *b, struct sv rest)
{
	for (struct sv word; sv_starts(word = next_word(&rest), SV("--"));) {
		struct sv part;
		if (sv_starts(word, SV("--from="))) {
			tell_base(b, (struct sv){ word.p + 7, word.len - 7 });
			continue;
		}
		if (!sv_starts(word, SV("--mount=")))
			continue;
		word = (struct sv){ word.p + 8, word.len - 8 };
		while (sv_split(&word, ',', &part))
			if (sv_starts(part, SV("from=")))
				tell_base(b, (struct sv){ part.p + 5, part.len - 5 });
	}
}

static void read_instruction(struct bases *b, struct sv line, bool *in_stage)
{
	struct sv word = next_word(&line);

	if (word_is(word, "FROM")) {
		*in_stage = true;
		read_from(b, line);
	} else if (word_is(word, "ARG") && !*in_stage) {
		read_arg(b, line);
	} else if (word_is(word, "COPY") || word_is(word, "RUN")) {
		read_options(b, line);
	}
}

void engine_dockerfile_bases(struct sv text, const struct net_header *args, size_t n_args, void (*base)(void *ctx, const char *ref), void *ctx)
{
	struct bases b = { .args = map_new(free), .stages = map_new(NULL), .told = map_new(NULL), .base = base, .ctx = ctx };
	AUTO(buf_fini) struct buf whole = BUF_INIT;
	bool in_stage = false;
	struct sv line;

	for (size_t i = 0; i < n_args; i++)
		map_put(b.args, sv_of(args[i].name), xstrdup(args[i].value ? args[i].value : ""));
	while (sv_split(&text, '\n', &line)) {
		line = sv_trim(line);
		if (!line.len || *line.p == '#')
			continue;
		bool goes_on = line.p[line.len - 1] == '\\';
		buf_add(&whole, line.p, line.len - goes_on);
		buf_add_char(&whole, ' ');
		if (goes_on)
			continue;
		read_instruction(&b, buf_sv(&whole), &in_stage);
		buf_clear(&whole);
	}
	if (whole.len)
		read_instruction(&b, buf_sv(&whole), &in_stage);
	map_free(b.args);
	map_free(b.stages);
	map_free(b.told);
}
