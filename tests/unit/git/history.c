/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/path.h"
#include "git/commit_scan.h"
#include "tests.h"

enum { MANY = 2000 };

/* Merges, a side branch and a clock that is wrong. */
static char *repo_tangled(const char *name)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;

	for (int i = 1; i <= MANY; i++) {
		int at = i % 97 == 0 ? i - 40 : i;
		import_commit(&b, i % 7 ? "refs/heads/main" : "refs/heads/side", i, i > 7 ? i - (i % 7 ? 1 + (i % 7 == 1) : 7) : i - 1, at, "x\n");
		if (i > 60 && i % 11 == 0)
			buf_addf(&b, "merge :%d\n", i - 40);
		buf_addf(&b, "M 644 inline f\ndata <<E\n%d\nE\n", i);
	}
	return repo_import(name, buf_sv(&b), "--bare");
}

static size_t walk_all(struct repo *r, const struct oid *tip, size_t page, struct oid *ids, size_t max)
{
	AUTO(walk_free_p) struct walk *w = NULL;
	size_t total = 0, n = page;
	struct err err = { 0 };

	assert_int_equal(walk_new(r, tip, &w, &err), 0);
	while (n == page && total + page <= max) {
		if (walk_next(w, page, NULL, ids + total, &n, &err))
			fail_msg("%s", err.text);
		total += n;
	}
	return total;
}

static void check_walk_like_git(const char *path, const char *branch)
{
	AUTO(repo_free_p) struct repo *r = opened(path);
	AUTO_STR expected = git_output(path, "rev-list", branch);
	static struct oid ids[MANY + 500];
	struct oid tip = rev(r, branch);
	struct sv rest = sv_of(expected), line;
	size_t n = walk_all(r, &tip, 77, ids, ARRAY_LEN(ids)), i = 0;

	for (; sv_split(&rest, '\n', &line); i++) {
		struct oid id;
		assert_true(i < n && oid_parse(line, &id));
		if (!oid_eq(&id, &ids[i]))
			fail_msg("row %zu differs from git's", i);
	}
	assert_int_equal(i, n);
}

static void walks_as_git_does(void **state)
{
	AUTO_STR path = repo_tangled("tangled");
	AUTO_STR graph = path_join(path, "objects/info/commit-graph");

	check_walk_like_git(path, "main");
	git_run(path, "repack", "-adq");
	check_walk_like_git(path, "main");
	git_run(path, "commit-graph", "write", "--reachable");
	check_walk_like_git(path, "main");
	check_walk_like_git(path, "side");
	git_run(path, "commit-graph", "write", "--reachable", "--split");
	check_walk_like_git(path, "main");
	/* a commit-graph that is cut off is passed over */
	assert_int_equal(path_remove_tree(graph, NULL), 0);
	AUTO_STR chains = path_join(path, "objects/info/commit-graphs");
	assert_int_equal(path_remove_tree(chains, NULL), 0);
	git_run(path, "commit-graph", "write", "--reachable");
	assert_int_equal(chmod(graph, 0600), 0);
	assert_int_equal(truncate(graph, 5000), 0);
	check_walk_like_git(path, "main");
	write_text(graph, "CGPH");
	check_walk_like_git(path, "main");
}

static void reads_chained_graphs(void **state)
{
	AUTO_STR path = repo_usual("chained");

	git_run(path, "commit-graph", "write", "--reachable", "--split=no-merge");
	for (int i = 0; i < 3; i++) {
		git_run(path, "commit", "-q", "--allow-empty", "-m", "more");
		git_run(path, "commit-graph", "write", "--reachable", "--split=no-merge");
	}
	check_walk_like_git(path, "main");
}

static void shallow_walk_just_ends(void **state)
{
	AUTO_STR path = repo_usual("s-source");
	AUTO_STR url = xasprintf("file://%s", path);
	AUTO_STR clone = fixture_path("s-clone");

	git_run("", "clone", "-q", "--depth=3", url, clone);
	check_walk_like_git(clone, "main");
}

static void loose_object_path(const char *repo, const char *hex, char ret[512])
{
	snprintf(ret, 512, "%s/.git/objects/%.2s/%s", repo, hex, hex + 2);
}

static void damage_comes_after_the_rest(void **state)
{
	AUTO_STR path = repo_usual("damage");
	char victim[512];
	struct oid ids[16];
	struct err err = { 0 };
	size_t n;

	AUTO_STR pack = git_output(path, "rev-parse", "main~3");
	git_run(path, "repack", "-adq");
	AUTO_STR unpack = xasprintf("mv .git/objects/pack/*.pack all.pack && rm -f .git/objects/pack/* && git unpack-objects -q < all.pack");
	git_run_in(path, SV(""), (const char *const[]){ "sh", "-c", unpack, NULL });
	loose_object_path(path, pack, victim);
	for (int truncated = 1; truncated >= 0; truncated--) {
		chmod(victim, 0600);
		assert_int_equal(truncated ? truncate(victim, 20) : unlink(victim), 0);
		AUTO(repo_free_p) struct repo *r = opened(path);
		AUTO(walk_free_p) struct walk *w = NULL;
		struct oid tip = rev(r, "main");
		assert_int_equal(walk_new(r, &tip, &w, &err), 0);
		assert_int_equal(walk_next(w, 16, NULL, ids, &n, &err), -ERR_DECODE);
		assert_int_equal(n, 3);
		assert_non_null(strstr(err.text, truncated ? "damaged" : "missing"));
		assert_non_null(strstr(err.text, pack));
		assert_non_null(strstr(err.hint, "fsck"));
	}
}

