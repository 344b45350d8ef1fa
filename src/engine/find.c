/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "find.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "berth/json.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "errors.h"

enum { META_MAX = 1 << 20 };

static char *env_dup(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? xstrdup(v) : NULL;
}

void find_env_read(struct find_env *ret)
{
	*ret = (struct find_env){ .docker_host = env_dup("DOCKER_HOST"), .docker_context = env_dup("DOCKER_CONTEXT"),
		.config_dir = env_dup("DOCKER_CONFIG"), .cert_path = env_dup("DOCKER_CERT_PATH"), .runtime_dir = env_dup("XDG_RUNTIME_DIR"),
		.home = path_home(), .podman_socket = path_of(PATH_RUNTIME, PODMAN_SOCKET), .root = "" };
	AUTO_STR verify = env_dup("DOCKER_TLS_VERIFY");
	AUTO_STR tls = env_dup("DOCKER_TLS");
	ret->tls_verify = verify != NULL;
	ret->tls = verify || tls;
	if (!ret->config_dir && ret->home)
		ret->config_dir = path_join(ret->home, ".docker");
}

void find_env_fini(struct find_env *env)
{
	free(env->docker_host);
	free(env->docker_context);
	free(env->config_dir);
	free(env->cert_path);
	free(env->runtime_dir);
	free(env->home);
	free(env->podman_socket);
	*env = (struct find_env){ 0 };
}

void engine_host_fini(struct engine_host *h)
{
	free(h->name);
	free(h->host);
	free(h->ca_file);
	free(h->cert_file);
	free(h->key_file);
	*h = (struct engine_host){ 0 };
}

