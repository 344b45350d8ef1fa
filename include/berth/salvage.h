/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SALVAGE_H
#define BERTH_SALVAGE_H
/*
 * What a copy of a workspace holds that is nowhere else, as commits of a repository of our own beside it. The workspace comes entry by
 * entry, in any order, from a stranger: of its .git only what says where branches are, the index and objects are taken (no
 * configuration, no hooks, no pointers to places outside), and of its files only what is written as a blob. Blocks; on workers.
 */
#include "berth/lfs.h"

struct salvage;
/* dir: an absent folder, made here; the caller removes it in the end. */
int salvage_new(const char *dir, struct salvage **ret, struct err *reterr);
void salvage_free(struct salvage *s);
DEFINE_AUTO(salvage_free, struct salvage)

/* Before the first entry: files of Git LFS come too (see salvage_result.lfs). there: a store whose objects need not be taken; NULL: none. */
void salvage_take_lfs(struct salvage *s, const char *there);

/* One entry: its path in the workspace ("src/a.py", ".git/HEAD"), without "./" before it. */
struct salvage_entry { const char *path; bool program; uint64_t size; };
/* *ret_wanted: salvage_bytes() is to be given exactly `size` bytes, then salvage_end_file(). */
int salvage_file(struct salvage *s, const struct salvage_entry *e, bool *ret_wanted, struct err *reterr);
int salvage_bytes(struct salvage *s, const void *p, size_t n, struct err *reterr);
int salvage_end_file(struct salvage *s, struct err *reterr);
int salvage_symlink(struct salvage *s, const char *path, const char *target, struct err *reterr);
/* The same file as one that came before. */
int salvage_hardlink(struct salvage *s, const char *path, const char *before, struct err *reterr);

/* When all has come, before salvage_finish(): the history of a clone that is cut off is completed from the objects of a repository here. */
bool salvage_is_shallow(const struct salvage *s);
int salvage_borrow(struct salvage *s, const char *commondir, struct err *reterr);

struct salvage_counts {
	uint32_t changed, untracked, staged, unmerged, ahead, behind, unpushed, stashes;
	bool detached, unborn;
	struct oid tip;                /* of the project's branch of HEAD's name, to which behind is counted; zero: there is none */
};
struct salvage_spec {
	struct oid start;              /* the commit that the session began at */
	const char *branch;            /* that it began on; NULL: none */
	const char *user, *author_name, *author_email;
	const char *session;           /* tells whose work it is: "Berth-Session: <session>" in the commits' messages */
	int64_t now_s;
	const git_refs *elsewhere;     /* where branches are known to be; NULL: what the workspace has as remote branches is believed */
	const char *saved_prefix;      /* branches of the project whose names begin so are saved work, and not saved anew as work of this session; NULL: none */
	const char *elsewhere_dir;     /* the repository that they are of, where it lies on this machine: behind is counted there. NULL: none */
};
struct salvaged {
	char *branch;                  /* as in autosave.h */
	struct oid tip;
	char start7[8], head7[8];
	bool ours;                     /* tip is a commit made here, with a message of ours; else the user's own commit */
};
typedef VEC(struct salvaged) salvaged_list;
struct salvage_result {
	salvaged_list saved;
	struct salvage_counts counts;
	bool on_branch;                /* HEAD is on the branch that the session began on */
	strings notes;
	/* The objects of Git LFS that pointers in the new commits name, and the store in the salvage's own folder that has them (lfs_has(): those
	 * that the workspace had). Only after salvage_take_lfs(). */
	lfs_objects lfs;
	char *lfs_store;
};
void salvage_result_fini(struct salvage_result *r);
/* ERR_CONFLICT: the copy is not consistent, somebody wrote while it was made: another copy may be. */
int salvage_finish(struct salvage *s, const struct salvage_spec *spec, const atomic_bool *stop, struct salvage_result *ret, struct err *reterr);
struct repo *salvage_repo(struct salvage *s);           /* after finish: where the commits are; borrowed */

/* ---- the other way: a clone whose HEAD is a commit that salvage_finish() made ------------------------------------------------- */
#define SALVAGE_SESSION "Berth-Session: "
/* What such a message says after a key ("Berth-Session: "); len 0: nothing. */
struct sv salvage_message_value(const char *message, const char *key);
/* The commit that was HEAD when `tip` was saved; zero: there was none. *ret_ours false: tip is a plain commit, and HEAD was itself. */
int salvage_head_of(struct repo *r, const struct oid *tip, struct oid *ret_head, bool *ret_ours, struct err *reterr);
/* Whether both hold the same: HEAD, what is staged and the files. */
bool salvage_same(struct repo *r, const struct oid *a, const struct oid *b);
/* In a clone that has `tip` checked out as `branch` (NULL, "HEAD": detached): HEAD goes back to where it was, the index to what
 * was staged, and the files stay. */
int salvage_unwrap(const char *dir, const char *branch, const struct oid *tip, struct err *reterr);
#endif
