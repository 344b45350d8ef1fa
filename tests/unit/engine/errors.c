/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine_test.h"

#include "engine/errors.h"
#include "engine/negotiate.h"

static void test_words(void **state)
{
	static const struct { int status; const char *words; enum err_code code; bool hint; } rows[] = {
		{ 404, "No such image: x:latest", ERR_NOT_FOUND, true }, { 404, "manifest for x:y not found: manifest unknown: manifest unknown", ERR_NOT_FOUND, true },
		{ 404, "pull access denied for x, repository does not exist or may require 'docker login'", ERR_AUTH, true },
		{ 500, "Get https://r/v2/: no basic auth credentials", ERR_AUTH, true },
		{ 404, "no matching manifest for linux/amd64 in the manifest list entries", ERR_UNSUPPORTED, true }, { 500, "unauthorized: authentication required", ERR_AUTH, true },
		{ 500, "driver failed programming external connectivity: Bind for 127.0.0.1:80 failed: port is already allocated", ERR_CONFLICT, true },
		{ 500, "listen tcp4 127.0.0.1:80: bind: address already in use", ERR_CONFLICT, true }, { 500, "write /x: no space left on device", ERR_NO_SPACE, true },
		{ 409, "Conflict. The container name \"/a\" is already in use by container \"b\".", ERR_CONFLICT, true },
		{ 500, "container name \"a\" is already in use by b", ERR_CONFLICT, true }, /* Podman */
		{ 400, "OCI runtime create failed: exec: \"x\": executable file not found in $PATH: unknown", ERR_FAILED, true },
		{ 400, "OCI runtime create failed: exec format error: unknown", ERR_UNSUPPORTED, true }, { 400, "Minimum memory limit allowed is 6MB", ERR_USAGE, true },
		{ 404, "could not find an available, non-overlapping IPv4 address pool among the defaults", ERR_NO_SPACE, true },
		{ 500, "Get \"https://r/v2/\": dial tcp 1.2.3.4:443: i/o timeout", ERR_TIMEOUT, true }, { 500, "x509: certificate signed by unknown authority", ERR_TLS, true },
		{ 500, "toomanyrequests: You have reached your pull rate limit", ERR_RATE, true }, { 500, "dial tcp 127.0.0.1:1: connect: connection refused", ERR_NET, true },
		{ 400, "invalid mount config for type \"volume\"", ERR_FAILED, false }, { 400, "what is this", ERR_FAILED, false },
		{ 400, "client version 1.99 is too new. Maximum supported API version is 1.41", ERR_UNSUPPORTED, true },
		{ 409, "remove v: volume is in use - [abc]", ERR_CONFLICT, true }, { 409, "Container a is not running", ERR_CONFLICT, true },
		{ 403, "something else", ERR_DENIED, false }, { 401, "something else", ERR_AUTH, false }, { 404, "something else", ERR_NOT_FOUND, false }, { 409, "x", ERR_CONFLICT, false },
		{ 500, "something else", ERR_HTTP, false }, { 0, "something else", ERR_FAILED, false }, { 500, "", ERR_HTTP, false }, { 0, "\n", ERR_FAILED, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = { 0 };
		engine_error_words(&err, rows[i].status, sv_of(rows[i].words));
		if (err.code != rows[i].code || !err.text[0] || (err.hint[0] != '\0') != rows[i].hint || err.http != rows[i].status)
			fail_msg("'%s': %s '%s' (%s)", rows[i].words, err_code_name(err.code), err.text, err.hint);
	}
}

static void test_responses(void **state)
{
	static const struct { const char *type, *body, *says; } rows[] = {
		{ "application/json", "{\"message\":\"oh no\"}", "oh no" }, { "application/json", "{\"cause\":\"c\",\"message\":\"oh no\",\"response\":500}", "oh no" },
		{ "text/plain", "oh no\n", "oh no" }, { "text/html", "<html>", "no container engine" }, { "", "", "without a word" }, { "application/json", "{\"message\":", "message" },
		{ "application/json", "{\"message\":\"rpc error: code = Unknown desc = oh no\"}", "oh no" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = { 0 };
		engine_error_response(&err, 500, rows[i].type, sv_of(rows[i].body));
		assert_non_null(strstr(err.text, rows[i].says));
		assert_null(strstr(err.text, "rpc error"));
		assert_int_equal(err.http, 500);
	}
}

static void test_versions(void **state)
{
	static const struct { const char *max, *min; int api; const char *says; } rows[] = {
		{ "1.41", "1.12", 41, NULL }, { "1.47", "1.24", 47, NULL }, { "1.55", "1.40", 47, NULL }, { "1.52", "1.44", 47, NULL }, { "1.44", "", 44, NULL },
		{ "1.40", "1.12", 0, "too old" }, { "1.60", "1.48", 0, "too new" }, { "", "", 0, "names no API" }, { "2.0", "1.0", 0, "names no API" }, { "1.x", "", 0, "names no API" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = { 0 };
		int api = 0, r = docker_choose_api(rows[i].max, rows[i].min, "99.1", &api, &err);
		assert_int_equal(api, rows[i].api);
		assert_int_equal(r < 0, rows[i].says != NULL);
		if (rows[i].says) {
			assert_non_null(strstr(err.text, rows[i].says));
			assert_true(err.hint[0] != '\0');
		}
	}
}

static void test_addresses(void **state)
{
	static const struct { const char *host; bool tls; const char *url, *socket; } rows[] = {
		{ "unix:///run/x.sock", false, "http://localhost", "/run/x.sock" }, { "tcp://h", false, "http://h:2375", NULL }, { "tcp://h", true, "https://h:2376", NULL },
		{ "tcp://[::1]:99/", false, "http://[::1]:99", NULL }, { "tcp://[::1]", false, "http://[::1]:2375", NULL }, { "https://h:1", false, "https://h:1", NULL },
		{ "http://h:1", false, "http://h:1", NULL }, { "ssh://u@h", false, "http://localhost", NULL }, { "ssh://u:secret@h", false, NULL, NULL }, { "npipe:////./x", false, NULL, NULL }, { "", false, NULL, NULL },
		{ "unix://x", false, NULL, NULL }, { "tcp://", false, NULL, NULL }, { "/run/x.sock", false, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_STR url = NULL;
		AUTO_STR socket = NULL;
		struct err err = { 0 };
		int r = docker_address(rows[i].host, rows[i].tls, &url, &socket, &err);
		assert_int_equal(r < 0, rows[i].url == NULL);
		if (!rows[i].url) {
			assert_true(err.hint[0] != '\0');
			continue;
		}
		assert_string_equal(url, rows[i].url);
		assert_string_equal(socket ? socket : "", rows[i].socket ? rows[i].socket : "");
	}
}

static void test_paths(void **state)
{
	static const struct { const char *name, *path; } rows[] = {
		{ "berth-x", "/c/berth-x/s" }, { "a b?c", "/c/a%20b%3Fc/s" }, { "", NULL }, { "..", NULL }, { ".", NULL }, { "a/b", NULL }, { NULL, NULL }, { "\xc3\xa9", "/c/%C3%A9/s" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = { 0 };
		AUTO_STR path = docker_path("/c/", rows[i].name, "/s", &err);
		assert_int_equal(path == NULL, rows[i].path == NULL);
		if (path)
			assert_string_equal(path, rows[i].path);
		else
			assert_int_equal(err.code, ERR_USAGE);
	}
	static const struct { const char *ref, *name, *tag; } refs[] = {
		{ "a", "a", "latest" }, { "h:5000/a/b", "h:5000/a/b", "latest" }, { "h:5000/a/b:t", "h:5000/a/b", "t" }, { "a@sha256:ab", "a", "sha256:ab" },
	};
	for (size_t i = 0; i < ARRAY_LEN(refs); i++) {
		AUTO_STR name = NULL;
		AUTO_STR tag = NULL;
		docker_ref_split(refs[i].ref, &name, &tag);
		assert_string_equal(name, refs[i].name);
		assert_string_equal(tag, refs[i].tag);
	}
}

const struct CMUnitTest errors_tests[] = {
	cmocka_unit_test(test_words), cmocka_unit_test(test_responses), cmocka_unit_test(test_versions), cmocka_unit_test(test_addresses), cmocka_unit_test(test_paths),
};
const size_t n_errors_tests = ARRAY_LEN(errors_tests);
