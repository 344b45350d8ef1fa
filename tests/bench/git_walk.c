/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A history of 100,000 commits: the first page, and the whole, beside `git rev-list` of the same in the same run; then the
 * list of 3,000 branches. Plain (packed) and with a commit-graph. BENCH_COMMITS, BENCH_BRANCHES set other sizes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "berth/git.h"
#include "berth/mem.h"
#include "berth/path.h"

enum { PAGE = 128, CHUNK = 4096, ROUNDS = 5 };

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t size_from(const char *name, size_t usual)
{
	const char *value = getenv(name);
	uint64_t n;

	return value && sv_to_u64(sv_of(value), &n) ? (size_t)n : usual;
}

static void die(const char *what)
{
	fprintf(stderr, "git_walk: %s\n", what);
	exit(1);
}

/* Returns what its stdin is fed from. */
static pid_t git_start(const char *dir, const char *const *argv, int *ret_stdin)
{
	int in[2];

	if (pipe2(in, O_CLOEXEC))
		die("no pipe");
	pid_t pid = fork();
	if (pid < 0)
		die("no process");
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);
		if (chdir(dir) || dup2(in[0], 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
			_exit(126);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(in[0]);
	*ret_stdin = in[1];
	return pid;
}

static void git_wait(pid_t pid, int in)
{
	int status = 0;

	close(in);
	if (waitpid(pid, &status, 0) < 0 || status)
		die("git failed");
}

static double git_time(const char *dir, const char *const *argv)
{
	double best = 1e12;

	for (int i = 0; i < ROUNDS; i++) {
		double from = now_ms();
		int in;
		pid_t pid = git_start(dir, argv, &in);
		git_wait(pid, in);
		best = MIN_OF(best, now_ms() - from);
	}
	return best;
}
#define git_time_of(dir, ...) git_time(dir, (const char *const[]){ "git", __VA_ARGS__, NULL })

static void repo_fill(const char *dir, size_t commits, size_t n_branches)
{
	int in;
	pid_t pid = git_start(dir, (const char *const[]){ "git", "fast-import", "--quiet", NULL }, &in);
	FILE *f = fdopen(in, "w");

	for (size_t i = 1; i <= commits; i++) {
		fprintf(f, "commit refs/heads/main\nmark :%zu\nauthor A Person <a@example.org> %zu +0100\ncommitter A Person <a@example.org> %zu +0100\n"
		        "data <<E\nchange %zu: a subject of a usual length\n\nand a line of body\nE\n", i, 1500000000 + i * 60, 1500000000 + i * 60, i);
		if (i > 1)
			fprintf(f, "from :%zu\n", i - 1);
		if (i > 50 && i % 50 == 0)
			fprintf(f, "merge :%zu\n", i - 30);
		fprintf(f, "M 644 inline f%zu\ndata <<E\n%zu\nE\n", i % 100, i);
	}
	for (size_t b = 0; b < n_branches; b++) {
		size_t from = commits - b * (commits / 4) / (n_branches ? n_branches : 1);
		fprintf(f, "commit refs/heads/topic/%zu\ncommitter A <a@example.org> %zu +0100\ndata <<E\ntopic\nE\nfrom :%zu\n\n", b, 1500000030 + from * 60, from);
	}
	fflush(f);
	git_wait(pid, in);
	fclose(f);
	git_time(dir, (const char *const[]){ "git", "-c", "gc.writeCommitGraph=false", "repack", "-adq", NULL });
}

static void walk_time(const char *dir, double *ret_first, double *ret_all, size_t *ret_n)
{
	static struct oid ids[CHUNK];
	struct err err = { 0 };

	*ret_first = *ret_all = 1e12;
	for (int i = 0; i < ROUNDS; i++) {
		AUTO(repo_free_p) struct repo *r = NULL;
		AUTO(walk_free_p) struct walk *w = NULL;
		struct oid tip;
		size_t n = 0;
		double from = now_ms();
		if (repo_open(dir, &r, &err) || repo_resolve(r, "main", &tip, &err) || walk_new(r, &tip, &w, &err) || walk_next(w, PAGE, NULL, ids, &n, &err))
			die(err.text);
		*ret_first = MIN_OF(*ret_first, now_ms() - from);
		*ret_n = n;
		do {
			if (walk_next(w, CHUNK, NULL, ids, &n, &err))
				die(err.text);
			*ret_n += n;
		} while (n == CHUNK);
		*ret_all = MIN_OF(*ret_all, now_ms() - from);
	}
}

static double branches_time(const char *dir, size_t *ret_n)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	AUTO(branches_fini) branches all = VEC_INIT;
	struct err err = { 0 };
	double from = now_ms();

	if (repo_open(dir, &r, &err) || repo_branches(r, NULL, &all, &err))
		die(err.text);
	*ret_n = all.len;
	return now_ms() - from;
}

static void measure(const char *dir, const char *what)
{
	double first, all, git = git_time_of(dir, "rev-list", "main"), git_branches;
	size_t n, n_branches;

	walk_time(dir, &first, &all, &n);
	printf("git_walk %s: %zu commits: first %d in %.2f ms, all in %.0f ms; git rev-list %.0f ms; ratio %.2f\n", what, n, PAGE, first, all, git, all / git);
	double ours = branches_time(dir, &n_branches);
	git_branches = git_time_of(dir, "for-each-ref", "--format=%(refname) %(subject)", "refs/heads");
	printf("git_walk %s: %zu branches with ahead and behind in %.0f ms; git for-each-ref without these %.0f ms\n", what, n_branches, ours, git_branches);
}

int main(void)
{
	char dir[] = "/tmp/berth-bench-XXXXXX";
	struct rusage usage;

	if (!mkdtemp(dir))
		die("no folder to work in");
	git_time_of(dir, "init", "-q", "--bare", "-b", "main");
	repo_fill(dir, size_from("BENCH_COMMITS", 100000), size_from("BENCH_BRANCHES", 3000));
	measure(dir, "plain");
	git_time_of(dir, "commit-graph", "write", "--reachable");
	measure(dir, "commit-graph");
	getrusage(RUSAGE_SELF, &usage);
	printf("git_walk: peak memory %ld MiB\n", usage.ru_maxrss / 1024);
	return path_remove_tree(dir, NULL) ? 1 : 0;
}
