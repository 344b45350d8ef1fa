/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When and how it is written, what bounds it, and what happens when it can't be. */
#include "tests.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void put_commits(struct cache *c, unsigned from, unsigned n, size_t bytes)
{
	char *text = xmalloc(bytes + 1);
	memset(text, 's', bytes);
	text[bytes] = '\0';
	for (unsigned i = from; i < from + n; i++) {
		struct commit one = commit_of(i, text);
		cache_put_commit(c, &flights, &one);
		commit_fini(&one);
	}
	free(text);
}

static bool knows(struct cache *c, unsigned i)
{
	struct commit one;
	struct oid id = oid_of(i);
	bool known = cache_get_commit(c, &flights, &id, &one);
	if (known)
		commit_fini(&one);
	return known;
}

void puts_are_one_batch(void **state)
{
	struct world *w = *state;
	world_open(w);
	put_commits(w->cache, 0, 500, 50);
	assert_int_equal(world_sql(w, "SELECT count(*) FROM thing"), 0); /* not within the put */
	assert_true(knows(w->cache, 499));
	world_settle(w);
	assert_int_equal(world_sql(w, "SELECT count(*) FROM thing"), 500);
	assert_true(knows(w->cache, 0));
}

/* A real limit: no file of this process may grow. */
void full_disk_is_said_once(void **state)
{
	struct world *w = *state;
	struct rlimit before, none;
	world_open(w);
	put_commits(w->cache, 0, 10, 50);
	world_settle(w);
	getrlimit(RLIMIT_FSIZE, &before);
	none = before;
	none.rlim_cur = 20000;
	void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	put_commits(w->cache, 100, 500, 400);
	world_settle(w);
	put_commits(w->cache, 1000, 500, 400);
	world_settle(w);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, old);
	assert_int_equal(w->n_said, 1);
	assert_non_null(strstr(w->said.text, "can't be written"));
	assert_true(knows(w->cache, 5)); /* what is there can be read */
	world_close(w);
	world_open(w);
	assert_int_equal(w->n_said, 0);
	assert_true(knows(w->cache, 5) && !knows(w->cache, 101));
}

void read_only_file_is_said_once(void **state)
{
	struct world *w = *state;
	world_open(w);
	put_commits(w->cache, 0, 10, 50);
	world_settle(w);
	AUTO_STR away = xasprintf("%s.away", w->db);
	assert_int_equal(rename(w->db, away), 0);
	assert_int_equal(mkdir(w->db, 0700), 0); /* nothing that can be opened, for root neither */
	put_commits(w->cache, 10, 10, 50);
	world_settle(w);
	put_commits(w->cache, 20, 10, 50);
	world_settle(w);
	assert_int_equal(w->n_said, 1);
}

static struct cache *small(struct world *w)
{
	struct cache_config c = { .dir = w->dir, .quiet_ms = 1, .max_bytes = 400000, .max_log_bytes = 5000 };
	return w->cache = cache_open(w->loop, &c);
}

void size_is_bounded(void **state)
{
	struct world *w = *state;
	struct stat st;
	small(w);
	for (unsigned i = 0; i < 30; i++) {
		put_commits(w->cache, i * 100, 100, 500);
		world_settle(w);
	}
	assert_true(world_sql(w, "SELECT sum(length(bytes)) FROM thing") < 400000);
	assert_int_equal(stat(w->db, &st), 0);
	assert_true(st.st_size < 800000);
	assert_true(knows(w->cache, 2999));
	assert_false(knows(w->cache, 0));
}

