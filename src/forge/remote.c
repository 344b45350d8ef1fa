/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the remotes of a repository to a project of a known GitLab host. What git takes for an address (git-clone(1), "GIT
 * URLS"): https://host:port/prefix/group/project.git, ssh://git@host:port/group/project.git, git@host:group/project.git. For
 * ssh the host may be an alias of ~/.ssh/config, and its port says nothing of the web's.
 */
#include "berth/mem.h"
#include "forge/gitlab_pure.h"

struct address {
	bool web;
	char *host;                   /* lower case */
	struct sv port;               /* "" when none */
	char *path;                   /* decoded, no slash at the ends, no ".git" */
	bool http;                    /* plain */
};

static void address_fini(struct address *a)
{
	free(a->host);
	free(a->path);
}

static char *lower_dup(struct sv s)
{
	char *copy = xstrndup(s.p, s.len);

	for (char *p = copy; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
	return copy;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *path_clean(struct sv s, bool decode)
{
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(4096);

	for (size_t i = 0; i < s.len; i++) {
		int high = decode && s.p[i] == '%' && i + 2 < s.len ? hex_value(s.p[i + 1]) : -1;
		int low = high >= 0 ? hex_value(s.p[i + 2]) : -1;
		buf_add_char(&b, low >= 0 ? (char)(high << 4 | low) : s.p[i]);
		i += low >= 0 ? 2 : 0;
	}
	struct sv path = buf_sv(&b);
	while (path.len && path.p[0] == '/') {
		path.p++;
		path.len--;
	}
	while (path.len && path.p[path.len - 1] == '/')
		path.len--;
	if (sv_ends(path, SV(".git")))
		path.len -= 4;
	return xstrndup(path.p, path.len);
}

static struct sv without_user(struct sv authority)
{
	const char *at = NULL;

	for (size_t i = 0; i < authority.len; i++)
		at = authority.p[i] == '@' ? authority.p + i : at;
	return at ? (struct sv){ at + 1, authority.len - (size_t)(at + 1 - authority.p) } : authority;
}

static bool address_of_url(struct sv s, size_t scheme_len, struct address *ret)
{
	static const struct { const char *name; bool web, http; } schemes[] = {
		{ "https", true, false }, { "http", true, true }, { "ssh", false, false }, { "git+ssh", false, false }, { "ssh+git", false, false },
	};
	AUTO_STR scheme = lower_dup((struct sv){ s.p, scheme_len });
	struct sv rest = { s.p + scheme_len + 3, s.len - scheme_len - 3 }, host;
	const char *slash = memchr(rest.p, '/', rest.len);

	if (!slash)
		return false;
	struct sv authority = { rest.p, (size_t)(slash - rest.p) };
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (strcmp(schemes[i].name, scheme) != 0)
			continue;
		*ret = (struct address){ .web = schemes[i].web, .http = schemes[i].http };
		if (!gitlab_split_authority(without_user(authority), &host, &ret->port) || !host.len)
			return false;
		ret->host = lower_dup(host);
		ret->path = path_clean((struct sv){ slash, rest.len - authority.len }, true);
		return true;
	}
	return false;
}

/* "git@host:group/project.git", "host:/group/project", "[git@host:2222]:group/project" */
static bool address_of_scp(struct sv s, struct address *ret)
{
	const char *close = s.p[0] == '[' ? memchr(s.p, ']', s.len) : NULL;
	const char *colon = memchr(close ? close : s.p, ':', s.len - (close ? (size_t)(close - s.p) : 0));
	const char *slash = memchr(s.p, '/', s.len);
	struct sv host, port;

	if (!colon || (slash && slash < colon))
		return false; /* a path on this machine */
	struct sv authority = { s.p, (size_t)(colon - s.p) };
	if (close)
		authority = (struct sv){ s.p + 1, (size_t)(close - s.p - 1) };
	if (!gitlab_split_authority(without_user(authority), &host, &port) || !host.len)
		return false;
	*ret = (struct address){ .host = lower_dup(host), .port = port,
		.path = path_clean((struct sv){ colon + 1, s.len - (size_t)(colon + 1 - s.p) }, false) };
	return true;
}

static bool address_of(struct sv url, struct address *ret)
{
	*ret = (struct address){ 0 };
	for (size_t i = 0; i + 2 < url.len; i++) {
		if (!memcmp(url.p + i, "://", 3))
			return address_of_url(url, i, ret);
	}
	return url.len && url.len < 4096 && address_of_scp(url, ret);
}

/* ---- ~/.ssh/config: ssh_config(5). The first value of a keyword counts; Match blocks are passed over, Include isn't followed. --- */
static bool glob_match(struct sv pattern, struct sv s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, mark = 0;

	while (i < s.len) {
		if (p < pattern.len && pattern.p[p] == '*') {
			star = p++;
			mark = i;
		} else if (p < pattern.len && (pattern.p[p] == '?' || (pattern.p[p] | 32) == (s.p[i] | 32))) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.p[p] == '*')
		p++;
	return p == pattern.len;
}

static bool patterns_match(struct sv patterns, struct sv host)
{
	struct sv rest = patterns, one;
	bool any = false;

	while (sv_split(&rest, ' ', &one)) {
		one = sv_trim(one);
		if (!one.len)
			continue;
		bool negated = one.p[0] == '!';
		if (!glob_match((struct sv){ one.p + negated, one.len - negated }, host))
			continue;
		if (negated)
			return false;
		any = true;
	}
	return any;
}

/* "HostName = x" -> keyword and value; false for blank lines and comments */
static bool config_line(struct sv line, struct sv *ret_key, struct sv *ret_value)
{
	size_t n = 0;

	line = sv_trim(line);
	while (n < line.len && !strchr(" \t=", line.p[n]))
		n++;
	if (!n || line.p[0] == '#')
		return false;
	*ret_key = (struct sv){ line.p, n };
	while (n < line.len && strchr(" \t=", line.p[n]))
		n++;
	*ret_value = (struct sv){ line.p + n, line.len - n };
	if (ret_value->len > 1 && ret_value->p[0] == '"' && ret_value->p[ret_value->len - 1] == '"')
		*ret_value = (struct sv){ ret_value->p + 1, ret_value->len - 2 };
	return true;
}

static bool word_is(struct sv s, const char *lower)
{
	AUTO_STR word = lower_dup(s);
	return !strcmp(word, lower);
}

/* Where an alias leads; owned. The host itself where nothing is said. */
static char *ssh_host_name(struct sv config, const char *host)
{
	struct sv rest = config, line, key, value;
	bool applies = true;

	while (sv_split(&rest, '\n', &line)) {
		if (!config_line(line, &key, &value))
			continue;
		if (word_is(key, "host"))
			applies = patterns_match(value, sv_of(host));
		else if (word_is(key, "match"))
			applies = false;
		else if (applies && word_is(key, "hostname") && value.len && !sv_eq(value, SV("%h")))
			return memchr(value.p, '%', value.len) ? xstrdup(host) : lower_dup(value);
	}
	return xstrdup(host);
}

/* ---- which host --------------------------------------------------------------------------------------------------------------- */
static struct sv port_or(struct sv port, bool http)
{
	return port.len ? port : http ? SV("80") : SV("443");
}

/* The project's path when the address is below the host's own; NULL: another host. A relative-URL install has a prefix on the
 * web and none over SSH. */
static char *path_at(const struct forge_host *h, const struct address *a, struct sv ssh_config)
{
	AUTO(address_fini) struct address host = { 0 };
	AUTO_STR base = xasprintf("%s/", h->url);

	if (!address_of(sv_of(base), &host))
		return NULL;
	if (a->web) {
		size_t n = strlen(host.path);
		bool same = !strcmp(a->host, host.host) && sv_eq(port_or(a->port, a->http), port_or(host.port, host.http));
		bool below = same && !strncmp(a->path, host.path, n) && (!n || a->path[n] == '/');
		const char *path = below ? a->path + n + (n > 0) : "";
		return gitlab_path_ok(sv_of(path)) ? xstrdup(path) : NULL;
	}
	AUTO_STR name = ssh_host_name(ssh_config, a->host);
	const char *bare = sv_starts(sv_of(name), SV("altssh.")) ? name + strlen("altssh.") : name; /* gitlab.com's on port 443 */
	bool same = !strcmp(name, host.host) || !strcmp(bare, host.host) || (h->ssh_host && !strcmp(name, h->ssh_host));
	return same && gitlab_path_ok(sv_of(a->path)) ? xstrdup(a->path) : NULL;
}

static unsigned rank_of(const char *name)
{
	static const char *const first[] = { "origin", "upstream", "gitlab" };

	for (unsigned i = 0; i < ARRAY_LEN(first); i++) {
		if (!strcmp(first[i], name))
			return i;
	}
	return ARRAY_LEN(first);
}

static bool place_of(const struct forge_remotes *q, size_t remote, struct forge_place *ret)
{
	AUTO(address_fini) struct address a = { 0 };

	if (!address_of(sv_trim(sv_of(q->remotes[remote].url)), &a))
		return false;
	for (size_t h = 0; h < q->n_hosts; h++) {
		char *path = path_at(&q->hosts[h], &a, q->ssh_config);
		if (path) {
			*ret = (struct forge_place){ .host = h, .remote = remote, .path = path };
			return true;
		}
	}
	return false;
}

bool forge_place_of_remotes(const struct forge_remotes *q, struct forge_place *ret)
{
	for (unsigned rank = 0; rank <= rank_of(""); rank++) {
		for (size_t i = 0; i < q->n_remotes; i++) {
			if (rank_of(q->remotes[i].name) == rank && place_of(q, i, ret))
				return true;
		}
	}
	return false;
}
