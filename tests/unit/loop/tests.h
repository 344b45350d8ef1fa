/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LOOP_TESTS_H
#define LOOP_TESTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
#include <cmocka.h>
#include "berth/loop.h"

/* Turns until *flag is true, at most some seconds of real time; fails the test after that. */
void turn_until(struct loop *l, const bool *flag);

#define TURN_TESTS(X) X(timers_fire_in_order) X(timer_stops_itself_and_another) X(timer_repeats_and_rearms) \
	X(virtual_day_is_fast) X(timer_heap_survives_random_stops) X(real_timer_ends_the_wait) \
	X(deferred_run_once_in_order) X(deferred_can_be_cancelled) X(deferred_from_deferred_waits_a_turn) X(turn_does_not_wait_after_deferred) \
	X(hooks_run_after_deferred) X(hook_removes_itself_and_others) X(run_ends_when_nothing_is_left) X(run_stops) \
	X(leftovers_are_ended)
#define IO_TESTS(X) X(fd_reads_and_pauses) X(fd_unwatches_itself_and_another) X(fd_number_is_reused) X(fd_tells_hang_up) \
	X(fd_error_is_told) X(regular_file_is_always_ready) X(signal_is_seen) X(signal_unwatched_in_callback) \
	X(path_appears_changes_goes) X(path_in_folders_to_come) X(path_folder_content) X(path_unwatched_in_callback) \
	X(path_folder_is_made_anew)
#define JOB_TESTS(X) X(work_posts_then_done) X(work_cancelled_before_it_began) X(work_cancelled_while_it_runs) \
	X(work_that_floods_waits) X(loop_free_waits_for_work) X(child_exit_codes) X(child_killed) X(child_missing) \
	X(child_folder_missing) X(child_stdio_and_env) X(child_detached_has_own_session) X(child_forgotten)
#define DECLARE(name) void name(void **state);
TURN_TESTS(DECLARE) IO_TESTS(DECLARE) JOB_TESTS(DECLARE)
#undef DECLARE
#endif
