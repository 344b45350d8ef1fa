/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TESTS_PATIENCE_H
#define BERTH_TESTS_PATIENCE_H
/*
 * How long a test waits for what other threads and processes do, by the real clock: a machine that is busy with everything else may
 * let them wait for a minute, so only what never comes reaches it. What is awaited is looked at again and again:
 *
 *     for (int64_t until = patience(); !done && patient(until);)
 *             loop_turn(loop, true);
 *     assert_true(done);
 */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { PATIENCE_S = 120 };

static inline int64_t patience_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static inline int64_t patience(void)
{
	return patience_now() + PATIENCE_S;
}

static inline bool patient(int64_t until)
{
	return patience_now() < until;
}
#endif
