/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_TESTS_H
#define MODEL_TESTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "berth/store.h"

#define ENTITY_TESTS(X) X(oid_texts) X(oid_refuses) X(project_ids_differ) X(names_are_stable) X(dup_is_deep_and_fini_is_twice)
#define STORE_TESTS(X) X(empty_store_reads) X(projects_replace_and_forget) X(one_project_goes_with_all_of_it) X(branches_by_name) X(branch_gone_takes_its_commits) \
	X(commit_ids_append) X(commits_least_recent_goes) X(images_by_commit) X(builds_newest_first) X(build_of_a_commit) \
	X(sessions_keep_usage_by_name) X(sessions_that_are_up_are_counted) X(usage_is_a_ring) X(messages_are_a_ring) X(engine_is_replaced) X(hosts_are_away_until_they_answer) \
	X(notices_coalesce) X(subscriber_added_in_dispatch) X(subscriber_removed_in_dispatch) X(write_in_dispatch_is_told) \
	X(answering_subscribers_do_not_hang) X(flush_in_flush) X(large_histories_are_fast)
#define CI_TESTS(X) X(job_states_by_word) X(failure_reasons_read_well) X(pipelines_of_one_commit) X(pipelines_copy_deeply) X(scopes_and_roles)
#define DECLARE(name) void name(void **state);
ENTITY_TESTS(DECLARE) CI_TESTS(DECLARE) STORE_TESTS(DECLARE)
#undef DECLARE
#endif
