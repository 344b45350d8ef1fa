/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor's look at the engine, the keeper, and what starts that died have left. */
#include <unistd.h>

#include "app/doctor.h"
#include "berth/path.h"
#include "berth/text.h"

static const uint64_t DISK_LOW = 10000000000, DISK_NONE = 1000000000; /* bytes free where images and workspaces are */

/* ---- the engine ---- */
static void limits_lines(struct part *p, unsigned caps, unsigned cgroups)
{
	static const char fix[] = "Let systemd delegate the controllers: Delegate=cpu cpuset io memory pids for user@.service (rootless engines).";
	if (caps & ENGINE_NO_CPU_LIMITS)
		part_add(p, CHECK_WARNING, fix, "it can't limit the CPUs of a session: what is asked for is not kept");
	if (caps & ENGINE_NO_MEMORY_LIMITS)
		part_add(p, CHECK_WARNING, fix, "it can't limit the memory of a session: one may take all of the machine's");
	if (caps & ENGINE_NO_PID_LIMITS)
		part_add(p, CHECK_WARNING, fix, "it can't limit the processes of a session: one may fill the machine with them");
	if (!(caps & (ENGINE_NO_CPU_LIMITS | ENGINE_NO_MEMORY_LIMITS | ENGINE_NO_PID_LIMITS)))
		part_add(p, CHECK_OK, NULL, "CPUs, memory and processes of sessions can be limited%s%s", cgroups == 2 ? " (control groups, version 2)" : cgroups == 1 ? " (control groups, version 1)" : "",
		         caps & ENGINE_LIMITS_DISK ? ", and what they write" : "; the disk that one fills can't be (its storage has no quotas)");
}

static void info_got(void *call, const struct engine_info *i)
{
	struct part_call *c = call;
	if (!c->request.app)
		return;
	struct part *p = c->part;
	AUTO(buf_fini) struct buf memory = BUF_INIT;
	AUTO(buf_fini) struct buf gpus = BUF_INIT;
	text_add_size(&memory, i->memory_bytes);
	if (i->n_gpus)
		buf_addf(&gpus, ", %u GPU%s", i->n_gpus, i->n_gpus == 1 ? "" : "s");
	else
		buf_add_str(&gpus, i->caps & ENGINE_HAS_GPUS ? ", GPUs" : ", no GPUs");
	part_add(p, CHECK_OK, NULL, "%s %s, API %s, %s, %u CPU%s, %s%s", i->product, i->version, i->api_version, i->caps & ENGINE_IS_ROOTLESS ? "rootless" : "as root",
	         i->cpus, i->cpus == 1 ? "" : "s", buf_str(&memory), buf_str(&gpus));
	limits_lines(p, i->caps, i->cgroups);
	if (i->has_clock)
		doctor_clock_line(p, "the engine", i->clock_ahead_s);
}

static void info_end(void *call, const struct err *err)
{
	struct part_call *c = call;
	struct part *p = c->part;
	if (request_over(&c->request)) {
		AUTO(buf_fini) struct buf room = BUF_INIT;
		uint64_t bytes = store_engine(part_app(p)->store)->disk_free_bytes;
		text_add_size(&room, bytes);
		if (err)
			part_add_err(p, CHECK_PROBLEM, err, "");
		else if (!bytes)
			part_add(p, CHECK_OK, NULL, "its disk is on another machine, or not ours to look at");
		else
			part_add(p, bytes < DISK_NONE ? CHECK_PROBLEM : bytes < DISK_LOW ? CHECK_WARNING : CHECK_OK,
			         bytes < DISK_LOW ? "Remove images that nobody needs: docker image prune (podman: the same), and workspaces of sessions that are over." : NULL,
			         "%s are free where it keeps images and workspaces", buf_str(&room));
		part_done(p);
	}
	free(c);
}

void doctor_engine(struct part *p)
{
	app_want_sessions(part_app(p)); /* for the keeper's part */
}

void doctor_engine_look(struct part *p)
{
	struct app *a = part_app(p);
	const struct engine_status *s = store_engine(a->store);
	struct engine *e = link_engine(a);
	if (s->state == ENGINE_ASKING || p->n_calls)
		return;
	if (s->state == ENGINE_DOWN || !e) {
		part_add_err(p, CHECK_PROBLEM, &s->err, "");
		part_done(p);
		return;
	}
	struct part_call *c = part_call_new(p, sizeof *c, cancel_engine);
	c->request.call = engine_ping(e, info_got, info_end, c);
}

