/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>
#include <unistd.h>
#include "berth/path.h"
#include "tests.h"

static void assert_absent(const char *path)
{
	struct stat st;

	assert_int_not_equal(lstat(path, &st), 0);
}

static void clone_ok(const struct clone_spec *spec)
{
	struct err err = { 0 };

	if (repo_clone(spec, NULL, NULL, NULL, &err))
		fail_msg("%s", err.text);
}

static void assert_output(const char *dir, const char *expected, const char *const *argv)
{
	AUTO_STR got = git_output_in(dir, argv);

	assert_string_equal(got, expected);
}
#define assert_git(dir, expected, ...) assert_output(dir, expected, (const char *const[]){ "git", __VA_ARGS__, NULL })

static struct oid tip_in(const char *path, const char *name)
{
	AUTO(repo_free_p) struct repo *r = opened(path);

	return rev(r, name);
}

static void clones_a_branch(void **state)
{
	AUTO_STR path = repo_usual("c source 'q' \"d\" \xc3\xa9");
	AUTO_STR into = fixture_path("c into 'q' \"d\" \xc3\xa9");
	AUTO_STR older = git_output(path, "rev-parse", "main~2");
	AUTO_STR head = git_output(path, "rev-parse", "feature/x");
	AUTO_STR hook = path_join(path, ".git/hooks/post-checkout");
	struct clone_spec spec = { .url_or_path = path, .branch = "main", .commit = tip_in(path, "main~2"), .into = into,
		.origin_url = "http://berth/x \"y\"", .author_name = "Zo\xc3\xab \"Q\"", .author_email = "z@example.org" };

	write_text(hook, "#!/bin/sh\ntouch hook-ran\n");
	chmod(hook, 0755);
	git_run("", "config", "--global", "core.autocrlf", "true");
	clone_ok(&spec);
	git_run("", "config", "--global", "--unset", "core.autocrlf");
	assert_git(into, older, "rev-parse", "HEAD");
	assert_git(into, "main", "symbolic-ref", "--short", "HEAD");
	assert_git(into, "origin/main", "rev-parse", "--abbrev-ref", "main@{upstream}");
	assert_git(into, head, "rev-parse", "origin/feature/x");
	assert_git(into, "v1", "tag");
	assert_git(into, "", "status", "--porcelain");
	assert_git(into, "main", "branch", "--format=%(refname:short)");
	assert_git(into, "http://berth/x \"y\"", "config", "remote.origin.url");
	assert_git(into, "Zo\xc3\xab \"Q\"", "config", "user.name");
	assert_git(into, "0\t2", "rev-list", "--left-right", "--count", "main...origin/main");
	git_run(into, "fsck", "--strict");
	AUTO_STR run = path_join(into, "bin/run");
	AUTO_STR link = path_join(into, "link");
	AUTO_STR ran = path_join(into, "hook-ran");
	struct stat st;
	assert_true(!lstat(run, &st) && (st.st_mode & 0111));
	assert_true(!lstat(link, &st) && S_ISLNK(st.st_mode));
	assert_absent(ran);
}

static void keeps_bytes_as_they_are(void **state)
{
	AUTO_STR path = repo_usual("crlf");
	AUTO_STR into = fixture_path("crlf-into");
	AUTO_STR file = fixture_path("crlf-into/f.txt");
	struct clone_spec spec = { .url_or_path = path, .branch = "feature/x", .commit = tip_in(path, "feature/x"), .into = into };
	AUTO(buf_fini) struct buf text = BUF_INIT;

	git_run("", "config", "--global", "core.autocrlf", "input");
	clone_ok(&spec);
	git_run("", "config", "--global", "--unset", "core.autocrlf");
	assert_int_equal(file_read(file, 100, &text, NULL), 0);
	assert_string_equal(buf_str(&text), "2\r\n");
	assert_git(into, path, "config", "remote.origin.url");
}

static void clones_every_kind_of_source(void **state)
{
	AUTO_STR usual = repo_usual("k-usual");
	AUTO_STR bare = fixture_path("k-bare.git");
	AUTO_STR borrowing = fixture_path("k-borrowing");
	AUTO_STR shallow = fixture_path("k-shallow");
	AUTO_STR url = xasprintf("file://%s", usual);
	AUTO_STR tree = fixture_path("k-worktree");
	AUTO_STR into = fixture_path("k-into");
	const char *const sources[] = { usual, bare, borrowing, shallow, tree, url };

	git_run("", "clone", "-q", "--bare", usual, bare);
	git_run("", "clone", "-q", "--shared", usual, borrowing);
	git_run("", "clone", "-q", "--depth=2", url, shallow);
	git_run(usual, "worktree", "add", "-q", tree, "feature/x");
	git_run(usual, "pack-refs", "--all");
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		struct clone_spec spec = { .url_or_path = sources[i], .branch = "main", .commit = tip_in(usual, "main"), .into = into };
		clone_ok(&spec);
		assert_git(into, "", "status", "--porcelain");
		AUTO_STR alternates = path_join(into, ".git/objects/info/alternates");
		assert_absent(alternates);
		git_run(into, "fsck", "--strict");
		assert_int_equal(path_remove_tree(into, NULL), 0);
	}
}

