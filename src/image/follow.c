/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follows a build's log. What is there is read a piece a turn, so that a long one holds nobody up; then whatever a change of
 * the file brings. That the build has ended is read from its record before the log is read for the last time: the worker
 * writes them in the other order.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/mem.h"
#include "image/record.h"

enum { PIECE = 64 * 1024, LOOK_EVERY_MS = 500 /* for a worker that died, and where changes of files can't be told */ };

struct build_follow {
	struct loop *loop;
	char *id, *path;
	uint64_t offset;
	int fd;
	dev_t dev;
	ino_t ino;
	struct loop_path *watch;
	struct loop_timer *timer;
	char piece_bytes[PIECE];
	struct build final;
	bool ended;                    /* final is set: what remains is the rest of the log */
	bool busy, gone;               /* in a callback; unfollowed there */
	void (*piece)(void *ctx, struct sv bytes);
	void (*end)(void *ctx, const struct build *final, const struct err *err);
	void *ctx;
};

static void follow_free(struct build_follow *f)
{
	loop_path_unwatch(f->watch);
	loop_timer_stop(f->timer);
	if (f->fd >= 0)
		close(f->fd);
	build_fini(&f->final);
	free(f->id);
	free(f->path);
	free(f);
}

static void follow_end(struct build_follow *f, const struct err *err)
{
	f->busy = true;
	f->end(f->ctx, err ? NULL : &f->final, err);
	follow_free(f);
}

/* Opens the log, again when another file has its name now; a shorter one begins anew. False: it is not there (yet). */
static bool log_ready(struct build_follow *f)
{
	struct stat st;
	if (stat(f->path, &st) < 0)
		return f->fd >= 0;
	if (f->fd >= 0 && (st.st_dev != f->dev || st.st_ino != f->ino)) {
		close(f->fd);
		f->fd = -1;
		f->offset = 0;
	}
	if (f->fd < 0) {
		f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (f->fd < 0 || fstat(f->fd, &st) < 0)
			return false;
		f->dev = st.st_dev;
		f->ino = st.st_ino;
	}
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size < f->offset)
		f->offset = 0;
	return true;
}

/* Whether there is nothing more to wait for: the build is over, as it was before the log's end was seen. */
static int look_at_record(struct build_follow *f, struct err *reterr)
{
	struct build b = { 0 };
	int r = build_read(f->id, &b, reterr);
	if (r < 0)
		return r;
	if (build_is_active(&b)) {
		build_fini(&b);
		return 0;
	}
	build_fini(&f->final);
	f->final = b;
	f->ended = true;
	return 0;
}

static ssize_t read_piece(struct build_follow *f)
{
	ssize_t n;
	if (!log_ready(f))
		return 0;
	do
		n = pread(f->fd, f->piece_bytes, PIECE, (off_t)f->offset);
	while (n < 0 && errno == EINTR);
	return n;
}

/* False: unfollowed in the callback. */
static bool give_piece(struct build_follow *f, size_t n)
{
	f->offset += n;
	f->busy = true;
	f->piece(f->ctx, (struct sv){ f->piece_bytes, n });
	f->busy = false;
	if (!f->gone)
		return true;
	follow_free(f);
	return false;
}

static void step(void *follow)
{
	struct build_follow *f = follow;
	struct err err = { 0 };
	ssize_t n = read_piece(f);
	if (n > 0) {
		if (give_piece(f, (size_t)n))
			loop_timer_again(f->timer, 0);
		return;
	}
	if (n < 0)
		err_set_errno(&err, errno, "the log of build %s can't be read", f->id);
	else if (!f->ended && look_at_record(f, &err) == 0) {
		loop_timer_again(f->timer, f->ended ? 0 : LOOK_EVERY_MS);
		return;
	}
	follow_end(f, err.code ? &err : NULL);
}

static void changed(void *follow)
{
	struct build_follow *f = follow;
	loop_timer_again(f->timer, 0);
}

struct build_follow *build_follow(struct loop *l, const char *id, uint64_t offset, void (*piece)(void *ctx, struct sv bytes),
                                  void (*end)(void *ctx, const struct build *final, const struct err *err), void *ctx)
{
	struct build_follow *f = xcalloc(1, sizeof *f);
	f->loop = l;
	f->id = xstrdup(id);
	f->path = build_file(id, "log");
	f->offset = offset;
	f->fd = -1;
	f->piece = piece;
	f->end = end;
	f->ctx = ctx;
	f->timer = loop_timer_start(l, 0, 0, step, f);
	if (build_id_valid(sv_of(id)))
		f->watch = loop_path_watch(l, f->path, changed, f, NULL);
	return f;
}

void build_unfollow(struct build_follow *f)
{
	if (!f)
		return;
	if (f->busy)
		f->gone = true;
	else
		follow_free(f);
}
