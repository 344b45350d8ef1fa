/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "berth/log.h"
#include "berth/mem.h"
#include "berth/path.h"

/* A fresh folder for each test, removed by the very function that is tested here. */
static int make_place(void **state)
{
	char *place = xstrdup("/tmp/berth-test-base-XXXXXX");

	if (!mkdtemp(place))
		return -1;
	*state = place;
	return 0;
}

static int remove_place(void **state)
{
	AUTO_STR place = *state;

	return path_remove_tree(place, NULL) || !access(place, F_OK);
}

static void put(const char *dir, const char *name, const char *text)
{
	AUTO_STR path = path_join(dir, name);

	assert_int_equal(file_write_atomic(path, sv_of(text), NULL), 0);
}

static bool exists(const char *dir, const char *name)
{
	AUTO_STR path = path_join(dir, name);
	struct stat st;

	return !lstat(path, &st);
}

/* Runs fn as nobody, for whom permissions count. Gives its result. */
static int as_nobody(int (*fn)(const char *), const char *arg)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!geteuid() && (setgid(65534) || setuid(65534)))
			_exit(99);
		_exit(fn(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void paths_follow_the_environment(void **state)
{
	static const struct { const char *variable, *value; enum path_base base; const char *rest, *want; } rows[] = {
		{ "XDG_CONFIG_HOME", "/x", PATH_CONFIG, "config", "/x/berth/config" },
		{ "XDG_CONFIG_HOME", NULL, PATH_CONFIG, "config", "/home/h/.config/berth/config" },
		{ "XDG_CONFIG_HOME", "relative", PATH_CONFIG, NULL, "/home/h/.config/berth" },
		{ "XDG_STATE_HOME", "", PATH_STATE, "a/b", "/home/h/.local/state/berth/a/b" },
		{ "XDG_CACHE_HOME", "/c/", PATH_CACHE, "", "/c/berth" },
		{ "XDG_RUNTIME_DIR", "/run/user/1", PATH_RUNTIME, "keep", "/run/user/1/berth/keep" },
		{ "XDG_RUNTIME_DIR", NULL, PATH_RUNTIME, "keep", "/home/h/.local/state/berth/run/keep" },
	};
	AUTO_STR old_home = xstrdup(getenv("HOME"));

	setenv("HOME", "/home/h", 1);
	unsetenv("XDG_STATE_HOME");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].value)
			setenv(rows[i].variable, rows[i].value, 1);
		else
			unsetenv(rows[i].variable);
		AUTO_STR got = path_of(rows[i].base, rows[i].rest);
		assert_string_equal(got, rows[i].want);
		unsetenv(rows[i].variable);
	}
	AUTO_STR a = path_expand_home("~"), *b = path_expand_home("~/x"), *c = path_expand_home("~x"), *d = path_join("", "x");
	assert_string_equal(a, "/home/h");
	assert_string_equal(b, "/home/h/x");
	assert_string_equal(c, "~x");
	assert_string_equal(d, "x");
	AUTO_STR here = getcwd(NULL, 0), *below = path_absolute("x/y"), *root = path_absolute("/x"), *want = path_join(here, "x/y");
	assert_string_equal(below, want);
	assert_string_equal(root, "/x");
	unsetenv("HOME");
	AUTO_STR home = path_home();
	assert_int_equal(home[0], '/');
	if (old_home)
		setenv("HOME", old_home, 1);
}

