/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/wait.h>
#include <unistd.h>

#include "berth/json.h"
#include "berth/mem.h"
#include "fake.h"
#include "session/parts.h"
#include "tests.h"

static void labels_go_round(void **state)
{
	static const char *const branches[] = { "main", "fix/deps", "häuser", "a\"b'c d", NULL };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(branches); i++) {
		AUTO(labels_fini) struct label_set set = { .n = 0 };
		AUTO(session_fini) struct session got;
		struct session s = { .name = S("s"), .forge = S("local"), .project = S("my project/ü"), .branch = (char *)branches[i], .image_ref = S("a:b"), .owner = S("me"),
			.default_url = S("/lab"), .port = 40123, .created_at_s = 1700000000, .memory_limit_bytes = (uint64_t)3 << 30, .cpu_limit_cores = 0.5,
			.pids_limit = 77, .has_token = true };
		memset(s.commit.b, 0xab, sizeof s.commit.b);
		labels_of(&set, &s, "tok");
		labels_read(set.items, set.n, &got);
		assert_string_equal(got.name, "s");
		assert_string_equal(got.volume, "berth-s");
		assert_string_equal(got.project, s.project);
		if (s.branch)
			assert_string_equal(got.branch, s.branch);
		else
			assert_null(got.branch);
		assert_true(oid_eq(&got.commit, &s.commit));
		assert_string_equal(got.address, "http://127.0.0.1:40123");
		assert_string_equal(got.default_url, "/lab");
		assert_true(got.cpu_limit_cores == 0.5 && got.memory_limit_bytes == s.memory_limit_bytes && got.pids_limit == 77 && got.has_token);
		assert_int_equal(got.created_at_s, 1700000000);
		assert_string_equal(label_get(set.items, set.n, LABEL("pending")), "tok");
	}
}

static void strange_labels_do_no_harm(void **state)
{
	static const struct net_header strange[] = { { LABEL("session"), "" }, { LABEL("port"), "70000" }, { LABEL("memory"), "-1" }, { LABEL("cpus"), "x" },
		{ LABEL("commit"), "zz" }, { LABEL("created"), "99999999999999999999" } };
	AUTO(session_fini) struct session s, none;
	(void)state;
	labels_read(strange, ARRAY_LEN(strange), &s);
	assert_true(s.port == 0 && s.memory_limit_bytes == 0 && s.cpu_limit_cores == 0 && oid_is_zero(&s.commit) && s.created_at_s == 0 && !s.address);
	labels_read(NULL, 0, &none);
	assert_null(none.name);
	assert_string_equal(none.default_url, "");
}

static char *token_of_a_dead_process(void)
{
	int ends[2];
	char text[512] = "";
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		AUTO_STR mine = owner_token();
		ssize_t n = write(ends[1], mine, strlen(mine));
		_exit(n < 0);
	}
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof text - 1) > 0);
	close(ends[0]);
	waitpid(pid, NULL, 0);
	return xstrdup(text);
}

static void owners_are_told_apart(void **state)
{
	AUTO_STR mine = owner_token();
	AUTO_STR again = owner_token();
	AUTO_STR dead = token_of_a_dead_process();
	(void)state;
	assert_string_not_equal(mine, again);
	assert_int_equal(owner_life(mine), OWNER_ALIVE);
	assert_int_equal(owner_life(dead), OWNER_DEAD);
	AUTO_STR elsewhere = xasprintf("elsewhere%s", strchr(mine, '/'));
	assert_int_equal(owner_life(elsewhere), OWNER_UNKNOWN);
	static const char *const strange[] = { "", "/", "////////", "x", "a/b/c/d/e/f" };
	for (size_t i = 0; i < ARRAY_LEN(strange); i++)
		assert_int_equal(owner_life(strange[i]), OWNER_UNKNOWN);
	char *start = strrchr(mine, '/'); /* the same number, another process */
	while (*--start != '/')
		start[0] = '1';
	assert_int_equal(owner_life(mine), OWNER_DEAD);
}

static void count_entry(void *n, const struct journal_entry *e)
{
	(void)e;
	++*(unsigned *)n;
}

static void the_journal_keeps_and_forgets(void **state)
{
	struct journal_entry e = { S("tcp://host:1"), S("s"), S("tok"), S("/c/s-1"), true };
	AUTO(journal_entry_fini) struct journal_entry got;
	unsigned n = 0, others = 0;
	(void)state;
	assert_int_equal(journal_add(&e, NULL), 0);
	assert_true(journal_get("tcp://host:1", "s", &got));
	assert_string_equal(got.clone_dir, "/c/s-1");
	assert_true(got.failed);
	journal_each("tcp://host:1", count_entry, &n);
	journal_each("default", count_entry, &others);
	assert_true(n == 1 && others == 0);
	journal_remove("tcp://host:1", "s");
	journal_entry_fini(&got);
	assert_false(journal_get("tcp://host:1", "s", &got));
}

