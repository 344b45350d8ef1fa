/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sees to it that a keeper runs while sessions do: whoever finds none starts one, which goes on when we end. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_impl.h"
#include "berth/log.h"
#include "berth/path.h"

enum { AGAIN_MS = 20000, LOG_MOST_BYTES = 1 << 20 };

/* What a keeper says stays; the one before the last that filled a megabyte goes. */
static int open_log(struct err *reterr)
{
	AUTO_STR dir = path_of(PATH_STATE, NULL);
	AUTO_STR path = path_join(dir, "keeper.log");
	AUTO_STR old = path_join(dir, "keeper.log.1");
	struct stat st;
	int r = path_make_dirs(dir, reterr);
	if (r < 0)
		return r;
	if (stat(path, &st) == 0 && st.st_size > LOG_MOST_BYTES)
		rename(path, old);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? err_set(reterr, ERR_FAILED, "can't open %s", path) : fd;
}

static int start(struct app *a, struct err *reterr)
{
	const char *config = config_path(a->config);
	const char *plain[] = { a->keeper_program, "keep", "--detached", NULL };
	const char *configured[] = { a->keeper_program, "--config", config, "keep", "--detached", NULL };
	int fd = open_log(reterr);
	if (fd < 0)
		return fd;
	bool has_file = config && access(config, R_OK) == 0;
	struct loop_child_spec child = { .argv = has_file ? configured : plain, .cwd = "/", .detached = true, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = fd };
	struct loop_child *c = loop_child_spawn(a->loop, &child, NULL, NULL, reterr);
	close(fd);
	if (!c)
		return -ERR_FAILED;
	loop_child_forget(c);
	return 0;
}

void keeper_ensure(struct app *a)
{
	uint64_t now_ms = loop_now_ms(a->loop) + 1;
	struct engine *e = link_engine(a);
	struct err err = { 0 };
	if (!a->keeper_program || a->read_only || a->keeper || !e || (a->keeper_tried_ms && now_ms - a->keeper_tried_ms < AGAIN_MS))
		return;
	AUTO_STR lock = keeper_lock_path(engine_identity(e));
	if (lock_held(lock))
		return;
	a->keeper_tried_ms = now_ms;
	if (start(a, &err) < 0)
		app_say_err(a, MESSAGE_WARN, &err, "No keeper watches the sessions: ");
}
