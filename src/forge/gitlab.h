/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FORGE_GITLAB_H
#define BERTH_FORGE_GITLAB_H
/*
 * Private to forge/gitlab*.c: a GitLab host. Each call of the port is an op, which owns the requests under way for it: they end
 * with it. Handlers get the op; after op_end(), op_done() and op_fail() it is gone.
 */
#include "berth/map.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "berth/git.h"
#include "forge/gitlab_pure.h"
#include "berth/forge_impl.h"

struct op;
struct history;
struct tree;
struct ahead;
struct gitlab {
	struct forge forge;           /* first */
	struct net_api *api;
	char *url, *ca_file, *job_name;
	struct secret *token;
	struct account account;       /* as the host said last */
	bool account_known, no_graphql /* the host said so: REST from now on */, graphql_by_post /* something on the way refuses it by GET */,
	     no_join_file /* … and this host tells no file beside pipelines */;
	uint32_t poll_ms;
	struct op *ops;
	struct map *commits;          /* hex -> struct commit, the oldest forgotten first */
	struct history *histories;    /* the one used last comes first */
	struct tree *trees;           /* likewise */
	struct map *absent;           /* addresses of files that a commit lacks */
	struct ahead *ahead;          /* asked before anybody wanted it (gitlab_ahead.c) */
	struct map *repositories;     /* project path -> number (as text) of its root image repository */
};

typedef void (*op_got)(struct op *op, const struct net_answer *a, const struct err *err);
typedef long (*op_page)(struct op *op, const json_t *list); /* as net_page_events.on_page */
typedef void (*op_pages_end)(struct op *op, bool complete, const struct net_answer *a, const struct err *err);
struct op {                           /* first in an op's own struct */
	struct op *prev, *next;
	struct gitlab *g;
	struct forge_call *call;
	struct op_request *requests;
	struct loop_timer *timer;
	void (*later)(struct op *op); /* deferred */
	void (*fini)(struct op *op);  /* of what its own struct owns; may be NULL */
	enum forge_deed deed;         /* what a refusal is explained by */
	char *project, *base;         /* path for people; "/api/v4/projects/81" */
};
/* p may be NULL. size: of the op's own struct. */
void *op_new(struct forge *f, struct forge_call *c, size_t size, const struct project *p, enum forge_deed deed);
void op_end(struct op *op, const struct err *err);      /* err NULL: done */
void op_fail(struct op *op, const struct net_answer *a, const struct err *err); /* explains a refusal, then ends */
void op_later(struct op *op, void (*fn)(struct op *op));
void op_timer(struct op *op, uint64_t ms, void (*fn)(void *op));
void op_explain(const struct op *op, const struct net_answer *a, const struct err *err, struct err *ret);

struct op_ask {
	const char *method, *path;    /* method NULL: GET */
	json_t *body;                 /* taken; NULL: none */
	bool revalidate, repeatable, any_type;
	size_t max_body;
	enum net_priority priority;
};
struct op_request *op_fetch(struct op *op, const struct op_ask *ask, op_got got);
/* Something is changed there; body is taken, NULL: none. */
struct op_request *op_post(struct op *op, const char *path, json_t *body, op_got got);
void op_job_got(struct op *op, const struct net_answer *a, const struct err *err); /* an op_got: gives the job, and ends */
void op_project_got(struct op *op, const struct net_answer *a, const struct err *err); /* likewise, the project */
void op_end_odd(struct op *op, const char *wanted); /* the host did not answer with it: "a job" */
struct op_request *op_get(struct op *op, const char *path, op_got got); /* a revalidated GET of what is on screen */
/* Pages of 100; path says so. rest_s: of net_api.h, for lists that are sorted by change. */
struct op_request *op_pages(struct op *op, const char *path, uint32_t rest_s, op_page page, op_pages_end end);
void op_request_cancel(struct op_request *r);           /* its handler isn't called; NULL is fine */
struct net_api_call *op_request_call(struct op_request *r);
/* A path below the op's project: "/repository/branches?per_page=100". Owned. */
char *op_path(const struct op *op, const char *rest);
/* The answer's JSON, owned; NULL after the op was ended with the error. */
json_t *op_json(struct op *op, const struct net_answer *a, const struct err *err);
struct gitlab_where gitlab_at(const struct gitlab *g);

