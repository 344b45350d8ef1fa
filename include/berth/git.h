/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_H
#define BERTH_GIT_H
/*
 * Git repositories and git-config files, through libgit2 (seen by no other room). Everything here blocks and touches nothing
 * shared: it is called on workers, or before the loop runs. A struct repo belongs to one thread at a time. `stop` (may be
 * NULL) is polled in long calls; when it turns true they end with ERR_CANCELLED.
 */
#include <stdatomic.h>
#include "berth/model.h"
#include "berth/secret.h"

struct repo;
int repo_open(const char *path, struct repo **ret, struct err *reterr); /* a work tree, a .git folder or a bare repository */
void repo_free(struct repo *r);
DEFINE_AUTO(repo_free, struct repo)
const char *repo_workdir(const struct repo *r);         /* "" when bare; ends without a slash */
const char *repo_gitdir(const struct repo *r);
const char *repo_commondir(const struct repo *r);       /* the same, except for a linked work tree: where its branches are */

/* Paths of repositories in and below `dir`, at most `depth` folders deep; never inside one, never across a symbolic link.
 * ret_paths: owned strings, sorted. A folder that can't be read is passed over and named in *ret_note (owned, or NULL). */
typedef VEC(char *) strings;
int repo_find(const char *dir, unsigned depth, const atomic_bool *stop, strings *ret_paths, char **ret_note, struct err *reterr);
void strings_fini(strings *s);
/* The repository that `dir` lies in: its work tree (or itself, when bare); ERR_NOT_FOUND when there is none. *ret is owned. */
int repo_around(const char *dir, char **ret, struct err *reterr);

/* What a list of projects shows; a repository that is empty, shallow, corrupt or has an unborn HEAD still gives a row, with
 * project.note saying so. Fills name, dir, clone_url, default_branch, note, active_at_s and bare; the forge knows the rest.
 *
 * The default branch of a repository: in a bare one, HEAD's. Else what origin/HEAD says (the local branch of that name, or
 * "origin/x" where there is no local one); else init.defaultBranch, main, master or trunk, whichever is there first; else the
 * branch that is checked out; else the first in order of name. So it does not change when somebody checks out another one. */
int repo_describe(struct repo *r, struct project *out, struct err *reterr);
/* All local and remote ones (the latter flagged, also where a local one is just like it). A branch whose upstream is configured
 * but gone has upstream set and has_upstream false. Ahead and behind are exact, also for thousands of branches,
 * unless commit dates run far backwards (then they are as near as git's own). */
typedef VEC(struct branch) branches;
int repo_branches(struct repo *r, const atomic_bool *stop, branches *ret, struct err *reterr); /* default first, then newest first */
void branches_fini(branches *b);
/* Any revision a person may type: branch, remote branch, tag, full or short sha. ERR_NOT_FOUND, ERR_CONFLICT (ambiguous). */
int repo_resolve(struct repo *r, const char *rev, struct oid *ret, struct err *reterr);
bool repo_has_branch(struct repo *r, const char *name); /* local, or remote as "origin/x" */
int repo_commit(struct repo *r, const struct oid *id, struct commit *out, struct err *reterr);

/* Walks from a tip, newest first, as `git log` orders; cheap to begin on any history. */
struct walk;
int walk_new(struct repo *r, const struct oid *tip, struct walk **ret, struct err *reterr);
/* Fills at most `max` ids; fewer than max: the end was reached. Where a commit is missing or damaged the others are given
 * first; *ret_n ids are valid also when this fails. A shallow clone just ends. The walk ends before its repo. */
int walk_next(struct walk *w, size_t max, const atomic_bool *stop, struct oid *ret_ids, size_t *ret_n, struct err *reterr);
void walk_free(struct walk *w);
DEFINE_AUTO(walk_free, struct walk)

