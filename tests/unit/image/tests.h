/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_TESTS_H
#define IMAGE_TESTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "../../patience.h"
#include "berth/image.h"

/* A state folder of its own for each test; removed after it. */
int state_folder(void **state);
int state_folder_gone(void **state);
/* Turns until *flag is true, at most some seconds; fails the test after that. */
void turn_until(struct loop *l, const bool *flag);

#define PURE_TESTS(X) X(refs_of_valid_paths_stay) X(refs_of_odd_paths_are_valid_and_differ) X(dockerfiles_name_their_sources) \
	X(hostile_dockerfiles_do_no_harm) X(sources_match_paths) X(fingerprints_follow_the_environment) X(dockerfiles_are_made) \
	X(pins_are_read) X(pins_are_written) X(refs_are_compared) X(manifests_are_read) X(variables_are_filled_in) X(templates_of_the_program_are_whole)
#define RECORD_TESTS(X) X(records_come_back) X(damaged_records_are_set_aside) X(odd_ids_are_no_builds) X(builds_come_newest_first) \
	X(a_dead_worker_is_lost) X(a_worker_that_never_came_is_lost) X(a_held_lock_keeps_a_build_alive) X(builds_begin_once) \
	X(builds_of_two_berths_get_two_ids) X(a_program_that_is_missing_is_said) X(cancel_reaches_only_the_worker) \
	X(cancelled_before_the_worker_came) X(removing_wants_an_end) X(a_program_must_be_named)
#define FOLLOW_TESTS(X) X(follow_while_it_grows) X(follow_from_an_offset) X(follow_survives_truncation_and_rotation) \
	X(follow_ends_when_the_worker_dies) X(follow_of_no_build) X(unfollow_in_the_callback)
#define RUN_TESTS(X) X(a_build_runs_to_its_end) X(a_dockerfile_is_made_where_there_is_none) X(failures_are_said_in_words) \
	X(a_broken_repository_is_the_cause) X(a_build_is_cancelled_at_any_turn) X(a_wish_to_cancel_is_seen_at_the_start) \
	X(a_build_has_one_worker) X(a_full_disk_ends_the_log_only) X(a_log_has_a_cap)
#define RESOLVER_TESTS(X) X(states_of_every_kind) X(every_job_state_is_an_image_state) X(the_registry_is_asked_about_what_is_looked_at) \
	X(the_engine_goes_before_the_host) X(an_engine_that_is_down_leaves_the_rest) X(no_engine_at_all) \
	X(pins_win_and_are_looked_up) X(same_as_needs_the_same_environment) X(one_request_until_forgotten) X(trees_are_read_once) \
	X(a_pinned_image_is_asked_for_in_its_registry) X(an_image_of_the_engine_is_not_asked_for) \
	X(a_tag_that_no_host_tells_of_is_asked_for) X(a_registry_that_is_asked_can_be_left) X(a_later_call_replaces) X(cancelled_in_any_callback) X(nothing_to_resolve)
#define DIAGNOSE_TESTS(X) X(real_logs_are_diagnosed) X(every_log_is_in_the_table) X(single_lines_are_diagnosed) X(every_rule_has_an_example) \
	X(what_is_beside_the_failure_is_no_cause) X(a_reason_counts_by_its_weight) X(nothing_in_it_moves_a_terminal)
#define DECLARE(name) void name(void **state);
PURE_TESTS(DECLARE) RECORD_TESTS(DECLARE) FOLLOW_TESTS(DECLARE) RUN_TESTS(DECLARE) RESOLVER_TESTS(DECLARE) DIAGNOSE_TESTS(DECLARE)
#undef DECLARE
#endif
