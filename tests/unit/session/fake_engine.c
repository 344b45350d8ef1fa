/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake.h"

struct fake_call {
	struct engine_call base;
	struct fake_engine *f;
	struct err err;                 /* what it ends with */
	void (*deliver)(struct fake_call *c);
	char *arg;
	void (*got)(void);              /* the caller's callback, of whatever kind */
	void (*second)(void);
	struct engine_archive_query put;
	bool waits;
};

static void call_run(void *ctx)
{
	struct fake_call *c = ctx;
	AUTO_HOLD(&c->base);
	if (!c->err.code && c->deliver)
		c->deliver(c);
	if (!c->base.ended && !c->waits)
		engine_call_end(&c->base, c->err.code ? &c->err : NULL);
}

static void let_go(struct engine_call *base)
{
	loop_defer_cancel(base->engine->loop, call_run, base);
}

static void destroy(struct engine_call *base)
{
	free(((struct fake_call *)base)->arg);
	free(base);
}

/* Counts, and decides about the fault. *ret_do: whether the operation takes effect. */
static struct fake_call *call_new(struct engine *e, const char *op, const char *arg, engine_end_fn end, void *ctx, bool *ret_do)
{
	struct fake_call *c = xcalloc(1, sizeof *c);
	struct fake_engine *f = (struct fake_engine *)e;
	engine_call_init(&c->base, e, end, ctx);
	c->base.let_go = let_go;
	c->base.destroy = destroy;
	c->f = f;
	c->arg = xstrdup(arg);
	bool hit = ++f->n_ops == f->fault_at && f->fault != FAULT_NONE;
	*ret_do = !hit || f->fault == FAULT_AFTER;
	if (hit) {
		c->err = f->fault_err;
		str_replace(&f->last_op, op);
	}
	loop_defer(e->loop, call_run, c);
	if (f->before_op)
		f->before_op(f->before_ctx, f->n_ops);
	return c;
}

static void fail_with(struct fake_call *c, enum err_code code, const char *text)
{
	if (!c->err.code)
		err_set(&c->err, code, "%s", text);
}

/* ---- the machine, images ---- */
static void give_info(struct fake_call *c)
{
	struct engine_info i = { "docker", "20.10", "1.41", "linux", "amd64", c->f->caps, c->f->cpus, c->f->memory, "", false, 0, 0, "", 0 };
	((void (*)(void *, const struct engine_info *))c->got)(c->base.ctx, &i);
}

static struct engine_call *ping(struct engine *e, void (*got)(void *, const struct engine_info *), engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "ping", "", end, ctx, &go);
	c->got = (void (*)(void))got;
	c->deliver = give_info;
	return &c->base;
}

static void give_image(struct fake_call *c)
{
	struct fake_engine *f = c->f;
	static const char *const env[] = { "PATH=/usr/bin:/bin", "A=b" };
	const char *cmd[] = { f->cmd };
	struct engine_image i = { .id = "sha256:1", .user = f->user, .workdir = f->workdir, .cmd = cmd, .n_cmd = f->cmd ? 1 : 0, .env = env, .n_env = 2,
	                          .exposed_tcp = &f->exposed, .n_exposed_tcp = f->exposed ? 1 : 0, .arch = "amd64", .os = "linux" };
	((void (*)(void *, const struct engine_image *))c->got)(c->base.ctx, &i);
}

static struct engine_call *image_inspect(struct engine *e, const char *ref, void (*got)(void *, const struct engine_image *), engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "image_inspect", ref, end, ctx, &go);
	c->got = (void (*)(void))got;
	c->deliver = got ? give_image : NULL;
	if (!c->f->image_there)
		fail_with(c, ERR_NOT_FOUND, "No such image");
	return &c->base;
}

static struct engine_call *pull(struct engine *e, const char *ref, const struct engine_login *login, void (*progress)(void *, const struct engine_progress *), engine_end_fn end, void *ctx)
{
	bool go;
	(void)login;
	struct fake_call *c = call_new(e, "pull", ref, end, ctx, &go);
	(void)progress;
	c->f->n_pulls++;
	c->f->image_there = go;
	return &c->base;
}

/* ---- containers ---- */
struct thing *fake_container(struct fake_engine *f, const char *name)
{
	for (size_t i = 0; i < f->n_containers; i++)
		if (strcmp(f->containers[i].name, name) == 0)
			return &f->containers[i];
	return NULL;
}

static void give_id(struct fake_call *c)
{
	((void (*)(void *, const char *, const char *))c->got)(c->base.ctx, c->arg, "");
}

