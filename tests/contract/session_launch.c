/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images of many kinds, starts that fail for many reasons. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "berth/path.h"
#include "tests/contract/session.h"

static void make(const char *ref, bool with_shell, const char *change, const char *another)
{
	const char *changes[] = { "ENV PATH=/bin", change, another, NULL };
	if (!change)
		changes[1] = NULL;
	image_make(ref, with_shell, changes);
}

static void an_own_server_answers(void **state)
{
	AUTO(start_fini) struct start s = { .image = "berth-test/ses-web:1", .name = "web" };
	AUTO(session_fini) struct session session;
	AUTO(buf_fini) struct buf page = BUF_INIT;
	static const char *const look[] = { "stat", "-c", "%u:%g %n", "/home/tiny/work", "/home/tiny/work/usual", "/home/tiny/work/usual/.git" };
	static const char *const where[] = { "pwd" };
	static const char *const touch[] = { "busybox", "touch", "new.txt" };
	(void)state;
	const char *changes[] = { "ENV PATH=/bin", "CMD [\"httpd\",\"-f\",\"-p\",\"8888\",\"-h\",\"/www\"]", "EXPOSE 8888", "USER tiny", NULL };
	image_make(s.image, true, changes);
	start_run(&s);
	assert_runs(&s);
	assert_non_null(strstr(buf_str(&s.warnings), "own server"));
	session_find(&s, &session);
	assert_int_equal(session.state, SESSION_RUNNING);
	assert_string_equal(session.branch, "main");
	assert_string_equal(session.owner, "tester");
	assert_int_equal(session.memory_limit_bytes, 64 << 20);
	assert_false(session.has_token);
	AUTO_STR url = session_address(&session);
	assert_int_equal(http_status(url, &page), 200);
	assert_string_equal(buf_str(&page), "hello from inside\n");
	AUTO_STR owners = run_inside(&session, look, ARRAY_LEN(look));
	assert_string_equal(owners, "1234:567 /home/tiny/work\n1234:567 /home/tiny/work/usual\n1234:567 /home/tiny/work/usual/.git\n");
	AUTO_STR dir = run_inside(&session, where, 1);
	assert_string_equal(dir, "/home/tiny/work/usual\n");
	struct session_work work = session_work_of(&session, "usual"); /* there is no git in it */
	assert_false(session_work_any(&work));
	AUTO_STR nothing = run_inside(&session, touch, ARRAY_LEN(touch));
	assert_string_equal(nothing, "");
	work = session_work_of(&session, "usual");
	assert_int_equal(work.untracked, 1);
	assert_true(session_work_any(&work));
	session_end_it(&s);
}

static void a_shell_is_a_session_too(void **state)
{
	AUTO(start_fini) struct start s = { .image = "berth-test/ses-sh:1", .name = "sh" };
	AUTO(session_fini) struct session session;
	struct engine_exec_query q;
	(void)state;
	make(s.image, true, "CMD [\"sh\"]", NULL);
	start_run(&s);
	assert_runs(&s);
	session_find(&s, &session);
	assert_int_equal(session.state, SESSION_RUNNING);
	assert_null(session.address);
	session_shell_query(&session, &q);
	assert_string_equal(q.container, session.container_id);
	session_end_it(&s);
}

static void an_image_without_a_shell_runs(void **state)
{
	AUTO(start_fini) struct start s = { .image = "berth-test/ses-bare:1", .name = "bare", .branch = "feature/x" };
	AUTO(session_fini) struct session session;
	const char *changes[] = { "CMD [\"/bin/busybox\",\"httpd\",\"-f\",\"-p\",\"9000\",\"-h\",\"/www\"]", "EXPOSE 9000", "USER 4321", NULL };
	(void)state;
	image_make(s.image, false, changes);
	start_run(&s);
	assert_runs(&s);
	session_find(&s, &session);
	assert_string_equal(session.branch, "feature/x");
	AUTO_STR url = session_address(&session);
	assert_int_equal(http_status(url, NULL), 200);
	session_end_it(&s);
}

static void odd_names_are_kept(void **state)
{
	static const struct { const char *project, *branch, *name, *folder; } rows[] = {
		{ "odd 'näme' \"x\"", "fix/häuser'und\"tüten", "odd1", "/root/work/odd 'näme' \"x\"\n" }, { "-dash", "fix/häuser'und\"tüten", "odd2", NULL },
	};
	static const char *const where[] = { "pwd" }, *const read[] = { "cat", "ein \"datei\" mit\ttab.txt" };
	(void)state;
	make("berth-test/ses-sh:1", true, "CMD [\"sh\"]", NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(start_fini) struct start s = { .image = "berth-test/ses-sh:1", .project = rows[i].project, .branch = rows[i].branch, .name = rows[i].name };
		AUTO(session_fini) struct session session;
		start_run(&s);
		assert_runs(&s);
		session_find(&s, &session);
		assert_string_equal(session.branch, rows[i].branch);
		assert_string_equal(session.project, rows[i].project);
		AUTO_STR dir = run_inside(&session, where, 1);
		AUTO_STR text = run_inside(&session, read, 2);
		if (rows[i].folder)
			assert_string_equal(dir, rows[i].folder);
		assert_string_equal(text, "x\n");
		session_end_it(&s);
	}
}

