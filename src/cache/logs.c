/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logs of jobs that have ended, a file each: whoever shows a log opens it like any other. A worker writes them piece by
 * piece, with secrets blotted out, under another name until they are whole. A file's time is when it was last asked for.
 * Who writes one holds its lock (flock), which goes with the process: what nobody holds is of one that was killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "berth/fault.h"
#include "berth/path.h"
#include "berth/vec.h"
#include "cache/cache_impl.h"
#include "cache/scrub.h"

enum { LOG_MAX = 64 << 20, PIECE = 256 << 10, LINE_MAX_BYTES = 1 << 20, OLD_PART_S = 86400 };
static const char part_tail[] = ".part";

struct cache_log {
	struct cache_log *next;
	struct cache *cache;          /* NULL: gone */
	struct loop *loop;
	char *dir, *path, *part;
	uint64_t max_bytes;
	int fd;                       /* -1: nothing is written yet */
	struct buf waiting, writing;  /* writing: the worker's while busy */
	size_t total;
	bool busy, failed, ended, keep;
	bool last, dropped, bad;      /* of the piece under way: it ends the log; it is not to be kept; it could not be written */
};
DEFINE_AUTO(closedir, DIR)

/* ---- on a worker ---- */
static bool write_piece(struct cache_log *l)
{
	struct sv s = buf_sv(&l->writing);
	if (l->writing.len)
		scrub(l->writing.p, l->writing.len);
	if (fault_point("cache.log"))
		return false;
	return file_write_all(l->fd, s) == 0;
}

struct kept { char *path; uint64_t bytes; int64_t used_s; };
typedef VEC(struct kept) kept_files;

static int oldest_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	return x->used_s < y->used_s ? -1 : x->used_s > y->used_s;
}

/* Where a disk knows no locks, age tells. */
static bool is_of_the_dead(const char *part, const struct stat *st)
{
	int fd = open(part, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
	bool knows = fd >= 0 && (!held || errno == EWOULDBLOCK);
	if (fd >= 0)
		close(fd);
	return knows ? !held : st->st_mtime + OLD_PART_S < time(NULL);
}

static void list_files(const char *dir, kept_files *ret, uint64_t *ret_sum)
{
	AUTO(closedir_p) DIR *d = opendir(dir);
	struct stat st;
	for (struct dirent *e; d && (e = readdir(d));) {
		AUTO_STR path = path_join(dir, e->d_name);
		if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (sv_ends(sv_of(path), sv_of(part_tail))) {
			if (is_of_the_dead(path, &st))
				unlink(path);
			continue;
		}
		struct kept k = { xstrdup(path), (uint64_t)st.st_size, st.st_mtime };
		VEC_PUSH(ret, k);
		*ret_sum += k.bytes;
	}
}

static void make_room(const struct cache_log *l)
{
	kept_files files = VEC_INIT;
	uint64_t sum = 0;
	list_files(l->dir, &files, &sum);
	if (files.len)
		qsort(files.items, files.len, sizeof *files.items, oldest_first);
	for (size_t i = 0; i < files.len; i++) {
		if (sum > l->max_bytes && unlink(files.items[i].path) == 0)
			sum -= files.items[i].bytes;
		free(files.items[i].path);
	}
	VEC_FINI(&files);
}

/* Others of the dead go first, so that one that is killed in every log leaves one at a time. */
static bool part_begin(struct cache_log *l)
{
	if (path_make_dirs(l->dir, NULL) < 0)
		return false;
	make_room(l);
	l->fd = mkostemps(l->part, sizeof part_tail - 1, O_CLOEXEC); /* 0600 */
	if (l->fd >= 0)
		flock(l->fd, LOCK_EX | LOCK_NB); /* refused: age tells */
	return l->fd >= 0;
}

static void process(struct loop_work *work, void *ctx)
{
	struct cache_log *l = ctx;
	(void)work;
	if (!l->dropped && !l->bad && ((l->fd < 0 && !part_begin(l)) || !write_piece(l)))
		l->bad = true;
	if (!l->last)
		return;
	if (l->dropped || l->bad || !l->keep || rename(l->part, l->path) < 0)
		unlink(l->part);
	else
		make_room(l);
}

/* ---- on the loop ---- */
static void log_free(struct cache_log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	buf_fini(&l->waiting);
	buf_fini(&l->writing);
	free(l->dir);
	free(l->path);
	free(l->part);
	free(l);
}

static void log_over(struct cache_log *l)
{
	for (struct cache_log **at = l->cache ? &l->cache->logs : NULL; at && *at; at = &(*at)->next)
		if (*at == l) {
			*at = l->next;
			break;
		}
	log_free(l);
}

static void piece_begin(struct cache_log *l);

static void done(void *ctx, bool cancelled)
{
	struct cache_log *l = ctx;
	l->busy = false;
	l->failed |= l->bad;
	if (!l->last && !cancelled && (l->cache || l->ended)) {
		piece_begin(l);
		return;
	}
	if (!l->last || cancelled)
		unlink(l->part); /* one that is kept has its own name already */
	log_over(l);
}

/* Up to the end of a line, so that nothing to be blotted out lies across two pieces. */
static size_t piece_len(const struct cache_log *l)
{
	const char *end = l->waiting.len ? memrchr(l->waiting.p, '\n', l->waiting.len) : NULL;
	if (l->ended || (!end && l->waiting.len >= LINE_MAX_BYTES))
		return l->waiting.len;
	return end && l->waiting.len >= PIECE ? (size_t)(end - l->waiting.p) + 1 : 0;
}

static void piece_begin(struct cache_log *l)
{
	size_t len = piece_len(l);
	if (l->busy || (!len && !l->ended))
		return;
	buf_clear(&l->writing);
	buf_add(&l->writing, buf_str(&l->waiting), len);
	buf_cut_front(&l->waiting, len);
	l->last = l->ended;
	l->dropped = l->failed;
	l->busy = true;
	loop_work_submit(l->loop, process, done, l);
}

static char *log_file(const struct cache *c, const struct project *p, const char *job)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO(buf_fini) struct buf all = BUF_INIT;
	buf_addf(&all, "%s%c%s%c%s", p->forge, '\0', p->path, '\0', job);
	buf_addf(&b, "%s/logs/", c->dir);
	buf_add_slug(&b, sv_of(p->forge));
	buf_add_char(&b, '-');
	buf_add_slug(&b, sv_of(job));
	buf_addf(&b, "-%016llx.log", (unsigned long long)hash_bytes(all.p, all.len));
	return buf_take(&b);
}