/* What stands at a commit, told beside something else: not asked for any more. base: of an op. */
void file_told(struct gitlab *g, const char *base, const char *path, const struct gitlab_join_file *file);

/* ---- gitlab_ahead.c: GETs under way, or just answered, that the next op_get() of that path takes instead of asking ---- */
void ahead_ask(struct gitlab *g, const char *path);
bool ahead_has(struct gitlab *g, const char *path);
/* got runs once, later, unless it is left before. NULL: there is none. */
struct ahead *ahead_take(struct gitlab *g, const char *path, void (*got)(void *ctx, const struct net_answer *a, const struct err *err), void *ctx);
void ahead_leave(struct ahead *a);
/* saw runs when that answer comes well, however it is taken: once, or not at all; until it is watched no longer. */
void ahead_watch(struct gitlab *g, const char *path, void (*saw)(void *ctx, struct sv body), void *ctx);
void ahead_unwatch(struct gitlab *g, const void *ctx);
void ahead_fini(struct gitlab *g);
/* Of the newest commits of a branch, by its name; of the newest pipelines. Owned. */
char *ahead_history_path(const char *base, const char *branch);
char *ahead_pipelines_path(const struct gitlab *g, const struct project *p);

void commit_keep(struct gitlab *g, struct commit *c);   /* takes what it holds */
const struct commit *commit_kept(const struct gitlab *g, const struct oid *id);
void histories_fini(struct gitlab *g);
void trees_fini(struct gitlab *g);

/* The slots, by file. */
int gitlab_may(const struct forge *f, const struct project *p, enum forge_deed deed, struct err *reterr);
void gitlab_account(struct forge *f, struct forge_call *c);
void gitlab_projects(struct forge *f, struct forge_call *c);
void gitlab_projects_page(struct forge *f, struct forge_call *c, const struct forge_projects_query *q);
void gitlab_one_project(struct forge *f, struct forge_call *c, const char *path);
void gitlab_look_ahead(struct forge *f, const struct project *p);
void gitlab_branches(struct forge *f, struct forge_call *c, const struct project *p);
void gitlab_branches_page(struct forge *f, struct forge_call *c, const struct forge_branches_query *q);
void gitlab_commit_ids(struct forge *f, struct forge_call *c, const struct forge_commits_query *q);
void gitlab_commits(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *ids, size_t n);
void gitlab_resolve(struct forge *f, struct forge_call *c, const struct project *p, const char *rev);
void gitlab_file(struct forge *f, struct forge_call *c, const struct forge_file_query *q);
void gitlab_tree(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *commit);
void gitlab_tar(struct forge *f, struct forge_call *c, const struct forge_tar_query *q);
void gitlab_tar_more(struct forge_call *c);
bool gitlab_git_place(const struct forge *f, const struct project *p, struct git_place *ret);
void gitlab_clone(struct forge *f, struct forge_call *c, const struct forge_clone_query *q);
void gitlab_pipelines(struct forge *f, struct forge_call *c, const struct forge_pipelines_query *q);
void gitlab_one_job(struct forge *f, struct forge_call *c, const struct project *p, uint64_t job);
void gitlab_job_log(struct forge *f, struct forge_call *c, const struct forge_log_query *q);
void gitlab_job_act(struct forge *f, struct forge_call *c, const struct forge_job_action_query *q);
void gitlab_run_pipeline(struct forge *f, struct forge_call *c, const struct forge_run_query *q);
void gitlab_commit_files(struct forge *f, struct forge_call *c, const struct forge_commit_query *q);
void gitlab_fork(struct forge *f, struct forge_call *c, const struct forge_fork_query *q);
void gitlab_new_project(struct forge *f, struct forge_call *c, const struct forge_new_query *q);
void gitlab_registry_tags(struct forge *f, struct forge_call *c, const struct forge_tags_query *q);
#endif
