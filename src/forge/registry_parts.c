/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "forge/registry_parts.h"

#include <ctype.h>
#include <strings.h>

#include "berth/json.h"
#include "berth/mem.h"

enum { REF_MAX_LEN = 1024, LOGIN_MAX = 64 << 10 };
#define HUB "docker.io"
#define HUB_API "registry-1.docker.io"
#define HUB_REALM "auth.docker.io"

/* ---- references ---- */
void registry_ref_fini(struct registry_ref *r)
{
	free(r->registry);
	free(r->path);
	free(r->what);
	*r = (struct registry_ref){ 0 };
}

static bool all_of(struct sv s, const char *also, bool upper)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (!c || !(isdigit(c) || (c >= 'a' && c <= 'z') || (upper && c >= 'A' && c <= 'Z') || strchr(also, (char)c)))
			return false;
	}
	return s.len > 0;
}

static bool is_path(struct sv s)
{
	struct sv piece;
	while (sv_split(&s, '/', &piece))
		if (!all_of(piece, "._-", false) || !isalnum((unsigned char)piece.p[0]))
			return false;
	return true;
}

static bool is_host(struct sv s)
{
	return (memchr(s.p, '.', s.len) || memchr(s.p, ':', s.len) || sv_eq(s, SV("localhost"))) && all_of(s, ".-:[]", true);
}

static struct sv cut_at(struct sv *s, const char *at)
{
	struct sv tail = { at + 1, s->len - (size_t)(at - s->p) - 1 };
	s->len = (size_t)(at - s->p);
	return tail;
}

int registry_ref_parse(const char *text, struct registry_ref *ret, struct err *reterr)
{
	struct sv s = sv_of(text), what = SV("latest"), host = SV(HUB);
	*ret = (struct registry_ref){ 0 };
	const char *slash = s.len <= REF_MAX_LEN ? memchr(s.p, '/', s.len) : NULL;
	if (slash && is_host((struct sv){ s.p, (size_t)(slash - s.p) })) {
		struct sv rest = cut_at(&s, slash);
		host = s;
		s = rest;
	}
	const char *at = s.len ? memchr(s.p, '@', s.len) : NULL;
	struct sv digest = at ? cut_at(&s, at) : (struct sv){ NULL, 0 };
	const char *colon = s.len ? memchr(s.p, ':', s.len) : NULL;
	if (colon)
		what = cut_at(&s, colon);
	bool good = s.len <= REF_MAX_LEN && is_path(s) && s.len && all_of(what, "._-", true) && what.len <= 128 && !strchr(".-", what.p[0]);
	if (at)
		good &= all_of(digest, ":+._-=", true) && memchr(digest.p, ':', digest.len);
	if (!good) {
		int r = err_set(reterr, ERR_USAGE, "%.200s is no reference of an image", text);
		err_hint(reterr, "write it as registry.example/group/image:tag");
		return r;
	}
	bool hub = sv_eq(host, SV(HUB)) || sv_eq(host, SV("index.docker.io"));
	ret->registry = hub ? xstrdup(HUB) : sv_dup(host);
	ret->path = xasprintf("%s%.*s", hub && !memchr(s.p, '/', s.len) ? "library/" : "", (int)s.len, s.p);
	ret->what = sv_dup(at ? digest : what);
	return 0;
}

/* "host:5000" -> "host" */
static struct sv name_of(struct sv host)
{
	if (host.len && host.p[0] == '[') {
		const char *end = memchr(host.p, ']', host.len);
		return end ? (struct sv){ host.p + 1, (size_t)(end - host.p) - 1 } : host;
	}
	const char *colon = host.len ? memchr(host.p, ':', host.len) : NULL;
	return colon ? (struct sv){ host.p, (size_t)(colon - host.p) } : host;
}

char *registry_base_url(const char *registry)
{
	struct sv name = name_of(sv_of(registry));
	bool here = sv_eq(name, SV("localhost")) || sv_starts(name, SV("127.")) || sv_eq(name, SV("::1"));
	return xasprintf("%s://%s", here ? "http" : "https", strcmp(registry, HUB) ? registry : HUB_API);
}

/* ---- challenges ---- */
void registry_challenge_fini(struct registry_challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	*c = (struct registry_challenge){ 0 };
}

static void skip_to(struct sv *s, bool (*stop)(char c))
{
	while (s->len && !stop(s->p[0])) {
		s->p++;
		s->len--;
	}
}

static bool is_letter(char c)
{
	return isalpha((unsigned char)c);
}

static struct sv take_name(struct sv *s)
{
	struct sv name = { s->p, 0 };
	while (name.len < s->len && (is_letter(s->p[name.len]) || s->p[name.len] == '_' || s->p[name.len] == '-'))
		name.len++;
	*s = (struct sv){ s->p + name.len, s->len - name.len };
	return name;
}

