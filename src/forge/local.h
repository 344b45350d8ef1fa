/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FORGE_LOCAL_H
#define BERTH_FORGE_LOCAL_H
/*
 * Private to forge/local*.c: git repositories on this machine. Every call is a job: a closed box that a worker runs. The
 * worker puts items into the job's list and rings; the loop takes the list and gives them to the call. A call that is
 * cancelled lets go of its job at once; the job sees `stop`, ends by itself and cleans up after itself.
 */
#include <pthread.h>
#include <stdatomic.h>
#include "berth/forge_impl.h"
#include "berth/git.h"
#include "berth/mem.h"

struct walker;
struct local_job;
struct local {
	struct forge forge;           /* first */
	char **folders, *listed;
	size_t n_folders;
	unsigned depth;
	bool current, absent_is_fine;
	struct local_job *jobs;             /* under way */
	struct walker *walkers;       /* kept histories, the one used last comes first */
	size_t n_walkers;
};

enum item_kind { ITEM_PROJECT, ITEM_NOTE, ITEM_BRANCH, ITEM_IDS, ITEM_COMMIT, ITEM_FOUND, ITEM_BYTES, ITEM_TREE, ITEM_PROGRESS };
struct item_ids { size_t first, n; struct oid *ids; bool complete; };
struct item {                         /* owns what it holds */
	enum item_kind kind;
	union {
		struct project project;
		struct branch branch;
		struct commit commit;
		struct item_ids ids;
		struct { struct oid id; char *branch; } found;
		struct { char *path; struct oid blob; unsigned mode; } tree;
		struct { const char *what; uint64_t now, total; } progress; /* what: a literal */
		struct buf bytes;     /* also a note's text */
	};
};
typedef VEC(struct item) items;

struct local_tar_job { struct forge_extra_file *extra; size_t n_extra; bool dockerignore; char *keep; }; /* extra: also the files of a commit */
struct local_job {
	struct local_job *prev, *next;
	struct local *local;          /* NULL: the forge is gone; loop's thread only */
	struct forge_call *call;      /* NULL: cancelled; loop's thread only */
	struct loop_work *work;       /* set and used by the worker */
	int (*run)(struct local_job *j, struct err *reterr); /* on a worker */
	atomic_bool stop;
	pthread_mutex_t lock;         /* items, rung, credits */
	pthread_cond_t wake;          /* credits, stop */
	items items;
	bool rung;
	size_t credits;               /* pieces of a tar that may be given */
	struct err err;
	int rc;
	/* inputs, copied in */
	char *dir, *name, *path, *into, *branch, *message, *author_name, *author_email, *listed;
	bool new_branch;
	char **folders;
	size_t n_folders;
	unsigned depth;
	bool current, absent_is_fine;
	struct oid oid;
	struct oid *ids;
	size_t n_ids, first, max;
	struct local_tar_job tar;
	struct walker *walker;        /* this job's for the time being */
};

/* loop's thread */
struct local_job *job_new(struct local *l, struct forge_call *c, int (*run)(struct local_job *j, struct err *reterr));
void job_submit(struct local_job *j);
/* NULL, after the call was ended with an error, when the project is none of this forge. */
struct local_job *job_for_project(struct local *l, struct forge_call *c, const struct project *p, int (*run)(struct local_job *j, struct err *reterr));
/* worker */
void job_put(struct local_job *j, const struct item *i);      /* takes what the item owns */
void job_put_progress(void *job, const char *what, uint64_t now, uint64_t total); /* replaces one that waits */

void local_projects(struct forge *f, struct forge_call *c);
void local_branches(struct forge *f, struct forge_call *c, const struct project *p);
void local_commit_ids(struct forge *f, struct forge_call *c, const struct forge_commits_query *q);
void local_commits(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *ids, size_t n);
void local_resolve(struct forge *f, struct forge_call *c, const struct project *p, const char *rev);
void local_file(struct forge *f, struct forge_call *c, const struct forge_file_query *q);
void local_tree(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *commit);
void local_tar(struct forge *f, struct forge_call *c, const struct forge_tar_query *q);
void local_tar_more(struct forge_call *c);
void local_clone(struct forge *f, struct forge_call *c, const struct forge_clone_query *q);
void local_commit_files(struct forge *f, struct forge_call *c, const struct forge_commit_query *q);
bool local_git_place(const struct forge *f, const struct project *p, struct git_place *ret);
bool local_watch(struct forge *f, struct forge_watch *w, const struct project *p, void **ret_impl);
void local_unwatch(void *impl);

void walker_give_back(struct local *l, struct walker *w); /* l NULL: ended */
void walkers_fini(struct local *l);
#endif
