/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "errors.h"

#include <errno.h>
#include <grp.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "berth/json.h"
#include "berth/mem.h"

struct saying { const char *words; enum err_code code; const char *hint; };

/* The first row whose words occur wins (case ignored): special before general. */
static const struct saying sayings[] = {
	/* registries */
	{ "toomanyrequests", ERR_RATE, "the registry limits pulls: wait, or log in with docker login" },
	{ "too many requests", ERR_RATE, "the registry limits pulls: wait, or log in with docker login" },
	{ "pull access denied", ERR_AUTH, "check the image's name, or log in to its registry with docker login" },
	{ "no basic auth credentials", ERR_AUTH, "log in to the registry with docker login" },
	{ "unauthorized", ERR_AUTH, "log in to the registry with docker login" },
	{ "authentication required", ERR_AUTH, "log in to the registry with docker login" },
	{ "incorrect username or password", ERR_AUTH, "log in to the registry again with docker login" },
	{ "requested access to the resource is denied", ERR_AUTH, "check the image's name, or log in to its registry with docker login" },
	{ "insufficient_scope", ERR_AUTH, "the registry's credentials may not read this image: log in with others" },
	{ "no matching manifest", ERR_UNSUPPORTED, "the image was not made for this machine's processor: take another tag of it, or build it here" },
	{ "manifest unknown", ERR_NOT_FOUND, "the registry has no such tag: check it, or build the image" },
	{ "manifest for", ERR_NOT_FOUND, "the registry has no such tag: check it, or build the image" },
	{ "name unknown", ERR_NOT_FOUND, "the registry has no such repository: check the image's name" },
	{ "repository does not exist", ERR_NOT_FOUND, "check the image's name, or log in to its registry with docker login" },
	{ "no active session", ERR_AUTH, "BuildKit can't log in by itself: pull the base image first, or build with the classic builder" },
	{ "x509:", ERR_TLS, "the engine doesn't trust that server's certificate: put its CA into the engine's certs.d folder" },
	{ "server gave http response to https client", ERR_TLS, "list that registry under insecure-registries in the engine's daemon.json" },
	{ "tls handshake timeout", ERR_TIMEOUT, "the registry doesn't answer the engine: check the engine's network and proxy" },
	{ "no such host", ERR_NET, "the engine can't resolve that name: check the image's registry and the engine's DNS" },
	{ "server misbehaving", ERR_NET, "the engine can't resolve that name: check its DNS" },
	{ "temporary failure in name resolution", ERR_NET, "names can't be resolved there: check the engine's DNS and network" },
	{ "temporary failure resolving", ERR_NET, "names can't be resolved inside the build: check the engine's DNS and network" },
	{ "network is unreachable", ERR_NET, "the engine has no way to that network" },
	{ "i/o timeout", ERR_TIMEOUT, "the registry doesn't answer the engine: check the engine's network and proxy" },
	{ "client.timeout exceeded", ERR_TIMEOUT, "the registry doesn't answer the engine: check the engine's network and proxy" },
	{ "request canceled while waiting for connection", ERR_TIMEOUT, "the registry doesn't answer the engine: check its network and proxy" },
	{ "context deadline exceeded", ERR_TIMEOUT, "the engine gave up waiting: try again" },
	/* room */
	{ "no space left on device", ERR_NO_SPACE, "free space on the engine's disk: remove images and volumes that nobody needs" },
	{ "disk quota exceeded", ERR_NO_SPACE, "free space, or raise the quota" },
	{ "address pool", ERR_NO_SPACE, "the engine has no free network addresses: remove networks that nobody needs" },
	{ "pool overlaps", ERR_CONFLICT, "another network uses these addresses" },
	/* ports, names, states */
	{ "port is already allocated", ERR_CONFLICT, "another program uses that port: take another one" },
	{ "address already in use", ERR_CONFLICT, "another program uses that port: take another one" },
	{ "ports are not available", ERR_CONFLICT, "another program uses that port: take another one" },
	{ "is already in use by", ERR_CONFLICT, "something of that name is there already: remove it or take another name" },
	{ "name is already in use", ERR_CONFLICT, "something of that name is there already: remove it or take another name" },
	{ "already exists", ERR_CONFLICT, "something of that name is there already" },
	{ "volume is in use", ERR_CONFLICT, "stop and remove the container that uses it first" },
	{ "is being used by", ERR_CONFLICT, "stop and remove what uses it first" },
	{ "has active endpoints", ERR_CONFLICT, "stop the containers on it first" },
	{ "is not running", ERR_CONFLICT, "it has ended: look at its log" },
	{ "only create exec sessions on running containers", ERR_CONFLICT, "it has ended: look at its log" }, /* Podman */
	{ "is restarting, wait", ERR_BUSY, "wait until it runs" },
	{ "removal of container", ERR_BUSY, "it is being removed already" },
	/* what is not there */
	{ "no such image", ERR_NOT_FOUND, "pull or build it first" },
	{ "image not known", ERR_NOT_FOUND, "pull or build it first" },
	{ "no such container", ERR_NOT_FOUND, "" },
	{ "no such volume", ERR_NOT_FOUND, "" },
	{ "no such network", ERR_NOT_FOUND, "" },
	{ "could not find the file", ERR_NOT_FOUND, "there is no such path in the container" },
	{ "cannot locate specified dockerfile", ERR_NOT_FOUND, "the build context has no Dockerfile of that name" },
	{ "/dockerfile: no such file or directory", ERR_NOT_FOUND, "the build context has no Dockerfile of that name" }, /* Podman */
	{ "failed to read dockerfile", ERR_NOT_FOUND, "the build context has no Dockerfile of that name" },
	/* programs that can't run */
	{ "exec format error", ERR_UNSUPPORTED, "the program was made for another processor, or its script lacks the #! line" },
	{ "executable file not found", ERR_FAILED, "the image has no such program: check the command and PATH" },
	{ "oci runtime error", ERR_FAILED, "the engine's own log may say more" }, /* Podman */
	{ "no such file or directory: unknown", ERR_FAILED, "the image lacks that program or its interpreter" },
	{ "permission denied: unknown", ERR_FAILED, "the program in the image is not executable for its user" },
	{ "unable to find user", ERR_FAILED, "the image has no such user: give a number, or another name" },
	{ "non-zero code", ERR_FAILED, "the lines above say what failed" },
	{ "did not complete successfully", ERR_FAILED, "the lines above say what failed" },
	{ "executor failed running", ERR_FAILED, "the lines above say what failed" },
	{ "failed to compute cache key", ERR_FAILED, "a file that the Dockerfile copies is not in the build context" },
	{ "failed to calculate checksum", ERR_FAILED, "a file that the Dockerfile copies is not in the build context" },
	{ "copy failed", ERR_FAILED, "a file that the Dockerfile copies is not in the build context" },
	{ "dockerfile parse error", ERR_FAILED, "correct that line of the Dockerfile" },
	{ "unknown instruction", ERR_FAILED, "correct that line of the Dockerfile" },
	/* limits and devices */
	{ "minimum memory limit", ERR_USAGE, "ask for more memory" },
	{ "range of cpus", ERR_USAGE, "ask for no more CPUs than the engine's machine has" },
	{ "could not select device driver", ERR_UNSUPPORTED, "the engine's machine offers no GPU" },
	{ "--storage-opt is supported only", ERR_UNSUPPORTED, "this engine can't limit disk space" },
	{ "cgroup", ERR_UNSUPPORTED, "the engine can't set that limit on its machine: leave the limit out, or look at its cgroup set-up" },
	{ "invalid reference format", ERR_USAGE, "an image's name has lower-case letters, digits and ._-/ and may end in :tag" },
	{ "invalid mount", ERR_FAILED, "" },
	{ "outside of", ERR_DENIED, "a path leads out of the folder it belongs in" },
	{ "container rootfs is marked read-only", ERR_DENIED, "" },
	/* who speaks */
	{ "http request to an https server", ERR_TLS, "it wants TLS: set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of its certificates" },
	{ "client version", ERR_UNSUPPORTED, "update berth or the engine so that both speak one API version" },
	{ "page not found", ERR_UNSUPPORTED, "this engine doesn't know that request: is it a Docker engine?" },
	{ "authorization denied by plugin", ERR_DENIED, "a plugin of the engine forbids this: ask who runs it" },
	{ "permission denied while trying to connect", ERR_DENIED, "add yourself to the group docker, or run rootless Docker" },
	{ "not a swarm manager", ERR_UNSUPPORTED, "ask a manager of the swarm" },
	{ "connection refused", ERR_NET, "nothing listens at that address: check the image's registry" },
	{ "context canceled", ERR_CANCELLED, "" },
};

