/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FORGE_H
#define BERTH_FORGE_H
/*
 * The port to where projects come from, for callers. Every call gives items and then ends exactly once (done, error or
 * cancelled), always from the loop, never from within the call itself. A slot that a forge lacks ends as ERR_UNSUPPORTED.
 * Items are lent for the callback only (x_dup what is kept). A cancelled call gives no item any more and ends with
 * ERR_CANCELLED when the turn ends, not within forge_cancel(); the handle is gone after the end.
 */
#include "berth/loop.h"
#include "berth/model.h"
#include "berth/net_api.h"
#include "berth/secret.h"

struct forge;
struct forge_call;
struct git_place;                  /* git.h */
enum { /* what a forge is able to do at all; what this account may do in a project is forge_may()'s */
	FORGE_CAN_BUILD_LOCALLY = 1,
	FORGE_HAS_JOBS = 2,                /* pipelines, jobs and their logs, and running them */
	FORGE_SEARCHES = 4,                /* lists of projects in pages, searched by the host */
	FORGE_HAS_ACCOUNT = 8,             /* a token with scopes; logins for git and the registry */
	FORGE_COMMITS = 16,                /* forge_commit_files() */
	FORGE_FORKS = 32,
	FORGE_HAS_REGISTRY = 64,
	FORGE_FINDS_BY_PATH = 128,         /* forge_project() */
	FORGE_BRANCH_PAGES = 256,          /* forge_branches_page() */
};

struct forge_local_config {
	const char *name;                  /* "local" */
	const char *const *folders; size_t n_folders; /* searched for repositories, "~" expanded by the caller */
	unsigned depth;                    /* of the search */
	bool absent_is_fine;               /* a folder that is not there is no note: nobody asked for it */
	const char *listed;                /* a file of folders, one a line, that have a repository each, projects too, wherever they lie; NULL: none */
	bool current;                      /* the repository around the current folder is a project too, wherever it lies */
};
struct forge *forge_local_new(struct loop *loop, const struct forge_local_config *config); /* copies the config */
/* One without projects, for those whose forge is configured no longer: every call ends with that reason. */
struct forge *forge_none_new(struct loop *loop);
/* The address of a GitLab host as it is kept: "https://gitlab.example:8443/relative", from what a person writes ("gitlab.example",
 * with or without scheme, port, slash at the end). Plain http only where it is written out. Added to ret. */
int forge_gitlab_url(struct sv text, struct buf *ret, struct err *reterr);
struct forge_gitlab_config {
	const char *name;                  /* the host's configured name */
	const char *url;                   /* from forge_gitlab_url() */
	const struct secret *token;        /* NULL: what everybody may see */
	const char *ca_file;               /* NULL: the system's */
	const char *job_name;              /* that builds the image; NULL: "image_build" */
	const struct net_memo *memo;       /* where answers are kept; NULL: in memory */
	void (*on_state)(void *ctx, const struct net_api_state *s); /* how the host answers (net_api.h); may be NULL */
	bool (*renew)(void *ctx);          /* the token is taken no more: net_api.h; forge_gitlab_renewed() answers. May be NULL */
	bool stays;                        /* who asks goes on asking: net_api.h */
	void *ctx;                         /* of on_state and renew */
	uint32_t poll_ms;                  /* between looks at a job whose log is followed; 0: 3 s. The rest follows from it */
};
struct forge *forge_gitlab_new(struct loop *loop, struct net *net, const struct forge_gitlab_config *config); /* copies the config */
/* Another token (copied), or NULL: there is none; of a forge that forge_gitlab_new() gave. */
void forge_gitlab_renewed(struct forge *f, const struct secret *token);
/* Asks again at once where the host was being waited for. */
void forge_retry_now(struct forge *f);

/* Which project of which host a repository's remotes mean. Remotes are looked at in the order origin, upstream, gitlab, the
 * rest; the first one that leads to a known host counts. Pure. */
