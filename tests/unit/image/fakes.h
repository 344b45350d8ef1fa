/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_TESTS_FAKES_H
#define IMAGE_TESTS_FAKES_H
/* A forge and an engine of memory. The history is linear: the parent of commit k is k + 1. */
#include "berth/engine_impl.h"
#include "berth/forge_impl.h"

struct fake_file { unsigned char commit; /* 0: all */ const char *path, *text; };
struct fake_forge {
	struct forge base;
	const struct fake_file *files; /* ended by a NULL path, sorted by it */
	unsigned char last;            /* the root commit's number */
	unsigned n_files, n_trees, n_walks; /* asked so far */
	size_t tar_bytes;              /* a tar of so many bytes, in pieces of 64 KiB */
	bool tar_breaks;               /* … that ends in an error in the middle */
	bool tree_breaks;
	size_t extra_seen;             /* length of the Dockerfile put beside the tree */
};
struct fake_forge *fake_forge_new(struct loop *l, const struct fake_file *files, unsigned char last);

enum fake_build { FAKE_BUILD_GOOD, FAKE_BUILD_FAILS, FAKE_BUILD_ENGINE_DIES, FAKE_BUILD_HANGS };
struct fake_engine {
	struct engine base;
	const char *const *tags;       /* ended by NULL */
	bool down;
	unsigned n_images;             /* asked so far */
	enum fake_build build;
	size_t context_bytes;          /* read of the last build's context */
	bool context_done, building;
	char label_revision[41], ref[128];
};
struct fake_engine *fake_engine_new(struct loop *l, const char *const *tags);
#endif
