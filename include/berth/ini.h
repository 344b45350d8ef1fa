/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_INI_H
#define BERTH_INI_H
/*
 * Reads what Python's configparser writes and people type: "[section]" lines, "key = value" or "key: value", whole-line
 * comments with '#' or ';' (behind a value, too, with a blank before them), CR LF, a byte order mark. Names of sections and keys compare without case. Continuation lines
 * (indented) and lines that are nothing of this are skipped; at most 256 KiB and 2000 lines are looked at.
 */
#include "berth/str.h"

/* Calls item for every key of the section, as it stands in the file (value trimmed, one pair of quotes around it taken
 * off). False when the file has no such section. */
bool ini_section(struct sv text, const char *section, void (*item)(void *ctx, struct sv key, struct sv value), void *ctx);

/* Adds the text to out with `key = value` in the first of the sections that the file has (else in a new one at its end, named as
 * the first): the last such key there gets the value, what stands for others stays byte for byte. value NULL: the key goes from
 * all of the sections, with the lines that go on with its value. False: the text is longer than what ini_section() looks at. */
struct ini_change { const char *const *sections; size_t n_sections; const char *key, *value; };
bool ini_put(struct sv text, const struct ini_change *c, struct buf *out);
#endif