struct forge_host { const char *url; const char *ssh_host; /* where its git over SSH answers, if elsewhere; or NULL */ };
struct forge_remote { const char *name, *url; };
struct forge_place { size_t host, remote; char *path; /* owned: "group/sub/project" */ };
struct forge_remotes {
	const struct forge_remote *remotes; size_t n_remotes;
	const struct forge_host *hosts; size_t n_hosts;
	struct sv ssh_config;              /* text of ~/.ssh/config: aliases of hosts; empty: none */
};
bool forge_place_of_remotes(const struct forge_remotes *q, struct forge_place *ret);

/* Cancels what is under way: those calls end before this returns. Not to be called from an item's callback. */
void forge_free(struct forge *f);
const char *forge_name(const struct forge *f);
unsigned forge_caps(const struct forge *f);
void forge_cancel(struct forge_call *c);                       /* NULL is fine */

typedef void (*forge_end_fn)(void *ctx, const struct err *err); /* err NULL: done */
/* err->http where the host itself says that it has no such project (it answers 404 to that, as to much else). */
enum { FORGE_HTTP_GONE = 410 };
/* Somebody begins to look at this project, of which nothing is known yet: what is wanted next (its default branch's history, its
 * pipelines) may be asked for beside its branches. A hint: it shortens the calls that follow, and nothing comes of it. */
void forge_look_ahead(struct forge *f, const struct project *p);
/* note: something that went wrong beside the items ("~/data can't be read"); may be NULL */
struct forge_call *forge_projects(struct forge *f, void (*item)(void *ctx, const struct project *p),
                                  void (*note)(void *ctx, const char *text), forge_end_fn end, void *ctx);
struct forge_call *forge_branches(struct forge *f, const struct project *p, void (*item)(void *ctx, const struct branch *b),
                                  forge_end_fn end, void *ctx);
/* Of a host: the branches whose tips are newest first, a page a call (its default branch stands first on its page); or those whose names
 * begin with `prefix`; or the one of that `name`, which is no item and no error when it is not there. `page` comes once, after the items.
 * The default branch may come long before the first page, from what forge_look_ahead() asked for, and then once more with it. */
struct forge_branches_query {
	const struct project *project;
	const char *prefix, *name;         /* NULL: any; not both */
	size_t first, max;                 /* max 0: 100, which is the most; first a multiple of max */
};
struct forge_branches_events {
	void (*item)(void *ctx, const struct branch *b);
	void (*page)(void *ctx, bool more, uint64_t total);
	forge_end_fn end;
};
struct forge_call *forge_branches_page(struct forge *f, const struct forge_branches_query *q, const struct forge_branches_events *ev, void *ctx);
/* Ids of a history from `tip`, rows [first, first + max); a forge keeps the walk so that the next page is cheap. `ids` may
 * be called several times with growing rows; complete: the last of them is a root (or the history's end). */
struct forge_commits_query { const struct project *project; const char *branch; struct oid tip; size_t first, max; };
struct forge_call *forge_commit_ids(struct forge *f, const struct forge_commits_query *q,
                                    void (*ids)(void *ctx, size_t first, const struct oid *ids, size_t n, bool complete),
                                    forge_end_fn end, void *ctx);
struct forge_call *forge_commits(struct forge *f, const struct project *p, const struct oid *ids, size_t n,
                                 void (*item)(void *ctx, const struct commit *c), forge_end_fn end, void *ctx);
struct forge_call *forge_resolve(struct forge *f, const struct project *p, const char *rev,
                                 void (*found)(void *ctx, const struct oid *id, const char *branch /* NULL: not a branch */),
                                 forge_end_fn end, void *ctx);

/* A file at a commit (at most max_bytes, else ERR_TOO_BIG; absent: ERR_NOT_FOUND). */
struct forge_file_query { const struct project *project; struct oid commit; const char *path; size_t max_bytes; };
struct forge_call *forge_file(struct forge *f, const struct forge_file_query *q,
                              void (*got)(void *ctx, struct sv bytes), forge_end_fn end, void *ctx);
