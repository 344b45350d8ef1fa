/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tunnel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "berth/log.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "errors.h"

enum { LOOK_MS = 50, GIVE_UP_MS = 45000, WORDS_MAX = 16 << 10, SOCKET_PATH_MAX = 100 };
#define DOCKER_SOCKET "/var/run/docker.sock"

struct tunnel {
	struct loop *loop;
	struct ssh_address at;
	char *address, *dir, *socket;
	struct loop_child *child;
	int stdin_fd, words_fd;
	struct loop_fd *watch;
	struct loop_timer *timer;
	uint64_t began_ms;
	struct buf words;
	bool stands, exited;
	struct err err;
	void (*ready)(void *ctx, const struct err *err);
	void *ctx;
};

/* ---- addresses ---- */
void ssh_address_fini(struct ssh_address *a)
{
	free(a->user);
	free(a->host);
	free(a->port);
	free(a->socket);
	*a = (struct ssh_address){ 0 };
}

static bool plain(struct sv s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("?#%,'\"\\`$;&|<>(){}*", s.p[i]))
			return false;
	return s.len && s.p[0] != '-';
}

static int address_wrong(const char *text, struct err *reterr)
{
	err_set(reterr, ERR_CONFIG, "'%s' is no engine's address by ssh", strchr(text, '@') && strchr(text + 6, ':') < strchr(text, '@') ? "ssh://…" : text);
	err_hint(reterr, "it looks like ssh://user@host or ssh://host:22/run/docker.sock, without a password");
	return -ERR_CONFIG;
}

int ssh_address_read(const char *text, struct ssh_address *ret, struct err *reterr)
{
	struct sv rest = sv_of(text + strlen("ssh://")), user = { 0 }, host = rest, port = { 0 }, path = { 0 };
	uint64_t n;
	*ret = (struct ssh_address){ 0 };
	const char *slash = memchr(rest.p, '/', rest.len);
	if (slash) {
		path = (struct sv){ slash, rest.len - (size_t)(slash - rest.p) };
		host.len -= path.len;
	}
	const char *at = memrchr(host.p, '@', host.len);
	if (at) {
		user = (struct sv){ host.p, (size_t)(at - host.p) };
		host = (struct sv){ at + 1, host.len - user.len - 1 };
	}
	const char *bracket = memrchr(host.p, ']', host.len);
	const char *colon = memrchr(host.p, ':', host.len);
	if (colon && (!bracket || colon > bracket)) {
		port = (struct sv){ colon + 1, host.len - (size_t)(colon + 1 - host.p) };
		host.len = (size_t)(colon - host.p);
	}
	if (bracket && host.len > 2 && host.p[0] == '[')
		host = (struct sv){ host.p + 1, host.len - 2 };
	if (!plain(host) || (at && (!plain(user) || memchr(user.p, ':', user.len))) || (path.len > 1 && !plain(path)) ||
	    (colon && port.p && (!sv_to_u64(port, &n) || !n || n > UINT16_MAX)))
		return address_wrong(text, reterr);
	*ret = (struct ssh_address){ at ? sv_dup(user) : NULL, sv_dup(host), port.len ? sv_dup(port) : NULL, path.len > 1 ? sv_dup(path) : xstrdup(DOCKER_SOCKET) };
	return 0;
}

/* ---- what ssh says ---- */
static const struct { const char *words; enum err_code code; const char *text, *hint; } sayings[] = {
	/* The machine is reached, its socket is not. sshd tells only its own log why: "connect failed: open failed". */
	{ "open failed", ERR_NET, "%s is reached, but ssh finds no engine there",
	  "log in and try docker ps; a socket elsewhere is named as in ssh://host/path/to/docker.sock; sshd must allow it (AllowStreamLocalForwarding)" },
	/* the machine is not reached */
	{ "IDENTIFICATION HAS CHANGED", ERR_TLS, "the host key of %s is not the one that was accepted before", "ask who runs it before anything else; ssh-keygen -R forgets the old key" },
	{ "Host key verification failed", ERR_TLS, "the host key of %s is not known here", "log in there once with ssh in a terminal, compare the key and accept it" },
	{ "Permission denied", ERR_AUTH, "%s refuses the login", "ssh has to get in without asking: install your key there (ssh-copy-id), or load it (ssh-add)" },
	{ "Too many authentication failures", ERR_AUTH, "%s refuses the login", "name the key for it in ~/.ssh/config (IdentityFile, IdentitiesOnly yes)" },
	{ "Could not resolve hostname", ERR_NET, "the name of %s is not known", "check the spelling, the network and ~/.ssh/config" },
	{ "Connection refused", ERR_NET, "no ssh server listens at %s", "check the address and the port" },
	{ "timed out", ERR_TIMEOUT, "%s does not answer", "check the network; a firewall may swallow the connection" },
	{ "No route to host", ERR_NET, "there is no way to %s", "check the network" },
	{ "Network is unreachable", ERR_NET, "there is no way to %s", "check the network" },
	{ "Bad configuration option", ERR_CONFIG, "ssh does not understand its configuration", "ssh -G and the host's name shows where" },
	{ "Connection closed", ERR_NET, "%s closed the connection", "try again" },
	{ "Connection reset", ERR_NET, "%s closed the connection", "try again" },
};

