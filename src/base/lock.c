/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lock that its holder's death frees and that anybody can look at without touching it: an open file description lock.
 * (flock has no way to look but to take it for a moment, in which the true holder would find it taken.)
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "berth/path.h"

int lock_take(const char *path, bool wait, struct err *reterr)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), r;
	if (fd < 0)
		return err_set_errno(reterr, errno, "can't open %s", path);
	do
		r = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &whole);
	while (r < 0 && errno == EINTR);
	if (!r)
		return fd;
	r = errno == EAGAIN || errno == EACCES ? err_set(reterr, ERR_BUSY, "%s is held by another process", path)
	                                       : err_set_errno(reterr, errno, "can't lock %s", path);
	close(fd);
	return r;
}

bool lock_held(const char *path)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	int r = fcntl(fd, F_OFD_GETLK, &whole);
	close(fd);
	return !r && whole.l_type != F_UNLCK;
}
