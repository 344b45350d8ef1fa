/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "berth/path.h"
#include "git/loose.h"
#if __has_include(<git2/sys/errors.h>) /* from libgit2 1.8 on git_error_set_str() is declared there */
#include <git2/sys/errors.h>
#endif

enum { INPUT = 16 << 10, HEADER_MAX = 64, MAX_STORES = 16, DEFLATE_BEST = 1032 /* bytes that one byte can stand for */ };

struct loose {
	int fd;
	z_stream z;
	bool inflating, ended;
	git_object_t type;
	uint64_t size, given;
	size_t head_at, head_len;     /* contents that came with the header */
	char hex[OID_HEX + 1];
	unsigned char head[HEADER_MAX], input[INPUT];
};

static int damaged(const struct loose *l, const char *what)
{
	AUTO_STR text = xasprintf("object %s %s", l->hex, what);

	git_error_set_str(GIT_ERROR_ODB, text);
	return -1;
}

/* ---- one object ------------------------------------------------------------------------------------------------------------- */
/* Bytes written to `to`: fewer than n only where the stream ends. -1: it is cut off or no zlib stream. */
static ssize_t inflate_some(struct loose *l, void *to, size_t n)
{
	l->z.next_out = to;
	l->z.avail_out = (uInt)n;
	while (l->z.avail_out && !l->ended) {
		if (!l->z.avail_in) {
			ssize_t got = read(l->fd, l->input, INPUT);
			if (got <= 0)
				return damaged(l, got ? "can't be read" : "is cut off");
			l->z.next_in = l->input;
			l->z.avail_in = (uInt)got;
		}
		int rc = inflate(&l->z, Z_NO_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return damaged(l, "is damaged");
		l->ended = rc == Z_STREAM_END;
	}
	return (ssize_t)(n - l->z.avail_out);
}

static int header_parse(struct loose *l, size_t len, off_t file_size)
{
	static const struct { struct sv name; git_object_t type; } types[] = {
		{ { "commit ", 7 }, GIT_OBJECT_COMMIT }, { { "tree ", 5 }, GIT_OBJECT_TREE },
		{ { "blob ", 5 }, GIT_OBJECT_BLOB }, { { "tag ", 4 }, GIT_OBJECT_TAG },
	};
	const unsigned char *nul = memchr(l->head, 0, len);
	struct sv text = { (const char *)l->head, nul ? (size_t)(nul - l->head) : 0 };

	l->type = GIT_OBJECT_INVALID;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (sv_starts(text, types[i].name)) {
			l->type = types[i].type;
			text = (struct sv){ text.p + types[i].name.len, text.len - types[i].name.len };
			break;
		}
	if (l->type == GIT_OBJECT_INVALID || !sv_to_u64(text, &l->size))
		return damaged(l, "has no header that git knows");
	/* A size that the file can't hold would only be asked of memory. */
	if (l->size / DEFLATE_BEST > (uint64_t)file_size)
		return damaged(l, "claims more than it can hold");
	l->head_at = (size_t)(nul - l->head) + 1;
	l->head_len = len;
	return 0;
}

static int file_open(const strings *stores, const char *hex)
{
	for (size_t i = 0; i < stores->len; i++) {
		AUTO_STR path = xasprintf("%s/%.2s/%s", stores->items[i], hex, hex + 2);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	errno = ENOENT;
	return -1;
}

static int loose_begin(struct loose *l)
{
	struct stat st;

	if (fstat(l->fd, &st) || inflateInit(&l->z) != Z_OK)
		return damaged(l, "can't be read");
	l->inflating = true;
	ssize_t n = inflate_some(l, l->head, HEADER_MAX);
	return n < 0 ? (int)n : header_parse(l, (size_t)n, st.st_size);
}

int loose_open(const strings *stores, const git_oid *id, struct loose **ret)
{
	AUTO(loose_close_p) struct loose *l = NULL;
	struct oid oid;
	char hex[OID_HEX + 1];

	oid_from_git(&oid, id);
	oid_hex(&oid, hex);
	int fd = file_open(stores, hex);
	if (fd < 0 && errno == ENOENT)
		return GIT_ENOTFOUND;
	l = xcalloc(1, sizeof *l);
	l->fd = fd;
	memcpy(l->hex, hex, sizeof hex);
	if (fd < 0)
		return damaged(l, strerror(errno));
	int rc = loose_begin(l);
	if (rc)
		return rc;
	*ret = l;
	l = NULL;
	return 0;
}

void loose_close(struct loose *l)
{
	if (!l)
		return;
	if (l->inflating)
		inflateEnd(&l->z);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

git_object_t loose_type(const struct loose *l) { return l->type; }
uint64_t loose_size(const struct loose *l) { return l->size; }

ssize_t loose_read(struct loose *l, void *to, size_t n)
{
	size_t want = (size_t)MIN_OF(l->size - l->given, (uint64_t)n), at = MIN_OF(want, l->head_len - l->head_at);

	memcpy(to, l->head + l->head_at, at);
	l->head_at += at;
	if (at < want) {
		ssize_t got = inflate_some(l, (char *)to + at, MIN_OF(want - at, (size_t)1 << 30));
		if (got < 0)
			return got;
		at += (size_t)got;
		if (at < want && l->ended)
			return damaged(l, "is shorter than it says");
	}
	l->given += at;
	return (ssize_t)at;
}

/* ---- stores ------------------------------------------------------------------------------------------------------------------ */
static void alternates_add(strings *stores, const char *store)
{
	AUTO_STR path = path_join(store, "info/alternates");
	AUTO(buf_fini) struct buf text = BUF_INIT_MAX(1 << 16);
	struct sv rest, line;

	if (file_read(path, 1 << 16, &text, NULL))
		return;
	rest = buf_sv(&text);
	while (sv_split(&rest, '\n', &line)) {
		if (!line.len || line.p[0] == '#' || stores->len >= MAX_STORES)
			continue;
		AUTO_STR name = sv_dup(line);
		VEC_PUSH(stores, name[0] == '/' ? xstrdup(name) : path_join(store, name));
	}
}

void stores_of(const char *commondir, strings *out)
{
	VEC_PUSH(out, path_join(commondir, "objects"));
	for (size_t i = 0; i < out->len; i++)
		alternates_add(out, out->items[i]);
}

/* ---- libgit2's backend --------------------------------------------------------------------------------------------------------- */
struct backend { git_odb_backend base; strings stores; const atomic_bool *stop; };

static int backend_open(git_odb_backend *base, const git_oid *id, struct loose **ret)
{
	struct backend *b = (struct backend *)base;

	return stopped(b->stop) ? GIT_EUSER : loose_open(&b->stores, id, ret);
}

static int backend_read(void **data, size_t *len, git_object_t *type, git_odb_backend *base, const git_oid *id)
{
	AUTO(loose_close_p) struct loose *l = NULL;
	size_t done = 0;

	int rc = backend_open(base, id, &l);
	if (rc)
		return rc;
	char *bytes = git_odb_backend_data_alloc(base, (size_t)l->size + 1);
	if (!bytes)
		return damaged(l, "is too big for memory");
	while (done < l->size) {
		ssize_t n = loose_read(l, bytes + done, (size_t)l->size - done);
		if (n <= 0) {
			git_odb_backend_data_free(base, bytes);
			return -1;
		}
		done += (size_t)n;
	}
	bytes[done] = '\0';
	*data = bytes;
	*len = done;
	*type = l->type;
	return 0;
}

static int backend_read_header(size_t *len, git_object_t *type, git_odb_backend *base, const git_oid *id)
{
	AUTO(loose_close_p) struct loose *l = NULL;

	int rc = backend_open(base, id, &l);
	if (rc)
		return rc;
	*len = (size_t)l->size;
	*type = l->type;
	return 0;
}

static int backend_exists(git_odb_backend *base, const git_oid *id) { return 0; } /* libgit2's own tells that safely */

static void backend_free(git_odb_backend *base)
{
	struct backend *b = (struct backend *)base;

	strings_fini(&b->stores);
	free(b);
}

int loose_backend_add(git_odb *odb, const char *commondir, const atomic_bool *stop, bool first, struct err *reterr)
{
	struct backend *b = xcalloc(1, sizeof *b);

	git_odb_init_backend(&b->base, GIT_ODB_BACKEND_VERSION);
	b->base.read = backend_read;
	b->base.read_header = backend_read_header;
	b->base.exists = backend_exists;
	b->base.free = backend_free;
	b->stop = stop;
	stores_of(commondir, &b->stores);
	int rc = git_odb_add_backend(odb, &b->base, first ? PRIORITY_PACKED + 1 : PRIORITY_LOOSE);
	if (!rc)
		return 0;
	backend_free(&b->base);
	return git_fail(reterr, rc, "the object store can't be opened");
}
