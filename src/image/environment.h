/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_ENVIRONMENT_H
#define IMAGE_ENVIRONMENT_H
/* What a commit's tree says about its image, read through the forge. */
#include "berth/image.h"

struct environment {               /* lent for the callback */
	uint64_t fingerprint;
	struct sv dockerfile, dockerignore; /* the tree's, or the one made for it; the tree's, or empty */
	bool generated;
	const struct forge_tree_item *items; /* the whole tree */
	size_t n_items;
	const char *made_from;         /* when generated: "apt.txt, requirements.txt", "" when there is no such file */
};
/* Whether this file of a tree decides what the image holds; sources: environment_sources() of the tree's Dockerfile and .dockerignore. */
struct environment_sources;
struct environment_sources *environment_sources(struct sv dockerfile, struct sv dockerignore);
void environment_sources_free(struct environment_sources *s);
bool environment_has(const struct environment_sources *s, const struct forge_tree_item *i);

struct environment_load;
/* done once, from the loop; exactly one of its two pointers is set. */
struct environment_load *environment_load(struct forge *f, const struct project *p, const struct oid *commit,
                                          void (*done)(void *ctx, const struct environment *e, const struct err *err), void *ctx);
void environment_load_cancel(struct environment_load *l); /* no callback any more; NULL is fine */
#endif
