/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_PULL_H
#define BERTH_ENGINE_PULL_H
/* Progress of a pull: the engine tells it layer by layer, people want one sum. */
#include <jansson.h>
#include "berth/engine.h"
#include "berth/map.h"

struct pull_sum { struct map *layers; uint64_t now, total; bool unpacking; };
void pull_sum_init(struct pull_sum *p);
void pull_sum_fini(struct pull_sum *p);
/* Takes one line; true when there is something new to show (borrowed from p and line). */
bool pull_sum_line(struct pull_sum *p, const json_t *line, struct engine_progress *ret);

/* Pulls ref within a call of another kind (a build that needs its base): credentials first, then the stream. */
struct docker_call;
struct pull_step {
	struct docker_call *call;
	char *ref;
	struct registry_login_call *auth;
	struct secret *given;               /* a header to use instead of looking for one; owned */
	struct secret *header;
	struct lines *lines;
	struct pull_sum sum;
	struct err err;
	bool only_with_credentials;         /* without any, done runs at once and nothing is pulled */
	void (*progress)(struct pull_step *p, const struct engine_progress *what);
	void (*done)(struct pull_step *p);
};
void pull_step_start(struct pull_step *p, struct docker_call *c, const char *ref);
void pull_step_stop(struct pull_step *p); /* cancels what runs, frees what it owns; may be called twice */
#endif
