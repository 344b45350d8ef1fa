/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_APP_KEEPER_H
#define BERTH_APP_KEEPER_H
/* Private to app/keeper*.c. */
#include "app/app_impl.h"

struct keeper {
	struct app *app;
	struct ask *ask;
	int lock;
	char *lock_path, *home;
	struct loop_timer *timer;
	int subscription;
	VEC(char *) due;         /* still to be looked at in this round */
	struct request *looking;
	struct request *saving;  /* one at a time, beside the looks */
	int64_t save_next_s;     /* not before */
	uint64_t lonely_since_ms, down_since_ms;
	int64_t down_at_s;       /* when the engine went away; 0: it is there */
	struct loop_path *config; /* somebody may log in again, or name another host or folder */
	bool config_changed;     /* and nobody has looked yet whether it names others */
	int64_t tokens_at_s;     /* when they were last looked for; 0: now is the time */
};

const char *keeper_engine(const struct keeper *k);         /* engine_identity() */
void keeper_look(struct keeper *k, const struct session *s); /* keeper_look.c; then keeper_go_on() */
void keeper_go_on(struct keeper *k);
void keeper_hand(struct keeper *k, const struct session *s); /* keeper_hand.c; likewise */
void keeper_watch_tokens(struct keeper *k);
void keeper_look_for_tokens(struct keeper *k);
bool keeper_is_outdated(struct keeper *k); /* the configuration names hosts or folders that this process does not know */
void keeper_stop_ended(void *keeper, const struct err *err);  /* of a stop that the keeper began */
#endif
