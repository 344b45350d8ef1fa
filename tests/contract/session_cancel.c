/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cancelled at every step, at its beginning and at each of its words, a start leaves nothing on the engine. */
#include "tests/contract/session.h"

struct when { enum launch_step step; unsigned moves; bool done; };

static void cancel_then(struct start *s)
{
	struct when *w = s->ctx;
	enum launch_step now = launch_current_step(s->launch);
	if (w->done || now < w->step || (now == w->step && w->moves-- > 0))
		return;
	w->done = true;
	loop_defer(test_loop(), (void (*)(void *))launch_cancel, s->launch);
}

static void every_step_can_be_cancelled(void **state)
{
	const char *changes[] = { "ENV PATH=/bin", "CMD [\"sleep\",\"1000\"]", "EXPOSE 8888", NULL }; /* never answers */
	(void)state;
	image_make("berth-test/ses-silent:1", true, changes);
	for (int step = 0; step < STEP_COUNT_; step++)
		for (unsigned moves = 0; moves < 3; moves++) {
			struct when when = { (enum launch_step)step, moves, false };
			AUTO(start_fini) struct start s = { .image = "berth-test/ses-silent:1", .name = "cancel", .moved = cancel_then, .ctx = &when };
			/* a step of fewer words is over by then: the next one is cancelled in its place */
			start_run(&s);
			if (when.done && s.err.code != ERR_CANCELLED)
				fail_msg("step %d, move %u: %d %s", step, moves, s.err.code, s.err.text);
			assert_true(when.done);
			assert_gone(&s);
		}
}

const struct CMUnitTest cancel_tests[] = { cmocka_unit_test(every_step_can_be_cancelled) };
const size_t n_cancel_tests = ARRAY_LEN(cancel_tests);