/* The commit's files, names and blob ids only, in path order (what image/ computes environment fingerprints from). */
struct forge_tree_item { const char *path; struct oid blob; unsigned mode; };
struct forge_call *forge_tree(struct forge *f, const struct project *p, const struct oid *commit,
                              void (*item)(void *ctx, const struct forge_tree_item *i), forge_end_fn end, void *ctx);
/* The commit's tree as an uncompressed tar (pax), in pieces (the build context): as `git archive` makes it, the same bytes
 * every time. Extra files are put after it; one of the same path replaces the tree's. dockerignore: what the tree's
 * .dockerignore excludes is left out, as docker's own client does (the engine does not look at that file); .dockerignore
 * itself and `keep` (the Dockerfile's path, may be NULL) always come along. */
struct forge_extra_file { const char *path; struct sv bytes; };
struct forge_tar_query {
	const struct project *project;
	struct oid commit;
	const struct forge_extra_file *extra; size_t n_extra;
	bool dockerignore;
	const char *keep;
};
/* One piece comes for each forge_tar_more(); none before the first. The end comes by itself after the last piece. */
struct forge_call *forge_tar(struct forge *f, const struct forge_tar_query *q,
                             void (*piece)(void *ctx, struct sv bytes), forge_end_fn end, void *ctx);
void forge_tar_more(struct forge_call *c);                     /* one more piece may come */

/* Clones into a folder (made, must be absent or empty) with all branches, `branch` checked out at `commit` (NULL: detached;
 * "origin/x": as x). Nothing is left there when it fails; after a cancel, soon after the end. progress: "bytes" or "objects",
 * then "files". */
struct forge_clone_query { const struct project *project; const char *branch; struct oid commit; const char *into; const char *author_name, *author_email; };
struct forge_call *forge_clone(struct forge *f, const struct forge_clone_query *q,
                               void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total), forge_end_fn end, void *ctx);
/* Where git finds this project's branches, login included; copied. False: nowhere. */
bool forge_git_place(const struct forge *f, const struct project *p, struct git_place *ret);
/* ---- what a GitLab host adds: a forge without them ends with ERR_UNSUPPORTED ---------------------------------------------- */
typedef void (*forge_job_fn)(void *ctx, const struct job *j);
typedef void (*forge_pipeline_fn)(void *ctx, const struct pipeline *p);
typedef void (*forge_project_fn)(void *ctx, const struct project *p);

/* May this account do this in this project, as far as is known? 0, or -ERR_DENIED (-ERR_AUTH without a token,
 * -ERR_UNSUPPORTED) with a sentence that names the scope or the role that is missing. Asks nobody: what the host said last,
 * so what is not known yet may be done, and the host has the last word. p may be NULL for what needs no project. */
enum forge_deed {
	FORGE_DEED_READ, FORGE_DEED_RUN /* run, retry, play, cancel */, FORGE_DEED_COMMIT, FORGE_DEED_FORK, FORGE_DEED_NEW /* a project; p is NULL */, FORGE_DEED_CLONE, FORGE_DEED_PUSH,
	FORGE_DEED_PULL /* images */, FORGE_DEED_COUNT_
};
int forge_may(const struct forge *f, const struct project *p, enum forge_deed deed, struct err *reterr);
/* User name and token for git over HTTPS and for pulls from the registry. Borrowed from the forge. False: it has none. */
struct forge_login { const char *user; const struct secret *token; };
bool forge_login(const struct forge *f, struct forge_login *ret);
/* From now on this one. NULL: none. A forge without an account does nothing. */
void forge_set_token(struct forge *f, const struct secret *token);
/* Whose token it is; asks the host (three requests at once), and lets forge_may() know. */
struct forge_call *forge_account(struct forge *f, void (*item)(void *ctx, const struct account *a), forge_end_fn end, void *ctx);

