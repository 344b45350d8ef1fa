/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of hosts; projects out of remotes. */
#include "forge/gitlab_pure.h"
#include "tests.h"

static void addresses_as_people_write_them(void **state)
{
	static const struct { const char *text, *url; } cases[] = {
		{ "gitlab.com", "https://gitlab.com" }, { " https://GitLab.Example.org/ ", "https://gitlab.example.org" },
		{ "gitlab.example.org:8443", "https://gitlab.example.org:8443" }, { "https://a.b:443", "https://a.b" },
		{ "http://localhost:3000", "http://localhost:3000" }, { "http://a.b:80/", "http://a.b" }, { "https://a.b:80", "https://a.b:80" },
		{ "https://a.b/gitlab//", "https://a.b/gitlab" }, { "a.b/dev/gitlab", "https://a.b/dev/gitlab" },
		{ "[::1]:8080", "https://[::1]:8080" }, { "https://b\xc3\xbc" "cher.example", "https://b\xc3\xbc" "cher.example" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct err err = { 0 };
		if (forge_gitlab_url(sv_of(cases[i].text), &b, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_string_equal(buf_str(&b), cases[i].url);
	}
}

static void addresses_that_are_none(void **state)
{
	static const char *const cases[] = { "", "https://", "ftp://a.b", "ssh://git@a.b", "https://user:glpat-secret@a.b", "glpat-secret@a.b",
		"https://a.b/?private_token=x", "https://a.b/#x", "a b", "a.b\r\nX: y", "a.b:0", "a.b:65536", "a.b:x", "a.b:", "::1", "[::1", "[::1]x",
		"https://a.b/../c", "https://a.b/x%2Fy", "-a.b", "a.b\\c", "a\x7f", "https://a.b:1:2" };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct err err = { 0 };
		if (!forge_gitlab_url(sv_of(cases[i]), &b, &err))
			fail_msg("%s was taken for %s", cases[i], buf_str(&b));
		assert_string_not_equal(err.hint, "");
		assert_null(strstr(err.text, "glpat-secret"));
		assert_int_equal(b.len, 0);
	}
}

static void paths_of_projects(void **state)
{
	static const struct { const char *path; bool ok; } cases[] = {
		{ "group/project", true }, { "a/b/c/d.e_f-g", true }, { "project", false }, { "", false }, { "a//b", false }, { "a/b/", false }, { "/a/b", false },
		{ "a/../b", false }, { "a/.b", false }, { "a/-b", false }, { "a/b.git", false }, { "a/b c", false }, { "a/b?c", false }, { "a/\x1b[31m", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (gitlab_path_ok(sv_of(cases[i].path)) != cases[i].ok)
			fail_msg("%s", cases[i].path);
	}
}

const struct CMUnitTest url_tests[] = {
	cmocka_unit_test(addresses_as_people_write_them), cmocka_unit_test(addresses_that_are_none), cmocka_unit_test(paths_of_projects), { 0 },
};

/* ---- remotes --------------------------------------------------------------------------------------------------------------------- */
static const struct forge_host hosts[] = {
	{ "https://gitlab.example.org", NULL }, { "https://dev.example.org:8443/gitlab", "git.example.org" }, { "http://127.0.0.1:3000", NULL },
	{ "https://gitlab.com", NULL },
};
static const char ssh_config[] =
	"# mine\n"
	"Host lab lab-* !lab-old\n"
	"  HostName = gitlab.example.org\n"
	"  HostName other.example.org\n"
	"Host \"quoted\"\n"
	"\tHostName \"GITLAB.com\"\n"
	"Match host everything\n"
	"  HostName gitlab.com\n"
	"Host * \n"
	"  User git\n";

static void remotes_lead_to_projects(void **state)
{
	static const struct { const char *url; int host; const char *path; } cases[] = {
		{ "https://gitlab.example.org/group/project.git", 0, "group/project" },
		{ "https://zoe@gitlab.example.org/group/sub/project", 0, "group/sub/project" },
		{ "https://oauth2:secret@GITLAB.example.org:443/group/project.git/", 0, "group/project" },
		{ "https://gitlab.example.org:8443/group/project.git", -1, NULL },
		{ "http://gitlab.example.org/group/project.git", -1, NULL },
		{ "https://gitlab.example.org/group/my%2Dproject", 0, "group/my-project" },
		{ "https://gitlab.example.org/group/%2e%2e", -1, NULL },
		{ "git@gitlab.example.org:group/project.git", 0, "group/project" },
		{ "gitlab.example.org:group/project", 0, "group/project" },
		{ "git@gitlab.example.org:/group/project.git", 0, "group/project" },
		{ "[git@gitlab.example.org:2222]:group/project.git", 0, "group/project" },
		{ "ssh://git@gitlab.example.org:2222/group/sub/project.git", 0, "group/sub/project" },
		{ "git+ssh://git@gitlab.example.org/group/project", 0, "group/project" },
		{ "lab:group/project.git", 0, "group/project" }, { "git@lab-2:group/project.git", 0, "group/project" }, { "lab-old:group/project.git", -1, NULL },
		{ "quoted:a/b", 3, "a/b" }, { "everything:a/b", -1, NULL },
		{ "https://dev.example.org:8443/gitlab/group/project.git", 1, "group/project" },
		{ "https://dev.example.org:8443/gitlabber/group/project.git", -1, NULL }, { "https://dev.example.org:8443/group/project.git", -1, NULL },
		{ "git@git.example.org:group/project.git", 1, "group/project" }, { "git@dev.example.org:group/project.git", 1, "group/project" },
		{ "http://127.0.0.1:3000/a/b.git", 2, "a/b" }, { "http://127.0.0.1/a/b.git", -1, NULL },
		{ "ssh://git@altssh.gitlab.com:443/a/b.git", 3, "a/b" },
		{ "/srv/git/project.git", -1, NULL }, { "../project", -1, NULL }, { "./a:b/c", -1, NULL }, { "file:///srv/gitlab.com/a/b", -1, NULL },
		{ "", -1, NULL }, { "https://gitlab.com", -1, NULL }, { "https://gitlab.com/", -1, NULL }, { "https://gitlab.com/project", -1, NULL },
		{ "git@gitlab.com:a/b\x1b[31m", -1, NULL }, { "[", -1, NULL }, { "[x", -1, NULL }, { ":", -1, NULL }, { "@:", -1, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct forge_remote remote = { "origin", cases[i].url };
		const struct forge_remotes q = { .remotes = &remote, .n_remotes = 1, .hosts = hosts, .n_hosts = ARRAY_LEN(hosts), .ssh_config = sv_of(ssh_config) };
		struct forge_place place = { 0 };
		bool found = forge_place_of_remotes(&q, &place);
		if (found != (cases[i].host >= 0))
			fail_msg("%s: %s", cases[i].url, found ? place.path : "not found");
		if (found) {
			assert_int_equal(place.host, cases[i].host);
			assert_string_equal(place.path, cases[i].path);
		}
		free(place.path);
	}
}

static void origin_goes_first(void **state)
{
	static const struct forge_remote remotes[] = {
		{ "fork", "https://gitlab.com/zoe/flights" }, { "upstream", "https://gitlab.com/lab/flights" }, { "origin", "git@github.example:zoe/flights.git" } };
	struct forge_remotes q = { .remotes = remotes, .n_remotes = 3, .hosts = hosts, .n_hosts = ARRAY_LEN(hosts) };
	struct forge_place place = { 0 };

	assert_true(forge_place_of_remotes(&q, &place)); /* origin leads to no known host */
	assert_string_equal(place.path, "lab/flights");
	assert_int_equal(place.remote, 1);
	free(place.path);
	q.n_remotes = 1;
	assert_true(forge_place_of_remotes(&q, &place));
	assert_string_equal(place.path, "zoe/flights");
	free(place.path);
	q.n_hosts = 0;
	assert_false(forge_place_of_remotes(&q, &place));
}

const struct CMUnitTest remote_tests[] = { cmocka_unit_test(remotes_lead_to_projects), cmocka_unit_test(origin_goes_first), { 0 } };
