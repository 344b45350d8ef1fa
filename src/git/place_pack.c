/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a host lacks, as a pack in a file: libgit2 makes one of all that is small, and the contents of big files are added behind it, piece by
 * piece, from the loose objects that they are. So memory stays what it is, however big a file was.
 */
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha1.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include "berth/path.h"
#include "git/loose.h"
#include "git/place.h"

enum { BIG_BYTES = 4 << 20, PIECE = 64 << 10, HEADER_BYTES = 12, COUNT_AT = 8, TYPE_BLOB = 3, LEVEL = 1 /* much of what is big is packed already */ };

struct packing { struct place_sending base; int fd; uint32_t n; unsigned char in[PIECE], out[PIECE]; };

static void fd_close(int *fd) { if (*fd >= 0) close(*fd); }

/* A file that is nowhere, and goes with its descriptor. */
static int file_new(struct err *reterr)
{
	AUTO_STR dir = path_of(PATH_CACHE, "packs");
	AUTO_STR path = path_join(dir, "pack-XXXXXX");

	if (path_make_dirs(dir, reterr) < 0)
		return -1;
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(reterr, errno, "making %s", path);
	unlink(path);
	return fd;
}

static int put(struct packing *p, const void *bytes, size_t n)
{
	if (file_write_all(p->fd, (struct sv){ bytes, n }) == 0)
		return 0;
	int rc = err_set_errno(p->base.reterr, errno, "writing what is to be sent");
	err_hint(p->base.reterr, "It is written to berth's cache folder first: make room there, and try again.");
	return rc;
}

/* ---- what is small ------------------------------------------------------------------------------------------------------------------- */
static int small_piece(void *bytes, size_t n, void *packing)
{
	struct packing *p = packing;
	return stopped(p->base.stop) || put(p, bytes, n) ? GIT_EUSER : 0;
}

/* libgit2's whole pack, without the sum at its end. */
static int put_small(struct packing *p)
{
	static const char empty[HEADER_BYTES] = { 'P', 'A', 'C', 'K', 0, 0, 0, 2 };
	uint32_t n = (uint32_t)git_packbuilder_object_count(p->base.pack);
	int rc = n ? git_packbuilder_foreach(p->base.pack, small_piece, p) : put(p, empty, sizeof empty);
	off_t end = lseek(p->fd, 0, SEEK_CUR);

	if (rc)
		return p->base.reterr && p->base.reterr->code ? -(int)p->base.reterr->code : stopped(p->base.stop) ? git_cancelled(p->base.reterr) : git_fail(p->base.reterr, rc, "what is to be sent can't be packed");
	p->n = n;
	end -= n ? SHA1_DIGEST_SIZE : 0;
	return ftruncate(p->fd, end) || lseek(p->fd, end, SEEK_SET) < 0 ? err_set_errno(p->base.reterr, errno, "writing what is to be sent") : 0;
}

/* ---- what is big ---------------------------------------------------------------------------------------------------------------------- */
static int keep_big(struct place_sending *s, const git_oid *id)
{
	for (size_t i = 0; i < s->bigs.len; i++)
		if (git_oid_equal(&s->bigs.items[i], id))
			return 0;
	VEC_PUSH(&s->bigs, *id);
	return 0;
}

static int put_head(struct packing *p, uint64_t size)
{
	unsigned char head[16] = { (unsigned char)(TYPE_BLOB << 4 | (size & 15)) };
	size_t n = 1;

	for (size >>= 4; size; size >>= 7) {
		head[n - 1] |= 0x80;
		head[n++] = size & 0x7f;
	}
	return put(p, head, n);
}

