/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FORGE_IMPL_H
#define BERTH_FORGE_IMPL_H
/*
 * The port to where projects come from, for those who implement one. One slot per call; a NULL slot is answered with
 * ERR_UNSUPPORTED by the front (forge.c), which also sees to the promises of forge.h: items only while the call is alive,
 * exactly one end, never from within the call itself.
 *
 * A slot starts its work and returns. It copies what it needs from the query. Then, from the loop only: forge_give_*() for
 * items and once forge_call_end(); what goes wrong at once is said by forge_call_end_later(). An item's callback may
 * cancel the call: look at forge_call_alive() between items. `cancel` tells the slot's owner that nobody waits any more:
 * let go of the call there and then, without ending it; the front does that.
 */
#include "berth/forge.h"

struct forge_ops {
	unsigned caps;
	void (*destroy)(struct forge *f);       /* every call has been cancelled before */
	void (*cancel)(struct forge_call *c);
	void (*projects)(struct forge *f, struct forge_call *c);
	void (*look_ahead)(struct forge *f, const struct project *p); /* NULL: there is nothing to gain */
	void (*branches)(struct forge *f, struct forge_call *c, const struct project *p);
	void (*branches_page)(struct forge *f, struct forge_call *c, const struct forge_branches_query *q);
	void (*commit_ids)(struct forge *f, struct forge_call *c, const struct forge_commits_query *q);
	void (*commits)(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *ids, size_t n);
	void (*resolve)(struct forge *f, struct forge_call *c, const struct project *p, const char *rev);
	void (*file)(struct forge *f, struct forge_call *c, const struct forge_file_query *q);
	void (*tree)(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *commit);
	void (*tar)(struct forge *f, struct forge_call *c, const struct forge_tar_query *q);
	void (*tar_more)(struct forge_call *c); /* goes with tar */
	void (*clone)(struct forge *f, struct forge_call *c, const struct forge_clone_query *q);
	bool (*git_place)(const struct forge *f, const struct project *p, struct git_place *ret);
	int (*may)(const struct forge *f, const struct project *p, enum forge_deed deed, struct err *reterr);
	bool (*login)(const struct forge *f, struct forge_login *ret);
	void (*account)(struct forge *f, struct forge_call *c);
	void (*set_token)(struct forge *f, const struct secret *token);
	void (*projects_page)(struct forge *f, struct forge_call *c, const struct forge_projects_query *q);
	void (*project)(struct forge *f, struct forge_call *c, const char *path);
	void (*pipelines)(struct forge *f, struct forge_call *c, const struct forge_pipelines_query *q);
	void (*job)(struct forge *f, struct forge_call *c, const struct project *p, uint64_t job);
	void (*job_log)(struct forge *f, struct forge_call *c, const struct forge_log_query *q);
	void (*job_act)(struct forge *f, struct forge_call *c, const struct forge_job_action_query *q);
	void (*run_pipeline)(struct forge *f, struct forge_call *c, const struct forge_run_query *q);
	void (*commit_files)(struct forge *f, struct forge_call *c, const struct forge_commit_query *q);
	void (*fork)(struct forge *f, struct forge_call *c, const struct forge_fork_query *q);
	void (*new_project)(struct forge *f, struct forge_call *c, const struct forge_new_query *q);
	void (*registry_tags)(struct forge *f, struct forge_call *c, const struct forge_tags_query *q);
	/* Fills *ret_impl with what `unwatch` is to end; false: can't be watched. forge_watch_tell() says that something changed. */
	bool (*watch)(struct forge *f, struct forge_watch *w, const struct project *p, void **ret_impl);
	void (*unwatch)(void *impl);
};

/* Put first in an implementation's own struct. */
struct forge {
	const struct forge_ops *ops;
	struct loop *loop;
	char *name;
	struct forge_call *calls;               /* the front's: those that have not ended */
	struct forge_watch *watches;
};
void forge_init(struct forge *f, const struct forge_ops *ops, struct loop *loop, const char *name);

void *forge_call_impl(const struct forge_call *c);      /* a word for the implementation; NULL at first */
void forge_call_set_impl(struct forge_call *c, void *impl);
bool forge_call_alive(const struct forge_call *c);
void forge_call_end(struct forge_call *c, const struct err *err); /* err NULL, or code ERR_NONE: done. c is gone after it */
void forge_call_end_later(struct forge_call *c, const struct err *err); /* the same at the end of this turn */

void forge_give_project(struct forge_call *c, const struct project *p);
void forge_give_note(struct forge_call *c, const char *text);
void forge_give_branch(struct forge_call *c, const struct branch *b);
void forge_give_ids(struct forge_call *c, size_t first, const struct oid *ids, size_t n, bool complete);
void forge_give_commit(struct forge_call *c, const struct commit *commit);
void forge_give_found(struct forge_call *c, const struct oid *id, const char *branch);
void forge_give_bytes(struct forge_call *c, struct sv bytes);   /* of a file, or the next piece of a tar */
void forge_give_tree(struct forge_call *c, const struct forge_tree_item *i);
void forge_give_progress(struct forge_call *c, const char *what, uint64_t now, uint64_t total);
void forge_give_account(struct forge_call *c, const struct account *a);
void forge_give_page(struct forge_call *c, bool more, uint64_t total);
void forge_give_pipeline(struct forge_call *c, const struct pipeline *p);
void forge_give_not_asked(struct forge_call *c, const struct oid *commit);
void forge_give_job(struct forge_call *c, const struct job *j);
void forge_give_rewritten(struct forge_call *c);
void forge_give_log_state(struct forge_call *c, const struct forge_log_state *s);
void forge_give_tag(struct forge_call *c, const struct registry_tag *t);
void forge_watch_tell(struct forge_watch *w);
#endif
