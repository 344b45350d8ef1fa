/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_STORE_H
#define BERTH_STORE_H
/*
 * All that the program knows, in one place. Only app's reducers write it (the functions under "reducers"); everybody reads.
 * Pointers that reads give are borrowed until the next write: views keep ids, never pointers. Writes note what changed;
 * store_flush() (called by app once a turn) tells the subscribers, each kind and project once.
 *
 * Commits of a branch can be a hundred thousand: the store keeps ids compactly and entities for pages that were asked for
 * (the least recently read go first, 4,096 commits are kept over all).
 */
#include "berth/model.h"

struct store;
struct store *store_new(void);
void store_free(struct store *s);

enum notice_kind { NOTICE_PROJECTS, NOTICE_BRANCHES, NOTICE_COMMITS, NOTICE_IMAGES, NOTICE_BUILDS, NOTICE_SESSIONS, NOTICE_ENGINE, NOTICE_HOSTS, NOTICE_MESSAGES, NOTICE_LAUNCH, NOTICE_KIND_COUNT_ };
struct notice { enum notice_kind kind; struct project_id project; /* v 0: all or none */ };
typedef void (*notice_fn)(void *ctx, const struct notice *n);
int store_subscribe(struct store *s, notice_fn fn, void *ctx);      /* a number for unsubscribe */
void store_unsubscribe(struct store *s, int number);                 /* fine within a notice */
/* Cheap when nothing has changed. A subscriber added within a notice does not get that one; what subscribers write is told in
 * the same flush (some rounds at most); a flush within a notice does nothing. */
void store_flush(struct store *s);

/* ---- reading --------------------------------------------------------------------------------------------------------- */
const struct fresh *store_projects_fresh(const struct store *s);
size_t store_n_projects(const struct store *s);
const struct project *store_project_at(const struct store *s, size_t i);
const struct project *store_project(const struct store *s, struct project_id id);    /* NULL: gone */

const struct fresh *store_branches_fresh(const struct store *s, struct project_id p);
size_t store_n_branches(const struct store *s, struct project_id p);
const struct branch *store_branch_at(const struct store *s, struct project_id p, size_t i);
const struct branch *store_branch(const struct store *s, struct project_id p, const char *name);
bool store_branches_more(const struct store *s, struct project_id p); /* there are others, which nobody has asked for: one that is not here may well be there */

const struct fresh *store_commits_fresh(const struct store *s, struct project_id p, const char *branch);
/* Rows known so far; *ret_complete: whether that is all there is. */
size_t store_n_commits(const struct store *s, struct project_id p, const char *branch, bool *ret_complete);
/* The id of row i, NULL when not known yet; the commit itself, NULL when its page is not loaded (ask app_want_commits). */
const struct oid *store_commit_id_at(const struct store *s, struct project_id p, const char *branch, size_t i);
const struct commit *store_commit(struct store *s, struct project_id p, const struct oid *id);

const struct image *store_image(const struct store *s, struct project_id p, const struct oid *commit); /* NULL: never asked */
size_t store_n_builds(const struct store *s);
const struct build *store_build_at(const struct store *s, size_t i);                 /* newest first */
const struct build *store_build(const struct store *s, const char *id);
const struct build *store_build_of(const struct store *s, struct project_id p, const struct oid *commit); /* its newest */

const struct fresh *store_sessions_fresh(const struct store *s);
size_t store_n_sessions(const struct store *s);
const struct session *store_session_at(const struct store *s, size_t i);             /* newest first */
const struct session *store_session(const struct store *s, const char *name);
/* Those that are up, of a project, one of its branches (not NULL), one of its commits (not NULL). */
unsigned store_count_sessions(const struct store *s, const struct project *p, const char *branch, const struct oid *commit);

enum engine_state { ENGINE_ASKING, ENGINE_UP, ENGINE_DOWN };
struct engine_status {
	enum engine_state state;
	char *name;                   /* context name, or "default" */
	char *what;                   /* "docker 20.10.24, API 1.41, 2 CPUs, 23 GB" */
	uint32_t cpus; uint64_t memory_bytes;
	uint64_t disk_free_bytes;     /* where it keeps images and workspaces; 0: not known (its machine is not ours) */
	bool has_gpus, limits_disk;
	uint32_t n_gpus;              /* 0 with has_gpus: it doesn't say how many */
	char gpus[120];               /* names of a few, "0, 1" */
	struct err err;               /* when down */
	uint32_t retry_in_s;
};
const struct engine_status *store_engine(const struct store *s);

/* A host of projects that does not answer, from the first request that it left without an answer until one has its answer. */
struct host_away { char *name; int64_t since_s; struct err why; };
size_t store_n_hosts_away(const struct store *s);
const struct host_away *store_host_away_at(const struct store *s, size_t i);         /* the one that is away for longest first; NULL past the last */

enum message_level { MESSAGE_INFO, MESSAGE_GOOD, MESSAGE_WARN, MESSAGE_ERROR };
struct message { int64_t at_s; enum message_level level; char *text, *hint; bool named; }; /* hint may be NULL; named: text begins with a name (err.h) */
size_t store_n_messages(const struct store *s);                                       /* the last 500 are kept */
const struct message *store_message_at(const struct store *s, size_t i);              /* newest first */

/* ---- reducers (app only) -------------------------------------------------------------------------------------------------
 * Each takes over (moves from) the entities it is given and leaves them zeroed, so that ending them again is harmless; the
 * array that holds them stays the caller's. What is known of projects that leave the list is forgotten, as are the commits
 * of branches that leave theirs. */
void store_set_projects(struct store *s, struct project *items, size_t n, const struct fresh *f);
void store_projects_mark(struct store *s, const struct fresh *f);                    /* freshness alone; items stay */
void store_remove_project(struct store *s, struct project_id p);                     /* with all that is known of it; none of that id is fine */
void store_set_branches(struct store *s, struct project_id p, struct branch *items, size_t n, const struct fresh *f);
void store_branches_mark(struct store *s, struct project_id p, const struct fresh *f);
void store_branches_note_more(struct store *s, struct project_id p, bool more);
void store_set_commit_ids(struct store *s, struct project_id p, const char *branch, const struct oid *ids, size_t n, bool complete, const struct fresh *f); /* replaces */
void store_add_commit_ids(struct store *s, struct project_id p, const char *branch, const struct oid *ids, size_t n, bool complete, const struct fresh *f); /* appends */
void store_commits_mark(struct store *s, struct project_id p, const char *branch, const struct fresh *f);
void store_put_commit(struct store *s, struct project_id p, struct commit *c);
void store_put_image(struct store *s, struct project_id p, struct image *i);
void store_put_build(struct store *s, struct build *b);                              /* by id */
void store_remove_build(struct store *s, const char *id);
void store_set_sessions(struct store *s, struct session *items, size_t n, const struct fresh *f); /* usage history is kept by name, while the container is the same */
void store_put_session(struct store *s, struct session *one);
void store_remove_session(struct store *s, const char *name);
void store_add_usage(struct store *s, const char *session, const struct usage *sample); /* histories of the sample are ignored */
void store_sessions_mark(struct store *s, const struct fresh *f);
void store_set_engine(struct store *s, struct engine_status *e);
void store_set_host_away(struct store *s, const char *name, int64_t since_s, const struct err *why); /* copied; why NULL: it answers */
void store_add_message(struct store *s, const struct message *m);                    /* copied; its time is now */
void store_note_launch(struct store *s);                                             /* NOTICE_LAUNCH: a launch has moved */
#endif
