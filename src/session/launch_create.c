/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Step "create container": hardened, on the sessions' network, the clone copied into its workspace before it runs. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "berth/log.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "launch_impl.h"

enum { ENV_MAX = 16 + OPTION_ENV_MAX, NOFILE = 16384, STOP_TIMEOUT_S = 10, LOG_MAX_MB = 20, LOCK_AGAIN_MS = 50 };

/* ---- the environment: nothing secret, and never RENKU_BASE_URL_PATH, at which RenkuLab's images switch tokens off ---- */
struct env { struct net_header items[ENV_MAX]; char *owned[ENV_MAX * 2]; size_t n; };

static void env_add(struct env *e, const char *name, char *owned_value)
{
	e->owned[e->n] = owned_value;
	e->items[e->n++] = (struct net_header){ name, owned_value };
}

static void env_fini(struct env *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->owned[i]);
		free(e->owned[ENV_MAX + i]);
	}
}

/* The person's own; what the session sets itself was refused when it was typed. */
static bool env_add_own(const struct launch *l, struct env *e)
{
	struct sv rest = sv_of(options_text(&l->options, OPT_ENV)), name, value;
	bool threads = false;
	while (e->n < ENV_MAX && options_env_next(&rest, &name, &value)) {
		e->owned[ENV_MAX + e->n] = sv_dup(name);
		env_add(e, e->owned[ENV_MAX + e->n], sv_dup(value));
		threads = threads || sv_eq(name, SV("OMP_NUM_THREADS"));
	}
	return threads;
}

static void env_fill(const struct launch *l, struct env *e)
{
	bool threads = env_add_own(l, e);
	char hex[OID_HEX + 1];
	const struct session *s = &l->session;
	oid_hex(&s->commit, hex);
	env_add(e, "CI_COMMIT_SHA", xstrdup(hex));
	env_add(e, "PROJECT_NAME", xstrdup(l->project.name));
	env_add(e, "NOTEBOOK_DIR", xstrdup(l->workdir));
	env_add(e, "RENKU_USERNAME", xstrdup(s->owner));
	if (s->port)
		env_add(e, "SESSION_URL", xasprintf("http://127.0.0.1:%u%s", s->port, s->default_url));
	if (s->cpu_limit_cores > 0 && !l->image.sets_omp_threads && !threads) /* a limit doesn't change how many CPUs are seen */
		env_add(e, "OMP_NUM_THREADS", xasprintf("%d", (int)ceil(s->cpu_limit_cores)));
	if (l->plan.settings && !l->image.sets_git_config) { /* for clones elsewhere in the session; the workspace's own names the file, too */
		env_add(e, "GIT_CONFIG_COUNT", xstrdup("1"));
		env_add(e, "GIT_CONFIG_KEY_0", xstrdup("include.path"));
		env_add(e, "GIT_CONFIG_VALUE_0", xstrdup(GITIN_CONFIG));
	}
	if (l->plan.jupyter) {
		const char *more = l->image.jupyter_config_path;
		env_add(e, "JUPYTER_CONFIG_PATH", xasprintf(SETTINGS_DIR "%s%s", more && *more ? ":" : "", more ? more : ""));
		env_add(e, "JUPYTER_RUNTIME_DIR", xstrdup(SETTINGS_DIR "/runtime")); /* it writes the token there */
	}
}

/* ---- the container ---- */
static void create_container(struct launch *l);

static void made(void *launch, const char *id, const char *warning)
{
	struct launch *l = launch;
	str_replace(&l->session.container_id, id);
	if (warning && *warning)
		log_debug("session", "%s: %s", l->container, warning);
}

/* Whether storage can limit disk space shows only now on some engines (overlay2 on xfs without project quotas). */
static bool again_without_disk_limit(struct launch *l, const struct err *err)
{
	if (!err || !l->session.disk_limit_bytes || !strstr(err->text, "storage-opt") || !launch_goes_on(l))
		return false;
	disk_is_not_limited(l);
	l->call = NULL;
	create_container(l);
	return true;
}

