/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>
#include <unistd.h>
#include "berth/path.h"
#include "tests.h"

static void opens_what_is_a_repository(void **state)
{
	AUTO_STR usual = repo_usual("usual");
	AUTO_STR inside = path_join(usual, ".git");
	AUTO_STR sub = path_join(usual, "bin");
	AUTO_STR bare = repo_import("bare.git", SV(""), "--bare");
	const char *const good[] = { usual, inside, bare };

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO(repo_free_p) struct repo *r = opened(good[i]);
		assert_string_equal(repo_workdir(r), i < 2 ? usual : "");
	}
	struct repo *none = NULL;
	struct err err = { 0 };
	assert_int_equal(repo_open(sub, &none, &err), -ERR_NOT_FOUND);
	assert_non_null(strstr(err.hint, "git init"));
	assert_int_equal(repo_open("/nowhere/at/all", &none, &err), -ERR_NOT_FOUND);
	assert_null(none);
}

static void explains_what_it_cannot_open(void **state)
{
	static const struct { const char *name, *config; enum err_code code; const char *says; } cases[] = {
		{ "sha256", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n", ERR_UNSUPPORTED, "SHA-256" },
		{ "reftable", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = reftable\n", ERR_UNSUPPORTED, "reftable" },
		{ "future", "[core]\n\trepositoryformatversion = 9\n", ERR_FAILED, "version" },
		{ "broken-config", "[core\n", ERR_DECODE, "config" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STR path = repo_usual(cases[i].name);
		AUTO_STR config = path_join(path, ".git/config");
		struct repo *r = NULL;
		struct err err = { 0 };
		write_text(config, cases[i].config);
		assert_int_equal(repo_open(path, &r, &err), -(int)cases[i].code);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].name, err.text);
		assert_string_not_equal(err.hint, "");
	}
}

static void opens_harmless_extensions(void **state)
{
	AUTO_STR path = repo_usual("partial");

	git_run(path, "config", "core.repositoryformatversion", "1");
	git_run(path, "config", "extensions.partialClone", "origin");
	git_run(path, "config", "extensions.worktreeConfig", "true");
	AUTO(repo_free_p) struct repo *r = opened(path);
	assert_non_null(r);
}

static void explains_a_foreign_owner(void **state)
{
	AUTO_STR path = repo_usual("foreign");
	struct repo *r = NULL;
	struct err err = { 0 };

	if (geteuid() != 0) {
		print_message("# only root can give a repository away; the owner check is tested where the suite runs as root\n");
		return;
	}
	assert_int_equal(chown(path, 12345, 12345), 0);
	AUTO_STR gitdir = path_join(path, ".git");
	assert_int_equal(chown(gitdir, 12345, 12345), 0);
	if (repo_open(path, &r, &err) != -ERR_DENIED)
		fail_msg("%s", err.text);
	assert_non_null(strstr(err.hint, "safe.directory"));
	git_run("", "config", "--global", "--add", "safe.directory", path);
	AUTO(repo_free_p) struct repo *trusted = opened(path);
	assert_non_null(trusted);
}

static struct project described(const char *path)
{
	AUTO(repo_free_p) struct repo *r = opened(path);
	struct project p = { 0 };
	struct err err = { 0 };

	assert_int_equal(repo_describe(r, &p, &err), 0);
	return p;
}

static void describes_each_kind(void **state)
{
	AUTO_STR usual = repo_usual("d-usual");
	AUTO_STR empty = repo_import("d-empty", SV(""), NULL);
	AUTO_STR bare = fixture_path("d-bare.git");
	AUTO_STR shallow = fixture_path("d-shallow");
	AUTO_STR unborn = repo_usual("d-unborn");
	AUTO_STR damaged = repo_usual("d-damaged");
	AUTO_STR url = xasprintf("file://%s", usual);
	AUTO_STR lost = path_join(damaged, ".git/refs/heads/main");
	const struct { const char *path, *name, *branch, *note; bool bare; } cases[] = {
		{ usual, "d-usual", "main", NULL, false },
		{ empty, "d-empty", NULL, "no commits yet", false },
		{ bare, "d-bare", "main", NULL, true },
		{ shallow, "d-shallow", "main", "shallow", false },
		{ unborn, "d-unborn", "main", "new has no commits yet", false },
		{ damaged, "d-damaged", "main", "damaged: ", false },
	};

	git_run("", "clone", "-q", "--bare", usual, bare);
	git_run("", "clone", "-q", "--depth=2", url, shallow);
	git_run(unborn, "checkout", "-q", "--orphan", "new");
	write_text(lost, "1234567890123456789012345678901234567890\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(project_fini) struct project p = described(cases[i].path);
		assert_string_equal(p.name, cases[i].name);
		assert_string_equal(p.dir, cases[i].path);
		assert_int_equal(p.bare, cases[i].bare);
		if (!cases[i].branch != !p.default_branch || (p.default_branch && strcmp(p.default_branch, cases[i].branch)))
			fail_msg("%s: %s", cases[i].path, p.default_branch);
		if (!cases[i].note != !p.note || (p.note && !strstr(p.note, cases[i].note)))
			fail_msg("%s: %s", cases[i].path, p.note);
		if (!p.note)
			assert_int_equal(p.active_at_s, 1500000000 + 5 * 60);
	}
}

static void default_branch_stays_when_another_is_checked_out(void **state)
{
	AUTO_STR path = repo_usual("default");
	AUTO_STR clone = fixture_path("default-clone");

	git_run(path, "checkout", "-q", "feature/x");
	AUTO(project_fini) struct project p = described(path);
	assert_string_equal(p.default_branch, "main");
	/* origin says so, and there is no local branch of that name */
	git_run("", "clone", "-q", path, clone);
	AUTO(project_fini) struct project c = described(clone);
	assert_string_equal(c.default_branch, "feature/x");
	git_run(clone, "checkout", "-q", "--detach");
	git_run(clone, "branch", "-q", "-D", "feature/x");
	AUTO(project_fini) struct project d = described(clone);
	assert_string_equal(d.default_branch, "origin/feature/x");
	git_run(path, "branch", "-q", "-m", "main", "zzz");
	AUTO(project_fini) struct project e = described(path);
	assert_string_equal(e.default_branch, "feature/x");
	git_run("", "config", "--global", "init.defaultBranch", "zzz");
	AUTO(project_fini) struct project f = described(path);
	assert_string_equal(f.default_branch, "zzz");
	git_run("", "config", "--global", "--unset", "init.defaultBranch");
}

static void make_folder(const char *name)
{
	AUTO_STR path = fixture_path(name);

	assert_int_equal(path_make_dirs(path, NULL), 0);
}

static void finds_repositories(void **state)
{
	static const char *const folders[] = { "find/deep/er/still", "find/node_modules", "find/.hidden", "find/plain" };
	static const char *const made[] = { "find/a", "find/a/inner", "find/deep/er/still/r", "find/node_modules/x", "find/.hidden/h", "find/b \n\"q\xc3\xa9\xff" };
	AUTO(strings_fini) strings found = VEC_INIT;
	AUTO_STR top = fixture_path("find");
	AUTO_STR link = fixture_path("find/loop");
	AUTO_STR file = fixture_path("find/a/file");
	AUTO_STR note = NULL;
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		make_folder(folders[i]);
	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		free(repo_import(made[i], SV(""), NULL));
	free(repo_import("find/bare.git", SV(""), "--bare"));
	assert_int_equal(symlink("..", link), 0);
	assert_int_equal(repo_find(top, 3, NULL, &found, &note, &err), 0);
	assert_null(note);
	assert_int_equal(found.len, 3);
	assert_string_equal(found.items[0] + strlen(top), "/a");
	assert_string_equal(found.items[1] + strlen(top), "/b \n\"q\xc3\xa9\xff");
	assert_string_equal(found.items[2] + strlen(top), "/bare.git");
	assert_int_equal(repo_find(top, 4, NULL, &found, &note, &err), 0);
	assert_int_equal(found.len, 3 + 4);
	assert_int_equal(repo_find("/nowhere", 4, NULL, &found, &note, &err), -ERR_NOT_FOUND);
	write_text(file, "");
	assert_int_equal(repo_find(file, 4, NULL, &found, &note, &err), -ERR_NOT_FOUND);
	atomic_bool stop = true;
	assert_int_equal(repo_find(top, 4, &stop, &found, &note, &err), -ERR_CANCELLED);
}

/* Commits on branches: work tree, index and HEAD stay as they are, and what is in the way is left alone. */
static void commits_on_a_branch(void **state)
{
	AUTO_STR path = repo_usual("commit on");
	AUTO(repo_free_p) struct repo *r = opened(path);
	const struct repo_file file = { .path = ".renku/renku.ini", .bytes = SV("[interactive]\r\nimage = a:1\r\n") };
	struct repo_commit_spec q = { .branch = "feature/x", .message = "Pin it", .fallback_author = "tester", .files = &file, .n_files = 1, .parent = rev(r, "feature/x") };
	struct oid made, again;
	struct err err = { 0 };

	(void)state;
	AUTO_STR status = git_output(path, "status", "--porcelain");
	AUTO_STR head = git_output(path, "rev-parse", "HEAD");
	if (repo_commit_on(r, &q, &made, &err))
		fail_msg("%s", err.text);
	struct oid tip = rev(r, "feature/x");
	assert_true(oid_eq(&tip, &made));
	AUTO_STR parent = git_output(path, "rev-parse", "feature/x~1");
	char hex[OID_HEX + 1];
	oid_hex(&q.parent, hex);
	assert_string_equal(parent, hex);
	AUTO_STR names = git_output(path, "diff", "--name-status", "feature/x~1", "feature/x");
	assert_string_equal(names, "A\t.renku/renku.ini");
	AUTO_STR text = git_output(path, "show", "feature/x:.renku/renku.ini");
	assert_string_equal(text, "[interactive]\r\nimage = a:1\r");
	AUTO_STR status_after = git_output(path, "status", "--porcelain");
	AUTO_STR head_after = git_output(path, "rev-parse", "HEAD");
	assert_string_equal(status_after, status);
	assert_string_equal(head_after, head);
	git_run(path, "fsck", "--strict");
	assert_int_equal(repo_commit_on(r, &q, &again, &err), -ERR_CONFLICT); /* it is not there any more */
	q.branch = "main";
	q.parent = rev(r, "main");
	assert_int_equal(repo_commit_on(r, &q, &again, &err), -ERR_BUSY);
	q.branch = "pin/main";
	q.new_branch = true;
	assert_int_equal(repo_commit_on(r, &q, &made, &err), 0);
	assert_int_equal(repo_commit_on(r, &q, &again, &err), -ERR_CONFLICT);
	q.branch = "bad..name";
	assert_int_equal(repo_commit_on(r, &q, &again, &err), -ERR_USAGE);
	/* a linked work tree's branch is as safe */
	AUTO_STR linked = fixture_path("commit on linked");
	git_run(path, "worktree", "add", "-q", linked, "feature/x");
	q.branch = "feature/x";
	q.parent = rev(r, "feature/x");
	q.new_branch = false;
	assert_int_equal(repo_commit_on(r, &q, &again, &err), -ERR_BUSY);
	/* a link of that name is not written over */
	AUTO_STR link = path_join(path, "pointer");
	assert_int_equal(symlink("/etc/passwd", link), 0);
	git_run(path, "add", "pointer");
	git_run(path, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "A link");
	const struct repo_file over = { .path = "pointer", .bytes = SV("x") };
	struct repo_commit_spec bad = { .branch = "pin/link", .message = "x", .fallback_author = "t", .files = &over, .n_files = 1, .parent = rev(r, "main"), .new_branch = true };
	assert_int_equal(repo_commit_on(r, &bad, &again, &err), -ERR_CONFLICT);
}

size_t repo_tests(struct CMUnitTest *ret)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_what_is_a_repository),
		cmocka_unit_test(explains_what_it_cannot_open),
		cmocka_unit_test(opens_harmless_extensions),
		cmocka_unit_test(explains_a_foreign_owner),
		cmocka_unit_test(describes_each_kind),
		cmocka_unit_test(default_branch_stays_when_another_is_checked_out),
		cmocka_unit_test(finds_repositories),
		cmocka_unit_test(commits_on_a_branch),
	};
	memcpy(ret, tests, sizeof tests);
	return ARRAY_LEN(tests);
}
