/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FORGE_TAR_OUT_H
#define BERTH_FORGE_TAR_OUT_H
/*
 * A commit's tree as a tar (pax), in pieces, whatever the tree comes from; used on workers. Owner, times and modes say nothing
 * about this machine: the same commit gives the same bytes everywhere, which is what build caches live on.
 */
#include "berth/forge.h"
#include "berth/map.h"
#include "berth/dockerignore.h"

struct archive;
struct tar_out {
	/* set by the owner before tar_out_begin(); zero else */
	const struct forge_extra_file *extra; size_t n_extra;
	struct dockerignore *ignore;  /* taken; NULL: nothing is left out */
	const char *keep;
	int64_t time_s;
	bool (*flush)(void *ctx, struct buf *piece); /* takes the piece's bytes; false: nobody reads any more */
	bool (*stopped)(void *ctx);
	void *ctx;
	/* its own */
	struct archive *archive;
	struct map *replaced;         /* paths that an extra file takes */
	struct buf piece;
	bool discard;                 /* what is written is for nobody any more */
	struct err err;               /* of the first failure, with rc */
	int rc;
};
struct tar_entry { const char *path, *link; bool exec, folder; uint64_t size; };
int tar_out_begin(struct tar_out *t, struct err *reterr);
bool tar_out_wants(const struct tar_out *t, const char *path);
bool tar_out_header(struct tar_out *t, const struct tar_entry *e);
bool tar_out_data(struct tar_out *t, struct sv bytes);
bool tar_out_failed(struct tar_out *t, const char *path); /* notes why, unless something was noted; always false */
int tar_out_finish(struct tar_out *t, struct err *reterr); /* the extra files, the end, the last piece */
void tar_out_fini(struct tar_out *t);
#endif
