/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SCREEN_PLAY_H
#define TESTS_SCREEN_PLAY_H
/* A dashboard over an app that is played; keys go in, the screen comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake.h"

struct play { struct loop *loop; struct app *app; struct tui *t; struct buf written; int suspended; };
void play_begin(struct play *p, enum fake_world world, int rows, int cols, bool ascii);
void play_end(struct play *p);
/* Keys, blank-separated; "text:abc" types a, b, c; "wait:100" lets time pass. Drawn after each, as on a terminal. */
void play_keys(struct play *p, const char *script);
void play_dump(struct play *p, struct buf *b);          /* what is on the screen, where its cursor is, and its styles */
/* Rows of a table: each is played and is as its golden file; each asks the app for what it says. */
struct scene { const char *name; enum fake_world world; int cols, rows; bool ascii; const char *keys; void (*before)(struct play *p); };
struct calls { enum fake_world world; const char *keys, *calls; };
void play_scenes(const struct scene *scenes, size_t n);
void play_calls(const struct calls *cases, size_t n);
void expect_golden(const char *name, struct sv got);    /* UPDATE=1 writes it anew */

/* screens_host.c */
void test_host_scenes(void **state);
void test_host_calls(void **state);
void test_host_pages(void **state);
void test_clone_is_selected(void **state);
void test_slow_look(void **state);
void test_saved(void **state);
void test_saved_awaited(void **state);
void test_start_awaits_lists(void **state);
void test_many_branches(void **state);
/* screens_log.c */
void with_log(struct play *p);
void with_log_open(struct play *p);
void with_gitlab_log(struct play *p);
void test_hostile_log(void **state);
void test_split_title(void **state);
void test_log_source(void **state);
void test_log_keys(void **state);
void test_log_widths(void **state);
void test_log_offline_small(void **state);
void test_log_save(void **state);
#endif
