/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/fault.h"
#include "berth/mem.h"
#include "berth/path.h"

static void close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int file_read(const char *path, size_t max_bytes, struct buf *b, struct err *reterr)
{
	AUTO(close_p) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t total = 0;

	if (fd < 0)
		return err_set_errno(reterr, errno, "can't read %s", path);
	for (;;) {
		char piece[16384];
		ssize_t n = read(fd, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(reterr, errno, "can't read %s", path);
		if (!n)
			return buf_check(b, path, reterr);
		total += (size_t)n;
		if (total > max_bytes)
			return err_set(reterr, ERR_TOO_BIG, "%s is bigger than the %zu bytes that are taken", path, max_bytes);
		buf_add(b, piece, (size_t)n);
	}
}

void file_write_soon(int fd, struct sv bytes, int timeout_ms)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.p, bytes.len);
		if (n > 0) {
			bytes.p += n;
			bytes.len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };
			if (poll(&p, 1, timeout_ms) <= 0)
				return;
		} else if (n < 0 && errno != EINTR) {
			return;
		}
	}
}

int file_write_all(int fd, struct sv bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.p, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n < 0 ? errno : ENOSPC;
			return -1;
		}
		bytes.p += n;
		bytes.len -= (size_t)n;
	}
	return 0;
}

static int write_and_sync(int fd, struct sv bytes)
{
	if (fault_point("file.write")) {
		errno = ENOSPC;
		return -1;
	}
	return file_write_all(fd, bytes) < 0 ? -1 : fsync(fd);
}

/* The rename must be on disk too. A file system that can't sync a folder says EINVAL: nothing to be done there. */
static void sync_dir_of(const char *path)
{
	AUTO_STR copy = xstrdup(path);
	AUTO(close_p) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
}

int file_write_atomic(const char *path, struct sv bytes, struct err *reterr)
{
	/* A configuration kept elsewhere through a symbolic link stays one: the file it leads to is replaced. */
	AUTO_STR real = realpath(path, NULL);
	const char *target = real ? real : path;
	AUTO_STR beside = xasprintf("%s.XXXXXX", target);
	AUTO(close_p) int fd = mkostemp(beside, O_CLOEXEC); /* 0600 */

	if (fd < 0)
		return err_set_errno(reterr, errno, "can't write %s", target);
	if (write_and_sync(fd, bytes) < 0)
		goto failed;
	int to_close = fd;
	fd = -1;
	if (close(to_close) < 0 || rename(beside, target) < 0)
		goto failed;
	sync_dir_of(target);
	return 0;
failed:;
	int r = err_set_errno(reterr, errno, "can't write %s", target);
	unlink(beside);
	return r;
}
