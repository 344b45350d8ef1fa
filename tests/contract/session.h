/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TEST_CONTRACT_SESSION_H
#define BERTH_TEST_CONTRACT_SESSION_H
/* Launches on a real engine from a real repository: what the files of this suite share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "berth/mem.h"
#include "berth/session.h"

/* Images of two megabytes, made by the suite of busybox alone; `changes` are lines of a Dockerfile, ended by NULL. */
void image_make(const char *ref, bool with_shell, const char *const *changes);

struct start {
	const char *image, *project, *branch, *name;    /* name: this process's number is put behind it */
	const char *memory, *environment;               /* NULL: as by default */
	/* NULL, or called when a step moved; may cancel, may look */
	void (*moved)(struct start *s);
	void *ctx;
	/* what came of it */
	struct launch *launch;
	struct session_options options;
	char *session;
	unsigned ends;
	bool ended;
	struct err err;
	struct buf warnings;
};
void start_run(struct start *s);                        /* to its end */
void start_fini(struct start *s);
void assert_runs(struct start *s);
void assert_failed(struct start *s, const char *words, const char *hint);
/* Neither a container, a volume, a clone nor a line of the journal of this start is there. */
void assert_gone(struct start *s);
/* The session as the list has it; asserts that it is there. session_fini it. */
void session_find(const struct start *s, struct session *ret);
void session_end_it(const struct start *s);             /* stops, removes all of it, asserts that it is gone */
char *session_address(const struct session *s);         /* with its token; owned */
struct session_work session_work_of(const struct session *s, const char *project);
/* The output of a command in the container; owned. */
char *run_inside(const struct session *s, const char *const *argv, size_t n);
int http_status(const char *url, struct buf *ret_body); /* 0: no answer */
struct loop *test_loop(void);
struct engine *test_engine(void);
/* Turns the loop until *flag; fails the test after so many seconds. */
void wait_for(const bool *flag, unsigned seconds, const char *what);

extern const struct CMUnitTest launch_tests[], cancel_tests[];
extern const size_t n_launch_tests, n_cancel_tests;
#endif
