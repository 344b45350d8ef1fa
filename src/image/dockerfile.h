/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_DOCKERFILE_H
#define IMAGE_DOCKERFILE_H
/* What a Dockerfile takes from the build context, read as Docker reads it, and which files of a tree that means. Pure. */
#include "berth/str.h"

enum { DOCKERFILE_MAX = 1 << 20 };  /* a longer one is no Dockerfile */

/* Calls source() for each COPY, ADD and bind mount of the context: a cleaned relative path or pattern, borrowed for the
 * call; empty when all of the context is meant, or when what is meant can't be told (a variable). Other stages, addresses
 * and heredocs are no sources. Any bytes are accepted. */
void dockerfile_sources(struct sv text, void (*source)(void *ctx, struct sv pattern), void *ctx);
/* Whether `path` is what pattern names, or lies in the folder it names. A component matches as in Go's filepath.Match. */
bool source_matches(struct sv pattern, struct sv path);
#endif
