/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_CACHE_PACK_H
#define BERTH_CACHE_PACK_H
/*
 * Entities as bytes. A record is its length, then a number and a value for each field that is not zero: numbers as varints
 * (zigzag), strings and object ids with their length. A reader skips numbers that it does not know and takes what is missing
 * for zero, so that fields come and go without a new version of the file. Bytes on disk may be anybody's: every length is
 * checked.
 */
#include "berth/model.h"

enum pack_type { PACK_STR, PACK_I64, PACK_U64, PACK_U32, PACK_INT, PACK_BOOL, PACK_OID };
struct pack_field { unsigned number /* never used again for another field; at most 63 */; enum pack_type type; size_t offset; };
struct pack { const struct pack_field *fields; size_t n; size_t size; void (*fini)(void *entity); };
extern const struct pack pack_project, pack_branch, pack_commit, pack_image;

void pack_add(struct buf *b, const struct pack *p, const void *entity);
/* Cuts the next record off *rest into *entity (zeroed before; the caller ends it); false at the end, or where the rest is no record. */
bool pack_next(struct sv *rest, const struct pack *p, void *entity);

void pack_add_number(struct buf *b, uint64_t v);
bool pack_next_number(struct sv *rest, uint64_t *ret);
void pack_add_bytes(struct buf *b, struct sv s);        /* with its length */
bool pack_next_bytes(struct sv *rest, struct sv *ret);
#endif
