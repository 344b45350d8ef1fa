/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "image/record.h"
#include "tests.h"

static void tick_nothing(void *ctx)
{
	(void)ctx;
}

void turn_until(struct loop *l, const bool *flag)
{
	/* A timer of its own keeps a turn from waiting for ever. */
	struct loop_timer *tick = loop_timer_start(l, 50, 50, tick_nothing, NULL);
	for (int64_t until = patience(); !*flag && patient(until);)
		loop_turn(l, /* wait= */ true);
	loop_timer_stop(tick);
	assert_true(*flag);
}

int state_folder(void **state)
{
	char *dir = xstrdup("/tmp/berth-image-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	setenv("XDG_STATE_HOME", dir, 1);
	*state = dir;
	return 0;
}

int state_folder_gone(void **state)
{
	int r = path_remove_tree(*state, NULL);
	free(*state);
	return r;
}

/* This program is its own worker: "test-image build-worker ID" behaves as the environment's TEST_WORKER says. */
static int be_worker(const char *id)
{
	const char *how = getenv("TEST_WORKER");
	struct record r = { 0 };
	if (!how || strcmp(how, "never") == 0)
		return 0;
	AUTO_STR lock = build_file(id, "lock");
	if (lock_take(lock, /* wait= */ false, NULL) < 0 || record_read_raw(id, &r, NULL) < 0)
		return 1;
	r.b.state = BUILD_RUNNING;
	r.b.pid = (int)getpid();
	record_write(&r, NULL);
	record_fini(&r);
	for (;;)
		pause(); /* until a signal ends it */
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "build-worker") == 0)
		return be_worker(argv[2]);
#define LIST(name) cmocka_unit_test(name),
#define LIST_DISK(name) cmocka_unit_test_setup_teardown(name, state_folder, state_folder_gone),
	const struct CMUnitTest tests[] = { PURE_TESTS(LIST) RECORD_TESTS(LIST_DISK) FOLLOW_TESTS(LIST_DISK) RUN_TESTS(LIST_DISK)
	                                    RESOLVER_TESTS(LIST_DISK) DIAGNOSE_TESTS(LIST) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
