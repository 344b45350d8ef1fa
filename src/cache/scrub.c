/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shapes of tokens: docs.gitlab.com "Token overview" (prefixes) and docs.github.com "About authentication". A place that is
 * blotted out for nothing costs a few characters of a cached text; one that is missed would stay on a disk.
 */
#include "cache/scrub.h"

#include "berth/macros.h"

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static size_t run_of_token(struct sv s)
{
	size_t n = 0;
	while (n < s.len && is_token_char(s.p[n]))
		n++;
	return n;
}

static void blot(char *p, size_t from, size_t to)
{
	memset(p + from, '*', to - from);
}

/* ---- tokens by their beginning ---- */
static size_t token_prefix(struct sv s)
{
	static const struct sv prefixes[] = {
		SV("glpat-"), SV("gloas-"), SV("gldt-"), SV("glrt-"), SV("glrtr-"), SV("glcbt-"), SV("glptt-"), SV("glft-"), SV("glimt-"),
		SV("glagent-"), SV("glsoat-"), SV("glffct-"), SV("glwt-"), SV("GR1348941"), SV("ghp_"), SV("gho_"), SV("ghu_"), SV("ghs_"), SV("ghr_"),
		SV("github_pat_"), SV("dckr_pat_"), SV("hf_"), SV("Bearer "), SV("Basic "),
	};
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) /* every word of every answer comes by: most differ in their first letter */
		if (prefixes[i].p[0] == s.p[0] && sv_starts(s, prefixes[i]))
			return prefixes[i].len;
	return 0;
}

/* Gives where to go on. */
static size_t at_word(char *p, size_t len, size_t i)
{
	struct sv rest = { p + i, len - i };
	size_t prefix = token_prefix(rest);
	size_t run = prefix ? run_of_token((struct sv){ rest.p + prefix, rest.len - prefix }) : 0;
	if (run >= 16) {
		blot(p, i + prefix, i + prefix + run);
		return i + prefix + run;
	}
	return i + 1;
}

/* ---- //user:password@host ---- */
static void at_slashes(char *p, size_t len, size_t i)
{
	size_t end = i, colon = 0;
	while (end < len && end - i < 512 && (unsigned char)p[end] > ' ' && !strchr("/\"'<>@?#", p[end])) {
		if (p[end] == ':' && !colon)
			colon = end + 1;
		end++;
	}
	if (end < len && p[end] == '@' && end > i)
		blot(p, colon ? colon : i, end);
}

/* ---- "…token": "value", …token=value ---- */
static bool names_secret(struct sv name)
{
	static const struct sv words[] = { SV("token"), SV("password"), SV("secret"), SV("private_key"), SV("access_key"), SV("api_key") };
	char low[64];
	if (name.len > sizeof low)
		name = (struct sv){ name.p + name.len - sizeof low, sizeof low };
	for (size_t i = 0; i < name.len; i++)
		low[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] + 32) : name.p[i];
	if (sv_ends((struct sv){ low, name.len }, SV("page_token"))) /* where a list goes on */
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (sv_ends((struct sv){ low, name.len }, words[i]))
			return true;
	return false;
}

static struct sv name_before(const char *p, size_t end)
{
	size_t from = end;
	while (from > 0 && end - from < 64 && is_token_char(p[from - 1]))
		from--;
	return (struct sv){ p + from, end - from };
}

static void at_json_colon(char *p, size_t len, size_t i)
{
	size_t from = i + 1;
	if (i < 2 || p[i - 1] != '"' || !names_secret(name_before(p, i - 1)))
		return;
	while (from < len && (p[from] == ' ' || p[from] == '\n' || p[from] == '\t'))
		from++;
	if (from >= len || p[from] != '"')
		return;
	size_t to = ++from;
	while (to < len && p[to] != '"')
		to += p[to] == '\\' && to + 1 < len ? 2 : 1;
	blot(p, from, to);
}

static void at_equals(char *p, size_t len, size_t i)
{
	if (!names_secret(name_before(p, i)))
		return;
	size_t to = i + 1;
	while (to < len && (unsigned char)p[to] > ' ' && !strchr("&\"'<>#;,", p[to]))
		to++;
	blot(p, i + 1, to);
}

void scrub(char *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		bool begins = i == 0 || !is_token_char(p[i - 1]);
		if (p[i] == '/' && i + 1 < len && p[i + 1] == '/')
			at_slashes(p, len, i + 2);
		else if (p[i] == ':')
			at_json_colon(p, len, i);
		else if (p[i] == '=')
			at_equals(p, len, i);
		i = begins && is_token_char(p[i]) ? at_word(p, len, i) : i + 1;
	}
}
