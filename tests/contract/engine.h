/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TEST_CONTRACT_ENGINE_H
#define BERTH_TEST_CONTRACT_ENGINE_H
/* What the files of the engine port's contract suite share: one engine, calls waited for, names that don't collide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "berth/engine.h"
#include "berth/mem.h"

#define TEST_IMAGE "berth-test/bb:latest"
#define TEST_LABEL "io.berth.test=contract"

/* A call's way: what came, and how it ended. */
struct seen {
	bool ended;
	unsigned ends, items;
	struct err err;
	struct buf bytes, errors;      /* stdout and stderr, or a tar, or a log */
	char *id, *word;               /* of the last item */
	int exit_code;
	unsigned steps;
	bool known;
	double cpu;
	uint64_t number;
};
void seen_clear(struct seen *s);
void seen_end(void *ctx, const struct err *err);           /* an engine_end_fn */

struct loop *test_loop(void);
struct engine *test_engine(void);
struct net *test_net(void);
const char *test_name(const char *what);                   /* "berth-test-<pid>-what", one of eight buffers */
/* Turns the loop until *flag, at most that long: then the test fails, naming what it waited for. */
void wait_for(const bool *flag, unsigned seconds, const char *what);
void wait_end(struct seen *s, const char *what);
void assert_ended_well(struct seen *s, const char *what);
void assert_ended_as(struct seen *s, enum err_code code, const char *words, const char *what);
/* A container of the test image that runs cmd; asserts. Removed by test_remove. */
void test_run(const char *name, const char *const *cmd, size_t n_cmd);
void test_make(const struct engine_create_query *q);
void test_start(const char *name);
void test_remove(const char *name);
extern const struct net_header test_labels[1];

/* A tar of a few small files, made by libarchive. */
struct test_file { const char *path, *text; unsigned mode; };
void tar_make(struct buf *out, const struct test_file *files, size_t n);
/* A body of bytes for builds and archives. */
struct body { struct sv left; size_t step; bool done; unsigned dones; };
long body_read(void *ctx, char *p, size_t room);
void body_done(void *ctx);

extern const struct CMUnitTest image_tests[], container_tests[], exec_tests[], build_tests[], storage_tests[], cancel_tests[];
extern const size_t n_image_tests, n_container_tests, n_exec_tests, n_build_tests, n_storage_tests, n_cancel_tests;
#endif
