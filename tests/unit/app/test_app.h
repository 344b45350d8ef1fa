/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TESTS_UNIT_APP_TEST_APP_H
#define BERTH_TESTS_UNIT_APP_TEST_APP_H
/* The tests of app's files, run by main.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

void commands_are_whole(void **state);
void what_is_typed_into_a_shell(void **state);
void no_key_has_two_meanings_in_a_pane(void **state);
void a_mistyped_command_finds_its_neighbour(void **state);
void what_is_missing_is_the_reason(void **state);
void every_error_has_an_exit_code(void **state);
void an_absent_config_is_an_empty_one(void **state);
void good_lines_count(void **state);
void each_wrong_line_is_named(void **state);
void forges_are_named_sections(void **state);
void a_token_that_others_may_read_is_not_used(void **state);
void the_lists_of_all_forges_are_one(void **state);
void deeds_are_refused_with_their_reason(void **state);
void deeds_say_what_came_of_them(void **state);
void a_watched_build_is_told_once_wherever_one_looks(void **state);
void a_list_of_a_host_goes_on_where_it_is_wanted(void **state);
void a_page_that_fails_takes_no_rows_away(void **state);
void a_host_is_searched_for_ones_own_first(void **state);
void a_search_that_fails_or_is_left(void **state);
void a_history_of_a_host_is_read_where_it_is_looked_at(void **state);
void a_project_is_asked_of_its_own_forge(void **state);
void a_forge_that_fails_takes_nothing_from_the_others(void **state);
void a_syntax_error_keeps_the_defaults(void **state);
void a_cold_start_asks_once_for_each_thing(void **state);
void a_long_history_comes_page_after_page(void **state);
void a_tip_that_moves_replaces_the_history(void **state);
void what_fails_is_not_asked_again_by_itself(void **state);
void answers_go_to_what_was_asked_about(void **state);
void changes_faster_than_answers_do_not_starve_them(void **state);
void a_host_that_is_back_is_seen_soon(void **state);
void a_project_that_vanished_takes_its_answers_along(void **state);
void the_first_commit_of_a_project_is_seen(void **state);
void nothing_is_asked_while_suspended(void **state);
void rows_that_are_scrolled_past_cost_nothing(void **state);
void images_are_told_when_the_engine_comes_and_goes(void **state);
void an_engine_that_is_down_is_tried_ever_more_rarely(void **state);
void an_engine_that_goes_and_comes_back_is_listened_to_again(void **state);
void an_engine_that_flaps_is_not_hammered(void **state);
void events_in_bursts_are_one_list(void **state);
void use_is_sampled_only_while_somebody_looks(void **state);
void a_sample_that_hangs_is_asked_once(void **state);
void what_was_said_last_time_is_there_at_once(void **state);
void without_a_network_all_seen_still_browses(void **state);
void a_tip_that_moved_meanwhile_replaces_what_was_kept(void **state);
void the_first_page_of_branches_is_enough_for_a_history(void **state);
void all_branches_are_read_where_all_are_wanted(void **state);
void few_branches_are_one_page(void **state);
void a_default_branch_that_is_old_is_asked_for_by_its_name(void **state);
void a_branch_of_a_later_page_is_asked_for_by_its_name(void **state);
void saved_work_of_a_later_page_is_searched_for(void **state);
void a_search_for_saved_work_that_fails_says_so(void **state);
void a_page_of_branches_that_fails_takes_nothing_away(void **state);
void further_pages_rest(void **state);
void branches_that_were_seen_stay_beside_the_first_page(void **state);
void a_project_that_went_meanwhile_goes(void **state);
void many_that_were_seen_stay_beside_the_first_page(void **state);
void a_list_that_was_read_to_its_end_says_what_is_gone(void **state);
void a_list_that_took_long_says_nothing_of_what_is_gone(void **state);
void a_project_that_moved_is_shown_once(void **state);
void what_was_found_without_a_list_is_there_next_time(void **state);
void a_kept_project_goes_when_its_host_says_so(void **state);
void a_stop_can_be_taken_back_for_a_moment(void **state);
void a_stop_stops_once_and_shows_as_such(void **state);
void a_stop_is_refused_in_words(void **state);
void a_confirmed_stop_is_done_when_berth_leaves(void **state);
void a_project_is_found_by_what_people_type(void **state);
void a_list_that_failed_is_asked_again_when_somebody_searches(void **state);
void what_is_forgotten_says_nothing(void **state);
void options_come_from_least_to_most_particular(void **state);
void what_was_chosen_is_offered_again(void **state);
void a_quick_start_keeps_to_its_rules(void **state);
void saved_work_is_offered_to_whoever_saved_it(void **state);
void work_of_no_branch_of_the_project_is_offered(void **state);
void nobody_is_asked_who_they_are_without_need(void **state);
void who_is_not_known_yet_is_waited_for(void **state);
void a_disk_that_fills_up_is_told_of_once(void **state);
void links_mean_what_is_here(void **state);
void a_link_that_nobody_waits_for_is_forgotten(void **state);
void a_link_of_a_project_leads_to_it(void **state);
void what_sessions_used_is_remembered(void **state);
void a_quick_start_finds_the_session_that_runs(void **state);
void the_key_pressed_twice_starts_one_session(void **state);
void names_are_unique(void **state);
void a_start_takes_the_image_that_there_is(void **state);
void a_start_that_fails_is_listed_until_it_is_dismissed(void **state);
void a_start_that_can_not_begin_is_told(void **state);
struct session_git_done;
void hear_git(void *heard, const struct session_git_done *d); /* counts what was done on main */
void commits_and_pulls_in_sessions_are_noted(void **state);
void branches_that_moved_on_are_told(void **state);
void the_end_may_come_at_any_moment(void **state);
void the_end_undoes_what_was_begun(void **state);
void the_end_does_not_wait_for_a_hanging_engine(void **state);
void a_build_is_watched_to_its_end_and_then_left_alone(void **state);
void a_launch_ends_with_the_build_it_waits_for(void **state);
void a_launch_that_is_cancelled_cancels_the_build_it_began(void **state);
void no_build_begins_without_an_engine(void **state);
void logs_are_read_from_wherever_they_are(void **state);
void a_log_may_be_stopped_in_its_own_piece(void **state);
void a_host_that_is_away_is_told_until_it_answers(void **state);
void a_login_says_whose_token_it_is(void **state);
void a_login_looks_at_the_token_that_is_kept(void **state);
void a_login_that_is_refused_or_left(void **state);
void a_login_at_no_gitlab_says_so(void **state);
void a_refusal_without_words_is_said_once(void **state);
void a_host_is_named_by_name_or_address(void **state);
void a_token_is_kept_and_the_rest_stays(void **state);
void a_project_is_found_on_its_host(void **state);
void a_clone_leads_to_its_project(void **state);
void a_registry_is_shown_its_hosts_token(void **state);
void another_registry_is_shown_what_docker_has(void **state);
void many_projects_come_in_large_pages(void **state);
#endif
