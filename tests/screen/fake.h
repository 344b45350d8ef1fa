/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TESTS_SCREEN_FAKE_H
#define BERTH_TESTS_SCREEN_FAKE_H
/*
 * The dashboard over an app that is played: the functions of app.h are here, the store is filled by its own reducers, and
 * everything asked of app is noted. No git, no engine, no network; the clock stands still at FAKE_NOW.
 */
#include "tui/tui_impl.h"

#define FAKE_NOW 1795464000 /* 2026-11-23 20:00:00 UTC */
enum fake_world { WORLD_FULL, WORLD_EMPTY, WORLD_NO_ENGINE, WORLD_HUGE, WORLD_HOSTILE, WORLD_LOADING, WORLD_HOST /* projects of a GitLab host beside local ones */ };

struct app {
	struct loop *loop; struct store *store; struct config *config;
	bool read_only, launch_over;
	struct buf calls;              /* "build 9f8e7d6\n" …: what was asked */
	struct launch *launches[4]; size_t n_launches;
	char *undo; unsigned undo_left_ms;
	struct { struct app_log_events ev; void *ctx; char *id; bool live; } log;
	bool has_saved;                /* there is saved work of every branch */
	bool slow_look; unsigned n_forgotten; /* what is unsaved is never told; what was not waited for any more */
	char *ssh;
	const char *last_memory; struct project_use use;
	size_t want_first, want_n;
	/* a host (fake_host.c) */
	bool host, more;               /* there is one; its list goes on */
	bool found;                    /* a search has found two projects */
	const char *no_search;         /* why a search fails */
	bool offline;
	struct { void (*got)(void *ctx, struct project_id p); app_end_fn end; void *ctx; } find; /* of app_find_project */
	size_t want_projects, want_branches;
	bool looked_for_saved;
	struct { void (*got)(void *ctx, const struct app_searched *s); app_end_fn end; void *ctx; struct loop_timer *timer; } search;
};
struct launch { char *name; struct project project; struct session session; struct session_options options; struct step_status steps[STEP_COUNT_]; enum launch_step current; struct err err; };

struct app *fake_app_new(struct loop *loop, enum fake_world world, const char *config_text);
void fake_app_free(struct app *a);
void fake_fill(struct app *a, enum fake_world world);
void fake_fill_host(struct app *a);                     /* fake_host.c */
void fake_log(struct app *a, struct sv bytes);          /* to whoever follows a log */
void fake_log_end(struct app *a);
void fake_found(struct app *a, struct project_id p);   /* the project that was sought is this one */
void fake_load_commits(struct app *a);                  /* what the last want asked for */
void fake_launch(struct app *a, const char *name, enum launch_step at, const char *failed);
void fake_put_image(struct app *a, const char *project, unsigned commit, enum image_state state, const char *reason);
struct oid fake_oid(unsigned project, unsigned commit);
extern const char fake_build_log[];
#endif
