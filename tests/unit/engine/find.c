/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine_test.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/auth.h"
#include "engine/find.h"

/* A machine of its own under a temporary folder: sockets, contexts, config.json. */
struct machine { char dir[64]; struct find_env env; int fds[8]; unsigned n; };

static int machine_new(void **state)
{
	struct machine *m = xcalloc(1, sizeof *m);

	snprintf(m->dir, sizeof m->dir, "/tmp/berth-find-XXXXXX");
	assert_non_null(mkdtemp(m->dir));
	m->env.root = m->dir;
	m->env.home = xstrdup(m->dir);
	m->env.config_dir = path_join(m->dir, ".docker");
	*state = m;
	return 0;
}

static int machine_free(void **state)
{
	struct machine *m = *state;

	for (unsigned i = 0; i < m->n; i++)
		close(m->fds[i]);
	path_remove_tree(m->dir, NULL);
	find_env_fini(&m->env);
	free(m);
	return 0;
}

static void write_under(struct machine *m, const char *name, const char *text)
{
	AUTO_STR path = path_join(m->dir, name);
	AUTO_STR folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	assert_int_equal(path_make_dirs(folder, NULL), 0);
	assert_int_equal(file_write_atomic(path, sv_of(text), NULL), 0);
}

/* listens: an engine is there; else its socket is left over. */
static void socket_under(struct machine *m, const char *name, bool listens)
{
	AUTO_STR path = path_join(m->dir, name);
	AUTO_STR folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(path_make_dirs(folder, NULL), 0);
	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	if (listens)
		assert_int_equal(listen(fd, 8), 0);
	m->fds[m->n++] = fd;
}

