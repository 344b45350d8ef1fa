/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_IMAGE_DIAGNOSE_H
#define BERTH_SRC_IMAGE_DIAGNOSE_H
/* The rules of a diagnosis, apart from the machine that applies them. */
#include "berth/diagnosis.h"

/*
 * A rule: what a line looks like, and what it means. A line is looked at only if it holds `word`, which keeps a hundred rules
 * cheap. Of all rules that match where the build broke the one of the greatest weight wins, then the later line (the first one,
 * with FIRST: where one fault makes many lines alike).
 *
 * Weights: 90 and more: what makes every other complaint a consequence (no space, no memory, no network); 80: the thing itself
 * ("no such package"); 60: what failed, without the reason ("the wheel of X could not be built"); 40: a guess that is
 * mostly right.
 *
 * In `cause` and `todo`, $1 … $9 are what the pattern has caught, $c the step's command; $h adds the Debian package of the header or
 * library $1 where it is known; $l is the list that stands below the line ("- a", "- b": its first items and how many more there
 * are). What is caught is made harmless and cut.
 */
enum {
	RULE_FIRST = 1,
	RULE_OUTSIDE = 2,              /* only outside of the builder's steps: the runner's and the engine's own words */
	RULE_ANYWHERE = 4,             /* wherever it stands, also after the build */
};
struct diagnose_rule {
	const char *name, *word, *pattern;
	const char *command;           /* a pattern that the step's command must match, too; NULL: any */
	const char *cause, *todo;
	int weight;
	unsigned flags;
};
extern const struct diagnose_rule diagnose_rules_packages[], diagnose_rules_build[], diagnose_rules_machine[]; /* each ends with a NULL name */

/* What a job's failure_reason says of itself: the rule's name is the reason. weight as above. */
struct diagnose_reason { const char *reason, *cause, *todo; int weight; };
extern const struct diagnose_reason diagnose_reasons[];           /* ends with a NULL reason */

/* The Debian package that has a C header ("ffi.h") or a library ("-lfoo": "foo"); NULL: not known here. */
const char *diagnose_debian_package(struct sv header_or_library);
#endif
