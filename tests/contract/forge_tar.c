/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tree as a tar, and clones. */
#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include "berth/path.h"
#include "tests/contract/forge.h"

static void tar_of(const struct forge_tar_query *q, struct seen *s)
{
	s->text.max = (size_t)64 << 20;
	s->tar = s->call = forge_tar(forge, q, on_bytes, seen_end, s);
	forge_tar_more(s->tar);
	seen_wait(s);
}

/* "type mode path size[ -> link]|" of each entry. */
static void tar_list(struct sv bytes, struct buf *out)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	int rc;

	archive_read_support_format_tar(a);
	assert_int_equal(archive_read_open_memory(a, bytes.p, bytes.len), ARCHIVE_OK);
	while ((rc = archive_read_next_header(a, &e)) == ARCHIVE_OK) {
		unsigned type = archive_entry_filetype(e);
		buf_addf(out, "%s%03o %s", type == AE_IFDIR ? "d" : type == AE_IFLNK ? "l" : "", (unsigned)archive_entry_perm(e), archive_entry_pathname(e));
		if (type == AE_IFREG)
			buf_addf(out, " %lld", (long long)archive_entry_size(e));
		if (type == AE_IFLNK)
			buf_addf(out, " -> %s", archive_entry_symlink(e));
		buf_add_char(out, '|');
		assert_int_equal(archive_entry_uid(e), 0);
		assert_true(archive_entry_mtime(e) > 1500000000);
	}
	assert_int_equal(rc, ARCHIVE_EOF);
	archive_read_free(a);
}

static void tar_has_the_tree_and_the_extra_files(void **state)
{
	AUTO(project_fini) struct project p = project_of("usual");
	const struct forge_extra_file extra[] = { { "README.md", SV("instead") }, { "new/Dockerfile", SV("") } };
	const struct forge_tar_query q = { .project = &p, .commit = resolved(&p, "main"), .extra = extra, .n_extra = 2 };
	AUTO(seen_fini) struct seen s = { 0 };
	AUTO(seen_fini) struct seen again = { 0 };
	AUTO(buf_fini) struct buf list = BUF_INIT;

	tar_of(&q, &s);
	tar_of(&q, &again);
	assert_int_equal(s.err.code, ERR_NONE);
	tar_list(buf_sv(&s.text), &list);
	assert_string_equal(buf_str(&list), "d755 bin/|755 bin/run 10|l777 link -> README.md|644 README.md 7|644 new/Dockerfile 0|");
	assert_true(sv_eq(buf_sv(&s.text), buf_sv(&again.text)));
}

static void tar_holds_every_name(void **state)
{
	AUTO(project_fini) struct project p = project_of("long");
	const struct forge_tar_query q = { .project = &p, .commit = resolved(&p, "main") };
	AUTO(seen_fini) struct seen s = { 0 };
	AUTO(buf_fini) struct buf list = BUF_INIT;
	static const char *const names[] = { "644 new\nline 1|", "644 bad\xff 1|", "644 \xc3\xa9t\xc3\xa9 1|", "644 big 2000000|", "644 empty 0|", "d755 module/|" };

	tar_of(&q, &s);
	assert_int_equal(s.err.code, ERR_NONE);
	assert_true(s.n_items > 20); /* in pieces */
	tar_list(buf_sv(&s.text), &list);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strstr(buf_str(&list), names[i]))
			fail_msg("%s is not in %s", names[i], buf_str(&list));
}

static void tar_leaves_out_what_dockerignore_says(void **state)
{
	AUTO(project_fini) struct project p = project_of("long");
	struct forge_tar_query q = { .project = &p, .commit = resolved(&p, "main"), .dockerignore = true, .keep = "docker/Dockerfile" };
	AUTO(seen_fini) struct seen s = { 0 };
	AUTO(buf_fini) struct buf list = BUF_INIT;

	tar_of(&q, &s);
	tar_list(buf_sv(&s.text), &list);
	assert_non_null(strstr(buf_str(&list), " .dockerignore "));
	assert_non_null(strstr(buf_str(&list), " docker/Dockerfile "));
	assert_non_null(strstr(buf_str(&list), " data/keep "));
	assert_null(strstr(buf_str(&list), " data/drop "));
	assert_null(strstr(buf_str(&list), " big "));
}

/* Nothing comes that was not asked for. */
static void tar_waits_for_its_reader(void **state)
{
	AUTO(project_fini) struct project p = project_of("long");
	const struct forge_tar_query q = { .project = &p, .commit = resolved(&p, "main") };
	AUTO(seen_fini) struct seen s = { .stalled = true };

	s.tar = s.call = forge_tar(forge, &q, on_bytes, seen_end, &s);
	for (unsigned want = 0; want < 3; want++) {
		while (s.n_items < want)
			loop_turn(loop, true);
		for (int i = 0; i < 20; i++)
			loop_turn(loop, false);
		assert_int_equal(s.n_items, want);
		forge_tar_more(s.tar);
	}
	forge_cancel(s.call);
	s.cancel_at = s.n_items;
	seen_wait(&s);
	assert_int_equal(s.err.code, ERR_CANCELLED);
}

/* ---- clone --------------------------------------------------------------------------------------------------------------------------- */
static void clones_come_whole_or_not_at_all(void **state)
{
	AUTO(project_fini) struct project p = project_of("usual");
	AUTO_STR into = fixture_path("clone");
	struct forge_clone_query q = { .project = &p, .branch = "feature/x", .commit = resolved(&p, "feature/x"), .into = into };
	struct stat st;

	for (unsigned cancel_at = 0; cancel_at < 2; cancel_at++) {
		AUTO(seen_fini) struct seen s = { .cancel_at = cancel_at };
		s.call = forge_clone(forge, &q, on_progress, seen_end, &s);
		seen_wait(&s);
		assert_int_equal(s.err.code, cancel_at ? ERR_CANCELLED : ERR_NONE);
		if (!cancel_at) {
			AUTO_STR head = git_output(into, "symbolic-ref", "--short", "HEAD");
			assert_string_equal(head, "feature/x");
			assert_int_equal(path_remove_tree(into, NULL), 0);
		}
	}
	q.commit = (struct oid){ .b = { 5 } };
	AUTO(seen_fini) struct seen bad = { 0 };
	AUTO_STR other = fixture_path("clone-bad");
	q.into = other;
	bad.call = forge_clone(forge, &q, on_progress, seen_end, &bad);
	seen_wait(&bad);
	assert_int_equal(bad.err.code, ERR_NOT_FOUND);
	assert_int_not_equal(lstat(other, &st), 0);
}

const struct CMUnitTest forge_tar_tests[] = {
	cmocka_unit_test(tar_has_the_tree_and_the_extra_files),
	cmocka_unit_test(tar_holds_every_name),
	cmocka_unit_test(tar_leaves_out_what_dockerignore_says),
	cmocka_unit_test(tar_waits_for_its_reader),
	cmocka_unit_test(clones_come_whole_or_not_at_all),
	{ 0 },
};