static void walk_can_be_stopped(void **state)
{
	AUTO_STR path = repo_usual("stopped");
	AUTO(repo_free_p) struct repo *r = opened(path);
	AUTO(walk_free_p) struct walk *w = NULL;
	struct oid tip = rev(r, "main"), ids[4], nowhere = { .b = { 1 } };
	atomic_bool stop = true;
	struct err err = { 0 };
	size_t n;

	assert_int_equal(walk_new(r, &tip, &w, &err), 0);
	assert_int_equal(walk_next(w, 4, &stop, ids, &n, &err), -ERR_CANCELLED);
	struct walk *none = NULL;
	assert_int_equal(walk_new(r, &nowhere, &none, &err), -ERR_DECODE);
	assert_null(none);
}

static const struct branch *branch_named(const branches *all, const char *name)
{
	for (size_t i = 0; i < all->len; i++)
		if (!strcmp(all->items[i].name, name))
			return &all->items[i];
	fail_msg("no branch %s", name);
	return NULL;
}

static void lists_branches(void **state)
{
	AUTO_STR path = repo_usual("branches");
	AUTO_STR clone = fixture_path("branches-clone");
	AUTO(branches_fini) branches all = VEC_INIT;
	struct err err = { 0 };

	git_run("", "clone", "-q", path, clone);
	git_run(clone, "checkout", "-q", "-b", "local", "origin/feature/x");
	git_run(clone, "commit", "-q", "--allow-empty", "-m", "mine");
	git_run(clone, "branch", "-q", "--no-track", "alone", "main~1");
	git_run(clone, "branch", "-q", "gone", "main");
	git_run(clone, "config", "branch.gone.remote", "origin");
	git_run(clone, "config", "branch.gone.merge", "refs/heads/gone");
	AUTO(repo_free_p) struct repo *r = opened(clone);
	assert_int_equal(repo_branches(r, NULL, &all, &err), 0);
	assert_int_equal(all.len, 6);
	assert_string_equal(all.items[0].name, "main");
	assert_true(all.items[0].is_default && !all.items[0].is_head && all.items[0].has_upstream);
	const struct branch *b = branch_named(&all, "local");
	assert_true(b->is_head && b->has_upstream && !b->is_remote && b->ahead == 1 && b->behind == 0);
	assert_string_equal(b->upstream, "origin/feature/x");
	assert_string_equal(b->tip_subject, "mine");
	b = branch_named(&all, "alone");
	assert_true(!b->has_upstream && !b->upstream && b->ahead == 0 && b->behind == 1);
	b = branch_named(&all, "gone");
	assert_true(!b->has_upstream && b->ahead == 0 && b->behind == 0);
	assert_string_equal(b->upstream, "origin/gone");
	b = branch_named(&all, "origin/feature/x");
	assert_true(b->is_remote && b->ahead == 2 && b->behind == 3);
	atomic_bool stop = true;
	AUTO(branches_fini) branches none = VEC_INIT;
	assert_int_equal(repo_branches(r, &stop, &none, &err), -ERR_CANCELLED);
}

static int by_id(const void *a, const void *b) { return memcmp(a, b, sizeof(struct oid)); }

static uint32_t only_in(const struct oid *a, size_t na, const struct oid *b, size_t nb)
{
	uint32_t n = 0;

	for (size_t i = 0; i < na; i++)
		n += !bsearch(&a[i], b, nb, sizeof *b, by_id);
	return n;
}

/* Many tips against main, by comparing whole histories. */
static void counts_exactly(void **state)
{
	static struct oid ours[MANY + 500], theirs[MANY + 500];
	AUTO_STR path = repo_tangled("counted");
	AUTO(branches_fini) branches all = VEC_INIT;
	AUTO(buf_fini) struct buf refs = BUF_INIT;
	struct err err = { 0 };

	AUTO_STR list = git_output(path, "rev-list", "--all");
	struct sv rest = sv_of(list), line;
	for (unsigned i = 0; sv_split(&rest, '\n', &line); i++)
		if (i % 31 == 0)
			buf_addf(&refs, "create refs/heads/b%u %.*s\n", i, (int)line.len, line.p);
	git_run_in(path, buf_sv(&refs), (const char *const[]){ "git", "update-ref", "--stdin", NULL });
	AUTO(repo_free_p) struct repo *r = opened(path);
	assert_int_equal(repo_branches(r, NULL, &all, &err), 0);
	assert_true(all.len > 60);
	struct oid tip = rev(r, "main");
	size_t n_theirs = walk_all(r, &tip, 100, theirs, ARRAY_LEN(theirs));
	qsort(theirs, n_theirs, sizeof theirs[0], by_id);
	for (size_t i = 0; i < all.len; i++) {
		size_t n_ours = walk_all(r, &all.items[i].tip, 100, ours, ARRAY_LEN(ours));
		qsort(ours, n_ours, sizeof ours[0], by_id);
		assert_int_equal(all.items[i].ahead, only_in(ours, n_ours, theirs, n_theirs));
		assert_int_equal(all.items[i].behind, only_in(theirs, n_theirs, ours, n_ours));
	}
}