/* ---- the keeper ---- */
/* A unit stays behind when the program it names is moved away. */
static void unit_line(struct part *p)
{
	AUTO_STR path = keeper_unit_path();
	AUTO_STR program = NULL;
	if (!keeper_unit_program(path, &program))
		return;
	if (!program)
		part_add(p, CHECK_WARNING, "berth keep --install", "the unit %s starts nothing", path);
	else if (access(program, X_OK) < 0)
		part_add(p, CHECK_WARNING, "berth keep --install", "the unit %s starts %s, which is not there any more", path, program);
	else
		part_add(p, CHECK_OK, NULL, "systemd starts it (%s)", path);
}

static void session_lines(struct part *p)
{
	struct store *st = part_app(p)->store;
	for (size_t i = 0; i < store_n_sessions(st); i++) {
		const struct session *s = store_session_at(st, i);
		if (s->state != SESSION_UNSAVED || !session_is_mine(s))
			continue;
		AUTO_STR fix = xasprintf("berth resume %s, berth export %s, or berth discard %s", s->name, s->name, s->name);
		part_add(p, CHECK_WARNING, fix, "the session %s has stopped with work that is nowhere else", s->name);
	}
}

void doctor_keeper_look(struct part *p)
{
	struct app *a = part_app(p);
	struct engine *e = link_engine(a);
	unsigned up = 0;
	if (store_engine(a->store)->state != ENGINE_UP || !e) {
		part_add(p, CHECK_OK, NULL, "without an engine there is nothing to keep");
		unit_line(p);
		part_done(p);
		return;
	}
	if (!fresh_is_answered(store_sessions_fresh(a->store)))
		return;
	for (size_t i = 0; i < store_n_sessions(a->store); i++)
		up += session_is_up(store_session_at(a->store, i)) && session_is_mine(store_session_at(a->store, i));
	AUTO_STR lock = keeper_lock_path(engine_identity(e));
	bool runs = lock_held(lock);
	if (runs)
		part_add(p, CHECK_OK, NULL, "a keeper watches %u session%s", up, up == 1 ? "" : "s");
	else if (up)
		part_add(p, CHECK_WARNING, "berth keep (any berth that stays open starts one by itself)", "no keeper watches the %u session%s: idle ones go on, unsaved work is not saved by itself", up, up == 1 ? "" : "s");
	else
		part_add(p, CHECK_OK, NULL, "no session runs, so no keeper is needed; the first one starts it");
	unit_line(p);
	session_lines(p);
	part_done(p);
}

/* ---- leftovers ---- */
static void found(void *call, const char *what, bool goes)
{
	struct part_call *c = call;
	if (!c->request.app)
		return;
	if (!goes)
		part_add(c->part, CHECK_WARNING, "Without its mark berth never removes one. If nobody needs it: `docker volume rm` and its name.", "a volume that is named like a workspace and has no label: %s", what);
	else
		part_add(c->part, CHECK_WARNING, "It goes when berth next finds the engine (not with --read-only); `berth sessions` shows what lives.", "a start that died has left %s", what);
}

static void found_all(void *call, const struct err *err)
{
	struct part_call *c = call;
	struct part *p = c->part;
	if (request_over(&c->request)) {
		unsigned swept = part_app(p)->link.n_swept;
		if (err)
			part_add_err(p, CHECK_WARNING, err, "leftovers can't be looked for: ");
		else if (swept)
			part_add(p, CHECK_OK, NULL, "%u thing%s that interrupted starts had left %s just now been cleared away", swept, swept == 1 ? "" : "s", swept == 1 ? "has" : "have");
		else if (!p->lines.len)
			part_add(p, CHECK_OK, NULL, "no start that died has left anything");
		part_done(p);
	}
	free(c);
}

void doctor_leftovers_look(struct part *p)
{
	struct app *a = part_app(p);
	struct engine *e = link_engine(a);
	if (p->n_calls || a->link.sweep)
		return; /* what can go is going at this moment */
	if (store_engine(a->store)->state != ENGINE_UP || !e) {
		part_add(p, CHECK_OK, NULL, "without an engine nothing can be looked for");
		part_done(p);
		return;
	}
	struct part_call *c = part_call_new(p, sizeof *c, cancel_session);
	c->request.call = session_leftovers(e, a->loop, found, found_all, c);
}
