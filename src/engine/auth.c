/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "berth/json.h"
#include "berth/log.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "find.h"

#define HUB_KEY "https://index.docker.io/v1/"
enum { HELPER_MS = 30000, CONFIG_MAX = 256 << 10 };

char *auth_registry_of(const char *ref)
{
	const char *slash = strchr(ref, '/');

	if (slash) {
		struct sv first = { ref, (size_t)(slash - ref) };
		bool host = memchr(first.p, '.', first.len) || memchr(first.p, ':', first.len) || sv_eq(first, SV("localhost"));
		if (host && !sv_eq(first, SV("docker.io")) && !sv_eq(first, SV("index.docker.io")))
			return sv_dup(first);
	}
	return xstrdup("docker.io");
}

static const char *registry_key(const char *registry)
{
	return strcmp(registry, "docker.io") == 0 ? HUB_KEY : registry;
}

/* ---- headers ---- */
static struct secret *header_of_json(json_t *j)
{
	char *text = json_text(j);
	struct buf b = BUF_INIT;

	buf_add_base64(&b, text, strlen(text), true);
	struct secret *s = secret_new(buf_sv(&b));
	wipe(text, strlen(text));
	free(text);
	wipe(b.p, b.len);
	buf_fini(&b);
	return s;
}

static json_t *credentials_json(const char *registry, struct sv user, struct sv password, bool identity)
{
	json_t *j = json_object();

	json_object_set_new(j, identity ? "identitytoken" : "password", json_str_lossy(password));
	if (!identity)
		json_object_set_new(j, "username", json_str_lossy(user));
	json_object_set_new(j, "serveraddress", json_string(registry_key(registry)));
	return j;
}

struct secret *auth_header(const char *registry, struct sv user, struct sv password, bool identity)
{
	json_auto_t *j = credentials_json(registry, user, password, identity);

	return header_of_json(j);
}

struct secret *auth_header_of_helper(const char *registry, struct sv answer)
{
	json_auto_t *j = json_read(answer, CONFIG_MAX, NULL); /* "credentials not found in native keychain" is no JSON */
	const char *user = json_str(j, "Username", NULL), *password = json_str(j, "Secret", NULL);

	if (!user || !password || !*password)
		return NULL;
	return auth_header(registry, sv_of(user), sv_of(password), strcmp(user, "<token>") == 0);
}

/* Keys may be "host", "https://host", "https://host/v1/". */
static bool key_is_for(const char *key, const char *registry)
{
	struct sv k = sv_of(key);

	if (strcmp(registry, "docker.io") == 0)
		return strcmp(key, HUB_KEY) == 0 || strcmp(key, "docker.io") == 0 || strcmp(key, "index.docker.io") == 0;
	const char *scheme = strstr(key, "://");
	if (scheme)
		k = sv_of(scheme + 3);
	struct sv host;
	return sv_split(&k, '/', &host) && sv_eq(host, sv_of(registry));
}

static json_t *entry_json(const json_t *entry, const char *registry)
{
	AUTO(buf_fini) struct buf plain = BUF_INIT;
	const char *identity = json_str(entry, "identitytoken", NULL), *packed = json_str(entry, "auth", NULL);
	json_t *j = NULL;

	if (identity && *identity)
		return credentials_json(registry, SV(""), sv_of(identity), true);
	if (packed && *packed && buf_add_base64_decoded(&plain, sv_of(packed))) {
		struct sv rest = buf_sv(&plain), user;
		if (sv_split(&rest, ':', &user) && rest.len)
			j = credentials_json(registry, user, rest, false);
		wipe(plain.p, plain.len);
	} else if (json_str(entry, "username", NULL) && json_str(entry, "password", NULL)) {
		j = credentials_json(registry, sv_of(json_str(entry, "username", "")), sv_of(json_str(entry, "password", "")), false);
	}
	return j;
}

static const json_t *entry_for(const json_t *config, const char *part, const char *registry)
{
	json_t *object = json_object_get(config, part), *value;
	const char *key;

	json_object_foreach(object, key, value)
		if (key_is_for(key, registry))
			return value;
	return NULL;
}

struct secret *auth_header_of_config(const json_t *config, const char *registry, char **ret_helper)
{
	const json_t *helper = entry_for(config, "credHelpers", registry);
	const char *store = json_is_string(helper) ? json_string_value(helper) : json_str(config, "credsStore", NULL);

