/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_APP_DOCTOR_H
#define BERTH_SRC_APP_DOCTOR_H
/*
 * What the files of the doctor share. A run is a list of parts, all begun at once. A part adds its lines as it learns them and
 * says part_done(); one that doesn't in its time is ended, with a line that says so. Lines are told in the parts' order.
 */
#include "app/app_impl.h"

enum { DOCTOR_PART_MS = 8000, DOCTOR_TICK_MS = 50, DOCTOR_CALLS_MAX = 12, DOCTOR_PROGRAM_MS = 3000 };
struct checkup;
struct part {
	struct checkup *up;
	const char *subject;           /* what its lines are about: "engine" */
	void (*begin)(struct part *p); /* borrows what it likes from the app; may be done within */
	/* Called again and again until the part is done: for what can only be looked at. NULL: nothing. */
	void (*look)(struct part *p);
	bool after_others;             /* begins when all others are done */
	size_t which;                  /* of the hosts */
	VEC(struct app_check) lines;
	struct request *calls[DOCTOR_CALLS_MAX]; /* under way */
	struct loop_ask *program;
	size_t n_calls;                /* that were begun */
	bool begun, done;
	uint64_t until_ms;
	uint64_t began_ms;
};
/* Requests of a part begin with this. */
struct part_call { struct request request; struct part *part; };

struct app *part_app(const struct part *p);
const struct app_terminal *part_terminal(const struct part *p);
void part_add(struct part *p, enum check_level level, const char *fix, const char *fmt, ...) PRINTF_LIKE(4, 5); /* fix: a sentence, NULL: none */
void part_add_err(struct part *p, enum check_level level, const struct err *err, const char *before); /* with its hint */
void part_done(struct part *p);
/* A request in one of its places; NULL: all are taken. */
void *part_call_new(struct part *p, size_t size, void (*cancel)(void *call));
bool part_calls_over(const struct part *p);     /* none is under way */

/* doctor_here.c */
void doctor_config(struct part *p);
void doctor_terminal(struct part *p);
void doctor_folders(struct part *p);
void doctor_projects(struct part *p);
bool doctor_has_program(const char *name);      /* somewhere in PATH */
/* doctor_hosts.c */
void doctor_host(struct part *p);
void doctor_host_look(struct part *p);
void doctor_clock_line(struct part *p, const char *whose, int64_t ahead_s); /* ahead of ours */
/* doctor_engine.c */
void doctor_engine(struct part *p);
void doctor_engine_look(struct part *p);
void doctor_keeper_look(struct part *p);
void doctor_leftovers_look(struct part *p);
/* doctor_registries.c */
void doctor_registries(struct part *p);
void doctor_registries_look(struct part *p);
#endif
