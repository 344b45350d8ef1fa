/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_PRIV_H
#define BERTH_GIT_PRIV_H
/* What the files of git/ share: the handle, errors in our words, and libgit2's enders as cleanup attributes. */
#include <git2.h>
#include "berth/lfs.h"
#include "berth/map.h"
#include "berth/mem.h"
#include "git/graph.h"

struct repo {
	git_repository *git;
	git_odb *odb;
	char *workdir, *gitdir;
	struct graph *graph;          /* made by the first walk or count, NULL until then */
};

DEFINE_AUTO(git_repository_free, git_repository)
DEFINE_AUTO(git_odb_free, git_odb)
DEFINE_AUTO(git_odb_object_free, git_odb_object)
DEFINE_AUTO(git_odb_stream_free, git_odb_stream)
DEFINE_AUTO(git_reference_free, git_reference)
DEFINE_AUTO(git_reference_iterator_free, git_reference_iterator)
DEFINE_AUTO(git_remote_free, git_remote)
DEFINE_AUTO(git_config_free, git_config)
DEFINE_AUTO(git_config_iterator_free, git_config_iterator)
DEFINE_AUTO(git_object_free, git_object)
DEFINE_AUTO(git_commit_free, git_commit)
DEFINE_AUTO(git_tree_free, git_tree)
DEFINE_AUTO(git_tree_entry_free, git_tree_entry)

static inline bool stopped(const atomic_bool *stop) { return stop && atomic_load_explicit(stop, memory_order_relaxed); }
int git_cancelled(struct err *reterr);
/* Turns libgit2's return code and last message into an error of ours, "<context>: <libgit2's words>". rc is negative. */
int git_room_start(struct err *reterr);                 /* libgit2, on first use: before anything of it is called */
int git_fail(struct err *reterr, int rc, const char *fmt, ...) PRINTF_LIKE(3, 4);

static inline const git_oid *oid_to_git(const struct oid *o, git_oid *ret)
{
	memcpy(ret->id, o->b, sizeof o->b);
	return ret;
}
static inline void oid_from_git(struct oid *ret, const git_oid *o) { memcpy(ret->b, o->id, sizeof ret->b); }

/* The branch that a person means by "the project", as a short name; NULL when there is no commit on any branch. Owned. */
char *repo_default_branch(struct repo *r);
/* Full name of the branch that HEAD names ("refs/heads/main"), also when it has no commit yet; NULL when detached. Owned. */
char *repo_head_ref(struct repo *r);
/* The tip of a reference (tags peeled); false when it is not there or leads nowhere. */
bool repo_ref_tip(struct repo *r, const char *refname, struct oid *ret);
/* Who makes a commit: as git's configuration says, else the fallback. libgit2's code. */
int repo_author(git_repository *git, const char *fallback, git_signature **ret);
/* Git LFS (lfs.c): the attributes give path to it; another file of an object, each object once (by_oid: a map without values to free). */
bool lfs_is_given(struct repo *r, const char *path);
void lfs_objects_add(lfs_objects *ret, struct map *by_oid, const char *path, const char *oid, uint64_t size);
struct graph *repo_graph(struct repo *r);
struct commit_scan;
/* Reads and scans a commit; what *ret tells lies in *ret_object, which the caller ends. */
int commit_read(struct repo *r, const struct oid *id, git_odb_object **ret_object, struct commit_scan *ret, struct err *reterr);
#endif
