/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TESTS_UNIT_APP_WORLD_H
#define BERTH_TESTS_UNIT_APP_WORLD_H
/* An app on a clock that stands still, a forge and an engine in memory, and a state folder of its own. */
#include "test_app.h"

#include "../../patience.h"
#include "berth/app.h"
#include "berth/path.h"
#include "fakes.h"

struct world {
	struct loop *loop; struct store *store; struct config *config;
	struct net *net;                      /* only with WORLD_NET */
	struct fake_forge *forge; struct fake_engine *engine;
	struct fake_forge *other;             /* a second forge, "other", empty at first; only with WORLD_TWO_FORGES */
	struct forge *forges[2];
	struct app *app;
	struct project_id flights, tides;     /* of 50 commits, of 25 */
};
enum { WORLD_DOWN = 1 /* the engine does not answer at first */, WORLD_READ_ONLY = 2, WORLD_REAL_CLOCK = 4, WORLD_TWO_FORGES = 8, WORLD_NET = 16 /* so the configured hosts are there */ };
void world_new_with(struct world *w, unsigned flags, const char *config);
void world_new(struct world *w);
void world_app_free(struct world *w);
void world_free(struct world *w);
void pass_ms(struct world *w, unsigned ms);   /* virtual */
void know_all(struct world *w);               /* projects, branches and the first rows of flights, sessions */
size_t n_messages_with(const struct world *w, const char *text);
/* Adds a running session of this user on flights' branch. */
void add_session(struct world *w, const char *name, const char *branch);

struct heard { unsigned n, got; struct err err; char text[400]; struct project_id project; struct oid commit; enum image_state image; };
void hear_end(void *heard, const struct err *err);
void hear_project(void *heard, struct project_id p);
void hear_commit(void *heard, const struct oid *id, const char *branch);
void hear_image(void *heard, const struct image *i);
void hear_options(void *heard, const struct session_options *o, const char *warnings); /* text: "memory cpus | warnings" */
#endif
