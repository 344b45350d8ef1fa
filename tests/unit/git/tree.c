/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include "berth/path.h"
#include "tests.h"

static bool collect(void *ctx, const struct tree_entry *e)
{
	buf_addf(ctx, "%06o %s|", e->mode, e->path);
	return true;
}

static bool first_only(void *ctx, const struct tree_entry *e)
{
	++*(int *)ctx;
	return false;
}

static bool gather(void *ctx, struct sv bytes)
{
	buf_add_sv(ctx, bytes);
	return true;
}

static bool one_piece(void *ctx, struct sv bytes)
{
	*(size_t *)ctx += bytes.len;
	return false;
}

static void lists_a_tree(void **state)
{
	AUTO_STR path = repo_usual("tree");
	AUTO(repo_free_p) struct repo *r = opened(path);
	AUTO(buf_fini) struct buf got = BUF_INIT;
	struct oid tip = rev(r, "main"), nowhere = { .b = { 7 } };
	struct err err = { 0 };
	int n = 0;

	assert_int_equal(repo_tree_each(r, &tip, collect, &got, &err), 0);
	assert_string_equal(buf_str(&got), "100644 README.md|040000 bin|100755 bin/run|120000 link|");
	assert_int_equal(repo_tree_each(r, &tip, first_only, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(repo_tree_each(r, &nowhere, collect, &got, &err), -ERR_NOT_FOUND);
}

static void reads_a_file_of_a_commit(void **state)
{
	AUTO_STR path = repo_usual("file");
	AUTO_STR dirty = path_join(path, "README.md");
	AUTO(repo_free_p) struct repo *r = opened(path);
	AUTO(buf_fini) struct buf got = BUF_INIT;
	struct oid tip = rev(r, "main~1");
	struct err err = { 0 };
	static const char *const absent[] = { "nope", "bin", "bin/nope", "README.md/x", "/README.md", "../file/README.md" };

	write_text(dirty, "uncommitted");
	assert_int_equal(repo_file(r, &tip, "README.md", 100, &got, &err), 0);
	assert_string_equal(buf_str(&got), "change 4\n\nbody of 4\n");
	assert_int_equal(repo_file(r, &tip, "README.md", 5, &got, &err), -ERR_TOO_BIG);
	assert_non_null(strstr(err.text, "README.md"));
	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		assert_int_equal(repo_file(r, &tip, absent[i], 100, &got, &err), -ERR_NOT_FOUND);
}

static void make_tree(const char *repo, const char *name, const char *blob_hex)
{
	AUTO_STR path = path_join(repo, "tree.raw");
	struct oid id;
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(oid_parse(sv_of(blob_hex), &id));
	fprintf(f, "100644 %s%c", name, 0);
	fwrite(id.b, 1, sizeof id.b, f);
	fclose(f);
}

/* git refuses to write such trees itself, so the object is made by hand. */
static void refuses_hostile_names(void **state)
{
	static const char *const names[] = { "..", ".", ".git", ".GIT" };
	AUTO_STR path = repo_usual("hostile");
	AUTO_STR blob = git_output(path, "rev-parse", "main:README.md");

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		make_tree(path, names[i], blob);
		AUTO_STR tree = git_output(path, "hash-object", "--literally", "-t", "tree", "-w", "tree.raw");
		AUTO_STR commit = git_output(path, "commit-tree", "-m", "evil", tree);
		git_run(path, "update-ref", "refs/heads/evil", commit);
		AUTO(repo_free_p) struct repo *r = opened(path);
		AUTO(buf_fini) struct buf got = BUF_INIT;
		struct oid tip = rev(r, "evil");
		struct err err = { 0 };
		assert_int_equal(repo_tree_each(r, &tip, collect, &got, &err), -ERR_DECODE);
		if (!strstr(err.text, names[i]))
			fail_msg("%s", err.text);
	}
}

static void streams_blobs(void **state)
{
	AUTO(buf_fini) struct buf stream = BUF_INIT, big = BUF_INIT;

	for (unsigned i = 0; big.len < 3000000; i++)
		buf_addf(&big, "%u,", i * 2654435761u);
	import_commit(&stream, "refs/heads/main", 1, 0, 1, "big\n");
	import_file(&stream, "644", "big", buf_sv(&big));
	import_file(&stream, "644", "empty", SV(""));
	AUTO_STR path = repo_import("blobs", buf_sv(&stream), NULL);
	git_run(path, "repack", "-adq");
	for (int packed = 1; packed >= 0; packed--) {
		if (!packed)
			git_run_in(path, SV(""), (const char *const[]){ "sh", "-c",
				"mv .git/objects/pack/*.pack all.pack; rm -f .git/objects/pack/*; git unpack-objects -q < all.pack", NULL });
		AUTO(repo_free_p) struct repo *r = opened(path);
		AUTO(buf_fini) struct buf got = BUF_INIT;
		AUTO_STR hex = git_output(path, "rev-parse", "main:big");
		AUTO_STR none = git_output(path, "rev-parse", "main:empty");
		struct oid id;
		uint64_t size = 0;
		size_t some = 0;
		struct err err = { 0 };
		assert_true(oid_parse(sv_of(hex), &id));
		assert_int_equal(repo_blob(r, &id, &size, gather, &got, &err), 0);
		assert_int_equal(size, big.len);
		assert_true(sv_eq(buf_sv(&got), buf_sv(&big)));
		assert_int_equal(repo_blob(r, &id, NULL, one_piece, &some, &err), 0);
		assert_in_range(some, 1, 64 << 10);
		assert_true(oid_parse(sv_of(none), &id));
		assert_int_equal(repo_blob(r, &id, &size, gather, &got, &err), 0);
		assert_int_equal(size, 0);
		id = rev(r, "main");
		assert_int_equal(repo_blob(r, &id, &size, gather, &got, &err), -ERR_DECODE);
	}
}

size_t tree_tests(struct CMUnitTest *ret)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_a_tree),
		cmocka_unit_test(reads_a_file_of_a_commit),
		cmocka_unit_test(refuses_hostile_names),
		cmocka_unit_test(streams_blobs),
	};
	memcpy(ret, tests, sizeof tests);
	return ARRAY_LEN(tests);
}