static void clones_detached_and_remote_only_branches(void **state)
{
	AUTO_STR usual = repo_usual("r-usual");
	AUTO_STR middle = fixture_path("r-middle");
	AUTO_STR into = fixture_path("r-into");
	AUTO_STR tip = git_output(usual, "rev-parse", "feature/x");
	struct clone_spec spec = { .url_or_path = middle, .branch = "origin/feature/x", .commit = tip_in(usual, "feature/x"), .into = into };

	git_run("", "clone", "-q", usual, middle);
	clone_ok(&spec);
	assert_git(into, "feature/x", "symbolic-ref", "--short", "HEAD");
	assert_git(into, "origin/feature/x", "rev-parse", "--abbrev-ref", "@{upstream}");
	assert_int_equal(path_remove_tree(into, NULL), 0);
	spec.branch = NULL;
	clone_ok(&spec);
	assert_git(into, tip, "rev-parse", "HEAD");
	assert_git(into, "HEAD", "rev-parse", "--abbrev-ref", "HEAD");
	assert_int_equal(path_remove_tree(into, NULL), 0);
	spec.branch = "brand/new";
	clone_ok(&spec);
	assert_git(into, "brand/new", "symbolic-ref", "--short", "HEAD");
	assert_git(into, "brand/new", "branch", "--format=%(refname:short)");
}

static void keeps_odd_file_names(void **state)
{
	static const char *const names[] = { "new\nline", "q\"uote", "sp ace", "\xc3\xa9t\xc3\xa9", "bad\xff\xfe", "-dash", "back\\slash", "esc\x1b[31m" };
	AUTO(buf_fini) struct buf stream = BUF_INIT;

	import_commit(&stream, "refs/heads/main", 1, 0, 1, "odd\n");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		import_file(&stream, "644", names[i], sv_of(names[i]));
	AUTO_STR path = repo_import("odd-names", buf_sv(&stream), "--bare");
	AUTO_STR into = fixture_path("odd-into");
	struct clone_spec spec = { .url_or_path = path, .branch = "main", .commit = tip_in(path, "main"), .into = into };
	clone_ok(&spec);
	assert_git(into, "", "status", "--porcelain");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_STR file = path_join(into, names[i]);
		AUTO(buf_fini) struct buf text = BUF_INIT;
		assert_int_equal(file_read(file, 100, &text, NULL), 0);
		assert_string_equal(buf_str(&text), names[i]);
	}
}

struct stopper { atomic_bool stop; const char *at; unsigned seen; };

static void stop_at(void *ctx, const char *what, uint64_t now, uint64_t total)
{
	struct stopper *s = ctx;

	assert_true(now <= total);
	s->seen++;
	if (!strcmp(what, s->at))
		atomic_store(&s->stop, true);
}

static void cancel_and_failure_leave_nothing(void **state)
{
	AUTO_STR path = repo_usual("x-source");
	AUTO_STR into = fixture_path("x-into");
	AUTO_STR full = fixture_path("x-full");
	AUTO_STR inside = fixture_path("x-full/file");
	static const char *const steps[] = { "bytes", "files" };
	struct clone_spec spec = { .url_or_path = path, .branch = "main", .commit = tip_in(path, "main"), .into = into };
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct stopper s = { .at = steps[i] };
		assert_int_equal(repo_clone(&spec, &s.stop, stop_at, &s, &err), -ERR_CANCELLED);
		assert_true(s.seen > 0);
		assert_absent(into);
	}
	spec.commit = (struct oid){ .b = { 9 } };
	assert_int_equal(repo_clone(&spec, NULL, NULL, NULL, &err), -ERR_NOT_FOUND);
	assert_absent(into);
	assert_int_equal(mkdir(into, 0755), 0);
	assert_int_equal(repo_clone(&spec, NULL, NULL, NULL, &err), -ERR_NOT_FOUND);
	assert_int_equal(rmdir(into), 0);
	assert_int_equal(mkdir(full, 0755), 0);
	write_text(inside, "keep");
	spec.into = full;
	assert_int_equal(repo_clone(&spec, NULL, NULL, NULL, &err), -ERR_CONFLICT);
	assert_int_equal(access(inside, R_OK), 0);
	spec.into = into;
	spec.url_or_path = "/nowhere";
	assert_int_equal(repo_clone(&spec, NULL, NULL, NULL, &err), -ERR_NOT_FOUND);
	spec.url_or_path = "file:///nowhere";
	assert_int_not_equal(repo_clone(&spec, NULL, NULL, NULL, &err), 0);
	assert_absent(into);
}

size_t clone_tests(struct CMUnitTest *ret)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clones_a_branch),
		cmocka_unit_test(keeps_bytes_as_they_are),
		cmocka_unit_test(clones_every_kind_of_source),
		cmocka_unit_test(clones_detached_and_remote_only_branches),
		cmocka_unit_test(keeps_odd_file_names),
		cmocka_unit_test(cancel_and_failure_leave_nothing),
	};
	memcpy(ret, tests, sizeof tests);
	return ARRAY_LEN(tests);
}
