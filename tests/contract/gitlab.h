/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_CONTRACT_GITLAB_H
#define TESTS_CONTRACT_GITLAB_H
/* What a GitLab host adds to the port, against the stand-in with the world of tests/fake/world.json. */
#include "berth/forge.h"
#include "tests/contract/standin.h"

extern struct loop *loop;
extern struct standin *standin;
extern struct forge *forge;                            /* zoe's; looks every few milliseconds where others look every three seconds */
extern struct project flights;                         /* lab/air/flights, of which zoe is a developer */
struct forge *forge_of(const char *token, const char *url); /* another one; NULL: without a token; url NULL: the stand-in */

/* What one call has brought. */
struct brought {
	struct forge_call *call;
	unsigned n_ends, n_items, n_anew, n_states;
	struct err err;
	struct buf text;              /* what the items say; of a log its bytes */
	uint64_t id;                  /* of the last job, pipeline or project */
	struct oid commit;
	struct forge_log_state last;  /* its job and trouble are gone */
	enum job_state job;
	bool more, cancel_at_first;
};
void brought_fini(struct brought *b);
void brought_end(void *ctx, const struct err *err);
struct brought *brought_wait(struct brought *b);       /* until the end; fails the test after a minute of looks */
void saw_project(void *ctx, const struct project *p);
void saw_job(void *ctx, const struct job *j);
void saw_pipeline(void *ctx, const struct pipeline *p);
void saw_commit(void *ctx, const struct commit *c);
void saw_tag(void *ctx, const struct registry_tag *t);
void saw_note(void *ctx, const char *text);
extern const struct forge_log_events log_events;
/* Asks the control address with quotes written as ' */
json_t *ask(const char *method, const char *path, const char *body);
void tell(const char *method, const char *path, const char *body);
struct project project_at(const char *path);
uint64_t job_of(const char *pipeline);                 /* makes a pipeline of flights: "{'jobs':[…]}"; its first job */
extern const struct CMUnitTest gitlab_ci_tests[], gitlab_log_tests[], gitlab_bad_tests[];
#endif
