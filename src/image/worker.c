/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process of a build: what "berth build-worker ID" is. Everything it needs stands in the record. */
#include <stdio.h>
#include <unistd.h>
#include "berth/git.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "image/record.h"

struct worker {
	struct loop *loop;
	struct net *net;
	struct forge *forge;
	struct engine *engine;
	struct engine_host host;
	struct record rec;
	int code, lock;                /* lock: held while the forge is waited for, else -1 */
};

/* Without a terminal or a reader: stderr is the build's log. */
static void complain(const struct err *err)
{
	AUTO_STR line = xasprintf("berth: %s%s%s\n", err->text, err->hint[0] ? " " : "", err->hint);
	if (write(STDERR_FILENO, line, strlen(line)) < 0) {
		/* nobody is left to be told */
	}
}

static void worker_fini(struct worker *w)
{
	engine_free(w->engine);
	forge_free(w->forge);
	net_free(w->net);
	loop_free(w->loop);
	engine_host_fini(&w->host);
	record_fini(&w->rec);
}

static void worker_end(void *worker, const struct err *err)
{
	struct worker *w = worker;
	w->code = err ? 1 : 0;
	if (err && err->code == ERR_BUSY)
		complain(err);
	loop_stop(w->loop);
}

static int make_engine(struct worker *w, struct err *reterr)
{
	struct engine_config c = { .name = w->rec.b.engine, .host = w->rec.host, .ca_file = w->rec.ca_file, .cert_file = w->rec.cert_file,
		.key_file = w->rec.key_file, .tls_insecure = w->rec.tls_insecure };
	if (!c.host) {
		int r = engine_find_host(&w->host, reterr);
		if (r < 0)
			return r;
		c = (struct engine_config){ .name = w->rec.b.engine ? w->rec.b.engine : w->host.name, .host = w->host.host, .ca_file = w->host.ca_file,
			.cert_file = w->host.cert_file, .key_file = w->host.key_file, .tls_insecure = w->host.tls_insecure };
	}
	w->engine = engine_docker_new(w->loop, w->net, &c);
	return 0;
}

static void make_local(struct worker *w)
{
	const char *folders[] = { w->rec.dir };
	struct forge_local_config c = { .name = w->rec.b.forge, .folders = folders, .n_folders = 1, .depth = 0 };
	w->forge = forge_local_new(w->loop, &c);
}

/* What stops the build before it began is its result, too. */
static void give_up(struct worker *w, const struct err *err)
{
	AUTO_STR path = build_file(w->rec.b.id, "lock");
	complain(err);
	if (!build_is_active(&w->rec.b))
		return;                /* another has done it */
	int lock = w->lock >= 0 ? w->lock : lock_take(path, /* wait= */ false, NULL);
	if (lock < 0)
		return;
	w->lock = -1;
	w->rec.b.state = BUILD_FAILED;
	w->rec.b.ended_at_s = clock_wall_s();
	str_replace(&w->rec.b.error, err->text);
	str_replace(&w->rec.b.hint, err->hint[0] ? err->hint : "Build it again when that is put right.");
	record_write(&w->rec, NULL);
	close(lock);
}

static void run(struct worker *w)
{
	static const struct build_run_events events = { .on_end = worker_end };
	const char *slash = strrchr(w->rec.b.project, '/');
	struct project p = { .id = project_id_of(w->rec.b.forge, w->rec.b.project), .forge = w->rec.b.forge, .path = w->rec.b.project,
		.name = (char *)(uintptr_t)(slash ? slash + 1 : w->rec.b.project), .dir = w->rec.dir, .clone_url = w->rec.dir };
	struct build_run *r = build_run_start(w->loop, w->forge, w->engine, &p, w->rec.b.id, &events, w);
	build_run_hand_lock(r, w->lock);
	w->lock = -1;
}

static void forge_got(void *worker, struct forge *f, const struct err *err)
{
	struct worker *w = worker;
	w->forge = f;
	if (f) {
		run(w);
		return;
	}
	give_up(w, err);
	loop_stop(w->loop);
}

/* A host's token may come from a program that asks a person: who looks meanwhile sees by the lock and the number that we are here. */
static int announce(struct worker *w, struct err *reterr)
{
	AUTO_STR path = build_file(w->rec.b.id, "lock");
	w->lock = lock_take(path, /* wait= */ false, reterr);
	if (w->lock < 0)
		return w->lock;
	AUTO_STR id = xstrdup(w->rec.b.id);
	record_fini(&w->rec);          /* as it is now that nobody else writes it */
	w->rec = (struct record){ 0 };
	int r = record_read_raw(id, &w->rec, reterr);
	if (r < 0)
		return r;
	if (!build_is_active(&w->rec.b))
		return err_set(reterr, ERR_CONFLICT, "build %s has ended already: %s", id, build_state_name(w->rec.b.state));
	w->rec.b.pid = (int)getpid();
	return record_write(&w->rec, reterr);
}

static int begin(struct worker *w, const struct build_worker_forges *forges, struct err *reterr)
{
	if (!w->rec.dir && !forges)
		return err_set(reterr, ERR_UNSUPPORTED, "the commits of %s are not on this machine: its images can't be built here", w->rec.b.forge);
	int r = make_engine(w, reterr);
	if (r < 0)
		return r;
	if (w->rec.dir) {
		make_local(w);
		run(w);
	} else {
		r = announce(w, reterr);
		if (r < 0)
			return r;
		const struct build_worker_where where = { w->loop, w->net, w->rec.b.forge };
		forges->find(forges->ctx, &where, forge_got, w);
	}
	return 0;
}

int build_worker_main(const char *id, const struct build_worker_forges *forges)
{
	AUTO(worker_fini) struct worker w = { .code = 1, .lock = -1 };
	struct err err = { 0 };
	if (record_read_raw(id, &w.rec, &err) < 0) {
		complain(&err);
		return 1;
	}
	w.loop = loop_new();
	w.net = net_new(w.loop);
	if (begin(&w, forges, &err) < 0)
		give_up(&w, &err);
	else
		loop_run(w.loop);
	return w.code;
}
