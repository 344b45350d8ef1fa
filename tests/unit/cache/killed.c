/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Killed at any moment: what was written before is there and whole, what was under way is there as a whole or not at all, nobody hears of
 * damage, and nothing piles up. */
#include "tests.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS = 60, ROUNDS = 400, PER_ROUND = 8, LOG_LINES = 12000, WAL_MAX = 8 << 20 };
struct report { unsigned round; bool log; };

static void put_round(struct cache *c, unsigned round)
{
	for (unsigned i = 0; i < PER_ROUND; i++) {
		struct commit one = commit_of(round * PER_ROUND + i, "written as one with the others of its round, or not at all");
		cache_put_commit(c, &flights, &one);
		commit_fini(&one);
	}
}

static void add_line(struct buf *to, unsigned round, unsigned i)
{
	buf_addf(to, "round %u, line %u of a log that is long enough for several pieces\n", round, i);
}

static void put_log(struct world *w, unsigned round)
{
	AUTO_STR job = xasprintf("%u", round);
	struct cache_log *l = cache_log_begin(w->cache, &flights, job);
	for (unsigned i = 0; i < LOG_LINES; i += 1000) {
		AUTO(buf_fini) struct buf lines = BUF_INIT;
		for (unsigned k = i; k < i + 1000; k++)
			add_line(&lines, round, k);
		cache_log_add(l, buf_sv(&lines));
		loop_turn(w->loop, false);
	}
	cache_log_end(l, true);
}

static bool log_is_kept(struct world *w, unsigned round)
{
	AUTO_STR job = xasprintf("%u", round);
	AUTO_STR path = cache_log_path(w->cache, &flights, job);
	return path != NULL;
}

static void write_until_killed(const struct world *of, unsigned from, int to)
{
	struct world w = *of;
	struct cache_config c = { .dir = w.dir, .quiet_ms = 1 };
	w.loop = loop_new();
	w.cache = cache_open(w.loop, &c);
	for (unsigned round = from; round < from + ROUNDS; round++) {
		struct report said = { round, false };
		put_round(w.cache, round);
		world_settle(&w);
		if (write(to, &said, sizeof said) != sizeof said)
			_exit(1);
		if (round % 3)
			continue;
		put_log(&w, round);
		world_settle(&w);
		said.log = true;
		if (write(to, &said, sizeof said) != sizeof said)
			_exit(1);
	}
	for (;;)
		pause();
}

static size_t n_known(struct cache *c, unsigned round)
{
	size_t n = 0;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		struct commit one;
		struct oid id = oid_of(round * PER_ROUND + i);
		if (cache_get_commit(c, &flights, &id, &one)) {
			n++;
			commit_fini(&one);
		}
	}
	return n;
}

static void assert_log_whole(struct world *w, unsigned round)
{
	AUTO(buf_fini) struct buf want = BUF_INIT, have = BUF_INIT;
	AUTO_STR job = xasprintf("%u", round);
	AUTO_STR path = cache_log_path(w->cache, &flights, job);
	for (unsigned i = 0; i < LOG_LINES; i++)
		add_line(&want, round, i);
	assert_non_null(path);
	assert_int_equal(file_read(path, 1 << 24, &have, NULL), 0);
	assert_true(sv_eq(buf_sv(&want), buf_sv(&have)));
}

static size_t n_files(const char *dir, const char *tail)
{
	size_t n = 0;
	DIR *d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.' && sv_ends(sv_of(e->d_name), sv_of(tail));
	if (d)
		closedir(d);
	return n;
}

/* A child writes rounds, and dies after so many microseconds or, in a build with faults, at such a place. Gives the first round that may not be there. */
static unsigned kill_one(struct world *w, unsigned from, long us, const char *fault)
{
	int fds[2];
	struct report said;
	struct timespec wait = { .tv_nsec = us * 1000 };
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (!pid) {
		setenv("BERTH_FAULT", fault, 1);
		close(fds[0]);
		write_until_killed(w, from, fds[1]);
	}
	assert_true(pid > 0);
	close(fds[1]);
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);

	unsigned next = from;
	world_open(w);
	assert_int_equal(w->n_said, 0);
	while (read(fds[0], &said, sizeof said) == sizeof said) {
		next = said.round + 1;
		assert_int_equal(n_known(w->cache, said.round), PER_ROUND);
		if (said.log)
			assert_log_whole(w, said.round);
	}
	close(fds[0]);
	size_t under_way = n_known(w->cache, next);
	assert_true(under_way == 0 || under_way == PER_ROUND);
	if (log_is_kept(w, next - 1))
		assert_log_whole(w, next - 1);
	world_close(w);
	assert_int_equal(world_sql(w, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
	return next + 1;
}

void killed_at_any_moment(void **state)
{
	struct world *w = *state;
	struct stat st;
	unsigned from = 1;
	AUTO_STR logs = path_join(w->dir, "logs");
	AUTO_STR wal = xasprintf("%s-wal", w->db);
	for (unsigned i = 0; i < KILLS; i++) {
		AUTO_STR fault = xasprintf("kill:cache.%s:%u", i % 2 ? "write" : "log", 1 + i);
		if (i % 5 == 0 && i < KILLS / 2) /* the file itself is just being made, too */
			path_remove_tree(w->dir, NULL);
		from = kill_one(w, from, (long)(i * i * 37 % 40000), fault);
		assert_int_equal(n_files(w->dir, ".aside"), 0);
		assert_true(n_files(logs, ".part") <= 1);
	}
	for (unsigned i = 0; i < KILLS / 10; i++) { /* never in peace, always in a log */
		from = kill_one(w, from, 0, "");
		assert_true(n_files(logs, ".part") <= 1);
	}
	if (stat(wal, &st) == 0)
		assert_true(st.st_size < WAL_MAX);
	world_open(w);
	put_round(w->cache, from);
	put_log(w, from);
	world_settle(w);
	assert_log_whole(w, from);
	world_close(w);
	assert_int_equal(n_files(logs, ".part"), 0);
	world_open(w);
	assert_int_equal(w->n_said, 0);
	assert_int_equal(n_known(w->cache, from), PER_ROUND);
}

/* One that another berth writes is left, whatever its age; one that nobody writes goes with the next log. */
void parts_of_the_dead_go(void **state)
{
	struct world *w = *state;
	AUTO_STR logs = path_join(w->dir, "logs");
	AUTO_STR dead = path_join(logs, "lab-1-0000000000000001.log.abcdef.part");
	AUTO_STR lives = path_join(logs, "lab-2-0000000000000002.log.abcdef.part");
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	world_open(w);
	assert_int_equal(path_make_dirs(logs, NULL), 0);
	int a = open(dead, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), b = open(lives, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(close(a), 0);
	assert_int_equal(flock(b, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(futimens(b, old), 0);
	put_log(w, 1);
	world_settle(w);
	world_close(w);
	assert_int_not_equal(access(dead, F_OK), 0);
	assert_int_equal(access(lives, F_OK), 0);
	close(b);
}
