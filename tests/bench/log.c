/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A log of a gigabyte in the log view, beside less, lnav and grep on the same file in the same run: opening it at its end, indexing
 * it, searching it for words and for an expression that are not there, memory, and keys while a second one streams in.
 * BENCH_LOG_MB sets another size. What is not installed is said to be missing.
 */
#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "berth/mem.h"
#include "tui/logview.h"

enum { SCREEN = 50, KEYS = 2000, STREAM_PIECE = 64 << 10 };
static const char words[] = "downloaded and unpackedX", expression[] = "package-[0-9]+Z";

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void die(const char *what)
{
	fprintf(stderr, "bench-log: %s\n", what);
	exit(1);
}

/* As a runner writes it: sections, colours, lines of about a hundred bytes. */
static char *make_log(uint64_t bytes)
{
	const char *dir = getenv("TMPDIR");
	AUTO(buf_fini) struct buf b = BUF_INIT;
	char *path = xasprintf("%s/berth-bench-XXXXXX", dir ? dir : "/tmp");
	int fd = mkstemp(path);
	for (int i = 0; i < 100000; i++) {
		if (i % 200 == 0)
			buf_addf(&b, "section_start:%d:step_%d\r\033[0K\033[36;1mStep %d\033[0;m\n", 1700000000 + i, i / 200, i / 200);
		else if (i % 200 == 199)
			buf_addf(&b, "section_end:%d:step_%d\r\033[0K\n", 1700000000 + i, i / 200);
		else if (i % 7 == 0)
			buf_addf(&b, "\033[32;1m$ pip install package-%d==1.%d\033[0;m\n", i, i % 50);
		else
			buf_addf(&b, "%08d Collecting package-%d from https://files.example.org/%x/%x (1.%d MB) downloaded and unpacked\n", i, i, i * 7919u, i * 104729u, i % 90);
	}
	for (uint64_t n = 0; fd >= 0 && n < bytes; n += b.len)
		if (write(fd, b.p, b.len) != (ssize_t)b.len)
			die("no room for the log");
	if (fd < 0)
		die("no file for the log");
	close(fd);
	return path;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void draw(struct logview *v, struct logline *l, uint64_t *top, bool end)
{
	uint64_t at = end ? logview_last(v) : *top;
	for (int i = 1; end && i < SCREEN; i++) {
		uint64_t before = logview_prev(v, at);
		at = before == LOG_NOWHERE ? at : before;
	}
	*top = at;
	struct esc_style style = logview_carried(v, at);
	for (int i = 0; i < SCREEN && at != LOG_NOWHERE; i++, at = logview_next(v, at)) {
		logview_line(v, at, &style, l);
		style = l->esc.style;
	}
}

static double search(struct loop *loop, struct logview *v, const char *what)
{
	double start = now_ms();
	logscan_start(&v->hits, pattern_new(what, NULL), false);
	logscan_advance(&v->hits, true);
	while (v->hits.work)
		loop_turn(loop, true);
	if (v->hits.lines.n)
		die("something was found that is not there");
	return now_ms() - start;
}

/* A peer's run, output thrown away; negative: it is not installed. */
static double peer(const char *const *argv)
{
	double start = now_ms();
	int status = 0;
	pid_t pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0), dup2(null, 1), dup2(null, 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		die("no process");
	return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -1 : now_ms() - start;
}

/* On a terminal, keys typed at once; until it has ended. */
static double peer_tty(const char *const *argv, const char *typed)
{
	struct winsize size = { .ws_row = SCREEN, .ws_col = 160 };
	double start = now_ms();
	char drawn[4096];
	int fd, status;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);
	if (!pid) {
		setenv("TERM", "xterm", 1);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || write(fd, typed, strlen(typed)) < 0)
		die("no terminal");
	while (read(fd, drawn, sizeof drawn) > 0)
		;
	waitpid(pid, &status, 0);
	close(fd);
	return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -1 : now_ms() - start;
}

