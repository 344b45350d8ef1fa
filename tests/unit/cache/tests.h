/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CACHE_TESTS_H
#define CACHE_TESTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "../../patience.h"
#include "berth/cache.h"
#include "berth/mem.h"
#include "berth/path.h"

#define LIT(text) ((char[]){ text })                     /* for fields that are owned elsewhere */
/* A folder of the test's own, with a loop and what was said of trouble. */
struct world { char *dir, *db; struct loop *loop; struct cache *cache; struct err said; unsigned n_said; };
int world_begin(void **state);
int world_end(void **state);
void world_open(struct world *w);
void world_close(struct world *w);
void world_settle(struct world *w);                     /* until nothing waits to be written */
void world_put_garbage(struct world *w, const char *bytes, size_t len);
int64_t world_sql(struct world *w, const char *sql);    /* on the file, past the cache; -1: it can't be had */

extern const struct project flights;                    /* forge "lab", path "group/flights" */
void put_projects(struct cache *c, const char *first_name, size_t n);
size_t count_projects(struct cache *c, int64_t *ret_at_s, char **ret_first_name);
struct oid oid_of(unsigned n);
struct commit commit_of(unsigned n, const char *subject);

#define FILE_TESTS(X) X(garbage_is_set_aside) X(truncated_file_is_set_aside) X(foreign_database_is_set_aside) X(newer_version_is_set_aside) \
	X(damage_inside_is_set_aside) X(damaged_file_of_two_is_left) X(folder_that_cant_be_made_is_said_once) X(link_in_its_place_is_refused) \
	X(locked_by_another_process) X(modes_are_private) X(removed_while_in_use)
#define THING_TESTS(X) X(nothing_is_known_at_first) X(null_is_no_cache) X(projects_come_back) X(projects_stay_until_they_are_gone) X(branches_come_back) X(histories_come_back) \
	X(commits_and_images_come_back) X(memos_come_back) X(hostile_records_give_nothing) X(names_do_not_mix) X(fields_come_and_go)
#define WRITING_TESTS(X) X(puts_are_one_batch) X(full_disk_is_said_once) X(read_only_file_is_said_once) X(size_is_bounded) X(answers_go_before_what_was_seen) X(used_ones_stay) \
	X(two_processes_write) X(last_batch_is_written_at_the_end) X(busy_file_is_tried_again) X(same_again_writes_the_time) \
	X(logs_are_kept) X(logs_are_bounded) X(logs_that_fail_leave_nothing)
#define SECRET_TESTS(X) X(tokens_are_blotted_out) X(harmless_text_stays) X(nothing_secret_reaches_the_file)
#define KILL_TESTS(X) X(killed_at_any_moment) X(parts_of_the_dead_go)
#define DECLARE(name) void name(void **state);
FILE_TESTS(DECLARE) THING_TESTS(DECLARE) WRITING_TESTS(DECLARE) SECRET_TESTS(DECLARE) KILL_TESTS(DECLARE)
#undef DECLARE
#endif