/* A file of a commit's tree (never of the working tree), as it is stored: of a symbolic link, where it leads. ERR_NOT_FOUND; ERR_TOO_BIG over max_bytes. */
int repo_file(struct repo *r, const struct oid *commit, const char *path, size_t max_bytes, struct buf *out, struct err *reterr);
struct tree_entry {
	const char *path;             /* relative, '/' between folders; borrowed */
	struct oid id;                /* blob (or commit of a submodule) */
	unsigned mode;                /* 0100644, 0100755, 0120000 link, 0160000 submodule, 0040000 folder (before what is in it) */
};
/* Every entry of the commit's tree in git's path order. A tree with names that no git would check out ("..", ".git") is
 * ERR_DECODE. each() returns false to stop (0 is returned then). */
int repo_tree_each(struct repo *r, const struct oid *commit, bool (*each)(void *ctx, const struct tree_entry *e), void *ctx, struct err *reterr);
/* Blob contents in pieces of at most 64 KiB (big blobs are streamed from the object store where libgit2 can). */
int repo_blob(struct repo *r, const struct oid *blob, uint64_t *ret_size,
              bool (*piece)(void *ctx, struct sv bytes), void *ctx, struct err *reterr);

/* The lines by which `now` differs from `before`, in order: '-' one that went, '+' one that came; without their line ends. */
int text_diff(struct sv before, struct sv now, void (*line)(void *ctx, char sign, struct sv text), void *ctx, struct err *reterr);

struct clone_spec {
	const char *url_or_path;      /* a local repository's path, or a URL */
	const char *branch;           /* checked out by this name, moved to `commit`; NULL: detached at it */
	struct oid commit;
	const char *origin_url;       /* what `origin` will say in the clone; NULL: url_or_path */
	const char *into;             /* an empty or absent folder */
	const char *author_name, *author_email; /* set in the clone's config; NULL: left out */
	/* Of an http(s) URL: given to its host only when it asks, never written down; redirects are not followed. NULL: none. */
	const char *user;
	const struct secret *password;
	const char *ca_file;          /* whose signatures are trusted; NULL: the system's */
};
/* Clones with all branches (as remote branches of origin), checks out. progress (may be NULL): "bytes" copied and total
 * (from this machine) or "objects" received and total (from a URL), then "files" checked out and total. Never runs hooks or filters. Leaves nothing at `into` when it fails. */
int repo_clone(const struct clone_spec *spec, const atomic_bool *stop,
               void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total), void *ctx, struct err *reterr);

/* Who commits are by: of the repository at dir as git there would have it (NULL: outside of any). Owned; NULL where nothing says it. */
void git_author(const char *dir, char **ret_name, char **ret_email);
/* Sets one value ("include.path") of a repository's own configuration. */
int repo_config_set(const char *dir, const char *name, const char *value, struct err *reterr);

/* ---- where a project's branches are: a repository on this machine, or a URL --------------------------------------------- */
struct git_place {                     /* owned strings */
	char *url;                     /* a path, or an http(s) URL */
	char *user;                    /* as in clone_spec */
	struct secret *password;
	char *ca_file;
};
void git_place_dup(struct git_place *dst, const struct git_place *src); /* copies all of it; fini releases the copy */
void git_place_fini(struct git_place *p);
struct git_ref { char *name; /* "refs/heads/main" */ struct oid id; };
typedef VEC(struct git_ref) git_refs;
void git_refs_fini(git_refs *r);
/* Its references whose name begins with prefix. */
int place_refs(const struct git_place *p, const char *prefix, const atomic_bool *stop, git_refs *ret, struct err *reterr);
struct place_update {
	const char *name;              /* "refs/heads/…" */
	struct oid id;                 /* where it shall lead; zero: it shall go */
	struct oid old;                /* where it leads now; zero: it is not there. ERR_CONFLICT when that has changed meanwhile */
};
/* Sends the objects that the place lacks from `from` (NULL when all updates are removals) and moves the references; a reference that
 * HEAD of the place's work tree stands on is never moved (ERR_CONFLICT). Then asks the place again: 0 means that it shows every
 * reference where it shall be. On failure some may have been moved. */
