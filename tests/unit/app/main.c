/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_app.h"

#include "berth/app.h"
#include "berth/git.h"

static int start(void **state)
{
	(void)state;
	return git_room_init(NULL);
}

static int end(void **state)
{
	(void)state;
	git_room_fini();
	return 0;
}

/* Builds run as processes of this very program. With any words it runs no test: a test that begins a build would begin all of
 * them again, and those again. Where a test does not wait for its builds, they do nothing and leave nothing behind. */
static int be_worker(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[argc - 2], "build-worker") != 0) /* "--config FILE" may stand before it */
		return 2;
	return getenv("BERTH_TEST_BUILDS") ? app_build_worker(NULL, argv[argc - 1]) : 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(commands_are_whole),
	cmocka_unit_test(what_is_typed_into_a_shell),
	cmocka_unit_test(no_key_has_two_meanings_in_a_pane),
	cmocka_unit_test(a_mistyped_command_finds_its_neighbour),
	cmocka_unit_test(what_is_missing_is_the_reason),
	cmocka_unit_test(every_error_has_an_exit_code),
	cmocka_unit_test(an_absent_config_is_an_empty_one),
	cmocka_unit_test(good_lines_count),
	cmocka_unit_test(each_wrong_line_is_named),
	cmocka_unit_test(forges_are_named_sections),
	cmocka_unit_test(a_token_that_others_may_read_is_not_used),
	cmocka_unit_test(the_lists_of_all_forges_are_one),
	cmocka_unit_test(deeds_are_refused_with_their_reason),
	cmocka_unit_test(deeds_say_what_came_of_them),
	cmocka_unit_test(a_watched_build_is_told_once_wherever_one_looks),
	cmocka_unit_test(a_list_of_a_host_goes_on_where_it_is_wanted),
	cmocka_unit_test(a_page_that_fails_takes_no_rows_away),
	cmocka_unit_test(a_host_is_searched_for_ones_own_first),
	cmocka_unit_test(a_search_that_fails_or_is_left),
	cmocka_unit_test(a_history_of_a_host_is_read_where_it_is_looked_at),
	cmocka_unit_test(a_project_is_asked_of_its_own_forge),
	cmocka_unit_test(a_forge_that_fails_takes_nothing_from_the_others),
	cmocka_unit_test(a_syntax_error_keeps_the_defaults),
	cmocka_unit_test(a_cold_start_asks_once_for_each_thing),
	cmocka_unit_test(a_long_history_comes_page_after_page),
	cmocka_unit_test(a_tip_that_moves_replaces_the_history),
	cmocka_unit_test(what_fails_is_not_asked_again_by_itself),
	cmocka_unit_test(answers_go_to_what_was_asked_about),
	cmocka_unit_test(changes_faster_than_answers_do_not_starve_them),
	cmocka_unit_test(a_project_that_vanished_takes_its_answers_along),
	cmocka_unit_test(the_first_commit_of_a_project_is_seen),
	cmocka_unit_test(nothing_is_asked_while_suspended),
	cmocka_unit_test(rows_that_are_scrolled_past_cost_nothing),
	cmocka_unit_test(images_are_told_when_the_engine_comes_and_goes),
	cmocka_unit_test(an_engine_that_is_down_is_tried_ever_more_rarely),
	cmocka_unit_test(an_engine_that_goes_and_comes_back_is_listened_to_again),
	cmocka_unit_test(an_engine_that_flaps_is_not_hammered),
	cmocka_unit_test(events_in_bursts_are_one_list),
	cmocka_unit_test(use_is_sampled_only_while_somebody_looks),
	cmocka_unit_test(a_sample_that_hangs_is_asked_once),
	cmocka_unit_test(what_was_said_last_time_is_there_at_once),
	cmocka_unit_test(without_a_network_all_seen_still_browses),
	cmocka_unit_test(a_tip_that_moved_meanwhile_replaces_what_was_kept),
	cmocka_unit_test(the_first_page_of_branches_is_enough_for_a_history),
	cmocka_unit_test(all_branches_are_read_where_all_are_wanted),
	cmocka_unit_test(few_branches_are_one_page),
	cmocka_unit_test(a_default_branch_that_is_old_is_asked_for_by_its_name),
	cmocka_unit_test(a_branch_of_a_later_page_is_asked_for_by_its_name),
	cmocka_unit_test(saved_work_of_a_later_page_is_searched_for),
	cmocka_unit_test(a_search_for_saved_work_that_fails_says_so),
	cmocka_unit_test(a_page_of_branches_that_fails_takes_nothing_away),
	cmocka_unit_test(further_pages_rest),
	cmocka_unit_test(branches_that_were_seen_stay_beside_the_first_page),
	cmocka_unit_test(a_project_that_went_meanwhile_goes),
	cmocka_unit_test(many_that_were_seen_stay_beside_the_first_page),
	cmocka_unit_test(a_list_that_was_read_to_its_end_says_what_is_gone),
	cmocka_unit_test(a_list_that_took_long_says_nothing_of_what_is_gone),
	cmocka_unit_test(a_project_that_moved_is_shown_once),
	cmocka_unit_test(a_kept_project_goes_when_its_host_says_so),
	cmocka_unit_test(a_stop_can_be_taken_back_for_a_moment),
	cmocka_unit_test(a_stop_stops_once_and_shows_as_such),
	cmocka_unit_test(a_stop_is_refused_in_words),
	cmocka_unit_test(a_confirmed_stop_is_done_when_berth_leaves),
	cmocka_unit_test(a_project_is_found_by_what_people_type),
	cmocka_unit_test(a_list_that_failed_is_asked_again_when_somebody_searches),
	cmocka_unit_test(what_is_forgotten_says_nothing),
	cmocka_unit_test(options_come_from_least_to_most_particular),
	cmocka_unit_test(what_was_chosen_is_offered_again),
	cmocka_unit_test(saved_work_is_offered_to_whoever_saved_it),
	cmocka_unit_test(nobody_is_asked_who_they_are_without_need),
	cmocka_unit_test(who_is_not_known_yet_is_waited_for),
	cmocka_unit_test(a_disk_that_fills_up_is_told_of_once),
	cmocka_unit_test(a_quick_start_keeps_to_its_rules),
	cmocka_unit_test(links_mean_what_is_here),
	cmocka_unit_test(a_link_that_nobody_waits_for_is_forgotten),
	cmocka_unit_test(a_link_of_a_project_leads_to_it),
	cmocka_unit_test(what_sessions_used_is_remembered),
	cmocka_unit_test(a_quick_start_finds_the_session_that_runs),
	cmocka_unit_test(the_key_pressed_twice_starts_one_session),
	cmocka_unit_test(names_are_unique),
	cmocka_unit_test(a_start_takes_the_image_that_there_is),
	cmocka_unit_test(a_start_that_fails_is_listed_until_it_is_dismissed),
	cmocka_unit_test(a_start_that_can_not_begin_is_told),
	cmocka_unit_test(commits_and_pulls_in_sessions_are_noted),
	cmocka_unit_test(branches_that_moved_on_are_told),
	cmocka_unit_test(the_end_may_come_at_any_moment),
	cmocka_unit_test(the_end_undoes_what_was_begun),
	cmocka_unit_test(the_end_does_not_wait_for_a_hanging_engine),
	cmocka_unit_test(a_build_is_watched_to_its_end_and_then_left_alone),
	cmocka_unit_test(a_launch_ends_with_the_build_it_waits_for),
	cmocka_unit_test(a_launch_that_is_cancelled_cancels_the_build_it_began),
	cmocka_unit_test(no_build_begins_without_an_engine),
	cmocka_unit_test(logs_are_read_from_wherever_they_are),
	cmocka_unit_test(many_projects_come_in_large_pages),
	cmocka_unit_test(a_log_may_be_stopped_in_its_own_piece),
	cmocka_unit_test(a_login_says_whose_token_it_is),
	cmocka_unit_test(a_login_that_is_refused_or_left),
	cmocka_unit_test(a_host_is_named_by_name_or_address),
	cmocka_unit_test(a_token_is_kept_and_the_rest_stays),
	cmocka_unit_test(a_project_is_found_on_its_host),
	cmocka_unit_test(a_clone_leads_to_its_project),
	cmocka_unit_test(a_registry_is_shown_its_hosts_token),
	cmocka_unit_test(another_registry_is_shown_what_docker_has),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		return be_worker(argc, argv);
	return cmocka_run_group_tests(tests, start, end);
}
