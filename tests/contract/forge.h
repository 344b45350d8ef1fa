/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_CONTRACT_FORGE_H
#define TESTS_CONTRACT_FORGE_H
/*
 * The forge port's contract: the same cases on every implementation. A maker gives a forge that has these projects:
 *   "usual"    main of 5 commits, feature/x (2 ahead and 3 behind), tag v1 at the third commit (fixture.c: repo_usual)
 *   "empty"    without commits
 *   "long"     main of LONG_HISTORY commits, two megabytes in the newest one's tree, names of every kind
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "berth/forge.h"
#include "tests/unit/git/fixture.h"

enum { LONG_HISTORY = 9000 };
struct maker {
	const char *name;
	const char *group;            /* what stands before the names of projects: "", or "team/" */
	const char *listed, *branches; /* how the lists of projects, and of the branches of "usual", read (forge_items.c) */
	void (*begin)(void);          /* may be NULL; the repositories have been made under fixture_path("projects") */
	void (*end)(void);
	struct forge *(*make)(struct loop *on);
	void (*drop_branch)(const char *project, const char *branch); /* behind the forge's back */
	void (*drop_project)(const char *project);
};
extern const struct maker maker_local, maker_gitlab;
extern const struct maker *maker;                      /* the one whose turn it is */
extern struct loop *loop;
extern struct forge *forge;
/* Ended by one without a function. */
extern const struct CMUnitTest forge_items_tests[], forge_tar_tests[], forge_ends_tests[];

/* What one call has brought. */
struct seen {
	struct forge_call *call;
	unsigned n_ends, n_items, n_notes, cancel_at; /* cancel_at: in the callback of this item (1: the first) */
	struct err err;               /* code ERR_NONE: done */
	bool complete;
	struct buf text;              /* whatever the items' case wants to remember */
	VEC(struct oid) ids;
	struct forge_call *tar;       /* asked for more with each piece, unless `stalled` */
	bool stalled;
};
void seen_fini(struct seen *s);
void seen_end(void *ctx, const struct err *err);
void seen_item(struct seen *s);
struct seen *seen_wait(struct seen *s);                /* turns the loop until the call has ended, and some turns more */
/* Callbacks that note what comes in their ctx, a struct seen. */
void on_project(void *ctx, const struct project *p);
void on_note(void *ctx, const char *text);
void on_branch(void *ctx, const struct branch *b);
void on_ids(void *ctx, size_t first, const struct oid *ids, size_t n, bool complete);
void on_commit(void *ctx, const struct commit *c);
void on_found(void *ctx, const struct oid *id, const char *branch);
void on_bytes(void *ctx, struct sv bytes);
void on_tree(void *ctx, const struct forge_tree_item *i);
void on_progress(void *ctx, const char *what, uint64_t now, uint64_t total);
/* Short ways to ask; they fail the test where the forge does not answer. path: without the group. */
struct project project_of(const char *path);
struct oid resolved(const struct project *p, const char *rev);
struct seen ids_of(const struct project *p, const struct oid *tip, size_t first, size_t max);
#endif
