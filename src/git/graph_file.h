/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_GRAPH_FILE_H
#define BERTH_GIT_GRAPH_FILE_H
/*
 * git's commit-graph files (gitformat-commit-graph(5)): objects/info/commit-graph, or a chain of them named by
 * objects/info/commit-graphs/commit-graph-chain. Only read; a file that is not as described there is passed over, since
 * everything in it can be had from the commits themselves.
 */
#include "berth/model.h"

struct graph_file;
struct graph_file *graph_file_open(const char *objects_dir);  /* NULL: none, or none that can be trusted */
struct graph_file *graph_file_of(const void *bytes, size_t len); /* one file's bytes, copied; for tests */
void graph_file_free(struct graph_file *f);
bool graph_file_find(const struct graph_file *f, const struct oid *id, uint32_t *ret_pos);
size_t graph_file_len(const struct graph_file *f);
bool graph_file_oid(const struct graph_file *f, uint32_t pos, struct oid *ret);
/* Date and parents (as positions) of a row. False when the row makes no sense. */
enum { GRAPH_FILE_MAX_PARENTS = 1024 };
bool graph_file_row(const struct graph_file *f, uint32_t pos, int64_t *ret_time_s, uint32_t ret_parents[GRAPH_FILE_MAX_PARENTS], size_t *ret_n);
#endif
