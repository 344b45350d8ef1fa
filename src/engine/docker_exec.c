/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands in a running container, with pipes (frames) or a terminal (bytes as they are), over a handed-over connection. */
#include "docker.h"

#include "berth/mem.h"
#include "errors.h"

enum { EXIT_TRIES = 60, EXIT_PAUSE_MS = 25, RESIZE_TRIES = 10, RESIZE_PAUSE_MS = 20, WORDS_MAX = 4096, QUEUE_MAX = 1 << 20 };

/* What both kinds have: create, start, then ask for the exit code. */
struct exec_base {
	struct docker_call call;
	json_t *body;
	char *id;
	bool tty;
	unsigned tries;
	struct buf words;                           /* of the runtime, when the command couldn't be started */
	bool started_talking, refused;
	docker_step_fn opened;
	void (*output)(struct exec_base *x, int stream, struct sv bytes);
	void (*finished)(struct exec_base *x, int exit_code);
	struct frames frames;
};

static json_t *exec_body(const struct engine_exec_query *q, bool tty)
{
	json_t *j = json_object(), *argv = json_array();

	for (size_t i = 0; i < q->n_argv; i++)
		json_array_append_new(argv, json_str_lossy(sv_of(q->argv[i])));
	json_object_set_new(j, "Cmd", argv);
	json_object_set_new(j, "Env", docker_env(q->env, q->n_env));
	json_object_set_new(j, "AttachStdin", json_boolean(tty || q->stdin_bytes.len));
	json_object_set_new(j, "AttachStdout", json_true());
	json_object_set_new(j, "AttachStderr", json_true());
	json_object_set_new(j, "Tty", json_boolean(tty));
	if (q->user)
		json_object_set_new(j, "User", json_str_lossy(sv_of(q->user)));
	if (q->workdir)
		json_object_set_new(j, "WorkingDir", json_str_lossy(sv_of(q->workdir)));
	return j;
}

/* ---- the end: the connection closes a moment before the engine knows the exit code ---- */
static void exit_ask(struct docker_call *c);

static void exit_answered(struct docker_call *c, const struct net_response *r)
{
	struct exec_base *x = (struct exec_base *)c;
	json_auto_t *j = docker_json(c, r);
	struct err err = { 0 };

	if (!j)
		return;
	bool running = json_bool(j, "Running", false) || !json_is_integer(json_path(j, "ExitCode"));
	if (running && x->tries++ < EXIT_TRIES) {
		docker_call_later(c, EXIT_PAUSE_MS, exit_ask);
		return;
	}
	if (running) {
		err_set(&err, ERR_NET, "the engine closed the connection to a command that still runs in %s", c->arg);
		docker_call_fail(c, &err);
		return;
	}
	x->finished(x, (int)json_int(j, "ExitCode", -1));
	if (x->refused) {
		engine_error_words(&err, 0, buf_sv(&x->words));
		docker_call_fail(c, &err);
	} else {
		docker_call_done(c);
	}
}

static void exit_ask(struct docker_call *c)
{
	AUTO_STR path = xasprintf("/exec/%s/json", ((struct exec_base *)c)->id);

	docker_fetch(c, &(struct docker_ask){ .method = "GET", .path = path }, exit_answered);
}

/* ---- output ---- */
/* "Error: runc: exec failed: unable to start …: OCI runtime attempted to invoke a command that was not found" */
static bool podman_refuses(const struct exec_base *x, struct sv bytes)
{
	return docker_is_podman(docker_of(&x->call)) && sv_starts(bytes, SV("Error: ")) && memmem(bytes.p, bytes.len, "OCI runtime", 11);
}

/* A command that can't be started shows as output of the runtime in place of its own: told as an error, not as output. */
static void exec_output(void *ctx, int stream, struct sv bytes)
{
	struct exec_base *x = ctx;

	if (x->call.base.ended || !bytes.len)
		return;
	if (!x->started_talking)
		x->refused = stream == 3 || sv_starts(bytes, SV("OCI runtime exec failed")) || sv_starts(bytes, SV("exec failed:")) || podman_refuses(x, bytes);
	x->started_talking = true;
	if (x->refused)
		buf_add_sv(&x->words, (struct sv){ bytes.p, MIN_OF(bytes.len, WORDS_MAX - MIN_OF(x->words.len, (size_t)WORDS_MAX)) });
	else
		x->output(x, stream, bytes);
}

static void exec_data(struct docker_call *c, struct sv bytes)
{
	struct exec_base *x = (struct exec_base *)c;
	struct err err = { 0 };

	if (x->tty)
		exec_output(x, 1, bytes);
	else if (frames_feed(&x->frames, bytes, exec_output, x, &err) < 0)
		docker_call_fail(c, &err);
}

