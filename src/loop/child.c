/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Children. libuv reaps each by its own pid, so children of other libraries stay theirs. */
#include <unistd.h>
#include "berth/str.h"
#include "loop_impl.h"

struct loop_child {
	struct handle handle;
	uv_process_t uv;
	void (*on_exit)(void *ctx, int status, int signo); /* NULL: forgotten */
	void *ctx;
	pid_t pid;
	bool exited, forgotten;
};

static void child_end(struct handle *h)
{
	struct loop_child *c = (struct loop_child *)h;
	handle_unlink(h);
	uv_close((uv_handle_t *)&c->uv, free_on_close); /* one that still runs is init's to reap */
}

static void child_exited(uv_process_t *h, int64_t status, int signo)
{
	struct loop_child *c = h->data;
	c->exited = true;
	if (c->forgotten)
		child_end(&c->handle);
	else if (c->on_exit)
		c->on_exit(c->ctx, signo ? -1 : (int)status, signo);
}

static uv_stdio_container_t stdio_of(int fd, int same)
{
	uv_stdio_container_t c = { .flags = UV_IGNORE };
	if (fd != -1) {
		c.flags = UV_INHERIT_FD;
		c.data.fd = fd == LOOP_CHILD_INHERIT ? same : fd;
	}
	return c;
}

static int spawn_error(int r, const struct loop_child_spec *spec, struct err *reterr)
{
	/* The error is one of chdir() or of exec(): which, only a look can tell. */
	if (spec->cwd && access(spec->cwd, X_OK))
		return err_set_errno(reterr, -r, "can't start %s in the folder %s", spec->argv[0], spec->cwd);
	int code = err_set_errno(reterr, -r, "can't start %s", spec->argv[0]);
	if (r == UV_ENOENT)
		err_hint(reterr, "install %s, or put its folder into PATH", spec->argv[0]);
	return code;
}

struct loop_child *loop_child_spawn(struct loop *l, const struct loop_child_spec *spec,
                                    void (*on_exit)(void *ctx, int status, int signo), void *ctx, struct err *reterr)
{
	struct loop_child *c = xcalloc(1, sizeof *c);
	uv_stdio_container_t stdio[3] = { stdio_of(spec->stdin_fd, 0), stdio_of(spec->stdout_fd, 1), stdio_of(spec->stderr_fd, 2) };
	uv_process_options_t o = {
		.exit_cb = child_exited,
		.file = spec->argv[0],
		.args = (char **)(uintptr_t)spec->argv, /* libuv only reads them */
		.env = (char **)(uintptr_t)spec->env,
		.cwd = spec->cwd,
		.flags = spec->detached ? UV_PROCESS_DETACHED : 0,
		.stdio_count = 3,
		.stdio = stdio,
	};
	c->uv.data = c;
	c->on_exit = on_exit;
	c->ctx = ctx;
	int r = uv_spawn(&l->uv, &c->uv, &o);
	if (r) {
		spawn_error(r, spec, reterr);
		uv_close((uv_handle_t *)&c->uv, free_on_close);
		return NULL;
	}
	c->pid = uv_process_get_pid(&c->uv);
	handle_link(l, &c->handle, "a child process", child_end);
	return c;
}

pid_t loop_child_pid(const struct loop_child *c)
{
	return c->pid;
}

void loop_child_forget(struct loop_child *c)
{
	if (!c)
		return;
	c->forgotten = true;
	if (c->exited) {
		child_end(&c->handle);
		return;
	}
	/* It stays linked, so that the loop's end finds it, but keeps the loop no longer alive. */
	c->handle.what = "a forgotten child process";
	uv_unref((uv_handle_t *)&c->uv);
}
