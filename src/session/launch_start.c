/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Step "start": the container runs, and gets its settings through the standard input of a command in it. */
#include <stdio.h>
#include <strings.h>

#include "berth/git.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "launch_impl.h"

enum { TRIES_MAX = 3, LOG_BYTES_MAX = 1 << 20, LOG_LINES = 2000, OOM_LOOKS = 4, OOM_LOOK_MS = 250 };

static void hand_over(struct launch *l);

/* ---- the log of what went wrong ---- */
static void log_piece(void *launch, int stream, struct sv bytes)
{
	struct launch *l = launch;
	if (l->bytes.len + bytes.len <= LOG_BYTES_MAX)
		buf_add_sv(&l->bytes, bytes);
	if (stream == 2 && l->complaints.len + bytes.len <= LOG_BYTES_MAX)
		buf_add_sv(&l->complaints, bytes);
}

/* A program that prints its token is not the token's keeper. */
static void mask_token(const struct launch *l, struct buf *b)
{
	struct sv token = l->token ? secret_reveal(l->token) : (struct sv){ "", 0 };
	for (char *at = b->p; token.len && at && (at = memmem(at, b->len - (size_t)(at - b->p), token.p, token.len)) != NULL;)
		memset(at, '*', token.len);
}

static void log_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	AUTO_STR path = launch_log_file(l->session.name);
	l->call = NULL;
	(void)err; /* what came is kept */
	if (!launch_goes_on(l))
		return;
	mask_token(l, &l->bytes);
	mask_token(l, &l->complaints);
	if (l->bytes.len && file_write_atomic(path, buf_sv(&l->bytes), NULL) == 0)
		str_replace(&l->log_path, path);
	l->log_done(l);
}

void keep_log(struct launch *l, void (*done)(struct launch *l))
{
	struct engine_logs_query q = { .container = l->container, .tail = LOG_LINES };
	l->log_done = done;
	buf_fini(&l->bytes);
	buf_fini(&l->complaints);
	l->call = engine_logs(l->deps.engine, &q, log_piece, log_end, l);
}

static void tell_death(struct launch *l)
{
	AUTO(buf_fini) struct buf words = BUF_INIT;
	struct err err = { 0 };
	session_explain_exit(&words, l->exit_code, l->oom, sv_of(l->engine_error));
	if (l->bytes.len) {
		buf_add_str(&words, ": ");
		log_last_words(&words, buf_sv(l->complaints.len ? &l->complaints : &l->bytes)); /* the engine mixes the two as they come */
	}
	err_set(&err, ERR_FAILED, "%s did not start: %s", l->session.name, buf_str(&words));
	const char *memory = options_text(&l->options, OPT_MEMORY);
	if (l->oom)
		err_hint(&err, "Give it more than %s with --memory.", memory);
	else if (l->exit_code == EXIT_KILLED && l->log_path)
		err_hint(&err, "If it needs more than %s of memory: --memory. Its log is kept: %s", memory, l->log_path);
	else if (l->log_path)
		err_hint(&err, "Its log is kept: %s", l->log_path);
	else
		err_hint(&err, "It printed nothing; its image's command is what ended. Look at CMD in the Dockerfile.");
	step_fail(l, &err);
}

static void death_seen(void *launch, const struct engine_container *c)
{
	struct launch *l = launch;
	l->exit_code = c->exit_code;
	l->oom = c->oom_killed;
	l->ready.running = strcmp(c->status, "running") == 0 || strcmp(c->status, "restarting") == 0;
	str_replace(&l->engine_error, c->error);
}

static void oom_looked_for(void *launch, const struct err *err)
{
	(void)err; /* it is what it was */
	if (call_is_over(launch))
		fail_as_dead(launch);
}

static void look_for_oom(void *launch)
{
	struct launch *l = launch;
	loop_timer_stop(l->timer);
	l->timer = NULL;
	l->call = engine_container_inspect(l->deps.engine, l->container, death_seen, oom_looked_for, l);
}

/* An engine hears that memory ran out by another way than that the process was killed, and may know it a moment later. */
void fail_as_dead(struct launch *l)
{
	if (l->exit_code == EXIT_KILLED && !l->oom && l->oom_looks++ < OOM_LOOKS) {
		l->timer = loop_timer_start(l->deps.loop, OOM_LOOK_MS, 0, look_for_oom, l);
		return;
	}
	l->died = true;
	keep_log(l, tell_death);
}