/* Projects, those with the newest activity first, a page a call. `page` comes once, after the items of it: more says that
 * the next page (first + max) may have some; total is 0 where the host doesn't count. */
enum forge_projects_of { FORGE_PROJECTS_MINE /* a member of; without an account: all */, FORGE_PROJECTS_STARRED, FORGE_PROJECTS_ALL /* that may be seen */ };
struct forge_projects_query {
	enum forge_projects_of of;
	const char *search;                /* in names and paths; NULL: no search */
	size_t first, max;                 /* max 0: 50; at most 100; first a multiple of max */
};
struct forge_projects_events {
	forge_project_fn item;
	void (*page)(void *ctx, bool more, uint64_t total);
	forge_end_fn end;
};
struct forge_call *forge_projects_page(struct forge *f, const struct forge_projects_query *q, const struct forge_projects_events *ev, void *ctx);
/* One by its path ("group/sub/flights") or, when path is digits only, its number. A moved one is given under its new path. */
struct forge_call *forge_project(struct forge *f, const char *path, forge_project_fn item, forge_end_fn end, void *ctx);

/* Pipelines, each with its job that builds the image, in one request. Of a ref, or of commits (each may have several: see
 * pipeline_outranks()), or with neither the newest ones. Newest first. Child pipelines count for their parent. */
#define RENKU_INI ".renku/renku.ini" /* where a project pins its image. A host may tell that of the default branch's tip beside its newest pipelines: then
                                      * forge_file() of it costs no request of its own, once they have come */
struct forge_pipelines_query {
	const struct project *project;
	const char *ref;                   /* NULL: any */
	const struct oid *commits; size_t n_commits; /* those of other commits are not given; one of which nothing is given has none … */
	void (*not_asked)(void *ctx, const struct oid *commit); /* … but for these, of which the newest don't tell, among so many others. May be NULL */
	size_t max;                        /* pipelines; 0: 50; at most 100 */
	bool newest_first;                 /* the newest are asked for however few the commits are: the same question each time, which revalidates */
	const char *job_name;              /* NULL: "image_build" */
};
struct forge_call *forge_pipelines(struct forge *f, const struct forge_pipelines_query *q, forge_pipeline_fn item, forge_end_fn end, void *ctx);
struct forge_call *forge_job(struct forge *f, const struct project *p, uint64_t job, forge_job_fn item, forge_end_fn end, void *ctx);

/* A job's log as it grows, until the job has ended and its log is whole. A job that is retried is followed to its new try.
 * The host's runners upload every 60 s at most, so `grown_at_s` says how old what is seen may be. */
struct forge_log_state {
	const struct job *job;
	uint64_t bytes;                    /* given so far */
	int64_t grown_at_s;                /* when the last bytes came; 0: none yet */
	bool whole;                        /* the job has ended and nothing more will come */
	const char *trouble;               /* the last try failed and is tried again ("502 …"); NULL: none */
};
struct forge_log_events {
	void (*bytes)(void *ctx, struct sv bytes);      /* what comes after the bytes before */
	void (*rewritten)(void *ctx);                   /* forget the bytes so far: the log begins anew (also for a new try) */
	void (*state)(void *ctx, const struct forge_log_state *s); /* after anything in it changed */
	forge_end_fn end;
};
struct forge_log_query {
	const struct project *project;
	uint64_t job;
	bool once;                         /* as it is now, without waiting for more */
	const struct job *known;           /* its newest try, as the host has just told of it: one that ended long ago is not asked for again. NULL: nothing is known */
};
struct forge_call *forge_job_log(struct forge *f, const struct forge_log_query *q, const struct forge_log_events *ev, void *ctx);

