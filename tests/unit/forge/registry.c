/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registries: references, challenges, whose credentials go where, and the dance of tokens. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "../../patience.h"
#include "../net/script.h"
#include "berth/mem.h"
#include "berth/registry.h"
#include "forge/registry_parts.h"

void turn_until(struct loop *l, const bool *flag)
{
	for (int64_t until = patience(); !*flag && patient(until);)
		loop_turn(l, /* wait= */ true);
	assert_true(*flag);
}

/* ---- pure parts ------------------------------------------------------------------------------------------------------------ */
static void references_are_read(void **state)
{
	static const struct { const char *text, *registry, *path, *what; } rows[] = {
		{ "python", "docker.io", "library/python", "latest" }, { "python:3.11", "docker.io", "library/python", "3.11" },
		{ "rocker/rstudio:4", "docker.io", "rocker/rstudio", "4" }, { "index.docker.io/a/b", "docker.io", "a/b", "latest" },
		{ "registry.example:5000/g/s/p:abc1234", "registry.example:5000", "g/s/p", "abc1234" },
		{ "localhost/x@sha256:ab", "localhost", "x", "sha256:ab" }, { "h.x/y:tag@sha256:ab", "h.x", "y", "sha256:ab" },
		{ "", NULL, NULL, NULL }, { "A/b", NULL, NULL, NULL }, { "a/../b", NULL, NULL, NULL }, { "a b", NULL, NULL, NULL },
		{ "a:", NULL, NULL, NULL }, { "a:b c", NULL, NULL, NULL }, { "a@x", NULL, NULL, NULL }, { "h.x/", NULL, NULL, NULL },
		{ "a:.b", NULL, NULL, NULL }, { "h.x/a?b", NULL, NULL, NULL }, { "u@h.x/a", NULL, NULL, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct registry_ref r;
		struct err e = { 0 };
		assert_int_equal(registry_ref_parse(rows[i].text, &r, &e), rows[i].registry ? 0 : -ERR_USAGE);
		if (rows[i].registry) {
			assert_string_equal(r.registry, rows[i].registry);
			assert_string_equal(r.path, rows[i].path);
			assert_string_equal(r.what, rows[i].what);
		}
		registry_ref_fini(&r);
	}
}

static void challenges_are_read(void **state)
{
	struct registry_challenge c;
	registry_challenge_parse(SV("Bearer realm=\"https://gitlab.example/jwt/auth\",service=\"container_registry\",scope=\"repository:a/b:pull,push\",error=x"), &c);
	assert_int_equal(c.scheme, REGISTRY_BEARER);
	assert_string_equal(c.realm, "https://gitlab.example/jwt/auth");
	assert_string_equal(c.service, "container_registry");
	assert_string_equal(c.scope, "repository:a/b:pull,push");
	registry_challenge_fini(&c);
	registry_challenge_parse(SV("BASIC realm=x"), &c);
	assert_int_equal(c.scheme, REGISTRY_BASIC);
	registry_challenge_fini(&c);
	registry_challenge_parse(SV(""), &c);
	assert_int_equal(c.scheme, REGISTRY_OTHER);
	registry_challenge_fini(&c);
}

static void logins_go_home_only(void **state)
{
	static const struct { const char *registry, *realm; bool owns; } rows[] = {
		{ "docker.io", "https://auth.docker.io", true }, { "docker.io", "https://auth.docker.io.evil.example", false },
		{ "registry.gitlab.example", "https://gitlab.example", true }, { "registry.gitlab.example:5050", "https://gitlab.example:443", true },
		{ "gitlab.example:5050", "https://gitlab.example", true }, { "gitlab.example", "https://evil.example", false },
		{ "registry.example", "https://example", false }, { "xgitlab.example", "https://gitlab.example", false },
		{ "10.1.2.3:5000", "https://2.3", false }, { "10.1.2.3:5000", "http://10.1.2.3:81", true }, { "a.example", "https://", false },
	};
	static const struct { const char *realm, *base; bool good; } realms[] = {
		{ "https://h/jwt/auth", "https://r", true }, { "http://h/t", "https://r", false }, { "http://h/t", "http://localhost", true },
		{ "https://u@h/t", "https://r", false }, { "ftp://h", "https://r", false }, { "https:///x", "https://r", false }, { "https://h?x", "https://r", true },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(registry_owns(rows[i].registry, rows[i].realm), rows[i].owns);
	for (size_t i = 0; i < ARRAY_LEN(realms); i++) {
		char *url = NULL, *path = NULL;
		struct registry_challenge c = { .realm = xstrdup(realms[i].realm) };
		assert_int_equal(registry_realm_split(&c, realms[i].base, &url, &path), realms[i].good);
		registry_challenge_fini(&c);
		free(url);
		free(path);
	}
}

/* ---- with servers ---------------------------------------------------------------------------------------------------------- */
struct look { bool done; struct err err; char digest[80]; uint64_t size; int64_t created; };
struct world { struct loop *loop; struct net *net; struct registries *all; struct script sc; struct secret *login; int n_asked; char *host; };

static void got(void *ctx, const struct registry_image *i, const struct err *err)
{
	struct look *l = ctx;
	assert_false(l->done);
	assert_true(!i == !!err);
	l->done = true;
	if (err)
		l->err = *err;
	else
		snprintf(l->digest, sizeof l->digest, "%s", i->digest);
	l->size = i ? i->size_bytes : 0;
	l->created = i ? i->created_s : 0;
}

static void find_login(void *ctx, struct registry_want *w, const char *registry)
{
	struct world *t = ctx;
	t->n_asked++;
	assert_string_equal(registry, t->host);
	registry_login_found(w, t->login);
}

static void world_start(struct world *t, const struct turn *turns, size_t n, const char *login)
{
	memset(t, 0, sizeof *t);
	script_start(&t->sc, turns, n);
	t->loop = loop_new();
	t->net = net_new(t->loop);
	t->host = xstrdup(t->sc.srv.url + 7);
	struct buf b = BUF_INIT;
	buf_add_base64(&b, login, strlen(login), true);
	t->login = *login ? secret_new(buf_sv(&b)) : NULL;
	buf_fini(&b);
	t->all = registries_new(&(struct registries_config){ .loop = t->loop, .net = t->net, .find_login = find_login, .ctx = t });
}

static void world_end(struct world *t)
{
	registries_free(t->all);
	net_free(t->net);
	loop_free(t->loop);
	secret_free(t->login);
	free(t->host);
	script_stop(&t->sc);
}

static struct look look(struct world *t, const char *rest, bool details)
{
	struct look l = { 0 };
	AUTO_STR ref = xasprintf("%s/%s", t->host, rest);
	registry_look(t->all, ref, details, got, &l);
	turn_until(t->loop, &l.done);
	return l;
}

#define LOGIN "{\"username\":\"ada\",\"password\":\"glpat-hush\"}"
#define OK_HEAD "HTTP/1.1 200 OK\r\nDocker-Content-Digest: sha256:abc\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: 0\r\n\r\n"
#define NO(status, body_len, body) "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " body_len "\r\n\r\n" body

static void open_registries_are_asked_once(void **state)
{
	struct world t;
	static const struct turn turns[] = { { "HEAD /v2/g/p/manifests/abc1234 ", OK_HEAD }, { "HEAD /v2/g/p/manifests/none ", NO("404 Not Found", "0", "") } };
	world_start(&t, turns, 2, "");
	struct look l = look(&t, "g/p:abc1234", false);
	assert_int_equal(l.err.code, 0);
	assert_string_equal(l.digest, "sha256:abc");
	assert_non_null(strstr(t.sc.asked[0], "Accept: application/vnd.oci.image.index.v1+json"));
	assert_null(strstr(t.sc.asked[0], "Authorization"));
	l = look(&t, "g/p:none", false);
	assert_int_equal(l.err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(l.err.text, "has no g/p:none"));
	assert_int_equal(t.n_asked, 0);
	l = look(&t, "NOT a ref", false);
	assert_int_equal(l.err.code, ERR_USAGE);
	world_end(&t);
}

static void tokens_are_shared(void **state)
{
	struct world t;
	static char challenge[256];
	struct turn turns[] = {
		{ "HEAD /v2/g/a/manifests/1 ", challenge },
		{ "GET /jwt/auth?service=container_registry&scope=", NO("200 OK", "37", "{\"token\":\"jwt-hush\",\"expires_in\":300}") },
		{ "HEAD /v2/g/a/manifests/1 ", OK_HEAD }, { "HEAD /v2/g/b/manifests/1 ", NO("403 Forbidden", "0", "") }, { "HEAD /v2/g/a/manifests/2 ", OK_HEAD },
	};
	world_start(&t, turns, ARRAY_LEN(turns), LOGIN);
	snprintf(challenge, sizeof challenge, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"%s/jwt/auth\",service=\"container_registry\","
	         "scope=\"repository:g/a:pull\"\r\nContent-Length: 0\r\n\r\n", t.sc.srv.url);
	struct look a = { 0 }, b = { 0 };
	AUTO_STR ref_a = xasprintf("%s/g/a:1", t.host);
	AUTO_STR ref_b = xasprintf("%s/g/b:1", t.host);
	registry_look(t.all, ref_a, false, got, &a);
	registry_look(t.all, ref_b, false, got, &b);
	turn_until(t.loop, &a.done);
	turn_until(t.loop, &b.done);
	assert_int_equal(a.err.code, 0);
	assert_int_equal(b.err.code, ERR_DENIED);
	assert_null(strstr(b.err.text, "hush"));
	size_t n_tokens = 0;
	for (size_t i = 0; i < t.sc.n_asked; i++) {
		bool realm = !strncmp(t.sc.asked[i], "GET /jwt", 8);
		n_tokens += realm;
		if (realm)                      /* ada:glpat-hush */
			assert_non_null(strstr(t.sc.asked[i], "Authorization: Basic YWRhOmdscGF0LWh1c2g=\r\n"));
		else
			assert_null(strstr(t.sc.asked[i], "Basic"));
	}
	assert_int_equal(n_tokens, 1);
	assert_non_null(strstr(t.sc.asked[1], "repository%3Ag/a%3Apull"));
	assert_non_null(strstr(t.sc.asked[1], "repository%3Ag/b%3Apull"));
	a = look(&t, "g/a:2", false);           /* the token is still good */
	assert_int_equal(a.err.code, 0);
	assert_non_null(strstr(t.sc.asked[t.sc.n_asked - 1], "Authorization: Bearer jwt-hush\r\n"));
	assert_int_equal(t.n_asked, 1);
	world_end(&t);
}

static void logins_that_are_missing_or_wrong(void **state)
{
	static const struct { const char *login, *realm_host, *token; enum err_code code; const char *text; } rows[] = {
		{ "", NULL, NO("200 OK", "13", "{\"token\":\"x\"}"), ERR_AUTH, "wants a login for g/p" },
		{ "", NULL, NO("401 No", "0", ""), ERR_AUTH, "wants a login" },
		{ LOGIN, NULL, NO("403 No", "0", ""), ERR_AUTH, "is not accepted" },
		{ LOGIN, NULL, NO("200 OK", "2", "{}"), ERR_DECODE, "gives no token" },
		{ LOGIN, "http://localhost", NO("401 No", "0", ""), ERR_AUTH, "berth does not do unasked" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world t;
		static char challenge[256];
		struct turn turns[] = { { "HEAD ", challenge }, { "GET /jwt/auth", rows[i].token }, { "HEAD ", NO("401 No", "0", "") } };
		world_start(&t, turns, 3, rows[i].login);
		snprintf(challenge, sizeof challenge, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"%s%s/jwt/auth\",service=s\r\nContent-Length: 0\r\n\r\n",
		         rows[i].realm_host ? rows[i].realm_host : t.sc.srv.url, rows[i].realm_host ? strrchr(t.sc.srv.url, ':') : "");
		struct look l = look(&t, "g/p:1", false);
		assert_int_equal(l.err.code, rows[i].code);
		if (!strstr(l.err.text, rows[i].text))
			fail_msg("%zu: %s", i, l.err.text);
		for (size_t k = 0; rows[i].realm_host && k < t.sc.n_asked; k++)
			assert_null(strstr(t.sc.asked[k], "Basic"));
		world_end(&t);
	}
}

static void passwords_alone(void **state)
{
	struct world t;
	static const struct turn turns[] = {
		{ "HEAD ", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n" }, { "HEAD ", OK_HEAD } };
	world_start(&t, turns, 2, LOGIN);
	struct look l = look(&t, "g/p:1", false);
	assert_int_equal(l.err.code, 0);
	assert_non_null(strstr(t.sc.asked[1], "Authorization: Basic YWRhOmdscGF0LWh1c2g=\r\n"));
	world_end(&t);
}

static void details_are_read(void **state)
{
	struct world t;
	static const struct turn turns[] = {
		{ "HEAD /v2/p/manifests/1 ", OK_HEAD },
		{ "GET /v2/p/manifests/sha256:abc ", JSON_ANSWER("200 OK", "Content-Length: 44\r\n", "{\"manifests\":[{\"digest\":\"sha256:c1\",\"x\":1}]}") },
		{ "GET /v2/p/manifests/sha256:c1 ", JSON_ANSWER("200 OK", "Content-Length: 70\r\n", "{\"config\":{\"digest\":\"sha256:cf\"},\"layers\":[{\"size\":40},{\"size\":2}, 7]}") },
		{ "GET /v2/p/blobs/sha256:cf ", JSON_ANSWER("200 OK", "Content-Length: 34\r\n", "{\"created\":\"1970-01-02T00:00:00Z\"}") },
	};
	world_start(&t, turns, 4, "");
	struct look l = look(&t, "p:1", true);
	assert_int_equal(l.err.code, 0);
	assert_string_equal(l.digest, "sha256:abc");
	assert_int_equal(l.size, 42);
	assert_int_equal(l.created, 86400);
	world_end(&t);
}

static void questions_can_be_cancelled(void **state)
{
	struct world t;
	static const struct turn turns[] = { { "HEAD ", OK_HEAD }, { "HEAD ", OK_HEAD }, { "HEAD ", OK_HEAD } };
	world_start(&t, turns, 3, "");
	AUTO_STR ref = xasprintf("%s/p:1", t.host);
	for (int n = 0; n < 3; n++) {
		struct look l = { 0 };
		struct registry_call *c = registry_look(t.all, ref, false, got, &l);
		for (int i = 0; i < n; i++)
			loop_turn(t.loop, false);
		registry_cancel(c);
		assert_int_equal(l.err.code, ERR_CANCELLED);
	}
	registry_cancel(NULL);
	world_end(&t);
	registries_free(NULL);
}

/* ---- a real registry with a real token server -------------------------------------------------------------------------------- */
static void real_start(struct world *t, struct loop_child **ret_child, const char *login)
{
	int fd[2];
	char port[16] = "";
	struct err err = { 0 };
	world_start(t, NULL, 0, login);
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	struct loop_child_spec spec = { .argv = (const char *[]){ "python3", TEST_SRCDIR "/unit/forge/registry_server.py", NULL },
	                                .stdin_fd = -1, .stdout_fd = fd[1], .stderr_fd = LOOP_CHILD_INHERIT };
	*ret_child = loop_child_spawn(t->loop, &spec, NULL, NULL, &err);
	if (!*ret_child)
		fail_msg("%s (%s)", err.text, err.hint);
	close(fd[1]);
	for (size_t n = 0; !strchr(port, '\n'); n++)
		assert_true(n < sizeof port - 1 && read(fd[0], port + n, 1) == 1);
	close(fd[0]);
	port[strcspn(port, "\n")] = '\0';
	str_replace(&t->host, NULL);
	t->host = xasprintf("127.0.0.1:%s", port);
}

static void a_real_registry_answers(void **state)
{
	struct world t;
	struct loop_child *child;
	real_start(&t, &child, "{\"username\":\"ada\",\"password\":\"hush\"}");
	struct look l = look(&t, "g/p:1", true);
	if (l.err.code)
		fail_msg("%s", l.err.text);
	assert_ptr_equal(strstr(l.digest, "sha256:"), l.digest);
	assert_int_equal(l.size, 42);
	assert_int_equal(l.created, 86400);
	struct look other = look(&t, "g/p:none", false);
	assert_int_equal(other.err.code, ERR_NOT_FOUND);
	other = look(&t, "secret/p:1", false);
	assert_int_equal(other.err.code, ERR_DENIED);
	t.login = (secret_free(t.login), NULL);
	registries_forget_logins(t.all);
	other = look(&t, "g/p:1", false);
	assert_int_equal(other.err.code, ERR_AUTH);
	kill(loop_child_pid(child), SIGTERM);
	loop_child_forget(child);
	world_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_are_read), cmocka_unit_test(challenges_are_read), cmocka_unit_test(logins_go_home_only),
		cmocka_unit_test(open_registries_are_asked_once), cmocka_unit_test(tokens_are_shared), cmocka_unit_test(logins_that_are_missing_or_wrong),
		cmocka_unit_test(passwords_alone), cmocka_unit_test(details_are_read), cmocka_unit_test(questions_can_be_cancelled),
		cmocka_unit_test(a_real_registry_answers),
	};
	unsetenv("http_proxy");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
