/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links that start a session, read. RenkuLab's own page writes names and values of variables percent-encoded, branch and commit as they are. */
#include "berth/link.h"

#include <ctype.h>

#include "berth/mem.h"

enum { HOST_MAX = 260, PROJECT_MAX = 1000, BRANCH_MAX = 500, SHOWN_MAX = 60 };

void link_init(struct link *l)
{
	*l = (struct link){ 0 };
	options_init(&l->options);
}

void link_fini(struct link *l)
{
	free(l->host);
	free(l->project);
	free(l->branch);
	free(l->commit);
	options_fini(&l->options);
	for (size_t i = 0; i < l->n_extras; i++) {
		free(l->extras[i].name);
		free(l->extras[i].value);
	}
	*l = (struct link){ 0 };
}

bool link_sets(const struct link *l, enum option_id id)
{
	return l->options.values[id].source == FROM_USER;
}

static int wrong(struct err *reterr, const char *why)
{
	err_set(reterr, ERR_USAGE, "that is no link to a session: %s", why);
	err_hint(reterr, "It looks like https://HOST/projects/GROUP/PROJECT/sessions/new?autostart=1&branch=NAME, or berth://HOST/GROUP/PROJECT?branch=NAME.");
	return -ERR_USAGE;
}

static int wrong_value(struct err *reterr, const char *name, struct sv value, const char *why)
{
	return err_set(reterr, ERR_USAGE, "the link's %s '%.*s' %s", name, (int)MIN_OF(value.len, (size_t)SHOWN_MAX), value.p, why);
}