static int put_contents(struct packing *p, struct loose *l, z_stream *z)
{
	uint64_t left = loose_size(l);
	int rc = Z_OK;

	while (rc != Z_STREAM_END) {
		ssize_t n = left ? loose_read(l, p->in, (size_t)MIN_OF(left, (uint64_t)PIECE)) : 0;
		if (n < 0 || (left && !n))
			return git_fail(p->base.reterr, -1, "what is to be sent is not whole");
		if (stopped(p->base.stop))
			return git_cancelled(p->base.reterr);
		left -= (uint64_t)n;
		z->next_in = p->in;
		z->avail_in = (uInt)n;
		do {
			z->next_out = p->out;
			z->avail_out = PIECE;
			rc = deflate(z, left ? Z_NO_FLUSH : Z_FINISH);
			if (put(p, p->out, PIECE - z->avail_out))
				return -1;
		} while (!z->avail_out && rc != Z_STREAM_END);
	}
	return 0;
}

static int put_big(struct packing *p, const strings *stores, const git_oid *id)
{
	AUTO(loose_close_p) struct loose *l = NULL;
	z_stream z = { 0 };
	int rc = loose_open(stores, id, &l);

	if (rc || loose_type(l) != GIT_OBJECT_BLOB)
		return git_fail(p->base.reterr, rc ? rc : -1, "what is to be sent is not whole");
	if (deflateInit(&z, LEVEL) != Z_OK)
		return err_set(p->base.reterr, ERR_FAILED, "what is to be sent can't be packed");
	rc = put_head(p, loose_size(l));
	if (!rc)
		rc = put_contents(p, l, &z);
	deflateEnd(&z);
	p->n += !rc;
	return rc;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------------ */
/* The number of objects at its front, and the sum of all bytes at its end. */
static int seal(struct packing *p)
{
	const unsigned char count[] = { (unsigned char)(p->n >> 24), (unsigned char)(p->n >> 16), (unsigned char)(p->n >> 8), (unsigned char)p->n };
	unsigned char sum[SHA1_DIGEST_SIZE];
	struct sha1_ctx ctx;
	ssize_t n;

	sha1_init(&ctx);
	if (pwrite(p->fd, count, sizeof count, COUNT_AT) != (ssize_t)sizeof count || lseek(p->fd, 0, SEEK_SET) < 0)
		return err_set_errno(p->base.reterr, errno, "writing what is to be sent");
	while ((n = read(p->fd, p->in, PIECE)) > 0 && !stopped(p->base.stop))
		sha1_update(&ctx, (size_t)n, p->in);
	if (stopped(p->base.stop))
		return git_cancelled(p->base.reterr);
	if (n < 0)
		return err_set_errno(p->base.reterr, errno, "reading what is to be sent");
	sha1_digest(&ctx, sizeof sum, sum);
	if (put(p, sum, sizeof sum))
		return -1;
	return lseek(p->fd, 0, SEEK_SET) < 0 ? err_set_errno(p->base.reterr, errno, "reading what is to be sent") : 0;
}

static int fill(struct packing *p, const git_refs *there)
{
	AUTO(strings_fini) strings stores = VEC_INIT;
	int rc = place_objects_fill(&p->base, there);

	if (!rc)
		rc = put_small(p);
	stores_of(repo_commondir(p->base.q->from), &stores);
	for (size_t i = 0; !rc && i < p->base.bigs.len; i++)
		rc = put_big(p, &stores, &p->base.bigs.items[i]);
	return rc ? rc : seal(p);
}

int place_pack(const struct place_push *q, const git_refs *there, const atomic_bool *stop, int *ret_fd, struct err *reterr)
{
	AUTO(git_packbuilder_free_p) git_packbuilder *pack = NULL;
	AUTO(fd_close) int fd = file_new(reterr);
	struct err err = { 0 };
	int rc = fd < 0 ? fd : git_packbuilder_new(&pack, q->from->git);

	if (fd < 0)
		return fd;
	if (rc)
		return git_fail(reterr, rc, "a pack can't be made");
	struct packing *p = xcalloc(1, sizeof *p);
	*p = (struct packing){ .base = { .q = q, .stop = stop, .pack = pack, .big_bytes = BIG_BYTES, .big = keep_big, .reterr = &err }, .fd = fd };
	rc = fill(p, there);
	VEC_FINI(&p->base.bigs);
	free(p);
	if (rc) {
		err_copy(reterr, &err);
		return rc;
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}
