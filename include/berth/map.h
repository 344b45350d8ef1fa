/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_MAP_H
#define BERTH_MAP_H
/* A hash map from bytes to a pointer. Keys are copied in, values belong to the caller unless free_value is given. */
#include "berth/str.h"

struct map;
struct map *map_new(void (*free_value)(void *));       /* free_value may be NULL */
void map_free(struct map *m);
void *map_get(const struct map *m, struct sv key);     /* NULL when absent */
void map_put(struct map *m, struct sv key, void *value); /* replaces (and ends) an older value; value is not NULL */
bool map_remove(struct map *m, struct sv key);
size_t map_len(const struct map *m);
/* Walks in insertion order: start with *pos = 0; false at the end. The map must not change meanwhile. */
bool map_next(const struct map *m, size_t *pos, struct sv *ret_key, void **ret_value);
DEFINE_AUTO(map_free, struct map)
#endif
