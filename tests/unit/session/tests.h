/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TESTS_SESSION_H
#define BERTH_TESTS_SESSION_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../../patience.h"

/* Entities own their strings; literals in tests are only looked at. */
#define S(literal) ((char *)(literal))
extern const struct CMUnitTest options_tests[], parts_tests[], plan_tests[], launch_tests[], sessions_tests[], feed_tests[], links_tests[], idle_tests[], gitin_tests[], gitrun_tests[], exchange_tests[], saves_tests[];
extern const size_t n_options_tests, n_parts_tests, n_plan_tests, n_launch_tests, n_sessions_tests, n_feed_tests, n_links_tests, n_idle_tests, n_gitin_tests, n_gitrun_tests, n_exchange_tests, n_saves_tests;
#endif