static void container_made(void *launch, const struct err *err)
{
	struct launch *l = launch;
	struct err taken = { 0 };
	if (again_without_disk_limit(l, err))
		return;
	err_copy(&taken, err);
	if (taken.code == ERR_CONFLICT) {
		l->made &= ~(unsigned)MADE_CONTAINER;
		err_prefix(&taken, "the container %s", l->container);
		err_hint(&taken, "Take another name with --name.");
	}
	if (call_ok(l, err ? &taken : NULL))
		l->created(l);
}

/* What programs that begin as root need to become another user and to install packages; all else is dropped for all. */
static const char *const root_caps[] = { "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "NET_BIND_SERVICE" };

static void create_container(struct launch *l)
{
	AUTO(labels_fini) struct label_set labels = { .n = 0 };
	AUTO(env_fini) struct env env = { .n = 0 };
	AUTO_STR tmpfs_options = xasprintf("rw,noexec,nosuid,nodev,size=8m,mode=0700,uid=%u,gid=%u", l->user.uid, l->user.gid);
	const struct session *s = &l->session;
	struct engine_port port = { l->plan.port, s->port, "127.0.0.1" };
	struct engine_mount mount = { .volume = s->volume, .target = l->work_root };
	struct engine_tmpfs tmpfs = { SETTINGS_DIR, tmpfs_options };
	struct engine_create_query q = {
		.name = l->container, .image = s->image_ref, .hostname = s->name, .network = SESSION_NETWORK,
		.workdir = l->image.has_sh ? l->workdir : NULL,
		.entrypoint = l->plan.entrypoint.n ? (const char *const *)l->plan.entrypoint.items : NULL, .n_entrypoint = l->plan.entrypoint.n,
		.cmd = (const char *const *)l->plan.cmd.items, .n_cmd = l->plan.cmd.n,
		.ports = &port, .n_ports = s->port ? 1 : 0, .mounts = &mount, .n_mounts = 1, .tmpfs = &tmpfs, .n_tmpfs = l->plan.settings ? 1 : 0,
		.memory_bytes = s->memory_limit_bytes, .cpus = s->cpu_limit_cores, .pids = s->pids_limit, .gpus = s->gpus, .disk_bytes = s->disk_limit_bytes,
		.shm_bytes = options_bytes(&l->options, OPT_SHM), .nofile = l->no_nofile ? 0 : NOFILE, .stop_timeout_s = STOP_TIMEOUT_S,
		.cap_add = root_caps, .n_cap_add = l->user.uid == 0 ? ARRAY_LEN(root_caps) : 0,
		.drop_caps = true, .no_new_privileges = true, .init = l->plan.init, .tty = l->plan.tty, .open_stdin = l->plan.open_stdin,
		.log_max_mb = LOG_MAX_MB,
	};
	launch_labels(l, &labels);
	env_fill(l, &env);
	q.labels = mount.labels = labels.items;
	q.n_labels = mount.n_labels = labels.n;
	q.env = env.items;
	q.n_env = env.n;
	l->made |= MADE_CONTAINER;
	l->atomic = true;
	l->call = engine_create(l->deps.engine, &q, made, container_made, l);
}

/* Names of networks are not unique to older engines: two starts at once could make two of one name, after which nothing
 * starts on either. Starts of one user take turns here. */
static bool network_lock(struct launch *l)
{
	AUTO_STR path = path_of(PATH_STATE, "launches/network.lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return true; /* a journal was just written beside it: whatever it is, it doesn't keep a session from starting */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		l->network_lock = fd + 1;
		return true;
	}
	bool busy = errno == EWOULDBLOCK;
	close(fd);
	return !busy;
}

void network_unlock(struct launch *l)
{
	if (l->network_lock)
		close(l->network_lock - 1);
	l->network_lock = 0;
}

static void network_there(void *launch, const struct err *err)
{
	struct launch *l = launch;
	network_unlock(l);
	if (call_ok(l, err))
		create_container(l);
}

static void ensure_network(void *launch)
{
	static const struct net_header labels[] = { { LABEL("network"), "sessions" } };
	struct launch *l = launch;
	loop_timer_stop(l->timer);
	l->timer = NULL;
	if (!network_lock(l)) {
		l->timer = loop_timer_start(l->deps.loop, LOCK_AGAIN_MS, 0, ensure_network, l);
		return;
	}
	l->made |= MADE_NETWORK;
	l->atomic = true;
	l->call = engine_network_ensure(l->deps.engine, SESSION_NETWORK, labels, ARRAY_LEN(labels), network_there, l);
}

/* ---- the copy ---- */
static long feed_read(void *launch, char *p, size_t room)
{
	struct launch *l = launch;
	uint64_t now, total;
	long n = l->feed ? tar_feed_read(l->feed, p, room) : NET_BODY_FAIL;
	if (l->feed && n > 0) {
		tar_feed_progress(l->feed, &now, &total);
		step_progress(l, now, total);
	}
	return n;
}

static void feed_ready(void *launch)
{
	struct launch *l = launch;
	if (l->call)
		engine_archive_ready(l->call);
}

static void copy_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	struct err bad = { 0 };
	if (err && l->feed && tar_feed_error(l->feed))
		bad = *tar_feed_error(l->feed);
	else
		err_copy(&bad, err);
	if (!launch_goes_on(l)) {
		l->call = NULL;
		return;
	}
	tar_feed_free(l->feed);
	l->feed = NULL;
	if (bad.code)
		err_prefix(&bad, "copying the project into the workspace");
	if (!call_ok(l, bad.code ? &bad : NULL))
		return;
	l->copied = true;
	clone_forget(l);
	step_detail(l, "%s", l->container);
	step_next(l);
}

