/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "tests/contract/standin.h"

static void child(int out, const char *world, const char *const *args)
{
	const char *argv[32] = { "python3", "-B", TEST_SRCDIR "/fake/gitlab", "--world", world };
	size_t n = 5;

	for (; args && *args && n + 1 < ARRAY_LEN(argv); args++)
		argv[n++] = *args;
	dup2(out, 1);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* "url=…\ncontrol=…\n", up to the line that says it is ready */
static void read_where(struct standin *s, FILE *from)
{
	char line[1000];

	while (fgets(line, sizeof line, from)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "url=", 4))
			s->url = xstrdup(line + 4);
		if (!strncmp(line, "control=", 8))
			s->control = xstrdup(line + 8);
		if (!strncmp(line, "state=", 6)) {
			s->state = xstrdup(line + 6);
			return;
		}
	}
	fail_msg("the stand-in GitLab did not start");
}

struct standin *standin_new(struct loop *loop, const char *world, const char *const *args)
{
	struct standin *s = xcalloc(1, sizeof *s);
	char file[] = "/tmp/berth-world-XXXXXX";
	int fd = mkstemp(file), ends[2];

	assert_true(fd >= 0 && !pipe(ends));
	assert_int_equal(write(fd, world, strlen(world)), strlen(world));
	close(fd);
	s->pid = fork();
	if (!s->pid)
		child(ends[1], file, args);
	close(ends[1]);
	FILE *from = fdopen(ends[0], "r");
	read_where(s, from);
	fclose(from);
	unlink(file);
	s->loop = loop;
	s->net = net_new(loop);
	return s;
}

/* One that does not end when it is told to is a failure, and no reason to wait for ever. */
static void end_child(pid_t pid)
{
	kill(pid, SIGTERM);
	for (int waited_ms = 0; waited_ms < 30000; waited_ms += 10) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		poll(NULL, 0, 10);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fail_msg("the stand-in GitLab did not end within 30 s of SIGTERM");
}

void standin_free(struct standin *s)
{
	if (!s)
		return;
	net_free(s->net);
	end_child(s->pid);
	free(s->url);
	free(s->control);
	free(s->state);
	free(s);
}

struct answer { bool ended; json_t *json; int status; struct err err; };

static void answered(void *ctx, const struct net_response *r, const struct err *err)
{
	struct answer *a = ctx;

	a->ended = true;
	if (err)
		a->err = *err;
	a->status = r ? r->status : 0;
	if (r && r->body.len)
		a->json = json_read(r->body, BUF_MAX_DEFAULT, NULL);
}

json_t *standin_ask(struct standin *s, const char *method, const char *path, const char *body)
{
	const struct net_header type = { "Content-Type", "application/json" };
	const struct net_request q = { .peer = { .base_url = s->control }, .method = method, .path = path, .headers = &type, .n_headers = 1,
		.body = sv_of(body) };
	struct answer a = { 0 };

	net_fetch(s->net, &q, answered, &a);
	while (!a.ended)
		loop_turn(s->loop, true);
	if (a.err.code || a.status >= 300)
		fail_msg("%s %s: %d %s", method, path, a.status, a.err.text);
	return a.json;
}

void standin_tell(struct standin *s, const char *method, const char *path, const char *body) { json_decref(standin_ask(s, method, path, body)); }