static void folders_are_made_private(void **state)
{
	AUTO_STR deep = path_join(*state, "a/b//c/");
	AUTO_STR through_file = path_join(*state, "file/x");
	struct stat st;
	struct err e = { 0 };

	assert_int_equal(path_make_dirs(deep, &e), 0);
	assert_int_equal(path_make_dirs(deep, &e), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	put(*state, "file", "");
	assert_int_not_equal(path_make_dirs(through_file, &e), 0);
	assert_int_equal(e.sys, ENOTDIR);
	assert_int_equal(path_make_dirs("", &e), -ERR_USAGE);
}

static void reading_has_a_cap(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO_STR path = path_join(*state, "f");
	struct err e = { 0 };

	assert_int_equal(file_read(path, 10, &b, &e), -ERR_NOT_FOUND);
	assert_non_null(strstr(e.text, path));
	put(*state, "f", "0123456789");
	assert_int_equal(file_read(path, 10, &b, &e), 0);
	assert_string_equal(buf_str(&b), "0123456789");
	assert_int_equal(file_read(path, 9, &b, &e), -ERR_TOO_BIG);
	assert_int_equal(file_read(*state, 10, &b, &e), -ERR_SYS);
	assert_int_equal(e.sys, EISDIR);
	AUTO(buf_fini) struct buf small = BUF_INIT_MAX(3);
	assert_int_equal(file_read(path, 100, &small, &e), -ERR_TOO_BIG);
	assert_int_equal(file_read("/dev/zero", 100000, &b, &e), -ERR_TOO_BIG); /* ends, though the file does not */
}

static void a_write_replaces_the_whole(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO_STR path = path_join(*state, "f"), *link = path_join(*state, "link");
	struct stat st;

	put(*state, "f", "long old content");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(symlink("f", link), 0);
	assert_int_equal(file_write_atomic(link, (struct sv){ "n\0w", 3 }, NULL), 0); /* through the link, which stays */
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(file_read(path, 10, &b, NULL), 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(buf_str(&b), "n\0w", 3);
}

/* As on a full disk: the process may write no more than 4096 bytes to a file. */
static int write_without_space(const char *path)
{
	static char big[8192];
	struct rlimit limit = { 4096, 4096 };
	struct err e = { 0 };

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit))
		return 98;
	int r = file_write_atomic(path, (struct sv){ big, sizeof big }, &e);
	return r == -ERR_SYS && e.sys == EFBIG ? 0 : 1;
}

static int write_denied(const char *path)
{
	struct err e = { 0 };

	return file_write_atomic(path, SV("new"), &e) == -ERR_DENIED && strstr(e.text, path) ? 0 : 1;
}

static void a_failed_write_leaves_the_old(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO_STR dir = path_join(*state, "d"), *path = path_join(*state, "d/f"), *in_file = path_join(*state, "d/f/x");
	struct err e = { 0 };

	assert_int_equal(path_make_dirs(dir, NULL), 0);
	put(dir, "f", "old");
	assert_int_equal(chmod(*state, 0755), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(as_nobody(write_without_space, path), 0);
	assert_int_equal(chmod(dir, 0555), 0);
	assert_int_equal(as_nobody(write_denied, path), 0);
	assert_int_equal(file_read(path, 10, &b, NULL), 0);
	assert_string_equal(buf_str(&b), "old");
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0); /* nothing half-written lies about */
	assert_int_equal(file_write_atomic(path, SV("x"), &e), -ERR_NOT_FOUND);
	put(*state, "d", "");
	assert_int_equal(file_write_atomic(in_file, SV("x"), &e), -ERR_SYS);
	assert_int_equal(e.sys, ENOTDIR);
}

static void removing_follows_no_link(void **state)
{
	AUTO_STR kept = path_join(*state, "kept"), *tree = path_join(*state, "tree"), *inner = path_join(*state, "tree/a/b");
	AUTO_STR to_dir = path_join(*state, "tree/a/to-dir"), *to_file = path_join(*state, "tree/to-file");
	AUTO_STR link = path_join(*state, "link"), *link_slash = path_join(*state, "link/");

	assert_int_equal(path_make_dirs(kept, NULL), 0);
	assert_int_equal(path_make_dirs(inner, NULL), 0);
	put(kept, "precious", "x");
	put(inner, "f", "x");
	assert_int_equal(symlink("../../kept", to_dir), 0);
	assert_int_equal(symlink("../kept/precious", to_file), 0);
	assert_int_equal(symlink("kept", link), 0);
	assert_int_equal(path_remove_tree(tree, NULL), 0);
	assert_false(exists(*state, "tree"));
	assert_int_equal(path_remove_tree(link_slash, NULL), 0); /* the link itself, not where it leads */
	assert_false(exists(*state, "link"));
	assert_true(exists(kept, "precious"));
	assert_int_equal(path_remove_tree(tree, NULL), 0); /* absent */
	AUTO_STR file = path_join(kept, "precious");
	assert_int_equal(path_remove_tree(file, NULL), 0); /* a file */
	assert_false(exists(kept, "precious"));
}

static void removing_refuses_what_is_no_folder_of_ours(void **state)
{
	static const char *const refused[] = { "/", "//", "", ".", "..", "./", "a/..", "a/../", "/." };
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		assert_row(path_remove_tree(refused[i], &e) == -ERR_USAGE, i, refused[i]);
}

static int remove_as(const char *path)
{
	struct err e = { 0 };

	return path_remove_tree(path, &e) ? 1 : 0;
}

