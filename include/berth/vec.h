/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_VEC_H
#define BERTH_VEC_H
/* A growing array: `VEC(struct branch) v = VEC_INIT; VEC_PUSH(&v, b); for (size_t i = 0; i < v.len; i++) v.items[i] …`
 * Items are plain values; whoever owns the vector ends what they own. */
#include "berth/mem.h"

#define VEC(type) struct { type *items; size_t len, cap; }
#define VEC_INIT { NULL, 0, 0 }
#define VEC_RESERVE(v, n) \
	((n) > (v)->cap ? (void)((v)->cap = MAX_OF((size_t)(n), (v)->cap * 2 + 8), \
	                         (v)->items = xrealloc((v)->items, (v)->cap, sizeof *(v)->items)) : (void)0)
#define VEC_PUSH(v, item) (VEC_RESERVE((v), (v)->len + 1), (v)->items[(v)->len++] = (item))
#define VEC_LAST(v) (&(v)->items[(v)->len - 1])
#define VEC_REMOVE(v, i) \
	(memmove(&(v)->items[i], &(v)->items[(i) + 1], ((v)->len - (i) - 1) * sizeof *(v)->items), (v)->len--)
#define VEC_CLEAR(v) ((v)->len = 0)
#define VEC_FINI(v) (free((v)->items), (v)->items = NULL, (v)->len = (v)->cap = 0)
#endif