/* Long answers of a server that are asked again all day do not drive out what was seen once. */
void answers_go_before_what_was_seen(void **state)
{
	struct world *w = *state;
	struct buf body = BUF_INIT;
	small(w);
	put_projects(w->cache, "p0", 100);
	world_settle(w);
	assert_int_equal(world_sql(w, "UPDATE thing SET used_s = 1000"), 0);
	for (unsigned i = 0; i < 8000; i++)
		buf_addf(&body, "[%u]", i % 10);
	for (unsigned i = 0; i < 60; i++) {
		AUTO_STR key = xasprintf("/api/v4/projects?page=%u", i);
		cache_memo_put(w->cache, "lab", key, &(struct cache_memo){ .etag = "e", .content_type = "application/json", .body = buf_sv(&body), .at_s = 1000 });
		world_settle(w);
	}
	buf_fini(&body);
	assert_true(world_sql(w, "SELECT count(*) FROM thing WHERE key >= x'4d' AND key < x'4e'") < 30);
	assert_int_equal(count_projects(w->cache, NULL, NULL), 100);
}

void used_ones_stay(void **state)
{
	struct world *w = *state;
	small(w);
	put_commits(w->cache, 0, 100, 500);
	world_settle(w);
	assert_int_equal(world_sql(w, "UPDATE thing SET used_s = 1000"), 0);
	assert_true(knows(w->cache, 7)); /* used today */
	world_settle(w);
	for (unsigned i = 1; i < 10; i++) {
		put_commits(w->cache, i * 100, 100, 500);
		world_settle(w);
		assert_int_equal(world_sql(w, "UPDATE thing SET used_s = 1000000 + id WHERE id > 100"), 0);
	}
	assert_true(knows(w->cache, 7));
	assert_false(knows(w->cache, 8));
}

static void write_in_child(struct world *w, unsigned from)
{
	struct loop *loop = loop_new();
	struct cache_config c = { .dir = w->dir, .quiet_ms = 1 };
	w->loop = loop;
	w->cache = cache_open(loop, &c);
	for (unsigned i = 0; i < 20; i++) {
		put_commits(w->cache, from + i * 10, 10, 100);
		world_settle(w);
	}
	cache_free(w->cache);
	loop_free(loop);
	_exit(0);
}