struct place_push { struct repo *from; const struct place_update *updates; size_t n; void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total); void *ctx; };
int place_push(const struct git_place *p, const struct place_push *q, const atomic_bool *stop, struct err *reterr);
/* Brings what a reference of the place leads to into a repository (of which nothing else changes, but for one that is named
 * refs/berth/fetched). */
int place_fetch(const struct git_place *p, struct repo *into, const struct git_ref *ref, const atomic_bool *stop, struct err *reterr);
int repo_init_bare(const char *dir, struct repo **ret, struct err *reterr);
/* The message of a commit. Owned. */
int repo_message(struct repo *r, const struct oid *id, char **ret, struct err *reterr);
/* Whether all of `old` is in `now`; false also when the repository lacks one of them. */
bool repo_is_ancestor(struct repo *r, const struct oid *old, const struct oid *now);
/* A patch between two commits' trees (from zero: from nothing), in pieces. */
int repo_patch(struct repo *r, const struct oid *from, const struct oid *to, void (*piece)(void *ctx, struct sv text), void *ctx, struct err *reterr);

/* A commit of changed files on a branch, made of objects alone: work trees and indexes stay as they are. ERR_BUSY: the branch is checked
 * out, and is not moved; ERR_CONFLICT: it is not at `parent` (any more), a new one is there already, or a file's name is a link's. */
struct repo_file;
struct repo_commit_spec {
	const char *branch, *message;
	struct oid parent;
	bool new_branch;               /* begins at parent */
	const char *fallback_author;   /* where git's configuration names none */
	const struct repo_file *files; size_t n_files; /* what stays as it is isn't named; modes stay */
};
int repo_commit_on(struct repo *r, const struct repo_commit_spec *q, struct oid *ret, struct err *reterr);

/* ---- new repositories ---- */
struct repo_file { const char *path; struct sv bytes; bool executable; };
struct repo_make_spec {
	const char *branch, *message;
	const char *fallback_author;   /* where git's configuration names none */
	const char *origin;            /* NULL: none */
	const struct repo_file *files; size_t n_files;
};
/* A repository with these files and one commit of them, at `dir`, which is absent or an empty folder (else ERR_CONFLICT: nothing is
 * ever overwritten). All of it, or nothing. */
int repo_make(const char *dir, const struct repo_make_spec *spec, struct err *reterr);
/* `origin` is that address from now on, and the branch follows it. */
int repo_set_origin(const char *dir, const char *url, const char *branch, struct err *reterr);
/* The files of a repository's default branch, by its http(s) or file address, as they are stored; no filter or hook is used. The login
 * of an http(s) place goes to its host alone, when that asks; then redirects are not followed. */
int repo_copy_tip(const struct git_place *from, const char *into, struct err *reterr);

/* ---- git-config syntax, for our own configuration, themes and .renku/renku.ini-like files ------------------------------ */
struct gitconf_entry {                 /* all borrowed */
	const char *section, *subsection, *name; /* section and name in lower case; subsection "" when none */
	const char *value;                 /* "" when none */
	bool has_value;                    /* false for a bare `name`, which git takes for true */
	unsigned line;                     /* of the name */
	const char *file;
};
/* Every entry in file order. A syntax error is ERR_CONFIG: "FILE:LINE: what was meant". Absent file: ERR_NOT_FOUND. Includes
 * are not followed. each() returns 0 to go on, or what gitconf_each then returns. */
int gitconf_each(const char *file, int (*each)(void *ctx, const struct gitconf_entry *e, struct err *reterr), void *ctx, struct err *reterr);
/* The same from memory; `file` is the name that entries and messages bear. */
int gitconf_parse(struct sv bytes, const char *file, int (*each)(void *ctx, const struct gitconf_entry *e, struct err *reterr), void *ctx, struct err *reterr);
#endif