static void keep_words(struct thing *t, const struct engine_create_query *q)
{
	AUTO(buf_fini) struct buf env = BUF_INIT;
	AUTO(buf_fini) struct buf argv = BUF_INIT;
	for (size_t i = 0; i < q->n_env; i++)
		buf_addf(&env, "%s=%s\n", q->env[i].name, q->env[i].value);
	for (size_t i = 0; i < q->n_entrypoint; i++)
		buf_addf(&argv, "%s\n", q->entrypoint[i]);
	for (size_t i = 0; i < q->n_cmd; i++)
		buf_addf(&argv, "%s\n", q->cmd[i]);
	t->env = buf_take(&env);
	t->argv = buf_take(&argv);
	t->port = q->n_ports ? q->ports[0].host_port : 0;
}

static struct engine_call *create(struct engine *e, const struct engine_create_query *q, void (*made)(void *, const char *, const char *), engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "create", q->name, end, ctx, &go);
	c->got = (void (*)(void))made;
	c->deliver = made ? give_id : NULL;
	c->f->n_creates++;
	if (fake_container(c->f, q->name))
		fail_with(c, ERR_CONFLICT, "the name is already in use");
	else if (go)
		keep_words(fake_add(c->f->containers, &c->f->n_containers, q->name, q->labels, q->n_labels), q);
	for (size_t i = 0; go && i < q->n_mounts; i++)
		fake_mount(c->f, q->mounts[i].volume, q->mounts[i].labels, q->mounts[i].n_labels);
	return &c->base;
}

static struct engine_call *start(struct engine *e, const char *container, engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "start", container, end, ctx, &go);
	struct fake_engine *f = c->f;
	struct thing *t = fake_container(f, container);
	if (!t) {
		fail_with(c, ERR_NOT_FOUND, "no such container");
	} else if (f->port_taken && f->port_taken--) {
		fail_with(c, ERR_CONFLICT, "listen tcp4 127.0.0.1:1: bind: address already in use");
	} else if (go) {
		str_replace(&t->status, f->die_code >= 0 ? "exited" : "running");
		t->exit_code = f->die_code >= 0 ? f->die_code : 0;
		t->oom = f->die_oom;
	}
	return &c->base;
}

static struct engine_call *stop(struct engine *e, const char *container, uint32_t timeout_s, engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "stop", container, end, ctx, &go);
	(void)timeout_s;
	struct thing *t = fake_container(c->f, container);
	if (!t)
		fail_with(c, ERR_NOT_FOUND, "no such container");
	else if (go)
		str_replace(&t->status, "exited");
	return &c->base;
}

static struct engine_call *remove_container(struct engine *e, const char *container, bool force, engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "remove", container, end, ctx, &go);
	(void)force;
	if (go)
		fake_drop(c->f->containers, &c->f->n_containers, container);
	return &c->base;
}

static void describe(const struct thing *t, struct engine_container *ret)
{
	*ret = (struct engine_container){ .id = t->name, .name = t->name, .image = "img", .image_id = "sha256:1", .labels = t->labels, .n_labels = t->n_labels,
		.status = t->status, .error = "", .health = "", .created_at_s = 1000, .started_at_s = 1001, .finished_at_s = 1002, .exit_code = t->exit_code,
		.oom_killed = t->oom };
}

static void give_containers(struct fake_call *c)
{
	for (size_t i = 0; i < c->f->n_containers && !c->base.ended; i++) {
		struct engine_container one;
		describe(&c->f->containers[i], &one);
		one.started_at_s = 0; /* a list does not have it */
		if (fake_matches(&c->f->containers[i], c->arg))
			((void (*)(void *, const struct engine_container *))c->got)(c->base.ctx, &one);
	}
}

static struct engine_call *containers(struct engine *e, const char *filter, void (*item)(void *, const struct engine_container *), engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "containers", filter, end, ctx, &go);
	c->got = (void (*)(void))item;
	c->deliver = give_containers;
	return &c->base;
}

static void give_container(struct fake_call *c)
{
	struct engine_container one;
	struct thing *t = fake_container(c->f, c->arg);
	if (!t) {
		fail_with(c, ERR_NOT_FOUND, "no such container");
		return;
	}
	describe(t, &one);
	((void (*)(void *, const struct engine_container *))c->got)(c->base.ctx, &one);
}

static struct engine_call *container_inspect(struct engine *e, const char *name, void (*got)(void *, const struct engine_container *), engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "container_inspect", name, end, ctx, &go);
	c->got = (void (*)(void))got;
	c->deliver = give_container;
	return &c->base;
}

