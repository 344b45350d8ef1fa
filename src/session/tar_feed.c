/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder as a tar, made by a worker and handed on through a pipe: the pipe holds the worker back when the reader is slow,
 * and breaks under it when the reader has gone.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "parts.h"

enum { DEPTH_MAX = 200, PIECE = 64 << 10 };

/* The worker's own: nothing of it is touched by the loop's thread until `done`. */
struct tar_job {
	struct tar_feed *feed;                      /* NULL once the reader has gone; the loop's thread only */
	char *dir, *parent, *name;
	uint32_t uid, gid;
	int out;
	uint64_t total;
	struct err err;
	struct archive *tar;
	int broken_errno;                           /* the pipe's; what is written from then on is for nobody */
	char piece[PIECE];
};

struct tar_feed {
	struct loop *loop;
	struct tar_job *job;
	struct loop_work *work;
	struct loop_fd *watch;
	int in;
	uint64_t now, total;
	bool done, at_end;
	struct err err;
	void (*ready)(void *ctx);
	void *ctx;
};

static int tar_failed(struct tar_job *j, const char *path)
{
	int e = j->broken_errno ? j->broken_errno : archive_errno(j->tar);
	if (!j->err.code)
		err_set_errno(&j->err, e ? e : EIO, "copying %s", path);
	return -1;
}

/* Never an error: libarchive up to 3.6 loses its buffers when its writer fails. */
static la_ssize_t pipe_out(struct archive *a, void *job, const void *bytes, size_t n)
{
	struct tar_job *j = job;
	(void)a;
	for (size_t at = 0; at < n && !j->broken_errno;) {
		ssize_t done = write(j->out, (const char *)bytes + at, n - at);
		if (done >= 0)
			at += (size_t)done;
		else if (errno != EINTR)
			j->broken_errno = errno;
	}
	return (la_ssize_t)n;
}

static int put_header(struct tar_job *j, const char *path, const struct stat *st, const char *link)
{
	struct archive_entry *e = archive_entry_new();
	archive_entry_copy_pathname(e, path);
	archive_entry_set_mode(e, st->st_mode);
	archive_entry_set_mtime(e, st->st_mtime, 0);
	archive_entry_set_uid(e, j->uid);
	archive_entry_set_gid(e, j->gid);
	archive_entry_set_size(e, S_ISREG(st->st_mode) ? st->st_size : 0);
	if (link)
		archive_entry_copy_symlink(e, link);
	int r = archive_write_header(j->tar, e);
	archive_entry_free(e);
	return (r == ARCHIVE_OK || r == ARCHIVE_WARN) && !j->broken_errno ? 0 : tar_failed(j, path);
}

/* Exactly st_size bytes, whatever happens to the file meanwhile: nobody else writes here, but a tar must not go wrong. */
static int put_bytes(struct tar_job *j, int fd, const char *path, off_t size)
{
	for (off_t left = size; left > 0;) {
		ssize_t n = read(fd, j->piece, (size_t)MIN_OF(left, (off_t)sizeof j->piece));
		if (n < 0)
			return err_set_errno(&j->err, errno, "reading %s", path);
		if (n == 0)
			break; /* libarchive fills up with zeros */
		if (archive_write_data(j->tar, j->piece, (size_t)n) < 0 || j->broken_errno)
			return tar_failed(j, path);
		left -= n;
	}
	return 0;
}

static int put_file(struct tar_job *j, int dir_fd, const char *name, const char *path, const struct stat *st)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(&j->err, errno, "reading %s", path);
	int r = put_header(j, path, st, NULL);
	if (r == 0)
		r = put_bytes(j, fd, path, st->st_size);
	close(fd);
	return r;
}

static int put_link(struct tar_job *j, int dir_fd, const char *name, const char *path, const struct stat *st)
{
	char target[4096];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof target - 1);
	if (n < 0)
		return err_set_errno(&j->err, errno, "reading %s", path);
	target[n] = '\0';
	return put_header(j, path, st, target);
}

static int walk(struct tar_job *j, int dir_fd, const char *path, int depth);

/* path NULL: only counts. */
static int visit(struct tar_job *j, int dir_fd, const char *name, const char *path, int depth)
{
	struct stat st;
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set_errno(&j->err, errno, "reading %s", path ? path : name);
	if (!path && S_ISREG(st.st_mode))
		j->total += (uint64_t)st.st_size;
	if (S_ISDIR(st.st_mode)) {
		int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return err_set_errno(&j->err, errno, "reading %s", path ? path : name);
		st.st_mode = (st.st_mode & 07777) | S_IFDIR | 0755;
		return path && put_header(j, path, &st, NULL) < 0 ? (close(fd), -1) : walk(j, fd, path, depth + 1);
	}
	if (!path)
		return 0;
	if (S_ISLNK(st.st_mode))
		return put_link(j, dir_fd, name, path, &st);
	return S_ISREG(st.st_mode) ? put_file(j, dir_fd, name, path, &st) : 0; /* sockets and the like are not the project's */
}

