/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_CONTEXT_H
#define IMAGE_CONTEXT_H
/*
 * The build context on its way from the forge to the engine: pieces of a tar are asked for one by one while the engine keeps
 * up, so that a big tree never stands in memory.
 */
#include "berth/engine.h"
#include "berth/forge.h"

struct context;
/* dockerfile: put beside the tree as "Dockerfile"; NULL: the tree has its own. Copied. `ready` runs when there are bytes again,
 * or none will come. */
struct context_query { const struct project *project; struct oid commit; const char *dockerfile; };
struct context *context_open(struct forge *f, const struct context_query *q, void (*ready)(void *ctx), void *ctx);
/* For engine_build_query: context_read and context_done. The latter frees it when the forge has ended too. */
long context_read(void *context, char *p, size_t room);
void context_done(void *context);
void context_stop(struct context *c);                   /* no more bytes are wanted: ends the forge's call; `ready` runs no more */
const struct err *context_error(const struct context *c); /* why the forge gave up; NULL: it did not */
#endif
