/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "berth/mem.h"

/* Workers log too: both are read and set whole, and a line is one write to a file opened for appending. */
static atomic_int log_fd = -1;
static atomic_int log_least;

int log_open(const char *path, enum log_level least, struct err *reterr)
{
	int fd = -1, failed = 0;

	if (path) {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
		if (fd < 0) {
			failed = err_set_errno(reterr, errno, "log file %s", path);
		} else if (isatty(fd)) {
			close(fd);
			fd = -1;
			failed = err_set(reterr, ERR_USAGE, "log file %s is a terminal", path);
			err_hint(reterr, "Name a file; `tail -f` can follow it from another terminal.");
		}
	}
	atomic_store(&log_least, (int)least);
	int old = atomic_exchange(&log_fd, fd);
	if (old >= 0)
		close(old);
	return failed;
}

static size_t put_time(char *at, size_t size)
{
	struct timespec now;
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	size_t n = strftime(at, size, "%Y-%m-%dT%H:%M:%S", &utc);
	n += (size_t)snprintf(at + n, size - n, ".%03ldZ", now.tv_nsec / 1000000);
	return n;
}

void log_at(enum log_level level, const char *room, const char *fmt, ...)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	int saved_errno = errno, fd = atomic_load(&log_fd);
	char line[2048];
	va_list ap;

	if (fd < 0 || (int)level < atomic_load(&log_least) || (size_t)level >= ARRAY_LEN(names))
		return;
	size_t n = put_time(line, 64);
	n += (size_t)snprintf(line + n, 64, " %s %.32s: ", names[level], room);
	va_start(ap, fmt);
	int added = vsnprintf(line + n, sizeof line - n, fmt, ap);
	va_end(ap);
	if (added > 0)
		n += MIN_OF((size_t)added, sizeof line - n - 1);
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' '; /* a message is one line, whatever name or answer stands in it */
	}
	line[n++] = '\n';
	if (write(fd, line, n) < 0 && errno == EBADF)
		atomic_compare_exchange_strong(&log_fd, &fd, -1);
	errno = saved_errno;
}
