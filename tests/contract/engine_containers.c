/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const sleeping[] = { "sleep", "600" };

static void got_container(void *ctx, const struct engine_container *c)
{
	struct seen *s = ctx;

	s->items++;
	str_replace(&s->word, c->status);
	str_replace(&s->id, c->name);
	s->exit_code = c->exit_code;
	s->number = c->n_ports ? c->ports[0].host_port : 0;
	s->known = c->memory_bytes == (uint64_t)64 << 20 && c->pids == 50 && c->cpus > 0.49 && c->cpus < 0.51 && c->n_labels;
}

static void look_at(const char *name, struct seen *s)
{
	seen_clear(s);
	engine_container_inspect(test_engine(), name, got_container, seen_end, s);
	assert_ended_well(s, "container inspect");
}

/* Podman raises a limit of its own beside any that is asked for, and can't where the kernel lets nobody raise it: in a container with few
 * rights. A launch then asks for none, and so does this test. */
static bool limits_can_be_asked_for(void)
{
	const struct rlimit more = { 1 << 20, 1 << 20 };
	int status = 0;
	if (!(engine_caps(test_engine()) & ENGINE_IS_PODMAN))
		return true;
	pid_t pid = fork();
	if (pid == 0)
		_exit(setrlimit(RLIMIT_NPROC, &more) < 0);
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	if (status)
		print_message("# nobody may raise limits here, so Podman is asked for none\n");
	return status == 0;
}

static void test_whole_life(void **state)
{
	const char *name = test_name("life");
	uint16_t port = net_free_port();
	static const char *const cap[] = { "KILL" };
	struct engine_create_query q = { .name = name, .image = TEST_IMAGE, .cmd = sleeping, .n_cmd = 2, .hostname = "berth", .workdir = "/tmp",
		.labels = test_labels, .n_labels = 1, .env = &(struct net_header){ "GREETING", "a b=c" }, .n_env = 1, .user = "1000:1000",
		.ports = &(struct engine_port){ 8888, port, "127.0.0.1" }, .n_ports = 1,
		.tmpfs = &(struct engine_tmpfs){ "/run/secrets", "rw,noexec,nosuid,nodev,size=1m,mode=0700,uid=1000,gid=1000" }, .n_tmpfs = 1,
		.memory_bytes = (uint64_t)64 << 20, .shm_bytes = 1 << 20, .cpus = 0.5, .pids = 50, .nofile = 256, .stop_timeout_s = 1,
		.cap_add = cap, .n_cap_add = 1, .drop_caps = true, .no_new_privileges = true, .init = true, .log_max_mb = 2 };
	AUTO(seen_clear) struct seen s = { 0 };

	if (!limits_can_be_asked_for())
		q.nofile = 0;
	test_make(&q);
	look_at(name, &s);
	assert_string_equal(s.word, "created");
	test_start(name);
	test_start(name);                           /* already running is fine */
	look_at(name, &s);
	assert_string_equal(s.word, "running");
	assert_string_equal(s.id, name);
	assert_int_equal(s.number, port);
	assert_true(s.known);
	for (int i = 0; i < 2; i++) {               /* already stopped is fine */
		seen_clear(&s);
		engine_stop(test_engine(), name, 1, seen_end, &s);
		assert_ended_well(&s, "stop");
	}
	look_at(name, &s);
	assert_string_equal(s.word, "exited");
	test_remove(name);
	test_remove(name);                          /* absent is fine */
	seen_clear(&s);
	engine_container_inspect(test_engine(), name, got_container, seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "inspect of what is gone");
}

static void find_mine(void *ctx, const struct engine_container *c)
{
	struct seen *s = ctx;

	if (strcmp(c->name, s->id) != 0)
		return;
	s->items++;
	s->exit_code = c->exit_code;
	str_replace(&s->word, c->status);
	assert_true(c->n_labels > 0 && c->created_at_s > 1000000000);
}