	*ret_helper = store && *store && !strchr(store, '/') ? xstrdup(store) : NULL;
	if (*ret_helper)
		return NULL;
	json_auto_t *j = entry_json(entry_for(config, "auths", registry), registry);
	return j ? header_of_json(j) : NULL;
}

static json_t *config_read(const char *config_dir)
{
	AUTO(buf_fini) struct buf bytes = BUF_INIT;
	AUTO_STR path = config_dir ? path_join(config_dir, "config.json") : NULL;
	struct err why = { 0 };
	json_t *j = NULL;

	if (path && file_read(path, CONFIG_MAX, &bytes, &why) == 0)
		j = json_read(buf_sv(&bytes), CONFIG_MAX, &why);
	if (!j && why.code != ERR_NOT_FOUND)
		log_debug("engine", "docker's config.json: %s", why.text);
	wipe(bytes.p, bytes.len);
	return j;
}

struct secret *auth_build_header(const char *config_dir)
{
	json_auto_t *config = config_read(config_dir);
	json_auto_t *all = json_object();
	json_t *value;
	const char *key;

	json_object_foreach(json_object_get(config, "auths"), key, value) {
		bool hub = key_is_for(key, "docker.io");
		struct sv rest = sv_of(strstr(key, "://") ? strstr(key, "://") + 3 : key), host;
		if (!sv_split(&rest, '/', &host))
			continue;
		AUTO_STR registry = hub ? xstrdup("docker.io") : sv_dup(host);
		json_t *j = entry_json(value, registry);
		if (j)
			json_object_set_new(all, registry_key(registry), j);
	}
	return json_object_size(all) ? header_of_json(all) : NULL;
}

/* ---- asking a helper ---- */
struct registry_login_call {
	struct loop *loop;
	char *registry;
	void (*got)(void *ctx, const struct secret *header);
	void *ctx;
	struct secret *header;
	struct loop_child *child;
	struct loop_fd *watch;
	struct loop_timer *timer;
	int answer_fd;
	struct buf answer;
	bool exited, drained;
};

static void auth_free(struct registry_login_call *a)
{
	if (a->child && !a->exited)
		kill(loop_child_pid(a->child), SIGTERM);
	loop_child_forget(a->child);
	loop_fd_unwatch(a->watch);
	loop_timer_stop(a->timer);
	if (a->answer_fd >= 0)
		close(a->answer_fd);
	wipe(a->answer.p, a->answer.len);
	buf_fini(&a->answer);
	secret_free(a->header);
	free(a->registry);
	free(a);
}

static void auth_tell(void *ctx)
{
	struct registry_login_call *a = ctx;
	struct secret *header = a->header;

	a->header = NULL;
	a->got(a->ctx, header);
	secret_free(header);
	auth_free(a);
}

static void helper_finished(struct registry_login_call *a)
{
	if (!a->exited || !a->drained)
		return;
	a->header = auth_header_of_helper(a->registry, buf_sv(&a->answer));
	if (!a->header)
		log_debug("engine", "the credential helper has nothing for %s", a->registry);
	auth_tell(a);
}

static void helper_said(void *ctx, unsigned events)
{
	struct registry_login_call *a = ctx;
	char room[4096];
	ssize_t n = read(a->answer_fd, room, sizeof room);

	if (n > 0) {
		buf_add(&a->answer, room, (size_t)n);
		wipe(room, (size_t)n);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		loop_fd_unwatch(a->watch);
		a->watch = NULL;
		a->drained = true;
		helper_finished(a);
	}
}

static void helper_exited(void *ctx, int status, int signo)
{
	struct registry_login_call *a = ctx;

	a->exited = true;
	helper_finished(a);
}

static void helper_late(void *ctx)
{
	struct registry_login_call *a = ctx;

	log_debug("engine", "the credential helper for %s did not answer in %d s", a->registry, HELPER_MS / 1000);
	auth_tell(a);
}