static void set_words(struct err *ret, size_t row, const struct ssh_address *at)
{
	const char *text = sayings[row].text, *slot = strstr(text, "%s");
	AUTO(buf_fini) struct buf b = BUF_INIT;
	buf_add(&b, text, slot ? (size_t)(slot - text) : strlen(text));
	if (slot) {
		buf_add_str(&b, at->host);
		buf_add_str(&b, slot + 2);
	}
	err_set(ret, sayings[row].code, "%s", buf_str(&b));
	err_hint(ret, "%s", sayings[row].hint);
}

bool tunnel_words(struct sv complaints, const struct ssh_address *at, struct err *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(sayings); i++)
		if (complaints.len && memmem(complaints.p, complaints.len, sayings[i].words, strlen(sayings[i].words))) {
			set_words(ret, i, at);
			return true;
		}
	return false;
}

static struct sv last_line(struct sv s)
{
	struct sv line, last = { "", 0 };
	while (sv_split(&s, '\n', &line))
		if (sv_trim(line).len)
			last = sv_trim(line);
	return last;
}

/* Its words may still be in the pipe when what they explain has happened already. */
static void drain(struct tunnel *t)
{
	char room[4096];
	for (ssize_t n; t->words_fd >= 0 && (n = read(t->words_fd, room, sizeof room)) > 0;)
		buf_add(&t->words, room, MIN_OF((size_t)n, WORDS_MAX - MIN_OF(t->words.len, (size_t)WORDS_MAX)));
}

static void explain(struct tunnel *t, struct err *ret)
{
	drain(t);
	struct sv line = last_line(buf_sv(&t->words));
	if (tunnel_words(buf_sv(&t->words), &t->at, ret))
		return;
	err_set(ret, ERR_NET, "ssh to %s ended%s%.*s", t->at.host, line.len ? ": " : "", (int)MIN_OF(line.len, (size_t)300), line.p);
	err_hint(ret, "look whether ssh gets there from a terminal");
}

void tunnel_error(struct tunnel *t, const struct err *net_err, struct err *ret)
{
	drain(t);
	if (net_err->code == ERR_CANCELLED || (net_err->code == ERR_TIMEOUT && t->stands)) {
		err_copy(ret, net_err);
	} else if (!t->stands) {
		explain(t, ret);
	} else if (!tunnel_words(buf_sv(&t->words), &t->at, ret)) {
		err_set(ret, ERR_NET, "%s is reached by ssh, but its engine does not answer at %s", t->at.host, t->at.socket);
		err_hint(ret, "look whether Docker runs there");
	}
	buf_clear(&t->words); /* said: what comes next has words of its own */
}

/* ---- life ---- */
static void told(struct tunnel *t, const struct err *err)
{
	void (*ready)(void *, const struct err *) = t->ready;
	loop_timer_stop(t->timer);
	t->timer = NULL;
	t->ready = NULL;
	if (ready)
		ready(t->ctx, err); /* t may be gone */
}

static void tell_failure(void *tunnel)
{
	struct tunnel *t = tunnel;
	struct err err = t->err;
	told(t, &err);
}

static void look(void *tunnel)
{
	struct tunnel *t = tunnel;
	if (access(t->socket, F_OK) == 0) {
		t->stands = true;
		log_debug("engine", "ssh forwards %s of %s", t->at.socket, t->at.host);
		told(t, NULL);
	} else if (loop_now_ms(t->loop) - t->began_ms > GIVE_UP_MS) {
		err_set(&t->err, ERR_TIMEOUT, "ssh to %s does not get through in %d s", t->at.host, GIVE_UP_MS / 1000);
		err_hint(&t->err, "look whether ssh gets there from a terminal");
		kill(loop_child_pid(t->child), SIGTERM);
		tell_failure(t);
	}
}

static void readable(void *tunnel, unsigned events)
{
	struct tunnel *t = tunnel;
	char room[4096];
	(void)events;
	ssize_t n = read(t->words_fd, room, sizeof room);
	if (n > 0) {
		buf_add(&t->words, room, MIN_OF((size_t)n, WORDS_MAX - MIN_OF(t->words.len, (size_t)WORDS_MAX)));
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		loop_fd_unwatch(t->watch);
		t->watch = NULL;
	}
}

static void exited(void *tunnel, int status, int signo)
{
	struct tunnel *t = tunnel;
	t->exited = true;
	t->stands = false;
	log_debug("engine", "ssh to %s ended (%d, signal %d)", t->at.host, status, signo);
	if (!t->ready)
		return;
	explain(t, &t->err);
	tell_failure(t);
}

