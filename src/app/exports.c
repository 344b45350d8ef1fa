/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session's workspace in a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/app_impl.h"
#include "berth/path.h"

struct exporting { struct ask *ask; struct session_call *call; int fd; char *path, *beside; uint64_t bytes; struct err err; };

static void exporting_free(struct exporting *x)
{
	if (x->fd > STDOUT_FILENO)
		close(x->fd);
	if (x->beside)
		unlink(x->beside);
	free(x->beside);
	free(x->path);
	free(x);
}

static void piece(void *exporting, struct sv tar)
{
	struct exporting *x = exporting;
	if (x->err.code)
		return;
	if (file_write_all(x->fd, tar) < 0) {
		err_set_errno(&x->err, errno, "%s could not be written", x->path);
		session_cancel(x->call);
		return;
	}
	x->bytes += tar.len;
}

static void exported(void *exporting, const struct err *err)
{
	struct exporting *x = exporting;
	struct ask *k = x->ask;
	struct err wrong = { 0 };
	err_copy(&wrong, x->err.code ? &x->err : err);
	if (!wrong.code && x->beside && (fsync(x->fd) < 0 || rename(x->beside, x->path) < 0))
		err_set_errno(&wrong, errno, "%s could not be written", x->path);
	if (!wrong.code && ask_heard(k))
		k->got.bytes(k->ctx, x->bytes);
	exporting_free(x);
	ask_end(k, wrong.code ? &wrong : NULL);
}

static int open_beside(struct exporting *x, struct err *reterr)
{
	x->fd = STDOUT_FILENO;
	if (strcmp(x->path, "-") == 0)
		return 0;
	if (access(x->path, F_OK) == 0) {
		err_set(reterr, ERR_CONFLICT, "%s is there already", x->path);
		err_hint(reterr, "Name another file.");
		return -ERR_CONFLICT;
	}
	AUTO_STR beside = xasprintf("%s.part", x->path);
	x->fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (x->fd < 0)
		return err_set_errno(reterr, errno, "%s can't be made", beside);
	x->beside = xstrdup(beside);
	return 0;
}

unsigned app_session_export(struct app *a, const char *session, const char *path, void (*got)(void *ctx, uint64_t bytes), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	struct engine *e;
	struct err err = { 0 };
	const struct session *s = known_session(a, session, &e, &err);
	struct exporting *x = xcalloc(1, sizeof *x);
	k->got.bytes = got;
	x->ask = k;
	x->path = path_expand_home(path);
	if (!s || open_beside(x, &err) < 0) {
		exporting_free(x);
		return ask_fail(k, &err);
	}
	k->cancel = cancel_session;
	k->call = x->call = session_export(e, a->loop, s, piece, exported, x);
	return k->number;
}