static bool helper_start(struct registry_login_call *a, const char *helper)
{
	AUTO_STR program = xasprintf("docker-credential-%s", helper);
	const char *argv[] = { program, "get", NULL };
	const char *server = registry_key(a->registry);
	int to[2], from[2];
	struct err why = { 0 };

	if (pipe2(to, O_CLOEXEC) < 0)
		return false;
	if (pipe2(from, O_CLOEXEC) < 0) {
		close(to[0]);
		close(to[1]);
		return false;
	}
	bool fed = write(to[1], server, strlen(server)) == (ssize_t)strlen(server); /* far below a pipe's room */
	struct loop_child_spec spec = { .argv = argv, .stdin_fd = to[0], .stdout_fd = from[1], .stderr_fd = -1 };
	a->child = fed ? loop_child_spawn(a->loop, &spec, helper_exited, a, &why) : NULL;
	close(to[0]);
	close(to[1]);
	close(from[1]);
	a->answer_fd = from[0];
	if (!a->child) {
		log_debug("engine", "%s: %s", program, why.text);
		return false;
	}
	fcntl(a->answer_fd, F_SETFL, O_NONBLOCK);
	a->watch = loop_fd_watch(a->loop, a->answer_fd, LOOP_READ | LOOP_HUP, helper_said, a);
	a->timer = loop_timer_start(a->loop, HELPER_MS, 0, helper_late, a);
	return true;
}

struct registry_login_call *auth_find(struct loop *loop, const char *config_dir, const char *registry,
                            void (*got)(void *ctx, const struct secret *header), void *ctx)
{
	struct registry_login_call *a = xcalloc(1, sizeof *a);
	json_auto_t *config = config_read(config_dir);
	AUTO_STR helper = NULL;

	a->loop = loop;
	a->registry = xstrdup(registry);
	a->got = got;
	a->ctx = ctx;
	a->answer_fd = -1;
	a->answer = BUF_INIT_MAX(CONFIG_MAX);
	if (config)
		a->header = auth_header_of_config(config, registry, &helper);
	if (!helper || !helper_start(a, helper))
		loop_defer(loop, auth_tell, a);
	return a;
}

void auth_cancel(struct registry_login_call *a)
{
	if (!a)
		return;
	loop_defer_cancel(a->loop, auth_tell, a);
	auth_free(a);
}

/* ---- for callers of the port ---- */
static void each_of(const json_t *config, const char *part, void (*item)(void *, const char *, const char *), void *ctx)
{
	const char *store = json_str(config, "credsStore", NULL), *key;
	json_t *value;

	json_object_foreach(json_object_get(config, part), key, value) {
		struct sv rest = sv_of(strstr(key, "://") ? strstr(key, "://") + 3 : key), host;
		const char *helper = json_is_string(value) ? json_string_value(value) : store;
		if (!sv_split(&rest, '/', &host) || !host.len)
			continue;
		AUTO_STR registry = key_is_for(key, "docker.io") ? xstrdup("docker.io") : sv_dup(host);
		AUTO_STR program = helper && *helper ? xasprintf("docker-credential-%s", helper) : NULL;
		item(ctx, registry, program);
	}
}

int registry_logins_each(void (*item)(void *, const char *, const char *), void *ctx, struct err *reterr)
{
	AUTO(find_env_fini) struct find_env env;
	AUTO(buf_fini) struct buf bytes = BUF_INIT;
	struct err why = { 0 };

	find_env_read(&env);
	AUTO_STR path = env.config_dir ? path_join(env.config_dir, "config.json") : NULL;
	if (!path || file_read(path, CONFIG_MAX, &bytes, &why) < 0)
		return why.code && why.code != ERR_NOT_FOUND ? err_copy(reterr, &why) : 0;
	json_auto_t *config = json_read(buf_sv(&bytes), CONFIG_MAX, &why);
	wipe(bytes.p, bytes.len);
	if (!config) {
		err_prefix(&why, "%s", path);
		return err_copy(reterr, &why);
	}
	each_of(config, "credHelpers", item, ctx);
	each_of(config, "auths", item, ctx);
	return 0;
}

struct registry_login_call *registry_login_find(struct loop *loop, const char *registry, void (*got)(void *, const struct secret *), void *ctx)
{
	AUTO(find_env_fini) struct find_env env;

	find_env_read(&env);
	return auth_find(loop, env.config_dir, registry, got, ctx);
}

void registry_login_cancel(struct registry_login_call *c)
{
	auth_cancel(c);
}

struct secret *registry_login_of(const char *registry, const struct engine_login *login)
{
	return auth_header(registry, sv_of(login->user), secret_reveal(login->token), /* identity= */ false);
}