static const struct saying *saying_for(const char *words)
{
	for (size_t i = 0; i < ARRAY_LEN(sayings); i++)
		if (strcasestr(words, sayings[i].words))
			return &sayings[i];
	return NULL;
}

static enum err_code code_of_status(int status)
{
	switch (status) {
	case 0: return ERR_FAILED;
	case 400: return ERR_FAILED;       /* what berth sent was nothing that a person typed */
	case 401: return ERR_AUTH;
	case 403: return ERR_DENIED;
	case 404: return ERR_NOT_FOUND;
	case 409: return ERR_CONFLICT;
	case 429: return ERR_RATE;
	case 501: return ERR_UNSUPPORTED;
	case 507: return ERR_NO_SPACE;
	default: return ERR_HTTP;
	}
}

/* "Error response from daemon: ", "rpc error: code = Unknown desc = " say nothing to people. */
static struct sv without_noise(struct sv s)
{
	static const char *const noise[] = { "rpc error: code = Unknown desc = ", "Error response from daemon: ", "failed to solve with frontend dockerfile.v0: " };

	for (size_t i = 0; i < ARRAY_LEN(noise); i++) {
		size_t n = strlen(noise[i]);
		for (const char *at; (at = memmem(s.p, s.len, noise[i], n)) != NULL;)
			s = (struct sv){ at + n, s.len - (size_t)(at - s.p) - n };
	}
	return sv_trim(s);
}

