/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FORGE_GITLAB_PURE_H
#define BERTH_FORGE_GITLAB_PURE_H
/*
 * GitLab's API as text in and out, without a connection: addresses, paths, bodies, answers. Decoders are tolerant: what is
 * missing, null or of another type is "not known"; they return false where not even the thing's name or id can be read.
 * Sources: docs.gitlab.com/api (REST v4, GraphQL).
 */
#include "berth/forge.h"
#include "berth/json.h"

enum { GITLAB_MAX_ANSWER = 64 << 20 };

/* ---- addresses ---- */
bool gitlab_split_authority(struct sv s, struct sv *ret_host, struct sv *ret_port);
bool gitlab_path_ok(struct sv path);                    /* "group/sub/project" as GitLab allows it */
void gitlab_add_project(struct buf *b, const struct project *p); /* "/api/v4/projects/81", or by the encoded path */
void gitlab_add_query(struct buf *b, const char *name, struct sv value); /* "?name=value", or "&name=value" */

/* ---- answers: `out` is the caller's to end when true is returned ---- */
struct gitlab_where { const char *forge, *url; };       /* the forge's name and address */
bool gitlab_project(const json_t *j, const struct gitlab_where *at, struct project *out);
bool gitlab_branch(const json_t *j, struct branch *out);
bool gitlab_commit(const json_t *j, struct commit *out);
bool gitlab_job(const json_t *j, struct job *out);      /* REST: Job, Bridge, CommitStatus */
bool gitlab_pipeline(const json_t *j, struct pipeline *out); /* REST, without its job */
bool gitlab_tag(const json_t *j, struct registry_tag *out);
void gitlab_user(const json_t *j, struct account *a);   /* /user into an account */
void gitlab_token_self(const json_t *j, struct account *a); /* /personal_access_tokens/self, /oauth/token/info */
int64_t gitlab_time(const json_t *j, const char *key);  /* 0: none */
uint64_t gitlab_id(const json_t *j, const char *key);   /* a number, or a global id "gid://gitlab/Ci::Build/7"; 0: none */
char *gitlab_text(const json_t *j, const char *key);    /* owned, cut at a sensible length; NULL: none, or empty */
/* The server's words in an error answer's body, one line; adds nothing where there are none. */
void gitlab_words(struct sv body, struct buf *ret);
/* Of such words: the name, the path or the namespace of what was to be made is in use. */
bool gitlab_is_taken(const char *words);
/* Of such words: what is wrong with the inputs of a pipeline, in ours, and what to do. false: they say nothing of inputs. */
bool gitlab_input_words(const char *words, struct buf *ret, const char **ret_hint);
/* "api read_api" of an insufficient_scope answer into ret; false: it is none. */
bool gitlab_missing_scope(struct sv body, struct buf *ret);

/* ---- GraphQL: pipelines and their job in one request ---- */
struct gitlab_join_after { char *top, *child; };        /* where the older ones begin: of a list, of its child pipelines; owned, NULL: there are none */
void gitlab_join_after_fini(struct gitlab_join_after *a);
struct gitlab_join { const char *path, *ref, *job_name; const struct oid *commits; size_t n_commits, max; struct gitlab_join_after after; /* borrowed; no top: the newest */
	const char *file; /* of the default branch's tip, read in the same request; NULL: none */ };
enum { GITLAB_JOIN_COMMITS = 4 };                       /* asked by id in one query; more would pass the host's limit of complexity */
#define GRAPHQL_PATH "/api/graphql"
char *gitlab_join_query(const struct gitlab_join *q);   /* the body of a POST; owned */
char *gitlab_join_path(const struct gitlab_join *q);    /* the address of a GET, which the host answers with an ETag; owned */
/* Gives each pipeline once, newest first, child pipelines joined to their parent. ret_after: of the lists that were asked for. False,
 * with *reterr: no such answer (errors, an older version), ask by REST. */
bool gitlab_join_answer(const json_t *j, void (*item)(void *ctx, struct pipeline *p), void *ctx, struct gitlab_join_after *ret_after, struct err *reterr);
/* That file, where it was asked for and the answer is sure of it. */
struct gitlab_join_file { struct oid commit; bool present; struct sv text; /* borrowed from j */ };
bool gitlab_join_file(const json_t *j, struct gitlab_join_file *ret);
typedef VEC(struct pipeline) pipelines;
void pipelines_fini(pipelines *p);
/* The same from REST: jobs found by name go to their pipelines (or to their parent's, by commit). */
void gitlab_join_jobs(pipelines *all, const json_t *jobs, const char *job_name);
void gitlab_join_order(pipelines *all);                 /* newest first; children give their job to the parent and go */
#endif