static void test_list_knows_exit_codes(void **state)
{
	static const char *const cmd[] = { "sh", "-c", "exit 7" };
	const char *name = test_name("exit");
	AUTO(seen_clear) struct seen s = { 0 };

	test_run(name, cmd, 3);
	for (unsigned i = 0; i < 200; i++) {        /* until it has ended; each turn is a request */
		look_at(name, &s);
		if (strcmp(s.word, "exited") == 0)
			break;
	}
	seen_clear(&s);
	s.id = xstrdup(name);
	engine_containers(test_engine(), TEST_LABEL, find_mine, seen_end, &s);
	assert_ended_well(&s, "containers");
	assert_int_equal(s.items, 1);
	assert_int_equal(s.exit_code, 7);
	assert_string_equal(s.word, "exited");
	test_remove(name);
}

static void made_ignored(void *ctx, const char *id, const char *warning)
{
	((struct seen *)ctx)->items++;
}

static void test_create_refused(void **state)
{
	const char *name = test_name("twice");
	AUTO(seen_clear) struct seen s = { 0 };
	struct engine_create_query q = { .name = name, .image = TEST_IMAGE, .cmd = sleeping, .n_cmd = 2, .labels = test_labels, .n_labels = 1 };

	test_make(&q);
	engine_create(test_engine(), &q, made_ignored, seen_end, &s);
	assert_ended_as(&s, ERR_CONFLICT, name, "the same name again");
	test_remove(name);
	seen_clear(&s);
	q.image = "berth-test/none:x";
	engine_create(test_engine(), &q, made_ignored, seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "create from nothing");
	seen_clear(&s);
	q.image = TEST_IMAGE;
	q.memory_bytes = 1000;
	engine_create(test_engine(), &q, made_ignored, seen_end, &s);
	wait_end(&s, "too little memory");
	if (engine_caps(test_engine()) & ENGINE_IS_PODMAN)
		test_remove(name);             /* its runtime refuses that when it starts */
	else
		assert_true(s.err.code != ERR_NONE);
	seen_clear(&s);
	q.memory_bytes = 0;
	q.name = "not/a name";
	engine_create(test_engine(), &q, made_ignored, seen_end, &s);
	wait_end(&s, "a bad name");
	assert_true(s.err.code != ERR_NONE);
	assert_int_equal(s.items, 0);
}

static int listen_on_loopback(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 1), 0);
	getsockname(fd, (struct sockaddr *)&a, &n);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static void test_port_taken(void **state)
{
	const char *name = test_name("port");
	uint16_t port;
	int fd = listen_on_loopback(&port);
	AUTO(seen_clear) struct seen s = { 0 };

	test_make(&(struct engine_create_query){ .name = name, .image = TEST_IMAGE, .cmd = sleeping, .n_cmd = 2, .labels = test_labels, .n_labels = 1,
		.ports = &(struct engine_port){ 8888, port, "127.0.0.1" }, .n_ports = 1 });
	engine_start(test_engine(), name, seen_end, &s);
	assert_ended_as(&s, ERR_CONFLICT, "address already in use", "a port that is taken");
	close(fd);
	test_remove(name);
}

static void test_command_missing(void **state)
{
	static const char *const cmd[] = { "no-such-program" };
	const char *name = test_name("missing");
	AUTO(seen_clear) struct seen s = { 0 };

	test_make(&(struct engine_create_query){ .name = name, .image = TEST_IMAGE, .cmd = cmd, .n_cmd = 1, .labels = test_labels, .n_labels = 1 });
	engine_start(test_engine(), name, seen_end, &s);
	assert_ended_as(&s, ERR_FAILED, "no-such-program", "a program that isn't there");
	look_at(name, &s);
	if (!(engine_caps(test_engine()) & ENGINE_IS_PODMAN)) /* which has no exit code of what never began */
		assert_int_equal(s.exit_code, 127);
	test_remove(name);
}

static void test_absent(void **state)
{
	struct engine *e = test_engine();
	AUTO(seen_clear) struct seen s = { 0 };

	engine_start(e, "berth-test-absent", seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, "berth-test-absent", "start");
	seen_clear(&s);
	engine_stop(e, "berth-test-absent", 1, seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "stop");
	seen_clear(&s);
	engine_kill(e, "berth-test-absent", "TERM", seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "kill");
	seen_clear(&s);
	engine_start(e, "../info", seen_end, &s);
	assert_ended_as(&s, ERR_USAGE, "../info", "a name that leads elsewhere");
}

