/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_ENVIRONMENT_H
#define IMAGE_ENVIRONMENT_H
/* What a commit's tree says about its image, read through the forge. */
#include "berth/image.h"

/* Whether this file of a tree decides what the image holds; sources: environment_sources() of the tree's Dockerfile and .dockerignore. */
struct environment_sources;
struct environment_sources *environment_sources(struct sv dockerfile, struct sv dockerignore);
void environment_sources_free(struct environment_sources *s);
bool environment_has(const struct environment_sources *s, const struct forge_tree_item *i);

#endif
