/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_APP_DEEDS_H
#define BERTH_SRC_APP_DEEDS_H
/* What the files of deeds (jobs.c, pins.c) share. */
#include "app/app_impl.h"

/* What a deed is about; all borrowed from the store for the call. */
struct subject {
	const struct project *project;
	struct forge *forge;
	const struct image *image;     /* NULL: not known yet */
	const struct job *job;         /* NULL: none */
	const struct branch *tip;      /* a branch that ends at the commit; NULL: none does … */
	bool more_branches;            /* … of those that are known, and there are others */
};
void deed_say(struct ask *k, const char *text);
void deed_end(void *ask, const struct err *err);  /* what is shown of the project is asked for again */
int may_pin_own(const struct subject *s, struct err *reterr); /* the image of the commit itself */
void pin_begin(struct ask *k, const struct subject *s, const struct app_deed_query *q);
#endif