/* ---- the beginning ---- */
static void exec_created(struct docker_call *c, const struct net_response *r)
{
	struct exec_base *x = (struct exec_base *)c;
	json_auto_t *j = docker_json(c, r);
	json_auto_t *start = json_pack("{s:b,s:b}", "Detach", 0, "Tty", x->tty);

	if (!j)
		return;
	AUTO(buf_fini) struct buf id = BUF_INIT;
	buf_add_urlencoded(&id, sv_of(json_str(j, "Id", "")), NULL);
	x->id = buf_take(&id);
	AUTO_STR path = xasprintf("/exec/%s/start", x->id);
	docker_hijack(c, &(struct docker_ask){ .method = "POST", .path = path, .json = start }, x->opened, exec_data, exit_ask);
}

static void exec_begin(struct docker_call *c)
{
	struct err err = { 0 };
	AUTO_STR path = docker_path("/containers/", c->arg, "/exec", &err);

	if (!path)
		docker_call_fail(c, &err);
	else
		docker_fetch(c, &(struct docker_ask){ .method = "POST", .path = path, .json = ((struct exec_base *)c)->body }, exec_created);
}

static void exec_base_fini(struct exec_base *x)
{
	json_decref(x->body);
	free(x->id);
	buf_fini(&x->words);
}

/* ---- a command to its end ---- */
struct exec_call { struct exec_base base; struct buf input; void (*out)(void *, int, struct sv); void (*ended)(void *, int); };

static void run_output(struct exec_base *x, int stream, struct sv bytes)
{
	struct exec_call *e = (struct exec_call *)x;

	if (e->out)
		e->out(x->call.base.ctx, stream, bytes);
}

static void run_finished(struct exec_base *x, int exit_code)
{
	struct exec_call *e = (struct exec_call *)x;

	if (e->ended)
		e->ended(x->call.base.ctx, exit_code);
}

static bool over_tls(const struct docker_call *c)
{
	return sv_starts(sv_of(docker_of(c)->base_url), SV("https:"));
}

static void run_opened(struct docker_call *c)
{
	struct exec_call *e = (struct exec_call *)c;

	if (!e->input.len)
		return;
	net_duplex_write(c->duplex, buf_sv(&e->input));
	if (c->duplex && !over_tls(c))
		net_duplex_close_write(c->duplex);
}

/* TLS has no half-closed connections: there a head in the container counts the bytes and makes the end of input. */
static void run_begin(struct docker_call *c)
{
	struct exec_call *e = (struct exec_call *)c;

	if (e->input.len && over_tls(c)) {
		AUTO_STR count = xasprintf("%zu", e->input.len);
		json_t *argv = json_pack("[s,s,s,s]", "/bin/sh", "-c", "head -c \"$0\" | \"$@\"", count);
		json_array_extend(argv, json_object_get(e->base.body, "Cmd"));
		json_object_set_new(e->base.body, "Cmd", argv);
	}
	exec_begin(c);
}

static void run_fini(struct docker_call *c)
{
	struct exec_call *e = (struct exec_call *)c;

	wipe(e->input.p, e->input.len);             /* a session's token comes this way */
	buf_fini(&e->input);
	exec_base_fini(&e->base);
}

struct engine_call *docker_exec(struct engine *e, const struct engine_exec_query *q, void (*out)(void *, int, struct sv), void (*ended)(void *, int), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct exec_call), run_begin, end, ctx);
	struct exec_call *x = (struct exec_call *)c;

	c->arg = xstrdup(q->container);
	c->fini = run_fini;
	x->base.body = exec_body(q, false);
	x->base.opened = run_opened;
	x->base.output = run_output;
	x->base.finished = run_finished;
	x->out = out;
	x->ended = ended;
	buf_add_sv(&x->input, q->stdin_bytes);
	return &c->base;
}

/* ---- a terminal ---- */
struct tty_call {
	struct exec_base base;
	struct engine_tty port;
	struct engine_tty_events ev;
	void *ctx;
	struct buf queued;                          /* typed before the connection stood */
	bool open;
	int exit_code;
	uint16_t rows, cols;
	struct engine_call *resize;
};
struct resize_call { struct docker_call call; struct tty_call *tty; char *path; unsigned tries; };

static struct tty_call *tty_of(struct engine_tty *t)
{
	return (struct tty_call *)((char *)t - offsetof(struct tty_call, port));
}

