/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptors, signals and paths that are watched. */
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/path.h"
#include "tests.h"

struct end {                    /* one end that is watched, and what came */
	struct loop_fd *w, *other;
	int fd;
	unsigned events, calls;
	char got[64];
	bool done;
};

static void read_once(void *ctx, unsigned events)
{
	struct end *e = ctx;
	e->events |= events;
	e->calls++;
	ssize_t n = read(e->fd, e->got, sizeof e->got - 1);
	e->got[n < 0 ? 0 : n] = '\0';
	e->done = true;
}

static void pair(int fd[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd), 0);
}

static void put(int fd, const char *s)
{
	assert_int_equal(write(fd, s, strlen(s)), strlen(s));
}

void fd_reads_and_pauses(void **state)
{
	struct loop *l = loop_new();
	int fd[2];
	pair(fd);
	struct end e = { .fd = fd[0] };
	e.w = loop_fd_watch(l, fd[0], LOOP_READ, read_once, &e);
	put(fd[1], "one");
	turn_until(l, &e.done);
	assert_string_equal(e.got, "one");
	loop_fd_change(e.w, 0);
	put(fd[1], "two");
	loop_turn(l, false);
	assert_int_equal(e.calls, 1);
	e.done = false;
	loop_fd_change(e.w, LOOP_READ);
	turn_until(l, &e.done);
	assert_string_equal(e.got, "two");
	loop_fd_unwatch(e.w);
	loop_fd_unwatch(NULL);
	put(fd[1], "three");
	loop_turn(l, false);
	assert_int_equal(e.calls, 2);
	close(fd[0]);
	close(fd[1]);
	loop_free(l);
}

static void unwatch_both(void *ctx, unsigned events)
{
	struct end *e = ctx;
	e->calls++;
	loop_fd_unwatch(e->w);
	loop_fd_unwatch(e->other);
	e->w = e->other = NULL;
	e->done = true;
}

void fd_unwatches_itself_and_another(void **state)
{
	struct loop *l = loop_new();
	int fd[2];
	pair(fd);
	struct end e = { .fd = fd[0] };
	e.w = loop_fd_watch(l, fd[0], LOOP_WRITE, unwatch_both, &e);
	e.other = loop_fd_watch(l, fd[1], LOOP_WRITE, unwatch_both, &e);
	turn_until(l, &e.done);
	loop_turn(l, false);
	assert_int_equal(e.calls, 1);
	close(fd[0]);
	close(fd[1]);
	loop_free(l);
}

void fd_number_is_reused(void **state)
{
	struct loop *l = loop_new();
	for (int i = 0; i < 3; i++) {
		int fd[2];
		pair(fd);
		struct end e = { .fd = fd[0] };
		e.w = loop_fd_watch(l, fd[0], LOOP_READ, read_once, &e);
		put(fd[1], "again");
		if (i != 1)
			turn_until(l, &e.done);
		loop_fd_unwatch(e.w); /* and no turn before the number comes back */
		close(fd[0]);
		close(fd[1]);
	}
	loop_free(l);
}

void fd_tells_hang_up(void **state)
{
	struct loop *l = loop_new();
	int fd[2];
	pair(fd);
	struct end e = { .fd = fd[0] };
	e.w = loop_fd_watch(l, fd[0], LOOP_HUP, read_once, &e);
	loop_turn(l, false);
	assert_int_equal(e.calls, 0);
	close(fd[1]);
	turn_until(l, &e.done);
	assert_int_equal(e.events, LOOP_HUP);
	loop_fd_unwatch(e.w);
	close(fd[0]);
	loop_free(l);
}

static void count_errors(void *ctx, unsigned events)
{
	struct end *e = ctx;
	e->events = events;
	e->done = ++e->calls == 2;
}

void fd_error_is_told(void **state)
{
	struct loop *l = loop_new();
	int fd[2];
	assert_int_equal(pipe2(fd, O_CLOEXEC | O_NONBLOCK), 0);
	close(fd[0]); /* a pipe that nobody reads has an error at its other end */
	struct end e = { .fd = fd[1] };
	e.w = loop_fd_watch(l, fd[1], LOOP_WRITE, count_errors, &e);
	turn_until(l, &e.done); /* told again as long as it is watched */
	assert_int_equal(e.events, LOOP_WRITE | LOOP_HUP);
	loop_fd_unwatch(e.w);
	close(fd[1]);
	loop_free(l);
}

void regular_file_is_always_ready(void **state)
{
	static const char *const paths[] = { "/proc/self/exe", "/dev/null" };
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct loop *l = loop_new();
		struct end e = { .fd = open(paths[i], O_RDONLY | O_CLOEXEC) };
		assert_true(e.fd >= 0);
		e.w = loop_fd_watch(l, e.fd, LOOP_READ, read_once, &e);
		turn_until(l, &e.done);
		loop_fd_change(e.w, 0);
		unsigned calls = e.calls;
		loop_turn(l, false);
		assert_int_equal(e.calls, calls);
		loop_fd_unwatch(e.w);
		close(e.fd);
		loop_free(l);
	}
}

struct sig { struct loop_signal *w; int signo; bool seen; };
static void saw_signal(void *ctx, int signo)
{
	struct sig *s = ctx;
	s->signo = signo;
	s->seen = true;
}