static void say(const char *what, double ms, const char *budget)
{
	if (ms < 0)
		printf("%-52s not installed\n", what);
	else
		printf("%-52s %9.1f ms   %s\n", what, ms, budget);
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* One line up, drawn, while 64 KB arrive about every 3 ms (20 MB/s) in another log. */
static void keys(struct loop *loop, struct logview *v, struct logline *l)
{
	static double times[KEYS];
	static char piece[STREAM_PIECE];
	struct logview streamed = { .mask = true };
	uint64_t top = v->store.len / 2;
	for (size_t i = 0; i < sizeof piece; i++)
		piece[i] = i % 100 == 99 ? '\n' : 'x';
	logview_init(&streamed, loop, nothing, NULL);
	top = logview_near(v, top);
	for (int i = 0; i < KEYS; i++) {
		double start = now_ms();
		logstore_add(&streamed.store, (struct sv){ piece, sizeof piece });
		logview_advance(&streamed, false);
		uint64_t before = logview_prev(v, top);
		top = before == LOG_NOWHERE ? top : before;
		draw(v, l, &top, false);
		times[i] = now_ms() - start;
	}
	qsort(times, KEYS, sizeof *times, by_time);
	say("berth: a key, drawn, with 64 KB more: median", times[KEYS / 2], "");
	say("berth: … p99", times[KEYS * 99 / 100], "budget 5");
	logview_fini(&streamed);
}

int main(void)
{
	const char *mb = getenv("BENCH_LOG_MB");
	uint64_t n = 1024, top = 0;
	struct logview v = { .mask = true };
	struct logline l = { 0 };
	struct rusage use;
	if (!setlocale(LC_CTYPE, "C.UTF-8") || (mb && !sv_to_u64(sv_of(mb), &n)))
		die("C.UTF-8 and a number in BENCH_LOG_MB are needed");
	AUTO_STR path = make_log(n << 20);
	const char *const warm[] = { "cat", path, NULL }, *const less[] = { "less", "-n", "-R", path, NULL }, *const lnav[] = { "lnav", "-n", "-q", path, NULL };
	const char *const grep_words[] = { "grep", "-ciF", words, path, NULL }, *const grep_p[] = { "grep", "-ciP", expression, path, NULL };
	const char *const grep_plain[] = { "grep", "-cF", words, path, NULL };
	struct loop *loop = loop_new();
	peer(warm);
	printf("a log of %llu MB\n", (unsigned long long)n);
	double start = now_ms();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t len = lseek(fd, 0, SEEK_END);
	logview_init(&v, loop, nothing, NULL);
	logstore_file(&v.store, fd, (uint64_t)len);
	logview_advance(&v, false);
	draw(&v, &l, &top, true);
	say("berth: opened, its end drawn", now_ms() - start, "budget 50");
	while (v.index.work)
		loop_turn(loop, true);
	say("berth: indexed, on a worker", now_ms() - start, "budget 500");
	printf("%52s %9llu lines, %zu sections\n", "", (unsigned long long)logindex_lines(&v.index), v.index.sections.len);
	say("berth: words that are not there (any case)", search(loop, &v, words), "budget 600");
	AUTO_STR regex = xasprintf("re:%s", expression);
	say("berth: an expression that is not there", search(loop, &v, regex), "as grep -P");
	keys(loop, &v, &l);
	getrusage(RUSAGE_SELF, &use);
	printf("%-52s %9.1f MiB  budget 50\n", "berth: memory at most", (double)use.ru_maxrss / 1024);
	AUTO_STR less_search = xasprintf("/%s\n\nq", words);
	say("less -n, opened at its end", peer_tty(less, "Gq"), "");
	say("less -n, words that are not there", peer_tty(less, less_search), "");
	say("lnav -n (opened and indexed)", peer(lnav), "");
	say("grep -cF, words", peer(grep_plain), "");
	say("grep -ciF, words", peer(grep_words), "");
	say("grep -ciP, expression", peer(grep_p), "");
	close(fd);
	unlink(path);
	logview_fini(&v);
	logline_fini(&l);
	loop_free(loop);
	return 0;
}
