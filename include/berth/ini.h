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
#endif