struct forge_variable { const char *key, *value; };
enum forge_job_action { FORGE_JOB_RETRY, FORGE_JOB_PLAY, FORGE_JOB_CANCEL, FORGE_JOB_CANCEL_FORCE };
struct forge_job_action_query {
	const struct project *project;
	uint64_t job;
	enum forge_job_action action;
	const struct forge_variable *variables; size_t n_variables; /* of a manual job that is played */
};
/* item: the job as it is now; of a retry it is a new one with another id */
struct forge_call *forge_job_act(struct forge *f, const struct forge_job_action_query *q, forge_job_fn item, forge_end_fn end, void *ctx);
struct forge_run_query {
	const struct project *project;
	const char *ref;                   /* a branch or a tag: pipelines run for refs, not for commits */
	const struct forge_variable *variables; size_t n_variables;
	const struct forge_variable *inputs; size_t n_inputs; /* GitLab 18.1 and newer; a value that is JSON (7, true, [1, 2], "text") keeps its type, all else is text */
};
struct forge_call *forge_run_pipeline(struct forge *f, const struct forge_run_query *q, forge_pipeline_fn item, forge_end_fn end, void *ctx);

/* A commit on top of a branch, through the host (which knows no empty commits) or into a repository of this machine (which creates and
 * updates alike, deletes nothing, and moves no branch that is checked out: ERR_BUSY). */
enum forge_file_change { FORGE_FILE_CREATE, FORGE_FILE_UPDATE, FORGE_FILE_DELETE, FORGE_FILE_PUT /* create or update: looks first */ };
struct forge_file_action { enum forge_file_change change; const char *path; struct sv bytes; };
struct forge_commit_query {
	const struct project *project;
	const char *branch, *message;
	const char *start;                 /* branch or sha that a new branch begins at; NULL: the branch is there */
	const struct forge_file_action *actions; size_t n_actions;
	const struct oid *parent;          /* a repository of this machine wants it: the branch's tip as the caller saw it (with `start`: that commit). A host looks itself */
	const char *author;                /* there, where git's configuration names nobody; NULL: "berth" */
};
struct forge_call *forge_commit_files(struct forge *f, const struct forge_commit_query *q,
                                      void (*item)(void *ctx, const struct commit *c), forge_end_fn end, void *ctx);

/* Forks, waits for the copy, and runs the first pipeline on the default branch, which a plain fork lacks. project: again
 * whenever its import_status changed. pipeline: may not come (CI is off, or no runner file): then `note` says why. */
struct forge_fork_query { const struct project *project; const char *namespace_path /* NULL: the account's own */, *path, *name; bool no_pipeline; };
struct forge_fork_events { forge_project_fn project; forge_pipeline_fn pipeline; void (*note)(void *ctx, const char *text); forge_end_fn end; };
struct forge_call *forge_fork(struct forge *f, const struct forge_fork_query *q, const struct forge_fork_events *ev, void *ctx);

/* A new, empty project, in a group (NULL: the account's own). ERR_CONFLICT: there is one of that path; ERR_NOT_FOUND: no such group. */
struct forge_new_query { const char *namespace_path, *path, *name, *visibility /* "private", "internal", "public"; NULL: private */; };
struct forge_call *forge_new_project(struct forge *f, const struct forge_new_query *q, forge_project_fn item, forge_end_fn end, void *ctx);

/* Tags of the project's own image, one item for each asked (in any order), also those that are not there. */
struct forge_tags_query { const struct project *project; const char *const *tags; size_t n_tags; };
struct forge_call *forge_registry_tags(struct forge *f, const struct forge_tags_query *q,
                                       void (*item)(void *ctx, const struct registry_tag *t), forge_end_fn end, void *ctx);

/* Tells when something changed (a commit, a branch, a new repository); at most a few times a second. NULL when it can't. */
struct forge_watch;
struct forge_watch *forge_watch_project(struct forge *f, const struct project *p, void (*changed)(void *ctx), void *ctx);
void forge_unwatch(struct forge_watch *w);
#endif