static void expect(struct machine *m, const char *name, const char *host_end)
{
	AUTO(engine_host_fini) struct engine_host h = { 0 };
	struct err err = { 0 };

	if (engine_find_host_in(&m->env, &h, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(h.name, name);
	assert_true(sv_ends(sv_of(h.host), sv_of(host_end)));
}

static void expect_error(struct machine *m, enum err_code code, const char *words)
{
	AUTO(engine_host_fini) struct engine_host h = { 0 };
	struct err err = { 0 };

	assert_int_equal(engine_find_host_in(&m->env, &h, &err), -(int)code);
	if (!strstr(err.text, words))
		fail_msg("'%s' does not say '%s'", err.text, words);
	assert_true(err.hint[0] != '\0');
	assert_null(h.host);
}

static void test_nothing(void **state)
{
	expect_error(*state, ERR_NET, "no container engine found; tried ");
	expect_error(*state, ERR_NET, "/var/run/docker.sock");
	expect_error(*state, ERR_NET, ".colima/default/docker.sock");
}

static void test_sockets(void **state)
{
	struct machine *m = *state;

	socket_under(m, ".rd/docker.sock", false);
	expect_error(m, ERR_NET, "not running");
	socket_under(m, "run/podman/podman.sock", true);
	expect(m, "default", "/run/podman/podman.sock");
	socket_under(m, ".colima/default/docker.sock", true);
	expect(m, "default", "/.colima/default/docker.sock");
	socket_under(m, "var/run/docker.sock", true);
	expect(m, "default", "/var/run/docker.sock");
}

static void test_docker_host(void **state)
{
	struct machine *m = *state;

	socket_under(m, "var/run/docker.sock", true);
	m->env.docker_context = xstrdup("ignored");
	m->env.docker_host = xstrdup("tcp://engine.example:2375");
	expect(m, "default", "tcp://engine.example:2375");
	str_replace(&m->env.docker_host, "unix:///nowhere/x.sock");
	expect_error(m, ERR_NET, "/nowhere/x.sock");  /* not silently another one */
}

static void test_contexts(void **state)
{
	struct machine *m = *state;

	write_under(m, ".docker/contexts/meta/0a/meta.json", "{\"Name\":\"other\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://other:1\"}}}");
	write_under(m, ".docker/contexts/meta/0b/meta.json", "{\"Name\":\"far\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://far:1\",\"SkipTLSVerify\":true}}}");
	write_under(m, ".docker/contexts/meta/0c/meta.json", "broken");
	write_under(m, ".docker/contexts/meta/0d/meta.json", "{\"Name\":\"hollow\"}");
	write_under(m, ".docker/contexts/tls/0b/docker/ca.pem", "x");
	write_under(m, ".docker/config.json", "{\"currentContext\":\"far\"}");
	expect(m, "far", "tcp://far:1");
	AUTO(engine_host_fini) struct engine_host h = { 0 };
	assert_int_equal(engine_find_host_in(&m->env, &h, NULL), 0);
	assert_true(h.tls_insecure && h.ca_file && !h.cert_file);
	m->env.docker_context = xstrdup("other");
	expect(m, "other", "tcp://other:1");
	str_replace(&m->env.docker_context, "gone");
	expect_error(m, ERR_NOT_FOUND, "'gone'");
	str_replace(&m->env.docker_context, "hollow");
	expect_error(m, ERR_NOT_FOUND, "'hollow'");
	str_replace(&m->env.docker_context, "default");     /* goes before the current one */
	socket_under(m, "var/run/docker.sock", true);
	expect(m, "default", "/var/run/docker.sock");
}

/* ---- credentials ---- */
static void assert_header(const struct secret *s, const char *json)
{
	AUTO(buf_fini) struct buf plain = BUF_INIT;

	assert_non_null(s);
	assert_true(buf_add_base64_decoded(&plain, secret_reveal(s)));
	if (!strstr(buf_str(&plain), json))
		fail_msg("%s is not in %s", json, buf_str(&plain));
}

static void test_auth_of_config(void **state)
{
	json_auto_t *j = json_read(SV("{\"auths\":{\"reg.example:5000\":{\"auth\":\"dTpwOnc=\"},\"https://index.docker.io/v1/\":{\"identitytoken\":\"T\"},\"https://old.example/v1/\":{\"username\":\"u\",\"password\":\"p\"},"
		"\"bad.example\":{\"auth\":\"!!\"},\"empty.example\":{}},\"credHelpers\":{\"helped.example\":\"tool\"}}"), 10000, NULL);
	static const struct { const char *registry, *json; } rows[] = {
		{ "reg.example:5000", "\"password\":\"p:w\"" }, { "docker.io", "\"identitytoken\":\"T\"" }, { "old.example", "\"username\":\"u\"" },
		{ "bad.example", NULL }, { "empty.example", NULL }, { "none.example", NULL }, { "helped.example", NULL },
	};

	assert_non_null(j);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_STR helper = NULL;
		AUTO(secret_free_p) struct secret *s = auth_header_of_config(j, rows[i].registry, &helper);
		if (rows[i].json)
			assert_header(s, rows[i].json);
		else
			assert_null(s);
		assert_int_equal(helper != NULL, strcmp(rows[i].registry, "helped.example") == 0);
	}
}

static void test_auth_of_helper(void **state)
{
	AUTO(secret_free_p) struct secret *user = auth_header_of_helper("r", SV("{\"ServerURL\":\"r\",\"Username\":\"u\",\"Secret\":\"s\"}"));
	AUTO(secret_free_p) struct secret *token = auth_header_of_helper("r", SV("{\"Username\":\"<token>\",\"Secret\":\"s\"}"));

	assert_header(user, "\"username\":\"u\"");
	assert_header(token, "\"identitytoken\":\"s\"");
	assert_null(auth_header_of_helper("r", SV("credentials not found in native keychain")));
	assert_null(auth_header_of_helper("r", SV("{\"Username\":\"u\",\"Secret\":\"\"}")));
	assert_null(auth_header_of_helper("r", SV("")));
}

static void test_registry_of(void **state)
{
	static const struct { const char *ref, *registry; } rows[] = {
		{ "debian", "docker.io" }, { "library/debian:12", "docker.io" }, { "docker.io/library/x", "docker.io" }, { "localhost/x", "localhost" },
		{ "reg.example/a/b:c", "reg.example" }, { "h:5000/x", "h:5000" }, { "group/proj", "docker.io" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_STR got = auth_registry_of(rows[i].ref);
		assert_string_equal(got, rows[i].registry);
	}
}

struct found { bool called; char *header; };

static void keep_header(void *ctx, const struct secret *header)
{
	struct found *f = ctx;

	f->called = true;
	f->header = header ? sv_dup(secret_reveal(header)) : NULL;
}

static void ask(struct machine *m, const char *registry, struct found *f)
{
	struct loop *l = loop_new();

	*f = (struct found){ 0 };
	auth_find(l, m->env.config_dir, registry, keep_header, f);
	assert_false(f->called);                    /* never from within the call */
	loop_run(l);                                /* ends when nothing is registered */
	assert_true(f->called);
	auth_cancel(auth_find(l, m->env.config_dir, registry, keep_header, f));
	loop_free(l);
}

/* Helpers are programs in PATH: one that answers, one that refuses, one that is not there. */
static void test_helpers(void **state)
{
	struct machine *m = *state;
	struct found f;
	AUTO_STR path = xasprintf("%s:%s", m->dir, getenv("PATH"));
	AUTO_STR tool = path_join(m->dir, "docker-credential-tool");

	write_under(m, "docker-credential-tool", "#!/bin/sh\nread server || :\n[ \"$1 $server\" = 'get good.example' ] || { echo 'credentials not found in native keychain'; exit 1; }\n"
		"echo '{\"Username\":\"u\",\"Secret\":\"s\"}'\n");
	assert_int_equal(chmod(tool, 0700), 0);
	write_under(m, ".docker/config.json", "{\"credsStore\":\"tool\",\"credHelpers\":{\"absent.example\":\"absent\"}}");
	AUTO_STR before = xstrdup(getenv("PATH"));
	setenv("PATH", path, 1);
	ask(m, "good.example", &f);
	assert_non_null(f.header);
	free(f.header);
	ask(m, "other.example", &f);
	assert_null(f.header);
	ask(m, "absent.example", &f);
	assert_null(f.header);
	setenv("PATH", before, 1);
}

#define WITH_MACHINE(t) cmocka_unit_test_setup_teardown(t, machine_new, machine_free)
const struct CMUnitTest find_tests[] = {
	WITH_MACHINE(test_nothing), WITH_MACHINE(test_sockets), WITH_MACHINE(test_docker_host), WITH_MACHINE(test_contexts),
	cmocka_unit_test(test_auth_of_config), cmocka_unit_test(test_auth_of_helper), cmocka_unit_test(test_registry_of), WITH_MACHINE(test_helpers),
};
const size_t n_find_tests = ARRAY_LEN(find_tests);
