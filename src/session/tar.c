/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small tars that an engine gives: one file of an image. */
#include <archive.h>
#include <archive_entry.h>

#include "berth/mem.h"
#include "parts.h"

enum { FILE_MAX = 4 << 20 };

static void reader_free(struct archive **a)
{
	archive_read_free(*a);
}

int tar_first(struct sv tar, struct buf *ret_bytes, char **ret_link, struct err *reterr)
{
	AUTO(reader_free) struct archive *a = archive_read_new();
	struct archive_entry *e;
	char piece[8192];
	*ret_link = NULL;
	archive_read_support_format_tar(a);
	if (archive_read_open_memory(a, tar.p, tar.len) != ARCHIVE_OK || archive_read_next_header(a, &e) != ARCHIVE_OK)
		return err_set(reterr, ERR_DECODE, "what the engine sent is no archive");
	if (archive_entry_filetype(e) == AE_IFLNK) {
		*ret_link = xstrdup(archive_entry_symlink(e) ? archive_entry_symlink(e) : "");
		return 0;
	}
	for (la_ssize_t n; (n = archive_read_data(a, piece, sizeof piece)) != 0;) {
		if (n < 0)
			return err_set(reterr, ERR_DECODE, "a file of the image came damaged: %s", archive_error_string(a));
		if (ret_bytes->len + (size_t)n > FILE_MAX)
			return err_set(reterr, ERR_TOO_BIG, "a file of the image is over %d MiB", FILE_MAX >> 20);
		buf_add(ret_bytes, piece, (size_t)n);
	}
	return 0;
}