static void got_event(void *ctx, const struct engine_event *ev)
{
	struct seen *s = ctx;
	bool mine = false;

	for (size_t i = 0; i < ev->n_attributes; i++)
		mine = mine || (strcmp(ev->attributes[i].name, "name") == 0 && strcmp(ev->attributes[i].value, s->id) == 0);
	if (!mine)
		return;
	s->items++;
	buf_addf(&s->bytes, "%s(%s) ", ev->action, ev->exit_code);
	if (strcmp(ev->action, "destroy") == 0 || strcmp(ev->action, "remove") == 0)
		s->known = true;
}

static void test_events_kill(void **state)
{
	const char *name = test_name("events");
	AUTO(seen_clear) struct seen events = { .id = xstrdup(name) };
	AUTO(seen_clear) struct seen s = { 0 };
	/* from now on: events are kept, so what comes before the stream stands is told too */
	struct engine_call *c = engine_events(test_engine(), TEST_LABEL, (int64_t)time(NULL) - 1, got_event, seen_end, &events);

	test_run(name, sleeping, 2);
	engine_kill(test_engine(), name, "KILL", seen_end, &s);
	assert_ended_well(&s, "kill");
	test_remove(name);
	wait_for(&events.known, 10, "event destroy");
	assert_non_null(strstr(buf_str(&events.bytes), "create() "));
	assert_non_null(strstr(buf_str(&events.bytes), "start() "));
	assert_non_null(strstr(buf_str(&events.bytes), "die(137) "));
	assert_false(events.ended);
	engine_cancel(c);
	assert_true(events.ended);
	assert_int_equal(events.err.code, ERR_CANCELLED);
}

static void got_usage(void *ctx, const struct engine_usage *u)
{
	struct seen *s = ctx;

	s->items++;
	s->known = u->cpu_known;
	s->cpu = u->cpu_cores;
	s->number = u->memory_bytes;
}

static void measure(const char *name, struct seen *s)
{
	seen_clear(s);
	engine_stats(test_engine(), name, got_usage, seen_end, s);
	assert_ended_well(s, "stats");
	assert_int_equal(s->items, 1);
}

static void test_stats(void **state)
{
	static const char *const cmd[] = { "sh", "-c", "while :; do :; done" };
	const char *name = test_name("stats");
	AUTO(seen_clear) struct seen s = { 0 };
	bool passed = false;

	test_run(name, cmd, 3);
	measure(name, &s);
	assert_false(s.known);
	assert_true(s.number > 0 && s.number < (uint64_t)64 << 20);
	for (int i = 0; i < 100 && !passed; i++) {  /* as long as it takes to be seen working */
		measure(name, &s);
		passed = s.known && s.cpu > 0.05 && s.cpu < 4;
	}
	assert_true(passed);
	seen_clear(&s);
	engine_kill(test_engine(), name, "KILL", seen_end, &s);
	assert_ended_well(&s, "kill");
	for (int i = 0; i < 200; i++) {
		look_at(name, &s);
		if (strcmp(s.word, "exited") == 0)
			break;
	}
	seen_clear(&s);
	engine_stats(test_engine(), name, got_usage, seen_end, &s);
	assert_ended_as(&s, ERR_CONFLICT, "not running", "stats of a dead one");
	test_remove(name);
	seen_clear(&s);
	engine_stats(test_engine(), name, got_usage, seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "stats of none");
}

const struct CMUnitTest container_tests[] = {
	cmocka_unit_test(test_whole_life), cmocka_unit_test(test_list_knows_exit_codes), cmocka_unit_test(test_create_refused),
	cmocka_unit_test(test_port_taken), cmocka_unit_test(test_command_missing), cmocka_unit_test(test_absent),
	cmocka_unit_test(test_events_kill), cmocka_unit_test(test_stats),
};
const size_t n_container_tests = ARRAY_LEN(container_tests);