static void reads_odd_commits(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	static const char head[] = "commit refs/heads/main\nauthor J\xf6rg \x1b[31m\"Q\" <j@\x01x> 1500000000 +0100\n"
	                           "committer A <a> 1500000001 +0100\nencoding ISO-8859-1\n";
	static const char message[] = "gr\xfc\xdf \x1b]0;owned\x07\n\nbody\tline\r\nsecond\n";
	AUTO(commit_fini) struct commit c = { 0 };
	struct err err = { 0 };

	buf_addf(&b, "%sdata %zu\n%s\n", head, strlen(message), message);
	AUTO_STR path = repo_import("odd", buf_sv(&b), "--bare");
	AUTO(repo_free_p) struct repo *r = opened(path);
	struct oid tip = rev(r, "main");
	assert_int_equal(repo_commit(r, &tip, &c, &err), 0);
	assert_string_equal(c.author, "J\xc3\xb6rg \x1b[31m\"Q\"");
	assert_string_equal(c.email, "j@\x01x");
	assert_string_equal(c.subject, "gr\xc3\xbc\xc3\x9f \x1b]0;owned\x07");
	assert_string_equal(c.body, "body\tline\r\nsecond");
	assert_int_equal(c.n_parents, 0);
	assert_true(oid_is_zero(&c.parent));
	assert_int_equal(c.authored_at_s, 1500000000);
}

static void scans_any_commit_text(void **state)
{
#define TREE "tree 1234567890123456789012345678901234567890\n"
	static const struct { const char *text; bool ok; const char *author, *subject; } cases[] = {
		{ "", false, "", "" },
		{ "tree 12\n", false, "", "" },
		{ TREE, true, "", "" },
		{ TREE "parent 12\nauthor A <a> 1 +0\n\nm", true, "A", "m" },
		{ TREE "author no address at all\n\nm", true, "no address at all", "m" },
		{ TREE "author <> \n\n", true, "", "" },
		{ TREE "author A >b< 1\n\nm", true, "A >b< 1", "m" },
		{ TREE "author A <b> 99999999999999999999 +0\ngpgsig x\n author Evil <e> 1\n\nm", true, "A", "m" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct commit_scan c;
		assert_int_equal(commit_scan(sv_of(cases[i].text), &c), cases[i].ok);
		if (!cases[i].ok)
			continue;
		assert_true(sv_eq(c.author.name, sv_of(cases[i].author)));
		assert_true(sv_eq(c.message, sv_of(cases[i].subject)));
	}
}

static void resolves_what_people_type(void **state)
{
	AUTO_STR path = repo_usual("resolve");
	AUTO_STR full = git_output(path, "rev-parse", "main~2");
	AUTO_STR main_tip = git_output(path, "rev-parse", "main");
	AUTO_STR brief = xstrndup(full, 7);
	AUTO_STR named = xstrndup(full, 4);
	struct err err = { 0 };
	struct oid id, expected;

	git_run(path, "tag", "-a", "-m", "t", "annotated", "main~2");
	git_run(path, "branch", named, "main"); /* a branch that looks like an abbreviated commit */
	AUTO(repo_free_p) struct repo *r = opened(path);
	const char *const same[] = { full, brief, "v1", "annotated", "refs/tags/v1", "main~2", "HEAD~2" };
	assert_true(oid_parse(sv_of(full), &expected));
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		id = rev(r, same[i]);
		assert_true(oid_eq(&id, &expected));
	}
	id = rev(r, named);
	assert_true(oid_parse(sv_of(main_tip), &expected) && oid_eq(&id, &expected));
	static const char *const bad[] = { "nope", "main~99", "feature", "a b", "..", "1234567", "\x1b[0m", "main:README.md" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (repo_resolve(r, bad[i], &id, &err) != -ERR_NOT_FOUND)
			fail_msg("%s: %d %s", bad[i], err.code, err.text);
	assert_int_equal(repo_resolve(r, "", &id, &err), -ERR_USAGE);
}

size_t history_tests(struct CMUnitTest *ret)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_as_git_does),
		cmocka_unit_test(reads_chained_graphs),
		cmocka_unit_test(shallow_walk_just_ends),
		cmocka_unit_test(damage_comes_after_the_rest),
		cmocka_unit_test(walk_can_be_stopped),
		cmocka_unit_test(lists_branches),
		cmocka_unit_test(counts_exactly),
		cmocka_unit_test(reads_odd_commits),
		cmocka_unit_test(scans_any_commit_text),
		cmocka_unit_test(resolves_what_people_type),
	};
	memcpy(ret, tests, sizeof tests);
	return ARRAY_LEN(tests);
}