void signal_is_seen(void **state)
{
	struct loop *l = loop_new();
	struct sig s = { 0 };
	s.w = loop_signal_watch(l, SIGUSR1, saw_signal, &s);
	raise(SIGUSR1);
	turn_until(l, &s.seen);
	assert_int_equal(s.signo, SIGUSR1);
	loop_signal_unwatch(s.w);
	loop_signal_unwatch(NULL);
	loop_free(l);
}

static void unwatch_signal(void *ctx, int signo)
{
	struct sig *s = ctx;
	loop_signal_unwatch(s->w);
	s->w = NULL;
	s->seen = true;
}

void signal_unwatched_in_callback(void **state)
{
	struct loop *l = loop_new();
	struct sig s = { 0 };
	s.w = loop_signal_watch(l, SIGUSR2, unwatch_signal, &s);
	raise(SIGUSR2);
	turn_until(l, &s.seen);
	loop_free(l);
}

/* ---- paths ------------------------------------------------------------------------------------------------------------- */
struct place { char dir[64]; char *path; struct loop_path *w; bool told; unsigned calls; };

static void place_told(void *ctx)
{
	struct place *p = ctx;
	p->told = true;
	p->calls++;
}

static void place_new(struct place *p, const char *name)
{
	*p = (struct place){ 0 };
	strncpy(p->dir, "/tmp/berth-loop-XXXXXX", sizeof p->dir - 1);
	assert_non_null(mkdtemp(p->dir));
	p->path = path_join(p->dir, name);
}

static void place_end(struct place *p)
{
	loop_path_unwatch(p->w);
	assert_int_equal(path_remove_tree(p->dir, NULL), 0);
	free(p->path);
}

static void write_to(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);
	assert_true(fd >= 0);
	put(fd, "x");
	close(fd);
}

static void expect_told(struct loop *l, struct place *p)
{
	turn_until(l, &p->told);
	loop_turn(l, false);
	loop_turn(l, false);
	p->told = false;
}

void path_appears_changes_goes(void **state)
{
	struct loop *l = loop_new();
	struct place p;
	place_new(&p, "file");
	p.w = loop_path_watch(l, p.path, place_told, &p, NULL);
	assert_non_null(p.w);
	char *beside = path_join(p.dir, "beside");
	write_to(beside, O_CREAT);
	loop_turn(l, false);
	loop_turn(l, false);
	assert_int_equal(p.calls, 0); /* a neighbour is not it */
	write_to(p.path, O_CREAT);
	expect_told(l, &p);
	write_to(p.path, O_APPEND);
	expect_told(l, &p);
	assert_int_equal(rename(beside, p.path), 0);
	expect_told(l, &p);
	unsigned calls = p.calls;
	for (int i = 0; i < 50; i++)
		write_to(p.path, O_APPEND);
	expect_told(l, &p);
	assert_in_range(p.calls - calls, 1, 3); /* many changes, told together */
	unlink(p.path);
	expect_told(l, &p);
	free(beside);
	place_end(&p);
	loop_free(l);
}

void path_in_folders_to_come(void **state)
{
	struct loop *l = loop_new();
	struct place p;
	place_new(&p, "a/b/file");
	p.w = loop_path_watch(l, p.path, place_told, &p, NULL);
	assert_non_null(p.w);
	char *b = path_join(p.dir, "a/b");
	assert_int_equal(path_make_dirs(b, NULL), 0);
	expect_told(l, &p);
	write_to(p.path, O_CREAT);
	expect_told(l, &p);
	write_to(p.path, O_APPEND);
	expect_told(l, &p);
	free(b);
	place_end(&p);
	loop_free(l);
}

void path_folder_content(void **state)
{
	struct loop *l = loop_new();
	struct place p;
	place_new(&p, "dir");
	assert_int_equal(mkdir(p.path, 0700), 0);
	char *slash = path_join(p.path, ""), *in = path_join(p.path, "in");
	p.w = loop_path_watch(l, slash, place_told, &p, NULL);
	assert_non_null(p.w);
	write_to(in, O_CREAT);
	expect_told(l, &p);
	unlink(in);
	expect_told(l, &p);
	free(slash);
	free(in);
	place_end(&p);
	loop_free(l);
}

void path_folder_is_made_anew(void **state)
{
	struct loop *l = loop_new();
	struct place p;
	place_new(&p, "dir");
	assert_int_equal(mkdir(p.path, 0700), 0);
	p.w = loop_path_watch(l, p.path, place_told, &p, NULL);
	for (int i = 0; i < 3; i++) {
		char *in = path_join(p.path, "in");
		assert_int_equal(path_remove_tree(p.path, NULL), 0);
		assert_int_equal(mkdir(p.path, 0700), 0);
		expect_told(l, &p);
		write_to(in, O_CREAT);
		expect_told(l, &p);
		free(in);
	}
	place_end(&p);
	loop_free(l);
}

static void unwatch_path(void *ctx)
{
	struct place *p = ctx;
	loop_path_unwatch(p->w);
	p->w = NULL;
	p->told = true;
	p->calls++;
}

void path_unwatched_in_callback(void **state)
{
	struct loop *l = loop_new();
	struct place p;
	place_new(&p, "file");
	p.w = loop_path_watch(l, p.path, unwatch_path, &p, NULL);
	write_to(p.path, O_CREAT);
	expect_told(l, &p);
	write_to(p.path, O_APPEND);
	loop_turn(l, false);
	assert_int_equal(p.calls, 1);
	place_end(&p);
	loop_free(l);
}