static void tty_output(struct exec_base *x, int stream, struct sv bytes)
{
	struct tty_call *t = (struct tty_call *)x;

	if (t->ev.on_data)
		t->ev.on_data(t->ctx, bytes);
}

static void tty_finished(struct exec_base *x, int exit_code)
{
	((struct tty_call *)x)->exit_code = exit_code;
}

static void tty_ended(void *ctx, const struct err *err)
{
	struct tty_call *t = ctx;

	if (t->resize)
		engine_cancel(t->resize);
	if (t->ev.on_end)
		t->ev.on_end(t->ctx, t->exit_code, err);
}

static void resize_begin(struct docker_call *c);

static void resize_ended(void *ctx, const struct err *err)
{
	((struct tty_call *)ctx)->resize = NULL;
}

/* Right after the start the terminal may not be there yet: a few more tries, then it is let be. */
static void resize_answered(struct docker_call *c, const struct net_response *r)
{
	struct resize_call *s = (struct resize_call *)c;

	if (r->status >= 400 && s->tries++ < RESIZE_TRIES)
		docker_call_later(c, RESIZE_PAUSE_MS, resize_begin);
	else
		docker_call_done(c);
}

static void resize_begin(struct docker_call *c)
{
	docker_fetch(c, &(struct docker_ask){ .method = "POST", .path = ((struct resize_call *)c)->path, .fine = DOCKER_ANY_STATUS }, resize_answered);
}

static void resize_fini(struct docker_call *c)
{
	free(((struct resize_call *)c)->path);
}

static void tty_send_size(struct tty_call *t)
{
	if (t->resize)
		engine_cancel(t->resize);           /* an older size */
	struct docker_call *c = docker_call_new(t->base.call.base.engine, sizeof(struct resize_call), resize_begin, resize_ended, t);
	c->fini = resize_fini;
	((struct resize_call *)c)->path = xasprintf("/exec/%s/resize?h=%u&w=%u", t->base.id, t->rows, t->cols);
	t->resize = &c->base;
}

static void tty_opened(struct docker_call *c)
{
	struct tty_call *t = (struct tty_call *)c;

	t->open = true;
	tty_send_size(t);
	if (t->queued.len && c->duplex)
		net_duplex_write(c->duplex, buf_sv(&t->queued));
	buf_fini(&t->queued);
}

static void tty_begin(struct docker_call *c)
{
	struct tty_call *t = (struct tty_call *)c;

	if (docker_of(c)->api >= 42)
		json_object_set_new(t->base.body, "ConsoleSize", json_pack("[i,i]", (int)t->rows, (int)t->cols));
	exec_begin(c);
}

static void tty_fini(struct docker_call *c)
{
	struct tty_call *t = (struct tty_call *)c;

	buf_fini(&t->queued);
	exec_base_fini(&t->base);
}

struct engine_tty *docker_tty_open(struct engine *e, const struct engine_exec_query *q, uint16_t rows, uint16_t cols, const struct engine_tty_events *ev, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct tty_call), tty_begin, tty_ended, NULL);
	struct tty_call *t = (struct tty_call *)c;

	c->base.ctx = t;
	c->arg = xstrdup(q->container);
	c->fini = tty_fini;
	engine_call_hold(&c->base);                 /* the handle, let go by tty_close */
	t->base.body = exec_body(q, true);
	t->base.tty = true;
	t->base.opened = tty_opened;
	t->base.output = tty_output;
	t->base.finished = tty_finished;
	t->port.ops = e->ops;
	t->ev = *ev;
	t->ctx = ctx;
	t->rows = rows;
	t->cols = cols;
	t->exit_code = -1;
	t->queued = BUF_INIT_MAX(QUEUE_MAX);
	buf_add_sv(&t->queued, q->stdin_bytes);
	return &t->port;
}

void docker_tty_write(struct engine_tty *port, struct sv bytes)
{
	struct tty_call *t = tty_of(port);

	if (t->base.call.base.ended)
		return;
	if (t->open && t->base.call.duplex)
		net_duplex_write(t->base.call.duplex, bytes);
	else if (!t->open)
		buf_add_sv(&t->queued, bytes);
}

void docker_tty_resize(struct engine_tty *port, uint16_t rows, uint16_t cols)
{
	struct tty_call *t = tty_of(port);

	t->rows = rows;
	t->cols = cols;
	if (t->open && !t->base.call.base.ended)
		tty_send_size(t);
}

void docker_tty_close(struct engine_tty *port)
{
	struct tty_call *t = tty_of(port);

	t->ev = (struct engine_tty_events){ 0 };
	if (!t->base.call.base.ended)
		engine_cancel(&t->base.call.base);
	engine_call_release(&t->base.call.base);
}
