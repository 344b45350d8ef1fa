/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_APP_PUBLISH_H
#define BERTH_SRC_APP_PUBLISH_H
/* A repository of this machine is taken to a host: the project is made there, main is pushed, its first build runs. */
#include "app/app_impl.h"

struct publish;
/* What can be known to be wrong without asking is refused here. */
struct publish *publish_new(struct app *a, const struct app_new *q, struct err *reterr);
void publish_free(struct publish *p);                /* of one that has not begun; NULL is fine */
/* Takes both; the ask ends with it. */
void publish_begin(struct publish *p, struct ask *k);
#endif
