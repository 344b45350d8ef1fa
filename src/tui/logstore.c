/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/logstore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "berth/path.h"
#include "berth/mem.h"

enum { WINDOW = 4 * LOG_BLOCK, FILL = LOG_BLOCK, BEFORE = LOG_BLOCK / 4, FIRST_LOOK = 4096 };

void logstore_init(struct logstore *s)
{
	*s = (struct logstore){ .fd = -1 };
}

void logstore_fini(struct logstore *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->window);
	logstore_init(s);
}

/* A file without a name, gone with its descriptor; in memory where the folder's file system has none. */
static int nameless_file(void)
{
	AUTO_STR dir = path_of(PATH_STATE, NULL);
	int fd = -1;
	if (path_make_dirs(dir, NULL) == 0)
		fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : memfd_create("berth-log", MFD_CLOEXEC);
}

void logstore_add(struct logstore *s, struct sv bytes)
{
	if (s->failed || !bytes.len)
		return;
	if (s->fd < 0)
		s->fd = nameless_file();
	s->own = true;
	while (bytes.len && s->fd >= 0) {
		ssize_t n = pwrite(s->fd, bytes.p, bytes.len, (off_t)s->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		s->len += (size_t)n;
		bytes.p += n;
		bytes.len -= (size_t)n;
	}
	if (bytes.len)
		s->failed = errno ? errno : ENOSPC;
}

bool logstore_file(struct logstore *s, int fd, uint64_t len)
{
	if (s->fd < 0 && (s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
		return false;
	s->len = MAX_OF(s->len, len);
	return true;
}

static void fill(struct logstore *s, uint64_t at, size_t n)
{
	uint64_t from = at > BEFORE ? at - BEFORE : 0;
	size_t want = MIN_OF((size_t)WINDOW, MAX_OF((size_t)FILL, (size_t)(at - from) + n)), got = 0;
	if (!s->window)
		s->window = xmalloc(WINDOW);
	want = (size_t)MIN_OF((uint64_t)want, s->len - from);
	while (got < want) {
		ssize_t r = pread(s->fd, s->window + got, want - got, (off_t)(from + got));
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	s->window_at = from;
	s->window_len = got;
}

struct sv logstore_read(struct logstore *s, uint64_t at, size_t n)
{
	if (at >= s->len)
		return (struct sv){ "", 0 };
	n = (size_t)MIN_OF((uint64_t)n, s->len - at);
	if (at < s->window_at || at + n > s->window_at + s->window_len)
		fill(s, at, n);
	if (at >= s->window_at + s->window_len)
		return (struct sv){ "", 0 };
	return (struct sv){ s->window + (at - s->window_at), (size_t)MIN_OF((uint64_t)n, s->window_at + s->window_len - at) };
}

static uint64_t line_end_before(struct logstore *s, uint64_t at, size_t back)
{
	uint64_t from = at > back ? at - back : 0;
	struct sv b = logstore_read(s, from, (size_t)(at - from));
	const char *p = b.len ? memrchr(b.p, '\n', b.len) : NULL;
	return p ? from + (size_t)(p - b.p) + 1 : from ? UINT64_MAX : 0;
}

uint64_t logstore_line_start(struct logstore *s, uint64_t at)
{
	uint64_t start = line_end_before(s, at, FIRST_LOOK), multiple = at / LOG_BLOCK * LOG_BLOCK;
	if (start == UINT64_MAX)
		start = line_end_before(s, at, 2 * LOG_BLOCK);
	if (start == UINT64_MAX)
		return multiple;
	return multiple >= LOG_BLOCK && multiple - LOG_BLOCK >= start ? multiple : start;
}

struct sv logstore_line(struct logstore *s, uint64_t start, uint64_t *ret_next)
{
	struct sv b = logstore_read(s, start, FIRST_LOOK);
	const char *end = b.len ? memchr(b.p, '\n', b.len) : NULL;
	if (!end && b.len == FIRST_LOOK) {
		uint64_t most = (start + LOG_BLOCK - 1) / LOG_BLOCK * LOG_BLOCK + LOG_BLOCK;
		b = logstore_read(s, start, (size_t)(most - start));
		end = b.len ? memchr(b.p, '\n', b.len) : NULL;
	}
	if (end)
		b.len = (size_t)(end - b.p);
	*ret_next = MIN_OF(start + b.len + (end != NULL), s->len);
	if (!b.len && !end)
		*ret_next = s->len; /* a file that is shorter than it was */
	return b;
}

struct sv log_whole_lines(struct sv s, bool ended)
{
	const char *last = ended || !s.len ? NULL : memrchr(s.p, '\n', s.len);
	if (last)
		s.len = (size_t)(last + 1 - s.p);
	else if (!ended && s.len < LOG_BLOCK)
		s.len = 0;
	return s;
}

struct sv log_block(int fd, char *block, uint64_t at, uint64_t len)
{
	ssize_t n;
	do
		n = pread(fd, block, (size_t)MIN_OF((uint64_t)LOG_BLOCK, len - at), (off_t)at);
	while (n < 0 && errno == EINTR);
	return log_whole_lines((struct sv){ block, n > 0 ? (size_t)n : 0 }, false);
}