void engine_error_words(struct err *ret, int status, struct sv words)
{
	AUTO_STR all = sv_dup(sv_trim(words));
	struct sv shown = without_noise(sv_of(all));
	const struct saying *s = saying_for(all);
	struct err err = { 0 };

	if (!shown.len)
		err_set(&err, code_of_status(status), "the engine answered %d without a word", status);
	else
		err_set(&err, s ? s->code : code_of_status(status), "%.*s", (int)MIN_OF(shown.len, 4096u), shown.p);
	if (s && *s->hint)
		err_hint(&err, "%s", s->hint);
	err.http = status;
	*ret = err;
}

void engine_error_response(struct err *ret, int status, const char *content_type, struct sv body)
{
	json_auto_t *j = json_read(body, (size_t)1 << 20, NULL);
	const char *message = j ? json_str(j, "message", NULL) : NULL;

	if (message) {
		engine_error_words(ret, status, sv_of(message));
	} else if (strncmp(content_type, "text/html", 9) == 0) {
		err_set(ret, ERR_HTTP, "what answers there is no container engine (HTTP %d with a web page)", status);
		err_hint(ret, "check the engine's address");
		ret->http = status;
	} else {
		engine_error_words(ret, status, (struct sv){ body.p, MIN_OF(body.len, 400u) });
	}
}

