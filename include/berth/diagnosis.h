/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_DIAGNOSIS_H
#define BERTH_DIAGNOSIS_H
/*
 * Why an image build failed, from its log: pure, no IO. One table of rules (image/diagnose_rules*.c) says what a line of a log
 * means. A wrong cause is worse than none: a line counts only where the build broke (in the step that failed, or, where no
 * step did, after the last one), and where no rule is sure the failing step, its command, its exit code and the last lines
 * are all that is told.
 *
 * Understood are the logs of both of docker's builders as their clients print them (BuildKit's `--progress=plain`, the classic
 * builder's "Step 2/7"), what berth writes of its own builds, and GitLab's job logs around them (sections, timestamps,
 * colours, carriage returns).
 */
#include "berth/str.h"

/* What is known beside the log. */
struct diagnosis_facts {
	const char *failure_reason;    /* GitLab's failure_reason of the job; NULL: none */
	int exit_code;                 /* of the job; -1: not known */
};

enum { DIAGNOSIS_TAIL = 8 };
struct diagnosis {
	const char *rule;              /* the rule's name, stable, for --json ("pip-no-such-package"); NULL: no rule is sure */
	char *cause;                   /* a sentence; NULL: no rule is sure */
	char *todo;                    /* what to do next, a sentence or two; never NULL after diagnosing_end() */
	char *evidence;                /* the line that shows it, made harmless; NULL: the cause is not from a line */
	uint64_t evidence_line;        /* its number in the log: of line ends before it … */
	uint64_t evidence_offset;      /* … and of bytes */
	char *step;                    /* the step that failed ("4/7 RUN pip install -r requirements.txt"); NULL: none did, or unknown */
	char *command;                 /* what the step ran, without its "RUN"; NULL likewise */
	int exit_code;                 /* of that step, else of the job; -1: not known */
	uint64_t failed_line, failed_offset; /* where the step's failure is said, else the last line */
	char *tail[DIAGNOSIS_TAIL];    /* the last lines of the failing step (of the log), oldest first, made harmless */
	size_t n_tail;
};
void diagnosis_fini(struct diagnosis *d);

/* Fed with a whole log in pieces of any size. Memory is bounded whatever the log holds. */
struct diagnosing;
struct diagnosing *diagnosing_new(void);
void diagnosing_free(struct diagnosing *d);
void diagnosing_feed(struct diagnosing *d, struct sv bytes);
/* The verdict on what has been fed; only diagnosing_free() may follow. facts may be NULL. */
void diagnosing_end(struct diagnosing *d, const struct diagnosis_facts *facts, struct diagnosis *ret);

/* A walk over the table, for tests and docs: rule i's name and its sentences with their place-holders; false at the end. */
bool diagnosis_rule_at(size_t i, const char **ret_name, const char **ret_cause, const char **ret_todo);
#endif
