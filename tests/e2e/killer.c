/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loaded before a program's libraries (LD_PRELOAD), it counts what the program does that others can see: requests that are sent,
 * files and folders that are made, renamed, linked and removed. Before the KILLER_AT-th of these it kills, by SIGKILL, the process
 * KILLER_PID or, without one, the program itself. KILLER_SAID gets a line that says at what; KILLER_COUNT, in the end, how many
 * there were. What the program starts is left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long n_done;
static long kill_at;
static pid_t victim;
static char said[512], count[512];

static void keep(char *to, const char *name)
{
	const char *value = getenv(name);
	snprintf(to, 512, "%s", value ? value : "");
	unsetenv(name);
}

__attribute__((constructor)) static void begin(void)
{
	char text[512];
	keep(text, "KILLER_AT");
	kill_at = atol(text);
	keep(text, "KILLER_PID");
	victim = (pid_t)atol(text);
	keep(said, "KILLER_SAID");
	keep(count, "KILLER_COUNT");
	unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void end(void)
{
	FILE *f = *count ? fopen(count, "w") : NULL;
	if (f)
		fprintf(f, "%ld\n", atomic_load(&n_done)), fclose(f);
}

static void step(const char *what, const char *which, size_t n)
{
	if (atomic_fetch_add(&n_done, 1) + 1 != kill_at)
		return;
	FILE *f = *said ? fopen(said, "w") : NULL;
	if (f)
		fprintf(f, "%s %.*s\n", what, (int)strcspn(which, "\r\n") < (int)n ? (int)strcspn(which, "\r\n") : (int)n, which), fclose(f);
	kill(victim ? victim : getpid(), SIGKILL);
	usleep(100000); /* it is dead before the step is done */
}

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))
#define PATHS2(name) \
	int name(const char *a, const char *b) { step(#name, b, 400); return NEXT(int (*)(const char *, const char *), #name)(a, b); }
#define PATH1(name) \
	int name(const char *a) { step(#name, a, 400); return NEXT(int (*)(const char *), #name)(a); }
PATHS2(rename)
PATHS2(link)
int renameat(int a, const char *from, int b, const char *to)
{
	step("renameat", to, 400);
	return NEXT(int (*)(int, const char *, int, const char *), "renameat")(a, from, b, to);
}
PATH1(unlink)
PATH1(rmdir)

int mkdir(const char *path, mode_t mode)
{
	struct stat st;
	if (stat(path, &st) < 0)
		step("mkdir", path, 400);
	return NEXT(int (*)(const char *, mode_t), "mkdir")(path, mode);
}

int unlinkat(int fd, const char *path, int flags)
{
	step("unlinkat", path, 400);
	return NEXT(int (*)(int, const char *, int), "unlinkat")(fd, path, flags);
}

int fsync(int fd)
{
	step("fsync", "", 0);
	return NEXT(int (*)(int), "fsync")(fd);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	char head[200];
	size_t len = n < sizeof head - 1 ? n : sizeof head - 1;
	memcpy(head, p, len);
	head[len] = '\0';
	step("send", head, len);
	return NEXT(ssize_t (*)(int, const void *, size_t, int), "send")(fd, p, n, flags);
}

#define OPEN(name) \
	int name(const char *path, int flags, ...) \
	{ \
		mode_t mode = 0; \
		if (flags & (O_CREAT | O_TMPFILE)) { \
			va_list ap; \
			va_start(ap, flags); \
			mode = va_arg(ap, mode_t); \
			va_end(ap); \
			step("open", path, 400); \
		} \
		return NEXT(int (*)(const char *, int, ...), #name)(path, flags, mode); \
	}
OPEN(open)
OPEN(open64)
