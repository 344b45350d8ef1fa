/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_DOCKERIGNORE_H
#define BERTH_DOCKERIGNORE_H
/* .dockerignore files (docs.docker.com/build/concepts/context, "Syntax"). Pure. A path is excluded when the last pattern that
 * matches it, or a folder it lies in, is not an exception (!). Matching takes time in proportion to pattern and path. */
#include "berth/str.h"

struct dockerignore;
int dockerignore_new(struct sv text, struct dockerignore **ret, struct err *reterr); /* ERR_CONFIG names the line */
void dockerignore_free(struct dockerignore *d);
bool dockerignore_excludes(const struct dockerignore *d, const char *path);
#endif