static void take_value(struct sv *s, struct buf *ret)
{
	bool quoted = s->len && s->p[0] == '"';
	size_t i = quoted;
	for (; i < s->len && (quoted ? s->p[i] != '"' : s->p[i] != ',' && s->p[i] != ' '); i++) {
		i += quoted && s->p[i] == '\\' && i + 1 < s->len;
		buf_add_char(ret, s->p[i]);
	}
	i = MIN_OF(i + quoted, s->len);
	*s = (struct sv){ s->p + i, s->len - i };
}

static void set_part(struct registry_challenge *c, struct sv name, struct buf *value)
{
	const struct { const char *name; char **to; } parts[] = { { "realm", &c->realm }, { "service", &c->service }, { "scope", &c->scope } };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (name.len == strlen(parts[i].name) && !strncasecmp(name.p, parts[i].name, name.len) && !*parts[i].to)
			*parts[i].to = xstrdup(buf_str(value));
}

void registry_challenge_parse(struct sv s, struct registry_challenge *ret)
{
	*ret = (struct registry_challenge){ 0 };
	skip_to(&s, is_letter);
	struct sv scheme = take_name(&s);
	ret->scheme = scheme.len == 6 && !strncasecmp(scheme.p, "bearer", 6) ? REGISTRY_BEARER :
	              scheme.len == 5 && !strncasecmp(scheme.p, "basic", 5) ? REGISTRY_BASIC : REGISTRY_OTHER;
	for (;;) {
		skip_to(&s, is_letter);
		struct sv name = take_name(&s);
		if (!name.len)
			return;
		if (!s.len || s.p[0] != '=')
			continue;
		AUTO(buf_fini) struct buf value = BUF_INIT_MAX(4096);
		s = (struct sv){ s.p + 1, s.len - 1 };
		take_value(&s, &value);
		set_part(ret, name, &value);
	}
}

bool registry_realm_split(const struct registry_challenge *c, const char *base_url, char **ret_url, char **ret_path)
{
	const char *realm = c->realm ? c->realm : "";
	size_t scheme = !strncmp(realm, "https://", 8) ? 8 : !strncmp(realm, "http://", 7) && !strncmp(base_url, "http://", 7) ? 7 : 0;
	size_t host = scheme + strcspn(realm + scheme, "/?#");
	if (!scheme || host == scheme || strcspn(realm, "@# \t\r\n\\") < strlen(realm))
		return false;
	*ret_url = xstrndup(realm, host);
	*ret_path = realm[host] == '/' ? xstrdup(realm + host) : xasprintf("/%s", realm + host);
	return true;
}

bool registry_owns(const char *registry, const char *realm_url)
{
	const char *scheme = strstr(realm_url, "://");
	struct sv own = name_of(sv_of(registry)), realm = name_of(sv_of(scheme ? scheme + 3 : realm_url));
	if (!realm.len)
		return false;
	if (sv_eq(own, SV(HUB)))
		return sv_eq(realm, SV(HUB_REALM));
	if (own.len == realm.len)
		return !strncasecmp(own.p, realm.p, own.len);
	/* "registry.gitlab.example" is a part of "gitlab.example"; a name without a dot is nobody's host but this network's. */
	return own.len > realm.len + 1 && memchr(realm.p, '.', realm.len) && own.p[own.len - realm.len - 1] == '.' &&
	       !strncasecmp(own.p + own.len - realm.len, realm.p, realm.len) && !isdigit((unsigned char)realm.p[realm.len - 1]);
}

/* ---- logins ---- */
static json_t *login_json(const struct secret *login)
{
	struct buf plain = BUF_INIT_MAX(LOGIN_MAX);
	json_t *j = NULL;
	if (login && buf_add_base64_decoded(&plain, secret_reveal(login)))
		j = json_read(buf_sv(&plain), LOGIN_MAX, NULL);
	if (plain.p)
		wipe(plain.p, plain.cap);
	buf_fini(&plain);
	return j;
}

struct secret *registry_login_basic(const struct secret *login)
{
	json_auto_t *j = login_json(login);
	const char *user = json_str(j, "username", NULL), *password = json_str(j, "password", NULL);
	if (!user || !password || strchr(user, ':'))
		return NULL;
	char *pair = xasprintf("%s:%s", user, password);
	struct secret *s = secret_new(sv_of(pair));
	wipe(pair, strlen(pair));
	free(pair);
	return s;
}

struct secret *registry_login_identity(const struct secret *login)
{
	json_auto_t *j = login_json(login);
	const char *token = json_str(j, "identitytoken", NULL);
	return token && *token ? secret_new(sv_of(token)) : NULL;
}

void registry_words(const struct net_response *r, struct buf *ret)
{
	json_auto_t *j = json_read(r->body, 1 << 20, NULL);
	const json_t *first = json_array_get(json_path(j, "errors"), 0);
	const char *code = json_str(first, "code", ""), *message = json_str(first, "message", json_str(j, "details", json_str(j, "message", "")));
	buf_add_str(ret, code);
	buf_add_str(ret, *code && *message ? ": " : "");
	buf_add_str(ret, message);
}