char *cache_log_path(struct cache *c, const struct project *p, const char *job)
{
	char *path = c && c->db ? log_file(c, p, job) : NULL;
	if (path && utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) < 0)
		free_p(&path);
	return path;
}

struct cache_log *cache_log_begin(struct cache *c, const struct project *p, const char *job)
{
	if (!c || !c->db)
		return NULL;
	struct cache_log *l = xcalloc(1, sizeof *l);
	l->loop = c->loop;
	l->dir = path_join(c->dir, "logs");
	l->path = log_file(c, p, job);
	l->part = xasprintf("%s.XXXXXX%s", l->path, part_tail);
	l->max_bytes = c->max_log_bytes;
	l->waiting = l->writing = BUF_INIT_MAX((size_t)LOG_MAX + 1);
	l->fd = -1;
	l->cache = c;
	l->next = c->logs;
	c->logs = l;
	return l;
}

void cache_log_add(struct cache_log *l, struct sv bytes)
{
	if (!l || l->failed)
		return;
	l->total += bytes.len;
	if (l->total > LOG_MAX) {
		l->failed = true;
		buf_fini(&l->waiting);
		return;
	}
	buf_add_sv(&l->waiting, bytes);
	piece_begin(l);
}

void cache_log_end(struct cache_log *l, bool keep)
{
	if (!l)
		return;
	l->ended = true;
	l->keep = keep;
	piece_begin(l);
}

void logs_end(struct cache *c)
{
	for (struct cache_log *l = c->logs, *next; l; l = next) {
		next = l->next;
		l->cache = NULL; /* its worker ends it */
		l->next = NULL;
		if (!l->busy) { /* nobody ended it */
			unlink(l->part);
			log_free(l);
		}
	}
	c->logs = NULL;
}