/* Owns dir_fd. */
static int walk(struct tar_job *j, int dir_fd, const char *path, int depth)
{
	DIR *d = depth > DEPTH_MAX ? NULL : fdopendir(dir_fd);
	int r = 0;
	if (!d) {
		close(dir_fd);
		return err_set(&j->err, ERR_TOO_BIG, "folders are over %d deep", DEPTH_MAX);
	}
	for (struct dirent *at; r == 0 && (at = readdir(d)) != NULL;) {
		if (strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0)
			continue;
		AUTO_STR below = path ? path_join(path, at->d_name) : NULL;
		r = visit(j, dirfd(d), at->d_name, below, depth);
	}
	closedir(d);
	return r;
}

static int send_all(struct tar_job *j)
{
	struct stat dir = { .st_mode = S_IFDIR | 0755, .st_mtime = (time_t)clock_wall_s() };
	AUTO_STR root = path_join(j->parent, j->name);
	if (put_header(j, j->parent, &dir, NULL) < 0 || visit(j, AT_FDCWD, j->dir, root, 0) < 0)
		return -1;
	return archive_write_close(j->tar) == ARCHIVE_OK && !j->broken_errno ? 0 : tar_failed(j, j->dir);
}

static void counted(void *job, const void *total, size_t n)
{
	struct tar_job *j = job;
	if (j->feed && n == sizeof j->feed->total)
		memcpy(&j->feed->total, total, n);
}

static void process(struct loop_work *w, void *job)
{
	struct tar_job *j = job;
	if (visit(j, AT_FDCWD, j->dir, NULL, 0) == 0) {
		loop_work_post(w, counted, &j->total, sizeof j->total);
		j->tar = archive_write_new();
		archive_write_set_format_gnutar(j->tar);
		archive_write_set_bytes_in_last_block(j->tar, 1);
		if (archive_write_open(j->tar, j, NULL, pipe_out, NULL) != ARCHIVE_OK)
			tar_failed(j, j->dir);
		else
			send_all(j);
		archive_write_free(j->tar);
	}
	close(j->out);
	j->out = -1;
}

static void job_free(struct tar_job *j)
{
	if (j->out >= 0)
		close(j->out);
	free(j->dir);
	free(j->parent);
	free(j->name);
	free(j);
}

static void done(void *job, bool cancelled)
{
	struct tar_job *j = job;
	struct tar_feed *f = j->feed;
	if (f) {
		f->done = true;
		f->work = NULL;
		f->job = NULL;
		if (cancelled)
			err_set(&f->err, ERR_CANCELLED, "cancelled");
		else if (j->err.code)
			f->err = j->err;
	}
	job_free(j);
	if (f)
		f->ready(f->ctx);
}

static void readable(void *feed, unsigned events)
{
	struct tar_feed *f = feed;
	(void)events;
	loop_fd_change(f->watch, 0);
	f->ready(f->ctx);
}

struct tar_feed *tar_feed_new(struct loop *loop, const struct tar_feed_query *q, void (*ready)(void *ctx), void *ctx)
{
	struct tar_feed *f = xcalloc(1, sizeof *f);
	struct tar_job *j = xcalloc(1, sizeof *j);
	int ends[2] = { -1, -1 };
	*f = (struct tar_feed){ .loop = loop, .job = j, .in = -1, .ready = ready, .ctx = ctx };
	*j = (struct tar_job){ .feed = f, .dir = xstrdup(q->dir), .parent = xstrdup(q->parent), .name = xstrdup(q->name), .uid = q->uid, .gid = q->gid, .out = -1 };
	if (pipe2(ends, O_CLOEXEC) < 0) {
		err_set_errno(&f->err, errno, "making a pipe");
		f->done = true;
		f->job = NULL;
		job_free(j);
		return f;
	}
	f->in = ends[0];
	j->out = ends[1];
	fcntl(f->in, F_SETFL, O_NONBLOCK);
	f->watch = loop_fd_watch(loop, f->in, LOOP_READ, readable, f);
	f->work = loop_work_submit(loop, process, done, j);
	return f;
}

long tar_feed_read(void *feed, char *p, size_t room)
{
	struct tar_feed *f = feed;
	ssize_t n = f->in < 0 || f->at_end ? 0 : read(f->in, p, room);
	if (n > 0) {
		f->now += (uint64_t)n;
		return n;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		err_set_errno(&f->err, errno, "reading a pipe");
	if (f->err.code)
		return NET_BODY_FAIL;
	if (n < 0) {
		loop_fd_change(f->watch, LOOP_READ);
		return NET_BODY_WAIT;
	}
	f->at_end = true; /* the worker tells in a moment whether that was all */
	return f->done ? 0 : NET_BODY_WAIT;
}

void tar_feed_progress(const struct tar_feed *f, uint64_t *ret_now, uint64_t *ret_total)
{
	*ret_total = f->total;
	*ret_now = f->total ? MIN_OF(f->now, f->total) : f->now;
}

const struct err *tar_feed_error(const struct tar_feed *f)
{
	return f->err.code ? &f->err : NULL;
}

void tar_feed_free(struct tar_feed *f)
{
	if (!f)
		return;
	loop_fd_unwatch(f->watch);
	if (f->in >= 0)
		close(f->in); /* the worker's next write fails */
	if (f->job)
		f->job->feed = NULL;
	if (f->work)
		loop_work_cancel(f->work);
	free(f);
}