static int make_locked_tree(const char *path)
{
	AUTO_STR inner = path_join(path, "ro/none"), *file = path_join(path, "ro/none/f"), *ro = path_join(path, "ro");

	return path_make_dirs(inner, NULL) || file_write_atomic(file, SV("x"), NULL) || chmod(inner, 0) || chmod(ro, 0555);
}

static void locked_folders_are_opened(void **state)
{
	AUTO_STR tree = path_join(*state, "tree");

	assert_int_equal(chmod(*state, 0777), 0);
	assert_int_equal(as_nobody(make_locked_tree, tree), 0);
	assert_int_equal(as_nobody(remove_as, tree), 0);
	assert_false(exists(*state, "tree"));
	assert_int_equal(path_make_dirs(tree, NULL), 0);
	put(tree, "of-another", "x");
	assert_int_equal(chmod(*state, 0755), 0);
	if (!geteuid())
		assert_int_equal(as_nobody(remove_as, tree), 1);
	assert_true(exists(tree, "of-another"));
}

/* A path far longer than PATH_MAX, and deeper than descriptors can be had. */
static void any_depth_is_removed(void **state)
{
	AUTO_STR tree = path_join(*state, "tree");
	struct rlimit old, few = { 0 };
	int fd = open(*state, O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < 2000; i++) {
		assert_int_equal(mkdirat(fd, i ? "a-folder" : "tree", 0700), 0);
		int next = openat(fd, i ? "a-folder" : "tree", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = next;
	}
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ 100, old.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	struct err e = { 0 };
	int r = path_remove_tree(tree, &e);
	setrlimit(RLIMIT_NOFILE, &old);
	if (r)
		fail_msg("%s", e.text);
	assert_false(exists(*state, "tree"));
}

static void many_entries_are_removed(void **state)
{
	AUTO_STR tree = path_join(*state, "tree");

	assert_int_equal(path_make_dirs(tree, NULL), 0);
	for (int i = 0; i < 3000; i++) {
		AUTO_STR path = xasprintf("%s/%d", tree, i);
		int fd = open(path, O_CREAT | O_WRONLY, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
	assert_int_equal(path_remove_tree(tree, NULL), 0);
	assert_false(exists(*state, "tree"));
}

static void the_log_is_lines_in_a_file(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO_STR path = path_join(*state, "log");
	struct err e = { 0 };
	char long_text[5000];

	log_warn("base", "nowhere");
	assert_int_equal(log_open(path, LOG_INFO, &e), 0);
	memset(long_text, 'x', sizeof long_text);
	long_text[4999] = '\0';
	log_debug("base", "too fine");
	log_warn("net", "two\nlines \x1b[2J of %s", "it");
	log_at(LOG_ERROR, "a-room-with-a-name-that-never-seems-to-come-to-its-end", "%s", long_text);
	assert_int_equal(log_open(NULL, LOG_DEBUG, &e), 0);
	log_warn("base", "closed");
	assert_int_equal(file_read(path, 100000, &b, NULL), 0);
	struct sv rest = buf_sv(&b), line;
	assert_true(sv_split(&rest, '\n', &line));
	assert_true(line.len > 24 && line.p[10] == 'T' && line.p[23] == 'Z');
	assert_true(sv_ends(line, SV(" warn net: two lines  [2J of it")));
	assert_true(sv_split(&rest, '\n', &line) && line.len < 2100);
	assert_true(sv_split(&rest, '\n', &line) && !line.len && !rest.p);
	AUTO_STR nowhere = path_join(*state, "no/such");
	assert_int_equal(log_open(nowhere, LOG_DEBUG, &e), -ERR_NOT_FOUND);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(log_open("/dev/ptmx", LOG_DEBUG, &e), -ERR_USAGE); /* a terminal */
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
TEST_LIST(file_tests,
	cmocka_unit_test(paths_follow_the_environment),
	WITH_PLACE(folders_are_made_private),
	WITH_PLACE(reading_has_a_cap),
	WITH_PLACE(a_write_replaces_the_whole),
	WITH_PLACE(a_failed_write_leaves_the_old),
	WITH_PLACE(removing_follows_no_link),
	cmocka_unit_test(removing_refuses_what_is_no_folder_of_ours),
	WITH_PLACE(locked_folders_are_opened),
	WITH_PLACE(any_depth_is_removed),
	WITH_PLACE(many_entries_are_removed),
	WITH_PLACE(the_log_is_lines_in_a_file),
);
