/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GIT_FIXTURE_H
#define TESTS_GIT_FIXTURE_H
/* Repositories made by git itself, with fixed dates and without the user's configuration, in a folder that is removed at the end. */
#include "berth/git.h"
#include "berth/mem.h"

int fixture_begin(void **state);                       /* cmocka group set-up: HOME and the folder */
int fixture_end(void **state);
const char *fixture_dir(void);
char *fixture_path(const char *name);                  /* owned */
/* Runs git in `dir` ("": the folder itself) and fails the test when git fails. `input` may be NULL. */
void git_run_in(const char *dir, struct sv input, const char *const *argv);
#define git_run(dir, ...) git_run_in(dir, (struct sv){ NULL, 0 }, (const char *const[]){ "git", __VA_ARGS__, NULL })
/* What it wrote to stdout, without the last newline. Owned. */
char *git_output_in(const char *dir, const char *const *argv);
#define git_output(dir, ...) git_output_in(dir, (const char *const[]){ "git", __VA_ARGS__, NULL })
/* A repository from a fast-import stream; `args` may be "--bare" or NULL. A work tree is checked out. Owned path. */
char *repo_import(const char *name, struct sv stream, const char *arg);
/* The stream's pieces. Commit i is at 1500000000 + 60 * i. */
void import_commit(struct buf *b, const char *ref, int mark, int from, int at, const char *message);
void import_file(struct buf *b, const char *mode, const char *path, struct sv bytes);
char *repo_usual(const char *name);                    /* main of 5 commits, feature/x (2 ahead, 3 behind), tag v1 */
void write_text(const char *path, const char *text);
#endif