static int spawn(struct tunnel *t)
{
	AUTO_STR forward = xasprintf("%s:%s", t->socket, t->at.socket);
	const char *argv[40];
	size_t n = 0;
	static const char *const fixed[] = {
		"ssh", "-T", "-a", "-x", "-o", "BatchMode=yes", "-o", "LogLevel=INFO", "-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=15",
		"-o", "ServerAliveCountMax=3", "-o", "ExitOnForwardFailure=yes", "-o", "ClearAllForwardings=no", "-o", "ControlMaster=no",
		"-o", "ControlPath=none", "-o", "RequestTTY=no", "-L",
	};
	int in[2], words[2];
	for (; n < ARRAY_LEN(fixed); n++)
		argv[n] = fixed[n];
	argv[n++] = forward;
	if (t->at.user) {
		argv[n++] = "-l";
		argv[n++] = t->at.user;
	}
	if (t->at.port) {
		argv[n++] = "-p";
		argv[n++] = t->at.port;
	}
	argv[n++] = "--";
	argv[n++] = t->at.host;
	argv[n++] = "exec cat >/dev/null"; /* ends when our end of its input closes: when we end, however that is */
	argv[n] = NULL;
	if (pipe2(in, O_CLOEXEC) < 0)
		return err_set_errno(&t->err, errno, "making a pipe");
	if (pipe2(words, O_CLOEXEC) < 0) {
		int e = errno;
		close(in[0]);
		close(in[1]);
		return err_set_errno(&t->err, e, "making a pipe");
	}
	/* A session of its own: no terminal to ask on, and a ctrl-C is for us, who may still have to clear up over there. */
	struct loop_child_spec spec = { .argv = argv, .detached = true, .stdin_fd = in[0], .stdout_fd = -1, .stderr_fd = words[1] };
	t->child = loop_child_spawn(t->loop, &spec, exited, t, &t->err);
	close(in[0]);
	close(words[1]);
	t->stdin_fd = in[1];
	t->words_fd = words[0];
	return t->child ? 0 : -(int)t->err.code;
}

/* Folders of tunnels whose berth was killed: their sockets have nobody behind them any more. */
static void sweep_folders(const char *run)
{
	DIR *d = opendir(run);
	struct stat st;
	for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
		AUTO_STR dir = path_join(run, e->d_name);
		AUTO_STR socket = path_join(dir, "s");
		if (sv_starts(sv_of(e->d_name), SV("ssh-")) && stat(dir, &st) == 0 && clock_wall_s() - st.st_mtime > 2 * GIVE_UP_MS / 1000 && engine_socket_check(socket, NULL) < 0) {
			unlink(socket);
			rmdir(dir);
		}
	}
	if (d)
		closedir(d);
}

static int make_folder(struct tunnel *t)
{
	AUTO_STR run = path_of(PATH_RUNTIME, NULL);
	t->dir = xasprintf("%s/ssh-XXXXXX", run);
	sweep_folders(run);
	if (strlen(t->dir) + 2 > SOCKET_PATH_MAX || path_make_dirs(run, NULL) < 0)
		str_replace(&t->dir, "/tmp/berth-ssh-XXXXXX");
	if (!mkdtemp(t->dir)) {
		err_set_errno(&t->err, errno, "making the folder %s", t->dir);
		free_p(&t->dir);
		return -ERR_SYS;
	}
	t->socket = path_join(t->dir, "s");
	return 0;
}

struct tunnel *tunnel_open(struct loop *loop, const char *address, void (*ready)(void *ctx, const struct err *err), void *ctx)
{
	struct tunnel *t = xcalloc(1, sizeof *t);
	*t = (struct tunnel){ .loop = loop, .address = xstrdup(address), .stdin_fd = -1, .words_fd = -1, .ready = ready, .ctx = ctx, .words = BUF_INIT, .began_ms = loop_now_ms(loop) };
	if (ssh_address_read(address, &t->at, &t->err) < 0 || make_folder(t) < 0 || spawn(t) < 0) {
		loop_defer(loop, tell_failure, t);
		return t;
	}
	fcntl(t->words_fd, F_SETFL, O_NONBLOCK);
	t->watch = loop_fd_watch(loop, t->words_fd, LOOP_READ, readable, t);
	t->timer = loop_timer_start(loop, LOOK_MS, LOOK_MS, look, t);
	return t;
}

bool tunnel_stands(const struct tunnel *t, const char *address)
{
	return t && t->stands && !t->exited && strcmp(t->address, address) == 0;
}

const char *tunnel_socket(const struct tunnel *t)
{
	return t->socket;
}

void tunnel_free(struct tunnel *t)
{
	if (!t)
		return;
	loop_defer_cancel(t->loop, tell_failure, t);
	loop_timer_stop(t->timer);
	loop_fd_unwatch(t->watch);
	if (t->child && !t->exited)
		kill(loop_child_pid(t->child), SIGTERM);
	loop_child_forget(t->child);
	if (t->stdin_fd >= 0)
		close(t->stdin_fd);
	if (t->words_fd >= 0)
		close(t->words_fd);
	if (t->socket)
		unlink(t->socket);
	if (t->dir)
		rmdir(t->dir);
	buf_fini(&t->words);
	ssh_address_fini(&t->at);
	free(t->address);
	free(t->dir);
	free(t->socket);
	free(t);
}
