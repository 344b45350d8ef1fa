/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Podman has no daemon: where no engine answers and it is installed, its service is started here. It ends by itself when nobody has
 * spoken to it for a while; containers don't need it. Of several berths one starts it, the others wait for the same socket.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include "berth/log.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "errors.h"
#include "find.h"

enum { LOOK_EVERY_MS = 100, LOOKS_MAX = 300, WORDS_MAX = 64 << 10 };
#define UNUSED_S "600" /* a dashboard listens to events all the time, so this is counted from the last berth */

struct engine_starting {
	struct loop *loop;
	struct loop_child *child;
	struct loop_timer *timer;
	char *socket, *log_path;
	int lock;                      /* held while it starts: it is this berth that does; -1: another one, or not yet */
	unsigned looks;
	bool exited;
	void (*done)(void *ctx, const struct err *err);
	void *ctx;
};

static void starting_free(struct engine_starting *s)
{
	loop_child_forget(s->child);
	loop_timer_stop(s->timer);
	if (s->lock >= 0)
		close(s->lock);
	free(s->socket);
	free(s->log_path);
	free(s);
}

void engine_starting_cancel(struct engine_starting *s)
{
	if (s)
		starting_free(s);
}

static void starting_done(struct engine_starting *s, const struct err *err)
{
	void (*done)(void *, const struct err *) = s->done;
	void *ctx = s->ctx;

	starting_free(s);
	done(ctx, err);
}

/* Its last line is what it ended with. */
static void failed(struct engine_starting *s)
{
	AUTO(buf_fini) struct buf words = BUF_INIT;
	struct sv rest, line, last = { 0 };
	struct err err = { 0 };

	file_read(s->log_path, WORDS_MAX, &words, NULL);
	rest = buf_sv(&words);
	while (sv_split(&rest, '\n', &line))
		if (sv_trim(line).len)
			last = sv_trim(line);
	err_set(&err, ERR_NET, "no engine answers, and Podman's service could not be started%s%.*s", last.len ? ": " : "", (int)MIN_OF(last.len, 400u), last.p);
	err_hint(&err, "`podman info` may say more; or start another engine, or set DOCKER_HOST");
	starting_done(s, &err);
}

static void child_ended(void *ctx, int status, int signo)
{
	struct engine_starting *s = ctx;

	log_debug("engine", "podman's service ended: %d, signal %d", status, signo);
	s->exited = true;
}

static bool lock_taken(struct engine_starting *s)
{
	AUTO_STR path = xasprintf("%s.lock", s->socket);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		s->lock = fd;
		return true;
	}
	if (fd >= 0)
		close(fd);
	return false;
}

static void spawn(struct engine_starting *s)
{
	AUTO_STR address = xasprintf("unix://%s", s->socket);
	const char *argv[] = { "podman", "system", "service", "--time", UNUSED_S, address, NULL };
	struct err err = { 0 };
	int log = open(s->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct loop_child_spec spec = { .argv = argv, .detached = true, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = log };

	unlink(s->socket);             /* nobody listens on it */
	s->child = loop_child_spawn(s->loop, &spec, child_ended, s, &err);
	s->exited = !s->child;
	if (log >= 0)
		close(log);
}

static void look(void *ctx)
{
	struct engine_starting *s = ctx;

	if (engine_socket_check(s->socket, NULL) == 0)
		starting_done(s, NULL);
	else if (s->exited || ++s->looks > LOOKS_MAX)
		failed(s);
	else if (s->lock < 0 && lock_taken(s))
		spawn(s);
}

static bool is_installed(void)
{
	struct sv rest = sv_of(getenv("PATH")), dir;

	while (sv_split(&rest, ':', &dir)) {
		AUTO_STR path = xasprintf("%.*s/podman", (int)dir.len, dir.p);
		if (dir.len && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static bool is_named(const struct find_env *env)
{
	AUTO_STR current = find_current_context(env);
	const char *context = env->docker_context ? env->docker_context : current;

	return env->docker_host || (context && *context && strcmp(context, "default") != 0);
}

bool engine_podman_serves(const char *host)
{
	AUTO_STR socket = path_of(PATH_RUNTIME, PODMAN_SOCKET);

	return host && strncmp(host, "unix://", 7) == 0 && socket && strcmp(host + 7, socket) == 0;
}

struct engine_starting *engine_podman_start(struct loop *loop, void (*done)(void *ctx, const struct err *err), void *ctx)
{
	AUTO(find_env_fini) struct find_env env;
	AUTO_STR run = path_of(PATH_RUNTIME, NULL);

	find_env_read(&env);
	if (is_named(&env) || !is_installed() || !run || path_make_dirs(run, NULL) < 0)
		return NULL;
	struct engine_starting *s = xcalloc(1, sizeof *s);
	*s = (struct engine_starting){ .loop = loop, .socket = path_join(run, PODMAN_SOCKET), .log_path = path_join(run, "podman.log"), .lock = -1, .done = done, .ctx = ctx };
	s->timer = loop_timer_start(loop, 0, LOOK_EVERY_MS, look, s);
	return s;
}
