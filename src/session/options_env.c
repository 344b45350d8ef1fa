/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The variables that a person gives a session: read as a shell would, refused where they would take the session's own place. */
#include "berth/mem.h"
#include "parts.h"

enum { ENV_VALUE_MAX = 32 << 10, ENV_NAME_MAX = 200, SHOWN_MAX = 60 };

/* Set by the session itself, or read by Jupyter in the place of what the session sets. */
static const char *const taken[] = {
	"CI_COMMIT_SHA", "PROJECT_NAME", "NOTEBOOK_DIR", "RENKU_USERNAME", "SESSION_URL", "JUPYTER_CONFIG_PATH", "JUPYTER_RUNTIME_DIR", "JUPYTER_TOKEN", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0",
	"RENKU_BASE_URL_PATH", /* RenkuLab's images switch tokens off when they see it */
};

bool options_env_next(struct sv *rest, struct sv *ret_name, struct sv *ret_value)
{
	struct sv line;
	while (rest->len && sv_split(rest, '\n', &line)) {
		const char *equals = memchr(line.p, '=', line.len);
		if (!equals)
			continue;
		*ret_name = (struct sv){ line.p, (size_t)(equals - line.p) };
		*ret_value = (struct sv){ equals + 1, line.len - ret_name->len - 1 };
		return true;
	}
	return false;
}

static bool is_name(struct sv s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!letter && !(i && c >= '0' && c <= '9'))
			return false;
	}
	return s.len && s.len <= ENV_NAME_MAX;
}

static int refuse(struct err *reterr, struct sv what, const char *why)
{
	return err_set(reterr, ERR_USAGE, "%.*s %s", (int)MIN_OF(what.len, (size_t)SHOWN_MAX), what.p, why);
}

/* Checks NAME=VALUE beside those that are in lines already, and adds it to them. */
static int env_add(struct buf *lines, struct sv pair, struct err *reterr)
{
	const char *equals = memchr(pair.p, '=', pair.len);
	struct sv name = { pair.p, equals ? (size_t)(equals - pair.p) : pair.len }, value = { pair.p + name.len + 1, equals ? pair.len - name.len - 1 : 0 };
	struct sv rest = buf_sv(lines), other, ignored;
	unsigned n = 0;
	if (!equals)
		return refuse(reterr, pair, "is no variable: write NAME=VALUE");
	if (!is_name(name))
		return refuse(reterr, name, "can't be the name of a variable: letters, digits and _, not a digit first");
	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		if (sv_eq(name, sv_of(taken[i])))
			return refuse(reterr, name, "is set by the session itself: take another name");
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] == '\n' || value.p[i] == '\0')
			return refuse(reterr, name, "has a value of several lines, which variables can't have here");
	if (value.len > ENV_VALUE_MAX)
		return refuse(reterr, name, "has a value of more than 32 KB");
	while (options_env_next(&rest, &other, &ignored)) {
		if (sv_eq(other, name))
			return refuse(reterr, name, "is set twice");
		n++;
	}
	if (n >= OPTION_ENV_MAX)
		return err_set(reterr, ERR_USAGE, "there are more than %d variables", OPTION_ENV_MAX);
	buf_addf(lines, "%s%.*s=%.*s", lines->len ? "\n" : "", (int)name.len, name.p, (int)value.len, value.p);
	return 0;
}

/* One word off the line, quotes and backslashes taken away; false: a quote is left open. */
static bool cut_word(struct sv *rest, struct buf *word)
{
	char quote = 0;
	size_t i = 0;
	for (; i < rest->len; i++) {
		char c = rest->p[i];
		if (!quote && (c == ' ' || c == '\t' || c == '\n'))
			break;
		if (!quote && (c == '"' || c == '\''))
			quote = c;
		else if (quote && c == quote)
			quote = 0;
		else if (c == '\\' && quote != '\'' && i + 1 < rest->len && (!quote || strchr("\"\\$`", rest->p[i + 1])))
			buf_add_char(word, rest->p[++i]);
		else
			buf_add_char(word, c);
	}
	rest->p += i;
	rest->len -= i;
	return !quote;
}

char *env_read_words(struct sv typed, struct err *reterr)
{
	AUTO(buf_fini) struct buf lines = BUF_INIT;
	for (typed = sv_trim(typed); typed.len; typed = sv_trim(typed)) {
		AUTO(buf_fini) struct buf word = BUF_INIT;
		if (!cut_word(&typed, &word)) {
			err_set(reterr, ERR_USAGE, "a quote is not closed in the variables");
			return NULL;
		}
		if (env_add(&lines, buf_sv(&word), reterr) < 0)
			return NULL;
	}
	buf_str(&lines);
	return buf_take(&lines);
}

int options_env_add(struct session_options *o, struct sv pair, enum option_source source, struct err *reterr)
{
	AUTO(buf_fini) struct buf lines = BUF_INIT;
	if (o->values[OPT_ENV].source == source) /* what less particular ones have set goes */
		buf_add_str(&lines, options_text(o, OPT_ENV));
	int r = env_add(&lines, pair, reterr);
	if (r < 0)
		return r;
	str_replace(&o->values[OPT_ENV].text, buf_str(&lines));
	o->values[OPT_ENV].source = source;
	return 0;
}