/* ---- settings ---- */
static void handed_said(void *launch, int stream, struct sv bytes)
{
	struct launch *l = launch;
	if (stream == 1 && sv_starts(bytes, SV("no-git-lfs")))
		launch_warn(l, "the image has no git-lfs: %s", l->session.lfs ? "git there takes the fetched files for changed ones, so don't commit them" : "the files in Git LFS can't be fetched there");
}

static void handed_exit(void *launch, int exit_code)
{
	((struct launch *)launch)->exit_code = exit_code;
}

static void dead_or_not(void *launch, const struct err *err)
{
	struct launch *l = launch;
	struct err failed = { 0 };
	if (!call_ok(l, err))
		return;
	if (!l->ready.running) {
		fail_as_dead(l);
		return;
	}
	err_set(&failed, ERR_FAILED, "the session's settings could not be stored in its memory file system %s", SETTINGS_DIR);
	err_hint(&failed, "Does the image's user own that folder? The container's log may say more.");
	step_fail(l, &failed);
}

static void handed(void *launch, const struct err *err)
{
	struct launch *l = launch;
	buf_fini(&l->bytes);
	if (!call_is_over(l))
		return;
	if (err && err->code == ERR_NET)
		step_fail(l, err);
	else if (err || l->exit_code != 0)
		l->call = engine_container_inspect(l->deps.engine, l->container, death_seen, dead_or_not, l);
	else
		step_next(l);
}

static void hand_over(struct launch *l)
{
	static const char *argv[4] = { "/bin/sh", "-c", settings_store_script, NULL };
	AUTO(buf_fini) struct buf in = BUF_INIT;
	AUTO(git_place_fini) struct git_place place = { 0 };
	forge_git_place(l->deps.forge, &l->project, &place);
	const struct session_git git = { place.url, place.user, place.password, place.ca_file, l->author_name, l->author_email,
	                                 l->has_lfs_files ? (l->session.lfs ? "fetched" : "pointers") : NULL };
	if (l->token)
		settings_add_jupyter(&in, secret_reveal(l->token), l->workdir, l->plan.default_url);
	gitin_settings(&in, &git, l->workdir);
	struct engine_exec_query q = { .container = l->container, .argv = argv, .n_argv = 3, .workdir = "/", .stdin_bytes = buf_sv(&in) };
	l->exit_code = -1;
	step_detail(l, "handing over the settings");
	l->call = engine_exec(l->deps.engine, &q, handed_said, handed_exit, handed, l);
	wipe(in.p, in.len);
}

/* ---- starting ---- */
static bool another_try_helps(struct launch *l, const struct err *err)
{
	static const char *const port_words[] = { "address already in use", "already allocated", "ports are not available" };
	if (l->tries++ >= TRIES_MAX)
		return false;
	if (strcasestr(err->text, "rlimit")) {
		l->no_nofile = true;
		return true;
	}
	for (size_t i = 0; l->session.port && i < ARRAY_LEN(port_words); i++)
		if (strcasestr(err->text, port_words[i])) {
			step_detail(l, "port %u was taken meanwhile: taking another", l->session.port);
			launch_warn(l, "Port %u was taken meanwhile; %s takes another", l->session.port, l->session.name);
			return true;
		}
	return strcasestr(err->text, "network ") && strcasestr(err->text, " not found"); /* taken away with somebody's last session */
}

static void started(void *launch, const struct err *err)
{
	struct launch *l = launch;
	struct err failed = { 0 };
	if (!call_is_over(l))
		return;
	l->was_started = !err;
	if (!err && l->plan.settings) {
		hand_over(l);
	} else if (!err) {
		step_next(l);
	} else if (another_try_helps(l, err)) {
		create_again(l);
	} else {
		err_copy(&failed, err);
		err_prefix(&failed, "%s did not start", l->session.name);
		step_fail(l, &failed);
	}
}

static void start_start(struct launch *l)
{
	if (l->session.port)
		step_detail(l, "on port %u of 127.0.0.1", l->session.port);
	l->atomic = true;
	l->call = engine_start(l->deps.engine, l->container, started, l);
}

static void start_undo(struct launch *l)
{
	if (l->was_started && !l->cancelled && !l->log_path && !l->died)
		keep_log(l, undo_next);
	else
		undo_next(l);
}

const struct step_ops start_step = { "start", start_start, start_undo };
