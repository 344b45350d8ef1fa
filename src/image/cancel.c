/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks a worker to end. The wish stands in a file first, then the worker is signalled; the worker writes its pid first, then
 * looks for the file: whichever comes second sees the other. A number is signalled only when the process that has it is
 * still the one that holds the build's lock: it is pinned (pidfd) before the lock is looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "image/record.h"
#include "berth/mem.h"
#include "berth/path.h"

static int ask(const char *id, struct err *reterr)
{
	AUTO_STR path = build_file(id, "cancel");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set_errno(reterr, errno, "can't cancel build %s", id);
	close(fd);
	return 0;
}

static void signal_worker(const char *id, int pid)
{
	AUTO_STR lock = build_file(id, "lock");
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		if (errno == ENOSYS && lock_held(lock))
			kill(pid, SIGTERM);
		return;
	}
	if (lock_held(lock))
		syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
	close(pidfd);
}

int build_cancel(const char *id, struct err *reterr)
{
	struct record r = { 0 };
	int n = record_read(id, &r, reterr);
	if (n < 0)
		return n;
	if (!build_is_active(&r.b)) {
		n = err_set(reterr, ERR_CONFLICT, "build %s has ended already: %s", id, build_state_name(r.b.state));
		record_fini(&r);
		return n;
	}
	n = ask(id, reterr);
	record_fini(&r);
	if (n < 0)
		return n;
	n = record_read_raw(id, &r, reterr); /* the worker may have come meanwhile */
	if (!n && build_is_active(&r.b) && r.b.pid > 1)
		signal_worker(id, r.b.pid);
	record_fini(&r);
	builds_touch();
	return n;
}
