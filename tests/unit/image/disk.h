/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_TESTS_DISK_H
#define IMAGE_TESTS_DISK_H
#include "image/record.h"

/* Writes a record as a build of `project` at a commit of byte `c` would have it, in this state, begun at `at_s`. */
void make_record(const char *id, const char *project, unsigned char c, enum build_state state, int64_t at_s);
void put_file(const char *id, const char *name, const char *text); /* of a build's folder, replaced */
void append_log(const char *id, const char *text);
struct oid oid_of(unsigned char c);
#endif