static void copy_in(struct launch *l)
{
	const char *name = l->workdir + strlen(l->work_root) + 1;
	struct tar_feed_query feed = { l->clone_dir, l->work_root + 1, name, l->user.uid, l->user.gid };
	step_detail(l, "copying the project to %s", l->workdir);
	l->feed = tar_feed_new(l->deps.loop, &feed, feed_ready, l);
	struct engine_archive_query q = { .container = l->container, .path = "/", .read = feed_read, .read_ctx = l };
	l->call = engine_archive_put(l->deps.engine, &q, copy_end, l);
}

static void create_start(struct launch *l)
{
	l->created = copy_in;
	step_detail(l, "%s", l->container);
	ensure_network(l);
}

/* ---- once more, with another port ---- */
static void removed_for_another(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (!call_ok(l, err))
		return;
	if (l->session.port)
		l->session.port = net_free_port();
	l->created = start_step.start;
	ensure_network(l);
}

void create_again(struct launch *l)
{
	l->atomic = true;
	l->call = engine_remove(l->deps.engine, l->container, true, removed_for_another, l);
}

/* ---- back ---- */
static void network_removed(void *launch, const struct err *err)
{
	struct launch *l = launch;
	(void)err; /* in use after all, or not there */
	l->call = NULL;
	if (!l->dropped)
		undo_next(l);
}

static void other_session(void *launch, const struct engine_container *c)
{
	(void)c;
	((struct launch *)launch)->n_held++;
}

static void others_known(void *launch, const struct err *err)
{
	struct launch *l = launch;
	l->call = NULL;
	if (l->dropped)
		return;
	if (err || l->n_held)
		undo_next(l);
	else
		l->call = engine_network_remove(l->deps.engine, SESSION_NETWORK, network_removed, l);
}

static void leave_network(struct launch *l)
{
	l->n_held = 0;
	if (l->made & MADE_NETWORK)
		l->call = engine_containers(l->deps.engine, LABEL("session"), other_session, others_known, l);
	else
		undo_next(l);
}

static void container_removed(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (undo_call_over(l, err, "the container"))
		leave_network(l);
}

static void create_undo(struct launch *l)
{
	tar_feed_free(l->feed);
	l->feed = NULL;
	if (l->made & MADE_CONTAINER)
		l->call = engine_remove(l->deps.engine, l->container, true, container_removed, l);
	else
		leave_network(l);
}

const struct step_ops create_step = { "create container", create_start, create_undo };
