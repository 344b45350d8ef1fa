/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A push to a host: what is sent is a pack that git takes, big files and all; and the host's answer is understood, whatever it is. */
#include <stdlib.h>
#include <unistd.h>
#include "berth/path.h"
#include "git/place.h"
#include "tests.h"

static void put_big(const char *dir, const char *name, size_t n, unsigned seed)
{
	AUTO_STR path = path_join(dir, name);
	AUTO(buf_fini) struct buf b = BUF_INIT;

	for (uint32_t at = seed; b.len < n; at = at * 1664525 + 1013904223)
		buf_add(&b, seed ? (const void *)&at : "\0\0\0", 4);
	b.len = n;
	assert_int_equal(file_write_atomic(path, buf_sv(&b), NULL), 0);
}

static void read_all(int fd, struct buf *ret)
{
	char piece[4096];
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) > 0)
		buf_add(ret, piece, (size_t)n);
	assert_int_equal(n, 0);
}

static void packed(const char *from, const char *into, const char *tip, struct buf *ret)
{
	AUTO(repo_free_p) struct repo *r = opened(from);
	AUTO(git_refs_fini) git_refs there = VEC_INIT;
	const struct place_update u = { .name = "refs/heads/new", .id = rev(r, tip) };
	const struct git_place place = { .url = (char *)into };
	struct err err = { 0 };
	int fd = -1;

	assert_int_equal(place_refs(&place, "refs/", NULL, &there, NULL), 0);
	if (place_pack(&(struct place_push){ .from = r, .updates = &u, .n = 1 }, &there, NULL, &fd, &err) < 0)
		fail_msg("%s", err.text);
	read_all(fd, ret);
	close(fd);
}

static void packs_are_gits(void **state)
{
	AUTO_STR from = repo_usual("p-from");
	AUTO_STR into = fixture_path("p-into.git");
	AUTO(buf_fini) struct buf pack = BUF_INIT;
	AUTO(buf_fini) struct buf none = BUF_INIT;

	git_run("", "clone", "-q", "--bare", from, into);
	put_big(from, "noise", 5 << 20, 7);
	put_big(from, "twice", 5 << 20, 7);
	put_big(from, "zeros", (20 << 20) + 1, 0);
	put_big(from, "just", 4 << 20, 9);
	put_big(from, "small", 1000, 3);
	git_run(from, "add", ".");
	git_run(from, "commit", "-q", "-m", "big ones");
	put_big(from, "small", 1200, 3);
	git_run(from, "commit", "-qam", "a small one");
	packed(from, into, "HEAD", &pack);
	git_run_in(into, buf_sv(&pack), (const char *const[]){ "git", "index-pack", "--stdin", "--strict", NULL });
	AUTO_STR tip = git_output(from, "rev-parse", "HEAD");
	git_run(into, "update-ref", "refs/heads/new", tip);
	git_run(into, "fsck", "--strict", "--full");
	AUTO_STR left = git_output(into, "rev-list", "--objects", "--missing=print", "new");
	assert_null(strchr(left, '?'));
	git_run(from, "repack", "-qad"); /* the big ones are no loose objects any more */
	buf_clear(&pack);
	packed(from, into, "HEAD", &none); /* all of it is there */
	assert_int_equal(none.len, 12 + 20);
	git_run_in(into, buf_sv(&none), (const char *const[]){ "git", "index-pack", "--stdin", NULL });
	git_run(into, "update-ref", "-d", "refs/heads/new");
	git_run(into, "prune", "--expire=now");
	packed(from, into, "HEAD", &pack);
	git_run_in(into, buf_sv(&pack), (const char *const[]){ "git", "index-pack", "--stdin", "--strict", NULL });
}

static void packs_end_where_they_are_told(void **state)
{
	AUTO_STR from = repo_usual("p-stop");
	AUTO(repo_free_p) struct repo *r = opened(from);
	const struct place_update u = { .name = "refs/heads/new", .id = rev(r, "HEAD") };
	git_refs there = VEC_INIT;
	atomic_bool stop = true;
	struct err err = { 0 };
	int fd = -1;

	assert_int_equal(place_pack(&(struct place_push){ .from = r, .updates = &u, .n = 1 }, &there, &stop, &fd, &err), -ERR_CANCELLED);
	assert_true(err.code == ERR_CANCELLED && fd == -1);
}

static void answers_are_understood(void **state)
{
	static const struct { struct sv bytes; bool unpacked; const char *refusal, *said; } rows[] = {
		{ SV("002e\001000eunpack ok\n0017ok refs/heads/main\n00000000"), true, "", "" },
		{ SV("000eunpack ok\n0017ok refs/heads/main\n0000"), true, "", "" },
		{ SV("0012\002remote words\n0043\001000eunpack ok\n002cng refs/heads/main pre-receive declined\n00000000"), true, "refs/heads/main: pre-receive declined", "remote words\n" },
		{ SV("001dunpack index-pack failed\n0000"), false, "what was sent: index-pack failed", "" },
		{ SV("0009\003dead"), false, "", "dead" },
		{ SV(""), false, "", "" }, { SV("0000"), false, "", "" }, { SV("00"), false, "", "" }, { SV("zzzzunpack ok"), false, "", "" },
		{ SV("ffffunpack ok\n"), false, "", "" }, { SV("0001000eunpack ok\n"), false, "", "" }, { SV("-001"), false, "", "" }, { SV("0007ng "), false, "", "" },
		{ SV("000eunpack ok\n0008ng x"), true, "x: ", "" }, { SV("<html>no git here</html>"), false, "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct place_report r;
		place_report_read(rows[i].bytes, &r);
		if (r.unpacked != rows[i].unpacked || strcmp(r.refusal, rows[i].refusal) || strcmp(buf_str(&r.said), rows[i].said))
			fail_msg("row %zu: %d, \"%s\", \"%s\"", i, r.unpacked, r.refusal, buf_str(&r.said));
		place_report_fini(&r);
	}
}

size_t push_tests(struct CMUnitTest *ret)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packs_are_gits), cmocka_unit_test(packs_end_where_they_are_told), cmocka_unit_test(answers_are_understood),
	};

	memcpy(ret, tests, sizeof tests);
	return ARRAY_LEN(tests);
}
