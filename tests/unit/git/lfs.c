/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Git LFS and submodules of a clone. */
#include <sys/stat.h>
#include "berth/lfs.h"
#include "berth/path.h"
#include "tests.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define POINTER(oid, size) "version https://git-lfs.github.com/spec/v1\noid sha256:" oid "\nsize " size "\n"

static void pointers_are_told(void **state)
{
	static const struct { const char *text; bool is; } rows[] = {
		{ POINTER(ABC, "3"), true }, { POINTER(ABC, "-3"), false }, { POINTER("ABC", "3"), false }, { POINTER("../../../x", "3"), false }, { "", false }, { "version x\n", false },
		{ "version https://git-lfs.github.com/spec/v1\next-0-foo sha256:" ABC "\noid sha256:" ABC "\nsize 3\n", false },
		{ "version https://git-lfs.github.com/spec/v1\noid sha256:" ABC "\n", false }, { POINTER(ABC, "3") "more\n", false },
		{ POINTER(ABC, "99999999999999999999"), false },
	};
	char oid[LFS_OID_HEX + 1];
	uint64_t size;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(lfs_pointer_parse(sv_of(rows[i].text), oid, &size), rows[i].is);
}

/* A repository with a pointer that stands for "abc", twice, and one that only looks like one. */
static char *with_lfs(const char *name)
{
	char *path = fixture_path(name);
	AUTO_STR attributes = path_join(path, ".gitattributes");
	AUTO_STR a = path_join(path, "a b.bin");
	AUTO_STR b = path_join(path, "sub/b.bin");
	AUTO_STR sub = path_join(path, "sub");
	AUTO_STR plain = path_join(path, "plain.txt");

	git_run("", "init", "-q", "-b", "main", path);
	mkdir(sub, 0755);
	write_text(attributes, "*.bin filter=lfs diff=lfs merge=lfs -text\n");
	write_text(a, POINTER(ABC, "3"));
	write_text(b, POINTER(ABC, "3"));
	write_text(plain, POINTER(ABC, "3"));
	git_run(path, "-c", "filter.lfs.clean=cat", "add", ".");
	git_run(path, "commit", "-q", "-m", "x");
	return path;
}

static char *text_of(const char *dir, const char *name)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO_STR path = path_join(dir, name);

	file_read(path, 1 << 20, &b, NULL);
	buf_str(&b);
	return buf_take(&b);
}

static void objects_take_their_place(void **state)
{
	AUTO_STR path = with_lfs("lfs place");
	AUTO_STR store = lfs_store_of(path);
	AUTO_STR other = fixture_path("lfs other store");
	AUTO_STR object = lfs_object_path(other, ABC);
	AUTO_STR folder = xstrndup(object, strlen(object) - 65);
	lfs_objects found = VEC_INIT;
	struct err err = { 0 };

	assert_int_equal(lfs_find(path, NULL, &found, &err), 0);
	assert_int_equal(found.len, 1);
	assert_int_equal(found.items[0].size, 3);
	assert_int_equal(found.items[0].paths.len, 2);
	const struct lfs_copy q = { other, store, &found, NULL, NULL };
	assert_int_equal(lfs_copy(&q, NULL, &err), -ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "1 of 1"));
	assert_int_equal(path_make_dirs(folder, NULL), 0);
	write_text(object, "abd"); /* of the right length only */
	assert_int_equal(lfs_copy(&q, NULL, &err), -ERR_DECODE);
	assert_false(lfs_has(store, &found.items[0]));
	write_text(object, "abc");
	assert_int_equal(lfs_copy(&q, NULL, &err), 0);
	assert_int_equal(lfs_place(path, &found, NULL, NULL, NULL, &err), 0);
	AUTO_STR a = text_of(path, "a b.bin");
	AUTO_STR plain = text_of(path, "plain.txt");
	assert_string_equal(a, "abc");
	assert_true(sv_starts(sv_of(plain), SV("version")));
	AUTO_STR status = git_output(path, "-c", "filter.lfs.clean=printf '" POINTER(ABC, "3") "'", "status", "--porcelain");
	assert_string_equal(status, "");
	lfs_objects_fini(&found);
}

static void submodules_are_beside_and_never_elsewhere(void **state)
{
	AUTO_STR lib = repo_usual("sub lib");
	AUTO_STR top = fixture_path("sub top");
	AUTO_STR into = fixture_path("sub into");
	AUTO_STR modules = path_join(top, ".gitmodules");
	AUTO_STR sha = git_output(lib, "rev-parse", "main");
	strings notes = VEC_INIT;
	struct err err = { 0 };

	git_run("", "init", "-q", "-b", "main", top);
	AUTO_STR text = xasprintf("[submodule \"lib\"]\n\tpath = deep/lib\n\turl = ../sub lib\n[submodule \"abs\"]\n\tpath = abs\n\turl = %s\n"
	                          "[submodule \"ssh\"]\n\tpath = ssh\n\turl = git@example.org:x/y.git\n", lib);
	write_text(modules, text);
	git_run(top, "add", ".");
	const char *paths[] = { "deep/lib", "abs", "ssh" };
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		AUTO_STR entry = xasprintf("160000,%s,%s", sha, paths[i]);
		git_run(top, "update-index", "--add", "--cacheinfo", entry);
	}
	git_run(top, "commit", "-q", "-m", "x");
	AUTO(repo_free_p) struct repo *r = opened(top);
	struct clone_spec spec = { .url_or_path = top, .branch = "main", .commit = rev(r, "main"), .into = into };
	assert_int_equal(repo_clone(&spec, NULL, NULL, NULL, &err), 0);
	struct git_place place = { .url = top };
	assert_int_equal(clone_submodules(into, &place, NULL, &notes, &err), 0);
	AUTO_STR deep = path_join(into, "deep/lib");
	AUTO_STR head = git_output(deep, "rev-parse", "HEAD");
	assert_string_equal(head, sha);
	AUTO_STR status = git_output(into, "status", "--porcelain");
	assert_string_equal(status, "");
	assert_int_equal(notes.len, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(strstr(notes.items[i], "may not name") || strstr(notes.items[i], "no https"));
	strings_fini(&notes);
}

static void authors_are_read(void **state)
{
	AUTO_STR path = repo_usual("author");
	char *name, *email;

	git_run(path, "config", "user.name", "Zo\xc3\xab \"Q\" <x>");
	git_run(path, "config", "user.email", "z@example.org");
	git_author(path, &name, &email);
	assert_string_equal(name, "Zo\xc3\xab \"Q\" <x>");
	assert_string_equal(email, "z@example.org");
	free(name);
	free(email);
}

size_t lfs_tests(struct CMUnitTest *ret)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_are_told), cmocka_unit_test(objects_take_their_place),
		cmocka_unit_test(submodules_are_beside_and_never_elsewhere), cmocka_unit_test(authors_are_read),
	};
	memcpy(ret, tests, sizeof tests);
	return ARRAY_LEN(tests);
}