/* ---- volumes, network ---- */
static struct engine_call *volume_create(struct engine *e, const char *name, const struct net_header *labels, size_t n_labels, engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "volume_create", name, end, ctx, &go);
	if (go)
		fake_mount(c->f, name, labels, n_labels);
	return &c->base;
}

static struct engine_call *volume_remove(struct engine *e, const char *name, engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "volume_remove", name, end, ctx, &go);
	if (go)
		fake_drop(c->f->volumes, &c->f->n_volumes, name);
	return &c->base;
}

static void give_volumes(struct fake_call *c)
{
	for (size_t i = 0; i < c->f->n_volumes && !c->base.ended; i++) {
		struct thing *t = &c->f->volumes[i];
		struct engine_volume v = { t->name, t->labels, t->n_labels, 1000 };
		if (fake_matches(t, c->arg))
			((void (*)(void *, const struct engine_volume *))c->got)(c->base.ctx, &v);
	}
}

static struct engine_call *volumes(struct engine *e, const char *filter, void (*item)(void *, const struct engine_volume *), engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "volumes", filter, end, ctx, &go);
	c->got = (void (*)(void))item;
	c->deliver = give_volumes;
	return &c->base;
}

static struct engine_call *network_ensure(struct engine *e, const char *name, const struct net_header *labels, size_t n_labels, engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "network_ensure", name, end, ctx, &go);
	(void)labels;
	(void)n_labels;
	c->f->network = c->f->network || go;
	return &c->base;
}

static struct engine_call *network_remove(struct engine *e, const char *name, engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "network_remove", name, end, ctx, &go);
	c->f->network = c->f->network && !go;
	return &c->base;
}

/* ---- archives ---- */
static void take_body(struct fake_call *c)
{
	char piece[4096];
	long n;
	while ((n = c->put.read(c->put.read_ctx, piece, sizeof piece)) > 0)
		buf_add(&c->f->put_bytes, piece, (size_t)n);
	c->waits = n == NET_BODY_WAIT;
	if (n == NET_BODY_FAIL)
		fail_with(c, ERR_CANCELLED, "the body failed");
}

static void body_ready(struct engine_call *base)
{
	struct fake_call *c = (struct fake_call *)base;
	if (c->waits) {
		c->waits = false;
		loop_defer(base->engine->loop, call_run, c);
	}
}

static struct engine_call *archive_put(struct engine *e, const struct engine_archive_query *q, engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "archive_put", q->container, end, ctx, &go);
	c->put = *q;
	c->deliver = take_body;
	return &c->base;
}

static void give_file(struct fake_call *c)
{
	struct fake_engine *f = c->f;
	AUTO(buf_fini) struct buf tar = BUF_INIT;
	const char *text = strcmp(c->arg, "/etc/passwd") == 0 ? f->passwd : strcmp(c->arg, "/bin/sh") == 0 && f->has_sh ? "#" :
	                   strcmp(c->arg, "/usr/bin/jupyter-lab") == 0 && f->has_jupyter ? "#" : NULL;
	if (!text) {
		fail_with(c, ERR_NOT_FOUND, "could not find the file");
		return;
	}
	fake_tar(&tar, strrchr(c->arg, '/') + 1, text);
	((void (*)(void *, struct sv))c->got)(c->base.ctx, buf_sv(&tar));
}

static struct engine_call *archive_get(struct engine *e, const char *container, const char *path, void (*piece)(void *, struct sv), engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "archive_get", path, end, ctx, &go);
	(void)container;
	c->got = (void (*)(void))piece;
	c->deliver = give_file;
	return &c->base;
}

/* ---- exec, logs, stats ---- */
/* The command itself, to its end; what it prints and its exit code are kept for when they are given. */
static void run_here(struct fake_engine *f, const struct engine_exec_query *q)
{
	int in = memfd_create("in", 0), out = memfd_create("out", 0), status = 0;
	char *argv[16] = { NULL };
	struct stat st;
	for (size_t i = 0; i < q->n_argv && i < ARRAY_LEN(argv) - 1; i++)
		argv[i] = (char *)q->argv[i];
	if (write(in, q->stdin_bytes.p, q->stdin_bytes.len) < 0 || lseek(in, 0, SEEK_SET) < 0)
		abort();
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in, 0);
		dup2(out, 1);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
		if (f->run_path)
			setenv("PATH", f->run_path, 1);
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	f->exec_exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	buf_clear(&f->ran);
	fstat(out, &st);
	for (off_t at = 0; at < st.st_size;) {
		char piece[4096];
		ssize_t n = pread(out, piece, sizeof piece, at);
		if (n <= 0)
			break;
		buf_add(&f->ran, piece, (size_t)n);
		at += n;
	}
	close(in);
	close(out);
}

