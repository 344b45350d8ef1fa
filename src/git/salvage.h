/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_SALVAGE_H
#define BERTH_GIT_SALVAGE_H
/* Private to git/salvage*.c. */
#include "berth/map.h"
#include "berth/salvage.h"
#include "git/place.h"

DEFINE_AUTO(git_index_free, git_index)
DEFINE_AUTO(git_reflog_free, git_reflog)
DEFINE_AUTO(git_signature_free, git_signature)

struct salvage_item { char *path; git_oid id; unsigned mode; bool sure /* tracked, or not ignored when it came */; };
struct salvage_made { git_oid blob; char oid[LFS_OID_HEX + 1]; uint64_t size; }; /* a file that became a pointer */
struct salvage {
	char *dir, *gitdir;
	git_repository *git;                    /* made empty; what comes is put below it */
	git_odb *odb;
	struct repo *repo;                      /* opened anew when all of it is there */
	VEC(struct salvage_item) items;
	struct map *by_path;                    /* path -> index + 1 in items */
	strings nested;                         /* "sub/": folders with a .git of their own */
	git_index *tracked;                     /* of the workspace; NULL: not there (yet), or not to be read */
	bool has_head, has_index, index_tried, index_bad, takes_lfs;
	char *lfs_there;                        /* a store of LFS objects that need not be taken */
	VEC(struct salvage_made) made;
	/* the file that is coming */
	struct { char *path; int fd; bool blob, program; uint64_t size, got; struct buf bytes; git_odb_stream *stream; } now;
};
bool salvage_ignored(struct salvage *s, const char *path);
/* The index of the workspace, once it is there. */
void salvage_load_index(struct salvage *s);
bool salvage_is_nested(const struct salvage *s, const char *path);
bool salvage_git_file_wanted(const char *below); /* a file below .git/ that is taken */
/* Files of LFS (salvage_lfs.c): are these bytes what the pointer stands for? A file that the attributes give to LFS, as a pointer: *ret is left
 * alone where it is none. Is this file below .git an object that is taken? Which objects go with what is kept, as files. */
bool salvage_is_lfs_file(struct salvage *s, const git_oid *known, const git_oid *now);
int salvage_to_lfs(struct salvage *s, const struct salvage_item *i, git_oid *ret, struct err *reterr);
bool salvage_lfs_object_wanted(const struct salvage *s, const char *below, uint64_t size);
struct salvage_tips { const salvaged_list *saved; const git_oid *known; size_t n_known; };
int salvage_lfs_collect(struct salvage *s, const struct salvage_tips *t, const atomic_bool *stop, struct salvage_result *ret, struct err *reterr);
/* Submodules (salvage_apart.c): is this a submodule's path? Where to a file of its .git goes (owned; NULL: it stays out). A sentence about
 * what of it others don't have (owned; NULL: there is nothing). folder: "sub/"; start: the project's commit that the session began at. */
bool salvage_is_module(struct salvage *s, const char *path);
char *salvage_nested_git_file(struct salvage *s, const char *path);
char *salvage_module_note(struct salvage *s, const char *folder, const struct oid *start);
/* Commits that the project's branch of that name has and HEAD has not (salvage_behind.c). known: commits that the project has. *ret_tip: of that
 * branch, as far as anybody here knows; zero: nobody knows one. */
uint32_t salvage_behind(struct repo *workspace, const char *branch, const git_oid *head, const struct salvage_spec *spec, const git_oid *known, size_t n_known, struct oid *ret_tip);
#endif