static void what_dies_says_why(void **state)
{
	static const struct { const char *image, *change, *memory, *words, *hint; bool log; } rows[] = {
		{ "berth-test/ses-false:1", "CMD [\"false\"]", NULL, "exit code 1", "printed nothing", false },
		{ "berth-test/ses-says:1", "CMD [\"sh\",\"-c\",\"echo starting; echo no such module >&2; exit 3\"]", NULL, "exit code 3: no such module", "Its log is kept", true },
		{ "berth-test/ses-nope:1", "CMD [\"no-such-program\"]", NULL, "127", "log is kept", true },
		{ "berth-test/ses-oom:1", "CMD [\"sh\",\"-c\",\"echo filling; tail /dev/zero\"]", "16M", "ran out of memory", "--memory", true },
		{ "berth-test/ses-zero:1", "CMD [\"echo\",\"done already\"]", NULL, "by itself (exit code 0): done already", "Its log", true },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(start_fini) struct start s = { .image = rows[i].image, .name = "dies", .memory = rows[i].memory };
		make(rows[i].image, true, rows[i].change, "EXPOSE 8888");
		start_run(&s);
		assert_failed(&s, rows[i].words, rows[i].hint);
		assert_int_equal(launch_log_path(s.launch) != NULL, rows[i].log);
		assert_gone(&s);
	}
}

static void an_unknown_user_is_refused(void **state)
{
	AUTO(start_fini) struct start s = { .image = "berth-test/ses-user:1", .name = "user" };
	const char *changes[] = { "ENV PATH=/bin", "CMD [\"sh\"]", "USER nobody-there", NULL };
	(void)state;
	image_make(s.image, true, changes);
	start_run(&s);
	assert_failed(&s, "nobody-there", "USER");
	assert_gone(&s);
}

static void an_image_that_is_nowhere(void **state)
{
	AUTO(start_fini) struct start s = { .image = "127.0.0.1:9/none/such:1", .name = "none" };
	(void)state;
	start_run(&s);
	assert_failed(&s, "can't be pulled", "");
	assert_true(s.err.hint[0] != '\0');
	assert_gone(&s);
}

/* ---- a port that is taken between its choice and the start ---- */
static void take_the_port(struct start *s)
{
	const struct step_status *st = launch_step_status(s->launch, STEP_START);
	unsigned port;
	int *fd = s->ctx;
	if (*fd >= 0 || st->state != STEP_RUNNING || sscanf(st->detail, "on port %u ", &port) != 1)
		return;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(*fd, 1), 0);
}

static void a_taken_port_is_changed(void **state)
{
	int fd = -1;
	AUTO(start_fini) struct start s = { .image = "berth-test/ses-web:2", .name = "port", .moved = take_the_port, .ctx = &fd };
	AUTO(session_fini) struct session session;
	(void)state;
	make(s.image, true, "CMD [\"httpd\",\"-f\",\"-p\",\"8888\",\"-h\",\"/www\"]", "EXPOSE 8888");
	start_run(&s);
	assert_runs(&s);
	assert_true(fd >= 0);
	assert_non_null(strstr(buf_str(&s.warnings), "was taken meanwhile"));
	session_find(&s, &session);
	AUTO_STR url = session_address(&session);
	assert_int_equal(http_status(url, NULL), 200);
	close(fd);
	session_end_it(&s);
}

static void a_name_is_taken_once(void **state)
{
	AUTO(start_fini) struct start s = { .image = "berth-test/ses-sh:1", .name = "twice" }, again = { .image = "berth-test/ses-sh:1", .name = "twice" };
	(void)state;
	make(s.image, true, "CMD [\"sh\"]", NULL);
	start_run(&s);
	assert_runs(&s);
	start_run(&again);
	assert_failed(&again, "already", "--name");
	AUTO(session_fini) struct session session; /* the first one is as it was */
	session_find(&s, &session);
	assert_int_equal(session.state, SESSION_RUNNING);
	session_end_it(&s);
}

const struct CMUnitTest launch_tests[] = {
	cmocka_unit_test(an_own_server_answers), cmocka_unit_test(a_shell_is_a_session_too), cmocka_unit_test(an_image_without_a_shell_runs),
	cmocka_unit_test(odd_names_are_kept), cmocka_unit_test(what_dies_says_why), cmocka_unit_test(an_unknown_user_is_refused),
	cmocka_unit_test(an_image_that_is_nowhere), cmocka_unit_test(a_taken_port_is_changed), cmocka_unit_test(a_name_is_taken_once),
};
const size_t n_launch_tests = ARRAY_LEN(launch_tests);