static void users_become_numbers(void **state)
{
	static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\nbroken\n#c:x\njovyan:x:1000:100::/home/jovyan:/bin/bash\nodd:x:7:8::nohome:/x";
	static const char group[] = "root:x:0:\nusers:x:100:\n";
	static const struct { const char *user; uint32_t uid, gid; const char *home; bool bad; } rows[] = {
		{ "", 0, 0, "/root", false }, { "root", 0, 0, "/root", false }, { "jovyan", 1000, 100, "/home/jovyan", false }, { "1000", 1000, 100, "/home/jovyan", false },
		{ "1000:0", 1000, 0, "/home/jovyan", false }, { "jovyan:users", 1000, 100, "/home/jovyan", false }, { "4321", 4321, 0, NULL, false },
		{ "4321:99", 4321, 99, NULL, false }, { "odd", 7, 8, NULL, false }, { "nobody-here", 0, 0, NULL, true }, { "jovyan:nogroup", 0, 0, NULL, true },
		{ ":100", 0, 100, "/root", false }, { "-1", 0, 0, NULL, true }, { "4294967295", 0, 0, NULL, true },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(image_user_fini) struct image_user u;
		struct err err = { 0 };
		int r = image_user_resolve(rows[i].user, sv_of(passwd), sv_of(group), &u, &err);
		if ((r < 0) != rows[i].bad)
			fail_msg("'%s': %s", rows[i].user, err.text);
		if (rows[i].bad) {
			assert_true(err.hint[0] != '\0');
			continue;
		}
		assert_int_equal(u.uid, rows[i].uid);
		assert_int_equal(u.gid, rows[i].gid);
		assert_true(rows[i].home ? u.home && strcmp(u.home, rows[i].home) == 0 : u.home == NULL);
	}
	AUTO(image_user_fini) struct image_user u;
	assert_int_equal(image_user_resolve("", sv_of(""), sv_of(""), &u, NULL), 0); /* no passwd at all: root all the same */
	assert_int_equal(u.uid, 0);
}

static void ends_have_words(void **state)
{
	static const struct { int code; bool oom; const char *says; } rows[] = {
		{ 0, false, "by itself" }, { 137, true, "ran out of memory" }, { 137, false, "killed" }, { 127, false, "no such command" }, { 126, false, "executed" },
		{ 139, false, "crashed" }, { 135, false, "--shm" }, { 143, false, "stopped" }, { 79, false, "settings" }, { 3, false, "exit code 3" },
		{ 0, true, "had run out of memory" }, { 133, false, "signal 5" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		session_explain_exit(&b, rows[i].code, rows[i].oom, SV(""));
		if (!strstr(buf_str(&b), rows[i].says))
			fail_msg("%d: %s", rows[i].code, buf_str(&b));
	}
	AUTO(buf_fini) struct buf b = BUF_INIT;
	session_explain_exit(&b, 127, false, SV("exec: nope"));
	assert_non_null(strstr(buf_str(&b), "exec: nope"));
}

static void listeners_are_found(void **state)
{
	static const char table[] = "  sl  local_address rem_address   st tx_queue\n   0: 0100007F:1F90 00000000:0000 01 0\n   1: 00000000:22B8 00000000:0000 0A 0\n"
	                            "   2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A\n";
	(void)state;
	assert_true(proc_net_listens(sv_of(table), 8888));
	assert_true(proc_net_listens(sv_of(table), 80));
	assert_false(proc_net_listens(sv_of(table), 8080)); /* a connection, no listener */
	assert_false(proc_net_listens(SV(""), 8888));
	assert_false(proc_net_listens(SV("\n\n:22B8\n"), 8888));
}

static void last_words_are_clean(void **state)
{
	static const struct { const char *log, *words; } rows[] = {
		{ "", "" }, { "a\nb\n\n", "b" }, { "\x1b[31mred\x1b[0m\r\n", "red" }, { "x\n  \x1b]0;title\x07 \n", "x" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		log_last_words(&b, sv_of(rows[i].log));
		assert_string_equal(buf_str(&b), rows[i].words);
	}
}

static void settings_are_json(void **state)
{
	AUTO(buf_fini) struct buf server = BUF_INIT;
	AUTO(buf_fini) struct buf notebook = BUF_INIT;
	(void)state;
	jupyter_server_settings(&server, SV("s3cret"), "/work/a \"b\"\\\n\x01ü", "/lab");
	jupyter_notebook_settings(&notebook, SV("s3cret"), "/w", "/tree");
	assert_null(strchr(buf_str(&server), '\n'));
	json_auto_t *j = json_read(buf_sv(&server), 1 << 16, NULL), *k = json_read(buf_sv(&notebook), 1 << 16, NULL);
	assert_string_equal(json_str(j, "ServerApp.token", ""), "s3cret");
	assert_string_equal(json_str(j, "PasswordIdentityProvider.token", ""), "s3cret");
	assert_string_equal(json_str(j, "ServerApp.root_dir", ""), "/work/a \"b\"\\\n\x01ü");
	assert_int_equal(json_int(j, "ServerApp.port", 0), 8888);
	assert_string_equal(json_str(k, "NotebookApp.token", ""), "s3cret");
	assert_string_equal(json_str(k, "NotebookApp.default_url", ""), "/tree");
}

static void small_tars_are_read(void **state)
{
	AUTO(buf_fini) struct buf tar = BUF_INIT;
	AUTO(buf_fini) struct buf got = BUF_INIT;
	AUTO_STR link = NULL;
	struct err err = { 0 };
	(void)state;
	fake_tar(&tar, "passwd", "root:x");
	assert_int_equal(tar_first(buf_sv(&tar), &got, &link, NULL), 0);
	assert_string_equal(buf_str(&got), "root:x");
	assert_int_equal(tar_first(SV("garbage"), &got, &link, &err), -ERR_DECODE);
	assert_int_equal(tar_first(SV(""), &got, &link, &err), -ERR_DECODE);
}

const struct CMUnitTest parts_tests[] = {
	cmocka_unit_test(labels_go_round), cmocka_unit_test(strange_labels_do_no_harm), cmocka_unit_test(owners_are_told_apart),
	cmocka_unit_test(the_journal_keeps_and_forgets), cmocka_unit_test(users_become_numbers), cmocka_unit_test(ends_have_words),
	cmocka_unit_test(listeners_are_found), cmocka_unit_test(last_words_are_clean), cmocka_unit_test(settings_are_json),
	cmocka_unit_test(small_tars_are_read),
};
const size_t n_parts_tests = ARRAY_LEN(parts_tests);