/* ---- sockets ---- */
static int socket_denied(const char *path, const struct stat *st, struct err *reterr)
{
	struct group group, *found = NULL;
	char room[4096];

	getgrgid_r(st->st_gid, &group, room, sizeof room, &found);
	int r = err_set(reterr, ERR_DENIED, "no permission to use %s", path);
	if (found && (st->st_mode & S_IWGRP) && st->st_gid != 0)
		err_hint(reterr, "add yourself to its group (sudo usermod -aG %s $USER) and log in again, or run rootless Docker", found->gr_name);
	else
		err_hint(reterr, "only its owner may use it: run berth as that user, or run rootless Docker as yourself");
	return r;
}

static int socket_dead(const char *path, int why, struct err *reterr)
{
	int r = err_set(reterr, ERR_NET, "nothing answers at %s: the engine is not running", path);

	err_hint(reterr, "start it: sudo systemctl start docker (rootless: systemctl --user start docker)");
	if (reterr)
		reterr->sys = why;
	return r;
}

/* Not ERR_NOT_FOUND: what an engine that went away should remove is still there when it comes back. */
static int socket_absent(const char *path, struct err *reterr)
{
	int r = err_set(reterr, ERR_NET, "there is no engine at %s", path);

	err_hint(reterr, "is it installed and running? sudo systemctl start docker; or set DOCKER_HOST");
	return r;
}

static int not_a_socket(const char *path, struct err *reterr)
{
	int r = err_set(reterr, ERR_NET, "%s is not a socket", path);

	err_hint(reterr, "set DOCKER_HOST to the engine's own socket");
	return r;
}

int engine_socket_check(const char *path, struct err *reterr)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;

	if (strlen(path) >= sizeof sun.sun_path) {
		int r = err_set(reterr, ERR_USAGE, "the socket's path %s is longer than %zu bytes", path, sizeof sun.sun_path - 1);
		err_hint(reterr, "make a link to it with a shorter path");
		return r;
	}
	if (stat(path, &st) < 0)
		return errno == EACCES ? err_set_errno(reterr, errno, "%s", path) : socket_absent(path, reterr);
	if (!S_ISSOCK(st.st_mode))
		return not_a_socket(path, reterr);
	memcpy(sun.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set_errno(reterr, errno, "can't make a socket");
	int why = connect(fd, (struct sockaddr *)&sun, sizeof sun) < 0 ? errno : 0;
	close(fd);
	if (why == EACCES || why == EPERM)
		return socket_denied(path, &st, reterr);
	if (why && why != EAGAIN && why != EINPROGRESS) /* EAGAIN: it is there, only busy */
		return socket_dead(path, why, reterr);
	return 0;
}

void engine_error_unreached(struct err *ret, const struct err *net_err, const char *where, const char *unix_socket)
{
	if (net_err->code == ERR_CANCELLED) {
		err_copy(ret, net_err);
		return;
	}
	if (unix_socket && net_err->code != ERR_TIMEOUT && engine_socket_check(unix_socket, ret) < 0)
		return;
	err_copy(ret, net_err);
	if (!strstr(ret->text, where))
		err_prefix(ret, "%s", where);
	err_prefix(ret, "engine");
	if (net_err->code == ERR_TLS && !strstr(net_err->hint, "ca-file"))
		return;                                 /* it says what to do */
	ret->hint[0] = '\0';
	if (net_err->code == ERR_TIMEOUT)
		err_hint(ret, "it is there but doesn't answer: look at its log, or start it again");
	else if (net_err->code == ERR_TLS)
		err_hint(ret, "put its authority's certificate into ca.pem in DOCKER_CERT_PATH, or into the Docker context");
	else if (strstr(net_err->text, "https://") && !net_err->sys)
		/* its refusal may be lost with the connection, when that is closed while we still send */
		err_hint(ret, "is it still running? it may also refuse the client certificate (cert.pem and key.pem in DOCKER_CERT_PATH)");
	else
		err_hint(ret, "is it still running?");
}
