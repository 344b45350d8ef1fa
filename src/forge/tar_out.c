/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <archive.h>
#include <archive_entry.h>
#include "berth/mem.h"
#include "forge/tar_out.h"

enum { PIECE = 64 << 10 };

static bool piece_flush(struct tar_out *t) { return !t->piece.len || t->flush(t->ctx, &t->piece); }

static la_ssize_t archive_out(struct archive *a, void *ctx, const void *bytes, size_t n)
{
	struct tar_out *t = ctx;

	/* Never an error: libarchive up to 3.6 loses its buffers when its writer fails. */
	if (t->discard)
		return (la_ssize_t)n;
	buf_add(&t->piece, bytes, n);
	if (t->piece.len >= PIECE && !piece_flush(t)) {
		t->discard = true;
		t->rc = err_set(&t->err, ERR_CANCELLED, "cancelled");
	}
	return (la_ssize_t)n;
}

bool tar_out_failed(struct tar_out *t, const char *path)
{
	if (t->rc)
		return false;
	if (t->stopped(t->ctx))
		t->rc = err_set(&t->err, ERR_CANCELLED, "cancelled");
	else
		t->rc = err_set(&t->err, ERR_FAILED, "%s can't be put into the archive: %s", path, archive_error_string(t->archive));
	return false;
}

int tar_out_begin(struct tar_out *t, struct err *reterr)
{
	t->archive = archive_write_new();
	t->replaced = map_new(NULL);
	for (size_t i = 0; i < t->n_extra; i++)
		map_put(t->replaced, sv_of(t->extra[i].path), t);
	archive_write_set_format_pax_restricted(t->archive);
	/* Names are bytes: without this they would be converted by the locale, and those that are no UTF-8 refused. */
	archive_write_set_options(t->archive, "hdrcharset=BINARY");
	archive_write_set_bytes_per_block(t->archive, PIECE);
	archive_write_set_bytes_in_last_block(t->archive, 1);
	if (archive_write_open(t->archive, t, NULL, archive_out, NULL) != ARCHIVE_OK)
		return err_set(reterr, ERR_FAILED, "the archive can't be begun: %s", archive_error_string(t->archive));
	return 0;
}

bool tar_out_wants(const struct tar_out *t, const char *path)
{
	if (map_get(t->replaced, sv_of(path)))
		return false;
	if (!t->ignore || !strcmp(path, ".dockerignore") || (t->keep && !strcmp(path, t->keep)))
		return true;
	return !dockerignore_excludes(t->ignore, path);
}

bool tar_out_header(struct tar_out *t, const struct tar_entry *from)
{
	struct archive_entry *e = archive_entry_new();
	AUTO_STR folder = from->folder ? xasprintf("%s/", from->path) : NULL;

	archive_entry_copy_pathname(e, folder ? folder : from->path);
	archive_entry_set_filetype(e, from->link ? AE_IFLNK : from->folder ? AE_IFDIR : AE_IFREG);
	archive_entry_set_perm(e, from->link ? 0777 : from->folder || from->exec ? 0755 : 0644);
	archive_entry_set_size(e, (int64_t)from->size);
	archive_entry_set_mtime(e, t->time_s, 0);
	archive_entry_set_uid(e, 0);
	archive_entry_set_gid(e, 0);
	if (from->link)
		archive_entry_copy_symlink(e, from->link);
	int rc = archive_write_header(t->archive, e);
	archive_entry_free(e);
	return rc >= ARCHIVE_WARN ? !t->rc : tar_out_failed(t, from->path);
}

bool tar_out_data(struct tar_out *t, struct sv bytes)
{
	if (archive_write_data(t->archive, bytes.p, bytes.len) == (la_ssize_t)bytes.len)
		return !t->rc;
	return tar_out_failed(t, "a file");
}

int tar_out_finish(struct tar_out *t, struct err *reterr)
{
	bool ok = true;

	for (size_t i = 0; ok && !t->rc && i < t->n_extra; i++) {
		const struct forge_extra_file *x = &t->extra[i];
		ok = tar_out_header(t, &(struct tar_entry){ .path = x->path, .size = x->bytes.len }) && (!x->bytes.len || tar_out_data(t, x->bytes));
	}
	if (!t->rc && archive_write_close(t->archive) != ARCHIVE_OK)
		tar_out_failed(t, "the end");
	if (!t->rc && !piece_flush(t))
		tar_out_failed(t, "the end");
	return t->rc ? err_copy(reterr, &t->err) : 0;
}

void tar_out_fini(struct tar_out *t)
{
	t->discard = true; /* where it failed, closing would write the end of an archive */
	archive_write_free(t->archive);
	map_free(t->replaced);
	dockerignore_free(t->ignore);
	buf_fini(&t->piece);
}
