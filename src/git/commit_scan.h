/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_COMMIT_SCAN_H
#define BERTH_GIT_COMMIT_SCAN_H
/* The text of a commit object, taken apart in place. Pure. Lenient where git's own readers are: a person without an address
 * or a date still gives what is there. */
#include "berth/model.h"

struct commit_person { struct sv name, email; int64_t at_s; };
struct commit_scan {
	struct oid tree;
	struct sv parents;            /* n_parents lines of 48 bytes: "parent <40 hex>\n" */
	size_t n_parents;
	struct commit_person author, committer;
	struct sv encoding;           /* empty: UTF-8 */
	struct sv message;
};
bool commit_scan(struct sv object, struct commit_scan *out); /* false: no tree line, so no commit */
bool commit_scan_parent(const struct commit_scan *c, size_t i, struct oid *ret);
#endif
