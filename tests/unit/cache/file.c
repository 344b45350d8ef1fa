/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file: what is not ours or not whole is set aside, what can't be had is said and done without. */
#include "tests.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void fill(struct world *w)
{
	world_open(w);
	put_projects(w->cache, "kept", 300);
	for (unsigned i = 0; i < 2000; i++) {
		struct commit c = commit_of(i, "a subject of a usual length, so that the file has many pages");
		cache_put_commit(w->cache, &flights, &c);
		commit_fini(&c);
	}
	world_settle(w);
	world_close(w);
	world_sql(w, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static bool is_there(const struct world *w, const char *tail)
{
	AUTO_STR path = xasprintf("%s%s", w->db, tail);
	return access(path, F_OK) == 0;
}

static void assert_set_aside(struct world *w, const char *word)
{
	assert_int_equal(w->n_said, 1);
	assert_non_null(strstr(w->said.text, word));
	assert_non_null(strstr(w->said.text, "set aside"));
	assert_true(is_there(w, ".aside"));
	assert_int_equal(count_projects(w->cache, NULL, NULL), 0);
	put_projects(w->cache, "new", 3);
	world_settle(w);
	world_close(w);
	world_open(w);
	assert_int_equal(count_projects(w->cache, NULL, NULL), 3);
	assert_int_equal(w->n_said, 0);
}

void garbage_is_set_aside(void **state)
{
	char bytes[9000];
	memset(bytes, 'x', sizeof bytes);
	world_put_garbage(*state, bytes, sizeof bytes);
	world_open(*state);
	assert_set_aside(*state, "damaged");
}

void truncated_file_is_set_aside(void **state)
{
	struct world *w = *state;
	fill(w);
	assert_int_equal(truncate(w->db, 3000), 0);
	world_open(w);
	count_projects(w->cache, NULL, NULL);
	assert_set_aside(w, "damaged");
}

void foreign_database_is_set_aside(void **state)
{
	struct world *w = *state;
	path_make_dirs(w->dir, NULL);
	assert_int_equal(world_sql(w, "CREATE TABLE recipes(name)"), 0);
	world_open(w);
	assert_set_aside(w, "not berth's");
}

void newer_version_is_set_aside(void **state)
{
	struct world *w = *state;
	fill(w);
	assert_true(world_sql(w, "PRAGMA user_version=4711") >= 0);
	world_open(w);
	assert_set_aside(w, "another version of berth (4711)");
}

/* The header is fine, what lies behind it is not: found when it is read. */
void damage_inside_is_set_aside(void **state)
{
	struct world *w = *state;
	struct stat st;
	fill(w);
	assert_int_equal(stat(w->db, &st), 0);
	int fd = open(w->db, O_WRONLY | O_CLOEXEC);
	char junk[4096];
	memset(junk, 0x5a, sizeof junk);
	for (off_t at = 3 * 4096; at < st.st_size; at += (off_t)sizeof junk)
		assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
	close(fd);
	world_open(w);
	for (unsigned i = 0; i < 2000 && !w->n_said; i++) {
		struct commit c = { 0 };
		struct oid id = oid_of(i);
		if (cache_get_commit(w->cache, &flights, &id, &c))
			commit_fini(&c);
	}
	assert_set_aside(w, "damaged");
}

void damaged_file_of_two_is_left(void **state)
{
	struct world *w = *state;
	fill(w);
	AUTO_STR lock = path_join(w->dir, "cache.lock");
	int fd = open(lock, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_SH), 0); /* the other berth */
	assert_int_equal(truncate(w->db, 1000), 0);
	world_open(w);
	count_projects(w->cache, NULL, NULL);
	assert_int_equal(w->n_said, 1);
	assert_non_null(strstr(w->said.text, "another berth uses it"));
	assert_false(is_there(w, ".aside"));
	put_projects(w->cache, "x", 1);
	assert_false(cache_busy(w->cache));
	close(fd);
}

void folder_that_cant_be_made_is_said_once(void **state)
{
	struct world *w = *state;
	free(w->dir);
	w->dir = xstrdup("/proc/nothing/berth");
	world_open(w);
	assert_int_equal(w->n_said, 1);
	assert_true(*w->said.hint);
	put_projects(w->cache, "x", 5);
	assert_int_equal(count_projects(w->cache, NULL, NULL), 0);
	assert_null(cache_log_begin(w->cache, &flights, "1"));
	assert_int_equal(w->n_said, 1);
	world_close(w);
	free(w->dir);
	w->dir = path_join(w->db, "..");
	char *slash = strstr(w->dir, "/cache.db");
	*slash = '\0';
}

void link_in_its_place_is_refused(void **state)
{
	struct world *w = *state;
	path_make_dirs(w->dir, NULL);
	AUTO_STR target = xasprintf("%s.precious", w->db);
	assert_int_equal(symlink(target, w->db), 0);
	world_open(w);
	assert_int_equal(w->n_said, 1);
	put_projects(w->cache, "x", 5);
	assert_int_not_equal(access(target, F_OK), 0);
}

void locked_by_another_process(void **state)
{
	struct world *w = *state;
	int ready[2], go[2];
	char c = 0;
	fill(w);
	assert_int_equal(pipe(ready) | pipe(go), 0);
	pid_t pid = fork();
	if (!pid) {
		sqlite3 *db;
		sqlite3_open(w->db, &db);
		sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM thing WHERE id = -1; COMMIT; BEGIN IMMEDIATE", NULL, NULL, NULL);
		ssize_t n = write(ready[1], "r", 1);
		n += read(go[0], &c, 1);
		_exit(n == 2 ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	world_open(w);
	put_projects(w->cache, "mine", 1);
	world_close(w); /* neither waits for long nor loses its mind */
	assert_int_equal(write(go[1], "g", 1), 1);
	waitpid(pid, NULL, 0);
	world_open(w);
	assert_true(count_projects(w->cache, NULL, NULL) == 300);
	close(ready[0]), close(ready[1]), close(go[0]), close(go[1]);
}

void modes_are_private(void **state)
{
	struct world *w = *state;
	struct stat st;
	mode_t before = umask(0);
	AUTO_STR wal = xasprintf("%s-wal", w->db);
	world_open(w);
	put_projects(w->cache, "x", 5);
	cache_log_end(cache_log_begin(w->cache, &flights, "7"), true);
	world_settle(w);
	umask(before);
	AUTO_STR log = cache_log_path(w->cache, &flights, "7");
	AUTO_STR logs = path_join(w->dir, "logs");
	const char *const files[] = { w->db, wal, log };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		assert_int_equal(stat(files[i], &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	const char *const dirs[] = { w->dir, logs };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		assert_int_equal(stat(dirs[i], &st), 0);
		assert_int_equal(st.st_mode & 07777, 0700);
	}
}

void removed_while_in_use(void **state)
{
	struct world *w = *state;
	fill(w);
	world_open(w);
	assert_int_equal(path_remove_tree(w->dir, NULL), 0);
	put_projects(w->cache, "x", 5);
	world_settle(w);
	assert_true(w->n_said <= 1);
	world_close(w);
	world_open(w);
	assert_int_equal(w->n_said, 0);
	assert_int_equal(count_projects(w->cache, NULL, NULL), 0);
}
