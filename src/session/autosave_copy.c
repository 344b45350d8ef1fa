/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tar of a workspace, taken apart on a worker. Nothing is unpacked but what git's salvage takes. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <unistd.h>

#include "autosave_impl.h"
#include "berth/mem.h"

enum { PIECE = 64 << 10, REPORT_BYTES = 4 << 20 };

struct copying {
	struct save_job *job;
	struct salvage *salvage;
	struct archive *tar;
	uint64_t now, told;
	char piece[PIECE];
};

static la_ssize_t pipe_in(struct archive *tar, void *copying, const void **ret)
{
	struct copying *c = copying;
	ssize_t n;

	do
		n = read(c->job->in, c->piece, sizeof c->piece);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		archive_set_error(tar, errno, "%s", strerror(errno));
	else
		c->now += (uint64_t)n;
	if (c->now - c->told >= REPORT_BYTES) {
		c->told = c->now;
		autosave_report(c->job, "bytes", c->now, 0);
	}
	*ret = c->piece;
	return n < 0 ? -1 : n;
}

/* "flights/src/a.py" -> "src/a.py"; NULL for the root itself and for what lies elsewhere. */
static const char *path_below(const struct copying *c, const char *path)
{
	size_t n = strlen(c->job->root);

	while (path && path[0] == '.' && path[1] == '/')
		path += 2;
	if (!path || strncmp(path, c->job->root, n) != 0 || path[n] != '/' || !path[n + 1])
		return NULL;
	return path + n + 1;
}

static int copy_bytes(struct copying *c, struct err *reterr)
{
	const void *p;
	size_t n;
	la_int64_t at;
	uint64_t now = 0;

	for (;;) {
		int r = archive_read_data_block(c->tar, &p, &n, &at);
		if (r == ARCHIVE_EOF)
			return salvage_end_file(c->salvage, reterr);
		if (r < ARCHIVE_WARN || (uint64_t)at != now)
			return err_set(reterr, ERR_CONFLICT, "the copy of the workspace is cut short: %s", archive_error_string(c->tar));
		if (salvage_bytes(c->salvage, p, n, reterr) < 0)
			return -1;
		now += n;
	}
}

static int copy_file(struct copying *c, struct archive_entry *e, const char *path, struct err *reterr)
{
	const struct salvage_entry entry = { path, (archive_entry_mode(e) & 0100) != 0, (uint64_t)archive_entry_size(e) };
	bool wanted;

	if (salvage_file(c->salvage, &entry, &wanted, reterr) < 0)
		return -1;
	return wanted ? copy_bytes(c, reterr) : 0;
}

static int copy_entry(struct copying *c, struct archive_entry *e, struct err *reterr)
{
	const char *path = path_below(c, archive_entry_pathname(e));
	const char *same = path_below(c, archive_entry_hardlink(e));

	if (!path)
		return 0;
	if (same)
		return salvage_hardlink(c->salvage, path, same, reterr);
	if (archive_entry_filetype(e) == AE_IFLNK)
		return salvage_symlink(c->salvage, path, archive_entry_symlink(e) ? archive_entry_symlink(e) : "", reterr);
	return archive_entry_filetype(e) == AE_IFREG ? copy_file(c, e, path, reterr) : 0;
}

static int copy_all(struct copying *c, struct err *reterr)
{
	struct archive_entry *e;
	int r;

	while ((r = archive_read_next_header(c->tar, &e)) >= ARCHIVE_WARN && r != ARCHIVE_EOF) {
		if (atomic_load(&c->job->stop))
			return err_set(reterr, ERR_CANCELLED, "cancelled");
		if (copy_entry(c, e, reterr) < 0)
			return -1;
	}
	if (r != ARCHIVE_EOF)
		return err_set(reterr, ERR_CONFLICT, "the copy of the workspace is cut short: %s", archive_error_string(c->tar));
	while (pipe_in(c->tar, c, &(const void *){ NULL }) > 0)
		; /* what stands behind the end, so that the sender gets rid of it */
	return 0;
}

/* Names are bytes: in any other locale libarchive would change how they are written. */
int autosave_copy(struct save_job *j, struct salvage *s, struct err *reterr)
{
	struct copying *c = xcalloc(1, sizeof *c);
	locale_t bytes = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	locale_t before = bytes ? uselocale(bytes) : (locale_t)0;
	int rc;

	*c = (struct copying){ .job = j, .salvage = s, .tar = archive_read_new() };
	archive_read_support_format_tar(c->tar);
	if (archive_read_open(c->tar, c, NULL, pipe_in, NULL) != ARCHIVE_OK)
		rc = err_set(reterr, ERR_CONFLICT, "the workspace can't be read: %s", archive_error_string(c->tar));
	else
		rc = copy_all(c, reterr);
	if (rc == 0 && atomic_load(&j->cut))
		rc = err_set(reterr, ERR_CONFLICT, "the copy of the workspace is cut short");
	archive_read_free(c->tar);
	if (bytes) {
		uselocale(before);
		freelocale(bytes);
	}
	free(c);
	return rc;
}
