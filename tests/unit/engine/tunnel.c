/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tunnel.h"

#include "engine_test.h"

static void test_ssh_addresses(void **state)
{
	static const struct { const char *text, *user, *host, *port, *socket; } rows[] = {
		{ "ssh://h", NULL, "h", NULL, "/var/run/docker.sock" }, { "ssh://u@h:22", "u", "h", "22", "/var/run/docker.sock" },
		{ "ssh://u@h/run/user/1000/docker.sock", "u", "h", NULL, "/run/user/1000/docker.sock" }, { "ssh://h/", NULL, "h", NULL, "/var/run/docker.sock" },
		{ "ssh://[::1]:22", NULL, "::1", "22", "/var/run/docker.sock" }, { "ssh://[fe80::1]", NULL, "fe80::1", NULL, "/var/run/docker.sock" },
	};
	static const char *const wrong[] = { "ssh://", "ssh://u:secret@h", "ssh://-oProxyCommand=x", "ssh://-l@h", "ssh://h:0", "ssh://h:port", "ssh://h:70000", "ssh://h?x=1",
		"ssh://h#x", "ssh://a b", "ssh://h/a;b", "ssh://@h", "ssh://u@", "ssh://h:", "ssh://$(x)", "ssh://h\n" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(ssh_address_fini) struct ssh_address at;
		assert_int_equal(ssh_address_read(rows[i].text, &at, NULL), 0);
		assert_string_equal(at.host, rows[i].host);
		assert_string_equal(at.user ? at.user : "-", rows[i].user ? rows[i].user : "-");
		assert_string_equal(at.port ? at.port : "-", rows[i].port ? rows[i].port : "-");
		assert_string_equal(at.socket, rows[i].socket);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		AUTO(ssh_address_fini) struct ssh_address at;
		struct err err = { 0 };
		if (ssh_address_read(wrong[i], &at, &err) != -ERR_CONFIG)
			fail_msg("%s was taken", wrong[i]);
		assert_null(strstr(err.text, "secret"));
		assert_true(err.hint[0] != '\0');
	}
}

static void test_ssh_words(void **state)
{
	static const struct { const char *said; enum err_code code; const char *words; } rows[] = {
		{ "Host key verification failed.\r\n", ERR_TLS, "the host key of lab is not known" },
		{ "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nHost key verification failed.\r\n", ERR_TLS, "not the one that was accepted" },
		{ "me@lab: Permission denied (publickey,password).\r\n", ERR_AUTH, "lab refuses the login" },
		{ "ssh: Could not resolve hostname lab: Name or service not known\r\n", ERR_NET, "not known" },
		{ "ssh: connect to host lab port 22: Connection refused\r\n", ERR_NET, "no ssh server listens at lab" },
		{ "channel 2: open failed: connect failed: open failed\r\n", ERR_NET, "finds no engine there" },
	};
	const struct ssh_address at = { .host = (char *)"lab" };
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(tunnel_words(sv_of(rows[i].said), &at, &err));
		assert_int_equal(err.code, rows[i].code);
		if (!strstr(err.text, rows[i].words))
			fail_msg("'%s' lacks '%s'", err.text, rows[i].words);
		assert_true(err.hint[0] != '\0');
	}
	assert_false(tunnel_words(SV("something else\n"), &at, &err));
	assert_false(tunnel_words((struct sv){ 0 }, &at, &err));
}

const struct CMUnitTest tunnel_tests[] = { cmocka_unit_test(test_ssh_addresses), cmocka_unit_test(test_ssh_words) };
const size_t n_tunnel_tests = ARRAY_LEN(tunnel_tests);