static void give_exec(struct fake_call *c)
{
	if (c->f->runs && c->got && c->f->ran.len)
		((void (*)(void *, int, struct sv))c->got)(c->base.ctx, 1, buf_sv(&c->f->ran));
	if (strcmp(c->arg, "cat") == 0 && c->got && c->f->listens)
		((void (*)(void *, int, struct sv))c->got)(c->base.ctx, 1, SV("  sl  local_address rem_address   st\n   0: 00000000:22B8 00000000:0000 0A 0\n"));
	else if (c->got && c->f->exec_out)
		((void (*)(void *, int, struct sv))c->got)(c->base.ctx, 1, sv_of(c->f->exec_out));
	if (!c->base.ended && c->second)
		((void (*)(void *, int))c->second)(c->base.ctx, c->f->exec_exit);
}

static struct engine_call *exec(struct engine *e, const struct engine_exec_query *q, void (*out)(void *, int, struct sv), void (*ended)(void *, int), engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "exec", q->argv[0], end, ctx, &go);
	struct thing *t = fake_container(c->f, q->container);
	c->got = (void (*)(void))out;
	c->second = (void (*)(void))ended;
	c->deliver = give_exec;
	buf_add_sv(&c->f->stdin_bytes, q->stdin_bytes);
	if (c->f->runs)
		run_here(c->f, q);
	if (!t || strcmp(t->status, "running") != 0)
		fail_with(c, ERR_CONFLICT, "the container is not running");
	return &c->base;
}

static void give_log(struct fake_call *c)
{
	if (c->f->log_text)
		((void (*)(void *, int, struct sv))c->got)(c->base.ctx, 1, sv_of(c->f->log_text));
}

static struct engine_call *logs(struct engine *e, const struct engine_logs_query *q, void (*piece)(void *, int, struct sv), engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "logs", q->container, end, ctx, &go);
	c->got = (void (*)(void))piece;
	c->deliver = give_log;
	return &c->base;
}

static void give_stats(struct fake_call *c)
{
	struct engine_usage u = { 0.5, 1 << 20, 3, true };
	((void (*)(void *, const struct engine_usage *))c->got)(c->base.ctx, &u);
}

static struct engine_call *stats(struct engine *e, const char *container, void (*got)(void *, const struct engine_usage *), engine_end_fn end, void *ctx)
{
	bool go;
	struct fake_call *c = call_new(e, "stats", container, end, ctx, &go);
	c->got = (void (*)(void))got;
	c->deliver = give_stats;
	return &c->base;
}

static void fake_free(struct engine *e)
{
	struct fake_engine *f = (struct fake_engine *)e;
	fake_things_fini(f->containers, f->n_containers);
	fake_things_fini(f->volumes, f->n_volumes);
	buf_fini(&f->stdin_bytes);
	buf_fini(&f->put_bytes);
	buf_fini(&f->ran);
	free(f->last_op);
	engine_fini(e);
	free(f);
}

struct fake_engine *fake_engine_new(struct loop *loop)
{
	static const struct engine_ops ops = {
		.free = fake_free, .ping = ping, .image_inspect = image_inspect, .pull = pull, .body_ready = body_ready, .create = create, .start = start,
		.stop = stop, .remove = remove_container, .containers = containers, .container_inspect = container_inspect, .volume_create = volume_create,
		.volume_remove = volume_remove, .volumes = volumes, .network_ensure = network_ensure, .network_remove = network_remove,
		.archive_put = archive_put, .archive_get = archive_get, .exec = exec, .logs = logs, .stats = stats,
	};
	struct fake_engine *f = xcalloc(1, sizeof *f);
	engine_init(&f->base, &ops, loop, "fake");
	f->user = "jovyan";
	f->workdir = "/home/jovyan";
	f->passwd = "root:x:0:0::/root:/bin/sh\njovyan:x:1000:100::/home/jovyan:/bin/bash\n";
	f->image_there = f->has_sh = f->has_jupyter = f->listens = true;
	f->memory = (uint64_t)8 << 30;
	f->cpus = 4;
	f->die_code = -1;
	err_set(&f->fault_err, ERR_NET, "the engine broke off");
	err_hint(&f->fault_err, "is it still running?");
	return f;
}