/* ---- what is named: DOCKER_HOST and contexts ---- */
static char *file_if_there(const char *dir, const char *name)
{
	char *path = path_join(dir, name);

	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static void host_tls_from(struct engine_host *h, const char *dir)
{
	h->ca_file = file_if_there(dir, "ca.pem");
	h->cert_file = file_if_there(dir, "cert.pem");
	h->key_file = file_if_there(dir, "key.pem");
}

/* A named host is taken or refused, never silently replaced by another engine. */
static int host_named(struct engine_host *h, const char *by, struct err *reterr)
{
	if (strncmp(h->host, "unix://", 7) != 0)
		return 0;
	int r = engine_socket_check(h->host + 7, reterr);
	if (r < 0)
		err_prefix(reterr, "%s", by);
	return r;
}

static int find_by_docker_host(const struct find_env *env, struct engine_host *ret, struct err *reterr)
{
	*ret = (struct engine_host){ .name = xstrdup("default"), .host = xstrdup(env->docker_host) };
	if (env->tls) {
		host_tls_from(ret, env->cert_path ? env->cert_path : env->config_dir ? env->config_dir : ".");
		ret->tls_insecure = !env->tls_verify;
	}
	return host_named(ret, "DOCKER_HOST", reterr);
}

static json_t *meta_of(const char *meta_dir, const char *id)
{
	AUTO(buf_fini) struct buf bytes = BUF_INIT;
	AUTO_STR dir = path_join(meta_dir, id);
	AUTO_STR path = path_join(dir, "meta.json");

	return file_read(path, META_MAX, &bytes, NULL) < 0 ? NULL : json_read(buf_sv(&bytes), META_MAX, NULL);
}

/* Folders are named by a hash of the context's name; the name itself stands in the file. */
static json_t *context_meta(const char *config_dir, const char *name, char **ret_id)
{
	AUTO_STR meta_dir = path_join(config_dir, "contexts/meta");
	DIR *d = opendir(meta_dir);
	json_t *found = NULL;

	for (const struct dirent *e; d && !found && (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		json_t *j = meta_of(meta_dir, e->d_name);
		if (j && strcmp(json_str(j, "Name", ""), name) == 0) {
			found = j;
			*ret_id = xstrdup(e->d_name);
		} else {
			json_decref(j);
		}
	}
	if (d)
		closedir(d);
	return found;
}

static int find_by_context(const struct find_env *env, const char *name, const char *by, struct engine_host *ret, struct err *reterr)
{
	AUTO_STR id = NULL;
	json_auto_t *meta = env->config_dir ? context_meta(env->config_dir, name, &id) : NULL;
	const char *host = json_str(meta, "Endpoints.docker.Host", NULL);

	if (!host) {
		err_set(reterr, ERR_NOT_FOUND, "%s names the Docker context '%s', which %s", by, name, meta ? "has no engine" : "is not there");
		err_hint(reterr, "`docker context ls` shows those that are there");
		return -ERR_NOT_FOUND;
	}
	*ret = (struct engine_host){ .name = xstrdup(name), .host = xstrdup(host), .tls_insecure = json_bool(meta, "Endpoints.docker.SkipTLSVerify", false) };
	AUTO_STR tls_part = xasprintf("contexts/tls/%s/docker", id);
	AUTO_STR tls_dir = path_join(env->config_dir, tls_part);
	host_tls_from(ret, tls_dir);
	AUTO_STR who = xasprintf("Docker context '%s'", name);
	return host_named(ret, who, reterr);
}

char *find_current_context(const struct find_env *env)
{
	AUTO(buf_fini) struct buf bytes = BUF_INIT;
	AUTO_STR path = env->config_dir ? path_join(env->config_dir, "config.json") : NULL;

	if (!path || file_read(path, META_MAX, &bytes, NULL) < 0)
		return NULL;
	json_auto_t *j = json_read(buf_sv(&bytes), META_MAX, NULL);
	return xstrdup(json_str(j, "currentContext", NULL));
}

/* ---- the usual sockets ---- */
enum { SOCKETS_MAX = 10 };

static size_t usual_sockets(const struct find_env *env, char *ret[SOCKETS_MAX])
{
	static const char *const at_home[] = { ".docker/run/docker.sock", ".docker/desktop/docker.sock", ".colima/default/docker.sock",
	                                       ".rd/docker.sock", ".orbstack/run/docker.sock" };
	size_t n = 0;

	ret[n++] = xasprintf("%s/var/run/docker.sock", env->root);
	if (env->runtime_dir)
		ret[n++] = path_join(env->runtime_dir, "docker.sock");
	for (size_t i = 0; env->home && i < ARRAY_LEN(at_home); i++)
		ret[n++] = path_join(env->home, at_home[i]);
	if (env->runtime_dir)
		ret[n++] = path_join(env->runtime_dir, "podman/podman.sock");
	ret[n++] = xasprintf("%s/run/podman/podman.sock", env->root);
	if (env->podman_socket)
		ret[n++] = xstrdup(env->podman_socket);
	return n;
}

/* Of several reasons the most useful is told: no permission, then nobody listening, then a list of what was tried. */
static int find_by_socket(const struct find_env *env, struct engine_host *ret, struct err *reterr)
{
	char *paths[SOCKETS_MAX];
	size_t n = usual_sockets(env, paths);
	AUTO(buf_fini) struct buf tried = BUF_INIT;
	struct err best = { 0 };
	int r = -ERR_NET;

	for (size_t i = 0; i < n; i++) {
		struct err why = { 0 };
		if (r < 0 && engine_socket_check(paths[i], &why) == 0) {
			*ret = (struct engine_host){ .name = xstrdup("default"), .host = xasprintf("unix://%s", paths[i]) };
			r = 0;
		}
		if (why.code == ERR_DENIED ? best.code != ERR_DENIED : why.code == ERR_NET && why.sys && !best.code)
			best = why;
		if (!env->podman_socket || strcmp(paths[i], env->podman_socket) != 0) /* nobody but us makes that one */
			buf_addf(&tried, "%s%s", i ? ", " : "", paths[i]);
		free(paths[i]);
	}
	if (r < 0 && best.code)
		return err_copy(reterr, &best);
	if (r < 0) {
		r = err_set(reterr, ERR_NET, "no container engine found; tried %s", buf_str(&tried));
		err_hint(reterr, "install one (sudo apt install docker.io, or podman), start it (sudo systemctl start docker), or set DOCKER_HOST");
	}
	return r;
}

int engine_find_host_in(const struct find_env *env, struct engine_host *ret, struct err *reterr)
{
	AUTO_STR current = NULL;
	int r;

	*ret = (struct engine_host){ 0 };
	if (env->docker_host)
		r = find_by_docker_host(env, ret, reterr);
	else if (env->docker_context && strcmp(env->docker_context, "default") != 0)
		r = find_by_context(env, env->docker_context, "DOCKER_CONTEXT", ret, reterr);
	else if (!env->docker_context && (current = find_current_context(env)) != NULL && *current && strcmp(current, "default") != 0)
		r = find_by_context(env, current, "config.json", ret, reterr);
	else
		r = find_by_socket(env, ret, reterr);
	if (r < 0)
		engine_host_fini(ret);
	return r;
}

int engine_find_host(struct engine_host *ret, struct err *reterr)
{
	AUTO(find_env_fini) struct find_env env;

	find_env_read(&env);
	return engine_find_host_in(&env, ret, reterr);
}