void two_processes_write(void **state)
{
	struct world *w = *state;
	pid_t pids[3];
	int status;
	for (unsigned k = 0; k < ARRAY_LEN(pids); k++) {
		pids[k] = fork();
		if (!pids[k])
			write_in_child(w, 1000 * k);
	}
	for (unsigned k = 0; k < ARRAY_LEN(pids); k++) {
		assert_int_equal(waitpid(pids[k], &status, 0), pids[k]);
		assert_int_equal(status, 0);
	}
	world_open(w);
	assert_int_equal(w->n_said, 0);
	for (unsigned k = 0; k < ARRAY_LEN(pids); k++)
		for (unsigned i = 0; i < 200; i++)
			assert_true(knows(w->cache, 1000 * k + i));
	assert_int_equal(world_sql(w, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

void last_batch_is_written_at_the_end(void **state)
{
	struct world *w = *state;
	world_open(w);
	put_commits(w->cache, 0, 50, 50);
	world_close(w);
	world_open(w);
	assert_true(knows(w->cache, 49));
	put_commits(w->cache, 50, 50, 50);
	cache_flush(w->cache); /* a worker has it, or not yet */
	put_commits(w->cache, 100, 50, 50);
	world_close(w);
	world_open(w);
	assert_true(knows(w->cache, 99) && knows(w->cache, 149));
}

void busy_file_is_tried_again(void **state)
{
	struct world *w = *state;
	sqlite3 *db = NULL;
	world_open(w);
	put_commits(w->cache, 0, 5, 50);
	world_settle(w);
	assert_int_equal(sqlite3_open(w->db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	put_commits(w->cache, 10, 5, 50);
	world_close(w); /* gives up soon */
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	world_open(w);
	assert_false(knows(w->cache, 10));
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	put_commits(w->cache, 10, 5, 50);
	cache_flush(w->cache);
	for (int i = 0; i < 20; i++)
		loop_turn(w->loop, false);
	assert_true(knows(w->cache, 10)); /* while it waits */
	put_commits(w->cache, 20, 5, 50);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	world_settle(w);
	assert_int_equal(world_sql(w, "SELECT count(*) FROM thing"), 15);
	assert_int_equal(w->n_said, 0);
}

void same_again_writes_the_time(void **state)
{
	struct world *w = *state;
	int64_t at_s = 0;
	world_open(w);
	put_projects(w->cache, "x", 500);
	world_settle(w);
	assert_int_equal(world_sql(w, "UPDATE thing SET at_s = 5"), 0);
	assert_int_equal(count_projects(w->cache, &at_s, NULL), 500);
	assert_int_equal(at_s, 5);
	put_projects(w->cache, "x", 500);
	world_settle(w);
	count_projects(w->cache, &at_s, NULL);
	assert_true(at_s > 5);
}

/* ---- logs ---- */
void logs_are_kept(void **state)
{
	struct world *w = *state;
	AUTO(buf_fini) struct buf all = BUF_INIT, back = BUF_INIT;
	world_open(w);
	struct cache_log *l = cache_log_begin(w->cache, &flights, "42/../x");
	for (unsigned i = 0; i < 40000; i++) {
		AUTO_STR line = xasprintf("line %u of a log\n", i);
		buf_add_str(&all, line);
		cache_log_add(l, sv_of(line));
		if (i % 5000 == 0)
			loop_turn(w->loop, false);
	}
	cache_log_add(l, SV("\0no end of line"));
	buf_add_sv(&all, SV("\0no end of line"));
	assert_null(cache_log_path(w->cache, &flights, "42/../x")); /* not whole yet */
	cache_log_end(l, true);
	world_settle(w);
	AUTO_STR path = cache_log_path(w->cache, &flights, "42/../x");
	assert_non_null(path);
	assert_true(sv_starts(sv_of(path), sv_of(w->dir)));
	assert_int_equal(file_read(path, 1 << 24, &back, NULL), 0);
	assert_true(sv_eq(buf_sv(&all), buf_sv(&back)));
	assert_null(cache_log_path(w->cache, &flights, "43"));
}

void logs_are_bounded(void **state)
{
	struct world *w = *state;
	char text[1500];
	memset(text, 'l', sizeof text);
	small(w);
	for (int i = 0; i < 10; i++) {
		AUTO_STR job = xasprintf("%d", i);
		struct cache_log *l = cache_log_begin(w->cache, &flights, job);
		cache_log_add(l, (struct sv){ text, sizeof text });
		cache_log_end(l, true);
		world_settle(w);
		AUTO_STR path = cache_log_path(w->cache, &flights, job);
		struct timespec old[2] = { { .tv_sec = 1000 + i }, { .tv_sec = 1000 + i } };
		assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	}
	AUTO_STR first = cache_log_path(w->cache, &flights, "0");
	AUTO_STR last = cache_log_path(w->cache, &flights, "9");
	assert_null(first);
	assert_non_null(last);
}

void logs_that_fail_leave_nothing(void **state)
{
	struct world *w = *state;
	world_open(w);
	struct cache_log *l = cache_log_begin(w->cache, &flights, "1");
	cache_log_add(l, SV("half of it"));
	cache_log_end(l, false);
	struct cache_log *big = cache_log_begin(w->cache, &flights, "2");
	char *text = xcalloc(1, 1 << 20);
	for (int i = 0; i < 65; i++) {
		cache_log_add(big, (struct sv){ text, 1 << 20 });
		loop_turn(w->loop, false);
	}
	free(text);
	cache_log_end(big, true);
	world_settle(w);
	AUTO_STR one = cache_log_path(w->cache, &flights, "1");
	AUTO_STR two = cache_log_path(w->cache, &flights, "2");
	assert_null(one);
	assert_null(two);
	AUTO_STR dir = path_join(w->dir, "logs");
	assert_int_equal(rmdir(dir), 0); /* empty */
}
