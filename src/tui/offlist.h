/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_OFFLIST_H
#define BERTH_SRC_TUI_OFFLIST_H
/* Many rising offsets in few bytes (one or two each in a log): each 64th as it is, the others as the step from the one before. */
#include "berth/str.h"
#include "berth/vec.h"

struct offlist { VEC(uint8_t) steps; VEC(struct { uint64_t first; size_t steps_at; }) blocks; size_t n; uint64_t last; };
void offlist_fini(struct offlist *l);                   /* empty, and usable again */
void offlist_add(struct offlist *l, uint64_t offset);   /* higher than the last */
uint64_t offlist_at(const struct offlist *l, size_t i); /* i < n */
size_t offlist_from(const struct offlist *l, uint64_t offset); /* index of the first that is not lower; n: none */
#endif