static bool has_control(struct sv s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

/* ---- host and project ---- */
static int read_host(struct link *l, struct sv host, struct err *reterr)
{
	if (!host.len || host.len > HOST_MAX)
		return wrong(reterr, "it names no host");
	for (size_t i = 0; i < host.len; i++)
		if (!isalnum((unsigned char)host.p[i]) && !strchr(".-_:[]", host.p[i]))
			return wrong(reterr, host.p[i] == '@' ? "it has a user name in it" : "its host has characters that no host has");
	l->host = sv_dup(host);
	for (char *p = l->host; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return 0;
}

/* "a/b%20c" -> "a/b c"; a piece that is empty, a dot or two, or has a slash of its own within leads elsewhere. */
static int read_project(struct link *l, struct sv path, struct err *reterr)
{
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(PROJECT_MAX);
	struct sv piece;
	while (sv_split(&path, '/', &piece)) {
		size_t from = b.len ? b.len + 1 : 0;
		if (from)
			buf_add_char(&b, '/');
		if (!buf_add_urldecoded(&b, piece, false))
			return wrong(reterr, "a % in its path is not followed by two hexadecimal digits");
		struct sv now = { buf_str(&b) + from, b.len > from ? b.len - from : 0 };
		if (!now.len || sv_eq(now, SV(".")) || sv_eq(now, SV("..")) || memchr(now.p, '/', now.len) || has_control(now) || b.overflow)
			return wrong(reterr, "its path names no project");
	}
	l->project = buf_take(&b);
	return *l->project ? 0 : wrong(reterr, "its path names no project");
}

static struct sv without_slashes(struct sv s)
{
	while (s.len && s.p[0] == '/')
		s = (struct sv){ s.p + 1, s.len - 1 };
	while (s.len && s.p[s.len - 1] == '/')
		s.len--;
	return s;
}

/* "projects/group/flights/sessions/new", perhaps with "/legacy" and the like before it is nothing we know. */
static bool cut_renku_path(struct sv *path)
{
	static const struct sv before = SV("projects/"), after = SV("/sessions/new");
	if (!sv_starts(*path, before) || !sv_ends(*path, after) || path->len <= before.len + after.len)
		return false;
	*path = (struct sv){ path->p + before.len, path->len - before.len - after.len };
	return true;
}

/* ---- parameters ---- */
static bool is_branch(struct sv s)
{
	bool ok = s.len && s.len <= BRANCH_MAX && s.p[0] != '-' && s.p[0] != '/' && s.p[s.len - 1] != '/' && !has_control(s);
	for (size_t i = 0; ok && i < s.len; i++)
		ok = !strchr(" ~^:?*[\\", s.p[i]) && !(i && s.p[i] == '.' && s.p[i - 1] == '.') && !(i && s.p[i] == '{' && s.p[i - 1] == '@');
	return ok;
}

static int read_branch(struct link *l, struct sv value, struct err *reterr)
{
	if (!value.len)
		return 0;
	if (!is_branch(value))
		return wrong_value(reterr, "branch", value, "is no name of a branch");
	if (l->branch)
		return wrong_value(reterr, "branch", value, "is the second one");
	l->branch = sv_dup(value);
	return 0;
}

static int read_commit(struct link *l, struct sv value, struct err *reterr)
{
	bool ok = value.len >= 4 && value.len <= 64;
	if (!value.len || sv_eq(value, SV("latest")))
		return 0;
	for (size_t i = 0; ok && i < value.len; i++)
		ok = isxdigit((unsigned char)value.p[i]);
	if (!ok)
		return wrong_value(reterr, "commit", value, "is no id of a commit: hexadecimal digits, or latest");
	if (l->commit)
		return wrong_value(reterr, "commit", value, "is the second one");
	l->commit = sv_dup(value);
	for (char *p = l->commit; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return 0;
}

/* A file to open: what RenkuLab's links call a notebook is a path that JupyterLab knows. */
static int read_notebook(struct link *l, struct sv value, struct err *reterr)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	value = without_slashes(value);
	if (!value.len || link_sets(l, OPT_ENVIRONMENT))
		return 0;
	buf_add_str(&b, "/lab/tree/");
	buf_add_urlencoded(&b, value, "/");
	return options_set(&l->options, OPT_ENVIRONMENT, buf_str(&b), FROM_USER, reterr);
}

static int keep_extra(struct link *l, struct sv name, struct sv value, struct err *reterr)
{
	if (l->n_extras == LINK_EXTRAS_MAX)
		return wrong(reterr, "it has more parameters than links have");
	l->extras[l->n_extras].name = sv_dup(name);
	l->extras[l->n_extras++].value = sv_dup(value);
	return 0;
}

static int read_env(struct link *l, struct sv name, struct sv value, struct err *reterr)
{
	AUTO_STR pair = xasprintf("%.*s=%.*s", (int)name.len, name.p, (int)value.len, value.p);
	return options_env_add(&l->options, sv_of(pair), FROM_USER, reterr);
}

static int read_option(struct link *l, struct sv name, struct sv value, struct err *reterr)
{
	AUTO_STR word = sv_dup(name);
	AUTO_STR text = sv_dup(value);
	const struct option_def *d = option_by_name(word);
	if (!d || d->kind == OPTION_ENV)
		return keep_extra(l, name, value, reterr);
	if (link_sets(l, d->id) && d->id != OPT_ENVIRONMENT)
		return wrong_value(reterr, d->name, value, "is the second one");
	int r = options_set(&l->options, d->id, text, FROM_USER, reterr);
	if (r < 0)
		err_prefix(reterr, "the link's %s", d->name);
	return r;
}

static int read_parameter(struct link *l, struct sv name, struct sv value, struct err *reterr)
{
	if (sv_eq(name, SV("autostart"))) {
		l->autostart = value.len && !sv_eq(value, SV("0"));
		return 0;
	}
	if (sv_eq(name, SV("branch")))
		return read_branch(l, value, reterr);
	if (sv_eq(name, SV("commit")))
		return read_commit(l, value, reterr);
	if (sv_eq(name, SV("notebook")))
		return read_notebook(l, value, reterr);
	if (sv_starts(name, SV("env[")) && sv_ends(name, SV("]")))
		return read_env(l, (struct sv){ name.p + 4, name.len - 5 }, value, reterr);
	return read_option(l, name, value, reterr);
}

/* A plus is a space in a form's values, but RenkuLab writes branches as they are, and no branch has a space. */
static int read_pair(struct link *l, struct sv pair, struct err *reterr)
{
	AUTO(buf_fini) struct buf name = BUF_INIT;
	AUTO(buf_fini) struct buf value = BUF_INIT;
	const char *equals = memchr(pair.p, '=', pair.len);
	struct sv raw_name = { pair.p, equals ? (size_t)(equals - pair.p) : pair.len };
	struct sv raw_value = { pair.p + raw_name.len + (equals != NULL), pair.len - raw_name.len - (equals != NULL) };
	if (!raw_name.len)
		return 0;
	if (!buf_add_urldecoded(&name, raw_name, true) || !buf_add_urldecoded(&value, raw_value, !sv_eq(buf_sv(&name), SV("branch"))))
		return wrong(reterr, "a % in its parameters is not followed by two hexadecimal digits");
	int r = read_parameter(l, buf_sv(&name), buf_sv(&value), reterr);
	if (r < 0)
		err_hint(reterr, "Ask who made the link for one that is whole.");
	return r;
}

static int read_query(struct link *l, struct sv query, struct err *reterr)
{
	struct sv pair;
	while (sv_split(&query, '&', &pair)) {
		int r = read_pair(l, pair, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the whole ---- */
static bool cut_prefix(struct sv *s, const char *prefix)
{
	size_t n = strlen(prefix);
	for (size_t i = 0; i < n; i++)
		if (i >= s->len || tolower((unsigned char)s->p[i]) != prefix[i])
			return false;
	*s = (struct sv){ s->p + n, s->len - n };
	return true;
}

static int read_all(struct link *l, struct sv text, struct err *reterr)
{
	struct sv before_hash = { 0 }, address = { 0 }, host = { 0 };
	if (cut_prefix(&text, "berth://"))
		l->berth = true;
	else if (!cut_prefix(&text, "https://") && !cut_prefix(&text, "http://"))
		return wrong(reterr, "it begins with neither https:// nor berth://");
	sv_split(&text, '#', &before_hash);
	sv_split(&before_hash, '?', &address);
	sv_split(&address, '/', &host);
	int r = read_host(l, host, reterr);
	if (r < 0)
		return r;
	struct sv path = without_slashes(address.p ? address : SV(""));
	if (!l->berth && !cut_renku_path(&path))
		return wrong(reterr, "its path is not /projects/GROUP/PROJECT/sessions/new");
	r = read_project(l, path, reterr);
	return r < 0 || !before_hash.p ? r : read_query(l, before_hash, reterr);
}

int link_parse(struct sv text, struct link *ret, struct err *reterr)
{
	link_init(ret);
	text = sv_trim(text);
	bool ok = text.len && text.len <= LINK_TEXT_MAX && !has_control(text) && !memchr(text.p, ' ', text.len);
	int r = ok ? read_all(ret, text, reterr) : wrong(reterr, !text.len ? "it is empty" : text.len > LINK_TEXT_MAX ? "it is longer than 64 KB" : "it has spaces or control characters in it");
	if (r < 0)
		link_fini(ret);
	return r;
}
